//! What the firm's own people do: the document platform, and Client Connect's sections on top of it.
//!
//! The platform's own rights (who may see a matter, edit its documents, share) are this host's to enforce; the
//! sections' rules are the plugin's. A matter that a user is no member of does not exist for them.

use axum::response::Response;
use client_connect_runtime::{Caller, Unit, types::Actor};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Problem,
    extract::json_bytes,
    session::{self, Staff, StaffToken},
};
use crate::{
    app::SharedApp,
    store::{
        self, SqliteTx,
        audit::{By, Row},
        members::Rights,
    },
};

mod access;
mod arrive;
mod audit;
mod bin;
mod contacts;
mod content;
mod csv;
mod documents;
mod firm;
mod letters;
mod links;
mod matters;
mod members;
mod notices;
mod notifications;
mod overview;
mod sharing;
mod view_as;

// The staff's pages read by these too.
pub(crate) use audit::{AuditFilter, Scope as AuditScope, WEEK};
pub(crate) use bin::deleted_documents;
pub(crate) use contacts::of_firm as contact_of_firm;
pub(crate) use documents::visible;
pub(crate) use members::{Member, may_decide, of_matter as members_of};
pub(crate) use notices::page_of as notices_of;
pub(crate) use overview::documents_of;
pub(crate) use view_as::viewing;

/// Every route of the firm's people.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .merge(matters::routes())
        .merge(members::routes())
        .merge(contacts::routes())
        .merge(links::routes())
        .merge(documents::routes())
        .merge(content::routes())
        .merge(bin::routes())
        .merge(overview::routes())
        .merge(access::routes())
        .merge(sharing::routes())
        .merge(notifications::routes())
        .merge(view_as::routes())
        .merge(audit::routes())
        .merge(notices::routes())
        .merge(letters::routes())
        .merge(firm::routes())
}

/// This user as a caller of the plugin.
pub(crate) fn caller(staff: &Staff) -> Caller {
    Caller {
        actor: Actor::User(staff.user.clone()),
        locale: staff.locale.clone(),
        request: None,
        attributes: Vec::new(),
    }
}

/// The platform itself, reporting what this caller did.
fn platform(caller: &Caller) -> Caller {
    Caller { actor: Actor::Host, ..caller.clone() }
}

/// Reads in one transaction, which also decides whether the session still stands. The answer is written on the
/// thread that read it.
async fn read<T: Serialize>(
    app: &SharedApp,
    token: StaffToken,
    work: impl FnOnce(&mut Unit<'_, SqliteTx>, &Staff) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let body = super::blocking(app, move |app| {
        let answer = app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, &token)?;
            work(unit, &staff)
        })?;
        serde_json::to_vec(&answer).map_err(Problem::internal)
    });
    Ok(json_bytes(body.await?))
}

/// A row of the audit: who did what, when, at which request.
pub(crate) fn row(unit: &Unit<'_, SqliteTx>, caller: &Caller, action: &str) -> Row {
    Row::new(unit.now(), By::from(&caller.actor), action).request(caller.request.as_deref())
}

/// What this user may do in this matter.
///
/// # Errors
/// `not-found` for a matter that they are no member of.
fn rights(tx: &SqliteTx, user: &str, matter: &str) -> Result<Rights, Problem> {
    store::members::get(tx, matter, user)?.ok_or_else(Problem::not_found)
}

/// The same, for who wants to change the matter or its documents.
fn may_edit(tx: &SqliteTx, user: &str, matter: &str) -> Result<Rights, Problem> {
    let rights = rights(tx, user, matter)?;
    if rights.can_edit { Ok(rights) } else { Err(Problem::denied("You may not change this matter.")) }
}

/// A text that a person typed: trimmed, not empty, and no longer than `most` bytes.
fn text(field: &str, given: &str, most: usize) -> Result<String, Problem> {
    let given = given.trim();
    let fault = match given {
        "" => ("missing", "This is needed."),
        given if given.len() > most => ("too-long", "This is too long."),
        given if given.chars().any(char::is_control) => ("bad-character", "This has a character that does not show."),
        given => return Ok(given.to_owned()),
    };
    Err(Problem::field(field, fault.0, fault.1))
}

/// A locale: a word of letters, digits and hyphens.
fn locale(given: &str) -> Result<String, Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match (2..=35).contains(&given.len()) && given.bytes().all(plain) {
        true => Ok(given.to_owned()),
        false => Err(Problem::field("locale", "bad-locale", "A language is named like `en` or `de-CH`.")),
    }
}

/// A part of a name to look for; blank is none.
fn search(given: Option<String>) -> Option<String> {
    given.filter(|given| !given.trim().is_empty())
}
