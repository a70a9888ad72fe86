//! Uploads by a plain form, and the receipt: a page of its own, so that loading it anew sends nothing again.
//!
//! What is refused is said on the matter's page, above the form.

use axum::{body::to_bytes, extract::Request};
use client_connect_pages::portal::{Frame, Sent, SentRow};
use client_connect_runtime::{Unit, types::Actor};

use super::*;
use crate::{
    store::{content, quarantine},
    web::{
        bytes::receive,
        portal::upload::{Named, upload as api},
        write::Asked,
    },
};

/// The most files that a receipt lists.
const LISTED: usize = 200;
/// A receipt of the API is never larger.
const RECEIPT_BYTES: usize = 4 << 20;

/// What is read of the API's receipt.
#[derive(Debug, Deserialize)]
struct Stored {
    at: u64,
}

pub(super) async fn upload(
    State(app): State<SharedApp>,
    reader: Reader,
    Path(matter): Path<String>,
    asked: Asked,
    request: Request,
) -> Response {
    let path = format!("/portal/matters/{matter}");
    let reader = reader.at(&path);
    let Some(visitor) = reader.visitor.clone() else {
        let (parts, body) = request.into_parts();
        let problem = receive::refuse(&parts.headers, body, Problem::sign_in_needed()).await;
        return failed(&app, reader, problem).await;
    };
    let sent = api(State(app.clone()), visitor, Path(matter.clone()), Query(Named::default()), asked, request).await;
    let problem = match sent {
        Ok(answer) => {
            let body = to_bytes(answer.into_body(), RECEIPT_BYTES).await.map_err(Problem::internal);
            match body.and_then(|body| serde_json::from_slice::<Stored>(&body).map_err(Problem::internal)) {
                Ok(Stored { at }) => return onward(&format!("{path}/sent/{at}")),
                Err(problem) => problem,
            }
        }
        Err(problem) => problem,
    };
    let said = match message(&problem) {
        Some(said) => said,
        None => return failed(&app, reader, problem).await,
    };
    let status = problem.status;
    let work = move |app: &App, unit: &mut Unit<'_, SqliteTx>, entry: Entry| {
        let words = entry.frame.words;
        let said = match said {
            "upload-too-large" => words.with("upload-too-large", "size", words.size(app.web.upload_limit)),
            said => words.say(said),
        };
        read::matter_page(app, unit, entry, &matter, &read::Wanted::default(), Some(said))
    };
    show_as(status, &app, reader, work).await
}

/// What is to be said above the form; nothing where the matter's page cannot be shown either.
fn message(problem: &Problem) -> Option<&'static str> {
    let fault = problem.errors.first().map(|fault| fault.code.as_ref()).unwrap_or_default();
    match (fault, problem.code, problem.status.as_u16()) {
        (_, _, 401 | 404) | ("firm-off", ..) => None,
        ("matter-closed", ..) => Some("upload-closed"),
        ("nobody-in-charge", ..) => Some("nobody-in-charge"),
        ("missing", ..) => Some("upload-none"),
        ("empty", ..) => Some("upload-empty"),
        ("too-many", ..) => Some("upload-too-many"),
        ("malware", ..) => Some("upload-malware"),
        ("unpacks-to-too-much", ..) => Some("upload-unpacked"),
        ("other-kind", ..) => Some("upload-other-kind"),
        (_, "too-large", _) => Some("upload-too-large"),
        (_, "storage-full", _) => Some("upload-no-room"),
        (_, "upload-broken-off" | "broken-form", _) | (_, _, 408) => Some("upload-broken-off"),
        _ => Some("upload-failed"),
    }
}

pub(super) async fn receipt(
    State(app): State<SharedApp>,
    reader: Reader,
    Path((matter, at)): Path<(String, String)>,
) -> Response {
    let work = move |app: &App, unit: &mut Unit<'_, SqliteTx>, entry: Entry| {
        let caller = entry.visitor.caller(app, unit, &matter)?;
        let about = read::about(app, unit, &caller, &entry.customer, &matter)?;
        let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
        // What is no moment of the clock is of no upload.
        let moment = at.parse().ok().filter(|at: &u64| i64::try_from(*at).is_ok());
        let at = moment.ok_or_else(Problem::not_found)?;
        let mut sent = content::sent_at(unit.tx(), &matter, contact, at)?;
        if sent.is_empty() {
            return Err(Problem::not_found());
        }
        let more = sent.len().saturating_sub(LISTED);
        sent.truncate(LISTED);
        let held = quarantine::of_documents(unit.tx(), sent.iter().map(|one| one.document.as_str()))?;
        let rows = sent.into_iter().map(|one| SentRow {
            held: quarantine::among(&held, &one.document).map(read::held),
            id: one.document,
            name: one.name,
            media_type: one.media_type,
            size: one.size,
            sha256: one.sha256,
            before: one.before,
        });
        let frame = Frame { firm: Some(about.firm.clone()), ..entry.frame };
        Ok(Sent { frame, matter: about, at, rows: rows.collect(), more })
    };
    show(&app, reader, work).await
}
