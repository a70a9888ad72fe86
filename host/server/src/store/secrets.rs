//! Secrets that the host makes for itself at its first start.

use super::{SqliteTx, driver::Result, kept};

/// The secret of this name; `fresh` becomes it if there is none yet.
///
/// # Errors
/// As the database fails.
pub fn get_or_put(tx: &SqliteTx, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32]> {
    kept::get_or_put(tx.conn(), name, fresh)
}

/// The secret of this name.
///
/// # Errors
/// As the database fails.
pub fn get(tx: &SqliteTx, name: &str) -> Result<Option<[u8; 32]>> {
    kept::get(tx.conn(), name)
}
