//! Each call of the database fails in each way, for each export: its logical dump is as it was, and the next call succeeds.
//!
//! The same scenarios as over the backend in memory, with the compiled component over SQLite.
#![allow(clippy::unwrap_used, reason = "a test ends where its ground gives way")]

use std::{sync::Arc, time::Duration};

use client_connect::store::{self, SqliteBackend, SqliteTx, contacts, documents, firms, matters, members, users};
use client_connect_embed::PLUGIN;
use client_connect_runtime::{
    Backend, Failure, Limits, ManualClock, Runtime, Settings, Tx,
    backend::Mode,
    testing::{
        Fault, Faulty, FaultyTx,
        scenarios::{NOW, Scenario, scenarios},
    },
    types::{AccessGrant, ShareState, SharedDocument},
};
use rusqlite::{Connection, OpenFlags, types::ValueRef};
use tempfile::TempDir;

/// The firm of the scenarios, in a database of its own.
struct Ground {
    backend: Faulty<SqliteBackend>,
    runtime: Runtime<Faulty<SqliteBackend>>,
    database: std::path::PathBuf,
    _folder: TempDir,
}

impl Ground {
    fn lay(change: impl FnOnce(&mut Limits)) -> Self {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("records.db");
        let backend = SqliteBackend::open(&database, store::Options::new("http://127.0.0.1")).unwrap();
        let mut tx = backend.begin(Mode::Write, NOW).unwrap();
        found(&tx);
        let grant = |contact: &str, can_download| AccessGrant {
            contact: contact.into(),
            portal: true,
            can_download,
            since: 1_000,
            until: None,
            attributes: Vec::new(),
        };
        tx.put_grants(&"m".into(), &[grant("c", true), grant("d", false)]).unwrap();
        let live = |document: &str, contact: &str| SharedDocument {
            document: document.into(),
            contact: contact.into(),
            state: ShareState::Live,
            since: 1_000,
            seen: None,
            attributes: Vec::new(),
        };
        tx.put_shared(&"m".into(), &[live("m1", "c"), live("m2", "d")]).unwrap();
        tx.commit().unwrap();
        let backend = Faulty::new(backend);
        let mut limits = Limits::reference();
        change(&mut limits);
        let cache = std::env::temp_dir().join("client-connect-tests-compiled");
        std::fs::create_dir_all(&cache).unwrap();
        let settings = Settings { limits, cache: Some(cache), clock: Arc::new(ManualClock::new(NOW)) };
        let runtime = Runtime::new(backend.clone(), &settings, PLUGIN).unwrap();
        Self { backend, runtime, database, _folder: folder }
    }

    /// Every row of every table, as text.
    fn dump(&self) -> Vec<String> {
        let records = Connection::open_with_flags(&self.database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut tables = records.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut dump = Vec::new();
        for table in tables {
            let mut rows = records.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let width = rows.column_count();
            let mut rows = rows.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<ValueRef<'_>> = (0..width).map(|column| row.get_ref(column).unwrap()).collect();
                dump.push(format!("{table} {values:?}"));
            }
        }
        dump
    }

    /// How many calls of the database the scenario makes when nothing fails.
    fn count(&self, scenario: &Scenario<FaultyTx<SqliteTx>>) -> u32 {
        self.backend.disarm();
        let went = self.runtime.dry_run(|unit| (scenario.work)(unit));
        went.unwrap_or_else(|failure| panic!("{}: {failure:?}", scenario.export));
        self.backend.calls()
    }

    /// Lets every call of every export fail in this way, in turn; answers how many that were.
    fn every_call_fails(&self, fault: Fault) -> u32 {
        let before = self.dump();
        let mut failed = 0;
        for scenario in scenarios() {
            let calls = self.count(&scenario);
            for k in 1..=calls {
                self.backend.arm(k, fault);
                let answer = self.runtime.write(|unit| (scenario.work)(unit));
                assert!(answer.is_err(), "{} passed over its {k}. call, {fault:?}", scenario.export);
                assert_eq!(self.dump(), before, "{} {k} {fault:?}", scenario.export);
                self.runtime.lift_quarantine();
                failed += 1;
            }
            self.backend.disarm();
            self.runtime.dry_run(|unit| (scenario.work)(unit)).unwrap();
        }
        failed
    }
}

fn found(tx: &SqliteTx) {
    let firm = firms::Firm {
        id: "f".into(),
        name: "Miller & Partners".into(),
        enabled: true,
        fallback_user: None,
        sender: "portal@f.test".into(),
        mail_hold: 0,
        watermark: true,
        when_closed: "read-only".into(),
        attributes: Vec::new(),
    };
    firms::create(tx, &firm).unwrap();
    for (id, name) in [("u", "Ada Miller"), ("v", "Vera Clerk")] {
        let user = users::User {
            id: id.into(),
            firm: "f".into(),
            name: name.into(),
            email: format!("{id}@f.test"),
            active: true,
            admin: false,
            locale: "en".into(),
            created_at: 0,
        };
        users::create(tx, &user, None).unwrap();
    }
    let matter = matters::Matter {
        id: "m".into(),
        firm: "f".into(),
        name: "Estate of Brown".into(),
        reference: String::new(),
        owner: Some("u".into()),
        opened_at: 0,
        closed_at: None,
        deleted_at: None,
        discreet: false,
        attributes: Vec::new(),
    };
    matters::create(tx, &matter).unwrap();
    for (user, may) in [("u", true), ("v", false)] {
        members::set(tx, "m", &members::Rights { user: user.into(), can_edit: may, can_share: may }).unwrap();
    }
    for (id, name) in [("c", "Ben Brown"), ("d", "Dora Brown")] {
        let contact = contacts::Contact {
            id: id.into(),
            firm: "f".into(),
            name: name.into(),
            email: Some(format!("{id}@customer.test")),
            locale: "en".into(),
            deleted_at: None,
            attributes: Vec::new(),
        };
        contacts::create(tx, &contact).unwrap();
        contacts::link(tx, "m", id, "").unwrap();
    }
    for id in ["m1", "m2", "m3", "m4", "up"] {
        let content = documents::Content {
            blob: format!("blob-{id}"),
            size: 1,
            sha256: format!("{:064}", 0),
            media_type: "text/plain".into(),
        };
        let upload = id == "up";
        let new = documents::New {
            id: id.into(),
            matter: "m".into(),
            name: format!("{id}.txt"),
            kind: "Document".into(),
            content,
            created_by: (!upload).then(|| "u".into()),
            uploader: upload.then(|| "c".into()),
            source: None,
        };
        documents::create(tx, &new, 1_000).unwrap();
    }
}

#[test]
fn every_scenario_changes_what_it_should_when_nothing_fails() {
    let ground = Ground::lay(|_| {});
    let before = ground.dump();
    let save = scenarios().into_iter().find(|scenario| scenario.export == "sharing.save").unwrap();
    ground.runtime.write(|unit| (save.work)(unit)).unwrap();
    assert_ne!(ground.dump(), before, "the dump shows a change");
}

#[test]
fn an_error_of_any_call_undoes_the_whole() {
    assert!(Ground::lay(|_| {}).every_call_fails(Fault::Error) > 100);
}

#[test]
fn an_outage_from_any_call_on_undoes_the_whole() {
    assert!(Ground::lay(|_| {}).every_call_fails(Fault::Outage) > 100);
}

#[test]
fn a_panic_in_any_call_undoes_the_whole() {
    assert!(Ground::lay(|_| {}).every_call_fails(Fault::Panic) > 100);
}

#[test]
fn a_commit_that_fails_undoes_the_whole() {
    let ground = Ground::lay(|_| {});
    let before = ground.dump();
    for scenario in scenarios() {
        ground.count(&scenario);
        ground.backend.arm_commit();
        let failed = ground.runtime.write(|unit| (scenario.work)(unit));
        assert!(matches!(failed, Err(Failure::Backend(_))), "{}: {failed:?}", scenario.export);
        assert_eq!(ground.dump(), before, "{}", scenario.export);
    }
}

#[test]
fn a_call_that_takes_too_long_is_undone() {
    let ground = Ground::lay(|limits| limits.total = Duration::from_millis(400));
    let before = ground.dump();
    for scenario in scenarios() {
        // The last call: the most has been written by then.
        let k = ground.count(&scenario).max(1);
        ground.backend.arm(k, Fault::Delay(Duration::from_millis(500)));
        let answer = ground.runtime.write(|unit| (scenario.work)(unit));
        assert!(answer.is_err(), "{}", scenario.export);
        assert_eq!(ground.dump(), before, "{}", scenario.export);
        ground.runtime.lift_quarantine();
    }
}
