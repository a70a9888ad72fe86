//! The Documents section: what contacts have sent.

use askama::Template;

use super::super::{Frame, MatterHead};
use crate::show::{Count, Icon, Size, When, file_icon};

/// What contacts have sent.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/uploads.html")]
pub struct Uploads {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// What was looked for.
    pub search: String,
    /// The columns that sort, in their order.
    pub columns: Vec<Column>,
    /// One page of them.
    pub rows: Vec<Upload>,
    /// How many there are in all.
    pub total: Count,
    /// Where the next page is.
    pub next: Option<String>,
}

/// A column by which a list is sorted, or can be.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading.
    pub label: &'static str,
    /// Where the list is sorted by it, or the other way round.
    pub link: String,
    /// `ascending`, `descending` or `none`.
    pub sorted: &'static str,
    /// Only where there is room.
    pub wide: bool,
}

impl Column {
    pub(crate) fn icon(&self) -> Icon {
        Icon(match self.sorted {
            "ascending" => "arrow-up",
            "descending" => "arrow-down",
            _ => "arrow-up-down",
        })
    }
}

/// A document that a contact has sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Its size.
    pub size: Size,
    /// Who sent it.
    pub who: String,
    /// When it came.
    pub came: When,
    /// When it was changed last.
    pub activity: When,
    /// Where its shares are seen.
    pub sharing: String,
    /// Whether whoever sent it sees it still.
    pub visible: bool,
}

impl Upload {
    pub(crate) fn icon(&self) -> Icon {
        file_icon(&self.media_type)
    }
}
