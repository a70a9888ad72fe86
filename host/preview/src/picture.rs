//! Pixels, and the files that they are kept in. Only what was encoded here is ever decoded here: the pictures inside
//! of documents are the sandbox's to read.

use std::io::Cursor;

use bytes::Bytes;
use image_webp::{ColorType, WebPDecoder, WebPEncoder};

use crate::NoPreview;

/// Pixels that a picture may have: a large page, and four times as high as it is wide.
pub(crate) const PIXELS: usize = 1_800 * 1_800 * 4;

/// Rows from the top, three bytes a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

impl Picture {
    /// Believed only if the numbers fit each other, and it is not wider than it may be.
    pub(crate) fn new(width: u32, height: u32, pixels: Vec<u8>, widest: u32) -> Option<Self> {
        let count = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
        let fits = width > 0 && height > 0 && width <= widest && count <= PIXELS && pixels.len() == count * 3;
        fits.then_some(Self { width, height, pixels })
    }

    /// Rows from the top; of each pixel red, green and blue.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// As a file: lossless WebP.
    pub(crate) fn encode(&self) -> Result<Bytes, NoPreview> {
        let mut file = Vec::with_capacity(self.pixels.len() / 8);
        WebPEncoder::new(&mut file)
            .encode(&self.pixels, self.width, self.height, ColorType::Rgb8)
            .map_err(|error| NoPreview::Broken(format!("a picture cannot be encoded: {error}")))?;
        Ok(file.into())
    }

    /// Of a file that [`Picture::encode`] made.
    pub(crate) fn decode(file: &[u8]) -> Result<Self, NoPreview> {
        let broken = |error| NoPreview::Broken(format!("a kept picture cannot be decoded: {error}"));
        let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(|error| broken(error.to_string()))?;
        let (width, height) = decoder.dimensions();
        let size = decoder.output_buffer_size().filter(|size| *size <= PIXELS * 3 && !decoder.has_alpha());
        let mut pixels = vec![0; size.ok_or_else(|| broken("not one of ours".to_owned()))?];
        decoder.read_image(&mut pixels).map_err(|error| broken(error.to_string()))?;
        Ok(Self { width, height, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_as_it_was() {
        let pixels = (0..60 * 40 * 3).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let picture = Picture::new(60, 40, pixels, 900).unwrap();
        assert_eq!(Picture::decode(&picture.encode().unwrap()).unwrap(), picture);
    }

    #[test]
    fn numbers_that_do_not_fit_are_no_picture() {
        for (width, height, bytes) in [(0, 0, 0), (2, 2, 11), (2, 2, 13), (901, 1, 2_703), (u32::MAX, u32::MAX, 3)] {
            assert_eq!(Picture::new(width, height, vec![0; bytes], 900), None, "{width} × {height}, {bytes} bytes");
        }
    }
}
