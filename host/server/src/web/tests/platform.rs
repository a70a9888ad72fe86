//! Matters, members, contacts, the firm and its audit over HTTP.

use axum::http::Method;
use serde_json::{Value, json};

use super::{EDITOR, OTHER_FIRM, OWNER, STRANGER, World};

#[tokio::test]
async fn a_matter_is_opened_changed_deleted_and_restored() {
    let world = World::new();
    let new = json!({ "name": "  Estate of Élan ", "reference": "2026/7" });
    let matter = world.write(STRANGER, Method::POST, "/api/matters", new).await;
    assert_eq!(matter.status, 201);
    let matter = matter.ok();
    assert_eq!((&matter["name"], &matter["owner"]), (&json!("Estate of Élan"), &json!(STRANGER)));
    let path = format!("/api/matters/{}", matter["id"].as_str().unwrap());
    let found = world.get(STRANGER, "/api/matters?search=elan").await.ok();
    assert_eq!(found["items"][0]["id"], matter["id"]);

    let change = json!({ "closed": true, "discreet": true });
    let changed = world.write(STRANGER, Method::PATCH, &path, change).await.ok();
    assert!(changed["closed_at"].is_u64(), "{changed}");
    assert_eq!(world.get(STRANGER, "/api/matters?state=closed").await.ok()["items"].as_array().unwrap().len(), 1);

    world.write(STRANGER, Method::DELETE, &path, Value::Null).await.ok();
    world.get(STRANGER, &path).await.problem(404);
    assert_eq!(world.get(STRANGER, "/api/matters?state=deleted").await.ok()["items"][0]["id"], matter["id"]);
    world.write(OWNER, Method::POST, &format!("{path}/restore"), Value::Null).await.problem(404);
    world.write(STRANGER, Method::POST, &format!("{path}/restore"), Value::Null).await.ok();
    world.get(STRANGER, &path).await.ok();
}

#[tokio::test]
async fn a_restored_matter_has_every_portal_closed() {
    let world = World::new();
    world.open(&["ann"]).await;
    let document = world.upload("a.txt", "a").await;
    let save = json!({ "revision": 0, "share": [{ "document": document, "contact": "ann" }] });
    world.write(OWNER, Method::PUT, "/api/matters/m1/client-connect/sharing", save).await.ok();
    world.write(OWNER, Method::DELETE, "/api/matters/m1", Value::Null).await.ok();
    world.write(OWNER, Method::POST, "/api/matters/m1/restore", Value::Null).await.ok();
    let access = world.get(OWNER, "/api/matters/m1/client-connect/access").await.ok();
    assert_eq!(access["rows"][0]["grant"]["portal"], false);
    world.open(&["ann"]).await;
    let total = async |lane: &str| {
        let path = format!("/api/matters/m1/client-connect/sharing/documents?contacts=ann&lane={lane}");
        world.get(OWNER, &path).await.ok()["total"].clone()
    };
    assert_eq!((total("all_of_them").await, total("lapsed").await), (json!(0), json!(1)));
}

#[tokio::test]
async fn only_the_owner_decides_who_may_see_a_matter() {
    let world = World::new();
    let path = format!("/api/matters/m1/members/{STRANGER}");
    let rights = json!({ "can_edit": true, "can_share": true });
    world.write(EDITOR, Method::PUT, &path, rights.clone()).await.problem(403);
    world.write(EDITOR, Method::PATCH, "/api/matters/m1", json!({ "owner": EDITOR })).await.problem(403);
    world.write(EDITOR, Method::DELETE, "/api/matters/m1", Value::Null).await.problem(403);
    world
        .write(OWNER, Method::PUT, &format!("/api/matters/m1/members/{OTHER_FIRM}"), rights.clone())
        .await
        .problem(404);
    world.write(OWNER, Method::PUT, &path, rights).await.ok();
    world.get(STRANGER, "/api/matters/m1").await.ok();
    world.write(OWNER, Method::DELETE, &path, Value::Null).await.ok();
    world.get(STRANGER, "/api/matters/m1").await.problem(404);
    let own = format!("/api/matters/m1/members/{OWNER}");
    assert_eq!(world.write(OWNER, Method::DELETE, &own, Value::Null).await.problem(409), "owner");
}

#[tokio::test]
async fn a_contact_who_leaves_and_comes_back_starts_from_nothing() {
    let world = World::new();
    world.open(&["ann"]).await;
    let path = "/api/matters/m1/contacts/ann";
    assert_eq!(
        world.write(OWNER, Method::DELETE, "/api/contacts/ann", Value::Null).await.problem(409),
        "contact-linked"
    );
    world.write(EDITOR, Method::DELETE, path, Value::Null).await.ok();
    world.write(EDITOR, Method::DELETE, path, Value::Null).await.problem(404);
    world.write(EDITOR, Method::PUT, path, json!({ "role": "witness" })).await.ok();
    let access = world.get(OWNER, "/api/matters/m1/client-connect/access").await.ok();
    assert_eq!(access["rows"][0]["grant"], Value::Null);
}

#[tokio::test]
async fn the_address_of_who_has_access_takes_the_right_to_share() {
    let world = World::new();
    world.open(&["ann"]).await;
    let stolen = json!({ "email": "thief@elsewhere.example" });
    for user in [STRANGER, EDITOR] {
        let refused = world.write(user, Method::PATCH, "/api/contacts/ann", stolen.clone()).await;
        assert_eq!(refused.problem(403), "contact-has-access");
    }
    assert_eq!(world.get(OWNER, "/api/contacts/ann").await.ok()["email"], "ann@customer.example");
    // Her name is anybody's to correct, and so is the address of who has no access.
    world.write(STRANGER, Method::PATCH, "/api/contacts/ann", json!({ "name": "Ann B." })).await.ok();
    world.write(STRANGER, Method::PATCH, "/api/contacts/ben", stolen.clone()).await.ok();
    world.write(OWNER, Method::PATCH, "/api/contacts/ann", json!({ "email": "ann2@customer.example" })).await.ok();
}

#[tokio::test]
async fn contacts_are_of_one_firm() {
    let world = World::new();
    let new = json!({ "name": "Dora", "email": "dora@customer.example" });
    let dora = world.write(OTHER_FIRM, Method::POST, "/api/contacts", new).await.ok();
    let path = format!("/api/contacts/{}", dora["id"].as_str().unwrap());
    let theirs = world.get(OWNER, &path).await;
    theirs.problem(404);
    assert_eq!(theirs.body, world.get(OWNER, "/api/contacts/none").await.body);
    let link = format!("/api/matters/m1/contacts/{}", dora["id"].as_str().unwrap());
    world.write(OWNER, Method::PUT, &link, json!({})).await.problem(404);
    assert_eq!(world.get(OWNER, "/api/contacts?search=dora").await.ok()["items"], json!([]));
    world.write(OTHER_FIRM, Method::DELETE, &path, Value::Null).await.ok();
    world.get(OTHER_FIRM, &path).await.problem(404);
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let world = World::new();
    let first = world.get(OWNER, "/api/contacts?limit=2").await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let second = world.get(OWNER, &format!("/api/contacts?limit=2&after={next}")).await.ok();
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    for name in ["a", "b", "c"] {
        world.upload(name, name).await;
    }
    let path = "/api/matters/m1/documents?sort=created_at&descending=true&limit=2";
    let first = world.get(OWNER, path).await.ok();
    assert_eq!((&first["total"], &first["exact"]), (&json!(3), &json!(true)));
    let second = world.get(OWNER, &format!("{path}&after={}", first["next"].as_str().unwrap())).await.ok();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    for bad in
        ["/api/contacts?after=x", "/api/contacts?limit=201", "/api/matters/m1/documents?after=x", "/api/audit?after=x"]
    {
        world.get(OWNER, bad).await.problem(422);
    }
}

#[tokio::test]
async fn cu5_the_firms_switch_is_its_administrators() {
    let world = World::new();
    world.write(EDITOR, Method::PATCH, "/api/firm", json!({ "enabled": false })).await.problem(403);
    let off = world.write(OWNER, Method::PATCH, "/api/firm", json!({ "enabled": false, "name": "Pauly" })).await.ok();
    assert_eq!((&off["enabled"], &off["name"]), (&json!(false), &json!("Pauly")));
    world.get(OWNER, "/api/matters/m1/client-connect/access").await.problem(403);
    // The platform goes on.
    world.get(OWNER, "/api/matters/m1/documents").await.ok();
    for bad in [
        json!({ "mail_hold": 86_401 }),
        json!({ "when_closed": "soon" }),
        json!({ "sender": "nobody" }),
        json!({ "fallback_user": OTHER_FIRM }),
        json!({ "name": "" }),
        json!({ "firm": "f2" }),
    ] {
        world.write(OWNER, Method::PATCH, "/api/firm", bad).await.problem(422);
    }
    world.write(OWNER, Method::PATCH, "/api/firm", json!({ "fallback_user": null, "enabled": true })).await.ok();
    world.get(OWNER, "/api/matters/m1/client-connect/access").await.ok();
}

#[tokio::test]
async fn sh19_the_audit_says_who_did_what() {
    let world = World::new();
    world.open(&["ann"]).await;
    let rows = world.get(EDITOR, "/api/matters/m1/audit?type=access.").await.ok();
    assert_eq!(rows["items"][0]["actor"], OWNER);
    assert_eq!(rows["items"][0]["contact"], "ann");
    world.get(EDITOR, "/api/audit").await.problem(403);
    let all = world.get(OWNER, "/api/audit").await.ok();
    assert!(!all["items"].as_array().unwrap().is_empty());
    assert_eq!(world.get(OTHER_FIRM, "/api/audit").await.ok()["items"], json!([]));
    let file = world.get(OWNER, "/api/audit/export").await;
    assert_eq!(file.ok()["items"].as_array().unwrap().len(), all["items"].as_array().unwrap().len());
    // The firm's ends with a head that is signed, and is that of its newest row; a matter's is no chain.
    let verifier = world.app.checkpoints.signer().verifier();
    let newest = &all["items"][0];
    let lines = String::from_utf8(world.get(OWNER, "/api/audit/export?format=jsonl").await.body.to_vec()).unwrap();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    let table = String::from_utf8(world.get(OWNER, "/api/audit/export?format=csv").await.body.to_vec()).unwrap();
    let cell = table.split("\"checkpoint\",").nth(1).unwrap();
    let cell = cell.split('"').find(|cell| cell.contains("client-connect/audit")).unwrap();
    for note in [file.ok()["checkpoint"].as_str().unwrap(), last["checkpoint"].as_str().unwrap(), cell] {
        let heads = crate::store::audit::checkpoint::read(note, &verifier).unwrap();
        assert_eq!((heads.len(), heads[0].firm.as_str()), (1, "f1"));
        assert_eq!(
            (newest["seq"].as_u64(), newest["hash"].as_str()),
            (Some(heads[0].seq), Some(heads[0].hash.as_str()))
        );
    }
    assert!(world.get(OWNER, "/api/matters/m1/audit/export").await.ok()["checkpoint"].is_null());
    let table = world.get(OWNER, "/api/matters/m1/audit/export?format=csv").await;
    assert!(table.body.starts_with(b"\"seq\","), "{table:?}");
    let none = world.get(OWNER, "/api/audit?since=0&until=1").await.ok();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn notices_are_read_by_whom_they_came_to() {
    let world = World::new();
    world
        .app
        .runtime
        .write(|unit| {
            let now = unit.now();
            Ok::<_, crate::web::Problem>(crate::store::inbox::put(
                unit.tx(),
                "f1",
                OWNER,
                Some("m1"),
                "Ann sent a file",
                now,
            )?)
        })
        .unwrap();
    let notices = world.get(OWNER, "/api/notices").await.ok();
    assert_eq!((&notices["unread"], &notices["items"][0]["text"]), (&json!(1), &json!("Ann sent a file")));
    let read = json!({ "notices": [notices["items"][0]["id"]] });
    world.write(EDITOR, Method::POST, "/api/notices/read", read.clone()).await.problem(404);
    assert_eq!(world.write(OWNER, Method::POST, "/api/notices/read", read).await.ok()["unread"], 0);
}
