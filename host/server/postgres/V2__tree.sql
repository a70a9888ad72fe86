-- A tree of folders on another system, whose files are documents here: as in V5 of SQLite's.
CREATE TABLE tree_folders (
    folder TEXT COLLATE "C" PRIMARY KEY,
    matter TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES matters (id)
);
CREATE TABLE tree_files (
    path TEXT COLLATE "C" PRIMARY KEY,
    document TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES documents (id) ON DELETE CASCADE,
    mark TEXT NOT NULL
);
