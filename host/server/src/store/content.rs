//! Where a document's bytes are, and whether a contact has taken them before; and the rows of what arrived.

use client_connect_runtime::types::{HostError, Timestamp};
use rusqlite::OptionalExtension as _;

use super::{
    SqliteTx,
    sql::{Host as _, at},
};

/// The content of a document's current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Names the bytes in the store of documents.
    pub blob: String,
    /// As people read it.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
    /// 1 for the first.
    pub version: u32,
    /// The last change of content or name.
    pub activity_at: Timestamp,
    /// Whether the contact's receipt says that they took this version.
    pub taken: bool,
}

/// The content of a document that is in this matter, as `contact` has it. Says nothing of any right to it.
///
/// # Errors
/// As every read of the store.
pub fn current(
    tx: &SqliteTx,
    matter: &str,
    document: &str,
    contact: Option<&str>,
) -> Result<Option<Content>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT d.blob, d.name, d.media_type, d.size, d.sha256, d.version, d.activity_at,
                    coalesce(s.seen_downloaded = 1 AND s.seen_version >= d.version, 0)
             FROM documents d
             LEFT JOIN shares s ON s.matter = d.matter AND s.document = d.id AND s.contact = ?3
             WHERE d.id = ?2 AND d.matter = ?1 AND d.deleted_at IS NULL",
        )
        .and_then(|mut statement| {
            statement
                .query_row((matter, document, contact), |row| {
                    Ok(Content {
                        blob: row.get(0)?,
                        name: row.get(1)?,
                        media_type: row.get(2)?,
                        size: at(row.get(3)?),
                        sha256: row.get(4)?,
                        version: row.get(5)?,
                        activity_at: at(row.get(6)?),
                        taken: row.get(7)?,
                    })
                })
                .optional()
        })
        .host()
}

/// The firm of a matter that is there.
///
/// # Errors
/// As every read of the store.
pub fn firm_of(tx: &SqliteTx, matter: &str) -> Result<Option<String>, HostError> {
    tx.conn()
        .prepare_cached("SELECT firm FROM matters WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut statement| statement.query_row([matter], |row| row.get(0)).optional())
        .host()
}
