//! The firm's settings, and a user's notices.

use axum::http::Method;
use serde_json::json;

use super::{EDITOR, HOSTILE, OWNER, STRANGER, World, between, next_page};
use crate::store::inbox;

fn notice(world: &World, user: &str, matter: &str, text: &str) {
    world
        .app
        .runtime
        .write(|unit| {
            let now = unit.now();
            Ok::<_, crate::web::Problem>(inbox::put(unit.tx(), "f1", user, Some(matter), text, now)?)
        })
        .unwrap();
}

#[tokio::test]
async fn cu5_switching_off_says_what_becomes_of_the_customers() {
    let world = World::new();
    let page = world.get(OWNER, "/settings").await.page();
    let dialog = between(&page, "<dialog id=\"switch-off\"", "</dialog>");
    for said in ["cannot sign in any more", "are told", "refused as a whole", "disappears", "all of it is as it was"] {
        assert!(dialog.contains(said), "{said}: {dialog}");
    }
    assert!(world.get(OWNER, "/matters/m1/documents").await.page().contains("/client-connect\""));
    world.write(OWNER, Method::PATCH, "/api/firm", json!({ "enabled": false })).await.ok();
    let page = world.get(OWNER, "/settings").await.page();
    assert!(page.contains("<dialog id=\"switch-on\"") && !page.contains("switch-off"), "{page}");
    let tabs = world.get(OWNER, "/matters/m1/documents").await.page();
    assert!(!between(&tabs, "aria-label=\"Matter\"", "</nav>").contains("client-connect"), "{tabs}");
}

#[tokio::test]
async fn settings_are_shown_to_administrators_as_they_are() {
    let world = World::new();
    let refused = world.get(EDITOR, "/settings").await;
    assert_eq!(refused.status, 403);
    assert!(!String::from_utf8_lossy(&refused.body).contains("portal@firm.example"));
    assert!(!world.get(EDITOR, "/matters").await.page().contains("href=\"/settings\""));
    let set = json!({ "mail_hold": 77, "when_closed": "21", "fallback_user": EDITOR, "name": HOSTILE });
    world.write(OWNER, Method::PATCH, "/api/firm", set).await.ok();
    let page = world.get(OWNER, "/settings").await.page();
    assert!(page.contains("<option value=\"77\" selected>77 seconds"), "{page}");
    assert!(page.contains(&format!("<option value=\"{EDITOR}\" selected>")), "{page}");
    assert!(page.contains("value=\"21\" checked"), "{page}");
    assert!(!page.contains("<img src=x") && page.contains("value=\"&#60;img src=x"), "{page}");
    for user in [OWNER, EDITOR, STRANGER] {
        assert!(page.contains(&format!("<bdi>{user}@firm.example</bdi>")), "{user}");
    }
    assert!(!page.contains("u-other-firm"), "{page}");
}

#[tokio::test]
async fn notices_are_marked_and_lead_to_their_matter() {
    let world = World::new();
    assert!(world.get(OWNER, "/notices").await.page().contains("Nothing yet."));
    notice(&world, OWNER, "m1", HOSTILE);
    notice(&world, OWNER, "m2", "From a matter that is not theirs any more");
    notice(&world, EDITOR, "m1", "Of somebody else");
    let page = world.get(OWNER, "/notices").await.page();
    assert!(page.contains("Notices, 2 unread") && page.contains("Mark all as read"), "{page}");
    assert!(!page.contains("<img src=x") && page.contains("&#60;img src=x"), "{page}");
    assert!(page.contains("/matters/m1/documents") && !page.contains("/matters/m2"), "{page}");
    assert!(!page.contains("Of somebody else"), "{page}");
    world.write(OWNER, Method::POST, "/api/notices/read", json!({ "all": true })).await.ok();
    let page = world.get(OWNER, "/notices").await.page();
    assert!(!page.contains("unread") && !page.contains("data-send=\"POST\" action=\"/api/notices"), "{page}");
    assert!(world.get(EDITOR, "/notices").await.page().contains("Notices, 1 unread"));
}

#[tokio::test]
async fn notices_go_on_where_they_ended() {
    let world = World::new();
    for n in 0..51 {
        notice(&world, OWNER, "m1", &format!("Notice number {n:02}"));
    }
    let first = world.get(OWNER, "/notices").await.page();
    assert!(first.contains("number 50") && !first.contains("number 00"), "the newest first: {first}");
    let second = world.get(OWNER, &next_page(&first)).await.page();
    assert!(second.contains("number 00") && second.contains("First page"), "{second}");
    assert_eq!(world.get(OWNER, "/notices?after=x").await.status, 422);
}
