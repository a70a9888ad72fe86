//! The matters that a user may see, and those of them that are in the bin.

use client_connect_pages::staff::{MatterRow, Matters, list::Pager};

use super::{names::Names, *};

/// Rows of a page.
const ROWS: u32 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    state: String,
    after: Option<String>,
}

pub(super) async fn matters(
    State(app): State<SharedApp>,
    asker: Asker,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let (state, closed) = match wanted.state.as_str() {
        "open" => ("open", Some(false)),
        "closed" => ("closed", Some(true)),
        "deleted" => ("deleted", None),
        _ => ("", None),
    };
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let search = searched(&wanted.search);
        let after = wanted.after.filter(|after| !after.is_empty());
        let deleted = state == "deleted";
        let query = matters::Query { search, closed, deleted, can_edit: false, after: after.clone(), limit: ROWS };
        let found = matters::list_for_user(unit.tx(), &staff.user, &query)?;
        let mut names = Names::default();
        let mut rows = Vec::with_capacity(found.rows.len());
        for matter in found.rows {
            let owner = matter.owner.as_deref().map(|owner| names.user(unit.tx(), owner)).transpose()?.flatten();
            let own = |rights: &Rights| rights.user == staff.user && rights.can_edit;
            rows.push(MatterRow {
                can_restore: deleted && members::list(unit.tx(), &matter.id)?.iter().any(own),
                id: matter.id,
                name: matter.name,
                reference: matter.reference,
                owner,
                opened: Day(matter.opened_at),
                closed: matter.closed_at.is_some(),
            });
        }
        let address = |after: &str| link("/matters", &[("search", &wanted.search), ("state", state), ("after", after)]);
        let pager = Pager { first: after.map(|_| address("")), next: found.next.as_deref().map(address) };
        Ok(Matters { frame, search: wanted.search.clone(), state, rows, pager })
    };
    show(&app, asker, work).await
}
