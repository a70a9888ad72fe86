//! The demo's mailbox: every mail that would have left this machine.

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use client_connect_pages::{
    plain::{Mail, MailRow, Mailbox},
    show::When,
};

use super::{html, problem_page};
use crate::{
    app::SharedApp,
    store::{SqliteTx, mailbox},
    web::{Path, Problem, blocking},
};

/// How many mails the mailbox lists.
const MAILS: u32 = 200;

/// The routes of this module, if it is the demo.
pub(super) fn routes(with_mailbox: bool) -> Router<SharedApp> {
    if !with_mailbox {
        return Router::new();
    }
    Router::new().route("/mailbox", get(list)).route("/mailbox/{n}", get(one))
}

async fn list(State(app): State<SharedApp>) -> Response {
    let mails = blocking(&app, |app| {
        app.runtime.read(|unit| {
            let tx: &SqliteTx = unit.tx();
            Ok::<_, Problem>(mailbox::list(tx, MAILS)?)
        })
    });
    match mails.await {
        Ok(mails) => {
            let row = |mail: mailbox::Mail| MailRow {
                n: mail.n,
                at: When(mail.at),
                recipient: mail.recipient,
                subject: mail.subject,
            };
            html(StatusCode::OK, &Mailbox { rows: mails.into_iter().map(row).collect() })
        }
        Err(problem) => problem_page(&problem, ("/", "To the start")),
    }
}

async fn one(State(app): State<SharedApp>, Path(n): Path<i64>) -> Response {
    let mail = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let tx: &SqliteTx = unit.tx();
            mailbox::get(tx, n)?.ok_or_else(Problem::not_found)
        })
    });
    match mail.await {
        Ok(mail) => {
            let row = MailRow { n: mail.n, at: When(mail.at), recipient: mail.recipient, subject: mail.subject };
            html(StatusCode::OK, &Mail { mail: row, text: mail.text, message: mail.message })
        }
        Err(problem) => problem_page(&problem, ("/mailbox", "To the mailbox")),
    }
}
