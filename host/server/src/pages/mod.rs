//! The pages for people: what is asked of the store and the plugin here, and shown by `client-connect-pages`.
//!
//! Pages read by the same functions as the API, and change nothing that the API could not change. Whoever is not
//! signed in is taken to the sign-in and back; what goes wrong is said on a page, with the status of the API.
//!
//! | module | what it is |
//! |---|---|
//! | `staff` | the pages of the firm's own people |
//! | `portal` | the pages of its customers |
//! | `mailbox` | the demo's mailbox |
//! | `viewer` | a document to look at |
//! | `small` | compression |

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use client_connect_pages::{Template, assets, plain};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    app::SharedApp,
    web::{Path, Problem},
};

mod mailbox;
pub mod portal;
mod small;
pub mod staff;
mod viewer;

/// Every page. The mailbox is there only in the demo.
pub fn routes(with_mailbox: bool) -> Router<SharedApp> {
    Router::new()
        .route("/", get(home))
        .route("/assets/{version}/{name}", get(asset))
        .merge(staff::routes())
        .merge(portal::routes())
        .merge(mailbox::routes(with_mailbox))
        .layer(axum::middleware::from_fn(small::small))
}

/// An address at which there is nothing: whoever reads pages is told so on one, and a program as everywhere in the API.
pub(crate) async fn nothing(
    State(app): State<SharedApp>,
    reader: portal::Reader,
    path: Uri,
    headers: HeaderMap,
) -> Response {
    if path.path().starts_with("/portal/") {
        return portal::nothing(app, reader).await;
    }
    let reads = headers
        .get(header::ACCEPT)
        .and_then(|kinds| kinds.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"));
    if reads && !path.path().starts_with("/api/") {
        return problem_page(&Problem::not_found(), ("/", "To the start"));
    }
    Problem::not_found().into_response()
}

async fn home(State(app): State<SharedApp>) -> Response {
    html(StatusCode::OK, &plain::Home { demo: app.mailer.is_mailbox() })
}

/// A style, script or icon; its address changes with it, so it may be kept.
async fn asset(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let (media_type, bytes) = assets::get(&version, &name).ok_or_else(Problem::not_found)?;
    let mut answer = Body::from(bytes).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(answer)
}

/// A page as an answer.
fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], text)
            .into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// The same for a page that says a problem: with its status, and when to try again.
fn html_of(problem: &Problem, page: &impl Template) -> Response {
    let mut answer = html(problem.status, page);
    if let Some(seconds) = problem.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// On to another page, which is then asked for with GET; `path` is one of this host's own.
fn onward(path: &str) -> Response {
    // What is not a header could only come from a path that a person made up.
    let place = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// The same, with the cookies that another answer sets.
fn onward_with_cookies(path: &str, from: &HeaderMap) -> Response {
    let mut answer = onward(path);
    for cookie in from.get_all(header::SET_COOKIE) {
        answer.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    answer
}

/// The address of a page with these values behind it; those that are empty are left out.
fn link(path: &str, values: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(if address.len() == path.len() { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        address.push_str(&escaped(value).to_string());
    }
    address
}

/// As it stands in a query: slashes stay, as they do no harm there.
fn escaped(value: &str) -> impl std::fmt::Display {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(value, KEPT)
}

/// What was typed to look for; blanks alone are nothing.
fn searched(typed: &str) -> Option<String> {
    Some(typed.trim()).filter(|search| !search.is_empty()).map(str::to_owned)
}

/// A path of this host to come back to, if `asked` is one that begins like this: never another site's.
fn way_back<'p>(asked: &'p str, beginning: &'static str) -> &'p str {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let below = asked.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if below && asked.bytes().all(plain) && asked.len() <= 1_000 { asked } else { beginning }
}

/// What went wrong, as a page: in words, and with a way on.
fn problem_page(problem: &Problem, onward: (&str, &str)) -> Response {
    let (title, otherwise) = match problem.status.as_u16() {
        403 => ("Not allowed", "You may not do this here."),
        404 => ("Not here", "This page is not there, or not for you to see. It may have been moved or deleted."),
        413 => ("Too large", "This is larger than what can be sent."),
        429 => ("Too many tries", "Wait a little, then try again."),
        503 => ("One moment", "This cannot be answered right now. Try again in a moment."),
        507 => ("No room left", "There is no room left. Nothing was changed."),
        status if status < 500 => ("This did not work", "What was sent cannot be used. Nothing was changed."),
        _ => ("Something went wrong", "Something went wrong here. Nothing was changed."),
    };
    let mut said: Vec<&str> = problem.errors.iter().map(|fault| fault.message.as_str()).collect();
    if said.is_empty() {
        said.push(if problem.detail.is_empty() { otherwise } else { &problem.detail });
    }
    let page = plain::Problem {
        status: problem.status.as_u16(),
        title: title.to_owned(),
        detail: said.join(" "),
        onward: (onward.0.to_owned(), onward.1.to_owned()),
    };
    html_of(problem, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leads_to_another_site() {
        assert_eq!(way_back("/matters/m1/documents?sort=name", "/matters"), "/matters/m1/documents?sort=name");
        for evil in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/mattersx",
            "/matters\r\nx",
            "",
            "/matters /x",
        ] {
            assert_eq!(way_back(evil, "/matters"), "/matters", "{evil:?}");
        }
    }
}
