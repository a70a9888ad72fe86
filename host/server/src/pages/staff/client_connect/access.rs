//! The Access section: who may enter the portal, and whether they have found their way.

use std::collections::BTreeMap;

use client_connect_pages::staff::client_connect::{Access, AccessRow};
use client_connect_runtime::{exports::access, types as contract};

use super::{health::Healths, *};
use crate::store::contacts;

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
) -> Result<Response, Failed> {
    show(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let section = unit.call(&caller(staff), &access::View { matter: matter.clone() })?;
        let rows = rows(unit, staff, &head, section.rows)?;
        let notes = section.notes.into_iter().filter(|note| note.code != "no-contacts");
        Ok(Access {
            frame,
            matter: head,
            staging: staging(unit, staff, section.revision)?,
            rows,
            notes: notes.map(|note| note.message).collect(),
        })
    })
    .await
}

/// The section's rows as its page shows them, by name.
pub(super) fn rows(
    unit: &mut Unit<'_, SqliteTx>,
    staff: &Staff,
    head: &MatterHead,
    rows: Vec<contract::AccessRow>,
) -> Result<Vec<AccessRow>, Problem> {
    let now = unit.now();
    let mut healths = Healths::read(unit.tx(), staff, head)?;
    let mut found: BTreeMap<String, contract::AccessRow> =
        rows.into_iter().map(|row| (row.contact.id.clone(), row)).collect();
    let mut sorted = Vec::with_capacity(found.len());
    for (contact, role) in contacts::linked(unit.tx(), &head.id)? {
        let Some(row) = found.remove(&contact.id) else { continue };
        let grant = row.grant.as_ref();
        let open = grant.is_some_and(|grant| grant.portal && grant.until.is_none_or(|until| now < until));
        sorted.push(AccessRow {
            open,
            known: grant.is_some(),
            can_download: grant.is_some_and(|grant| grant.can_download),
            until: grant.and_then(|grant| grant.until),
            shared: row.shared,
            uploaded: row.uploaded,
            obstacles: row.obstacles.into_iter().map(|obstacle| obstacle.message).collect(),
            health: healths.of(unit.tx(), &contact.id, open)?,
            id: contact.id,
            name: contact.name,
            email: contact.email,
            role,
        });
    }
    Ok(sorted)
}
