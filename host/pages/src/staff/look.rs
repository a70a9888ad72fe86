//! A document to look at, for staff: theirs, or as one of their contacts sees it.

use askama::Template;

use super::{Frame, MatterHead};
use crate::{
    show::{Icon, file_icon},
    viewer::Look,
};

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/look.html")]
pub struct LookAt {
    /// Around it.
    pub frame: Frame,
    /// The matter.
    pub matter: MatterHead,
    /// The document's name.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Which version.
    pub version: u32,
    /// As whom they look.
    pub contact: Option<String>,
    /// Where the document can be taken.
    pub download: Option<String>,
    /// Where they came from.
    pub back: String,
    /// Its pages.
    pub look: Look,
}

impl LookAt {
    fn icon(&self) -> Icon {
        file_icon(&self.media_type)
    }
}
