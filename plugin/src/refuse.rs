//! What can be in the way: every fault that a person is told of, by a stable code, and how a call that is
//! stopped by one becomes the contract's refusal. The sentences are in [`crate::words`].

use crate::{
    attributes::pair,
    types::{Attributes, CallContext, HostError, Problem, Refusal},
    words::{self, Words},
};

/// Somebody, by id for programs and by name for people.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Named {
    pub(crate) fn new(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned() }
    }
}

/// What a Save holds too much of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Much {
    Pairs,
    Documents,
    Rows,
    Contacts,
    Users,
}

/// One thing that is in the way, or that a careful person would look at.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    // Addresses.
    NoAddress(Named),
    SharedAddress { contact: Named, other: Named },
    NoContacts,
    // The Access section.
    NotLinked { contact: String },
    NamedTwice { key: &'static str, id: String },
    DownloadWithoutAccess(Named),
    EndPassed(Named),
    MatterEnded,
    // The Sharing section.
    WithoutAccess { contact: String, name: Option<String> },
    DocumentGone { document: String },
    CannotBeSeen { document: Named, contacts: Vec<Named> },
    NobodyHasAccess,
    // The Notifications section.
    UserUnknown { user: String },
    UserInactive(Named),
    UserOutside(Named),
    UserWithoutAddress(Named),
    LastRecipient,
    StandIn(Named),
    NobodyTold,
    // Every section.
    NoShareRight,
    FirmOff,
    SavedByAnother,
    TooMany { what: Much, limit: usize, given: usize },
    // The portal and its uploads.
    NoDownload,
    ViewingAs,
    MatterClosed,
    NobodyInCharge,
    NotAnUpload { document: String },
    AlreadySent { document: Named, earlier: Named, at: u64 },
    // Events and letters.
    WrongActor,
    // The host.
    NotAccepted,
    TooMuch,
    NoAnswer,
    HostFailed,
}

impl Fault {
    /// For programs. Published: a code is never given another meaning.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoAddress(_) => "no-address",
            Self::SharedAddress { .. } => "address-shared",
            Self::NoContacts => "no-contacts",
            Self::NotLinked { .. } => "contact-not-linked",
            Self::NamedTwice { .. } => "named-twice",
            Self::DownloadWithoutAccess(_) => "download-without-access",
            Self::EndPassed(_) => "end-passed",
            Self::MatterEnded => "matter-ended",
            Self::WithoutAccess { .. } => "contact-without-access",
            Self::DocumentGone { .. } => "document-gone",
            Self::CannotBeSeen { .. } => "cannot-be-seen",
            Self::NobodyHasAccess => "nobody-has-access",
            Self::UserUnknown { .. } => "user-unknown",
            Self::UserInactive(_) => "user-inactive",
            Self::UserOutside(_) => "user-without-permission",
            Self::UserWithoutAddress(_) => "user-without-address",
            Self::LastRecipient => "last-recipient",
            Self::StandIn(_) => "stand-in",
            Self::NobodyTold => "nobody-told",
            Self::NoShareRight => "no-share-right",
            Self::FirmOff => "firm-off",
            Self::SavedByAnother => "saved-by-another",
            Self::TooMany { what: Much::Pairs, .. } => "too-many-pairs",
            Self::TooMany { what: Much::Documents, .. } => "too-many-documents",
            Self::TooMany { what: Much::Rows, .. } => "too-many-rows",
            Self::TooMany { what: Much::Contacts, .. } => "too-many-contacts",
            Self::TooMany { what: Much::Users, .. } => "too-many-users",
            Self::NoDownload => "no-download",
            Self::ViewingAs => "viewing-as",
            Self::MatterClosed => "matter-closed",
            Self::NobodyInCharge => "nobody-in-charge",
            Self::NotAnUpload { .. } => "not-an-upload",
            Self::AlreadySent { .. } => "already-sent",
            Self::WrongActor => "wrong-actor",
            Self::NotAccepted => "not-accepted",
            Self::TooMuch => "too-much-at-once",
            Self::NoAnswer => "no-answer",
            Self::HostFailed => "host-failed",
        }
    }

    /// What it is about, by the contract's keys.
    fn attributes(&self) -> Attributes {
        match self {
            Self::NoAddress(contact) | Self::DownloadWithoutAccess(contact) | Self::EndPassed(contact) => {
                vec![pair("contact", &contact.id)]
            }
            Self::SharedAddress { contact, other } => {
                vec![pair("contact", &contact.id), pair("other", &other.id)]
            }
            Self::NotLinked { contact } | Self::WithoutAccess { contact, .. } => {
                vec![pair("contact", contact)]
            }
            Self::NamedTwice { key, id } => vec![pair(key, id)],
            Self::DocumentGone { document } | Self::NotAnUpload { document } => {
                vec![pair("document", document)]
            }
            Self::CannotBeSeen { document, contacts } => {
                let mut about = vec![pair("document", &document.id)];
                if let [contact] = contacts.as_slice() {
                    about.push(pair("contact", &contact.id));
                } else {
                    let ids: Vec<&str> = contacts.iter().map(|contact| contact.id.as_str()).collect();
                    about.push(pair("contacts", ids.join(" ")));
                }
                about
            }
            Self::UserUnknown { user } => vec![pair("user", user)],
            Self::UserInactive(user)
            | Self::UserOutside(user)
            | Self::UserWithoutAddress(user)
            | Self::StandIn(user) => {
                vec![pair("user", &user.id)]
            }
            Self::TooMany { limit, given, .. } => {
                vec![pair("limit", limit.to_string()), pair("given", given.to_string())]
            }
            Self::AlreadySent { document, earlier, at } => {
                vec![pair("document", &document.id), pair("earlier", &earlier.id), pair("sent-at", at.to_string())]
            }
            _ => Vec::new(),
        }
    }

    /// As a person is told it.
    pub(crate) fn problem(&self, words: &dyn Words) -> Problem {
        Problem { code: self.code().to_owned(), message: words.fault(self), attributes: self.attributes() }
    }
}

/// The problems of a list of faults.
pub(crate) fn problems(ctx: &CallContext, faults: &[Fault]) -> Vec<Problem> {
    let words = words::of(&ctx.locale);
    faults.iter().map(|fault| fault.problem(words)).collect()
}

/// Why a call answers nothing.
#[derive(Debug)]
pub(crate) enum Stop {
    Invalid(Vec<Fault>),
    Denied(Fault),
    NotFound,
    Conflict,
    Host(HostError),
}

/// What the rules answer among themselves.
pub(crate) type Answer<T> = Result<T, Stop>;

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

/// Stops if there is a fault; all of them are named.
pub(crate) fn unless(faults: Vec<Fault>) -> Answer<()> {
    if faults.is_empty() { Ok(()) } else { Err(Stop::Invalid(faults)) }
}

/// Stops if there is too much of it.
pub(crate) fn at_most(limit: usize, given: usize, what: Much) -> Answer<()> {
    if given > limit { Err(Stop::Invalid(vec![Fault::TooMany { what, limit, given }])) } else { Ok(()) }
}

/// The contract's answer, in the words of whoever asked.
pub(crate) fn settle<T>(ctx: &CallContext, answer: Answer<T>) -> Result<T, Refusal> {
    answer.map_err(|stop| {
        let say = |faults: &[Fault]| problems(ctx, faults);
        match stop {
            Stop::Invalid(faults) => Refusal::Invalid(say(&faults)),
            Stop::Denied(fault) => Refusal::Denied(say(&[fault])),
            Stop::NotFound | Stop::Host(HostError::NotFound(_)) => Refusal::NotFound,
            Stop::Conflict | Stop::Host(HostError::Conflict(_)) => Refusal::Conflict(say(&[Fault::SavedByAnother])),
            Stop::Host(HostError::Invalid(_)) => Refusal::Invalid(say(&[Fault::NotAccepted])),
            Stop::Host(HostError::LimitExceeded(_)) => Refusal::Invalid(say(&[Fault::TooMuch])),
            Stop::Host(HostError::Unavailable(_)) => Refusal::Unavailable(say(&[Fault::NoAnswer])),
            Stop::Host(HostError::Other(_)) => Refusal::Other(say(&[Fault::HostFailed])),
        }
    })
}
