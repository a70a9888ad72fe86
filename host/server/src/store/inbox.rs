//! What the app shows a user: notices that came, and what the host itself has to say.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{Result, params},
    sql,
};

/// How the message begins that tells staff of a letter which could not be delivered.
pub const UNDELIVERED: &str = "A mail to ";

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in the list, newer ones higher; the cursor of the list.
    pub n: i64,
    /// Its id.
    pub id: String,
    /// The matter that it is about, if it is about one.
    pub matter: Option<String>,
    /// Plain text.
    pub text: String,
    /// When it came, ms.
    pub created_at: Timestamp,
    /// When it was marked as read, ms.
    pub read_at: Option<Timestamp>,
}

/// Puts a message into a user's inbox.
///
/// # Errors
/// As the database fails.
pub fn put(tx: &SqliteTx, firm: &str, user: &str, matter: Option<&str>, text: &str, now: Timestamp) -> Result<()> {
    tx.conn()
        .prepare_cached("INSERT INTO inbox (id, user, firm, matter, text, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![super::new_id(), user, firm, matter, text, sql::ms(now)])?;
    Ok(())
}

/// A user's messages, newest first, those before `before` if it is given.
///
/// # Errors
/// As the database fails.
pub fn list(tx: &SqliteTx, user: &str, before: Option<i64>, most: u32) -> Result<Vec<Message>> {
    tx.conn()
        .prepare_cached(
            "SELECT n, id, matter, text, created_at, read_at FROM inbox WHERE user = ?1 AND n < ?2 ORDER BY n DESC LIMIT ?3",
        )?
        .query_map(params![user, before.unwrap_or(i64::MAX), most], |row| {
            Ok(Message {
                n: row.get(0)?,
                id: row.get(1)?,
                matter: row.get(2)?,
                text: row.get(3)?,
                created_at: sql::at(row.get(4)?),
                read_at: row.get::<_, Option<i64>>(5)?.map(sql::at),
            })
        })?
        .collect()
}

/// How many a user has not read.
///
/// # Errors
/// As the database fails.
pub fn unread(tx: &SqliteTx, user: &str) -> Result<u32> {
    tx.conn()
        .prepare_cached("SELECT count(*) FROM inbox WHERE user = ?1 AND read_at IS NULL")?
        .query_row([user], |row| row.get(0))
}

/// Marks a user's message as read. Answers whether there is such a message of theirs.
///
/// # Errors
/// As the database fails.
pub fn read(tx: &SqliteTx, user: &str, id: &str, now: Timestamp) -> Result<bool> {
    let changed = tx
        .conn()
        .prepare_cached("UPDATE inbox SET read_at = coalesce(read_at, ?3) WHERE user = ?1 AND id = ?2")?
        .execute(params![user, id, sql::ms(now)])?;
    Ok(changed == 1)
}

/// Marks all of a user's messages as read.
///
/// # Errors
/// As the database fails.
pub fn read_all(tx: &SqliteTx, user: &str, now: Timestamp) -> Result<()> {
    tx.conn()
        .prepare_cached("UPDATE inbox SET read_at = ?2 WHERE user = ?1 AND read_at IS NULL")?
        .execute(params![user, sql::ms(now)])?;
    Ok(())
}
