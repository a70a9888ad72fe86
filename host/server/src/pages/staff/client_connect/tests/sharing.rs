//! The Sharing section's page.

use super::*;

const PAGE: &str = "/matters/m1/client-connect/sharing";

#[tokio::test]
async fn sh1_the_page_is_there_for_members_alone() {
    let world = World::new();
    world.open(&["ann"]).await;
    is_for_members(&world, "/sharing").await;
    forget_editor(&world);
    assert_eq!(world.get(EDITOR, PAGE).await.status.as_u16(), 404);
}

#[tokio::test]
async fn sh1_who_may_not_share_is_offered_no_change() {
    let world = World::new();
    world.open(&["ann"]).await;
    assert!(world.get(OWNER, PAGE).await.page().contains("data-can-share"));
    let page = world.get(EDITOR, PAGE).await.page();
    assert!(!page.contains("data-can-share") && !page.contains("data-review"), "{page}");
    assert!(page.contains("You may look at what is shared in this matter, but not change it."), "{page}");
}

#[tokio::test]
async fn sh1_there_is_no_section_while_the_firm_has_switched_it_off() {
    let world = World::new();
    world.open(&["ann"]).await;
    world.write(OWNER, Method::PATCH, "/api/firm", json!({ "enabled": false })).await.ok();
    let page = world.get(OWNER, PAGE).await;
    assert_eq!(page.status.as_u16(), 403);
    assert!(!String::from_utf8_lossy(&page.body).contains("choose-title"));
}

#[tokio::test]
async fn sh3_only_contacts_with_access_can_be_chosen() {
    let world = World::new();
    world.open(&["ann"]).await;
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("name=\"contact\" value=\"ann\""), "{page}");
    assert!(!page.contains("value=\"ben\"") && !page.contains("cora"), "{page}");
    // By name they may still stand beside a document.
    assert!(page.contains("data-person=\"ben\""), "{page}");
}

#[tokio::test]
async fn sh2_with_nobody_to_choose_the_page_says_why_and_where_to_go() {
    let world = World::new();
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("Nobody to share with yet"), "{page}");
    assert!(page.contains("href=\"/matters/m1/client-connect/access\">Give access</a>"), "{page}");
    assert!(!page.contains("sharing.js") && !page.contains("save-bar"), "{page}");
}

#[tokio::test]
async fn sh2_a_choice_tells_how_much_is_seen_already() {
    let world = World::new();
    world.open(&["ann", "ben"]).await;
    let document = world.upload("a.txt", "a").await;
    share(&world, &[&document]).await;
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("sees 1 document<") && page.contains("sees nothing yet<"), "{page}");
    // Only to Ben nothing was ever shared.
    assert!(page.contains("data-email=\"ben@customer.example\" data-access data-first>"), "{page}");
    assert!(page.contains("data-email=\"ann@customer.example\" data-access>"), "{page}");
    // The lists are read by the script, a page at a time: no document stands in the page.
    assert!(!page.contains("a.txt"), "{page}");
}

#[tokio::test]
async fn names_are_text_wherever_they_stand() {
    let world = World::new();
    contact(&world, "eve", HOSTILE, Some("eve@customer.example"));
    world.open(&["ann", "eve"]).await;
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains(&format!("data-name=\"{ESCAPED}\"")), "{page}");
    assert!(!page.contains("<b onclick"), "{page}");
}
