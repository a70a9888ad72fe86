//! Where a document's bytes are, and whether a contact has taken them before; and the rows of what arrived.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{OptionalExtension as _, Row},
    quarantine::{Held, column, held},
    sql::{Host as _, at, ms},
};

/// The content of a document's current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Names the bytes in the store of documents, if they may be given out at all.
    pub blob: Result<String, Held>,
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
    /// Whether it says that they were shown this version, or took it.
    pub seen: bool,
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
        .prepare_cached(concat!(
            "SELECT d.blob, d.name, d.media_type, d.size, d.sha256, d.version, d.activity_at,
                    CASE WHEN s.seen_downloaded = 1 AND s.seen_version >= d.version THEN 1 ELSE 0 END,
                    CASE WHEN s.seen_version >= d.version THEN 1 ELSE 0 END, ",
            column!("d."),
            "
             FROM documents d
             LEFT JOIN shares s ON s.matter = d.matter AND s.document = d.id AND s.contact = ?3
             WHERE d.id = ?2 AND d.matter = ?1 AND d.deleted_at IS NULL"
        ))
        .and_then(|mut statement| {
            statement
                .query_row((matter, document, contact), |row| {
                    Ok(Content {
                        blob: held(row, 0, 9)?,
                        name: row.get(1)?,
                        media_type: row.get(2)?,
                        size: at(row.get(3)?),
                        sha256: row.get(4)?,
                        version: row.get(5)?,
                        activity_at: at(row.get(6)?),
                        taken: row.get(7)?,
                        seen: row.get(8)?,
                    })
                })
                .optional()
        })
        .host()
}

/// The document that has these bytes now, and its content, if there is one. Says nothing of any right to it.
///
/// # Errors
/// As every read of the store.
pub fn of_blob(tx: &SqliteTx, blob: &str) -> Result<Option<(String, Content)>, HostError> {
    let place: Option<(String, String)> = tx
        .conn()
        .prepare_cached("SELECT matter, id FROM documents WHERE blob = ?1 AND deleted_at IS NULL")
        .and_then(|mut find| find.query_row([blob], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .host()?;
    let Some((matter, document)) = place else { return Ok(None) };
    Ok(current(tx, &matter, &document, None)?.map(|content| (document, content)))
}

/// A document as it came from a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub document: String,
    /// As it is called now.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Bytes, as it came.
    pub size: u64,
    /// Of the content as it came, in hex.
    pub sha256: String,
    /// What they sent before with the same content, and still see: its name, and when.
    pub before: Option<(String, Timestamp)>,
}

/// What a contact sent to this matter in one go, at this moment, and still sees; by name. Says nothing of any right to
/// it.
///
/// # Errors
/// As every read of the store.
pub fn sent_at(tx: &SqliteTx, matter: &str, contact: &str, moment: Timestamp) -> Result<Vec<Sent>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT d.id, d.name, v.media_type, v.size, v.sha256,
                    (SELECT json_array(b.name, b.created_at) FROM documents b
                     JOIN shares t ON t.matter = b.matter AND t.document = b.id AND t.contact = ?2 AND t.visible = 1
                     WHERE b.matter = ?1 AND b.sha256 = v.sha256 AND b.uploader = ?2 AND b.deleted_at IS NULL
                       AND b.created_at < ?3 ORDER BY b.created_at DESC LIMIT 1)
             FROM shares s
             JOIN documents d ON d.id = s.document AND d.uploader = ?2 AND d.deleted_at IS NULL
             JOIN versions v ON v.document = d.id AND v.version = 1
             WHERE s.matter = ?1 AND s.contact = ?2 AND s.visible = 1 AND s.created_at = ?3
             ORDER BY d.name_key, d.id",
        )
        .and_then(|mut statement| {
            let row = |row: &Row<'_>| {
                let before: Option<String> = row.get(5)?;
                Ok(Sent {
                    document: row.get(0)?,
                    name: row.get(1)?,
                    media_type: row.get(2)?,
                    size: at(row.get(3)?),
                    sha256: row.get(4)?,
                    before: before.and_then(|json| serde_json::from_str(&json).ok()),
                })
            };
            statement.query_map((matter, contact, ms(moment)), row)?.collect()
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
