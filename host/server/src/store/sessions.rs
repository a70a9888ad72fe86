//! Sessions of staff and of customers: who is signed in, in which browser, until when.
//!
//! A row is found by the SHA-256 of what the cookie holds, so the records give nobody a session. Whether a row still
//! stands is decided anew by every request, in one statement: the user is active, the contact is there, and their
//! address is still the one that was signed in with, and theirs alone in the firm.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{Result, params},
    sql,
};

/// SHA-256 of a cookie's token.
pub type TokenHash = [u8; 32];

/// How far a member of staff has come in signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Signed in.
    Whole,
    /// Their password was right, and a code is due: the session gives that code or ends.
    CodeDue,
    /// Their firm asks for a second factor, and they have none: the session sets one up or ends.
    FactorDue,
}

/// A member of staff, as their session finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRow {
    /// The user's id.
    pub user: String,
    /// The firm's id.
    pub firm: String,
    /// May change the firm's settings and read its audit.
    pub admin: bool,
    /// BCP 47.
    pub locale: String,
    /// As colleagues read it.
    pub name: String,
    /// As stored.
    pub email: String,
    /// How far they have come.
    pub stage: Stage,
    /// When the session was last written down as used, ms.
    pub seen_at: Timestamp,
    /// When it ends in any case, ms.
    pub ends_at: Timestamp,
}

/// A customer, as their session finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalRow {
    /// The address that was signed in with, as sign-ins compare it.
    pub email_key: String,
    /// Firm and contact of each whom the session still speaks for, by firm. Never empty.
    pub contacts: Vec<(String, String)>,
    /// BCP 47, of the first contact.
    pub locale: String,
    /// When the session was last written down as used, ms.
    pub seen_at: Timestamp,
    /// When it ends in any case, ms.
    pub ends_at: Timestamp,
}

/// Starts a user's session.
///
/// # Errors
/// As the database fails.
pub fn start_staff(tx: &SqliteTx, token: &TokenHash, user: &str, now: Timestamp, ends_at: Timestamp) -> Result<()> {
    tx.conn()
        .prepare_cached("INSERT INTO sessions (token, kind, user, created_at, seen_at, ends_at) VALUES (?1, 'staff', ?2, ?3, ?3, ?4)")?
        .execute(params![token, user, sql::ms(now), sql::ms(ends_at)])?;
    Ok(())
}

/// Starts the half of a user's session: their password was right, and a code is due.
///
/// # Errors
/// As the database fails.
pub fn start_half(tx: &SqliteTx, token: &TokenHash, user: &str, now: Timestamp, ends_at: Timestamp) -> Result<()> {
    tx.conn()
        .prepare_cached("INSERT INTO sessions (token, kind, user, created_at, seen_at, ends_at) VALUES (?1, 'half', ?2, ?3, ?3, ?4)")?
        .execute(params![token, user, sql::ms(now), sql::ms(ends_at)])?;
    Ok(())
}

/// Starts a customer's session, which speaks for these contacts.
///
/// # Errors
/// As the database fails.
pub fn start_portal(
    tx: &SqliteTx,
    token: &TokenHash,
    email_key: &str,
    contacts: &[String],
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<()> {
    tx.conn()
        .prepare_cached("INSERT INTO sessions (token, kind, email_key, created_at, seen_at, ends_at) VALUES (?1, 'portal', ?2, ?3, ?3, ?4)")?
        .execute(params![token, email_key, sql::ms(now), sql::ms(ends_at)])?;
    let mut bind = tx.conn().prepare_cached("INSERT INTO session_contacts (token, contact) VALUES (?1, ?2)")?;
    for contact in contacts {
        bind.execute(params![token, contact])?;
    }
    Ok(())
}

/// The active user who is signed in with this session, whether or not its time is over.
///
/// # Errors
/// As the database fails.
pub fn staff(tx: &SqliteTx, token: &TokenHash) -> Result<Option<StaffRow>> {
    Ok(standing(tx, token)?.filter(|row| row.stage == Stage::Whole))
}

/// The active user whose session this is, however far they have come, and whether or not its time is over. A firm that
/// begins to ask for a second factor makes halves of the sessions of all who have none, at once.
///
/// # Errors
/// As the database fails.
pub fn standing(tx: &SqliteTx, token: &TokenHash) -> Result<Option<StaffRow>> {
    let mut query = tx.conn().prepare_cached(
        "SELECT u.id, u.firm, u.admin, u.locale, u.name, u.email, s.seen_at, s.ends_at, s.kind = 'half',
                f.second_factor = 1 AND NOT EXISTS (SELECT 1 FROM factors x WHERE x.user = u.id AND x.since IS NOT NULL)
         FROM sessions s JOIN users u ON u.id = s.user AND u.active = 1 JOIN firms f ON f.id = u.firm
         WHERE s.token = ?1 AND s.kind IN ('staff', 'half')",
    )?;
    let mut rows = query.query([token])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(StaffRow {
        user: row.get(0)?,
        firm: row.get(1)?,
        admin: row.get(2)?,
        locale: row.get(3)?,
        name: row.get(4)?,
        email: row.get(5)?,
        stage: match (row.get(8)?, row.get(9)?) {
            (true, _) => Stage::CodeDue,
            (false, true) => Stage::FactorDue,
            (false, false) => Stage::Whole,
        },
        seen_at: sql::at(row.get(6)?),
        ends_at: sql::at(row.get(7)?),
    }))
}

/// Whom this customer's session still speaks for, whether or not its time is over; none if for nobody.
///
/// # Errors
/// As the database fails.
pub fn portal(tx: &SqliteTx, token: &TokenHash) -> Result<Option<PortalRow>> {
    let mut query = tx.conn().prepare_cached(
        "SELECT s.email_key, s.seen_at, s.ends_at, c.firm, c.id, c.locale
         FROM sessions s
         JOIN session_contacts b ON b.token = s.token
         JOIN contacts c ON c.id = b.contact AND c.deleted_at IS NULL AND c.email_key = s.email_key
         WHERE s.token = ?1 AND s.kind = 'portal' AND NOT EXISTS (
             SELECT 1 FROM contacts o
             WHERE o.email_key = c.email_key AND o.firm = c.firm AND o.id <> c.id AND o.deleted_at IS NULL)
         ORDER BY c.firm",
    )?;
    let mut rows = query.query([token])?;
    let mut found: Option<PortalRow> = None;
    while let Some(row) = rows.next()? {
        let pair = (row.get(3)?, row.get(4)?);
        match &mut found {
            Some(session) => session.contacts.push(pair),
            None => {
                found = Some(PortalRow {
                    email_key: row.get(0)?,
                    contacts: vec![pair],
                    locale: row.get(5)?,
                    seen_at: sql::at(row.get(1)?),
                    ends_at: sql::at(row.get(2)?),
                });
            }
        }
    }
    Ok(found)
}

/// Writes down when sessions were last used. A time only moves forward.
///
/// # Errors
/// As the database fails.
pub fn seen(tx: &SqliteTx, seen: &[(TokenHash, Timestamp)]) -> Result<()> {
    let mut update = tx.conn().prepare_cached("UPDATE sessions SET seen_at = ?2 WHERE token = ?1 AND seen_at < ?2")?;
    for (token, at) in seen {
        update.execute(params![token, sql::ms(*at)])?;
    }
    Ok(())
}

/// Ends one session. Answers whether there was one.
///
/// # Errors
/// As the database fails.
pub fn end(tx: &SqliteTx, token: &TokenHash) -> Result<bool> {
    Ok(tx.conn().prepare_cached("DELETE FROM sessions WHERE token = ?1")?.execute([token])? > 0)
}

/// Ends all sessions of a user, for instance when they leave the firm. Answers how many.
///
/// # Errors
/// As the database fails.
pub fn end_of_user(tx: &SqliteTx, user: &str) -> Result<usize> {
    tx.conn().prepare_cached("DELETE FROM sessions WHERE user = ?1")?.execute([user])
}

/// One of a user's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// SHA-256 of its cookie's token.
    pub token: TokenHash,
    /// When it began, ms.
    pub since: Timestamp,
    /// When it was last written down as used, ms.
    pub seen_at: Timestamp,
}

/// The user's sessions whose time is not over, the last used first; those that were not used since are left out.
///
/// # Errors
/// As the database fails.
pub fn of_user(tx: &SqliteTx, user: &str, now: Timestamp, unused_since: Timestamp) -> Result<Vec<Listed>> {
    tx.conn()
        .prepare_cached(
            "SELECT token, created_at, seen_at FROM sessions
             WHERE user = ?1 AND kind = 'staff' AND ends_at > ?2 AND seen_at > ?3 ORDER BY seen_at DESC, token",
        )?
        .query_map(params![user, sql::ms(now), sql::ms(unused_since)], |row| {
            Ok(Listed { token: row.get(0)?, since: sql::at(row.get(1)?), seen_at: sql::at(row.get(2)?) })
        })?
        .collect()
}

/// Ends what sessions speak for this contact: a session that speaks for others too goes on for those alone.
///
/// # Errors
/// As the database fails.
pub fn end_of_contact(tx: &SqliteTx, contact: &str) -> Result<usize> {
    let ended = tx.conn().prepare_cached("DELETE FROM session_contacts WHERE contact = ?1")?.execute([contact])?;
    tx.conn()
        .prepare_cached(
            "DELETE FROM sessions WHERE kind = 'portal' AND NOT EXISTS (SELECT 1 FROM session_contacts b WHERE b.token = sessions.token)",
        )?
        .execute([])?;
    Ok(ended)
}

/// Ends all sessions of an address, whatever firms they speak to. Answers how many.
///
/// # Errors
/// As the database fails.
pub fn end_of_address(tx: &SqliteTx, email_key: &str) -> Result<usize> {
    tx.conn().prepare_cached("DELETE FROM sessions WHERE email_key = ?1")?.execute([email_key])
}

/// Deletes the sessions whose time is over: past their end, or not used since these times.
///
/// # Errors
/// As the database fails.
pub fn sweep(
    tx: &SqliteTx,
    now: Timestamp,
    staff_unused_since: Timestamp,
    portal_unused_since: Timestamp,
) -> Result<usize> {
    tx.conn()
        .prepare_cached(
            "DELETE FROM sessions WHERE ends_at <= ?1 OR (kind = 'staff' AND seen_at <= ?2) OR (kind = 'portal' AND seen_at <= ?3)",
        )?
        .execute(params![sql::ms(now), sql::ms(staff_unused_since), sql::ms(portal_unused_since)])
}
