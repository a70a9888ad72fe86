//! A firm of a sequence's own, and another one beside it, in which everything bears a canary; and requests to the host.
//!
//! | number | users | contacts | matters |
//! |---|---|---|---|
//! | 0 | owns the first matter, administrator | | of 0 |
//! | 1 | edits there | | of 4 |
//! | 2 | shares there | | of the other firm |
//! | 3 | looks there | of the second matter | |
//! | 4 | owns the second matter | of the other firm | |
//! | 5 | of the other firm | | |

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use client_connect_fixtures::canary::Canaries;
use client_connect_runtime::{ManualClock, backend::Mode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use super::{
    super::NO_RENDERER,
    model::{Matter, Model},
};
use crate::{
    app::{App, Options, SharedApp},
    config::{Config, Raw},
    mail::Mailer,
    store::{self, SqliteTx, contacts, firms, matters, members, sessions, sign_ins, users},
};

const NOW: u64 = 1_760_000_000_000;
const HOUR: u64 = 3_600_000;

/// What a canary marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Firm(usize),
    User(usize),
    Contact(usize),
    Address(usize),
    Matter(usize),
    /// The name of a document.
    Name(usize),
    /// A version of a document's content.
    Content(usize, usize),
    /// What a cookie holds. It is in no answer's body, whoever asks.
    Token,
}

/// A host that many sequences are tried on, one after the other, each with firms of its own.
pub(super) struct House {
    pub(super) app: SharedApp,
    router: Router,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

impl House {
    pub(super) fn new(plugin: Option<&[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What is compiled is kept by its content, for the other tests and for the next run.
        let compiled = std::env::temp_dir().join("client-connect-tests-compiled");
        std::fs::create_dir_all(&compiled).unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(compiled, folder.path().join("data/cache")).unwrap();
        let flags = BTreeMap::from([
            ("data-dir", folder.path().join("data").to_str().unwrap().to_owned()),
            ("requests-per-second", "0".to_owned()),
        ]);
        let mut config = Config::new(&Raw::merge(None, |_| None, &flags).unwrap()).unwrap();
        if let Some(plugin) = plugin {
            let file = folder.path().join("plugin.wasm");
            std::fs::write(&file, plugin).unwrap();
            config.plugin = Some(file);
        }
        let clock = Arc::new(ManualClock::new(NOW));
        let options = Options { clock: clock.clone(), mailer: Some(Mailer::Off), renderer: NO_RENDERER };
        let app = App::open(&config, options).unwrap();
        Self { router: crate::web::router(app.clone()), app, clock, _folder: folder }
    }
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether a command was done, or refused.
    ///
    /// # Errors
    /// If it was neither.
    pub(super) fn accepted(&self) -> Result<bool, String> {
        match self.status.as_u16() {
            200..=299 => Ok(true),
            401 | 403 | 404 | 409 | 422 => Ok(false),
            status => Err(format!("{status}: {}", String::from_utf8_lossy(&self.body))),
        }
    }
}

pub(super) struct World {
    app: SharedApp,
    router: Router,
    pub(super) clock: Arc<ManualClock>,
    pub(super) users: Vec<String>,
    pub(super) contacts: Vec<String>,
    pub(super) matters: Vec<String>,
    pub(super) documents: Vec<String>,
    /// By their numbers.
    pub(super) addresses: Vec<String>,
    /// The cookies of the users.
    pub(super) staff: Vec<String>,
    /// The cookies of the contacts' last sessions.
    pub(super) customers: Vec<String>,
    /// The cookie of a sign-in under way, tried as a session too.
    pub(super) half: String,
    pub(super) canaries: Canaries<Mark>,
    /// In which matter which document has ever been.
    pub(super) been: BTreeSet<(usize, usize)>,
    /// Cells that were compared, and those of them that were allowed; requests that it took.
    pub(super) cells: (u64, u64),
    pub(super) requests: u64,
}

impl World {
    /// Two firms with their people, and nothing granted or filed yet; and what the model knows of them.
    pub(super) fn found(house: &House, fault: &str) -> (Self, Model) {
        let mut world = Self {
            app: house.app.clone(),
            router: house.router.clone(),
            clock: house.clock.clone(),
            users: (0..6).map(|_| store::new_id()).collect(),
            contacts: (0..5).map(|_| store::new_id()).collect(),
            matters: (0..3).map(|_| store::new_id()).collect(),
            documents: Vec::new(),
            addresses: Vec::new(),
            staff: Vec::new(),
            customers: vec![String::new(); 5],
            half: String::new(),
            canaries: Canaries::default(),
            been: BTreeSet::new(),
            cells: (0, 0),
            requests: 0,
        };
        for address in 0..10 {
            let canary = world.canaries.mark(Mark::Address(address));
            world.addresses.push(format!("{canary}@mail.example"));
        }
        let now = client_connect_runtime::Clock::now(&*house.clock);
        let model = Model {
            now,
            on: vec![true, true],
            users: vec![0, 0, 0, 0, 0, 1],
            contacts: (0..5).map(|at| (usize::from(at == 4), Some(at * 2))).collect(),
            matters: [(0, 0), (0, 4), (1, 5)]
                .map(|(firm, owner)| Matter { firm, owner, closed: false, deleted: false })
                .to_vec(),
            documents: Vec::new(),
            members: [
                ((0, 0), (true, true)),
                ((0, 1), (true, false)),
                ((0, 2), (false, true)),
                ((0, 3), (false, false)),
                ((1, 4), (true, true)),
                ((1, 0), (true, true)),
                ((2, 5), (true, true)),
            ]
            .into(),
            linked: [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (1, 3), (2, 4)].into(),
            grants: BTreeMap::new(),
            live: BTreeSet::new(),
            signed_in: BTreeSet::new(),
        };
        let tx = house.app.runtime.backend().begin_own(Mode::Write, now).unwrap();
        world.people(&tx, &model, fault);
        tx.commit().unwrap();
        (world, model)
    }

    fn people(&mut self, tx: &SqliteTx, model: &Model, fault: &str) {
        let firm_ids = [store::new_id(), store::new_id()];
        for (at, id) in firm_ids.iter().enumerate() {
            let firm = firms::Firm {
                id: id.clone(),
                name: self.canaries.mark(Mark::Firm(at)),
                enabled: true,
                fallback_user: None,
                sender: "portal@firm.example".to_owned(),
                mail_hold: 120,
                watermark: true,
                when_closed: "read-only".to_owned(),
                attributes: vec![("planted".to_owned(), fault.to_owned())],
            };
            firms::create(tx, &firm).unwrap();
        }
        for (at, id) in self.users.clone().into_iter().enumerate() {
            let name = self.canaries.mark(Mark::User(at));
            let user = users::User {
                id: id.clone(),
                firm: firm_ids[model.users[at]].clone(),
                email: format!("{name}@firm.example"),
                name,
                active: true,
                admin: at == 0,
                locale: "en".to_owned(),
                created_at: 1,
            };
            users::create(tx, &user, None).unwrap();
            let (cookie, hash) = self.token();
            sessions::start_staff(tx, &hash, &id, model.now, model.now + 24 * HOUR).unwrap();
            self.staff.push(format!("cc_staff={cookie}"));
        }
        for (at, matter) in model.matters.iter().enumerate() {
            let matter = matters::Matter {
                id: self.matters[at].clone(),
                firm: firm_ids[matter.firm].clone(),
                name: self.canaries.mark(Mark::Matter(at)),
                reference: String::new(),
                owner: Some(self.users[matter.owner].clone()),
                opened_at: 1,
                closed_at: None,
                deleted_at: None,
                discreet: false,
                attributes: Vec::new(),
            };
            matters::create(tx, &matter).unwrap();
        }
        for (&(matter, user), &(can_edit, can_share)) in &model.members {
            let rights = members::Rights { user: self.users[user].clone(), can_edit, can_share };
            members::set(tx, &self.matters[matter], &rights).unwrap();
        }
        for (at, id) in self.contacts.clone().into_iter().enumerate() {
            let contact = contacts::Contact {
                id,
                firm: firm_ids[model.contacts[at].0].clone(),
                name: self.canaries.mark(Mark::Contact(at)),
                email: Some(self.addresses[at * 2].clone()),
                locale: "en".to_owned(),
                deleted_at: None,
                attributes: Vec::new(),
            };
            contacts::create(tx, &contact).unwrap();
        }
        for &(matter, contact) in &model.linked {
            contacts::link(tx, &self.matters[matter], &self.contacts[contact], "client").unwrap();
        }
        let (cookie, browser) = self.token();
        let sign_in = sign_ins::SignIn {
            browser,
            email: self.addresses[0].clone(),
            email_key: self.addresses[0].clone(),
            network: "a".to_owned(),
            tries: 0,
            state: String::new(),
            asked_at: model.now,
            expires_at: model.now + 24 * HOUR,
        };
        sign_ins::ask(tx, None, &sign_in).unwrap();
        self.half = format!("cc_browser={cookie}; cc_portal={cookie}; cc_staff={cookie}");
    }

    fn token(&mut self) -> (String, [u8; 32]) {
        let secret = [store::new_id(), store::new_id()].concat();
        self.canaries.secret(secret.clone(), Mark::Token);
        let hash = Sha256::digest(hex::decode(&secret).unwrap()).into();
        (secret, hash)
    }

    /// The contact signs in, with the address that they have.
    pub(super) fn sign_in(&mut self, contact: usize, model: &Model) {
        let (cookie, hash) = self.token();
        let address = &self.addresses[model.contacts[contact].1.unwrap()];
        let tx = self.app.runtime.backend().begin_own(Mode::Write, model.now).unwrap();
        let ids = [self.contacts[contact].clone()];
        sessions::start_portal(&tx, &hash, address, &ids, model.now, model.now + 12 * HOUR).unwrap();
        tx.commit().unwrap();
        self.customers[contact] = format!("cc_portal={cookie}");
    }

    /// The name and the content of the document that is filed next.
    pub(super) fn new_document(&mut self) -> (String, String) {
        let at = self.documents.len();
        (format!("{}.bin", self.canaries.mark(Mark::Name(at))), self.new_version(at, 1))
    }

    /// A new content, of a kind of which no pictures are made: who may look at it is told that there is none.
    pub(super) fn new_version(&mut self, document: usize, version: usize) -> String {
        format!("\0{}", self.canaries.mark(Mark::Content(document, version)))
    }

    /// The revision of a section, as whoever saves it has read it.
    pub(super) fn revision(&self, matter: usize, section: &str) -> u32 {
        let tx = self.app.runtime.backend().begin_own(Mode::Read, NOW).unwrap();
        let query = "SELECT coalesce(max(revision), 0) FROM revisions WHERE matter = ?1 AND section = ?2";
        tx.conn().prepare_cached(query).unwrap().query_row((&self.matters[matter], section), |row| row.get(0)).unwrap()
    }

    pub(super) async fn send_json(&mut self, cookie: &str, method: Method, path: &str, body: &Value) -> Answer {
        match body {
            Value::Null => self.send(cookie, method, path, &[], Body::empty()).await,
            body => self.send(cookie, method, path, &[("content-type", "application/json")], body.to_string()).await,
        }
    }

    pub(super) async fn send(
        &mut self,
        cookie: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        self.requests += 1;
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Answer { status: parts.status, head: format!("{:?}", parts.headers), body }
    }

    pub(super) fn read<T>(&self, work: impl FnOnce(&SqliteTx) -> T) -> T {
        work(&self.app.runtime.backend().begin_own(Mode::Read, NOW).unwrap())
    }

    /// Remembers where documents have been.
    pub(super) fn note_places(&mut self, model: &Model) {
        self.been.extend(model.documents.iter().enumerate().map(|(at, document)| (document.matter, at)));
    }
}
