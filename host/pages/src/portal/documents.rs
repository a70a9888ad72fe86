//! A matter, its documents, one document, and what was sent.

use super::*;
use crate::viewer::Look;

/// A matter: its documents, what may be known of it, and the way to send something.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/matter.html")]
pub struct Matter {
    /// Around it.
    pub frame: Frame,
    /// What may be known of it.
    pub matter: About,
    /// Its documents.
    pub list: List,
    /// What was wrong with what was to be sent.
    pub upload_problem: Option<String>,
}

/// What a customer may know of a matter.
#[derive(Clone, Debug)]
pub struct About {
    /// Its id.
    pub id: String,
    /// The firm, as its customers read it.
    pub firm: String,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it was opened, ms.
    pub opened: u64,
    /// Whether it is closed.
    pub closed: bool,
    /// When the customer's access ends, ms.
    pub until: Option<u64>,
    /// May take documents.
    pub can_download: bool,
    /// May send documents.
    pub can_upload: bool,
    /// The largest file that may be sent, in bytes.
    pub upload_limit: u64,
    /// Whether the customer has other matters too.
    pub several: bool,
}

/// A page of documents.
#[derive(Clone, Debug)]
pub struct List {
    /// The page's own address, without a query.
    pub path: String,
    /// What was looked for.
    pub search: String,
    /// By what it is sorted: `name`, `activity` or `created`.
    pub sort: &'static str,
    /// The other way round.
    pub descending: bool,
    /// The columns by which it can be sorted.
    pub columns: Vec<Column>,
    /// One page of them.
    pub rows: Vec<Row>,
    /// How many there are, at least.
    pub total: u32,
    /// Whether that is all.
    pub exact: bool,
    /// The first page, if this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

impl List {
    /// How many there are, in words.
    #[must_use]
    pub fn count(&self, words: &Words) -> String {
        let message = if self.exact { "documents-count" } else { "documents-count-more" };
        words.with_two(message, "count", self.total, "number", words.number(u64::from(self.total)))
    }
}

/// A column by which documents are sorted.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its message.
    pub label: &'static str,
    /// Where the list is sorted by it: the other way round, if it is already.
    pub link: String,
    /// How it is sorted by it now: `ascending` or `descending`.
    pub order: Option<&'static str>,
}

impl Column {
    /// Which way it is sorted, for the eye.
    #[must_use]
    pub fn icon(&self) -> Icon {
        Icon(match self.order {
            Some("ascending") => "arrow-up",
            Some(_) => "arrow-down",
            None => "arrow-up-down",
        })
    }
}

/// A document, as a customer sees it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// As sniffed.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// When it came, ms.
    pub created: u64,
    /// When it changed last, ms.
    pub activity: u64,
    /// They sent it themselves.
    pub own: bool,
    /// They have not looked at it yet.
    pub new: bool,
    /// It has changed since they looked.
    pub changed: bool,
    /// May be taken.
    pub can_download: bool,
    /// The message that says why nobody gets it, if so.
    pub held: Option<&'static str>,
}

impl Row {
    /// The icon of its kind.
    #[must_use]
    pub fn icon(&self) -> Icon {
        file_icon(&self.media_type)
    }
}

/// One document, in a tab of its own.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/document.html")]
pub struct Document {
    /// Around it.
    pub frame: Frame,
    /// Its matter.
    pub matter: About,
    /// The document.
    pub row: Row,
    /// Which version it is.
    pub version: u32,
    /// Its pages.
    pub look: Look,
}

/// That documents have arrived.
#[derive(Clone, Debug, Template)]
#[template(path = "portal/sent.html")]
pub struct Sent {
    /// Around it.
    pub frame: Frame,
    /// Where they are now.
    pub matter: About,
    /// When all of it was stored, ms.
    pub at: u64,
    /// Each of them.
    pub rows: Vec<SentRow>,
    /// How many more came with them.
    pub more: usize,
}

impl Sent {
    /// How many came in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.rows.len() + self.more
    }
}

/// A document that has arrived.
#[derive(Clone, Debug)]
pub struct SentRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// As sniffed.
    pub media_type: String,
    /// Bytes, as it came.
    pub size: u64,
    /// SHA-256 of the content as it came, in hex.
    pub sha256: String,
    /// The same content came before: under which name, and when.
    pub before: Option<(String, u64)>,
    /// The message that says why nobody gets it, if so.
    pub held: Option<&'static str>,
}

impl SentRow {
    /// The icon of its kind.
    #[must_use]
    pub fn icon(&self) -> Icon {
        file_icon(&self.media_type)
    }

    /// The beginning of the fingerprint, to compare by eye.
    #[must_use]
    pub fn short(&self) -> &str {
        self.sha256.get(..8).unwrap_or(&self.sha256)
    }

    /// The whole fingerprint, in groups of eight.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> =
            (0..self.sha256.len()).step_by(8).filter_map(|at| self.sha256.get(at..at + 8)).collect();
        groups.join(" ")
    }
}
