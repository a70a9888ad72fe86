//! A user's own account: how they sign in.

use askama::Template;

use super::Frame;
use crate::show::{Qr, When};

/// The account of who reads it.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/account.html")]
pub struct Account {
    /// Around it.
    pub frame: Frame,
    /// When their second factor was set up; none: they have none.
    pub since: Option<When>,
    /// Recovery codes that were not used yet.
    pub recovery_left: u32,
    /// Whether their firm asks everybody for one.
    pub required: bool,
    /// In which browsers they are signed in; none of them while they are not signed in to the end.
    pub sessions: Vec<Session>,
    /// What went wrong with a form: which one, and why.
    pub problem: Option<(&'static str, String)>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Session {
    /// What it is named by.
    pub id: String,
    /// When it began.
    pub since: When,
    /// When it was last used.
    pub seen: When,
    /// Whether it is this one.
    pub this: bool,
}

impl Account {
    /// What went wrong with this form.
    fn fault(&self, form: &str) -> Option<&str> {
        self.problem.as_ref().filter(|(of, _)| *of == form).map(|(_, said)| said.as_str())
    }
}

/// A second factor that is being set up.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/factor.html")]
pub struct Factor {
    /// Around it.
    pub frame: Frame,
    /// The key, as a person types it.
    pub secret: String,
    /// The same, as an app reads it.
    pub picture: Qr,
    /// What was wrong with the code.
    pub problem: Option<String>,
}

/// Recovery codes, shown this once.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/recovery.html")]
pub struct Recovery {
    /// Around it.
    pub frame: Frame,
    /// The codes.
    pub codes: Vec<String>,
}

/// The code that is due after the password.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/sign_in_code.html")]
pub struct Code {
    /// What was wrong with what was typed.
    pub problem: Option<String>,
    /// Where to go then: a path of this host.
    pub next: String,
}
