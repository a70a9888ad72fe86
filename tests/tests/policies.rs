//! Every route of the host's table of policies, asked by those whom its policy does not let in: with no session, with
//! half of one, with that of the other side, by users without the right, and with the ids of another firm's matter. "Not
//! there" and "not yours" must be the same answer, to the byte.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

use std::collections::BTreeMap;

use client_connect::{
    store::factors,
    web::policy::{Policy, TABLE},
};
use client_connect_tests::{
    ground::{ANN, Ground},
    host::{PASSWORD, TestHost},
    person::{Answer, Person, text},
    routes::filled,
};
use reqwest::Method;
use serde_json::{Value, json};

const NEVER: &str = "0123456789abcdef0123456789abcdef";

/// Each route with each of its methods.
fn operations() -> impl Iterator<Item = (&'static str, Method, Policy)> {
    let rows =
        TABLE.iter().flat_map(|(path, methods)| methods.iter().map(move |(method, policy)| (path, method, policy)));
    rows.map(|(path, method, policy)| (*path, method.clone(), *policy))
}

fn is_staffs(policy: Policy) -> bool {
    !matches!(policy, Policy::Anybody | Policy::Demo | Policy::Customer)
}

/// A body that gets past the parser, so that what answers is the check of the asker.
fn body(path: &str) -> Option<Value> {
    Some(match path.rsplit('/').next().unwrap_or_default() {
        "access" => json!({ "revision": 0, "changes": [] }),
        "sharing" => json!({ "revision": 0, "share": [], "unshare": [] }),
        "share" | "unshare" => json!({ "revision": 0, "contacts": [], "documents": [] }),
        "notifications" => json!({ "revision": 0, "watchers": [] }),
        "restore" | "purge" | "delete" if path.contains("/bin/") || path.ends_with("documents/delete") => {
            json!({ "documents": [NEVER] })
        }
        "restore" | "resend" => return None,
        "second-factor" => json!({ "password": "a password" }),
        "password" => json!({ "password": "a password", "new_password": "another password" }),
        "code" | "confirm" | "end" | "recovery-codes" => json!({ "code": "000000" }),
        "move" => json!({ "matter": "fedcba9876543210fedcba9876543210" }),
        "{user}" => json!({ "can_edit": true, "can_share": true }),
        _ => json!({}),
    })
}

async fn ask(person: &Person, method: &Method, template: &str, path: &str) -> Answer {
    let mut request = person.request(method.clone(), path);
    if template.contains("/uploads") {
        request = request.header("tus-resumable", "1.0.0").header("upload-length", "5").header("upload-offset", "0");
        request = request.header("upload-metadata", "filename YS50eHQ=");
    }
    let writes = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    if *method == Method::PATCH && template.ends_with("{upload}") {
        request = request.header("content-type", "application/offset+octet-stream").body("bytes");
    } else if writes && template.ends_with("/upload") {
        request = request.header("content-type", "multipart/form-data; boundary=X").body("--X--\r\n");
    } else if writes && (template.ends_with("/content") || template.ends_with("}/documents")) {
        if *method == Method::POST {
            request = request.query(&[("name", "a.txt")]);
        }
        request = request.header("content-type", "application/octet-stream").body("bytes");
    } else if writes && (template.starts_with("/account") || template.starts_with("/sign-in")) {
        let form = "application/x-www-form-urlencoded";
        request =
            request.header("content-type", form).body("code=000000&password=a+password&new_password=another+password");
    } else if writes
        && !template.ends_with("/uploads")
        && let Some(body) = body(template)
    {
        request = request.json(&body);
    }
    person.send(request).await
}

/// What goes into paths: nothing that ever was.
fn never() -> BTreeMap<&'static str, String> {
    let ids = ["matter", "contact", "document", "user", "upload", "letter", "provider", "session"]
        .map(|name| (name, NEVER.to_owned()));
    ids.into_iter().chain(["version", "page", "at"].map(|name| (name, "1".to_owned()))).collect()
}

/// What of an answer tells anything.
fn told(answer: &Answer) -> (u16, Vec<u8>, Option<Vec<u8>>) {
    let place = answer.headers.get("location").map(|place| place.as_bytes().to_vec());
    (answer.status.as_u16(), answer.bytes.clone(), place)
}

/// Two halves of sessions of staff: a code is due, and a second factor is to be set up. Each has a firm of its own.
async fn halves(host: &TestHost) -> (Person, Person) {
    let mut people = Vec::new();
    for (firm, due) in [("half", "code"), ("bare", "second-factor")] {
        host.found_firm(firm, "Half & Half", 0);
        let email = format!("hetty@{firm}.test");
        let user = host.hire(firm, "Hetty Half", &email, true);
        host.own(move |tx, now| {
            if due == "code" {
                factors::begin(tx, &user, b"sealed")?;
                factors::confirm(tx, &user, 1, now)?;
            } else {
                factors::require(tx, firm, true)?;
            }
            Ok(())
        });
        let person = host.stranger();
        let entered = person.post("/api/sign-in/staff", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(entered.expect(202), json!({ "due": due }));
        people.push(person);
    }
    let last = people.remove(1);
    (people.remove(0), last)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_whole_session_of_the_right_side_every_route_is_a_sign_in_that_is_needed() {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, true)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    let (ann, stranger, half) = (ground.host.customer(ANN).await, ground.host.stranger(), ground.host.stranger());
    half.post("/api/sign-in/portal", json!({ "email": ANN })).await.expect(202);
    let (code_due, factor_due) = halves(&ground.host).await;
    let mut there = never();
    there.extend([
        ("matter", ground.matter.clone()),
        ("contact", ground.ann.clone()),
        ("document", ground.documents[0].clone()),
        ("user", ground.owner.clone()),
    ]);
    let mut tried = 0;
    for (template, method, policy) in operations() {
        if matches!(policy, Policy::Anybody | Policy::Demo) {
            continue;
        }
        let path = filled(template, &there);
        let line = format!("{method} {path}");
        let answer = ask(&stranger, &method, template, &path).await;
        if template.starts_with("/api/") {
            assert_eq!(answer.status.as_u16(), 401, "{line}");
            if method != Method::HEAD {
                assert_eq!(answer.problem(401), "sign-in-needed", "{line}");
            }
        } else {
            let door = if is_staffs(policy) { "/sign-in" } else { "/portal" };
            assert_eq!(answer.status.as_u16(), 303, "{line}");
            assert!(answer.headers["location"].to_str().unwrap().starts_with(door), "{line}");
        }
        let other_side = if is_staffs(policy) { &ann } else { &ground.staff };
        for person in [&half, other_side] {
            assert_eq!(told(&ask(person, &method, template, &path).await), told(&answer), "{line}");
        }
        for (person, may) in [(&code_due, Policy::Half), (&factor_due, Policy::Own)] {
            let same = told(&ask(person, &method, template, &path).await) == told(&answer);
            assert_eq!(same, policy != may, "{line}, by half of a session of staff, which may {may:?}");
        }
        tried += 1;
    }
    assert!(tried > 90, "{tried} routes");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh29_no_route_tells_anothers_ids_from_ids_that_never_were() {
    let ground = Ground::lay().await;
    let host = &ground.host;
    host.found_firm("other", "Other & Co", 0);
    host.hire("other", "Otto Other", "otto@other.test", true);
    host.hire("firm", "Stella Stranger", "stella@firm.test", true);
    let (otto, stella) = (host.staff("otto@other.test").await, host.staff("stella@firm.test").await);
    // A customer of the other firm, and one of this firm in a matter of another colleague.
    let mut customers = Vec::new();
    for (staff, email) in [(&otto, "carl@customer.test"), (&stella, "dora@customer.test")] {
        let matter = text(&staff.post("/api/matters", json!({ "name": "Theirs" })).await.expect(201), "id");
        let contact = staff.post("/api/contacts", json!({ "name": "Carl", "email": email })).await.expect(201);
        let contact = text(&contact, "id");
        staff.put(&format!("/api/matters/{matter}/contacts/{contact}"), json!({})).await.expect(204);
        let access = format!("/api/matters/{matter}/client-connect/access");
        let changes = json!([{ "contact": contact, "portal": true, "can_download": true }]);
        staff.put(&access, json!({ "revision": 0, "changes": changes })).await.expect(200);
        customers.push(host.customer(email).await);
    }
    ground.admit(&[(&ground.ann, true)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    let ann = host.customer(ANN).await;
    let begun = ann.request(Method::POST, &ground.portal("/uploads"));
    let begun = begun.header("tus-resumable", "1.0.0").header("upload-length", "5");
    let begun = ann.send(begun.header("upload-metadata", "filename YS50eHQ=")).await.expect(201);

    let mut theirs = never();
    theirs.extend([
        ("matter", ground.matter.clone()),
        ("contact", ground.ann.clone()),
        ("document", ground.documents[0].clone()),
        ("user", ground.owner.clone()),
        ("upload", text(&begun, "upload")),
    ]);
    let mut tried = 0;
    for (template, method, policy) in operations() {
        // The contacts and the colleagues are the firm's: to its own people they are no secret.
        let of_the_firm =
            !template.contains("{matter}") && (template.contains("/contacts/{") || template.contains("/users/{"));
        let people = match policy {
            Policy::Anybody | Policy::Demo => continue,
            _ if !template.contains('{') => continue,
            Policy::Customer => customers.iter().collect(),
            _ if of_the_firm => vec![&otto],
            _ => vec![&otto, &stella],
        };
        for person in people {
            let line = format!("{method} {template}");
            let foreign = ask(person, &method, template, &filled(template, &theirs)).await;
            let unknown = ask(person, &method, template, &filled(template, &never())).await;
            // What this host can do with uploads, whosever they are.
            let due = if method == Method::OPTIONS { 204 } else { 404 };
            assert_eq!(foreign.status.as_u16(), due, "{line}: {}", String::from_utf8_lossy(&foreign.bytes));
            assert_eq!(told(&foreign), told(&unknown), "{line}");
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried} routes with ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_look_is_refused_every_deed_that_takes_more() {
    let ground = Ground::lay().await;
    let looker = ground.host.hire("firm", "Leo Looker", "leo@firm.test", false);
    let member = format!("/api/matters/{}/members/{looker}", ground.matter);
    ground.staff.put(&member, json!({ "can_edit": false, "can_share": false })).await.expect(200);
    let leo = ground.host.staff("leo@firm.test").await;
    let mut here = never();
    here.extend([
        ("matter", ground.matter.clone()),
        ("contact", ground.ben.clone()),
        ("document", ground.documents[0].clone()),
        ("user", ground.owner.clone()),
    ]);
    let before = ground.host.dump();
    let mut tried = 0;
    for (template, method, policy) in operations() {
        if matches!(policy, Policy::Admin | Policy::Editor | Policy::Sharer | Policy::Owner) {
            let answer = ask(&leo, &method, template, &filled(template, &here)).await;
            assert_eq!(answer.status.as_u16(), 403, "{method} {template}: {}", String::from_utf8_lossy(&answer.bytes));
            tried += 1;
        }
    }
    assert!(tried >= 25, "{tried} routes");
    assert_eq!(ground.host.dump(), before, "and nothing was done");
    // Who may only look does look.
    leo.get(&format!("/api/matters/{}/documents", ground.matter)).await.expect(200);
}
