use std::io::{Cursor, Read as _};

use axum::http::{Method, StatusCode};

use super::house::*;
use crate::store::documents;

#[tokio::test(flavor = "multi_thread")]
async fn ov5_without_the_right_no_byte_of_the_original_leaves() {
    let house = House::new();
    let deed = house.document("Deed.txt", "canary").await;
    house.save(&deed, &house.ben, true);
    let ranged = [("range", "bytes=0-2")];
    let guessed = [("if-none-match", "*")];
    for (path, method, headers) in [
        (house.content(&deed), Method::GET, &[][..]),
        (house.content(&deed), Method::HEAD, &[]),
        (house.content(&deed), Method::GET, &ranged),
        (house.content(&deed), Method::GET, &guessed),
        (house.path("/archive"), Method::GET, &[]),
        (house.path("/archive"), Method::HEAD, &[]),
    ] {
        let answer = house.ask(&house.ben, method.clone(), &path, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("canary"));
        assert!(!answer.headers.contains_key("etag"));
    }
    let list = house.get(&house.ben, &house.path("/documents")).await.json();
    assert_eq!(list["items"][0]["can_download"], false);
    house.grant(&house.ben, true);
    assert_eq!(house.get(&house.ben, &house.content(&deed)).await.body, b"canary");
}

#[tokio::test(flavor = "multi_thread")]
async fn ov5_a_download_is_an_attachment_that_nothing_runs() {
    let house = House::new();
    let page = house.shared("Übersicht \"1\".html", "<!DOCTYPE html><html><script>alert(1)</script></html>").await;
    let answer = house.get(&house.ann, &house.content(&page)).await;
    assert_eq!(answer.status, StatusCode::OK);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        (
            "content-disposition",
            "attachment; filename=\"_bersicht _1_.html\"; filename*=UTF-8''%C3%9Cbersicht%20_1_.html",
        ),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("accept-ranges", "bytes"),
        ("content-length", "53"),
    ] {
        assert_eq!(answer.headers.get(name).map(|value| value.to_str().unwrap()), Some(value), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ov5_ranges_and_heads_hold_to_the_standard() {
    let house = House::new();
    let bytes: Vec<u8> = (0..700_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let big = house.shared("big.bin", bytes.clone()).await;
    let path = house.content(&big);
    let head = house.ask(&house.ann, Method::HEAD, &path, &[]).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.headers["content-length"], "700000");
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM audit WHERE action = 'document.downloaded'"), 0);

    let etag = head.headers["etag"].to_str().unwrap().to_owned();
    let part = house.ask(&house.ann, Method::GET, &path, &[("range", "bytes=-300001"), ("if-range", &etag)]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers["content-range"], "bytes 399999-699999/700000");
    assert!(part.body == bytes[399_999..]);
    let past = house.ask(&house.ann, Method::GET, &path, &[("range", "bytes=700000-")]).await;
    assert_eq!(past.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(past.headers["content-range"], "bytes */700000");
    let same = house.ask(&house.ann, Method::GET, &path, &[("if-none-match", &etag)]).await;
    assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert!(house.get(&house.ann, &path).await.body == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh17_a_download_gives_the_version_of_now_and_is_put_down_once_for_each() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "first").await;
    let seen = |house: &House| house.sql::<u32>("SELECT count(*) FROM audit WHERE action = 'document.downloaded'");
    for _ in 0..3 {
        assert_eq!(house.get(&house.ann, &house.content(&deed)).await.body, b"first");
    }
    assert_eq!(seen(&house), 1);
    assert_eq!(house.sql::<u32>("SELECT seen_version FROM shares WHERE seen_downloaded = 1"), 1);

    let other = house.document("Other.txt", "second").await;
    house.change(|tx| {
        let found = crate::store::content::current(tx, &house.matter, &other, None).unwrap().unwrap();
        let content = documents::Content {
            blob: found.blob.unwrap(),
            size: found.size,
            sha256: found.sha256,
            media_type: found.media_type,
        };
        documents::add_version(tx, &deed, &content, Some(1), &house.owner, NOW + 1).unwrap();
    });
    assert_eq!(house.get(&house.ann, &house.content(&deed)).await.body, b"second");
    assert_eq!(seen(&house), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_the_archive_holds_what_is_shared_now_under_names_that_clash_with_nothing() {
    let house = House::new();
    let empty = house.get(&house.ann, &house.path("/archive")).await;
    assert_eq!((empty.status, empty.code().as_str()), (StatusCode::CONFLICT, "nothing-to-download"));

    let big: Vec<u8> = (0..2_500_000_u32).map(|n| u8::try_from(n % 249).unwrap()).collect();
    house.shared("Übersicht.txt", "one").await;
    house.shared("übersicht.txt", "two").await;
    house.shared("../../evil.txt", "three").await;
    house.shared("big.bin", big.clone()).await;
    house.document("not shared.txt", "canary").await;
    let gone = house.shared("gone.txt", "gone").await;
    house.save(&gone, &house.ann, false);

    let answer = house.get(&house.ann, &house.path("/archive")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/zip");
    assert!(
        answer.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename=\"Sale of the mill.zip\"")
    );
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).unwrap();
    let mut names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort_unstable();
    let mut expected = ["Übersicht.txt", "übersicht (2).txt", "big.bin", "evil.txt"];
    expected.sort_unstable();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.iter().all(|name| !name.contains("..") && !name.contains('/')));
    assert!(names.iter().any(|name| name.contains("(2)")), "{names:?}");
    assert!(names.iter().any(|name| name == "evil.txt"), "{names:?}");
    let mut found = Vec::new();
    archive.by_name("big.bin").unwrap().read_to_end(&mut found).unwrap();
    assert!(found == big);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM audit WHERE action = 'document.downloaded'"), 4);
}
