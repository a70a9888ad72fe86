//! The platform's matters: opened, changed, closed, deleted, restored, and listed for who may read them.

use client_connect_runtime::types::{Attributes, HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{self, OptionalExtension, Row, named_params, params},
    members::{self, Rights},
    names::{fold, sort_key},
    sql::{Attrs, AttrsRef, Host, at, ms, not_found},
};

/// Up to so many matters are looked at for one page; a search that finds little answers fewer rows and a `next`.
const SCAN: u32 = 5_000;

/// A matter as the platform keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// From [`super::new_id`].
    pub id: String,
    /// Whose it is.
    pub firm: String,
    /// As its customers read it.
    pub name: String,
    /// The firm's own number for it.
    pub reference: String,
    /// The user who answers for it.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// `None` while it is open.
    pub closed_at: Option<Timestamp>,
    /// Set: it is in the bin.
    pub deleted_at: Option<Timestamp>,
    /// Mails name neither it nor its documents.
    pub discreet: bool,
    /// Passed to the plugin as they are.
    pub attributes: Attributes,
}

impl Matter {
    /// One that is opened now, under a fresh id.
    #[must_use]
    pub fn new(firm: &str, name: &str, owner: &str, now: Timestamp) -> Self {
        Self {
            id: super::new_id(),
            firm: firm.to_owned(),
            name: name.to_owned(),
            reference: String::new(),
            owner: Some(owner.to_owned()),
            opened_at: now,
            closed_at: None,
            deleted_at: None,
            discreet: false,
            attributes: Vec::new(),
        }
    }
}

macro_rules! columns {
    () => {
        "m.id, m.firm, m.name, m.reference, m.owner, m.opened_at, m.closed_at, m.deleted_at, m.discreet, m.attributes"
    };
}

fn matter(row: &Row<'_>) -> driver::Result<Matter> {
    Ok(Matter {
        id: row.get(0)?,
        firm: row.get(1)?,
        name: row.get(2)?,
        reference: row.get(3)?,
        owner: row.get(4)?,
        opened_at: at(row.get(5)?),
        closed_at: row.get::<_, Option<i64>>(6)?.map(at),
        deleted_at: row.get::<_, Option<i64>>(7)?.map(at),
        discreet: row.get(8)?,
        attributes: row.get::<_, Attrs>(9)?.0,
    })
}

/// Opens a matter. Its owner becomes a member with all rights.
///
/// # Errors
/// `not-found` unless the firm and the owner are there.
pub fn create(tx: &SqliteTx, matter: &Matter) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO matters (id, firm, name, name_key, name_fold, reference, owner, opened_at, closed_at, discreet, attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                matter.id,
                matter.firm,
                matter.name,
                sort_key(&matter.name),
                fold(&matter.name),
                matter.reference,
                matter.owner,
                ms(matter.opened_at),
                matter.closed_at.map(ms),
                matter.discreet,
                AttrsRef(&matter.attributes),
            ])
        })
        .host()?;
    admit_owner(tx, &matter.id, matter.owner.as_deref())
}

fn admit_owner(tx: &SqliteTx, matter: &str, owner: Option<&str>) -> Result<(), HostError> {
    match owner {
        Some(owner) => members::set(tx, matter, &Rights { user: owner.to_owned(), can_edit: true, can_share: true }),
        None => Ok(()),
    }
}

/// The matter, deleted or not.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, id: &str) -> Result<Option<Matter>, HostError> {
    tx.conn()
        .prepare_cached(concat!("SELECT ", columns!(), " FROM matters m WHERE m.id = ?1"))
        .and_then(|mut found| found.query_row([id], matter).optional())
        .host()
}

/// Replaces all that is known of the matter with this id, but the firm, the opening and whether it is deleted. A new owner becomes
/// a member with all rights. Tell the plugin in the same unit if the owner or `closed_at` changed.
///
/// # Errors
/// `not-found` unless the matter and the owner are there.
pub fn update(tx: &SqliteTx, matter: &Matter) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached(
            "UPDATE matters SET name = ?2, name_key = ?3, name_fold = ?4, reference = ?5, owner = ?6, closed_at = ?7, discreet = ?8,
                                attributes = ?9 WHERE id = ?1 AND deleted_at IS NULL",
        )
        .and_then(|mut update| {
            update.execute(params![
                matter.id,
                matter.name,
                sort_key(&matter.name),
                fold(&matter.name),
                matter.reference,
                matter.owner,
                matter.closed_at.map(ms),
                matter.discreet,
                AttrsRef(&matter.attributes),
            ])
        })
        .host()?;
    if rows == 0 {
        return Err(not_found("the matter"));
    }
    admit_owner(tx, &matter.id, matter.owner.as_deref())
}

/// Puts a matter into the bin. Tell the plugin before, while the matter can still be read.
///
/// # Errors
/// `not-found` if it is not there, or in the bin already.
pub fn delete(tx: &SqliteTx, id: &str, now: Timestamp) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE matters SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut update| update.execute((id, ms(now))))
        .host()?;
    if rows == 0 { Err(not_found("the matter")) } else { Ok(()) }
}

/// Takes a matter out of the bin.
///
/// # Errors
/// `not-found` if it is not in the bin.
pub fn restore(tx: &SqliteTx, id: &str) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE matters SET deleted_at = NULL WHERE id = ?1 AND deleted_at IS NOT NULL")
        .and_then(|mut update| update.execute([id]))
        .host()?;
    if rows == 0 { Err(not_found("the matter")) } else { Ok(()) }
}

/// Which matters of a user.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Part of the name or of the reference, compared without case and accents.
    pub search: Option<String>,
    /// Only closed ones, or only open ones.
    pub closed: Option<bool>,
    /// Those in the bin instead of those that are there.
    pub deleted: bool,
    /// Only those that the user may change.
    pub can_edit: bool,
    /// `next` of the page before, from the same query.
    pub after: Option<String>,
    /// So many rows at most.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// Its rows; maybe fewer than asked for, and still a `next`.
    pub rows: Vec<T>,
    /// Where the next page goes on; `None` at the end.
    pub next: Option<String>,
}

/// The matters that a user may read, by name.
///
/// # Errors
/// `invalid` for an `after` that is no cursor of such a list.
pub fn list_for_user(tx: &SqliteTx, user: &str, query: &Query) -> Result<Listing<Matter>, HostError> {
    let (key, id) = position(query.after.as_deref())?;
    let term = query.search.as_deref().map(str::trim).filter(|term| !term.is_empty()).map(fold);
    let mut select = tx
        .conn()
        .prepare_cached(concat!(
            "SELECT ",
            columns!(),
            ", m.name_key, m.name_fold, b.user IS NOT NULL, coalesce(b.can_edit, 0)
             FROM users u CROSS JOIN matters m INDEXED BY matters_by_name
             LEFT JOIN members b ON b.matter = m.id AND b.user = u.id
             WHERE u.id = :user AND m.firm = u.firm AND (m.name_key, m.id) > (:key, :id)
             ORDER BY m.name_key, m.id LIMIT :scan"
        ))
        .host()?;
    let scan = i64::from(SCAN);
    let mut rows = select.query(named_params! { ":user": user, ":key": key, ":id": id, ":scan": scan }).host()?;
    let (mut page, mut last, mut looked) = (Vec::new(), None, 0_i64);
    while let Some(row) = rows.next().host()? {
        looked += 1;
        let found = matter(&row).host()?;
        let key: Vec<u8> = row.get(10).host()?;
        let folded: String = row.get(11).host()?;
        let member: bool = row.get(12).host()?;
        let may_edit: bool = row.get(13).host()?;
        let wanted = member
            && (may_edit || !query.can_edit)
            && found.deleted_at.is_some() == query.deleted
            && query.closed.is_none_or(|closed| found.closed_at.is_some() == closed)
            && term
                .as_ref()
                .is_none_or(|term| folded.contains(term.as_str()) || fold(&found.reference).contains(term.as_str()));
        if wanted && page.len() == query.limit as usize {
            return Ok(Listing { rows: page, next: last });
        }
        // A position only ever names a matter that the user may read: others are passed over without a trace.
        if member {
            last = Some(cursor(&key, &found.id));
        }
        if wanted {
            page.push(found);
        }
    }
    Ok(Listing { rows: page, next: if looked == scan { last } else { None } })
}

pub(super) fn cursor(key: &[u8], id: &str) -> String {
    [hex::encode(key), id.to_owned()].join(".")
}

pub(super) fn position(after: Option<&str>) -> Result<(Vec<u8>, String), HostError> {
    let Some(after) = after else { return Ok((Vec::new(), String::new())) };
    after
        .split_once('.')
        .and_then(|(key, id)| Some((hex::decode(key).ok()?, id.to_owned())))
        .ok_or_else(|| HostError::Invalid("not a cursor of this list".into()))
}
