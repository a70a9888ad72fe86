//! How far each firm's audit log was told to another system: a number beside the log, that only grows.

use client_connect_runtime::types::HostError;

use super::{
    SqliteTx,
    audit::{self, Entry, Query},
    firms, kept,
    sql::{self, Host},
};

/// The mark that webhooks have begun: firms without one of their own are told from their first row on.
const BEGUN: &str = "webhooks";

fn key(firm: &str) -> String {
    [BEGUN, "/", firm].concat()
}

fn mark(tx: &SqliteTx, key: &str) -> Result<Option<u64>, HostError> {
    let found: Option<[u8; 8]> = kept::get(tx.conn(), key).host()?;
    Ok(found.map(u64::from_be_bytes))
}

fn set(tx: &SqliteTx, key: &str, mark: u64) -> Result<(), HostError> {
    kept::set(tx.conn(), key, mark.to_be_bytes()).host()
}

/// Marks where each firm's log ends now, the first time; after that, does nothing.
///
/// # Errors
/// Only if the database fails.
pub fn begin(tx: &SqliteTx) -> Result<(), HostError> {
    if mark(tx, BEGUN)?.is_some() {
        return Ok(());
    }
    for firm in firms::list(tx)? {
        let last: i64 = tx
            .conn()
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM audit WHERE firm = ?1")
            .and_then(|mut last| last.query_row([&firm.id], |row| row.get(0)))
            .host()?;
        set(tx, &key(&firm.id), sql::at(last))?;
    }
    set(tx, BEGUN, 0)
}

/// The next rows of this firm that were not told, the oldest first; the host's own accounts of calls are not among them.
///
/// # Errors
/// Only if the database fails.
pub fn next(tx: &SqliteTx, firm: &str, limit: u32) -> Result<Vec<Entry>, HostError> {
    let after = mark(tx, &key(firm))?.unwrap_or(0);
    audit::forward(tx, &Query { firm: firm.to_owned(), after: Some(after), limit, ..Query::default() })
}

/// Notes that this row was told, and all before it. A smaller number than is there changes nothing.
///
/// # Errors
/// Only if the database fails.
pub fn told(tx: &SqliteTx, firm: &str, seq: u64) -> Result<(), HostError> {
    let key = key(firm);
    if mark(tx, &key)?.is_some_and(|told| told >= seq) {
        return Ok(());
    }
    set(tx, &key, seq)
}
