//! The Save of the Sharing section: all of it or nothing, one mail for each contact to whom something is new.

use super::plan::{self, Plan};
use crate::{
    attributes::pair,
    host::Host,
    limits,
    refuse::{self, Answer, Much, Stop, settle},
    staff::{self, To},
    types::*,
};

/// `sharing.save`: all that was staged.
///
/// # Errors
/// As the contract says; every contact and document at fault is named, and nothing is changed.
pub fn save<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    share: &[Pair],
    unshare: &[Pair],
) -> Result<Saved, Refusal> {
    settle(ctx, store(host, ctx, matter, revision, share, unshare))
}

/// `sharing.share`: each of the documents with each of the contacts.
///
/// # Errors
/// As [`save`].
pub fn share<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    contacts: &[ContactId],
    documents: &[DocumentId],
) -> Result<Saved, Refusal> {
    settle(ctx, each(contacts, documents).and_then(|pairs| store(host, ctx, matter, revision, &pairs, &[])))
}

/// `sharing.unshare`: each of the documents is taken from each of the contacts.
///
/// # Errors
/// As [`save`].
pub fn unshare<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    contacts: &[ContactId],
    documents: &[DocumentId],
) -> Result<Saved, Refusal> {
    settle(ctx, each(contacts, documents).and_then(|pairs| store(host, ctx, matter, revision, &[], &pairs)))
}

fn each(contacts: &[ContactId], documents: &[DocumentId]) -> Answer<Vec<Pair>> {
    refuse::at_most(limits::PAIRS, contacts.len().saturating_mul(documents.len()), Much::Pairs)?;
    let pairs = contacts.iter().flat_map(|contact| {
        documents.iter().map(|document| Pair { document: document.clone(), contact: contact.clone() })
    });
    Ok(pairs.collect())
}

fn store<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    share: &[Pair],
    unshare: &[Pair],
) -> Answer<Saved> {
    let found = staff::enter(host, ctx, matter, To::Save)?;
    refuse::at_most(limits::PAIRS, share.len().saturating_add(unshare.len()), Much::Pairs)?;
    if host.get_revision(matter, Section::Sharing)? != revision {
        return Err(Stop::Conflict);
    }
    let plan = plan::plan(host, ctx, &found, share, unshare)?;
    let mut saved = Saved {
        revision,
        shared: Vec::new(),
        unshared: Vec::new(),
        notified: Vec::new(),
        warnings: refuse::problems(ctx, &plan.warnings),
        attributes: Vec::new(),
    };
    if plan.rows.is_empty() {
        return Ok(saved);
    }
    saved.revision = host.raise_revision(matter, Section::Sharing, revision)?;
    host.put_shared(matter, &plan.rows)?;
    host.append(&entries(matter, &plan))?;
    if !plan.news.is_empty() {
        saved.notified = plan.news.keys().cloned().collect();
        host.enqueue(&notices(matter, saved.revision, plan.news))?;
    }
    if !plan.declined.is_empty() {
        // Not among `unshared`: exchanging the lists must not open what was an offer and no more.
        saved.attributes.push(pair("declined", plan.declined.len().to_string()));
    }
    saved.shared = plan.shared;
    saved.unshared = plan.unshared;
    Ok(saved)
}

/// One for each contact and document (SH21).
fn entries(matter: &str, plan: &Plan) -> Vec<Entry> {
    let lists = [
        ("document.shared", &plan.shared),
        ("document.unshared", &plan.unshared),
        ("document.offer-declined", &plan.declined),
    ];
    let entry = |action: &str, pair: &Pair| Entry {
        matter: matter.to_owned(),
        action: action.to_owned(),
        document: Some(pair.document.clone()),
        contact: Some(pair.contact.clone()),
        details: Vec::new(),
    };
    lists.into_iter().flat_map(|(action, pairs)| pairs.iter().map(move |pair| entry(action, pair))).collect()
}

/// One for each contact, with what is new to them and nothing of anybody else (SH13).
fn notices(matter: &str, revision: u32, news: std::collections::BTreeMap<ContactId, Vec<DocumentId>>) -> Vec<Notice> {
    let notice = |(contact, documents)| Notice {
        to: Recipient::Contact(contact),
        channel: Channel::Email,
        matter: matter.to_owned(),
        topic: Topic::Shared,
        documents,
        contact: None,
        key: format!("sharing/{revision}"),
        attributes: Vec::new(),
    };
    news.into_iter().map(notice).collect()
}
