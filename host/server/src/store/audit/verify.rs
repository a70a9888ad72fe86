//! The proof of a chain: every hash computed anew from the first row on.

use client_connect_runtime::types::HostError;

use super::chain::{self, Head, Link};
use crate::store::{SqliteTx, driver, sql::Host};

/// A chain that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Rows in it.
    pub rows: u64,
    /// Rows whose body was erased: their commitment stands, their words are gone.
    pub erased: u64,
    /// Its end; none for an empty one.
    pub head: Option<Head>,
}

/// The first row at which a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit of firm {firm} breaks at row {seq}: {reason}")]
pub struct Broken {
    /// Whose chain.
    pub firm: String,
    /// The number of the row.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Computes a firm's chain anew. With heads that were noted before and kept elsewhere, it also finds a tail that was
/// cut off, and a chain that was written anew as a whole; without one, nobody can.
///
/// # Errors
/// The outer error only if the database fails; the inner one names the first row that does not hold.
pub fn verify(tx: &SqliteTx, firm: &str, noted: &[&Head]) -> Result<Result<Proof, Broken>, HostError> {
    let mut select = tx
        .conn()
        .prepare_cached(
            "SELECT seq, at, matter, actor_kind, actor, acting_for, action, document, contact, call, request, plugin, body, salt,
                    commitment, hash
             FROM audit WHERE firm = ?1 ORDER BY seq",
        )
        .host()?;
    let mut rows = select.query([firm]).host()?;
    let broken = |seq: i64, reason| Broken { firm: firm.to_owned(), seq: u64::try_from(seq).unwrap_or(0), reason };
    let mut proof = Proof { rows: 0, erased: 0, head: None };
    let mut previous = chain::genesis(firm);
    let (mut last_seq, mut last_at) = (0_i64, i64::MIN);
    let mut noted: Vec<&Head> = noted.iter().copied().filter(|head| head.firm == firm).collect();
    noted.sort_by_key(|head| head.seq);
    let mut noted = noted.into_iter().peekable();
    while let Some(before) = noted.next_if(|head| head.seq == 0) {
        // A head that says nothing of an empty chain is one of any.
        if !before.hash.is_empty() && before.hash != hex::encode(previous) {
            return Ok(Err(broken(0, "it is not the beginning that was noted")));
        }
    }
    while let Some(row) = rows.next().host()? {
        let read = || -> driver::Result<_> {
            let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
            let link = Link {
                firm,
                seq: row.get(0)?,
                at: row.get(1)?,
                matter: text(2)?,
                actor_kind: text(3)?.unwrap_or_default(),
                actor: text(4)?,
                acting_for: text(5)?,
                action: text(6)?.unwrap_or_default(),
                document: text(7)?,
                contact: text(8)?,
                call: text(9)?.unwrap_or_default(),
                request: text(10)?,
                plugin: text(11)?,
                commitment: row.get_ref(14)?.as_blob().map_err(rusqlite::Error::from)?,
            };
            let body = text(12)?;
            let salt = row.get_ref(13)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            let hash = row.get_ref(15)?.as_blob().map_err(rusqlite::Error::from)?;
            Ok((link, body, salt, hash))
        };
        let (link, body, salt, hash) = read().host()?;
        if link.seq != last_seq + 1 {
            return Ok(Err(broken(last_seq + 1, "the row is missing")));
        }
        if link.at < last_at {
            return Ok(Err(broken(link.seq, "its time lies before the one of the row before")));
        }
        match (body, salt) {
            (Some(body), Some(salt)) => {
                if chain::commitment(salt, body) != link.commitment {
                    return Ok(Err(broken(link.seq, "its body is not the one that was written")));
                }
            }
            (None, None) => proof.erased += 1,
            _ => return Ok(Err(broken(link.seq, "half of its body is erased"))),
        }
        let computed = link.hash(&previous);
        if computed != hash {
            return Ok(Err(broken(link.seq, "its hash does not follow from it and the row before")));
        }
        let seq = u64::try_from(link.seq).unwrap_or(0);
        while let Some(noted) = noted.next_if(|noted| noted.seq == seq) {
            if noted.hash != hex::encode(computed) {
                return Ok(Err(broken(link.seq, "it is not the row whose hash was noted")));
            }
        }
        (previous, last_seq, last_at) = (computed, link.seq, link.at);
        proof.rows += 1;
        proof.head = Some(Head {
            firm: firm.to_owned(),
            seq,
            at: u64::try_from(link.at).unwrap_or(0),
            hash: hex::encode(computed),
        });
    }
    match noted.next() {
        None => Ok(Ok(proof)),
        Some(_) => Ok(Err(broken(last_seq + 1, "the chain ends before the row that was noted"))),
    }
}
