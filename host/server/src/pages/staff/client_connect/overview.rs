//! The Overview section: the portal's address, and how things stand.

use client_connect_pages::{show::Count, staff::client_connect::Overview};
use client_connect_runtime::{
    Tx as _,
    backend::Viewer,
    exports::{access, sharing},
    types::{Lane, SortKey},
};

use super::{uploads, *};
use crate::{store::unseen, web::staff::documents_of};

/// So many of what a contact sees are looked at, the latest first, to count what they have not seen.
const LOOKED_AT: u32 = 200;
/// Uploads that are shown.
const LATEST: u32 = 5;

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
) -> Result<Response, Failed> {
    show(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let asker = caller(staff);
        let section = unit.call(&asker, &access::View { matter: matter.clone() })?;
        let chosen = unit.call(&asker, &sharing::View { matter: matter.clone() })?.contacts;
        let mut count = |lane| {
            let page = unit.call(&asker, &documents_of(&matter, lane, 0))?;
            Ok::<_, Problem>(Count { total: page.total, exact: page.exact })
        };
        let (shared, uploaded, offered) = (count(Lane::AnyOfThem)?, count(Lane::Uploaded)?, count(Lane::Lapsed)?);
        let mut contacts = Vec::new();
        for row in super::access::rows(unit, staff, &head, section.rows)?.into_iter().filter(|row| row.known) {
            let (total, exact) =
                if row.open { unseen::count(unit.tx(), &matter, &row.id, LOOKED_AT)? } else { (0, true) };
            contacts.push((row, Count { total, exact }));
        }
        let mut latest = documents_of(&matter, Lane::Uploaded, LATEST);
        (latest.filter.sort, latest.filter.descending) = (SortKey::CreatedAt, true);
        let latest = unit.call(&asker, &latest)?;
        let latest = uploads::rows(unit.tx(), &matter, latest.rows, &chosen)?;
        let viewer = Viewer::User(staff.user.clone());
        let firm = unit.tx().matter(&viewer, &matter)?.ok_or_else(Problem::not_found)?.firm;
        Ok(Overview {
            frame,
            matter: head,
            portal_url: firm.portal_url,
            open: u32::try_from(chosen.len()).unwrap_or(u32::MAX),
            shared,
            uploaded,
            offered,
            contacts,
            latest,
            notes: section.notes.into_iter().map(|note| note.message).collect(),
        })
    })
    .await
}
