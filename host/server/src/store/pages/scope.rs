//! What is asked for, seen with the viewer's eyes: which documents exist for them, and which of these are wanted.

use client_connect_runtime::{
    backend::Viewer,
    types::{DocumentFilter, HostError, Lane, SortKey},
};

use super::blocks;
use crate::store::{
    SqliteTx,
    driver::{OptionalExtension, ToSql},
    names::fold,
    sql::{Host, list},
    tx::eyes,
};

/// One list, resolved.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) matter: &'a str,
    pub(super) sort: SortKey,
    pub(super) descending: bool,
    pub(super) lane: Lane,
    /// The filter's contacts, each once; for a contact who looks, none but themselves.
    pub(super) contacts: Vec<String>,
    /// How many the filter names, whether the viewer may know of them or not.
    pub(super) named: usize,
    /// The contact who looks: all they see are their live shares.
    pub(super) contact: Option<&'a str>,
    /// The user from whom some document of the matter may be kept.
    pub(super) user: Option<&'a str>,
    /// The folded term.
    pub(super) term: Option<String>,
    /// The bytes' hash, and the document whose they are.
    pub(super) same: Option<(String, &'a str)>,
    /// Documents that are in the matter.
    pub(super) documents: u32,
    /// Of these, how many are kept from some.
    pub(super) restricted: u32,
    among: Option<String>,
    /// The term's trigrams, where names are looked through in their order.
    pub(super) marks: Vec<u32>,
}

impl<'a> Scope<'a> {
    /// `None` if nothing can be in the list.
    pub(super) fn new(
        tx: &SqliteTx,
        viewer: &'a Viewer,
        matter: &'a str,
        filter: &'a DocumentFilter,
    ) -> Result<Option<Self>, HostError> {
        let (user, contact) = eyes(viewer);
        let (documents, restricted) = tx
            .conn()
            .prepare_cached("SELECT documents, restricted FROM matter_counts WHERE matter = ?1")
            .and_then(|mut found| found.query_row([matter], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .host()?
            .unwrap_or((0, 0));
        let user = match user {
            None => None,
            Some(user) => {
                let owner: Option<bool> = tx
                    .conn()
                    .prepare_cached(
                        "SELECT m.owner IS NOT DISTINCT FROM b.user FROM members b JOIN matters m ON m.id = b.matter WHERE b.matter = ?1 AND b.user = ?2",
                    )
                    .and_then(|mut found| found.query_row([matter, user], |row| row.get(0)).optional())
                    .host()?;
                match owner {
                    None => return Ok(None),
                    Some(owner) => (!owner && restricted > 0).then_some(user),
                }
            }
        };
        let mut contacts = filter.contacts.clone();
        contacts.sort_unstable();
        contacts.dedup();
        let named = contacts.len();
        if let Some(own) = contact {
            contacts.retain(|one| one == own);
            if named == 0 {
                contacts.push(own.to_owned());
            }
        }
        let same = match filter.same_content_as.as_deref() {
            None => None,
            Some(id) => {
                let found = tx
                    .conn()
                    .prepare_cached("SELECT sha256 FROM documents WHERE id = ?1 AND matter = ?2 AND deleted_at IS NULL")
                    .and_then(|mut found| found.query_row([id, matter], |row| row.get(0)).optional())
                    .host()?;
                let Some(hash) = found else { return Ok(None) };
                Some((hash, id))
            }
        };
        let nobody = named > 0 && contacts.is_empty();
        let none = match filter.lane {
            Lane::WholeMatter | Lane::NoneOfThem => false,
            Lane::AnyOfThem | Lane::Uploaded => nobody,
            Lane::AllOfThem => named == 0 || contacts.len() < named,
            Lane::SomeOfThem => named < 2 || nobody,
            // What a contact sees is live.
            Lane::Lapsed => nobody || contact.is_some(),
        };
        if none || documents == 0 {
            return Ok(None);
        }
        // Of no contact at all is something else than of any.
        let among = (named > 0 || contact.is_some()).then(|| list(&contacts));
        let term = filter.search.as_deref().map(str::trim).map(fold).filter(|term| !term.trim().is_empty());
        let marks = match &term {
            Some(term) if filter.sort == SortKey::Name && documents >= blocks::FROM => blocks::marks(term),
            _ => Vec::new(),
        };
        Ok(Some(Self {
            marks,
            matter,
            sort: filter.sort,
            descending: filter.descending,
            lane: filter.lane,
            contacts,
            named,
            contact,
            user,
            term,
            same,
            documents,
            restricted,
            among,
        }))
    }

    /// The parameters `?6` to `?13` of every statement that looks at documents.
    pub(super) fn eyes(&self) -> [Box<dyn ToSql + '_>; 8] {
        let lane: i64 = match self.lane {
            Lane::WholeMatter => 0,
            Lane::AnyOfThem => 1,
            Lane::AllOfThem => 2,
            Lane::SomeOfThem => 3,
            Lane::NoneOfThem => 4,
            Lane::Uploaded => 5,
            Lane::Lapsed => 6,
        };
        [
            Box::new(self.user),
            Box::new(self.term.as_deref()),
            Box::new(self.same.as_ref().map(|(hash, _)| hash.as_str())),
            Box::new(self.same.as_ref().map(|(_, id)| *id)),
            Box::new(lane),
            Box::new(self.among.as_deref()),
            Box::new(i64::try_from(self.named).unwrap_or(i64::MAX)),
            Box::new(self.contact),
        ]
    }

    /// Whether only part of the lane is asked for.
    pub(super) fn is_narrowed(&self) -> bool {
        self.term.is_some() || self.same.is_some()
    }
}
