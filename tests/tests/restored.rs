//! A backup that is restored gives nobody back what was taken away from them after it.
#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

use std::{fs, path::Path};

use client_connect::{
    config::Documents,
    store::{
        backup::backup,
        restore::{RestoreError, Restored, To, restore},
    },
};
use client_connect_tests::{
    ground::{ANN, BEN, Ground},
    host::{TestHost, prove},
    person::{items, text},
    wait::eventually,
};
use serde_json::json;

/// A backup of what the host has now.
fn back_up(host: &TestHost, to: &Path) {
    let app = host.app();
    let manifest = backup(app.runtime.backend(), &app.blobs, to, app.runtime.now()).expect("a backup");
    assert!(manifest.missing.is_empty(), "{manifest:?}");
}

/// Stops the host, throws its records and documents away, and restores the backup in their place.
async fn put_back(host: &mut TestHost, from: &Path, journal: Option<&Path>) -> Result<Restored, RestoreError> {
    let now = host.app().runtime.now();
    host.halt().await;
    let Documents::Folder(documents) = &host.config.documents else { panic!("a test's documents lie in a folder") };
    let data = host.config.data_dir.clone();
    for file in ["client-connect.db", "client-connect.db-wal", "client-connect.db-shm"] {
        fs::remove_file(data.join(file)).ok();
    }
    fs::remove_dir_all(documents).expect("documents");
    restore(from, To { data: &data, documents }, journal, now)
}

#[tokio::test(flavor = "multi_thread")]
async fn t_rst_2_what_was_taken_away_after_a_backup_stays_away_when_it_is_restored() {
    let mut ground = Ground::lay().await;
    let [will, inventory, notes] = <[String; 3]>::try_from(ground.documents.clone()).expect("three documents");
    let (ann_id, ben_id) = (ground.ann.clone(), ground.ben.clone());
    let cat_id = ground.link("Cat Weber", "cat@customer.test").await;
    ground.admit(&[(&ann_id, true), (&ben_id, true), (&cat_id, true)]).await;
    ground
        .share(&[(&will, &ann_id), (&inventory, &ann_id), (&notes, &ann_id), (&will, &ben_id), (&will, &cat_id)])
        .await;
    let colleague = ground.colleague("Carl Young", "carl@firm.test").await;
    let cookie = ground.host.session_cookie(ANN).await;

    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("backup");
    // A mail that is held at the backup's moment, and may have been sent since.
    ground.host.own(|tx, _| Ok(tx.conn().execute("UPDATE firms SET mail_hold = 3600", []).map(drop)?));
    ground.share(&[(&inventory, &ben_id)]).await;
    back_up(&ground.host, &kept);

    // A share, a right, an access, a document, a colleague: each is taken away.
    let matter = format!("/api/matters/{}", ground.matter);
    let unshare = json!([{ "document": will, "contact": ann_id }]);
    let save = json!({ "revision": ground.revision("sharing").await, "share": [], "unshare": unshare });
    ground.staff.put(&ground.section("sharing"), save).await.expect(200);
    let changes = json!([
        { "contact": ann_id, "portal": true, "can_download": false },
        { "contact": ben_id, "portal": false, "can_download": false },
    ]);
    let save = json!({ "revision": ground.revision("access").await, "changes": changes });
    ground.staff.put(&ground.section("access"), save).await.expect(200);
    ground.staff.delete(&format!("{matter}/documents/{notes}")).await.expect(204);
    ground.staff.delete(&format!("{matter}/contacts/{cat_id}")).await.expect(204);
    ground.staff.delete(&format!("{matter}/members/{colleague}")).await.expect(204);

    let journal = ground.host.config.revocations.clone();
    let lines = fs::read_to_string(&journal).expect("the journal");
    assert!(!lines.contains("customer.test") && !lines.contains("Weber"), "ids alone: {lines}");
    let restored = put_back(&mut ground.host, &kept, Some(&journal)).await.expect("a restore");
    assert!(restored.kept_away >= 6 && restored.unreadable == 0 && restored.unsent >= 1, "{restored:?}");
    ground.host.restart().await;
    prove(&ground.host);

    // Whoever was signed in is not any more.
    let again = ground.host.stranger();
    let again = again.send(again.request(reqwest::Method::GET, "/api/portal/me").header("cookie", cookie)).await;
    assert_eq!(again.status, 401);
    let ann = ground.host.customer(ANN).await;
    let listed = ann.get(&ground.portal("/documents")).await.expect(200);
    let names: Vec<String> = items(&listed).iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, ["Inventory.txt"], "not the will, and not what lies in the bin");
    assert_eq!(ann.get(&ground.portal(&format!("/documents/{inventory}/content"))).await.status, 403);
    assert_eq!(ann.get(&ground.portal(&format!("/documents/{will}/pages"))).await.status, 404);
    // Who once had access comes in, and finds nothing; who was unlinked was never here.
    let ben = ground.host.customer(BEN).await;
    assert!(items(&ben.get("/api/portal/matters").await.expect(200)).is_empty());
    assert_eq!(ben.get(&ground.portal(&format!("/documents/{will}/content"))).await.status, 404);
    let stranger = ground.host.stranger();
    stranger.post("/api/sign-in/portal", json!({ "email": "cat@customer.test" })).await.expect(202);
    let carl = ground.host.staff("carl@firm.test").await;
    assert_eq!(carl.get(&matter).await.status, 404);
    let olivia = ground.host.staff(client_connect_tests::ground::OWNER).await;
    let access = olivia.get(&ground.section("access")).await.expect(200).to_string();
    assert!(!access.contains(&cat_id), "{access}");
    let count = |query: &'static str| {
        ground.host.own(move |tx, _| Ok(tx.conn().query_row(query, [], |row| row.get::<_, i64>(0))?))
    };
    let made = || count("SELECT count(*) FROM sign_ins WHERE state = 'asked'") == 0;
    eventually("codes are made of what was asked for", || async { tokio::task::block_in_place(made) }).await;
    let of_cat = "SELECT count(*) FROM sign_ins WHERE code IS NOT NULL AND email_key LIKE 'cat%'";
    assert_eq!(tokio::task::block_in_place(|| count(of_cat)), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_rst_2_without_its_journal_nothing_is_restored_unless_that_is_said() {
    let mut ground = Ground::lay().await;
    let (will, ann) = (ground.documents[0].clone(), ground.ann.clone());
    ground.admit(&[(&ann, true)]).await;
    ground.share(&[(&will, &ann)]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("backup");
    back_up(&ground.host, &kept);
    let lost = folder.path().join("lost.jsonl");
    let refused = put_back(&mut ground.host, &kept, Some(&lost)).await;
    assert!(matches!(&refused, Err(RestoreError::File { path, .. }) if *path == lost), "{refused:?}");
    assert!(!ground.host.config.data_dir.join("client-connect.db").exists(), "nothing is begun");
    // Half a backup is none.
    fs::write(kept.join("client-connect.db"), "other bytes").expect("a file");
    let Documents::Folder(documents) = &ground.host.config.documents else {
        panic!("a test's documents lie in a folder")
    };
    let to = To { data: &ground.host.config.data_dir, documents };
    let refused = restore(&kept, to, None, 1);
    assert!(matches!(refused, Err(RestoreError::NoBackup(..))), "{refused:?}");
}
