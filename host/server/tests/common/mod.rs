//! A whole host in a folder of its own, with a clock that stands still, and browsers that ask it.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

pub mod sink;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use client_connect::{
    app::{App, Options, SharedApp},
    config::{Config, Raw},
    mail::{Mailer, codes, dispatcher},
    oidc::Provider,
    store::{SqliteTx, contacts, documents, firms, mailbox, matters, members, new_id, users},
    web::{self, Problem},
};
use client_connect_runtime::{
    Caller, ManualClock, Unit,
    exports::{Export, access, sharing},
    types::{AccessChange, Actor, Pair},
};
use serde_json::Value;
use tower::ServiceExt;

/// When every test begins, ms.
pub const START: u64 = 1_800_000_000_000;
/// One minute, ms.
pub const MINUTE: u64 = 60_000;

pub struct World {
    pub app: SharedApp,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    pub firm: String,
    pub owner: String,
    pub matter: String,
    pub folder: tempfile::TempDir,
}

/// Settings for a host in this folder.
pub fn config(folder: &std::path::Path, more: &[(&'static str, &str)]) -> Config {
    let mut flags = BTreeMap::from([
        ("data-dir", folder.join("data").to_str().unwrap().to_owned()),
        ("listen", "127.0.0.1:0".to_owned()),
        ("public-url", "http://127.0.0.1:8080".to_owned()),
        ("requests-per-second", "0".to_owned()),
    ]);
    flags.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
    Config::new(&Raw::merge(None, |_| None, &flags).unwrap()).unwrap()
}

/// Compiles the plugin once for all tests: each has all else for itself.
fn share_compiled(data_dir: &std::path::Path) {
    static SHARED: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let shared = SHARED.get_or_init(|| tempfile::tempdir().unwrap());
    std::fs::create_dir_all(data_dir).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(shared.path(), data_dir.join("cache")).unwrap();
}

impl World {
    /// A firm with one matter and its owner; mails go to the mailbox.
    pub async fn new() -> Self {
        Self::with(Mailer::Mailbox, &[]).await
    }

    pub async fn with(mailer: Mailer, more: &[(&'static str, &str)]) -> Self {
        Self::with_providers(mailer, more, Vec::new()).await
    }

    /// With identity providers.
    pub async fn with_providers(mailer: Mailer, more: &[(&'static str, &str)], oidc: Vec<Provider>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let config = Config { oidc, ..config(folder.path(), more) };
        share_compiled(&config.data_dir);
        let options = Options { clock: clock.clone(), mailer: Some(mailer), ..Options::default() };
        let app = tokio::task::spawn_blocking(move || App::open(&config, options)).await.unwrap().unwrap();
        let router = web::router(app.clone());
        let (firm, owner, matter) = (new_id(), new_id(), new_id());
        let world =
            Self { app, clock, router, firm: firm.clone(), owner: owner.clone(), matter: matter.clone(), folder };
        world.firm(&firm, "Ashgrove Law", 0).await;
        let user = (owner.clone(), firm.clone());
        world
            .write(move |unit| {
                let phc = web::password::hash("a long password").unwrap();
                users::create(
                    unit.tx(),
                    &user_of(&user.0, &user.1, "Olive Owner", "olive@ashgrove.example"),
                    Some(&phc),
                )?;
                Ok(())
            })
            .await;
        world.matter(&matter, &firm, "Estate of Birch", &owner).await;
        world
    }

    /// Work in one unit, committed.
    pub async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Unit<'_, SqliteTx>) -> Result<T, Problem> + Send + 'static,
    ) -> T {
        web::blocking(&self.app, move |app| app.runtime.write(&mut work)).await.unwrap()
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Unit<'_, SqliteTx>) -> Result<T, Problem> + Send + 'static,
    ) -> T {
        web::blocking(&self.app, move |app| app.runtime.read(work)).await.unwrap()
    }

    pub async fn firm(&self, id: &str, name: &str, hold: u32) {
        let firm = firms::Firm {
            id: id.to_owned(),
            name: name.to_owned(),
            enabled: true,
            fallback_user: None,
            sender: "portal@ashgrove.example".to_owned(),
            mail_hold: hold,
            watermark: true,
            when_closed: "read-only".to_owned(),
            attributes: Vec::new(),
        };
        self.write(move |unit| Ok(firms::create(unit.tx(), &firm)?)).await;
    }

    pub async fn matter(&self, id: &str, firm: &str, name: &str, owner: &str) {
        let matter = matters::Matter {
            id: id.to_owned(),
            firm: firm.to_owned(),
            name: name.to_owned(),
            reference: String::new(),
            owner: Some(owner.to_owned()),
            opened_at: START,
            closed_at: None,
            deleted_at: None,
            discreet: false,
            attributes: Vec::new(),
        };
        let rights = members::Rights { user: owner.to_owned(), can_edit: true, can_share: true };
        self.write(move |unit| {
            matters::create(unit.tx(), &matter)?;
            members::set(unit.tx(), &matter.id, &rights)?;
            Ok(())
        })
        .await;
    }

    /// A contact who is linked to the matter.
    pub async fn contact(&self, name: &str, email: &str) -> String {
        let contact = contacts::Contact {
            id: new_id(),
            firm: self.firm.clone(),
            name: name.to_owned(),
            email: Some(email.to_owned()),
            locale: "en".to_owned(),
            deleted_at: None,
            attributes: Vec::new(),
        };
        let (id, matter) = (contact.id.clone(), self.matter.clone());
        self.write(move |unit| {
            contacts::create(unit.tx(), &contact)?;
            contacts::link(unit.tx(), &matter, &contact.id, "client")?;
            Ok(())
        })
        .await;
        id
    }

    /// A contact with an open portal, whose invite is still in the outbox.
    pub async fn customer(&self, name: &str, email: &str) -> String {
        let id = self.contact(name, email).await;
        self.grant(&id, true).await;
        id
    }

    pub async fn grant(&self, contact: &str, portal: bool) {
        let view = self.owner_asks(access::View { matter: self.matter.clone() }).await;
        let change = AccessChange {
            contact: contact.to_owned(),
            portal,
            can_download: false,
            until: None,
            attributes: Vec::new(),
        };
        let (matter, revision) = (self.matter.clone(), view.revision);
        self.owner_asks(access::Grant { matter, revision, changes: vec![change] }).await;
    }

    /// Documents of the matter, made of nothing but their names.
    pub async fn document(&self, name: &str) -> String {
        let new = documents::New {
            id: new_id(),
            matter: self.matter.clone(),
            name: name.to_owned(),
            kind: "Letter".to_owned(),
            content: documents::Content {
                blob: new_id(),
                size: 1,
                sha256: hex::encode([7; 32]),
                media_type: "text/plain".to_owned(),
            },
            created_by: Some(self.owner.clone()),
            uploader: None,
            source: None,
        };
        let id = new.id.clone();
        self.write(move |unit| {
            let now = unit.now();
            Ok(documents::create(unit.tx(), &new, now)?)
        })
        .await;
        id
    }

    pub async fn save(&self, share: &[(&str, &str)], unshare: &[(&str, &str)]) {
        let view = self.owner_asks(sharing::View { matter: self.matter.clone() }).await;
        let pairs = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(document, contact)| Pair { document: (*document).into(), contact: (*contact).into() })
                .collect()
        };
        let save = sharing::Save {
            matter: self.matter.clone(),
            revision: view.revision,
            share: pairs(share),
            unshare: pairs(unshare),
        };
        self.owner_asks(save).await;
    }

    async fn owner_asks<E: Export + Send + 'static>(&self, export: E) -> E::Answer
    where
        E::Answer: Send + 'static,
    {
        let caller = Caller {
            actor: Actor::User(self.owner.clone()),
            locale: "en".to_owned(),
            request: None,
            attributes: Vec::new(),
        };
        self.write(move |unit| Ok(unit.call(&caller, &export)?)).await
    }

    /// Makes the codes that were asked for, and sends all that is due.
    pub async fn deliver(&self) {
        web::blocking(&self.app, codes::make).await.unwrap();
        while dispatcher::once(&self.app).await.unwrap() > 0 {}
    }

    /// The mailbox, oldest first.
    pub async fn mails(&self) -> Vec<mailbox::Mail> {
        let mut mails = self.read(|unit| Ok(mailbox::list(unit.tx(), 500)?)).await;
        mails.reverse();
        mails
    }

    /// The code in the last mail to this address.
    pub async fn code(&self, email: &str) -> Option<String> {
        let mails = self.mails().await;
        let mail = mails.iter().rfind(|mail| mail.recipient == email && mail.subject.contains("code"))?;
        let line = mail.text.lines().find(|line| line.starts_with("    "))?;
        Some(line.trim().to_owned())
    }

    /// The audit's actions, oldest first.
    pub async fn audited(&self) -> Vec<String> {
        self.read(|unit| {
            let mut query = unit.tx().conn().prepare("SELECT action FROM audit ORDER BY firm, seq")?;
            Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// One number out of the records.
    pub async fn count(&self, query: impl Into<String>) -> i64 {
        let query = query.into();
        self.read(move |unit| Ok(unit.tx().conn().query_row(&query, [], |row| row.get(0))?)).await
    }
}

pub fn user_of(id: &str, firm: &str, name: &str, email: &str) -> users::User {
    users::User {
        id: id.to_owned(),
        firm: firm.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        active: true,
        admin: false,
        locale: "en".to_owned(),
        created_at: START,
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A browser: keeps cookies, and has an address.
#[derive(Clone, Debug)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    pub address: IpAddr,
}

impl Browser {
    pub fn at(address: &str) -> Self {
        Self { cookies: BTreeMap::new(), address: address.parse().unwrap() }
    }

    pub async fn ask(&mut self, world: &World, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|json| ("application/json", json.to_string()));
        self.send(world, method, path, body).await
    }

    /// Posts a form, as a page without scripts does.
    pub async fn form(&mut self, world: &World, path: &str, fields: &str) -> Answer {
        self.send(world, "POST", path, Some(("application/x-www-form-urlencoded", fields.to_owned()))).await
    }

    async fn send(&mut self, world: &World, method: &str, path: &str, body: Option<(&str, String)>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8080");
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let body = match body {
            Some((kind, text)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                Body::from(text)
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 40_000)));
        let answer = world.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 10 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn post(&mut self, world: &World, path: &str, body: Value) -> Answer {
        self.ask(world, "POST", path, Some(body)).await
    }

    pub async fn get(&mut self, world: &World, path: &str) -> Answer {
        self.ask(world, "GET", path, None).await
    }

    /// Asks for a code for this address.
    pub async fn ask_for_code(&mut self, world: &World, email: &str) -> Answer {
        self.post(world, "/api/sign-in/portal", serde_json::json!({ "email": email })).await
    }

    pub async fn redeem(&mut self, world: &World, code: &str) -> Answer {
        self.post(world, "/api/sign-in/portal/code", serde_json::json!({ "code": code })).await
    }

    /// Asks for a code, waits for the mail, and enters it.
    pub async fn sign_in(&mut self, world: &World, email: &str) -> Answer {
        assert_eq!(self.ask_for_code(world, email).await.status, StatusCode::ACCEPTED);
        world.deliver().await;
        let code = world.code(email).await.unwrap();
        self.redeem(world, &code).await
    }
}
