//! What the app has to say to a user.

use askama::Template;

use super::{Frame, list::Pager};
use crate::show::When;

/// One notice.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// Plain text.
    pub text: String,
    /// When it came.
    pub when: When,
    /// Whether it was marked as read.
    pub read: bool,
    /// The matter that it is about, if the user may see it: address and name.
    pub matter: Option<(String, String)>,
}

/// A page of a user's notices, the newest first.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/notices.html")]
pub struct Notices {
    /// Around it.
    pub frame: Frame,
    /// The rows.
    pub rows: Vec<Notice>,
    /// The pages beside it.
    pub pager: Pager,
}
