//! What an administrator sets for the whole firm.

use askama::Template;

use super::{Frame, contacts::Named};

/// A user of the firm.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Their id.
    pub id: String,
    /// Whether they have a second factor, which the reader may take away.
    pub factor: bool,
    /// Their name.
    pub name: String,
    /// The address that they sign in with.
    pub email: String,
    /// Whether they are still with the firm.
    pub active: bool,
    /// Whether they may change these settings.
    pub admin: bool,
}

/// The firm's settings, and its users.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/settings.html")]
pub struct Settings {
    /// Around it.
    pub frame: Frame,
    /// Whether Client Connect is on.
    pub enabled: bool,
    /// The address that mails come from.
    pub sender: String,
    /// Seconds for which a mail waits.
    pub mail_hold: u32,
    /// `keep`, `read-only`, or a number of days.
    pub when_closed: String,
    /// The days, where it is a number.
    pub days: Option<u16>,
    /// Whether what customers look at bears their address.
    pub watermark: bool,
    /// Whether everybody needs a second factor.
    pub second_factor: bool,
    /// Who stands in for an owner.
    pub fallback_user: Option<String>,
    /// Active users, to choose from.
    pub active: Vec<Named>,
    /// All of them.
    pub users: Vec<UserRow>,
}

impl Settings {
    /// How long mails can be made to wait: seconds, and in words. What is set now is always among them.
    #[must_use]
    pub fn holds(&self) -> Vec<(u32, String)> {
        let mut holds: Vec<(u32, String)> = [
            (0, "Not at all"),
            (30, "30 seconds"),
            (120, "2 minutes"),
            (300, "5 minutes"),
            (900, "15 minutes"),
            (3_600, "1 hour"),
            (14_400, "4 hours"),
            (86_400, "1 day"),
        ]
        .map(|(seconds, words)| (seconds, words.to_owned()))
        .into();
        if holds.iter().all(|(seconds, _)| *seconds != self.mail_hold) {
            holds.push((self.mail_hold, format!("{} seconds", self.mail_hold)));
            holds.sort_unstable();
        }
        holds
    }
}
