//! The demo's mailbox: mails that would have gone over SMTP.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{OptionalExtension, Result, Row, params},
    sql,
};

/// A mail in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its number; newer ones are higher.
    pub n: i64,
    /// When it came, ms.
    pub at: Timestamp,
    /// The address that it went to.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// The whole of it, as it would go over SMTP.
    pub message: String,
}

/// How many mails are kept.
const MOST: i64 = 500;

/// Puts a mail in.
///
/// # Errors
/// As the database fails.
pub fn put(tx: &SqliteTx, at: Timestamp, recipient: &str, subject: &str, text: &str, message: &str) -> Result<()> {
    tx.conn()
        .prepare_cached("INSERT INTO mailbox (at, recipient, subject, text, message) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![sql::ms(at), recipient, subject, text, message])?;
    tx.conn().prepare_cached("DELETE FROM mailbox WHERE n <= (SELECT max(n) FROM mailbox) - ?1")?.execute([MOST])?;
    Ok(())
}

/// The newest mails first.
///
/// # Errors
/// As the database fails.
pub fn list(tx: &SqliteTx, most: u32) -> Result<Vec<Mail>> {
    tx.conn()
        .prepare_cached("SELECT n, at, recipient, subject, text, message FROM mailbox ORDER BY n DESC LIMIT ?1")?
        .query_map([most], mail)?
        .collect()
}

/// One mail.
///
/// # Errors
/// As the database fails.
pub fn get(tx: &SqliteTx, n: i64) -> Result<Option<Mail>> {
    tx.conn()
        .prepare_cached("SELECT n, at, recipient, subject, text, message FROM mailbox WHERE n = ?1")?
        .query_row(params![n], mail)
        .optional()
}

fn mail(row: &Row<'_>) -> Result<Mail> {
    Ok(Mail {
        n: row.get(0)?,
        at: sql::at(row.get(1)?),
        recipient: row.get(2)?,
        subject: row.get(3)?,
        text: row.get(4)?,
        message: row.get(5)?,
    })
}
