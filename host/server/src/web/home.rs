//! The demo's mailbox: plain HTML, without scripts.

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use client_connect_runtime::types::Timestamp;

use super::{Path, Problem, blocking};
use crate::{
    app::SharedApp,
    mail::message::escape,
    store::{SqliteTx, mailbox},
};

/// How many mails the mailbox lists.
const MAILS: u32 = 200;

/// The routes of this module. The mailbox is there only in the demo.
pub fn routes(with_mailbox: bool) -> Router<SharedApp> {
    if !with_mailbox {
        return Router::new();
    }
    Router::new().route("/plain.css", get(style)).route("/mailbox", get(list)).route("/mailbox/{n}", get(one))
}

async fn list(State(app): State<SharedApp>) -> Result<Response, Problem> {
    let mails = blocking(&app, |app| {
        app.runtime.read(|unit| {
            let tx: &SqliteTx = unit.tx();
            Ok::<_, Problem>(mailbox::list(tx, MAILS)?)
        })
    })
    .await?;
    if mails.is_empty() {
        return Ok(page(
            "Mailbox",
            "<p><a href=\"/\">Home</a></p>\n<p>No mail yet. Share a document, or ask for a sign-in code.</p>\n",
        ));
    }
    let rows: String = mails
        .iter()
        .map(|mail| {
            format!(
                "<tr><td>{}</td><td><bdi>{}</bdi></td><td><a href=\"/mailbox/{}\"><bdi>{}</bdi></a></td></tr>\n",
                time(mail.at),
                escape(&mail.recipient),
                mail.n,
                escape(&mail.subject)
            )
        })
        .collect();
    Ok(page(
        "Mailbox",
        &format!(
            "<p><a href=\"/\">Home</a></p>\n<table>\n<thead><tr><th>When</th><th>To</th><th>Subject</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
        ),
    ))
}

async fn one(State(app): State<SharedApp>, Path(n): Path<i64>) -> Result<Response, Problem> {
    let mail = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let tx: &SqliteTx = unit.tx();
            Ok::<_, Problem>(mailbox::get(tx, n)?)
        })
    })
    .await?
    .ok_or_else(Problem::not_found)?;
    Ok(page(
        &mail.subject,
        &format!(
            "<p><a href=\"/mailbox\">Mailbox</a></p>\n<p>To <bdi>{}</bdi>, {}</p>\n<pre>{}</pre>\n<details><summary>As it goes over the wire</summary>\n<pre>{}</pre>\n</details>\n",
            escape(&mail.recipient),
            time(mail.at),
            escape(&mail.text),
            escape(&mail.message)
        ),
    ))
}

fn time(at: Timestamp) -> String {
    let at = i64::try_from(at).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

fn page(title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/plain.css\">\n</head>\n<body>\n<main>\n<h1><bdi>{title}</bdi></h1>\n{body}</main>\n</body>\n</html>\n"
    );
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html).into_response()
}

async fn style() -> Response {
    const CSS: &str = "\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; }
a { color: light-dark(#0b57a4, #8ec5ff); }
li { margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .5rem; border-bottom: 1px solid light-dark(#ccc, #444); overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; background: light-dark(#f4f4f4, #222); }
summary { cursor: pointer; padding: .25rem 0; }
";
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], CSS).into_response()
}
