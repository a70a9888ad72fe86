//! An encoder of AVIF that refuses. It stands in for the crate `ravif`: the library of pictures that office documents are
//! read with brings it along, nothing here makes such a picture, and the encoder would be the slowest thing to build.

use std::{borrow::Cow, error, fmt, marker::PhantomData};

pub use imgref::Img;
pub use rgb::{RGB8, RGBA8};

/// As of the crate that this stands in for.
#[derive(Debug, Clone, Copy)]
pub enum ColorModel {
    /// Luma and chroma.
    YCbCr,
    /// Red, green and blue.
    RGB,
}

/// As of the crate that this stands in for.
#[derive(Debug, Clone, Copy)]
pub enum BitDepth {
    /// Eight bits.
    Eight,
}

/// What is never made.
#[derive(Debug)]
pub struct EncodedImage {
    /// The file.
    pub avif_file: Vec<u8>,
}

/// That there is no encoder.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no AVIF is made here")
    }
}

impl error::Error for Error {}

/// Takes every setting, and makes nothing.
#[derive(Debug)]
pub struct Encoder<'exif>(PhantomData<&'exif ()>);

impl<'exif> Encoder<'exif> {
    /// One.
    #[expect(clippy::new_without_default, reason = "as of the crate that this stands in for")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
    /// Ignored.
    pub fn with_quality(self, _: f32) -> Self {
        self
    }
    /// Ignored.
    pub fn with_alpha_quality(self, _: f32) -> Self {
        self
    }
    /// Ignored.
    pub fn with_speed(self, _: u8) -> Self {
        self
    }
    /// Ignored.
    pub fn with_bit_depth(self, _: BitDepth) -> Self {
        self
    }
    /// Ignored.
    pub fn with_internal_color_model(self, _: ColorModel) -> Self {
        self
    }
    /// Ignored.
    pub fn with_num_threads(self, _: Option<usize>) -> Self {
        self
    }
    /// Ignored.
    pub fn with_exif(self, _: impl Into<Cow<'exif, [u8]>>) -> Self {
        self
    }
    /// # Errors
    /// Always.
    pub fn encode_rgb(&self, _: Img<&[RGB8]>) -> Result<EncodedImage, Error> {
        Err(Error)
    }
    /// # Errors
    /// Always.
    pub fn encode_rgba(&self, _: Img<&[RGBA8]>) -> Result<EncodedImage, Error> {
        Err(Error)
    }
}
