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

pub(super) const DAY: u64 = 24 * 60 * 60 * 1000;

pub(super) fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl House {
    pub(super) async fn tus(
        &self,
        guest: &Guest,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &guest.cookie);
        request = request.header("tus-resumable", "1.0.0");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.send(request.body(body).unwrap()).await;
        assert_eq!(answer.headers["tus-resumable"], "1.0.0");
        answer
    }

    pub(super) async fn begin(&self, guest: &Guest, name: &str, length: usize, headers: &[(&str, &str)]) -> Answer {
        let (length, metadata) =
            (length.to_string(), format!("filename {},filetype eA==", BASE64_STANDARD.encode(name)));
        let mut all = vec![("upload-length", length.as_str()), ("upload-metadata", metadata.as_str())];
        all.extend(headers);
        self.tus(guest, Method::POST, &self.path("/uploads"), &all, Body::empty()).await
    }

    /// Begins an upload, and answers its id.
    pub(super) async fn begun(&self, guest: &Guest, name: &str, length: usize) -> String {
        let answer = self.begin(guest, name, length, &[]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
        let id = answer.json()["upload"].as_str().unwrap().to_owned();
        assert_eq!(answer.headers["location"].to_str().unwrap(), self.path(&format!("/uploads/{id}")));
        assert!(answer.headers.contains_key("upload-expires"));
        id
    }

    pub(super) async fn piece_with(
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

    pub(super) async fn piece(&self, guest: &Guest, upload: &str, offset: usize, body: impl Into<Body>) -> Answer {
        self.piece_with(guest, upload, offset, body, &[]).await
    }

    pub(super) async fn head(&self, guest: &Guest, upload: &str) -> Answer {
        self.tus(guest, Method::HEAD, &self.path(&format!("/uploads/{upload}")), &[], Body::empty()).await
    }

    /// How much has come.
    pub(super) async fn offset(&self, guest: &Guest, upload: &str) -> usize {
        let answer = self.head(guest, upload).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.headers["upload-offset"].to_str().unwrap().parse().unwrap()
    }

    pub(super) async fn finish_with(&self, guest: &Guest, uploads: &[&str], headers: &[(&str, &str)]) -> Answer {
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

    pub(super) async fn finish(&self, guest: &Guest, uploads: &[&str]) -> Answer {
        self.finish_with(guest, uploads, &[]).await
    }

    /// A whole upload, in pieces of this size.
    pub(super) async fn sent(&self, guest: &Guest, name: &str, bytes: &[u8], size: usize) -> String {
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
    pub(super) async fn received(&self, upload: &str, least: i64) {
        for _ in 0..3000 {
            if self.sql::<i64>(&format!("SELECT received FROM uploads WHERE id = '{upload}'")) >= least {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{least} bytes never came");
    }

    pub(super) async fn content_of(&self, guest: &Guest, receipt: &Answer, at: usize) -> Vec<u8> {
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
