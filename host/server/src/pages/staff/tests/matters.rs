//! The list of matters, and the settings of one.

use axum::http::Method;
use serde_json::{Value, json};

use super::{EDITOR, HOSTILE, OWNER, STRANGER, World, between, is_hidden, looker, next_page};

const SETTINGS: &str = "/matters/m1/settings";

#[tokio::test]
async fn who_decides_on_a_matter_is_offered_to() {
    let world = World::new();
    is_hidden(&world, SETTINGS, "/matters/none/settings").await;
    let page = world.get(OWNER, SETTINGS).await.page();
    for dialog in ["add-member", "rights", "remove-member", "delete-matter", "close-matter"] {
        assert!(page.contains(&format!("<dialog id=\"{dialog}\"")), "{dialog}");
    }
    // Nobody takes the owner out, or away what they may do.
    let rows = between(&page, "<tbody>", "</tbody>");
    assert_eq!(rows.matches("data-open=\"remove-member\"").count(), 1, "{rows}");
    let add = between(&page, "<dialog id=\"add-member\"", "</dialog>");
    assert!(add.contains(STRANGER) && !add.contains(EDITOR), "{add}");

    let page = world.get(EDITOR, SETTINGS).await.page();
    for offer in ["add-member", "data-open=\"rights\"", "remove-member", "delete-matter", "id=\"owner\""] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
    assert!(page.contains("<dialog id=\"close-matter\"") && page.contains("name=\"discreet\""), "{page}");

    let page = world.get(looker(&world).await, SETTINGS).await.page();
    for offer in ["data-send", "data-open", "<dialog"] {
        assert!(!page.contains(offer), "{offer}: {page}");
    }
    assert!(page.contains("You may look at this matter, and not change it."), "{page}");
}

#[tokio::test]
async fn closing_says_what_the_firm_has_set_for_it() {
    let world = World::new();
    for (set, said) in [
        ("keep", "keep their access as it is"),
        ("read-only", "can send nothing more"),
        ("0", "ends at once"),
        ("14", "ends after 14 days"),
    ] {
        world.write(OWNER, Method::PATCH, "/api/firm", json!({ "when_closed": set })).await.ok();
        let page = world.get(OWNER, SETTINGS).await.page();
        assert!(between(&page, "<dialog id=\"close-matter\"", "</dialog>").contains(said), "{set}: {page}");
    }
    world.write(OWNER, Method::PATCH, "/api/matters/m1", json!({ "closed": true })).await.ok();
    let page = world.get(OWNER, SETTINGS).await.page();
    assert!(page.contains("Open it again") && !page.contains("close-matter"), "{page}");
}

#[tokio::test]
async fn deleted_matters_are_listed_apart_and_can_be_taken_back() {
    let world = World::new();
    world.write(OWNER, Method::DELETE, "/api/matters/m1", Value::Null).await.ok();
    assert!(!world.get(OWNER, "/matters").await.page().contains("Matter m1"));
    for user in [OWNER, EDITOR] {
        let page = world.get(user, "/matters?state=deleted").await.page();
        assert!(page.contains("Matter m1") && page.contains("/api/matters/m1/restore"), "{page}");
        assert!(!page.contains("href=\"/matters/m1"), "{page}");
    }
    assert!(!world.get(STRANGER, "/matters?state=deleted").await.page().contains("Matter m1"));
    world.write(OWNER, Method::POST, "/api/matters/m1/restore", Value::Null).await.ok();
    looker(&world).await;
    world.write(OWNER, Method::DELETE, "/api/matters/m1", Value::Null).await.ok();
    let page = world.get(EDITOR, "/matters?state=deleted").await.page();
    assert!(page.contains("Matter m1") && !page.contains("/api/matters/m1/restore"), "{page}");
}

#[tokio::test]
async fn matters_are_searched_filtered_and_paged() {
    let world = World::new();
    for n in 0..52 {
        let new = json!({ "name": format!("Estate {n:02}"), "reference": format!("R-{n}") });
        world.write(OWNER, Method::POST, "/api/matters", new).await.ok();
    }
    world.write(OWNER, Method::PATCH, "/api/matters/m1", json!({ "closed": true })).await.ok();
    let first = world.get(OWNER, "/matters?search=estate&state=open").await.page();
    assert_eq!(first.matches("<th scope=\"row\">").count(), 50);
    let second = world.get(OWNER, &next_page(&first)).await.page();
    assert_eq!(second.matches("<th scope=\"row\">").count(), 2);
    assert!(second.contains("name=\"state\" value=\"open\""), "a search keeps which ones: {second}");
    let closed = world.get(OWNER, "/matters?state=closed").await.page();
    assert!(closed.contains("Matter m1") && !closed.contains("Estate 00"), "{closed}");
    assert_eq!(world.get(OWNER, "/matters?after=x").await.status, 422);
}

#[tokio::test]
async fn names_on_a_matters_settings_are_text() {
    let world = World::new();
    let change = json!({ "name": HOSTILE, "reference": HOSTILE });
    world.write(OWNER, Method::PATCH, "/api/matters/m1", change).await.ok();
    for path in [SETTINGS, "/matters"] {
        let page = world.get(OWNER, path).await.page();
        assert!(!page.contains("<img src=x") && page.contains("&#60;img src=x"), "{path}: {page}");
    }
}
