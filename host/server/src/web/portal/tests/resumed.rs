//! Uploads that come in pieces: what has come stays, what is another's is not there, and what is refused leaves nothing.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::house::*;
use crate::blobs;

const DAY: u64 = 24 * 60 * 60 * 1000;

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl House {
    async fn tus(&self, guest: &Guest, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &guest.cookie);
        request = request.header("tus-resumable", "1.0.0");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.send(request.body(body).unwrap()).await;
        assert_eq!(answer.headers["tus-resumable"], "1.0.0");
        answer
    }

    async fn begin(&self, guest: &Guest, name: &str, length: usize, headers: &[(&str, &str)]) -> Answer {
        let (length, metadata) =
            (length.to_string(), format!("filename {},filetype eA==", BASE64_STANDARD.encode(name)));
        let mut all = vec![("upload-length", length.as_str()), ("upload-metadata", metadata.as_str())];
        all.extend(headers);
        self.tus(guest, Method::POST, &self.path("/uploads"), &all, Body::empty()).await
    }

    /// Begins an upload, and answers its id.
    async fn begun(&self, guest: &Guest, name: &str, length: usize) -> String {
        let answer = self.begin(guest, name, length, &[]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
        let id = answer.json()["upload"].as_str().unwrap().to_owned();
        assert_eq!(answer.headers["location"].to_str().unwrap(), self.path(&format!("/uploads/{id}")));
        assert!(answer.headers.contains_key("upload-expires"));
        id
    }

    async fn piece_with(
        &self,
        guest: &Guest,
        upload: &str,
        offset: usize,
        body: impl Into<Body>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let offset = offset.to_string();
        let mut all = vec![("content-type", "application/offset+octet-stream"), ("upload-offset", offset.as_str())];
        all.extend(headers);
        self.tus(guest, Method::PATCH, &self.path(&format!("/uploads/{upload}")), &all, body.into()).await
    }

    async fn piece(&self, guest: &Guest, upload: &str, offset: usize, body: impl Into<Body>) -> Answer {
        self.piece_with(guest, upload, offset, body, &[]).await
    }

    async fn head(&self, guest: &Guest, upload: &str) -> Answer {
        self.tus(guest, Method::HEAD, &self.path(&format!("/uploads/{upload}")), &[], Body::empty()).await
    }

    /// How much has come.
    async fn offset(&self, guest: &Guest, upload: &str) -> usize {
        let answer = self.head(guest, upload).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.headers["upload-offset"].to_str().unwrap().parse().unwrap()
    }

    async fn finish_with(&self, guest: &Guest, uploads: &[&str], headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.path("/documents"))
            .header(header::COOKIE, &guest.cookie)
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(json!({ "uploads": uploads }).to_string())).unwrap()).await
    }

    async fn finish(&self, guest: &Guest, uploads: &[&str]) -> Answer {
        self.finish_with(guest, uploads, &[]).await
    }

    /// A whole upload, in pieces of this size.
    async fn sent(&self, guest: &Guest, name: &str, bytes: &[u8], size: usize) -> String {
        let id = self.begun(guest, name, bytes.len()).await;
        let mut offset = 0;
        for piece in bytes.chunks(size) {
            let answer = self.piece(guest, &id, offset, piece.to_vec()).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", String::from_utf8_lossy(&answer.body));
            offset += piece.len();
            assert_eq!(answer.headers["upload-offset"].to_str().unwrap(), offset.to_string());
        }
        id
    }

    /// Waits until so much has come.
    async fn received(&self, upload: &str, least: i64) {
        for _ in 0..3000 {
            if self.sql::<i64>(&format!("SELECT received FROM uploads WHERE id = '{upload}'")) >= least {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{least} bytes never came");
    }

    async fn content_of(&self, guest: &Guest, receipt: &Answer, at: usize) -> Vec<u8> {
        let json = receipt.json();
        self.get(guest, &self.content(json["documents"][at]["document"].as_str().unwrap())).await.body
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_what_came_in_pieces_is_the_same_file() {
    let house = House::new();
    for (size, piece) in
        [(1, 1), (300_000, 100_000), (1_000_000, 1_000_000), (usize::try_from(LIMIT).unwrap(), 1 << 20)]
    {
        let content = bytes(size);
        let id = house.sent(&house.ann, "a.bin", &content, piece).await;
        let receipt = house.finish(&house.ann, &[&id]).await;
        assert_eq!(receipt.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&receipt.body));
        assert_eq!(receipt.json()["documents"][0]["sha256"], sha256(&content));
        assert!(house.content_of(&house.ann, &receipt, 0).await == content);
    }
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM uploads"), 0);
    house.settled(4).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_store_over_the_network_takes_pieces_too() {
    let mut house = House::new();
    house.move_out();
    let content = bytes(700_000);
    let id = house.sent(&house.ann, "a.bin", &content, 123_456).await;
    house.verified();
    let receipt = house.finish(&house.ann, &[&id]).await;
    assert_eq!(receipt.json()["documents"][0]["sha256"], sha256(&content));
    house.settled(0).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_lost_connection_loses_nothing_that_has_come() {
    let house = House::new();
    let address = house.listen().await;
    let content = bytes(2_500_000);
    let id = house.begun(&house.ann, "a.bin", content.len()).await;
    let silent = house.begun(&house.ann, "b.bin", content.len()).await;
    let cut = async |id: &str, from: usize, to: usize| {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PATCH {} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {from}\r\n\
             Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
            house.path(&format!("/uploads/{id}")),
            house.ann.cookie,
            content.len() - from
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&content[from..to]).await.unwrap();
    };
    // Before the first byte: an upload of its own, as nothing tells when the host has seen that it is over.
    cut(&silent, 0, 0).await;
    // In the middle of a part, twice.
    let mut at = 0;
    for more in [1_000_003, 700_001] {
        cut(&id, at, at + more).await;
        house.received(&id, i64::try_from(at + more).unwrap()).await;
        at = house.offset(&house.ann, &id).await;
    }
    assert_eq!(house.offset(&house.ann, &silent).await, 0);
    assert_eq!(at, 1_700_004);
    house.verified();
    assert_eq!(house.piece(&house.ann, &id, at, content[at..].to_vec()).await.status, StatusCode::NO_CONTENT);
    let receipt = house.finish(&house.ann, &[&id]).await;
    assert_eq!(receipt.json()["documents"][0]["sha256"], sha256(&content));
    house.settled(1).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_an_upload_goes_on_after_the_host_was_restarted() {
    let mut house = House::new();
    let content = bytes(600_000);
    let id = house.begun(&house.ann, "a.bin", content.len()).await;
    house.piece(&house.ann, &id, 0, content[..400_001].to_vec()).await;
    house.restart();
    assert_eq!(house.offset(&house.ann, &id).await, 400_001);
    house.verified();
    house.piece(&house.ann, &id, 400_001, content[400_001..].to_vec()).await;
    house.restart();
    let receipt = house.finish(&house.ann, &[&id]).await;
    assert_eq!(receipt.json()["documents"][0]["sha256"], sha256(&content));
    house.restart();
    // The answer was lost, and the host has been restarted since.
    let again = house.finish(&house.ann, &[&id]).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &receipt.body));
    house.settled(1).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_host_that_ended_before_the_parts_were_joined_joins_them_at_the_end() {
    let house = House::new();
    let content = bytes(600_000);
    let id = house.begun(&house.ann, "a.bin", content.len()).await;
    house.piece(&house.ann, &id, 0, content[..599_999].to_vec()).await;
    // The last part, written as a request writes it, and then nothing more.
    let owner = house.app.clone();
    let loose = tokio::task::spawn_blocking(move || blobs::Loose::begin(&owner).unwrap()).await.unwrap();
    let mut writer = house.app.blobs.write(loose.id());
    writer.push(content[599_999..].to_vec().into()).await.unwrap();
    let part = crate::store::uploads::Piece { blob: loose.id().to_owned(), written: writer.finish().await.unwrap() };
    house.change(|tx| crate::store::uploads::append(tx, &id, 599_999, &part, NOW + DAY).unwrap());
    loose.keep();
    house.verified();
    assert_eq!(house.offset(&house.ann, &id).await, 600_000);
    let receipt = house.finish(&house.ann, &[&id]).await;
    assert_eq!(receipt.json()["documents"][0]["sha256"], sha256(&content));
    house.settled(1).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_an_offset_that_is_not_where_the_upload_is_changes_nothing() {
    let house = House::new();
    let content = bytes(1000);
    let id = house.begun(&house.ann, "a.bin", content.len()).await;
    house.piece(&house.ann, &id, 0, content[..400].to_vec()).await;
    for offset in [0, 399, 401, 1000, 5000] {
        let answer = house.piece(&house.ann, &id, offset, content[..100].to_vec()).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "offset-mismatch"), "{offset}");
    }
    for offset in ["", "-1", "+400", "4e2", "99999999999999999999"] {
        let path = house.path(&format!("/uploads/{id}"));
        let headers = [("content-type", "application/offset+octet-stream"), ("upload-offset", offset)];
        let answer = house.tus(&house.ann, Method::PATCH, &path, &headers, Body::from("x")).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad-offset"), "{offset}");
    }
    // More than was announced: said beforehand, and found out.
    let answer = house.piece_with(&house.ann, &id, 400, vec![1; 601], &[("content-length", "601")]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "longer-than-announced"));
    assert_eq!(house.offset(&house.ann, &id).await, 400);
    let chunks = futures_util::stream::iter([content[400..].to_vec(), vec![1]].map(Ok::<_, std::io::Error>));
    let answer = house.piece(&house.ann, &id, 400, Body::from_stream(chunks)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "longer-than-announced"));
    // What was announced has come by then.
    let receipt = house.finish(&house.ann, &[&id]).await;
    assert_eq!(receipt.json()["documents"][0]["sha256"], sha256(&content));
    house.settled(1).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_what_cannot_be_begun_is_refused_by_name() {
    let house = House::new();
    let limit = usize::try_from(LIMIT).unwrap();
    for (length, status, code) in [
        (limit + 1, StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        (0, StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (limit, StatusCode::CREATED, ""),
    ] {
        let answer = house.begin(&house.ann, "a.bin", length, &[]).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap_or_default()), (status, code), "{length}");
    }
    let path = house.path("/uploads");
    for (headers, status, code) in [
        (vec![("upload-metadata", "filename YQ==")], StatusCode::BAD_REQUEST, "bad-length"),
        (
            vec![("upload-defer-length", "1"), ("upload-metadata", "filename YQ==")],
            StatusCode::BAD_REQUEST,
            "bad-length",
        ),
        (vec![("upload-length", "5")], StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (vec![("upload-length", "5"), ("upload-metadata", "filename %%")], StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (vec![("upload-length", "5"), ("upload-metadata", "filename")], StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
    ] {
        let answer = house.tus(&house.ann, Method::POST, &path, &headers, Body::empty()).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{headers:?}");
    }
    let old = house.ask(&house.ann, Method::POST, &path, &[("upload-length", "5")]).await;
    assert_eq!((old.status, old.code().as_str()), (StatusCode::PRECONDITION_FAILED, "tus-version"));
    assert_eq!(old.headers["tus-version"], "1.0.0");
    let able = house.ask(&house.ann, Method::OPTIONS, &path, &[]).await;
    assert_eq!(able.status, StatusCode::NO_CONTENT);
    assert_eq!(able.headers["tus-max-size"], LIMIT.to_string().as_str());
    assert_eq!(able.headers["tus-extension"], "creation,expiration,termination,checksum");

    // A name that would do harm is made harmless, and comes back as it will be.
    let id = house.begun(&house.ann, "../\u{202e}fdp.exe", 5).await;
    let metadata = house.head(&house.ann, &id).await.headers["upload-metadata"].to_str().unwrap().to_owned();
    let name = BASE64_STANDARD.decode(metadata.strip_prefix("filename ").unwrap()).unwrap();
    assert!(!String::from_utf8(name).unwrap().contains(['/', '\u{202e}']));
    let answer = house
        .tus(
            &house.ann,
            Method::PATCH,
            &house.path(&format!("/uploads/{id}")),
            &[("content-type", "text/plain"), ("upload-offset", "0")],
            Body::from("x"),
        )
        .await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_so_much_unfinished_and_no_more() {
    let house = House::new();
    let limit = usize::try_from(LIMIT).unwrap();
    let mut begun = Vec::new();
    for _ in 0..10 {
        begun.push(house.begun(&house.ann, "a.bin", limit).await);
    }
    let answer = house.begin(&house.ann, "a.bin", 1, &[]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "too-much-unfinished"));
    house.begun(&house.ben, "b.bin", limit).await;
    let path = house.path(&format!("/uploads/{}", begun[0]));
    assert_eq!(house.tus(&house.ann, Method::DELETE, &path, &[], Body::empty()).await.status, StatusCode::NO_CONTENT);
    house.begun(&house.ann, "a.bin", limit).await;
    // The same under the same key begins once.
    let answer = house.begin(&house.ben, "c.bin", 5, &[("idempotency-key", "k")]).await;
    let again = house.begin(&house.ben, "c.bin", 5, &[("idempotency-key", "k")]).await;
    assert_eq!(answer.headers["location"], again.headers["location"]);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM uploads WHERE name = 'c.bin'"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_two_who_write_at_once_never_mix() {
    let house = House::new();
    let content = bytes(500_000);
    let id = house.begun(&house.ann, "a.bin", content.len()).await;
    // The first stalls, as one whose connection is gone without anybody having noticed.
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let stalled = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    sender.send(Ok::<_, std::io::Error>(content[..300_000].to_vec())).await.unwrap();
    let second = async {
        house.received(&id, 1).await;
        let at = house.offset(&house.ann, &id).await;
        assert_eq!(at, 300_000);
        sender.send(Ok(vec![0; 100])).await.ok();
        house.piece(&house.ann, &id, at, content[at..].to_vec()).await
    };
    let (first, second) = tokio::join!(house.piece(&house.ann, &id, 0, stalled), second);
    assert_eq!((first.status, first.code().as_str()), (StatusCode::LOCKED, "taken-over"));
    assert_eq!(second.status, StatusCode::NO_CONTENT);
    drop(sender);
    // Many at the same place: each byte comes once.
    let other = house.begun(&house.ann, "b.bin", content.len()).await;
    let pieces = (0..8).map(|_| house.piece(&house.ann, &other, 0, content.clone()));
    let answers = futures_util::future::join_all(pieces).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses.iter().all(|status| [204, 409, 423].contains(status)), "{statuses:?}");
    let at = house.offset(&house.ann, &other).await;
    house.piece(&house.ann, &other, at, content[at..].to_vec()).await;
    let receipt = house.finish(&house.ann, &[&id, &other]).await;
    for at in 0..2 {
        assert_eq!(receipt.json()["documents"][at]["sha256"], sha256(&content));
    }
    house.settled(2).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_checksum_keeps_a_piece_whole_or_not_at_all() {
    let house = House::new();
    let content = bytes(600_000);
    let id = house.begun(&house.ann, "a.bin", content.len()).await;
    let sum = |bytes: &[u8]| format!("sha256 {}", BASE64_STANDARD.encode(Sha256::digest(bytes)));
    let right = sum(&content[..500_000]);
    let answer = house.piece_with(&house.ann, &id, 0, vec![9; 500_000], &[("upload-checksum", &right)]).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (460, "checksum-mismatch"));
    assert_eq!(house.offset(&house.ann, &id).await, 0);
    house.settled(0).await;
    for bad in ["md5 abc", "sha256 abc", "sha256"] {
        let answer = house.piece_with(&house.ann, &id, 0, content.clone(), &[("upload-checksum", bad)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad-checksum"), "{bad}");
    }
    let answer =
        house.piece_with(&house.ann, &id, 0, content[..500_000].to_vec(), &[("upload-checksum", &right)]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(house.offset(&house.ann, &id).await, 500_000);
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_anothers_upload_is_not_there() {
    let house = House::new();
    let id = house.sent(&house.ann, "a.bin", b"secret", 6).await;
    let nothing = "0".repeat(32);
    let other = house.change(|tx| new_matter(tx, &house.firm, &house.owner, "Other"));
    for (guest, matter, upload) in
        [(&house.ben, &house.matter, &id), (&house.ann, &other, &id), (&house.ann, &house.matter, &nothing)]
    {
        let path = format!("/api/portal/matters/{matter}/uploads/{upload}");
        let piece = [("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
        let mut bodies = Vec::new();
        for (method, headers) in [(Method::HEAD, &[][..]), (Method::PATCH, &piece[..]), (Method::DELETE, &[][..])] {
            let answer = house.tus(guest, method, &path, headers, Body::empty()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            bodies.push(answer.body);
        }
        assert_eq!(bodies[1], bodies[2]);
        assert_eq!(bodies[2], br#"{"title":"Not Found","status":404,"code":"not-found"}"#);
    }
    let answer = house.finish(&house.ben, &[&id]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // Nor is there anything of it left undone by that: it is still Ann's to finish.
    let answer = house.finish(&house.ann, &[&id, &nothing]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "not-found"));
    assert_eq!(house.finish(&house.ann, &[&id]).await.status, StatusCode::CREATED);
    house.settled(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_a_right_that_is_lost_in_between_leaves_nothing() {
    let house = House::new();
    let content = bytes(600_000);
    // Before the end.
    let done = house.sent(&house.ann, "a.bin", &content, 200_000).await;
    tokio::task::block_in_place(|| house.revoke(&house.ann));
    let answer = house.finish(&house.ann, &[&done]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    house.settled(0).await;
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM uploads"), 0);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM notices WHERE topic = 'uploaded'"), 0);
    assert_eq!(house.begin(&house.ann, "a.bin", 5, &[]).await.status, StatusCode::NOT_FOUND);

    // While a piece is on its way.
    tokio::task::block_in_place(|| house.grant(&house.ann, false));
    let half = house.begun(&house.ann, "b.bin", content.len()).await;
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let revoking = async {
        sender.send(Ok::<_, std::io::Error>(content[..300_000].to_vec())).await.unwrap();
        house.received(&half, 1).await;
        tokio::task::block_in_place(|| house.revoke(&house.ann));
        sender.send(Ok(content[300_000..].to_vec())).await.unwrap();
        drop(sender);
    };
    let (answer, ()) = tokio::join!(house.piece(&house.ann, &half, 0, body), revoking);
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    house.settled(0).await;

    // And who never comes back: with the sweeper's next round.
    tokio::task::block_in_place(|| house.grant(&house.ann, false));
    house.sent(&house.ann, "c.bin", &content, 200_000).await;
    tokio::task::block_in_place(|| house.revoke(&house.ann));
    assert_eq!(blobs::sweep_uploads(&house.app).await.unwrap(), 1);
    house.settled(0).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_several_uploads_finished_together_are_one_notice() {
    let house = House::new();
    let ids = [
        house.sent(&house.ann, "a.txt", b"one", 2).await,
        house.sent(&house.ann, "b.txt", b"two", 2).await,
        house.sent(&house.ann, "c.txt", &bytes(500_000), 400_000).await,
    ];
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 0);
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let receipt = house.finish(&house.ann, &all).await;
    assert_eq!(receipt.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&receipt.body));
    let json = receipt.json();
    let names: Vec<_> = json["documents"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.txt", "b.txt", "c.txt"]);
    assert_eq!(json["told"], json!({ "firm": "Lindgren & Partners", "owner": "owner@firm.example", "others": 0 }));
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM notices WHERE topic = 'uploaded' AND channel = 'email'"), 1);
    assert_eq!(house.sql::<u32>("SELECT json_array_length(documents) FROM notices WHERE topic = 'uploaded'"), 3);
    house.settled(3).await;
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_finished_twice_is_finished_once() {
    let house = House::new();
    let (one, two) =
        (house.sent(&house.ann, "a.txt", b"one", 2).await, house.sent(&house.ann, "b.txt", b"two", 2).await);
    let first = house.finish(&house.ann, &[&one, &two]).await;
    let again = house.finish(&house.ann, &[&two, &one]).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    for ids in [&[one.as_str()][..], &[two.as_str(), one.as_str(), "more"][..]] {
        assert_eq!(house.finish(&house.ann, ids).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(house.head(&house.ann, &one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 2);

    // At the same moment, and under a key of the sender's.
    let three = house.sent(&house.ann, "c.txt", b"three", 2).await;
    let (ids, key) = ([three.as_str()], [("idempotency-key", "mine")]);
    let (a, b) = tokio::join!(house.finish_with(&house.ann, &ids, &key), house.finish_with(&house.ann, &ids, &key));
    assert_eq!((a.status, a.body), (b.status, b.body));
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 3);
    house.settled(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_what_is_not_whole_is_not_finished() {
    let house = House::new();
    let (whole, half) = (house.sent(&house.ann, "a.txt", b"one", 3).await, house.begun(&house.ann, "b.txt", 5).await);
    house.piece(&house.ann, &half, 0, "12").await;
    let answer = house.finish(&house.ann, &[&whole, &half]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "upload-incomplete"));
    assert_eq!(answer.json()["errors"][0]["attributes"]["upload"], half);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 0);
    for ids in [&[][..], &[whole.as_str(), whole.as_str()][..]] {
        assert_eq!(house.finish(&house.ann, ids).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    house.piece(&house.ann, &half, 2, "345").await;
    assert_eq!(house.finish(&house.ann, &[&whole, &half]).await.status, StatusCode::CREATED);
    house.settled(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_cancelled_or_forgotten_upload_leaves_nothing() {
    let house = House::new();
    let content = bytes(600_000);
    let cancelled = house.sent(&house.ann, "a.bin", &content[..500_000], 300_000).await;
    let path = house.path(&format!("/uploads/{cancelled}"));
    assert_eq!(house.tus(&house.ann, Method::DELETE, &path, &[], Body::empty()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.tus(&house.ann, Method::DELETE, &path, &[], Body::empty()).await.status, StatusCode::NOT_FOUND);
    house.settled(0).await;

    let forgotten = house.begun(&house.ann, "b.bin", content.len()).await;
    house.piece(&house.ann, &forgotten, 0, content[..500_000].to_vec()).await;
    house.clock.advance(DAY - 1);
    assert_eq!(blobs::sweep_uploads(&house.app).await.unwrap(), 0);
    house.verified();
    house.clock.advance(1);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM uploads"), 1);
    assert_eq!(blobs::sweep_uploads(&house.app).await.unwrap(), 1);
    house.settled(0).await;
    house.verified();
    assert_eq!(house.sql::<u32>("SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM upload_parts)"), 0);
}
