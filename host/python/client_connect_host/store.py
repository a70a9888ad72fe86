"""Records in SQLite: a small platform's, and Client Connect's own. It stores and answers, and decides nothing.

A row is kept as JSON beside the columns by which it is looked for."""

import base64
import json
import sqlite3
import unicodedata

from .values import HostError

# What a platform has anyway. Whoever has it in tables of their own puts views of these names in the place of it.
PLATFORM = """
CREATE TABLE IF NOT EXISTS firms (id TEXT PRIMARY KEY, row TEXT);
CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, firm TEXT, row TEXT);
CREATE TABLE IF NOT EXISTS matters (id TEXT PRIMARY KEY, firm TEXT, deleted INT, row TEXT);
CREATE TABLE IF NOT EXISTS members (matter TEXT, user TEXT, can_share INT, PRIMARY KEY (matter, user));
CREATE TABLE IF NOT EXISTS contacts (id TEXT PRIMARY KEY, firm TEXT, address TEXT, row TEXT);
CREATE TABLE IF NOT EXISTS links (matter TEXT, contact TEXT, PRIMARY KEY (matter, contact));
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, matter TEXT, deleted INT, restricted INT, uploader TEXT, content TEXT,
    folded TEXT, name BLOB, created INT, activity INT, row TEXT);
CREATE INDEX IF NOT EXISTS by_name ON documents (matter, deleted, name, id);
CREATE TABLE IF NOT EXISTS readers (document TEXT, user TEXT, PRIMARY KEY (document, user));
"""
OWN = """
CREATE TABLE IF NOT EXISTS grants (matter TEXT, contact TEXT, portal INT, row TEXT, PRIMARY KEY (matter, contact));
CREATE TABLE IF NOT EXISTS shares (matter TEXT, document TEXT, contact TEXT, state TEXT, row TEXT, PRIMARY KEY (matter, document, contact));
CREATE TABLE IF NOT EXISTS watchers (matter TEXT, user TEXT, row TEXT, PRIMARY KEY (matter, user));
CREATE TABLE IF NOT EXISTS revisions (matter TEXT, section TEXT, revision INT, PRIMARY KEY (matter, section));
CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, matter TEXT, recipient TEXT, channel TEXT, key TEXT, row TEXT,
    UNIQUE (matter, recipient, channel, key));
CREATE TABLE IF NOT EXISTS audit (n INTEGER PRIMARY KEY, row TEXT);
"""
# A document is there, in the matter, and seen by this user (if there is one) and shared with this contact (if there is one).
SEEN = """d.matter = :matter AND NOT d.deleted
AND (:user IS NULL OR EXISTS (SELECT 1 FROM members WHERE matter = d.matter AND user = :user)
    AND (NOT d.restricted OR :user = :owner
        OR EXISTS (SELECT 1 FROM readers WHERE document = d.id AND user = :user)))
AND (:contact IS NULL OR EXISTS
    (SELECT 1 FROM shares WHERE matter = d.matter AND document = d.id AND contact = :contact AND state = '"live"'))"""
LIVE = """(SELECT count(*) FROM shares s WHERE s.matter = d.matter AND s.document = d.id AND s.state = '"live"'
    AND (:count = 0 OR s.contact IN (SELECT value FROM json_each(:contacts))))"""
LANES = {
    "whole-matter": "TRUE",
    "any-of-them": f"{LIVE} > 0",
    "all-of-them": f":count > 0 AND {LIVE} = :count",
    "some-of-them": f":count > 0 AND {LIVE} BETWEEN 1 AND :count - 1",
    "none-of-them": f"{LIVE} = 0",
    "uploaded": "d.uploader IS NOT NULL AND (:count = 0 OR d.uploader IN (SELECT value FROM json_each(:contacts)))",
    "lapsed": """EXISTS (SELECT 1 FROM shares s WHERE s.matter = d.matter AND s.document = d.id AND s.state = '"lapsed"'
        AND (:count = 0 OR s.contact IN (SELECT value FROM json_each(:contacts)))
        AND (:contact IS NULL OR s.contact = :contact))""",
}
ORDER = {"name": "name", "created-at": "created", "activity-at": "activity"}


def fold(text):
    """Without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def sort_key(name):
    """Names in the order in which people read them: numbers by their value."""
    key, digits = b"", ""
    for c in fold(name) + "\0":
        if c.isascii() and c.isdigit():
            digits += c
            continue
        if digits:
            value = digits.lstrip("0")
            key += b"0" + bytes([min(len(value), 255)]) + value.encode()
            digits = ""
        key += c.encode()
    return key


def address(email):
    """As a sign-in compares addresses."""
    return email.strip().lower() if email else None


def text(row):
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


class Tx:
    def __init__(self, db):
        self.db = db

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.db.execute("ROLLBACK" if kind else "COMMIT")

    def rows(self, sql, **values):
        return [json.loads(row) for (row,) in self.db.execute(sql, values)]

    def row(self, sql, **values):
        return next(iter(self.rows(sql, **values)), None)

    def put(self, table, **values):
        names = ", ".join(values)
        self.db.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({', '.join(':' + name for name in values)})", values)

    # The platform's records.

    def matter(self, id):
        matter = self.row("SELECT row FROM matters WHERE id = :id AND NOT deleted", id=id)
        if matter:
            matter["firm"] = self.row("SELECT row FROM firms WHERE id = :id", id=matter["firm"])
        return matter

    def member(self, matter, user):
        return self.db.execute("SELECT can_share FROM members WHERE matter = ? AND user = ?", (matter, user)).fetchone()

    def linked(self, matter, contact):
        return self.db.execute("SELECT 1 FROM links WHERE matter = ? AND contact = ?", (matter, contact)).fetchone()

    def user_in(self, matter, id):
        user = self.row("SELECT u.row FROM users u JOIN matters m ON m.firm = u.firm WHERE u.id = :id AND m.id = :matter",
                        id=id, matter=matter)
        rights = user and user["active"] and self.member(matter, id)
        return user and {"user": user, "can-view": bool(rights), "can-share": bool(rights and rights[0]), "attributes": []}

    def contacts(self, matter, ids):
        return self.rows("SELECT c.row FROM links l JOIN contacts c ON c.id = l.contact WHERE l.matter = :matter AND "
                         "(:ids IS NULL OR c.id IN (SELECT value FROM json_each(:ids))) ORDER BY c.id", matter=matter, ids=listed(ids))

    def same_address(self, contact):
        return self.rows("SELECT o.row FROM contacts c JOIN contacts o ON o.firm = c.firm AND o.address = c.address "
                         "AND o.id <> c.id WHERE c.id = :contact ORDER BY o.id", contact=contact)

    def documents(self, matter, ids, user, contact):
        """By their ids, those that the viewer sees."""
        found = self.rows(f"SELECT row FROM documents d WHERE d.id IN (SELECT value FROM json_each(:ids)) AND {SEEN}",
                          ids=listed(ids), **self._viewer(matter, user, contact))
        return {row["id"]: row for row in found}

    def _viewer(self, matter, user, contact):
        owner = self.row("SELECT row FROM matters WHERE id = :id", id=matter) or {}
        return {"matter": matter, "user": user, "contact": contact, "owner": owner.get("owner")}

    def find(self, matter, filter, page, user, contact):
        values = self._viewer(matter, user, contact)
        values |= {"contacts": listed(filter["contacts"]), "count": len(filter["contacts"])}
        where = f"{SEEN} AND {LANES[filter['lane']]}"
        if filter["search"] and fold(filter["search"]):
            where += " AND instr(d.folded, :search)"
            values["search"] = fold(filter["search"])
        if filter["same-content-as"]:
            where += " AND d.id <> :same AND d.content = (SELECT content FROM documents WHERE id = :same)"
            values["same"] = filter["same-content-as"]
        total, = self.db.execute(f"SELECT count(*) FROM documents d WHERE {where}", values).fetchone()
        column, way, beyond = ORDER[filter["sort"]], "DESC" if filter["descending"] else "", "<" if filter["descending"] else ">"
        this_list = text([values, filter])
        if page["after"] is not None:
            key, values["last"] = self._position(page["after"], this_list)
            values["key"] = bytes.fromhex(key) if column == "name" else key
            where += f" AND (d.{column}, d.id) {beyond} (:key, :last)"
        values["limit"] = page["limit"] + 1
        rows = list(self.db.execute(f"SELECT row, {column}, id FROM documents d WHERE {where} ORDER BY {column} {way}, id {way} LIMIT :limit", values))
        more, rows = len(rows) > page["limit"], rows[:page["limit"]]
        after = None
        if more and rows:
            _, key, last = rows[-1]
            after = base64.b64encode(text([key.hex() if column == "name" else key, last, this_list]).encode()).decode()
        named = filter["contacts"] or None
        if contact:
            named = [contact]
        found = [json.loads(row) for row, _, _ in rows]
        rows = [{"document": row, "shares": self.shares(matter, [row["id"]], named), "attributes": []} for row in found]
        return {"rows": rows, "next": after, "total": total, "exact": True}

    @staticmethod
    def _position(cursor, this_list):
        try:
            key, last, of = json.loads(base64.b64decode(cursor))
        except ValueError:
            of = None
        if of != this_list:
            raise HostError("invalid", "this cursor belongs to another list")
        return key, last

    def update_documents(self, matter, changes):
        for change in changes:
            row = self.documents(matter, [change["document"]], None, None)[change["document"]]
            row["kind"] = change["kind"] or row["kind"]
            row["created-by"] = change["created-by"] or row["created-by"]
            row["attributes"] = list((dict(row["attributes"]) | dict(change["attributes"])).items())
            self.db.execute("UPDATE documents SET row = ? WHERE id = ?", (text(row), row["id"]))

    # Client Connect's own records.

    def grants(self, matter, contacts):
        return self.rows("SELECT row FROM grants WHERE matter = :matter AND (:ids IS NULL OR contact IN "
                         "(SELECT value FROM json_each(:ids))) ORDER BY contact", matter=matter, ids=listed(contacts))

    def put_grants(self, matter, grants):
        for row in grants:
            self.put("grants", matter=matter, contact=row["contact"], portal=row["portal"], row=text(row))

    def granted(self, contact):
        found = self.db.execute("SELECT matter, row FROM grants WHERE contact = ? AND portal ORDER BY matter", (contact,)).fetchall()
        return [(matter, json.loads(row)) for matter, row in ((self.matter(id), row) for id, row in found) if matter]

    def shares(self, matter, documents, contacts):
        return self.rows("SELECT row FROM shares WHERE matter = :matter AND document IN (SELECT value FROM json_each(:documents)) "
                         "AND (:ids IS NULL OR contact IN (SELECT value FROM json_each(:ids))) ORDER BY document, contact",
                         matter=matter, documents=listed(documents), ids=listed(contacts))

    def put_shared(self, matter, shared):
        for row in shared:
            self.put("shares", matter=matter, document=row["document"], contact=row["contact"], state=text(row["state"]), row=text(row))

    def counts(self, matter, contacts):
        found = self.db.execute(
            "SELECT s.contact, sum(d.uploader IS NOT s.contact), sum(d.uploader IS s.contact) FROM shares s "
            "JOIN documents d ON d.id = s.document AND d.matter = s.matter AND NOT d.deleted WHERE s.matter = :matter "
            "AND s.state = '\"live\"' AND (:ids IS NULL OR s.contact IN (SELECT value FROM json_each(:ids))) "
            "GROUP BY s.contact ORDER BY s.contact", {"matter": matter, "ids": listed(contacts)})
        return [{"contact": contact, "shared": shared, "uploaded": uploaded} for contact, shared, uploaded in found]

    def forget(self, matter, contacts):
        for contact in contacts:
            self.db.execute("DELETE FROM grants WHERE matter = ? AND contact = ?", (matter, contact))
            self.db.execute("DELETE FROM shares WHERE matter = ? AND contact = ?", (matter, contact))

    def watchers(self, matter):
        return self.rows("SELECT row FROM watchers WHERE matter = :matter ORDER BY user", matter=matter)

    def set_watchers(self, matter, watchers):
        self.db.execute("DELETE FROM watchers WHERE matter = ?", (matter,))
        for row in watchers:
            self.put("watchers", matter=matter, user=row["user"], row=text(row))

    def revision(self, matter, section):
        found = self.db.execute("SELECT revision FROM revisions WHERE matter = ? AND section = ?", (matter, section)).fetchone()
        return found[0] if found else 0

    def raise_revision(self, matter, section, current):
        if self.revision(matter, section) != current:
            raise HostError("conflict", "the section has another revision")
        self.put("revisions", matter=matter, section=section, revision=current + 1)
        return current + 1

    def enqueue(self, notice):
        self.db.execute("INSERT OR IGNORE INTO outbox (matter, recipient, channel, key, row) VALUES (?, ?, ?, ?, ?)",
                        (notice["matter"], text(notice["to"]), notice["channel"], notice["key"], text(notice)))

    def record(self, entries, actor, now, plugin):
        for entry in entries:
            row = entry | {"details": sorted(entry["details"]), "actor": actor, "at": now, "plugin": plugin}
            self.db.execute("INSERT INTO audit (row) VALUES (?)", (text(row),))


class Store:
    platform, transactions = PLATFORM, Tx

    def __init__(self, file=":memory:"):
        self.db = sqlite3.connect(file, isolation_level=None)
        for function in (fold, sort_key, address):
            self.db.create_function(function.__name__, 1, function, deterministic=True)
        self.db.executescript(self.platform + OWN)

    def transaction(self):
        """Use it in `with`: kept if the block ends well, and undone if anything is raised in it."""
        self.db.execute("BEGIN IMMEDIATE")
        return self.transactions(self.db)


def listed(ids):
    return None if ids is None else json.dumps(sorted(ids))
