//! The Access section's page.

use client_connect_runtime::Unit;

use super::*;
use crate::store::{SqliteTx, outbox};

const PAGE: &str = "/matters/m1/client-connect/access";

/// The row of one contact.
fn row<'p>(page: &'p str, contact: &str) -> &'p str {
    part(page, &format!("<tr role=\"row\" data-contact=\"{contact}\""), "</tr>")
}

#[tokio::test]
async fn ov6_the_page_is_there_for_members_alone() {
    let world = World::new();
    is_for_members(&world, "/access").await;
}

#[tokio::test]
async fn ov6_who_has_access_and_may_download_is_ticked() {
    let world = World::new();
    world.open(&["ann"]).await;
    let page = world.get(OWNER, PAGE).await.page();
    let ann = row(&page, "ann");
    assert!(ann.contains("data-portal autocomplete=\"off\" checked"), "{ann}");
    assert!(!ann.contains("data-can-download autocomplete=\"off\" checked"), "{ann}");
    assert!(ann.contains("href=\"/matters/m1/client-connect/as/ann\""), "{ann}");
    let ben = row(&page, "ben");
    assert!(!ben.contains("checked") && !ben.contains("/as/ben"), "{ben}");
    assert!(page.contains("access.js") && page.contains("id=\"save-bar\""), "{page}");
}

#[tokio::test]
async fn ov6_who_may_not_share_is_offered_no_change() {
    let world = World::new();
    world.open(&["ann"]).await;
    let page = world.get(EDITOR, PAGE).await.page();
    for offer in ["type=\"checkbox\"", "type=\"date\"", "access.js", "save-bar", "data-send"] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
    assert!(row(&page, "ann").contains("Yes") && row(&page, "ben").contains("No"), "{page}");
}

#[tokio::test]
async fn ov7_the_count_has_the_uploads_in_it_and_is_grey_where_access_is_off() {
    let world = World::new();
    world.open(&["ann", "ben"]).await;
    let document = world.upload("a.txt", "a").await;
    share(&world, &[&document]).await;
    sent_by_ann(&world, "d1", "Passport.pdf");
    let page = world.get(OWNER, PAGE).await.page();
    assert!(row(&page, "ann").contains("data-count>2 (1 uploaded)<"), "{page}");
    assert!(row(&page, "ben").contains("data-count>0<"), "{page}");

    let path = "/api/matters/m1/client-connect/access";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    let close =
        json!({ "revision": revision, "changes": [{ "contact": "ann", "portal": false, "can_download": false }] });
    world.write(OWNER, Method::PUT, path, close).await.ok();
    let page = world.get(OWNER, PAGE).await.page();
    let ann = row(&page, "ann");
    assert!(ann.contains("class=\"quiet\" data-count>2 (1 uploaded)<") && ann.contains("kept, not visible"), "{ann}");
}

#[tokio::test]
async fn ac1_contacts_without_an_address_are_named_and_cannot_be_ticked() {
    let world = World::new();
    contact(&world, "dora", "Dora Stein", None);
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("Dora Stein has no usable e-mail address."), "{page}");
    assert!(!page.contains("data-contact=\"dora\""), "{page}");
}

#[tokio::test]
async fn ac2_an_address_that_another_has_too_is_said_with_their_name_and_cannot_be_ticked() {
    let world = World::new();
    contact(&world, "twin", "Ann's twin", Some("ANN@customer.example"));
    let page = world.get(OWNER, PAGE).await.page();
    let ann = row(&page, "ann");
    assert!(ann.contains("ann has the same e-mail address as Ann&#39;s twin."), "{ann}");
    assert_eq!(ann.matches(" disabled>").count(), 3, "{ann}");
}

#[tokio::test]
async fn ov6_with_no_contact_at_all_the_page_says_why_and_where_to_go() {
    let world = World::new();
    for id in ["ann", "ben"] {
        world.write(OWNER, Method::DELETE, &format!("/api/matters/m1/contacts/{id}"), Value::Null).await.ok();
    }
    let page = world.get(OWNER, PAGE).await.page();
    assert!(page.contains("No contact can be given access yet"), "{page}");
    assert!(page.contains("href=\"/matters/m1/contacts\""), "{page}");
}

#[tokio::test]
async fn ov2_an_invitation_is_followed_in_words() {
    let world = World::new();
    world.open(&["ann", "ben"]).await;
    let page = world.get(OWNER, PAGE).await.page();
    assert!(row(&page, "ann").contains("Invitation goes out"), "{page}");
    sent_by_ann(&world, "d1", "Passport.pdf");
    // The plugin's account of the upload is not hers; what she did in the portal is in the audit under her name.
    let page = world.get(OWNER, PAGE).await.page();
    assert!(row(&page, "ann").contains("Last in the portal"), "{page}");
    assert!(row(&page, "ben").contains("Invitation goes out"), "{page}");
}

#[tokio::test]
async fn ov2_an_invitation_that_came_back_is_said_and_can_be_sent_again() {
    let world = World::new();
    world.open(&["ann"]).await;
    let bounced = |unit: &mut Unit<'_, SqliteTx>| {
        let later = unit.now() + 600_000;
        outbox::gather(unit.tx(), later, 10)?;
        let dead = "UPDATE letters SET state = 'dead', last_error = '550 <unknown>'";
        unit.tx().conn().execute(dead, [])?;
        Ok::<_, Problem>(())
    };
    world.app.runtime.write(bounced).unwrap();
    let page = world.get(OWNER, PAGE).await.page();
    let ann = row(&page, "ann");
    assert!(ann.contains("Invitation could not be delivered: 550 &#60;unknown&#62;."), "{ann}");
    let again = part(ann, "data-send=\"POST\" action=\"", "\"");
    assert!(!row(&world.get(EDITOR, PAGE).await.page(), "ann").contains("data-send"));
    world.write(OWNER, Method::POST, again, Value::Null).await.ok();
    assert!(row(&world.get(OWNER, PAGE).await.page(), "ann").contains("Invitation is on its way"));
}

#[tokio::test]
async fn ov2_what_was_told_before_was_not_told_in_the_future() {
    let world = World::new();
    world.open(&["ann"]).await;
    let told = |unit: &mut Unit<'_, SqliteTx>| {
        let now = unit.now();
        outbox::told_before(unit.tx(), now)?;
        let fates = outbox::fates(unit.tx(), "m1")?;
        assert!(fates[0].sent_at.is_some_and(|sent| sent <= now) && fates[0].created_at <= now, "{fates:?}");
        Ok::<_, Problem>(())
    };
    world.app.runtime.write(told).unwrap();
    let page = world.get(OWNER, PAGE).await.page();
    assert!(row(&page, "ann").contains(", never signed in"), "{page}");
}

#[tokio::test]
async fn names_are_text_wherever_they_stand() {
    let world = World::new();
    contact(&world, "eve", HOSTILE, Some("eve@customer.example"));
    let page = world.get(OWNER, PAGE).await.page();
    assert!(row(&page, "eve").contains(&format!("data-name=\"{ESCAPED}\"")), "{page}");
    assert!(page.contains(&format!("<bdi>{ESCAPED}</bdi>")), "{page}");
    assert!(!page.contains("<b onclick"), "{page}");
}
