//! The sections' pages: shown to whom, what they offer to whom, and that nothing a person typed becomes markup.

use axum::http::Method;
use client_connect_runtime::{Caller, exports::events, types::Actor};
use serde_json::{Value, json};

use crate::{
    store::{contacts, documents, members},
    web::{
        Problem,
        tests::{EDITOR, OTHER_FIRM, OWNER, STRANGER, World},
    },
};

mod access;
mod notifications;
mod overview;
mod see_as;
mod sharing;
mod uploads;

const HOSTILE: &str = "<b onclick=x>\"Ann\" & 'Söhne'</b>";
const ESCAPED: &str = "&#60;b onclick=x&#62;&#34;Ann&#34; &#38; &#39;Söhne&#39;&#60;/b&#62;";

/// A contact of `m1` with this name.
fn contact(world: &World, id: &str, name: &str, email: Option<&str>) {
    let contact = contacts::Contact {
        id: id.to_owned(),
        firm: "f1".to_owned(),
        name: name.to_owned(),
        email: email.map(str::to_owned),
        locale: "en".to_owned(),
        deleted_at: None,
        attributes: Vec::new(),
    };
    let made = world.app.runtime.write(|unit| {
        contacts::create(unit.tx(), &contact)?;
        Ok::<_, Problem>(contacts::link(unit.tx(), "m1", id, "client")?)
    });
    made.unwrap();
}

/// Shares these documents with Ann.
async fn share(world: &World, documents: &[&str]) -> Value {
    let path = "/api/matters/m1/client-connect/sharing";
    let revision = world.get(OWNER, path).await.ok()["revision"].clone();
    let pairs: Vec<Value> = documents.iter().map(|id| json!({ "document": id, "contact": "ann" })).collect();
    world.write(OWNER, Method::PUT, path, json!({ "revision": revision, "share": pairs })).await.ok()
}

/// A page that members see, and nobody else: whether the matter is there does not show.
async fn is_for_members(world: &World, path: &str) {
    let there = format!("/matters/m1/client-connect{path}");
    let nowhere = world.get(OWNER, &format!("/matters/none/client-connect{path}")).await;
    assert_eq!(nowhere.status.as_u16(), 404);
    for who in [STRANGER, OTHER_FIRM] {
        let hidden = world.get(who, &there).await;
        assert_eq!((hidden.status, &hidden.body), (nowhere.status, &nowhere.body), "{who} {path}");
    }
    world.get(OWNER, &there).await.page();
    world.get(EDITOR, &there).await.page();
    let nobody = world.get("nobody", &there).await;
    assert_eq!(nobody.status.as_u16(), 303, "{path}");
    assert!(nobody.headers["location"].to_str().unwrap().starts_with("/sign-in?next=/matters/m1/"), "{nobody:?}");
}

/// Lets nobody but the owner into `m1`.
fn forget_editor(world: &World) {
    world.app.runtime.write(|unit| Ok::<_, Problem>(members::remove(unit.tx(), "m1", EDITOR)?)).unwrap();
}

/// What Ann sends through the portal, as the platform keeps it.
fn sent_by_ann(world: &World, id: &str, name: &str) {
    let new = documents::New {
        id: id.to_owned(),
        matter: "m1".to_owned(),
        name: name.to_owned(),
        kind: "Document (Portal)".to_owned(),
        content: documents::Content {
            blob: format!("blob-{id}"),
            size: 1_500_000,
            sha256: "00".repeat(32),
            media_type: "application/pdf".to_owned(),
        },
        created_by: None,
        uploader: Some("ann".to_owned()),
        source: None,
    };
    let made = world.app.runtime.write(|unit| {
        let now = unit.now();
        documents::create(unit.tx(), &new, now)?;
        let caller = Caller {
            actor: Actor::Contact("ann".to_owned()),
            locale: "en".to_owned(),
            request: None,
            attributes: Vec::new(),
        };
        let upload = events::OnUpload { matter: "m1".to_owned(), documents: vec![new.id.clone()] };
        unit.call(&caller, &upload)?;
        Ok::<_, Problem>(())
    });
    made.unwrap();
}

/// The part of a page from one text to another.
#[track_caller]
fn part<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{from:?} is not on {page}"));
    rest.split_once(to).unwrap_or_else(|| panic!("{to:?} is not behind {from:?} on {page}")).0
}
