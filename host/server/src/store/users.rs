//! Users: the firm's members of staff.

use client_connect_runtime::types::{HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{self, OptionalExtension, Row, params},
    names::email_key,
    sql::{Host, at, ms, not_found},
};

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// From [`super::new_id`].
    pub id: String,
    /// The firm that they work for.
    pub firm: String,
    /// As colleagues read it.
    pub name: String,
    /// The address that they sign in with, and where mails go to.
    pub email: String,
    /// False: has left. Cannot sign in, and is told nothing.
    pub active: bool,
    /// May change the firm's settings and read its audit; no right to read matters.
    pub admin: bool,
    /// BCP 47.
    pub locale: String,
    /// When they were added.
    pub created_at: Timestamp,
}

fn user(row: &Row<'_>) -> driver::Result<User> {
    Ok(User {
        id: row.get(0)?,
        firm: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        active: row.get(4)?,
        admin: row.get(5)?,
        locale: row.get(6)?,
        created_at: at(row.get(7)?),
    })
}

fn key_of(email: &str) -> Result<String, HostError> {
    email_key(email).ok_or_else(|| HostError::Invalid("not a mail address".into()))
}

/// Adds a user; `password` is an Argon2id PHC string, and without one they cannot sign in.
///
/// # Errors
/// `invalid` if the address is none, `conflict` if another user of any firm has it.
pub fn create(tx: &SqliteTx, user: &User, password: Option<&str>) -> Result<(), HostError> {
    let key = key_of(&user.email)?;
    tx.conn()
        .prepare_cached(
            "INSERT INTO users (id, firm, name, email, email_key, password, active, admin, locale, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                user.id,
                user.firm,
                user.name,
                user.email.trim(),
                key,
                password,
                user.active,
                user.admin,
                user.locale,
                ms(user.created_at),
            ])
        })
        .host()
        .map(drop)
}

/// Replaces all that is known of the user with this id, but the firm, the time and the password.
///
/// # Errors
/// `not-found` if there is none, `invalid` or `conflict` for the address as in [`create`].
pub fn update(tx: &SqliteTx, user: &User) -> Result<(), HostError> {
    let key = key_of(&user.email)?;
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE users SET name = ?2, email = ?3, email_key = ?4, active = ?5, admin = ?6, locale = ?7 WHERE id = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![user.id, user.name, user.email.trim(), key, user.active, user.admin, user.locale])
        })
        .host()?;
    if rows == 0 { Err(not_found("the user")) } else { Ok(()) }
}

/// Sets or takes away the password, an Argon2id PHC string.
///
/// # Errors
/// `not-found` if there is no such user.
pub fn set_password(tx: &SqliteTx, id: &str, password: Option<&str>) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute((id, password)))
        .host()?;
    if rows == 0 { Err(not_found("the user")) } else { Ok(()) }
}

/// The user, active or not.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, id: &str) -> Result<Option<User>, HostError> {
    tx.conn()
        .prepare_cached("SELECT id, firm, name, email, active, admin, locale, created_at FROM users WHERE id = ?1")
        .and_then(|mut found| found.query_row([id], user).optional())
        .host()
}

/// The firm's users, active or not, by name and id.
///
/// # Errors
/// Only if the database fails.
pub fn list(tx: &SqliteTx, firm: &str) -> Result<Vec<User>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT id, firm, name, email, active, admin, locale, created_at FROM users WHERE firm = ?1 ORDER BY name, id",
        )
        .and_then(|mut found| found.query_map([firm], user)?.collect())
        .host()
}

/// Firm and id of everybody who is there and may change their firm's settings.
///
/// # Errors
/// Only if the database fails.
pub fn admins(tx: &SqliteTx) -> Result<Vec<(String, String)>, HostError> {
    tx.conn()
        .prepare_cached("SELECT firm, id FROM users WHERE admin = 1 AND active = 1 ORDER BY firm, id")
        .and_then(|mut found| found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .host()
}

/// The user with this address, as [`email_key`] makes it, and their password's PHC string.
///
/// # Errors
/// Only if the database fails.
pub fn by_email_key(tx: &SqliteTx, key: &str) -> Result<Option<(User, Option<String>)>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT id, firm, name, email, active, admin, locale, created_at, password FROM users WHERE email_key = ?1",
        )
        .and_then(|mut found| found.query_row([key], |row| Ok((user(row)?, row.get(8)?))).optional())
        .host()
}
