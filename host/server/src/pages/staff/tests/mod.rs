//! The pages over a whole host: who sees them, what stands on them, and that nothing on them will be refused.

mod audit;
mod contacts;
mod documents;
mod firm;
mod matters;

use axum::http::header;

use crate::web::tests::{EDITOR, OTHER_FIRM, OWNER, STRANGER, World};

/// Markup as a name.
pub(super) const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&";

/// The part of a page between two texts.
#[track_caller]
pub(super) fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{from:?} is not on {page}"));
    rest.split_once(to).unwrap_or_else(|| panic!("{to:?} is not behind {from:?} on {page}")).0
}

/// Where the link of this relation leads, with its entities read.
#[track_caller]
pub(super) fn next_page(page: &str) -> String {
    let link = between(page, "rel=\"next\" href=\"", "\"");
    link.replace("&#38;", "&").replace("&amp;", "&")
}

/// A page that is not there for them, and one that is not there at all, are the same.
pub(super) async fn is_hidden(world: &World, path: &str, missing: &str) {
    let (theirs, none) = (world.get(STRANGER, path).await, world.get(STRANGER, missing).await);
    assert_eq!(theirs.status, 404, "{path}: {theirs:?}");
    assert_eq!(theirs.body, none.body, "{path}");
    assert_eq!(world.get(OTHER_FIRM, path).await.body, none.body, "{path}");
    let out = world.get("nobody", path).await;
    assert_eq!(out.status, 303, "{path}");
    assert!(out.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in?next=/"), "{path}");
}

/// The member who may only look.
pub(super) async fn looker(world: &World) -> &'static str {
    let rights = serde_json::json!({ "can_edit": false, "can_share": false });
    let path = format!("/api/matters/m1/members/{EDITOR}");
    world.write(OWNER, axum::http::Method::PUT, &path, rights).await.ok();
    EDITOR
}

#[tokio::test]
async fn what_cannot_be_read_is_said_on_a_page_too() {
    let world = World::new();
    for (method, path, status) in [
        ("GET", "/matters/%FF/documents", 404),
        ("GET", "/matters/m1/documents/%FF", 404),
        ("GET", "/contacts/%00", 404),
        ("GET", "/matters?search=%FF&after=%FF", 422),
        ("GET", "/audit?since=a&since=b", 400),
        ("POST", "/matters", 405),
    ] {
        let request = World::request(OWNER, method.parse().unwrap(), path);
        let answer = world.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {answer:?}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.headers.contains_key(header::ALLOW), status == 405, "{path}");
        assert!(String::from_utf8_lossy(&answer.body).contains("To your matters"), "{path}: {answer:?}");
    }
}
