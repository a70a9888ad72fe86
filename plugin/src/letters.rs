//! The words of the mails (OV2, SH13, NO1). Asked when a mail is about to go: it tells what is true then, and
//! only what its recipient may see then.

mod contact;
mod paper;
mod staff;

use crate::{
    host::Host,
    refuse::{Answer, Fault, Stop, settle},
    types::*,
    words,
};

/// `letters.compose`: one letter for all that one recipient is to be told on one channel.
///
/// # Errors
/// As the contract says. None where nothing of it still holds.
pub fn compose<H: Host>(host: &mut H, ctx: &CallContext, notices: Vec<Notice>) -> Result<Option<Letter>, Refusal> {
    settle(ctx, write(host, ctx, notices))
}

fn write<H: Host>(host: &mut H, ctx: &CallContext, notices: Vec<Notice>) -> Answer<Option<Letter>> {
    let words = words::of(&ctx.locale);
    let mut by_matter: Vec<(MatterId, Vec<Notice>)> = Vec::new();
    for notice in notices {
        match by_matter.iter_mut().find(|(matter, _)| *matter == notice.matter) {
            Some((_, of_it)) => of_it.push(notice),
            None => by_matter.push((notice.matter.clone(), vec![notice])),
        }
    }
    let for_actor = |to: &Recipient| match (&ctx.actor, to) {
        (Actor::Contact(actor), Recipient::Contact(to)) => actor == to,
        (Actor::User(actor), Recipient::User(to)) => actor == to,
        _ => false,
    };
    if !by_matter.iter().flat_map(|(_, notices)| notices).all(|notice| for_actor(&notice.to)) {
        return Err(Stop::Denied(Fault::WrongActor));
    }
    match &ctx.actor {
        Actor::Contact(contact) => contact::write(host, ctx, words, contact, by_matter),
        Actor::User(_) => staff::write(host, words, by_matter),
        Actor::ViewingAs(_) | Actor::Host => Err(Stop::Denied(Fault::WrongActor)),
    }
}

/// The matter, unless the recipient may not see it, or no more.
fn still_there<H: Host>(host: &mut H, matter: &str) -> Answer<Option<Matter>> {
    match host.get_matter(matter) {
        Ok(matter) => Ok(Some(matter)),
        Err(HostError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Each document of the notices once, in the order in which they were told.
fn documents(notices: &[Notice], topic: &Topic) -> Vec<DocumentId> {
    let mut seen = std::collections::BTreeSet::new();
    let all = notices.iter().filter(|notice| notice.topic == *topic).flat_map(|notice| &notice.documents);
    all.filter(|id| seen.insert(id.as_str())).cloned().collect()
}
