//! What the app has to say to a user.

use client_connect_pages::{
    show::When,
    staff::{
        list::Pager,
        notices::{Notice, Notices},
    },
};

use super::*;
use crate::web::staff::notices_of;

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
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let tx: &SqliteTx = unit.tx();
        let (messages, next) = notices_of(tx, &staff.user, wanted.after.as_deref(), ROWS)?;
        let mut rows = Vec::with_capacity(messages.len());
        for message in messages {
            rows.push(Notice {
                matter: message.matter.map(|matter| place(tx, &staff.user, &matter)).transpose()?.flatten(),
                id: message.id,
                text: message.text,
                when: When(message.created_at),
                read: message.read_at.is_some(),
            });
        }
        let pager = Pager {
            first: wanted.after.map(|_| "/notices".to_owned()),
            next: next.map(|next| link("/notices", &[("after", &next)])),
        };
        Ok(Notices { frame, rows, pager })
    };
    show(&app, asker, work).await
}

/// Where a matter is found, and what it is called, if the user may see it now.
fn place(tx: &SqliteTx, user: &str, matter: &str) -> Result<Option<(String, String)>, Problem> {
    if members::get(tx, matter, user)?.is_none() {
        return Ok(None);
    }
    Ok(matters::get(tx, matter)?.map(|matter| (format!("/matters/{}/documents", matter.id), matter.name)))
}
