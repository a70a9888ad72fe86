//! What can be asked of a plugin: one small struct for each function that the contract exports.
//!
//! Each names its answer, whether it may write, and to which matters it binds the call. Whoever adds a function
//! to the contract adds a struct here, and nothing else in the runtime changes.

use crate::types::*;

/// The Access section.
pub mod access {
    use super::*;
    /// `access.view`
    #[derive(Clone, Debug)]
    pub struct View { pub matter: MatterId }
    /// `access.grant`: the section's Save.
    #[derive(Clone, Debug)]
    pub struct Grant { pub matter: MatterId, pub revision: u32, pub changes: Vec<AccessChange> }
}
/// The Sharing section.
pub mod sharing {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct View { pub matter: MatterId }
    #[derive(Clone, Debug)]
    pub struct Documents { pub matter: MatterId, pub filter: DocumentFilter, pub page: Page }
    #[derive(Clone, Debug)]
    pub struct Share { pub matter: MatterId, pub revision: u32, pub contacts: Vec<ContactId>, pub documents: Vec<DocumentId> }
    #[derive(Clone, Debug)]
    pub struct Unshare { pub matter: MatterId, pub revision: u32, pub contacts: Vec<ContactId>, pub documents: Vec<DocumentId> }
    #[derive(Clone, Debug)]
    pub struct Save { pub matter: MatterId, pub revision: u32, pub share: Vec<Pair>, pub unshare: Vec<Pair> }
}
/// The Notifications section.
pub mod notifications {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct View { pub matter: MatterId }
    #[derive(Clone, Debug)]
    pub struct SetWatchers { pub matter: MatterId, pub revision: u32, pub watchers: Vec<Watcher> }
}
/// What a contact sees and may do.
pub mod portal {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct Matters;
    #[derive(Clone, Debug)]
    pub struct View { pub matter: MatterId }
    #[derive(Clone, Debug)]
    pub struct Documents { pub matter: MatterId, pub search: Option<String>, pub sort: SortKey, pub descending: bool, pub page: Page }
    #[derive(Clone, Debug)]
    pub struct Permit { pub matter: MatterId, pub verb: Verb, pub documents: Vec<DocumentId> }
}
/// What the platform reports.
pub mod events {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct OnUpload { pub matter: MatterId, pub documents: Vec<DocumentId> }
    #[derive(Clone, Debug)]
    pub struct OnDocumentDeleted { pub matter: MatterId, pub documents: Vec<DocumentId> }
    #[derive(Clone, Debug)]
    pub struct OnContactUnlinked { pub matter: MatterId, pub contact: ContactId }
    #[derive(Clone, Debug)]
    pub struct OnContactAddressChanged { pub matter: MatterId, pub contact: ContactId }
    #[derive(Clone, Debug)]
    pub struct OnMatterDeleted { pub matter: MatterId }
    #[derive(Clone, Debug)]
    pub struct OnMatterChanged { pub matter: MatterId, pub before: Matter }
    #[derive(Clone, Debug)]
    pub struct OnDocumentSeen { pub matter: MatterId, pub seen: Vec<SeenDocument> }
}
/// The words of the mails.
pub mod letters {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct Compose { pub notices: Vec<Notice> }
}

/// A function of the contract.
pub trait Export {
    /// What it answers if it is not refused.
    type Answer;
    /// `interface.function`, for logs, metrics and the audit.
    const NAME: &'static str;
    /// Whether it may write; if not, the floor refuses every write.
    const WRITES: bool;
}

macro_rules! exports {
    ($($export:ty => $answer:ty, $name:literal, $writes:literal;)*) => {
        $(impl Export for $export { type Answer = $answer; const NAME: &'static str = $name; const WRITES: bool = $writes; })*
    };
}
exports! {
    access::View => AccessSection, "access.view", false;
    access::Grant => Granted, "access.grant", true;
    sharing::View => SharingSection, "sharing.view", false;
    sharing::Documents => DocumentPage, "sharing.documents", false;
    sharing::Share => Saved, "sharing.share", true;
    sharing::Unshare => Saved, "sharing.unshare", true;
    sharing::Save => Saved, "sharing.save", true;
    notifications::View => NotificationsSection, "notifications.view", false;
    notifications::SetWatchers => NotificationsSection, "notifications.set-watchers", true;
    portal::Matters => Vec<MatterChoice>, "portal.matters", false;
    portal::View => PortalMatter, "portal.view", false;
    portal::Documents => PortalPage, "portal.documents", false;
    portal::Permit => Vec<Document>, "portal.permit", false;
    events::OnUpload => Vec<Problem>, "events.on-upload", true;
    events::OnDocumentDeleted => (), "events.on-document-deleted", true;
    events::OnContactUnlinked => (), "events.on-contact-unlinked", true;
    events::OnContactAddressChanged => (), "events.on-contact-address-changed", true;
    events::OnMatterDeleted => (), "events.on-matter-deleted", true;
    events::OnMatterChanged => (), "events.on-matter-changed", true;
    events::OnDocumentSeen => (), "events.on-document-seen", true;
    letters::Compose => Option<Letter>, "letters.compose", false;
}
