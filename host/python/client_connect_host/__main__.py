"""The adapter of the conformance kit: reads a message a line, does it, answers a line."""

import json
import sys

from . import Broken, Host, Plugin, Refused, Store, Unfit
from .store import address, fold, sort_key, text


class Adapter:
    def __init__(self):
        self.host = Host(None, Store())

    def hello(self, message):
        return {"protocol": 1, "host": "client-connect-host (Python, SQLite)", "version": "0.1.0"}

    def load(self, message):
        try:
            self.host.plugin = plugin = Plugin(message["plugin"])
        except (Unfit, Broken) as error:
            return {"unfit": str(error)}
        return {"sha256": plugin.sha256, "name": plugin.about["name"], "version": plugin.about["version"]}

    def given(self, message):
        self.host.store = Store()
        return self.put(message)

    def put(self, message):
        with self.host.store.transaction() as tx:
            self.change(tx, message["records"])
        return {}

    @staticmethod
    def change(tx, records):
        for kind, rows in records.items():
            for row in rows:
                put(tx, kind, row)

    def call(self, message):
        try:
            answer = self.host.call(message["actor"], message["now"], message["export"], message["args"],
                                    message["locale"], message["attributes"], message["keep"],
                                    lambda tx: self.change(tx, message["records"]))
        except Refused as refused:
            return {"refused": refused.refusal}
        except Broken as broken:
            return {"broken": str(broken)}
        return {"answer": answer}

    def state(self, message):
        with self.host.store.transaction() as tx:
            def kept(table, order):
                return [json.loads(row) | {"matter": matter}
                        for matter, row in tx.db.execute(f"SELECT matter, row FROM {table} ORDER BY {order}")]

            order = "instr('access sharing notifications', section)"
            revisions = tx.db.execute(f"SELECT matter, section, revision FROM revisions ORDER BY matter, {order}")
            return {
                "grants": kept("grants", "matter, contact"),
                "shares": kept("shares", "matter, document, contact"),
                "watchers": kept("watchers", "matter, user"),
                "documents": tx.rows("SELECT row FROM documents WHERE NOT deleted ORDER BY matter, id"),
                "revisions": [dict(zip(("matter", "section", "revision"), row)) for row in revisions],
                "notices": tx.rows("SELECT row FROM outbox ORDER BY n"),
                "audit": tx.rows("SELECT row FROM audit ORDER BY n"),
            }


def put(tx, kind, row):
    """A record as the scenario gives it, past the plugin."""
    gone = row.pop("gone", False)
    if gone:
        names = ("matter", "user") if kind == "members" else ("matter", "contact")
        tx.db.execute(f"DELETE FROM {kind} WHERE {names[0]} = ? AND {names[1]} = ?", [row[name] for name in names])
    elif kind == "firms":
        tx.put("firms", id=row.pop("id"), row=text(row))
    elif kind == "users":
        tx.put("users", id=row["id"], firm=row.pop("firm"), row=text(row))
    elif kind == "matters":
        tx.put("matters", id=row["id"], firm=row["firm"], deleted=row.pop("deleted"), row=text(row))
    elif kind == "members":
        tx.put("members", matter=row["matter"], user=row["user"], can_share=row["can-share"])
    elif kind == "contacts":
        tx.put("contacts", id=row["id"], firm=row.pop("firm"), address=address(row["email"]), row=text(row))
    elif kind == "links":
        tx.put("links", matter=row["matter"], contact=row["contact"])
    elif kind == "documents":
        deleted, content, readers = row.pop("deleted"), row.pop("content"), row.pop("readers")
        uploader = row["source"].get("portal") if isinstance(row["source"], dict) else None
        tx.put("documents", id=row["id"], matter=row["matter"], deleted=deleted, uploader=uploader, content=content,
               restricted=readers is not None, folded=fold(row["name"]), name=sort_key(row["name"]), created=row["created-at"], activity=row["activity-at"],
               row=text(row))
        tx.db.execute("DELETE FROM readers WHERE document = ?", (row["id"],))
        for user in readers or ():
            tx.put("readers", document=row["id"], user=user)
    elif kind == "revisions":
        tx.put("revisions", matter=row["matter"], section=row["section"], revision=row["revision"])
    else:
        matter = row.pop("matter")
        own = {"grants": tx.put_grants, "shares": tx.put_shared}
        own[kind](matter, [row]) if kind in own else tx.put("watchers", matter=matter, user=row["user"], row=text(row))


def main():
    adapter = Adapter()
    for line in sys.stdin:
        message = json.loads(line)
        try:
            answer = getattr(adapter, message["do"])(message)
        except Exception as error:  # Whatever it is: the kit has to hear of it.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
