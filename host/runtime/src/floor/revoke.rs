//! Closing without the plugin: what still works while the plugin is in quarantine, or has none to ask.
//!
//! It opens nothing and tells nobody; it closes what it is asked to, raises the section's revision so that a
//! staged Save meets it, and is written down like any call.

use super::{Floor, not_found};
use crate::{
    backend::{Tx, Viewer},
    types::{AuditEntry, ContactId, DocumentId, HostError, MatterId, Section, ShareState},
};

impl<T: Tx> Floor<T> {
    /// Closes these contacts' portals to the matter. Answers those whose portal was open.
    pub(crate) fn revoke(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<Vec<ContactId>, HostError> {
        self.may_revoke(matter)?;
        let mut open = self.list_grants(matter, Some(contacts.to_vec()))?;
        open.retain(|grant| grant.portal);
        let closed: Vec<_> = open.iter().map(|grant| grant.contact.clone()).collect();
        if closed.is_empty() {
            return Ok(closed);
        }
        for grant in &mut open {
            grant.portal = false;
        }
        self.put_grants(matter, open)?;
        self.raise(matter, Section::Access)?;
        let entry = |contact: &ContactId| AuditEntry {
            matter: matter.clone(),
            action: "access.revoked".into(),
            document: None,
            contact: Some(contact.clone()),
            details: Vec::new(),
        };
        self.append(closed.iter().map(entry).collect())?;
        Ok(closed)
    }

    /// Ends the live shares of these documents with these contacts. Answers the pairs that were live.
    pub(crate) fn unshare(
        &mut self,
        matter: &MatterId,
        documents: &[DocumentId],
        contacts: &[ContactId],
    ) -> Result<Vec<(DocumentId, ContactId)>, HostError> {
        self.may_revoke(matter)?;
        let mut live = self.list_shared(matter, documents, Some(contacts.to_vec()))?;
        live.retain(super::reads::is_live);
        let ended: Vec<_> = live.iter().map(|row| (row.document.clone(), row.contact.clone())).collect();
        if ended.is_empty() {
            return Ok(ended);
        }
        for row in &mut live {
            row.state = ShareState::Unshared;
        }
        self.put_shared(matter, live)?;
        self.raise(matter, Section::Sharing)?;
        let entry = |(document, contact): &(DocumentId, ContactId)| AuditEntry {
            matter: matter.clone(),
            action: "document.unshared".into(),
            document: Some(document.clone()),
            contact: Some(contact.clone()),
            details: Vec::new(),
        };
        self.append(ended.iter().map(entry).collect())?;
        Ok(ended)
    }

    /// No plugin says who may: so it takes a user who may share, or the platform itself.
    fn may_revoke(&mut self, matter: &MatterId) -> Result<(), HostError> {
        self.scope(matter)?;
        if matches!(self.viewer, Viewer::Host) {
            return Ok(());
        }
        self.prove_may_share(matter).map_err(|_| not_found("matter"))
    }

    fn raise(&mut self, matter: &MatterId, section: Section) -> Result<u32, HostError> {
        let current = self.get_revision(matter, section)?;
        self.raise_revision(matter, section, current)
    }
}
