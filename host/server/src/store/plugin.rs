//! A plugin that is kept in the records, so that every host on them runs the same one. The component as it was built, never
//! what some host has made of it; and its hash beside it, so that asking whether it is another one now costs next to nothing.

use client_connect_runtime::types::{HostError, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{
    SqliteTx,
    audit::{self, By, Row},
    firms, kept,
    sql::Host,
};

const BYTES: &str = "plugin";
const HASH: &str = "plugin-sha256";

/// SHA-256 of a component.
pub type Hash = [u8; 32];

/// The hash of the plugin that is kept; none: each host runs its own.
///
/// # Errors
/// As the database fails.
pub fn hash(tx: &SqliteTx) -> Result<Option<Hash>, HostError> {
    kept::get(tx.conn(), HASH).host()
}

/// A component that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What its bytes had when it was put there.
    pub hash: Hash,
    /// The component.
    pub bytes: Vec<u8>,
}

impl Kept {
    /// Whether the bytes are those that the hash is of.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        Sha256::digest(&self.bytes)[..] == self.hash
    }
}

/// The component that is kept.
///
/// # Errors
/// As the database fails.
pub fn get(tx: &SqliteTx) -> Result<Option<Kept>, HostError> {
    let Some(hash) = hash(tx)? else { return Ok(None) };
    let bytes = kept::get(tx.conn(), BYTES).host()?.unwrap_or_default();
    Ok(Some(Kept { hash, bytes }))
}

/// Keeps this component, and says so in each firm's audit log; `version` is what the plugin says of itself. Answers its hash,
/// and whether it is another one than before. Whoever calls this has looked whether hosts can run it.
///
/// # Errors
/// As the database fails.
pub fn set(tx: &SqliteTx, bytes: &[u8], version: &str, now: Timestamp) -> Result<(Hash, bool), HostError> {
    let fresh: Hash = Sha256::digest(bytes).into();
    // What was damaged is written anew, though its hash is the same.
    if get(tx)?.is_some_and(|kept| kept.hash == fresh && kept.is_whole()) {
        return Ok((fresh, false));
    }
    kept::set(tx.conn(), BYTES, bytes).host()?;
    kept::set(tx.conn(), HASH, fresh).host()?;
    let row = Row::new(now, By::Host, "plugin.set").detail("sha256", hex::encode(fresh)).detail("version", version);
    tell(tx, &row)?;
    Ok((fresh, true))
}

/// Keeps none any more, and says so in each firm's audit log. Answers the hash of the one that was kept.
///
/// # Errors
/// As the database fails.
pub fn unset(tx: &SqliteTx, now: Timestamp) -> Result<Option<Hash>, HostError> {
    let Some(hash) = hash(tx)? else { return Ok(None) };
    kept::remove(tx.conn(), BYTES).host()?;
    kept::remove(tx.conn(), HASH).host()?;
    tell(tx, &Row::new(now, By::Host, "plugin.unset").detail("sha256", hex::encode(hash)))?;
    Ok(Some(hash))
}

fn tell(tx: &SqliteTx, row: &Row) -> Result<(), HostError> {
    for firm in firms::list(tx)? {
        audit::append(tx, &firm.id, row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{FIRM, World};

    #[test]
    fn a_plugin_is_kept_replaced_and_forgotten_and_the_audit_log_says_so() {
        let world = World::new();
        // Larger than one page of any database, and with every byte in it.
        let first: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
        let kept = |world: &World| world.read(|tx| get(tx).unwrap());
        assert_eq!(kept(&world), None);
        let (hash_of_first, another) = world.write(|tx| set(tx, &first, "1", 5).unwrap());
        assert!(another);
        assert_eq!(kept(&world), Some(Kept { hash: hash_of_first, bytes: first.clone() }));
        assert_eq!(world.read(|tx| hash(tx).unwrap()), Some(hash_of_first));
        assert!(!world.write(|tx| set(tx, &first, "1", 6).unwrap()).1, "it is there already");
        let (hash_of_second, another) = world.write(|tx| set(tx, b"second", "2", 7).unwrap());
        assert!(another && hash_of_second != hash_of_first);
        assert_eq!(kept(&world), Some(Kept { hash: hash_of_second, bytes: b"second".to_vec() }));
        assert_eq!(world.write(|tx| unset(tx, 8).unwrap()), Some(hash_of_second));
        assert_eq!((kept(&world), world.write(|tx| unset(tx, 9).unwrap())), (None, None));
        let query = audit::Query { firm: FIRM.into(), limit: 10, ..audit::Query::default() };
        let told = world.read(|tx| audit::list(tx, &query).unwrap());
        let told: Vec<_> = told.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(told, ["plugin.unset", "plugin.set", "plugin.set"]);
    }

    #[test]
    fn bytes_that_are_not_those_of_the_hash_are_found_and_written_anew() {
        let world = World::new();
        world.write(|tx| {
            set(tx, b"whole", "1", 5).unwrap();
            kept::set(tx.conn(), BYTES, &b"half"[..]).unwrap();
        });
        let is_whole = || world.read(|tx| get(tx).unwrap()).unwrap().is_whole();
        assert!(!is_whole());
        assert!(world.write(|tx| set(tx, b"whole", "1", 6).unwrap()).1);
        assert!(is_whole());
    }
}
