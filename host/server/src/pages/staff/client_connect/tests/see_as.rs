//! The portal as a contact sees it, shown to staff.

use super::*;

const PAGE: &str = "/matters/m1/client-connect/as/ann";

#[tokio::test]
async fn ov4_the_page_is_there_for_members_alone() {
    let world = World::new();
    world.open(&["ann"]).await;
    is_for_members(&world, "/as/ann").await;
}

#[tokio::test]
async fn ov4_it_shows_what_the_portal_shows_and_nothing_else() {
    let world = World::new();
    world.open(&["ann", "ben"]).await;
    let (shared, not) = (world.upload("shared.txt", "a").await, world.upload("not-shared.txt", "b").await);
    share(&world, &[&shared]).await;
    sent_by_ann(&world, "d1", "Passport.pdf");
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("You see what <bdi>ann</bdi> sees in the portal."), "{page}");
    assert!(page.contains("shared.txt") && page.contains("Passport.pdf") && !page.contains("not-shared.txt"), "{page}");
    // It is read-only: no way to a byte of a document, but to its pages as the contact is shown them.
    for offer in ["/content", "download>", &not, "data-send"] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
    assert_eq!(page.matches(&shared).count(), page.matches(&format!("/as/ann/documents/{shared}\"")).count(), "{page}");
    assert!(!world.get(OWNER, "/matters/m1/client-connect/as/ben").await.page().contains("shared.txt"));
}

#[tokio::test]
async fn it_stands_in_the_audit_and_leaves_no_receipt() {
    let world = World::new();
    world.open(&["ann"]).await;
    let document = world.upload("a.txt", "a").await;
    share(&world, &[&document]).await;
    world.get(OWNER, PAGE).await.page();
    let rows = world.get(OWNER, "/api/matters/m1/audit?type=portal.viewed-as").await.ok();
    assert_eq!((&rows["items"][0]["actor"], &rows["items"][0]["acting_for"]), (&json!(OWNER), &json!("ann")));
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
    let list = world.get(OWNER, "/api/matters/m1/client-connect/sharing/documents?contacts=ann").await.ok();
    assert_eq!(list["items"][0]["shares"][0]["seen"], Value::Null);
    assert!(world.get(OWNER, PAGE).await.page().contains("New"));
}

#[tokio::test]
async fn ov4_who_has_no_access_sees_nothing_and_so_does_who_looks_as_them() {
    let world = World::new();
    world.open(&["ann"]).await;
    let nobody = world.get(OWNER, "/matters/m1/client-connect/as/none").await;
    for contact in ["ben", "cora"] {
        let page = world.get(OWNER, &format!("/matters/m1/client-connect/as/{contact}")).await;
        assert_eq!((page.status.as_u16(), &page.body), (404, &nobody.body), "{contact}");
    }
}
