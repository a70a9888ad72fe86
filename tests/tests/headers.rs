//! Every answer carries the same security headers, whichever route gave it, to whomever, with whichever status.
//!
//! The routes are not listed here but read, so that none can be forgotten; one that this test cannot ask for fails it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

use std::collections::{BTreeMap, BTreeSet};

use client_connect_tests::{
    ground::{ANN, BEN, Ground, OWNER},
    host::{Setup, TestHost},
    person::{Answer, Person, items, text},
    routes::{assets, filled, routes},
};
use reqwest::Method;
use serde_json::json;

/// On every answer, with exactly this value.
const ALWAYS: [(&str, &str); 6] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
         identity-credentials-get=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), \
         screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];
/// The policy of pages and of the API.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
/// The policy of bytes that somebody else made.
const SANDBOX: &str = "sandbox; default-src 'none'";
/// What belongs to the one answer. Anything else, the name of a server or a door for other origins, is a leak.
const OF_THE_ANSWER: &[&str] = &[
    "accept-ranges",
    "allow",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "location",
    "retry-after",
    "set-cookie",
    "transfer-encoding",
    "tus-checksum-algorithm",
    "tus-extension",
    "tus-max-size",
    "tus-resumable",
    "tus-version",
    "upload-expires",
    "upload-length",
    "upload-limit",
    "upload-metadata",
    "upload-offset",
    "vary",
    "x-request-id",
];
const TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=63072000; includeSubDomains");

/// Checks one answer.
#[track_caller]
fn check(answer: &Answer, https: bool) {
    let asked = format!("{} → {}", answer.asked, answer.status);
    let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    for (name, value) in ALWAYS {
        assert_eq!(header(name).as_deref(), Some(value), "{asked}: {name}");
    }
    assert_eq!(header(TRANSPORT.0).as_deref(), https.then_some(TRANSPORT.1), "{asked}");
    let policy = header("content-security-policy").unwrap_or_default();
    assert!(policy == POLICY || policy == SANDBOX, "{asked}: {policy}");
    let is_asset = answer.asked.contains("/assets/") && answer.status.is_success();
    let kept = if is_asset { "public, max-age=31536000, immutable" } else { "private, no-store" };
    assert_eq!(header("cache-control").as_deref(), Some(kept), "{asked}");
    let id = header("x-request-id").unwrap_or_default();
    assert!(id.len() == 32, "{asked}: the request's id: {id:?}");
    for name in answer.headers.keys() {
        let name = name.as_str();
        let known =
            ALWAYS.iter().any(|(always, _)| *always == name) || OF_THE_ANSWER.contains(&name) || name == TRANSPORT.0;
        assert!(known, "{asked}: a header that nobody meant: {name}");
        let times = answer.headers.get_all(name).iter().count();
        assert!(times == 1 || name == "set-cookie", "{asked}: {name} {times} times");
    }
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{asked}: {cookie}");
        }
        assert_eq!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), https, "{asked}: {cookie}");
        assert!(!cookie.contains("Domain"), "{asked}: {cookie}");
    }
}

async fn walk(
    person: &Person,
    routes: &BTreeSet<String>,
    values: &BTreeMap<&str, String>,
    seen: &mut Seen,
    methods: &[&str],
    https: bool,
) {
    for route in routes {
        let path = filled(route, values);
        for method in methods {
            let mut request = person.request(method.parse().unwrap(), &path);
            if ["POST", "PUT", "PATCH"].contains(method) {
                request = request.json(&json!({}));
            }
            let answer = person.send(request).await;
            check(&answer, https);
            seen.statuses.insert(answer.status.as_u16());
            if answer.status != 404 {
                seen.answered.insert(route.clone());
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    statuses: BTreeSet<u16>,
    answered: BTreeSet<String>,
}

const READS: [&str; 2] = ["GET", "HEAD"];
const WRITES: [&str; 6] = ["OPTIONS", "TRACE", "PATCH", "PUT", "POST", "DELETE"];

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_every_route_carries_the_security_headers() {
    let ground = Ground::lay_on(Setup { upload_limit: 50_000, ..Setup::default() }).await;
    let Ground { host, staff, matter, ann, documents, .. } = &ground;
    let access = json!([{ "contact": ann, "portal": true, "can_download": true }]);
    staff.put(&ground.section("access"), json!({ "revision": 0, "changes": access })).await.expect(200);
    let pairs = json!([{ "contact": ann, "document": documents[0] }]);
    let save = json!({ "revision": ground.revision("sharing").await, "share": pairs, "unshare": [] });
    staff.put(&ground.section("sharing"), save).await.expect(200);
    let customer = host.customer(ANN).await;
    let sent = customer.upload(&ground.portal("/documents?name=own.pdf"), "%PDF-1.7").await.expect(201);
    let letters = staff.get(&ground.section("letters")).await.expect(200);
    let begin = customer
        .request(Method::POST, &ground.portal("/uploads"))
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "5")
        .header("upload-metadata", "filename YQ==");
    let begun = customer.send(begin).await;
    check(&begun, false);
    let upload = text(&begun.expect(201), "upload");
    let underway = ground.portal(&format!("/uploads/{upload}"));
    let state = customer.send(customer.request(Method::HEAD, &underway).header("tus-resumable", "1.0.0")).await;
    check(&state, false);
    assert_eq!((state.status.as_u16(), state.headers["upload-length"].as_bytes()), (200, &b"5"[..]));
    let values = BTreeMap::from([
        ("matter", matter.clone()),
        ("upload", upload.clone()),
        ("contact", ann.clone()),
        ("document", documents[0].clone()),
        ("version", "1".to_owned()),
        ("page", "1".to_owned()),
        ("provider", "idp".to_owned()),
        ("session", "1".to_owned()),
        ("letter", items(&letters).first().map_or_else(|| "1".to_owned(), |letter| text(letter, "letter"))),
        ("user", ground.owner.clone()),
        ("n", "1".to_owned()),
        ("at", sent["at"].to_string()),
        ("name", "base.css".to_owned()),
    ]);
    let stranger = host.stranger();
    let assets = assets(&stranger).await;
    let values_of = |route: &str| {
        let mut values = values.clone();
        if route.starts_with("/assets/") {
            values.insert("version", assets.clone());
        }
        values
    };
    let routes = routes();
    let mut seen = Seen::default();

    // What reads, for everybody; then what writes, with nothing in it. What ends a session comes last.
    let (leaving, staying): (BTreeSet<String>, BTreeSet<String>) =
        routes.iter().cloned().partition(|route| route.contains("sign-out"));
    for (methods, group) in [(&READS[..], &staying), (&WRITES[..], &staying), (&WRITES[..], &leaving)] {
        for person in [&stranger, &customer, staff] {
            for route in group {
                walk(person, &BTreeSet::from([route.clone()]), &values_of(route), &mut seen, methods, false).await;
            }
        }
    }
    // The mailbox is the demo's alone.
    let demo = TestHost::start_with(Setup { mailbox: true, ..Setup::default() }).await;
    demo.hire("firm", "Olivia Hall", OWNER, true);
    let visitor = demo.stranger();
    visitor.post("/api/sign-in/portal", json!({ "email": "nobody@customer.test" })).await.expect(202);
    let mailbox: BTreeSet<String> =
        routes.iter().filter(|route| route.starts_with("/mailbox") || route.ends_with(".css")).cloned().collect();
    walk(&visitor, &mailbox, &values, &mut seen, &[&READS[..], &WRITES[..]].concat(), false).await;
    let silent: Vec<&String> = routes.difference(&seen.answered).filter(|route| *route != "/mailbox/{n}").collect();
    assert!(silent.is_empty(), "these said 404 to everybody, so nothing is known of them: {silent:?}");

    // What no walk meets.
    let staff = host.staff(OWNER).await;
    let content = format!("/api/matters/{matter}/documents/{}/content", documents[1]);
    let upload = format!("/api/matters/{matter}/documents?name=big");
    let special = [
        (206, staff.request(Method::GET, &content).header("range", "bytes=1-3")),
        (416, staff.request(Method::GET, &content).header("range", "bytes=999999-")),
        (403, staff.request(Method::POST, "/api/notices/read").header("sec-fetch-site", "cross-site").json(&json!({}))),
        (
            413,
            staff
                .request(Method::POST, &upload)
                .header("content-type", "application/octet-stream")
                .body(vec![0; 50_001]),
        ),
        (413, staff.request(Method::POST, "/api/contacts").json(&json!({ "name": "x".repeat(1 << 20) }))),
        (415, staff.request(Method::POST, "/api/contacts").header("content-type", "text/plain").body("name")),
        (400, staff.request(Method::POST, "/api/contacts").header("content-type", "application/json").body("{")),
        (404, staff.request(Method::GET, "/no/such/page")),
        (404, staff.request(Method::GET, "/api/no/such/thing")),
        (404, staff.request(Method::GET, "/assets/0000000000000000/base.css")),
        (409, staff.request(Method::PUT, &ground.section("access")).json(&json!({ "revision": 99, "changes": [] }))),
    ];
    for (status, request) in special {
        let answer = staff.send(request).await;
        check(&answer, false);
        assert_eq!(answer.status, status, "{}: {}", answer.asked, String::from_utf8_lossy(&answer.bytes));
        seen.statuses.insert(status);
    }
    let etag = staff.get(&content).await.headers["etag"].clone();
    let same = staff.send(staff.request(Method::GET, &content).header("if-none-match", etag)).await;
    check(&same, false);
    assert_eq!(same.status, 304);
    // Until the address is blocked.
    let blocked = loop {
        let answer = stranger.post("/api/sign-in/staff", json!({ "email": BEN, "password": "wrong" })).await;
        check(&answer, false);
        if answer.status == 429 {
            break answer;
        }
    };
    assert!(blocked.headers.contains_key("retry-after"));
    for status in [200, 204, 303, 401, 403, 404, 405, 422] {
        assert!(seen.statuses.contains(&status), "no answer had the status {status}: {:?}", seen.statuses);
    }

    // The same over https, where browsers are told to stay with it, and cookies are bound to the host.
    let https = TestHost::start_with(Setup { public_url: "https://portal.firm.test".into(), ..Setup::default() }).await;
    https.hire("firm", "Olivia Hall", OWNER, true);
    let visitor = https.stranger();
    for route in &routes {
        walk(&visitor, &BTreeSet::from([route.clone()]), &values_of(route), &mut seen, &["GET", "DELETE"], true).await;
    }
    let entered = visitor
        .post("/api/sign-in/staff", json!({ "email": OWNER, "password": client_connect_tests::host::PASSWORD }))
        .await;
    check(&entered, true);
    entered.expect(200);
}
