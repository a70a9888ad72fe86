//! The Sharing section: which documents are visible to which contacts.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{
    exports::sharing,
    types::{self as contract, DocumentFilter, Lane},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read, search};
use crate::{
    app::SharedApp,
    web::{
        Problem,
        extract::{Path, Query},
        problem::Fault,
        session::{Staff, StaffToken},
        types::{Attributes, Contact, LaneName, Page, SharedRow, Sort, all, page},
        write::Write,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(sharing_section, save_sharing))
        .routes(routes!(sharing_documents))
        .routes(routes!(uploads))
        .routes(routes!(share))
        .routes(routes!(unshare))
}

/// The Sharing section of a matter.
#[derive(Debug, Serialize, ToSchema)]
struct SharingSection {
    /// To be sent back with a Save.
    revision: u32,
    /// Those who have access now.
    contacts: Vec<Contact>,
    /// For instance why there is nobody to choose.
    notes: Vec<Fault>,
    /// What else the plugin says of it.
    attributes: Attributes,
}

impl From<contract::SharingSection> for SharingSection {
    fn from(section: contract::SharingSection) -> Self {
        Self {
            revision: section.revision,
            contacts: all(section.contacts),
            notes: all(section.notes),
            attributes: Attributes(section.attributes),
        }
    }
}

/// A document and a contact.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    /// The document.
    pub(super) document: String,
    /// The contact.
    pub(super) contact: String,
}

impl From<contract::Pair> for Pair {
    fn from(pair: contract::Pair) -> Self {
        Self { document: pair.document, contact: pair.contact }
    }
}

impl From<Pair> for contract::Pair {
    fn from(pair: Pair) -> Self {
        Self { document: pair.document, contact: pair.contact }
    }
}

/// All that was staged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SharingSave {
    /// The section's revision that the changes are based on.
    revision: u32,
    /// To become visible.
    #[serde(default)]
    share: Vec<Pair>,
    /// To stop being visible.
    #[serde(default)]
    unshare: Vec<Pair>,
}

/// Each of the documents with each of the contacts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SharingStep {
    /// The section's revision that the change is based on.
    revision: u32,
    /// With whom.
    contacts: Vec<String>,
    /// What.
    documents: Vec<String>,
}

/// What a Save of the Sharing section changed, or would change. Sent back with the two lists exchanged, it is undone.
#[derive(Debug, Serialize, ToSchema)]
struct Saved {
    /// The section's revision from now on.
    revision: u32,
    /// What became visible.
    shared: Vec<Pair>,
    /// What stopped being visible.
    unshared: Vec<Pair>,
    /// Whom the Save will tell, once each.
    notified: Vec<String>,
    /// What a careful person would look at.
    warnings: Vec<Fault>,
    /// What else the plugin says of it.
    attributes: Attributes,
}

impl From<contract::Saved> for Saved {
    fn from(saved: contract::Saved) -> Self {
        Self {
            revision: saved.revision,
            shared: all(saved.shared),
            unshared: all(saved.unshared),
            notified: saved.notified,
            warnings: all(saved.warnings),
            attributes: Attributes(saved.attributes),
        }
    }
}

/// Which documents, and in what order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Which documents, seen from `contacts`.
    #[serde(default)]
    #[param(inline)]
    lane: LaneName,
    /// Ids of contacts, with commas between them.
    contacts: Option<String>,
    /// Part of the name, compared without case and accents.
    search: Option<String>,
    /// Only other documents with the same bytes as this one.
    same_content_as: Option<String>,
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
    #[param(maximum = 200)]
    limit: Option<u32>,
}

impl Filter {
    fn over(self, matter: String, lane: Lane) -> Result<sharing::Documents, Problem> {
        let contacts = self.contacts.unwrap_or_default();
        let contacts = contacts.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Ok(sharing::Documents {
            matter,
            filter: DocumentFilter {
                contacts,
                lane,
                search: search(self.search),
                same_content_as: self.same_content_as,
                sort: self.sort.into(),
                descending: self.descending,
                attributes: Vec::new(),
            },
            page: page(self.after, self.limit)?,
        })
    }
}

/// Whom documents can be shared with.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/sharing", tag = "sharing",
    params(("matter" = String, Path)), responses((status = 200, body = SharingSection)))]
async fn sharing_section(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let view = sharing::View { matter };
    read(&app, token, move |unit, staff| Ok(SharingSection::from(unit.call(&caller(staff), &view)?))).await
}

/// The documents of one lane, with their shares.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/sharing/documents", tag = "sharing",
    params(("matter" = String, Path), Filter), responses((status = 200, body = Page<SharedRow>)))]
async fn sharing_documents(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let lane = filter.lane.into();
    let list = filter.over(matter, lane)?;
    read(&app, token, move |unit, staff| Ok(Page::<SharedRow>::from(unit.call(&caller(staff), &list)?))).await
}

/// What contacts have sent.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/uploads", tag = "sharing",
    params(("matter" = String, Path), Filter), responses((status = 200, body = Page<SharedRow>)))]
async fn uploads(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let list = filter.over(matter, Lane::Uploaded)?;
    read(&app, token, move |unit, staff| Ok(Page::<SharedRow>::from(unit.call(&caller(staff), &list)?))).await
}

/// Save the Sharing section: all of it or nothing. As a dry run, the review before the Save.
///
/// The undo after it is another Save with the answer's two lists exchanged.
#[utoipa::path(put, path = "/api/matters/{matter}/client-connect/sharing", tag = "sharing",
    params(("matter" = String, Path), ("dry_run" = Option<bool>, Query)), request_body = SharingSave,
    responses((status = 200, body = Saved)))]
async fn save_sharing(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<SharingSave>,
) -> Result<Response, Problem> {
    let SharingSave { revision, share, unshare } = write.body;
    let ends_only = share.is_empty();
    let save = sharing::Save { matter, revision, share: all(share), unshare: all(unshare) };
    let work = write
        .asked
        .even_when_full(ends_only)
        .run(&app, caller(&staff), StatusCode::OK, move |unit, caller| Ok(Saved::from(unit.call(caller, &save)?)));
    work.await
}

/// Share at once: each of the documents with each of the contacts.
#[utoipa::path(post, path = "/api/matters/{matter}/client-connect/sharing/share", tag = "sharing",
    params(("matter" = String, Path), ("dry_run" = Option<bool>, Query)), request_body = SharingStep,
    responses((status = 200, body = Saved)))]
async fn share(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<SharingStep>,
) -> Result<Response, Problem> {
    let SharingStep { revision, contacts, documents } = write.body;
    let share = sharing::Share { matter, revision, contacts, documents };
    let work = write
        .asked
        .run(&app, caller(&staff), StatusCode::OK, move |unit, caller| Ok(Saved::from(unit.call(caller, &share)?)));
    work.await
}

/// Stop sharing at once: each of the documents with each of the contacts. The documents stay in the matter.
#[utoipa::path(post, path = "/api/matters/{matter}/client-connect/sharing/unshare", tag = "sharing",
    params(("matter" = String, Path), ("dry_run" = Option<bool>, Query)), request_body = SharingStep,
    responses((status = 200, body = Saved)))]
async fn unshare(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<SharingStep>,
) -> Result<Response, Problem> {
    let SharingStep { revision, contacts, documents } = write.body;
    let unshare = sharing::Unshare { matter, revision, contacts, documents };
    let work = write
        .asked
        .even_when_full(true)
        .run(&app, caller(&staff), StatusCode::OK, move |unit, caller| Ok(Saved::from(unit.call(caller, &unshare)?)));
    work.await
}
