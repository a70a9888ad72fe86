-- How staff sign in beside their password.

-- The second factor of a user: codes by time (RFC 6238). The secret is sealed with a key that is not in this file.
CREATE TABLE factors (
    user TEXT PRIMARY KEY REFERENCES users (id),
    secret BLOB NOT NULL,
    since INTEGER,                          -- none: begun, and not confirmed by a code; it opens nothing yet
    step INTEGER NOT NULL DEFAULT 0         -- the last time step whose code was taken: it and those before are spent
) STRICT, WITHOUT ROWID;

-- What stands in for the device that was lost. Each works once.
CREATE TABLE recovery_codes (
    user TEXT NOT NULL REFERENCES users (id),
    code BLOB NOT NULL,                     -- hashed with the key that is not in this file
    used_at INTEGER,
    PRIMARY KEY (user, code)
) STRICT, WITHOUT ROWID;

-- Whether everybody who works here needs one.
ALTER TABLE firms ADD COLUMN second_factor INTEGER NOT NULL DEFAULT 0;

-- Whom an identity provider means: linked the first time by an address that it has verified.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (id),
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user)
) STRICT, WITHOUT ROWID;

-- Answers of identity providers that were used: none is used twice. A row is needed for as long as its answer is good.
CREATE TABLE used_answers (
    state BLOB PRIMARY KEY,                 -- a hash
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
