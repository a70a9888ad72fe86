//! Which contacts take part in a matter, and as what.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{Caller, Unit, exports::events};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, may_edit, platform, read, rights, row, text};
use crate::{
    app::SharedApp,
    store::{SqliteTx, audit, contacts},
    web::{
        Problem,
        extract::Path,
        session::{Staff, StaffToken},
        types::Contact,
        write::{Nothing, Write},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_links)).routes(routes!(link_contact, unlink_contact))
}

/// A contact who takes part in a matter.
#[derive(Debug, Serialize, ToSchema)]
struct Link {
    /// Who.
    contact: Contact,
    /// As what.
    role: String,
}

/// As what a contact takes part.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkAs {
    /// As what; may be empty.
    #[serde(default)]
    role: String,
}

/// The contacts who take part in this matter, by name.
#[utoipa::path(get, path = "/api/matters/{matter}/contacts", tag = "contacts", params(("matter" = String, Path)),
    responses((status = 200, body = Vec<Link>)))]
async fn list_links(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        rights(unit.tx(), &staff.user, &matter)?;
        let link = |(contact, role): (contacts::Contact, String)| Link { contact: contact.into(), role };
        Ok(contacts::linked(unit.tx(), &matter)?.into_iter().map(link).collect::<Vec<_>>())
    });
    answer.await
}

/// Let a contact of the firm take part in the matter, or change as what. Gives them no access.
#[utoipa::path(put, path = "/api/matters/{matter}/contacts/{contact}", tag = "contacts",
    params(("matter" = String, Path), ("contact" = String, Path)), request_body = LinkAs,
    responses((status = 204)))]
async fn link_contact(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, contact)): Path<(String, String)>,
    write: Write<Option<LinkAs>>,
) -> Result<Response, Problem> {
    let role = role(&write.body.unwrap_or_default().role)?;
    let work = write.asked.run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
        may_edit(unit.tx(), &staff.user, &matter)?;
        link(unit, caller, &staff, &matter, &contact, &role)
    });
    work.await
}

/// As what somebody takes part, as it was typed in.
pub(super) fn role(given: &str) -> Result<String, Problem> {
    if given.trim().is_empty() { Ok(String::new()) } else { text("role", given, 100) }
}

/// Links a contact to a matter that the user may change.
pub(super) fn link(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    staff: &Staff,
    matter: &str,
    contact: &str,
    role: &str,
) -> Result<(), Problem> {
    contacts::link(unit.tx(), matter, contact, role)?;
    let row = row(unit, caller, "contact.linked").matter(matter).contact(contact).detail("role", role);
    Ok(audit::append(unit.tx(), &staff.firm, &row)?)
}

/// Take a contact out of the matter: their access and all that was shared with them end, and do not come back.
#[utoipa::path(delete, path = "/api/matters/{matter}/contacts/{contact}", tag = "contacts",
    params(("matter" = String, Path), ("contact" = String, Path)), responses((status = 204)))]
async fn unlink_contact(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, contact)): Path<(String, String)>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            may_edit(unit.tx(), &staff.user, &matter)?;
            if !contacts::unlink(unit.tx(), &matter, &contact)? {
                return Err(Problem::not_found());
            }
            let event = events::OnContactUnlinked { matter: matter.clone(), contact: contact.clone() };
            unit.call(&platform(caller), &event)?;
            let row = row(unit, caller, "contact.unlinked").matter(&matter).contact(&contact);
            Ok(audit::append(unit.tx(), &staff.firm, &row)?)
        });
    work.await
}
