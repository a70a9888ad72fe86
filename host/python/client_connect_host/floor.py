"""The floor: what holds whatever the plugin asks or answers. One of it for each call, over the call's transaction.

It binds the call to its matter, shows each actor only what is theirs, lets nobody open what they may not open, and says
who did it and when. What lies outside of it is `not-found`."""

from .values import HostError

READS = {"view", "documents", "matters", "permit", "compose", "describe"}
ROWS, PAGE, NOTICES, ENTRIES = 100_000, 1_000, 2_000, 20_000


def missing(what):
    return HostError("not-found", f"no such {what} here")


def once(keys):
    if len(set(keys)) != len(keys):
        raise HostError("invalid", "one row is written twice")


class Floor:
    def __init__(self, tx, actor, now, export, bound=None, reported=()):
        kind, who = next(iter(actor.items())) if isinstance(actor, dict) else (actor, None)
        self.tx, self.actor, self.now, self.calls = tx, actor, now, 0
        self.user = who if kind == "user" else who["user"] if kind == "viewing-as" else None
        self.own = who if kind == "contact" else who["contact"] if kind == "viewing-as" else None
        self.viewing, self.host = kind == "viewing-as", kind == "host"
        # The matters that the call is bound to; None means those that the contact was granted.
        self.bound, self.reported = bound, set(reported)
        # Uploads are readable to their uploader before they are shared.
        self.uploads = self.reported if export == "events.on-upload" else set()
        self.writes = export is not None and export.partition(".")[2] not in READS and not self.viewing
        self.rows, self.notices, self.entries, self.words = ROWS, NOTICES, ENTRIES, []
        self.shown = set()

    # What every import goes through.

    def matter(self, id):
        """The matter, if this viewer sees it."""
        matter = self.tx.matter(id)
        if matter is None or self.user and not self.tx.member(id, self.user):
            return None
        return None if self.own and not self.tx.linked(id, self.own) else matter

    def scope(self, id, rows=0):
        if self.tx is None:
            raise HostError("unavailable", "no transaction: the plugin is only being looked at")
        self.charge(rows)
        bound = self.bound
        if bound is None:
            bound = [matter["id"] for matter, _ in self.granted()]
        if id not in bound or self.matter(id) is None and not self.host:
            raise missing("matter")

    def charge(self, rows):
        self.rows -= rows
        if self.rows < 0:
            raise HostError("limit-exceeded", "more rows than one call may use")

    def granted(self):
        found = self.tx.granted(self.own) if self.own else []
        return [(matter, grant) for matter, grant in found if self.matter(matter["id"])]

    def grant(self, matter):
        return next(iter(self.tx.grants(matter, [self.own])), None)

    def open(self, matter):
        grant = self.grant(matter)
        return bool(grant and grant["portal"] and (grant["until"] is None or self.now < grant["until"]))

    def narrow(self, contacts):
        """The contacts that a list may be about: to a contact there is only one."""
        self.charge(len(contacts or ()))
        if not self.own:
            return contacts
        return [self.own] if contacts is None or self.own in contacts else []

    def sees(self, matter, ids):
        """Of these documents, those that the viewer sees."""
        if self.own and not self.open(matter):
            found = {}
        else:
            found = self.tx.documents(matter, ids, self.user, self.own)
        if self.uploads and self.own:
            theirs = self.tx.documents(matter, self.uploads & set(ids), None, None)
            found |= {id: row for id, row in theirs.items() if row["source"] == {"portal": self.own}}
        return found

    # The imports that read.

    def get_matter(self, id):
        self.scope(id, 1)
        return self.matter(id) or self._raise(missing("matter"))

    @staticmethod
    def _raise(error):
        raise error

    def get_users(self, matter, ids):
        self.scope(matter, len(ids))
        return [self.tx.user_in(matter, id) for id in ids]

    def list_contacts(self, matter, contacts):
        self.scope(matter)
        return self._counted(self.tx.contacts(matter, self.narrow(contacts)))

    def _counted(self, rows):
        self.charge(len(rows))
        return rows

    def get_same_address(self, contacts):
        self.charge(len(contacts))
        if self.own:
            inside = all(contact == self.own for contact in contacts)
        else:
            inside = self.bound is not None and len(self.bound) == 1
            inside = inside and len(self.tx.contacts(self.bound[0], contacts)) == len(set(contacts))
        if not inside:
            raise missing("contact")
        return [self._counted(self.tx.same_address(contact)) for contact in contacts]

    def get_documents(self, matter, ids):
        self.scope(matter, len(ids))
        found = self.sees(matter, ids)
        self.shown |= set(found)
        return [found.get(id) for id in ids]

    def find_documents(self, matter, filter, page):
        self.scope(matter, 1 + len(filter["contacts"]))
        if self.own:
            if set(filter["contacts"]) - {self.own}:
                raise missing("contact")
            if not self.open(matter):
                return {"rows": [], "next": None, "total": 0, "exact": True}
        page = page | {"limit": min(page["limit"], PAGE)}
        found = self.tx.find(matter, filter, page, self.user, self.own)
        self.charge(sum(1 + len(row["shares"]) for row in found["rows"]))
        self.shown |= {row["document"]["id"] for row in found["rows"]}
        return found

    def list_grants(self, matter, contacts):
        self.scope(matter)
        return self._counted(self.tx.grants(matter, self.narrow(contacts)))

    def list_granted_matters(self, contact):
        if self.tx is None or self.own != contact:
            raise missing("contact")
        rows = [{"matter": matter, "grant": grant} for matter, grant in self.granted()
                if self.bound is None or matter["id"] in self.bound]
        return self._counted(rows)

    def list_shared(self, matter, documents, contacts):
        self.scope(matter, len(documents))
        if self.user and not self.own:
            seen = self.sees(matter, documents)
            documents = [id for id in documents if id in seen]
        return self._counted(self.tx.shares(matter, documents, self.narrow(contacts)))

    def count_shared(self, matter, contacts):
        self.scope(matter)
        return self._counted(self.tx.counts(matter, self.narrow(contacts)))

    def list_watchers(self, matter):
        self.scope(matter)
        return self._counted(self.tx.watchers(matter))

    def get_revision(self, matter, section):
        self.scope(matter, 1)
        return self.tx.revision(matter, section)

    # The imports that write.

    def may_write(self, matter, rows):
        if not self.writes:
            raise HostError("other", "this call may only read")
        if self.bound != [matter]:
            raise missing("matter")
        self.scope(matter, rows)

    def prove_own(self, contacts):
        if self.own and any(contact != self.own for contact in contacts):
            raise missing("contact")

    def prove_linked(self, matter, contacts):
        self.prove_own(contacts)
        if len(self.tx.contacts(matter, list(contacts))) != len(set(contacts)):
            raise missing("contact")

    def prove_may_share(self, matter):
        member = self.user and not self.own and self.tx.user_in(matter, self.user)
        if not member or not member["can-share"] or not member["user"]["active"]:
            raise HostError("other", "this actor may open nothing in this matter")

    def update_documents(self, matter, changes):
        self.may_write(matter, len(changes))
        uploads = self.sees(matter, self.uploads) if self.own else {}
        for change in changes:
            if change["document"] not in self.uploads or change["document"] not in uploads:
                raise missing("upload")
            if change["created-by"] and not self.tx.user_in(matter, change["created-by"]):
                raise missing("user")
        self.tx.update_documents(matter, changes)

    def put_grants(self, matter, grants):
        self.may_write(matter, len(grants))
        contacts = [grant["contact"] for grant in grants]
        once(contacts)
        self.prove_linked(matter, contacts)
        before = {grant["contact"]: grant for grant in self.tx.grants(matter, contacts)}
        for grant in grants:
            old = before.get(grant["contact"])
            # When it changed is the host's to say.
            grant["since"] = old["since"] if old and old["portal"] == grant["portal"] else self.now
            if self._opens(old, grant):
                self.prove_may_share(matter)
        self.tx.put_grants(matter, grants)

    @staticmethod
    def _opens(old, new):
        if old is None:
            return new["portal"] or new["can-download"]
        later = old["until"] is not None and (new["until"] is None or new["until"] > old["until"])
        return new["can-download"] and not old["can-download"] or new["portal"] and (not old["portal"] or later)

    def put_shared(self, matter, shared):
        self.may_write(matter, len(shared))
        once([(row["document"], row["contact"]) for row in shared])
        documents, contacts = {row["document"] for row in shared}, {row["contact"] for row in shared}
        self.prove_own(contacts)
        before = {(row["document"], row["contact"]): row for row in self.tx.shares(matter, documents, contacts)}
        opened, added = set(), set()
        for row in shared:
            old = before.get((row["document"], row["contact"]))
            row["since"] = old["since"] if old and old["state"] == row["state"] else self.now
            if row["state"] == "live" and not (old and old["state"] == "live"):
                opened.add(row["document"])
            if old is None or row["document"] in opened:
                added.add(row["contact"])
        if self.user and documents - set(self.sees(matter, documents)):
            raise missing("document")
        self.prove_linked(matter, added)
        if opened and self.own:
            if opened - self.uploads or opened - set(self.sees(matter, opened)):
                raise missing("upload")
        elif opened:
            self.prove_may_share(matter)
            if opened - set(self.sees(matter, opened)):
                raise missing("document")
        self.tx.put_shared(matter, shared)

    def forget_contacts(self, matter, contacts):
        self.may_write(matter, len(contacts))
        self.prove_own(contacts)
        self.tx.forget(matter, contacts)

    def set_watchers(self, matter, watchers):
        self.may_write(matter, len(watchers))
        once([watcher["user"] for watcher in watchers])
        before = {watcher["user"]: watcher for watcher in self.tx.watchers(matter)}
        for watcher in watchers:
            old = before.get(watcher["user"], {"in-app": False, "email": False})
            if watcher["user"] not in before or any(watcher[way] and not old[way] for way in ("in-app", "email")):
                self.prove_may_share(matter)
            if watcher["user"] not in before and not self.tx.user_in(matter, watcher["user"]):
                raise missing("user")
        self.tx.set_watchers(matter, watchers)

    def raise_revision(self, matter, section, current):
        self.may_write(matter, 1)
        return self.tx.raise_revision(matter, section, current)

    def enqueue(self, notices):
        self.notices -= len(notices)
        if self.notices < 0:
            raise HostError("limit-exceeded", "more notices than one call may enqueue")
        for notice in notices:
            matter, documents = notice["matter"], notice["documents"]
            self.may_write(matter, 1 + len(documents))
            kind, to = next(iter(notice["to"].items()))
            contacts = [to] if kind == "contact" else []
            self.prove_linked(matter, contacts + ([notice["contact"]] if notice["contact"] else []))
            if kind == "user" and not self.tx.user_in(matter, to):
                raise missing("user")
            if set(documents) - set(self.sees(matter, documents)):
                raise missing("document")
        for notice in notices:
            self.tx.enqueue(notice)

    def append(self, entries):
        self.entries -= len(entries)
        if self.entries < 0:
            raise HostError("limit-exceeded", "more entries than one call may append")
        for entry in entries:
            self.may_write(entry["matter"], 1)
            self.prove_own([entry["contact"]] if entry["contact"] else [])
            # A document that the host reports may be gone; an ended share may be spoken of.
            named = {entry["document"]} - {None} - self.reported
            named -= set(self.sees(entry["matter"], named))
            if named and (self.user or not self.tx.shares(entry["matter"], named, [self.own] if self.own else None)):
                raise missing("document")
        self.words += entries

    def log(self, level, message):
        pass

    # What of an answer leaves the host: of the portal's answers, only what the floor can prove by itself.

    def prove(self, export, args, answer):
        if export == "portal.matters":
            stands = {matter["id"] for matter, grant in self.granted() if matter["firm"]["enabled"] and self.open(matter["id"])}
            return [row for row in answer if row["matter"] in stands]
        if not export.startswith("portal.") or not self.own:
            return answer
        matter = self.matter(args["matter"])
        if not matter or not matter["firm"]["enabled"] or not self.open(matter["id"]):
            return None
        download = self.grant(matter["id"])["can-download"]
        if export == "portal.view":
            return answer | {"can-download": answer["can-download"] and download, "can-upload": answer["can-upload"] and not self.viewing}
        if export == "portal.documents":
            rows = [row | {"can-download": row["can-download"] and download} for row in answer["rows"] if row["document"] in self.shown]
            return answer | {"rows": rows}
        if args["verb"] == "upload":
            return None if self.viewing else []
        if args["verb"] == "download" and (self.viewing or not download):
            return []
        seen = self.sees(matter["id"], args["documents"])
        return [seen[row["id"]] for row in answer if row["id"] in seen]
