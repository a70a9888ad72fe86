//! The platform's records as the contract reads them: the matter, its people, its documents.

use client_connect_runtime::{
    backend::Viewer,
    types::{
        Contact, ContactId, Document, DocumentChange, DocumentId, DocumentSource, Firm, HostError, Matter, MatterId,
        Member, User, UserId,
    },
};
use rusqlite::types::ValueRef;

use crate::store::{
    Options, SqliteTx,
    driver::{self, OptionalExtension, Row, named_params},
    quarantine,
    sql::{Attrs, AttrsRef, Host, at, list, not_found},
};

/// The columns that [`matter_row`] reads, from `matters m` and `firms f`.
macro_rules! matter {
    () => {
        "m.id, m.name, m.owner, m.opened_at, m.closed_at, m.discreet, m.attributes,
         f.name, f.enabled, f.fallback_user, f.when_closed, f.mail_hold, f.attributes"
    };
}

/// The columns that [`document_row`] reads, from `documents d`.
macro_rules! document {
    () => {
        "d.id, d.matter, d.name, d.kind, d.media_type, d.size, d.version, d.created_by, d.created_at, d.activity_at, d.uploader,
         d.source, d.attributes, d.no_preview, (SELECT q.state FROM quarantine q WHERE q.blob = d.blob)"
    };
}

/// The attribute of a document whose content is held back: `waiting` for a scan, or something was `found` in it.
pub(crate) const HELD: &str = "held";

/// The columns of `document!`, so many.
pub(crate) const DOCUMENT_COLUMNS: usize = 15;

/// The documents named by a list, in its order, each with its place in it and its shares in the matter `?2`.
macro_rules! with_shares {
    ($contacts:literal) => {
        concat!(
            "SELECT ",
            document!(),
            ", s.document, s.contact, s.state, s.since, s.seen_version, s.seen_at, s.seen_downloaded, s.seen_attributes,
                 s.attributes, k.key
             FROM json_each(?1) k CROSS JOIN documents d ON d.id = k.value
             LEFT JOIN shares s ON s.matter = ?2 AND s.document = d.id",
            $contacts
        )
    };
}

/// As SQLite goes through the list and the shares in their order by itself, and as PostgreSQL has to be asked for it.
macro_rules! in_order {
    ($contacts:literal) => {
        [with_shares!($contacts), concat!(with_shares!($contacts), " ORDER BY k.key, s.contact")]
    };
}

/// With the shares of all contacts.
pub(crate) const WITH_SHARES: [&str; 2] = in_order!("");
/// With those of the contact `?3`.
pub(crate) const WITH_SHARE: [&str; 2] = in_order!(" AND s.contact = ?3");
/// With those of the contacts in the list `?3`.
pub(crate) const WITH_SHARES_OF: [&str; 2] = in_order!(" AND s.contact IN (SELECT value FROM json_each(?3))");

/// A matter with its firm, from the columns of `matter!`.
pub(crate) fn matter_row(row: &Row<'_>, options: &Options) -> driver::Result<Matter> {
    let id: MatterId = row.get(0)?;
    let Attrs(mut firm_attributes) = row.get(12)?;
    firm_attributes.retain(|(key, _)| key != "when-closed" && key != "mail-hold");
    firm_attributes.push(("when-closed".to_owned(), row.get(10)?));
    firm_attributes.push(("mail-hold".to_owned(), row.get::<_, i64>(11)?.to_string()));
    Ok(Matter {
        firm: Firm {
            name: row.get(7)?,
            enabled: row.get(8)?,
            portal_url: options.portal_url.clone(),
            fallback: row.get(9)?,
            attributes: firm_attributes,
        },
        name: row.get(1)?,
        owner: row.get(2)?,
        opened_at: at(row.get(3)?),
        closed_at: row.get::<_, Option<i64>>(4)?.map(at),
        discreet: row.get(5)?,
        staff_url: [&options.staff_url, id.as_str()].concat(),
        attributes: row.get::<_, Attrs>(6)?.0,
        id,
    })
}

/// A document, from the columns of `document!`.
pub(crate) fn document_row(row: &Row<'_>, options: &Options) -> driver::Result<Document> {
    let media_type: String = row.get(4)?;
    let source = match (row.get::<_, Option<String>>(10)?, row.get::<_, Option<String>>(11)?) {
        (Some(contact), _) => DocumentSource::Portal(contact),
        (None, Some(other)) => DocumentSource::Other(other),
        (None, None) => DocumentSource::Platform,
    };
    let held = quarantine::word(row, 14)?;
    let Attrs(mut attributes) = row.get(12)?;
    if let Some(held) = held {
        attributes.push((HELD.to_owned(), held.word().to_owned()));
    }
    Ok(Document {
        id: row.get(0)?,
        matter: row.get(1)?,
        name: row.get(2)?,
        kind: row.get(3)?,
        can_preview: held.is_none()
            && options.previews.contains(&media_type)
            && matches!(row.get_ref(13)?, ValueRef::Null),
        media_type,
        size: at(row.get(5)?),
        version: row.get(6)?,
        created_by: row.get(7)?,
        created_at: at(row.get(8)?),
        activity_at: at(row.get(9)?),
        source,
        attributes,
    })
}

fn contact_row(row: &Row<'_>) -> driver::Result<Contact> {
    Ok(Contact {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        locale: row.get(3)?,
        attributes: row.get::<_, Attrs>(4)?.0,
    })
}

/// The user and the contact that a viewer is; the host is neither.
pub(crate) fn eyes(viewer: &Viewer) -> (Option<&str>, Option<&str>) {
    match viewer {
        Viewer::Host => (None, None),
        Viewer::User(user) => (Some(user), None),
        Viewer::Contact(contact) => (None, Some(contact)),
        Viewer::UserAsContact(user, contact) => (Some(user), Some(contact)),
    }
}

pub(super) fn matter(tx: &SqliteTx, viewer: &Viewer, id: &MatterId) -> Result<Option<Matter>, HostError> {
    let (user, contact) = eyes(viewer);
    tx.conn()
        .prepare_cached(concat!(
            "SELECT ",
            matter!(),
            " FROM matters m JOIN firms f ON f.id = m.firm
              WHERE m.id = ?1 AND m.deleted_at IS NULL
                AND (?2 IS NULL OR EXISTS (SELECT 1 FROM members WHERE matter = m.id AND user = ?2))
                AND (?3 IS NULL OR EXISTS (SELECT 1 FROM links l JOIN contacts c ON c.id = l.contact
                                           WHERE l.matter = m.id AND l.contact = ?3 AND c.deleted_at IS NULL))"
        ))
        .and_then(|mut found| found.query_row((id, user, contact), |row| matter_row(row, tx.options())).optional())
        .host()
}

pub(super) fn members(tx: &SqliteTx, matter: &MatterId, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> {
    let mut found = vec![None; ids.len()];
    if ids.is_empty() {
        return Ok(found);
    }
    let mut select = tx
        .conn()
        .prepare_cached(
            "SELECT k.key, u.id, u.name, u.email, u.active, u.locale, b.user IS NOT NULL, b.can_share
             FROM json_each(?2) k CROSS JOIN matters m ON m.id = ?1 JOIN users u ON u.id = k.value AND u.firm = m.firm
             LEFT JOIN members b ON b.matter = m.id AND b.user = u.id AND u.active = 1",
        )
        .host()?;
    let mut rows = select.query((matter, list(ids))).host()?;
    while let Some(row) = rows.next().host()? {
        let place: usize = usize::try_from(row.get::<_, i64>(0).host()?).unwrap_or(usize::MAX);
        let member = Member {
            user: User {
                id: row.get(1).host()?,
                name: row.get(2).host()?,
                email: row.get(3).host()?,
                active: row.get(4).host()?,
                locale: row.get(5).host()?,
                attributes: Vec::new(),
            },
            can_view: row.get(6).host()?,
            can_share: row.get::<_, Option<bool>>(7).host()?.unwrap_or(false),
            attributes: Vec::new(),
        };
        if let Some(slot) = found.get_mut(place) {
            *slot = Some(member);
        }
    }
    Ok(found)
}

pub(super) fn contacts(tx: &SqliteTx, matter: &MatterId, ids: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError> {
    let conn = tx.conn();
    match ids {
        Some([one]) => conn
            .prepare_cached(
                "SELECT c.id, c.name, c.email, c.locale, c.attributes FROM links l JOIN contacts c ON c.id = l.contact
                 WHERE l.matter = ?1 AND l.contact = ?2 AND c.deleted_at IS NULL",
            )
            .and_then(|mut found| found.query_map((matter, one), contact_row)?.collect()),
        Some(ids) => conn
            .prepare_cached(
                "SELECT c.id, c.name, c.email, c.locale, c.attributes FROM links l JOIN contacts c ON c.id = l.contact
                 WHERE l.matter = ?1 AND l.contact IN (SELECT value FROM json_each(?2)) AND c.deleted_at IS NULL
                 ORDER BY l.contact",
            )
            .and_then(|mut found| found.query_map((matter, list(ids)), contact_row)?.collect()),
        None => conn
            .prepare_cached(
                "SELECT c.id, c.name, c.email, c.locale, c.attributes FROM links l JOIN contacts c ON c.id = l.contact
                 WHERE l.matter = ?1 AND c.deleted_at IS NULL ORDER BY l.contact",
            )
            .and_then(|mut found| found.query_map([matter], contact_row)?.collect()),
    }
    .host()
}

pub(super) fn same_address(tx: &SqliteTx, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> {
    let mut select = tx
        .conn()
        .prepare_cached(
            "SELECT c.id, c.name, c.email, c.locale, c.attributes FROM contacts own
             JOIN contacts c ON c.email_key = own.email_key AND c.firm = own.firm AND c.id <> own.id AND c.deleted_at IS NULL
             WHERE own.id = ?1 AND own.email_key IS NOT NULL ORDER BY c.id",
        )
        .host()?;
    contacts.iter().map(|contact| select.query_map([contact], contact_row).and_then(Iterator::collect).host()).collect()
}

/// Only documents that the viewer may see: `?2` the matter, `?3` the user, `?4` the contact.
macro_rules! seen {
    () => {
        "d.matter = ?2 AND d.deleted_at IS NULL
         AND (?3 IS NULL OR d.restricted = 0
              OR EXISTS (SELECT 1 FROM readers WHERE document = d.id AND user = ?3)
              OR EXISTS (SELECT 1 FROM matters WHERE id = ?2 AND owner = ?3))
         AND (?3 IS NULL OR EXISTS (SELECT 1 FROM members WHERE matter = ?2 AND user = ?3))
         AND (?4 IS NULL OR EXISTS (SELECT 1 FROM shares WHERE matter = ?2 AND document = d.id AND contact = ?4 AND visible = 1))"
    };
}

pub(super) fn documents(
    tx: &SqliteTx,
    viewer: &Viewer,
    matter: &MatterId,
    ids: &[DocumentId],
) -> Result<Vec<Option<Document>>, HostError> {
    let (user, contact) = eyes(viewer);
    let options = tx.options();
    match ids {
        [] => Ok(Vec::new()),
        [one] => tx
            .conn()
            .prepare_cached(concat!("SELECT ", document!(), " FROM documents d WHERE d.id = ?1 AND ", seen!()))
            .and_then(|mut found| {
                found.query_row((one, matter, user, contact), |row| document_row(row, options)).optional()
            })
            .host()
            .map(|document| vec![document]),
        ids => {
            let mut select = tx
                .conn()
                .prepare_cached(concat!(
                    "SELECT ",
                    document!(),
                    ", k.key FROM json_each(?1) k CROSS JOIN documents d ON d.id = k.value WHERE ",
                    seen!()
                ))
                .host()?;
            let mut rows = select.query((list(ids), matter, user, contact)).host()?;
            let mut found = vec![None; ids.len()];
            while let Some(row) = rows.next().host()? {
                let place = usize::try_from(row.get::<_, i64>(DOCUMENT_COLUMNS).host()?).unwrap_or(usize::MAX);
                if let Some(slot) = found.get_mut(place) {
                    *slot = Some(document_row(&row, options).host()?);
                }
            }
            Ok(found)
        }
    }
}

pub(super) fn update_documents(tx: &SqliteTx, matter: &MatterId, changes: &[DocumentChange]) -> Result<(), HostError> {
    for change in changes {
        let Attrs(mut attributes) = tx
            .conn()
            .prepare_cached("SELECT attributes FROM documents WHERE id = ?1 AND matter = ?2 AND deleted_at IS NULL")
            .and_then(|mut found| found.query_row((&change.document, matter), |row| row.get(0)).optional())
            .host()?
            .ok_or_else(|| not_found("a document to change"))?;
        attributes.retain(|(key, _)| !change.attributes.iter().any(|(new, _)| new == key));
        attributes.extend(change.attributes.iter().cloned());
        tx.conn()
            .prepare_cached(
                "UPDATE documents SET kind = coalesce(:kind, kind), created_by = coalesce(:created_by, created_by),
                                      attributes = :attributes
                 WHERE id = :id",
            )
            .and_then(|mut update| {
                update.execute(named_params! {
                    ":kind": change.kind,
                    ":created_by": change.created_by,
                    ":attributes": AttrsRef(&attributes),
                    ":id": change.document,
                })
            })
            .host()?;
    }
    Ok(())
}
