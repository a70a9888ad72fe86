//! Contacts of a matter, of the firm, and one of them.

use axum::http::Method;
use serde_json::{Value, json};

use super::{EDITOR, HOSTILE, OTHER_FIRM, OWNER, STRANGER, World, between, is_hidden, looker, next_page};

const LIST: &str = "/matters/m1/contacts";

#[tokio::test]
async fn a_matters_contacts_are_there_for_its_members_alone() {
    let world = World::new();
    is_hidden(&world, LIST, "/matters/none/contacts").await;
    let page = world.get(EDITOR, LIST).await.page();
    let rows = between(&page, "<tbody>", "</tbody>");
    assert!(rows.contains("ann@customer.example") && rows.contains("<bdi>client</bdi>"), "{rows}");
    assert!(!rows.contains("cora"), "{rows}");
    for dialog in ["link-contact", "new-contact", "edit-role", "unlink"] {
        assert!(page.contains(&format!("<dialog id=\"{dialog}\"")), "{dialog}");
    }
    let page = world.get(looker(&world).await, LIST).await.page();
    for offer in ["data-send", "data-open", "<dialog"] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
}

#[tokio::test]
async fn unlinking_says_that_access_and_shares_end_for_good() {
    let world = World::new();
    world.open(&["ann"]).await;
    for name in ["a.txt", "b.txt"] {
        let document = world.upload(name, name).await;
        let path = "/api/matters/m1/client-connect/sharing";
        let revision = world.get(OWNER, path).await.ok()["revision"].clone();
        let save = json!({ "revision": revision, "share": [{ "document": document, "contact": "ann" }] });
        world.write(OWNER, Method::PUT, path, save).await.ok();
    }
    let page = world.get(OWNER, LIST).await.page();
    assert_eq!(page.matches("Has access").count(), 1);
    assert!(page.contains("data-documents=\"2 documents\""), "{page}");
    let dialog = between(&page, "<dialog id=\"unlink\"", "</dialog>");
    assert!(dialog.contains("access to this matter ends now") && dialog.contains("start from nothing"), "{dialog}");
}

#[tokio::test]
async fn ac2_two_contacts_with_one_address_are_marked_wherever_they_stand() {
    let world = World::new();
    let twin = json!({ "name": "Twin", "email": " ANN@Customer.example " });
    let twin = world.write(STRANGER, Method::POST, "/api/contacts", twin).await.ok();
    let twin = format!("/contacts/{}", twin["id"].as_str().unwrap());
    for (path, other) in
        [(LIST, "<bdi>Twin</bdi>"), ("/contacts/ann", "<bdi>Twin</bdi>"), (twin.as_str(), "<bdi>ann</bdi>")]
    {
        let page = world.get(OWNER, path).await.page();
        let said = between(&page, "Also the address of", "</span>");
        assert!(said.contains(other) && said.contains("nobody can sign in with it"), "{path}: {page}");
    }
    assert_eq!(world.get(OWNER, "/contacts").await.page().matches("Also the address of").count(), 4, "wide and narrow");
    let ben = world.get(OWNER, "/contacts/ben").await.page();
    assert!(!ben.contains("Also the address of"), "{ben}");
}

#[tokio::test]
async fn the_firms_contacts_are_searched_and_paged() {
    let world = World::new();
    for n in 0..52 {
        let new = json!({ "name": format!("Zoë {n:02}"), "email": format!("z{n}@customer.example") });
        world.write(OWNER, Method::POST, "/api/contacts", new).await.ok();
    }
    let first = world.get(STRANGER, "/contacts?search=zoe").await.page();
    assert_eq!(first.matches("<tr data-id").count(), 50);
    let second = world.get(STRANGER, &next_page(&first)).await.page();
    assert_eq!(second.matches("<tr data-id").count(), 2);
    assert!(second.contains("value=\"zoe\"") && second.contains("First page"), "{second}");
    assert!(world.get(OTHER_FIRM, "/contacts").await.page().contains("has no contacts yet"));
    assert_eq!(world.get(OWNER, "/contacts?after=x").await.status, 422);
    is_hidden_contact(&world).await;
}

async fn is_hidden_contact(world: &World) {
    let theirs = world.get(OTHER_FIRM, "/contacts/ann").await;
    assert_eq!((theirs.status.as_u16(), &theirs.body), (404, &world.get(OTHER_FIRM, "/contacts/none").await.body));
}

#[tokio::test]
async fn a_contact_can_be_deleted_only_where_they_take_part_in_nothing() {
    let world = World::new();
    let page = world.get(OWNER, "/contacts/ann").await.page();
    assert!(page.contains("Matter m1") && !page.contains("delete-contact"), "{page}");
    // Cora takes part in a matter that this user may not see.
    let page = world.get(OWNER, "/contacts/cora").await.page();
    assert!(!page.contains("Matter m2") && page.contains("Matters that you may not see"), "{page}");
    assert!(!page.contains("delete-contact"), "{page}");
    world.write(OWNER, Method::DELETE, "/api/matters/m1/contacts/ann", Value::Null).await.ok();
    let page = world.get(OWNER, "/contacts/ann").await.page();
    assert!(page.contains("<dialog id=\"delete-contact\""), "{page}");
    world.write(OWNER, Method::DELETE, "/api/contacts/ann", Value::Null).await.ok();
    assert_eq!(world.get(OWNER, "/contacts/ann").await.status, 404);
}

#[tokio::test]
async fn a_new_contact_can_take_part_in_a_matter_at_once() {
    let world = World::new();
    let new = json!({ "name": "Dora", "email": null, "locale": "de", "role": " witness ", "matter": "m1" });
    let refused = world.write(STRANGER, Method::POST, "/api/contacts", new.clone()).await;
    refused.problem(404);
    assert_eq!(world.get(OWNER, "/api/contacts?search=dora").await.ok()["items"], json!([]));
    world.write(EDITOR, Method::POST, "/api/contacts", new.clone()).await.ok();
    let page = world.get(EDITOR, LIST).await.page();
    assert!(page.contains("<bdi>Dora</bdi>") && page.contains("<bdi>witness</bdi>"), "{page}");
    assert!(page.contains("No e-mail address"), "{page}");
    let audit = world.get(OWNER, "/api/matters/m1/audit?type=contact.linked").await.ok();
    assert_eq!(audit["items"][0]["body"]["contact"]["name"], "Dora");
    let looker = looker(&world).await;
    world.write(looker, Method::POST, "/api/contacts", new).await.problem(403);
}

#[tokio::test]
async fn names_on_the_contacts_pages_are_text() {
    let world = World::new();
    let change = json!({ "name": HOSTILE, "email": "\"><script>x</script>" });
    world.write(OWNER, Method::PATCH, "/api/contacts/ann", change).await.ok();
    world.write(OWNER, Method::PUT, "/api/matters/m1/contacts/ann", json!({ "role": HOSTILE })).await.ok();
    for path in [LIST, "/contacts", "/contacts/ann", "/contacts?search=%22%3E%3Cscript%3Ex"] {
        let page = world.get(OWNER, path).await.page();
        assert!(!page.contains("<img src=x") && !page.contains("<script>"), "{path}: {page}");
        assert!(page.contains("&#60;img src=x"), "{path}: {page}");
    }
    assert!(world.get(OWNER, "/contacts/ann").await.page().contains("No mail address"));
}
