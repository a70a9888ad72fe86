//! What a call may write. To close something takes nobody in particular; to open something (a portal,
//! downloads, a later end, a live share, a watcher) takes a user who may share, or the contact's own upload.
//! Every list is proven whole before any row of it is written.

use std::collections::{HashMap, HashSet};

use super::{Floor, not_found, reads::is_live};
use crate::{
    backend::{Effect, Tx, Viewer},
    types::{
        AccessGrant, AuditEntry, ContactId, DocumentChange, DocumentId, HostError, MatterId, Notice, Recipient,
        Section, SharedDocument, Watcher,
    },
};

impl<T: Tx> Floor<T> {
    pub(crate) fn update_documents(&mut self, matter: &MatterId, changes: &[DocumentChange]) -> Result<(), HostError> {
        self.may_write(matter, changes.len())?;
        let uploads = self.uploads(matter)?;
        if !changes.iter().all(|change| uploads.contains_key(&change.document)) {
            return Err(not_found("upload"));
        }
        for user in changes.iter().filter_map(|change| change.created_by.as_ref()) {
            self.member(matter, user)?.ok_or_else(|| not_found("user"))?;
        }
        self.tx()?.update_documents(matter, changes)
    }

    pub(crate) fn put_grants(&mut self, matter: &MatterId, mut grants: Vec<AccessGrant>) -> Result<(), HostError> {
        self.may_write(matter, grants.len())?;
        let contacts: Vec<_> = grants.iter().map(|grant| grant.contact.clone()).collect();
        once_each(contacts.iter())?;
        self.prove_linked(matter, &contacts)?;
        let before: HashMap<_, _> =
            self.tx()?.grants(matter, Some(&contacts))?.into_iter().map(|row| (row.contact.clone(), row)).collect();
        for grant in &mut grants {
            let old = before.get(&grant.contact);
            // When it changed is the host's to say.
            grant.since = match old {
                Some(old) if old.portal == grant.portal => old.since,
                _ => self.call.at,
            };
        }
        if grants.iter().any(|grant| opens(before.get(&grant.contact), grant)) {
            self.prove_may_share(matter)?;
        }
        self.tx()?.put_grants(matter, &grants)?;
        self.shown.own_grant = None;
        self.granted = None;
        let changed = grants.into_iter().filter(|grant| before.get(&grant.contact) != Some(grant));
        self.effects.extend(changed.map(Effect::Grant));
        Ok(())
    }

    pub(crate) fn put_shared(&mut self, matter: &MatterId, mut shared: Vec<SharedDocument>) -> Result<(), HostError> {
        self.may_write(matter, shared.len())?;
        once_each(shared.iter().map(|row| (&row.document, &row.contact)))?;
        let (mut documents, mut contacts) = (Vec::new(), Vec::new());
        let (mut seen_documents, mut seen_contacts) = (HashSet::new(), HashSet::new());
        for row in &shared {
            if seen_documents.insert(&row.document) {
                documents.push(row.document.clone());
            }
            if seen_contacts.insert(&row.contact) {
                contacts.push(row.contact.clone());
            }
        }
        self.prove_own(&contacts)?;
        let before: HashMap<_, _> = self
            .tx()?
            .shared(matter, &documents, Some(&contacts))?
            .into_iter()
            .map(|row| ((row.document.clone(), row.contact.clone()), row))
            .collect();
        let mut opened = Vec::new();
        let mut added = Vec::new();
        for row in &mut shared {
            let old = before.get(&(row.document.clone(), row.contact.clone()));
            row.since = match old {
                Some(old) if old.state == row.state => old.since,
                _ => self.call.at,
            };
            if is_live(row) && !old.is_some_and(is_live) {
                opened.push((row.document.clone(), row.contact.clone()));
            }
            if old.is_none() {
                added.push(row.contact.clone());
            }
        }
        // A user's rows are about documents that they see; a row that is there already may be closed by anyone.
        if matches!(self.viewer, Viewer::User(_)) {
            self.prove_visible(matter, &documents)?;
        }
        self.prove_linked(matter, &added)?;
        if !opened.is_empty() {
            self.prove_may_open(matter, &opened)?;
        }
        self.tx()?.put_shared(matter, &shared)?;
        let changed = shared
            .into_iter()
            .filter(|row| before.get(&(row.document.clone(), row.contact.clone())).is_none_or(|old| old != row));
        self.effects.extend(changed.map(Effect::Share));
        Ok(())
    }

    pub(crate) fn forget_contacts(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError> {
        self.may_write(matter, contacts.len())?;
        self.prove_own(contacts)?;
        self.tx()?.forget_contacts(matter, contacts)?;
        self.shown.own_grant = None;
        self.granted = None;
        self.effects.extend(contacts.iter().cloned().map(Effect::Forgotten));
        Ok(())
    }

    pub(crate) fn set_watchers(&mut self, matter: &MatterId, mut watchers: Vec<Watcher>) -> Result<(), HostError> {
        self.may_write(matter, watchers.len())?;
        watchers.sort_by(|a, b| a.user.cmp(&b.user));
        once_each(watchers.iter().map(|watcher| &watcher.user))?;
        let before = self.tx()?.watchers(matter)?;
        let told_more = |new: &Watcher| {
            let old = before.iter().find(|old| old.user == new.user);
            old.is_none_or(|old| new.in_app && !old.in_app || new.email && !old.email)
        };
        if watchers.iter().any(told_more) {
            self.prove_may_share(matter)?;
        }
        for watcher in watchers.iter().filter(|new| !before.iter().any(|old| old.user == new.user)) {
            self.member(matter, &watcher.user)?.ok_or_else(|| not_found("user"))?;
        }
        self.tx()?.set_watchers(matter, &watchers)?;
        if before != watchers {
            self.effects.push(Effect::Watchers(watchers));
        }
        Ok(())
    }

    pub(crate) fn raise_revision(
        &mut self,
        matter: &MatterId,
        section: Section,
        current: u32,
    ) -> Result<u32, HostError> {
        self.may_write(matter, 1)?;
        self.tx()?.raise_revision(matter, section, current)
    }

    pub(crate) fn enqueue(&mut self, notices: &[Notice]) -> Result<(), HostError> {
        let count = u32::try_from(notices.len()).unwrap_or(u32::MAX);
        self.left.notices = self
            .left
            .notices
            .checked_sub(count)
            .ok_or_else(|| HostError::LimitExceeded("more notices than one call may send".into()))?;
        let (mut documents, mut contacts) = (Vec::new(), Vec::new());
        for notice in notices {
            self.may_write(&notice.matter, 1 + notice.documents.len())?;
            documents.extend_from_slice(&notice.documents);
            contacts.extend(notice.contact.clone());
            match &notice.to {
                Recipient::Contact(contact) => contacts.push(contact.clone()),
                Recipient::User(user) => {
                    self.member(&notice.matter, user)?.ok_or_else(|| not_found("user"))?;
                }
            }
        }
        let Some(matter) = notices.first().map(|notice| notice.matter.clone()) else { return Ok(()) };
        self.prove_linked(&matter, &contacts)?;
        self.prove_visible(&matter, &documents)?;
        let call = self.call.clone();
        self.tx()?.enqueue(&call, notices)
    }

    pub(crate) fn append(&mut self, entries: Vec<AuditEntry>) -> Result<(), HostError> {
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        self.left.entries = self
            .left
            .entries
            .checked_sub(count)
            .ok_or_else(|| HostError::LimitExceeded("more entries than one call may append".into()))?;
        let mut documents = Vec::new();
        for entry in &entries {
            self.may_write(&entry.matter, 1)?;
            documents.extend(entry.document.iter().filter(|id| !self.bound.reported.contains(id)).cloned());
        }
        let Some(matter) = entries.first().map(|entry| entry.matter.clone()) else { return Ok(()) };
        let contacts: Vec<_> = entries.iter().filter_map(|entry| entry.contact.clone()).collect();
        self.prove_own(&contacts)?;
        // What is written of a document must be about one of this matter: the host adds its name.
        self.prove_visible_or_shared(&matter, &documents)?;
        self.entries.extend(entries);
        Ok(())
    }

    /// Whether this call may write rows of this matter at all.
    fn may_write(&mut self, matter: &MatterId, rows: usize) -> Result<(), HostError> {
        if !self.writes || matches!(self.viewer, Viewer::UserAsContact(..)) {
            return Err(HostError::Other(format!("{} may only read", self.call.export)));
        }
        // Writing calls name exactly one matter.
        if !matches!(&self.bound.matters[..], [bound] if bound == matter) {
            return Err(not_found("matter"));
        }
        self.charge(rows)?;
        self.scope(matter)?;
        self.wrote = true;
        Ok(())
    }

    /// A contact's call is about nobody else.
    fn prove_own(&self, contacts: &[ContactId]) -> Result<(), HostError> {
        match self.own() {
            Some(own) if contacts.iter().any(|contact| contact != own) => Err(not_found("contact")),
            _ => Ok(()),
        }
    }

    fn prove_visible(&mut self, matter: &MatterId, documents: &[DocumentId]) -> Result<(), HostError> {
        self.look_at(matter, documents)?;
        if documents.iter().all(|id| self.shown.documents.contains_key(id)) {
            return Ok(());
        }
        Err(not_found("document"))
    }

    /// Visible, or named by a share's row of this matter: an ended share may be spoken of.
    fn prove_visible_or_shared(&mut self, matter: &MatterId, documents: &[DocumentId]) -> Result<(), HostError> {
        self.look_at(matter, documents)?;
        let rest: Vec<_> = documents.iter().filter(|id| !self.shown.documents.contains_key(*id)).cloned().collect();
        if rest.is_empty() {
            return Ok(());
        }
        let rows = match self.viewer.clone() {
            Viewer::Contact(own) => self.tx()?.shared(matter, &rest, Some(&[own]))?,
            Viewer::Host => self.tx()?.shared(matter, &rest, None)?,
            Viewer::User(_) | Viewer::UserAsContact(..) => Vec::new(),
        };
        if rest.iter().all(|id| rows.iter().any(|row| row.document == *id)) {
            return Ok(());
        }
        Err(not_found("document"))
    }

    /// The actor is a user who may share in this matter, says the platform.
    pub(super) fn prove_may_share(&mut self, matter: &MatterId) -> Result<(), HostError> {
        let Viewer::User(user) = self.viewer.clone() else {
            return Err(HostError::Other(format!("{} may open nothing for this actor", self.call.export)));
        };
        let member = self.member(matter, &user)?;
        if member.is_some_and(|member| member.can_share && member.user.active && member.user.id == user) {
            return Ok(());
        }
        Err(HostError::Other("this user may not share in this matter".into()))
    }

    fn prove_may_open(&mut self, matter: &MatterId, opened: &[(DocumentId, ContactId)]) -> Result<(), HostError> {
        let documents: Vec<_> = opened.iter().map(|(document, _)| document.clone()).collect();
        let contacts: Vec<_> = opened.iter().map(|(_, contact)| contact.clone()).collect();
        self.prove_linked(matter, &contacts)?;
        if matches!(self.viewer, Viewer::Contact(_)) {
            // Their own uploads, with themselves: `prove_linked` has made sure of the second half.
            let uploads = self.uploads(matter)?;
            if documents.iter().all(|id| uploads.contains_key(id)) {
                return Ok(());
            }
            return Err(not_found("upload"));
        }
        self.prove_may_share(matter)?;
        self.prove_visible(matter, &documents)
    }
}

/// Whether a new grant lets anybody in where the old one did not.
fn opens(old: Option<&AccessGrant>, new: &AccessGrant) -> bool {
    let later = |old: Option<u64>, new: Option<u64>| match (old, new) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(old), Some(new)) => new > old,
    };
    match old {
        None => new.portal || new.can_download,
        Some(old) => {
            new.can_download && !old.can_download || new.portal && (!old.portal || later(old.until, new.until))
        }
    }
}

fn once_each<I: std::hash::Hash + Eq>(mut ids: impl Iterator<Item = I>) -> Result<(), HostError> {
    let mut seen = HashSet::new();
    if ids.all(|id| seen.insert(id)) {
        return Ok(());
    }
    Err(HostError::Invalid("one row is written twice".into()))
}
