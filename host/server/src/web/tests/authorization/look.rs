//! What people see: each question is asked of the host and of the model, and the answers are compared.
//!
//! A cell is a person, a verb and a document (or, where the verb is about none, a matter or a contact), compared once.
//! One answer decides many of them: a list says of each document there is whether it is in it. Every answer is also
//! scanned for canaries that this person may not see.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    command::Command,
    model::Model,
    world::{Answer, Mark, World},
};

/// How many people are looked at after each command.
const LOOKS: u64 = 7;

/// Somebody who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person {
    User(usize),
    Contact(usize),
    Nobody,
    /// Has asked for a code, and not typed it yet.
    Half,
}

/// What is compared: both ways, or of customers only that nobody is allowed what the model forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Equal,
    Floor,
}

/// One person's look at the host.
pub(super) struct Look<'w> {
    pub(super) world: &'w mut World,
    pub(super) model: &'w Model,
    pub(super) measure: Measure,
    person: Person,
    cookie: String,
    seed: u64,
}

impl<'w> Look<'w> {
    /// Some people ask some things.
    ///
    /// # Errors
    /// The first that is not as the model says.
    pub(super) async fn around(
        world: &'w mut World,
        model: &'w Model,
        measure: Measure,
        seed: u64,
    ) -> Result<(), String> {
        let mut look = Self { world, model, measure, person: Person::Nobody, cookie: String::new(), seed: seed | 1 };
        for _ in 0..LOOKS {
            look.person = match look.draw(16) {
                0..=7 => Person::Contact([0, 0, 0, 1, 1, 2, 3, 4][look.draw(8)]),
                8..=13 => Person::User(look.draw(6)),
                14 => Person::Nobody,
                _ => Person::Half,
            };
            look.cookie = match look.person {
                Person::User(user) => look.world.staff[user].clone(),
                Person::Contact(contact) => look.world.customers[contact].clone(),
                Person::Nobody => String::new(),
                Person::Half => look.world.half.clone(),
            };
            // One in eight knocks at the other side's door.
            match (look.person, look.draw(8)) {
                (Person::User(_), 0) | (Person::Contact(_), 1..) => look.portal().await?,
                (Person::Nobody | Person::Half, 0..=3) => look.portal().await?,
                _ => look.staff().await?,
            }
        }
        Ok(())
    }

    fn draw(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.seed >> 33).unwrap_or_default() % below
    }

    /// The contact who is asked as, if their session stands.
    fn contact(&self) -> Option<usize> {
        match self.person {
            Person::Contact(contact) if self.model.signed_in.contains(&contact) => Some(contact),
            _ => None,
        }
    }

    fn user(&self) -> Option<usize> {
        if let Person::User(user) = self.person { Some(user) } else { None }
    }

    async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        self.ask(Method::GET, path, headers, &Value::Null).await
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, String> {
        let cookie = self.cookie.clone();
        let mut tries = 3;
        let answer = loop {
            let answer = match body {
                Value::Null => self.world.send(&cookie, method.clone(), path, headers, "").await,
                body => self.world.send_json(&cookie, method.clone(), path, body).await,
            };
            self.scan(path, answer.head.as_bytes())?;
            self.scan(path, &answer.body)?;
            tries -= 1;
            // A busy machine makes a call of the plugin miss its deadline.
            if tries == 0 || !answer.status.is_server_error() {
                break answer;
            }
        };
        // A plugin that asks for what the floor refuses may well say that it cannot go on.
        if answer.status.is_server_error() && self.measure == Measure::Equal {
            return Err(format!("{:?}: {path}: {}", self.person, answer.status));
        }
        Ok(answer)
    }

    fn scan(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        for mark in self.world.canaries.found(bytes) {
            let may = mark.is_some_and(|mark| match self.person {
                Person::User(user) => self.measure == Measure::Floor || self.may_read(user, mark),
                _ => self.contact().is_some_and(|contact| self.may_be_told(contact, mark)),
            });
            if !may {
                return Err(format!("{:?} was answered {mark:?} at {path}", self.person));
            }
        }
        Ok(())
    }

    fn may_read(&self, user: usize, mark: Mark) -> bool {
        let firm = self.model.users[user];
        let takes_part = |matter: usize| self.model.members.contains_key(&(matter, user));
        match mark {
            Mark::Firm(it) => it == firm,
            Mark::User(it) => self.model.users[it] == firm,
            Mark::Contact(it) => self.model.contacts[it].0 == firm,
            Mark::Address(it) => self.model.contacts[it / 2].0 == firm,
            // Also of what is in the bin.
            Mark::Matter(it) => takes_part(it),
            // Also of what was here before: the audit says so.
            Mark::Name(it) => {
                let here = takes_part(self.model.documents[it].matter);
                let was = (0..3).any(|matter| takes_part(matter) && self.world.been.contains(&(matter, it)));
                (here || was) && self.model.may_know(user, it)
            }
            Mark::Content(it, _) => self.model.knows(user, it),
            Mark::Token => false,
        }
    }

    fn may_be_told(&self, contact: usize, mark: Mark) -> bool {
        let model = self.model;
        let inside = |matter: usize| model.enters(contact, matter);
        match mark {
            Mark::Firm(it) => it == model.contacts[contact].0,
            Mark::User(it) => (0..3).any(|matter| model.matters[matter].owner == it && inside(matter)),
            Mark::Contact(it) => it == contact,
            Mark::Address(it) => model.contacts[contact].1 == Some(it),
            Mark::Matter(it) => inside(it),
            Mark::Name(it) => model.sees(contact, it),
            Mark::Content(it, version) => model.takes(contact, it) && version == model.documents[it].version,
            Mark::Token => false,
        }
    }

    /// One cell.
    fn cell(&mut self, verb: &str, what: impl std::fmt::Debug, is: bool, due: bool) -> Result<(), String> {
        self.world.cells.0 += 1;
        self.world.cells.1 += u64::from(is && due);
        let fits = match self.measure {
            Measure::Equal => is == due,
            Measure::Floor => due || !is || self.user().is_some(),
        };
        if fits {
            return Ok(());
        }
        let word = |yes: bool| if yes { "allowed" } else { "refused" };
        Err(format!("{:?} {verb} {what:?}: {}, should be {}", self.person, word(is), word(due)))
    }

    /// One cell for each document: whether it is among those that were answered.
    fn rows(&mut self, verb: &str, found: &BTreeSet<String>, due: impl Fn(usize) -> bool) -> Result<(), String> {
        for document in 0..self.model.documents.len() {
            let is = found.contains(&self.world.documents[document]);
            self.cell(verb, document, is, due(document))?;
        }
        let known = found.iter().all(|id| self.world.documents.contains(id));
        if known { Ok(()) } else { Err(format!("{:?} {verb}: what is nobody's: {found:?}", self.person)) }
    }

    /// What a customer can ask.
    async fn portal(&mut self) -> Result<(), String> {
        let model = self.model;
        let (who, matter) = (self.contact(), [0, 0, 0, 1, 1, 2][self.draw(6)]);
        let base = format!("/api/portal/matters/{}", self.world.matters[matter]);
        let inside = who.is_some_and(|contact| model.enters(contact, matter));
        match self.draw(12) {
            0..=2 => {
                let query = ["", "&search=canary", "&sort=activity_at&descending=true"][self.draw(3)];
                let answer = self.get(&format!("{base}/documents?limit=200{query}"), &[]).await?;
                self.cell("enters", matter, answer.status == 200, inside)?;
                let due =
                    |at: usize| model.documents[at].matter == matter && who.is_some_and(|who| model.sees(who, at));
                self.rows("lists", &ids(&answer.json()["items"], "document"), due)
            }
            3 => {
                let answer = self.get(&format!("{base}/archive"), &[]).await?;
                let found = self.world.canaries.found(&answer.body);
                let due =
                    |at: usize| model.documents[at].matter == matter && who.is_some_and(|who| model.takes(who, at));
                for document in 0..model.documents.len() {
                    let is = found.contains(&Some(Mark::Content(document, model.documents[document].version)));
                    self.cell("packs", document, is, due(document))?;
                }
                Ok(())
            }
            4 => {
                let answer = self.get("/api/portal/matters", &[]).await?;
                let found = ids(&answer.json()["items"], "matter");
                for matter in 0..3 {
                    let due = who.is_some_and(|contact| model.enters(contact, matter));
                    self.cell("chooses", matter, found.contains(&self.world.matters[matter]), due)?;
                }
                Ok(())
            }
            5 => {
                let answer = self.get(&base, &[]).await?;
                self.cell("enters", matter, answer.status == 200, inside)?;
                let sends = who.is_some_and(|contact| model.sends(contact, matter));
                // That a closed matter takes nothing is the plugin's to say, and not the floor's.
                if self.measure == Measure::Equal {
                    self.cell("may send to", matter, answer.json()["can_upload"] == true, sends)?;
                }
                let takes = who.and_then(|contact| model.grants.get(&(matter, contact))).is_some_and(|it| it.download);
                self.cell("may take from", matter, answer.json()["can_download"] == true, inside && takes)
            }
            _ => self.customers_document(who).await,
        }
    }

    /// What a customer can ask of one document.
    async fn customers_document(&mut self, who: Option<usize>) -> Result<(), String> {
        let model = self.model;
        let document = self.draw(model.documents.len());
        // One in eight names a matter in which the document is not.
        let strayed = self.draw(8) == 0;
        let matter = (model.documents[document].matter + usize::from(strayed)) % 3;
        let place = format!("{}/documents/{}", self.world.matters[matter], self.world.documents[document]);
        let (api, page) = (format!("/api/portal/matters/{place}"), format!("/portal/matters/{place}"));
        let sees = !strayed && who.is_some_and(|contact| model.sees(contact, document));
        let takes = !strayed && who.is_some_and(|contact| model.takes(contact, document));
        let etag = self.etag(document);
        let (verb, answer, due) = match self.draw(9) {
            0 => ("takes", self.get(&format!("{api}/content"), &[]).await?, takes),
            1 => {
                ("asks the size of", self.ask(Method::HEAD, &format!("{api}/content"), &[], &Value::Null).await?, takes)
            }
            2 => ("takes a part of", self.get(&format!("{api}/content"), &[("range", "bytes=0-40")]).await?, takes),
            3 => ("compares", self.get(&format!("{api}/content"), &[("if-none-match", &etag)]).await?, takes),
            4 => ("takes by the page", self.get(&format!("{page}/download"), &[]).await?, takes),
            5 => ("counts the pages of", self.get(&format!("{api}/pages"), &[]).await?, sees),
            6 => ("looks at", self.get(&format!("{api}/pages/1"), &[]).await?, sees),
            7 => ("opens", self.get(&page, &[]).await?, sees),
            // There is no such verb for a customer.
            _ => ("takes an old version of", self.get(&format!("{api}/versions/1/content"), &[]).await?, false),
        };
        // That there is no picture of it is told to nobody but who may look at it.
        let is = answer.status.is_success() || matches!(answer.status.as_u16(), 206 | 304 | 422);
        self.cell(verb, document, is, due)?;
        let hidden = self.measure == Measure::Equal && !sees && !is && who.is_some() && model.on == [true, true];
        if hidden && answer.status != 404 {
            return Err(format!("{:?} {verb} {document}: {} tells that it is there", self.person, answer.status));
        }
        Ok(())
    }

    /// What would be answered to whoever has it already.
    fn etag(&self, document: usize) -> String {
        let id = &self.world.documents[document];
        let query = "SELECT sha256 FROM documents WHERE id = ?1";
        let found =
            self.world.read(|tx| tx.conn().prepare_cached(query)?.query_row([id], |row| row.get::<_, String>(0)));
        format!("\"{}\"", found.unwrap_or_default())
    }

    /// What the firm's own people can ask.
    async fn staff(&mut self) -> Result<(), String> {
        let model = self.model;
        let (who, matter, contact) = (self.user(), [0, 0, 0, 1, 1, 2][self.draw(6)], self.draw(5));
        let base = format!("/api/matters/{}", self.world.matters[matter]);
        let member = who.is_some_and(|user| model.member(user, matter));
        let section = member && model.on[model.matters[matter].firm];
        let here = |at: usize| model.documents[at].matter == matter;
        match self.draw(14) {
            0..=1 => {
                let answer = self.get(&format!("{base}/documents?limit=200"), &[]).await?;
                let found = ids(&answer.json()["items"], "id");
                self.rows("lists", &found, |at| here(at) && who.is_some_and(|user| model.knows(user, at)))
            }
            2..=3 => {
                let answer = self.get(&format!("{base}/client-connect/sharing/documents?limit=200"), &[]).await?;
                self.cell("enters Sharing of", matter, answer.status == 200, section)?;
                let list = answer.json();
                let mut found = BTreeSet::new();
                for row in list["items"].as_array().into_iter().flatten() {
                    let id = row["document"]["id"].as_str().unwrap_or_default().to_owned();
                    let at = self.world.documents.iter().position(|known| *known == id);
                    // Every share that is live is seen, and can be ended, where it is managed.
                    let at = at.ok_or_else(|| format!("a row of nobody: {row}"))?;
                    let shares = row["shares"].as_array().into_iter().flatten();
                    let live = shares.filter(|share| share["state"] == "live");
                    let live: BTreeSet<_> = live.filter_map(|share| share["contact"].as_str()).collect();
                    for contact in 0..5 {
                        let is = live.contains(self.world.contacts[contact].as_str());
                        let due = model.live.contains(&(matter, at, contact));
                        self.cell("finds shared", (at, contact), is, due)?;
                    }
                    found.insert(id);
                }
                self.rows("could share", &found, |at| section && here(at) && who.is_some_and(|it| model.knows(it, at)))
            }
            4 => {
                let answer = self.get(&format!("{base}/bin?limit=200"), &[]).await?;
                let deleted = |at: usize| here(at) && model.documents[at].deleted && member;
                let found = ids(&answer.json()["items"], "id");
                self.rows("finds in the bin", &found, |at| deleted(at) && who.is_some_and(|it| model.may_know(it, at)))
            }
            5 => {
                let path =
                    format!("{base}/client-connect/view-as/{}/documents?limit=200", self.world.contacts[contact]);
                let answer = self.get(&path, &[]).await?;
                let found = ids(&answer.json()["items"], "document");
                let sees = |at: usize| member && here(at) && model.sees(contact, at);
                self.rows("sees as a contact", &found, |at| sees(at) && who.is_some_and(|it| model.may_know(it, at)))
            }
            6 => {
                let answer = self.get(&format!("{base}/client-connect/access"), &[]).await?;
                self.cell("enters Access of", matter, answer.status == 200, section)
            }
            7 => {
                let answer = self.get(&format!("{base}/audit?limit=200"), &[]).await?;
                self.cell("reads the audit of", matter, answer.status == 200, member)
            }
            8 => {
                let page = ["documents", "client-connect/sharing", "audit", "contacts"][self.draw(4)];
                let answer = self.get(&format!("/matters/{}/{page}", self.world.matters[matter]), &[]).await?;
                let due = if page == "client-connect/sharing" { section } else { member };
                self.cell("opens a page of", matter, answer.status == 200, due)
            }
            9 => self.would_share(matter, contact).await,
            _ => self.users_document(who).await,
        }
    }

    /// A Save that is only tried.
    async fn would_share(&mut self, matter: usize, contact: usize) -> Result<(), String> {
        let document = self.draw(self.model.documents.len());
        let pair = json!([{ "document": self.world.documents[document], "contact": self.world.contacts[contact] }]);
        let body = json!({ "revision": self.world.revision(matter, "sharing"), "share": pair });
        let path = format!("/api/matters/{}/client-connect/sharing?dry_run=true", self.world.matters[matter]);
        let answer = self.ask(Method::PUT, &path, &[], &body).await?;
        let due = self.user().is_some_and(|by| {
            let command = Command::Share { by, matter, document, contact };
            self.model.clone().apply(&command)
        });
        self.cell("could share", (document, contact), answer.status == 200, due)
    }

    /// What a user can ask of one document.
    async fn users_document(&mut self, who: Option<usize>) -> Result<(), String> {
        let model = self.model;
        let document = self.draw(model.documents.len());
        let strayed = self.draw(8) == 0;
        let matter = (model.documents[document].matter + usize::from(strayed)) % 3;
        let api = format!("/api/matters/{}/documents/{}", self.world.matters[matter], self.world.documents[document]);
        let knows = !strayed && who.is_some_and(|user| model.knows(user, document));
        let edits = knows && who.is_some_and(|user| model.edits(user, matter));
        let content = format!("{api}/content");
        let (verb, answer, due) = match self.draw(8) {
            0 => ("reads", self.get(&api, &[]).await?, knows),
            1 => ("takes", self.get(&content, &[]).await?, knows),
            2 => ("asks the size of", self.ask(Method::HEAD, &content, &[], &Value::Null).await?, knows),
            3 => ("takes a part of", self.get(&content, &[("range", "bytes=0-40")]).await?, knows),
            4 => ("reads the versions of", self.get(&format!("{api}/versions"), &[]).await?, knows),
            5 => ("takes an old version of", self.get(&format!("{api}/versions/1/content"), &[]).await?, knows),
            6 => ("counts the pages of", self.get(&format!("{api}/pages"), &[]).await?, knows),
            _ => {
                let body = json!({ "kind": "Letter" });
                ("could edit", self.ask(Method::PATCH, &format!("{api}?dry_run=true"), &[], &body).await?, edits)
            }
        };
        let is = answer.status.is_success() || matches!(answer.status.as_u16(), 206 | 304 | 422);
        self.cell(verb, document, is, due)
    }
}

fn ids(rows: &Value, key: &str) -> BTreeSet<String> {
    rows.as_array().into_iter().flatten().filter_map(|row| row[key].as_str().map(str::to_owned)).collect()
}
