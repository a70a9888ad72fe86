//! What a contact sees, shown to staff: the portal's own decision, for reading only. It leaves no receipt, gives no
//! byte of a document, and stands in the audit under the user's name.

use axum::{extract::State, response::Response};
use client_connect_runtime::{
    Caller,
    types::{Actor, ViewingAs},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, row};
use crate::{
    app::SharedApp,
    store::audit,
    web::{
        Problem, blocking,
        extract::{Path, Query, json_bytes},
        portal::{
            self,
            read::{self, PortalDocuments, PortalMatter, Which},
        },
        preview,
        session::{self, Staff, StaffToken},
        write::Asked,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(view_as)).routes(routes!(view_as_documents)).routes(routes!(view_as_page))
}

/// This user, looking as one contact.
pub(crate) fn viewing(staff: &Staff, contact: &str) -> Caller {
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
) -> Result<Response, Problem> {
    let request = asked.request_id().map(str::to_owned);
    let body = blocking(&app, move |app| {
        let caller = Caller { request, ..viewing(&staff, &contact) };
        app.runtime.write(|unit| {
            let body = read::view(unit, &caller, matter.clone(), app.web.upload_limit)?;
            let row = row(unit, &caller, "portal.viewed-as").matter(&matter).contact(&contact);
            audit::append(unit.tx(), &staff.firm, &row)?;
            Ok::<_, Problem>(body)
        })
    });
    Ok(json_bytes(body.await?))
}

/// The documents, as this contact sees them.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/view-as/{contact}/documents", tag = "view as",
    params(("matter" = String, Path), ("contact" = String, Path), Which),
    responses((status = 200, body = PortalDocuments)))]
async fn view_as_documents(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, contact)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let body = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, &token)?;
            read::list(unit, &viewing(&staff, &contact), matter, which)
        })
    });
    Ok(json_bytes(body.await?))
}

/// A picture of a page, as this contact is shown it.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/view-as/{contact}/documents/{document}/pages/{page}",
    tag = "view as",
    params(("matter" = String, Path), ("contact" = String, Path), ("document" = String, Path), ("page" = u32, Path),
        preview::Which),
    responses((status = 200, description = "The picture.", content_type = "image/webp"),
        (status = 422, description = "It cannot be shown; `errors` says why.")))]
async fn view_as_page(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path((matter, contact, document, page)): Path<(String, String, String, u32)>,
    Query(which): Query<preview::Which>,
) -> Result<Response, Problem> {
    let found = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, &token)?;
            let caller = viewing(&staff, &contact);
            let (_, looked, _) = portal::preview::asked(unit, &caller, &matter, &document)?;
            // Whose picture it is is seen on it, also if somebody takes a photograph of the screen.
            let stamped = portal::preview::wanted(unit.tx(), &matter)?;
            let stamp = stamped.then(|| preview::stamp(app, &format!("{} (as their customer)", staff.email), &looked));
            Ok((looked, stamp))
        })
    });
    let (looked, stamp): (preview::Looked, _) = found.await?;
    let looked = looked.if_asked(which)?;
    Ok(preview::respond(preview::picture(&app, &looked, page, which.size.into(), stamp).await?))
}
