//! The members of a matter, and what each may do there. Only the matter's owner decides; where there is none who is
//! active, whoever may both edit and share.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read, rights, row};
use crate::{
    app::SharedApp,
    store::{
        SqliteTx, audit, matters,
        members::{self, Rights},
        users,
    },
    web::{
        Problem,
        extract::Path,
        session::{Staff, StaffToken},
        write::{Nothing, Write},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_members)).routes(routes!(put_member, remove_member))
}

/// A user, and what they may do in one matter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    /// Who.
    pub(crate) user: String,
    /// As colleagues read it.
    pub(crate) name: String,
    /// Whether they are still with the firm.
    pub(crate) active: bool,
    /// Whether the matter is theirs.
    pub(crate) owner: bool,
    /// Documents: upload, rename, delete, restore.
    pub(crate) can_edit: bool,
    /// Client Connect's sections.
    pub(crate) can_share: bool,
}

/// What a user may do in a matter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberRights {
    /// Documents: upload, rename, delete, restore.
    can_edit: bool,
    /// Client Connect's sections.
    can_share: bool,
}

fn member(tx: &SqliteTx, owner: Option<&str>, rights: Rights) -> Result<Option<Member>, Problem> {
    Ok(users::get(tx, &rights.user)?.map(|user| Member {
        owner: owner == Some(&user.id),
        user: user.id,
        name: user.name,
        active: user.active,
        can_edit: rights.can_edit,
        can_share: rights.can_share,
    }))
}

/// Whether this user decides who is a member; answers the matter's owner.
pub(crate) fn may_decide(tx: &SqliteTx, user: &str, matter: &str) -> Result<Option<String>, Problem> {
    let rights = rights(tx, user, matter)?;
    let owner = matters::get(tx, matter)?.and_then(|matter| matter.owner);
    let active = match &owner {
        Some(owner) => users::get(tx, owner)?.is_some_and(|owner| owner.active),
        None => false,
    };
    let decides = if active { owner.as_deref() == Some(user) } else { rights.can_edit && rights.can_share };
    if decides { Ok(owner) } else { Err(Problem::denied("Only the matter's owner decides who may see it.")) }
}

/// Who may see this matter, and what each may do there.
#[utoipa::path(get, path = "/api/matters/{matter}/members", tag = "matters",
    params(("matter" = String, Path)), responses((status = 200, body = Vec<Member>)))]
async fn list_members(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        rights(unit.tx(), &staff.user, &matter)?;
        of_matter(unit.tx(), &matter)
    });
    answer.await
}

/// Everybody who may see the matter.
pub(crate) fn of_matter(tx: &SqliteTx, matter: &str) -> Result<Vec<Member>, Problem> {
    let owner = matters::get(tx, matter)?.and_then(|matter| matter.owner);
    let rows = members::list(tx, matter)?.into_iter().filter_map(|row| member(tx, owner.as_deref(), row).transpose());
    rows.collect()
}

/// Let a user of the firm into the matter, or change what they may do there.
#[utoipa::path(put, path = "/api/matters/{matter}/members/{user}", tag = "matters",
    params(("matter" = String, Path), ("user" = String, Path)), request_body = MemberRights,
    responses((status = 200, body = Member)))]
async fn put_member(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, user)): Path<(String, String)>,
    write: Write<MemberRights>,
) -> Result<Response, Problem> {
    let MemberRights { can_edit, can_share } = write.body;
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        let tx = unit.tx();
        let owner = may_decide(tx, &staff.user, &matter)?;
        let known = users::get(tx, &user)?.filter(|user| user.firm == staff.firm);
        let known = known.ok_or_else(Problem::not_found)?;
        if owner.as_deref() == Some(&known.id) && !(can_edit && can_share) {
            return Err(Problem::conflict("owner", "A matter's owner may do everything in it."));
        }
        let rights = Rights { user: known.id, can_edit, can_share };
        members::set(tx, &matter, &rights)?;
        let row = row(unit, caller, "matter.member-set").matter(&matter);
        let row = row.detail("user", user.as_str()).detail("can-edit", can_edit).detail("can-share", can_share);
        audit::append(unit.tx(), &staff.firm, &row)?;
        member(unit.tx(), owner.as_deref(), rights)?.ok_or_else(Problem::not_found)
    });
    work.await
}

/// Take a user out of the matter: it does not exist for them any more.
#[utoipa::path(delete, path = "/api/matters/{matter}/members/{user}", tag = "matters",
    params(("matter" = String, Path), ("user" = String, Path)), responses((status = 204)))]
async fn remove_member(
    State(app): State<SharedApp>,
    staff: Staff,
    Path((matter, user)): Path<(String, String)>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    #[cfg(test)]
    let stays = app.planted.is(crate::planted::Fault::LeftStaffStays);
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            let tx = unit.tx();
            let owner = may_decide(tx, &staff.user, &matter)?;
            if owner.as_deref() == Some(&user) {
                return Err(Problem::conflict("owner", "Give the matter another owner first."));
            }
            #[cfg(test)]
            if stays && members::get(tx, &matter, &user)?.is_some() {
                return Ok(());
            }
            if !members::remove(tx, &matter, &user)? {
                return Err(Problem::not_found());
            }
            let row = row(unit, caller, "matter.member-removed").matter(&matter).detail("user", user.as_str());
            Ok(audit::append(unit.tx(), &staff.firm, &row)?)
        });
    work.await
}
