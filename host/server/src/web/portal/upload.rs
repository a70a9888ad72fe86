//! What a customer sends: new documents of the matter, always.
//!
//! The right is asked before a byte is read, and again in the transaction that makes the documents: what began while
//! the portal was open is refused whole if it is closed at the end. All files of one request are one event.
//!
//! What came in pieces before ([`super::tus`]) is named in JSON, and becomes documents in the same way.

use axum::{
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
    response::Response,
};
use client_connect_runtime::{
    Caller, Unit,
    exports::{events, portal},
    types::{Actor, Verb},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Visitor,
    finish::{Finish, finish},
};
use crate::{
    app::{App, SharedApp},
    blobs::Written,
    store::{self, SqliteTx, documents, told},
    web::{
        self, Json, Path, Query, blocking,
        bytes::receive,
        problem::{Fault, Problem},
        write,
    },
};

/// The type of an upload until the plugin has said what it becomes.
const KIND: &str = "Document";

/// How a raw body is called.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// The file's name; the files of a form have their own.
    name: Option<String>,
}

/// What came of an upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadReceipt {
    /// When all of it was stored and its people were told.
    at: u64,
    documents: Vec<Uploaded>,
    /// What the sender may like to know, for instance that they have sent the same before.
    notes: Vec<Fault>,
    told: Told,
}

/// Who learns of it, in the app at once or by mail in a moment.
#[derive(Debug, Serialize, ToSchema)]
struct Told {
    /// As its customers read it.
    firm: String,
    /// Who is in charge of the matter, if they are among them.
    owner: Option<String>,
    /// How many other people of the firm.
    others: u32,
}

/// One document that was made.
#[derive(Debug, Serialize, ToSchema)]
struct Uploaded {
    document: String,
    name: String,
    media_type: String,
    /// Bytes.
    size: u64,
    /// Of the content, in hex: whoever has the file can prove that this is it.
    sha256: String,
}

/// A file that waits for its row.
pub(super) struct Waiting {
    pub(super) blob: String,
    pub(super) name: String,
    pub(super) written: Written,
}

/// Sends files to the matter: one as the raw body under `name`, several as a form, or in JSON the uploads that came in
/// pieces before. Each becomes a new document, all of them together or none.
#[utoipa::path(post, path = "/api/portal/matters/{matter}/documents", tag = "portal", params(("matter" = String, Path), Named),
    request_body(content((Finish = "application/json"), ("application/octet-stream"), ("multipart/form-data"))),
    responses((status = 201, body = UploadReceipt)))]
pub(crate) async fn upload(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(matter): Path<String>,
    Query(named): Query<Named>,
    mut asked: write::Asked,
    request: Request,
) -> Result<Response, Problem> {
    if named.name.is_none() && write::is_json(request.headers()) {
        let Json(body) = Json::from_request(request, &app).await?;
        return finish(&app, visitor, matter, asked, body).await;
    }
    let (asker, place) = (visitor.clone(), matter.clone());
    let caller = match blocking(&app, move |app| app.runtime.read(|unit| may_upload(app, unit, &asker, &place))).await {
        Ok(caller) => caller,
        Err(problem) => {
            let (parts, body) = request.into_parts();
            return Err(receive::refuse(&parts.headers, body, problem).await);
        }
    };
    let arrived = receive::files(&app, request, named.name.as_deref()).await?;
    let (mut loose, mut waiting) = (Vec::new(), Vec::new());
    for file in arrived {
        asked.also(file.name.as_bytes());
        asked.also(file.written.sha256.as_bytes());
        waiting.push(Waiting { blob: file.loose.id().to_owned(), name: file.name, written: file.written });
        loose.push(file.loose);
    }
    let (host, dry_run) = (app.clone(), asked.is_dry_run());
    let answer = asked
        .run(&app, caller, StatusCode::CREATED, move |unit, caller| {
            let again = may_upload(&host, unit, &visitor, &matter)?;
            if again.actor != caller.actor {
                return Err(Problem::not_found());
            }
            store_all(unit, caller, &matter, &waiting)
        })
        .await?;
    if !dry_run && !web::write::is_replay(&answer) {
        for loose in loose {
            web::preview::look_ahead(&app, loose.id());
            loose.keep();
        }
    }
    Ok(answer)
}

/// The customer as the contact who may send to this matter now.
pub(super) fn may_upload(
    app: &App,
    unit: &mut Unit<'_, SqliteTx>,
    visitor: &Visitor,
    matter: &str,
) -> Result<Caller, Problem> {
    let caller = visitor.caller(app, unit, matter)?;
    unit.call(&caller, &portal::Permit { matter: matter.to_owned(), verb: Verb::Upload, documents: Vec::new() })?;
    Ok(caller)
}

/// Makes the documents and reports them, in one event.
pub(super) fn store_all(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    matter: &str,
    files: &[Waiting],
) -> Result<UploadReceipt, Problem> {
    let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
    let at = unit.now();
    let mut made = Vec::with_capacity(files.len());
    for file in files {
        let document = store::new_id();
        let new = documents::New {
            id: document.clone(),
            matter: matter.to_owned(),
            name: file.name.clone(),
            kind: KIND.to_owned(),
            content: documents::Content {
                blob: file.blob.clone(),
                size: file.written.size,
                sha256: file.written.sha256.clone(),
                media_type: file.written.media_type.clone(),
            },
            created_by: None,
            uploader: Some(contact.clone()),
            source: None,
        };
        documents::create(unit.tx(), &new, at)?;
        made.push(Uploaded {
            document,
            name: file.name.clone(),
            media_type: file.written.media_type.clone(),
            size: file.written.size,
            sha256: file.written.sha256.clone(),
        });
    }
    let reported = made.iter().map(|one| one.document.clone()).collect();
    let before = told::mark(unit.tx())?;
    let notes = unit.call(caller, &events::OnUpload { matter: matter.to_owned(), documents: reported })?;
    let told::Told { firm, owner, others } = told::since(unit.tx(), matter, before)?;
    let told = Told { firm, owner, others };
    Ok(UploadReceipt { at, documents: made, notes: notes.into_iter().map(Fault::from).collect(), told })
}
