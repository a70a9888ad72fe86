//! Bytes that no row names yet, or any more. A row stands here from before the first byte is written until the
//! transaction that names the blob: so a crash in between leaves nothing that is not found again.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx, quarantine,
    sql::{Host, ms},
};

/// Announces a blob that is about to be written. Commit this before the first byte.
///
/// # Errors
/// `conflict` if the blob is announced already.
pub fn announce(tx: &SqliteTx, blob: &str, now: Timestamp) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("INSERT INTO loose_blobs (blob, since) VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute((blob, ms(now.max(1)))))
        .host()
        .map(drop)
}

/// The blob is still being written: it is loose since now.
///
/// # Errors
/// Only if the database fails.
pub fn touch(tx: &SqliteTx, blob: &str, now: Timestamp) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("UPDATE loose_blobs SET since = ?2 WHERE blob = ?1 AND since > 0")
        .and_then(|mut update| update.execute((blob, ms(now.max(1)))))
        .host()
        .map(drop)
}

/// The blob is named by a row from now on.
///
/// # Errors
/// `conflict` if the sweeper has it already: its bytes are about to go, and no row may name it.
pub fn settle(tx: &SqliteTx, blob: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM loose_blobs WHERE blob = ?1 AND since > 0")
        .and_then(|mut delete| delete.execute([blob]))
        .host()?;
    let condemned = tx
        .conn()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM loose_blobs WHERE blob = ?1)")
        .and_then(|mut found| found.query_row([blob], |row| row.get(0)))
        .host()?;
    if condemned { Err(HostError::Conflict("the blob is being swept".to_owned())) } else { Ok(()) }
}

/// Marks a loose blob, so that nothing can name it any more; answers whether it was loose and unnamed.
///
/// # Errors
/// Only if the database fails.
pub fn condemn(tx: &SqliteTx, blob: &str) -> Result<bool, HostError> {
    tx.conn()
        .prepare_cached(
            "UPDATE loose_blobs SET since = 0 WHERE blob = ?1 AND NOT EXISTS (SELECT 1 FROM named_blobs WHERE blob = ?1)",
        )
        .and_then(|mut update| update.execute([blob]))
        .host()
        .map(|marked| marked == 1)
}

/// The row that named the blob goes in this transaction: it is loose from now on.
///
/// # Errors
/// Only if the database fails.
pub fn release(tx: &SqliteTx, blob: &str, now: Timestamp) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("INSERT INTO loose_blobs (blob, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
        .and_then(|mut insert| insert.execute((blob, ms(now.max(1)))))
        .host()
        .map(drop)
}

/// The bytes of a condemned blob are gone.
///
/// # Errors
/// Only if the database fails.
pub fn forget(tx: &SqliteTx, blob: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM loose_blobs WHERE blob = ?1 AND since = 0")
        .and_then(|mut delete| delete.execute([blob]))
        .host()?;
    quarantine::forget(tx, blob)
}

/// Up to `limit` blobs that have been loose since before this time, and that no row names.
///
/// # Errors
/// Only if the database fails.
pub fn before(tx: &SqliteTx, time: Timestamp, limit: u32) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT blob FROM loose_blobs l WHERE since < ?1 AND NOT EXISTS (SELECT 1 FROM named_blobs n WHERE n.blob = l.blob)
             ORDER BY blob LIMIT ?2",
        )
        .and_then(|mut found| found.query_map((ms(time), limit), |row| row.get(0))?.collect())
        .host()
}
