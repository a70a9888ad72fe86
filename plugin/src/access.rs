//! The Access section: which contacts may enter the portal (OV2, OV6, OV7, AC1, AC2, AC3).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address,
    attributes::pair,
    decide::{self, Deed, Facts},
    host::Host,
    limits,
    refuse::{self, Answer, Fault, Much, Named, Stop, settle},
    staff::{self, To},
    types::*,
};

/// `access.view`: the linked contacts who can be given access, and those who have it though they cannot use
/// it now.
///
/// # Errors
/// As the contract says.
pub fn view<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Result<AccessSection, Refusal> {
    settle(ctx, look(host, ctx, matter))
}

fn look<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Answer<AccessSection> {
    let found = staff::enter(host, ctx, matter, To::Look)?;
    let revision = host.get_revision(matter, Section::Access)?;
    let contacts = host.list_contacts(matter, None)?;
    let mut grants: BTreeMap<ContactId, AccessGrant> =
        host.list_grants(matter, None)?.into_iter().map(|grant| (grant.contact.clone(), grant)).collect();
    let counts: BTreeMap<ContactId, SharedCount> =
        host.count_shared(matter, None)?.into_iter().map(|count| (count.contact.clone(), count)).collect();
    let mut obstacles = obstacles(host, &contacts)?;
    let mut rows = Vec::with_capacity(contacts.len());
    let mut notes = Vec::new();
    for contact in contacts {
        let grant = grants.remove(&contact.id);
        let mut in_the_way = obstacles.remove(&contact.id).unwrap_or_default();
        if grant.is_none() && address::usable(contact.email.as_deref()).is_none() {
            notes.append(&mut in_the_way);
            continue;
        }
        let count = counts.get(&contact.id);
        rows.push(AccessRow {
            grant,
            shared: count.map_or(0, |count| count.shared),
            uploaded: count.map_or(0, |count| count.uploaded),
            obstacles: refuse::problems(ctx, &in_the_way),
            contact,
            attributes: Vec::new(),
        });
    }
    if rows.is_empty() && notes.is_empty() {
        notes.push(Fault::NoContacts);
    }
    if decide::has_ended(&found, ctx.now) {
        notes.push(Fault::MatterEnded);
    }
    Ok(AccessSection { revision, rows, notes: refuse::problems(ctx, &notes), attributes: Vec::new() })
}

/// For each contact who has any: no address, or one that other contacts of the firm have too.
pub(crate) fn obstacles<H: Host>(host: &mut H, contacts: &[Contact]) -> Answer<BTreeMap<ContactId, Vec<Fault>>> {
    let mut found: BTreeMap<ContactId, Vec<Fault>> = BTreeMap::new();
    let mut addressed = Vec::new();
    for contact in contacts {
        if address::usable(contact.email.as_deref()).is_some() {
            addressed.push(contact.id.clone());
        } else {
            found.insert(contact.id.clone(), vec![Fault::NoAddress(Named::new(&contact.id, &contact.name))]);
        }
    }
    if addressed.is_empty() {
        return Ok(found);
    }
    let names: BTreeMap<&str, &str> = contacts.iter().map(|c| (c.id.as_str(), c.name.as_str())).collect();
    let same = host.get_same_address(&addressed)?;
    for (id, others) in addressed.into_iter().zip(same) {
        if others.is_empty() {
            continue;
        }
        let contact = Named::new(&id, names.get(id.as_str()).copied().unwrap_or_default());
        let faults = others
            .iter()
            .map(|other| Fault::SharedAddress { contact: contact.clone(), other: Named::new(&other.id, &other.name) })
            .collect();
        found.insert(id, faults);
    }
    Ok(found)
}

/// `access.grant`: the section's Save.
///
/// # Errors
/// As the contract says; every row at fault is named, and nothing is changed.
pub fn grant<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    changes: Vec<AccessChange>,
) -> Result<Granted, Refusal> {
    settle(ctx, save(host, ctx, matter, revision, changes))
}

/// What a Save does with one contact's row.
struct Step {
    row: AccessGrant,
    before: Option<AccessGrant>,
    was_open: bool,
    is_open: bool,
}

fn save<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    changes: Vec<AccessChange>,
) -> Answer<Granted> {
    let found = staff::enter(host, ctx, matter, To::Save)?;
    refuse::at_most(limits::PAIRS, changes.len(), Much::Contacts)?;
    if host.get_revision(matter, Section::Access)? != revision {
        return Err(Stop::Conflict);
    }
    let steps = plan(host, ctx, &found, changes)?;
    let mut answer = Granted {
        revision,
        invited: Vec::new(),
        revoked: Vec::new(),
        changed: Vec::new(),
        revived: Vec::new(),
        warnings: Vec::new(),
        attributes: Vec::new(),
    };
    if steps.is_empty() {
        return Ok(answer);
    }
    answer.revision = host.raise_revision(matter, Section::Access, revision)?;
    let mut entries = Vec::with_capacity(steps.len());
    let mut rows = Vec::with_capacity(steps.len());
    for Step { row, before, was_open, is_open } in steps {
        let (action, list) = match (was_open, is_open) {
            (false, true) => ("access.granted", &mut answer.invited),
            (true, false) => ("access.revoked", &mut answer.revoked),
            _ => ("access.changed", &mut answer.changed),
        };
        list.push(row.contact.clone());
        entries.push(Entry {
            matter: matter.to_owned(),
            action: action.to_owned(),
            document: None,
            contact: Some(row.contact.clone()),
            details: details(before.as_ref(), &row),
        });
        rows.push(row);
    }
    host.put_grants(matter, &rows)?;
    host.append(&entries)?;
    if !answer.invited.is_empty() {
        host.enqueue(&invitations(matter, answer.revision, &answer.invited))?;
        answer.revived = host.count_shared(matter, Some(&answer.invited))?;
        answer.revived.retain(|count| count.shared + count.uploaded > 0);
    }
    Ok(answer)
}

/// The rows that change, checked; or all that is wrong with them.
fn plan<H: Host>(host: &mut H, ctx: &CallContext, matter: &Matter, changes: Vec<AccessChange>) -> Answer<Vec<Step>> {
    let mut faults = Vec::new();
    let mut named = BTreeSet::new();
    let ids: Vec<ContactId> = changes.iter().map(|change| change.contact.clone()).collect();
    for id in &ids {
        if !named.insert(id.as_str()) {
            faults.push(Fault::NamedTwice { key: "contact", id: id.clone() });
        }
    }
    refuse::unless(faults)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let contacts = host.list_contacts(&matter.id, Some(&ids))?;
    let mut before: BTreeMap<ContactId, AccessGrant> =
        host.list_grants(&matter.id, Some(&ids))?.into_iter().map(|grant| (grant.contact.clone(), grant)).collect();
    let linked: BTreeMap<&str, &Contact> = contacts.iter().map(|contact| (contact.id.as_str(), contact)).collect();

    let mut faults = Vec::new();
    let mut steps = Vec::new();
    let mut opened = Vec::new();
    for change in changes {
        let Some(contact) = linked.get(change.contact.as_str()) else {
            faults.push(Fault::NotLinked { contact: change.contact });
            continue;
        };
        let old = before.remove(&change.contact);
        match step(contact, old, change, ctx.now) {
            Ok(None) => {}
            Ok(Some(step)) => {
                if opens(&step) {
                    opened.push((*contact).clone());
                }
                steps.push(step);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !opened.is_empty() {
        if decide::has_ended(matter, ctx.now) {
            faults.push(Fault::MatterEnded);
        }
        faults.extend(obstacles(host, &opened)?.into_values().flatten());
    }
    refuse::unless(faults)?;
    Ok(steps)
}

/// What one change makes of a row; none if it is as it was. A closed portal keeps what was allowed in it, so
/// that it is offered, and shown, when it is opened again.
fn step(
    contact: &Contact,
    before: Option<AccessGrant>,
    change: AccessChange,
    now: Timestamp,
) -> Result<Option<Step>, Fault> {
    let who = || Named::new(&contact.id, &contact.name);
    let could_download = before.as_ref().is_some_and(|grant| grant.can_download);
    if !change.portal && change.can_download && !could_download {
        return Err(Fault::DownloadWithoutAccess(who()));
    }
    let same_end = before.as_ref().is_some_and(|grant| grant.until == change.until);
    if change.portal && !same_end && change.until.is_some_and(|until| until <= now) {
        return Err(Fault::EndPassed(who()));
    }
    let was_open = before.as_ref().is_some_and(|grant| decide::is_open(grant, now));
    let mut row = before.clone().unwrap_or_else(|| AccessGrant {
        contact: change.contact,
        portal: false,
        can_download: false,
        since: now,
        until: None,
        attributes: Vec::new(),
    });
    row.portal = change.portal;
    if change.portal {
        row.can_download = change.can_download;
        row.until = change.until;
    } else {
        row.until = None;
    }
    for (key, value) in change.attributes {
        crate::attributes::set(&mut row.attributes, &key, value);
    }
    let unchanged = match &before {
        Some(old) => *old == row,
        None => !row.portal,
    };
    if unchanged {
        return Ok(None);
    }
    let is_open = decide::is_open(&row, now);
    if was_open != is_open || before.as_ref().is_some_and(|old| old.portal != row.portal) {
        row.since = now;
    }
    Ok(Some(Step { row, before, was_open, is_open }))
}

/// Whether more is allowed after the step than before it.
fn opens(step: &Step) -> bool {
    let Some(old) = step.before.as_ref().filter(|_| step.was_open) else {
        return step.is_open;
    };
    let later = match (old.until, step.row.until) {
        (Some(_), None) => true,
        (Some(old), Some(new)) => new > old,
        (None, _) => false,
    };
    step.is_open && (later || (step.row.can_download && !old.can_download))
}

/// What the audit says beside who and when.
fn details(before: Option<&AccessGrant>, row: &AccessGrant) -> Attributes {
    let mut details = vec![pair("can-download", row.can_download.to_string())];
    if let Some(until) = row.until {
        details.push(pair("until", until.to_string()));
    }
    if let Some(old) = before {
        details.push(pair("could-download", old.can_download.to_string()));
        if let Some(until) = old.until {
            details.push(pair("was-until", until.to_string()));
        }
    }
    details
}

fn invitations(matter: &str, revision: u32, invited: &[ContactId]) -> Vec<Notice> {
    let notice = |contact: &ContactId| Notice {
        to: Recipient::Contact(contact.clone()),
        channel: Channel::Email,
        matter: matter.to_owned(),
        topic: Topic::Invited,
        documents: Vec::new(),
        contact: None,
        key: format!("access/{revision}"),
        attributes: Vec::new(),
    };
    invited.iter().map(notice).collect()
}

/// The contacts of the matter who can enter now, and why others who were given access cannot.
pub(crate) fn who_can_enter<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &Matter,
) -> Answer<(Vec<Contact>, Vec<Fault>)> {
    let grants: BTreeMap<ContactId, AccessGrant> = host
        .list_grants(&matter.id, None)?
        .into_iter()
        .filter(|grant| decide::is_open(grant, ctx.now))
        .map(|grant| (grant.contact.clone(), grant))
        .collect();
    if grants.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let ids: Vec<ContactId> = grants.keys().cloned().collect();
    let mut contacts = host.list_contacts(&matter.id, Some(&ids))?;
    let mut obstacles = obstacles(host, &contacts)?;
    contacts.retain(|contact| {
        let facts = Facts {
            matter,
            contact: Some(contact),
            grant: grants.get(&contact.id),
            address_shared: obstacles.contains_key(&contact.id),
            viewing: false,
            now: ctx.now,
        };
        decide::decide(&facts, Deed::Read).is_ok()
    });
    let resting = obstacles.iter_mut().flat_map(|(_, faults)| faults.drain(..)).collect();
    Ok((contacts, resting))
}
