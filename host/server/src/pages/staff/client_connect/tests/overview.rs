//! The Overview section's page.

use super::*;

const PAGE: &str = "/matters/m1/client-connect";

#[tokio::test]
async fn ov3_the_page_is_there_for_members_alone() {
    let world = World::new();
    is_for_members(&world, "").await;
}

#[tokio::test]
async fn ov3_the_portals_address_can_be_copied_and_holds_no_secret() {
    let world = World::new();
    world.open(&["ann"]).await;
    let page = world.get(OWNER, PAGE).await.page();
    let url = part(&page, "data-portal-url>", "</code>");
    let told = world.get(OWNER, "/api/matters/m1/client-connect").await.ok();
    assert_eq!(url, told["portal_url"].as_str().unwrap());
    assert!(!url.contains('?') && !url.contains("m1") && !url.contains("ann"), "{url}");
    assert!(page.contains("data-copy=\"portal-url\""), "{page}");
    assert_eq!(part(&world.get(EDITOR, PAGE).await.page(), "data-portal-url>", "</code>"), url);
}

#[tokio::test]
async fn ov6_it_tells_who_sees_how_much_and_what_is_unseen() {
    let world = World::new();
    world.open(&["ann", "ben"]).await;
    let (one, two) = (world.upload("a.txt", "a").await, world.upload("b.txt", "b").await);
    share(&world, &[&one, &two]).await;
    sent_by_ann(&world, "d1", "Passport.pdf");
    let page = world.get(OWNER, PAGE).await.page();
    assert!(
        page.contains("data-open>2<") && page.contains("data-shared>3<") && page.contains("data-uploaded>1<"),
        "{page}"
    );
    let ann = part(&page, "data-contact=\"ann\"", "</tr>");
    assert!(ann.contains("sharing?contacts=ann\">3 (1 uploaded)</a>"), "{ann}");
    assert!(ann.contains("Not seen yet: </span>2<") || ann.contains("Not seen yet: </span>2 "), "{ann}");
    assert!(part(&page, "class=\"latest\"", "</ul>").contains("Passport.pdf"), "{page}");
}

#[tokio::test]
async fn sh26_what_came_back_is_said_and_not_shared() {
    let world = World::new();
    world.open(&["ann"]).await;
    let document = world.upload("a.txt", "a").await;
    share(&world, &[&document]).await;
    let path = format!("/api/matters/m1/documents/{document}");
    world.write(OWNER, Method::DELETE, &path, Value::Null).await.ok();
    assert!(!world.get(OWNER, PAGE).await.page().contains("data-offered"));
    world.write(OWNER, Method::POST, "/api/matters/m1/bin/restore", json!({ "documents": [document] })).await.ok();
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("1 document that was shared before has come back to the matter."), "{page}");
    assert!(page.contains("data-shared>0<"), "{page}");
}

#[tokio::test]
async fn ov6_while_nobody_has_access_it_says_where_to_give_it() {
    let world = World::new();
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("No contact has access to the portal yet."), "{page}");
    assert!(page.contains("href=\"/matters/m1/client-connect/access\">Give access</a>"), "{page}");
    assert!(!world.get(EDITOR, PAGE).await.page().contains("Give access"));
}
