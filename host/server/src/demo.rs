//! The demo firms, seeded at the first start: as if everything had happened when the manifest says it did.
//!
//! What happened is told to the host in the order of its time, by a runtime of its own over the same records whose
//! clock stands at that time. Access, shares and uploads go through the plugin like anybody's, so the audit log is
//! whole and the proofs hold. The mails of all that are long sent: the outbox is marked so.

use std::{collections::BTreeMap, sync::Arc};

use client_connect_fixtures::demo::{self, Demo, Document, Firm, Matter};
use client_connect_runtime::{
    Caller, Limits, ManualClock, Runtime, Settings, Unit,
    exports::{access, events, notifications, sharing},
    types::{AccessChange, Actor, Pair, Timestamp, Watcher},
};

use crate::{
    app::{App, SharedApp, StartError},
    store::{SqliteBackend, SqliteTx, contacts, documents, firms, loose, matters, members, new_id, outbox, users},
    web::{Problem, blocking, password},
};

/// Seeds the demo firms if there is no firm yet. Answers who can sign in, as lines of text.
///
/// # Errors
/// If the store or the plugin does not answer, or refuses what the manifest says.
pub async fn seed_once(app: &SharedApp) -> Result<String, Problem> {
    blocking(app, |app| {
        let demo = client_connect_fixtures::demo().map_err(Problem::internal)?;
        let empty = app.runtime.read(|unit| Ok::<_, Problem>(firms::list(unit.tx())?.is_empty()))?;
        if empty {
            seed(app, &demo)?;
        }
        Ok(sign_ins(&demo))
    })
    .await
}

/// Who can sign in, and how.
fn sign_ins(demo: &Demo) -> String {
    let mut lines = String::new();
    for firm in &demo.firms {
        lines.push_str(&format!("{}\n", firm.name));
        for staff in firm.staff.iter().filter(|staff| staff.active).take(3) {
            let (name, email, password) = (&staff.name, &staff.email, &staff.password);
            lines.push_str(&format!("  staff     {email:<34} {password:<14} {name}\n"));
        }
        let granted =
            firm.matters.iter().flat_map(|matter| &matter.grants).filter(|grant| grant.switched_off.is_none());
        let mut shown = std::collections::BTreeSet::new();
        for grant in granted.filter(|grant| shown.insert(grant.contact.as_str())).take(3) {
            if let Some(contact) = firm.contacts.iter().find(|contact| contact.key == grant.contact) {
                let email = contact.email.as_deref().unwrap_or_default();
                lines.push_str(&format!("  customer  {email:<34} code by mail   {}\n", contact.name));
            }
        }
    }
    lines
}

/// Something that happened in a matter.
enum Happened<'d> {
    Watchers,
    Created(&'d Document),
    Uploaded(&'d Document),
    Granted(&'d demo::Grant),
    Shared(&'d demo::Share),
    SwitchedOff(&'d demo::Grant),
    Closed,
}

fn seed(app: &App, demo: &Demo) -> Result<(), Problem> {
    let now = app.runtime.now();
    let clock = Arc::new(ManualClock::new(now));
    let settings = Settings { limits: Limits::reference(), cache: cache(app), clock: clock.clone() };
    let plugin = app.plugin.bytes(app.runtime.backend(), now).map_err(Problem::internal)?;
    let runtime = Runtime::new(app.runtime.backend().clone(), &settings, &plugin)
        .map_err(|error| Problem::internal(StartError::from(error)))?;
    for firm in &demo.firms {
        let mut seeding = Seeding { app, runtime: &runtime, clock: &clock, now, ids: BTreeMap::new(), firm };
        seeding.people()?;
        let mut all: Vec<(Timestamp, usize, &Matter, Happened<'_>)> = Vec::new();
        for matter in &firm.matters {
            seeding.matter(matter)?;
            all.extend(seeding.history(matter));
        }
        // What happened in one minute happened in the order in which it must have.
        all.sort_by_key(|(at, order, ..)| (*at, *order));
        for (at, _, matter, happened) in &all {
            seeding.clock.set(*at);
            seeding.happen(matter, happened)?;
        }
        seeding.clock.set(now);
        seeding.leavers()?;
    }
    clock.set(now);
    runtime.write(|unit| {
        let tx: &SqliteTx = unit.tx();
        Ok::<_, Problem>(outbox::told_before(tx, now)?)
    })
}

/// Where compiled plugins are: beside the database.
fn cache(app: &App) -> Option<std::path::PathBuf> {
    app.runtime.backend().path().parent().map(|folder| folder.join("cache"))
}

/// One firm while it is seeded.
struct Seeding<'d> {
    app: &'d App,
    runtime: &'d Runtime<SqliteBackend>,
    clock: &'d ManualClock,
    now: Timestamp,
    /// By the manifest's keys, with what they are keys of in front.
    ids: BTreeMap<String, String>,
    firm: &'d Firm,
}

impl Seeding<'_> {
    fn mint(&mut self, what: &str, key: &str) -> String {
        self.ids.entry(format!("{what} {key}")).or_insert_with(new_id).clone()
    }

    fn id(&self, what: &str, key: &str) -> Result<String, Problem> {
        let found = self.ids.get(&format!("{what} {key}")).cloned();
        found.ok_or_else(|| Problem::internal(format!("the demo has no {what} {key}")))
    }

    fn document_id(&self, matter: &Matter, key: &str) -> Result<String, Problem> {
        self.id("document", &format!("{} {key}", matter.key))
    }

    fn user(&self, key: &str) -> Result<Caller, Problem> {
        Ok(caller(Actor::User(self.id("user", key)?)))
    }

    fn people(&mut self) -> Result<(), Problem> {
        let firm_id = self.mint("firm", &self.firm.key);
        let mut staff = Vec::new();
        for person in &self.firm.staff {
            let user = users::User {
                id: self.mint("user", &person.key),
                firm: firm_id.clone(),
                name: person.name.clone(),
                email: person.email.clone(),
                active: true,
                admin: person.admin,
                locale: person.locale.clone(),
                created_at: self.now,
            };
            staff.push((user, password::phc(&person.password).map_err(Problem::internal)?));
        }
        let contacts: Vec<contacts::Contact> = self
            .firm
            .contacts
            .iter()
            .map(|contact| contacts::Contact {
                id: new_id(),
                firm: firm_id.clone(),
                name: contact.name.clone(),
                email: contact.email.clone(),
                locale: contact.locale.clone(),
                deleted_at: None,
                attributes: Vec::new(),
            })
            .collect();
        for (contact, made) in self.firm.contacts.iter().zip(&contacts) {
            self.ids.insert(format!("contact {}", contact.key), made.id.clone());
        }
        let fallback = self.firm.fallback.as_deref().map(|key| self.id("user", key)).transpose()?;
        let mut firm = firms::Firm {
            id: firm_id,
            name: self.firm.name.clone(),
            enabled: true,
            fallback_user: None,
            sender: self.firm.sender.clone(),
            mail_hold: 10,
            watermark: true,
            when_closed: "read-only".to_owned(),
            attributes: Vec::new(),
        };
        self.runtime.write(|unit| {
            firms::create(unit.tx(), &firm)?;
            for (user, phc) in &staff {
                users::create(unit.tx(), user, Some(phc))?;
            }
            for contact in &contacts {
                contacts::create(unit.tx(), contact)?;
            }
            firm.fallback_user.clone_from(&fallback);
            Ok(firms::update(unit.tx(), &firm)?)
        })
    }

    fn matter(&mut self, matter: &Matter) -> Result<(), Problem> {
        let new = matters::Matter {
            id: self.mint("matter", &matter.key),
            firm: self.id("firm", &self.firm.key)?,
            name: matter.name.clone(),
            reference: matter.reference.clone(),
            owner: matter.owner.as_deref().map(|key| self.id("user", key)).transpose()?,
            opened_at: matter.opened.before(self.now),
            closed_at: None,
            deleted_at: None,
            discreet: matter.discreet,
            attributes: Vec::new(),
        };
        let mut rights = Vec::new();
        for member in &matter.members {
            let user = self.id("user", &member.staff)?;
            rights.push(members::Rights { user, can_edit: member.can_edit, can_share: member.can_share });
        }
        let mut links = Vec::new();
        for link in &matter.links {
            links.push((self.id("contact", &link.contact)?, link.role.as_str()));
        }
        self.runtime.write(|unit| {
            matters::create(unit.tx(), &new)?;
            for rights in &rights {
                members::set(unit.tx(), &new.id, rights)?;
            }
            for (contact, role) in &links {
                contacts::link(unit.tx(), &new.id, contact, role)?;
            }
            Ok(())
        })
    }

    /// All that happened in a matter: when, and in which order within one minute.
    fn history<'m>(&self, matter: &'m Matter) -> Vec<(Timestamp, usize, &'m Matter, Happened<'m>)> {
        let at = |when: demo::When| when.before(self.now);
        let mut all = Vec::new();
        if !matter.watchers.is_empty() {
            all.push((at(matter.opened), 0, matter, Happened::Watchers));
        }
        for document in &matter.documents {
            match document.uploader {
                None => all.push((at(document.created), 1, matter, Happened::Created(document))),
                Some(_) => all.push((at(document.created), 4, matter, Happened::Uploaded(document))),
            }
        }
        for grant in &matter.grants {
            all.push((at(grant.given), 2, matter, Happened::Granted(grant)));
            if let Some(when) = grant.switched_off {
                all.push((at(when), 5, matter, Happened::SwitchedOff(grant)));
            }
        }
        all.extend(matter.shares.iter().map(|share| (at(share.saved), 3, matter, Happened::Shared(share))));
        all.extend(matter.closed.map(|when| (at(when), 6, matter, Happened::Closed)));
        all
    }

    fn happen(&mut self, matter: &Matter, happened: &Happened<'_>) -> Result<(), Problem> {
        match happened {
            Happened::Watchers => self.watchers(matter),
            Happened::Created(document) | Happened::Uploaded(document) => self.document(matter, document),
            Happened::Granted(grant) => self.grant(matter, grant, true),
            Happened::SwitchedOff(grant) => self.grant(matter, grant, false),
            Happened::Shared(share) => self.share(matter, share),
            Happened::Closed => self.close(matter),
        }
    }

    fn watchers(&self, matter: &Matter) -> Result<(), Problem> {
        let id = self.id("matter", &matter.key)?;
        let sharer = matter.members.iter().find(|member| member.can_share).map(|member| member.staff.as_str());
        let by = self.user(matter.owner.as_deref().or(sharer).unwrap_or_default())?;
        let mut watchers = Vec::new();
        for watcher in &matter.watchers {
            let user = self.id("user", &watcher.staff)?;
            watchers.push(Watcher { user, in_app: watcher.in_app, email: watcher.email, attributes: Vec::new() });
        }
        self.runtime.write(|unit| {
            let revision = unit.call(&by, &notifications::View { matter: id.clone() })?.revision;
            let save = notifications::SetWatchers { matter: id.clone(), revision, watchers: watchers.clone() };
            unit.call(&by, &save)?;
            Ok(())
        })
    }

    fn document(&mut self, matter: &Matter, document: &Document) -> Result<(), Problem> {
        let matter_id = self.id("matter", &matter.key)?;
        let id = self.mint("document", &format!("{} {}", matter.key, document.key));
        let blob = new_id();
        self.runtime.write(|unit| {
            let at = unit.now();
            Ok::<_, Problem>(loose::announce(unit.tx(), &blob, at)?)
        })?;
        let bytes = axum::body::Bytes::from_static(document.file.bytes());
        let written = self.app.blobs.put(&blob, bytes).map_err(Problem::internal)?;
        let uploader = document.uploader.as_deref().map(|key| self.id("contact", key)).transpose()?;
        let readers = document.readers.iter().map(|key| self.id("user", key)).collect::<Result<Vec<_>, _>>()?;
        let new = documents::New {
            id: id.clone(),
            matter: matter_id.clone(),
            name: document.name.clone(),
            kind: document.kind.clone(),
            content: documents::Content {
                blob,
                size: written.size,
                sha256: written.sha256,
                media_type: document.file.media_type().to_owned(),
            },
            created_by: document.created_by.as_deref().map(|key| self.id("user", key)).transpose()?,
            uploader: uploader.clone(),
            source: None,
        };
        self.runtime.write(|unit| {
            let at = unit.now();
            documents::create(unit.tx(), &new, at)?;
            if let Some(contact) = &uploader {
                let report = events::OnUpload { matter: matter_id.clone(), documents: vec![id.clone()] };
                unit.call(&caller(Actor::Contact(contact.clone())), &report)?;
            }
            if document.restricted {
                documents::set_readers(unit.tx(), &id, Some(&readers))?;
            }
            Ok(())
        })
    }

    fn grant(&self, matter: &Matter, grant: &demo::Grant, portal: bool) -> Result<(), Problem> {
        let (id, by) = (self.id("matter", &matter.key)?, self.user(&grant.by)?);
        let change = AccessChange {
            contact: self.id("contact", &grant.contact)?,
            portal,
            can_download: grant.can_download,
            until: None,
            attributes: Vec::new(),
        };
        self.runtime.write(|unit| {
            let revision = unit.call(&by, &access::View { matter: id.clone() })?.revision;
            unit.call(&by, &access::Grant { matter: id.clone(), revision, changes: vec![change.clone()] })?;
            Ok(())
        })
    }

    fn share(&self, matter: &Matter, share: &demo::Share) -> Result<(), Problem> {
        let (id, by) = (self.id("matter", &matter.key)?, self.user(&share.by)?);
        let mut pairs = Vec::new();
        for document in &share.documents {
            for contact in &share.contacts {
                let document = self.document_id(matter, document)?;
                pairs.push(Pair { document, contact: self.id("contact", contact)? });
            }
        }
        self.runtime.write(|unit| {
            let revision = unit.call(&by, &sharing::View { matter: id.clone() })?.revision;
            let save = sharing::Save { matter: id.clone(), revision, share: pairs.clone(), unshare: Vec::new() };
            unit.call(&by, &save)?;
            Ok(())
        })
    }

    fn close(&self, matter: &Matter) -> Result<(), Problem> {
        let id = self.id("matter", &matter.key)?;
        self.runtime.write(|unit| {
            let at = unit.now();
            let Some(before) = as_host_sees_it(unit, &id)? else { return Err(Problem::not_found()) };
            let Some(mut record) = matters::get(unit.tx(), &id)? else { return Err(Problem::not_found()) };
            record.closed_at = Some(at);
            matters::update(unit.tx(), &record)?;
            unit.call(&caller(Actor::Host), &events::OnMatterChanged { matter: id.clone(), before })?;
            Ok(())
        })
    }

    /// Those who have left the firm since.
    fn leavers(&self) -> Result<(), Problem> {
        for person in self.firm.staff.iter().filter(|person| !person.active) {
            let id = self.id("user", &person.key)?;
            self.runtime.write(|unit| {
                let Some(mut user) = users::get(unit.tx(), &id)? else { return Err(Problem::not_found()) };
                user.active = false;
                Ok(users::update(unit.tx(), &user)?)
            })?;
        }
        Ok(())
    }
}

fn as_host_sees_it(
    unit: &mut Unit<'_, SqliteTx>,
    matter: &String,
) -> Result<Option<client_connect_runtime::types::Matter>, Problem> {
    use client_connect_runtime::{Tx, backend::Viewer};
    Ok(unit.tx().matter(&Viewer::Host, matter)?)
}

fn caller(actor: Actor) -> Caller {
    Caller { actor, locale: "en".to_owned(), request: None, attributes: Vec::new() }
}
