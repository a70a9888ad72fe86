//! The audit log: one chain of rows for each firm, appended to in the transaction of what it tells of.

mod chain;
pub mod checkpoint;
mod effects;
mod list;
mod verify;

use client_connect_runtime::{
    backend::{CallRecord, Effect},
    types::{Actor, AuditEntry, HostError, Timestamp},
};
use serde_json::{Map, Value, json};

pub use chain::Head;
use chain::genesis;
pub(super) use effects::Fold;
pub use list::{Entry, Query, export, forward, last_by_contact, list};
pub use verify::{Broken, Proof, verify};

use super::{
    SqliteTx, fill_random,
    sql::{Host, at, ms, not_found},
};
use crate::store::driver::{OptionalExtension, params};

/// The action of the row that stands for a matter's records where these were not made call by call.
pub(super) const BULK: &str = "bulk.imported";

/// Who did it, as the host has found out by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A member of staff.
    User(String),
    /// A customer.
    Contact(String),
    /// A member of staff who looks at the portal as a contact sees it.
    ViewingAs {
        /** Who looks. */
        user: String,
        /** As whom. */
        contact: String,
    },
    /// The platform itself.
    Host,
    /// Somebody who has not signed in.
    Anonymous,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(id) => Self::User(id.clone()),
            Actor::Contact(id) => Self::Contact(id.clone()),
            Actor::ViewingAs(both) => Self::ViewingAs { user: both.user.clone(), contact: both.contact.clone() },
            Actor::Host => Self::Host,
        }
    }
}

impl By {
    /// The columns `actor_kind`, `actor` and `acting_for`.
    fn columns(&self) -> (&'static str, Option<&str>, Option<&str>) {
        match self {
            Self::User(id) => ("user", Some(id), None),
            Self::Contact(id) => ("contact", Some(id), None),
            Self::ViewingAs { user, contact } => ("viewing-as", Some(user), Some(contact)),
            Self::Host => ("host", None, None),
            Self::Anonymous => ("anonymous", None, None),
        }
    }
}

/// One row, before it is chained. Made with [`Row::new`]; what does not apply stays empty.
#[derive(Clone, Debug)]
pub struct Row {
    /// When it happened. Where the log has a later time already, that one is written: times never decrease in it.
    pub at: Timestamp,
    /// Who did it.
    pub by: By,
    /// For instance `document.downloaded`.
    pub action: String,
    /// In which matter.
    pub matter: Option<String>,
    /// With which document: its name, version and hash are written down as they are now.
    pub document: Option<String>,
    /// With which contact: their name is written down as it is now.
    pub contact: Option<String>,
    /// Ties rows together; a fresh id where none is given.
    pub call: Option<String>,
    /// The request that caused it.
    pub request: Option<String>,
    /// SHA-256 of the component that ran, in hex.
    pub plugin: Option<String>,
    /// What else there is to say. Never a password, a code or a token.
    pub details: Map<String, Value>,
}

impl Row {
    /// A row that says who, what and when, and no more.
    #[must_use]
    pub fn new(at: Timestamp, by: By, action: &str) -> Self {
        Self {
            at,
            by,
            action: action.to_owned(),
            matter: None,
            document: None,
            contact: None,
            call: None,
            request: None,
            plugin: None,
            details: Map::new(),
        }
    }

    /// In this matter.
    #[must_use]
    pub fn matter(mut self, id: &str) -> Self {
        self.matter = Some(id.to_owned());
        self
    }

    /// With this document.
    #[must_use]
    pub fn document(mut self, id: &str) -> Self {
        self.document = Some(id.to_owned());
        self
    }

    /// With this contact.
    #[must_use]
    pub fn contact(mut self, id: &str) -> Self {
        self.contact = Some(id.to_owned());
        self
    }

    /// Caused by this request.
    #[must_use]
    pub fn request(mut self, id: Option<&str>) -> Self {
        self.request = id.map(str::to_owned);
        self
    }

    /// With this detail.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }
}

/// Appends one row to the firm's chain, in this transaction.
///
/// # Errors
/// Only if the database fails.
pub fn append(tx: &SqliteTx, firm: &str, row: &Row) -> Result<(), HostError> {
    let mut body = Map::new();
    if let Some(document) = &row.document {
        body.insert("document".into(), document_as_known(tx, document)?);
    }
    if let Some(contact) = &row.contact {
        body.insert("contact".into(), contact_as_known(tx, contact)?);
    }
    if !row.details.is_empty() {
        body.insert("details".into(), Value::Object(row.details.clone()));
    }
    write(tx, firm, row, &Value::Object(body).to_string())
}

fn document_as_known(tx: &SqliteTx, id: &str) -> Result<Value, HostError> {
    tx.conn()
        .prepare_cached("SELECT name, version, sha256 FROM documents WHERE id = ?1")
        .and_then(|mut found| {
            found
                .query_row([id], |row| {
                    Ok(json!({
                        "name": row.get::<_, String>(0)?,
                        "version": row.get::<_, u32>(1)?,
                        "sha256": row.get::<_, String>(2)?,
                    }))
                })
                .optional()
        })
        .host()
        .map(Option::unwrap_or_default)
}

fn contact_as_known(tx: &SqliteTx, id: &str) -> Result<Value, HostError> {
    tx.conn()
        .prepare_cached("SELECT name FROM contacts WHERE id = ?1")
        .and_then(|mut found| found.query_row([id], |row| Ok(json!({ "name": row.get::<_, String>(0)? }))).optional())
        .host()
        .map(Option::unwrap_or_default)
}

/// Chains one row to the last.
fn write(tx: &SqliteTx, firm: &str, row: &Row, body: &str) -> Result<(), HostError> {
    let conn = tx.conn();
    let last: Option<(i64, i64, [u8; 32])> = conn
        .prepare_cached("SELECT seq, at, hash FROM audit WHERE firm = ?1 ORDER BY seq DESC LIMIT 1")
        .and_then(|mut found| found.query_row([firm], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional())
        .host()?;
    let (seq, since, previous) = last.unwrap_or_else(|| (0, 0, genesis(firm)));
    let mut salt = [0_u8; 16];
    fill_random(&mut salt);
    let commitment = chain::commitment(&salt, body);
    let (actor_kind, actor, acting_for) = row.by.columns();
    let fresh;
    let call = match &row.call {
        Some(call) => call,
        None => {
            fresh = super::new_id();
            &fresh
        }
    };
    let link = chain::Link {
        firm,
        seq: seq + 1,
        at: ms(row.at).max(since),
        matter: row.matter.as_deref(),
        actor_kind,
        actor,
        acting_for,
        action: &row.action,
        document: row.document.as_deref(),
        contact: row.contact.as_deref(),
        call,
        request: row.request.as_deref(),
        plugin: row.plugin.as_deref(),
        commitment: &commitment,
    };
    let hash = link.hash(&previous);
    conn.prepare_cached(
        "INSERT INTO audit (firm, seq, at, matter, actor_kind, actor, acting_for, action, document, contact, call, request,
                            plugin, body, salt, commitment, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            link.firm,
            link.seq,
            link.at,
            link.matter,
            link.actor_kind,
            link.actor,
            link.acting_for,
            link.action,
            link.document,
            link.contact,
            link.call,
            link.request,
            link.plugin,
            body,
            salt,
            commitment,
            hash,
        ])
    })
    .host()
    .map(drop)
}

/// One call: the host's own row with what it changed, and one row for each entry of the plugin.
pub(super) fn record(
    tx: &SqliteTx,
    call: &CallRecord,
    effects: &[Effect],
    entries: &[AuditEntry],
) -> Result<(), HostError> {
    let matter = call.matter.as_ref().or(entries.first().map(|entry| &entry.matter));
    let Some(matter) = matter else {
        return Err(HostError::Invalid("a call that changes something has a matter".into()));
    };
    let firm = firm_of(tx, matter)?;
    let base = Row {
        call: Some(call.id.clone()),
        request: call.request.clone(),
        plugin: Some(call.plugin.clone()),
        ..Row::new(call.at, By::from(&call.actor), "call").matter(matter)
    };
    let effects: Vec<Value> = effects.iter().map(effects::to_json).collect();
    let mut body = json!({ "export": call.export, "effects": effects });
    // So that the log also tells when one of them is missing later.
    let notices = super::told::by_call(tx, &call.id)?;
    if notices > 0 {
        body["notices"] = notices.into();
    }
    write(tx, &firm, &base, &body.to_string())?;
    for entry in entries {
        let details = entry.details.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        let row = Row {
            action: entry.action.clone(),
            matter: Some(entry.matter.clone()),
            document: entry.document.clone(),
            contact: entry.contact.clone(),
            details,
            ..base.clone()
        };
        append(tx, &firm, &row)?;
    }
    Ok(())
}

fn firm_of(tx: &SqliteTx, matter: &str) -> Result<String, HostError> {
    tx.conn()
        .prepare_cached("SELECT firm FROM matters WHERE id = ?1")
        .and_then(|mut found| found.query_row([matter], |row| row.get(0)).optional())
        .host()?
        .ok_or_else(|| not_found("the matter of an audit entry"))
}

/// The end of a firm's chain: kept elsewhere, it proves later that nothing was cut off or written anew.
///
/// # Errors
/// Only if the database fails.
pub fn head(tx: &SqliteTx, firm: &str) -> Result<Option<Head>, HostError> {
    tx.conn()
        .prepare_cached("SELECT seq, at, hash FROM audit WHERE firm = ?1 ORDER BY seq DESC LIMIT 1")
        .and_then(|mut found| {
            found
                .query_row([firm], |row| {
                    let hash: [u8; 32] = row.get(2)?;
                    Ok(Head {
                        firm: firm.to_owned(),
                        seq: at(row.get(0)?),
                        at: at(row.get(1)?),
                        hash: hex::encode(hash),
                    })
                })
                .optional()
        })
        .host()
}

/// The end of a firm's chain, also of one in which nothing stands yet: then it is what comes before the first row.
///
/// # Errors
/// Only if the database fails.
pub fn head_or_beginning(tx: &SqliteTx, firm: &str) -> Result<Head, HostError> {
    let none = || Head { firm: firm.to_owned(), seq: 0, at: 0, hash: hex::encode(genesis(firm)) };
    Ok(head(tx, firm)?.unwrap_or_else(none))
}

/// Empties the bodies of all rows that name this contact, so that a person can be forgotten; the chain still holds.
/// Answers how many rows there were.
///
/// # Errors
/// Only if the database fails.
pub fn erase_contact(tx: &SqliteTx, firm: &str, contact: &str) -> Result<usize, HostError> {
    tx.conn()
        .prepare_cached(
            "UPDATE audit SET body = NULL, salt = NULL
             WHERE firm = ?1 AND body IS NOT NULL AND action <> 'call' AND (contact = ?2 OR actor = ?2)",
        )
        .and_then(|mut erase| erase.execute((firm, contact)))
        .host()
}

#[cfg(test)]
mod tampered;
#[cfg(test)]
mod tests;
