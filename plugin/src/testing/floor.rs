//! What lies outside the floor does not exist.

use super::{Kept, World};
use crate::{decide, types::*};

impl World {
    /// Counts the question, and fails if the test wants it to.
    pub(super) fn ask(&mut self, import: &'static str) -> Result<(), HostError> {
        self.asked.push(import);
        match self.failing.take_if(|(failing, _)| *failing == import) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    /// The contact whose eyes the call has.
    pub(super) fn eyes(&self) -> Option<&ContactId> {
        match &self.actor {
            Actor::Contact(contact) => Some(contact),
            Actor::ViewingAs(viewing) => Some(&viewing.contact),
            Actor::User(_) | Actor::Host => None,
        }
    }

    fn staff(&self) -> Option<&UserId> {
        match &self.actor {
            Actor::User(user) => Some(user),
            Actor::ViewingAs(viewing) => Some(&viewing.user),
            Actor::Contact(_) | Actor::Host => None,
        }
    }

    pub(super) fn sees_matter(&self, matter: &str) -> bool {
        let user = self.staff().is_none_or(|user| {
            self.members.get(&(matter.to_owned(), user.clone())).is_some_and(|member| member.can_view)
        });
        let contact = self.eyes().is_none_or(|contact| self.links.contains(&(matter.to_owned(), contact.clone())));
        self.matters.contains_key(matter) && user && contact
    }

    pub(super) fn sees_document(&self, matter: &str, kept: &Kept) -> bool {
        let id = &kept.document.id;
        let user = self.staff().is_none_or(|user| !kept.hidden_from.contains(user));
        let contact = self.eyes().is_none_or(|contact| {
            let key = (matter.to_owned(), id.clone(), contact.clone());
            let open = self
                .grants
                .get(&(matter.to_owned(), contact.clone()))
                .is_some_and(|grant| decide::is_open(grant, self.now));
            let reported = matches!(&kept.document.source, DocumentSource::Portal(by) if by == contact)
                && !self.shares.contains_key(&key);
            open && (reported || self.shares.get(&key).is_some_and(decide::is_live))
        });
        kept.document.matter == matter && !kept.deleted && (self.careless || user && contact)
    }

    /// Opening takes a user who may share, or the contact's own upload.
    pub(super) fn may_open(&self, matter: &str, upload: Option<&SharedDocument>) -> Result<(), HostError> {
        let by_user = matches!(&self.actor, Actor::User(user)
            if self.members.get(&(matter.to_owned(), user.clone())).is_some_and(|member| member.can_share));
        let own = upload.is_some_and(|share| {
            let source = self.documents.get(&share.document).map(|kept| &kept.document.source);
            self.actor == Actor::Contact(share.contact.clone())
                && source == Some(&DocumentSource::Portal(share.contact.clone()))
        });
        if by_user || own { Ok(()) } else { Err(HostError::NotFound("the floor".to_owned())) }
    }
}
