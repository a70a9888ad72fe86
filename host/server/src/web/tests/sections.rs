//! Client Connect's sections over HTTP: dry runs, Saves, conflicts, keys, and who may.

use axum::http::Method;
use serde_json::{Value, json};

use super::{EDITOR, OWNER, STRANGER, World};

const ACCESS: &str = "/api/matters/m1/client-connect/access";
const SHARING: &str = "/api/matters/m1/client-connect/sharing";

fn opening(revision: u32) -> Value {
    json!({ "revision": revision, "changes": [{ "contact": "ann", "portal": true, "can_download": true }] })
}

#[tokio::test]
async fn ov11_a_dry_run_says_what_a_save_would_do_and_does_nothing() {
    let world = World::new();
    let before = world.get(OWNER, ACCESS).await;
    let review = world.write(OWNER, Method::PUT, &format!("{ACCESS}?dry_run=true"), opening(0)).await;
    assert_eq!(review.ok()["invited"], json!(["ann"]));
    assert_eq!(world.get(OWNER, ACCESS).await.body, before.body);

    let saved = world.write(OWNER, Method::PUT, ACCESS, opening(0)).await;
    assert_eq!(saved.ok(), review.ok());
    let section = world.get(OWNER, ACCESS).await.ok();
    assert_eq!(section["revision"], saved.ok()["revision"]);
    assert_eq!(section["rows"][0]["grant"]["portal"], true);
}

#[tokio::test]
async fn a_save_on_an_old_revision_is_a_conflict() {
    let world = World::new();
    world.open(&["ann"]).await;
    let stale = json!({ "revision": 0, "changes": [{ "contact": "ben", "portal": true, "can_download": false }] });
    world.write(OWNER, Method::PUT, ACCESS, stale).await.problem(409);
    assert_eq!(world.get(OWNER, ACCESS).await.ok()["rows"][1]["grant"], Value::Null);
}

#[tokio::test]
async fn ov11_the_same_key_has_one_effect() {
    let world = World::new();
    let first = world.write_once(OWNER, Method::PUT, ACCESS, opening(0), Some("k1")).await;
    let again = world.write_once(OWNER, Method::PUT, ACCESS, opening(0), Some("k1")).await;
    assert_eq!((first.ok(), first.status), (again.ok(), again.status));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert!(!first.headers.contains_key("idempotency-replayed"));

    let other = world.write_once(OWNER, Method::PUT, ACCESS, opening(1), Some("k1")).await;
    assert_eq!(other.problem(422), "key-reused");
    // The key is the asker's own: somebody else's request under it is another one.
    world.write_once(EDITOR, Method::PUT, ACCESS, opening(0), Some("k1")).await.problem(403);
}

#[tokio::test]
async fn sharing_takes_the_right_to_share() {
    let world = World::new();
    let refused = world.write(EDITOR, Method::PUT, ACCESS, opening(0)).await;
    refused.problem(403);
    assert!(!refused.json()["errors"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn sh11_documents_are_shared_by_a_save_and_unshared_by_its_reverse() {
    let world = World::new();
    world.open(&["ann", "ben"]).await;
    let document = world.upload("report.txt", "first").await;
    let pairs = json!([{ "document": document, "contact": "ann" }]);
    let save = json!({ "revision": 0, "share": pairs });
    let review = world.write(OWNER, Method::PUT, &format!("{SHARING}?dry_run=true"), save.clone()).await.ok();
    assert_eq!(review["notified"], json!(["ann"]));
    let saved = world.write(OWNER, Method::PUT, SHARING, save).await.ok();
    assert_eq!(saved["shared"], pairs);

    let lane = |lane: &str, contacts: &str| format!("{SHARING}/documents?lane={lane}&contacts={contacts}");
    let total = async |path: String| world.get(OWNER, &path).await.ok()["total"].as_u64().unwrap();
    assert_eq!(total(lane("all_of_them", "ann")).await, 1);
    assert_eq!(total(lane("all_of_them", "ann,ben")).await, 0);
    assert_eq!(total(lane("some_of_them", "ann,ben")).await, 1);
    assert_eq!(total(lane("whole_matter", "")).await, 1);
    let row = world.get(OWNER, &lane("any_of_them", "ann")).await.ok()["items"][0].clone();
    assert_eq!(row["document"]["id"], document.as_str());
    assert_eq!(row["shares"][0]["state"], "live");

    let seen = world.get(OWNER, "/api/matters/m1/client-connect/view-as/ann/documents").await.ok();
    assert_eq!(seen["items"][0]["document"], document.as_str());
    let unseen = world.get(OWNER, "/api/matters/m1/client-connect/view-as/ben/documents").await.ok();
    assert_eq!(unseen["total"], 0);

    let undo = json!({ "revision": saved["revision"], "unshare": saved["shared"], "share": saved["unshared"] });
    assert_eq!(world.write(OWNER, Method::PUT, SHARING, undo).await.ok()["unshared"], pairs);
    assert_eq!(total(lane("all_of_them", "ann")).await, 0);
}

#[tokio::test]
async fn share_and_unshare_act_at_once() {
    let world = World::new();
    world.open(&["ann"]).await;
    let document = world.upload("a.txt", "a").await;
    let step = |revision: &Value| json!({ "revision": revision, "contacts": ["ann"], "documents": [document] });
    let shared = world.write(OWNER, Method::POST, &format!("{SHARING}/share"), step(&json!(0))).await.ok();
    assert_eq!(shared["shared"].as_array().unwrap().len(), 1);
    let step = step(&shared["revision"]);
    let unshared = world.write(OWNER, Method::POST, &format!("{SHARING}/unshare"), step).await.ok();
    assert_eq!(unshared["unshared"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn no1_the_notifications_are_a_list_of_their_own() {
    let world = World::new();
    let path = "/api/matters/m1/client-connect/notifications";
    let section = world.get(OWNER, path).await.ok();
    assert_eq!(section["rows"][0]["is_owner_by_default"], true);
    let save = json!({ "revision": 0, "watchers": [{ "user": EDITOR, "in_app": true, "email": false }] });
    let review = world.write(OWNER, Method::PUT, &format!("{path}?dry_run=true"), save.clone()).await.ok();
    assert_eq!(world.write(OWNER, Method::PUT, path, save).await.ok(), review);
    assert_eq!(world.get(OWNER, path).await.ok()["rows"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_overview_tells_how_things_stand() {
    let world = World::new();
    world.open(&["ann"]).await;
    let overview = world.get(OWNER, "/api/matters/m1/client-connect").await.ok();
    assert_eq!(overview["open"], 1);
    assert_eq!(overview["grants"][0]["contact"]["id"], "ann");
    assert!(overview["portal_url"].as_str().unwrap().starts_with("http://"), "{overview}");
}

#[tokio::test]
async fn whoever_views_as_a_contact_stands_in_the_audit() {
    let world = World::new();
    world.open(&["ann"]).await;
    world.get(OWNER, "/api/matters/m1/client-connect/view-as/ann").await.ok();
    let rows = world.get(OWNER, "/api/matters/m1/audit?type=portal.viewed-as").await.ok();
    assert_eq!(rows["items"][0]["actor"], OWNER);
    assert_eq!(rows["items"][0]["acting_for"], "ann");
    // Who has no access sees nothing, and so does whoever views as them.
    world.get(OWNER, "/api/matters/m1/client-connect/view-as/ben").await.problem(404);
    world.get(OWNER, "/api/matters/m1/client-connect/view-as/cora").await.problem(404);
}

#[tokio::test]
async fn what_is_not_yours_is_not_there_byte_for_byte() {
    let world = World::new();
    let document = world.upload("a.txt", "a").await;
    let paths = [
        "",
        "/members",
        "/contacts",
        "/documents",
        "/bin",
        "/audit",
        "/audit/export",
        "/client-connect",
        "/client-connect/access",
        "/client-connect/sharing",
        "/client-connect/sharing/documents",
        "/client-connect/uploads",
        "/client-connect/notifications",
        "/client-connect/view-as/ann",
        "/client-connect/view-as/ann/documents",
    ];
    for path in paths {
        let theirs = world.get(STRANGER, &format!("/api/matters/m1{path}")).await;
        let nowhere = world.get(STRANGER, &format!("/api/matters/none{path}")).await;
        assert_eq!(theirs.problem(404), "not-found", "{path}");
        assert_eq!(theirs.body, nowhere.body, "{path}");
        world.get(super::OTHER_FIRM, &format!("/api/matters/m1{path}")).await.problem(404);
    }
    for path in ["", "/content", "/versions", "/versions/1/content"] {
        let theirs = world.get(STRANGER, &format!("/api/matters/m1/documents/{document}{path}")).await;
        let misplaced = world.get(STRANGER, &format!("/api/matters/m2/documents/{document}{path}")).await;
        let nowhere = world.get(STRANGER, &format!("/api/matters/m2/documents/none{path}")).await;
        assert_eq!(theirs.problem(404), "not-found", "{path}");
        assert_eq!(misplaced.problem(404), "not-found", "{path}");
        assert_eq!((&theirs.body, &misplaced.body), (&nowhere.body, &nowhere.body), "{path}");
    }
}

#[tokio::test]
async fn foreign_ids_in_a_save_are_refused_and_nothing_is_kept() {
    let world = World::new();
    let cora = json!({ "revision": 0, "changes": [
        { "contact": "ann", "portal": true, "can_download": false },
        { "contact": "cora", "portal": true, "can_download": false },
    ] });
    let refused = world.write(OWNER, Method::PUT, ACCESS, cora).await;
    assert!(matches!(refused.status.as_u16(), 404 | 422), "{refused:?}");
    assert_eq!(world.get(OWNER, ACCESS).await.ok()["rows"][0]["grant"], Value::Null);
}
