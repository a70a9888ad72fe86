//! Who learns of what a contact has just sent: read from the notices that the same transaction has made.

use client_connect_runtime::types::HostError;

use super::{SqliteTx, sql::Host};

/// The people of a firm who learn of something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// As its customers read it.
    pub firm: String,
    /// The name of the matter's owner, if they are among them. It is no secret from its customers.
    pub owner: Option<String>,
    /// How many others.
    pub others: u32,
}

/// The place in the outbox behind which all notices are new.
///
/// # Errors
/// Only if the database fails.
pub fn mark(tx: &SqliteTx) -> Result<i64, HostError> {
    tx.conn()
        .prepare_cached("SELECT coalesce(max(n), 0) FROM notices")
        .and_then(|mut found| found.query_row([], |row| row.get(0)))
        .host()
}

/// How many notices the call that is made at this moment has put into the outbox: they are the newest there.
///
/// # Errors
/// Only if the database fails.
pub fn by_call(tx: &SqliteTx, call: &str) -> Result<u32, HostError> {
    let mut select = tx.conn().prepare_cached("SELECT call FROM notices ORDER BY n DESC").host()?;
    let mut rows = select.query([]).host()?;
    let mut count = 0;
    while let Some(row) = rows.next().host()? {
        if row.get_ref(0).host()?.as_str() != Ok(call) {
            break;
        }
        count += 1;
    }
    Ok(count)
}

/// The users who are told by notices of this matter that were made since.
///
/// # Errors
/// Only if the database fails.
pub fn since(tx: &SqliteTx, matter: &str, mark: i64) -> Result<Told, HostError> {
    tx.conn()
        .prepare_cached(
            "WITH people AS (SELECT DISTINCT recipient FROM notices WHERE n > ?2 AND matter = ?1 AND recipient_kind = 'user')
             SELECT f.name,
                    (SELECT u.name FROM users u WHERE u.id = m.owner AND u.id IN (SELECT recipient FROM people)),
                    (SELECT count(*) FROM people WHERE recipient IS DISTINCT FROM m.owner)
             FROM matters m JOIN firms f ON f.id = m.firm WHERE m.id = ?1",
        )
        .and_then(|mut found| {
            found.query_row((matter, mark), |row| Ok(Told { firm: row.get(0)?, owner: row.get(1)?, others: row.get(2)? }))
        })
        .host()
}

/// The users who are told by notices that were made since, by id.
///
/// # Errors
/// Only if the database fails.
pub fn users_since(tx: &SqliteTx, matter: &str, mark: i64) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT DISTINCT recipient FROM notices WHERE n > ?2 AND matter = ?1 AND recipient_kind = 'user' ORDER BY recipient",
        )
        .and_then(|mut found| found.query_map((matter, mark), |row| row.get(0))?.collect())
        .host()
}

/// The users who were told of a document, and who is in charge of its matter.
///
/// # Errors
/// Only if the database fails.
pub fn of_document(tx: &SqliteTx, matter: &str, document: &str) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT recipient FROM notices
             WHERE matter = ?1 AND recipient_kind = 'user' AND EXISTS (SELECT 1 FROM json_each(documents) WHERE value = ?2)
             UNION SELECT coalesce((SELECT o.id FROM users o WHERE o.id = m.owner AND o.active = 1), f.fallback_user)
             FROM matters m JOIN firms f ON f.id = m.firm
             WHERE m.id = ?1 AND coalesce((SELECT o.id FROM users o WHERE o.id = m.owner AND o.active = 1), f.fallback_user) IS NOT NULL",
        )
        .and_then(|mut found| found.query_map((matter, document), |row| row.get(0))?.collect())
        .host()
}
