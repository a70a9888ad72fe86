//! The bin of a matter.

use client_connect_pages::{
    show::{Size, When},
    staff::{
        documents::{Bin, Deleted},
        list::Pager,
    },
};

use super::*;
use crate::web::{Path, staff::deleted_documents};

/// Rows of a page.
const ROWS: u32 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    after: Option<String>,
}

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let found = deleted_documents(unit.tx(), &staff.user, &matter, wanted.after.as_deref(), ROWS)?;
        let path = format!("/matters/{matter}/bin");
        let row = |row: crate::store::documents::Deleted| Deleted {
            id: row.id,
            name: row.name,
            size: Size(row.size),
            deleted: When(row.deleted_at),
        };
        let pager = Pager {
            first: wanted.after.is_some().then(|| path.clone()),
            next: found.1.map(|next| link(&path, &[("after", &next)])),
        };
        Ok(Bin { frame, matter: head, rows: found.0.into_iter().map(row).collect(), pager })
    };
    show(&app, asker, work).await
}
