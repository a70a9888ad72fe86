//! What holds for every route: who may ask, what errors look like, which headers stand on every answer, and that the
//! description is whole.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::{Value, json};

use super::{OWNER, World};

fn operations() -> Vec<(Method, String, Value)> {
    let document: Value = serde_json::from_str(&super::super::openapi().to_json().unwrap()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse() else { continue };
            all.push((method, path.replace(['{', '}'], ""), operation.clone()));
        }
    }
    all
}

#[tokio::test]
async fn every_route_but_sign_in_wants_a_session() {
    let world = World::new();
    for (method, path, operation) in operations() {
        let request = || Request::builder().method(method.clone()).uri(&path);
        if operation.get("security").is_none() {
            assert!(path.contains("/sign-"), "{method} {path} is open to all");
            continue;
        }
        for cookie in ["", "cc_staff=00", "cc_staff=zz; cc_portal=zz"] {
            let request = request().header(header::COOKIE, cookie).header(header::CONTENT_TYPE, "application/json");
            let answer = world.send(request.body(Body::from("{}")).unwrap()).await;
            if path.ends_with("sign-out") {
                continue;
            }
            if method == Method::HEAD {
                // Which has no body, whatever is answered.
                assert_eq!(answer.status.as_u16(), 401, "{path}");
                continue;
            }
            assert_eq!(answer.problem(401), "sign-in-needed", "{method} {path}");
        }
    }
}

#[test]
fn every_operation_is_described_once() {
    let all = operations();
    let mut ids: Vec<_> = all.iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "two operations with one id");
    assert!(count > 40, "{count}");
    for (method, path, operation) in &all {
        assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        assert!(operation["responses"]["default"].is_object(), "{method} {path} answers no problem");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let text = super::super::openapi().to_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_description_is_served_and_always_the_same() {
    let world = World::new();
    let served = world.send(Request::get("/api/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(served.body, super::super::openapi().to_json().unwrap());
    assert_eq!(served.ok()["openapi"], "3.1.0");
}

/// Whoever changes the API writes it anew, by running this test with `OPENAPI=write`.
#[test]
fn the_description_in_the_repository_is_current() {
    if std::env::var_os("OPENAPI").is_some_and(|what| what == "write") {
        let text = super::super::openapi().to_pretty_json().unwrap() + "\n";
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), text).unwrap();
        return;
    }
    let kept: Value = serde_json::from_str(include_str!("../../../openapi.json")).unwrap();
    let now: Value = serde_json::from_str(&super::super::openapi().to_json().unwrap()).unwrap();
    for (path, item) in now["paths"].as_object().unwrap() {
        assert_eq!(kept["paths"][path], *item, "{path}");
    }
    assert_eq!(kept, now);
}

#[tokio::test]
async fn the_headers_stand_on_every_answer() {
    let world = World::new();
    let forged = World::request(OWNER, Method::POST, "/api/matters").header("sec-fetch-site", "cross-site");
    let answers = [
        world.get(OWNER, "/api/matters").await,
        world.get(OWNER, "/api/matters/none").await,
        world.get(OWNER, "/nowhere").await,
        world.write(OWNER, Method::PUT, "/api/matters", json!({})).await,
        world.send(forged.body(Body::empty()).unwrap()).await,
    ];
    for answer in &answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "private, no-store"),
        ] {
            assert_eq!(answer.headers[name], value, "{answer:?}");
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        assert!(answer.headers.contains_key("permissions-policy") && answer.headers.contains_key("x-request-id"));
        assert!(!answer.headers.contains_key("server") && !answer.headers.contains_key("access-control-allow-origin"));
    }
    assert_eq!(answers[2].problem(404), "not-found");
    assert_eq!(answers[3].problem(405), "method-not-allowed");
    assert!(answers[3].headers.contains_key(header::ALLOW));
    assert_eq!(answers[4].problem(403), "cross-site");
}

#[tokio::test]
async fn what_cannot_be_read_is_a_clear_4xx() {
    let world = World::new();
    let post = |kind: &'static str, body: Vec<u8>| {
        let request = World::request(OWNER, Method::POST, "/api/matters").header(header::CONTENT_TYPE, kind);
        world.send(request.body(Body::from(body)).unwrap())
    };
    post("application/json", b"{".to_vec()).await.problem(400);
    post("application/json", vec![b' '; (1 << 20) + 1]).await.problem(413);
    post("application/json", vec![b'['; 100_000]).await.problem(422);
    post("text/plain", b"{}".to_vec()).await.problem(415);
    for body in [
        json!({}),
        json!({ "name": 7 }),
        json!({ "name": "" }),
        json!({ "name": "a\u{0}b" }),
        json!({ "name": "a\r\nb" }),
        json!({ "name": "x".repeat(501) }),
        json!({ "name": "a", "firm": "f2" }),
        json!({ "name": "a", "owner": "none" }),
        Value::Null,
    ] {
        post("application/json", body.to_string().into_bytes()).await.problem(422);
    }
    for query in ["?limit=x", "?limit=-1", "?state=none", "?other=1", "?after=%00"] {
        world.get(OWNER, &format!("/api/matters{query}")).await.problem(422);
    }
    for id in ["%00", "%FF", "..%2Fm1", "m1%00", "%F0%9F%92%A9", &"x".repeat(5_000)] {
        assert_eq!(world.get(OWNER, &format!("/api/matters/{id}")).await.problem(404), "not-found", "{id}");
    }
    let save = json!({ "revision": 4_294_967_296_u64, "changes": [] });
    world.write(OWNER, Method::PUT, "/api/matters/m1/client-connect/access", save).await.problem(422);
    // What needs no body takes an empty object for none.
    world.write(OWNER, Method::DELETE, "/api/matters/m1", json!({ "purge": true })).await.problem(422);
    world.write(OWNER, Method::DELETE, "/api/matters/m1", json!({})).await.ok();
}

#[tokio::test]
async fn the_requests_id_is_a_proxys_if_it_is_plain() {
    let world = World::new();
    let ask = async |id: &str| {
        let request = World::request(OWNER, Method::GET, "/api/me").header("x-request-id", id);
        world.send(request.body(Body::empty()).unwrap()).await.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(ask("a-b.1").await, "a-b.1");
    assert_eq!(ask("a b").await.len(), 32);
}
