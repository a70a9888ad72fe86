//! What a Save of the Sharing section comes to: the staged pairs against what is stored.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    access, attributes,
    decide::{self, Deed, Facts},
    host::Host,
    refuse::{self, Answer, Fault, Named},
    types::*,
};

/// When the contact was last told of this share, or will be once the hold is over.
const TOLD: &str = "told";

/// A pair as a key that sorts by document.
type Key<'a> = (&'a str, &'a str);

/// The rows to store, and what they mean.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) rows: Vec<SharedDocument>,
    pub(super) shared: Vec<Pair>,
    pub(super) unshared: Vec<Pair>,
    /// Offers that are taken away: lapsed shares that were asked to be unshared.
    pub(super) declined: Vec<Pair>,
    /// By contact, what is news to them.
    pub(super) news: BTreeMap<ContactId, Vec<DocumentId>>,
    pub(super) warnings: Vec<Fault>,
}

/// Checks the Save and says what it changes. Nothing is written.
pub(super) fn plan<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &Matter,
    share: &[Pair],
    unshare: &[Pair],
) -> Answer<Plan> {
    let (share, unshare) = net(share, unshare);
    if share.is_empty() && unshare.is_empty() {
        return Ok(Plan::default());
    }
    let people = People::load(host, ctx, matter, &share, &unshare)?;
    let documents = documents(host, matter, &share, &unshare)?;
    let mut faults = people.faults;
    faults.extend(documents.faults);
    refuse::unless(faults)?;

    let mut stored = stored(host, matter, share.iter().chain(&unshare).copied())?;
    let mut plan = Plan::default();
    let mut unseen: BTreeMap<&str, Vec<Named>> = BTreeMap::new();
    let hold = hold(matter);
    for &(document, contact) in &share {
        let old = stored.remove(&(document.to_owned(), contact.to_owned()));
        let Some((row, news)) = shared(old, document, contact, ctx.now, hold) else {
            continue;
        };
        if news {
            plan.news.entry(contact.to_owned()).or_default().push(document.to_owned());
        }
        if documents.without_preview.contains_key(document)
            && let Some(blind) = people.without_download.get(contact)
        {
            unseen.entry(document).or_default().push(blind.clone());
        }
        plan.shared.push(Pair { document: document.to_owned(), contact: contact.to_owned() });
        plan.rows.push(row);
    }
    for &(document, contact) in &unshare {
        let Some(mut row) = stored.remove(&(document.to_owned(), contact.to_owned())) else {
            continue;
        };
        let list = match row.state {
            ShareState::Live => &mut plan.unshared,
            ShareState::Lapsed => &mut plan.declined,
            ShareState::Unshared | ShareState::Other(_) => continue,
        };
        list.push(Pair { document: document.to_owned(), contact: contact.to_owned() });
        row.state = ShareState::Unshared;
        row.since = ctx.now;
        plan.rows.push(row);
    }
    plan.warnings = unseen
        .into_iter()
        .map(|(id, contacts)| Fault::CannotBeSeen {
            document: Named::new(id, documents.without_preview.get(id).map_or("", String::as_str)),
            contacts,
        })
        .collect();
    Ok(plan)
}

/// The pairs without doubles, and without those that are taken back in the same Save (SH9, SH13).
fn net<'a>(share: &'a [Pair], unshare: &'a [Pair]) -> (BTreeSet<Key<'a>>, BTreeSet<Key<'a>>) {
    let keys = |pairs: &'a [Pair]| -> BTreeSet<Key<'a>> {
        pairs.iter().map(|pair| (pair.document.as_str(), pair.contact.as_str())).collect()
    };
    let (share, unshare) = (keys(share), keys(unshare));
    (share.difference(&unshare).copied().collect(), unshare.difference(&share).copied().collect())
}

/// A share that becomes live, and whether that is news; none if it is live already.
fn shared(
    old: Option<SharedDocument>,
    document: &str,
    contact: &str,
    now: Timestamp,
    hold: u64,
) -> Option<(SharedDocument, bool)> {
    let Some(mut row) = old else {
        let told = vec![attributes::pair(TOLD, now.to_string())];
        return Some((
            SharedDocument {
                document: document.to_owned(),
                contact: contact.to_owned(),
                state: ShareState::Live,
                since: now,
                seen: None,
                attributes: told,
            },
            true,
        ));
    };
    if decide::is_live(&row) {
        return None;
    }
    let news = is_news(&row, now, hold);
    if news {
        attributes::set(&mut row.attributes, TOLD, now.to_string());
    }
    row.state = ShareState::Live;
    row.since = now;
    Some((row, news))
}

/// What was taken away within the hold time and is given back is no news, as the contact knows of it, or will
/// from the notice that still waits. Unless that notice came due just while it was away: then nobody told them.
fn is_news(row: &SharedDocument, now: Timestamp, hold: u64) -> bool {
    if !matches!(row.state, ShareState::Unshared) || now >= row.since.saturating_add(hold) {
        return true;
    }
    let told: Option<Timestamp> = attributes::get(&row.attributes, TOLD).and_then(|at| at.parse().ok());
    told.is_some_and(|told| {
        let due = told.saturating_add(hold);
        row.since <= due && due <= now
    })
}

/// How long the host holds a notice, in milliseconds.
fn hold(matter: &Matter) -> u64 {
    let seconds =
        attributes::get(&matter.firm.attributes, "mail-hold").and_then(|seconds| seconds.trim().parse::<u64>().ok());
    seconds.unwrap_or(0).saturating_mul(1000)
}

/// The rows there are of these pairs. Documents that go to the same contacts are asked for together, so that
/// no more is answered than was staged.
fn stored<'a, H: Host>(
    host: &mut H,
    matter: &Matter,
    pairs: impl Iterator<Item = Key<'a>>,
) -> Answer<BTreeMap<(DocumentId, ContactId), SharedDocument>> {
    let mut by_document: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (document, contact) in pairs {
        by_document.entry(document).or_default().insert(contact);
    }
    let mut by_contacts: BTreeMap<BTreeSet<&str>, Vec<DocumentId>> = BTreeMap::new();
    for (document, contacts) in by_document {
        by_contacts.entry(contacts).or_default().push(document.to_owned());
    }
    let mut rows = BTreeMap::new();
    for (contacts, documents) in by_contacts {
        let contacts: Vec<ContactId> = contacts.into_iter().map(str::to_owned).collect();
        for row in host.list_shared(&matter.id, &documents, Some(&contacts))? {
            rows.insert((row.document.clone(), row.contact.clone()), row);
        }
    }
    Ok(rows)
}

/// The contacts of a Save.
struct People {
    faults: Vec<Fault>,
    /// Those who may look only.
    without_download: BTreeMap<ContactId, Named>,
}

impl People {
    fn load<H: Host>(
        host: &mut H,
        ctx: &CallContext,
        matter: &Matter,
        share: &BTreeSet<Key<'_>>,
        unshare: &BTreeSet<Key<'_>>,
    ) -> Answer<Self> {
        let given: BTreeSet<&str> = share.iter().map(|(_, contact)| *contact).collect();
        let taken: BTreeSet<&str> = unshare.iter().map(|(_, contact)| *contact).collect();
        let ids: Vec<ContactId> = given.union(&taken).map(|id| (*id).to_owned()).collect();
        let mut linked = host.list_contacts(&matter.id, Some(&ids))?;
        let known: BTreeSet<ContactId> = linked.iter().map(|contact| contact.id.clone()).collect();
        let mut faults: Vec<Fault> =
            ids.iter().filter(|id| !known.contains(*id)).map(|id| Fault::NotLinked { contact: id.clone() }).collect();
        let mut without_download = BTreeMap::new();
        linked.retain(|contact| given.contains(contact.id.as_str()));
        if !linked.is_empty() {
            let ids: Vec<ContactId> = linked.iter().map(|contact| contact.id.clone()).collect();
            let grants: BTreeMap<ContactId, AccessGrant> = host
                .list_grants(&matter.id, Some(&ids))?
                .into_iter()
                .map(|grant| (grant.contact.clone(), grant))
                .collect();
            let obstacles = access::obstacles(host, &linked)?;
            for contact in &linked {
                let facts = Facts {
                    matter,
                    contact: Some(contact),
                    grant: grants.get(&contact.id),
                    address_shared: obstacles.contains_key(&contact.id),
                    viewing: false,
                    now: ctx.now,
                };
                if decide::decide(&facts, Deed::Read).is_err() {
                    faults.push(Fault::WithoutAccess { contact: contact.id.clone(), name: Some(contact.name.clone()) });
                } else if decide::decide(&facts, Deed::Download).is_err() {
                    without_download.insert(contact.id.clone(), Named::new(&contact.id, &contact.name));
                }
            }
        }
        Ok(Self { faults, without_download })
    }
}

/// The documents of a Save.
struct Documents {
    faults: Vec<Fault>,
    /// By id, the names of those that can only be had as a whole.
    without_preview: BTreeMap<DocumentId, String>,
}

fn documents<H: Host>(
    host: &mut H,
    matter: &Matter,
    share: &BTreeSet<Key<'_>>,
    unshare: &BTreeSet<Key<'_>>,
) -> Answer<Documents> {
    let named: BTreeSet<&str> = share.iter().chain(unshare).map(|(document, _)| *document).collect();
    let ids: Vec<DocumentId> = named.into_iter().map(str::to_owned).collect();
    let mut found = Documents { faults: Vec::new(), without_preview: BTreeMap::new() };
    let answers = host.get_documents(&matter.id, &ids)?;
    for (id, document) in ids.into_iter().zip(answers) {
        match document {
            None => found.faults.push(Fault::DocumentGone { document: id }),
            Some(document) if !document.can_preview => {
                found.without_preview.insert(id, document.name);
            }
            Some(_) => {}
        }
    }
    Ok(found)
}
