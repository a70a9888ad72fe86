//! The Overview section.

use askama::Template;

use super::{
    super::{Frame, MatterHead},
    AccessRow, Upload,
};
use crate::show::Count;

/// How Client Connect stands in a matter.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/connect/overview.html")]
pub struct Overview {
    /// Around it.
    pub frame: Frame,
    /// Above it.
    pub matter: MatterHead,
    /// Where the firm's customers enter the portal: the same for all, and no secret in it.
    pub portal_url: String,
    /// How many contacts may enter now.
    pub open: u32,
    /// How many documents are visible to at least one contact.
    pub shared: Count,
    /// How many documents contacts have sent.
    pub uploaded: Count,
    /// How many documents came back, and were shared before.
    pub offered: Count,
    /// The contacts whose portal is or was open, and what each has not seen yet.
    pub contacts: Vec<(AccessRow, Count)>,
    /// The last that came.
    pub latest: Vec<Upload>,
    /// What stands in the way, in sentences.
    pub notes: Vec<String>,
}
