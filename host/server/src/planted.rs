//! Faults that the tests of authorization must find, planted in this host: each is a way in which hosts like it have let
//! somebody see what is another's. They are compiled for this crate's own tests and for nothing else.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Method, header};

use crate::{
    app::App,
    store::content::{self, Content},
    web::{Problem, session::PortalToken},
};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// HEAD answers without asking for the right.
    SizeUnasked,
    /// So does a range.
    RangeUnasked,
    /// So does a comparison with what the asker says to have.
    ComparisonUnasked,
    /// The archive takes what its reader may only look at, and more.
    ArchiveOfEverything,
    /// The versions before are not kept from whom the document is kept.
    OldVersionUnasked,
    /// Whoever was once allowed to download still is.
    DecisionKept,
    /// Whoever is taken out of a matter stays in it.
    LeftStaffStays,
    /// A customer's session outlives its time.
    SessionWithoutEnd,
    /// A document's shares follow it to another matter.
    MoveKeepsShares,
    /// Whoever has no session has that of somebody else.
    NobodyIsSomebody,
    /// The list holds what is kept from its reader.
    ListOfEverything,
    /// A document that is restored is shared again with whom it was.
    RestoredIsShared,
    /// A version is given out that waits for its scan. Found where there is a scanner (T-AV), and so in none of `ALL`.
    QuarantineSkipped,
}

impl Fault {
    /// Each that the model finds.
    pub(crate) const ALL: [Self; 12] = [
        Self::SizeUnasked,
        Self::RangeUnasked,
        Self::ComparisonUnasked,
        Self::ArchiveOfEverything,
        Self::OldVersionUnasked,
        Self::DecisionKept,
        Self::LeftStaffStays,
        Self::SessionWithoutEnd,
        Self::MoveKeepsShares,
        Self::NobodyIsSomebody,
        Self::ListOfEverything,
        Self::RestoredIsShared,
    ];
}

type Decision = (PortalToken, String, String, Content);

/// The fault of one host, if it has one, and what that needs to remember.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    fault: Mutex<Option<Fault>>,
    decisions: Mutex<Vec<Decision>>,
    token: Mutex<Option<PortalToken>>,
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Planted {
    /// Plants it, in the place of the one before.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *lock(&self.fault) = fault;
        lock(&self.decisions).clear();
        *lock(&self.token) = None;
    }

    pub(crate) fn is(&self, fault: Fault) -> bool {
        *lock(&self.fault) == Some(fault)
    }

    /// Whether such a request for bytes is answered without asking for the right.
    pub(crate) fn answers_unasked(&self, method: &Method, headers: &HeaderMap) -> bool {
        match *lock(&self.fault) {
            Some(Fault::SizeUnasked) => *method == Method::HEAD,
            Some(Fault::RangeUnasked) => headers.contains_key(header::RANGE),
            Some(Fault::ComparisonUnasked) => headers.contains_key(header::IF_NONE_MATCH),
            _ => false,
        }
    }

    /// The content of a document, whoever asks.
    pub(crate) fn content(app: &App, matter: &str, document: &str) -> Result<Content, Problem> {
        let found = app.runtime.read(|unit| Ok::<_, Problem>(content::current(unit.tx(), matter, document, None)?))?;
        found.ok_or_else(Problem::not_found)
    }

    /// What was decided before, where that is kept.
    pub(crate) fn decided(&self, token: PortalToken, matter: &str, document: &str) -> Option<Content> {
        let same = |it: &&Decision| (it.0, it.1.as_str(), it.2.as_str()) == (token, matter, document);
        lock(&self.decisions).iter().find(same).map(|known| known.3.clone())
    }

    /// Keeps it.
    pub(crate) fn decide(&self, token: PortalToken, matter: &str, document: &str, content: &Content) {
        if self.is(Fault::DecisionKept) {
            lock(&self.decisions).push((token, matter.to_owned(), document.to_owned(), content.clone()));
        }
    }

    /// The token of a request, or of one before.
    pub(crate) fn token(&self, token: Result<PortalToken, Problem>) -> Result<PortalToken, Problem> {
        let mut last = lock(&self.token);
        match token {
            Ok(token) => *last = Some(token),
            Err(problem) if !self.is(Fault::NobodyIsSomebody) => return Err(problem),
            Err(_) => {}
        }
        last.ok_or_else(Problem::sign_in_needed)
    }
}
