//! Sign-ins by code under way, and browsers in which a customer has signed in before.
//!
//! A row belongs to one browser, by the SHA-256 of its pre-login cookie. What is written when somebody asks is the
//! same whatever the address; only the maker of codes, later and elsewhere, finds out who is behind it.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{OptionalExtension, Result, Row, params},
    sessions::TokenHash,
    sql,
};

/// A code, as a keyed hash.
pub type CodeHash = [u8; 32];

/// A sign-in under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// SHA-256 of the pre-login cookie.
    pub browser: TokenHash,
    /// As it was typed.
    pub email: String,
    /// As sign-ins compare it.
    pub email_key: String,
    /// The network that asked.
    pub network: String,
    /// Wrong tries so far.
    pub tries: u32,
    /// `asked`, `mailed`, `used` or `blocked`; `mailed` also where there was nobody to mail to.
    pub state: String,
    /// When it was asked for, ms.
    pub asked_at: Timestamp,
    /// When its code dies, ms.
    pub expires_at: Timestamp,
}

/// Writes down that a browser asks for a code. What this browser asked for before is dead.
///
/// # Errors
/// As the database fails.
pub fn ask(tx: &SqliteTx, old: Option<&TokenHash>, sign_in: &SignIn) -> Result<()> {
    if let Some(old) = old {
        tx.conn().prepare_cached("DELETE FROM sign_ins WHERE browser = ?1")?.execute([old])?;
    }
    tx.conn()
        .prepare_cached(
            "INSERT INTO sign_ins (browser, email, email_key, network, state, asked_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, 'asked', ?5, ?6)",
        )?
        .execute(params![
            sign_in.browser,
            sign_in.email,
            sign_in.email_key,
            sign_in.network,
            sql::ms(sign_in.asked_at),
            sql::ms(sign_in.expires_at)
        ])?;
    Ok(())
}

/// This browser's sign-in, in whatever state.
///
/// # Errors
/// As the database fails.
pub fn get(tx: &SqliteTx, browser: &TokenHash) -> Result<Option<SignIn>> {
    tx.conn()
        .prepare_cached("SELECT browser, email, email_key, network, tries, state, asked_at, expires_at FROM sign_ins WHERE browser = ?1")?
        .query_row([browser], sign_in)
        .optional()
}

/// Those for whom no code has been made yet, oldest first.
///
/// # Errors
/// As the database fails.
pub fn asked(tx: &SqliteTx, most: u32) -> Result<Vec<SignIn>> {
    tx.conn()
        .prepare_cached(
            "SELECT browser, email, email_key, network, tries, state, asked_at, expires_at
             FROM sign_ins WHERE state = 'asked' ORDER BY asked_at LIMIT ?1",
        )?
        .query_map([most], sign_in)?
        .collect()
}

/// The code is made, or there is nobody to make one for. Answers whether the browser still waits for it.
///
/// # Errors
/// As the database fails.
pub fn made(tx: &SqliteTx, browser: &TokenHash, code: Option<&CodeHash>, expires_at: Timestamp) -> Result<bool> {
    let changed = tx
        .conn()
        .prepare_cached(
            "UPDATE sign_ins SET state = 'mailed', code = ?2, expires_at = ?3 WHERE browser = ?1 AND state = 'asked'",
        )?
        .execute(params![browser, code, sql::ms(expires_at)])?;
    Ok(changed == 1)
}

/// Whether the browser's code could still be used: nothing else is worth mailing.
///
/// # Errors
/// As the database fails.
pub fn waits(tx: &SqliteTx, browser: &TokenHash, now: Timestamp) -> Result<Option<SignIn>> {
    tx.conn()
        .prepare_cached(
            "SELECT browser, email, email_key, network, tries, state, asked_at, expires_at
             FROM sign_ins WHERE browser = ?1 AND state = 'mailed' AND code IS NOT NULL AND expires_at > ?2",
        )?
        .query_row(params![browser, sql::ms(now)], sign_in)
        .optional()
}

/// Whether this is the browser's code. Changes nothing.
///
/// # Errors
/// As the database fails.
pub fn matches(tx: &SqliteTx, browser: &TokenHash, code: &CodeHash, now: Timestamp) -> Result<bool> {
    tx.conn()
        .prepare_cached(
            "SELECT 1 FROM sign_ins WHERE browser = ?1 AND state = 'mailed' AND code = ?2 AND expires_at > ?3",
        )?
        .exists(params![browser, code, sql::ms(now)])
}

/// Uses the code up, if it is this one, in one statement: of any number of tries at once one succeeds. Answers the
/// address that it signs in.
///
/// # Errors
/// As the database fails.
pub fn redeem(
    tx: &SqliteTx,
    browser: &TokenHash,
    code: &CodeHash,
    tries: u32,
    now: Timestamp,
) -> Result<Option<String>> {
    tx.conn()
        .prepare_cached(
            "UPDATE sign_ins SET state = 'used', code = NULL
             WHERE browser = ?1 AND state = 'mailed' AND code = ?2 AND tries < ?3 AND expires_at > ?4
             RETURNING email_key",
        )?
        .query_row(params![browser, code, tries, sql::ms(now)], |row| row.get(0))
        .optional()
}

/// Counts a wrong try; the last of `most` kills the code. Answers whether it did.
///
/// # Errors
/// As the database fails.
pub fn wrong(tx: &SqliteTx, browser: &TokenHash, most: u32) -> Result<bool> {
    let tries: Option<u32> = tx
        .conn()
        .prepare_cached("UPDATE sign_ins SET tries = tries + 1 WHERE browser = ?1 RETURNING tries")?
        .query_row([browser], |row| row.get(0))
        .optional()?;
    let blocked = tries.is_some_and(|tries| tries >= most);
    if blocked {
        tx.conn()
            .prepare_cached(
                "UPDATE sign_ins SET state = 'blocked', code = NULL WHERE browser = ?1 AND state <> 'used'",
            )?
            .execute([browser])?;
    }
    Ok(blocked)
}

/// Whether a customer with this address has signed in in this browser before.
///
/// # Errors
/// As the database fails.
pub fn is_known(tx: &SqliteTx, token: &TokenHash, email_key: &str) -> Result<bool> {
    tx.conn()
        .prepare_cached("SELECT 1 FROM known_browsers WHERE token = ?1 AND email_key = ?2")?
        .exists(params![token, email_key])
}

/// Remembers the browser.
///
/// # Errors
/// As the database fails.
pub fn know(tx: &SqliteTx, token: &TokenHash, email_key: &str, now: Timestamp) -> Result<()> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO known_browsers (token, email_key, seen_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (token) DO UPDATE SET email_key = excluded.email_key, seen_at = excluded.seen_at",
        )?
        .execute(params![token, email_key, sql::ms(now)])?;
    Ok(())
}

/// A contact who may be meant by an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The firm's id.
    pub firm: String,
    /// The contact's id.
    pub id: String,
    /// As stored: codes are mailed to this, not to what was typed.
    pub email: String,
    /// BCP 47.
    pub locale: String,
}

/// Contacts of firms that are switched on with this address, each the only one of its firm that has it, by firm.
///
/// # Errors
/// As the database fails.
pub fn contacts(tx: &SqliteTx, email_key: &str) -> Result<Vec<Candidate>> {
    tx.conn()
        .prepare_cached(
            "SELECT c.firm, min(c.id), min(c.email), min(c.locale) FROM contacts c JOIN firms f ON f.id = c.firm AND f.enabled = 1
             WHERE c.email_key = ?1 AND c.deleted_at IS NULL GROUP BY c.firm HAVING count(*) = 1 ORDER BY c.firm",
        )?
        .query_map([email_key], |row| {
            Ok(Candidate { firm: row.get(0)?, id: row.get(1)?, email: row.get(2)?, locale: row.get(3)? })
        })?
        .collect()
}

/// A user who may be meant by an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCandidate {
    /// The user's id.
    pub id: String,
    /// The firm's id.
    pub firm: String,
    /// An Argon2id PHC string; none: cannot sign in.
    pub password: Option<String>,
    /// Whether they are still there.
    pub active: bool,
}

/// The user with this address.
///
/// # Errors
/// As the database fails.
pub fn user(tx: &SqliteTx, email_key: &str) -> Result<Option<UserCandidate>> {
    tx.conn()
        .prepare_cached("SELECT id, firm, password, active FROM users WHERE email_key = ?1")?
        .query_row([email_key], |row| {
            Ok(UserCandidate { id: row.get(0)?, firm: row.get(1)?, password: row.get(2)?, active: row.get(3)? })
        })
        .optional()
}

/// Deletes sign-ins that ended before, and browsers not seen since.
///
/// # Errors
/// As the database fails.
pub fn sweep(tx: &SqliteTx, ended_before: Timestamp, unseen_since: Timestamp) -> Result<usize> {
    let ended =
        tx.conn().prepare_cached("DELETE FROM sign_ins WHERE expires_at <= ?1")?.execute([sql::ms(ended_before)])?;
    let unseen =
        tx.conn().prepare_cached("DELETE FROM known_browsers WHERE seen_at <= ?1")?.execute([sql::ms(unseen_since)])?;
    Ok(ended + unseen)
}

fn sign_in(row: &Row<'_>) -> Result<SignIn> {
    Ok(SignIn {
        browser: row.get(0)?,
        email: row.get(1)?,
        email_key: row.get(2)?,
        network: row.get(3)?,
        tries: row.get(4)?,
        state: row.get(5)?,
        asked_at: sql::at(row.get(6)?),
        expires_at: sql::at(row.get(7)?),
    })
}
