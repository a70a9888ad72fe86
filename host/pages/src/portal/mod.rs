//! The pages of the firm's customers: calm, in their language, and whole without a script.

use askama::Template;

use crate::{
    show::{Icon, file_icon},
    staff::initials,
    words::Words,
};

mod documents;
mod upload;
pub use documents::*;
pub use upload::UPLOAD_WORDS;

/// What stands around every page of the portal.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The reader's language.
    pub words: Words,
    /// Whether this is the demo, with its mailbox.
    pub demo: bool,
    /// Whose portal it is, where that is one firm.
    pub firm: Option<String>,
    /// Who is signed in.
    pub person: Option<Person>,
    /// Where the page is: a path of this host, to come back to in another language.
    pub here: String,
}

impl Frame {
    /// Every other language.
    pub fn languages(&self) -> impl Iterator<Item = Words> {
        let own = self.words;
        Words::all().filter(move |words| *words != own)
    }
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// As the firm calls them.
    pub name: String,
    /// The address that they signed in with.
    pub email: String,
}

impl Person {
    /// The letters in the place of a picture.
    #[must_use]
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// Asking for a code.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/sign_in.html")]
pub struct SignIn {
    /// Around it.
    pub frame: Frame,
    /// What was typed before.
    pub email: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What happened before: the session is over, or was ended.
    pub notice: Option<String>,
    /// Where to go then: a path of this host.
    pub next: String,
}

/// Typing the code in.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/code.html")]
pub struct Code {
    /// Around it.
    pub frame: Frame,
    /// Where the code went, if it went anywhere: as it was typed.
    pub email: String,
    /// What is wrong with the code.
    pub problem: Option<String>,
    /// Whether another try makes sense: not while the address is blocked, or the code is over.
    pub open: bool,
    /// Whether another code may be asked for now.
    pub can_ask: bool,
    /// A new code was asked for.
    pub again: bool,
    /// Where to go then: a path of this host.
    pub next: String,
}

/// The matters to choose from; none: the page says so.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/matters.html")]
pub struct Matters {
    /// Around it.
    pub frame: Frame,
    /// Each of them, by firm and name.
    pub rows: Vec<MatterChoice>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct MatterChoice {
    /// Its id.
    pub id: String,
    /// The firm, as its customers read it.
    pub firm: String,
    /// Its name.
    pub name: String,
}

/// What went wrong, in a sentence that helps.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/notice.html")]
pub struct Notice {
    /// Around it.
    pub frame: Frame,
    /// A few words.
    pub title: String,
    /// One sentence or two.
    pub detail: String,
    /// Where to go on: an address and its name.
    pub onward: (String, String),
}
