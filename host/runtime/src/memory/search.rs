//! Lists of documents: lanes, search, order, pages.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{Records, StoredDocument};
use crate::{
    backend::Viewer,
    types::{
        ContactId, DocumentFilter, DocumentPage, DocumentRow, DocumentSource, HostError, Lane, MatterId, Page,
        ShareState, SharedDocument, SortKey,
    },
};

impl Records {
    pub(super) fn find(
        &self,
        viewer: &Viewer,
        matter: &MatterId,
        filter: &DocumentFilter,
        page: &Page,
    ) -> Result<DocumentPage, HostError> {
        let list = fingerprint(viewer, matter, filter);
        let after = page.after.as_deref().map(|cursor| read_cursor(cursor, list)).transpose()?;
        let search = filter.search.as_deref().map(fold).filter(|search| !search.is_empty());
        let same_content = filter
            .same_content_as
            .as_ref()
            .map(|id| (id, self.documents.get(id).map(|stored| stored.content.as_str())));
        let mut found: Vec<(Vec<u8>, &StoredDocument)> = self
            .documents
            .values()
            .filter(|stored| self.sees_document(viewer, matter, stored))
            .filter(|stored| self.in_lane(viewer, matter, filter, stored))
            .filter(|stored| search.as_ref().is_none_or(|search| fold(&stored.document.name).contains(search)))
            .filter(|stored| {
                same_content
                    .is_none_or(|(id, content)| stored.document.id != *id && content == Some(stored.content.as_str()))
            })
            .map(|stored| (sort_key(filter.sort, stored), stored))
            .collect();
        found.sort_by(|a, b| {
            let order = a.0.cmp(&b.0).then_with(|| a.1.document.id.cmp(&b.1.document.id));
            if filter.descending { order.reverse() } else { order }
        });
        let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let start = match &after {
            None => 0,
            Some((key, id)) => found.partition_point(|(at, stored)| {
                let order = (at, &stored.document.id).cmp(&(key, id));
                if filter.descending { order.is_ge() } else { order.is_le() }
            }),
        };
        let limit = page.limit as usize;
        let chosen: Vec<_> = found.iter().skip(start).take(limit).collect();
        let more = limit > 0 && start + chosen.len() < found.len();
        let next = chosen.last().filter(|_| more).map(|(key, stored)| write_cursor(list, key, &stored.document.id));
        let rows = chosen.into_iter().map(|(_, stored)| DocumentRow {
            document: stored.document.clone(),
            shares: self.shares_in_row(viewer, matter, filter, stored),
            attributes: Vec::new(),
        });
        Ok(DocumentPage { rows: rows.collect(), next, total, exact: true })
    }

    fn shares_in_row(
        &self,
        viewer: &Viewer,
        matter: &MatterId,
        filter: &DocumentFilter,
        stored: &StoredDocument,
    ) -> Vec<SharedDocument> {
        self.shares_of(matter, &stored.document.id)
            .filter(|share| filter.contacts.is_empty() || filter.contacts.contains(&share.contact))
            .filter(|share| own(viewer).is_none_or(|own| share.contact == *own))
            .cloned()
            .collect()
    }

    fn in_lane(&self, viewer: &Viewer, matter: &MatterId, filter: &DocumentFilter, stored: &StoredDocument) -> bool {
        let shares = self.shares_in_row(viewer, matter, filter, stored);
        let live = shares.iter().filter(|share| matches!(share.state, ShareState::Live)).count();
        let named = filter.contacts.len();
        match filter.lane {
            Lane::WholeMatter => true,
            Lane::AnyOfThem => live > 0,
            Lane::AllOfThem => named > 0 && live == named,
            Lane::SomeOfThem => named > 0 && live > 0 && live < named,
            Lane::NoneOfThem => live == 0,
            Lane::Uploaded => match &stored.document.source {
                DocumentSource::Portal(by) => named == 0 || filter.contacts.contains(by),
                DocumentSource::Platform | DocumentSource::Other(_) => false,
            },
            Lane::Lapsed => shares.iter().any(|share| matches!(share.state, ShareState::Lapsed)),
        }
    }
}

fn own(viewer: &Viewer) -> Option<&ContactId> {
    match viewer {
        Viewer::Contact(contact) | Viewer::UserAsContact(_, contact) => Some(contact),
        Viewer::Host | Viewer::User(_) => None,
    }
}

/// Without case and accents.
fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Names in the order in which people read them: without case and accents, numbers by their value.
fn sort_key(sort: SortKey, stored: &StoredDocument) -> Vec<u8> {
    match sort {
        SortKey::ActivityAt => stored.document.activity_at.to_be_bytes().to_vec(),
        SortKey::CreatedAt => stored.document.created_at.to_be_bytes().to_vec(),
        SortKey::Name => {
            let folded = fold(&stored.document.name);
            let (mut key, mut digits) = (Vec::new(), String::new());
            for c in folded.chars().chain(['\0']) {
                if c.is_ascii_digit() {
                    digits.push(c);
                    continue;
                }
                if !digits.is_empty() {
                    let value = digits.trim_start_matches('0');
                    key.push(b'0');
                    key.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
                    key.extend_from_slice(value.as_bytes());
                    digits.clear();
                }
                key.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            key
        }
    }
}

/// Tells one list from another, so that a cursor is not taken to a list that it does not belong to.
fn fingerprint(viewer: &Viewer, matter: &MatterId, filter: &DocumentFilter) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{viewer:?} {matter:?} {filter:?}").hash(&mut hasher);
    hasher.finish()
}

fn write_cursor(list: u64, key: &[u8], id: &str) -> String {
    format!("{list:016x}.{}.{}", hex::encode(key), hex::encode(id))
}

fn read_cursor(cursor: &str, list: u64) -> Result<(Vec<u8>, String), HostError> {
    let parts: Vec<_> = cursor.split('.').collect();
    let read = || match parts[..] {
        [of, key, id] if of == format!("{list:016x}") => {
            Some((hex::decode(key).ok()?, String::from_utf8(hex::decode(id).ok()?).ok()?))
        }
        _ => None,
    };
    read().ok_or_else(|| HostError::Invalid("this cursor belongs to another list".into()))
}
