//! Uploads that come in pieces: how much of each is durable, and where its bytes are. Each change is one transaction, and
//! leaves every blob either named by a row here or loose.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{OptionalExtension, named_params},
    loose,
    sql::{Host, at, ms, not_found},
};
use crate::blobs::Written;

/// An upload that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// From [`super::new_id`].
    pub id: String,
    /// As it will be called: safe to show and to store.
    pub name: String,
    /// Bytes, as announced.
    pub length: u64,
    /// Bytes that are durable, from the front.
    pub received: u64,
    /// When it is given up, unless more comes before.
    pub expires_at: Timestamp,
    /// All of it, once that is one blob.
    pub whole: Option<Piece>,
}

/// Some bytes of an upload, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Names the bytes in the store of documents.
    pub blob: String,
    /// What they are.
    pub written: Written,
}

/// How many uploads of a contact have begun and not ended, and the bytes that they announced.
///
/// # Errors
/// Only if the database fails.
pub fn unfinished(tx: &SqliteTx, contact: &str, now: Timestamp) -> Result<(u32, u64), HostError> {
    tx.conn()
        .prepare_cached("SELECT count(*), coalesce(sum(length), 0) FROM uploads WHERE contact = ?1 AND expires_at > ?2")
        .and_then(|mut found| found.query_row((contact, ms(now)), |row| Ok((row.get(0)?, at(row.get(1)?)))))
        .host()
}

/// Begins an upload of this contact to this matter.
///
/// # Errors
/// `not-found` unless the matter and the contact are there.
pub fn begin(tx: &SqliteTx, matter: &str, contact: &str, new: &Upload) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO uploads (id, matter, contact, name, length, expires_at)
             VALUES (:id, :matter, :contact, :name, :length, :expires_at)",
        )
        .and_then(|mut insert| {
            insert.execute(named_params! {
                ":id": new.id, ":matter": matter, ":contact": contact, ":name": new.name, ":length": ms(new.length),
                ":expires_at": ms(new.expires_at),
            })
        })
        .host()
        .map(drop)
}

/// An upload of this contact to this matter; none if it is over.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, matter: &str, contact: &str, id: &str, now: Timestamp) -> Result<Option<Upload>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT id, name, length, received, expires_at, blob, sha256, media_type FROM uploads
             WHERE id = ?1 AND matter = ?2 AND contact = ?3 AND expires_at > ?4",
        )
        .and_then(|mut found| {
            found
                .query_row((id, matter, contact, ms(now)), |row| {
                    let length = at(row.get(2)?);
                    let whole = match row.get(5)? {
                        Some(blob) => {
                            let written = Written { size: length, sha256: row.get(6)?, media_type: row.get(7)? };
                            Some(Piece { blob, written })
                        }
                        None => None,
                    };
                    Ok(Upload {
                        id: row.get(0)?,
                        name: row.get(1)?,
                        length,
                        received: at(row.get(3)?),
                        expires_at: at(row.get(4)?),
                        whole,
                    })
                })
                .optional()
        })
        .host()
}

/// Adds a part that is durable, and that was loose; the upload lives until `expires_at`.
///
/// # Errors
/// `conflict` unless exactly `start` bytes have come before, or if it is more than was announced.
pub fn append(tx: &SqliteTx, id: &str, start: u64, part: &Piece, expires_at: Timestamp) -> Result<(), HostError> {
    let size = ms(part.written.size);
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE uploads SET received = received + ?3, expires_at = ?4
             WHERE id = ?1 AND received = ?2 AND received + ?3 <= length AND blob IS NULL",
        )
        .and_then(|mut update| update.execute((id, ms(start), size, ms(expires_at))))
        .host()?;
    if rows == 0 {
        return Err(HostError::Conflict("the upload is at another place by now".into()));
    }
    tx.conn()
        .prepare_cached(
            "INSERT INTO upload_parts (upload, start, size, blob, sha256, media_type) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut insert| {
            insert.execute((id, ms(start), size, &part.blob, &part.written.sha256, &part.written.media_type))
        })
        .host()?;
    loose::settle(tx, &part.blob)
}

/// How many parts an upload has.
///
/// # Errors
/// Only if the database fails.
pub fn count_parts(tx: &SqliteTx, id: &str) -> Result<u64, HostError> {
    tx.conn()
        .prepare_cached("SELECT count(*) FROM upload_parts WHERE upload = ?1")
        .and_then(|mut count| count.query_row([id], |row| Ok(at(row.get(0)?))))
        .host()
}

/// The parts of an upload, from the front.
///
/// # Errors
/// Only if the database fails.
pub fn parts(tx: &SqliteTx, id: &str) -> Result<Vec<Piece>, HostError> {
    tx.conn()
        .prepare_cached("SELECT blob, size, sha256, media_type FROM upload_parts WHERE upload = ?1 ORDER BY start")
        .and_then(|mut found| {
            found
                .query_map([id], |row| {
                    let written = Written { size: at(row.get(1)?), sha256: row.get(2)?, media_type: row.get(3)? };
                    Ok(Piece { blob: row.get(0)?, written })
                })?
                .collect()
        })
        .host()
}

/// All of the upload is one blob from now on: a fresh one that was loose, or its only part. Answers the blobs that are
/// loose now in its place.
///
/// # Errors
/// `conflict` unless all of it has come, and it was in parts until now.
pub fn join(tx: &SqliteTx, id: &str, whole: &Piece, now: Timestamp) -> Result<Vec<String>, HostError> {
    let mut released = take_parts(tx, id)?;
    released.retain(|blob| *blob != whole.blob);
    for blob in &released {
        loose::release(tx, blob, now)?;
    }
    let Written { size, sha256, media_type } = &whole.written;
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE uploads SET blob = ?2, sha256 = ?3, media_type = ?4
             WHERE id = ?1 AND received = length AND length = ?5 AND blob IS NULL",
        )
        .and_then(|mut update| update.execute((id, &whole.blob, sha256, media_type, ms(*size))))
        .host()?;
    if rows == 0 {
        return Err(HostError::Conflict("the upload is not in all its parts".into()));
    }
    loose::settle(tx, &whole.blob)?;
    Ok(released)
}

/// The upload becomes a document in this transaction: its row goes, and its blob is the document's.
///
/// # Errors
/// `not-found` unless it is there and in one piece.
pub fn take(tx: &SqliteTx, id: &str) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached("DELETE FROM uploads WHERE id = ?1 AND blob IS NOT NULL")
        .and_then(|mut delete| delete.execute([id]))
        .host()?;
    if rows == 0 { Err(not_found("the upload")) } else { Ok(()) }
}

/// Gives up an upload. Answers the blobs that are loose now.
///
/// # Errors
/// Only if the database fails.
pub fn give_up(tx: &SqliteTx, id: &str, now: Timestamp) -> Result<Vec<String>, HostError> {
    let mut released = take_parts(tx, id)?;
    let whole: Option<Option<String>> = tx
        .conn()
        .prepare_cached("DELETE FROM uploads WHERE id = ?1 RETURNING blob")
        .and_then(|mut delete| delete.query_row([id], |row| row.get(0)).optional())
        .host()?;
    released.extend(whole.flatten());
    for blob in &released {
        loose::release(tx, blob, now)?;
    }
    Ok(released)
}

fn take_parts(tx: &SqliteTx, id: &str) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM upload_parts WHERE upload = ?1 RETURNING blob")
        .and_then(|mut delete| delete.query_map([id], |row| row.get(0))?.collect())
        .host()
}

/// Up to `limit` uploads whose time is over, or whose sender has no open portal any more.
///
/// # Errors
/// Only if the database fails.
pub fn over(tx: &SqliteTx, now: Timestamp, limit: u32) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT id FROM uploads u WHERE expires_at <= ?1
                OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.matter = u.matter AND g.contact = u.contact AND g.portal = 1)
             LIMIT ?2",
        )
        .and_then(|mut found| found.query_map((ms(now), limit), |row| row.get(0))?.collect())
        .host()
}
