//! The Notifications section's page.

use super::*;

const PAGE: &str = "/matters/m1/client-connect/notifications";

async fn save(world: &World, watchers: Value) {
    let path = "/api/matters/m1/client-connect/notifications";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    world.write(OWNER, Method::PUT, path, json!({ "revision": revision, "watchers": watchers })).await.ok();
}

fn row<'p>(page: &'p str, user: &str) -> &'p str {
    part(page, &format!("<tr role=\"row\" data-watcher=\"{user}\""), "</tr>")
}

#[tokio::test]
async fn no1_the_page_is_there_for_members_alone() {
    let world = World::new();
    is_for_members(&world, "/notifications").await;
}

#[tokio::test]
async fn sh31_the_owner_is_there_by_default_and_cannot_be_taken_out() {
    let world = World::new();
    let page = world.get(OWNER, PAGE).await.page();
    let owner = row(&page, OWNER);
    assert!(owner.contains("Owner, by default") && owner.contains("data-by-default"), "{owner}");
    assert_eq!(owner.matches(" checked").count(), 2, "{owner}");
    assert!(!owner.contains("data-remove"), "{owner}");
    // To be added: the matter's other members, and nobody else of the firm.
    assert!(page.contains(&format!("<option value=\"{EDITOR}\">")), "{page}");
    assert!(!page.contains(&format!("<option value=\"{OWNER}\">")) && !page.contains(STRANGER), "{page}");
}

#[tokio::test]
async fn no1_who_was_saved_is_ticked_and_can_be_taken_out() {
    let world = World::new();
    save(&world, json!([{ "user": EDITOR, "in_app": true, "email": false }])).await;
    let page = world.get(OWNER, PAGE).await.page();
    let editor = row(&page, EDITOR);
    assert!(editor.contains("data-kind=\"in_app\" autocomplete=\"off\" checked"), "{editor}");
    assert!(editor.contains("data-kind=\"email\" autocomplete=\"off\">"), "{editor}");
    assert!(editor.contains("Take out"), "{editor}");
    assert!(page.contains("Every member of the matter is listed"), "{page}");
}

#[tokio::test]
async fn ov10_who_lost_the_matter_is_shown_as_not_notified() {
    let world = World::new();
    save(&world, json!([{ "user": EDITOR, "in_app": true, "email": true }])).await;
    forget_editor(&world);
    let page = world.get(OWNER, PAGE).await.page();
    assert!(row(&page, EDITOR).contains("may not see this matter and is not notified."), "{page}");
}

#[tokio::test]
async fn no1_who_may_not_share_is_offered_no_change() {
    let world = World::new();
    let page = world.get(EDITOR, PAGE).await.page();
    for offer in ["type=\"checkbox\"", "<select", "notifications.js", "save-bar", "data-remove"] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
}
