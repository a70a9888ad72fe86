//! What a call changed, as its row keeps it, and the fold of all of it: the grants and shares as they must be now.

use std::collections::{BTreeMap, BTreeSet};

use client_connect_runtime::{
    backend::Effect,
    types::{AccessGrant, Attributes, Receipt, SharedDocument, Watcher},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::tx::state_word;

/// One effect, in the words of the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Grant(Grant),
    Share(Share),
    Forgotten(String),
    Watchers(Vec<Watching>),
}

/// A grant's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    contact: String,
    portal: bool,
    can_download: bool,
    since: u64,
    until: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

/// A share's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    document: String,
    contact: String,
    state: String,
    since: u64,
    seen: Option<Seen>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    version: u32,
    at: u64,
    downloaded: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

/// A watcher's row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Watching {
    user: String,
    in_app: bool,
    email: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

fn map(attributes: &Attributes) -> BTreeMap<String, String> {
    attributes.iter().cloned().collect()
}

impl From<&AccessGrant> for Grant {
    fn from(grant: &AccessGrant) -> Self {
        Self {
            contact: grant.contact.clone(),
            portal: grant.portal,
            can_download: grant.can_download,
            since: grant.since,
            until: grant.until,
            attributes: map(&grant.attributes),
        }
    }
}

impl From<&Receipt> for Seen {
    fn from(receipt: &Receipt) -> Self {
        Self {
            version: receipt.version,
            at: receipt.at,
            downloaded: receipt.downloaded,
            attributes: map(&receipt.attributes),
        }
    }
}

impl From<&SharedDocument> for Share {
    fn from(share: &SharedDocument) -> Self {
        Self {
            document: share.document.clone(),
            contact: share.contact.clone(),
            state: state_word(&share.state).into_owned(),
            since: share.since,
            seen: share.seen.as_ref().map(Seen::from),
            attributes: map(&share.attributes),
        }
    }
}

impl From<&Watcher> for Watching {
    fn from(watcher: &Watcher) -> Self {
        Self {
            user: watcher.user.clone(),
            in_app: watcher.in_app,
            email: watcher.email,
            attributes: map(&watcher.attributes),
        }
    }
}

pub(super) fn to_json(effect: &Effect) -> Value {
    let kept = match effect {
        Effect::Grant(grant) => Kept::Grant(grant.into()),
        Effect::Share(share) => Kept::Share(share.into()),
        Effect::Forgotten(contact) => Kept::Forgotten(contact.clone()),
        Effect::Watchers(watchers) => Kept::Watchers(watchers.iter().map(Watching::from).collect()),
    };
    serde_json::to_value(kept).unwrap_or_default()
}

/// The grants, shares and watchers that the audit of one matter adds up to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fold {
    /// By contact.
    pub(crate) grants: BTreeMap<String, Grant>,
    /// By document and contact.
    pub(crate) shares: BTreeMap<(String, String), Share>,
    /// The matter's own list.
    pub(crate) watchers: BTreeSet<Watching>,
}

impl Fold {
    /// Takes in one call's row. Says whether its body could be read.
    pub(crate) fn take(&mut self, body: &str) -> bool {
        #[derive(Deserialize)]
        struct Body {
            effects: Vec<Kept>,
        }
        let Ok(body) = serde_json::from_str::<Body>(body) else { return false };
        for effect in body.effects {
            match effect {
                Kept::Grant(grant) => {
                    self.grants.insert(grant.contact.clone(), grant);
                }
                Kept::Share(share) => {
                    self.shares.insert((share.document.clone(), share.contact.clone()), share);
                }
                Kept::Forgotten(contact) => {
                    self.grants.remove(&contact);
                    self.shares.retain(|(_, of), _| *of != contact);
                }
                Kept::Watchers(watchers) => self.watchers = watchers.into_iter().collect(),
            }
        }
        true
    }

    /// Takes in a row as the table has it.
    pub(crate) fn hold(&mut self, effect: &Effect) {
        match effect {
            Effect::Grant(grant) => {
                self.grants.insert(grant.contact.clone(), grant.into());
            }
            Effect::Share(share) => {
                self.shares.insert((share.document.clone(), share.contact.clone()), share.into());
            }
            Effect::Forgotten(_) => {}
            Effect::Watchers(watchers) => self.watchers = watchers.iter().map(Watching::from).collect(),
        }
    }
}
