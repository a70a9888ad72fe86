-- A tree of folders on another system, whose files are documents here.

-- A folder at its top, and the matter that it is.
CREATE TABLE tree_folders (
    folder TEXT PRIMARY KEY,
    matter TEXT NOT NULL UNIQUE REFERENCES matters (id)
) STRICT, WITHOUT ROWID;

-- A file, and the document that it is. Of one that was deleted here the row stays: the file does not come back by itself.
CREATE TABLE tree_files (
    path TEXT PRIMARY KEY,                  -- from the tree's top, with / in between
    document TEXT NOT NULL UNIQUE REFERENCES documents (id) ON DELETE CASCADE,
    mark TEXT NOT NULL                      -- another one with each content: an ETag, or size and time
) STRICT, WITHOUT ROWID;
