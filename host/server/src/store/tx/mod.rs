//! The contract's storage over SQLite: what the plugin asks, one file for each area.

mod notices;
mod platform;
mod sharing;

use client_connect_runtime::{
    backend::{CallRecord, CommitError, Effect, Remembered, Tx, Viewer},
    types::{
        AccessGrant, AuditEntry, Contact, ContactId, Document, DocumentChange, DocumentFilter, DocumentId,
        DocumentPage, GrantedMatter, HostError, Matter, MatterId, Member, Notice, Page, Section, SharedCount,
        SharedDocument, UserId, Watcher,
    },
};

pub(crate) use platform::HELD;
pub(super) use platform::{DOCUMENT_COLUMNS, WITH_SHARE, WITH_SHARES, WITH_SHARES_OF, document_row, eyes};
pub(super) use sharing::{SHARE_COLUMNS, SHARES_OF_MATTER, grants, share_at, share_row, state_word, watchers};

use super::{SqliteTx, audit, pages, taken::Taken};

impl Tx for SqliteTx {
    fn commit(self) -> Result<(), CommitError> {
        Self::commit(self)
    }

    fn matter(&mut self, viewer: &Viewer, id: &MatterId) -> Result<Option<Matter>, HostError> {
        platform::matter(self, viewer, id)
    }

    fn members(&mut self, matter: &MatterId, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> {
        platform::members(self, matter, ids)
    }

    fn contacts(&mut self, matter: &MatterId, ids: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError> {
        platform::contacts(self, matter, ids)
    }

    fn same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> {
        platform::same_address(self, contacts)
    }

    fn documents(
        &mut self,
        viewer: &Viewer,
        matter: &MatterId,
        ids: &[DocumentId],
    ) -> Result<Vec<Option<Document>>, HostError> {
        platform::documents(self, viewer, matter, ids)
    }

    fn find_documents(
        &mut self,
        viewer: &Viewer,
        matter: &MatterId,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError> {
        pages::find(self, viewer, matter, filter, page)
    }

    fn update_documents(&mut self, matter: &MatterId, changes: &[DocumentChange]) -> Result<(), HostError> {
        platform::update_documents(self, matter, changes)
    }

    fn grants(&mut self, matter: &MatterId, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError> {
        sharing::grants(self, matter, contacts)
    }

    fn put_grants(&mut self, matter: &MatterId, grants: &[AccessGrant]) -> Result<(), HostError> {
        sharing::put_grants(self, matter, grants)
    }

    fn granted_matters(&mut self, contact: &ContactId) -> Result<Vec<GrantedMatter>, HostError> {
        sharing::granted_matters(self, contact)
    }

    fn shared(
        &mut self,
        matter: &MatterId,
        documents: &[DocumentId],
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedDocument>, HostError> {
        sharing::shared(self, matter, documents, contacts)
    }

    fn put_shared(&mut self, matter: &MatterId, shared: &[SharedDocument]) -> Result<(), HostError> {
        sharing::put_shared(self, matter, shared)
    }

    fn count_shared(
        &mut self,
        matter: &MatterId,
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedCount>, HostError> {
        sharing::count_shared(self, matter, contacts)
    }

    fn forget_contacts(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError> {
        sharing::forget_contacts(self, matter, contacts)
    }

    fn watchers(&mut self, matter: &MatterId) -> Result<Vec<Watcher>, HostError> {
        sharing::watchers(self, matter)
    }

    fn set_watchers(&mut self, matter: &MatterId, watchers: &[Watcher]) -> Result<(), HostError> {
        sharing::set_watchers(self, matter, watchers)
    }

    fn revision(&mut self, matter: &MatterId, section: Section) -> Result<u32, HostError> {
        sharing::revision(self, matter, section)
    }

    fn raise_revision(&mut self, matter: &MatterId, section: Section, current: u32) -> Result<u32, HostError> {
        sharing::raise_revision(self, matter, section, current)
    }

    fn enqueue(&mut self, call: &CallRecord, notices: &[Notice]) -> Result<(), HostError> {
        notices::enqueue(self, call, notices)
    }

    fn record(&mut self, call: &CallRecord, effects: &[Effect], entries: &[AuditEntry]) -> Result<(), HostError> {
        if let Some(matter) = &call.matter {
            effects.iter().filter_map(|effect| Taken::by(matter, effect)).for_each(|taken| self.takes(taken));
        }
        audit::record(self, call, effects, entries)
    }

    fn remembered(&mut self, key: &str) -> Result<Option<Remembered>, HostError> {
        notices::remembered(self, key)
    }

    fn remember(&mut self, key: &str, remembered: &Remembered) -> Result<(), HostError> {
        notices::remember(self, key, remembered)
    }
}
