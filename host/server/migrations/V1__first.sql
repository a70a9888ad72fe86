-- The reference host's records. Times are milliseconds since the Unix epoch, UTC; ids are 32 hex digits from
-- the system's random source, minted by the host and never used again; `attributes` are JSON objects.
-- `name_key` is the firm-wide collation's sort key of a name, `name_fold` the name without case and accents.

-- ---------------------------------------------------------------- the document platform

CREATE TABLE firms (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,                     -- as its customers read it
    enabled INTEGER NOT NULL DEFAULT 1,
    fallback_user TEXT,
    sender TEXT NOT NULL,                   -- the address that mails come from
    mail_hold INTEGER NOT NULL DEFAULT 120, -- seconds
    when_closed TEXT NOT NULL DEFAULT 'read-only',
    attributes TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    firm TEXT NOT NULL REFERENCES firms (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,                -- the address as a sign-in compares it
    password TEXT,                          -- an Argon2id PHC string; none: cannot sign in
    active INTEGER NOT NULL DEFAULT 1,
    admin INTEGER NOT NULL DEFAULT 0,       -- firm settings and firm audit; not a right to read matters
    locale TEXT NOT NULL DEFAULT 'en',
    created_at INTEGER NOT NULL,
    UNIQUE (email_key)
) STRICT;

CREATE TABLE matters (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    firm TEXT NOT NULL REFERENCES firms (id),
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    name_fold TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '',     -- the firm's own number for it
    owner TEXT REFERENCES users (id),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    deleted_at INTEGER,
    discreet INTEGER NOT NULL DEFAULT 0,
    attributes TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX matters_by_name ON matters (firm, name_key, id);

-- What the platform lets a user do in a matter. No row: the matter does not exist for them.
CREATE TABLE members (
    matter TEXT NOT NULL REFERENCES matters (id),
    user TEXT NOT NULL REFERENCES users (id),
    can_edit INTEGER NOT NULL DEFAULT 1,    -- documents: upload, rename, delete, restore
    can_share INTEGER NOT NULL DEFAULT 1,   -- Client Connect's sections
    PRIMARY KEY (matter, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user, matter);

-- How many documents a matter has, and how many of them are kept from some: triggers count, so that a total is
-- read and not counted.
CREATE TABLE matter_counts (
    matter TEXT PRIMARY KEY REFERENCES matters (id),
    documents INTEGER NOT NULL DEFAULT 0,
    restricted INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    firm TEXT NOT NULL REFERENCES firms (id),
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    name_fold TEXT NOT NULL,
    email TEXT,
    email_key TEXT,                         -- null where the address is no address
    locale TEXT NOT NULL DEFAULT 'en',
    deleted_at INTEGER,
    attributes TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX contacts_by_email ON contacts (email_key) WHERE deleted_at IS NULL AND email_key IS NOT NULL;
CREATE INDEX contacts_by_name ON contacts (firm, name_key, id);

CREATE TABLE links (
    matter TEXT NOT NULL REFERENCES matters (id),
    contact TEXT NOT NULL REFERENCES contacts (id),
    role TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (matter, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_contact ON links (contact, matter);

CREATE TABLE documents (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    matter TEXT NOT NULL REFERENCES matters (id),
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    name_fold TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- the type that the Documents page shows
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    blob TEXT NOT NULL,                     -- names the bytes in the store of documents
    version INTEGER NOT NULL DEFAULT 1,
    created_by TEXT REFERENCES users (id),
    created_at INTEGER NOT NULL,
    activity_at INTEGER NOT NULL,
    uploader TEXT REFERENCES contacts (id), -- set: it came through the portal
    source TEXT,                            -- set: it came from elsewhere
    restricted INTEGER NOT NULL DEFAULT 0,  -- only the users in `readers` (and the owner) may see it
    deleted_at INTEGER,
    attributes TEXT NOT NULL DEFAULT '{}'
) STRICT;
-- The lists of a matter, each in the order in which it is paged through.
CREATE INDEX documents_by_name ON documents (matter, name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_by_activity ON documents (matter, activity_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_by_creation ON documents (matter, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_by_content ON documents (matter, sha256) WHERE deleted_at IS NULL;
CREATE INDEX documents_sent_by_name ON documents (matter, uploader, name_key, id) WHERE uploader IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX documents_sent_by_activity ON documents (matter, uploader, activity_at, id) WHERE uploader IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX documents_sent_by_creation ON documents (matter, uploader, created_at, id) WHERE uploader IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX documents_restricted ON documents (matter, id) WHERE restricted = 1 AND deleted_at IS NULL;
CREATE INDEX documents_by_blob ON documents (blob);
CREATE INDEX documents_in_bin ON documents (matter, deleted_at, id) WHERE deleted_at IS NOT NULL;

CREATE TABLE readers (
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    user TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (document, user)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER documents_counted AFTER INSERT ON documents WHEN NEW.deleted_at IS NULL BEGIN
    INSERT INTO matter_counts (matter, documents, restricted) VALUES (NEW.matter, 1, NEW.restricted)
        ON CONFLICT (matter) DO UPDATE SET documents = documents + 1, restricted = restricted + excluded.restricted;
END;
CREATE TRIGGER documents_uncounted AFTER DELETE ON documents WHEN OLD.deleted_at IS NULL BEGIN
    UPDATE matter_counts SET documents = documents - 1, restricted = restricted - OLD.restricted WHERE matter = OLD.matter;
END;
CREATE TRIGGER documents_recounted AFTER UPDATE OF matter, deleted_at, restricted ON documents
    WHEN OLD.matter <> NEW.matter OR OLD.restricted <> NEW.restricted OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) BEGIN
    UPDATE matter_counts SET documents = documents - 1, restricted = restricted - OLD.restricted
        WHERE matter = OLD.matter AND OLD.deleted_at IS NULL;
    INSERT INTO matter_counts (matter, documents, restricted) SELECT NEW.matter, 1, NEW.restricted WHERE NEW.deleted_at IS NULL
        ON CONFLICT (matter) DO UPDATE SET documents = documents + 1, restricted = restricted + excluded.restricted;
END;

-- The trigrams of all names. A row's number is its matter's, times 2^40, and its document's: so a term is looked up in
-- one range, its matter's, and not in the firm's millions. Deleted documents stay in it.
CREATE VIEW documents_searched AS
    SELECT (m.n << 40) + d.n AS n, d.n AS document, d.name_fold AS name FROM documents d JOIN matters m ON m.id = d.matter;
CREATE VIRTUAL TABLE names_searched USING fts5 (
    name, content = 'documents_searched', content_rowid = 'n', tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);
CREATE TRIGGER names_searched_insert AFTER INSERT ON documents BEGIN
    INSERT INTO names_searched (rowid, name) SELECT n, name FROM documents_searched WHERE document = NEW.n;
END;
CREATE TRIGGER names_searched_leave BEFORE UPDATE OF name_fold, matter ON documents
    WHEN OLD.name_fold <> NEW.name_fold OR OLD.matter <> NEW.matter BEGIN
    INSERT INTO names_searched (names_searched, rowid, name) SELECT 'delete', n, name FROM documents_searched WHERE document = OLD.n;
END;
CREATE TRIGGER names_searched_return AFTER UPDATE OF name_fold, matter ON documents
    WHEN OLD.name_fold <> NEW.name_fold OR OLD.matter <> NEW.matter BEGIN
    INSERT INTO names_searched (rowid, name) SELECT n, name FROM documents_searched WHERE document = NEW.n;
END;
CREATE TRIGGER names_searched_delete BEFORE DELETE ON documents BEGIN
    INSERT INTO names_searched (names_searched, rowid, name) SELECT 'delete', n, name FROM documents_searched WHERE document = OLD.n;
END;

-- Which trigrams the names from one on may have: of some hundreds (level 0), of some ten thousands (level 1). It is
-- written by the code, in the transaction that writes the name.
CREATE TABLE name_blocks (
    n INTEGER PRIMARY KEY,
    matter TEXT NOT NULL REFERENCES matters (id),
    level INTEGER NOT NULL,
    first_key BLOB NOT NULL,
    first_id TEXT NOT NULL,
    names INTEGER NOT NULL,                 -- so many were noted, and some of them more than once
    trigrams BLOB NOT NULL                  -- a bit for each that was noted
) STRICT;
CREATE UNIQUE INDEX name_blocks_by_name ON name_blocks (matter, level, first_key, first_id);

CREATE TABLE versions (
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,                        -- a user, or none for the uploader
    PRIMARY KEY (document, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX versions_by_blob ON versions (blob);

-- Bytes that no row names yet or any more; the sweeper deletes those of before an hour ago. A row stands here
-- from before the first byte is written until the transaction that names the blob.
CREATE TABLE loose_blobs (
    blob TEXT PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a contact is sending in pieces. The bytes that have come are its parts, one after the other; once all are there
-- they become one blob, and the transaction that makes a document of it takes the row away. The sweeper takes away what
-- was given up.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    matter TEXT NOT NULL REFERENCES matters (id),
    contact TEXT NOT NULL REFERENCES contacts (id),
    name TEXT NOT NULL,
    length INTEGER NOT NULL,                -- as announced
    received INTEGER NOT NULL DEFAULT 0,    -- durable bytes, from the front
    blob TEXT,                              -- set once it is in one piece, with the next two
    sha256 TEXT,
    media_type TEXT,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_contact ON uploads (contact);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);
CREATE INDEX uploads_by_blob ON uploads (blob) WHERE blob IS NOT NULL;

CREATE TABLE upload_parts (
    upload TEXT NOT NULL REFERENCES uploads (id),
    start INTEGER NOT NULL,                 -- how many bytes stand before it
    size INTEGER NOT NULL,
    blob TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,               -- of the whole, if it is the only one
    PRIMARY KEY (upload, start)
) STRICT, WITHOUT ROWID;

-- All bytes that a row names. What is not here is loose, or nobody's.
CREATE VIEW named_blobs AS
    SELECT blob FROM versions
    UNION ALL SELECT blob FROM uploads WHERE blob IS NOT NULL
    UNION ALL SELECT blob FROM upload_parts;

-- ---------------------------------------------------------------- Client Connect's own records

CREATE TABLE grants (
    matter TEXT NOT NULL,
    contact TEXT NOT NULL,
    portal INTEGER NOT NULL,
    can_download INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    attributes TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (matter, contact),
    -- Deferred: a link goes first, and its grant when the plugin is told, in the same transaction.
    FOREIGN KEY (matter, contact) REFERENCES links (matter, contact) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_contact ON grants (contact, matter) WHERE portal = 1;

-- One row for a contact and a document. The columns below the line are copies that triggers keep, so that a
-- contact's list is read from one index in the order in which it is paged through.
CREATE TABLE shares (
    matter TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    contact TEXT NOT NULL REFERENCES contacts (id),
    state TEXT NOT NULL,                    -- live, unshared, lapsed, or another word of the plugin's
    since INTEGER NOT NULL,
    seen_version INTEGER,
    seen_at INTEGER,
    seen_downloaded INTEGER,
    seen_attributes TEXT,
    attributes TEXT NOT NULL DEFAULT '{}',
    --
    visible INTEGER NOT NULL DEFAULT 0,     -- live, and the document is in the matter
    offered INTEGER NOT NULL DEFAULT 0,     -- lapsed, and the document is in the matter
    own INTEGER NOT NULL DEFAULT 0,         -- the contact uploaded it
    name_key BLOB NOT NULL DEFAULT x'',
    activity_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (matter, document, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_by_document ON shares (document);
CREATE INDEX shares_by_name ON shares (matter, contact, name_key, document) WHERE visible = 1;
CREATE INDEX shares_by_activity ON shares (matter, contact, activity_at, document) WHERE visible = 1;
CREATE INDEX shares_by_creation ON shares (matter, contact, created_at, document) WHERE visible = 1;
CREATE INDEX shares_offered_by_name ON shares (matter, contact, name_key, document) WHERE offered = 1;
CREATE INDEX shares_offered_by_activity ON shares (matter, contact, activity_at, document) WHERE offered = 1;
CREATE INDEX shares_offered_by_creation ON shares (matter, contact, created_at, document) WHERE offered = 1;
CREATE INDEX shares_by_contact ON shares (matter, contact, document);

CREATE TABLE share_counts (
    matter TEXT NOT NULL,
    contact TEXT NOT NULL,
    shared INTEGER NOT NULL DEFAULT 0,
    uploaded INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (matter, contact)
) STRICT, WITHOUT ROWID;

-- Whoever changes a document's name, times or place changes the copies with it. A share's own writer fills them
-- in, and so does the second trigger where a writer has left them out.
CREATE TRIGGER documents_copied AFTER UPDATE OF matter, name_key, activity_at, created_at, uploader, deleted_at ON documents BEGIN
    UPDATE shares SET
        visible = state = 'live' AND matter = NEW.matter AND NEW.deleted_at IS NULL,
        offered = state = 'lapsed' AND matter = NEW.matter AND NEW.deleted_at IS NULL,
        own = contact IS NEW.uploader,
        name_key = NEW.name_key, activity_at = NEW.activity_at, created_at = NEW.created_at
    WHERE document = NEW.id;
END;
CREATE TRIGGER shares_copy AFTER INSERT ON shares WHEN NEW.name_key = x'' BEGIN
    UPDATE shares SET
        visible = shares.state = 'live' AND shares.matter = d.matter AND d.deleted_at IS NULL,
        offered = shares.state = 'lapsed' AND shares.matter = d.matter AND d.deleted_at IS NULL,
        own = shares.contact IS d.uploader,
        name_key = d.name_key, activity_at = d.activity_at, created_at = d.created_at
    FROM documents d
    WHERE d.id = NEW.document AND shares.matter = NEW.matter AND shares.document = NEW.document AND shares.contact = NEW.contact;
END;
CREATE TRIGGER shares_counted AFTER INSERT ON shares WHEN NEW.visible = 1 BEGIN
    INSERT INTO share_counts (matter, contact, shared, uploaded) VALUES (NEW.matter, NEW.contact, 1 - NEW.own, NEW.own)
        ON CONFLICT (matter, contact) DO UPDATE SET shared = shared + excluded.shared, uploaded = uploaded + excluded.uploaded;
END;
CREATE TRIGGER shares_uncounted AFTER DELETE ON shares WHEN OLD.visible = 1 BEGIN
    UPDATE share_counts SET shared = shared - (1 - OLD.own), uploaded = uploaded - OLD.own
        WHERE matter = OLD.matter AND contact = OLD.contact;
END;
CREATE TRIGGER shares_recounted AFTER UPDATE OF visible, own ON shares WHEN OLD.visible <> NEW.visible OR OLD.own <> NEW.own BEGIN
    UPDATE share_counts SET shared = shared - (1 - OLD.own), uploaded = uploaded - OLD.own
        WHERE matter = OLD.matter AND contact = OLD.contact AND OLD.visible = 1;
    INSERT INTO share_counts (matter, contact, shared, uploaded) SELECT NEW.matter, NEW.contact, 1 - NEW.own, NEW.own WHERE NEW.visible = 1
        ON CONFLICT (matter, contact) DO UPDATE SET shared = shared + excluded.shared, uploaded = uploaded + excluded.uploaded;
END;

CREATE TABLE watchers (
    matter TEXT NOT NULL REFERENCES matters (id),
    user TEXT NOT NULL REFERENCES users (id),
    in_app INTEGER NOT NULL,
    email INTEGER NOT NULL,
    attributes TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (matter, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    matter TEXT NOT NULL REFERENCES matters (id),
    section TEXT NOT NULL,                  -- access, sharing, notifications
    revision INTEGER NOT NULL,
    PRIMARY KEY (matter, section)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- notices, letters, the app's inbox

-- What one recipient is to be told, as the plugin said it. `due` after the hold; letters gather what is due.
CREATE TABLE notices (
    n INTEGER PRIMARY KEY,
    firm TEXT NOT NULL,
    matter TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,           -- contact, user
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,                  -- email, in-app
    topic TEXT NOT NULL,                    -- invited, shared, uploaded, or another word of the plugin's
    topic_other INTEGER NOT NULL DEFAULT 0, -- 1: `topic` is the plugin's own word
    documents TEXT NOT NULL,                -- a JSON array of ids
    contact TEXT,
    key TEXT NOT NULL,
    attributes TEXT NOT NULL,
    call TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    letter TEXT,                            -- set once it is gathered into one
    UNIQUE (matter, recipient_kind, recipient, channel, key)
) STRICT;
CREATE INDEX notices_waiting ON notices (due_at) WHERE letter IS NULL;

-- One mail. A letter with a sign-in code has no notices.
CREATE TABLE letters (
    id TEXT PRIMARY KEY,                    -- its Message-ID is made of this
    firm TEXT NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,                  -- notices, code
    address TEXT,                           -- as it was when it was last tried
    subject TEXT,
    body TEXT,                              -- JSON {text, html}; emptied once a code has left
    state TEXT NOT NULL,                    -- waiting, sending, sent, dropped, dead
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    lease_until INTEGER,
    last_error TEXT,                        -- a reply code and a word; never an address or a text
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE INDEX letters_due ON letters (next_at) WHERE state IN ('waiting', 'sending');

-- What the app shows a user.
CREATE TABLE inbox (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL,
    firm TEXT NOT NULL,
    matter TEXT,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    read_at INTEGER
) STRICT;
CREATE INDEX inbox_by_user ON inbox (user, n);

-- The demo's mailbox page reads these; `serve` leaves it empty.
CREATE TABLE mailbox (
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,                     -- what a person reads of it
    message TEXT NOT NULL                   -- as it would go over SMTP
) STRICT;

-- ---------------------------------------------------------------- the audit log

-- One chain for each firm: hash = SHA-256(previous hash ‖ the row's fields, length-prefixed, with `commitment` in the
-- place of `body`); commitment = SHA-256(salt ‖ body). A person is erased by emptying body and salt; the chain holds.
CREATE TABLE audit (
    firm TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    matter TEXT,
    actor_kind TEXT NOT NULL,               -- user, contact, viewing-as, host, anonymous
    actor TEXT,
    acting_for TEXT,                        -- the contact whom a user views as
    action TEXT NOT NULL,                   -- for instance document.shared; `call` for the host's own account of one
    document TEXT,
    contact TEXT,
    call TEXT NOT NULL,                     -- ties the rows of one call together
    request TEXT,
    plugin TEXT,                            -- SHA-256 of the component that ran
    body TEXT,                              -- JSON: details; names, versions and hashes as last known; effects
    salt BLOB,
    commitment BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (firm, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_matter ON audit (matter, firm, seq) WHERE matter IS NOT NULL;
CREATE INDEX audit_by_contact ON audit (actor, seq) WHERE actor_kind = 'contact';
CREATE TRIGGER audit_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_append_only_update BEFORE UPDATE OF firm, seq, at, matter, actor_kind, actor, acting_for, action, document, contact, call, request, plugin, commitment, hash ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- ---------------------------------------------------------------- sign-in and sessions

CREATE TABLE sessions (
    token BLOB PRIMARY KEY,                 -- SHA-256 of what the cookie holds
    kind TEXT NOT NULL,                     -- staff, portal
    user TEXT,
    email_key TEXT,                         -- portal: whose address
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user) WHERE user IS NOT NULL;
CREATE INDEX sessions_by_email ON sessions (email_key) WHERE email_key IS NOT NULL;

-- For whom a portal session speaks: at most one contact of each firm.
CREATE TABLE session_contacts (
    token BLOB NOT NULL REFERENCES sessions (token) ON DELETE CASCADE,
    contact TEXT NOT NULL,
    PRIMARY KEY (token, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_contacts_by_contact ON session_contacts (contact);

-- A sign-in by code under way, bound to the browser that asked.
CREATE TABLE sign_ins (
    browser BLOB PRIMARY KEY,               -- SHA-256 of the pre-login cookie
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    network TEXT NOT NULL,                  -- the /24 or /64 that asked
    code BLOB,                              -- a keyed hash; none until a code was made, and once it is used
    state TEXT NOT NULL,                    -- asked, mailed, used, blocked
    tries INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_asked ON sign_ins (asked_at) WHERE state = 'asked';

-- Counters that must hold across hosts and restarts: codes mailed, codes tried, passwords tried.
CREATE TABLE limits (
    key TEXT NOT NULL,                      -- what is counted, and for whom; addresses only as keyed hashes
    window INTEGER NOT NULL,                -- start of the window
    count INTEGER NOT NULL,
    PRIMARY KEY (key, window)
) STRICT, WITHOUT ROWID;

-- Browsers in which a customer has signed in before: a stranger's attempts do not stand in their way.
CREATE TABLE known_browsers (
    token BLOB PRIMARY KEY,
    email_key TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,                   -- who asked, and their key
    request BLOB NOT NULL,
    answer BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at);

-- Secrets that the host makes for itself at its first start (the key of the code hashes), and its own facts.
CREATE TABLE host (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
