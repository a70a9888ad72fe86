//! Whether the contacts of a matter have found their way into the portal: how their invitations fare, and when they
//! were there last.

use std::collections::BTreeMap;

use client_connect_pages::{
    show::When,
    staff::client_connect::{Health, Invitation},
};

use super::*;
use crate::store::{audit, outbox};

/// What is known of all of them.
pub(super) struct Healths {
    matter: String,
    firm: String,
    can_share: bool,
    invited: BTreeMap<String, outbox::Fate>,
}

impl Healths {
    pub(super) fn read(tx: &SqliteTx, staff: &Staff, head: &MatterHead) -> Result<Self, Problem> {
        let fates = outbox::fates(tx, &head.id)?.into_iter().filter(|fate| fate.topic == "invited");
        Ok(Self {
            matter: head.id.clone(),
            firm: staff.firm.clone(),
            can_share: head.can_share,
            invited: fates.map(|fate| (fate.contact.clone(), fate)).collect(),
        })
    }

    /// Of one contact; `open`: whether the portal is open to them now.
    pub(super) fn of(&mut self, tx: &SqliteTx, contact: &str, open: bool) -> Result<Health, Problem> {
        let state = if open { self.state(tx, contact)? } else { Invitation::None };
        Ok(Health { state, matter: self.matter.clone(), can_share: self.can_share })
    }

    fn state(&mut self, tx: &SqliteTx, contact: &str) -> Result<Invitation, Problem> {
        if let Some(at) = audit::last_by_contact(tx, &self.firm, contact)? {
            return Ok(Invitation::Came(When(at)));
        }
        let Some(fate) = self.invited.remove(contact) else { return Ok(Invitation::NotCome(None)) };
        Ok(match (fate.state.as_str(), fate.letter) {
            ("held", _) => Invitation::Held(When(fate.due_at)),
            ("waiting" | "sending", _) => Invitation::OnItsWay(fate.said),
            ("dead", Some(letter)) => Invitation::Lost(letter, fate.said),
            _ => Invitation::NotCome(fate.sent_at.map(When)),
        })
    }
}
