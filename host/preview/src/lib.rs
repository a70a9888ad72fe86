//! Turns the bytes of documents into pictures of their pages.
//!
//! What strangers upload is read by a component that is lent nothing, within limits of time and memory; what comes out
//! of it are pixels, counted before they are believed. So a customer who may only look gets pictures, never a byte of
//! the original, and a hostile document hurts nobody but itself.
//!
//! | module | what it is |
//! |---|---|
//! | [`Previews`] | the way in: an outline, a page |
//! | `worker` | threads that draw, a document at a time |
//! | `component` | a component, compiled when it is wanted |
//! | `opened` | a document inside its sandbox |
//! | `convert` | documents that must become PDFs first |
//! | `cache` | what was drawn, on disk, bounded |
//! | `copies` | pages with a stamp, for a minute |
//! | `picture` | pixels, and the files they are kept in |
//! | `stamp` | who looks, burned into the pixels |

mod bindings;
mod cache;
mod component;
mod convert;
mod copies;
mod opened;
mod picture;
mod previews;
mod stamp;
mod worker;

pub use convert::{Command, CommandError, Converter, OfficeComponent, Service, ServiceError};
pub use opened::Opened;
pub use picture::Picture;
pub use previews::{Limits, Previews, Settings};
pub use stamp::Stamp;

/// Which document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Document {
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// As people read it; its ending may tell the renderer how to lay out text.
    pub name: String,
    /// As sniffed from its bytes.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

/// How large a picture of a page is. Narrow pages of small pictures are not blown up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /** At most 900 pixels wide: to read on a screen. */
    Normal,
    /** At most 1,800 pixels wide: to look closely, and for fine screens. */
    Large,
}

impl Size {
    /// Pixels.
    #[must_use]
    pub fn width(self) -> u32 {
        match self {
            Self::Normal => 900,
            Self::Large => 1_800,
        }
    }
}

/// What a document looks like from afar.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Outline {
    /// How many pages it has, at least one.
    pub pages: u32,
    /// Width and height in points of the first pages, [`Outline::SIZES`] at most.
    pub sizes: Vec<(f32, f32)>,
}

impl Outline {
    /// Of how many pages the size is told; those after them are taken to be like the first.
    pub const SIZES: usize = 1_000;

    /// Width and height of a page, the first of which is 0, in points.
    #[must_use]
    pub fn size(&self, page: u32) -> (f32, f32) {
        let own = usize::try_from(page).ok().and_then(|page| self.sizes.get(page));
        own.or(self.sizes.first()).copied().unwrap_or((595.0, 842.0))
    }
}

/// Why there is no picture. None of these is a reason to hand out the original.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    /// Nobody here knows this kind of document.
    #[error("there is no renderer for this kind of document")]
    NoRenderer,
    /// It opens with a password alone.
    #[error("the document is protected with a password")]
    Encrypted,
    /// It says that it is of a kind, and is not, or drawing it broke off.
    #[error("the document is damaged")]
    Damaged,
    /// More than can be drawn within the limits.
    #[error("the document is too large to be shown")]
    TooLarge,
    /// The document has no such page.
    #[error("the document has no such page")]
    NoSuchPage,
    /// Too many wait; in a moment it may work.
    #[error("too many pages are being drawn")]
    Busy,
    /// The host's own fault; the text is for the log.
    #[error("no page can be drawn: {0}")]
    Broken(String),
}

impl NoPreview {
    /// The stable name of what is true of the document itself, and will be true tomorrow.
    #[must_use]
    pub fn lasting(&self) -> Option<&'static str> {
        match self {
            Self::NoRenderer => Some("no-renderer"),
            Self::Encrypted => Some("encrypted"),
            Self::Damaged => Some("damaged"),
            Self::TooLarge => Some("too-large"),
            Self::NoSuchPage | Self::Busy | Self::Broken(_) => None,
        }
    }

    /// The other way round.
    #[must_use]
    pub fn from_lasting(name: &str) -> Option<Self> {
        [Self::NoRenderer, Self::Encrypted, Self::Damaged, Self::TooLarge]
            .into_iter()
            .find(|one| one.lasting() == Some(name))
    }
}
