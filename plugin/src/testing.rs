//! A host in memory, honest by the rules of `wit/storage.wit`, for the tests of the rules.
//!
//! A call that is refused leaves it as it was; what lies outside the floor is `not-found` to the rules too.

mod floor;
mod storage;

use std::collections::{BTreeMap, BTreeSet};

use crate::types::*;

pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;
/// The matter of most tests.
pub(crate) const M: &str = "m1";

/// Everything that a host keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) locale: String,
    pub(crate) firm: Firm,
    pub(crate) matters: BTreeMap<MatterId, Matter>,
    pub(crate) members: BTreeMap<(MatterId, UserId), Member>,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) links: BTreeSet<(MatterId, ContactId)>,
    pub(crate) documents: BTreeMap<DocumentId, Kept>,
    pub(crate) grants: BTreeMap<(MatterId, ContactId), AccessGrant>,
    pub(crate) shares: BTreeMap<(MatterId, DocumentId, ContactId), SharedDocument>,
    pub(crate) watchers: BTreeMap<MatterId, Vec<Watcher>>,
    pub(crate) revisions: BTreeMap<(MatterId, u8), u32>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) logged: Vec<String>,
    /// Which imports the last call asked, in order.
    pub(crate) asked: Vec<&'static str>,
    /// The import whose next call fails, and how.
    pub(crate) failing: Option<(&'static str, HostError)>,
    /// The last that was asked of `find-documents`.
    pub(crate) sought: Option<DocumentFilter>,
    /// Whether the host forgets its floor, and shows everybody the whole matter.
    pub(crate) careless: bool,
    actor: Actor,
}

/// A document as the platform keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) document: Document,
    pub(crate) content: String,
    pub(crate) deleted: bool,
    /// Users from whom the platform keeps it.
    pub(crate) hidden_from: Vec<UserId>,
}

impl World {
    /// A firm with one matter of the user `owner`, where `sharer` may share and `looker` may look; the contacts
    /// `ann`, `ben` and `cem`, linked and without access; the documents `d1` to `d4`.
    pub(crate) fn new() -> Self {
        let firm = Firm {
            name: "Ash & Oak".into(),
            enabled: true,
            portal_url: "https://portal.example/".into(),
            fallback: Some("fallback".into()),
            attributes: vec![("mail-hold".into(), "120".into())],
        };
        let mut world = Self {
            now: 1_000 * DAY,
            locale: "en".into(),
            firm,
            matters: BTreeMap::new(),
            members: BTreeMap::new(),
            contacts: BTreeMap::new(),
            links: BTreeSet::new(),
            documents: BTreeMap::new(),
            grants: BTreeMap::new(),
            shares: BTreeMap::new(),
            watchers: BTreeMap::new(),
            revisions: BTreeMap::new(),
            notices: Vec::new(),
            entries: Vec::new(),
            logged: Vec::new(),
            asked: Vec::new(),
            failing: None,
            sought: None,
            careless: false,
            actor: Actor::Host,
        };
        world.add_matter(M);
        for contact in ["ann", "ben", "cem"] {
            world.add_contact(contact);
            world.links.insert((M.into(), contact.into()));
        }
        for document in ["d1", "d2", "d3", "d4"] {
            world.add_document(M, document, DocumentSource::Platform);
        }
        world
    }

    pub(crate) fn add_matter(&mut self, id: &str) {
        let matter = Matter {
            id: id.into(),
            firm: self.firm.clone(),
            name: format!("Matter {id}"),
            owner: Some("owner".into()),
            opened_at: 500 * DAY,
            closed_at: None,
            discreet: false,
            staff_url: format!("https://staff.example/{id}"),
            attributes: Vec::new(),
        };
        self.matters.insert(id.into(), matter);
        for (user, can_share) in [("owner", true), ("sharer", true), ("looker", false), ("fallback", true)] {
            let member = Member {
                user: User {
                    id: user.into(),
                    name: format!("User {user}"),
                    email: Some(format!("{user}@firm.example")),
                    active: true,
                    locale: "en".into(),
                    attributes: Vec::new(),
                },
                can_view: true,
                can_share,
                attributes: Vec::new(),
            };
            self.members.insert((id.into(), user.into()), member);
        }
    }

    pub(crate) fn add_contact(&mut self, id: &str) {
        let contact = Contact {
            id: id.into(),
            name: format!("Contact {id}"),
            email: Some(format!("{id}@customer.example")),
            locale: "en".into(),
            attributes: Vec::new(),
        };
        self.contacts.insert(id.into(), contact);
    }

    pub(crate) fn add_document(&mut self, matter: &str, id: &str, source: DocumentSource) {
        let document = Document {
            id: id.into(),
            matter: matter.into(),
            name: format!("Document {id}.pdf"),
            kind: "Letter".into(),
            media_type: "application/pdf".into(),
            size: 1_000,
            version: 1,
            can_preview: true,
            created_by: None,
            created_at: self.now,
            activity_at: self.now,
            source,
            attributes: Vec::new(),
        };
        let kept = Kept { document, content: id.into(), deleted: false, hidden_from: Vec::new() };
        self.documents.insert(id.into(), kept);
    }

    pub(crate) fn matter(&mut self) -> &mut Matter {
        self.matters.get_mut(M).unwrap()
    }

    pub(crate) fn member(&mut self, user: &str) -> &mut Member {
        self.members.get_mut(&(M.into(), user.into())).unwrap()
    }

    pub(crate) fn contact(&mut self, contact: &str) -> &mut Contact {
        self.contacts.get_mut(contact).unwrap()
    }

    pub(crate) fn document(&mut self, document: &str) -> &mut Kept {
        self.documents.get_mut(document).unwrap()
    }

    /// One call, in the name of an actor. If it is refused, all is as before.
    pub(crate) fn call<T>(
        &mut self,
        actor: Actor,
        export: impl FnOnce(&mut Self, &CallContext) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let before = self.clone();
        let ctx =
            CallContext { actor: actor.clone(), now: self.now, locale: self.locale.clone(), attributes: Vec::new() };
        self.actor = actor;
        self.asked.clear();
        let answer = export(self, &ctx);
        if answer.is_err() {
            let asked = std::mem::take(&mut self.asked);
            *self = before;
            self.asked = asked;
        }
        answer
    }

    /// One call by a user.
    pub(crate) fn user<T>(
        &mut self,
        user: &str,
        export: impl FnOnce(&mut Self, &CallContext) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.call(Actor::User(user.into()), export)
    }

    /// One call by a contact.
    pub(crate) fn customer<T>(
        &mut self,
        contact: &str,
        export: impl FnOnce(&mut Self, &CallContext) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.call(Actor::Contact(contact.into()), export)
    }

    /// One report of the platform.
    pub(crate) fn host<T>(
        &mut self,
        export: impl FnOnce(&mut Self, &CallContext) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.call(Actor::Host, export)
    }

    pub(crate) fn revision(&self, section: Section) -> u32 {
        self.revisions.get(&(M.into(), section as u8)).copied().unwrap_or(0)
    }

    /// What is kept, without what only the test looks at.
    pub(crate) fn kept(&self) -> Self {
        Self { asked: Vec::new(), logged: Vec::new(), sought: None, actor: Actor::Host, ..self.clone() }
    }

    /// Notices since the last look.
    pub(crate) fn told(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Audit entries since the last look, as `action contact document`.
    pub(crate) fn audited(&mut self) -> Vec<String> {
        let line = |entry: Entry| {
            let contact = entry.contact.unwrap_or_default();
            format!("{} {contact} {}", entry.action, entry.document.unwrap_or_default()).trim_end().to_owned()
        };
        std::mem::take(&mut self.entries).into_iter().map(line).collect()
    }
}

/// A pair of a Save.
pub(crate) fn pair(document: &str, contact: &str) -> Pair {
    Pair { document: document.into(), contact: contact.into() }
}

/// Ids.
pub(crate) fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// The codes of a refusal's problems, with what they are about.
pub(crate) fn codes(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::NotFound => vec!["not-found".to_owned()],
        Refusal::Invalid(problems)
        | Refusal::Denied(problems)
        | Refusal::Conflict(problems)
        | Refusal::Unavailable(problems)
        | Refusal::Other(problems) => named(problems),
    }
}

/// The codes of problems, with the ids that they are about.
pub(crate) fn named(problems: &[Problem]) -> Vec<String> {
    let line = |problem: &Problem| {
        let about = problem.attributes.iter().map(|(_, value)| format!(" {value}"));
        format!("{}{}", problem.code, about.collect::<String>())
    };
    problems.iter().map(line).collect()
}
