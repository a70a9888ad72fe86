//! The pages of the firm's own people.

use axum::{
    Form, Router,
    extract::{FromRequestParts, Query, State},
    http::{
        HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use client_connect_pages::{
    Template,
    show::Day,
    staff::{Frame, MatterHead},
};
use client_connect_runtime::Unit;
use serde::Deserialize;

use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, firms, inbox, matters, members, members::Rights, users},
    web::{
        self, Problem,
        session::{self, Staff, StaffToken},
    },
};

mod account;
mod audit;
mod bin;
mod client_connect;
mod contacts;
mod document;
mod documents;
mod enter;
mod list;
mod look;
mod matter_settings;
mod names;
mod notices;
mod sentences;
mod settings;

use super::{html, html_of, link, onward, problem_page, searched};

/// The pages of this module.
pub fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/sign-in", get(enter::page).post(enter::sign_in))
        .route("/sign-in/oidc/{provider}", get(enter::to_provider))
        .route("/sign-in/oidc/{provider}/callback", get(enter::from_provider))
        .route("/sign-in/code", get(enter::code_page).post(enter::code))
        .route("/sign-out", post(enter::sign_out))
        .route("/account", get(account::page))
        .route("/account/password", post(account::password))
        .route("/account/sessions/end", post(account::end_sessions))
        .route("/account/second-factor", post(account::begin))
        .route("/account/second-factor/confirm", post(account::confirm))
        .route("/account/second-factor/end", post(account::end))
        .route("/account/second-factor/recovery-codes", post(account::renew))
        .route("/matters", get(list::matters))
        .route("/matters/{matter}", get(documents::front))
        .route("/matters/{matter}/documents", get(documents::list))
        .route("/matters/{matter}/documents/{document}", get(document::page))
        .route("/matters/{matter}/documents/{document}/pages", get(look::page))
        .route("/matters/{matter}/bin", get(bin::page))
        .merge(client_connect::routes())
        .route("/matters/{matter}/contacts", get(contacts::of_matter))
        .route("/matters/{matter}/audit", get(audit::of_matter))
        .route("/matters/{matter}/settings", get(matter_settings::page))
        .route("/contacts", get(contacts::of_firm))
        .route("/contacts/{contact}", get(contacts::one))
        .route("/audit", get(audit::of_firm))
        .route("/notices", get(notices::page))
        .route("/settings", get(settings::page))
        .layer(axum::middleware::map_response(in_words))
}

/// A path or a query that cannot even be read is refused before a page is begun: it is said on a page all the same.
pub(crate) async fn in_words(answer: Response) -> Response {
    let is_page = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/html");
    let status = answer.status();
    if status.is_success() || status.is_redirection() || answer.headers().get(CONTENT_TYPE).is_some_and(is_page) {
        return answer;
    }
    let mut page = problem_page(&Problem::of_status(status), ("/matters", "To your matters"));
    if let Some(allow) = answer.headers().get(ALLOW) {
        page.headers_mut().insert(ALLOW, allow.clone());
    }
    page
}

/// Who asks for a page, as the cookie brought it; and for which.
#[derive(Debug)]
pub(super) struct Asker {
    token: Option<StaffToken>,
    here: String,
}

impl FromRequestParts<SharedApp> for Asker {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Self::Rejection> {
        let token = StaffToken::from_request_parts(parts, app).await.ok();
        Ok(Self { token, here: parts.uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default() })
    }
}

/// A page that cannot be shown, and which it was.
#[derive(Debug)]
pub(super) struct Failed {
    problem: Problem,
    here: String,
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        if self.problem.status == StatusCode::UNAUTHORIZED {
            return onward(&enter::address(&self.here));
        }
        problem_page(&self.problem, ("/matters", "To your matters"))
    }
}

/// Reads a page in one transaction, which also decides whether the session still stands.
pub(super) async fn show<T: Template + Send + 'static>(
    app: &SharedApp,
    asker: Asker,
    work: impl FnOnce(&mut Unit<'_, SqliteTx>, &Staff, Frame) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Failed> {
    let here = asker.here.clone();
    shown(read(app, asker, work).await, here)
}

/// What a page is made of, read in one transaction.
pub(super) async fn read<T: Send + 'static>(
    app: &SharedApp,
    asker: Asker,
    work: impl FnOnce(&mut Unit<'_, SqliteTx>, &Staff, Frame) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let read = web::blocking(app, move |app| {
        let token = asker.token.ok_or_else(Problem::sign_in_needed)?;
        app.runtime.read(|unit| {
            let (staff, frame) = around(app, unit, &token)?;
            work(unit, &staff, frame)
        })
    });
    read.await
}

/// The same for a page that is noted in the audit: `work` may run again from its beginning.
pub(super) async fn show_noted<T: Template + Send + 'static>(
    app: &SharedApp,
    asker: Asker,
    mut work: impl FnMut(&mut Unit<'_, SqliteTx>, &Staff, Frame) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Failed> {
    let Asker { token, here } = asker;
    let page = web::blocking(app, move |app| {
        let token = token.ok_or_else(Problem::sign_in_needed)?;
        app.runtime.write(|unit| {
            let (staff, frame) = around(app, unit, &token)?;
            work(unit, &staff, frame)
        })
    });
    shown(page.await, here)
}

/// Whose session this is, and what stands around their pages.
fn around(app: &App, unit: &mut Unit<'_, SqliteTx>, token: &StaffToken) -> Result<(Staff, Frame), Problem> {
    let now = unit.now();
    let staff = session::staff(app, unit.tx(), now, token)?;
    let frame = frame(app, unit.tx(), &staff, false)?;
    Ok((staff, frame))
}

/// What stands around the pages of a user; `half`, if they are not signed in to the end.
fn frame(app: &App, tx: &SqliteTx, staff: &Staff, half: bool) -> Result<Frame, Problem> {
    let firm = firms::get(tx, &staff.firm)?.ok_or_else(Problem::not_found)?;
    Ok(Frame {
        firm: firm.name,
        name: staff.name.clone(),
        email: staff.email.clone(),
        admin: staff.admin,
        unread: if half { 0 } else { inbox::unread(tx, &staff.user)? },
        demo: app.mailer.is_mailbox(),
        half,
    })
}

fn shown<T: Template>(page: Result<T, Problem>, here: String) -> Result<Response, Failed> {
    match page {
        Ok(page) => Ok(html(StatusCode::OK, &page)),
        Err(problem) => Err(Failed { problem, here }),
    }
}

/// A matter of which the user is a member, for the head of its pages; and what they may do in it.
pub(super) fn matter_head(tx: &SqliteTx, staff: &Staff, matter: &str) -> Result<(MatterHead, Rights), Problem> {
    let rights = members::get(tx, matter, &staff.user)?.ok_or_else(Problem::not_found)?;
    let matter =
        matters::get(tx, matter)?.filter(|matter| matter.deleted_at.is_none()).ok_or_else(Problem::not_found)?;
    let firm = firms::get(tx, &staff.firm)?.ok_or_else(Problem::not_found)?;
    let owner = match &matter.owner {
        Some(owner) => users::get(tx, owner)?.map(|user| user.name),
        None => None,
    };
    let head = MatterHead {
        id: matter.id,
        name: matter.name,
        reference: matter.reference,
        owner,
        opened: Day(matter.opened_at),
        closed: matter.closed_at.map(Day),
        client_connect: firm.enabled,
        can_edit: rights.can_edit,
        can_share: rights.can_share,
    };
    Ok((head, rights))
}

#[cfg(test)]
mod tests;
