//! Pages that belong neither to staff nor to the portal.

use askama::Template;

/// A page that says what went wrong, in a sentence that helps.
#[derive(Clone, Debug, Template)]
#[template(path = "problem.html")]
pub struct Problem {
    /// The answer's status.
    pub status: u16,
    /// A few words.
    pub title: String,
    /// One sentence.
    pub detail: String,
    /// Where to go on: an address and its name.
    pub onward: (String, String),
}

/// The page at `/`: the two doors.
#[derive(Clone, Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// Whether this is the demo, with its mailbox.
    pub demo: bool,
}
