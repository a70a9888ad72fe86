//! The Sharing section.

use askama::Template;

use super::{
    super::{Frame, MatterHead},
    Staging,
};
use crate::show::Count;

/// Which documents are visible to whom. The lists themselves are read by the page's script, a page at a time, so that
/// this page costs the same in every matter.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/sharing.html")]
pub struct Sharing {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// For its scripts.
    pub staging: Staging,
    /// Who can be chosen: those who have access now.
    pub choices: Vec<Choice>,
    /// The matter's other contacts, whom a document may still name.
    pub others: Vec<Person>,
    /// What stands in the way, in sentences.
    pub notes: Vec<String>,
}

/// A contact who can be chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// Where their mails go to.
    pub email: String,
    /// What they are in this matter.
    pub role: String,
    /// How many documents they see.
    pub sees: u32,
    /// Whether nothing was ever shared with them here, as far as stands.
    pub first: bool,
}

impl Choice {
    pub(crate) fn sees(&self) -> Count {
        Count { total: self.sees, exact: true }
    }
}

/// A contact, by name.
#[derive(Clone, Debug)]
pub struct Person {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
}
