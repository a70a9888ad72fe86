//! The pages of the firm's own people.

pub mod account;
pub mod audit;
pub mod client_connect;
pub mod contacts;
pub mod documents;
pub mod list;
pub mod look;
pub mod matter;
pub mod notices;
pub mod settings;

use askama::Template;

use crate::show::Day;

/// What stands around every page of a user who is signed in.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The firm.
    pub firm: String,
    /// Who is signed in.
    pub name: String,
    /// As whom.
    pub email: String,
    /// May see the firm's audit and settings.
    pub admin: bool,
    /// Notices that were not read.
    pub unread: u32,
    /// Whether this is the demo, with its mailbox.
    pub demo: bool,
    /// Whether they have to set up a second factor before anything else is theirs to see.
    pub half: bool,
}

impl Frame {
    /// The letters in the place of a picture.
    #[must_use]
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// The first letters of the first and the last word.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// What stands at the head of every page of a matter.
#[derive(Clone, Debug)]
pub struct MatterHead {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The firm's own number for it.
    pub reference: String,
    /// Its owner.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened: Day,
    /// When it was closed.
    pub closed: Option<Day>,
    /// Whether Client Connect is on in this firm: only then has it a tab.
    pub client_connect: bool,
    /// May change the matter and its documents.
    pub can_edit: bool,
    /// May share.
    pub can_share: bool,
}

/// Signing in.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/sign_in.html")]
pub struct SignIn {
    /// What was typed before.
    pub email: String,
    /// What was wrong with it.
    pub problem: Option<String>,
    /// Where to go then: a path of this host.
    pub next: String,
    /// Other ways to sign in: an address, and what it is called.
    pub providers: Vec<(String, String)>,
    /// Whether this is the demo.
    pub demo: bool,
}

/// The matters that the user may see.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/matters.html")]
pub struct Matters {
    /// Around it.
    pub frame: Frame,
    /// What was looked for.
    pub search: String,
    /// Which ones: `open`, `closed`, `deleted`, or all that are not deleted.
    pub state: &'static str,
    /// One page of them, by name.
    pub rows: Vec<MatterRow>,
    /// The pages beside it.
    pub pager: list::Pager,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct MatterRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The firm's own number for it.
    pub reference: String,
    /// Its owner.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened: Day,
    /// Whether it is closed.
    pub closed: bool,
    /// Of a deleted one: whether the user may take it back.
    pub can_restore: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        for (name, letters) in
            [("Ann Field", "AF"), ("Jean-Luc van der Berg", "JB"), ("ölaf", "Ö"), ("", ""), ("(x) y", "XY")]
        {
            assert_eq!(initials(name), letters, "{name}");
        }
    }
}
