//! What comes in broken, too large or in bad faith: a clear answer in the 400s, and nothing kept of it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use client_connect_tests::{
    ground::{ANN, Ground},
    host::{Setup, prove},
    person::{Person, items, text},
};
use reqwest::Method;
use serde_json::{Value, json};

/// The firm's ground with a small limit for uploads, and Ann signed in with every right.
async fn ground_with_ann() -> (Ground, Person) {
    let ground = Ground::lay_on(Setup { upload_limit: 100_000, ..Setup::default() }).await;
    let changes = json!([{ "contact": ground.ann, "portal": true, "can_download": true }]);
    ground.staff.put(&ground.section("access"), json!({ "revision": 0, "changes": changes })).await.expect(200);
    let ann = ground.host.customer(ANN).await;
    (ground, ann)
}

/// How many documents there are, and how many bytes lie in their folder.
fn kept(ground: &Ground) -> (i64, usize) {
    let rows = ground
        .host
        .own(|tx, _| Ok(tx.conn().query_row("SELECT count(*) FROM documents", [], |row| row.get(0)).expect("a count")));
    let mut files = 0;
    let mut folders = vec![ground.host.folder().join("documents")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the documents' folder").flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files += 1 }
        }
    }
    (rows, files)
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_uploads_end_at_the_limit_and_leave_nothing_behind() {
    let (ground, ann) = ground_with_ann().await;
    let path = ground.portal("/documents?name=a.bin");
    let before = kept(&ground);
    assert_eq!(ann.upload(&path, vec![7; 100_001]).await.problem(413), "too-large");
    assert_eq!(kept(&ground), before);
    ann.upload(&path, vec![7; 100_000]).await.expect(201);
    assert_eq!(kept(&ground), (before.0 + 1, before.1 + 1));
    prove(&ground.host);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_connection_that_drops_in_an_upload_leaves_nothing() {
    let (ground, _) = ground_with_ann().await;
    let before = kept(&ground);
    let cookie = ground.host.session_cookie(ANN).await;
    let mut connection = TcpStream::connect(ground.host.base.trim_start_matches("http://")).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nContent-Type: application/octet-stream\r\nContent-Length: 50000\r\n\r\n",
        ground.portal("/documents?name=a.bin")
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&[7; 20_000]).unwrap();
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok();
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    for _ in 0..200 {
        if kept(&ground) == before {
            return prove(&ground.host);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?} was {before:?}", kept(&ground));
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_hostile_names_are_made_harmless() {
    let (ground, ann) = ground_with_ann().await;
    let long = "ü".repeat(300) + ".pdf";
    for (claimed, becomes) in [
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ("nul\0byte.txt", "nulbyte.txt"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("con.txt", "_con.txt"),
        ("...", "document"),
        ("📁 Übersicht.txt", "📁 Übersicht.txt"),
        (long.as_str(), ""),
    ] {
        let request = ann.request(Method::POST, &ground.portal("/documents")).query(&[("name", claimed)]);
        let sent = ann.send(request.header("content-type", "application/octet-stream").body("x")).await.expect(201);
        let name = text(&sent["documents"][0], "name");
        if !becomes.is_empty() {
            assert_eq!(name, becomes, "{claimed:?}");
        }
        assert!(name.len() <= 255, "{claimed:?}: {name}");
        let document = text(&sent["documents"][0], "document");
        let got = ann.get(&ground.portal(&format!("/documents/{document}/content"))).await;
        got.expect(200);
        assert!(got.headers.get("set-cookie").is_none(), "{claimed:?}");
        let disposition = got.headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment; filename="), "{disposition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_forms_and_bodies_are_refused_whole() {
    let (ground, ann) = ground_with_ann().await;
    let before = kept(&ground);
    let path = ground.portal("/documents");
    for (kind, body) in [
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nno end",
        ),
        ("multipart/form-data; boundary=x", "not a form at all"),
        ("multipart/form-data", "no boundary"),
        ("multipart/form-data; boundary=x", "--x--\r\n"),
    ] {
        let answer = ann.send(ann.request(Method::POST, &path).header("content-type", kind).body(body)).await;
        assert!(answer.status.is_client_error(), "{kind} {body:?}: {}", answer.status);
        answer.problem(answer.status.as_u16());
    }
    assert_eq!(kept(&ground), before);
    prove(&ground.host);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_the_wrong_shape_or_size_is_refused_by_name() {
    let (ground, _) = ground_with_ann().await;
    let staff = &ground.staff;
    let path = ground.section("sharing");
    let huge = json!({ "revision": 0, "share": [], "unshare": [], "x": "y".repeat(10 << 20) });
    assert_eq!(staff.put(&path, huge).await.problem(413), "too-large");
    for body in [
        json!(null),
        json!([]),
        json!({ "revision": "0", "share": [], "unshare": [] }),
        json!({ "revision": -1, "share": [], "unshare": [] }),
        json!({ "revision": 0, "share": "all", "unshare": [] }),
        json!({ "revision": 0, "share": [{ "document": 1, "contact": 2 }], "unshare": [] }),
        json!({ "revision": 0, "share": [], "unshare": [], "sahre": [] }),
    ] {
        let answer = staff.put(&path, body.clone()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{body}: {}", answer.status);
        answer.problem(answer.status.as_u16());
    }
    for raw in ["{", "\u{0}", "{\"revision\":0,", "[[[["] {
        let request = staff.request(Method::PUT, &path).header("content-type", "application/json").body(raw);
        let answer = staff.send(request).await;
        assert!(answer.status.is_client_error(), "{raw:?}: {}", answer.status);
    }
    let plain = staff.request(Method::PUT, &path).header("content-type", "text/plain").body("{}");
    staff.send(plain).await.problem(415);
    assert_eq!(ground.revision("sharing").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_foreign_ids_in_a_save_are_named_and_change_nothing() {
    let (ground, ann) = ground_with_ann().await;
    let staff = &ground.staff;
    let other = text(&staff.post("/api/matters", json!({ "name": "Another" })).await.expect(201), "id");
    let foreign = staff.upload(&format!("/api/matters/{other}/documents?name=b.txt"), "b").await.expect(201);
    let foreign = text(&foreign, "id");
    for document in [foreign.as_str(), "0123456789abcdef0123456789abcdef", "", "'; DROP TABLE shares; --", "\u{0}"] {
        let pair = |document: &str| json!({ "document": document, "contact": ground.ann });
        let share = [pair(&ground.documents[0]), pair(document)];
        let body = json!({ "revision": 0, "share": share, "unshare": [] });
        let answer = staff.put(&ground.section("sharing"), body).await;
        let problem = answer.expect(422);
        assert!(problem["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{problem}");
    }
    let list: Value = ann.get(&ground.portal("/documents")).await.expect(200);
    assert!(items(&list).is_empty(), "all of a Save or nothing: {list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh18_no_method_of_the_portal_changes_a_document_that_is_there() {
    let (ground, ann) = ground_with_ann().await;
    let sent = ann.upload(&ground.portal("/documents?name=mine.txt"), "mine").await.expect(201);
    let document = text(&sent["documents"][0], "document");
    for path in [format!("/documents/{document}"), format!("/documents/{document}/content")] {
        for method in ["PUT", "PATCH", "DELETE", "POST", "MOVE", "COPY", "PROPPATCH"] {
            let request = ann.request(method.parse().unwrap(), &ground.portal(&path)).body("changed");
            let answer = ann.send(request).await;
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.status);
        }
    }
    assert_eq!(ann.get(&ground.portal(&format!("/documents/{document}/content"))).await.bytes, b"mine");
}
