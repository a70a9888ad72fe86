//! The transaction's answers, over the records as it sees them.

use super::{MemoryTx, Recorded, Records};
use crate::{
    backend::{CallRecord, CommitError, Effect, Remembered, Tx, Viewer},
    types::{
        AccessGrant, AuditEntry, Contact, ContactId, Document, DocumentChange, DocumentFilter, DocumentId,
        DocumentPage, DocumentSource, GrantedMatter, HostError, Matter, MatterId, Member, Notice, Page, Section,
        ShareState, SharedCount, SharedDocument, UserId, Watcher,
    },
};

impl Tx for MemoryTx {
    fn commit(self) -> Result<(), CommitError> {
        self.keep()
    }

    fn matter(&mut self, viewer: &Viewer, id: &MatterId) -> Result<Option<Matter>, HostError> {
        Ok(self.records.matter_for(viewer, id))
    }

    fn members(&mut self, matter: &MatterId, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> {
        let records = &self.records;
        let Some(at) = records.matters.get(matter) else { return Ok(vec![None; ids.len()]) };
        Ok(ids
            .iter()
            .map(|id| {
                let (_, user) = records.users.get(id).filter(|(firm, _)| *firm == at.firm)?;
                let rights = records.members.get(&(matter.clone(), id.clone())).filter(|_| user.active);
                let can_share = rights.copied().unwrap_or(false);
                Some(Member { user: user.clone(), can_view: rights.is_some(), can_share, attributes: Vec::new() })
            })
            .collect())
    }

    fn contacts(&mut self, matter: &MatterId, ids: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError> {
        let linked = self.records.links.iter().filter(|(at, id)| at == matter && named(ids, id));
        Ok(linked.filter_map(|(_, id)| self.records.contacts.get(id)).map(|(_, contact)| contact.clone()).collect())
    }

    fn same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> {
        let records = &self.records;
        let others = |id: &ContactId| {
            let Some((firm, contact)) = records.contacts.get(id) else { return Vec::new() };
            let Some(key) = contact.email.as_deref().map(address_key) else { return Vec::new() };
            let same = records.contacts.values().filter(|(of, other)| {
                of == firm && other.id != *id && other.email.as_deref().map(address_key).as_ref() == Some(&key)
            });
            same.map(|(_, other)| other.clone()).collect()
        };
        Ok(contacts.iter().map(others).collect())
    }

    fn documents(
        &mut self,
        viewer: &Viewer,
        matter: &MatterId,
        ids: &[DocumentId],
    ) -> Result<Vec<Option<Document>>, HostError> {
        let records = &self.records;
        let seen = |id| records.documents.get(id).filter(|stored| records.sees_document(viewer, matter, stored));
        Ok(ids.iter().map(|id| seen(id).map(|stored| stored.document.clone())).collect())
    }

    fn find_documents(
        &mut self,
        viewer: &Viewer,
        matter: &MatterId,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError> {
        self.records.find(viewer, matter, filter, page)
    }

    fn update_documents(&mut self, matter: &MatterId, changes: &[DocumentChange]) -> Result<(), HostError> {
        self.edit(|records| {
            for change in changes {
                let stored = records.documents.get_mut(&change.document);
                let stored = stored.filter(|stored| stored.document.matter == *matter && !stored.deleted);
                let Some(stored) = stored else { return Err(HostError::NotFound("document".into())) };
                let document = &mut stored.document;
                if let Some(kind) = &change.kind {
                    document.kind.clone_from(kind);
                }
                if change.created_by.is_some() {
                    document.created_by.clone_from(&change.created_by);
                }
                for (key, value) in &change.attributes {
                    document.attributes.retain(|(known, _)| known != key);
                    document.attributes.push((key.clone(), value.clone()));
                }
            }
            Ok(())
        })?
    }

    fn grants(&mut self, matter: &MatterId, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError> {
        let rows = self.records.grants.iter().filter(|((at, id), _)| at == matter && named(contacts, id));
        Ok(rows.map(|(_, grant)| grant.clone()).collect())
    }

    fn put_grants(&mut self, matter: &MatterId, grants: &[AccessGrant]) -> Result<(), HostError> {
        if !grants.iter().all(|grant| self.records.links.contains(&(matter.clone(), grant.contact.clone()))) {
            return Err(HostError::NotFound("contact".into()));
        }
        self.edit(|records| {
            for grant in grants {
                records.grant(matter, grant.clone());
            }
        })
    }

    fn granted_matters(&mut self, contact: &ContactId) -> Result<Vec<GrantedMatter>, HostError> {
        let open = self.records.grants.iter().filter(|((_, id), grant)| id == contact && grant.portal);
        let viewer = Viewer::Contact(contact.clone());
        Ok(open
            .filter_map(|((matter, _), grant)| {
                Some(GrantedMatter { matter: self.records.matter_for(&viewer, matter)?, grant: grant.clone() })
            })
            .collect())
    }

    fn shared(
        &mut self,
        matter: &MatterId,
        documents: &[DocumentId],
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedDocument>, HostError> {
        let mut ids: Vec<_> = documents.iter().collect();
        ids.sort();
        ids.dedup();
        let rows = ids.into_iter().flat_map(|id| self.records.shares_of(matter, id));
        Ok(rows.filter(|share| named(contacts, &share.contact)).cloned().collect())
    }

    fn put_shared(&mut self, matter: &MatterId, shared: &[SharedDocument]) -> Result<(), HostError> {
        let known = |row: &SharedDocument| {
            self.records.documents.contains_key(&row.document) && self.records.contacts.contains_key(&row.contact)
        };
        if !shared.iter().all(known) {
            return Err(HostError::NotFound("document or contact".into()));
        }
        self.edit(|records| {
            for row in shared {
                records.share(matter, row.clone());
            }
        })
    }

    fn count_shared(
        &mut self,
        matter: &MatterId,
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedCount>, HostError> {
        let mut counts = std::collections::BTreeMap::<ContactId, (u32, u32)>::new();
        for ((at, document, contact), share) in &self.records.shares {
            let there = self.records.documents.get(document).filter(|stored| {
                at == matter && stored.document.matter == *matter && !stored.deleted && named(contacts, contact)
            });
            let (Some(stored), ShareState::Live) = (there, &share.state) else { continue };
            let count = counts.entry(contact.clone()).or_default();
            match &stored.document.source {
                DocumentSource::Portal(by) if by == contact => count.1 += 1,
                _ => count.0 += 1,
            }
        }
        let row = |(contact, (shared, uploaded))| SharedCount { contact, shared, uploaded };
        Ok(counts.into_iter().map(row).collect())
    }

    fn forget_contacts(&mut self, matter: &MatterId, contacts: &[ContactId]) -> Result<(), HostError> {
        self.edit(|records| {
            records.grants.retain(|(at, id), _| at != matter || !contacts.contains(id));
            records.shares.retain(|(at, _, id), _| at != matter || !contacts.contains(id));
        })
    }

    fn watchers(&mut self, matter: &MatterId) -> Result<Vec<Watcher>, HostError> {
        Ok(self.records.watchers.get(matter).cloned().unwrap_or_default())
    }

    fn set_watchers(&mut self, matter: &MatterId, watchers: &[Watcher]) -> Result<(), HostError> {
        let mut sorted = watchers.to_vec();
        sorted.sort_by(|a, b| a.user.cmp(&b.user));
        self.edit(|records| {
            records.watchers.insert(matter.clone(), sorted);
        })
    }

    fn revision(&mut self, matter: &MatterId, section: Section) -> Result<u32, HostError> {
        Ok(self.records.revisions.get(&(matter.clone(), word(section))).copied().unwrap_or(0))
    }

    fn raise_revision(&mut self, matter: &MatterId, section: Section, current: u32) -> Result<u32, HostError> {
        let stands = self.revision(matter, section)?;
        if stands != current {
            return Err(HostError::Conflict(format!("the section has revision {stands}")));
        }
        let next = current + 1;
        self.edit(|records| {
            records.revisions.insert((matter.clone(), word(section)), next);
        })?;
        Ok(next)
    }

    fn enqueue(&mut self, call: &CallRecord, notices: &[Notice]) -> Result<(), HostError> {
        self.edit(|records| {
            for notice in notices {
                if !had(records, notice) {
                    records.outbox.push((call.clone(), notice.clone()));
                }
            }
        })
    }

    fn record(&mut self, call: &CallRecord, effects: &[Effect], entries: &[AuditEntry]) -> Result<(), HostError> {
        let recorded = Recorded { call: call.clone(), effects: effects.to_vec(), entries: entries.to_vec() };
        self.edit(|records| records.audit.push(recorded))
    }

    fn remembered(&mut self, key: &str) -> Result<Option<Remembered>, HostError> {
        Ok(self.records.remembered.get(key).cloned())
    }

    fn remember(&mut self, key: &str, remembered: &Remembered) -> Result<(), HostError> {
        self.edit(|records| {
            records.remembered.insert(key.to_owned(), remembered.clone());
        })
    }
}

fn named(ids: Option<&[ContactId]>, id: &ContactId) -> bool {
    ids.is_none_or(|ids| ids.contains(id))
}

fn had(records: &Records, notice: &Notice) -> bool {
    records.outbox.iter().any(|(_, old)| {
        (&old.matter, &old.to, old.channel, &old.key) == (&notice.matter, &notice.to, notice.channel, &notice.key)
    })
}

/// As a sign-in compares addresses.
fn address_key(address: &str) -> String {
    address.trim().to_lowercase()
}

fn word(section: Section) -> &'static str {
    match section {
        Section::Access => "access",
        Section::Sharing => "sharing",
        Section::Notifications => "notifications",
    }
}
