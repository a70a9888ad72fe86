//! The matters that a user may see.

use client_connect_pages::staff::{MatterRow, Matters};

use super::{super::link, *};

/// Rows of a page.
const ROWS: u32 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    after: Option<String>,
}

pub(super) async fn matters(
    State(app): State<SharedApp>,
    asker: Asker,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let search = Some(wanted.search.trim()).filter(|search| !search.is_empty()).map(str::to_owned);
        let query = matters::Query { search, after: wanted.after, limit: ROWS, ..matters::Query::default() };
        let found = matters::list_for_user(unit.tx(), &staff.user, &query)?;
        let mut rows = Vec::with_capacity(found.rows.len());
        for matter in found.rows {
            let owner = match &matter.owner {
                Some(owner) => users::get(unit.tx(), owner)?.map(|user| user.name),
                None => None,
            };
            rows.push(MatterRow {
                id: matter.id,
                name: matter.name,
                reference: matter.reference,
                owner,
                opened: Day(matter.opened_at),
                closed: matter.closed_at.is_some(),
            });
        }
        let next = found.next.map(|after| link("/matters", &[("search", &wanted.search), ("after", &after)]));
        Ok(Matters { frame, search: wanted.search, rows, next })
    };
    show(&app, asker, work).await
}
