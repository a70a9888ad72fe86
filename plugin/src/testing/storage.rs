//! The imports over the records.

use std::collections::BTreeSet;

use super::{Kept, World};
use crate::{Host, decide, types::*};

fn missing<T>() -> Result<T, HostError> {
    Err(HostError::NotFound("outside".to_owned()))
}

fn wanted(ids: Option<&[String]>, id: &String) -> bool {
    ids.is_none_or(|ids| ids.contains(id))
}

impl World {
    fn live(&self, matter: &str, document: &str, contact: &str) -> bool {
        let key = (matter.to_owned(), document.to_owned(), contact.to_owned());
        self.shares.get(&key).is_some_and(decide::is_live)
    }

    fn in_lane(&self, matter: &str, kept: &Kept, filter: &DocumentFilter) -> bool {
        let id = &kept.document.id;
        let anybody: Vec<ContactId>;
        let contacts = if filter.contacts.is_empty() {
            anybody = self.contacts.keys().cloned().collect();
            &anybody
        } else {
            &filter.contacts
        };
        let some = contacts.iter().any(|contact| self.live(matter, id, contact));
        let all = !filter.contacts.is_empty() && contacts.iter().all(|contact| self.live(matter, id, contact));
        match filter.lane {
            Lane::WholeMatter => true,
            Lane::AnyOfThem => some,
            Lane::AllOfThem => all,
            Lane::SomeOfThem => !filter.contacts.is_empty() && some && !all,
            Lane::NoneOfThem => !some,
            Lane::Uploaded => {
                matches!(&kept.document.source, DocumentSource::Portal(by) if contacts.contains(by))
            }
            Lane::Lapsed => contacts.iter().any(|contact| {
                let share = self.shares.get(&(matter.to_owned(), id.clone(), contact.clone()));
                share.is_some_and(|share| share.state == ShareState::Lapsed)
            }),
        }
    }
}

impl Host for World {
    fn get_matter(&mut self, id: &str) -> Result<Matter, HostError> {
        self.ask("get-matter")?;
        if !self.sees_matter(id) {
            return missing();
        }
        let mut matter = self.matters[id].clone();
        matter.firm = self.firm.clone();
        Ok(matter)
    }

    fn get_users(&mut self, matter: &str, ids: &[UserId]) -> Result<Vec<Option<Member>>, HostError> {
        self.ask("get-users")?;
        Ok(ids.iter().map(|id| self.members.get(&(matter.to_owned(), id.clone())).cloned()).collect())
    }

    fn list_contacts(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<Contact>, HostError> {
        self.ask("list-contacts")?;
        let linked = self.contacts.values().filter(|contact| {
            let seen = self.eyes().is_none_or(|eyes| *eyes == contact.id);
            seen && self.links.contains(&(matter.to_owned(), contact.id.clone())) && wanted(contacts, &contact.id)
        });
        Ok(linked.cloned().collect())
    }

    fn get_same_address(&mut self, contacts: &[ContactId]) -> Result<Vec<Vec<Contact>>, HostError> {
        self.ask("get-same-address")?;
        let key = |contact: &Contact| contact.email.as_ref().map(|address| address.trim().to_lowercase());
        let others = contacts.iter().map(|id| {
            let Some(own) = self.contacts.get(id).and_then(key) else { return Vec::new() };
            let same = self.contacts.values().filter(|other| other.id != *id && key(other).as_ref() == Some(&own));
            same.cloned().collect()
        });
        Ok(others.collect())
    }

    fn get_documents(&mut self, matter: &str, ids: &[DocumentId]) -> Result<Vec<Option<Document>>, HostError> {
        self.ask("get-documents")?;
        let found = ids.iter().map(|id| self.documents.get(id).filter(|kept| self.sees_document(matter, kept)));
        Ok(found.map(|kept| kept.map(|kept| kept.document.clone())).collect())
    }

    fn find_documents(
        &mut self,
        matter: &str,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError> {
        self.ask("find-documents")?;
        self.sought = Some(filter.clone());
        let content = filter.same_content_as.as_ref().map(|id| (id, self.documents[id].content.clone()));
        let mut found: Vec<&Kept> = self
            .documents
            .values()
            .filter(|kept| self.sees_document(matter, kept) && (self.careless || self.in_lane(matter, kept, filter)))
            .filter(|kept| {
                let term = filter.search.as_ref().map(|term| term.to_lowercase());
                term.is_none_or(|term| kept.document.name.to_lowercase().contains(&term))
            })
            .filter(|kept| {
                content.as_ref().is_none_or(|(id, content)| kept.document.id != **id && kept.content == *content)
            })
            .collect();
        found.sort_by_key(|kept| match filter.sort {
            SortKey::Name => (kept.document.name.to_lowercase(), 0),
            SortKey::ActivityAt => (String::new(), kept.document.activity_at),
            SortKey::CreatedAt => (String::new(), kept.document.created_at),
        });
        if filter.descending {
            found.reverse();
        }
        let total = u32::try_from(found.len()).unwrap();
        let from: usize = page.after.as_ref().map_or(0, |after| after.parse().unwrap());
        let to = from + page.limit as usize;
        let next = (to < found.len()).then(|| to.to_string());
        let rows = found.into_iter().skip(from).take(page.limit as usize).map(|kept| {
            let shares = self.shares.iter().filter(|((of, document, contact), _)| {
                let named = filter.contacts.is_empty() || filter.contacts.contains(contact);
                of == matter && *document == kept.document.id && named && self.eyes().is_none_or(|eyes| eyes == contact)
            });
            DocumentRow {
                document: kept.document.clone(),
                shares: shares.map(|(_, share)| share.clone()).collect(),
                attributes: Vec::new(),
            }
        });
        Ok(DocumentPage { rows: rows.collect(), next, total, exact: true })
    }

    fn update_documents(&mut self, _matter: &str, changes: &[DocumentChange]) -> Result<(), HostError> {
        self.ask("update-documents")?;
        for change in changes {
            let document = &mut self.documents.get_mut(&change.document).unwrap().document;
            if let Some(kind) = &change.kind {
                document.kind.clone_from(kind);
            }
            document.created_by.clone_from(&change.created_by);
        }
        Ok(())
    }

    fn list_grants(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<AccessGrant>, HostError> {
        self.ask("list-grants")?;
        let found = self.grants.iter().filter(|((of, contact), _)| {
            of == matter && wanted(contacts, contact) && self.eyes().is_none_or(|eyes| eyes == contact)
        });
        Ok(found.map(|(_, grant)| grant.clone()).collect())
    }

    fn put_grants(&mut self, matter: &str, grants: &[AccessGrant]) -> Result<(), HostError> {
        self.ask("put-grants")?;
        for grant in grants {
            let key = (matter.to_owned(), grant.contact.clone());
            let was_open = self.grants.get(&key).is_some_and(|old| old.portal);
            if grant.portal && !was_open {
                self.may_open(matter, None)?;
            }
            if !self.links.contains(&key) {
                return missing();
            }
            self.grants.insert(key, grant.clone());
        }
        Ok(())
    }

    fn list_granted_matters(&mut self, contact: &str) -> Result<Vec<GrantedMatter>, HostError> {
        self.ask("list-granted-matters")?;
        let open = self
            .grants
            .iter()
            .filter(|((matter, of), grant)| of == contact && grant.portal && self.sees_matter(matter));
        let found = open.map(|((matter, _), grant)| {
            let matter = Matter { firm: self.firm.clone(), ..self.matters[matter].clone() };
            GrantedMatter { matter, grant: grant.clone() }
        });
        Ok(found.collect())
    }

    fn list_shared(
        &mut self,
        matter: &str,
        documents: &[DocumentId],
        contacts: Option<&[ContactId]>,
    ) -> Result<Vec<SharedDocument>, HostError> {
        self.ask("list-shared")?;
        let found = self.shares.iter().filter(|((of, document, contact), _)| {
            let seen = self.eyes().is_none_or(|eyes| eyes == contact);
            of == matter && seen && documents.contains(document) && wanted(contacts, contact)
        });
        Ok(found.map(|(_, share)| share.clone()).collect())
    }

    fn put_shared(&mut self, matter: &str, shared: &[SharedDocument]) -> Result<(), HostError> {
        self.ask("put-shared")?;
        let mut once = BTreeSet::new();
        for share in shared {
            assert!(once.insert((&share.document, &share.contact)), "a share was put twice in one call");
            let key = (matter.to_owned(), share.document.clone(), share.contact.clone());
            if decide::is_live(share) && !self.shares.get(&key).is_some_and(decide::is_live) {
                self.may_open(matter, Some(share))?;
            }
            self.shares.insert(key, share.clone());
        }
        Ok(())
    }

    fn count_shared(&mut self, matter: &str, contacts: Option<&[ContactId]>) -> Result<Vec<SharedCount>, HostError> {
        self.ask("count-shared")?;
        let mut counts = Vec::new();
        for contact in self.contacts.keys().filter(|contact| wanted(contacts, contact)) {
            let mut count = SharedCount { contact: contact.clone(), shared: 0, uploaded: 0 };
            for kept in self.documents.values().filter(|kept| !kept.deleted && kept.document.matter == matter) {
                if self.live(matter, &kept.document.id, contact) {
                    let own = kept.document.source == DocumentSource::Portal(contact.clone());
                    *(if own { &mut count.uploaded } else { &mut count.shared }) += 1;
                }
            }
            if count.shared + count.uploaded > 0 {
                counts.push(count);
            }
        }
        Ok(counts)
    }

    fn forget_contacts(&mut self, matter: &str, contacts: &[ContactId]) -> Result<(), HostError> {
        self.ask("forget-contacts")?;
        self.grants.retain(|(of, contact), _| of != matter || !contacts.contains(contact));
        self.shares.retain(|(of, _, contact), _| of != matter || !contacts.contains(contact));
        Ok(())
    }

    fn list_watchers(&mut self, matter: &str) -> Result<Vec<Watcher>, HostError> {
        self.ask("list-watchers")?;
        Ok(self.watchers.get(matter).cloned().unwrap_or_default())
    }

    fn set_watchers(&mut self, matter: &str, watchers: &[Watcher]) -> Result<(), HostError> {
        self.ask("set-watchers")?;
        self.may_open(matter, None)?;
        self.watchers.insert(matter.to_owned(), watchers.to_vec());
        Ok(())
    }

    fn get_revision(&mut self, matter: &str, section: Section) -> Result<u32, HostError> {
        self.ask("get-revision")?;
        Ok(self.revisions.get(&(matter.to_owned(), section as u8)).copied().unwrap_or(0))
    }

    fn raise_revision(&mut self, matter: &str, section: Section, current: u32) -> Result<u32, HostError> {
        self.ask("raise-revision")?;
        let revision = self.revisions.entry((matter.to_owned(), section as u8)).or_default();
        if *revision != current {
            return Err(HostError::Conflict("another Save came first".to_owned()));
        }
        *revision += 1;
        Ok(*revision)
    }

    fn enqueue(&mut self, notices: &[Notice]) -> Result<(), HostError> {
        self.ask("enqueue")?;
        self.notices.extend_from_slice(notices);
        Ok(())
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), HostError> {
        self.ask("append")?;
        self.entries.extend_from_slice(entries);
        Ok(())
    }

    fn log(&mut self, _level: Level, message: &str) {
        self.logged.push(message.to_owned());
    }
}
