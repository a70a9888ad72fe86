//! The Documents page over HTTP: uploads, versions, the bin, moves, and what becomes of the shares.

use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::{Value, json};

use super::{EDITOR, OWNER, STRANGER, World};

async fn share(world: &World, document: &str) {
    let path = "/api/matters/m1/client-connect/sharing";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    let save = json!({ "revision": revision, "share": [{ "document": document, "contact": "ann" }] });
    world.write(OWNER, Method::PUT, path, save).await.ok();
}

async fn lane(world: &World, lane: &str) -> Value {
    let path = format!("/api/matters/m1/client-connect/sharing/documents?contacts=ann&lane={lane}");
    world.get(OWNER, &path).await.ok()["total"].clone()
}

#[tokio::test]
async fn a_file_comes_back_as_it_went() {
    let world = World::new();
    let id = world.upload("R%C3%A9sum%C3%A9.txt", "one two three").await;
    let path = format!("/api/matters/m1/documents/{id}");
    let document = world.get(EDITOR, &path).await.ok();
    assert_eq!((&document["name"], &document["size"]), (&json!("Résumé.txt"), &json!(13)));
    assert_eq!(document["created_by"], OWNER);
    let content = world.get(EDITOR, &format!("{path}/content")).await;
    assert_eq!(content.body, "one two three");
    assert!(content.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
    let range = World::request(OWNER, Method::GET, &format!("{path}/content")).header(header::RANGE, "bytes=4-6");
    let range = world.send(range.body(Body::empty()).unwrap()).await;
    assert_eq!((range.status.as_u16(), &range.body[..]), (206, &b"two"[..]));
}

#[tokio::test]
async fn sh15_a_new_version_keeps_the_ones_before() {
    let world = World::new();
    let id = world.upload("a.txt", "one").await;
    let path = format!("/api/matters/m1/documents/{id}");
    let put = |base: u32, content: &'static str| {
        World::request(EDITOR, Method::PUT, &format!("{path}/content?base={base}")).body(Body::from(content)).unwrap()
    };
    assert_eq!(world.send(put(1, "two")).await.ok()["version"], 2);
    world.send(put(1, "three")).await.problem(409);
    assert_eq!(world.get(OWNER, &format!("{path}/content")).await.body, "two");
    assert_eq!(world.get(OWNER, &format!("{path}/versions/1/content")).await.body, "one");
    world.get(OWNER, &format!("{path}/versions/3/content")).await.problem(404);
    world.get(OWNER, &format!("{path}/versions/x/content")).await.problem(404);
    let versions = world.get(OWNER, &format!("{path}/versions")).await.ok();
    assert_eq!((&versions[0]["version"], &versions[1]["version"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn an_upload_under_one_key_is_one_document() {
    let world = World::new();
    let post = |content: &'static str| {
        World::request(OWNER, Method::POST, "/api/matters/m1/documents?name=a.txt")
            .header("idempotency-key", "u1")
            .body(Body::from(content))
            .unwrap()
    };
    let first = world.send(post("same")).await;
    assert_eq!(first.status, 201);
    assert_eq!(world.send(post("same")).await.ok()["id"], first.ok()["id"]);
    assert_eq!(world.send(post("other")).await.problem(422), "key-reused");
    assert_eq!(world.get(OWNER, "/api/matters/m1/documents").await.ok()["total"], 1);
    let id = first.ok()["id"].as_str().unwrap().to_owned();
    assert_eq!(world.get(OWNER, &format!("/api/matters/m1/documents/{id}/content")).await.body, "same");
}

#[tokio::test]
async fn uploads_that_cannot_be_are_refused_and_leave_nothing() {
    let world = World::new();
    let post =
        |path: &str, content: Vec<u8>| World::request(OWNER, Method::POST, path).body(Body::from(content)).unwrap();
    let list = "/api/matters/m1/documents";
    world.send(post(&format!("{list}?name=a.txt"), Vec::new())).await.problem(422);
    world.send(post(&format!("{list}?name=a.txt"), vec![0; 1_000_001])).await.problem(413);
    world.send(post(list, b"x".to_vec())).await.problem(422);
    let request = World::request(STRANGER, Method::POST, &format!("{list}?name=a.txt"));
    world.send(request.body(Body::from("x")).unwrap()).await.problem(404);
    assert_eq!(world.get(OWNER, list).await.ok()["total"], 0);
}

#[tokio::test]
async fn sh25_and_sh26_deleting_ends_the_shares_and_restoring_only_offers_them() {
    let world = World::new();
    world.open(&["ann"]).await;
    let id = world.upload("a.txt", "a").await;
    share(&world, &id).await;
    assert_eq!(lane(&world, "all_of_them").await, 1);
    world.write(EDITOR, Method::DELETE, &format!("/api/matters/m1/documents/{id}"), Value::Null).await.ok();
    assert_eq!(lane(&world, "all_of_them").await, 0);
    world.get(OWNER, &format!("/api/matters/m1/documents/{id}")).await.problem(404);
    assert_eq!(world.get(OWNER, "/api/matters/m1/bin").await.ok()["items"][0]["id"], id.as_str());

    let named = json!({ "documents": [id] });
    world.write(EDITOR, Method::POST, "/api/matters/m1/bin/restore", named.clone()).await.ok();
    assert_eq!((lane(&world, "all_of_them").await, lane(&world, "lapsed").await), (json!(0), json!(1)));
    world.write(OWNER, Method::POST, "/api/matters/m1/bin/purge", named.clone()).await.problem(404);
    world.write(OWNER, Method::POST, "/api/matters/m1/documents/delete", named.clone()).await.ok();
    world.write(OWNER, Method::POST, "/api/matters/m1/bin/purge", named).await.ok();
    assert_eq!(world.get(OWNER, "/api/matters/m1/bin").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn many_are_deleted_all_or_none() {
    let world = World::new();
    let id = world.upload("a.txt", "a").await;
    let path = "/api/matters/m1/documents/delete";
    world.write(OWNER, Method::POST, path, json!({ "documents": [id, "none"] })).await.problem(404);
    assert_eq!(world.get(OWNER, "/api/matters/m1/documents").await.ok()["total"], 1);
    world.write(OWNER, Method::POST, path, json!({ "documents": [] })).await.problem(422);
    let many: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
    world.write(OWNER, Method::POST, path, json!({ "documents": many })).await.problem(422);
}

#[tokio::test]
async fn a_moved_document_leaves_its_shares_behind() {
    let world = World::new();
    world.open(&["ann"]).await;
    let id = world.upload("a.txt", "a").await;
    share(&world, &id).await;
    let path = format!("/api/matters/m1/documents/{id}/move");
    world.write(OWNER, Method::POST, &path, json!({ "matter": "m2" })).await.problem(404);
    let member = json!({ "can_edit": true, "can_share": false });
    world.write(STRANGER, Method::PUT, &format!("/api/matters/m2/members/{OWNER}"), member).await.ok();
    world.write(OWNER, Method::POST, &path, json!({ "matter": "m2" })).await.ok();
    assert_eq!(lane(&world, "any_of_them").await, 0);
    world.get(OWNER, &format!("/api/matters/m1/documents/{id}")).await.problem(404);
    world.get(STRANGER, &format!("/api/matters/m2/documents/{id}")).await.ok();
}

#[tokio::test]
async fn a_restricted_document_is_not_there_for_others() {
    let world = World::new();
    let id = world.upload("secret.txt", "s").await;
    let path = format!("/api/matters/m1/documents/{id}");
    let changed = world.write(OWNER, Method::PATCH, &path, json!({ "readers": [], "name": "Plan.txt" })).await.ok();
    assert_eq!((&changed["name"], &changed["readers"]), (&json!("Plan.txt"), &json!([OWNER])));
    world.get(EDITOR, &path).await.problem(404);
    world.get(EDITOR, &format!("{path}/content")).await.problem(404);
    world.write(EDITOR, Method::DELETE, &path, Value::Null).await.problem(404);
    assert_eq!(world.get(EDITOR, "/api/matters/m1/documents").await.ok()["total"], 0);
    let audit = world.get(EDITOR, "/api/matters/m1/audit").await;
    assert!(!String::from_utf8_lossy(&audit.body).contains("secret"), "{audit:?}");
    let audit = world.get(EDITOR, "/api/matters/m1/audit/export?format=csv").await;
    assert!(!String::from_utf8_lossy(&audit.body).contains("Plan"), "{audit:?}");
    world.write(OWNER, Method::PATCH, &path, json!({ "readers": null })).await.ok();
    world.get(EDITOR, &path).await.ok();
}
