//! The bin of a matter: what was deleted, taken back, or removed for good.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{Caller, Unit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    caller,
    documents::{Named, named},
    may_edit, read, rights, row,
};
use crate::{
    app::SharedApp,
    store::{SqliteTx, audit, documents, staff::kept_from},
    web::{
        Problem,
        extract::{Path, Query},
        preview::with_pictures,
        session::{Staff, StaffToken},
        types::{self, Listing},
        write::Write,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_bin)).routes(routes!(restore_documents)).routes(routes!(purge_documents))
}

/// A document in the bin.
#[derive(Debug, Serialize, ToSchema)]
struct Deleted {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Bytes of its last version.
    size: u64,
    /// When it was deleted.
    deleted_at: u64,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BinPage {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many rows, up to 200.
    #[param(maximum = 200)]
    limit: Option<u32>,
}

/// What was deleted in this matter, the last first.
#[utoipa::path(get, path = "/api/matters/{matter}/bin", tag = "documents", params(("matter" = String, Path), BinPage),
    responses((status = 200, body = Listing<Deleted>)))]
async fn list_bin(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
    Query(page): Query<BinPage>,
) -> Result<Response, Problem> {
    let limit = types::limit(page.limit)?;
    let answer = read(&app, token, move |unit, staff| {
        rights(unit.tx(), &staff.user, &matter)?;
        let (rows, next) = deleted_documents(unit.tx(), &staff.user, &matter, page.after.as_deref(), limit)?;
        let deleted = |row: documents::Deleted| {
            let documents::Deleted { id, name, size, deleted_at } = row;
            Deleted { id, name, size, deleted_at }
        };
        Ok(Listing { items: rows.into_iter().map(deleted).collect(), next })
    });
    answer.await
}

/// A page of a matter's bin, and where the next one begins.
pub(crate) fn deleted_documents(
    tx: &SqliteTx,
    user: &str,
    matter: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<documents::Deleted>, Option<String>), Problem> {
    let after = after.map(position).transpose()?;
    let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
    let mut rows = documents::list_bin(tx, user, matter, after, limit + 1)?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|last| format!("{}.{}", last.deleted_at, last.id));
    Ok((rows, next))
}

fn position(after: &str) -> Result<(u64, String), Problem> {
    let position = after.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    position.ok_or_else(|| Problem::field("after", "bad-cursor", "This is no cursor of this list."))
}

/// Take documents out of the bin: all of them, or none. What was shared is offered, and no more than that.
#[utoipa::path(post, path = "/api/matters/{matter}/bin/restore", tag = "documents", params(("matter" = String, Path)),
    request_body = Named, responses((status = 204)))]
async fn restore_documents(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<Named>,
) -> Result<Response, Problem> {
    let ids = named(write.body.documents)?;
    #[cfg(test)]
    let shared_again = app.planted.is(crate::planted::Fault::RestoredIsShared);
    let work = write.asked.run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
        may_change(unit.tx(), &staff, &matter, &ids)?;
        #[cfg(test)]
        if shared_again {
            let live = "UPDATE shares SET state = 'live' WHERE matter = ?1 AND document = ?2 AND state = 'lapsed'";
            for id in &ids {
                unit.tx().conn().execute(live, [&matter, id]).map_err(Problem::internal)?;
            }
        }
        let back = documents::restore(unit.tx(), &matter, &ids)?;
        if back.len() != ids.len() {
            return Err(Problem::not_found());
        }
        note(unit, caller, &staff, &matter, &ids, "document.restored")
    });
    work.await
}

/// Remove documents in the bin for good: all of them, or none. The audit keeps their names and hashes.
#[utoipa::path(post, path = "/api/matters/{matter}/bin/purge", tag = "documents", params(("matter" = String, Path)),
    request_body = Named, responses((status = 204)))]
async fn purge_documents(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<Named>,
) -> Result<Response, Problem> {
    let ids = named(write.body.documents)?;
    let gone = ids.clone();
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            may_change(unit.tx(), &staff, &matter, &ids)?;
            // While their names and hashes can still be written down.
            note(unit, caller, &staff, &matter, &ids, "document.purged")?;
            let now = unit.now();
            let gone = documents::purge(unit.tx(), &matter, &ids, now)?;
            if gone.len() == ids.len() { Ok(()) } else { Err(Problem::not_found()) }
        });
    with_pictures(&app, gone, work).await
}

fn may_change(tx: &SqliteTx, staff: &Staff, matter: &str, ids: &[String]) -> Result<(), Problem> {
    may_edit(tx, &staff.user, matter)?;
    if kept_from(tx, &staff.user, ids)?.is_empty() { Ok(()) } else { Err(Problem::not_found()) }
}

fn note(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    staff: &Staff,
    matter: &str,
    ids: &[String],
    action: &str,
) -> Result<(), Problem> {
    for id in ids {
        let row = row(unit, caller, action).matter(matter).document(id);
        audit::append(unit.tx(), &staff.firm, &row)?;
    }
    Ok(())
}
