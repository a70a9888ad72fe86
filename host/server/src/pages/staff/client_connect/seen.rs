//! The matrix of contacts and documents: who has seen which version of what is shared with them.

use client_connect_pages::{
    show::Count,
    staff::client_connect::{Seen, SeenCell, SeenDocument},
};
use client_connect_runtime::{
    exports::sharing,
    types::{Contact, DocumentRow, DocumentSource, Lane, ShareState},
};

use super::*;
use crate::web::staff::documents_of;

/// Rows of a page.
const ROWS: u32 = 50;

/// Which documents.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    search: String,
    after: String,
}

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Failed> {
    show(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let contacts = unit.call(&caller(staff), &sharing::View { matter: matter.clone() })?.contacts;
        let mut list = documents_of(&matter, Lane::AnyOfThem, ROWS);
        list.filter.search = searched(&which.search);
        list.filter.contacts = contacts.iter().map(|contact| contact.id.clone()).collect();
        list.page.after = Some(which.after.clone()).filter(|after| !after.is_empty());
        // Nobody has access: then nobody sees anything, and an empty filter would mean anybody.
        let found = if contacts.is_empty() { None } else { Some(unit.call(&caller(staff), &list)?) };
        let path = format!("/matters/{matter}/client-connect/seen");
        let next = found.as_ref().and_then(|page| page.next.as_deref());
        let next = next.map(|after| link(&path, &[("search", which.search.trim()), ("after", after)]));
        let total = found
            .as_ref()
            .map_or(Count { total: 0, exact: true }, |page| Count { total: page.total, exact: page.exact });
        let rows = found.map_or_else(Vec::new, |page| page.rows);
        Ok(Seen {
            frame,
            matter: head,
            search: which.search.trim().to_owned(),
            rows: rows.into_iter().map(|row| seen(row, &contacts)).collect(),
            contacts: contacts.into_iter().map(|contact| contact.name).collect(),
            total,
            next,
        })
    })
    .await
}

fn seen(DocumentRow { document, shares, .. }: DocumentRow, contacts: &[Contact]) -> SeenDocument {
    let cell = |contact: &Contact| {
        let share = shares.iter().find(|share| share.contact == contact.id && matches!(share.state, ShareState::Live));
        match (share, &document.source) {
            (None, _) => SeenCell::NotShared,
            (Some(_), DocumentSource::Portal(uploader)) if *uploader == contact.id => SeenCell::Own,
            (Some(share), _) => share.seen.as_ref().map_or(SeenCell::Never, |receipt| SeenCell::Saw {
                version: receipt.version,
                at: receipt.at,
                downloaded: receipt.downloaded,
            }),
        }
    };
    SeenDocument {
        cells: contacts.iter().map(cell).collect(),
        id: document.id,
        name: document.name,
        media_type: document.media_type,
        version: document.version,
    }
}
