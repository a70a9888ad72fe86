//! A host that is nothing but a runtime, the compiled plugin and a backend in memory.

use std::{sync::Arc, time::Duration};

use client_connect_runtime::{
    Caller, Failure, Limits, ManualClock, Runtime, Settings,
    exports::{self, Export},
    memory::{Memory, Records},
    types::*,
};

/// A day, in milliseconds.
pub(crate) const DAY: u64 = 24 * 60 * 60 * 1_000;
/// The matter of most tests.
pub(crate) const M: &str = "m";

/// The compiled plugin over records in memory.
pub(crate) struct Ground {
    pub(crate) runtime: Runtime<Memory>,
    pub(crate) clock: Arc<ManualClock>,
}

/// The firm `f` with the matter `m` of the user `owner`, in which `sharer` may share and `looker` may look;
/// `ann`, `ben` and `cem` are linked, `d1` to `d4` are its documents.
pub(crate) fn ground() -> Ground {
    let clock = Arc::new(ManualClock::new(1_000 * DAY));
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    std::fs::create_dir_all(&cache).unwrap();
    // The reference host's bounds on what a call may move, but not its haste: this host is not optimised.
    let limits = Limits { deadline: Duration::from_secs(10), ..Limits::reference() };
    let settings = Settings { limits, cache: Some(cache), clock: clock.clone() };
    let memory = Memory::new();
    memory.edit(|records| {
        records.firm("f", "Ash & Oak").with_firm("f", |firm| {
            firm.fallback = Some("fallback".into());
            firm.attributes = vec![("mail-hold".into(), "120".into())];
        });
        for user in ["owner", "sharer", "looker", "fallback"] {
            records.user("f", user, &format!("User {user}"));
        }
        records.matter("f", M, "Estate of Brown", Some("owner"));
        for (user, can_share) in [("owner", true), ("sharer", true), ("looker", false), ("fallback", true)] {
            records.member(M, user, can_share);
        }
        for contact in ["ann", "ben", "cem"] {
            records.contact("f", contact, &format!("Contact {contact}"), Some(&format!("{contact}@customer.example")));
            records.link(M, contact);
        }
        for document in ["d1", "d2", "d3", "d4"] {
            records.document(M, document, &format!("Document {document}.pdf"));
        }
    });
    let runtime = Runtime::new(memory, &settings, client_connect_embed::PLUGIN).unwrap();
    Ground { runtime, clock }
}

pub(crate) fn user(id: &str) -> Actor {
    Actor::User(id.into())
}

pub(crate) fn contact(id: &str) -> Actor {
    Actor::Contact(id.into())
}

pub(crate) fn viewing(user: &str, contact: &str) -> Actor {
    Actor::ViewingAs(ViewingAs { user: user.into(), contact: contact.into() })
}

pub(crate) fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

pub(crate) fn pair(document: &str, contact: &str) -> Pair {
    Pair { document: document.into(), contact: contact.into() }
}

pub(crate) fn page() -> Page {
    Page { after: None, limit: 200 }
}

pub(crate) fn change(contact: &str, portal: bool, can_download: bool) -> AccessChange {
    AccessChange { contact: contact.into(), portal, can_download, until: None, attributes: Vec::new() }
}

/// The codes of a refusal, or how else a call ended.
pub(crate) fn codes<A: std::fmt::Debug>(answer: Result<A, Failure>) -> Vec<String> {
    match answer.unwrap_err() {
        Failure::Refused(Refusal::NotFound) => ids(&["not-found"]),
        Failure::Refused(
            Refusal::Invalid(problems)
            | Refusal::Denied(problems)
            | Refusal::Conflict(problems)
            | Refusal::Unavailable(problems)
            | Refusal::Other(problems),
        ) => problems.into_iter().map(|problem| problem.code).collect(),
        other => panic!("{other:?}"),
    }
}

fn caller(actor: Actor) -> Caller {
    Caller { actor, locale: "en".into(), request: None, attributes: Vec::new() }
}

impl Ground {
    /// One call, kept if it answers.
    pub(crate) fn call<E: Export>(&self, actor: Actor, export: &E) -> Result<E::Answer, Failure> {
        let caller = caller(actor);
        if E::WRITES {
            self.runtime.write(|unit| unit.call(&caller, export))
        } else {
            self.runtime.read(|unit| unit.call(&caller, export))
        }
    }

    /// One call, rolled back.
    pub(crate) fn review<E: Export>(&self, actor: Actor, export: &E) -> Result<E::Answer, Failure> {
        self.runtime.dry_run(|unit| unit.call(&caller(actor), export))
    }

    /// A change of the platform's own records and the report of it, in one transaction.
    pub(crate) fn report<E: Export>(
        &self,
        actor: Actor,
        change: impl Fn(&mut Records),
        event: &E,
    ) -> Result<E::Answer, Failure> {
        let caller = caller(actor);
        self.runtime.write(|unit| {
            unit.tx().edit(&change).map_err(Failure::Backend)?;
            unit.call(&caller, event)
        })
    }

    /// Saves the Access section.
    pub(crate) fn grant(&self, changes: Vec<AccessChange>) -> Result<Granted, Failure> {
        let section = self.call(user("sharer"), &exports::access::View { matter: M.into() })?;
        self.call(user("sharer"), &exports::access::Grant { matter: M.into(), revision: section.revision, changes })
    }

    /// Saves the Sharing section.
    pub(crate) fn save(&self, share: Vec<Pair>, unshare: Vec<Pair>) -> Result<Saved, Failure> {
        let section = self.call(user("sharer"), &exports::sharing::View { matter: M.into() })?;
        let revision = section.revision;
        self.call(user("sharer"), &exports::sharing::Save { matter: M.into(), revision, share, unshare })
    }

    /// What somebody sees in the portal, by name.
    pub(crate) fn seen(&self, actor: Actor) -> Result<Vec<String>, Failure> {
        let list = exports::portal::Documents {
            matter: M.into(),
            search: None,
            sort: SortKey::Name,
            descending: false,
            page: page(),
        };
        Ok(self.call(actor, &list)?.rows.into_iter().map(|row| row.document).collect())
    }

    /// Which of the documents somebody may have.
    pub(crate) fn permitted(&self, actor: Actor, verb: Verb, documents: &[&str]) -> Result<Vec<String>, Failure> {
        let permit = exports::portal::Permit { matter: M.into(), verb, documents: ids(documents) };
        Ok(self.call(actor, &permit)?.into_iter().map(|document| document.id).collect())
    }

    /// A finished upload.
    pub(crate) fn upload(&self, contact: &str, id: &str) -> Result<Vec<Problem>, Failure> {
        let event = exports::events::OnUpload { matter: M.into(), documents: ids(&[id]) };
        let name = format!("Upload {id}.pdf");
        self.report(
            Actor::Contact(contact.into()),
            |records| {
                records.upload(M, contact, id, &name);
            },
            &event,
        )
    }

    /// A lane of the Sharing section, by name.
    pub(crate) fn lane(&self, lane: Lane, contacts: &[&str]) -> Result<Vec<String>, Failure> {
        let filter = DocumentFilter {
            contacts: ids(contacts),
            lane,
            search: None,
            same_content_as: None,
            sort: SortKey::Name,
            descending: false,
            attributes: Vec::new(),
        };
        let list = exports::sharing::Documents { matter: M.into(), filter, page: page() };
        Ok(self.call(user("sharer"), &list)?.rows.into_iter().map(|row| row.document.id).collect())
    }

    /// The notices in the outbox, oldest first.
    pub(crate) fn outbox(&self) -> Vec<Notice> {
        self.runtime.backend().records().outbox()
    }

    /// What the plugin has written to the audit, as `action contact document`.
    pub(crate) fn audited(&self) -> Vec<String> {
        let records = self.runtime.backend().records();
        let entries = records.audit().iter().flat_map(|recorded| recorded.entries.clone());
        let line = |entry: AuditEntry| {
            let contact = entry.contact.unwrap_or_default();
            format!("{} {contact} {}", entry.action, entry.document.unwrap_or_default()).trim_end().to_owned()
        };
        entries.map(line).collect()
    }

    /// The letter that a recipient of these notices would get now.
    pub(crate) fn compose(&self, to: Actor, notices: Vec<Notice>) -> Result<Option<Letter>, Failure> {
        self.call(to, &exports::letters::Compose { notices })
    }
}
