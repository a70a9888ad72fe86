//! Identities at a firm's identity provider, and the users that they are linked to.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{OptionalExtension, Result, params},
    sql,
};

/// The user that an identity is linked to.
///
/// # Errors
/// As the database fails.
pub fn user(tx: &SqliteTx, issuer: &str, subject: &str) -> Result<Option<String>> {
    tx.conn()
        .prepare_cached("SELECT user FROM identities WHERE issuer = ?1 AND subject = ?2")?
        .query_row([issuer, subject], |row| row.get(0))
        .optional()
}

/// Links an identity to a user. Answers false, and does nothing, where the user is linked to another one of the issuer.
///
/// # Errors
/// As the database fails.
pub fn link(tx: &SqliteTx, issuer: &str, subject: &str, user: &str, now: Timestamp) -> Result<bool> {
    let rows = tx
        .conn()
        .prepare_cached(
            "INSERT INTO identities (issuer, subject, user, linked_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![issuer, subject, user, sql::ms(now)])?;
    Ok(rows == 1)
}

/// Uses up an answer. Of any number of tries at once one is told that it is the first.
///
/// # Errors
/// As the database fails.
pub fn first_use(tx: &SqliteTx, state: &[u8; 32], now: Timestamp) -> Result<bool> {
    let rows = tx
        .conn()
        .prepare_cached("INSERT INTO used_answers (state, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![state, sql::ms(now)])?;
    Ok(rows == 1)
}

/// Deletes the answers that were used before this: by now they would be refused for their age.
///
/// # Errors
/// As the database fails.
pub fn sweep(tx: &SqliteTx, before: Timestamp) -> Result<usize> {
    tx.conn().prepare_cached("DELETE FROM used_answers WHERE at <= ?1")?.execute([sql::ms(before)])
}
