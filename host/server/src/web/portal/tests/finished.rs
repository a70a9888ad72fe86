//! Uploads in pieces of which several are under way, and their end: made documents together and once, or gone without a
//! trace.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{house::*, resumed::*};
use crate::blobs;

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
