//! The Sharing section: which contact sees which document (SH2 to SH6, SH8 to SH13, SH22, SH26).

mod plan;
mod save;

use crate::{
    access, decide,
    host::Host,
    limits,
    refuse::{self, Answer, Fault, Much, settle},
    staff::{self, To},
    types::*,
};

pub use save::{save, share, unshare};

/// `sharing.view`: the contacts to choose from.
///
/// # Errors
/// As the contract says.
pub fn view<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Result<SharingSection, Refusal> {
    settle(ctx, look(host, ctx, matter))
}

fn look<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Answer<SharingSection> {
    let found = staff::enter(host, ctx, matter, To::Look)?;
    let revision = host.get_revision(matter, Section::Sharing)?;
    let (contacts, mut notes) = access::who_can_enter(host, ctx, &found)?;
    if contacts.is_empty() {
        notes.push(Fault::NobodyHasAccess);
    }
    if decide::has_ended(&found, ctx.now) {
        notes.push(Fault::MatterEnded);
    }
    Ok(SharingSection { revision, contacts, notes: refuse::problems(ctx, &notes), attributes: Vec::new() })
}

/// `sharing.documents`: one lane of the matter's documents, as this user may see them.
///
/// # Errors
/// As the contract says; a page that is too long is refused, not cut.
pub fn documents<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    filter: DocumentFilter,
    page: &Page,
) -> Result<DocumentPage, Refusal> {
    settle(ctx, list(host, ctx, matter, filter, page))
}

fn list<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    mut filter: DocumentFilter,
    page: &Page,
) -> Answer<DocumentPage> {
    let found = staff::enter(host, ctx, matter, To::Look)?;
    at_most_rows(page)?;
    filter.search = searched(filter.search);
    // In whatever order they were chosen, and however often: the list is the same, and so is its cursor.
    filter.contacts.sort_unstable();
    filter.contacts.dedup();
    refuse::at_most(limits::DOCUMENTS, filter.contacts.len(), Much::Contacts)?;
    if !filter.contacts.is_empty() {
        let linked = host.list_contacts(matter, Some(&filter.contacts))?;
        if linked.len() < filter.contacts.len() {
            let missing = filter.contacts.iter().filter(|id| linked.iter().all(|contact| contact.id != **id));
            refuse::unless(missing.map(|id| Fault::NotLinked { contact: id.clone() }).collect())?;
        }
    }
    if filter.lane == Lane::Lapsed {
        offers(host, ctx, &found, filter, page)
    } else {
        Ok(host.find_documents(matter, &filter, page)?)
    }
}

/// What came back, offered to those alone who have access now (SH26).
fn offers<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &Matter,
    mut filter: DocumentFilter,
    page: &Page,
) -> Answer<DocumentPage> {
    let (can_enter, _) = access::who_can_enter(host, ctx, matter)?;
    let chosen = std::mem::take(&mut filter.contacts);
    filter.contacts =
        can_enter.into_iter().map(|contact| contact.id).filter(|id| chosen.is_empty() || chosen.contains(id)).collect();
    if filter.contacts.is_empty() {
        return Ok(DocumentPage { rows: Vec::new(), next: None, total: 0, exact: true });
    }
    let mut found = host.find_documents(&matter.id, &filter, page)?;
    for row in &mut found.rows {
        row.shares.retain(|share| matches!(share.state, ShareState::Lapsed));
    }
    Ok(found)
}

/// A page takes up to 200 rows.
pub(crate) fn at_most_rows(page: &Page) -> Answer<()> {
    let (limit, given) = (limits::ROWS as usize, page.limit as usize);
    refuse::at_most(limit, given, Much::Rows)
}

/// Blanks alone are no search.
pub(crate) fn searched(search: Option<String>) -> Option<String> {
    search.map(|term| term.trim().to_owned()).filter(|term| !term.is_empty())
}
