//! The documents of a matter, one of them, and the bin.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{EDITOR, HOSTILE, OWNER, World, between, is_hidden, looker, next_page};

const LIST: &str = "/matters/m1/documents";

async fn share(world: &World, document: &str) {
    let path = "/api/matters/m1/client-connect/sharing";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    let save = json!({ "revision": revision, "share": [{ "document": document, "contact": "ann" }] });
    world.write(OWNER, Method::PUT, path, save).await.ok();
}

#[tokio::test]
async fn a_matter_opens_at_its_documents() {
    let world = World::new();
    let front = world.get(OWNER, "/matters/m1").await;
    assert_eq!((front.status.as_u16(), &front.headers[header::LOCATION]), (303, &LIST.parse().unwrap()));
    let page = world.get(OWNER, LIST).await.page();
    assert!(page.contains("Matter m1") && page.contains("No documents in this matter yet."), "{page}");
}

#[tokio::test]
async fn documents_are_there_for_members_alone() {
    let world = World::new();
    let id = world.upload("a.txt", "a").await;
    is_hidden(&world, LIST, "/matters/none/documents").await;
    is_hidden(&world, "/matters/m1/bin", "/matters/none/bin").await;
    is_hidden(&world, &format!("{LIST}/{id}"), "/matters/none/documents/none").await;
    world.get(EDITOR, LIST).await.page();
    // A document that is kept from them is not there either, nor in another matter.
    world.write(OWNER, Method::PATCH, &format!("/api/matters/m1/documents/{id}"), json!({ "readers": [] })).await.ok();
    let kept = world.get(EDITOR, &format!("{LIST}/{id}")).await;
    assert_eq!((kept.status.as_u16(), kept.body), (404, world.get(EDITOR, &format!("{LIST}/none")).await.body));
    assert!(!world.get(EDITOR, LIST).await.page().contains("a.txt"));
    let page = world.get(OWNER, &format!("{LIST}/{id}")).await.page();
    assert!(page.contains("Only for"), "{page}");
}

#[tokio::test]
async fn who_may_only_look_is_offered_no_change() {
    let world = World::new();
    let id = world.upload("a.txt", "a").await;
    world.upload("b.txt", "b").await;
    world.write(OWNER, Method::DELETE, &format!("/api/matters/m1/documents/{id}"), Value::Null).await.ok();
    let id = world.upload("c.txt", "c").await;
    let paths = [LIST.to_owned(), format!("{LIST}/{id}"), "/matters/m1/bin".to_owned()];
    for path in &paths {
        let page = world.get(EDITOR, path).await.page();
        assert!(page.contains("data-send"), "{path}: {page}");
    }
    let looker = looker(&world).await;
    for path in &paths {
        let page = world.get(looker, path).await.page();
        for offer in ["data-send", "data-open", "data-uploads", "popovertarget", "type=\"file\"", "<dialog"] {
            assert!(!page.contains(offer), "{path} offers {offer}: {page}");
        }
    }
    assert!(world.get(looker, LIST).await.page().contains("content\" download"));
}

#[tokio::test]
async fn names_on_the_documents_pages_are_text() {
    let world = World::new();
    let id = world.upload("a.txt", "a").await;
    let change = json!({ "name": HOSTILE, "kind": HOSTILE });
    world.write(OWNER, Method::PATCH, &format!("/api/matters/m1/documents/{id}"), change).await.ok();
    world.write(OWNER, Method::PATCH, "/api/matters/m1", json!({ "name": HOSTILE })).await.ok();
    let search = format!("{LIST}?search=%3Cimg%20src%3Dx%22%20autofocus");
    for path in [LIST, &format!("{LIST}/{id}"), &search, "/matters/m1/bin"] {
        let page = world.get(OWNER, path).await.page();
        assert!(!page.contains("<img src=x"), "{path}: {page}");
        assert!(!page.contains("=x\" autofocus"), "{path}: {page}");
        assert!(page.contains("&#60;img src=x"), "{path}: {page}");
    }
    world.write(OWNER, Method::DELETE, &format!("/api/matters/m1/documents/{id}"), Value::Null).await.ok();
    let bin = world.get(OWNER, "/matters/m1/bin").await.page();
    // What files are called is made harmless before that.
    assert!(bin.contains("data-name=\"_img src=x onerror=alert(1)__&#39;&#38;\""), "{bin}");
}

#[tokio::test]
async fn sh14_an_upload_of_a_contact_shows_type_owner_and_source() {
    let world = World::new();
    world.open(&["ann"]).await;
    let id = world.upload("passport.txt", "p").await;
    // As the portal stores it; the way through the portal has tests of its own.
    world
        .app
        .runtime
        .write(|unit| {
            let sql = "UPDATE documents SET uploader = 'ann', kind = 'Document (Portal)' WHERE id = ?1";
            unit.tx().conn().execute(sql, [&id]).unwrap();
            Ok::<_, crate::web::Problem>(())
        })
        .unwrap();
    let page = world.get(EDITOR, LIST).await.page();
    let row = between(&page, "<tbody>", "</tbody>");
    assert!(row.contains("Document (Portal)") && row.contains("Client Portal"), "{row}");
    assert!(row.contains("#cloud-upload") && row.contains("from <bdi>ann</bdi>"), "{row}");
    assert!(row.contains(&format!("<bdi>{OWNER}</bdi>")), "{row}");
    let page = world.get(EDITOR, &format!("{LIST}/{id}")).await.page();
    assert!(page.contains("Client Portal") && page.contains("from <bdi>ann</bdi>"), "{page}");
}

#[tokio::test]
async fn a_document_says_who_sees_it_while_they_do() {
    let world = World::new();
    world.open(&["ann"]).await;
    let id = world.upload("a.txt", "a").await;
    assert!(!world.get(EDITOR, LIST).await.page().contains("Shared with"));
    share(&world, &id).await;
    assert!(world.get(EDITOR, LIST).await.page().contains("Shared with 1"));
    let one = world.get(EDITOR, &format!("{LIST}/{id}")).await.page();
    assert!(between(&one, "seen-title", "</section>").contains("<bdi>ann</bdi>"), "{one}");
    // Access that is off: nobody sees it, though the share is kept.
    let path = "/api/matters/m1/client-connect/access";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    let off = json!([{ "contact": "ann", "portal": false, "can_download": false }]);
    world.write(OWNER, Method::PUT, path, json!({ "revision": revision, "changes": off })).await.ok();
    assert!(!world.get(EDITOR, LIST).await.page().contains("Shared with"));
    let one = world.get(EDITOR, &format!("{LIST}/{id}")).await.page();
    assert!(one.contains("Nobody outside the firm."), "{one}");
}

#[tokio::test]
async fn cu6_the_list_is_sorted_both_ways_and_says_how() {
    let world = World::new();
    for name in ["b.txt", "a.txt", "c.txt"] {
        world.upload(name, name).await;
    }
    let order = async |query: &str| {
        let page = world.get(OWNER, &format!("{LIST}{query}")).await.page();
        let mut names: Vec<(usize, &str)> = ["a.txt", "b.txt", "c.txt"]
            .into_iter()
            .map(|name| (page.find(&format!("data-name=\"{name}\"")).unwrap(), name))
            .collect();
        names.sort_unstable();
        let sorted = between(&page, "aria-sort=\"", "\"").to_owned();
        (names.into_iter().map(|(_, name)| &name[..1]).collect::<String>(), sorted)
    };
    let is = |names: &str, order: &str| (names.to_owned(), order.to_owned());
    assert_eq!(order("").await, is("abc", "ascending"));
    assert_eq!(order("?descending=true").await, is("cba", "descending"));
    assert_eq!(order("?sort=created").await, is("bac", "ascending"));
    assert_eq!(order("?sort=created&descending=true").await, is("cab", "descending"));
    assert_eq!(order("?sort=activity&descending=true").await, is("cab", "descending"));
    let page = world.get(OWNER, &format!("{LIST}?search=.TXT&sort=created&descending=true")).await.page();
    assert!(page.contains("search=.TXT&#38;sort=created\""), "the other way round keeps the search: {page}");
    assert!(page.contains("name=\"sort\" value=\"created\""), "a search keeps the order: {page}");
}

#[tokio::test]
async fn the_list_goes_on_where_it_ended() {
    let world = World::new();
    for n in 0..53 {
        world.upload(&format!("n{n:02}.txt"), "x").await;
    }
    let first = world.get(OWNER, &format!("{LIST}?search=n&descending=true")).await.page();
    assert_eq!(first.matches("<tr data-id").count(), 50);
    assert!(first.contains("53 documents"), "{first}");
    let second = world.get(OWNER, &next_page(&first)).await.page();
    assert_eq!(second.matches("<tr data-id").count(), 3);
    assert!(second.contains("data-name=\"n00.txt\"") && !second.contains("rel=\"next\""), "{second}");
    assert!(second.contains("First page"), "{second}");
    let wrong = world.get(OWNER, &format!("{LIST}?after=x")).await;
    assert_eq!(wrong.status, 422);
    let ids: Vec<Value> =
        world.get(OWNER, "/api/matters/m1/documents?limit=60").await.ok()["items"].as_array().unwrap().clone();
    let ids: Vec<&Value> = ids.iter().map(|document| &document["id"]).collect();
    world.write(OWNER, Method::POST, "/api/matters/m1/documents/delete", json!({ "documents": ids })).await.ok();
    let first = world.get(OWNER, "/matters/m1/bin").await.page();
    assert_eq!(first.matches("<tr data-id").count(), 50);
    assert_eq!(world.get(OWNER, &next_page(&first)).await.page().matches("<tr data-id").count(), 3);
    assert_eq!(world.get(OWNER, "/matters/m1/bin?after=x").await.status, 422);
}

#[tokio::test]
async fn sh25_the_dialog_says_that_deleting_ends_the_shares() {
    let world = World::new();
    let id = world.upload("a.txt", "a").await;
    for path in [LIST, &format!("{LIST}/{id}")] {
        let page = world.get(EDITOR, path).await.page();
        let dialog = between(&page, "<dialog id=\"delete\"", "</dialog>");
        assert!(dialog.contains("Every share of it ends now") && dialog.contains("the bin"), "{dialog}");
        assert!(dialog.contains("data-send=\"DELETE\""), "{dialog}");
        let dialog = between(&page, "<dialog id=\"move\"", "</dialog>");
        assert!(dialog.contains("Its shares do not follow"), "{dialog}");
    }
}

#[tokio::test]
async fn sh26_after_a_restore_the_page_offers_the_earlier_shares_and_no_more() {
    let world = World::new();
    world.open(&["ann"]).await;
    let id = world.upload("a.txt", "a").await;
    share(&world, &id).await;
    let path = format!("/api/matters/m1/documents/{id}");
    world.write(EDITOR, Method::DELETE, &path, Value::Null).await.ok();
    let bin = world.get(EDITOR, "/matters/m1/bin").await.page();
    let then = between(&bin, "data-then=\"", "\"").to_owned();
    world.write(EDITOR, Method::POST, "/api/matters/m1/bin/restore", json!({ "documents": [id] })).await.ok();
    let page = world.get(OWNER, &then).await.page();
    assert!(page.contains("offered in Sharing") && page.contains("Look at what is offered"), "{page}");
    assert!(!page.contains("Shared with 1"), "{page}");
    // Who may not share is told, and not sent there.
    let page = world.get(EDITOR, &then).await.page();
    assert!(page.contains("offered in Sharing") && !page.contains("Look at what is offered"), "{page}");
    assert!(!world.get(OWNER, LIST).await.page().contains("Back in the matter"));
    // Nobody has access any more: nothing is offered.
    world.write(EDITOR, Method::DELETE, "/api/matters/m1/contacts/ann", Value::Null).await.ok();
    let page = world.get(OWNER, &then).await.page();
    assert!(page.contains("Back in the matter.") && !page.contains("Look at what"), "{page}");
}

#[tokio::test]
async fn sh17_a_document_shows_every_version_with_its_bytes() {
    let world = World::new();
    let id = world.upload("a.txt", "one").await;
    let put = World::request(EDITOR, Method::PUT, &format!("/api/matters/m1/documents/{id}/content?base=1"));
    world.send(put.body(axum::body::Body::from("two")).unwrap()).await.ok();
    let page = world.get(EDITOR, &format!("{LIST}/{id}")).await.page();
    let versions = between(&page, "versions-title", "</section>");
    assert_eq!(versions.matches("<tr><th scope=\"row\">").count(), 2);
    for version in [1, 2] {
        let path = format!("/api/matters/m1/documents/{id}/versions/{version}/content");
        assert!(versions.contains(&path), "{versions}");
        world.get(EDITOR, &path).await;
    }
    let stored = [OWNER, EDITOR].map(|user| versions.contains(&format!("<bdi>{user}</bdi>")));
    assert_eq!(stored, [true, true], "{versions}");
    assert!(between(&page, "<dialog id=\"new-version\"", "</dialog>").contains("No mail is sent"), "{page}");
}
