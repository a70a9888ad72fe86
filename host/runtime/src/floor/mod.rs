//! The floor: what holds whatever the plugin asks or answers, over any backend.
//!
//! It stands between the imports and the transaction of one call. It binds the call to its matter, shows each
//! actor only what is theirs to see, lets nobody open what they may not open, writes down what changed, and
//! in the end trims the answer to what it can prove itself. What lies outside of it is `not-found`: "not
//! there" and "not yours" look the same. A plugin can only narrow it.

mod answers;
mod effects;
mod reads;
mod revoke;
mod writes;

pub(crate) use answers::Proven;

use std::collections::{HashMap, HashSet};

use crate::{
    backend::{CallRecord, Effect, Tx, Viewer},
    limits::Limits,
    types::{
        AccessGrant, Actor, AuditEntry, ContactId, Document, DocumentId, GrantedMatter, HostError, Matter, MatterId,
        Member, Notice, UserId,
    },
};

/// To which matters a call is bound, and which documents the host itself named in it.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// The matters that the call names. None: those that the actor's contact was granted.
    pub(crate) matters: Vec<MatterId>,
    /// No matters means none, and not the contact's own.
    pub(crate) only_these: bool,
    /// Documents that the host reports: readable to their uploader before they are shared, and words of
    /// the audit after they are gone.
    pub(crate) reported: Vec<DocumentId>,
    /// Whether the reported documents are new uploads.
    pub(crate) uploads: bool,
    /// Whether the answer hands over whole documents, which the host then wants from its own records.
    pub(crate) keeps_documents: bool,
}

impl Bound {
    pub(crate) fn to(matter: &MatterId) -> Self {
        Self { matters: vec![matter.clone()], ..Self::default() }
    }

    /// The matters of these notices; with none, none at all.
    pub(crate) fn among(notices: &[Notice]) -> Self {
        let mut matters: Vec<MatterId> = Vec::new();
        for notice in notices {
            if !matters.contains(&notice.matter) {
                matters.push(notice.matter.clone());
            }
        }
        Self { matters, only_these: true, ..Self::default() }
    }
}

/// What is left of a call's limits.
#[derive(Debug)]
struct Left {
    rows: u32,
    notices: u32,
    entries: u32,
    page: u32,
}

/// What the call has been shown of one matter, and so need not be asked for again.
#[derive(Debug, Default)]
struct Shown {
    /// Documents that the viewer sees in the matter; kept whole where the answer needs them.
    documents: HashMap<DocumentId, Option<Document>>,
    contacts: HashSet<ContactId>,
    members: HashMap<UserId, Option<Member>>,
    /// The actor's own grant, once it was looked up.
    own_grant: Option<Option<AccessGrant>>,
    /// Whether the reported uploads were looked at.
    uploads: Option<HashMap<DocumentId, Document>>,
}

/// The floor of one call. It owns the transaction while the call runs.
pub struct Floor<T> {
    tx: Option<T>,
    call: CallRecord,
    viewer: Viewer,
    bound: Bound,
    writes: bool,
    left: Left,
    /// The matters that the call is bound to and that its viewer sees.
    matters: HashMap<MatterId, Matter>,
    granted: Option<Vec<GrantedMatter>>,
    /// The matter that `shown` is about.
    at: Option<MatterId>,
    shown: Shown,
    effects: Vec<Effect>,
    entries: Vec<AuditEntry>,
    wrote: bool,
}

impl<T> std::fmt::Debug for Floor<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Floor").field("call", &self.call).field("bound", &self.bound).finish_non_exhaustive()
    }
}

pub(crate) fn not_found(what: &str) -> HostError {
    HostError::NotFound(format!("no such {what} here"))
}

impl<T: Tx> Floor<T> {
    pub(crate) fn new(tx: Option<T>, call: CallRecord, bound: Bound, writes: bool, limits: &Limits) -> Self {
        let viewer = match &call.actor {
            Actor::User(user) => Viewer::User(user.clone()),
            Actor::Contact(contact) => Viewer::Contact(contact.clone()),
            Actor::ViewingAs(both) => Viewer::UserAsContact(both.user.clone(), both.contact.clone()),
            Actor::Host => Viewer::Host,
        };
        let left = Left { rows: limits.rows, notices: limits.notices, entries: limits.entries, page: limits.page };
        Self {
            tx,
            call,
            viewer,
            bound,
            writes,
            left,
            matters: HashMap::new(),
            granted: None,
            at: None,
            shown: Shown::default(),
            effects: Vec::new(),
            entries: Vec::new(),
            wrote: false,
        }
    }

    /// Whether the matter of a call is there for its actor. If not, the plugin need not be asked: whatever it
    /// would answer, this actor is told that there is no such matter. The platform's own reports go on, as
    /// they may well be about something that is gone.
    pub(crate) fn enter(&mut self) -> Result<bool, HostError> {
        let ([matter], false) = (&self.bound.matters[..], self.bound.only_these) else { return Ok(true) };
        let matter = matter.clone();
        Ok(self.matter(&matter)?.is_some() || matches!(self.call.actor, Actor::Host))
    }

    pub(crate) fn into_tx(self) -> Option<T> {
        self.tx
    }

    fn tx(&mut self) -> Result<&mut T, HostError> {
        self.tx
            .as_mut()
            .ok_or_else(|| HostError::Unavailable("no transaction: the plugin is only being looked at".into()))
    }

    /// The contact whose eyes this call has.
    fn own(&self) -> Option<&ContactId> {
        match &self.viewer {
            Viewer::Contact(contact) | Viewer::UserAsContact(_, contact) => Some(contact),
            Viewer::Host | Viewer::User(_) => None,
        }
    }

    /// Takes rows off what the call may still use.
    fn charge(&mut self, rows: usize) -> Result<(), HostError> {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        self.left.rows = self
            .left
            .rows
            .checked_sub(rows)
            .ok_or_else(|| HostError::LimitExceeded("more rows than one call may use".into()))?;
        Ok(())
    }

    /// Makes sure that the call may look at this matter, and turns what was shown to it.
    fn scope(&mut self, matter: &MatterId) -> Result<(), HostError> {
        if self.at.as_ref() == Some(matter) {
            return Ok(());
        }
        let inside = if self.bound.matters.is_empty() && !self.bound.only_these {
            self.granted()?.iter().any(|granted| granted.matter.id == *matter)
        } else {
            self.bound.matters.contains(matter)
        };
        if !inside || self.matter(matter)?.is_none() && !matches!(self.viewer, Viewer::Host) {
            return Err(not_found("matter"));
        }
        self.at = Some(matter.clone());
        self.shown = Shown::default();
        Ok(())
    }

    /// A matter as the viewer sees it.
    fn matter(&mut self, id: &MatterId) -> Result<Option<&Matter>, HostError> {
        if !self.matters.contains_key(id) {
            let viewer = self.viewer.clone();
            if let Some(matter) = self.tx()?.matter(&viewer, id)? {
                self.matters.insert(id.clone(), matter);
            }
        }
        Ok(self.matters.get(id))
    }

    /// The matters where the actor's contact has an open portal.
    fn granted(&mut self) -> Result<&[GrantedMatter], HostError> {
        if self.granted.is_none() {
            let mut granted = match self.own().cloned() {
                Some(contact) => self.tx()?.granted_matters(&contact)?,
                None => Vec::new(),
            };
            if let Viewer::UserAsContact(user, _) = &self.viewer {
                let user = Viewer::User(user.clone());
                let mut kept = Vec::new();
                for row in granted {
                    if self.tx()?.matter(&user, &row.matter.id)?.is_some() {
                        kept.push(row);
                    }
                }
                granted = kept;
            }
            self.granted = Some(granted);
        }
        Ok(self.granted.as_deref().unwrap_or_default())
    }

    /// Whether the contact's portal to the matter in scope is open at this moment.
    fn portal_open(&mut self) -> Result<bool, HostError> {
        let now = self.call.at;
        Ok(self.own_grant()?.is_some_and(|grant| is_open(grant, now)))
    }

    /// The contact's own grant in the matter in scope.
    fn own_grant(&mut self) -> Result<Option<&AccessGrant>, HostError> {
        if self.shown.own_grant.is_none() {
            let (Some(matter), Some(contact)) = (self.at.clone(), self.own().cloned()) else { return Ok(None) };
            let found = self.tx()?.grants(&matter, Some(&[contact]))?.pop();
            self.shown.own_grant = Some(found);
        }
        Ok(self.shown.own_grant.as_ref().and_then(Option::as_ref))
    }
}

/// Whether a grant opens its portal at this moment.
pub(crate) fn is_open(grant: &AccessGrant, now: u64) -> bool {
    grant.portal && grant.until.is_none_or(|until| now < until)
}
