//! Contacts of a matter, of the firm, and one of them.

use client_connect_pages::staff::{
    contacts::{Contact, ContactRow, Contacts, Linked, MatterContacts, Named, Part},
    list::Pager,
};
use client_connect_runtime::Tx as _;

use super::*;
use crate::{
    store::{contacts, names::email_key},
    web::{Path, staff::contact_of_firm},
};

/// Rows of a page.
const ROWS: u32 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    after: Option<String>,
}

/// Contacts as lists show them, each with the others of their address.
fn rows(tx: &mut SqliteTx, found: Vec<contacts::Contact>) -> Result<Vec<ContactRow>, Problem> {
    let ids: Vec<String> = found.iter().map(|contact| contact.id.clone()).collect();
    let same = tx.same_address(&ids)?;
    let row = |(contact, same): (contacts::Contact, Vec<client_connect_runtime::types::Contact>)| ContactRow {
        id: contact.id,
        name: contact.name,
        reachable: contact.email.as_deref().is_some_and(|email| email_key(email).is_some()),
        email: contact.email.unwrap_or_default(),
        locale: contact.locale,
        same_address: same.into_iter().map(|other| Named { id: other.id, name: other.name }).collect(),
    };
    Ok(found.into_iter().zip(same).map(row).collect())
}

pub(super) async fn of_firm(
    State(app): State<SharedApp>,
    asker: Asker,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let after = wanted.after.as_deref().filter(|after| !after.is_empty());
        let found = contacts::search(unit.tx(), &staff.firm, Some(&wanted.search), after, ROWS)?;
        let address = |after: &str| link("/contacts", &[("search", &wanted.search), ("after", after)]);
        let pager = Pager { first: after.map(|_| address("")), next: found.next.as_deref().map(address) };
        Ok(Contacts { frame, rows: rows(unit.tx(), found.rows)?, pager, search: wanted.search.clone() })
    };
    show(&app, asker, work).await
}

pub(super) async fn one(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let found = contact_of_firm(unit.tx(), &staff.firm, &id)?;
        let links = contacts::links_of(unit.tx(), &id)?;
        let all = links.len();
        let mut parts = Vec::new();
        for (matter, role) in links {
            if members::get(unit.tx(), &matter, &staff.user)?.is_some()
                && let Some(matter) = matters::get(unit.tx(), &matter)?
            {
                parts.push(Part { matter: Named { id: matter.id, name: matter.name }, role });
            }
        }
        let contact = rows(unit.tx(), vec![found])?.pop().ok_or_else(Problem::not_found)?;
        Ok(Contact { frame, contact, elsewhere: parts.len() < all, parts })
    };
    show(&app, asker, work).await
}

pub(super) async fn of_matter(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let now = unit.now();
        let (found, roles): (Vec<_>, Vec<_>) = contacts::linked(unit.tx(), &matter)?.into_iter().unzip();
        let grants = unit.tx().grants(&matter, None)?;
        let counts = unit.tx().count_shared(&matter, None)?;
        let linked = |(contact, role): (ContactRow, String)| {
            let open = |grant: &client_connect_runtime::types::AccessGrant| {
                grant.contact == contact.id && grant.portal && grant.until.is_none_or(|until| until > now)
            };
            let count = counts.iter().find(|count| count.contact == contact.id);
            Linked {
                has_access: contact.reachable && grants.iter().any(open),
                documents: count.map_or(0, |count| count.shared + count.uploaded),
                contact,
                role,
            }
        };
        let rows: Vec<Linked> = rows(unit.tx(), found)?.into_iter().zip(roles).map(linked).collect();
        let ids: Vec<&str> = rows.iter().map(|row| row.contact.id.as_str()).collect();
        Ok(MatterContacts { frame, matter: head, ids: ids.join(" "), rows })
    };
    show(&app, asker, work).await
}
