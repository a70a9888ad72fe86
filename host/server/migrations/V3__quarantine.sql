-- Bytes that go out to nobody: those that no scanner has called clean yet, and those in which one has found something.
-- Where a scanner is set, a row stands here from before the first byte is written until the scan that finds nothing.
CREATE TABLE quarantine (
    blob TEXT PRIMARY KEY,
    state TEXT NOT NULL,                    -- waiting, found
    why TEXT NOT NULL,                      -- waiting: unscanned, unavailable or too-large; found: what, in the scanner's words
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,               -- waiting: when to scan again
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_due ON quarantine (next_at) WHERE state = 'waiting';

-- A version that is gone for good takes its row along.
CREATE TRIGGER quarantine_forgotten AFTER DELETE ON versions BEGIN
    DELETE FROM quarantine WHERE blob = OLD.blob AND NOT EXISTS (SELECT 1 FROM versions WHERE blob = OLD.blob);
END;

-- Where something was found, the version stays and names the bytes no more: they are loose, and swept.
DROP VIEW named_blobs;
CREATE VIEW named_blobs AS
    SELECT blob FROM versions v WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.blob = v.blob AND q.state = 'found')
    UNION ALL SELECT blob FROM uploads WHERE blob IS NOT NULL
    UNION ALL SELECT blob FROM upload_parts;
