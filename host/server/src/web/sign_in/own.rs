//! A user's own password and sessions: changed, looked at and ended by themselves, and ended by an administrator.
//!
//! Whoever changes their password shows the old one; their other sessions end, this one gets a new token, and they are
//! told by mail.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use client_connect_runtime::Unit;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Visitor,
    account::{anew, colleague},
    address,
    staff::judged,
};
use crate::{
    app::SharedApp,
    mail::account,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        outbox,
        sessions::{self, TokenHash},
        users,
    },
    web::{
        blocking,
        extract::{Json, Path},
        password,
        problem::Problem,
        session::{self, CookieKind, Secret, Staff, StaffToken},
        staff::{caller, row},
        write::{Nothing, Write},
    },
};

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(change_password))
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
        .routes(routes!(end_sessions_of))
}

/// The password there is, and the one there shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    #[schema(max_length = 1024)]
    pub(crate) password: String,
    /// At least twelve characters.
    #[schema(min_length = 12, max_length = 1024)]
    pub(crate) new_password: String,
}

/// Changes your own password. All your other sessions end.
#[utoipa::path(post, path = "/api/me/password", tag = "sign-in", request_body = ChangePassword, responses((status = 204)))]
async fn change_password(
    State(app): State<SharedApp>,
    staff: Staff,
    visitor: Visitor,
    Json(body): Json<ChangePassword>,
) -> Result<Response, Problem> {
    let cookie = change(&app, staff, visitor, body).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The same, for a page. Answers the cookie of the session that goes on.
///
/// # Errors
/// `password-wrong`, or what is wrong with the new one.
pub(crate) async fn change(
    app: &SharedApp,
    staff: Staff,
    visitor: Visitor,
    body: ChangePassword,
) -> Result<HeaderValue, Problem> {
    let (right, _) = judged(app, visitor, address(&staff.email)?.1, body.password).await?;
    if right.is_none() {
        return Err(Problem::field("password", "password-wrong", "This is not your password."));
    }
    let session = Secret::new()?;
    let (hash, cookie) = (session.hash(), session.set(CookieKind::Staff, app.web.https, None));
    blocking(app, move |app| {
        let phc = password::hash(&body.new_password)
            .map_err(|said| Problem::field("new_password", "not-a-password", said))?;
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let staff = session::staff(app, tx, now, &staff.token)?;
            users::set_password(tx, &staff.user, Some(&phc))?;
            anew(tx, &staff, &hash, now)?;
            audit::append(tx, &staff.firm, &Row::new(now, By::User(staff.user.clone()), "sign-in.password-changed"))?;
            Ok::<_, Problem>(outbox::put_account(tx, &staff.firm, &staff.user, account::PASSWORD_CHANGED, now)?)
        })?;
        app.outbox.notify_one();
        Ok(())
    })
    .await?;
    Ok(cookie)
}

/// A session of yours.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Names it; it is not what its cookie holds, nor can that be found out by it.
    pub(crate) id: String,
    /// When it began.
    pub(crate) since: u64,
    /// When it was last used, to the minute.
    pub(crate) seen_at: u64,
    /// Whether it is the one that asks.
    pub(crate) this: bool,
}

fn id(token: &TokenHash) -> String {
    hex::encode(&Sha256::new().chain_update(b"name of a session").chain_update(token).finalize()[..16])
}

/// The user's sessions, the last used first.
///
/// # Errors
/// As the store fails.
pub(crate) fn sessions_of(tx: &SqliteTx, staff: &Staff, now: u64) -> Result<Vec<Session>, Problem> {
    let unused = now.saturating_sub(session::STAFF_IDLE);
    let listed = sessions::of_user(tx, &staff.user, now, unused)?.into_iter();
    let session = |listed: sessions::Listed| Session {
        id: id(&listed.token),
        since: listed.since,
        seen_at: listed.seen_at,
        this: StaffToken(listed.token) == staff.token,
    };
    Ok(listed.map(session).collect())
}

/// Ends one of the user's sessions by its name, or all but the one that asks.
///
/// # Errors
/// `not-found` if none of theirs has this name.
pub(crate) fn end_own(
    unit: &mut Unit<'_, SqliteTx>,
    staff: &Staff,
    which: Option<&str>,
    row: &Row,
) -> Result<(), Problem> {
    let now = unit.now();
    let tx: &SqliteTx = unit.tx();
    let wanted = |token: &TokenHash| match which {
        Some(name) => id(token) == name,
        None => StaffToken(*token) != staff.token,
    };
    let mut ended = 0;
    for listed in sessions::of_user(tx, &staff.user, now, 0)? {
        if wanted(&listed.token) {
            sessions::end(tx, &listed.token)?;
            ended += 1;
        }
    }
    match (ended, which) {
        (0, Some(_)) => Err(Problem::not_found()),
        (0, None) => Ok(()),
        _ => Ok(audit::append(tx, &staff.firm, row)?),
    }
}

/// In which browsers you are signed in.
#[utoipa::path(get, path = "/api/me/sessions", tag = "sign-in", responses((status = 200, body = Vec<Session>)))]
async fn list_sessions(State(app): State<SharedApp>, token: StaffToken) -> Result<Json<Vec<Session>>, Problem> {
    let read = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, &token)?;
            sessions_of(unit.tx(), &staff, now)
        })
    });
    read.await.map(Json)
}

/// Sign out in all other browsers.
#[utoipa::path(delete, path = "/api/me/sessions", tag = "sign-in", responses((status = 204)))]
async fn end_other_sessions(
    State(app): State<SharedApp>,
    staff: Staff,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    end(app, staff, None, write).await
}

/// Sign out in one browser.
#[utoipa::path(delete, path = "/api/me/sessions/{session}", tag = "sign-in", params(("session" = String, Path)), responses((status = 204)))]
async fn end_session(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(name): Path<String>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    end(app, staff, Some(name), write).await
}

/// Does that, on a full disk too.
async fn end(app: SharedApp, staff: Staff, which: Option<String>, write: Write<Nothing>) -> Result<Response, Problem> {
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            let row = row(unit, caller, "sign-in.ended").detail("user", staff.user.as_str());
            end_own(unit, &staff, which.as_deref(), &row)
        });
    work.await
}

/// Sign a colleague out everywhere. Takes an administrator.
#[utoipa::path(delete, path = "/api/users/{user}/sessions", tag = "firm", params(("user" = String, Path)), responses((status = 204)))]
async fn end_sessions_of(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(user): Path<String>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            let found = colleague(unit.tx(), &staff, &user, "Only an administrator may sign others out.")?;
            if sessions::end_of_user(unit.tx(), &found.id)? > 0 {
                let row = row(unit, caller, "sign-in.ended").detail("user", user.as_str());
                audit::append(unit.tx(), &found.firm, &row)?;
            }
            Ok(())
        });
    work.await
}
