//! Bytes that go out to nobody: what no scanner has called clean yet, and what one has refused.
//!
//! Where a scanner is set, a row stands here from before the first byte of a blob is written; only a scan that found
//! nothing takes it away. So whatever breaks, or is forgotten, leaves bytes that nobody gets, and never the other way
//! round. Whoever reads where bytes are reads [`Held`] in their place.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{self, OptionalExtension as _, Row, params},
    loose,
    sql::{Host as _, at, list, ms},
};

/// Why bytes are not given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// They wait for a scan.
    Waiting,
    /// Something was found in them, and they are gone.
    Found,
}

impl Held {
    /// As the API says it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Found => "found",
        }
    }
}

/// What keeps a scan from being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody has tried yet.
    Unscanned,
    /// The scanner did not answer, or not in time, or not in words that are known.
    Unavailable,
    /// They are more than the scanner takes.
    TooLarge,
}

impl Why {
    /// As it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unscanned => "unscanned",
            Self::Unavailable => "unavailable",
            Self::TooLarge => "too-large",
        }
    }
}

/// The column in which [`held`] finds how the blob of a table stands, to be selected beside it.
macro_rules! column {
    ($table:literal) => {
        concat!("(SELECT q.state FROM quarantine q WHERE q.blob = ", $table, "blob)")
    };
}
pub(super) use column;

/// Where the bytes are, or why they are not given out: the name of a blob, and the column of it.
pub(super) fn held(row: &Row<'_>, blob: usize, column: usize) -> driver::Result<Result<String, Held>> {
    Ok(match word(row, column)? {
        None => Ok(row.get(blob)?),
        Some(held) => Err(held),
    })
}

/// How a blob stands, from its column. What is not known is not given out either.
pub(super) fn word(row: &Row<'_>, column: usize) -> driver::Result<Option<Held>> {
    let state: Option<String> = row.get(column)?;
    Ok(state.map(|state| if state == "found" { Held::Found } else { Held::Waiting }))
}

/// The blob is about to be written, and nobody gets it before it was scanned.
///
/// # Errors
/// Only if the database fails.
pub fn begin(tx: &SqliteTx, blob: &str, now: Timestamp) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO quarantine (blob, state, why, next_at, since) VALUES (?1, 'waiting', 'unscanned', ?2, ?2)",
        )
        .and_then(|mut insert| insert.execute((blob, ms(now))))
        .host()
        .map(drop)
}

/// A scan has found nothing in it: whoever may have it gets it. Answers whether it had waited for that.
///
/// # Errors
/// Only if the database fails.
pub fn clean(tx: &SqliteTx, blob: &str) -> Result<bool, HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM quarantine WHERE blob = ?1 AND state = 'waiting'")
        .and_then(|mut delete| delete.execute([blob]))
        .host()
        .map(|gone| gone == 1)
}

/// There was no scan; the next is tried at `next_at`.
///
/// # Errors
/// Only if the database fails.
pub fn wait(tx: &SqliteTx, blob: &str, why: Why, next_at: Timestamp) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "UPDATE quarantine SET why = ?2, attempts = attempts + 1, next_at = ?3 WHERE blob = ?1 AND state = 'waiting'",
        )
        .and_then(|mut update| update.execute((blob, why.word(), ms(next_at))))
        .host()
        .map(drop)
}

/// Something was found in what a version names: its bytes are loose from now on. Answers whether it had waited.
///
/// # Errors
/// Only if the database fails.
pub fn found(tx: &SqliteTx, blob: &str, what: &str, now: Timestamp) -> Result<bool, HostError> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE quarantine SET state = 'found', why = ?2 WHERE blob = ?1 AND state = 'waiting'")
        .and_then(|mut update| update.execute((blob, what)))
        .host()?;
    if rows == 1 {
        loose::release(tx, blob, now)?;
    }
    Ok(rows == 1)
}

/// The bytes are gone, and no version was made of them.
///
/// # Errors
/// Only if the database fails.
pub(super) fn forget(tx: &SqliteTx, blob: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "DELETE FROM quarantine WHERE blob = ?1 AND NOT EXISTS (SELECT 1 FROM versions WHERE blob = ?1)",
        )
        .and_then(|mut delete| delete.execute([blob]))
        .host()
        .map(drop)
}

/// A version that waits for its scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Names the bytes.
    pub blob: String,
    /// Bytes.
    pub size: u64,
    /// Of the content, in hex.
    pub sha256: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The document.
    pub document: String,
    /// Its version.
    pub version: u32,
    /// As it is called.
    pub name: String,
    /// Its matter.
    pub matter: String,
    /// Its firm.
    pub firm: String,
    /// The contact who sent it, if one did.
    pub uploader: Option<String>,
}

/// The version of a blob that waits, or the next whose time has come.
const DUE: &str = "SELECT q.blob, v.size, v.sha256, q.attempts, d.id, v.version, d.name, d.matter, m.firm, CASE WHEN v.version = 1 THEN d.uploader END
     FROM quarantine q JOIN versions v ON v.blob = q.blob JOIN documents d ON d.id = v.document JOIN matters m ON m.id = d.matter
     WHERE q.state = 'waiting' AND (?1 IS NULL OR q.blob = ?1) AND (?2 IS NULL OR q.next_at <= ?2)
     ORDER BY q.next_at LIMIT 1";

fn due_row(row: &Row<'_>) -> driver::Result<Due> {
    Ok(Due {
        blob: row.get(0)?,
        size: at(row.get(1)?),
        sha256: row.get(2)?,
        attempts: row.get(3)?,
        document: row.get(4)?,
        version: row.get(5)?,
        name: row.get(6)?,
        matter: row.get(7)?,
        firm: row.get(8)?,
        uploader: row.get(9)?,
    })
}

/// The version whose turn it is to be scanned. What is still on its way to a version is not.
///
/// # Errors
/// Only if the database fails.
pub fn due(tx: &SqliteTx, now: Timestamp) -> Result<Option<Due>, HostError> {
    let none: Option<&str> = None;
    tx.conn()
        .prepare_cached(DUE)
        .and_then(|mut found| found.query_row(params![none, ms(now)], due_row).optional())
        .host()
}

/// The version of this blob, if it waits.
///
/// # Errors
/// Only if the database fails.
pub fn of_blob(tx: &SqliteTx, blob: &str) -> Result<Option<Due>, HostError> {
    let none: Option<i64> = None;
    tx.conn().prepare_cached(DUE).and_then(|mut found| found.query_row(params![blob, none], due_row).optional()).host()
}

/// Those of the documents whose current content is held back, and why.
///
/// # Errors
/// Only if the database fails.
pub fn of_documents<'a>(
    tx: &SqliteTx,
    documents: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<(String, Held)>, HostError> {
    // Nearly always there are none at all.
    let any: bool = tx
        .conn()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine)")
        .and_then(|mut found| found.query_row([], |row| row.get(0)))
        .host()?;
    if !any {
        return Ok(Vec::new());
    }
    let documents: Vec<String> = documents.into_iter().map(str::to_owned).collect();
    tx.conn()
        .prepare_cached(
            "SELECT d.id, q.state FROM json_each(?1) k CROSS JOIN documents d ON d.id = k.value
             CROSS JOIN quarantine q ON q.blob = d.blob",
        )
        .and_then(|mut found| {
            let row = |row: &Row<'_>| Ok((row.get(0)?, word(row, 1)?.unwrap_or(Held::Waiting)));
            found.query_map([list(&documents)], row)?.collect()
        })
        .host()
}

/// How a document stands among these.
#[must_use]
pub fn among(held: &[(String, Held)], document: &str) -> Option<Held> {
    held.iter().find(|(id, _)| id == document).map(|(_, held)| *held)
}

/// How many versions wait.
///
/// # Errors
/// Only if the database fails.
pub fn waiting(tx: &SqliteTx) -> Result<u32, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT count(*) FROM quarantine q WHERE state = 'waiting' AND EXISTS (SELECT 1 FROM versions WHERE blob = q.blob)",
        )
        .and_then(|mut count| count.query_row([], |row| row.get(0)))
        .host()
}
