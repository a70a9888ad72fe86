//! Letters and notices to a user: what a contact has sent, and what became of a contact's address.

use super::{
    contact::{list, named},
    documents,
    paper::{self, Block},
    still_there,
};
use crate::{attributes, events, host::Host, refuse::Answer, types::*, words::Words};

pub(super) fn write<H: Host>(
    host: &mut H,
    words: &dyn Words,
    by_matter: Vec<(MatterId, Vec<Notice>)>,
) -> Answer<Option<Letter>> {
    let mut subjects: Vec<String> = Vec::new();
    let mut blocks = Vec::new();
    for (matter, notices) in by_matter {
        let Some(matter) = still_there(host, &matter)? else {
            let stands_in = |notice: &Notice| attributes::get(&notice.attributes, events::STAND_IN).is_some();
            if notices.iter().any(stands_in) && !subjects.iter().any(|said| said == words.subject_stand_in()) {
                subjects.push(words.subject_stand_in().to_owned());
                blocks.push(Block::Paragraph(words.stand_in().to_owned()));
            }
            continue;
        };
        let before = blocks.len();
        // What the app shows, only staff see; what is mailed, whoever reads their mail.
        let discreet = matter.discreet && notices.iter().any(|notice| notice.channel == Channel::Email);
        uploads(host, words, &matter, discreet, &notices, (&mut subjects, &mut blocks))?;
        addresses(host, words, &matter, discreet, &notices, (&mut subjects, &mut blocks))?;
        if blocks.len() > before {
            blocks.extend(paper::link(words.to_matter(), &matter.staff_url));
        }
    }
    let Some(subject) = subjects.first() else {
        return Ok(None);
    };
    Ok(Some(paper::letter(words, subject, &blocks)))
}

type Sheet<'a> = (&'a mut Vec<String>, &'a mut Vec<Block>);

fn uploads<H: Host>(
    host: &mut H,
    words: &dyn Words,
    matter: &Matter,
    discreet: bool,
    notices: &[Notice],
    (subjects, blocks): Sheet<'_>,
) -> Answer<()> {
    let mut uploaders: Vec<Option<&ContactId>> = Vec::new();
    for notice in notices.iter().filter(|notice| notice.topic == Topic::Uploaded) {
        if !uploaders.contains(&notice.contact.as_ref()) {
            uploaders.push(notice.contact.as_ref());
        }
    }
    for uploader in uploaders {
        let theirs: Vec<Notice> =
            notices.iter().filter(|notice| notice.contact.as_ref() == uploader).cloned().collect();
        let (names, total) = named(host, &matter.id, &documents(&theirs, &Topic::Uploaded))?;
        if total == 0 {
            continue;
        }
        if discreet {
            if !subjects.iter().any(|said| said == words.subject_uploaded_discreet()) {
                subjects.push(words.subject_uploaded_discreet().to_owned());
                blocks.push(Block::Paragraph(words.uploaded_discreet().to_owned()));
            }
            continue;
        }
        let who = name(host, words, matter, uploader)?;
        subjects.push(words.subject_uploaded(&who, &matter.name));
        blocks.push(Block::Paragraph(words.uploaded(&who, &matter.name, total)));
        blocks.push(list(words, names, total));
    }
    Ok(())
}

fn addresses<H: Host>(
    host: &mut H,
    words: &dyn Words,
    matter: &Matter,
    discreet: bool,
    notices: &[Notice],
    (subjects, blocks): Sheet<'_>,
) -> Answer<()> {
    for notice in notices {
        let Topic::Other(topic) = &notice.topic else {
            continue;
        };
        let sentence: fn(&dyn Words, &str, &str) -> String = match topic.as_str() {
            events::ADDRESS_CHANGED => |words, who, matter| words.address_changed(who, matter),
            events::ADDRESS_MISSING => |words, who, matter| words.address_missing(who, matter),
            events::ADDRESS_SHARED => |words, who, matter| words.address_shared(who, matter),
            _ => continue,
        };
        if discreet {
            subjects.push(words.subject_address_discreet().to_owned());
            blocks.push(Block::Paragraph(words.address_discreet().to_owned()));
            continue;
        }
        let who = name(host, words, matter, notice.contact.as_ref())?;
        subjects.push(words.subject_address(&who));
        blocks.push(Block::Paragraph(sentence(words, &who, &matter.name)));
    }
    Ok(())
}

fn name<H: Host>(host: &mut H, words: &dyn Words, matter: &Matter, contact: Option<&ContactId>) -> Answer<String> {
    let Some(contact) = contact else {
        return Ok(words.somebody().to_owned());
    };
    let found = host.list_contacts(&matter.id, Some(std::slice::from_ref(contact)))?;
    let found = found.into_iter().find(|found| found.id == *contact).map(|found| found.name);
    Ok(found.unwrap_or_else(|| words.somebody().to_owned()))
}
