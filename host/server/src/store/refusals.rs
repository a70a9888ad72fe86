//! Letters to the senders of documents in which malware was found after they had come.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{OptionalExtension as _, Result, params},
    new_id, outbox, sql,
};

/// Puts a letter to the sender of a document into the outbox, due at once: malware was found in it.
///
/// # Errors
/// As the database fails.
pub fn put(tx: &SqliteTx, firm: &str, document: &str, now: Timestamp) -> Result<()> {
    outbox::insert(tx, &new_id(), firm, "sender", document, "email", "refusal", now)
}

/// A document that was refused, and who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The contact.
    pub contact: String,
    /// As it is called; none where the matter's letters name no documents.
    pub name: Option<String>,
}

/// What a letter about a refused document has to say; none where its sender's portal is closed by now, or it is gone.
///
/// # Errors
/// As the database fails.
pub fn of_document(tx: &SqliteTx, document: &str, now: Timestamp) -> Result<Option<Refused>> {
    tx.conn()
        .prepare_cached(
            "SELECT g.contact, CASE WHEN m.discreet = 0 THEN d.name END FROM documents d JOIN matters m ON m.id = d.matter
             JOIN grants g ON g.matter = d.matter AND g.contact = d.uploader
             WHERE d.id = ?1 AND d.deleted_at IS NULL AND m.deleted_at IS NULL
               AND g.portal = 1 AND (g.until IS NULL OR g.until > ?2)",
        )?
        .query_row(params![document, sql::ms(now)], |row| Ok(Refused { contact: row.get(0)?, name: row.get(1)? }))
        .optional()
}
