//! Documents in a bucket of a real S3 server, which looks at each signature: they are whole, two hosts serve them beside each
//! other, and while the store is away nothing is lost and nothing half done.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

use client_connect::{
    blobs::{Blobs, sweep},
    store::verify::{Settings, verify},
};
use client_connect_fixtures::figure;
use client_connect_tests::{
    files::{Pieces, bytes},
    ground::{ANN, Ground},
    host::{Setup, TestHost, prove},
    person::{Answer, Person, items, text},
    postgres::database,
    s3::S3,
};
use reqwest::{Method, header};

/// More than one part, so that the store joins them, and less than the last of them whole.
const LARGE: usize = (8 << 20) * 2 + 12_345;

/// Reads bytes over the network, and waits for them.
fn holds(host: &TestHost) {
    tokio::task::block_in_place(|| prove(host));
}

fn start() -> Option<S3> {
    tokio::task::block_in_place(S3::start)
}

async fn store(person: &Person, path: &str, bytes: &[u8]) -> Answer {
    person.upload(path, bytes.to_vec()).await
}

async fn ranged(person: &Person, path: &str, range: &str) -> Answer {
    person.send(person.request(Method::GET, path).header(header::RANGE, range)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn t_s3_documents_of_any_size_are_kept_whole_in_a_bucket() {
    let Some(s3) = start() else { return };
    let mut ground = Ground::lay_on(Setup { bucket: Some(s3.settings()), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true)]).await;
    let ann = ground.host.customer(ANN).await;
    let kept = s3.objects().len();
    assert_eq!(kept, ground.documents.len(), "what the ground has lies there, under no name of it: {:?}", s3.objects());
    let mut sent = Vec::new();
    for (seed, size) in [1, 8 << 20, (8 << 20) + 1, LARGE].into_iter().enumerate() {
        let bytes = bytes(seed as u64, size);
        let path = format!("/api/matters/{}/documents?name=Of%20{size}.bin", ground.matter);
        let document = text(&store(&ground.staff, &path, &bytes).await.expect(201), "id");
        ground.share(&[(&document, &ground.ann)]).await;
        sent.push((ground.portal(&format!("/documents/{document}/content")), bytes));
    }
    for (path, bytes) in &sent {
        let got = ann.get(path).await;
        assert!(got.status == 200 && got.bytes == *bytes, "{path}: {}, {} bytes", got.status, got.bytes.len());
    }
    let (path, all) = sent.last().expect("the large one");
    for (from, to) in [(0, 0), (8_388_600, 8_388_700), (LARGE - 7, LARGE - 1)] {
        let part = ranged(&ann, path, &format!("bytes={from}-{to}")).await;
        assert!(part.status == 206 && part.bytes == all[from..=to], "{from}-{to}: {}", part.status);
    }
    holds(&ground.host);
    // It all is there for a host that has seen none of it.
    ground.host.restart().await;
    let again = ann.at(&ground.host.base).get(path).await;
    assert!(again.bytes == *all);
    // What somebody else puts there is found.
    s3.plant("ab000000000000000000000000000000");
    let app = ground.host.app();
    let settings = Settings { noted: &[], folder: None, now: app.runtime.now() };
    let findings = tokio::task::block_in_place(|| verify(app.runtime.backend(), &app.blobs, &settings));
    let wrong: Vec<_> = findings.expect("findings").into_iter().filter(|finding| !finding.holds()).collect();
    assert!(wrong.len() == 1 && wrong[0].named == ["no row names ab000000000000000000000000000000"], "{wrong:?}");
    figure(format_args!("{} documents of up to {LARGE} bytes in a bucket, each whole", sent.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn t_s3_pages_are_drawn_of_what_lies_in_a_bucket() {
    let Some(s3) = start() else { return };
    let ground = Ground::lay_on(Setup { bucket: Some(s3.settings()), ..Setup::default() }).await;
    ground.host.warm();
    ground.admit(&[(&ground.ann, false)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    let ann = ground.host.customer(ANN).await;
    let page = ann.get(&ground.portal(&format!("/documents/{}/pages/1", ground.documents[0]))).await;
    assert_eq!(page.status, 200, "{}", String::from_utf8_lossy(&page.bytes));
    assert_eq!(page.headers["content-type"], "image/webp");
}

#[tokio::test(flavor = "multi_thread")]
async fn t_s3_t_2host_two_hosts_serve_one_bucket_and_one_database() {
    let Some(s3) = start() else { return };
    let Some(postgres) = tokio::task::block_in_place(database) else { return };
    let setup = Setup { postgres: Some(postgres), bucket: Some(s3.settings()), ..Setup::default() };
    let ground = Ground::lay_on(setup).await;
    ground.admit(&[(&ground.ann, true)]).await;
    let other = ground.host.beside().await;
    let here = ground.host.customer(ANN).await;
    let hosts = [here.clone(), here.at(&other.base)];
    // What one has taken in, the other gives out.
    for (n, person) in hosts.iter().enumerate() {
        let bytes = bytes(n as u64, LARGE);
        let sent = store(person, &ground.portal(&format!("/documents?name=Sent-{n}.bin")), &bytes).await.expect(201);
        let path = ground.portal(&format!("/documents/{}/content", text(&sent["documents"][0], "document")));
        let got = hosts[1 - n].get(&path).await;
        assert!(got.status == 200 && got.bytes == bytes, "{}", got.status);
    }
    // A file in pieces goes on at whichever of them is asked.
    let whole = bytes(7, LARGE);
    let pieces = Pieces::begin(&ground, &hosts[0], LARGE).await;
    let mut at = 0;
    for (turn, piece) in whole.chunks(5_000_000).enumerate() {
        let sent = pieces.send(&hosts[turn % 2], at, piece).await;
        at += piece.len();
        assert_eq!(sent.status, 204, "piece {turn}");
        assert_eq!(sent.headers["upload-offset"], at.to_string());
    }
    let document = pieces.finish(&hosts[1]).await;
    let got = hosts[0].get(&ground.portal(&format!("/documents/{document}/content"))).await;
    assert!(got.bytes == whole, "{}", got.status);
    holds(&ground.host);
    holds(&other);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_s3_a_store_that_is_away_loses_nothing_and_keeps_nothing_half() {
    let Some(mut s3) = start() else { return };
    let ground = Ground::lay_on(Setup { bucket: Some(s3.settings()), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    let ann = ground.host.customer(ANN).await;
    let content = ground.portal(&format!("/documents/{}/content", ground.documents[0]));
    let (whole, pieces) = (bytes(3, LARGE), Pieces::begin(&ground, &ann, LARGE).await);
    pieces.send(&ann, 0, &whole[..9_000_000]).await.expect(204);
    s3.kill();
    // It says so, in a way that a balancer and a person understand.
    assert_eq!(ann.get("/readyz").await.status, 503);
    for (name, size) in [("Small.txt", 10), ("Large.bin", LARGE)] {
        let path = ground.portal(&format!("/documents?name={name}"));
        assert_eq!(store(&ann, &path, &bytes(4, size)).await.problem(503), "unavailable");
    }
    assert_ne!(pieces.send(&ann, 9_000_000, &whole[9_000_000..]).await.status, 204);
    assert_ne!(ann.get(&content).await.status, 200);
    // What has nothing to do with bytes goes on.
    assert_eq!(items(&ann.get(&ground.portal("/documents")).await.expect(200)).len(), 1);
    tokio::task::block_in_place(|| s3.start_again());
    ann.get("/readyz").await.expect(200);
    assert_eq!(ann.get(&content).await.bytes, b"the will, first words");
    // The file in pieces goes on where it was.
    let at = pieces.offset(&ann).await;
    assert!(at <= 9_000_000, "{at}");
    assert_eq!(pieces.send(&ann, at, &whole[at..]).await.status, 204);
    let large = pieces.finish(&ann).await;
    assert!(ann.get(&ground.portal(&format!("/documents/{large}/content"))).await.bytes == whole);
    let listed = ann.get(&ground.portal("/documents")).await.expect(200);
    assert_eq!(items(&listed).len(), 2, "and nothing is there of what was refused: {listed}");
    holds(&ground.host);
    // Bytes of which no row knows are thrown away.
    let all = ground.staff.get(&format!("/api/matters/{}/documents", ground.matter)).await.expect(200);
    swept(&ground).await;
    assert_eq!(s3.objects().len(), items(&all).len(), "{:?}", s3.objects());
}

/// As the sweeper does each hour, for all that is loose.
async fn swept(ground: &Ground) {
    let app = ground.host.app().clone();
    ground.host.own(|tx, _| Ok(tx.conn().execute("UPDATE loose_blobs SET since = 1 WHERE since > 0", []).map(drop)?));
    sweep(&app).await.expect("it is swept");
}

#[tokio::test(flavor = "multi_thread")]
async fn t_s3_a_key_that_is_not_the_buckets_opens_nothing() {
    let Some(s3) = start() else { return };
    let mut settings = s3.settings();
    let blobs = Blobs::s3(&settings).expect("a client");
    blobs.probe().await.expect("the right key");
    settings.secret_key = "another".to_owned().into();
    let refused = Blobs::s3(&settings).expect("a client").probe().await.expect_err("a signature that is wrong");
    let said = refused.to_string();
    assert!(said.contains("403") || said.to_lowercase().contains("signature"), "{said}");
    assert!(!said.contains("another"), "{said}");
    assert!(s3.objects().is_empty());
    let url = format!("{}/documents/?list-type=2", settings.endpoint.expect("an address"));
    assert_eq!(reqwest::Client::new().get(url).send().await.expect("an answer").status(), 403);
}
