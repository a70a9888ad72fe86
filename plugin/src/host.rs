//! What the rules ask of a host: the contract's imports as a trait, so that the same rules run over the real
//! imports, over a fake in the tests, and over a backend in the benchmarks.

use crate::types::*;

/// The imports of the contract, one to one; `wit/storage.wit`, `wit/mail.wit` and `wit/audit.wit` say what
/// each answers and when it fails.
#[allow(clippy::missing_errors_doc, reason = "every method fails as its function in the contract does")]
pub trait Host {
    /// `storage.get-matter`
    fn get_matter(&mut self, id: &str) -> Result<Matter, HostError>;
    /// `storage.get-users`
    fn get_users(&mut self, matter: &str, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError>;
    /// `storage.list-contacts`
    fn list_contacts(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError>;
    /// `storage.get-same-address`
    fn get_same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError>;
    /// `storage.get-documents`
    fn get_documents(&mut self, matter: &str, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, HostError>;
    /// `storage.find-documents`
    fn find_documents(&mut self, matter: &str, filter: &DocumentFilter, page: &Page)
    -> Result<DocumentPage, HostError>;
    /// `storage.update-documents`
    fn update_documents(&mut self, matter: &str, changes: &[DocumentChange]) -> Result<(), HostError>;
    /// `storage.list-grants`
    fn list_grants(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError>;
    /// `storage.put-grants`
    fn put_grants(&mut self, matter: &str, grants: &[AccessGrant]) -> Result<(), HostError>;
    /// `storage.list-granted-matters`
    fn list_granted_matters(&mut self, contact: &str) -> Result<Vec<GrantedMatter>, HostError>;
    /// `storage.list-shared`
    fn list_shared(
        &mut self,
        matter: &str,
        documents: &[DocumentId],
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedDocument>, HostError>;
    /// `storage.put-shared`
    fn put_shared(&mut self, matter: &str, shared: &[SharedDocument]) -> Result<(), HostError>;
    /// `storage.count-shared`
    fn count_shared(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<SharedCount>, HostError>;
    /// `storage.forget-contacts`
    fn forget_contacts(&mut self, matter: &str, contacts: &[ContactId]) -> Result<(), HostError>;
    /// `storage.list-watchers`
    fn list_watchers(&mut self, matter: &str) -> Result<Vec<Watcher>, HostError>;
    /// `storage.set-watchers`
    fn set_watchers(&mut self, matter: &str, watchers: &[Watcher]) -> Result<(), HostError>;
    /// `storage.get-revision`
    fn get_revision(&mut self, matter: &str, section: Section) -> Result<u32, HostError>;
    /// `storage.raise-revision`
    fn raise_revision(&mut self, matter: &str, section: Section, current: u32) -> Result<u32, HostError>;
    /// `mail.enqueue`
    fn enqueue(&mut self, notices: &[Notice]) -> Result<(), HostError>;
    /// `audit.append`
    fn append(&mut self, entries: &[Entry]) -> Result<(), HostError>;
    /// `logging.log`
    fn log(&mut self, level: Level, message: &str);
}
