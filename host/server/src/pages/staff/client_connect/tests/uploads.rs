//! The Documents section's page.

use super::*;

const PAGE: &str = "/matters/m1/client-connect/documents";

#[tokio::test]
async fn sh27_the_page_is_there_for_members_alone() {
    let world = World::new();
    is_for_members(&world, "/documents").await;
}

#[tokio::test]
async fn sh27_what_contacts_sent_is_here_and_what_the_firm_made_is_not() {
    let world = World::new();
    world.open(&["ann"]).await;
    assert!(world.get(OWNER, PAGE).await.page().contains("Nothing has come yet"));
    world.upload("ours.txt", "a").await;
    sent_by_ann(&world, "d1", "Passport & visa.pdf");
    let page = world.get(OWNER, PAGE).await.page();
    let row = part(&page, "data-row=\"d1\"", "</tr>");
    assert!(row.contains("<bdi>Passport &#38; visa.pdf</bdi>") && row.contains("<bdi>ann</bdi>"), "{row}");
    assert!(row.contains("1.5\u{a0}MB"), "{row}");
    assert!(row.contains("href=\"/api/matters/m1/documents/d1/content\" download"), "{row}");
    assert!(row.contains("sharing?contacts=ann&#38;search=Passport%20%26%20visa.pdf"), "{row}");
    assert!(!page.contains("ours.txt"), "{page}");
}

#[tokio::test]
async fn sh24_what_was_taken_out_of_the_portal_is_still_here() {
    let world = World::new();
    world.open(&["ann"]).await;
    sent_by_ann(&world, "d1", "Passport.pdf");
    let path = "/api/matters/m1/client-connect/sharing";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    let save = json!({ "revision": revision, "unshare": [{ "document": "d1", "contact": "ann" }] });
    world.write(OWNER, Method::PUT, path, save).await.ok();
    let page = world.get(OWNER, PAGE).await.page();
    assert!(part(&page, "data-row=\"d1\"", "</tr>").contains("Taken out of the portal"), "{page}");
}

#[tokio::test]
async fn cu6_the_list_is_searched_sorted_and_paged_by_links() {
    let world = World::new();
    world.open(&["ann"]).await;
    for n in 0..55 {
        sent_by_ann(&world, &format!("d{n:02}"), &format!("Paper {n:02}.pdf"));
    }
    let page = world.get(OWNER, PAGE).await.page();
    assert_eq!(page.matches("data-row=").count(), 50);
    assert!(
        page.contains(
            "aria-sort=\"ascending\"><a class=\"sort\" href=\"/matters/m1/client-connect/documents?descending=true\">"
        ),
        "{page}"
    );
    let next = part(&page, "rel=\"next\" href=\"", "\"").replace("&#38;", "&");
    assert_eq!(world.get(OWNER, &next).await.page().matches("data-row=").count(), 5);
    let descending = world.get(OWNER, &format!("{PAGE}?descending=true")).await.page();
    assert!(part(&descending, "<tbody", "</tr>").contains("Paper 54.pdf"), "{descending}");
    let found = world.get(OWNER, &format!("{PAGE}?search=PAPER%2007")).await.page();
    assert_eq!(found.matches("data-row=").count(), 1);
    assert!(world.get(OWNER, &format!("{PAGE}?search=zzz")).await.page().contains("No match for “<bdi>zzz</bdi>”."));
}
