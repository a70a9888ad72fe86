//! Signing in and out, as staff.

use client_connect_pages::staff::{SignIn, account::Code};

use super::{
    super::{link, onward_with_cookies, way_back},
    *,
};
use axum::http::header::SET_COOKIE;

use crate::{
    store::sessions::Stage,
    web::{
        Json, Path,
        session::CookieKind,
        sign_in::{Visitor, factor, oidc, staff as api},
    },
};

/// Where a page's reader signs in and comes back from.
pub(super) fn address(here: &str) -> String {
    let here = if here == "/matters" { "" } else { here };
    link("/sign-in", &[("next", here)])
}

/// Where to go on to.
fn next(asked: &str) -> &str {
    ["/matters", "/contacts", "/audit", "/settings", "/notices", "/account"]
        .into_iter()
        .map(|beginning| way_back(asked, beginning))
        .find(|way| *way == asked)
        .unwrap_or("/matters")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    next: String,
}

/// What is typed into the form.
#[derive(Deserialize)]
pub(super) struct Typed {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Where somebody goes on who has shown their password, and owes more.
fn owed(stage: Option<Stage>, next: &str) -> Option<String> {
    match stage? {
        Stage::Whole => None,
        Stage::CodeDue => Some(link("/sign-in/code", &[("next", if next == "/matters" { "" } else { next })])),
        Stage::FactorDue => Some("/account".to_owned()),
    }
}

pub(super) async fn page(State(app): State<SharedApp>, visitor: Visitor, Query(back): Query<Back>) -> Response {
    // If that cannot be found out now, they sign in from the beginning.
    let stage = factor::stage(&app, &visitor).await.unwrap_or_default();
    if let Some(place) = owed(stage, next(&back.next)) {
        return onward(&place);
    }
    html(StatusCode::OK, &door(&app, String::new(), None, &back.next))
}

pub(super) async fn sign_in(State(app): State<SharedApp>, visitor: Visitor, Form(typed): Form<Typed>) -> Response {
    let body = api::SignInStaff { email: typed.email.clone(), password: typed.password };
    match api::sign_in_staff(State(app.clone()), visitor, Json(body)).await {
        // What is owed, the door says: it knows the session now.
        Ok(answer) if answer.status() == StatusCode::ACCEPTED => {
            onward_with_cookies(&address(next(&typed.next)), answer.headers())
        }
        Ok(answer) => onward_with_cookies(next(&typed.next), answer.headers()),
        Err(problem) => {
            let minutes = problem.retry_after.unwrap_or(60).div_ceil(60).max(1);
            let said = match problem.code {
                "password-wrong" | "invalid" => "This address and password do not belong together.".to_owned(),
                "sign-in-blocked" => format!("Too many wrong tries. Try again in {minutes} minutes."),
                _ => "Signing in does not work right now. Try again in a moment.".to_owned(),
            };
            let page = door(&app, typed.email, Some(said), &typed.next);
            html_of(&problem, &page)
        }
    }
}

/// The form, with what went wrong.
fn door(app: &App, email: String, problem: Option<String>, asked: &str) -> SignIn {
    let next = next(asked);
    let beyond = if next == "/matters" { "" } else { next };
    let providers = app.oidc.all().iter();
    let providers = providers.map(|provider| {
        (link(&format!("/sign-in/oidc/{}", provider.name), &[("next", beyond)]), provider.label.clone())
    });
    SignIn { email, problem, next: next.to_owned(), providers: providers.collect(), demo: app.mailer.is_mailbox() }
}

/// To the firm's identity provider. It is a link and no form: what a form leads to is this host's alone.
pub(super) async fn to_provider(
    State(app): State<SharedApp>,
    Path(provider): Path<String>,
    Query(back): Query<Back>,
) -> Response {
    match oidc::begin(&app, provider, next(&back.next).to_owned()).await {
        Ok((place, browser)) => {
            let mut answer = onward(&place);
            let cookie = browser.set(CookieKind::Oidc, app.web.https, None);
            answer.headers_mut().append(SET_COOKIE, cookie);
            answer
        }
        Err(problem) => not_by_provider(&app, &problem, &back.next),
    }
}

/// And back from it.
pub(super) async fn from_provider(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(provider): Path<String>,
    Query(returned): Query<oidc::Returned>,
) -> Response {
    match oidc::finish(&app, visitor, provider, returned).await {
        Ok((answer, place)) if answer.status() == StatusCode::ACCEPTED => {
            onward_with_cookies(&address(next(&place)), answer.headers())
        }
        Ok((answer, place)) => onward_with_cookies(next(&place), answer.headers()),
        Err(problem) => {
            let mut answer = not_by_provider(&app, &problem, "");
            answer.headers_mut().append(SET_COOKIE, session::clear(CookieKind::Oidc, app.web.https));
            answer
        }
    }
}

/// Why the provider did not sign them in, where a password still does.
fn not_by_provider(app: &App, problem: &Problem, next: &str) -> Response {
    let said = match problem.code {
        "not-found" => return problem_page(problem, ("/sign-in", "To the sign-in")),
        "not-a-member" => {
            "You were signed in there, and nobody who works here is known by it. Ask an administrator of your firm."
        }
        "provider-signed-nobody-in" => "You were not signed in there. Try again, or sign in with your password.",
        "provider-answer-refused" => "This sign-in is over, or was begun in another browser. Begin it again from here.",
        "provider-unreachable" => {
            "Your firm’s own sign-in does not answer right now. Sign in with your password, or try again later."
        }
        _ => "Signing in does not work right now. Try again in a moment.",
    };
    html_of(problem, &door(app, String::new(), Some(said.to_owned()), next))
}

/// What is typed where a code is due.
#[derive(Deserialize)]
pub(super) struct TypedCode {
    code: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn code_page(State(app): State<SharedApp>, visitor: Visitor, Query(back): Query<Back>) -> Response {
    match factor::stage(&app, &visitor).await {
        Ok(Some(Stage::CodeDue)) => html(StatusCode::OK, &Code { problem: None, next: next(&back.next).to_owned() }),
        Ok(_) => onward(&address(next(&back.next))),
        Err(problem) => problem_page(&problem, ("/sign-in", "To the sign-in")),
    }
}

pub(super) async fn code(
    State(app): State<SharedApp>,
    asker: Asker,
    visitor: Visitor,
    Form(typed): Form<TypedCode>,
) -> Response {
    let next = next(&typed.next).to_owned();
    let Some(token) = asker.token else { return onward(&address(&next)) };
    match factor::give_code(State(app), token, visitor, Json(factor::GiveCode { code: typed.code })).await {
        Ok(answer) => onward_with_cookies(&next, answer.headers()),
        Err(problem) if problem.code == "sign-in-needed" => onward(&address(&next)),
        Err(problem) => {
            let minutes = problem.retry_after.unwrap_or(60).div_ceil(60).max(1);
            let said = match (problem.code, problem.errors.first()) {
                ("sign-in-blocked", _) => format!("Too many wrong codes. Try again in {minutes} minutes."),
                ("code-wrong", _) => problem.detail.to_string(),
                (_, Some(fault)) => fault.message.clone(),
                _ => "Signing in does not work right now. Try again in a moment.".to_owned(),
            };
            html_of(&problem, &Code { problem: Some(said), next })
        }
    }
}

pub(super) async fn sign_out(State(app): State<SharedApp>, visitor: Visitor) -> Response {
    match api::sign_out_staff(State(app), visitor).await {
        Ok(answer) => onward_with_cookies("/sign-in", answer.headers()),
        Err(problem) => problem_page(&problem, ("/matters", "To your matters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_back_to_where_it_was_asked_for_and_nowhere_else() {
        assert_eq!(address("/matters"), "/sign-in");
        assert_eq!(address("/matters/m1?a=b&c"), "/sign-in?next=/matters/m1%3Fa%3Db%26c");
        assert_eq!(next("/audit?days=7"), "/audit?days=7");
        for evil in ["", "/api/me", "//evil.example/matters", "https://evil.example"] {
            assert_eq!(next(evil), "/matters");
        }
    }
}
