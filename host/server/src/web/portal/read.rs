//! What a customer reads: their matters, one matter, its documents. Staff who view as a contact read the same, by
//! the same functions.
//!
//! A list is written as JSON straight from the plugin's records, on the thread that asked the plugin: this is the
//! portal's hottest path.

use axum::{extract::State, response::Response};
use client_connect_runtime::{
    Caller, Failure, Unit,
    exports::portal,
    types::{self as contract, Refusal},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Visitor;
use crate::{
    app::{App, SharedApp},
    store::{
        SqliteTx,
        quarantine::{self, Held},
    },
    web::{
        Path, Query, blocking,
        extract::json_bytes,
        problem::Problem,
        types::{Attributes, Sort},
    },
};

/// The most rows of one answer.
const ROWS_MAX: u32 = 200;

/// The matters of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Matters<'m> {
    /// Those whose portal is open to them.
    items: Vec<MatterChoice<'m>>,
}

/// A matter to choose.
#[derive(Debug, Serialize, ToSchema)]
struct MatterChoice<'m> {
    matter: &'m str,
    /// The firm, as its customers read it: there may be several.
    firm: &'m str,
    name: &'m str,
}

/// What a customer may know of a matter.
#[derive(Debug, Serialize, ToSchema)]
pub struct PortalMatter<'m> {
    matter: &'m str,
    firm: &'m str,
    name: &'m str,
    owner: Option<&'m str>,
    opened_at: u64,
    can_download: bool,
    can_upload: bool,
    /// What else the plugin says of it, for instance when access ends.
    attributes: Attributes,
    /// The largest file that may be sent, in bytes.
    upload_limit: u64,
}

/// Documents of a matter, as its customer sees them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PortalDocuments<'m> {
    items: Vec<PortalDocument<'m>>,
    /// To be sent as `after` for the next page; none on the last.
    next: Option<&'m str>,
    total: u32,
    /// If not, there are more than `total`.
    exact: bool,
}

/// A document, as a customer sees it.
#[derive(Debug, Serialize, ToSchema)]
struct PortalDocument<'m> {
    document: &'m str,
    name: &'m str,
    media_type: &'m str,
    /// Bytes.
    size: u64,
    version: u32,
    created_at: u64,
    activity_at: u64,
    /// They sent it themselves.
    own_upload: bool,
    can_preview: bool,
    can_download: bool,
    /// The last version that they were shown.
    seen: Option<u32>,
    /// Why nobody gets it: it is `waiting` for a scan for malware, or something was `found` in it; none: it is not held
    /// back.
    held: Option<&'static str>,
}

/// Which documents, in which order.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Part of the name, without regard to case and accents.
    search: Option<String>,
    /// By what to sort.
    #[param(inline)]
    sort: Sort,
    /// The other way round.
    descending: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of one page, up to 200.
    #[param(maximum = 200)]
    limit: u32,
}

impl Default for Which {
    fn default() -> Self {
        Self { search: None, sort: Sort::Name, descending: false, after: None, limit: 50 }
    }
}

/// The matters to choose from.
#[utoipa::path(get, path = "/api/portal/matters", tag = "portal", responses((status = 200, body = Matters)))]
pub async fn matters(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    let body = blocking(&app, move |app| {
        let found = choices(app, &visitor)?;
        let row = |m| -> MatterChoice<'_> { choice(m) };
        json(&Matters { items: found.iter().map(row).collect() }, 128 * found.len())
    });
    Ok(json_bytes(body.await?))
}

/// The matters that are open to this customer, of every firm.
///
/// # Errors
/// 401 `sign-in-needed`; the firm's refusal where every firm refuses.
pub(crate) fn choices(app: &App, visitor: &Visitor) -> Result<Vec<contract::MatterChoice>, Problem> {
    let customer = app.runtime.read(|unit| visitor.customer(app, unit))?;
    let (mut found, mut refused, mut open) = (Vec::new(), None, false);
    // A refused call ends its unit, so each contact has one of its own: one firm's answer is not another's.
    for (_, contact) in &customer.contacts {
        let caller = visitor.as_contact(contact, &customer.locale);
        match app.runtime.read(|unit| unit.call(&caller, &portal::Matters)) {
            Ok(matters) => {
                open = true;
                found.extend(matters);
            }
            Err(Failure::Refused(Refusal::NotFound)) => open = true,
            Err(Failure::Refused(refusal)) => refused = Some(refusal),
            Err(failure) => return Err(failure.into()),
        }
    }
    match refused {
        Some(refusal) if !open => Err(refusal.into()),
        _ => Ok(found),
    }
}

fn choice(matter: &contract::MatterChoice) -> MatterChoice<'_> {
    MatterChoice { matter: &matter.matter, firm: &matter.firm, name: &matter.name }
}

/// What may be known of one matter.
#[utoipa::path(get, path = "/api/portal/matters/{matter}", tag = "portal", params(("matter" = String, Path)), responses((status = 200, body = PortalMatter)))]
pub async fn matter(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let body = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let caller = visitor.caller(app, unit, &matter)?;
            view(unit, &caller, matter, app.web.upload_limit)
        })
    });
    Ok(json_bytes(body.await?))
}

/// One page of a matter's documents.
#[utoipa::path(get, path = "/api/portal/matters/{matter}/documents", tag = "portal", params(("matter" = String, Path), Which), responses((status = 200, body = PortalDocuments)))]
pub async fn documents(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(matter): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let body = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let caller = visitor.caller(app, unit, &matter)?;
            list(unit, &caller, matter, which)
        })
    });
    Ok(json_bytes(body.await?))
}

/// A [`PortalMatter`] as JSON, for a contact or for staff viewing as one.
///
/// # Errors
/// What the plugin refuses.
pub fn view(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    matter: String,
    upload_limit: u64,
) -> Result<Vec<u8>, Problem> {
    let seen = unit.call(caller, &portal::View { matter })?;
    let answer = PortalMatter {
        matter: &seen.matter,
        firm: &seen.firm,
        name: &seen.name,
        owner: seen.owner.as_deref(),
        opened_at: seen.opened_at,
        can_download: seen.can_download,
        can_upload: seen.can_upload,
        attributes: Attributes(seen.attributes),
        upload_limit,
    };
    json(&answer, 512)
}

/// [`PortalDocuments`] as JSON, for a contact or for staff viewing as one.
///
/// # Errors
/// What the plugin refuses, and `invalid` for a page that is too long.
pub fn list(unit: &mut Unit<'_, SqliteTx>, caller: &Caller, matter: String, which: Which) -> Result<Vec<u8>, Problem> {
    if which.limit > ROWS_MAX {
        return Err(Problem::field("limit", "too-large", format!("A page has up to {ROWS_MAX} rows.")));
    }
    let page = unit.call(
        caller,
        &portal::Documents {
            matter,
            search: which.search,
            sort: which.sort.into(),
            descending: which.descending,
            page: contract::Page { after: which.after, limit: which.limit },
        },
    )?;
    let held = quarantine::of_documents(unit.tx(), page.rows.iter().map(|row| row.document.as_str()))?;
    let answer = PortalDocuments {
        items: page.rows.iter().map(|one| row(one, &held)).collect(),
        next: page.next.as_deref(),
        total: page.total,
        exact: page.exact,
    };
    json(&answer, 128 + 352 * page.rows.len())
}

fn row<'m>(row: &'m contract::PortalDocument, held: &[(String, Held)]) -> PortalDocument<'m> {
    let held = quarantine::among(held, &row.document);
    PortalDocument {
        document: &row.document,
        name: &row.name,
        media_type: &row.media_type,
        size: row.size,
        version: row.version,
        created_at: row.created_at,
        activity_at: row.activity_at,
        own_upload: row.own_upload,
        can_preview: row.can_preview,
        can_download: row.can_download && held.is_none(),
        seen: row.seen,
        held: held.map(Held::word),
    }
}

fn json(answer: &impl Serialize, capacity: usize) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::with_capacity(capacity);
    serde_json::to_writer(&mut body, answer).map_err(Problem::internal)?;
    Ok(body)
}
