//! Which of several hosts on the same records does what only one may do at a time. Whoever was the one and does not come
//! back loses it when its time is over.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{SqliteTx, kept, sql::Host};

/// Takes what has this name for `holder` until then, or keeps it. Answers whether it is theirs.
///
/// # Errors
/// Only if the database fails.
pub fn claim(tx: &SqliteTx, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool, HostError> {
    let key = ["lease/", name].concat();
    let kept: Option<Vec<u8>> = kept::get(tx.conn(), &key).host()?;
    let theirs = kept.as_deref().and_then(|kept| kept.split_first_chunk::<8>());
    if theirs.is_some_and(|(until, other)| u64::from_be_bytes(*until) > now && other != holder.as_bytes()) {
        return Ok(false);
    }
    let value = [&until.to_be_bytes()[..], holder.as_bytes()].concat();
    kept::set(tx.conn(), &key, value).host().map(|()| true)
}
