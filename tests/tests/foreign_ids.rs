//! Whose the ids in a request are: every route of the described API is tried with none signed in, and with the ids
//! of another firm's matter. "Not there" and "not yours" must be the same answer, to the byte.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

use client_connect_tests::{
    ground::{ANN, Ground},
    host::TestHost,
    person::{Answer, Person, text},
};
use reqwest::Method;
use serde_json::{Value, json};

/// What may be asked without a session. A new route is not public by itself.
const PUBLIC: [&str; 7] = [
    "POST /api/sign-in/portal",
    "POST /api/sign-in/portal/code",
    "POST /api/sign-in/staff",
    "POST /api/sign-out",
    "POST /api/portal/sign-out",
    "GET /api/openapi.json",
    // What this host can do with uploads, whosever they are.
    "OPTIONS /api/portal/matters/{matter}/uploads",
];

/// An operation of the description.
struct Operation {
    method: Method,
    template: String,
    /// Whether it takes a body.
    body: bool,
}

async fn operations(host: &TestHost) -> Vec<Operation> {
    let described = host.stranger().get("/api/openapi.json").await.expect(200);
    let mut operations = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
            let body = operation.get("requestBody").is_some();
            operations.push(Operation { method: method.to_uppercase().parse().unwrap(), template: path.clone(), body });
        }
    }
    assert!(operations.len() > 60, "the description holds the API: {}", operations.len());
    operations
}

/// A body that gets past the parser, so that what answers is the check of the ids.
fn body(path: &str) -> Value {
    match path.rsplit('/').next().unwrap_or_default() {
        "access" => json!({ "revision": 0, "changes": [] }),
        "sharing" => json!({ "revision": 0, "share": [], "unshare": [] }),
        "share" | "unshare" => json!({ "revision": 0, "contacts": [], "documents": [] }),
        "notifications" => json!({ "revision": 0, "watchers": [] }),
        "restore" | "purge" | "delete" if path.contains("/bin/") || path.ends_with("documents/delete") => {
            json!({ "documents": ["00000000000000000000000000000000"] })
        }
        "move" => json!({ "matter": "00000000000000000000000000000000" }),
        "{user}" => json!({ "can_edit": true, "can_share": true }),
        _ => json!({}),
    }
}

async fn ask(person: &Person, operation: &Operation, path: &str) -> Answer {
    let Operation { method, template, body: takes_body } = operation;
    let mut request = person.request(method.clone(), path);
    let raw = template.ends_with("/content") || template.ends_with("}/documents");
    if template.contains("/uploads") {
        request = request.header("tus-resumable", "1.0.0").header("upload-length", "5").header("upload-offset", "0");
        request = request.header("upload-metadata", "filename YS50eHQ=");
    }
    if *method == Method::PATCH && template.ends_with("{upload}") {
        request = request.header("content-type", "application/offset+octet-stream").body("bytes");
    } else if *takes_body && raw {
        if *method == Method::POST {
            request = request.query(&[("name", "a.txt")]);
        }
        request = request.header("content-type", "application/octet-stream").body("bytes");
    } else if *takes_body {
        request = request.json(&body(template));
    }
    person.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sh29_no_route_tells_another_firms_ids_from_ids_that_never_were() {
    let ground = Ground::lay().await;
    let host = &ground.host;
    host.found_firm("other", "Other & Co", 0);
    host.hire("other", "Otto Other", "otto@other.test", true);
    let otto = host.staff("otto@other.test").await;
    let matter = text(&otto.post("/api/matters", json!({ "name": "Theirs" })).await.expect(201), "id");
    let contact =
        otto.post("/api/contacts", json!({ "name": "Carl", "email": "carl@customer.test" })).await.expect(201);
    let contact = text(&contact, "id");
    otto.put(&format!("/api/matters/{matter}/contacts/{contact}"), json!({})).await.expect(204);
    let access = format!("/api/matters/{matter}/client-connect/access");
    let changes = json!([{ "contact": contact, "portal": true, "can_download": true }]);
    otto.put(&access, json!({ "revision": 0, "changes": changes })).await.expect(200);
    let carl = host.customer("carl@customer.test").await;

    let changes = json!([{ "contact": ground.ann, "portal": true, "can_download": true }]);
    ground.staff.put(&ground.section("access"), json!({ "revision": 0, "changes": changes })).await.expect(200);
    let ann = host.customer(ANN).await;
    let begun = ann.request(Method::POST, &ground.portal("/uploads"));
    let begun = begun.header("tus-resumable", "1.0.0").header("upload-length", "5");
    let begun = ann.send(begun.header("upload-metadata", "filename YS50eHQ=")).await.expect(201);
    let upload = text(&begun, "upload");

    let theirs = [
        ("{matter}", ground.matter.as_str()),
        ("{contact}", &ground.ann),
        ("{document}", &ground.documents[0]),
        ("{version}", "1"),
        ("{user}", &ground.owner),
        ("{upload}", &upload),
    ];
    let never =
        theirs.map(|(name, _)| (name, if name == "{version}" { "1" } else { "0123456789abcdef0123456789abcdef" }));
    let fill = |template: &str, ids: &[(&str, &str)]| {
        ids.iter().fold(template.to_owned(), |path, (name, id)| path.replace(name, id))
    };
    let mut tried = 0;
    for operation in operations(host).await {
        let Operation { method, template, .. } = &operation;
        let line = format!("{method} {template}");
        if !template.contains('{') || template.starts_with("/api/sign-") {
            continue;
        }
        let person = if template.starts_with("/api/portal") { &carl } else { &otto };
        let foreign = ask(person, &operation, &fill(template, &theirs)).await;
        let unknown = ask(person, &operation, &fill(template, &never)).await;
        let due = if PUBLIC.contains(&line.as_str()) { 204 } else { 404 };
        assert_eq!(foreign.status.as_u16(), due, "{line}: {}", String::from_utf8_lossy(&foreign.bytes));
        assert_eq!((foreign.status, &foreign.bytes), (unknown.status, &unknown.bytes), "{line}");
        tried += 1;
    }
    assert!(tried > 45, "{tried} routes with ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_but_the_public_ones_wants_a_session() {
    let host = TestHost::start().await;
    let stranger = host.stranger();
    for operation in operations(&host).await {
        let Operation { method, template, .. } = &operation;
        let line = format!("{method} {template}");
        if PUBLIC.contains(&line.as_str()) {
            continue;
        }
        let mut path = template.clone();
        for name in ["{matter}", "{contact}", "{document}", "{user}", "{upload}"] {
            path = path.replace(name, "0123456789abcdef0123456789abcdef");
        }
        let answer = ask(&stranger, &operation, &path.replace("{version}", "1")).await;
        assert_eq!(answer.status.as_u16(), 401, "{line}: {}", String::from_utf8_lossy(&answer.bytes));
        if *method != Method::HEAD {
            assert_eq!(answer.problem(401), "sign-in-needed", "{line}");
        }
    }
}
