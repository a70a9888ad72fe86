//! The sections of Client Connect in a matter. Each is saved by itself; what is staged lives in the reader's browser,
//! under [`Staging`], until then.

mod access;
mod health;
mod notifications;
mod overview;
mod see_as;
mod seen;
mod sharing;
mod uploads;

pub use access::{Access, AccessRow};
pub use health::{Health, Invitation};
pub use notifications::{Notifications, Watcher};
pub use overview::Overview;
pub use see_as::{SeeAs, SeenRow};
pub use seen::{Seen, SeenCell, SeenDocument};
pub use sharing::{Choice, Person, Sharing};
pub use uploads::{Column, Upload, Uploads};

/// What a section's scripts need to stage changes and to save them.
#[derive(Clone, Debug)]
pub struct Staging {
    /// The user: what one has staged is not shown to the next in the same browser.
    pub user: String,
    /// The section's revision, to be sent back with a Save.
    pub revision: u32,
    /// When it was read, ms.
    pub now: u64,
    /// For how many seconds mails are held back after a Save.
    pub hold: u32,
}

/// The address that all sections of a matter begin with.
pub(crate) fn base(matter: &super::MatterHead) -> String {
    format!("/matters/{}/client-connect", matter.id)
}
