//! Whether a contact who was given access has found their way into the portal.

use askama::Template;

use crate::show::When;

/// How the invitation of a contact fares, in words.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/health.html")]
pub struct Health {
    /// How it stands.
    pub state: Invitation,
    /// The matter, and whether this user may send a letter once more.
    pub matter: String,
    /// See above.
    pub can_share: bool,
}

/// How it stands.
#[derive(Clone, Debug)]
pub enum Invitation {
    /// The portal is not open to them.
    None,
    /// Held back until then.
    Held(When),
    /// On its way; what the mail server said to the last try, if it failed.
    OnItsWay(Option<String>),
    /// They were told, if it is known when; and have not come yet.
    NotCome(Option<When>),
    /// They were in the portal, at last then.
    Came(When),
    /// It could not be delivered: the letter, and what the mail server said.
    Lost(String, Option<String>),
}
