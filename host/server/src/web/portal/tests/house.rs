//! A host in a temporary folder, with the compiled plugin: one firm, one matter, two contacts, and requests to it.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use client_connect_runtime::{
    Caller, ManualClock, Unit,
    backend::Mode,
    exports::{access, sharing},
    types::{AccessChange, Actor, Pair},
};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use crate::web::tests::NO_RENDERER;
use crate::{
    app::{App, Options, SharedApp},
    blobs::{Blobs, Loose},
    config::{Config, Documents, Raw},
    mail::Mailer,
    store::{
        self, SqliteTx,
        audit::{self, By, Row},
        contacts, documents, firms, matters, sessions, users, verify,
    },
    web::{self, problem::Problem},
};

pub(crate) const NOW: u64 = 1_760_000_000_000;
/// The limit of uploads in these tests.
pub(crate) const LIMIT: u64 = 3 << 20;

pub(crate) struct House {
    pub(crate) app: SharedApp,
    pub(crate) router: Router,
    pub(crate) firm: String,
    pub(crate) owner: String,
    pub(crate) matter: String,
    pub(crate) ann: Guest,
    pub(crate) ben: Guest,
    pub(crate) clock: Arc<ManualClock>,
    config: Config,
    folder: tempfile::TempDir,
}

/// A contact with a session.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) contact: String,
    pub(crate) cookie: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// The compiled plugin, of the first house that was built.
static COMPILED: OnceLock<tempfile::TempDir> = OnceLock::new();

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            assert!(std::fs::copy(entry.path(), target).is_ok())
        }
    }
}

pub(crate) fn new_firm(tx: &SqliteTx, name: &str) -> String {
    let id = store::new_id();
    let firm = firms::Firm {
        id: id.clone(),
        name: name.to_owned(),
        enabled: true,
        fallback_user: None,
        sender: "office@firm.example".to_owned(),
        mail_hold: 120,
        watermark: true,
        when_closed: "read-only".to_owned(),
        attributes: Vec::new(),
    };
    firms::create(tx, &firm).unwrap();
    id
}

pub(crate) fn new_user(tx: &SqliteTx, firm: &str, email: &str) -> String {
    let id = store::new_id();
    let user = users::User {
        id: id.clone(),
        firm: firm.to_owned(),
        name: email.to_owned(),
        email: email.to_owned(),
        active: true,
        admin: false,
        locale: "en".to_owned(),
        created_at: NOW,
    };
    users::create(tx, &user, None).unwrap();
    id
}

pub(crate) fn new_matter(tx: &SqliteTx, firm: &str, owner: &str, name: &str) -> String {
    let id = store::new_id();
    let matter = matters::Matter {
        id: id.clone(),
        firm: firm.to_owned(),
        name: name.to_owned(),
        reference: "1".to_owned(),
        owner: Some(owner.to_owned()),
        opened_at: NOW,
        closed_at: None,
        deleted_at: None,
        discreet: false,
        attributes: Vec::new(),
    };
    matters::create(tx, &matter).unwrap();
    id
}

pub(crate) fn new_contact(tx: &SqliteTx, firm: &str, matter: &str, email: &str) -> String {
    let id = store::new_id();
    let contact = contacts::Contact {
        id: id.clone(),
        firm: firm.to_owned(),
        name: email.to_owned(),
        email: Some(email.to_owned()),
        locale: "en".to_owned(),
        deleted_at: None,
        attributes: Vec::new(),
    };
    contacts::create(tx, &contact).unwrap();
    contacts::link(tx, matter, &id, "client").unwrap();
    id
}

/// A session that speaks for these contacts.
pub(crate) fn sign_in(tx: &SqliteTx, email: &str, contacts: &[String]) -> String {
    let secret = hex::decode([store::new_id(), store::new_id()].concat()).unwrap();
    let hash = Sha256::digest(&secret).into();
    sessions::start_portal(tx, &hash, email, contacts, NOW, NOW + 3_600_000).unwrap();
    for contact in contacts {
        let firm = contacts::get(tx, contact).unwrap().unwrap().firm;
        let row = Row::new(NOW, By::Contact(contact.clone()), "sign-in.done").contact(contact);
        audit::append(tx, &firm, &row).unwrap();
    }
    format!("cc_portal={}", hex::encode(secret))
}

impl House {
    pub(crate) fn new() -> Self {
        Self::set_up(|_| {})
    }

    /// One whose settings are changed first.
    pub(crate) fn set_up(set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let raw = Raw::merge(None, |_| None, &std::collections::BTreeMap::new()).unwrap();
        let mut config = Config {
            data_dir: folder.path().join("data"),
            revocations: folder.path().join("data/revocations.jsonl"),
            key_file: folder.path().join("data/records.key"),
            documents: Documents::Folder(folder.path().join("documents")),
            upload_limit: LIMIT,
            requests_per_second: None,
            ..Config::new(&raw).unwrap()
        };
        set(&mut config);
        let cache = config.data_dir.join("cache");
        if let Some(compiled) = COMPILED.get() {
            copy(compiled.path(), &cache);
        }
        let clock = Arc::new(ManualClock::new(NOW));
        let options = Options { clock: clock.clone(), mailer: Some(Mailer::Off), renderer: NO_RENDERER };
        let app = App::open(&config, options).unwrap();
        COMPILED.get_or_init(|| {
            let kept = tempfile::tempdir().unwrap();
            copy(&cache, kept.path());
            kept
        });
        let tx = app.runtime.backend().begin_own(Mode::Write, NOW).unwrap();
        let firm = new_firm(&tx, "Lindgren & Partners");
        let owner = new_user(&tx, &firm, "owner@firm.example");
        let matter = new_matter(&tx, &firm, &owner, "Sale of the mill");
        let guest = |email: &str| {
            let contact = new_contact(&tx, &firm, &matter, email);
            let cookie = sign_in(&tx, email, std::slice::from_ref(&contact));
            Guest { contact, cookie }
        };
        let (ann, ben) = (guest("ann@home.example"), guest("ben@home.example"));
        tx.commit().unwrap();
        let router = web::router(app.clone());
        let house = Self { router, app, firm, owner, matter, ann, ben, clock, config, folder };
        house.grant(&house.ann, true);
        house.grant(&house.ben, false);
        house
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.config.data_dir
    }

    /// The same records and documents, opened anew by a host that knows nothing of the one before.
    pub(crate) fn restart(&mut self) {
        let options = Options { clock: self.clock.clone(), mailer: Some(Mailer::Off), renderer: NO_RENDERER };
        self.app = App::open(&self.config, options).unwrap();
        self.router = web::router(self.app.clone());
    }

    /// From here on another scanner is asked.
    pub(crate) fn scan_at(&mut self, socket: &Path, timeout: Duration) {
        if let Some(scan) = &mut self.config.scan {
            (scan.place, scan.timeout) = (crate::scan::Place::Unix(socket.to_owned()), timeout);
        }
        self.restart();
    }

    /// From here on none is.
    pub(crate) fn scan_nowhere(&mut self) {
        self.config.scan = None;
        self.restart();
    }

    /// From here on the documents' bytes are in a store that is reached as one over the network is.
    pub(crate) fn move_out(&mut self) {
        self.restart();
        self.router = Router::new();
        Arc::get_mut(&mut self.app).unwrap().blobs = Blobs::remote_in_memory();
        self.router = web::router(self.app.clone());
    }

    /// Asserts that records and bytes agree.
    pub(crate) fn verified(&self) {
        let folder = self.folder.path().join("documents");
        let folder = self.app.blobs.is_folder().then_some(folder.as_path());
        let settings = verify::Settings { noted: &[], folder, now: self.app.runtime.now() };
        let findings = tokio::task::block_in_place(|| {
            verify::verify(self.app.runtime.backend(), &self.app.blobs, &settings).unwrap()
        });
        let wrong: Vec<_> = findings.iter().filter(|finding| !finding.holds()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    /// SQL on the house's own records.
    pub(crate) fn sql<T: rusqlite::types::FromSql>(&self, query: &str) -> T {
        let tx = self.app.runtime.backend().begin_own(Mode::Read, NOW).unwrap();
        tx.conn().query_row(query, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn change<T>(&self, work: impl FnOnce(&SqliteTx) -> T) -> T {
        let tx = self.app.runtime.backend().begin_own(Mode::Write, NOW).unwrap();
        let answer = work(&tx);
        tx.commit().unwrap();
        answer
    }

    fn as_owner<T>(
        &self,
        owner: &str,
        mut work: impl FnMut(&mut Unit<'_, SqliteTx>, &Caller) -> Result<T, Problem>,
    ) -> T {
        let caller = Caller {
            actor: Actor::User(owner.to_owned()),
            locale: "en".to_owned(),
            request: None,
            attributes: Vec::new(),
        };
        self.app.runtime.write(|unit| work(unit, &caller)).unwrap_or_else(|problem| panic!("{problem:?}"))
    }

    pub(crate) fn set_grant(&self, owner: &str, matter: &str, contact: &str, portal: bool, can_download: bool) {
        let change =
            AccessChange { contact: contact.to_owned(), portal, can_download, until: None, attributes: Vec::new() };
        self.as_owner(owner, |unit, caller| {
            let revision = unit.call(caller, &access::View { matter: matter.to_owned() })?.revision;
            let changes = vec![change.clone()];
            Ok(unit.call(caller, &access::Grant { matter: matter.to_owned(), revision, changes })?)
        });
    }

    pub(crate) fn grant(&self, guest: &Guest, can_download: bool) {
        self.set_grant(&self.owner, &self.matter, &guest.contact, true, can_download);
    }

    pub(crate) fn revoke(&self, guest: &Guest) {
        self.set_grant(&self.owner, &self.matter, &guest.contact, false, false);
    }

    pub(crate) fn save(&self, document: &str, guest: &Guest, shared: bool) {
        let pair = vec![Pair { document: document.to_owned(), contact: guest.contact.clone() }];
        self.as_owner(&self.owner, |unit, caller| {
            let matter = self.matter.clone();
            let revision = unit.call(caller, &sharing::View { matter: matter.clone() })?.revision;
            let (share, unshare) = if shared { (pair.clone(), Vec::new()) } else { (Vec::new(), pair.clone()) };
            Ok(unit.call(caller, &sharing::Save { matter, revision, share, unshare })?)
        });
    }

    /// A document of the matter, put there by staff.
    pub(crate) async fn document(&self, name: &str, bytes: impl Into<bytes::Bytes>) -> String {
        let (id, bytes, app) = (store::new_id(), bytes.into(), self.app.clone());
        let loose = tokio::task::spawn_blocking(move || Loose::begin(&app).unwrap()).await.unwrap();
        let mut writer = self.app.blobs.write(loose.id());
        writer.push(bytes).await.unwrap();
        let written = writer.finish().await.unwrap();
        let new = documents::New {
            id: id.clone(),
            matter: self.matter.clone(),
            name: name.to_owned(),
            kind: "Document".to_owned(),
            content: documents::Content {
                blob: loose.id().to_owned(),
                size: written.size,
                sha256: written.sha256,
                media_type: written.media_type,
            },
            created_by: Some(self.owner.clone()),
            uploader: None,
            source: None,
        };
        self.change(|tx| documents::create(tx, &new, NOW).unwrap());
        loose.keep();
        id
    }

    /// The same, shared with Ann.
    pub(crate) async fn shared(&self, name: &str, bytes: impl Into<bytes::Bytes>) -> String {
        let id = self.document(name, bytes).await;
        self.save(&id, &self.ann, true);
        id
    }

    /// A path below the matter.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/portal/matters/{}{rest}", self.matter)
    }

    pub(crate) fn content(&self, document: &str) -> String {
        self.path(&format!("/documents/{document}/content"))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn ask(&self, guest: &Guest, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &guest.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, guest: &Guest, path: &str) -> Answer {
        self.ask(guest, Method::GET, path, &[]).await
    }

    /// Sends a raw file; `name` is percent-encoded here.
    pub(crate) async fn upload(
        &self,
        guest: &Guest,
        name: &str,
        bytes: impl Into<Body>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = self.path(&format!("/documents?name={encoded}"));
        let mut request = Request::builder().method(Method::POST).uri(path).header(header::COOKIE, &guest.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(bytes.into()).unwrap()).await
    }

    /// Sends a form as it is.
    pub(crate) async fn form(&self, guest: &Guest, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.path("/documents"))
            .header(header::COOKIE, &guest.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// The names that a guest sees.
    pub(crate) async fn names(&self, guest: &Guest) -> Vec<String> {
        let list = self.get(guest, &self.path("/documents")).await.json();
        let rows = list["items"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Files in the store of documents.
    pub(crate) fn files(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(&self.folder.path().join("documents"))
    }

    /// Waits until nothing is loose, and asserts that so many blobs are left, each named.
    pub(crate) async fn settled(&self, files: usize) {
        for _ in 0..100 {
            if self.sql::<u32>("SELECT count(*) FROM loose_blobs") == 0 && self.files() == files {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let loose: u32 = self.sql("SELECT count(*) FROM loose_blobs");
        panic!("{loose} loose blobs, {} files in place of {files}", self.files());
    }

    /// The router behind a socket, for what only a connection can show.
    pub(crate) async fn listen(&self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        address
    }
}
