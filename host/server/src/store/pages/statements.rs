//! The statements that walk a list: constants, one for each index and direction, so that each can be shown to walk
//! the index that it names and to sort nothing.
//!
//! Parameters, the same in all: `?1` matter, `?2` and `?3` the place, `?4` rows, `?5` the contact whose list is walked,
//! `?6` a user from whom documents may be kept, `?7` the folded term, `?8` the hash of the bytes, `?9` the document
//! that is not asked for, `?10` the lane, `?11` the contacts as a JSON array or null for any, `?12` how many, `?13` the
//! contact who looks.

use client_connect_runtime::types::SortKey;

/// Whether a document `d` is one of those asked for. What is looked up for it says `LIMIT 1 OFFSET 0`, which means nothing:
/// without it PostgreSQL reads all shares there are at once, rather than look up those of the few documents of a page.
macro_rules! wanted {
    () => {
        "(?6 IS NULL OR d.restricted = 0 OR EXISTS (SELECT 1 FROM readers WHERE document = d.id AND user = ?6 LIMIT 1 OFFSET 0))
         AND (?7 IS NULL OR instr(d.name_fold, ?7) > 0)
         AND (?8 IS NULL OR (d.sha256 = ?8 AND d.id <> ?9))
         AND (?13 IS NULL OR EXISTS (SELECT 1 FROM shares t WHERE t.matter = ?1 AND t.document = d.id AND t.contact = ?13 AND t.visible = 1 LIMIT 1 OFFSET 0))
         AND CASE CAST(?10 AS BIGINT)
             WHEN 0 THEN TRUE
             WHEN 1 THEN EXISTS (SELECT 1 FROM shares t WHERE t.matter = ?1 AND t.document = d.id AND t.visible = 1
                                 AND (?11 IS NULL OR t.contact IN (SELECT value FROM json_each(?11))) LIMIT 1 OFFSET 0)
             WHEN 4 THEN NOT EXISTS (SELECT 1 FROM shares t WHERE t.matter = ?1 AND t.document = d.id AND t.visible = 1
                                     AND (?11 IS NULL OR t.contact IN (SELECT value FROM json_each(?11))) LIMIT 1 OFFSET 0)
             WHEN 5 THEN d.uploader IS NOT NULL AND (?11 IS NULL OR d.uploader IN (SELECT value FROM json_each(?11)))
             WHEN 6 THEN EXISTS (SELECT 1 FROM shares t WHERE t.matter = ?1 AND t.document = d.id AND t.offered = 1
                                 AND (?11 IS NULL OR t.contact IN (SELECT value FROM json_each(?11))) LIMIT 1 OFFSET 0)
             ELSE (SELECT count(*) FROM shares t WHERE t.matter = ?1 AND t.document = d.id AND t.visible = 1
                   AND t.contact IN (SELECT value FROM json_each(?11)))
                  BETWEEN CASE CAST(?10 AS BIGINT) WHEN 2 THEN ?12 ELSE 1 END AND CASE CAST(?10 AS BIGINT) WHEN 2 THEN ?12 ELSE ?12 - 1 END
             END"
    };
}

macro_rules! documents {
    ($key:literal, $index:literal, $past:literal, $order:literal) => {
        [
            concat!(
                "SELECT d.",
                $key,
                ", d.id, 1 FROM documents d INDEXED BY documents_by_",
                $index,
                " WHERE d.matter = ?1 AND d.deleted_at IS NULL AND (d.",
                $key,
                ", d.id) ",
                $past,
                " (?2, ?3)
                  ORDER BY d.",
                $key,
                " ",
                $order,
                ", d.id ",
                $order,
                " LIMIT ?4"
            ),
            concat!(
                "SELECT d.",
                $key,
                ", d.id, ",
                wanted!(),
                " FROM documents d INDEXED BY documents_by_",
                $index,
                " WHERE d.matter = ?1 AND d.deleted_at IS NULL AND (d.",
                $key,
                ", d.id) ",
                $past,
                " (?2, ?3)
                  ORDER BY d.",
                $key,
                " ",
                $order,
                ", d.id ",
                $order,
                " LIMIT ?4"
            ),
        ]
    };
}

macro_rules! sent {
    ($key:literal, $index:literal, $past:literal, $order:literal) => {
        [
            concat!(
                "SELECT d.",
                $key,
                ", d.id, 1 FROM documents d INDEXED BY documents_sent_by_",
                $index,
                " WHERE d.matter = ?1 AND d.uploader = ?5 AND d.uploader IS NOT NULL AND d.deleted_at IS NULL
                    AND (d.",
                $key,
                ", d.id) ",
                $past,
                " (?2, ?3)
                  ORDER BY d.",
                $key,
                " ",
                $order,
                ", d.id ",
                $order,
                " LIMIT ?4"
            ),
            concat!(
                "SELECT d.",
                $key,
                ", d.id, ",
                wanted!(),
                " FROM documents d INDEXED BY documents_sent_by_",
                $index,
                " WHERE d.matter = ?1 AND d.uploader = ?5 AND d.uploader IS NOT NULL AND d.deleted_at IS NULL
                    AND (d.",
                $key,
                ", d.id) ",
                $past,
                " (?2, ?3)
                  ORDER BY d.",
                $key,
                " ",
                $order,
                ", d.id ",
                $order,
                " LIMIT ?4"
            ),
        ]
    };
}

macro_rules! shares {
    ($flag:literal, $prefix:literal, $key:literal, $index:literal, $past:literal, $order:literal) => {
        [
            concat!(
                "SELECT s.",
                $key,
                ", s.document, 1 FROM shares s INDEXED BY ",
                $prefix,
                $index,
                " WHERE s.matter = ?1 AND s.contact = ?5 AND s.",
                $flag,
                " = 1 AND (s.",
                $key,
                ", s.document) ",
                $past,
                " (?2, ?3)
                  ORDER BY s.",
                $key,
                " ",
                $order,
                ", s.document ",
                $order,
                " LIMIT ?4"
            ),
            concat!(
                "SELECT s.",
                $key,
                ", s.document, ",
                wanted!(),
                " FROM shares s INDEXED BY ",
                $prefix,
                $index,
                " CROSS JOIN documents d ON d.id = s.document
                  WHERE s.matter = ?1 AND s.contact = ?5 AND s.",
                $flag,
                " = 1 AND (s.",
                $key,
                ", s.document) ",
                $past,
                " (?2, ?3)
                  ORDER BY s.",
                $key,
                " ",
                $order,
                ", s.document ",
                $order,
                " LIMIT ?4"
            ),
        ]
    };
}

/// Each sort, forwards and backwards; of each the plain walk, and the one that looks at every document.
macro_rules! sorts {
    ($walk:ident $(, $first:literal)*) => {
        [
            [$walk!($($first,)* "name_key", "name", ">", "ASC"), $walk!($($first,)* "name_key", "name", "<", "DESC")],
            [$walk!($($first,)* "activity_at", "activity", ">", "ASC"), $walk!($($first,)* "activity_at", "activity", "<", "DESC")],
            [$walk!($($first,)* "created_at", "creation", ">", "ASC"), $walk!($($first,)* "created_at", "creation", "<", "DESC")],
        ]
    };
}

type Walks = [[[&'static str; 2]; 2]; 3];
const DOCUMENTS: Walks = sorts!(documents);
const SENT: Walks = sorts!(sent);
const LIVE: Walks = sorts!(shares, "visible", "shares_by_");
const OFFERED: Walks = sorts!(shares, "offered", "shares_offered_by_");

/// The matter's documents whose names have certain trigrams: `?2` the query, `?3` at most so many, `?4` and `?5` the
/// first and the last row of the matter's.
macro_rules! searched {
    ($key:literal) => {
        concat!(
            "SELECT d.",
            $key,
            ", d.id, ",
            wanted!(),
            " FROM (SELECT rowid & 1099511627775 AS n FROM names_searched
                    WHERE names_searched MATCH ?2 AND rowid BETWEEN ?4 AND ?5 LIMIT ?3) f
              CROSS JOIN documents d ON d.n = f.n WHERE d.matter = ?1 AND d.deleted_at IS NULL"
        )
    };
}

/// The matter's documents with certain bytes: at most `?3`.
macro_rules! same_content {
    ($key:literal) => {
        concat!(
            "SELECT d.", $key, ", d.id, ", wanted!(),
            " FROM documents d INDEXED BY documents_by_content WHERE d.matter = ?1 AND d.sha256 = ?8 AND d.deleted_at IS NULL LIMIT ?3"
        )
    };
}

const SEARCHED: [&str; 3] = [searched!("name_key"), searched!("activity_at"), searched!("created_at")];
const SAME_CONTENT: [&str; 3] = [same_content!("name_key"), same_content!("activity_at"), same_content!("created_at")];

/// The same in PostgreSQL, where `?2` is a pattern and an index over all names knows their trigrams.
macro_rules! matched {
    ($key:literal) => {
        concat!(
            "SELECT d.",
            $key,
            ", d.id, ",
            wanted!(),
            " FROM (SELECT n FROM documents WHERE matter = ?1 AND deleted_at IS NULL AND name_fold LIKE ?2 LIMIT ?3) f
              JOIN documents d ON d.n = f.n"
        )
    };
}
const MATCHED: [&str; 3] = [matched!("name_key"), matched!("activity_at"), matched!("created_at")];

/// How many documents of the matter's have these trigrams, `?1`, counted up to `?2`; `?3` and `?4` the first and the
/// last row of the matter's.
pub(super) const SEARCHED_COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM names_searched
     WHERE names_searched MATCH ?1 AND rowid BETWEEN ?3 AND ?4 LIMIT ?2) hits";

/// The same in PostgreSQL.
pub(super) const MATCHED_COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM documents
     WHERE matter = (SELECT id FROM matters WHERE n = CAST(?3 AS BIGINT) >> 40) AND deleted_at IS NULL AND name_fold LIKE ?1
     LIMIT ?2) hits";

/// Which index is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The matter's documents.
    Documents,
    /// What one contact sent.
    Sent,
    /// What one contact sees.
    Live,
    /// What one contact once saw and could be offered again.
    Offered,
}

fn place(sort: SortKey) -> usize {
    match sort {
        SortKey::Name => 0,
        SortKey::ActivityAt => 1,
        SortKey::CreatedAt => 2,
    }
}

/// The walk; `looking` at each document, or taking all.
pub(super) fn walk(over: Over, sort: SortKey, descending: bool, looking: bool) -> &'static str {
    let walks: &Walks = match over {
        Over::Documents => &DOCUMENTS,
        Over::Sent => &SENT,
        Over::Live => &LIVE,
        Over::Offered => &OFFERED,
    };
    walks[place(sort)][usize::from(descending)][usize::from(looking)]
}

pub(super) fn searched(sort: SortKey, sqlite: bool) -> &'static str {
    if sqlite { SEARCHED[place(sort)] } else { MATCHED[place(sort)] }
}

pub(super) fn same_content(sort: SortKey) -> &'static str {
    SAME_CONTENT[place(sort)]
}
