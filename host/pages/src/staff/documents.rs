//! The documents of a matter: the list, one of them with its versions, and the bin.

use askama::Template;

use super::{
    Frame, MatterHead,
    list::{Column, Pager},
};
use crate::show::{self, Count, Icon, Size, When};

/// Where a document came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The firm put it there.
    Firm,
    /// A contact sent it through the portal; their name.
    Portal(String),
    /// From elsewhere, by a name of its own.
    Other(String),
}

/// A document as lists show it.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type, in the firm's words.
    pub kind: String,
    /// What kind of file it is.
    pub media_type: String,
    /// Of the content.
    pub size: Size,
    /// The version's number.
    pub version: u32,
    /// The user who stands for it.
    pub created_by: Option<String>,
    /// When it came.
    pub created: When,
    /// The last change of content or name.
    pub activity: When,
    /// Where from.
    pub source: Source,
    /// How many contacts see it in the portal.
    pub shared_with: u32,
    /// Whether nobody gets its content: as it was not scanned yet, or, if so, as something was found in it.
    pub held: Option<bool>,
}

impl DocumentRow {
    /// The icon of its kind of file.
    #[must_use]
    pub fn icon(&self) -> Icon {
        show::file_icon(&self.media_type)
    }
}

/// The documents of a matter, a page of them.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/documents.html")]
pub struct Documents {
    /// Around it.
    pub frame: Frame,
    /// At its head.
    pub matter: MatterHead,
    /// What was looked for.
    pub search: String,
    /// The order of the list, as a search has to keep it.
    pub sort: &'static str,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Name, activity, created: how the list is sorted.
    pub columns: [Column; 3],
    /// The rows.
    pub rows: Vec<DocumentRow>,
    /// How many there are in all.
    pub count: Count,
    /// The pages beside it.
    pub pager: Pager,
    /// After a restore: how many documents are offered to be shared again.
    pub offered: Option<u32>,
    /// The largest file that can be uploaded.
    pub limit: Size,
}

/// One content that a document has had.
#[derive(Clone, Debug)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// Of the content.
    pub size: Size,
    /// When it was stored.
    pub created: When,
    /// Who brought it: a user, or the contact who sent the document.
    pub created_by: Option<String>,
    /// SHA-256 of the content, in hex.
    pub sha256: String,
    /// Whether nobody gets it: as it was not scanned yet, or, if so, as something was found in it.
    pub held: Option<bool>,
}

/// One document, with all that it has been.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/document.html")]
pub struct Document {
    /// Around it.
    pub frame: Frame,
    /// At its head.
    pub matter: MatterHead,
    /// The document.
    pub row: DocumentRow,
    /// The contacts who see it in the portal.
    pub readers: Vec<String>,
    /// The users who alone may see it, beside the matter's owner; none: everybody who may see the matter.
    pub only_for: Option<Vec<String>>,
    /// What it has been, the newest first.
    pub versions: Vec<Version>,
    /// The largest file that can be uploaded.
    pub limit: Size,
}

/// A document in the bin.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Of its last content.
    pub size: Size,
    /// When it was deleted.
    pub deleted: When,
}

/// The bin of a matter, the last deleted first.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/bin.html")]
pub struct Bin {
    /// Around it.
    pub frame: Frame,
    /// At its head.
    pub matter: MatterHead,
    /// The rows.
    pub rows: Vec<Deleted>,
    /// The pages beside it.
    pub pager: Pager,
}
