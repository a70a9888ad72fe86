//! Signing in and out, as a customer (CU1): the API's own handlers, with words around them. What is shown never depends
//! on whether an address is known here.

use client_connect_pages::portal::{Code, MatterChoice, Matters, SignIn};

use super::*;
use crate::web::{
    Json,
    portal::read::choices,
    sign_in::{Visitor, customers as api},
};

/// What the address of the sign-in brings along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    next: String,
    over: String,
}

/// `/portal`: whoever is signed in goes straight on, everybody else signs in.
pub(super) async fn door(State(app): State<SharedApp>, reader: Reader, Query(back): Query<Back>) -> Response {
    if let Some(visitor) = reader.visitor.clone() {
        match blocking(&app, move |app| choices(app, &visitor)).await {
            Ok(found) => {
                let next = way_back(&back.next, "/portal");
                return match found.as_slice() {
                    _ if next != "/portal" && next.starts_with("/portal/matters/") => onward(next),
                    [only] => onward(&format!("/portal/matters/{}", only.matter)),
                    _ => {
                        let choice = |one: client_connect_runtime::types::MatterChoice| MatterChoice {
                            id: one.matter,
                            firm: one.firm,
                            name: one.name,
                        };
                        let rows = found.into_iter().map(choice).collect();
                        show(&app, reader, move |_, _, entry| Ok(Matters { frame: entry.frame, rows })).await
                    }
                };
            }
            Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {}
            Err(problem) => return failed(&app, reader, problem).await,
        }
    }
    let words = reader.words();
    let notice = match (back.over.as_str(), &reader.visitor) {
        ("sending", _) => Some(words.say("session-ended-sending")),
        ("signed-out", _) => Some(words.say("signed-out")),
        ("reading", _) | (_, Some(_)) => Some(words.say("session-ended")),
        _ => None,
    };
    let page = SignIn {
        frame: reader.outside(),
        email: String::new(),
        problem: None,
        notice,
        next: way_back(&back.next, "/portal").to_owned(),
    };
    html(StatusCode::OK, &page)
}

/// What is typed into the first form.
#[derive(Debug, Deserialize)]
pub(super) struct Address {
    email: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn ask(
    State(app): State<SharedApp>,
    reader: Reader,
    visitor: Visitor,
    Form(typed): Form<Address>,
) -> Response {
    let next = way_back(&typed.next, "/portal").to_owned();
    let body = api::AskForCode { email: typed.email.clone() };
    match api::ask_for_code(State(app.clone()), visitor, Json(body)).await {
        Ok(answer) => onward_with_cookies(&code_page(&next, false), answer.headers()),
        Err(problem) => {
            let words = reader.words();
            let said = match problem.code {
                "invalid" if typed.email.trim().is_empty() => words.say("email-missing"),
                "invalid" => words.say("email-long"),
                _ => refused(&reader, &problem),
            };
            let page = SignIn { frame: reader.outside(), email: typed.email, problem: Some(said), notice: None, next };
            html_of(&problem, &page)
        }
    }
}

fn code_page(next: &str, again: bool) -> String {
    let next = if next == "/portal" { "" } else { next };
    link("/portal/code", &[("again", if again { "yes" } else { "" }), ("next", next)])
}

/// What the address of the code's page brings along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
    again: String,
}

pub(super) async fn code(
    State(app): State<SharedApp>,
    reader: Reader,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let next = way_back(&asked.next, "/portal").to_owned();
    match api::under_way(&app, &visitor).await {
        // Asked for in another browser, or long ago.
        Ok(None) => onward(&link("/portal", &[("next", &asked.next)])),
        Ok(Some(sign_in)) => {
            let words = reader.words();
            let problem = match sign_in.blocked {
                Some(seconds) => Some(blocked(&reader, seconds)),
                None if !sign_in.open => Some(words.say("code-over")),
                None => None,
            };
            let open = problem.is_none();
            let again = !asked.again.is_empty();
            let can_ask = sign_in.blocked.is_none();
            let frame = reader.outside();
            html(StatusCode::OK, &Code { frame, email: sign_in.email, problem, open, can_ask, again, next })
        }
        Err(problem) => failed(&app, reader, problem).await,
    }
}

/// What is typed into the second form.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    code: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn redeem(
    State(app): State<SharedApp>,
    reader: Reader,
    visitor: Visitor,
    same: Visitor,
    Form(typed): Form<Typed>,
) -> Response {
    let next = way_back(&typed.next, "/portal").to_owned();
    let body = api::RedeemCode { code: typed.code };
    let problem = match api::redeem_code(State(app.clone()), visitor, Json(body)).await {
        Ok(answer) => return onward_with_cookies(&next, answer.headers()),
        Err(problem) => problem,
    };
    let sign_in = api::under_way(&app, &same).await.ok().flatten();
    let words = reader.words();
    let is_blocked = sign_in.as_ref().is_some_and(|sign_in| sign_in.blocked.is_some());
    // The last wrong try closes the door: that is said at once, and not only when the next try is refused.
    let (said, open) = match (problem.code, sign_in.as_ref().and_then(|sign_in| sign_in.blocked)) {
        ("sign-in-blocked", _) => (refused(&reader, &problem), false),
        (_, Some(seconds)) => (blocked(&reader, seconds), false),
        ("code-wrong", None) if sign_in.as_ref().is_some_and(|sign_in| sign_in.open) => (words.say("code-wrong"), true),
        ("code-wrong" | "code-over", _) => (words.say("code-over"), false),
        ("invalid", _) => (words.say("code-not-eight"), true),
        _ => (refused(&reader, &problem), true),
    };
    let can_ask = open || matches!(problem.code, "code-wrong" | "code-over") && !is_blocked;
    let email = sign_in.map(|sign_in| sign_in.email).unwrap_or_default();
    let frame = reader.at("/portal/code").outside();
    let page = Code { frame, email, problem: Some(said), open, can_ask, again: false, next };
    html_of(&problem, &page)
}

pub(super) async fn again(
    State(app): State<SharedApp>,
    reader: Reader,
    visitor: Visitor,
    Form(asked): Form<Asked>,
) -> Response {
    let next = way_back(&asked.next, "/portal").to_owned();
    let reader = reader.at("/portal/code");
    let email = match api::under_way(&app, &visitor).await {
        Ok(Some(sign_in)) => sign_in.email,
        Ok(None) => return onward(&link("/portal", &[("next", &asked.next)])),
        Err(problem) => return failed(&app, reader, problem).await,
    };
    let body = api::AskForCode { email: email.clone() };
    match api::ask_for_code(State(app.clone()), visitor, Json(body)).await {
        Ok(answer) => onward_with_cookies(&code_page(&next, true), answer.headers()),
        Err(problem) => {
            // The code of before still stands, unless the address is blocked.
            let open = problem.code == "too-many-codes";
            let said = Some(refused(&reader, &problem));
            let page = Code { frame: reader.outside(), email, problem: said, open, can_ask: false, again: false, next };
            html_of(&problem, &page)
        }
    }
}

pub(super) async fn sign_out(State(app): State<SharedApp>, reader: Reader, visitor: Visitor) -> Response {
    match api::sign_out_portal(State(app.clone()), visitor).await {
        Ok(answer) => onward_with_cookies("/portal?over=signed-out", answer.headers()),
        Err(problem) => failed(&app, reader, problem).await,
    }
}

fn blocked(reader: &Reader, seconds: u32) -> String {
    reader.words().with("blocked", "minutes", seconds.div_ceil(60).max(1))
}

/// Why no code is made or taken now.
fn refused(reader: &Reader, problem: &Problem) -> String {
    let seconds = problem.retry_after.unwrap_or(60);
    match problem.code {
        "sign-in-blocked" => blocked(reader, seconds),
        "too-many-codes" => reader.words().with("too-many-codes", "minutes", seconds.div_ceil(60).max(1)),
        _ => reader.words().say("one-moment-why"),
    }
}
