//! How the mails to a matter's contacts fare, and sending once more what could not be delivered.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use client_connect_runtime::types::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read, rights, row};
use crate::{
    app::SharedApp,
    store::{audit, outbox},
    web::{
        Path, Problem,
        session::{Staff, StaffToken},
        write::Write,
    },
};

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_letters)).routes(routes!(resend_letter))
}

/// How the last mail of one kind to one contact fares.
#[derive(Debug, Serialize, ToSchema)]
struct LetterState {
    /// The letter's id; none while it is held back.
    letter: Option<String>,
    /// The contact's id.
    contact: String,
    /// `invited`, `shared`, or another word of the plugin's.
    topic: String,
    /// `held`, `waiting`, `sending`, `sent`, `dropped` (nothing of it was true any more) or `dead`.
    state: String,
    /// How often it has been tried.
    attempts: u32,
    /// What the mail server said, if the last try failed: a code and a word.
    said: Option<String>,
    /// When it came into being.
    created_at: Timestamp,
    /// Until when it is held back.
    due_at: Timestamp,
    /// When it left.
    sent_at: Option<Timestamp>,
}

/// The mails of a matter.
#[derive(Debug, Serialize, ToSchema)]
struct LetterStates {
    /// For each contact and topic the last one.
    items: Vec<LetterState>,
}

/// How the mails to the contacts of a matter fare.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/letters", tag = "letters",
    params(("matter" = String, Path)), responses((status = 200, body = LetterStates)))]
async fn list_letters(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        rights(unit.tx(), &staff.user, &matter)?;
        let state = |fate: outbox::Fate| LetterState {
            letter: fate.letter,
            contact: fate.contact,
            topic: fate.topic,
            state: fate.state,
            attempts: fate.attempts,
            said: fate.said,
            created_at: fate.created_at,
            due_at: fate.due_at,
            sent_at: fate.sent_at,
        };
        Ok(LetterStates { items: outbox::fates(unit.tx(), &matter)?.into_iter().map(state).collect() })
    });
    answer.await
}

/// Tries a letter once more that could not be delivered.
#[utoipa::path(post, path = "/api/matters/{matter}/client-connect/letters/{letter}/resend", tag = "letters",
    params(("matter" = String, Path), ("letter" = String, Path)), responses((status = 202, description = "It is tried again.")))]
async fn resend_letter(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, letter)): Path<(String, String)>,
    write: Write<()>,
) -> Result<Response, Problem> {
    let work = write.asked.run(&app, caller(&staff), StatusCode::ACCEPTED, move |unit, caller| {
        let now = unit.now();
        if !rights(unit.tx(), &staff.user, &matter)?.can_share {
            return Err(Problem::denied("You may not share in this matter."));
        }
        if !outbox::resend(unit.tx(), &matter, &letter, now)? {
            return Err(Problem::not_found());
        }
        let row = row(unit, caller, "letter.resent").matter(&matter).detail("letter", letter.as_str());
        audit::append(unit.tx(), &staff.firm, &row)?;
        Ok(())
    });
    work.await
}
