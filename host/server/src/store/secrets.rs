//! Secrets that the host makes for itself at its first start.

use crate::store::driver::{OptionalExtension, Result};

use super::SqliteTx;

/// The secret of this name; `fresh` becomes it if there is none yet.
///
/// # Errors
/// As the database fails.
pub fn get_or_put(tx: &SqliteTx, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32]> {
    tx.conn()
        .prepare_cached("INSERT INTO host (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING")?
        .execute((name, fresh))?;
    get(tx, name).map(|found| found.unwrap_or(*fresh))
}

/// The secret of this name.
///
/// # Errors
/// As the database fails.
pub fn get(tx: &SqliteTx, name: &str) -> Result<Option<[u8; 32]>> {
    tx.conn().prepare_cached("SELECT value FROM host WHERE key = ?1")?.query_row([name], |row| row.get(0)).optional()
}
