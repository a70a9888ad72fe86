//! What follows from the facts that the platform reports (SH14 to SH16, SH20, SH25, OV9, and chapter 4.4).
//!
//! Each may come twice: what was done the first time is found in the storage, and not done again.

mod upload;

use crate::{
    access, address, attributes, decide,
    host::Host,
    limits,
    notifications::Audience,
    refuse::{self, Answer, Fault, Much, Stop, settle},
    types::*,
};

pub use upload::on_upload;

/// Facts come from the platform alone.
fn reported_by_host(ctx: &CallContext) -> Answer<()> {
    if matches!(ctx.actor, Actor::Host) { Ok(()) } else { Err(Stop::Denied(Fault::WrongActor)) }
}

/// `events.on-document-deleted`: the shares end with the document. They lapse, so that they can be offered,
/// and no more than that, if it comes back.
///
/// # Errors
/// As the contract says.
pub fn on_document_deleted<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    documents: &[DocumentId],
) -> Result<(), Refusal> {
    settle(ctx, document_deleted(host, ctx, matter, documents))
}

fn document_deleted<H: Host>(host: &mut H, ctx: &CallContext, matter: &str, documents: &[DocumentId]) -> Answer<()> {
    reported_by_host(ctx)?;
    refuse::at_most(limits::DOCUMENTS, documents.len(), Much::Documents)?;
    if documents.is_empty() {
        return Ok(());
    }
    let shares = host.list_shared(matter, documents, None)?;
    lapse(host, ctx.now, matter, shares)
}

/// Ends the live ones of these shares with their documents.
fn lapse<H: Host>(host: &mut H, now: Timestamp, matter: &str, mut shares: Vec<SharedDocument>) -> Answer<()> {
    shares.retain(decide::is_live);
    if shares.is_empty() {
        return Ok(());
    }
    for share in &mut shares {
        share.state = ShareState::Lapsed;
        share.since = now;
    }
    host.put_shared(matter, &shares)?;
    let entries: Vec<Entry> = shares
        .into_iter()
        .map(|share| entry(matter, "document.lapsed", Some(share.document), Some(share.contact)))
        .collect();
    Ok(host.append(&entries)?)
}

fn entry(matter: &str, action: &str, document: Option<DocumentId>, contact: Option<ContactId>) -> Entry {
    Entry { matter: matter.to_owned(), action: action.to_owned(), document, contact, details: Vec::new() }
}

/// `events.on-contact-unlinked`: access and shares end; who is linked again starts from nothing.
///
/// # Errors
/// As the contract says.
pub fn on_contact_unlinked<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    contact: &str,
) -> Result<(), Refusal> {
    settle(ctx, contact_unlinked(host, ctx, matter, contact))
}

fn contact_unlinked<H: Host>(host: &mut H, ctx: &CallContext, matter: &str, contact: &str) -> Answer<()> {
    reported_by_host(ctx)?;
    let only = [contact.to_owned()];
    let had_access = !host.list_grants(matter, Some(&only))?.is_empty();
    host.forget_contacts(matter, &only)?;
    if had_access {
        host.append(&[entry(matter, "access.ended", None, Some(contact.to_owned()))])?;
    }
    Ok(())
}

/// `events.on-matter-deleted`: every portal of it is closed, and what was shared lapses.
///
/// # Errors
/// As the contract says.
pub fn on_matter_deleted<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Result<(), Refusal> {
    settle(ctx, matter_deleted(host, ctx, matter))
}

fn matter_deleted<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Answer<()> {
    reported_by_host(ctx)?;
    let mut grants = host.list_grants(matter, None)?;
    grants.retain(|grant| grant.portal);
    if !grants.is_empty() {
        for grant in &mut grants {
            grant.portal = false;
            grant.until = None;
            grant.since = ctx.now;
        }
        host.put_grants(matter, &grants)?;
        let entries: Vec<Entry> =
            grants.into_iter().map(|grant| entry(matter, "access.revoked", None, Some(grant.contact))).collect();
        host.append(&entries)?;
    }
    // Its documents were reported before, so that there is nothing left as a rule.
    let filter = DocumentFilter {
        contacts: Vec::new(),
        lane: Lane::AnyOfThem,
        search: None,
        same_content_as: None,
        sort: SortKey::CreatedAt,
        descending: false,
        attributes: Vec::new(),
    };
    loop {
        let left = host.find_documents(matter, &filter, &Page { after: None, limit: limits::ROWS })?;
        let shares: Vec<SharedDocument> =
            left.rows.into_iter().flat_map(|row| row.shares).filter(decide::is_live).collect();
        if shares.is_empty() {
            return Ok(());
        }
        lapse(host, ctx.now, matter, shares)?;
    }
}

/// `events.on-matter-changed`. Whom to tell and what is still open follow from the matter as it is at each
/// call, so nothing is to be stored; but if nobody is left to be told, whoever runs the host should know.
///
/// # Errors
/// As the contract says.
pub fn on_matter_changed<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    _before: &Matter,
) -> Result<(), Refusal> {
    settle(ctx, matter_changed(host, ctx, matter))
}

fn matter_changed<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Answer<()> {
    reported_by_host(ctx)?;
    let found = host.get_matter(matter)?;
    let watchers = host.list_watchers(matter)?;
    if Audience::load(host, &found, watchers)?.told().is_empty() {
        host.log(Level::Warn, &format!("nobody can be told of uploads in matter {matter}"));
    }
    Ok(())
}

/// What the row of a grant keeps of the contact's address: how often it changed, a fingerprint, and whether
/// it was somebody else's too. So a repeated event is known, and no address is kept.
const ADDRESS: &str = "address";

/// `events.on-contact-address-changed`: those who look after the matter are told to invite them again, or
/// what stands in the way.
///
/// # Errors
/// As the contract says.
pub fn on_contact_address_changed<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    contact: &str,
) -> Result<(), Refusal> {
    settle(ctx, address_changed(host, ctx, matter, contact))
}

fn address_changed<H: Host>(host: &mut H, ctx: &CallContext, matter: &str, contact: &str) -> Answer<()> {
    reported_by_host(ctx)?;
    let only = [contact.to_owned()];
    let Some(mut grant) = host.list_grants(matter, Some(&only))?.into_iter().find(|grant| grant.contact == contact)
    else {
        return Ok(());
    };
    let linked = host.list_contacts(matter, Some(&only))?;
    let Some(contact) = linked.into_iter().find(|linked| linked.id == contact) else {
        return Ok(());
    };
    let shared = access::obstacles(host, std::slice::from_ref(&contact))?
        .values()
        .flatten()
        .any(|fault| matches!(fault, Fault::SharedAddress { .. }));
    let usable = address::usable(contact.email.as_deref());
    let print = usable.map_or(0, address::fingerprint);

    let known = attributes::get(&grant.attributes, ADDRESS).and_then(parse);
    let (times, moved, was_shared) = match known {
        Some((times, old, was_shared)) => (times, old != print, was_shared),
        None => (0, true, false),
    };
    if !moved && was_shared == shared {
        return Ok(());
    }
    let topic = match (usable, shared) {
        (None, _) => Some(ADDRESS_MISSING),
        (Some(_), true) => Some(ADDRESS_SHARED),
        (Some(_), false) => moved.then_some(ADDRESS_CHANGED),
    };
    let times = times + 1;
    attributes::set(&mut grant.attributes, ADDRESS, format!("{times} {print:016x} {}", u8::from(shared)));
    let open = decide::is_open(&grant, ctx.now);
    host.put_grants(matter, &[grant])?;
    host.append(&[entry(matter, "access.address-changed", None, Some(contact.id.clone()))])?;
    match topic {
        Some(topic) if open => {
            let found = host.get_matter(matter)?;
            let news =
                News { topic: Topic::Other(topic.to_owned()), documents: Vec::new(), contact: contact.id.clone() };
            let key = format!("address/{}/{times}", contact.id);
            tell(host, &found, news, &key)
        }
        _ => Ok(()),
    }
}

fn parse(kept: &str) -> Option<(u64, u64, bool)> {
    let mut words = kept.split(' ');
    let times = words.next()?.parse().ok()?;
    let print = u64::from_str_radix(words.next()?, 16).ok()?;
    Some((times, print, words.next()? == "1"))
}

/// The plugin's own topics, to staff: what became of a contact's address.
pub(crate) const ADDRESS_CHANGED: &str = "address-changed";
pub(crate) const ADDRESS_MISSING: &str = "address-missing";
pub(crate) const ADDRESS_SHARED: &str = "address-shared";

/// Marks a notice to somebody who stands in, and who perhaps may not see the matter.
pub(crate) const STAND_IN: &str = "stand-in";

/// What there is to tell staff.
struct News {
    topic: Topic,
    documents: Vec<DocumentId>,
    contact: ContactId,
}

/// Tells everybody who looks after the matter.
fn tell<H: Host>(host: &mut H, matter: &Matter, news: News, key: &str) -> Answer<()> {
    let watchers = host.list_watchers(&matter.id)?;
    let told = Audience::load(host, matter, watchers)?.told();
    if told.is_empty() {
        host.log(Level::Warn, &format!("nobody can be told of what happens in matter {}", matter.id));
        return Ok(());
    }
    let notices: Vec<Notice> = told
        .into_iter()
        .map(|(user, channel, stands_in)| Notice {
            to: Recipient::User(user),
            channel,
            matter: matter.id.clone(),
            topic: news.topic.clone(),
            documents: news.documents.clone(),
            contact: Some(news.contact.clone()),
            key: key.to_owned(),
            attributes: if stands_in { vec![attributes::pair(STAND_IN, "true")] } else { Vec::new() },
        })
        .collect();
    Ok(host.enqueue(&notices)?)
}

/// `events.on-document-seen`: keeps the last that the contact was shown, or took.
///
/// # Errors
/// As the contract says.
pub fn on_document_seen<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    seen: Vec<SeenDocument>,
) -> Result<(), Refusal> {
    settle(ctx, document_seen(host, ctx, matter, seen))
}

fn document_seen<H: Host>(host: &mut H, ctx: &CallContext, matter: &str, seen: Vec<SeenDocument>) -> Answer<()> {
    let Actor::Contact(contact) = &ctx.actor else {
        return Err(Stop::Denied(Fault::WrongActor));
    };
    refuse::at_most(limits::DOCUMENTS, seen.len(), Much::Documents)?;
    let ids: Vec<DocumentId> = seen.iter().map(|seen| seen.document.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut shares = match host.list_shared(matter, &ids, Some(std::slice::from_ref(contact))) {
        Ok(shares) => shares,
        // They have lost the matter since. The fact came late, and there is nothing to keep it in.
        Err(HostError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    shares.retain(|share| share.contact == *contact && decide::is_live(share));
    let mut changed = Vec::new();
    let mut entries = Vec::new();
    for mut share in shares {
        let mut news = false;
        for SeenDocument { receipt, .. } in seen.iter().filter(|seen| seen.document == share.document) {
            let Some(merged) = merged(share.seen.as_ref(), receipt) else {
                continue;
            };
            share.seen = Some(merged);
            news = true;
            let action = if receipt.downloaded { "document.downloaded" } else { "document.viewed" };
            let mut entry = entry(matter, action, Some(share.document.clone()), Some(contact.clone()));
            entry.details.push(attributes::pair("version", receipt.version.to_string()));
            entries.push(entry);
        }
        if news {
            changed.push(share);
        }
    }
    if !changed.is_empty() {
        host.put_shared(matter, &changed)?;
        host.append(&entries)?;
    }
    Ok(())
}

/// The later version wins; of the same version, having taken it says more than having looked. None where
/// nothing new was said.
fn merged(old: Option<&Receipt>, new: &Receipt) -> Option<Receipt> {
    match old {
        Some(old) if new.version < old.version => None,
        Some(old) if new.version == old.version && (old.downloaded || !new.downloaded) => None,
        _ => Some(new.clone()),
    }
}
