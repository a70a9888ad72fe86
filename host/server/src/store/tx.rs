//! Placeholder until the store is written.
#![allow(unused_variables, clippy::todo)]
use client_connect_runtime::{backend::*, types::*};
use super::{SqliteBackend, SqliteTx};
impl Backend for SqliteBackend { type Tx = SqliteTx; fn begin(&self, mode: Mode, now: Timestamp) -> Result<SqliteTx, HostError> { self.begin_own(mode, now) } }
impl Tx for SqliteTx {
    fn commit(self) -> Result<(), CommitError> { todo!() }
    fn matter(&mut self, viewer: &Viewer, id: &MatterId) -> Result<Option<Matter>, HostError> { todo!() }
    fn members(&mut self, matter: &MatterId, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> { todo!() }
    fn contacts(&mut self, matter: &MatterId, ids: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError> { todo!() }
    fn same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> { todo!() }
    fn documents(&mut self, viewer: &Viewer, matter: &MatterId, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, HostError> { todo!() }
    fn find_documents(&mut self, viewer: &Viewer, matter: &MatterId, filter: &DocumentFilter, page: &Page) -> Result<DocumentPage, HostError> { todo!() }
    fn update_documents(&mut self, matter: &MatterId, changes: &[DocumentChange]) -> Result<(), HostError> { todo!() }
    fn grants(&mut self, matter: &MatterId, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError> { todo!() }
    fn put_grants(&mut self, matter: &MatterId, grants: &[AccessGrant]) -> Result<(), HostError> { todo!() }
    fn granted_matters(&mut self, contact: &ContactId) -> Result<Vec<GrantedMatter>, HostError> { todo!() }
    fn shared(&mut self, matter: &MatterId, documents: &[DocumentId], contacts: Option<&[ContactId]>) -> Result<Vec<SharedDocument>, HostError> { todo!() }
    fn put_shared(&mut self, matter: &MatterId, shared: &[SharedDocument]) -> Result<(), HostError> { todo!() }
    fn count_shared(&mut self, matter: &MatterId, contacts: Option<&[ContactId]>) -> Result<Vec<SharedCount>, HostError> { todo!() }
    fn forget_contacts(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError> { todo!() }
    fn watchers(&mut self, matter: &MatterId) -> Result<Vec<Watcher>, HostError> { todo!() }
    fn set_watchers(&mut self, matter: &MatterId, watchers: &[Watcher]) -> Result<(), HostError> { todo!() }
    fn revision(&mut self, matter: &MatterId, section: Section) -> Result<u32, HostError> { todo!() }
    fn raise_revision(&mut self, matter: &MatterId, section: Section, current: u32) -> Result<u32, HostError> { todo!() }
    fn enqueue(&mut self, call: &CallRecord, notices: &[Notice]) -> Result<(), HostError> { todo!() }
    fn record(&mut self, call: &CallRecord, effects: &[Effect], entries: &[AuditEntry]) -> Result<(), HostError> { todo!() }
    fn remembered(&mut self, key: &str) -> Result<Option<Remembered>, HostError> { todo!() }
    fn remember(&mut self, key: &str, remembered: &Remembered) -> Result<(), HostError> { todo!() }
}
