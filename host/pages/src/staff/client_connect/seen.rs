//! Who has seen what: the shared documents by the contacts who have access.

use askama::Template;

use super::super::{Frame, MatterHead};
use crate::show::{Count, Icon, When, file_icon};

/// The matrix of contacts and documents.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/seen.html")]
pub struct Seen {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// What was looked for.
    pub search: String,
    /// Names of the contacts, one for each column.
    pub contacts: Vec<String>,
    /// A row for each document.
    pub rows: Vec<SeenDocument>,
    /// How many documents there are.
    pub total: Count,
    /// Where the next page is.
    pub next: Option<String>,
}

/// A document, and what each contact has seen of it.
#[derive(Clone, Debug)]
pub struct SeenDocument {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Its current version.
    pub version: u32,
    /// One for each contact.
    pub cells: Vec<SeenCell>,
}

/// What a contact has seen of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenCell {
    /// It is not shared with them.
    NotShared,
    /// They sent it.
    Own,
    /// They have not opened it.
    Never,
    /// They were shown this version, or took it, then.
    Saw {
        /// Which.
        version: u32,
        /// When, ms.
        at: u64,
        /// They took it.
        downloaded: bool,
    },
}

impl SeenDocument {
    pub(crate) fn icon(&self) -> Icon {
        file_icon(&self.media_type)
    }
}

impl SeenCell {
    /// The moment, as a reader sees it.
    pub(crate) fn when(at: &u64) -> When {
        When(*at)
    }
}
