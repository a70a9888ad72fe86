//! The matter's Documents page: listed, uploaded, changed, moved, deleted to the bin. Where a change ends shares, the
//! plugin is told in the same unit.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use client_connect_runtime::{
    Caller, Tx as _, Unit,
    backend::Viewer,
    exports::events,
    types::{self as contract, DocumentFilter, Lane},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    arrive::{note_held, receive_for},
    caller, may_edit, platform, read, rights, row, search, text,
};
#[cfg(test)]
use crate::planted::Fault;
use crate::{
    app::SharedApp,
    store::{self, SqliteTx, audit, documents, staff::readers, users},
    web::{
        Problem,
        extract::{Path, Query, some},
        preview::{self, with_pictures},
        session::{Staff, StaffToken},
        types::{Document, Page, Sort, page},
        write::{self, Asked, Nothing, Write},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_documents, upload_document))
        .routes(routes!(get_document, change_document, delete_document))
        .routes(routes!(delete_documents))
        .routes(routes!(move_document))
}

/// The most documents that one request names, as one event reports no more.
const NAMED_MOST: usize = 1_000;
/// The longest type, in bytes.
const KIND_MOST: usize = 100;

/// Which documents, in what order, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DocumentsPage {
    /// Part of the name, compared without case and accents.
    search: Option<String>,
    /// In what order.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// The other way round.
    #[serde(default)]
    descending: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many rows, up to 200; 0 asks for the total alone.
    #[param(maximum = 200)]
    limit: Option<u32>,
}

/// The documents of a matter, as the asker may see them.
#[utoipa::path(get, path = "/api/matters/{matter}/documents", tag = "documents",
    params(("matter" = String, Path), DocumentsPage), responses((status = 200, body = Page<Document>)))]
async fn list_documents(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
    Query(list): Query<DocumentsPage>,
) -> Result<Response, Problem> {
    let page = page(list.after, list.limit)?;
    let filter = DocumentFilter {
        contacts: Vec::new(),
        lane: Lane::WholeMatter,
        search: search(list.search),
        same_content_as: None,
        sort: list.sort.into(),
        descending: list.descending,
        attributes: Vec::new(),
    };
    #[cfg(test)]
    let everything = app.planted.is(Fault::ListOfEverything);
    let answer = read(&app, token, move |unit, staff| {
        rights(unit.tx(), &staff.user, &matter)?;
        let viewer = Viewer::User(staff.user.clone());
        #[cfg(test)]
        let viewer = if everything { Viewer::Host } else { viewer };
        Ok(Page::<Document>::from(unit.tx().find_documents(&viewer, &matter, &filter, &page)?))
    });
    answer.await
}

/// The document, if this user may see it in this matter.
pub(crate) fn visible(
    tx: &mut SqliteTx,
    user: &str,
    matter: &str,
    document: &str,
) -> Result<contract::Document, Problem> {
    rights(tx, user, matter)?;
    let viewer = Viewer::User(user.to_owned());
    let found = tx.documents(&viewer, &matter.to_owned(), &[document.to_owned()])?;
    found.into_iter().next().flatten().ok_or_else(Problem::not_found)
}

/// The same for each of many, or for none.
fn all_visible(tx: &mut SqliteTx, user: &str, matter: &str, documents: &[String]) -> Result<(), Problem> {
    let viewer = Viewer::User(user.to_owned());
    let found = tx.documents(&viewer, &matter.to_owned(), documents)?;
    if found.iter().all(Option::is_some) { Ok(()) } else { Err(Problem::not_found()) }
}

/// Ids that a request names: each once, and not too many.
pub(super) fn named(mut documents: Vec<String>) -> Result<Vec<String>, Problem> {
    documents.sort_unstable();
    documents.dedup();
    match documents.len() {
        0 => Err(Problem::field("documents", "missing", "Name at least one document.")),
        1..=NAMED_MOST => Ok(documents),
        _ => Err(Problem::field("documents", "too-many", "At most 1,000 documents at once.")),
    }
}

/// A document, and who may see it.
#[derive(Debug, Serialize, ToSchema)]
struct DocumentWithReaders {
    #[serde(flatten)]
    document: Document,
    /// Who alone may see it, beside the matter's owner; none: everybody who may see the matter.
    readers: Option<Vec<String>>,
}

fn with_readers(tx: &mut SqliteTx, user: &str, matter: &str, id: &str) -> Result<DocumentWithReaders, Problem> {
    let document = visible(tx, user, matter, id)?.into();
    Ok(DocumentWithReaders { document, readers: readers(tx, id)? })
}

/// One document.
#[utoipa::path(get, path = "/api/matters/{matter}/documents/{document}", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path)),
    responses((status = 200, body = DocumentWithReaders)))]
async fn get_document(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    read(&app, token, move |unit, staff| with_readers(unit.tx(), &staff.user, &matter, &id)).await
}

/// What the file is called, and of what type it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NewDocument {
    /// The file's name.
    name: String,
    /// What the Documents page shows as type; `Document`, where none is named.
    kind: Option<String>,
}

/// Upload a file: the body is its content.
#[utoipa::path(post, path = "/api/matters/{matter}/documents", tag = "documents",
    params(("matter" = String, Path), NewDocument),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 201, body = DocumentWithReaders)))]
async fn upload_document(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    Query(new): Query<NewDocument>,
    mut asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    let kind = new.kind.as_deref().map_or_else(|| Ok("Document".to_owned()), |kind| text("kind", kind, KIND_MOST))?;
    let arrived = receive_for(&app, &staff, &matter, None, &new.name, request).await?;
    asked.also(arrived.written.sha256.as_bytes());
    let (content, name, dry_run) = (arrived.content(), arrived.name, asked.is_dry_run());
    let work = asked.run(&app, caller(&staff), StatusCode::CREATED, move |unit, caller| {
        may_edit(unit.tx(), &staff.user, &matter)?;
        let now = unit.now();
        let new = documents::New {
            id: store::new_id(),
            matter: matter.clone(),
            name: name.clone(),
            kind: kind.clone(),
            content: content.clone(),
            created_by: Some(staff.user.clone()),
            uploader: None,
            source: None,
        };
        documents::create(unit.tx(), &new, now)?;
        let row = row(unit, caller, "document.created").matter(&matter).document(&new.id);
        audit::append(unit.tx(), &staff.firm, &row)?;
        note_held(unit, caller, &staff, &matter, &new.id, &content.blob)?;
        with_readers(unit.tx(), &staff.user, &matter, &new.id)
    });
    let answer = work.await?;
    if !dry_run && !write::is_replay(&answer) {
        preview::look_ahead(&app, arrived.loose.id());
        arrived.loose.keep();
    }
    Ok(answer)
}

/// What is to change; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DocumentChange {
    name: Option<String>,
    /// What the Documents page shows as type.
    kind: Option<String>,
    /// Users who alone may see it, beside the matter's owner and the asker; `null`: everybody who may see the matter.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<Vec<String>>)]
    readers: Option<Option<Vec<String>>>,
}

/// Rename a document, change its type, or keep it for some users alone.
#[utoipa::path(patch, path = "/api/matters/{matter}/documents/{document}", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path)), request_body = DocumentChange,
    responses((status = 200, body = DocumentWithReaders)))]
async fn change_document(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, id)): Path<(String, String)>,
    write: Write<DocumentChange>,
) -> Result<Response, Problem> {
    let change = write.body;
    // A name is made harmless where it is stored; here it only has to be one.
    if change.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Problem::field("name", "missing", "A document needs a name."));
    }
    let kind = change.kind.as_deref().map(|kind| text("kind", kind, KIND_MOST)).transpose()?;
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        may_edit(unit.tx(), &staff.user, &matter)?;
        visible(unit.tx(), &staff.user, &matter, &id)?;
        let now = unit.now();
        let mut row = row(unit, caller, "document.changed").matter(&matter);
        if let Some(name) = &change.name {
            row = row.detail("name", documents::rename(unit.tx(), &id, name, now)?);
        }
        if let Some(kind) = &kind {
            documents::set_kind(unit.tx(), &id, kind)?;
            row = row.detail("kind", kind.as_str());
        }
        if let Some(given) = &change.readers {
            let readers = given.as_deref().map(|given| with_asker(unit.tx(), &staff, given)).transpose()?;
            documents::set_readers(unit.tx(), &id, readers.as_deref())?;
            row = row.detail("readers", readers);
        }
        audit::append(unit.tx(), &staff.firm, &row.document(&id))?;
        with_readers(unit.tx(), &staff.user, &matter, &id)
    });
    work.await
}

/// The users named, each of the firm, and whoever names them.
fn with_asker(tx: &SqliteTx, staff: &Staff, given: &[String]) -> Result<Vec<String>, Problem> {
    let mut readers = vec![staff.user.clone()];
    for user in given {
        if users::get(tx, user)?.is_none_or(|user| user.firm != staff.firm) {
            return Err(Problem::field("readers", "unknown-user", "There is no such user in the firm."));
        }
        readers.push(user.clone());
    }
    Ok(readers)
}

/// Documents by their ids.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// Their ids, up to 1,000.
    pub(super) documents: Vec<String>,
}

/// Put documents into the bin: all of them, or none. Every share of theirs ends.
#[utoipa::path(post, path = "/api/matters/{matter}/documents/delete", tag = "documents",
    params(("matter" = String, Path)), request_body = Named, responses((status = 204)))]
async fn delete_documents(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<Named>,
) -> Result<Response, Problem> {
    let ids = named(write.body.documents)?;
    remove(&app, staff, matter, ids, write.asked).await
}

/// Put a document into the bin. Every share of it ends.
#[utoipa::path(delete, path = "/api/matters/{matter}/documents/{document}", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path)), responses((status = 204)))]
async fn delete_document(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, id)): Path<(String, String)>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    remove(&app, staff, matter, vec![id], write.asked).await
}

async fn remove(
    app: &SharedApp,
    staff: Staff,
    matter: String,
    ids: Vec<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let gone = ids.clone();
    let work = asked.even_when_full(true).run(app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
        delete(unit, caller, &staff, &matter, &ids)
    });
    with_pictures(app, gone, work).await
}

fn delete(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    staff: &Staff,
    matter: &str,
    ids: &[String],
) -> Result<(), Problem> {
    may_edit(unit.tx(), &staff.user, matter)?;
    all_visible(unit.tx(), &staff.user, matter, ids)?;
    let now = unit.now();
    let gone = documents::delete(unit.tx(), matter, ids, now)?;
    if gone.len() != ids.len() {
        return Err(Problem::not_found());
    }
    for id in ids {
        let row = row(unit, caller, "document.deleted").matter(matter).document(id);
        audit::append(unit.tx(), &staff.firm, &row)?;
    }
    let event = events::OnDocumentDeleted { matter: matter.to_owned(), documents: gone };
    Ok(unit.call(&platform(caller), &event)?)
}

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Move {
    /// The matter that is to have it.
    matter: String,
}

/// Move a document to another matter. Its shares do not follow: they end here.
#[utoipa::path(post, path = "/api/matters/{matter}/documents/{document}/move", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path)), request_body = Move,
    responses((status = 200, body = DocumentWithReaders)))]
async fn move_document(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, id)): Path<(String, String)>,
    write: Write<Move>,
) -> Result<Response, Problem> {
    let to = write.body.matter;
    if to == matter {
        return Err(Problem::field("matter", "same-matter", "The document is in this matter already."));
    }
    #[cfg(test)]
    let with_shares = app.planted.is(Fault::MoveKeepsShares);
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        may_edit(unit.tx(), &staff.user, &matter)?;
        may_edit(unit.tx(), &staff.user, &to)?;
        visible(unit.tx(), &staff.user, &matter, &id)?;
        let now = unit.now();
        #[cfg(test)]
        if with_shares {
            let follow = "UPDATE shares SET matter = ?2 WHERE matter = ?1 AND document = ?3";
            unit.tx().conn().execute(follow, [&matter, &to, &id]).map_err(Problem::internal)?;
        }
        documents::move_to(unit.tx(), &matter, &to, &id, now)?;
        for place in [&matter, &to] {
            let row = row(unit, caller, "document.moved").matter(place).document(&id);
            let row = row.detail("from", matter.as_str()).detail("to", to.as_str());
            audit::append(unit.tx(), &staff.firm, &row)?;
        }
        let event = events::OnDocumentDeleted { matter: matter.clone(), documents: vec![id.clone()] };
        unit.call(&platform(caller), &event)?;
        with_readers(unit.tx(), &staff.user, &to, &id)
    });
    work.await
}
