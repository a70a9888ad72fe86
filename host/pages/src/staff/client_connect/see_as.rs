//! The portal's list of one contact, shown to staff.

use askama::Template;

use super::{
    super::{Frame, MatterHead},
    Column,
};
use crate::show::{Count, Day, Icon, Size, When, file_icon};

/// What a contact sees in the portal, for reading only.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/see_as.html")]
pub struct SeeAs {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// As whom.
    pub contact: String,
    /// Their id.
    pub contact_id: String,
    /// The firm, as they read it.
    pub firm: String,
    /// The matter, as they read it.
    pub name: String,
    /// Its owner, as they read it.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened: Day,
    /// Whether they may download.
    pub can_download: bool,
    /// When their access ends.
    pub until: Option<Day>,
    /// What was looked for.
    pub search: String,
    /// The columns that sort.
    pub columns: Vec<Column>,
    /// One page of what they see.
    pub rows: Vec<SeenRow>,
    /// How many documents they see in all.
    pub total: Count,
    /// Where the next page is.
    pub next: Option<String>,
}

/// A document, as they see it.
#[derive(Clone, Debug)]
pub struct SeenRow {
    /// Its id.
    pub id: String,
    /// As they read it.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Its size.
    pub size: Size,
    /// When it came.
    pub created: When,
    /// When it was changed last.
    pub activity: When,
    /// They sent it themselves.
    pub own: bool,
    /// Its pages can be shown.
    pub can_preview: bool,
    /// `new`, `changed`, or neither, in their eyes.
    pub mark: Option<&'static str>,
}

impl SeenRow {
    pub(crate) fn icon(&self) -> Icon {
        file_icon(&self.media_type)
    }
}
