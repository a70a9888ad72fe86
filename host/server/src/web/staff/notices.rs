//! What the app shows a user: the notices that came to them.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read};
use crate::{
    app::SharedApp,
    store::{SqliteTx, inbox},
    web::{
        Problem,
        extract::Query,
        session::{Staff, StaffToken},
        types,
        write::Write,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_notices)).routes(routes!(read_notices))
}

/// The most notices that one request marks.
const MARKED_MOST: usize = 1_000;

/// A notice in the app.
#[derive(Debug, Serialize, ToSchema)]
struct Notice {
    /// Its id.
    id: String,
    /// The matter that it is about.
    matter: Option<String>,
    /// Plain text.
    text: String,
    /// When it came.
    created_at: u64,
    /// When it was marked as read.
    read_at: Option<u64>,
}

/// A page of notices, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Notices {
    /// The notices.
    items: Vec<Notice>,
    /// Where the next page begins.
    next: Option<String>,
    /// How many are not marked as read, on any page.
    unread: u32,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NoticesPage {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many rows, up to 200; 0 asks for the count alone.
    #[param(maximum = 200)]
    limit: Option<u32>,
}

/// What the app has to say to whoever asks.
#[utoipa::path(get, path = "/api/notices", tag = "notices", params(NoticesPage), responses((status = 200, body = Notices)))]
async fn list_notices(
    State(app): State<SharedApp>,
    token: StaffToken,
    Query(page): Query<NoticesPage>,
) -> Result<Response, Problem> {
    let limit = types::limit(page.limit)?;
    let answer = read(&app, token, move |unit, staff| {
        let (messages, next) = page_of(unit.tx(), &staff.user, page.after.as_deref(), limit)?;
        let notice = |message: inbox::Message| {
            let inbox::Message { n: _, id, matter, text, created_at, read_at } = message;
            Notice { id, matter, text, created_at, read_at }
        };
        let items = messages.into_iter().map(notice).collect();
        Ok(Notices { items, next, unread: inbox::unread(unit.tx(), &staff.user)? })
    });
    answer.await
}

/// A page of a user's notices, and where the next one begins.
pub(crate) fn page_of(
    tx: &SqliteTx,
    user: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<inbox::Message>, Option<String>), Problem> {
    let bad_cursor = |_| Problem::field("after", "bad-cursor", "This is no cursor of this list.");
    let before = after.map(|after| after.parse::<i64>().map_err(bad_cursor)).transpose()?;
    let mut messages = inbox::list(tx, user, before, limit + 1)?;
    let more = messages.len() > limit as usize;
    messages.truncate(limit as usize);
    let next = messages.last().filter(|_| more).map(|last| last.n.to_string());
    Ok((messages, next))
}

/// Which notices have been read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoticesRead {
    /// Their ids, up to 1,000.
    #[serde(default)]
    notices: Vec<String>,
    /// All that there are.
    #[serde(default)]
    all: bool,
}

/// How many are left.
#[derive(Debug, Serialize, ToSchema)]
struct NoticesLeft {
    /// How many are not marked as read.
    unread: u32,
}

/// Mark notices as read: all of them, or none if one is not there.
#[utoipa::path(post, path = "/api/notices/read", tag = "notices", request_body = NoticesRead,
    responses((status = 200, body = NoticesLeft)))]
async fn read_notices(
    State(app): State<SharedApp>,
    staff: Staff,
    write: Write<NoticesRead>,
) -> Result<Response, Problem> {
    let NoticesRead { notices: ids, all } = write.body;
    if ids.len() > MARKED_MOST {
        return Err(Problem::field("notices", "too-many", "At most 1,000 notices at once."));
    }
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, _| {
        let now = unit.now();
        if all {
            inbox::read_all(unit.tx(), &staff.user, now)?;
        }
        for id in &ids {
            if !inbox::read(unit.tx(), &staff.user, id, now)? {
                return Err(Problem::not_found());
            }
        }
        Ok(NoticesLeft { unread: inbox::unread(unit.tx(), &staff.user)? })
    });
    work.await
}
