//! What a contact sees, shown to staff: by the portal's own decision, for reading only. It leaves no receipt, and
//! stands in the audit under the user's name.

use client_connect_pages::{
    show::{Count, Day, Size, When},
    staff::client_connect::{SeeAs, SeenRow},
};
use client_connect_runtime::{
    Caller, Tx as _,
    exports::portal,
    types::{Page, PortalDocument},
};

use super::{uploads::Which, *};
use crate::{
    store::{audit, contacts},
    web::{
        Asked,
        staff::{row, viewing},
    },
};

/// Rows of a page.
const ROWS: u32 = 50;

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path((matter, contact)): Path<(String, String)>,
    Query(which): Query<Which>,
    asked: Asked,
) -> Result<Response, Failed> {
    let request = asked.request_id().map(str::to_owned);
    show_noted(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let caller = Caller { request: request.clone(), ..viewing(staff, &contact) };
        let seen = unit.call(&caller, &portal::View { matter: matter.clone() })?;
        let page = Page { after: which.after.clone(), limit: ROWS };
        let list = portal::Documents {
            matter: matter.clone(),
            search: searched(&which.search),
            sort: which.sort.into(),
            descending: which.descending,
            page,
        };
        let found = unit.call(&caller, &list)?;
        let who = contacts::get(unit.tx(), &contact)?.ok_or_else(Problem::not_found)?;
        // What the portal says here is what the looker may do: nothing. The contact's own right is in their grant.
        let grants = unit.tx().grants(&matter, Some(std::slice::from_ref(&contact)))?;
        // Leafing through the list is one look.
        if which.after.is_none() {
            let row = row(unit, &caller, "portal.viewed-as").matter(&matter).contact(&contact);
            audit::append(unit.tx(), &staff.firm, &row)?;
        }
        let path = format!("/matters/{matter}/client-connect/as/{contact}");
        let until = seen.attributes.iter().find(|(key, _)| key == "until").and_then(|(_, at)| at.parse().ok());
        Ok(SeeAs {
            frame,
            matter: head,
            contact: who.name,
            contact_id: who.id,
            firm: seen.firm,
            name: seen.name,
            owner: seen.owner,
            opened: Day(seen.opened_at),
            can_download: grants.iter().any(|grant| grant.can_download),
            until: until.map(Day),
            search: which.search.trim().to_owned(),
            columns: which.columns(&path),
            rows: found.rows.into_iter().map(seen_row).collect(),
            total: Count { total: found.total, exact: found.exact },
            next: found.next.map(|after| which.next(&path, &after)),
        })
    })
    .await
}

fn seen_row(row: PortalDocument) -> SeenRow {
    let mark = match row.seen {
        _ if row.own_upload => None,
        None => Some("New"),
        Some(version) if version < row.version => Some("Changed since they last looked"),
        Some(_) => None,
    };
    SeenRow {
        id: row.document,
        name: row.name,
        media_type: row.media_type,
        size: Size(row.size),
        created: When(row.created_at),
        activity: When(row.activity_at),
        own: row.own_upload,
        can_preview: row.can_preview,
        mark,
    }
}
