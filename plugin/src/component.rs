//! The component: the rules bound to the contract's imports and exports. Nothing is decided here.

#[cfg(not(planted))]
use crate::contract::client_connect::plugin::storage;
#[cfg(planted)]
use crate::planted::storage;
use crate::{
    contract::{
        client_connect::plugin::{audit, logging, mail},
        exports::client_connect::plugin as exported,
    },
    host::Host,
    types::*,
};

struct Imports;

impl Host for Imports {
    fn get_matter(&mut self, id: &str) -> Result<Matter, HostError> {
        storage::get_matter(id)
    }
    fn get_users(&mut self, matter: &str, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> {
        storage::get_users(matter, ids)
    }
    fn list_contacts(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError> {
        storage::list_contacts(matter, contacts)
    }
    fn get_same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> {
        storage::get_same_address(contacts)
    }
    fn get_documents(&mut self, matter: &str, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, HostError> {
        storage::get_documents(matter, ids)
    }
    fn find_documents(
        &mut self,
        matter: &str,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError> {
        storage::find_documents(matter, filter, page)
    }
    fn update_documents(&mut self, matter: &str, changes: &[DocumentChange]) -> Result<(), HostError> {
        storage::update_documents(matter, changes)
    }
    fn list_grants(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError> {
        storage::list_grants(matter, contacts)
    }
    fn put_grants(&mut self, matter: &str, grants: &[AccessGrant]) -> Result<(), HostError> {
        storage::put_grants(matter, grants)
    }
    fn list_granted_matters(&mut self, contact: &str) -> Result<Vec<GrantedMatter>, HostError> {
        storage::list_granted_matters(contact)
    }
    fn list_shared(
        &mut self,
        matter: &str,
        documents: &[DocumentId],
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedDocument>, HostError> {
        storage::list_shared(matter, documents, contacts)
    }
    fn put_shared(&mut self, matter: &str, shared: &[SharedDocument]) -> Result<(), HostError> {
        storage::put_shared(matter, shared)
    }
    fn count_shared(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<SharedCount>, HostError> {
        storage::count_shared(matter, contacts)
    }
    fn forget_contacts(&mut self, matter: &str, contacts: &[ContactId]) -> Result<(), HostError> {
        storage::forget_contacts(matter, contacts)
    }
    fn list_watchers(&mut self, matter: &str) -> Result<Vec<Watcher>, HostError> {
        storage::list_watchers(matter)
    }
    fn set_watchers(&mut self, matter: &str, watchers: &[Watcher]) -> Result<(), HostError> {
        storage::set_watchers(matter, watchers)
    }
    fn get_revision(&mut self, matter: &str, section: Section) -> Result<u32, HostError> {
        storage::get_revision(matter, section)
    }
    fn raise_revision(&mut self, matter: &str, section: Section, current: u32) -> Result<u32, HostError> {
        storage::raise_revision(matter, section, current)
    }
    fn enqueue(&mut self, notices: &[Notice]) -> Result<(), HostError> {
        mail::enqueue(notices)
    }
    fn append(&mut self, entries: &[Entry]) -> Result<(), HostError> {
        audit::append(entries)
    }
    fn log(&mut self, level: Level, message: &str) {
        logging::log(level, message);
    }
}

struct Component;

impl exported::about::Guest for Component {
    fn describe() -> Description {
        crate::describe()
    }
}

impl exported::access::Guest for Component {
    fn view(ctx: CallContext, matter: MatterId) -> Result<AccessSection, Refusal> {
        crate::access::view(&mut Imports, &ctx, &matter)
    }
    fn grant(
        ctx: CallContext,
        matter: MatterId,
        revision: u32,
        changes: Vec<AccessChange>,
    ) -> Result<Granted, Refusal> {
        crate::access::grant(&mut Imports, &ctx, &matter, revision, changes)
    }
}

impl exported::sharing::Guest for Component {
    fn view(ctx: CallContext, matter: MatterId) -> Result<SharingSection, Refusal> {
        crate::sharing::view(&mut Imports, &ctx, &matter)
    }
    fn documents(
        ctx: CallContext,
        matter: MatterId,
        filter: DocumentFilter,
        page: Page,
    ) -> Result<DocumentPage, Refusal> {
        crate::sharing::documents(&mut Imports, &ctx, &matter, filter, &page)
    }
    fn share(
        ctx: CallContext,
        matter: MatterId,
        revision: u32,
        contacts: Vec<ContactId>,
        documents: Vec<DocumentId>,
    ) -> Result<Saved, Refusal> {
        crate::sharing::share(&mut Imports, &ctx, &matter, revision, &contacts, &documents)
    }
    fn unshare(
        ctx: CallContext,
        matter: MatterId,
        revision: u32,
        contacts: Vec<ContactId>,
        documents: Vec<DocumentId>,
    ) -> Result<Saved, Refusal> {
        crate::sharing::unshare(&mut Imports, &ctx, &matter, revision, &contacts, &documents)
    }
    fn save(
        ctx: CallContext,
        matter: MatterId,
        revision: u32,
        share: Vec<Pair>,
        unshare: Vec<Pair>,
    ) -> Result<Saved, Refusal> {
        crate::sharing::save(&mut Imports, &ctx, &matter, revision, &share, &unshare)
    }
}

impl exported::notifications::Guest for Component {
    fn view(ctx: CallContext, matter: MatterId) -> Result<NotificationsSection, Refusal> {
        crate::notifications::view(&mut Imports, &ctx, &matter)
    }
    fn set_watchers(
        ctx: CallContext,
        matter: MatterId,
        revision: u32,
        watchers: Vec<Watcher>,
    ) -> Result<NotificationsSection, Refusal> {
        crate::notifications::set_watchers(&mut Imports, &ctx, &matter, revision, watchers)
    }
}

impl exported::portal::Guest for Component {
    fn matters(ctx: CallContext) -> Result<Vec<MatterChoice>, Refusal> {
        crate::portal::matters(&mut Imports, &ctx)
    }
    fn view(ctx: CallContext, matter: MatterId) -> Result<PortalMatter, Refusal> {
        crate::portal::view(&mut Imports, &ctx, &matter)
    }
    fn documents(
        ctx: CallContext,
        matter: MatterId,
        search: Option<String>,
        sort: SortKey,
        descending: bool,
        page: Page,
    ) -> Result<PortalPage, Refusal> {
        crate::portal::documents(&mut Imports, &ctx, &matter, search, sort, descending, &page)
    }
    fn permit(
        ctx: CallContext,
        matter: MatterId,
        verb: Verb,
        documents: Vec<DocumentId>,
    ) -> Result<Vec<Document>, Refusal> {
        crate::portal::permit(&mut Imports, &ctx, &matter, verb, &documents)
    }
}

impl exported::events::Guest for Component {
    fn on_upload(ctx: CallContext, matter: MatterId, documents: Vec<DocumentId>) -> Result<Vec<Problem>, Refusal> {
        crate::events::on_upload(&mut Imports, &ctx, &matter, &documents)
    }
    fn on_document_deleted(ctx: CallContext, matter: MatterId, documents: Vec<DocumentId>) -> Result<(), Refusal> {
        crate::events::on_document_deleted(&mut Imports, &ctx, &matter, &documents)
    }
    fn on_contact_unlinked(ctx: CallContext, matter: MatterId, contact: ContactId) -> Result<(), Refusal> {
        crate::events::on_contact_unlinked(&mut Imports, &ctx, &matter, &contact)
    }
    fn on_contact_address_changed(ctx: CallContext, matter: MatterId, contact: ContactId) -> Result<(), Refusal> {
        crate::events::on_contact_address_changed(&mut Imports, &ctx, &matter, &contact)
    }
    fn on_matter_deleted(ctx: CallContext, matter: MatterId) -> Result<(), Refusal> {
        crate::events::on_matter_deleted(&mut Imports, &ctx, &matter)
    }
    fn on_matter_changed(ctx: CallContext, matter: MatterId, before: Matter) -> Result<(), Refusal> {
        crate::events::on_matter_changed(&mut Imports, &ctx, &matter, &before)
    }
    fn on_document_seen(ctx: CallContext, matter: MatterId, seen: Vec<SeenDocument>) -> Result<(), Refusal> {
        crate::events::on_document_seen(&mut Imports, &ctx, &matter, seen)
    }
}

impl exported::letters::Guest for Component {
    fn compose(ctx: CallContext, notices: Vec<Notice>) -> Result<Option<Letter>, Refusal> {
        crate::letters::compose(&mut Imports, &ctx, notices)
    }
}

mod symbols {
    #![allow(unsafe_code, unreachable_pub, reason = "generated")]
    use super::Component;
    crate::contract::export!(Component with_types_in crate::contract);
}
