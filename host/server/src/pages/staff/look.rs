//! A document to look at, for staff: any version of it, or as one of their contacts sees it.

use client_connect_pages::{staff::look::LookAt, viewer::Look, words::Words};
use client_connect_runtime::Caller;

use super::*;
use crate::{
    pages::viewer::{self, Sheets, Viewing},
    store::{contacts, versions},
    web::{
        Path, Query,
        portal::preview,
        preview::Looked,
        staff::{viewing, visible},
    },
};

/// Which version, and which pages of it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    version: Option<u32>,
    from: u32,
    large: bool,
}

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path((matter, id)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Failed> {
    let here = asker.here.clone();
    let found = read(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let document = visible(unit.tx(), &staff.user, &matter, &id)?;
        let version = which.version.unwrap_or(document.version);
        let version = versions::get(unit.tx(), &id, version)?.ok_or_else(Problem::not_found)?;
        let versions::Version { version, blob, size, sha256, media_type, .. } = version;
        let base = format!("/matters/{matter}/documents/{id}");
        let page = LookAt {
            frame,
            matter: head,
            name: document.name.clone(),
            media_type: media_type.clone(),
            version,
            contact: None,
            download: Some(format!("/api{base}/versions/{version}/content")),
            back: base.clone(),
            look: Look::Soon(Words::default()),
        };
        let looked = Looked { id, name: document.name, media_type, size, sha256, blob: blob?, version };
        Ok((page, looked, base))
    });
    let (mut page, looked, base) = found.await.map_err(|problem| Failed { problem, here })?;
    let viewing = Viewing {
        words: Words::default(),
        pictures: format!("/api{base}/pages"),
        here: format!("{base}/pages?version={}", page.version),
        sheets: Sheets { from: which.from, large: which.large },
    };
    page.look = viewing.look(&app, looked).await;
    Ok(viewer::answer(&page, &page.look))
}

pub(super) async fn as_contact(
    State(app): State<SharedApp>,
    asker: Asker,
    Path((matter, contact, id)): Path<(String, String, String)>,
    Query(sheets): Query<Sheets>,
) -> Result<Response, Failed> {
    let here = asker.here.clone();
    let found = read(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let caller: Caller = viewing(staff, &contact);
        let (_, looked, _) = preview::asked(unit, &caller, &matter, &id)?;
        let who = contacts::get(unit.tx(), &contact)?.ok_or_else(Problem::not_found)?;
        let page = LookAt {
            frame,
            matter: head,
            name: looked.name.clone(),
            media_type: looked.media_type.clone(),
            version: looked.version,
            contact: Some(who.name),
            download: None,
            back: format!("/matters/{matter}/client-connect/as/{contact}"),
            look: Look::Soon(Words::default()),
        };
        let api = format!("/api/matters/{matter}/client-connect/view-as/{contact}/documents/{id}/pages");
        Ok((page, looked, api))
    });
    let (mut page, looked, pictures) = found.await.map_err(|problem| Failed { problem, here })?;
    let here = format!("{}/documents/{}", page.back, looked.id);
    page.look = Viewing { words: Words::default(), pictures, here, sheets }.look(&app, looked).await;
    Ok(viewer::answer(&page, &page.look))
}
