//! Matters: opened, changed, closed, deleted to the bin and restored. The plugin is told in the same unit.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{Caller, Tx as _, Unit, backend::Viewer, exports::events};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, may_edit, members::may_decide, platform, read, rights, row, text};
use crate::{
    app::SharedApp,
    store::{
        SqliteTx, audit, matters,
        members::{self, Rights},
        staff::shared_in,
        users,
    },
    web::{
        Problem,
        extract::{Path, Query, some},
        session::{Staff, StaffToken},
        types::{self, Attributes, Listing},
        write::{Nothing, Write},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_matters, create_matter))
        .routes(routes!(get_matter, change_matter, delete_matter))
        .routes(routes!(restore_matter))
}

/// The longest name, in bytes.
const NAME_MOST: usize = 500;
/// So many documents are reported at once.
const REPORTED: u32 = 1_000;

/// A matter as the platform keeps it.
#[derive(Debug, Serialize, ToSchema)]
struct Matter {
    /// Its id.
    id: String,
    /// As its customers read it.
    name: String,
    /// The firm's own number for it.
    reference: String,
    /// The user who answers for it.
    owner: Option<String>,
    /// When it was opened.
    opened_at: u64,
    /// None while it is open.
    closed_at: Option<u64>,
    /// Set: it is in the bin.
    deleted_at: Option<u64>,
    /// Mails name neither it nor its documents.
    discreet: bool,
    /// What else the platform says of it.
    attributes: Attributes,
}

impl From<matters::Matter> for Matter {
    fn from(matter: matters::Matter) -> Self {
        Self {
            id: matter.id,
            name: matter.name,
            reference: matter.reference,
            owner: matter.owner,
            opened_at: matter.opened_at,
            closed_at: matter.closed_at,
            deleted_at: matter.deleted_at,
            discreet: matter.discreet,
            attributes: Attributes(matter.attributes),
        }
    }
}

/// A matter, and what the asker may do in it.
#[derive(Debug, Serialize, ToSchema)]
struct OwnMatter {
    #[serde(flatten)]
    matter: Matter,
    /// Documents: upload, rename, delete, restore.
    can_edit: bool,
    /// Client Connect's sections.
    can_share: bool,
}

fn own(tx: &SqliteTx, rights: &Rights, id: &str) -> Result<OwnMatter, Problem> {
    let matter = matters::get(tx, id)?.ok_or_else(Problem::not_found)?;
    Ok(OwnMatter { matter: matter.into(), can_edit: rights.can_edit, can_share: rights.can_share })
}

/// Which matters.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MatterState {
    /// Open and closed ones.
    #[default]
    All,
    /// Open ones.
    Open,
    /// Closed ones.
    Closed,
    /// Those in the bin.
    Deleted,
}

/// Which matters, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MattersPage {
    /// Part of the name or of the reference, compared without case and accents.
    search: Option<String>,
    /// Which ones.
    #[serde(default)]
    #[param(inline)]
    state: MatterState,
    /// Only those that the asker may change.
    #[serde(default)]
    can_edit: bool,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many rows, up to 200.
    #[param(maximum = 200)]
    limit: Option<u32>,
}

/// The matters that the asker may see, by name.
#[utoipa::path(get, path = "/api/matters", tag = "matters", params(MattersPage),
    responses((status = 200, body = Listing<Matter>)))]
async fn list_matters(
    State(app): State<SharedApp>,
    token: StaffToken,
    Query(page): Query<MattersPage>,
) -> Result<Response, Problem> {
    let closed = match page.state {
        MatterState::Open => Some(false),
        MatterState::Closed => Some(true),
        MatterState::All | MatterState::Deleted => None,
    };
    let query = matters::Query {
        search: page.search,
        closed,
        deleted: matches!(page.state, MatterState::Deleted),
        can_edit: page.can_edit,
        after: page.after,
        limit: types::limit(page.limit)?,
    };
    let answer = read(&app, token, move |unit, staff| {
        let found = matters::list_for_user(unit.tx(), &staff.user, &query)?;
        Ok(Listing::<Matter> { items: types::all(found.rows), next: found.next })
    });
    answer.await
}

/// One matter.
#[utoipa::path(get, path = "/api/matters/{matter}", tag = "matters", params(("matter" = String, Path)),
    responses((status = 200, body = OwnMatter)))]
async fn get_matter(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        let rights = rights(unit.tx(), &staff.user, &id)?;
        own(unit.tx(), &rights, &id)
    });
    answer.await
}

/// A matter that is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMatter {
    /// As its customers will read it.
    name: String,
    /// The firm's own number for it.
    #[serde(default)]
    reference: String,
    /// Who answers for it; the asker, where nobody is named.
    owner: Option<String>,
    /// Mails are to name neither it nor its documents.
    #[serde(default)]
    discreet: bool,
}

/// Open a matter. The asker and its owner become members with all rights.
#[utoipa::path(post, path = "/api/matters", tag = "matters", request_body = NewMatter,
    responses((status = 201, body = OwnMatter)))]
async fn create_matter(
    State(app): State<SharedApp>,
    staff: Staff,
    write: Write<NewMatter>,
) -> Result<Response, Problem> {
    let new = write.body;
    let (name, reference) = (text("name", &new.name, NAME_MOST)?, reference(&new.reference)?);
    let work = write.asked.run(&app, caller(&staff), StatusCode::CREATED, move |unit, caller| {
        let owner = new.owner.as_ref().unwrap_or(&staff.user);
        known_user(unit.tx(), &staff.firm, owner)?;
        let matter = matters::Matter {
            reference: reference.clone(),
            discreet: new.discreet,
            ..matters::Matter::new(&staff.firm, &name, owner, unit.now())
        };
        matters::create(unit.tx(), &matter)?;
        let rights = Rights { user: staff.user.clone(), can_edit: true, can_share: true };
        members::set(unit.tx(), &matter.id, &rights)?;
        let row = row(unit, caller, "matter.created").matter(&matter.id).detail("owner", owner.as_str());
        audit::append(unit.tx(), &staff.firm, &row)?;
        own(unit.tx(), &rights, &matter.id)
    });
    work.await
}

/// What is to change; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MatterChange {
    name: Option<String>,
    reference: Option<String>,
    /// Who answers for it; `null`: nobody. Only the owner gives it away.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    closed: Option<bool>,
    discreet: Option<bool>,
}

/// Change a matter: its name, its owner, whether it is closed, whether mails keep silent about it.
#[utoipa::path(patch, path = "/api/matters/{matter}", tag = "matters", params(("matter" = String, Path)),
    request_body = MatterChange, responses((status = 200, body = OwnMatter)))]
async fn change_matter(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(id): Path<String>,
    write: Write<MatterChange>,
) -> Result<Response, Problem> {
    let change = write.body;
    let name = change.name.as_deref().map(|name| text("name", name, NAME_MOST)).transpose()?;
    let reference = change.reference.as_deref().map(reference).transpose()?;
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        let rights = may_edit(unit.tx(), &staff.user, &id)?;
        let before = matters::get(unit.tx(), &id)?.ok_or_else(Problem::not_found)?;
        let mut after = before.clone();
        after.name = name.clone().unwrap_or(after.name);
        after.reference = reference.clone().unwrap_or(after.reference);
        after.discreet = change.discreet.unwrap_or(after.discreet);
        match (change.closed, before.closed_at) {
            (Some(true), None) => after.closed_at = Some(unit.now()),
            (Some(false), Some(_)) => after.closed_at = None,
            _ => {}
        }
        if let Some(owner) = &change.owner
            && *owner != before.owner
        {
            may_decide(unit.tx(), &staff.user, &id)?;
            if let Some(owner) = owner {
                known_user(unit.tx(), &staff.firm, owner)?;
            }
            after.owner.clone_from(owner);
        }
        if after != before {
            store_change(unit, caller, &before, &after)?;
        }
        own(unit.tx(), &rights, &id)
    });
    work.await
}

fn store_change(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    before: &matters::Matter,
    after: &matters::Matter,
) -> Result<(), Problem> {
    let reported = unit.tx().matter(&Viewer::Host, &before.id)?.ok_or_else(Problem::not_found)?;
    matters::update(unit.tx(), after)?;
    let mut row = row(unit, caller, "matter.changed").matter(&after.id);
    for (key, changed, value) in [
        ("name", after.name != before.name, after.name.clone()),
        ("reference", after.reference != before.reference, after.reference.clone()),
        ("owner", after.owner != before.owner, after.owner.clone().unwrap_or_default()),
        ("closed", after.closed_at != before.closed_at, after.closed_at.is_some().to_string()),
        ("discreet", after.discreet != before.discreet, after.discreet.to_string()),
    ] {
        if changed {
            row = row.detail(key, value);
        }
    }
    audit::append(unit.tx(), &after.firm, &row)?;
    if after.owner != before.owner || after.closed_at != before.closed_at {
        let event = events::OnMatterChanged { matter: after.id.clone(), before: reported };
        unit.call(&platform(caller), &event)?;
    }
    Ok(())
}

/// Put a matter into the bin: for everybody else it does not exist any more, and every portal of it closes.
#[utoipa::path(delete, path = "/api/matters/{matter}", tag = "matters", params(("matter" = String, Path)),
    responses((status = 204)))]
async fn delete_matter(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(id): Path<String>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            may_decide(unit.tx(), &staff.user, &id)?;
            let platform = platform(caller);
            // Its documents first, as many as were ever shared, and then the matter while it can still be read.
            let mut last = String::new();
            loop {
                let documents = shared_in(unit.tx(), &id, &last, REPORTED)?;
                let Some(end) = documents.last() else { break };
                last.clone_from(end);
                unit.call(&platform, &events::OnDocumentDeleted { matter: id.clone(), documents })?;
            }
            unit.call(&platform, &events::OnMatterDeleted { matter: id.clone() })?;
            let row = row(unit, caller, "matter.deleted").matter(&id);
            audit::append(unit.tx(), &staff.firm, &row)?;
            let now = unit.now();
            Ok(matters::delete(unit.tx(), &id, now)?)
        });
    work.await
}

/// Take a matter out of the bin. Every portal of it stays closed; what was shared is offered, and no more than that.
#[utoipa::path(post, path = "/api/matters/{matter}/restore", tag = "matters", params(("matter" = String, Path)),
    responses((status = 200, body = OwnMatter)))]
async fn restore_matter(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(id): Path<String>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        let member = members::list(unit.tx(), &id)?.into_iter().find(|member| member.user == staff.user);
        let rights = member.ok_or_else(Problem::not_found)?;
        if !rights.can_edit {
            return Err(Problem::denied("You may not change this matter."));
        }
        matters::restore(unit.tx(), &id)?;
        let row = row(unit, caller, "matter.restored").matter(&id);
        audit::append(unit.tx(), &staff.firm, &row)?;
        own(unit.tx(), &rights, &id)
    });
    work.await
}

fn reference(given: &str) -> Result<String, Problem> {
    if given.trim().is_empty() { Ok(String::new()) } else { text("reference", given, 100) }
}

fn known_user(tx: &SqliteTx, firm: &str, user: &str) -> Result<(), Problem> {
    match users::get(tx, user)? {
        Some(user) if user.firm == firm && user.active => Ok(()),
        _ => Err(Problem::field("owner", "unknown-user", "This is no active user of the firm.")),
    }
}
