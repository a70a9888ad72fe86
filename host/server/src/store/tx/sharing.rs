//! Client Connect's own records: grants, shares, watchers, revisions.

use client_connect_runtime::types::{
    AccessGrant, ContactId, DocumentId, GrantedMatter, HostError, MatterId, Receipt, Section, ShareState, SharedCount,
    SharedDocument, Watcher,
};

use super::platform::matter_row;
use crate::store::{
    SqliteTx,
    driver::{self, OptionalExtension, Row, params},
    sql::{Attrs, AttrsRef, Host, at, list, ms, not_found},
};

macro_rules! grant {
    () => {
        "contact, portal, can_download, since, until, attributes"
    };
}

macro_rules! share {
    () => {
        "document, contact, state, since, seen_version, seen_at, seen_downloaded, seen_attributes, attributes"
    };
}

/// The columns of `share!`, so many.
pub(crate) const SHARE_COLUMNS: usize = 9;

/// The shares in one matter, `?1`, of the documents in the list `?2`, by document and contact.
const SHARE: &str = concat!(
    "SELECT ",
    share!(),
    " FROM shares WHERE matter = ?1 AND document IN (SELECT value FROM json_each(?2)) ORDER BY document, contact"
);

/// All shares in the matter `?1`.
pub(crate) const SHARES_OF_MATTER: &str = concat!("SELECT ", share!(), " FROM shares WHERE matter = ?1");

/// The same as [`SHARE`], only with the contacts in the list `?3`.
const SHARE_OF: &str = concat!(
    "SELECT ",
    share!(),
    " FROM shares WHERE matter = ?1 AND document IN (SELECT value FROM json_each(?2))
        AND contact IN (SELECT value FROM json_each(?3)) ORDER BY document, contact"
);

fn grant_row(row: &Row<'_>) -> driver::Result<AccessGrant> {
    Ok(AccessGrant {
        contact: row.get(0)?,
        portal: row.get(1)?,
        can_download: row.get(2)?,
        since: at(row.get(3)?),
        until: row.get::<_, Option<i64>>(4)?.map(at),
        attributes: row.get::<_, Attrs>(5)?.0,
    })
}

/// A share, from the columns of `share!`.
pub(crate) fn share_row(row: &Row<'_>) -> driver::Result<SharedDocument> {
    share_at(row, 0)
}

/// A share, from the columns of `share!` that begin here.
pub(crate) fn share_at(row: &Row<'_>, first: usize) -> driver::Result<SharedDocument> {
    let seen = match row.get::<_, Option<u32>>(first + 4)? {
        Some(version) => Some(Receipt {
            version,
            at: at(row.get(first + 5)?),
            downloaded: row.get(first + 6)?,
            attributes: row.get::<_, Option<Attrs>>(first + 7)?.map(|Attrs(list)| list).unwrap_or_default(),
        }),
        None => None,
    };
    Ok(SharedDocument {
        document: row.get(first)?,
        contact: row.get(first + 1)?,
        state: state_from(row.get_ref(first + 2)?.as_str()?),
        since: at(row.get(first + 3)?),
        seen,
        attributes: row.get::<_, Attrs>(first + 8)?.0,
    })
}

fn state_from(word: &str) -> ShareState {
    match word {
        "live" => ShareState::Live,
        "unshared" => ShareState::Unshared,
        "lapsed" => ShareState::Lapsed,
        // The plugin's own words are marked, so that none of them can pass for one of the three.
        other => ShareState::Other(other.strip_prefix("other:").unwrap_or(other).to_owned()),
    }
}

/// The word that a state is kept as.
pub(crate) fn state_word(state: &ShareState) -> std::borrow::Cow<'_, str> {
    match state {
        ShareState::Live => "live".into(),
        ShareState::Unshared => "unshared".into(),
        ShareState::Lapsed => "lapsed".into(),
        ShareState::Other(word) => ["other:", word].concat().into(),
    }
}

pub(crate) fn grants(
    tx: &SqliteTx,
    matter: &MatterId,
    contacts: Option<&[ContactId]>,
) -> Result<Vec<AccessGrant>, HostError> {
    let conn = tx.conn();
    match contacts {
        Some([one]) => conn
            .prepare_cached(concat!("SELECT ", grant!(), " FROM grants WHERE matter = ?1 AND contact = ?2"))
            .and_then(|mut found| found.query_map((matter, one), grant_row)?.collect()),
        Some(contacts) => conn
            .prepare_cached(concat!(
                "SELECT ",
                grant!(),
                " FROM grants WHERE matter = ?1 AND contact IN (SELECT value FROM json_each(?2)) ORDER BY contact"
            ))
            .and_then(|mut found| found.query_map((matter, list(contacts)), grant_row)?.collect()),
        None => conn
            .prepare_cached(concat!("SELECT ", grant!(), " FROM grants WHERE matter = ?1 ORDER BY contact"))
            .and_then(|mut found| found.query_map([matter], grant_row)?.collect()),
    }
    .host()
}

pub(super) fn put_grants(tx: &SqliteTx, matter: &MatterId, grants: &[AccessGrant]) -> Result<(), HostError> {
    let mut put = tx
        .conn()
        .prepare_cached(
            "INSERT INTO grants (matter, contact, portal, can_download, since, until, attributes)
             SELECT l.matter, l.contact, ?3, ?4, ?5, ?6, ?7 FROM links l JOIN contacts c ON c.id = l.contact AND c.deleted_at IS NULL
             WHERE l.matter = ?1 AND l.contact = ?2
             ON CONFLICT (matter, contact) DO UPDATE SET portal = excluded.portal, can_download = excluded.can_download,
                 since = excluded.since, until = excluded.until, attributes = excluded.attributes",
        )
        .host()?;
    for grant in grants {
        let rows = put
            .execute(params![
                matter,
                grant.contact,
                grant.portal,
                grant.can_download,
                ms(grant.since),
                grant.until.map(ms),
                AttrsRef(&grant.attributes),
            ])
            .host()?;
        if rows == 0 {
            return Err(not_found("a contact who is linked to the matter"));
        }
    }
    Ok(())
}

pub(super) fn granted_matters(tx: &SqliteTx, contact: &ContactId) -> Result<Vec<GrantedMatter>, HostError> {
    let options = tx.options();
    tx.conn()
        .prepare_cached(
            "SELECT m.id, m.name, m.owner, m.opened_at, m.closed_at, m.discreet, m.attributes,
                    f.name, f.enabled, f.fallback_user, f.when_closed, f.mail_hold, f.attributes,
                    g.can_download, g.since, g.until, g.attributes
             FROM grants g JOIN links l ON l.matter = g.matter AND l.contact = g.contact
             JOIN contacts c ON c.id = g.contact AND c.deleted_at IS NULL
             JOIN matters m ON m.id = g.matter AND m.deleted_at IS NULL JOIN firms f ON f.id = m.firm
             WHERE g.contact = ?1 AND g.portal = 1 ORDER BY g.matter",
        )
        .and_then(|mut found| {
            found
                .query_map([contact], |row| {
                    Ok(GrantedMatter {
                        matter: matter_row(row, options)?,
                        grant: AccessGrant {
                            contact: contact.clone(),
                            portal: true,
                            can_download: row.get(13)?,
                            since: at(row.get(14)?),
                            until: row.get::<_, Option<i64>>(15)?.map(at),
                            attributes: row.get::<_, Attrs>(16)?.0,
                        },
                    })
                })?
                .collect()
        })
        .host()
}

pub(super) fn shared(
    tx: &SqliteTx,
    matter: &MatterId,
    documents: &[DocumentId],
    contacts: Option<&[ContactId]>,
) -> Result<Vec<SharedDocument>, HostError> {
    let conn = tx.conn();
    match (documents, contacts) {
        ([], _) | (_, Some([])) => return Ok(Vec::new()),
        ([document], Some([contact])) => conn
            .prepare_cached(concat!(
                "SELECT ",
                share!(),
                " FROM shares WHERE matter = ?1 AND document = ?2 AND contact = ?3"
            ))
            .and_then(|mut found| found.query_map((matter, document, contact), share_row)?.collect()),
        (documents, None) => conn
            .prepare_cached(SHARE)
            .and_then(|mut found| found.query_map((matter, list(documents)), share_row)?.collect()),
        (documents, Some(contacts)) => conn
            .prepare_cached(SHARE_OF)
            .and_then(|mut found| found.query_map((matter, list(documents), list(contacts)), share_row)?.collect()),
    }
    .host()
}

pub(super) fn put_shared(tx: &SqliteTx, matter: &MatterId, shared: &[SharedDocument]) -> Result<(), HostError> {
    let mut put = tx
        .conn()
        .prepare_cached(
            "INSERT INTO shares (matter, document, contact, state, since, seen_version, seen_at, seen_downloaded, seen_attributes,
                                 attributes, visible, offered, own, name_key, activity_at, created_at)
             SELECT ?1, d.id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                    CASE WHEN ?4 = 'live' AND d.matter = ?1 AND d.deleted_at IS NULL THEN 1 ELSE 0 END,
                    CASE WHEN ?4 = 'lapsed' AND d.matter = ?1 AND d.deleted_at IS NULL THEN 1 ELSE 0 END,
                    CASE WHEN d.uploader = ?3 THEN 1 ELSE 0 END, d.name_key, d.activity_at, d.created_at
             FROM documents d WHERE d.id = ?2
             ON CONFLICT (matter, document, contact) DO UPDATE SET
                 state = excluded.state, since = excluded.since, seen_version = excluded.seen_version, seen_at = excluded.seen_at,
                 seen_downloaded = excluded.seen_downloaded, seen_attributes = excluded.seen_attributes,
                 attributes = excluded.attributes, visible = excluded.visible, offered = excluded.offered",
        )
        .host()?;
    for share in shared {
        let seen = share.seen.as_ref();
        let rows = put
            .execute(params![
                matter,
                share.document,
                share.contact,
                state_word(&share.state),
                ms(share.since),
                seen.map(|receipt| receipt.version),
                seen.map(|receipt| ms(receipt.at)),
                seen.map(|receipt| receipt.downloaded),
                seen.map(|receipt| AttrsRef(&receipt.attributes)),
                AttrsRef(&share.attributes),
            ])
            .host()?;
        if rows == 0 {
            return Err(not_found("a document to share"));
        }
    }
    Ok(())
}

pub(super) fn count_shared(
    tx: &SqliteTx,
    matter: &MatterId,
    contacts: Option<&[ContactId]>,
) -> Result<Vec<SharedCount>, HostError> {
    let count = |row: &Row<'_>| Ok(SharedCount { contact: row.get(0)?, shared: row.get(1)?, uploaded: row.get(2)? });
    match contacts {
        Some(contacts) => tx
            .conn()
            .prepare_cached(
                "SELECT contact, shared, uploaded FROM share_counts
                 WHERE matter = ?1 AND contact IN (SELECT value FROM json_each(?2)) AND shared + uploaded > 0 ORDER BY contact",
            )
            .and_then(|mut found| found.query_map((matter, list(contacts)), count)?.collect()),
        None => tx
            .conn()
            .prepare_cached(
                "SELECT contact, shared, uploaded FROM share_counts WHERE matter = ?1 AND shared + uploaded > 0 ORDER BY contact",
            )
            .and_then(|mut found| found.query_map([matter], count)?.collect()),
    }
    .host()
}

pub(super) fn forget_contacts(tx: &SqliteTx, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError> {
    let mut shares = tx.conn().prepare_cached("DELETE FROM shares WHERE matter = ?1 AND contact = ?2").host()?;
    let mut grants = tx.conn().prepare_cached("DELETE FROM grants WHERE matter = ?1 AND contact = ?2").host()?;
    for contact in contacts {
        shares.execute((matter, contact)).host()?;
        grants.execute((matter, contact)).host()?;
    }
    Ok(())
}

pub(crate) fn watchers(tx: &SqliteTx, matter: &MatterId) -> Result<Vec<Watcher>, HostError> {
    tx.conn()
        .prepare_cached("SELECT user, in_app, email, attributes FROM watchers WHERE matter = ?1 ORDER BY user")
        .and_then(|mut found| {
            found
                .query_map([matter], |row| {
                    Ok(Watcher {
                        user: row.get(0)?,
                        in_app: row.get(1)?,
                        email: row.get(2)?,
                        attributes: row.get::<_, Attrs>(3)?.0,
                    })
                })?
                .collect()
        })
        .host()
}

pub(super) fn set_watchers(tx: &SqliteTx, matter: &MatterId, watchers: &[Watcher]) -> Result<(), HostError> {
    let conn = tx.conn();
    conn.prepare_cached("DELETE FROM watchers WHERE matter = ?1")
        .and_then(|mut delete| delete.execute([matter]))
        .host()?;
    let mut insert = conn
        .prepare_cached(
            "INSERT INTO watchers (matter, user, in_app, email, attributes) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (matter, user) DO UPDATE SET in_app = excluded.in_app, email = excluded.email,
                 attributes = excluded.attributes",
        )
        .host()?;
    for watcher in watchers {
        insert.execute((matter, &watcher.user, watcher.in_app, watcher.email, AttrsRef(&watcher.attributes))).host()?;
    }
    Ok(())
}

fn section_word(section: Section) -> &'static str {
    match section {
        Section::Access => "access",
        Section::Sharing => "sharing",
        Section::Notifications => "notifications",
    }
}

pub(super) fn revision(tx: &SqliteTx, matter: &MatterId, section: Section) -> Result<u32, HostError> {
    tx.conn()
        .prepare_cached("SELECT revision FROM revisions WHERE matter = ?1 AND section = ?2")
        .and_then(|mut found| found.query_row((matter, section_word(section)), |row| row.get(0)).optional())
        .host()
        .map(Option::unwrap_or_default)
}

pub(super) fn raise_revision(
    tx: &SqliteTx,
    matter: &MatterId,
    section: Section,
    current: u32,
) -> Result<u32, HostError> {
    if revision(tx, matter, section)? != current {
        return Err(HostError::Conflict("the section was saved meanwhile".into()));
    }
    let next = current.checked_add(1).ok_or_else(|| HostError::LimitExceeded("the section's revision".into()))?;
    tx.conn()
        .prepare_cached(
            "INSERT INTO revisions (matter, section, revision) VALUES (?1, ?2, ?3)
             ON CONFLICT (matter, section) DO UPDATE SET revision = excluded.revision",
        )
        .and_then(|mut put| put.execute((matter, section_word(section), next)))
        .host()?;
    Ok(next)
}
