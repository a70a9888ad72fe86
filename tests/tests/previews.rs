//! Previews over HTTP, with the compiled renderer: pictures for whoever may look, and nothing else for anybody.
#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

use std::{collections::BTreeMap, fs, io::Cursor, path::Path};

use client_connect_fixtures::canary::Canaries;
use client_connect_tests::{
    ground::{ANN, BEN, Ground},
    person::{Answer, Person, items, text},
    routes::{filled, routes},
    wait::eventually,
};
use image_webp::WebPDecoder;
use reqwest::Method;
use serde_json::json;

/// Where the pages of a document are, for a customer.
fn pages(ground: &Ground, document: &str) -> String {
    ground.portal(&format!("/documents/{document}/pages"))
}

/// The pixels of a picture.
fn pixels(answer: &Answer) -> (u32, u32, Vec<u8>) {
    assert_eq!(answer.status, 200, "{}: {}", answer.asked, String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.headers["content-type"], "image/webp");
    let mut decoder = WebPDecoder::new(Cursor::new(&answer.bytes)).expect("WebP");
    let (width, height) = decoder.dimensions();
    let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
    decoder.read_image(&mut pixels).expect("a whole picture");
    (width, height, pixels)
}

async fn document(ground: &Ground, name: &str, bytes: impl Into<reqwest::Body>) -> String {
    let path = format!("/api/matters/{}/documents?name={name}", ground.matter);
    text(&ground.staff.upload(&path, bytes).await.expect(201), "id")
}

/// A ground on which Ann may only look, and Ben may download; both see a document with the canary in it.
async fn laid() -> (Ground, Person, Person, String) {
    let (ground, ann, ben, id, _) = laid_with_canary().await;
    (ground, ann, ben, id)
}

/// The same, with the canary: no picture, page or list may hold it.
async fn laid_with_canary() -> (Ground, Person, Person, String, Canaries<()>) {
    let ground = Ground::lay().await;
    ground.host.warm();
    let mut canaries = Canaries::default();
    let letter = format!("Dear Ann,\n\n{}\n\nYours, Olivia\n", canaries.mark(()));
    let id = document(&ground, "Letter.txt", letter).await;
    ground.admit(&[(&ground.ann, false), (&ground.ben, true)]).await;
    ground.share(&[(&id, &ground.ann), (&id, &ground.ben)]).await;
    let (ann, ben) = (ground.host.customer(ANN).await, ground.host.customer(BEN).await);
    (ground, ann, ben, id, canaries)
}

#[tokio::test(flavor = "multi_thread")]
async fn ov5_who_may_only_look_gets_pictures_and_on_no_route_the_original() {
    let (ground, ann, ben, id, canaries) = laid_with_canary().await;
    let outline = ann.get(&pages(&ground, &id)).await.expect(200);
    assert_eq!((outline["version"].as_u64(), outline["pages"].as_u64()), (Some(1), Some(1)), "{outline}");
    let picture = ann.get(&format!("{}/1", pages(&ground, &id))).await;
    for (name, value) in [
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
    ] {
        assert_eq!(picture.headers[name], value, "{name}");
    }
    let (width, height, drawn) = pixels(&picture);
    assert!(width > 600 && height > width, "{width} × {height}");
    assert!(drawn.iter().filter(|part| **part < 100).count() > 500, "there is something on the page");

    // Whoever may download finds the canary: the search would find it.
    let content = ground.portal(&format!("/documents/{id}/content"));
    assert!(!canaries.found(&ben.get(&content).await.bytes).is_empty());
    let values = BTreeMap::from([
        ("matter", ground.matter.clone()),
        ("document", id.clone()),
        ("contact", ground.ann.clone()),
        ("version", "1".to_owned()),
        ("page", "1".to_owned()),
    ]);
    let mut asked = 0;
    let known = |route: &String| {
        let names = route.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        names.into_iter().all(|name| values.contains_key(name))
    };
    let mut described: Vec<String> = routes().into_iter().filter(known).map(|route| filled(&route, &values)).collect();
    let matter = format!("/portal/matters/{}", ground.matter);
    described.extend(["", "/download", "/pages/1"].map(|end| format!("{matter}/documents/{id}{end}")));
    described.push(format!("{matter}/download-all"));
    for path in &described {
        for path in [path.clone(), format!("{path}?version=1"), format!("{path}?size=large")] {
            for method in [Method::GET, Method::HEAD, Method::POST] {
                for range in [None, Some("bytes=0-"), Some("bytes=5-40")] {
                    let mut request = ann.request(method.clone(), &path);
                    if let Some(range) = range {
                        request = request.header("range", range);
                    }
                    let answer = ann.send(request).await;
                    asked += 1;
                    let whole = [format!("{:?}", answer.headers).into_bytes(), answer.bytes].concat();
                    assert!(canaries.found(&whole).is_empty(), "{method} {path} {range:?} gave the original away");
                }
            }
        }
    }
    assert!(asked > 300, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ov4_what_is_not_theirs_and_what_is_not_there_read_the_same() {
    let (ground, ann, _, id) = laid().await;
    let other = document(&ground, "Other.txt", "not shared").await;
    let nothing = ann.get(&pages(&ground, "no-such-document")).await;
    assert_eq!(nothing.problem(404), "not-found");
    for path in [
        pages(&ground, &other),
        format!("{}/1", pages(&ground, &other)),
        format!("{}/1?size=large", pages(&ground, &other)),
    ] {
        let answer = ann.get(&path).await;
        assert_eq!((answer.status, answer.bytes), (nothing.status, nothing.bytes.clone()), "{path}");
    }
    for page in ["0", "2", "4294967295"] {
        assert_eq!(ann.get(&format!("{}/{page}", pages(&ground, &id))).await.problem(404), "not-found", "{page}");
    }
    for page in ["-1", "1.5", "x", "99999999999999999999"] {
        let answer = ann.get(&format!("{}/{page}", pages(&ground, &id))).await;
        assert!(answer.status.is_client_error(), "{page}: {}", answer.status);
    }
    let stranger = ground.host.stranger();
    assert_eq!(stranger.get(&pages(&ground, &id)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh23_taken_back_a_document_has_no_pages_any_more() {
    let (ground, ann, _, id) = laid().await;
    pixels(&ann.get(&format!("{}/1", pages(&ground, &id))).await);
    let pair = json!({ "document": id, "contact": ground.ann });
    let save = json!({ "revision": ground.revision("sharing").await, "share": [], "unshare": [pair] });
    ground.staff.put(&ground.section("sharing"), save).await.expect(200);
    for path in [pages(&ground, &id), format!("{}/1", pages(&ground, &id))] {
        assert_eq!(ann.get(&path).await.problem(404), "not-found", "{path}");
    }
    assert_eq!(ann.get(&format!("/portal/matters/{}/documents/{id}", ground.matter)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh17_an_edited_document_shows_its_new_version_and_says_so_to_who_saw_the_old() {
    let (ground, ann, _, id) = laid().await;
    let page = format!("{}/1?version=1", pages(&ground, &id));
    let before = pixels(&ann.get(&page).await);
    let content = format!("/api/matters/{}/documents/{id}/content", ground.matter);
    let edit = ground
        .staff
        .request(Method::PUT, &content)
        .header("idempotency-key", "edit")
        .body("Something else entirely, and longer.");
    ground.staff.send(edit).await.expect(200);
    assert_eq!(ann.get(&page).await.problem(409), "document-changed");
    let after = pixels(&ann.get(&format!("{}/1?version=2", pages(&ground, &id))).await);
    assert_ne!(before.2, after.2);
    // Staff see either.
    let staff = format!("/api/matters/{}/documents/{id}/pages/1", ground.matter);
    let (old, new) = (ground.staff.get(&format!("{staff}?version=1")).await, ground.staff.get(&staff).await);
    assert_ne!(pixels(&old).2, pixels(&new).2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh30_the_first_picture_of_a_version_leaves_a_receipt_and_staff_see_it() {
    let (ground, ann, ben, id) = laid().await;
    let seen = async || {
        let page = ground.staff.get(&ground.page("seen")).await;
        assert_eq!(page.status, 200);
        String::from_utf8(page.bytes).unwrap()
    };
    assert_eq!(seen().await.matches("Never opened").count(), 2);
    // An outline is no look.
    ann.get(&pages(&ground, &id)).await.expect(200);
    assert_eq!(seen().await.matches("Never opened").count(), 2);
    for _ in 0..3 {
        pixels(&ann.get(&format!("{}/1", pages(&ground, &id))).await);
    }
    let now = seen().await;
    assert_eq!((now.matches("Never opened").count(), now.matches("Saw v1").count()), (1, 1), "{now}");
    let looked = ground.actions().await.into_iter().filter(|action| action.contains("seen")).count();
    assert!(looked <= 1, "once for each version");
    ben.get(&ground.portal(&format!("/documents/{id}/content"))).await;
    assert_eq!(seen().await.matches("Took v1").count(), 1);
    let list = ann.get(&ground.portal("/documents")).await.expect(200);
    let row = items(&list).iter().find(|row| row["document"] == id.as_str()).unwrap();
    assert_eq!(row["seen"], 1, "{row}");
    // After an edit, what they saw is not the current one.
    let content = format!("/api/matters/{}/documents/{id}/content", ground.matter);
    let edit = ground.staff.request(Method::PUT, &content).header("idempotency-key", "edit").body("anew");
    ground.staff.send(edit).await.expect(200);
    assert!(seen().await.contains("current is v2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ov13_looking_as_a_contact_shows_their_pages_and_leaves_no_receipt() {
    let (ground, _, _, id) = laid().await;
    let path = ground.section(&format!("view-as/{}/documents/{id}/pages/1", ground.ann));
    pixels(&ground.staff.get(&path).await);
    let page = String::from_utf8(ground.staff.get(&ground.page("seen")).await.bytes).unwrap();
    assert_eq!(page.matches("Never opened").count(), 2);
    let other = document(&ground, "Other.txt", "not shared").await;
    let path = ground.section(&format!("view-as/{}/documents/{other}/pages/1", ground.ann));
    assert_eq!(ground.staff.get(&path).await.problem(404), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn ov5_the_address_of_who_looks_is_in_the_pixels_until_the_firm_switches_it_off() {
    let (ground, ann, ben, id) = laid().await;
    let page = format!("{}/1", pages(&ground, &id));
    let clean = pixels(&ground.staff.get(&format!("/api/matters/{}/documents/{id}/pages/1", ground.matter)).await);
    let (for_ann, for_ben) = (pixels(&ann.get(&page).await), pixels(&ben.get(&page).await));
    assert_eq!((clean.0, clean.1), (for_ann.0, for_ann.1));
    let differ = |one: &[u8], other: &[u8]| one.iter().zip(other).filter(|(one, other)| one != other).count();
    assert!(differ(&clean.2, &for_ann.2) > 10_000, "{}", differ(&clean.2, &for_ann.2));
    assert!(differ(&for_ann.2, &for_ben.2) > 1_000, "each bears another address");
    ground.staff.patch("/api/firm", json!({ "watermark": false })).await.expect(200);
    assert_eq!(pixels(&ann.get(&page).await), clean);
}

#[tokio::test(flavor = "multi_thread")]
async fn ov5_what_cannot_be_shown_says_why_and_never_falls_back_to_the_original() {
    let (ground, ann, _, _) = laid().await;
    let mut zip = b"PK\x05\x06".to_vec();
    zip.extend([0; 18]);
    for (name, bytes, cause) in [
        ("broken.pdf", b"%PDF-1.7\nnothing that holds together".to_vec(), "damaged"),
        ("archive.zip", zip, "no-renderer"),
        ("page.html", b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "no-renderer"),
    ] {
        let id = document(&ground, name, bytes).await;
        ground.share(&[(&id, &ground.ann)]).await;
        for path in [pages(&ground, &id), format!("{}/1", pages(&ground, &id))] {
            let answer = ann.get(&path).await;
            assert_eq!(answer.problem(422), "no-preview", "{name}");
            let problem: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
            assert_eq!(problem["errors"][0]["code"], cause, "{name}: {problem}");
        }
        let page = ann.get(&format!("/portal/matters/{}/documents/{id}", ground.matter)).await;
        let page = String::from_utf8(page.bytes).unwrap();
        assert!(page.contains("cannot be shown here") && !page.contains("<img src=\"/api"), "{name}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ov5_the_review_warns_of_what_cannot_be_shown_to_who_may_not_download() {
    let (ground, _, _, _) = laid().await;
    let id = document(&ground, "broken.pdf", "%PDF-1.7\nnothing that holds together").await;
    let review = async |contact: &str| {
        let pair = json!({ "document": id, "contact": contact });
        let save = json!({ "revision": ground.revision("sharing").await, "share": [pair], "unshare": [] });
        let request =
            ground.staff.request(Method::PUT, &format!("{}?dry_run=true", ground.section("sharing"))).json(&save);
        ground.staff.send(request.header("idempotency-key", format!("review-{contact}"))).await.expect(200)
    };
    // Nobody has looked at it: the host found out by itself when it was stored.
    eventually("a warning", || async { review(&ground.ann).await["warnings"].to_string().contains("no preview") })
        .await;
    let may = review(&ground.ben).await;
    assert_eq!(may["warnings"].as_array().map(Vec::len), Some(0), "who may download gets it all the same: {may}");
    // A new version is tried anew.
    let content = format!("/api/matters/{}/documents/{id}/content", ground.matter);
    let edit = ground.staff.request(Method::PUT, &content).header("idempotency-key", "edit").body("a text by now");
    ground.staff.send(edit).await.expect(200);
    let now = review(&ground.ann).await;
    assert_eq!(now["warnings"].as_array().map(Vec::len), Some(0), "{now}");
}

/// Pictures that are kept.
fn kept(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { kept(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_documents_pictures_are_thrown_away() {
    let (ground, ann, _, id) = laid().await;
    pixels(&ann.get(&format!("{}/1", pages(&ground, &id))).await);
    let folder = ground.host.config.data_dir.join("previews");
    assert!(kept(&folder) > 0);
    let path = format!("/api/matters/{}/documents/{id}", ground.matter);
    ground.staff.delete(&path).await.expect(204);
    assert_eq!(kept(&folder), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_askers_at_once_each_get_their_page() {
    let (ground, ann, ben, id) = laid().await;
    let lines: String = (0..400).map(|line| format!("Line {line} of a long text.\n")).collect();
    let long = document(&ground, "Long.txt", lines).await;
    ground.share(&[(&long, &ground.ann), (&long, &ground.ben)]).await;
    let count = ann.get(&pages(&ground, &long)).await.expect(200)["pages"].as_u64().unwrap();
    assert!(count > 3, "{count}");
    let mut asked = tokio::task::JoinSet::new();
    for turn in 0..24 {
        let who = if turn % 2 == 0 { ann.clone() } else { ben.clone() };
        let document = if turn % 5 == 0 { &id } else { &long };
        let page = if document == &id { 1 } else { turn % count + 1 };
        let path = format!("{}/{page}", pages(&ground, document));
        asked.spawn(async move { who.get(&path).await });
    }
    while let Some(answer) = asked.join_next().await {
        pixels(&answer.unwrap());
    }
}
