//! The audit log in words.

use std::path::Path;

use axum::http::Method;
use client_connect_pages::staff::audit::{label, sentence};
use serde_json::json;

use super::{EDITOR, HOSTILE, OWNER, STRANGER, World, between, is_hidden, next_page};

const LOG: &str = "/matters/m1/audit";

/// All text of Rust files below `folder`, without tests.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("tests") || name.starts_with("testing") || ["cli", "config", "pages"].contains(&&*name) {
            continue;
        }
        if path.is_dir() {
            sources(&path, text);
        } else if name.ends_with(".rs") {
            let file = std::fs::read_to_string(&path).unwrap();
            // What stands behind this are the file's own tests.
            text.push_str(file.split("#[cfg(test)]\nmod tests {").next().unwrap());
        }
    }
}

/// Whether a text in the code is made like an action: two words of small letters with a dot between them.
fn is_action(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let files = ["db", "json", "bin", "example", "css", "js"];
    text.split_once('.').is_some_and(|(what, done)| word(what) && word(done) && !files.contains(&done))
}

#[test]
fn every_action_that_is_written_has_a_sentence_and_a_label() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&here.join("src"), &mut text);
    sources(&here.join("../../plugin/src"), &mut text);
    let mut actions: Vec<&str> = text.split('"').filter(|text| is_action(text)).collect();
    actions.sort_unstable();
    actions.dedup();
    for known in ["document.shared", "access.granted", "watcher.added", "matter.member-set", "sign-in.done"] {
        assert!(actions.contains(&known), "{known}: {actions:?}");
    }
    for action in actions {
        let sentence = sentence(action, |_| false);
        assert!(sentence.is_some_and(|sentence| sentence != action), "{action} has no sentence");
        assert_ne!(label(action), action, "{action} has no label");
    }
}

#[tokio::test]
async fn sh19_the_log_says_in_words_who_shared_what_with_whom() {
    let world = World::new();
    is_hidden(&world, LOG, "/matters/none/audit").await;
    world.open(&["ann"]).await;
    let document = world.upload("a.txt", "a").await;
    let save = json!({ "revision": 0, "share": [{ "document": document, "contact": "ann" }] });
    world.write(OWNER, Method::PUT, "/api/matters/m1/client-connect/sharing", save).await.ok();
    let page = world.get(EDITOR, LOG).await.page();
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = |name: &str| format!("<bdi class=\"named\">{name}</bdi>");
    for said in [
        format!("<strong><bdi>{OWNER}</bdi></strong> shared {} with {}", named("a.txt"), named("ann")),
        format!("<strong><bdi>{OWNER}</bdi></strong> gave {} access", named("ann")),
        format!("<strong><bdi>{OWNER}</bdi></strong> uploaded {}", named("a.txt")),
    ] {
        assert!(flat.contains(&said), "{said}: {flat}");
    }
    let details = between(&page, "<dialog", "</dialog>");
    assert!(details.contains("document.shared") && details.contains("Fingerprint (SHA-256)"), "{details}");
}

#[tokio::test]
async fn the_firms_log_is_its_administrators() {
    let world = World::new();
    assert_eq!(world.get(EDITOR, "/audit").await.status, 403);
    assert!(!world.get(EDITOR, "/matters").await.page().contains("href=\"/audit\""));
    world.upload("a.txt", "a").await;
    world.write(STRANGER, Method::PATCH, "/api/matters/m2", json!({ "name": "Another" })).await.ok();
    let page = world.get(OWNER, "/audit").await.page();
    assert!(page.contains("href=\"/matters/m1/audit\"") && page.contains("Another"), "{page}");
    assert!(!page.contains("/matters/m2"), "a matter that the administrator is no member of is no link: {page}");
}

#[tokio::test]
async fn a_week_is_shown_and_the_filters_go_into_pages_and_exports() {
    let world = World::new();
    let page = world.get(OWNER, LOG).await.page();
    let since = between(between(&page, "id=\"since\"", ">"), "value=\"", "\"").to_owned();
    assert_eq!(since.len(), 10, "seven days ago: {since}");
    assert!(page.contains("audit/export?format=csv&#38;since="), "{page}");
    assert!(page.contains("audit/export?format=jsonl&#38;since="), "{page}");

    for n in 0..52 {
        world.upload(&format!("{n}.txt"), "x").await;
    }
    world.open(&["ann"]).await;
    let query = format!("{LOG}?type=document.&user={OWNER}&since=2020-01-01&until=2199-12-31");
    let first = world.get(EDITOR, &query).await.page();
    assert_eq!(first.matches("<td class=\"when on-wide\">").count(), 50);
    assert!(first.contains("value=\"2020-01-01\"") && first.contains("value=\"document.\" selected"), "{first}");
    assert!(!between(&first, "<tbody>", "</tbody>").contains("access"), "{first}");
    let next = next_page(&first);
    let second = world.get(EDITOR, &next).await.page();
    assert_eq!(second.matches("<td class=\"when on-wide\">").count(), 2, "{next}");
    let export = between(&first, "href=\"/api/matters/m1/audit/export?format=jsonl", "\"").replace("&#38;", "&");
    let file = world.get(EDITOR, &format!("/api/matters/m1/audit/export?format=jsonl{export}")).await;
    assert_eq!(file.headers["content-type"], "application/jsonl");
    let lines: Vec<serde_json::Value> = file
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 52);

    let old = world.get(EDITOR, &format!("{LOG}?since=2020-01-01&until=2020-02-01")).await.page();
    assert!(old.contains("Nothing like that happened in this time."), "{old}");
    let all = world.get(EDITOR, &format!("{LOG}?since=&type=access.granted")).await.page();
    assert_eq!(all.matches("<td class=\"when on-wide\">").count(), 1);
    assert_eq!(world.get(EDITOR, &format!("{LOG}?after=x")).await.status, 422);
}

#[tokio::test]
async fn the_log_tells_nobody_of_a_document_that_is_kept_from_them() {
    let world = World::new();
    let id = world.upload("secret.txt", "s").await;
    world.write(OWNER, Method::PATCH, &format!("/api/matters/m1/documents/{id}"), json!({ "readers": [] })).await.ok();
    let page = world.get(EDITOR, LOG).await.page();
    assert!(!page.contains("secret.txt") && page.contains("a document"), "{page}");
    assert!(page.contains("erased, or kept from you"), "{page}");
    assert!(world.get(OWNER, LOG).await.page().contains("secret.txt"));
}

#[tokio::test]
async fn names_in_the_log_are_text() {
    let world = World::new();
    world.write(OWNER, Method::PATCH, "/api/matters/m1", json!({ "name": HOSTILE })).await.ok();
    world.write(OWNER, Method::PATCH, "/api/contacts/ann", json!({ "name": HOSTILE })).await.ok();
    world.write(OWNER, Method::PUT, "/api/matters/m1/contacts/ann", json!({ "role": HOSTILE })).await.ok();
    for path in [LOG, "/audit", "/audit?contact=ann", "/audit?type=%22%3E%3Cimg%20src=x"] {
        let page = world.get(OWNER, path).await.page();
        assert!(!page.contains("<img src=x"), "{path}: {page}");
    }
    assert!(world.get(OWNER, "/audit?contact=ann").await.page().contains("Only what is about"));
}
