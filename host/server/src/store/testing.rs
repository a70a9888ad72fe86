//! A small firm in a database of its own, for the tests of the store.

use client_connect_runtime::{
    backend::{Mode, Tx},
    types::{ShareState, SharedDocument},
};
use tempfile::TempDir;

use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    Options, Postgres, SqliteBackend, SqliteTx,
    conformance::SERVER,
    contacts, documents,
    documents::{Content, New},
    firms, matters, members, users,
};

/// A database that is gone with this value.
pub(crate) struct World {
    pub(crate) store: SqliteBackend,
    pub(crate) folder: TempDir,
}

pub(crate) const FIRM: &str = "f1";
pub(crate) const OWNER: &str = "u-owner";
pub(crate) const CLERK: &str = "u-clerk";
pub(crate) const STRANGER: &str = "u-stranger";
pub(crate) const MATTER: &str = "m1";
pub(crate) const OTHER: &str = "m2";
pub(crate) const ANN: &str = "c-ann";
pub(crate) const BEN: &str = "c-ben";
pub(crate) const CAT: &str = "c-cat";

impl World {
    /// One firm, three users, two matters, three contacts who are linked to the first matter.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteBackend::open(folder.path().join("db"), Options::new("https://firm.example/")).unwrap();
        let world = Self { store, folder };
        world.write(|tx| {
            let firm = firms::Firm {
                id: FIRM.into(),
                name: "Example & Sons".into(),
                enabled: true,
                fallback_user: None,
                sender: "portal@firm.example".into(),
                mail_hold: 120,
                watermark: true,
                when_closed: "read-only".into(),
                attributes: Vec::new(),
            };
            firms::create(tx, &firm).unwrap();
            for id in [OWNER, CLERK, STRANGER] {
                let user = users::User {
                    id: id.into(),
                    firm: FIRM.into(),
                    name: id.to_uppercase(),
                    email: [id, "@firm.example"].concat(),
                    active: true,
                    admin: false,
                    locale: "en".into(),
                    created_at: 1,
                };
                users::create(tx, &user, None).unwrap();
            }
            for id in [MATTER, OTHER] {
                let matter = matters::Matter {
                    id: id.into(),
                    firm: FIRM.into(),
                    name: ["Matter ", id].concat(),
                    reference: ["2026/", id].concat(),
                    owner: Some(OWNER.into()),
                    opened_at: 1,
                    closed_at: None,
                    deleted_at: None,
                    discreet: false,
                    attributes: Vec::new(),
                };
                matters::create(tx, &matter).unwrap();
                let clerk = members::Rights { user: CLERK.into(), can_edit: true, can_share: false };
                members::set(tx, id, &clerk).unwrap();
            }
            for id in [ANN, BEN, CAT] {
                let contact = contacts::Contact {
                    id: id.into(),
                    firm: FIRM.into(),
                    name: id.to_uppercase(),
                    email: Some([id, "@Mail.example"].concat()),
                    locale: "en".into(),
                    deleted_at: None,
                    attributes: Vec::new(),
                };
                contacts::create(tx, &contact).unwrap();
                contacts::link(tx, MATTER, id, "client").unwrap();
            }
        });
        world
    }

    pub(crate) fn write<T>(&self, work: impl FnOnce(&mut SqliteTx) -> T) -> T {
        let mut tx = self.store.begin_own(Mode::Write, 1_000).unwrap();
        let answer = work(&mut tx);
        tx.commit().unwrap();
        answer
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&mut SqliteTx) -> T) -> T {
        work(&mut self.store.begin_own(Mode::Read, 1_000).unwrap())
    }
}

/// The same options, but for a database of PostgreSQL's in the place of the file, if the environment names a server for
/// the tests: so all of them can be run over it. The same file is the same database.
pub(crate) fn elsewhere(path: &Path, options: Options) -> Options {
    static TEMPLATE: Mutex<Option<String>> = Mutex::new(None);
    let Ok(server) = std::env::var(SERVER) else { return options };
    let of = |database: &str| Postgres::new(&[&server, "/", database].concat(), Duration::from_secs(60), None).unwrap();
    let number = hex::encode(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..12]);
    let owner = of("postgres").connect().unwrap();
    let mut template = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner);
    let template = template.get_or_insert_with(|| {
        let template = ["cc_template_", &number].concat();
        owner.execute_batch(&["CREATE DATABASE ", &template, " TEMPLATE template0"].concat()).unwrap();
        let made = of(&template);
        made.prepare(&made.connect().unwrap()).unwrap();
        template
    });
    let database = ["cc_", &number].concat();
    let known = "SELECT 1 FROM pg_database WHERE datname = ?1";
    if !owner.prepare(known).unwrap().exists([&database]).unwrap() {
        let make = ["CREATE DATABASE ", &database, " TEMPLATE ", template, " STRATEGY FILE_COPY"].concat();
        // The template's last session may not be quite gone.
        while let Err(error) = owner.execute_batch(&make) {
            assert!(error.to_string().contains("55006"), "{error}");
        }
    }
    Options { postgres: Some(of(&database)), ..options }
}

/// Whether the tests run over a file of SQLite's. What is true of one alone is not tested over the other.
pub(crate) fn over_sqlite() -> bool {
    std::env::var_os(SERVER).is_none()
}

/// A document of the matter with this id and name.
pub(crate) fn document(tx: &SqliteTx, matter: &str, id: &str, name: &str, uploader: Option<&str>, now: u64) {
    let new = New {
        id: id.into(),
        matter: matter.into(),
        name: name.into(),
        kind: "Document".into(),
        content: Content {
            blob: ["blob-", id].concat(),
            size: 10,
            sha256: "00".repeat(32),
            media_type: "text/plain".into(),
        },
        created_by: uploader.is_none().then(|| OWNER.to_owned()),
        uploader: uploader.map(str::to_owned),
        source: None,
    };
    documents::create(tx, &new, now).unwrap();
}

pub(crate) fn share(tx: &mut SqliteTx, matter: &str, document: &str, contact: &str, state: ShareState) {
    let share = SharedDocument {
        document: document.into(),
        contact: contact.into(),
        state,
        since: 5,
        seen: None,
        attributes: Vec::new(),
    };
    tx.put_shared(&matter.to_owned(), &[share]).unwrap();
}
