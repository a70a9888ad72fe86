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
    types::{Actor, Timestamp, Verb},
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
    scan,
    store::{
        self, SqliteTx,
        audit::{By, Row},
        contacts, content, documents, quarantine, told,
    },
    web::{
        self, Json, Path, Query, blocking,
        bytes::{admit, receive},
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
    /// Nobody gets it before it was scanned for malware.
    held: bool,
}

/// A file that waits for its row.
#[derive(Clone)]
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
    looked_at(&app, &caller, &matter, asked.request_id(), &waiting).await?;
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

/// Looks at files before they are documents, and has them scanned. If something is found in any, it is refused, and those
/// are told of it who would have been told of the upload.
///
/// # Errors
/// 422 `malware`, or what [`admit::check`] refuses; whoever asks has to see to it that nothing is kept.
pub(super) async fn looked_at(
    app: &SharedApp,
    caller: &Caller,
    matter: &str,
    asked: Option<&str>,
    files: &[Waiting],
) -> Result<(), Problem> {
    let all = files.to_vec();
    blocking(app, move |app| {
        all.iter().try_for_each(|file| admit::check(&app.blobs, &file.blob, &file.name, &file.written))
    })
    .await?;
    let file =
        |file: &Waiting| scan::File { blob: file.blob.clone(), size: file.written.size, name: file.name.clone() };
    let found = scan::arrived(app, files.iter().map(file).collect()).await?;
    if found.is_empty() {
        return Ok(());
    }
    let refused: Vec<Waiting> =
        files.iter().filter(|file| found.iter().any(|(one, _)| one.blob == file.blob)).cloned().collect();
    let problem = scan::refusal(&found);
    let (caller, matter) = (Caller { request: asked.map(str::to_owned), ..caller.clone() }, matter.to_owned());
    blocking(app, move |app| {
        // Whom the rules would tell they say best themselves: of documents that are made, and undone again.
        let users = app.runtime.dry_run(|unit| {
            let before = told::mark(unit.tx())?;
            store_all(unit, &caller, &matter, &refused)?;
            Ok::<_, Problem>(told::users_since(unit.tx(), &matter, before)?)
        })?;
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let firm = content::firm_of(tx, &matter)?.ok_or_else(Problem::not_found)?;
            let (base, sender) = sent_by(tx, &caller, &matter, "upload.refused", now)?;
            scan::tell_of_refusal(tx, &firm, &base, &sender, &users, &found)
        })
    })
    .await?;
    Err(problem)
}

/// The beginning of a row in the audit about what a contact sent, and their name.
fn sent_by(
    tx: &SqliteTx,
    caller: &Caller,
    matter: &str,
    action: &str,
    now: Timestamp,
) -> Result<(Row, String), Problem> {
    let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
    let name = contacts::get(tx, contact)?.map(|contact| contact.name).unwrap_or_default();
    let row = Row::new(now, By::from(&caller.actor), action).matter(matter).contact(contact);
    Ok((row.request(caller.request.as_deref()), name))
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
            content: documents::Content::new(&file.blob, &file.written),
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
            held: false,
        });
    }
    let reported = made.iter().map(|one| one.document.clone()).collect();
    let before = told::mark(unit.tx())?;
    let notes = unit.call(caller, &events::OnUpload { matter: matter.to_owned(), documents: reported })?;
    let mut notes: Vec<Fault> = notes.into_iter().map(Fault::from).collect();
    let held = held(unit.tx(), caller, matter, before, files.iter().zip(&mut made))?;
    notes.extend(held);
    let told::Told { firm, owner, others } = told::since(unit.tx(), matter, before)?;
    let told = Told { firm, owner, others };
    Ok(UploadReceipt { at, documents: made, notes, told })
}

/// Says of those that are held back that they are: to the sender, to who is told of the upload, and in the audit.
fn held<'f>(
    tx: &SqliteTx,
    caller: &Caller,
    matter: &str,
    before: i64,
    files: impl Iterator<Item = (&'f Waiting, &'f mut Uploaded)>,
) -> Result<Vec<Fault>, Problem> {
    let mut notes = Vec::new();
    for (file, one) in files {
        if quarantine::of_blob(tx, &file.blob)?.is_none() {
            continue;
        }
        let firm = content::firm_of(tx, matter)?.ok_or_else(Problem::not_found)?;
        let users = told::users_since(tx, matter, before)?;
        let (base, _) = sent_by(tx, caller, matter, "document.held", tx.now())?;
        scan::note_held(tx, &firm, &base, &one.document, &file.blob, &users)?;
        one.held = true;
        notes.push(Fault {
            code: "held-for-scan".into(),
            message: format!("“{}” was not scanned for malware yet. Nobody gets it before it was.", one.name),
            attributes: [("document".to_owned(), one.document.clone())].into(),
        });
    }
    Ok(notes)
}
