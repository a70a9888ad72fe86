//! Answers kept under idempotency keys, once their time is over.

use client_connect_runtime::types::Timestamp;

use super::{SqliteTx, driver::Result, sql};

/// Forgets the answers from before.
///
/// # Errors
/// As the database fails.
pub fn sweep(tx: &SqliteTx, before: Timestamp) -> Result<usize> {
    tx.conn().prepare_cached("DELETE FROM idempotency WHERE at <= ?1")?.execute([sql::ms(before)])
}
