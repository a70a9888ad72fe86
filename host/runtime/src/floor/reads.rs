//! What a call may read. Lists answer what there is for its viewer, and leave out the rest without a word.

use super::{Floor, not_found};
use crate::{
    backend::{Tx, Viewer},
    types::{
        AccessGrant, Contact, ContactId, Document, DocumentFilter, DocumentId, DocumentPage, DocumentSource,
        GrantedMatter, HostError, Matter, MatterId, Member, Page, Section, SharedCount, SharedDocument, UserId,
        Watcher,
    },
};

impl<T: Tx> Floor<T> {
    pub(crate) fn get_matter(&mut self, id: &MatterId) -> Result<Matter, HostError> {
        self.charge(1)?;
        self.scope(id)?;
        self.matter(id)?.cloned().ok_or_else(|| not_found("matter"))
    }

    pub(crate) fn get_users(&mut self, matter: &MatterId, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> {
        self.charge(ids.len())?;
        self.scope(matter)?;
        let members = exactly(self.tx()?.members(matter, ids)?, ids.len())?;
        self.shown.members.extend(ids.iter().cloned().zip(members.iter().cloned()));
        Ok(members)
    }

    pub(crate) fn list_contacts(
        &mut self,
        matter: &MatterId,
        contacts: Option<Vec<ContactId>>,
    ) -> Result<Vec<Contact>, HostError> {
        self.scope(matter)?;
        let Some(contacts) = self.narrow(contacts)? else { return Ok(Vec::new()) };
        let mut found = self.tx()?.contacts(matter, contacts.as_deref())?;
        self.keep_own(&mut found, |contact| &contact.id);
        self.charge(found.len())?;
        self.shown.contacts.extend(found.iter().map(|contact| contact.id.clone()));
        Ok(found)
    }

    /// The one look beyond the floor: other contacts of the firm, but only for those inside of it.
    pub(crate) fn get_same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> {
        self.charge(contacts.len())?;
        match self.own() {
            Some(own) if contacts.iter().all(|contact| contact == own) => {}
            Some(_) => return Err(not_found("contact")),
            None => {
                let [matter] = &self.bound.matters[..] else { return Err(not_found("contact")) };
                let matter = matter.clone();
                self.scope(&matter)?;
                self.prove_linked(&matter, contacts)?;
            }
        }
        let found = exactly(self.tx()?.same_address(contacts)?, contacts.len())?;
        self.charge(found.iter().map(Vec::len).sum())?;
        Ok(found)
    }

    pub(crate) fn get_documents(
        &mut self,
        matter: &MatterId,
        ids: &[DocumentId],
    ) -> Result<Vec<Option<Document>>, HostError> {
        self.charge(ids.len())?;
        self.scope(matter)?;
        let viewer = self.viewer.clone();
        let mut found = if self.own().is_none() || self.portal_open()? {
            exactly(self.tx()?.documents(&viewer, matter, ids)?, ids.len())?
        } else {
            vec![None; ids.len()]
        };
        for (id, slot) in ids.iter().zip(&mut found) {
            if slot.as_ref().is_some_and(|document| document.id != *id || document.matter != *matter) {
                *slot = None;
            }
        }
        if self.bound.uploads && found.iter().any(Option::is_none) {
            let uploads = self.uploads(matter)?;
            for (id, slot) in ids.iter().zip(&mut found).filter(|(_, slot)| slot.is_none()) {
                *slot = uploads.get(id).cloned();
            }
        }
        for document in found.iter().flatten() {
            self.show(document);
        }
        Ok(found)
    }

    pub(crate) fn find_documents(
        &mut self,
        matter: &MatterId,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError> {
        self.charge(1 + filter.contacts.len())?;
        self.scope(matter)?;
        if let Some(own) = self.own().cloned() {
            if filter.contacts.iter().any(|contact| *contact != own) {
                return Err(not_found("contact"));
            }
            if !self.portal_open()? {
                return Ok(DocumentPage { rows: Vec::new(), next: None, total: 0, exact: true });
            }
        }
        let page = Page { after: page.after.clone(), limit: page.limit.min(self.left.page) };
        let viewer = self.viewer.clone();
        let mut found = self.tx()?.find_documents(&viewer, matter, filter, &page)?;
        found.rows.truncate(page.limit as usize);
        let own = self.own().cloned();
        // The query filters; the rows prove that it did.
        found.rows.retain_mut(|row| match &own {
            None => row.document.matter == *matter,
            Some(own) => {
                row.shares.retain(|share| share.contact == *own && share.document == row.document.id);
                row.document.matter == *matter && row.shares.iter().any(is_live)
            }
        });
        self.charge(found.rows.iter().map(|row| 1 + row.shares.len()).sum())?;
        for row in &found.rows {
            self.show(&row.document);
        }
        Ok(found)
    }

    pub(crate) fn list_grants(
        &mut self,
        matter: &MatterId,
        contacts: Option<Vec<ContactId>>,
    ) -> Result<Vec<AccessGrant>, HostError> {
        self.scope(matter)?;
        let Some(contacts) = self.narrow(contacts)? else { return Ok(Vec::new()) };
        if self.own().is_some() {
            self.charge(1)?;
            return Ok(self.own_grant()?.cloned().into_iter().collect());
        }
        let found = self.tx()?.grants(matter, contacts.as_deref())?;
        self.charge(found.len())?;
        Ok(found)
    }

    pub(crate) fn list_granted_matters(&mut self, contact: &ContactId) -> Result<Vec<GrantedMatter>, HostError> {
        if self.own() != Some(contact) {
            return Err(not_found("contact"));
        }
        let bound = self.bound.matters.clone();
        let found = self.granted()?.to_vec();
        self.charge(found.len())?;
        Ok(found.into_iter().filter(|row| bound.is_empty() || bound.contains(&row.matter.id)).collect())
    }

    pub(crate) fn list_shared(
        &mut self,
        matter: &MatterId,
        documents: &[DocumentId],
        contacts: Option<Vec<ContactId>>,
    ) -> Result<Vec<SharedDocument>, HostError> {
        self.charge(documents.len())?;
        self.scope(matter)?;
        let Some(contacts) = self.narrow(contacts)? else { return Ok(Vec::new()) };
        let visible = self.visible(matter, documents)?;
        let documents = visible.as_deref().unwrap_or(documents);
        let mut found = self.tx()?.shared(matter, documents, contacts.as_deref())?;
        self.keep_own(&mut found, |share| &share.contact);
        self.charge(found.len())?;
        Ok(found)
    }

    pub(crate) fn count_shared(
        &mut self,
        matter: &MatterId,
        contacts: Option<Vec<ContactId>>,
    ) -> Result<Vec<SharedCount>, HostError> {
        self.scope(matter)?;
        let Some(contacts) = self.narrow(contacts)? else { return Ok(Vec::new()) };
        let mut found = self.tx()?.count_shared(matter, contacts.as_deref())?;
        self.keep_own(&mut found, |count| &count.contact);
        self.charge(found.len())?;
        Ok(found)
    }

    pub(crate) fn list_watchers(&mut self, matter: &MatterId) -> Result<Vec<Watcher>, HostError> {
        self.scope(matter)?;
        let found = self.tx()?.watchers(matter)?;
        self.charge(found.len())?;
        Ok(found)
    }

    pub(crate) fn get_revision(&mut self, matter: &MatterId, section: Section) -> Result<u32, HostError> {
        self.charge(1)?;
        self.scope(matter)?;
        self.tx()?.revision(matter, section)
    }

    /// The contacts that a list may be about: those asked for, but for a contact only themselves. `None` if
    /// nobody is left.
    #[expect(clippy::option_option, reason = "the inner one is the contract's own `none`: all of them")]
    fn narrow(&mut self, asked: Option<Vec<ContactId>>) -> Result<Option<Option<Vec<ContactId>>>, HostError> {
        self.charge(asked.as_ref().map_or(0, Vec::len))?;
        Ok(match (self.own(), asked) {
            (None, asked) => Some(asked),
            (Some(own), Some(asked)) if !asked.contains(own) => None,
            (Some(own), _) => Some(Some(vec![own.clone()])),
        })
    }

    fn keep_own<R>(&self, rows: &mut Vec<R>, contact: impl Fn(&R) -> &ContactId) {
        if let Some(own) = self.own() {
            rows.retain(|row| contact(row) == own);
        }
    }

    /// Of these documents, those that a user sees, where that is fewer. A contact's own rows are theirs to know,
    /// and the platform knows all.
    fn visible(&mut self, matter: &MatterId, ids: &[DocumentId]) -> Result<Option<Vec<DocumentId>>, HostError> {
        if !matches!(self.viewer, Viewer::User(_)) || ids.iter().all(|id| self.shown.documents.contains_key(id)) {
            return Ok(None);
        }
        self.look_at(matter, ids)?;
        Ok(Some(ids.iter().filter(|id| self.shown.documents.contains_key(*id)).cloned().collect()))
    }

    /// Looks up which of these documents the viewer sees, those that were not shown yet in one query.
    pub(super) fn look_at(&mut self, matter: &MatterId, ids: &[DocumentId]) -> Result<(), HostError> {
        let missing: Vec<_> = ids.iter().filter(|id| !self.shown.documents.contains_key(*id)).cloned().collect();
        if !missing.is_empty() {
            self.get_documents(matter, &missing)?;
        }
        Ok(())
    }

    /// Every one of these contacts is linked to the matter, or this is `not-found`.
    pub(super) fn prove_linked(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError> {
        if let Some(own) = self.own()
            && contacts.iter().any(|contact| contact != own)
        {
            return Err(not_found("contact"));
        }
        let missing: Vec<_> = contacts.iter().filter(|id| !self.shown.contacts.contains(*id)).cloned().collect();
        if !missing.is_empty() {
            self.list_contacts(matter, Some(missing))?;
        }
        if contacts.iter().all(|contact| self.shown.contacts.contains(contact)) {
            return Ok(());
        }
        Err(not_found("contact"))
    }

    /// What the platform knows of a user in the matter in scope.
    pub(super) fn member(&mut self, matter: &MatterId, user: &UserId) -> Result<Option<&Member>, HostError> {
        if !self.shown.members.contains_key(user) {
            self.get_users(matter, std::slice::from_ref(user))?;
        }
        Ok(self.shown.members.get(user).and_then(Option::as_ref))
    }

    /// The uploads that this call reports, as far as they are in the matter and the actor's own.
    pub(super) fn uploads(
        &mut self,
        matter: &MatterId,
    ) -> Result<&std::collections::HashMap<DocumentId, Document>, HostError> {
        if self.shown.uploads.is_none() {
            let mut uploads = std::collections::HashMap::new();
            if let (true, Viewer::Contact(own)) = (self.bound.uploads, self.viewer.clone()) {
                let reported = self.bound.reported.clone();
                for document in self.tx()?.documents(&Viewer::Host, matter, &reported)?.into_iter().flatten() {
                    let theirs = matches!(&document.source, DocumentSource::Portal(uploader) if *uploader == own);
                    if theirs && document.matter == *matter && reported.contains(&document.id) {
                        uploads.insert(document.id.clone(), document);
                    }
                }
            }
            self.shown.uploads = Some(uploads);
        }
        Ok(self.shown.uploads.get_or_insert_default())
    }

    fn show(&mut self, document: &Document) {
        let kept = self.bound.keeps_documents.then(|| document.clone());
        self.shown.documents.insert(document.id.clone(), kept);
    }
}

pub(super) fn is_live(share: &SharedDocument) -> bool {
    matches!(share.state, crate::types::ShareState::Live)
}

/// A backend that answers more or fewer than it was asked is broken; nothing of it is believed.
fn exactly<R>(rows: Vec<R>, count: usize) -> Result<Vec<R>, HostError> {
    if rows.len() == count {
        return Ok(rows);
    }
    Err(HostError::Other(format!("the backend answered {} rows for {count} ids", rows.len())))
}
