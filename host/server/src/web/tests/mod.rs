//! The API over a whole host: the embedded plugin, SQLite in a folder of its own, the real router; no network.

mod authorization;
mod documents;
mod platform;
mod sections;
mod shape;

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt as _;

use crate::{
    app::{App, Options, SharedApp},
    config::{Config, Raw},
    mail::Mailer,
    store::{SqliteTx, contacts, firms, matters, members, sessions, users},
    web::Problem,
};

/// A firm with a few people.
pub(crate) struct World {
    router: Router,
    pub(crate) app: SharedApp,
    _folder: tempfile::TempDir,
}

/// The owner of the matter `m1`, and the firm's administrator.
pub(crate) const OWNER: &str = "u-owner";
/// May edit in `m1`, not share.
pub(crate) const EDITOR: &str = "u-editor";
/// Of the firm, but a member of no matter of others; owns `m2`.
pub(crate) const STRANGER: &str = "u-stranger";
/// Of another firm.
pub(crate) const OTHER_FIRM: &str = "u-other-firm";

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The body, after a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The body as text, after a success.
    #[track_caller]
    pub(crate) fn page(&self) -> String {
        assert!(self.status.is_success(), "{self:?}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{self:?}");
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    /// The stable code of a problem with this status.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status);
        body["code"].as_str().unwrap().to_owned()
    }
}

/// Compiling the real one takes long: what is drawn is tested where it is.
pub(crate) const NO_RENDERER: &[u8] = b"no component";

impl World {
    pub(crate) fn new() -> Self {
        // What compiles the plugin once for all tests: each has all else for itself.
        static CACHE: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
        let cache = CACHE.get_or_init(|| tempfile::tempdir().unwrap());
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(cache.path(), folder.path().join("data/cache")).unwrap();
        let flags = BTreeMap::from([
            ("data-dir", folder.path().join("data").to_str().unwrap().to_owned()),
            ("requests-per-second", "0".to_owned()),
            ("upload-limit", "1".to_owned()),
        ]);
        let config = Config::new(&Raw::merge(None, |_| None, &flags).unwrap()).unwrap();
        let app =
            App::open(&config, Options { mailer: Some(Mailer::Off), renderer: NO_RENDERER, ..Options::default() })
                .unwrap();
        app.runtime
            .write(|unit| {
                people(unit.tx());
                Ok::<_, Problem>(())
            })
            .unwrap();
        Self { router: super::router(app.clone()), app, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn request(user: &str, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, format!("cc_staff={}", hex::encode(secret(user))))
    }

    pub(crate) async fn get(&self, user: &str, path: &str) -> Answer {
        self.send(Self::request(user, Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn write(&self, user: &str, method: Method, path: &str, body: Value) -> Answer {
        self.write_once(user, method, path, body, None).await
    }

    pub(crate) async fn write_once(
        &self,
        user: &str,
        method: Method,
        path: &str,
        body: Value,
        key: Option<&str>,
    ) -> Answer {
        let mut request = Self::request(user, method, path);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        };
        self.send(request.unwrap()).await
    }

    /// Uploads into `m1` and answers the new document's id.
    pub(crate) async fn upload(&self, name: &str, content: &str) -> String {
        let path = format!("/api/matters/m1/documents?name={name}");
        let request = Self::request(OWNER, Method::POST, &path).body(Body::from(content.to_owned())).unwrap();
        self.send(request).await.ok()["id"].as_str().unwrap().to_owned()
    }

    /// Opens the portal of `m1` to these contacts.
    pub(crate) async fn open(&self, contacts: &[&str]) -> Value {
        let path = "/api/matters/m1/client-connect/access";
        let revision = self.get(OWNER, path).await.ok()["revision"].clone();
        let changes: Vec<Value> = contacts
            .iter()
            .map(|contact| json!({ "contact": contact, "portal": true, "can_download": false }))
            .collect();
        self.write(OWNER, Method::PUT, path, json!({ "revision": revision, "changes": changes })).await.ok()
    }
}

fn secret(user: &str) -> [u8; 32] {
    Sha256::digest(user.as_bytes()).into()
}

fn people(tx: &SqliteTx) {
    for firm in ["f1", "f2"] {
        let firm = firms::Firm {
            id: firm.to_owned(),
            name: "Pauly & Rapp".to_owned(),
            enabled: true,
            fallback_user: None,
            sender: "portal@firm.example".to_owned(),
            mail_hold: 120,
            watermark: true,
            when_closed: "read-only".to_owned(),
            attributes: Vec::new(),
        };
        firms::create(tx, &firm).unwrap();
    }
    for (id, firm, admin) in
        [(OWNER, "f1", true), (EDITOR, "f1", false), (STRANGER, "f1", false), (OTHER_FIRM, "f2", true)]
    {
        let user = users::User {
            id: id.to_owned(),
            firm: firm.to_owned(),
            name: id.to_owned(),
            email: format!("{id}@firm.example"),
            active: true,
            admin,
            locale: "en".to_owned(),
            created_at: 1,
        };
        users::create(tx, &user, None).unwrap();
        let hash = Sha256::digest(secret(id)).into();
        sessions::start_staff(tx, &hash, id, tx.now(), u64::MAX >> 2).unwrap();
    }
    for (id, owner) in [("m1", OWNER), ("m2", STRANGER)] {
        let matter = matters::Matter {
            id: id.to_owned(),
            firm: "f1".to_owned(),
            name: format!("Matter {id}"),
            reference: String::new(),
            owner: Some(owner.to_owned()),
            opened_at: 1,
            closed_at: None,
            deleted_at: None,
            discreet: false,
            attributes: Vec::new(),
        };
        matters::create(tx, &matter).unwrap();
    }
    let editor = members::Rights { user: EDITOR.to_owned(), can_edit: true, can_share: false };
    members::set(tx, "m1", &editor).unwrap();
    for (id, matter) in [("ann", "m1"), ("ben", "m1"), ("cora", "m2")] {
        let contact = contacts::Contact {
            id: id.to_owned(),
            firm: "f1".to_owned(),
            name: id.to_owned(),
            email: Some(format!("{id}@customer.example")),
            locale: "en".to_owned(),
            deleted_at: None,
            attributes: Vec::new(),
        };
        contacts::create(tx, &contact).unwrap();
        contacts::link(tx, matter, id, "client").unwrap();
    }
}
