//! A host on PostgreSQL does its job, and all that holds of its records holds there.

use client_connect::store::{OpenError, Options, Postgres, SqliteBackend};
use client_connect_runtime::backend::Mode;
use client_connect_tests::{
    ground::{ANN, Ground},
    host::{Setup, prove},
    person::items,
    postgres::{database, database_over_tls},
};
use std::{path::Path, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_is_done_on_postgresql() {
    let Some(postgres) = tokio::task::block_in_place(database) else { return };
    let mut ground = Ground::lay_on(Setup { postgres: Some(postgres), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, false)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann), (&ground.documents[1], &ground.ann)]).await;
    let ann = ground.host.customer(ANN).await;
    let listed = ann.get(&ground.portal("/documents")).await.expect(200);
    assert_eq!(items(&listed).len(), 2);
    let content = ground.portal(&format!("/documents/{}/content", ground.documents[0]));
    let will = ann.get(&content).await;
    will.expect(200);
    assert_eq!(will.bytes, b"the will, first words");
    let sent = ann.upload(&ground.portal("/documents?name=Letter.txt"), "from the customer").await;
    sent.expect(201);
    let found = ground.staff.get(&format!("/api/matters/{}/documents?search=lett", ground.matter)).await.expect(200);
    assert_eq!(items(&found).len(), 1);
    prove(&ground.host);
    // What was there is there after it was stopped, and nobody signs in again.
    ground.host.restart().await;
    let ann = ann.at(&ground.host.base);
    ann.get(&content).await.expect(200);
    prove(&ground.host);
}

#[test]
fn t_tls_the_records_are_reached_over_the_network_by_tls_alone() {
    let Some(server) = database_over_tls() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let open = |url: &str, ca: Option<&Path>| {
        let postgres = Postgres::new(url, Duration::from_secs(5), ca).expect("an address");
        let options = Options { postgres: Some(postgres), ..Options::new("http://127.0.0.1") };
        SqliteBackend::open(folder.path().join("none"), options)
    };
    let refused = |url: &str, ca: Option<&Path>, why: &[&str]| match open(url, ca) {
        Err(OpenError::Postgres { detail }) => assert!(why.iter().any(|why| detail.contains(why)), "{detail}"),
        other => panic!("{other:?}"),
    };
    // It is who it says, by whoever the settings trust.
    refused(&server.url, None, &["UnknownIssuer"]);
    // And by the name that it was asked for.
    refused(&server.url.replace("localhost", "127.0.0.1"), Some(&server.authority), &["not valid for name"]);
    refused(&[&server.url, "?sslmode=disable"].concat(), Some(&server.authority), &["no encryption", "pg_hba"]);
    let store = open(&server.url, Some(&server.authority)).expect("the records");
    let tx = store.begin_own(Mode::Read, 1).expect("a transaction");
    let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
    assert_eq!(tx.conn().query_row(encrypted, [], |row| row.get::<_, i64>(0)).expect("an answer"), 1);
}

#[test]
fn what_would_not_keep_what_it_acknowledges_is_refused() {
    let Some(postgres) = database() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let open = |more: &str| {
        let postgres = Postgres::new(&[&postgres, more].concat(), Duration::from_secs(5), None).expect("an address");
        let options = Options { postgres: Some(postgres), ..Options::new("http://127.0.0.1") };
        SqliteBackend::open(folder.path().join("none"), options)
    };
    let refused = |more: &str, why: &str| match open(more) {
        Err(OpenError::Postgres { detail }) => assert!(detail.contains(why), "{detail}"),
        other => panic!("{other:?}"),
    };
    refused("?options=-csynchronous_commit%3Doff", "synchronous_commit");
    // As a replica says of itself.
    refused("?options=-cdefault_transaction_read_only%3Don", "does not allow writes");
    open("").expect("the database");
}
