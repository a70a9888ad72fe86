//! The records of a [`super::Memory`]: a small document platform and what Client Connect keeps in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    backend::{CallRecord, Effect, Remembered, Viewer},
    types::{
        AccessGrant, AuditEntry, Contact, ContactId, Document, DocumentId, DocumentSource, Firm, Matter, MatterId,
        Notice, ShareState, SharedDocument, Timestamp, User, UserId, Watcher,
    },
};

/// All records. Its methods are the platform's own acts; each may be said again to replace what was said.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub(super) firms: BTreeMap<String, Firm>,
    pub(super) users: BTreeMap<UserId, (String, User)>,
    pub(super) matters: BTreeMap<MatterId, StoredMatter>,
    /// Whether the user may share.
    pub(super) members: BTreeMap<(MatterId, UserId), bool>,
    pub(super) contacts: BTreeMap<ContactId, (String, Contact)>,
    pub(super) links: BTreeSet<(MatterId, ContactId)>,
    pub(super) documents: BTreeMap<DocumentId, StoredDocument>,
    pub(super) grants: BTreeMap<(MatterId, ContactId), AccessGrant>,
    pub(super) shares: BTreeMap<(MatterId, DocumentId, ContactId), SharedDocument>,
    pub(super) watchers: BTreeMap<MatterId, Vec<Watcher>>,
    pub(super) revisions: BTreeMap<(MatterId, &'static str), u32>,
    pub(super) outbox: Vec<(CallRecord, Notice)>,
    pub(super) audit: Vec<Recorded>,
    pub(super) remembered: BTreeMap<String, Remembered>,
}

#[derive(Clone, Debug)]
pub(super) struct StoredMatter {
    pub(super) firm: String,
    /// Its firm is filled in when it is read.
    pub(super) matter: Matter,
    pub(super) deleted: bool,
}

/// A document as the platform keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDocument {
    /// As the plugin reads it.
    pub document: Document,
    /// Stands for its bytes: equal texts, equal bytes.
    pub content: String,
    /// In the bin.
    pub deleted: bool,
    /// Only these users (and the owner) may see it; `None`: every member of the matter.
    pub readers: Option<BTreeSet<UserId>>,
}

/// A call as it was written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Who, when, by which plugin.
    pub call: CallRecord,
    /// What it changed, as the floor saw it.
    pub effects: Vec<Effect>,
    /// What the plugin says of it.
    pub entries: Vec<AuditEntry>,
}

impl Records {
    /// A firm that is switched on.
    pub fn firm(&mut self, id: &str, name: &str) -> &mut Self {
        let firm = Firm {
            name: name.into(),
            enabled: true,
            portal_url: "https://portal.example.org/".into(),
            fallback: None,
            attributes: Vec::new(),
        };
        self.firms.insert(id.into(), firm);
        self
    }

    /// Changes a firm.
    pub fn with_firm(&mut self, id: &str, change: impl FnOnce(&mut Firm)) -> &mut Self {
        if let Some(firm) = self.firms.get_mut(id) {
            change(firm);
        }
        self
    }

    /// An active user, whose address is their id.
    pub fn user(&mut self, firm: &str, id: &str, name: &str) -> &mut Self {
        let user = User {
            id: id.into(),
            name: name.into(),
            email: Some(format!("{id}@firm.example")),
            active: true,
            locale: "en".into(),
            attributes: Vec::new(),
        };
        self.users.insert(id.into(), (firm.into(), user));
        self
    }

    /// Changes a user.
    pub fn with_user(&mut self, id: &str, change: impl FnOnce(&mut User)) -> &mut Self {
        if let Some((_, user)) = self.users.get_mut(id) {
            change(user);
        }
        self
    }

    /// An open matter.
    pub fn matter(&mut self, firm: &str, id: &str, name: &str, owner: Option<&str>) -> &mut Self {
        let matter = Matter {
            id: id.into(),
            firm: self.firms.get(firm).cloned().unwrap_or_else(|| Firm {
                name: String::new(),
                enabled: false,
                portal_url: String::new(),
                fallback: None,
                attributes: Vec::new(),
            }),
            name: name.into(),
            owner: owner.map(Into::into),
            opened_at: 1_000,
            closed_at: None,
            discreet: false,
            staff_url: format!("https://firm.example/matters/{id}"),
            attributes: Vec::new(),
        };
        self.matters.insert(id.into(), StoredMatter { firm: firm.into(), matter, deleted: false });
        self
    }

    /// Changes a matter.
    pub fn with_matter(&mut self, id: &str, change: impl FnOnce(&mut Matter)) -> &mut Self {
        if let Some(stored) = self.matters.get_mut(id) {
            change(&mut stored.matter);
        }
        self
    }

    /// Deletes a matter, or brings it back.
    pub fn delete_matter(&mut self, id: &str, deleted: bool) -> &mut Self {
        if let Some(stored) = self.matters.get_mut(id) {
            stored.deleted = deleted;
        }
        self
    }

    /// Lets a user look at a matter, and perhaps share in it.
    pub fn member(&mut self, matter: &str, user: &str, can_share: bool) -> &mut Self {
        self.members.insert((matter.into(), user.into()), can_share);
        self
    }

    /// Takes a matter out of a user's sight.
    pub fn remove_member(&mut self, matter: &str, user: &str) -> &mut Self {
        self.members.remove(&(matter.into(), user.into()));
        self
    }

    /// A contact of a firm.
    pub fn contact(&mut self, firm: &str, id: &str, name: &str, email: Option<&str>) -> &mut Self {
        let contact = Contact {
            id: id.into(),
            name: name.into(),
            email: email.map(Into::into),
            locale: "en".into(),
            attributes: Vec::new(),
        };
        self.contacts.insert(id.into(), (firm.into(), contact));
        self
    }

    /// Changes a contact.
    pub fn with_contact(&mut self, id: &str, change: impl FnOnce(&mut Contact)) -> &mut Self {
        if let Some((_, contact)) = self.contacts.get_mut(id) {
            change(contact);
        }
        self
    }

    /// Links a contact to a matter.
    pub fn link(&mut self, matter: &str, contact: &str) -> &mut Self {
        self.links.insert((matter.into(), contact.into()));
        self
    }

    /// Takes the link away. Grants and shares are Client Connect's, and stay until the plugin forgets them.
    pub fn unlink(&mut self, matter: &str, contact: &str) -> &mut Self {
        self.links.remove(&(matter.into(), contact.into()));
        self
    }

    /// A document of the platform; its bytes are its id.
    pub fn document(&mut self, matter: &str, id: &str, name: &str) -> &mut Self {
        let at = 1_000 + self.documents.len() as Timestamp;
        let document = Document {
            id: id.into(),
            matter: matter.into(),
            name: name.into(),
            kind: "Document".into(),
            media_type: "application/pdf".into(),
            size: 1_000,
            version: 1,
            can_preview: true,
            created_by: None,
            created_at: at,
            activity_at: at,
            source: DocumentSource::Platform,
            attributes: Vec::new(),
        };
        let stored = StoredDocument { document, content: id.into(), deleted: false, readers: None };
        self.documents.insert(id.into(), stored);
        self
    }

    /// A document that this contact uploaded, and that `on-upload` has not been told of.
    pub fn upload(&mut self, matter: &str, contact: &str, id: &str, name: &str) -> &mut Self {
        self.document(matter, id, name).with_document(id, |stored| {
            stored.document.source = DocumentSource::Portal(contact.into());
        })
    }

    /// Changes a document: edits, moves, deletes, restores or restricts it.
    pub fn with_document(&mut self, id: &str, change: impl FnOnce(&mut StoredDocument)) -> &mut Self {
        if let Some(stored) = self.documents.get_mut(id) {
            change(stored);
        }
        self
    }

    /// A grant as it stands, past the plugin.
    pub fn grant(&mut self, matter: &str, grant: AccessGrant) -> &mut Self {
        self.grants.insert((matter.into(), grant.contact.clone()), grant);
        self
    }

    /// A share as it stands, past the plugin.
    pub fn share(&mut self, matter: &str, share: SharedDocument) -> &mut Self {
        self.shares.insert((matter.into(), share.document.clone(), share.contact.clone()), share);
        self
    }

    /// The grants of a matter, by contact.
    pub fn grants(&self, matter: &str) -> Vec<AccessGrant> {
        self.grants.iter().filter(|((at, _), _)| at == matter).map(|(_, grant)| grant.clone()).collect()
    }

    /// The shares of a matter in any state, by document and contact.
    pub fn shares(&self, matter: &str) -> Vec<SharedDocument> {
        self.shares.iter().filter(|((at, ..), _)| at == matter).map(|(_, share)| share.clone()).collect()
    }

    /// A matter as the platform itself reads it.
    pub fn matter_as_read(&self, id: &str) -> Option<Matter> {
        self.matter_for(&Viewer::Host, &id.to_owned())
    }

    /// A document, in the bin or not.
    pub fn stored_document(&self, id: &str) -> Option<&StoredDocument> {
        self.documents.get(id)
    }

    /// The notices that were put into the outbox, oldest first.
    pub fn outbox(&self) -> Vec<Notice> {
        self.outbox.iter().map(|(_, notice)| notice.clone()).collect()
    }

    /// The calls that were written down, oldest first.
    pub fn audit(&self) -> &[Recorded] {
        &self.audit
    }

    /// All that is stored, as text.
    pub fn dump(&self) -> String {
        let mut plain = self.clone();
        plain.outbox.iter_mut().for_each(|(call, _)| call.id.clear());
        plain.audit.iter_mut().for_each(|recorded| recorded.call.id.clear());
        let mut text = String::new();
        let _ = write!(text, "{plain:#?}");
        text
    }

    // What the transaction and its lists are made of.

    pub(super) fn matter_for(&self, viewer: &Viewer, id: &MatterId) -> Option<Matter> {
        let stored = self.matters.get(id).filter(|stored| !stored.deleted)?;
        let user_sees = |user: &UserId| self.members.contains_key(&(id.clone(), user.clone()));
        let contact_sees = |contact: &ContactId| self.links.contains(&(id.clone(), contact.clone()));
        let sees = match viewer {
            Viewer::Host => true,
            Viewer::User(user) => user_sees(user),
            Viewer::Contact(contact) => contact_sees(contact),
            Viewer::UserAsContact(user, contact) => user_sees(user) && contact_sees(contact),
        };
        let firm = self.firms.get(&stored.firm).cloned()?;
        sees.then(|| Matter { firm, ..stored.matter.clone() })
    }

    pub(super) fn sees_document(&self, viewer: &Viewer, matter: &MatterId, stored: &StoredDocument) -> bool {
        let user_sees = |user: &UserId| {
            let owner = self.matters.get(matter).and_then(|matter| matter.matter.owner.as_ref());
            self.members.contains_key(&(matter.clone(), user.clone()))
                && stored.readers.as_ref().is_none_or(|readers| readers.contains(user) || owner == Some(user))
        };
        let contact_sees = |contact: &ContactId| self.is_live(matter, &stored.document.id, contact);
        stored.document.matter == *matter
            && !stored.deleted
            && match viewer {
                Viewer::Host => true,
                Viewer::User(user) => user_sees(user),
                Viewer::Contact(contact) => contact_sees(contact),
                Viewer::UserAsContact(user, contact) => user_sees(user) && contact_sees(contact),
            }
    }

    pub(super) fn is_live(&self, matter: &MatterId, document: &DocumentId, contact: &ContactId) -> bool {
        self.shares
            .get(&(matter.clone(), document.clone(), contact.clone()))
            .is_some_and(|share| matches!(share.state, ShareState::Live))
    }

    /// The shares of one document in one matter.
    pub(super) fn shares_of<'r>(
        &'r self,
        matter: &MatterId,
        document: &DocumentId,
    ) -> impl Iterator<Item = &'r SharedDocument> + use<'r> {
        let from = (matter.clone(), document.clone(), String::new());
        let (matter, document) = (matter.clone(), document.clone());
        self.shares
            .range(from..)
            .take_while(move |((at, of, _), _)| *at == matter && *of == document)
            .map(|(_, share)| share)
    }
}
