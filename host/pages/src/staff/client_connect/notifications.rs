//! The Notifications section.

use askama::Template;

use super::{
    super::{Frame, MatterHead},
    Person, Staging,
};

/// Which users are told of what contacts send.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/notifications.html")]
pub struct Notifications {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// For its scripts.
    pub staging: Staging,
    /// Who is told.
    pub rows: Vec<Watcher>,
    /// Who can be added: the matter's other members.
    pub choices: Vec<Person>,
    /// What a careful person would look at, in sentences.
    pub notes: Vec<String>,
}

/// A user who is told.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// Their id.
    pub id: String,
    /// As colleagues read it; none where the platform knows them no more.
    pub name: Option<String>,
    /// Where their mails go to.
    pub email: Option<String>,
    /// Told in the app.
    pub in_app: bool,
    /// Told by mail.
    pub by_mail: bool,
    /// The matter is theirs.
    pub owner: bool,
    /// They are told because it is, and stand in no list.
    pub by_default: bool,
    /// Why they are not told, in sentences.
    pub obstacles: Vec<String>,
}
