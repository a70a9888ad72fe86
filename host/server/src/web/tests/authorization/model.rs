//! Who may do what, said once more in the fewest words: the reference that the host with its plugin is compared with.
//!
//! It knows nothing of either. People, matters and documents are numbers, and every question is a function of what is
//! written down here. It is to be read in one go: at most 100 lines that are code. How it changes stands in `history`.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Grant {
    pub(super) open: bool,
    pub(super) download: bool,
    pub(super) until: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Matter {
    pub(super) firm: usize,
    pub(super) owner: usize,
    pub(super) closed: bool,
    pub(super) deleted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) matter: usize,
    pub(super) deleted: bool,
    /// Who alone may see it, beside the matter's owner.
    pub(super) readers: Option<BTreeSet<usize>>,
    pub(super) version: usize,
}

/// All that matters. Of users and contacts, the firm is kept; of a contact also the number of their address.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) now: u64,
    pub(super) on: Vec<bool>,
    pub(super) users: Vec<usize>,
    pub(super) contacts: Vec<(usize, Option<usize>)>,
    pub(super) matters: Vec<Matter>,
    pub(super) documents: Vec<Document>,
    /// May edit, may share.
    pub(super) members: BTreeMap<(usize, usize), (bool, bool)>,
    pub(super) linked: BTreeSet<(usize, usize)>,
    pub(super) grants: BTreeMap<(usize, usize), Grant>,
    /// Matter, document, contact.
    pub(super) live: BTreeSet<(usize, usize, usize)>,
    pub(super) signed_in: BTreeSet<usize>,
}

impl Model {
    pub(super) fn member(&self, user: usize, matter: usize) -> bool {
        !self.matters[matter].deleted && self.members.contains_key(&(matter, user))
    }
    pub(super) fn edits(&self, user: usize, matter: usize) -> bool {
        self.member(user, matter) && self.members[&(matter, user)].0
    }
    pub(super) fn shares(&self, user: usize, matter: usize) -> bool {
        self.member(user, matter) && self.members[&(matter, user)].1
    }
    pub(super) fn decides(&self, user: usize, matter: usize) -> bool {
        self.member(user, matter) && self.matters[matter].owner == user
    }
    /// The document is not kept from the user.
    pub(super) fn may_know(&self, user: usize, document: usize) -> bool {
        let Document { matter, readers, .. } = &self.documents[document];
        readers.as_ref().is_none_or(|readers| readers.contains(&user)) || self.matters[*matter].owner == user
    }
    pub(super) fn knows(&self, user: usize, document: usize) -> bool {
        let Document { matter, deleted, .. } = self.documents[document];
        self.member(user, matter) && !deleted && self.may_know(user, document)
    }
    pub(super) fn has_grant(&self, contact: usize, matter: usize) -> bool {
        self.grants.get(&(matter, contact)).is_some_and(|it| it.open && it.until.is_none_or(|until| self.now < until))
    }
    /// The portal of the matter is open to the contact.
    pub(super) fn enters(&self, contact: usize, matter: usize) -> bool {
        let Matter { firm, deleted, .. } = self.matters[matter];
        let linked = self.linked.contains(&(matter, contact)) && self.contacts[contact].1.is_some();
        self.has_grant(contact, matter) && linked && !deleted && self.on[firm]
    }
    pub(super) fn sees(&self, contact: usize, document: usize) -> bool {
        let Document { matter, deleted, .. } = self.documents[document];
        self.enters(contact, matter) && !deleted && self.live.contains(&(matter, document, contact))
    }
    pub(super) fn takes(&self, contact: usize, document: usize) -> bool {
        self.sees(contact, document) && self.grants[&(self.documents[document].matter, contact)].download
    }
    pub(super) fn sends(&self, contact: usize, matter: usize) -> bool {
        self.enters(contact, matter) && !self.matters[matter].closed
    }
    /// Nobody else of the firm has the contact's address.
    pub(super) fn alone(&self, contact: usize) -> bool {
        self.contacts[contact].1.is_some()
            && self.contacts.iter().filter(|it| **it == self.contacts[contact]).count() == 1
    }
}
