//! Which of several hosts on the same records does what only one may do at a time. Whoever was the one and does not come
//! back loses it when its time is over.

use super::driver::OptionalExtension;
use client_connect_runtime::types::{HostError, Timestamp};

use super::{SqliteTx, sql::Host};

/// Takes what has this name for `holder` until then, or keeps it. Answers whether it is theirs.
///
/// # Errors
/// Only if the database fails.
pub fn claim(tx: &SqliteTx, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool, HostError> {
    let key = ["lease/", name].concat();
    let kept: Option<Vec<u8>> = tx
        .conn()
        .prepare_cached("SELECT value FROM host WHERE key = ?1")
        .and_then(|mut found| found.query_row([&key], |row| row.get(0)).optional())
        .host()?;
    let theirs = kept.as_deref().and_then(|kept| kept.split_first_chunk::<8>());
    if theirs.is_some_and(|(until, other)| u64::from_be_bytes(*until) > now && other != holder.as_bytes()) {
        return Ok(false);
    }
    let value = [&until.to_be_bytes()[..], holder.as_bytes()].concat();
    tx.conn()
        .prepare_cached(
            "INSERT INTO host (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .and_then(|mut set| set.execute((&key, value)))
        .host()
        .map(|_| true)
}
