//! The content of documents, for the firm's own people: taken, replaced by a new version, and the versions before.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    arrive::{note_held, receive_for},
    caller,
    documents::visible,
    may_edit, read, row,
};
use crate::{
    app::{App, SharedApp},
    store::{audit, documents, quarantine::Held, versions},
    web::{
        self, Json, Problem, bytes,
        bytes::send::{Content, Plan, Right},
        extract::{Path, Query},
        preview::{self, Looked, Pages, Which},
        session::{self, Staff, StaffToken},
        types::Document,
        write::{self, Asked},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(document_content, replace_content))
        .routes(routes!(list_versions))
        .routes(routes!(version_content))
        .routes(routes!(document_pages))
        .routes(routes!(document_page))
}

/// The content of a document as it is now. Takes a range.
#[utoipa::path(get, path = "/api/matters/{matter}/documents/{document}/content", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path)),
    responses((status = 200, description = "The whole.", body = [u8], content_type = "application/octet-stream"),
        (status = 206, description = "The range.", body = [u8], content_type = "application/octet-stream")))]
async fn document_content(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, document)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    send(&app, Wanted { token, matter, document, version: None }, bytes::Asked::new(&method, &headers)).await
}

/// The content of an earlier version. Takes a range.
#[utoipa::path(get, path = "/api/matters/{matter}/documents/{document}/versions/{version}/content", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path), ("version" = u32, Path)),
    responses((status = 200, description = "The whole.", body = [u8], content_type = "application/octet-stream"),
        (status = 206, description = "The range.", body = [u8], content_type = "application/octet-stream")))]
async fn version_content(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, document, version)): Path<(String, String, u32)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    send(&app, Wanted { token, matter, document, version: Some(version) }, bytes::Asked::new(&method, &headers)).await
}

/// Which bytes somebody wants.
#[derive(Clone, Debug)]
struct Wanted {
    token: StaffToken,
    matter: String,
    document: String,
    version: Option<u32>,
}

impl Wanted {
    /// The bytes, if the session stands and its user may see the document now.
    fn find(&self, app: &App) -> Result<Content, Problem> {
        let Looked { blob, name, media_type, size, sha256, .. } = self.look(app)?;
        Ok(Content { blob, name, media_type, size, sha256 })
    }

    /// The same, to be shown.
    fn look(&self, app: &App) -> Result<Looked, Problem> {
        app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, &self.token)?;
            let document = visible(unit.tx(), &staff.user, &self.matter, &self.document);
            #[cfg(test)]
            let document = match document {
                Err(_) if self.version.is_some() && app.planted.is(crate::planted::Fault::OldVersionUnasked) => {
                    let host = client_connect_runtime::backend::Viewer::Host;
                    let ids = [self.document.clone()];
                    let found = client_connect_runtime::Tx::documents(unit.tx(), &host, &self.matter, &ids)?;
                    found.into_iter().next().flatten().ok_or_else(Problem::not_found)
                }
                document => document,
            };
            let document = document?;
            let version = self.version.unwrap_or(document.version);
            let version = versions::get(unit.tx(), &self.document, version)?.ok_or_else(Problem::not_found)?;
            let versions::Version { version, blob, size, sha256, media_type, .. } = version;
            #[cfg(test)]
            let blob = match blob {
                Err(_) if self.version.is_some() && app.planted.is(crate::planted::Fault::QuarantineSkipped) => {
                    let of = "SELECT blob FROM versions WHERE document = ?1 AND version = ?2";
                    let tx: &crate::store::SqliteTx = unit.tx();
                    Ok(tx.conn().query_row(of, (&self.document, version), |row| row.get(0))?)
                }
                blob => blob,
            };
            Ok(Looked { id: document.id, name: document.name, media_type, size, sha256, blob: blob?, version })
        })
    }
}

async fn send(app: &SharedApp, wanted: Wanted, asked: bytes::Asked) -> Result<Response, Problem> {
    let again = (app.clone(), wanted.clone());
    let right: Right = Arc::new(move || again.1.find(&again.0).is_ok());
    let opened = web::blocking(app, move |app| Plan::new(&asked, wanted.find(app)?).open(&app.blobs)).await?;
    Ok(opened.respond(right))
}

/// Which version.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Of {
    /// None: the current one.
    version: Option<u32>,
}

/// How many pages a version of a document has, and of what shape.
#[utoipa::path(get, path = "/api/matters/{matter}/documents/{document}/pages", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path), Of),
    responses((status = 200, body = Pages), (status = 422, description = "It cannot be shown; `errors` says why.")))]
async fn document_pages(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, document)): Path<(String, String)>,
    Query(Of { version }): Query<Of>,
) -> Result<Response, Problem> {
    let wanted = Wanted { token, matter, document, version };
    let looked = web::blocking(&app, move |app| wanted.look(app)).await?;
    let outline = preview::outline(&app, &looked).await?;
    Ok(Json(Pages::new(looked.version, outline)).into_response())
}

/// A picture of a page, the first of which is 1.
#[utoipa::path(get, path = "/api/matters/{matter}/documents/{document}/pages/{page}", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path), ("page" = u32, Path), Which),
    responses((status = 200, description = "The picture.", content_type = "image/webp"),
        (status = 422, description = "It cannot be shown; `errors` says why.")))]
async fn document_page(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, document, page)): Path<(String, String, u32)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let wanted = Wanted { token, matter, document, version: which.version };
    let looked = web::blocking(&app, move |app| wanted.look(app)).await?;
    Ok(preview::respond(preview::picture(&app, &looked, page, which.size.into(), None).await?))
}

/// On which version the new one is based.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Base {
    /// If given, and the document has another version by now, nothing is stored.
    base: Option<u32>,
}

/// Give a document a new content: the body. Whoever it is shared with sees it at once.
#[utoipa::path(put, path = "/api/matters/{matter}/documents/{document}/content", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path), Base),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 200, body = Document)))]
async fn replace_content(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, id)): Path<(String, String)>,
    Query(Base { base }): Query<Base>,
    mut asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    // The document keeps its name; a file needs one while it arrives.
    let arrived = receive_for(&app, &staff, &matter, Some(&id), "content", request).await?;
    asked.also(arrived.written.sha256.as_bytes());
    let (content, dry_run) = (arrived.content(), asked.is_dry_run());
    let work = asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        may_edit(unit.tx(), &staff.user, &matter)?;
        visible(unit.tx(), &staff.user, &matter, &id)?;
        let now = unit.now();
        let version = documents::add_version(unit.tx(), &id, &content, base, &staff.user, now)?;
        let row = row(unit, caller, "document.edited").matter(&matter).document(&id).detail("version", version);
        audit::append(unit.tx(), &staff.firm, &row)?;
        note_held(unit, caller, &staff, &matter, &id, &content.blob)?;
        Ok(Document::from(visible(unit.tx(), &staff.user, &matter, &id)?))
    });
    let answer = work.await?;
    if !dry_run && !write::is_replay(&answer) {
        preview::look_ahead(&app, arrived.loose.id());
        arrived.loose.keep();
    }
    Ok(answer)
}

/// One content of a document.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// From 1.
    version: u32,
    /// Bytes.
    size: u64,
    /// Of the content, in hex.
    sha256: String,
    /// As sniffed when it came.
    media_type: String,
    /// When it was stored.
    created_at: u64,
    /// A user; none: the contact who sent the document.
    created_by: Option<String>,
    /// Why nobody gets it: `waiting` for a scan for malware, or something was `found` in it; none: it is not held back.
    held: Option<&'static str>,
}

/// All that the document's content has been, the newest first.
#[utoipa::path(get, path = "/api/matters/{matter}/documents/{document}/versions", tag = "documents",
    params(("matter" = String, Path), ("document" = String, Path)), responses((status = 200, body = Vec<Version>)))]
async fn list_versions(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, document)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        visible(unit.tx(), &staff.user, &matter, &document)?;
        let version = |version: versions::Version| {
            let versions::Version { version, blob, size, sha256, media_type, created_at, created_by } = version;
            let held = blob.err().map(Held::word);
            Version { version, size, sha256, media_type, created_at, created_by, held }
        };
        Ok(versions::list(unit.tx(), &document)?.into_iter().map(version).collect::<Vec<_>>())
    });
    answer.await
}
