//! Contacts of the firm: people and companies, whether or not they take part in a matter.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{Caller, Tx, Unit, exports::events};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    caller,
    links::{link, role},
    locale, may_edit, platform, read, row, text,
};
use crate::{
    app::SharedApp,
    store::{self, SqliteTx, audit, contacts, members, sessions},
    web::{
        Problem,
        extract::{Path, Query, some},
        session::{Staff, StaffToken},
        types::{self, Attributes, Contact, Listing},
        write::{Nothing, Write},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_contacts, create_contact)).routes(routes!(
        get_contact,
        change_contact,
        delete_contact
    ))
}

/// The longest name, in bytes.
const NAME_MOST: usize = 300;
/// The longest text in the place of an address, in bytes.
const EMAIL_MOST: usize = 320;

impl From<contacts::Contact> for Contact {
    fn from(contact: contacts::Contact) -> Self {
        let contacts::Contact { id, name, email, locale, attributes, .. } = contact;
        Self { id, name, email, locale, attributes: Attributes(attributes) }
    }
}

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ContactsPage {
    /// Part of the name or of the address, compared without case and accents.
    search: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many rows, up to 200.
    #[param(maximum = 200)]
    limit: Option<u32>,
}

/// The firm's contacts, by name.
#[utoipa::path(get, path = "/api/contacts", tag = "contacts", params(ContactsPage),
    responses((status = 200, body = Listing<Contact>)))]
async fn list_contacts(
    State(app): State<SharedApp>,
    token: StaffToken,
    Query(page): Query<ContactsPage>,
) -> Result<Response, Problem> {
    let limit = types::limit(page.limit)?;
    let answer = read(&app, token, move |unit, staff| {
        let found = contacts::search(unit.tx(), &staff.firm, page.search.as_deref(), page.after.as_deref(), limit)?;
        Ok(Listing::<Contact> { items: types::all(found.rows), next: found.next })
    });
    answer.await
}

/// A contact, and the matters of the asker in which they take part.
#[derive(Debug, Serialize, ToSchema)]
struct ContactWithMatters {
    #[serde(flatten)]
    contact: Contact,
    /// Where they take part, of the matters that the asker may see.
    matters: Vec<Part>,
}

/// A contact's part in a matter.
#[derive(Debug, Serialize, ToSchema)]
struct Part {
    /// Which matter.
    matter: String,
    /// As what.
    role: String,
}

pub(crate) fn of_firm(tx: &SqliteTx, firm: &str, id: &str) -> Result<contacts::Contact, Problem> {
    let found = contacts::get(tx, id)?.filter(|contact| contact.firm == firm && contact.deleted_at.is_none());
    found.ok_or_else(Problem::not_found)
}

fn with_matters(tx: &SqliteTx, user: &str, contact: contacts::Contact) -> Result<ContactWithMatters, Problem> {
    let mut matters = Vec::new();
    for (matter, role) in contacts::links_of(tx, &contact.id)? {
        if members::get(tx, &matter, user)?.is_some() {
            matters.push(Part { matter, role });
        }
    }
    Ok(ContactWithMatters { contact: contact.into(), matters })
}

/// One contact.
#[utoipa::path(get, path = "/api/contacts/{contact}", tag = "contacts", params(("contact" = String, Path)),
    responses((status = 200, body = ContactWithMatters)))]
async fn get_contact(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let answer = read(&app, token, move |unit, staff| {
        let contact = of_firm(unit.tx(), &staff.firm, &id)?;
        with_matters(unit.tx(), &staff.user, contact)
    });
    answer.await
}

/// A contact who is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContact {
    /// As people read it.
    name: String,
    /// Kept as it is; only a whole mail address gives access.
    email: Option<String>,
    /// BCP 47, for mails; English, where none is named.
    locale: Option<String>,
    /// A matter in which they take part from the beginning.
    matter: Option<String>,
    /// As what; may be empty.
    #[serde(default)]
    role: String,
}

/// Add a contact to the firm, and to a matter if one is named.
#[utoipa::path(post, path = "/api/contacts", tag = "contacts", request_body = NewContact,
    responses((status = 201, body = Contact)))]
async fn create_contact(
    State(app): State<SharedApp>,
    staff: Staff,
    write: Write<NewContact>,
) -> Result<Response, Problem> {
    let new = write.body;
    let (name, email) = (text("name", &new.name, NAME_MOST)?, email(new.email.as_deref())?);
    let locale = locale(new.locale.as_deref().unwrap_or("en"))?;
    let role = role(&new.role)?;
    let work = write.asked.run(&app, caller(&staff), StatusCode::CREATED, move |unit, caller| {
        if let Some(matter) = &new.matter {
            may_edit(unit.tx(), &staff.user, matter)?;
        }
        let contact = contacts::Contact {
            id: store::new_id(),
            firm: staff.firm.clone(),
            name: name.clone(),
            email: email.clone(),
            locale: locale.clone(),
            deleted_at: None,
            attributes: Vec::new(),
        };
        contacts::create(unit.tx(), &contact)?;
        let row = row(unit, caller, "contact.created").contact(&contact.id);
        audit::append(unit.tx(), &staff.firm, &row)?;
        let others = with_same_address(unit.tx(), &contact.id)?;
        report_others(unit, caller, &others)?;
        if let Some(matter) = &new.matter {
            link(unit, caller, &staff, matter, &contact.id, &role)?;
        }
        Ok(Contact::from(contact))
    });
    work.await
}

/// What is to change; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactChange {
    name: Option<String>,
    /// `null`: none.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    locale: Option<String>,
}

/// Change a contact. Another address ends their sessions; where they have access, it takes a right to share to set it.
#[utoipa::path(patch, path = "/api/contacts/{contact}", tag = "contacts", params(("contact" = String, Path)),
    request_body = ContactChange, responses((status = 200, body = ContactWithMatters)))]
async fn change_contact(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(id): Path<String>,
    write: Write<ContactChange>,
) -> Result<Response, Problem> {
    let change = write.body;
    let name = change.name.as_deref().map(|name| text("name", name, NAME_MOST)).transpose()?;
    let address = change.email.as_ref().map(|given| email(given.as_deref())).transpose()?;
    let locale = change.locale.as_deref().map(locale).transpose()?;
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        let before = of_firm(unit.tx(), &staff.firm, &id)?;
        let mut after = before.clone();
        after.name = name.clone().unwrap_or(after.name);
        after.email = address.clone().unwrap_or(after.email);
        after.locale = locale.clone().unwrap_or(after.locale);
        if after != before {
            store_change(unit, caller, &staff, &after)?;
        }
        with_matters(unit.tx(), &staff.user, after)
    });
    work.await
}

fn store_change(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    staff: &Staff,
    after: &contacts::Contact,
) -> Result<(), Problem> {
    let mut others = with_same_address(unit.tx(), &after.id)?;
    let moved = contacts::update(unit.tx(), after)?;
    let row = row(unit, caller, "contact.changed").contact(&after.id).detail("address-changed", moved);
    audit::append(unit.tx(), &staff.firm, &row)?;
    if !moved {
        return Ok(());
    }
    sessions::end_of_contact(unit.tx(), &after.id)?;
    for matter in contacts::granted_in(unit.tx(), &after.id)? {
        // Whoever reads the contact's mail enters their portal: their address is as good as a grant.
        let shares = members::get(unit.tx(), &matter, &staff.user)?.is_some_and(|rights| rights.can_share);
        if !shares {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "contact-has-access",
                "This contact has access to matters that others answer for. Ask them to change the address.",
            ));
        }
        let event = events::OnContactAddressChanged { matter, contact: after.id.clone() };
        unit.call(&platform(caller), &event)?;
    }
    others.extend(with_same_address(unit.tx(), &after.id)?);
    report_others(unit, caller, &others)
}

/// The firm's other contacts with the address of this one.
fn with_same_address(tx: &mut SqliteTx, contact: &str) -> Result<Vec<String>, Problem> {
    let found = tx.same_address(&[contact.to_owned()])?;
    Ok(found.into_iter().flatten().map(|other| other.id).collect())
}

/// An address that two contacts have signs nobody in. Whoever had it alone, or has it alone again, is reported
/// to the plugin as if their own had changed, so that those who look after their matters hear of it.
fn report_others(unit: &mut Unit<'_, SqliteTx>, caller: &Caller, others: &[String]) -> Result<(), Problem> {
    for other in others {
        sessions::end_of_contact(unit.tx(), other)?;
        for matter in contacts::granted_in(unit.tx(), other)? {
            let event = events::OnContactAddressChanged { matter, contact: other.clone() };
            unit.call(&platform(caller), &event)?;
        }
    }
    Ok(())
}

/// Delete a contact who takes part in no matter.
#[utoipa::path(delete, path = "/api/contacts/{contact}", tag = "contacts", params(("contact" = String, Path)),
    responses((status = 204)))]
async fn delete_contact(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(id): Path<String>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            of_firm(unit.tx(), &staff.firm, &id)?;
            if !contacts::links_of(unit.tx(), &id)?.is_empty() {
                return Err(Problem::conflict("contact-linked", "This contact still takes part in a matter."));
            }
            let row = row(unit, caller, "contact.deleted").contact(&id);
            audit::append(unit.tx(), &staff.firm, &row)?;
            sessions::end_of_contact(unit.tx(), &id)?;
            let now = unit.now();
            Ok(contacts::delete(unit.tx(), &id, now)?)
        });
    work.await
}

fn email(given: Option<&str>) -> Result<Option<String>, Problem> {
    given.filter(|given| !given.trim().is_empty()).map(|given| text("email", given, EMAIL_MOST)).transpose()
}
