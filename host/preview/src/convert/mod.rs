//! Documents that no renderer knows, but something else can make a PDF of.
//!
//! A converter is asked only for what the renderer does not know, and what it makes is read like anything else that a
//! stranger sent.
//!
//! | module | what makes the PDF |
//! |---|---|
//! | `office` | a component in a sandbox |
//! | `command` | a program of the firm's, without a network |
//! | `service` | a service of the firm's, over HTTP |

mod command;
mod office;
mod service;

pub use command::{Command, CommandError};
pub use office::OfficeComponent;
pub use service::{Service, ServiceError};

use crate::{Document, NoPreview};

/// Makes PDFs.
pub trait Converter: Send + Sync + std::fmt::Debug {
    /// The media types that are worth a try.
    fn kinds(&self) -> Vec<String>;
    /// What it is: another name, or another version, may make other PDFs.
    fn id(&self) -> &str;

    /// Does beforehand, if it was not done before, what takes long the first time of all; keeps no memory for it.
    ///
    /// # Errors
    /// If it cannot convert anything.
    fn prepare(&self) -> Result<(), NoPreview> {
        Ok(())
    }

    /// Makes one. Blocks.
    ///
    /// # Errors
    /// Why not.
    fn convert(&self, document: &Document, bytes: &[u8]) -> Result<Vec<u8>, NoPreview>;
}

/// What programs for office documents usually know, by media type, each with the ending that they tell it by.
const USUAL: &[(&str, &str)] = &[
    ("application/msword", "doc"),
    ("application/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.oasis.opendocument.graphics", "odg"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
];

fn usual() -> Vec<String> {
    USUAL.iter().map(|(kind, _)| (*kind).to_owned()).collect()
}

/// The ending of a file of this media type. A document's own name is never a file's name.
fn ending(media_type: &str) -> &'static str {
    USUAL.iter().find(|(kind, _)| *kind == media_type).map_or("bin", |(_, ending)| ending)
}
