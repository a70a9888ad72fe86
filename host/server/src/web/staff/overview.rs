//! The Overview section: the portal's address, and how things stand.

use axum::{extract::State, response::Response};
use client_connect_runtime::{
    Tx as _,
    backend::Viewer,
    exports::{access, sharing},
    types::{DocumentFilter, Lane, Page, SortKey},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{access::AccessRow, caller, read};
use crate::{
    app::SharedApp,
    web::{Problem, extract::Path, problem::Fault, session::StaffToken, types::all},
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(overview))
}

/// How Client Connect stands in a matter.
#[derive(Debug, Serialize, ToSchema)]
struct Overview {
    /// Where the firm's customers enter the portal: the same for all, and no secret in it.
    portal_url: String,
    /// The firm's name, as its customers read it.
    firm: String,
    /// How many contacts may enter now.
    open: usize,
    /// How many documents are visible to at least one contact.
    shared: Total,
    /// How many documents contacts have sent.
    uploaded: Total,
    /// The contacts whose portal is or was open.
    grants: Vec<AccessRow>,
    /// For instance why nobody can be given access.
    notes: Vec<Fault>,
}

/// A count, as far as counting is cheap.
#[derive(Debug, Serialize, ToSchema)]
struct Total {
    /// How many.
    total: u32,
    /// Whether that is all; if not, there are more.
    exact: bool,
}

/// The Overview section of a matter.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect", tag = "overview",
    params(("matter" = String, Path)), responses((status = 200, body = Overview)))]
async fn overview(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        let caller = caller(staff);
        let section = unit.call(&caller, &access::View { matter: matter.clone() })?;
        let open = unit.call(&caller, &sharing::View { matter: matter.clone() })?.contacts.len();
        let mut count = |lane| {
            let page = unit.call(&caller, &documents_of(&matter, lane, 0))?;
            Ok::<_, Problem>(Total { total: page.total, exact: page.exact })
        };
        let (shared, uploaded) = (count(Lane::AnyOfThem)?, count(Lane::Uploaded)?);
        let viewer = Viewer::User(staff.user.clone());
        let firm = unit.tx().matter(&viewer, &matter)?.ok_or_else(Problem::not_found)?.firm;
        let grants = all(section.rows.into_iter().filter(|row| row.grant.is_some()).collect());
        Ok(Overview {
            portal_url: firm.portal_url,
            firm: firm.name,
            open,
            shared,
            uploaded,
            grants,
            notes: all(section.notes),
        })
    });
    answer.await
}

/// The beginning of one lane of a matter, by name; without rows, its total alone.
pub(crate) fn documents_of(matter: &str, lane: Lane, limit: u32) -> sharing::Documents {
    let filter = DocumentFilter {
        contacts: Vec::new(),
        lane,
        search: None,
        same_content_as: None,
        sort: SortKey::Name,
        descending: false,
        attributes: Vec::new(),
    };
    sharing::Documents { matter: matter.to_owned(), filter, page: Page { after: None, limit } }
}
