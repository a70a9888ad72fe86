//! The schema is brought up to a newer version's while a host of this version serves, which goes on with it.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use client_connect::{
    app::{self, Options, Running},
    config::Config,
    store::{self, Postgres, SqliteBackend},
};
use client_connect_fixtures::figure;
use client_connect_runtime::backend::Mode;
use client_connect_tests::{
    ground::Ground,
    host::{Setup, prove},
    person::text,
    postgres::database,
    process::now,
};
use serde_json::json;

use super::traffic::Traffic;

/// What a next version might add: columns to the tables that are asked most, one with a value, and a table of its own.
const NEXT: &str = "
    ALTER TABLE documents ADD COLUMN colour text NOT NULL DEFAULT 'none', ADD COLUMN weight bigint;
    ALTER TABLE versions ADD COLUMN colour text;
    ALTER TABLE shares ADD COLUMN colour text NOT NULL DEFAULT 'none';
    ALTER TABLE sessions ADD COLUMN colour text;
    CREATE TABLE colours (document text COLLATE \"C\" PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE);
    CREATE INDEX colours_by_document ON colours (document);";

/// Rows that are there already: adding a column must not take its time for each of them.
const ROWS: u32 = 5_000;

struct Lain {
    ground: Ground,
    address: String,
}

async fn lay() -> Option<Lain> {
    let address = tokio::task::block_in_place(database)?;
    let ground = Ground::lay_on(Setup { postgres: Some(address.clone()), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, true)]).await;
    Some(Lain { ground, address })
}

fn postgres(address: &str) -> Postgres {
    Postgres::new(address, Duration::from_secs(5), None).expect("an address")
}

impl Lain {
    /// Records without a host.
    fn records(&self, postgres: Postgres) -> Result<SqliteBackend, store::OpenError> {
        let options = store::Options { postgres: Some(postgres), ..store::Options::new("http://127.0.0.1") };
        SqliteBackend::open(self.ground.host.folder().join("none"), options)
    }

    /// A host of the next version, in a folder of its own.
    async fn next(&self, folder: &std::path::Path) -> Running {
        let host = &self.ground.host.config;
        let config = Config {
            postgres: Some(postgres(&self.address).with_step(NEXT)),
            data_dir: folder.join("data"),
            revocations: folder.join("data/revocations.jsonl"),
            ..host.clone()
        };
        std::fs::create_dir_all(&config.data_dir).expect("a folder");
        std::os::unix::fs::symlink(
            host.data_dir.join("cache").canonicalize().expect("a folder"),
            config.data_dir.join("cache"),
        )
        .expect("a link");
        app::serve(&config, Options::default()).await.expect("the next version starts")
    }

    fn steps(&self) -> i64 {
        self.ground.host.own(|tx, _| {
            Ok(tx.conn().query_row("SELECT count(*) FROM schema_history", [], |row| row.get::<_, i64>(0))?)
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t_roll_a_host_serves_on_while_one_of_the_next_version_takes_its_step_and_its_place() {
    let Some(mut lain) = lay().await else { return };
    let before = lain.steps();
    // In a matter of their own: their bytes are nowhere, and nobody asks for them.
    let filled = lain.ground.staff.post("/api/matters", json!({ "name": "Filled" })).await.expect(201);
    let plan = store::generate::Plan {
        matter: text(&filled, "id"),
        documents: ROWS,
        shares: Vec::new(),
        content: None,
        since: now() - u64::from(ROWS) * 1_000,
    };
    let app = lain.ground.host.app().clone();
    tokio::task::block_in_place(|| store::generate::generate(app.runtime.backend(), &plan, now())).expect("rows");
    let first = lain.ground.host.base.clone();
    let traffic = Traffic::begin(&lain.ground, &[&first, &first]).await;
    traffic.more(100).await;

    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let next = lain.next(folder.path()).await;
    let took = began.elapsed();
    assert_eq!(lain.steps(), before + 1, "the step was taken");
    traffic.more(100).await;
    // The balancer sends the others there, and the first one ends.
    let second = format!("http://{}", next.addr);
    traffic.send_to(&second);
    traffic.more(100).await;
    lain.ground.host.halt().await;
    traffic.more(100).await;
    let seen = traffic.end().await;
    seen.prove(&lain.ground, &second).await;
    assert!(seen.stored.len() > 20, "{}", seen.stored.len());
    figure(format_args!(
        "a step of the schema over {ROWS} documents under load, the start of its host {} ms: {} requests, {} of them \
         failed, the slowest took {} ms ({}); {} uploads acknowledged, all there",
        took.as_millis(),
        seen.asked,
        seen.wrong.len(),
        seen.slowest.as_millis(),
        seen.which.rsplit('/').next().unwrap_or_default(),
        seen.stored.len()
    ));
    next.shut_down().await;
    // Whoever knows fewer steps than there are is not begun again.
    let refused = tokio::task::block_in_place(|| lain.records(postgres(&lain.address)));
    assert!(refused.is_err_and(|error| error.to_string().contains("newer version")));
}

/// Whether somebody waits for a table to be theirs alone, as a step does.
fn waits(records: &SqliteBackend) -> bool {
    let tx = records.begin_own(Mode::Read, now()).expect("a transaction");
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                   WHERE NOT granted AND mode = 'AccessExclusiveLock' AND datname = current_database()";
    tx.conn().query_row(waiting, [], |row| row.get::<_, i64>(0)).expect("a count") > 0
}

#[tokio::test(flavor = "multi_thread")]
async fn t_roll_a_step_that_waits_for_a_long_read_holds_nobody_up_for_long() {
    let Some(lain) = lay().await else { return };
    let (first, before) = (lain.ground.host.base.clone(), lain.steps());
    // Somebody reads for long: an export, or the database's own backup.
    let reads = lain.records(postgres(&lain.address)).expect("the records");
    let long = reads.begin_own(Mode::Read, now()).expect("a transaction");
    let count = "SELECT count(*) FROM documents JOIN versions ON versions.document = documents.id";
    long.conn().query_row(count, [], |row| row.get::<_, i64>(0)).expect("a count");
    let traffic = Traffic::begin(&lain.ground, &[&first]).await;
    traffic.more(20).await;
    let (done, ended) = mpsc::channel();
    let folder = tempfile::tempdir().expect("a folder");
    let (next, waited) = tokio::join!(
        async {
            let next = lain.next(folder.path()).await;
            done.send(Instant::now()).expect("somebody waits");
            next
        },
        async {
            // Of several tries of the step each is seen to wait, with the others behind it; and they go on.
            let began = Instant::now();
            for _ in 0..3 {
                let held = async {
                    while !tokio::task::block_in_place(|| waits(&reads)) {
                        traffic.more(1).await;
                    }
                    traffic.more(20).await;
                };
                let in_time = tokio::time::timeout(Duration::from_secs(60), held).await;
                in_time.expect("the step waits, and the others go on");
            }
            assert!(ended.try_recv().is_err(), "it waits for the read");
            assert_eq!(lain.steps(), before, "and the step is not taken");
            drop(long);
            began.elapsed()
        }
    );
    assert_eq!(lain.steps(), before + 1, "once the read is over, it is");
    traffic.more(20).await;
    let seen = traffic.end().await;
    seen.prove(&lain.ground, &first).await;
    figure(format_args!(
        "{:.0?} of a step of the schema that waits for a long read: {} requests, {} of them failed, the slowest took {} ms",
        waited,
        seen.asked,
        seen.wrong.len(),
        seen.slowest.as_millis()
    ));
    assert!(seen.slowest < waited, "{:?} of {waited:?}: held up as long as the step", seen.slowest);
    next.shut_down().await;
    prove(&lain.ground.host);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_roll_of_hosts_that_start_at_once_one_brings_the_schema_up_and_the_others_wait() {
    let Some(lain) = lay().await else { return };
    let before = lain.steps();
    // Longer than any host waits for its turn to write.
    let slow = format!("{NEXT} SELECT pg_sleep(7);");
    let opened = std::thread::scope(|scope| {
        let hosts: Vec<_> =
            (0..3).map(|_| scope.spawn(|| lain.records(postgres(&lain.address).with_step(&slow)).map(drop))).collect();
        hosts.into_iter().map(|host| host.join().expect("no panic")).collect::<Vec<_>>()
    });
    for opened in opened {
        opened.expect("it starts");
    }
    assert_eq!(lain.steps(), before + 1, "the step was taken once");
}
