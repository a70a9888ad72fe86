//! The Access section.

use askama::Template;

use super::{
    super::{Frame, MatterHead},
    Health, Staging,
};
use crate::show::{Count, Day};

/// Who may enter the portal.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/access.html")]
pub struct Access {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// For its scripts.
    pub staging: Staging,
    /// The contacts who can be given access, and those who have it.
    pub rows: Vec<AccessRow>,
    /// What stands in the way, in sentences.
    pub notes: Vec<String>,
}

/// A contact and their access.
#[derive(Clone, Debug)]
pub struct AccessRow {
    /// The contact's id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// Where their mails go to.
    pub email: Option<String>,
    /// What they are in this matter.
    pub role: String,
    /// Whether the portal is open to them now.
    pub open: bool,
    /// Whether it ever was.
    pub known: bool,
    /// May download, or could before the portal was closed.
    pub can_download: bool,
    /// When access ends by itself, or has ended, ms.
    pub until: Option<u64>,
    /// How many documents others shared with them.
    pub shared: u32,
    /// How many they sent.
    pub uploaded: u32,
    /// Why access cannot be given, or rests, in sentences.
    pub obstacles: Vec<String>,
    /// Whether they have found their way.
    pub health: Health,
}

impl AccessRow {
    /// Whether opening the portal, or allowing more in it, would be refused.
    pub(crate) fn blocked(&self) -> bool {
        !self.obstacles.is_empty()
    }

    pub(crate) fn sees(&self) -> Count {
        Count { total: self.shared.saturating_add(self.uploaded), exact: true }
    }

    pub(crate) fn sent(&self) -> Count {
        Count { total: self.uploaded, exact: true }
    }

    pub(crate) fn end(&self) -> Option<Day> {
        self.until.map(Day)
    }
}
