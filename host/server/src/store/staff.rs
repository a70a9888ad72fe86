//! What the staff's pages ask of several areas at once.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx,
    sql::{Host as _, list, ms},
};

/// Up to `limit` documents after this id that have ever been shared in the matter, by id.
///
/// # Errors
/// Only if the database fails.
pub fn shared_in(tx: &SqliteTx, matter: &str, after: &str, limit: u32) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT DISTINCT document FROM shares WHERE matter = ?1 AND document > ?2 ORDER BY document LIMIT ?3",
        )
        .and_then(|mut found| found.query_map((matter, after, limit), |row| row.get(0))?.collect())
        .host()
}

/// Who alone may see a document, beside its matter's owner; none: everybody who may see the matter.
///
/// # Errors
/// Only if the database fails.
pub fn readers(tx: &SqliteTx, document: &str) -> Result<Option<Vec<String>>, HostError> {
    let conn = tx.conn();
    let restricted = conn
        .prepare_cached("SELECT count(*) FROM documents WHERE id = ?1 AND restricted = 1")
        .and_then(|mut found| found.query_row([document], |row| row.get::<_, u32>(0)))
        .host()?;
    if restricted == 0 {
        return Ok(None);
    }
    conn.prepare_cached("SELECT user FROM readers WHERE document = ?1 ORDER BY user")
        .and_then(|mut found| found.query_map([document], |row| row.get(0))?.collect())
        .host()
        .map(Some)
}

/// Which of these documents are kept from this user, in whatever matter they are, deleted or not.
///
/// # Errors
/// Only if the database fails.
pub fn kept_from(tx: &SqliteTx, user: &str, documents: &[String]) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT d.id FROM json_each(?2) j JOIN documents d ON d.id = j.value
             WHERE d.restricted = 1
               AND NOT EXISTS (SELECT 1 FROM readers r WHERE r.document = d.id AND r.user = ?1)
               AND NOT EXISTS (SELECT 1 FROM matters m WHERE m.id = d.matter AND m.owner = ?1)
             ORDER BY d.id",
        )
        .and_then(|mut found| found.query_map((user, list(documents)), |row| row.get(0))?.collect())
        .host()
}

/// Who sees each of these documents in the portal now: pairs of a document and a contact's name, by name.
///
/// # Errors
/// Only if the database fails.
pub fn seen_by(
    tx: &SqliteTx,
    matter: &str,
    documents: &[String],
    now: Timestamp,
) -> Result<Vec<(String, String)>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT s.document, c.name FROM json_each(?2) j CROSS JOIN shares s ON s.matter = ?1 AND s.document = j.value
             JOIN grants g ON g.matter = s.matter AND g.contact = s.contact AND g.portal = 1 AND (g.until IS NULL OR g.until > ?3)
             JOIN contacts c ON c.id = s.contact AND c.email_key IS NOT NULL
             WHERE s.visible = 1 ORDER BY c.name_key, c.id",
        )
        .and_then(|mut found| {
            found.query_map((matter, list(documents), ms(now)), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .host()
}

/// How many documents of the matter are offered to be shared again with somebody who has access; counted up to 1,000.
///
/// # Errors
/// Only if the database fails.
pub fn offered(tx: &SqliteTx, matter: &str, now: Timestamp) -> Result<u32, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT count(*) FROM (
                 SELECT DISTINCT s.document FROM shares s
                 JOIN grants g ON g.matter = s.matter AND g.contact = s.contact AND g.portal = 1 AND (g.until IS NULL OR g.until > ?2)
                 WHERE s.matter = ?1 AND s.offered = 1 LIMIT 1000) offered",
        )
        .and_then(|mut count| count.query_row((matter, ms(now)), |row| row.get(0)))
        .host()
}
