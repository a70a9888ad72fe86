//! The platform's documents: stored, changed, deleted to the bin, restored, purged, moved. The plugin is told of
//! each by whoever calls, in the same unit.

use client_connect_runtime::{
    backend::{Tx, Viewer},
    types::{Document, HostError, Timestamp},
};

use super::{
    SqliteTx,
    driver::{OptionalExtension, named_params, params},
    names::{fold, safe_name, sort_key},
    pages,
    sql::{Host, at, list, ms, not_found},
    taken::Taken,
};
use crate::blobs::Written;

/// Bytes that are durable already, under a name of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Names the bytes in the store of documents.
    pub blob: String,
    /// Bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
    /// As it was found out, not as it was claimed.
    pub media_type: String,
}

impl Content {
    /// What was written under this name.
    #[must_use]
    pub fn new(blob: &str, written: &Written) -> Self {
        let Written { size, sha256, media_type } = written.clone();
        Self { blob: blob.to_owned(), size, sha256, media_type }
    }
}

/// A document that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// From [`super::new_id`].
    pub id: String,
    /// Where it belongs.
    pub matter: String,
    /// As it was claimed; it is made harmless here.
    pub name: String,
    /// The type that the Documents page shows.
    pub kind: String,
    /// Its bytes.
    pub content: Content,
    /// A user; none for an upload, until the plugin says who.
    pub created_by: Option<String>,
    /// The contact who sent it through the portal.
    pub uploader: Option<String>,
    /// Where it came from, if it was neither the platform nor the portal.
    pub source: Option<String>,
}

/// Stores a document with its first version. Its bytes are no longer loose.
///
/// # Errors
/// `not-found` unless the matter, the user and the contact are there.
pub fn create(tx: &SqliteTx, new: &New, now: Timestamp) -> Result<(), HostError> {
    let name = safe_name(&new.name);
    let content = &new.content;
    tx.conn()
        .prepare_cached(
            "INSERT INTO documents (id, matter, name, name_key, name_fold, kind, media_type, size, sha256, blob, version,
                                    created_by, created_at, activity_at, uploader, source)
             VALUES (:id, :matter, :name, :name_key, :name_fold, :kind, :media_type, :size, :sha256, :blob, 1,
                     :created_by, :now, :now, :uploader, :source)",
        )
        .and_then(|mut insert| {
            insert.execute(named_params! {
                ":id": new.id, ":matter": new.matter, ":name": name, ":name_key": sort_key(&name), ":name_fold": fold(&name),
                ":kind": new.kind, ":media_type": content.media_type, ":size": ms(content.size), ":sha256": content.sha256,
                ":blob": content.blob, ":created_by": new.created_by, ":now": ms(now), ":uploader": new.uploader,
                ":source": new.source,
            })
        })
        .host()?;
    pages::note(tx, &new.id)?;
    put_version(tx, &new.id, 1, content, new.created_by.as_deref(), now)
}

fn put_version(
    tx: &SqliteTx,
    id: &str,
    version: u32,
    content: &Content,
    by: Option<&str>,
    now: Timestamp,
) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO versions (document, version, blob, size, sha256, media_type, created_at, created_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                id,
                version,
                content.blob,
                ms(content.size),
                content.sha256,
                content.media_type,
                ms(now),
                by
            ])
        })
        .host()?;
    super::loose::settle(tx, &content.blob)
}

/// Gives a document that is there a new content, and answers its version's number.
///
/// # Errors
/// `not-found` if it is deleted or not there; `conflict` if `base` is given and is not its version now.
pub fn add_version(
    tx: &SqliteTx,
    id: &str,
    content: &Content,
    base: Option<u32>,
    by: &str,
    now: Timestamp,
) -> Result<u32, HostError> {
    let current: u32 = tx
        .conn()
        .prepare_cached("SELECT version FROM documents WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut found| found.query_row([id], |row| row.get(0)).optional())
        .host()?
        .ok_or_else(|| not_found("the document"))?;
    if base.is_some_and(|base| base != current) {
        return Err(HostError::Conflict("the document has another version by now".into()));
    }
    let next = current.saturating_add(1);
    put_version(tx, id, next, content, Some(by), now)?;
    tx.conn()
        .prepare_cached(
            "UPDATE documents SET version = ?2, blob = ?3, size = ?4, sha256 = ?5, media_type = ?6, activity_at = ?7,
                                  no_preview = NULL WHERE id = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![
                id,
                next,
                content.blob,
                ms(content.size),
                content.sha256,
                content.media_type,
                ms(now)
            ])
        })
        .host()?;
    Ok(next)
}

/// Renames a document that is there; answers the name as it is now.
///
/// # Errors
/// `not-found` if it is deleted or not there.
pub fn rename(tx: &SqliteTx, id: &str, name: &str, now: Timestamp) -> Result<String, HostError> {
    let name = safe_name(name);
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE documents SET name = ?2, name_key = ?3, name_fold = ?4, activity_at = ?5 WHERE id = ?1 AND deleted_at IS NULL",
        )
        .and_then(|mut update| update.execute((id, &name, sort_key(&name), fold(&name), ms(now))))
        .host()?;
    if rows == 0 {
        return Err(not_found("the document"));
    }
    pages::note(tx, id)?;
    Ok(name)
}

/// Sets the type that the Documents page shows.
///
/// # Errors
/// `not-found` if it is deleted or not there.
pub fn set_kind(tx: &SqliteTx, id: &str, kind: &str) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE documents SET kind = ?2 WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut update| update.execute((id, kind)))
        .host()?;
    if rows == 0 { Err(not_found("the document")) } else { Ok(()) }
}

/// Keeps a document for these users and the matter's owner alone, or with `None` opens it to all who read the matter.
///
/// # Errors
/// `not-found` if the document or a user is not there.
pub fn set_readers(tx: &SqliteTx, id: &str, readers: Option<&[String]>) -> Result<(), HostError> {
    let conn = tx.conn();
    let rows = conn
        .prepare_cached("UPDATE documents SET restricted = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute((id, readers.is_some())))
        .host()?;
    if rows == 0 {
        return Err(not_found("the document"));
    }
    conn.prepare_cached("DELETE FROM readers WHERE document = ?1")
        .and_then(|mut delete| delete.execute([id]))
        .host()?;
    conn.prepare_cached(
        "INSERT INTO readers (document, user) SELECT ?1, value FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING",
    )
    .and_then(|mut insert| insert.execute((id, list(readers.unwrap_or_default()))))
    .host()
    .map(drop)
}

/// Puts documents of this matter into the bin. Answers those that were not there already.
///
/// # Errors
/// Only if the database fails.
pub fn delete(tx: &SqliteTx, matter: &str, ids: &[String], now: Timestamp) -> Result<Vec<String>, HostError> {
    let mut update = tx
        .conn()
        .prepare_cached("UPDATE documents SET deleted_at = ?3 WHERE id = ?1 AND matter = ?2 AND deleted_at IS NULL")
        .host()?;
    let mut gone = Vec::new();
    for id in ids {
        if update.execute((id, matter, ms(now))).host()? > 0 {
            tx.takes(Taken::Document { matter: matter.to_owned(), document: id.clone() });
            gone.push(id.clone());
        }
    }
    Ok(gone)
}

/// Takes documents of this matter out of the bin. Answers those that were in it.
///
/// # Errors
/// Only if the database fails.
pub fn restore(tx: &SqliteTx, matter: &str, ids: &[String]) -> Result<Vec<String>, HostError> {
    let mut update = tx
        .conn()
        .prepare_cached(
            "UPDATE documents SET deleted_at = NULL WHERE id = ?1 AND matter = ?2 AND deleted_at IS NOT NULL",
        )
        .host()?;
    let mut back = Vec::new();
    for id in ids {
        if update.execute((id, matter)).host()? > 0 {
            pages::note(tx, id)?;
            back.push(id.clone());
        }
    }
    Ok(back)
}

/// Removes documents in the bin of this matter for good, with their versions and shares; their bytes become loose and
/// are swept. Answers those that were in the bin.
///
/// # Errors
/// Only if the database fails.
pub fn purge(tx: &SqliteTx, matter: &str, ids: &[String], now: Timestamp) -> Result<Vec<String>, HostError> {
    let mut loosen = tx
        .conn()
        .prepare_cached(
            "INSERT INTO loose_blobs (blob, since)
             SELECT DISTINCT v.blob, CAST(?3 AS BIGINT) FROM documents d JOIN versions v ON v.document = d.id
             WHERE d.id = ?1 AND d.matter = ?2 AND d.deleted_at IS NOT NULL ON CONFLICT DO NOTHING",
        )
        .host()?;
    let mut remove = tx
        .conn()
        .prepare_cached("DELETE FROM documents WHERE id = ?1 AND matter = ?2 AND deleted_at IS NOT NULL")
        .host()?;
    let mut gone = Vec::new();
    for id in ids {
        loosen.execute((id, matter, ms(now))).host()?;
        if remove.execute((id, matter)).host()? > 0 {
            gone.push(id.clone());
        }
    }
    Ok(gone)
}

/// Moves a document that is there to another matter of the firm. Its shares stay behind and show nothing.
///
/// # Errors
/// `not-found` if the document is not in `from`, or `to` is not a matter of the same firm.
pub fn move_to(tx: &SqliteTx, from: &str, to: &str, id: &str, now: Timestamp) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE documents SET matter = ?2, activity_at = ?4 WHERE id = ?3 AND matter = ?1 AND deleted_at IS NULL
               AND EXISTS (SELECT 1 FROM matters a JOIN matters b ON b.firm = a.firm
                           WHERE a.id = ?1 AND b.id = ?2 AND b.deleted_at IS NULL)",
        )
        .and_then(|mut update| update.execute((from, to, id, ms(now))))
        .host()?;
    if rows == 0 { Err(not_found("the document")) } else { pages::note(tx, id) }
}

/// The matter in which a document is, deleted or not.
///
/// # Errors
/// Only if the database fails.
pub fn matter_of(tx: &SqliteTx, id: &str) -> Result<Option<String>, HostError> {
    tx.conn()
        .prepare_cached("SELECT matter FROM documents WHERE id = ?1")
        .and_then(|mut found| found.query_row([id], |row| row.get(0)).optional())
        .host()
}

/// A document as this user may see it: none if it is deleted, in no matter of theirs, or kept from them.
///
/// # Errors
/// Only if the database fails.
pub fn get_for_user(tx: &mut SqliteTx, user: &str, id: &str) -> Result<Option<Document>, HostError> {
    let viewer = Viewer::User(user.to_owned());
    let Some(matter) = matter_of(tx, id)? else { return Ok(None) };
    if tx.matter(&viewer, &matter)?.is_none() {
        return Ok(None);
    }
    Ok(tx.documents(&viewer, &matter, &[id.to_owned()])?.pop().flatten())
}

/// A document in the bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Bytes of its last version.
    pub size: u64,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

/// The bin of a matter as this user may see it, last deleted first: up to `limit` rows after the one given.
///
/// # Errors
/// Only if the database fails.
pub fn list_bin(
    tx: &SqliteTx,
    user: &str,
    matter: &str,
    after: Option<(Timestamp, &str)>,
    limit: u32,
) -> Result<Vec<Deleted>, HostError> {
    let (time, id) = after.map_or((i64::MAX, ""), |(time, id)| (ms(time), id));
    tx.conn()
        .prepare_cached(
            "SELECT d.id, d.name, d.size, d.deleted_at FROM documents d
             WHERE d.matter = ?1 AND d.deleted_at IS NOT NULL AND (d.deleted_at, d.id) < (?3, ?4)
               AND EXISTS (SELECT 1 FROM members WHERE matter = ?1 AND user = ?2)
               AND (d.restricted = 0 OR EXISTS (SELECT 1 FROM readers WHERE document = d.id AND user = ?2)
                    OR EXISTS (SELECT 1 FROM matters WHERE id = ?1 AND owner = ?2))
             ORDER BY d.deleted_at DESC, d.id DESC LIMIT ?5",
        )
        .and_then(|mut found| {
            found
                .query_map((matter, user, time, id, limit), |row| {
                    Ok(Deleted {
                        id: row.get(0)?,
                        name: row.get(1)?,
                        size: at(row.get(2)?),
                        deleted_at: at(row.get(3)?),
                    })
                })?
                .collect()
        })
        .host()
}
