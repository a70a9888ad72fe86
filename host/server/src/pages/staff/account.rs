//! A user's own account: their second factor, by plain forms. What holds a secret is the answer to a form, and has no
//! address at which it could be read again.

use axum::http::{HeaderValue, header};
use client_connect_pages::{
    show::{Qr, When},
    staff::account::{Account, Factor, Recovery, Session},
};

use super::*;
use crate::{
    store::{
        audit::{By, Row},
        sessions::Stage,
    },
    web::{
        Json,
        sign_in::{
            Visitor,
            account::{self as api, OWN},
            own as sessions,
        },
    },
};

/// What is typed into a form that asks for a code.
#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
}

/// What is typed into the form that begins.
#[derive(Deserialize)]
pub(super) struct Password {
    #[serde(default)]
    password: String,
}

/// Reads for who is signed in, or has to set up a factor to be.
async fn own<T: Send + 'static>(
    app: &SharedApp,
    asker: &Asker,
    work: impl FnOnce(&App, &SqliteTx, &Staff, Frame) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Failed> {
    let (token, here) = (asker.token, asker.here.clone());
    let read = web::blocking(app, move |app| {
        let token = token.ok_or_else(Problem::sign_in_needed)?;
        app.runtime.read(|unit| {
            let now = unit.now();
            let (staff, stage) = session::at_stage(app, unit.tx(), now, &token, &OWN)?;
            let frame = frame(app, unit.tx(), &staff, stage == Stage::FactorDue)?;
            work(app, unit.tx(), &staff, frame)
        })
    });
    read.await.map_err(|problem| Failed { problem, here })
}

async fn account(app: &SharedApp, asker: &Asker, problem: Option<(&'static str, String)>) -> Result<Account, Failed> {
    let now = app.runtime.now();
    own(app, asker, move |_, tx, staff, frame| {
        let sessions = if frame.half { Vec::new() } else { sessions::sessions_of(tx, staff, now)? };
        let sessions = sessions.into_iter().map(|session| Session {
            id: session.id,
            since: When(session.since),
            seen: When(session.seen_at),
            this: session.this,
        });
        let sessions = sessions.collect();
        let api::FactorState { since, recovery_left, required } = api::state(tx, staff)?;
        Ok(Account { frame, since: since.map(When), recovery_left, required, sessions, problem })
    })
    .await
}

pub(super) async fn page(State(app): State<SharedApp>, asker: Asker) -> Result<Response, Failed> {
    Ok(html(StatusCode::OK, &account(&app, &asker, None).await?))
}

/// The page again, with what went wrong at its form; whoever is signed out meanwhile signs in.
async fn again(app: &SharedApp, asker: Asker, form: &'static str, problem: Problem) -> Result<Response, Failed> {
    if problem.status == StatusCode::UNAUTHORIZED {
        return Err(Failed { problem, here: "/account".to_owned() });
    }
    let page = account(app, &asker, Some((form, said(&problem)))).await?;
    Ok(html_of(&problem, &page))
}

/// A problem, in words.
fn said(problem: &Problem) -> String {
    match (problem.code, problem.errors.first()) {
        (_, Some(fault)) => fault.message.clone(),
        ("sign-in-blocked", None) => {
            format!("Too many tries. Try again in {} minutes.", problem.retry_after.unwrap_or(60).div_ceil(60).max(1))
        }
        (_, None) if problem.detail.is_empty() => "This does not work right now. Try again in a moment.".to_owned(),
        (_, None) => problem.detail.to_string(),
    }
}

fn with_cookie(mut answer: Response, cookie: HeaderValue) -> Response {
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

pub(super) async fn begin(
    State(app): State<SharedApp>,
    asker: Asker,
    visitor: Visitor,
    Form(typed): Form<Password>,
) -> Result<Response, Failed> {
    let Some(token) = asker.token else { return again(&app, asker, "begin", Problem::sign_in_needed()).await };
    let body = Json(api::BeginFactor { password: typed.password });
    match api::begin_factor(State(app.clone()), token, visitor, body).await {
        Ok(Json(begun)) => factor(&app, &asker, begun, None).await,
        Err(problem) => again(&app, asker, "begin", problem).await,
    }
}

async fn factor(
    app: &SharedApp,
    asker: &Asker,
    begun: api::Begun,
    problem: Option<&Problem>,
) -> Result<Response, Failed> {
    let frame = own(app, asker, |_, _, _, frame| Ok(frame)).await?;
    let page = Factor { frame, secret: begun.secret, picture: Qr(begun.uri), problem: problem.map(said) };
    Ok(match problem {
        None => html(StatusCode::OK, &page),
        Some(problem) => html_of(problem, &page),
    })
}

pub(super) async fn confirm(
    State(app): State<SharedApp>,
    asker: Asker,
    Form(typed): Form<Typed>,
) -> Result<Response, Failed> {
    let Some(token) = asker.token else { return again(&app, asker, "begin", Problem::sign_in_needed()).await };
    match api::confirm(&app, token, typed.code).await {
        Ok(changed) => recovery(&app, asker, changed).await,
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let begun = own(&app, &asker, |app, tx, staff, _| api::begun(app, tx, staff)).await?;
            factor(&app, &asker, begun, Some(&problem)).await
        }
        // Nothing was begun: it is begun on the account's page.
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(onward("/account")),
        Err(problem) => again(&app, asker, "begin", problem).await,
    }
}

/// The codes, shown this once, for the session that goes on.
async fn recovery(
    app: &SharedApp,
    asker: Asker,
    (codes, cookie): api::Changed<api::Recovery>,
) -> Result<Response, Failed> {
    let token = session::StaffToken::of_cookie(&cookie);
    let frame = own(app, &Asker { token, ..asker }, |_, _, _, frame| Ok(frame)).await?;
    let page = Recovery { frame, codes: codes.recovery_codes };
    Ok(with_cookie(html(StatusCode::OK, &page), cookie))
}

pub(super) async fn end(
    State(app): State<SharedApp>,
    asker: Asker,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Failed> {
    let Some(token) = asker.token else { return again(&app, asker, "end", Problem::sign_in_needed()).await };
    match api::end(&app, token, visitor, typed.code).await {
        Ok(((), cookie)) => Ok(with_cookie(onward("/account"), cookie)),
        Err(problem) => again(&app, asker, "end", problem).await,
    }
}

pub(super) async fn renew(
    State(app): State<SharedApp>,
    asker: Asker,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Failed> {
    let Some(token) = asker.token else { return again(&app, asker, "renew", Problem::sign_in_needed()).await };
    match api::renew(&app, token, visitor, typed.code).await {
        Ok(changed) => recovery(&app, asker, changed).await,
        Err(problem) => again(&app, asker, "renew", problem).await,
    }
}

/// What is typed into the form that changes the password; the address beside it is for password managers.
#[derive(Deserialize)]
pub(super) struct NewPassword {
    password: String,
    new_password: String,
}

pub(super) async fn password(
    State(app): State<SharedApp>,
    asker: Asker,
    visitor: Visitor,
    staff: Result<Staff, Problem>,
    Form(typed): Form<NewPassword>,
) -> Result<Response, Failed> {
    let staff = match staff {
        Ok(staff) => staff,
        Err(problem) => return again(&app, asker, "password", problem).await,
    };
    let body = sessions::ChangePassword { password: typed.password, new_password: typed.new_password };
    match sessions::change(&app, staff, visitor, body).await {
        Ok(cookie) => Ok(with_cookie(onward("/account"), cookie)),
        Err(problem) => again(&app, asker, "password", problem).await,
    }
}

/// Which session is to end; none: all others.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    session: Option<String>,
}

pub(super) async fn end_sessions(
    State(app): State<SharedApp>,
    asker: Asker,
    Form(which): Form<Which>,
) -> Result<Response, Failed> {
    let (token, here) = (asker.token, "/account".to_owned());
    let ended = web::blocking(&app, move |app| {
        let token = token.ok_or_else(Problem::sign_in_needed)?;
        app.runtime.write(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, &token)?;
            let row = Row::new(now, By::User(staff.user.clone()), "sign-in.ended").detail("user", staff.user.as_str());
            sessions::end_own(unit, &staff, which.session.as_deref(), &row)
        })
    });
    match ended.await {
        // One that is over is as it should be.
        Err(problem) if problem.status != StatusCode::NOT_FOUND => Err(Failed { problem, here }),
        _ => Ok(onward("/account")),
    }
}
