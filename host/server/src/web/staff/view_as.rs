//! What a contact sees, shown to staff: the portal's own decision, for reading only. It leaves no receipt, gives no
//! byte of a document, and stands in the audit under the user's name.

use axum::{extract::State, response::IntoResponse};
use client_connect_runtime::{
    Caller,
    exports::portal,
    types::{Actor, ViewingAs},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read, row, search};
use crate::{
    app::SharedApp,
    store::audit,
    web::{
        Problem,
        extract::{Json, Path, Query},
        session::{Staff, StaffToken},
        types::{Page, PortalDocument, PortalMatter, Sort, page},
        write::Asked,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(view_as)).routes(routes!(view_as_documents))
}

fn viewing(staff: &Staff, contact: &str) -> Caller {
    let viewing = ViewingAs { user: staff.user.clone(), contact: contact.to_owned() };
    Caller { actor: Actor::ViewingAs(viewing), ..caller(staff) }
}

/// The matter, as this contact sees it.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/view-as/{contact}", tag = "view as",
    params(("matter" = String, Path), ("contact" = String, Path)), responses((status = 200, body = PortalMatter)))]
async fn view_as(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, contact)): Path<(String, String)>,
    asked: Asked,
) -> Result<impl IntoResponse, Problem> {
    let request = asked.request_id().map(str::to_owned);
    let answer = crate::web::blocking(&app, move |app| {
        let caller = Caller { request, ..viewing(&staff, &contact) };
        let view = portal::View { matter };
        app.runtime.write(|unit| {
            let answer = PortalMatter::from(unit.call(&caller, &view)?);
            let row = row(unit, &caller, "portal.viewed-as").matter(&view.matter).contact(&contact);
            audit::append(unit.tx(), &staff.firm, &row)?;
            Ok::<_, Problem>(answer)
        })
    });
    answer.await.map(Json)
}

/// In what order, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ViewAsList {
    /// Part of the name, compared without case and accents.
    search: Option<String>,
    /// In what order.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// The other way round.
    #[serde(default)]
    descending: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many rows, up to 200; 0 asks for the total alone.
    limit: Option<u32>,
}

/// The documents, as this contact sees them.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/view-as/{contact}/documents", tag = "view as",
    params(("matter" = String, Path), ("contact" = String, Path), ViewAsList),
    responses((status = 200, body = Page<PortalDocument>)))]
async fn view_as_documents(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, contact)): Path<(String, String)>,
    Query(list): Query<ViewAsList>,
) -> Result<impl IntoResponse, Problem> {
    let documents = portal::Documents {
        matter,
        search: search(list.search),
        sort: list.sort.into(),
        descending: list.descending,
        page: page(list.after, list.limit)?,
    };
    let answer = read(&app, token, move |unit, staff| {
        Ok(Page::<PortalDocument>::from(unit.call(&viewing(staff, &contact), &documents)?))
    });
    answer.await
}
