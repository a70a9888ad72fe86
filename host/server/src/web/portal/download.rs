//! The bytes of one document, for a customer who may take them.
//!
//! The right is asked in the transaction that finds the bytes. The first time that a customer takes a version, that
//! is put down, and audited, before a byte leaves; later times only read.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use client_connect_runtime::{
    Caller, Failure, Tx as _, Unit,
    backend::Viewer,
    exports::{events, portal},
    types::{Actor, Receipt, Refusal, SeenDocument, Verb},
};

use super::Visitor;
use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, content},
    web::{
        Path, blocking,
        bytes::{
            Asked,
            send::{Content, Plan, Right},
        },
        problem::Problem,
    },
};

/// A document's content, as an attachment. Takes one range.
#[utoipa::path(get, path = "/api/portal/matters/{matter}/documents/{document}/content", tag = "portal",
    params(("matter" = String, Path), ("document" = String, Path)),
    responses(
        (status = 200, description = "The content, whole.", content_type = "application/octet-stream"),
        (status = 206, description = "The range that was asked for.", content_type = "application/octet-stream"),
        (status = 304, description = "The asker has it already."),
    ))]
pub(crate) async fn download(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((matter, document)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = Asked::new(&method, &headers);
    let held = right(&app, &visitor, &matter, &document);
    #[cfg(test)]
    let unasked = app.planted.answers_unasked(&method, &headers);
    let opened = blocking(&app, move |app| {
        #[cfg(test)]
        if unasked {
            let found = crate::planted::Planted::content(app, &matter, &document)?;
            return Plan::new(&asked, of(&found)?).open(&app.blobs);
        }
        let found = app.runtime.read(|unit| permitted(app, unit, &visitor, &matter, &document))?;
        let mut plan = Plan::new(&asked, of(&found)?);
        if plan.sends_bytes() && !found.taken {
            let found = taken(app, &visitor, &matter, &document)?;
            plan = Plan::new(&asked, of(&found)?);
        }
        plan.open(&app.blobs)
    });
    Ok(opened.await?.respond(held))
}

/// Asks the same again while bytes flow.
pub(super) fn right(app: &SharedApp, visitor: &Visitor, matter: &str, document: &str) -> Right {
    let (app, visitor) = (app.clone(), visitor.clone());
    let (matter, document) = (matter.to_owned(), document.to_owned());
    Arc::new(move || {
        // Who is told to come back in a moment does so, twice; bytes for which nobody answers do not flow.
        for _ in 0..3 {
            match app.runtime.read(|unit| permitted(&app, unit, &visitor, &matter, &document)) {
                Ok(_) => return true,
                Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(_) => return false,
            }
        }
        false
    })
}

/// The content, if this customer may take it now.
pub(super) fn permitted(
    app: &App,
    unit: &mut Unit<'_, SqliteTx>,
    visitor: &Visitor,
    matter: &str,
    document: &str,
) -> Result<content::Content, Problem> {
    #[cfg(test)]
    if let Some(known) = app.planted.decided(visitor.token, matter, document) {
        return Ok(known);
    }
    let caller = visitor.caller(app, unit, matter)?;
    let found = ask(unit, &caller, matter, document)?;
    #[cfg(test)]
    app.planted.decide(visitor.token, matter, document, &found);
    Ok(found)
}

fn ask(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    matter: &str,
    document: &str,
) -> Result<content::Content, Problem> {
    let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
    let permit =
        portal::Permit { matter: matter.to_owned(), verb: Verb::Download, documents: vec![document.to_owned()] };
    match unit.call(caller, &permit) {
        Ok(permitted) if permitted.iter().any(|one| one.id == document) => {
            content::current(unit.tx(), matter, document, Some(contact))?.ok_or_else(Problem::not_found)
        }
        Ok(_) => Err(Problem::not_found()),
        // Who may not download is told so of what they see in their list; all else is not there.
        Err(failure @ Failure::Refused(Refusal::Denied(_))) => {
            let (matter, viewer) = (matter.to_owned(), Viewer::Contact(contact.clone()));
            match unit.tx().documents(&viewer, &matter, &[document.to_owned()])?.pop().flatten() {
                Some(_) => Err(failure.into()),
                None => Err(Problem::not_found()),
            }
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The same, and puts down that they take it, unless that has been done for this version.
pub(super) fn taken(app: &App, visitor: &Visitor, matter: &str, document: &str) -> Result<content::Content, Problem> {
    app.runtime.write(|unit| {
        let caller = visitor.caller(app, unit, matter)?;
        let found = ask(unit, &caller, matter, document)?;
        if !found.taken && found.blob.is_ok() {
            let receipt = Receipt { version: found.version, at: unit.now(), downloaded: true, attributes: Vec::new() };
            let seen = vec![SeenDocument { document: document.to_owned(), receipt }];
            unit.call(&caller, &events::OnDocumentSeen { matter: matter.to_owned(), seen })?;
        }
        Ok(found)
    })
}

/// What of the row concerns the bytes, unless they are held back.
pub(super) fn of(found: &content::Content) -> Result<Content, Problem> {
    Ok(Content {
        blob: found.blob.clone()?,
        name: found.name.clone(),
        media_type: found.media_type.clone(),
        size: found.size,
        sha256: found.sha256.clone(),
    })
}
