//! Reading the audit: the newest first, by matter or firm, filtered, a page at a time.

use client_connect_runtime::types::{HostError, Timestamp};
use serde_json::Value;

use crate::store::{
    SqliteTx,
    driver::{self, OptionalExtension, Row, named_params},
    sql::{Host, at, ms},
};

macro_rules! columns {
    () => {
        "a.seq, a.at, a.matter, a.actor_kind, a.actor, a.acting_for, coalesce(u.name, c.name), a.action, a.document, a.contact,
         a.call, a.request, a.plugin, a.body, a.hash"
    };
}

/// Times never decrease along a chain, so that a period is a range of numbers.
macro_rules! filter {
    () => {
        "a.firm = :firm AND a.seq >= :from AND a.seq < :to
         AND (:actor IS NULL OR a.actor = :actor) AND (:contact IS NULL OR a.contact = :contact)
         AND (:action IS NULL OR a.action = :action) AND (:family IS NULL OR substr(a.action, 1, length(:family)) = :family)
         AND (:calls OR a.action <> 'call')"
    };
}

/// The newest first, of a matter and of a firm: one statement for both would walk the wrong index for one of them.
pub(super) const OF_MATTER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM audit a INDEXED BY audit_by_matter LEFT JOIN users u ON u.id = a.actor LEFT JOIN contacts c ON c.id = a.actor
     WHERE a.matter = :matter AND a.matter IS NOT NULL AND ",
    filter!(),
    " ORDER BY a.seq DESC LIMIT :limit"
);
pub(super) const OF_FIRM: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM audit a LEFT JOIN users u ON u.id = a.actor LEFT JOIN contacts c ON c.id = a.actor
     WHERE :matter IS NULL AND ",
    filter!(),
    " ORDER BY a.seq DESC LIMIT :limit"
);
/// The oldest first.
pub(super) const EXPORT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM audit a LEFT JOIN users u ON u.id = a.actor LEFT JOIN contacts c ON c.id = a.actor
     WHERE (:matter IS NULL OR a.matter = :matter) AND ",
    filter!(),
    " ORDER BY a.seq LIMIT :limit"
);

/// Which rows. What is `None` is not asked for; the firm always is.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Whose audit.
    pub firm: String,
    /// Of this matter only.
    pub matter: Option<String>,
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// By this user or contact.
    pub actor: Option<String>,
    /// About this contact.
    pub contact: Option<String>,
    /// This action, or with a dot at its end all that start so.
    pub action: Option<String>,
    /// Also the host's own account of each call.
    pub calls: bool,
    /// Only rows with a lower number: the last one of the page before.
    pub before: Option<u64>,
    /// Only rows with a higher number.
    pub after: Option<u64>,
    /// So many rows at most.
    pub limit: u32,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its number in the firm's chain.
    pub seq: u64,
    /// When, in milliseconds since the epoch.
    pub at: Timestamp,
    /// In which matter.
    pub matter: Option<String>,
    /// `user`, `contact`, `viewing-as`, `host` or `anonymous`.
    pub actor_kind: String,
    /// Who.
    pub actor: Option<String>,
    /// As which contact, for `viewing-as`.
    pub acting_for: Option<String>,
    /// Their name as it is now, if they are known.
    pub actor_name: Option<String>,
    /// What.
    pub action: String,
    /// With which document.
    pub document: Option<String>,
    /// With which contact.
    pub contact: Option<String>,
    /// Ties the rows of one call together.
    pub call: String,
    /// The request that caused it.
    pub request: Option<String>,
    /// SHA-256 of the component that ran.
    pub plugin: Option<String>,
    /// Names, versions, hashes and details as they were; `None` where they were erased.
    pub body: Option<Value>,
    /// SHA-256 over this row and the one before, in hex.
    pub hash: String,
}

/// When this contact was in the portal last: signed in, looked at something, took or sent something.
///
/// # Errors
/// Only if the database fails.
pub fn last_by_contact(tx: &SqliteTx, firm: &str, contact: &str) -> Result<Option<Timestamp>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT at FROM audit INDEXED BY audit_by_contact
             WHERE actor_kind = 'contact' AND actor = ?1 AND firm = ?2
               AND action NOT IN ('call', 'sign-in.failed', 'sign-in.blocked')
             ORDER BY seq DESC LIMIT 1",
        )
        .and_then(|mut found| found.query_row((contact, firm), |row| row.get(0)).optional())
        .host()
        .map(|last| last.map(at))
}

/// One page of rows, the newest first. For the next, pass the last row's `seq` as `before`; an empty page is the end.
///
/// # Errors
/// Only if the database fails.
pub fn list(tx: &SqliteTx, query: &Query) -> Result<Vec<Entry>, HostError> {
    let mut rows = Vec::new();
    let statement = if query.matter.is_some() { OF_MATTER } else { OF_FIRM };
    select(tx, statement, query, query.limit, |row| {
        rows.push(row);
        Ok::<_, HostError>(())
    })?;
    Ok(rows)
}

/// One page of rows, the oldest first. For the next, pass the last row's `seq` as `after`.
///
/// # Errors
/// Only if the database fails.
pub fn forward(tx: &SqliteTx, query: &Query) -> Result<Vec<Entry>, HostError> {
    let mut rows = Vec::new();
    select(tx, EXPORT, query, query.limit, |row| {
        rows.push(row);
        Ok::<_, HostError>(())
    })?;
    Ok(rows)
}

/// All rows that the query asks for, the oldest first, one after the other: for an export of any length.
///
/// # Errors
/// If the database fails, or `each` does.
pub fn export<E: From<HostError>>(
    tx: &SqliteTx,
    query: &Query,
    each: impl FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    select(tx, EXPORT, query, u32::MAX, each)
}

fn select<E: From<HostError>>(
    tx: &SqliteTx,
    statement: &str,
    query: &Query,
    limit: u32,
    mut each: impl FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    let from = match query.since {
        None => 0,
        Some(since) => first_since(tx, &query.firm, since)?,
    };
    let from = from.max(query.after.map_or(0, |after| ms(after).saturating_add(1)));
    let to = match query.until {
        None => i64::MAX,
        Some(until) => first_since(tx, &query.firm, until)?,
    };
    let family = query.action.as_deref().filter(|action| action.ends_with('.'));
    let mut found = tx.conn().prepare_cached(statement).host()?;
    let rows = found
        .query_map(
            named_params! {
                ":firm": query.firm,
                ":matter": query.matter,
                ":from": from,
                ":to": to.min(query.before.map_or(i64::MAX, ms)),
                ":actor": query.actor,
                ":contact": query.contact,
                ":action": query.action.as_deref().filter(|_| family.is_none()),
                ":family": family,
                ":calls": query.calls,
                ":limit": limit,
            },
            entry,
        )
        .host()?;
    for row in rows {
        each(row.host()?)?;
    }
    Ok(())
}

/// The number of the first row from this time on, found by halving.
fn first_since(tx: &SqliteTx, firm: &str, since: Timestamp) -> Result<i64, HostError> {
    let mut low = 1;
    let mut high: i64 = tx
        .conn()
        .prepare_cached("SELECT coalesce(max(seq), 0) + 1 FROM audit WHERE firm = ?1")
        .and_then(|mut last| last.query_row([firm], |row| row.get(0)))
        .host()?;
    let mut time = tx.conn().prepare_cached("SELECT at FROM audit WHERE firm = ?1 AND seq = ?2").host()?;
    while low < high {
        let middle = low + (high - low) / 2;
        let at: i64 = time.query_row((firm, middle), |row| row.get(0)).host()?;
        if at < ms(since) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn entry(row: &Row<'_>) -> driver::Result<Entry> {
    let body: Option<String> = row.get(13)?;
    let hash: [u8; 32] = row.get(14)?;
    Ok(Entry {
        seq: at(row.get(0)?),
        at: at(row.get(1)?),
        matter: row.get(2)?,
        actor_kind: row.get(3)?,
        actor: row.get(4)?,
        acting_for: row.get(5)?,
        actor_name: row.get(6)?,
        action: row.get(7)?,
        document: row.get(8)?,
        contact: row.get(9)?,
        call: row.get(10)?,
        request: row.get(11)?,
        plugin: row.get(12)?,
        body: body.and_then(|body| serde_json::from_str(&body).ok()),
        hash: hex::encode(hash),
    })
}
