//! What a host lends a plugin: the two traits that a platform implements to bring its own storage.
//!
//! A [`Tx`] answers and stores, and decides nothing: who may see or open what is the plugin's to say and the
//! runtime's floor's to prove, over any backend. The methods mirror `wit/storage.wit` one to one; the
//! differences are that here lists are borrowed, and that reads of matters and documents name the
//! [`Viewer`] for whom the rows must be filtered *in the query*, so that a page costs what the page holds.

use crate::types::{
    AccessGrant, AuditEntry, Contact, ContactId, Document, DocumentChange, DocumentFilter, DocumentId, DocumentPage,
    GrantedMatter, HostError, Matter, MatterId, Member, Notice, Page, Section, SharedCount, SharedDocument, Timestamp,
    UserId, Watcher,
};

/// Where the records live. Cheap to share; a call takes one transaction from it.
pub trait Backend: Send + Sync + 'static {
    /// One transaction: reads its own writes, and is undone unless it is committed.
    type Tx: Tx;

    /// Begins a transaction. May block, but for a bounded time: epochs do not fire inside a host call, so
    /// every backend call has a time limit of its own and answers `unavailable` when it is over.
    ///
    /// # Errors
    /// [`HostError::Unavailable`] if the store does not answer in time.
    fn begin(&self, mode: Mode, now: Timestamp) -> Result<Self::Tx, HostError>;
}

/// Whether a transaction may write. A backend may refuse writes in [`Mode::Read`]; the floor does it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A snapshot to read from.
    Read,
    /// Reads and writes, serialisable against every other [`Mode::Write`] transaction.
    Write,
}

/// For whom rows are read. What lies outside of it does not exist: it is neither answered nor counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// The platform itself: every matter that is there, every document in it.
    Host,
    /// Matters and documents that the platform does not keep from this user.
    User(UserId),
    /// Documents with a *live* share with this contact. Of shares, only this contact's.
    Contact(ContactId),
    /// A user who views as this contact: the narrower of both.
    UserAsContact(UserId, ContactId),
}

/// Why a commit did not happen. Nothing of the transaction is kept.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another transaction came first; the whole call may be tried again.
    #[error("another transaction came first")]
    Conflict,
    /// Anything else; the string is for the log.
    #[error("the commit failed: {0}")]
    Failed(String),
}

/// A call that changed something, as the audit keeps it. The host says all of it, the plugin nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// A fresh random id; ties the rows of one call together.
    pub id: String,
    /// As in [`crate::Caller::actor`].
    pub actor: crate::types::Actor,
    /// The runtime's clock at the start of the call.
    pub at: Timestamp,
    /// For instance `access.grant`.
    pub export: &'static str,
    /// The matter to which the call was bound; `None` for a call without one.
    pub matter: Option<MatterId>,
    /// SHA-256 of the component that ran, in hex.
    pub plugin: String,
    /// The request that caused the call, as the host names it.
    pub request: Option<String>,
}

/// A change to a grant, a share or the watchers, seen by the floor as it was made. Folding all effects in
/// order gives the grants and shares as they are: that is how `verify` proves the audit complete.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The grant's row is now this.
    Grant(AccessGrant),
    /// The share's row has now this state.
    Share(SharedDocument),
    /// All grants and shares of this contact in this matter are gone.
    Forgotten(ContactId),
    /// The matter's own list of watchers is now this.
    Watchers(Vec<Watcher>),
}

/// An answer kept under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// What was asked, as the host hashed it: another request under the same key is a mistake of its sender.
    pub request: [u8; 32],
    /// The answer, as the host wrote it.
    pub answer: Vec<u8>,
}

/// One transaction. Dropping it undoes it. All lists are answered by the rules of `storage.wit`: `Option`
/// lists answer what there is of those named (or all), by id; the others answer each, in the order asked.
#[expect(
    clippy::missing_errors_doc,
    reason = "every method fails with what `host-error` says, for the reasons it says"
)]
pub trait Tx: Send + 'static {
    /// Makes all of it durable, or nothing.
    fn commit(self) -> Result<(), CommitError>;

    /// The matter, unless it is deleted or kept from the viewer. A contact is shown the matters to which
    /// they are linked.
    fn matter(&mut self, viewer: &Viewer, id: &MatterId) -> Result<Option<Matter>, HostError>;
    /// Users of the matter's firm; one who may do nothing in this matter has both rights `false`.
    fn members(&mut self, matter: &MatterId, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError>;
    /// Contacts linked to the matter.
    fn contacts(&mut self, matter: &MatterId, ids: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError>;
    /// For each, the firm's other contacts with the same address, compared as a sign-in compares them.
    fn same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError>;
    /// `None` for a document that is deleted, of another matter, or kept from the viewer.
    fn documents(
        &mut self,
        viewer: &Viewer,
        matter: &MatterId,
        ids: &[DocumentId],
    ) -> Result<Vec<Option<Document>>, HostError>;
    /// The cost follows the page. Shares in the rows are those of the filter's contacts (of all, if it names
    /// none), and for a contact only their own.
    fn find_documents(
        &mut self,
        viewer: &Viewer,
        matter: &MatterId,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError>;
    /// What uploads become.
    fn update_documents(&mut self, matter: &MatterId, changes: &[DocumentChange]) -> Result<(), HostError>;

    /// The grants' rows, open or not.
    fn grants(&mut self, matter: &MatterId, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError>;
    /// Adds or replaces. `not-found` for a contact who is not linked to the matter.
    fn put_grants(&mut self, matter: &MatterId, grants: &[AccessGrant]) -> Result<(), HostError>;
    /// Matters that are there, to which the contact is linked, and where their grant says `portal`; by id.
    fn granted_matters(&mut self, contact: &ContactId) -> Result<Vec<GrantedMatter>, HostError>;
    /// The shares' rows, in any state, of these documents.
    fn shared(
        &mut self,
        matter: &MatterId,
        documents: &[DocumentId],
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedDocument>, HostError>;
    /// Adds or replaces.
    fn put_shared(&mut self, matter: &MatterId, shared: &[SharedDocument]) -> Result<(), HostError>;
    /// Live shares of documents that are in the matter. Must not cost more with more documents.
    fn count_shared(
        &mut self,
        matter: &MatterId,
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedCount>, HostError>;
    /// Deletes the grants and shares of these contacts, ended ones too.
    fn forget_contacts(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError>;
    /// The matter's own list of watchers.
    fn watchers(&mut self, matter: &MatterId) -> Result<Vec<Watcher>, HostError>;
    /// Replaces the list.
    fn set_watchers(&mut self, matter: &MatterId, watchers: &[Watcher]) -> Result<(), HostError>;
    /// 0 before the first Save.
    fn revision(&mut self, matter: &MatterId, section: Section) -> Result<u32, HostError>;
    /// `conflict` unless the section still has this revision; answers the next one.
    fn raise_revision(&mut self, matter: &MatterId, section: Section, current: u32) -> Result<u32, HostError>;

    /// Puts notices into the outbox, passing over those whose key this matter, recipient and channel has had.
    fn enqueue(&mut self, call: &CallRecord, notices: &[Notice]) -> Result<(), HostError>;
    /// Writes down one call: what the floor saw it change, and what the plugin says of it. Called once, at
    /// the end of each call that changed or said anything.
    fn record(&mut self, call: &CallRecord, effects: &[Effect], entries: &[AuditEntry]) -> Result<(), HostError>;

    /// The answer kept under a key, if there is one.
    fn remembered(&mut self, key: &str) -> Result<Option<Remembered>, HostError>;
    /// Keeps an answer, in this transaction. The host forgets it after a day.
    fn remember(&mut self, key: &str, remembered: &Remembered) -> Result<(), HostError>;
}
