//! The main job, from end to end: what a firm and its customers do with Client Connect, over HTTP, with the
//! compiled component, SQLite, a folder of documents and a mail server.
//!
//! It is one story in the order in which it happens, each step with what the people in it see. The rules and
//! their edge cases have tests of their own beside it.

use client_connect_tests::{
    ground::{ANN, BEN, Ground, OWNER},
    host::prove,
    person::{items, text},
    smtp::Mail,
    wait::eventually,
};
use reqwest::Method;
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<String> {
    items(list).iter().map(|row| text(row, "name")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_from_invitation_to_the_proof() {
    let ground = Ground::lay().await;
    let Ground { host, staff, owner, matter, ann, ben, documents } = &ground;
    let [will, inventory, notes] = [&documents[0], &documents[1], &documents[2]];

    // Staff give both access, and Ann the right to download. Each is invited once.
    let change =
        |contact: &str, download: bool| json!({ "contact": contact, "portal": true, "can_download": download });
    let save =
        json!({ "revision": ground.revision("access").await, "changes": [change(ann, true), change(ben, false)] });
    let review = staff.put(&format!("{}?dry_run=true", ground.section("access")), save.clone()).await.expect(200);
    assert_eq!(review["invited"].as_array().unwrap().len(), 2);
    assert!(host.mail.mails().is_empty(), "a review mails nobody");
    staff.put(&ground.section("access"), save).await.expect(200);
    for (address, name) in [(ANN, "Ann"), (BEN, "Ben")] {
        let invited = tokio::task::block_in_place(|| host.mail.wait_for(address, 1));
        assert!(
            invited[0].text.contains(address),
            "{name}'s invitation names the address to sign in with: {}",
            invited[0].text
        );
        assert!(invited[0].text.contains("http://127.0.0.1/"), "and the portal's: {}", invited[0].text);
    }

    // Ann signs in by code and sees the matter, and nothing in it yet.
    let ann_there = host.customer(ANN).await;
    let matters = ann_there.get("/api/portal/matters").await.expect(200);
    assert_eq!(names(&matters), ["Estate of Weber"]);
    let room = ann_there.get(&ground.portal("")).await.expect(200);
    assert_eq!((&room["owner"], &room["can_download"]), (&json!("Olivia Hall"), &json!(true)));
    assert!(names(&ann_there.get(&ground.portal("/documents")).await.expect(200)).is_empty());

    // Staff share two documents with both, after a look at what that would do.
    let pairs: Vec<Value> = [will, inventory]
        .iter()
        .flat_map(|document| [ann, ben].map(|contact| json!({ "document": document, "contact": contact })))
        .collect();
    let save = json!({ "revision": ground.revision("sharing").await, "share": pairs, "unshare": [] });
    let review = staff.put(&format!("{}?dry_run=true", ground.section("sharing")), save.clone()).await.expect(200);
    assert_eq!(review["shared"].as_array().unwrap().len(), 4);
    assert_eq!(review["notified"].as_array().unwrap().len(), 2);
    assert!(
        names(&ann_there.get(&ground.portal("/documents")).await.expect(200)).is_empty(),
        "a review shares nothing"
    );
    let saved = staff.put(&ground.section("sharing"), save).await.expect(200);
    assert_eq!(saved["shared"], review["shared"], "the review told the truth");
    for address in [ANN, BEN] {
        let of_shares = |mail: &Mail| mail.text.contains("Will.txt");
        let mails = tokio::task::block_in_place(|| host.mail.wait_for_those(address, 1, of_shares));
        let told = &mails[0].text;
        assert!(told.contains("Inventory.txt") && !told.contains("Notes.txt"), "{told}");
    }

    // Both see the two. Only Ann may download them; to both the third is not there.
    let ben_there = host.customer(BEN).await;
    for person in [&ann_there, &ben_there] {
        let list = person.get(&ground.portal("/documents")).await.expect(200);
        assert_eq!(names(&list), ["Inventory.txt", "Will.txt"]);
        assert_eq!(list["total"], 2);
    }
    let content = |document: &str| ground.portal(&format!("/documents/{document}/content"));
    assert_eq!(ann_there.get(&content(will)).await.bytes, b"the will, first words");
    ben_there.get(&content(will)).await.problem(403);
    for person in [&ann_there, &ben_there] {
        assert_eq!(person.get(&content(notes)).await.problem(404), "not-found");
    }

    // Ann sends a document. It is in the matter, the owner is told in the app and by mail, Ben sees nothing.
    let sent =
        ann_there.upload(&ground.portal("/documents?name=Birth%20certificate.pdf"), "%PDF-1.7 scan").await.expect(201);
    let upload = text(&sent["documents"][0], "document");
    let known = staff.get(&format!("/api/matters/{matter}/documents/{upload}")).await.expect(200);
    assert_eq!((&known["kind"], &known["created_by"]), (&json!("Document (Portal)"), &json!(owner)));
    let mails = tokio::task::block_in_place(|| host.mail.wait_for(OWNER, 1));
    assert!(
        mails[0].text.contains("Birth certificate.pdf") && mails[0].text.contains("Ann Weber"),
        "{}",
        mails[0].text
    );
    eventually("the owner is told in the app", || async {
        items(&staff.get("/api/notices").await.expect(200))
            .iter()
            .any(|notice| text(notice, "text").contains("Ann Weber"))
    })
    .await;
    assert_eq!(names(&ben_there.get(&ground.portal("/documents")).await.expect(200)).len(), 2);
    assert_eq!(names(&ann_there.get(&ground.portal("/documents")).await.expect(200)).len(), 3);

    // Staff edit a shared document: the customer sees the new version at once, and nobody is mailed.
    let mailed = host.mail.mails().len();
    let put = staff.request(Method::PUT, &format!("/api/matters/{matter}/documents/{will}/content"));
    staff.send(put.header("content-type", "application/octet-stream").body("the will, last words")).await.expect(200);
    assert_eq!(ann_there.get(&content(will)).await.bytes, b"the will, last words");

    // Staff stop sharing with Ann: gone from every route of hers, still there for Ben and in the matter.
    let pair = json!({ "document": will, "contact": ann });
    let save = json!({ "revision": ground.revision("sharing").await, "share": [], "unshare": [pair] });
    staff.put(&ground.section("sharing"), save).await.expect(200);
    let gone = ann_there.get(&content(will)).await;
    let never = ann_there.get(&content("00000000000000000000000000000000")).await;
    assert_eq!((gone.status, &gone.bytes), (never.status, &never.bytes), "not yours looks like not there");
    ann_there.send(ann_there.request(Method::HEAD, &content(will))).await;
    let range = ann_there.request(Method::GET, &content(will)).header("range", "bytes=0-3");
    assert_eq!(ann_there.send(range).await.problem(404), "not-found");
    assert_eq!(
        names(&ann_there.get(&ground.portal("/documents")).await.expect(200)),
        ["Birth certificate.pdf", "Inventory.txt"]
    );
    assert_eq!(names(&ben_there.get(&ground.portal("/documents")).await.expect(200)), ["Inventory.txt", "Will.txt"]);
    staff.get(&format!("/api/matters/{matter}/documents/{will}")).await.expect(200);

    // Staff delete a shared document in the matter: gone everywhere, and the counts follow.
    staff.delete(&format!("/api/matters/{matter}/documents/{inventory}")).await.expect(204);
    for person in [&ann_there, &ben_there] {
        assert_eq!(person.get(&content(inventory)).await.problem(404), "not-found");
    }
    let access = staff.get(&ground.section("access")).await.expect(200);
    let counts = |contact: &str| {
        let row = access["rows"].as_array().unwrap().iter().find(|row| row["contact"]["id"] == *contact).unwrap();
        (row["shared"].as_u64().unwrap(), row["uploaded"].as_u64().unwrap())
    };
    assert_eq!((counts(ann), counts(ben)), ((0, 1), (1, 0)));
    assert_eq!(host.mail.mails().len(), mailed, "no mail on edit, unshare or deletion");
    for address in [ANN, BEN] {
        let all = host.mail.mails_to(address);
        assert_eq!(all.len(), 3, "an invitation, a code and one letter for the Save: {all:#?}");
    }

    // The audit says who did what, and everything proves itself.
    let actions = ground.actions().await;
    let times = |action: &str| actions.iter().filter(|known| *known == action).count();
    assert_eq!(times("access.granted"), 2, "{actions:?}");
    assert_eq!(times("document.shared"), 4, "{actions:?}");
    assert_eq!(times("document.unshared"), 1, "{actions:?}");
    assert_eq!(times("document.uploaded"), 1, "{actions:?}");
    assert!(times("document.downloaded") >= 2, "a download of each version: {actions:?}");
    prove(host);
}
