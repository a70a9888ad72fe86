"""Runs a Client Connect plugin in Python: wasmtime for the component, sqlite3 for the records, one transaction a call."""

from .floor import Floor
from .plugin import Broken, Plugin, Refused, Unfit
from .store import Store, Tx

__all__ = ["Broken", "Host", "Plugin", "Refused", "Store", "Tx", "Unfit"]


class Host:
    """A plugin over a store."""

    def __init__(self, plugin, store):
        self.plugin, self.store = plugin, store

    def call(self, actor, now, export, args, locale="en", attributes=(), keep=True, change=None):
        """One call in one transaction: kept if the plugin answers, and undone if it refuses or breaks off.

        `change` is the platform's own change that the call reports, made in the same transaction. `keep=False` undoes all
        of it in any case, and answers what would have come of it."""
        answer = None
        try:
            with self.store.transaction() as tx:
                if change:
                    change(tx)
                answer = self._call(tx, actor, now, export, args, locale, attributes)
                if not keep:
                    raise _Reviewed
        except _Reviewed:
            pass
        return answer

    def _call(self, tx, actor, now, export, args, locale, attributes):
        if "matter" in args:
            bound = [args["matter"]]
        else:
            bound = sorted({notice["matter"] for notice in args["notices"]}) if "notices" in args else None
        reported = args.get("documents", []) if export.startswith("events.") else []
        reported = [seen["document"] for seen in args["seen"]] if "seen" in args else reported
        floor = Floor(tx, actor, now, export, bound, reported)
        # Whose matter it is not, hears nothing of it, not even from the plugin.
        if "matter" in args and actor != "host" and floor.matter(args["matter"]) is None:
            raise Refused("not-found")
        context = {"actor": actor, "now": now, "locale": locale, "attributes": list(attributes)}
        answer = self.plugin.call(export, floor, {"ctx": context} | args)
        proven = floor.prove(export, args, answer)
        if proven is None and answer is not None:
            raise Refused("not-found")
        tx.record(floor.words, actor, now, self.plugin.sha256)
        return proven


class _Reviewed(Exception):
    """The end of a call that is only looked at."""
