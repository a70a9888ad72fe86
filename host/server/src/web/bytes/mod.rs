//! Bytes of documents on their way in and out, for staff and for customers alike.
//!
//! | module | what it is |
//! |---|---|
//! | `admit` | what of a customer's files is taken at all |
//! | `receive` | uploads: streamed, counted, hashed, durable before they are named |
//! | `pieces` | uploads that come in several requests, and go on after a lost connection |
//! | `send` | downloads: ranges, headers, and the right asked again while bytes flow |
//! | `archive` | many documents as one ZIP |
//! | `range` | which of the bytes are asked for |
//! | `disposition` | the headers that name a file |
//! | `sniff` | what kind of file some bytes are |

use axum::http::StatusCode;

use super::problem::Problem;
use crate::blobs::BlobError;

pub(crate) mod admit;
pub mod archive;
mod disposition;
pub mod pieces;
mod range;
pub mod receive;
pub mod send;
pub(crate) mod sniff;

pub use range::Asked;

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Full => {
                tracing::error!("the store of documents is full");
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "storage-full",
                    "There is no room for this file. Nothing of it was kept.",
                )
            }
            BlobError::Away(cause) => {
                tracing::warn!(%cause, "the store of documents does not answer");
                Self::unavailable("unavailable", "", 5)
            }
            BlobError::Missing(_) | BlobError::Short(_) | BlobError::Failed(_) => Self::internal(error),
        }
    }
}
