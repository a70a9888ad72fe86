//! What each command makes of the model, and when it is refused: the other half of the reference.

use std::collections::BTreeSet;

use super::{
    command::{Command, WAIT},
    model::{Document, Grant, Matter, Model},
};

impl Model {
    /// Does it, or answers that it is refused, having done nothing.
    pub(super) fn apply(&mut self, command: &Command) -> bool {
        let place = |document: usize| self.documents[document].matter;
        let changes = |by: usize, document: usize| self.edits(by, place(document)) && self.knows(by, document);
        let allowed = match *command {
            Command::Grant { by, matter, contact, open, download, until } => {
                let old = self.grants.get(&(matter, contact)).copied().unwrap_or_default();
                let later = old.until.is_some_and(|old| until.is_none_or(|until| until > old));
                let more = open && (!self.has_grant(contact, matter) || later || download && !old.download);
                let linked = self.linked.contains(&(matter, contact));
                self.shares(by, matter)
                    && self.on[self.matters[matter].firm]
                    && linked
                    && (!more || self.alone(contact))
            }
            Command::Share { by, matter, document, contact } => {
                let there = place(document) == matter && self.knows(by, document);
                self.shares(by, matter) && there && self.enters(contact, matter) && self.alone(contact)
            }
            Command::Unshare { by, matter, document, contact } => {
                let there = place(document) == matter && self.knows(by, document) && self.on[self.matters[matter].firm];
                self.shares(by, matter) && there && self.linked.contains(&(matter, contact))
            }
            Command::Upload { contact, matter } => self.signed_in.contains(&contact) && self.sends(contact, matter),
            Command::File { by, matter } | Command::Close { by, matter, .. } => self.edits(by, matter),
            Command::Edit { by, document } | Command::Delete { by, document } => changes(by, document),
            Command::Keep { by, document, .. } => changes(by, document),
            Command::Restore { by, document } => {
                self.edits(by, place(document)) && self.documents[document].deleted && self.may_know(by, document)
            }
            Command::Move { by, document, to } => {
                let mut there = self.clone();
                there.documents[document].matter = to;
                let same_firm = self.matters[to].firm == self.matters[place(document)].firm;
                changes(by, document) && self.edits(by, to) && same_firm && there.knows(by, document)
            }
            Command::Link { by, matter, contact } => {
                self.edits(by, matter) && self.contacts[contact].0 == self.matters[matter].firm
            }
            Command::Unlink { by, matter, contact } => {
                self.edits(by, matter) && self.linked.contains(&(matter, contact))
            }
            Command::Admit { by, matter, user, rights } => {
                let Matter { firm, owner, .. } = self.matters[matter];
                self.decides(by, matter) && self.users[user] == firm && (user != owner || rights == (true, true))
            }
            Command::Dismiss { by, matter, user } => {
                self.decides(by, matter) && user != by && self.members.contains_key(&(matter, user))
            }
            Command::Own { by, matter, user } => {
                let Matter { firm, owner, .. } = self.matters[matter];
                self.edits(by, matter) && (user == owner || self.decides(by, matter) && self.users[user] == firm)
            }
            Command::Bin { by, matter } => self.decides(by, matter),
            Command::Unbin { by, matter } => {
                self.matters[matter].deleted && self.members.get(&(matter, by)).is_some_and(|rights| rights.0)
            }
            Command::Switch { by, .. } => by == 0,
            Command::Address { by, contact, to } => {
                let (firm, old) = self.contacts[contact];
                let mut granted = (0..self.matters.len())
                    .filter(|matter| self.grants.contains_key(&(*matter, contact)) && !self.matters[*matter].deleted);
                self.users[by] == firm && (old == to || granted.all(|matter| self.shares(by, matter)))
            }
            Command::SignIn { contact } => self.alone(contact),
            Command::Wait => true,
        };
        if allowed {
            self.change(command);
        }
        allowed
    }

    fn change(&mut self, command: &Command) {
        match *command {
            Command::Grant { matter, contact, open, download, until, .. } => {
                let old = self.grants.get(&(matter, contact)).copied();
                let kept = old.unwrap_or_default().download;
                let new =
                    if open { Grant { open, download, until } } else { Grant { download: kept, ..Grant::default() } };
                if open || old.is_some() {
                    self.grants.insert((matter, contact), new);
                }
            }
            Command::Share { matter, document, contact, .. } => {
                self.live.insert((matter, document, contact));
            }
            Command::Unshare { matter, document, contact, .. } => {
                self.live.remove(&(matter, document, contact));
            }
            Command::Upload { matter, .. } | Command::File { matter, .. } => {
                if let Command::Upload { contact, .. } = *command {
                    self.live.insert((matter, self.documents.len(), contact));
                }
                self.documents.push(Document { matter, deleted: false, readers: None, version: 1 });
            }
            Command::Edit { document, .. } => self.documents[document].version += 1,
            Command::Keep { by, document, alone } => {
                self.documents[document].readers = alone.then(|| BTreeSet::from([by]));
            }
            Command::Delete { document, .. } => {
                self.documents[document].deleted = true;
                self.live.retain(|it| it.1 != document);
            }
            Command::Restore { document, .. } => self.documents[document].deleted = false,
            Command::Move { document, to, .. } => {
                self.live.retain(|it| it.1 != document);
                self.documents[document].matter = to;
            }
            Command::Link { matter, contact, .. } => {
                self.linked.insert((matter, contact));
            }
            Command::Unlink { matter, contact, .. } => {
                self.linked.remove(&(matter, contact));
                self.grants.remove(&(matter, contact));
                self.live.retain(|it| (it.0, it.2) != (matter, contact));
            }
            Command::Admit { matter, user, rights, .. } => {
                self.members.insert((matter, user), rights);
            }
            Command::Dismiss { matter, user, .. } => {
                self.members.remove(&(matter, user));
            }
            Command::Own { matter, user, .. } => {
                self.matters[matter].owner = user;
                self.members.insert((matter, user), (true, true));
            }
            Command::Close { matter, closed, .. } => self.matters[matter].closed = closed,
            Command::Bin { matter, .. } => {
                self.matters[matter].deleted = true;
                self.live.retain(|it| it.0 != matter);
                for (_, grant) in self.grants.iter_mut().filter(|((place, _), grant)| *place == matter && grant.open) {
                    *grant = Grant { download: grant.download, ..Grant::default() };
                }
            }
            Command::Unbin { matter, .. } => self.matters[matter].deleted = false,
            Command::Switch { on, .. } => self.on[0] = on,
            Command::Address { contact, to, .. } => {
                let (firm, old) = self.contacts[contact];
                if old != to {
                    let touched =
                        |it: (usize, Option<usize>)| it.1.is_some() && [(firm, old), (firm, to)].contains(&it);
                    self.signed_in.retain(|it| !touched(self.contacts[*it]));
                    self.contacts[contact].1 = to;
                }
            }
            Command::SignIn { contact } => {
                self.signed_in.insert(contact);
            }
            Command::Wait => {
                self.now += WAIT;
                self.signed_in.clear();
            }
        }
    }
}
