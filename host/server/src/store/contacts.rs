//! The platform's contacts, and to which matters they are linked.

use client_connect_runtime::types::{Attributes, HostError, Timestamp};

use super::{
    SqliteTx,
    driver::{self, OptionalExtension, Row, named_params, params},
    matters::{Listing, cursor, position},
    names::{email_key, fold, sort_key},
    sql::{Attrs, AttrsRef, Host, at, ms, not_found},
};

/// Up to so many contacts are looked at for one page.
const SCAN: u32 = 5_000;

/// A contact of a firm: a person, or a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// From [`super::new_id`].
    pub id: String,
    /// Whose contact.
    pub firm: String,
    /// As staff read it, and in mails they themselves.
    pub name: String,
    /// As it was typed in, an address or not.
    pub email: Option<String>,
    /// BCP 47, for mails.
    pub locale: String,
    /// Set: deleted.
    pub deleted_at: Option<Timestamp>,
    /// Passed to the plugin as they are.
    pub attributes: Attributes,
}

macro_rules! columns {
    () => {
        "c.id, c.firm, c.name, c.email, c.locale, c.deleted_at, c.attributes"
    };
}

fn contact(row: &Row<'_>) -> driver::Result<Contact> {
    Ok(Contact {
        id: row.get(0)?,
        firm: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        locale: row.get(4)?,
        deleted_at: row.get::<_, Option<i64>>(5)?.map(at),
        attributes: row.get::<_, Attrs>(6)?.0,
    })
}

/// Adds a contact. An address that is none is kept as it is, and gives no access.
///
/// # Errors
/// `not-found` unless the firm is there.
pub fn create(tx: &SqliteTx, contact: &Contact) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO contacts (id, firm, name, name_key, name_fold, email, email_key, locale, attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .and_then(|mut insert| {
            insert.execute(params![
                contact.id,
                contact.firm,
                contact.name,
                sort_key(&contact.name),
                fold(&contact.name),
                contact.email,
                contact.email.as_deref().and_then(email_key),
                contact.locale,
                AttrsRef(&contact.attributes),
            ])
        })
        .host()
        .map(drop)
}

/// The contact, deleted or not.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, id: &str) -> Result<Option<Contact>, HostError> {
    tx.conn()
        .prepare_cached(concat!("SELECT ", columns!(), " FROM contacts c WHERE c.id = ?1"))
        .and_then(|mut found| found.query_row([id], contact).optional())
        .host()
}

/// Replaces all that is known of the contact with this id, but the firm. Says whether the address changed, as a sign-in compares
/// it: then end their sessions, and tell the plugin for each of [`granted_in`], in the same unit.
///
/// # Errors
/// `not-found` if there is none, or it is deleted.
pub fn update(tx: &SqliteTx, contact: &Contact) -> Result<bool, HostError> {
    let before: Option<String> = tx
        .conn()
        .prepare_cached("SELECT email_key FROM contacts WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut found| found.query_row([&contact.id], |row| row.get(0)).optional())
        .host()?
        .ok_or_else(|| not_found("the contact"))?;
    let key = contact.email.as_deref().and_then(email_key);
    tx.conn()
        .prepare_cached(
            "UPDATE contacts SET name = ?2, name_key = ?3, name_fold = ?4, email = ?5, email_key = ?6, locale = ?7, attributes = ?8
             WHERE id = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![
                contact.id,
                contact.name,
                sort_key(&contact.name),
                fold(&contact.name),
                contact.email,
                key,
                contact.locale,
                AttrsRef(&contact.attributes),
            ])
        })
        .host()?;
    Ok(before != key)
}

/// Links a contact to a matter of their firm, or changes the role.
///
/// # Errors
/// `not-found` unless both are there, in one firm.
pub fn link(tx: &SqliteTx, matter: &str, contact: &str, role: &str) -> Result<(), HostError> {
    let rows = tx
        .conn()
        .prepare_cached(
            "INSERT INTO links (matter, contact, role)
             SELECT m.id, c.id, ?3 FROM matters m JOIN contacts c ON c.firm = m.firm
             WHERE m.id = ?1 AND c.id = ?2 AND m.deleted_at IS NULL AND c.deleted_at IS NULL
             ON CONFLICT (matter, contact) DO UPDATE SET role = excluded.role",
        )
        .and_then(|mut put| put.execute((matter, contact, role)))
        .host()?;
    if rows == 0 { Err(not_found("the matter or the contact")) } else { Ok(()) }
}

/// Takes a contact out of a matter; says whether they were in it. Tell the plugin in the same unit: the commit is refused while a
/// grant is left.
///
/// # Errors
/// Only if the database fails.
pub fn unlink(tx: &SqliteTx, matter: &str, contact: &str) -> Result<bool, HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM links WHERE matter = ?1 AND contact = ?2")
        .and_then(|mut delete| delete.execute((matter, contact)))
        .host()
        .map(|rows| rows > 0)
}

/// The contacts of a matter with their roles, by name.
///
/// # Errors
/// Only if the database fails.
pub fn linked(tx: &SqliteTx, matter: &str) -> Result<Vec<(Contact, String)>, HostError> {
    tx.conn()
        .prepare_cached(concat!(
            "SELECT ",
            columns!(),
            ", l.role FROM links l JOIN contacts c ON c.id = l.contact AND c.deleted_at IS NULL
              WHERE l.matter = ?1 ORDER BY c.name_key, c.id"
        ))
        .and_then(|mut found| found.query_map([matter], |row| Ok((contact(row)?, row.get(7)?)))?.collect())
        .host()
}

/// The matters to which a contact is linked, deleted ones too, with the role in each; by id.
///
/// # Errors
/// Only if the database fails.
pub fn links_of(tx: &SqliteTx, contact: &str) -> Result<Vec<(String, String)>, HostError> {
    tx.conn()
        .prepare_cached("SELECT matter, role FROM links WHERE contact = ?1 ORDER BY matter")
        .and_then(|mut found| found.query_map([contact], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .host()
}

/// The matters that are there in which a contact has a grant, open or not; by id.
///
/// # Errors
/// Only if the database fails.
pub fn granted_in(tx: &SqliteTx, contact: &str) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT l.matter FROM links l JOIN grants g ON g.matter = l.matter AND g.contact = l.contact
             JOIN matters m ON m.id = l.matter AND m.deleted_at IS NULL WHERE l.contact = ?1 ORDER BY l.matter",
        )
        .and_then(|mut found| found.query_map([contact], |row| row.get(0))?.collect())
        .host()
}

/// How many matters are there in which the portal was opened to this contact and has not come to its end.
///
/// # Errors
/// Only if the database fails.
pub fn open_to(tx: &SqliteTx, contact: &str, now: Timestamp) -> Result<u32, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT count(*) FROM grants g JOIN matters m ON m.id = g.matter AND m.deleted_at IS NULL
             WHERE g.contact = ?1 AND g.portal = 1 AND (g.until IS NULL OR g.until > ?2)",
        )
        .and_then(|mut count| count.query_row((contact, ms(now)), |row| row.get(0)))
        .host()
}

/// Deletes a contact who is linked to no matter.
///
/// # Errors
/// `not-found` if there is none; `conflict` while they are linked.
pub fn delete(tx: &SqliteTx, id: &str, now: Timestamp) -> Result<(), HostError> {
    if !links_of(tx, id)?.is_empty() {
        return Err(HostError::Conflict("the contact is linked to a matter".into()));
    }
    let rows = tx
        .conn()
        .prepare_cached("UPDATE contacts SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut update| update.execute((id, ms(now))))
        .host()?;
    if rows == 0 { Err(not_found("the contact")) } else { Ok(()) }
}

/// Everybody, in any firm, with this address, as [`email_key`] makes it; by firm and id.
///
/// # Errors
/// Only if the database fails.
pub fn by_email_key(tx: &SqliteTx, key: &str) -> Result<Vec<Contact>, HostError> {
    tx.conn()
        .prepare_cached(concat!(
            "SELECT ",
            columns!(),
            " FROM contacts c WHERE c.email_key = ?1 AND c.email_key IS NOT NULL AND c.deleted_at IS NULL ORDER BY c.firm, c.id"
        ))
        .and_then(|mut found| found.query_map([key], contact)?.collect())
        .host()
}

/// The firm's contacts by name: of a term, those whose name or address has it in it.
///
/// # Errors
/// `invalid` for an `after` that is no cursor of such a list.
pub fn search(
    tx: &SqliteTx,
    firm: &str,
    term: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Result<Listing<Contact>, HostError> {
    let (key, id) = position(after)?;
    let term = term.map(str::trim).filter(|term| !term.is_empty()).map(fold);
    let mut select = tx
        .conn()
        .prepare_cached(concat!(
            "SELECT ",
            columns!(),
            ", c.name_key, c.name_fold FROM contacts c
             WHERE c.firm = :firm AND (c.name_key, c.id) > (:key, :id) ORDER BY c.name_key, c.id LIMIT :scan"
        ))
        .host()?;
    let scan = i64::from(SCAN);
    let mut rows = select.query(named_params! { ":firm": firm, ":key": key, ":id": id, ":scan": scan }).host()?;
    let (mut page, mut last, mut looked) = (Vec::new(), None, 0_i64);
    while let Some(row) = rows.next().host()? {
        looked += 1;
        let found = contact(&row).host()?;
        let key: Vec<u8> = row.get(7).host()?;
        let folded: String = row.get(8).host()?;
        let wanted = found.deleted_at.is_none()
            && term.as_ref().is_none_or(|term| {
                folded.contains(term.as_str())
                    || found.email.as_deref().is_some_and(|email| fold(email).contains(term.as_str()))
            });
        if wanted && page.len() == limit as usize {
            return Ok(Listing { rows: page, next: last });
        }
        last = Some(cursor(&key, &found.id));
        if wanted {
            page.push(found);
        }
    }
    Ok(Listing { rows: page, next: if looked == scan { last } else { None } })
}
