//! A document's versions: each content that it has had, with the name of its bytes.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{self, OptionalExtension, Row},
    quarantine::{Held, column, held},
    sql::{Host, at},
};

/// One content of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub version: u32,
    /// Names the bytes in the store of documents, if they may be given out at all.
    pub blob: Result<String, Held>,
    /// Bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
    /// As it was found out, not as it was claimed.
    pub media_type: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// A user, or none for the contact who uploaded it.
    pub created_by: Option<String>,
}

fn version(row: &Row<'_>) -> driver::Result<Version> {
    Ok(Version {
        version: row.get(0)?,
        blob: held(row, 1, 7)?,
        size: at(row.get(2)?),
        sha256: row.get(3)?,
        media_type: row.get(4)?,
        created_at: at(row.get(5)?),
        created_by: row.get(6)?,
    })
}

/// One version of a document, deleted or not: whoever asks has found out before that it may be seen.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, document: &str, number: u32) -> Result<Option<Version>, HostError> {
    tx.conn()
        .prepare_cached(concat!(
            "SELECT version, blob, size, sha256, media_type, created_at, created_by, ",
            column!("versions."),
            " FROM versions WHERE document = ?1 AND version = ?2"
        ))
        .and_then(|mut found| found.query_row((document, number), version).optional())
        .host()
}

/// All versions of a document, the newest first.
///
/// # Errors
/// Only if the database fails.
pub fn list(tx: &SqliteTx, document: &str) -> Result<Vec<Version>, HostError> {
    tx.conn()
        .prepare_cached(concat!(
            "SELECT version, blob, size, sha256, media_type, created_at, created_by, ",
            column!("versions."),
            " FROM versions WHERE document = ?1 ORDER BY version DESC"
        ))
        .and_then(|mut found| found.query_map([document], version)?.collect())
        .host()
}
