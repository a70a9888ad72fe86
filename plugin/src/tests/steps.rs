//! The steps that many tests take.

use crate::{
    access, events, portal, sharing,
    testing::{M, World, ids},
    types::*,
};

/// A row of the Access section's Save.
pub(super) fn change(contact: &str, portal: bool, can_download: bool) -> AccessChange {
    AccessChange { contact: contact.into(), portal, can_download, until: None, attributes: Vec::new() }
}

/// Saves the Access section as `sharer`, at its current revision.
pub(super) fn grant(world: &mut World, changes: Vec<AccessChange>) -> Result<Granted, Refusal> {
    let revision = world.revision(Section::Access);
    world.user("sharer", |host, ctx| access::grant(host, ctx, M, revision, changes))
}

/// Opens the portal to these contacts, without the right to download; what it told and wrote is forgotten.
pub(super) fn open(world: &mut World, contacts: &[&str]) {
    let changes = contacts.iter().map(|contact| change(contact, true, false)).collect();
    grant(world, changes).unwrap();
    world.told();
    world.audited();
}

/// Saves the Sharing section as `sharer`, at its current revision.
pub(super) fn save(world: &mut World, share: &[Pair], unshare: &[Pair]) -> Result<Saved, Refusal> {
    let revision = world.revision(Section::Sharing);
    world.user("sharer", |host, ctx| sharing::save(host, ctx, M, revision, share, unshare))
}

/// A page of everything.
pub(super) fn page() -> Page {
    Page { after: None, limit: 200 }
}

/// What a contact sees, as ids in the order of names.
pub(super) fn seen_by(world: &mut World, contact: &str) -> Result<Vec<String>, Refusal> {
    let list =
        world.customer(contact, |host, ctx| portal::documents(host, ctx, M, None, SortKey::Name, false, &page()))?;
    assert_eq!(list.total as usize, list.rows.len());
    Ok(list.rows.into_iter().map(|row| row.document).collect())
}

/// Which of the documents a contact may have.
pub(super) fn permitted(
    world: &mut World,
    contact: &str,
    verb: Verb,
    documents: &[&str],
) -> Result<Vec<String>, Refusal> {
    let answer = world.customer(contact, |host, ctx| portal::permit(host, ctx, M, verb, &ids(documents)))?;
    Ok(answer.into_iter().map(|document| document.id).collect())
}

/// A document that a contact has sent, before it was reported.
pub(super) fn stored_upload(world: &mut World, contact: &str, id: &str) {
    world.add_document(M, id, DocumentSource::Portal(contact.into()));
}

/// A finished upload.
pub(super) fn upload(world: &mut World, contact: &str, id: &str) -> Result<Vec<Problem>, Refusal> {
    stored_upload(world, contact, id);
    let answer = world.customer(contact, |host, ctx| events::on_upload(host, ctx, M, &ids(&[id])));
    if answer.is_err() {
        world.documents.remove(id);
    }
    answer
}

/// A list of the Sharing section, as ids in the order of names.
pub(super) fn lane(
    world: &mut World,
    lane: Lane,
    contacts: &[&str],
    search: Option<&str>,
) -> Result<Vec<String>, Refusal> {
    let filter = DocumentFilter {
        contacts: ids(contacts),
        lane,
        search: search.map(str::to_owned),
        same_content_as: None,
        sort: SortKey::Name,
        descending: false,
        attributes: Vec::new(),
    };
    let list = world.user("sharer", |host, ctx| sharing::documents(host, ctx, M, filter, &page()))?;
    Ok(list.rows.into_iter().map(|row| row.document.id).collect())
}

/// The row of a contact in the Access section.
pub(super) fn access_row(world: &mut World, contact: &str) -> Option<AccessRow> {
    let section = world.user("sharer", |host, ctx| access::view(host, ctx, M)).unwrap();
    section.rows.into_iter().find(|row| row.contact.id == contact)
}

/// Takes a document from the matter and reports it.
pub(super) fn delete(world: &mut World, id: &str) {
    world.document(id).deleted = true;
    world.host(|host, ctx| events::on_document_deleted(host, ctx, M, &ids(&[id]))).unwrap();
}
