//! An address that two contacts of a firm come to share, and one that becomes one contact's alone again: nobody is
//! locked to the wrong person, and whoever answers for the matter hears of it.

use client_connect::store::sign_ins;
use client_connect_tests::{
    ground::{ANN, Ground},
    host::prove,
    person::{items, text},
    wait::eventually,
};
use serde_json::{Value, json};

async fn obstacles(ground: &Ground, contact: &str) -> Vec<String> {
    let section = ground.staff.get(&ground.section("access")).await.expect(200);
    let rows = section["rows"].as_array().into_iter().flatten();
    let listed = rows.filter(|row| row["contact"]["id"] == contact).collect::<Vec<_>>();
    let [row] = listed[..] else { panic!("{contact} is listed once: {section}") };
    row["obstacles"].as_array().into_iter().flatten().map(|obstacle| text(obstacle, "message")).collect()
}

async fn told(ground: &Ground) -> Vec<String> {
    let notices: Value = ground.staff.get("/api/notices").await.expect(200);
    items(&notices).iter().map(|notice| text(notice, "text")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ac2_an_address_that_becomes_shared_signs_nobody_in_until_it_is_one_contacts_again() {
    let ground = Ground::lay().await;
    let grant = json!({ "revision": ground.revision("access").await, "changes": [{ "contact": ground.ann, "portal": true, "can_download": true }] });
    ground.staff.put(&ground.section("access"), grant).await.expect(200);
    let ann = ground.host.customer(ANN).await;
    ann.get("/api/portal/me").await.expect(200);
    assert_eq!(obstacles(&ground, &ground.ann).await, Vec::<String>::new());
    let before = told(&ground).await;

    // A colleague adds her brother, who uses the same mailbox: written otherwise, it is the same.
    let brother = json!({ "name": "Arno Weber", "email": " ANN@Customer.test " });
    let brother = text(&ground.staff.post("/api/contacts", brother).await.expect(201), "id");
    assert_eq!(ann.get("/api/portal/me").await.problem(401), "sign-in-needed");
    let [obstacle] = <[String; 1]>::try_from(obstacles(&ground, &ground.ann).await).expect("one obstacle");
    assert!(obstacle.contains("Arno Weber"), "it names the other: {obstacle}");
    eventually("the owner is told", || async { told(&ground).await.len() > before.len() }).await;

    // Asking for a code is answered as always, and none is sent: the next mail to her is the one of the next sign-in.
    let codes = ground.host.mail.mails_to(ANN).len();
    ground.host.stranger().post("/api/sign-in/portal", json!({ "email": ANN })).await.expect(202);
    let looked_at = || async { ground.host.own(|tx, _| Ok(sign_ins::asked(tx, 1)?.is_empty())) };
    eventually("the request is looked at", looked_at).await;

    // He gets an address of his own: she signs in again, with all she had.
    let own = json!({ "email": "arno@customer.test" });
    ground.staff.patch(&format!("/api/contacts/{brother}"), own).await.expect(200);
    assert_eq!(obstacles(&ground, &ground.ann).await, Vec::<String>::new());
    let again = ground.host.customer(ANN).await;
    assert_eq!(items(&again.get("/api/portal/matters").await.expect(200)).len(), 1);
    let mails = ground.host.mail.mails_to(ANN);
    let sent = mails[codes..].iter().filter(|mail| client_connect_tests::host::code_in(&mail.text).is_some()).count();
    assert_eq!(sent, 1, "only the address that was hers alone got a code");
    prove(&ground.host);
}
