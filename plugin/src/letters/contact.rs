//! Letters to a contact: that they were invited, and what was shared with them.

use std::collections::BTreeSet;

use super::{
    documents,
    paper::{self, Block},
    still_there,
};
use crate::{
    address,
    decide::{self, Deed},
    host::Host,
    limits,
    portal::Visit,
    refuse::Answer,
    types::*,
    words::Words,
};

/// What there is to say of one matter.
struct Part {
    firm: String,
    portal: String,
    matter: Option<String>,
    invited: bool,
    blocks: Vec<Block>,
}

pub(super) fn write<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    words: &dyn Words,
    contact: &ContactId,
    by_matter: Vec<(MatterId, Vec<Notice>)>,
) -> Answer<Option<Letter>> {
    // With an address that is somebody else's too, nobody knows who would read it.
    if host.get_same_address(std::slice::from_ref(contact))?.iter().any(|others| !others.is_empty()) {
        return Ok(None);
    }
    let mut parts = Vec::new();
    let mut addressee = None;
    for (matter, notices) in by_matter {
        if still_there(host, &matter)?.is_none() {
            continue;
        }
        let visit = Visit::load(host, ctx.now, &matter, contact, false)?;
        if visit.may(Deed::Read).is_err() {
            continue;
        }
        let part = part(host, words, contact, &visit, &notices)?;
        if !part.blocks.is_empty() {
            addressee = visit.contact;
            parts.push(part);
        }
    }
    let (Some(addressee), Some(first)) = (addressee, parts.first()) else {
        return Ok(None);
    };
    let subject = if parts.iter().any(|part| part.invited) {
        words.subject_invited(&first.firm)
    } else if parts.len() == 1 {
        words.subject_shared(&first.firm, first.matter.as_deref())
    } else {
        words.subject_several(&first.firm)
    };
    let link = paper::link(words.to_portal(), &first.portal);
    let mut blocks = vec![Block::Paragraph(words.greeting(&addressee.name))];
    let mut said: BTreeSet<String> = BTreeSet::new();
    for block in parts.into_iter().flat_map(|part| part.blocks) {
        // Two discreet matters have the same sentence; once is enough.
        if let Block::Paragraph(sentence) = &block
            && !said.insert(sentence.clone())
        {
            continue;
        }
        blocks.push(block);
    }
    if let Some(address) = address::usable(addressee.email.as_deref()) {
        blocks.push(Block::Paragraph(words.sign_in(address)));
    }
    blocks.extend(link);
    blocks.push(Block::Small(words.no_secret()));
    Ok(Some(paper::letter(words, &subject, &blocks)))
}

fn part<H: Host>(
    host: &mut H,
    words: &dyn Words,
    contact: &ContactId,
    visit: &Visit,
    notices: &[Notice],
) -> Answer<Part> {
    let matter = &visit.matter;
    let named = (!matter.discreet).then_some(matter.name.as_str());
    let mut blocks = Vec::new();
    let invited = notices.iter().any(|notice| notice.topic == Topic::Invited);
    if invited {
        blocks.push(Block::Paragraph(words.invited(&matter.firm.name, named)));
        if named.is_some() {
            let counts = host.count_shared(&matter.id, Some(std::slice::from_ref(contact)))?;
            let there =
                counts.iter().find(|count| count.contact == *contact).map_or(0, |count| count.shared + count.uploaded);
            blocks.push(Block::Paragraph(words.waiting(there)));
        }
        if let Some(until) = visit.grant.as_ref().and_then(|grant| grant.until) {
            blocks.push(Block::Paragraph(words.until(&words.day(paper::day(until)))));
        }
    }
    let (names, total) = still_shared(host, &matter.id, contact, &documents(notices, &Topic::Shared))?;
    if total > 0 && (named.is_some() || !invited) {
        blocks.push(Block::Paragraph(words.shared(&matter.firm.name, named, total)));
        if named.is_some() {
            blocks.push(list(words, names, total));
        }
    }
    Ok(Part {
        firm: matter.firm.name.clone(),
        portal: matter.firm.portal_url.clone(),
        matter: named.map(str::to_owned),
        invited,
        blocks,
    })
}

/// The names, and how many more there are.
pub(super) fn list(words: &dyn Words, mut names: Vec<String>, total: usize) -> Block {
    if total > names.len() {
        names.push(words.more(total - names.len()));
    }
    Block::Names(names)
}

/// The first names of what this contact still sees of these documents, and how many there are.
fn still_shared<H: Host>(
    host: &mut H,
    matter: &str,
    contact: &ContactId,
    told: &[DocumentId],
) -> Answer<(Vec<String>, usize)> {
    if told.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let shares = host.list_shared(matter, told, Some(std::slice::from_ref(contact)))?;
    let live: BTreeSet<&str> = shares
        .iter()
        .filter(|share| share.contact == *contact && decide::is_live(share))
        .map(|share| share.document.as_str())
        .collect();
    let told: Vec<DocumentId> = told.iter().filter(|id| live.contains(id.as_str())).cloned().collect();
    named(host, matter, &told)
}

/// The first names of the documents that are there, and how many are.
pub(super) fn named<H: Host>(host: &mut H, matter: &str, told: &[DocumentId]) -> Answer<(Vec<String>, usize)> {
    if told.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let there: Vec<Document> = host.get_documents(matter, told)?.into_iter().flatten().collect();
    let total = there.len();
    Ok((there.into_iter().take(limits::NAMES).map(|document| document.name).collect(), total))
}
