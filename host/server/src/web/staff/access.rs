//! The Access section: which contacts may enter the portal.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{exports::access, types as contract};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read};
use crate::{
    app::SharedApp,
    web::{
        Problem,
        extract::Path,
        problem::Fault,
        session::{Staff, StaffToken},
        types::{Attributes, Contact, Count, Grant, all},
        write::Write,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(access_section, save_access))
}

/// The Access section of a matter.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessSection {
    /// To be sent back with a Save.
    pub(super) revision: u32,
    /// One for each contact of the matter.
    pub(super) rows: Vec<AccessRow>,
    /// For instance why there is no row.
    pub(super) notes: Vec<Fault>,
    /// What else the plugin says of it.
    pub(super) attributes: Attributes,
}

/// A contact and their access.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessRow {
    /// The contact.
    pub(super) contact: Contact,
    /// Their access, if they ever had any.
    pub(super) grant: Option<Grant>,
    /// How many documents others shared with them.
    pub(super) shared: u32,
    /// How many they sent.
    pub(super) uploaded: u32,
    /// Why access cannot be given, or rests.
    pub(super) obstacles: Vec<Fault>,
    /// What else the plugin says of it.
    pub(super) attributes: Attributes,
}

impl From<contract::AccessRow> for AccessRow {
    fn from(row: contract::AccessRow) -> Self {
        Self {
            contact: row.contact.into(),
            grant: row.grant.map(Grant::from),
            shared: row.shared,
            uploaded: row.uploaded,
            obstacles: all(row.obstacles),
            attributes: Attributes(row.attributes),
        }
    }
}

impl From<contract::AccessSection> for AccessSection {
    fn from(section: contract::AccessSection) -> Self {
        Self {
            revision: section.revision,
            rows: all(section.rows),
            notes: all(section.notes),
            attributes: Attributes(section.attributes),
        }
    }
}

/// What is to hold after the Save. Contacts that are not named stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccessSave {
    /// The section's revision that the changes are based on.
    revision: u32,
    /// All that is to hold for each of these contacts.
    changes: Vec<AccessChange>,
}

/// All that is to hold for one contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccessChange {
    /// Who.
    contact: String,
    /// Whether the portal is open to them.
    portal: bool,
    /// Whether they may download.
    can_download: bool,
    /// When access ends by itself; none: it does not.
    #[serde(default)]
    until: Option<u64>,
    /// What else the plugin is to keep with it.
    #[serde(default)]
    attributes: Attributes,
}

/// What a Save of the Access section changed, or would change.
#[derive(Debug, Serialize, ToSchema)]
struct Granted {
    /// The section's revision from now on.
    revision: u32,
    /// Who is invited: their portal opened.
    invited: Vec<String>,
    /// Whose portal closed.
    revoked: Vec<String>,
    /// For whom something else changed.
    changed: Vec<String>,
    /// What becomes visible at once to those whose portal opens.
    revived: Vec<Count>,
    /// What a careful person would look at.
    warnings: Vec<Fault>,
    /// What else the plugin says of it.
    attributes: Attributes,
}

impl From<contract::Granted> for Granted {
    fn from(granted: contract::Granted) -> Self {
        Self {
            revision: granted.revision,
            invited: granted.invited,
            revoked: granted.revoked,
            changed: granted.changed,
            revived: all(granted.revived),
            warnings: all(granted.warnings),
            attributes: Attributes(granted.attributes),
        }
    }
}

/// Who may enter the portal of this matter.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/access", tag = "access",
    params(("matter" = String, Path)), responses((status = 200, body = AccessSection)))]
async fn access_section(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let view = access::View { matter };
    read(&app, token, move |unit, staff| Ok(AccessSection::from(unit.call(&caller(staff), &view)?))).await
}

/// Save the Access section: all of it or nothing. As a dry run, the review before the Save.
///
/// There is no undo of its own: save what was there before.
#[utoipa::path(put, path = "/api/matters/{matter}/client-connect/access", tag = "access",
    params(("matter" = String, Path), ("dry_run" = Option<bool>, Query)), request_body = AccessSave,
    responses((status = 200, body = Granted)))]
async fn save_access(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<AccessSave>,
) -> Result<Response, Problem> {
    let AccessSave { revision, changes } = write.body;
    let change = |change: AccessChange| contract::AccessChange {
        contact: change.contact,
        portal: change.portal,
        can_download: change.can_download,
        until: change.until,
        attributes: change.attributes.0,
    };
    let ends_only = changes.iter().all(|change| !change.portal);
    let grant = access::Grant { matter, revision, changes: changes.into_iter().map(change).collect() };
    let work = write
        .asked
        .even_when_full(ends_only)
        .run(&app, caller(&staff), StatusCode::OK, move |unit, caller| Ok(Granted::from(unit.call(caller, &grant)?)));
    work.await
}
