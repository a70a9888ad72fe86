//! Turns documents that strangers uploaded into pictures of their pages, and nothing else.
//!
//! The guest is lent nothing: no file, no network, no clock that it could read. What it is given is bytes, what it gives
//! back are pixels or one of four causes why there are none. It may be slow or greedy, and is stopped by its host then; a
//! fault in a decoder hurts the one document that provoked it.
//!
//! | module | what it is |
//! |---|---|
//! | `kind` | what a document is, told from its bytes |
//! | `pdf`, `pdf_fonts` | PDF, and stand-ins for fonts that it does not bring along |
//! | `photo`, `tiff`, `heic`, `scale` | pictures, their pages, made smaller |
//! | `text` | texts, letters, tables, laid out on paper |
//! | `fonts` | the fonts that they are set in |
//! | `picture` | the shape of what is handed out |
//! | `limits` | what is refused |

#![cfg_attr(target_family = "wasm", allow(unsafe_code, missing_docs, reason = "generated bindings"))]

mod document;
mod fonts;
mod heic;
mod kind;
mod limits;
mod pdf;
mod pdf_fonts;
mod photo;
mod picture;
mod scale;
mod text;
mod tiff;

/// Why there is no picture.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Not drawn here.
    NoRenderer,
    /// It needs a password.
    Encrypted,
    /// It is not what it says.
    Damaged,
    /// It is more than can be shown.
    TooLarge,
}

#[cfg(target_family = "wasm")]
pub(crate) use guest::client_connect::preview::types::Cause;

/// The same without a sandbox, for a benchmark to be held against; nothing that serves anybody may use it.
#[cfg(not(target_family = "wasm"))]
pub mod native {
    use crate::Cause;

    /// A document.
    pub struct Document(crate::document::Document);

    impl Document {
        /// Reads it.
        ///
        /// # Errors
        /// Why there is no picture.
        pub fn open(bytes: Vec<u8>, name: &str, media_type: &str) -> Result<Self, Cause> {
            Ok(Self(crate::document::Document::open(bytes, name, media_type)?))
        }

        /// How many there are to draw.
        #[must_use]
        pub fn pages(&self) -> u32 {
            self.0.pages()
        }

        /// Width and height of a page in points.
        ///
        /// # Errors
        /// Why there is no picture.
        pub fn size(&self, page: u32) -> Result<(f32, f32), Cause> {
            self.0.size(page)
        }

        /// A page, at most this wide, as bytes of red, green and blue.
        ///
        /// # Errors
        /// Why there is no picture.
        pub fn draw(&mut self, page: u32, width: u32) -> Result<Vec<u8>, Cause> {
            self.0.draw(page, width).map(|picture| picture.pixels)
        }
    }
}

/// The world's side of it.
#[cfg(target_family = "wasm")]
mod guest {
    use std::cell::RefCell;

    use crate::{document::Document, picture};

    wit_bindgen::generate!({ path: "../wit", world: "pages" });

    use client_connect::preview::types::{Cause, Hint, Size};
    use exports::client_connect::preview::renderer;

    struct Renderer;

    export!(Renderer);

    struct Open(RefCell<Document>);

    impl renderer::Guest for Renderer {
        type Document = Open;
    }

    impl renderer::GuestDocument for Open {
        fn open(bytes: Vec<u8>, hint: Hint) -> Result<renderer::Document, Cause> {
            let document = Document::open(bytes, &hint.name, &hint.media_type)?;
            Ok(renderer::Document::new(Self(RefCell::new(document))))
        }

        fn pages(&self) -> u32 {
            self.0.borrow().pages()
        }

        fn size(&self, page: u32) -> Result<Size, Cause> {
            let (width, height) = self.0.borrow().size(page)?;
            // Both are whatever the document says, made into something that can be.
            let [width, height] = [width, height].map(|side| picture::believable(side) as f32);
            Ok(Size { width, height })
        }

        fn draw(&self, page: u32, width: u32) -> Result<renderer::Picture, Cause> {
            let picture = self.0.borrow_mut().draw(page, width)?;
            Ok(renderer::Picture { width: picture.width, height: picture.height, pixels: picture.pixels })
        }
    }
}
