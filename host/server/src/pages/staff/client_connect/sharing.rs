//! The Sharing section: whom documents can be shared with. The lists of documents are the API's.

use std::collections::BTreeMap;

use client_connect_pages::staff::client_connect::{Choice, Person, Sharing};
use client_connect_runtime::exports::{access, sharing};

use super::*;
use crate::store::contacts;

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
) -> Result<Response, Failed> {
    show(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let section = unit.call(&caller(staff), &sharing::View { matter: matter.clone() })?;
        let linked = contacts::linked(unit.tx(), &matter)?;
        let counts: BTreeMap<String, (u32, u32)> = unit
            .call(&caller(staff), &access::View { matter })?
            .rows
            .into_iter()
            .map(|row| (row.contact.id, (row.shared, row.uploaded)))
            .collect();
        let (mut choices, mut others) = (Vec::new(), Vec::new());
        for (contact, role) in linked {
            if section.contacts.iter().any(|choice| choice.id == contact.id) {
                let (shared, uploaded) = counts.get(&contact.id).copied().unwrap_or_default();
                choices.push(Choice {
                    id: contact.id,
                    name: contact.name,
                    email: contact.email.unwrap_or_default(),
                    role,
                    sees: shared.saturating_add(uploaded),
                    first: shared == 0,
                });
            } else {
                others.push(Person { id: contact.id, name: contact.name });
            }
        }
        // That nobody has access is said by the page itself.
        let said = section.notes.into_iter().filter(|note| note.code != "nobody-has-access");
        Ok(Sharing {
            frame,
            matter: head,
            staging: staging(unit, staff, section.revision)?,
            choices,
            others,
            notes: said.map(|note| note.message).collect(),
        })
    })
    .await
}
