//! Firms: whose customers they are, and what they have set for all their matters.

use client_connect_runtime::types::{Attributes, HostError};

use super::{
    SqliteTx,
    driver::{self, OptionalExtension, Row, params},
    sql::{Attrs, AttrsRef, Host, not_found},
};

/// A firm and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firm {
    /// From [`super::new_id`].
    pub id: String,
    /// As its customers read it.
    pub name: String,
    /// False: no section, no portal, no sign-in of customers.
    pub enabled: bool,
    /// Who stands in for an owner where there is none who is active.
    pub fallback_user: Option<String>,
    /// The address that its mails come from.
    pub sender: String,
    /// Seconds for which a mail waits, so that it can be taken back.
    pub mail_hold: u32,
    /// `keep`, `read-only`, or the days until access ends.
    pub when_closed: String,
    /// Whether the pages that a customer looks at bear their address.
    pub watermark: bool,
    /// Passed to the plugin as they are.
    pub attributes: Attributes,
}

fn firm(row: &Row<'_>) -> driver::Result<Firm> {
    Ok(Firm {
        id: row.get(0)?,
        name: row.get(1)?,
        enabled: row.get(2)?,
        fallback_user: row.get(3)?,
        sender: row.get(4)?,
        mail_hold: row.get(5)?,
        when_closed: row.get(6)?,
        watermark: row.get(7)?,
        attributes: row.get::<_, Attrs>(8)?.0,
    })
}

/// Adds a firm.
///
/// # Errors
/// `conflict` if there is one with this id.
pub fn create(tx: &SqliteTx, firm: &Firm) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO firms (id, name, enabled, fallback_user, sender, mail_hold, when_closed, watermark, attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                firm.id,
                firm.name,
                firm.enabled,
                firm.fallback_user,
                firm.sender,
                firm.mail_hold,
                firm.when_closed,
                firm.watermark,
                AttrsRef(&firm.attributes),
            ])
        })
        .host()
        .map(drop)
}

/// The firm, if there is one with this id.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, id: &str) -> Result<Option<Firm>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT id, name, enabled, fallback_user, sender, mail_hold, when_closed, watermark, attributes FROM firms WHERE id = ?1",
        )
        .and_then(|mut found| found.query_row([id], firm).optional())
        .host()
}

/// All firms, by id.
///
/// # Errors
/// Only if the database fails.
pub fn list(tx: &SqliteTx) -> Result<Vec<Firm>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT id, name, enabled, fallback_user, sender, mail_hold, when_closed, watermark, attributes FROM firms ORDER BY id",
        )
        .and_then(|mut found| found.query_map([], firm)?.collect())
        .host()
}

/// Replaces all settings of the firm with this id.
///
/// # Errors
/// `not-found` if there is none.
pub fn update(tx: &SqliteTx, firm: &Firm) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE firms SET name = ?2, enabled = ?3, fallback_user = ?4, sender = ?5, mail_hold = ?6, when_closed = ?7,
                              watermark = ?8, attributes = ?9 WHERE id = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![
                firm.id,
                firm.name,
                firm.enabled,
                firm.fallback_user,
                firm.sender,
                firm.mail_hold,
                firm.when_closed,
                firm.watermark,
                AttrsRef(&firm.attributes),
            ])
        })
        .host()?;
    if rows == 0 { Err(not_found("the firm")) } else { Ok(()) }
}
