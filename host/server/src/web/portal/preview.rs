//! Pictures of a document's pages, for a customer who may look at it.
//!
//! Each picture is asked for anew: the right in the transaction that finds the document, and again if drawing took so
//! long that it may have ended meanwhile. The first picture of a version leaves a receipt, before it is answered.

use std::time::{Duration, Instant};

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use client_connect_preview::Stamp;
use client_connect_runtime::{
    Caller, Unit,
    exports::{events, portal},
    types::{self as contract, Actor, Receipt, SeenDocument, Verb},
};

use super::Visitor;
use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, contacts, content, firms},
    web::{
        Json, Path, Query, blocking,
        preview::{self, Looked, Pages, Which},
        problem::Problem,
    },
};

/// A right that was asked so long ago is asked again before a picture leaves.
const STALE: Duration = Duration::from_millis(300);

/// How many pages a document has, and of what shape.
#[utoipa::path(get, path = "/api/portal/matters/{matter}/documents/{document}/pages", tag = "portal",
    params(("matter" = String, Path), ("document" = String, Path)),
    responses((status = 200, body = Pages), (status = 422, description = "It cannot be shown; `errors` says why.")))]
pub(crate) async fn pages(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((matter, document)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let asked = blocking(&app, move |app| app.runtime.read(|unit| permitted(app, unit, &visitor, &matter, &document)));
    let looked = asked.await?.looked;
    let outline = preview::outline(&app, &looked).await?;
    Ok(Json(Pages::new(looked.version, outline)).into_response())
}

/// A picture of a page, the first of which is 1.
#[utoipa::path(get, path = "/api/portal/matters/{matter}/documents/{document}/pages/{page}", tag = "portal",
    params(("matter" = String, Path), ("document" = String, Path), ("page" = u32, Path), Which),
    responses((status = 200, description = "The picture.", content_type = "image/webp"),
        (status = 422, description = "It cannot be shown; `errors` says why.")))]
pub(crate) async fn page(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((matter, document, page)): Path<(String, String, u32)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let asked = Asked { visitor, matter, document };
    let now = asked.clone();
    let may = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let may = now.permitted(app, unit)?;
            let stamp = stamp(app, unit.tx(), &now.matter, &may)?;
            Ok((may, stamp))
        })
    });
    let (may, stamp) = may.await?;
    let began = Instant::now();
    let (looked, seen) = (may.looked.if_asked(which)?, may.seen);
    let picture = preview::picture(&app, &looked, page, which.size.into(), stamp).await?;
    if !seen || began.elapsed() > STALE {
        blocking(&app, move |app| asked.shown(app, looked.version, seen)).await?;
    }
    Ok(preview::respond(picture))
}

/// Who asked for what.
#[derive(Clone)]
struct Asked {
    visitor: Visitor,
    matter: String,
    document: String,
}

impl Asked {
    fn permitted(&self, app: &App, unit: &mut Unit<'_, SqliteTx>) -> Result<May, Problem> {
        permitted(app, unit, &self.visitor, &self.matter, &self.document)
    }

    /// Asks once more whether they may, and puts down that they were shown this version.
    fn shown(&self, app: &App, version: u32, seen: bool) -> Result<(), Problem> {
        if seen {
            return app.runtime.read(|unit| self.permitted(app, unit)).map(drop);
        }
        app.runtime.write(|unit| {
            let may = self.permitted(app, unit)?;
            // What they were shown is another version's by now: the next picture leaves its receipt.
            if may.seen || may.looked.version != version {
                return Ok(());
            }
            let receipt = Receipt { version, at: unit.now(), downloaded: false, attributes: Vec::new() };
            let seen = vec![SeenDocument { document: self.document.clone(), receipt }];
            Ok(unit.call(&may.caller, &events::OnDocumentSeen { matter: self.matter.clone(), seen })?)
        })
    }
}

/// What a customer may look at.
pub(crate) struct May {
    caller: Caller,
    /// The content.
    pub(crate) looked: Looked,
    /// Whether a receipt of it is there.
    seen: bool,
}

/// The document's content, if this customer may look at it now.
pub(crate) fn permitted(
    app: &App,
    unit: &mut Unit<'_, SqliteTx>,
    visitor: &Visitor,
    matter: &str,
    document: &str,
) -> Result<May, Problem> {
    let caller = visitor.caller(app, unit, matter)?;
    let (_, looked, seen) = asked(unit, &caller, matter, document)?;
    Ok(May { caller, looked, seen })
}

/// What is burned into the page that this customer looks at.
fn stamp(app: &App, tx: &SqliteTx, matter: &str, may: &May) -> Result<Option<Stamp>, Problem> {
    let Actor::Contact(contact) = &may.caller.actor else { return Err(Problem::not_found()) };
    let who = contacts::get(tx, contact)?.and_then(|contact| contact.email).unwrap_or_default();
    Ok(wanted(tx, matter)?.then(|| preview::stamp(app, &who, &may.looked)))
}

/// The document and its content, if the plugin lets this caller, a contact or somebody viewing as one, look at it now; and
/// whether a receipt of it is there.
pub(crate) fn asked(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    matter: &str,
    document: &str,
) -> Result<(contract::Document, Looked, bool), Problem> {
    let contact = match &caller.actor {
        Actor::Contact(contact) => contact,
        Actor::ViewingAs(viewing) => &viewing.contact,
        _ => return Err(Problem::not_found()),
    };
    let permit =
        portal::Permit { matter: matter.to_owned(), verb: Verb::Preview, documents: vec![document.to_owned()] };
    let permitted = unit.call(caller, &permit)?.into_iter().find(|one| one.id == document);
    let permitted = permitted.ok_or_else(Problem::not_found)?;
    let found = content::current(unit.tx(), matter, document, Some(contact))?.ok_or_else(Problem::not_found)?;
    let content::Content { blob, name, media_type, size, sha256, version, seen, .. } = found;
    let looked = Looked { id: document.to_owned(), name, media_type, size, sha256, blob: blob?, version };
    Ok((permitted, looked, seen))
}

/// Whether the matter's firm wants its customers' addresses on what they look at.
pub(crate) fn wanted(tx: &SqliteTx, matter: &str) -> Result<bool, Problem> {
    let firm = content::firm_of(tx, matter)?.ok_or_else(Problem::not_found)?;
    Ok(firms::get(tx, &firm)?.is_some_and(|firm| firm.watermark))
}
