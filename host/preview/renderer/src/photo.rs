//! Pictures of one page: JPEG, PNG, GIF (its first frame), WebP, BMP. Upright, on white, never larger than they are.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation};

use crate::{
    Cause, limits,
    picture::{self, Picture},
    scale,
};

/// A picture that is decoded when it is drawn.
pub(crate) struct Photo {
    bytes: Vec<u8>,
    format: ImageFormat,
    /// As it is shown.
    size: (u32, u32),
}

impl Photo {
    pub(crate) fn open(bytes: Vec<u8>, format: ImageFormat) -> Result<Self, Cause> {
        let mut decoder = reader(&bytes, format).into_decoder().map_err(|error| cause(&error))?;
        let size = decoder.dimensions();
        check(size, decoder.total_bytes())?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        drop(decoder);
        let size = if scale::turns(orientation) { (size.1, size.0) } else { size };
        Ok(Self { bytes, format, size })
    }

    pub(crate) fn size(&self) -> (f32, f32) {
        (self.size.0 as f32, self.size.1 as f32)
    }

    pub(crate) fn draw(&self, width: u32) -> Result<Picture, Cause> {
        draw(&self.bytes, self.format, picture::fit(self.size(), width.min(self.size.0)))
    }
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut own = Limits::no_limits();
    own.max_image_width = Some(limits::SIDE);
    own.max_image_height = Some(limits::SIDE);
    own.max_alloc = Some(limits::DECODED);
    reader.limits(own);
    reader
}

/// Refuses what will not fit before any of it is decoded.
pub(crate) fn check(size: (u32, u32), bytes: u64) -> Result<(), Cause> {
    if size.0 == 0 || size.1 == 0 {
        return Err(Cause::Damaged);
    }
    let fits = size.0 <= limits::SIDE && size.1 <= limits::SIDE && bytes <= limits::DECODED;
    if fits { Ok(()) } else { Err(Cause::TooLarge) }
}

/// Decodes the picture that a file begins with, and makes it as small as it is wanted.
pub(crate) fn draw(bytes: &[u8], format: ImageFormat, target: (u32, u32)) -> Result<Picture, Cause> {
    let mut decoder = reader(bytes, format).into_decoder().map_err(|error| cause(&error))?;
    check(decoder.dimensions(), decoder.total_bytes())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| cause(&error))?;
    Ok(scale::down(&image, target, orientation))
}

/// What a decoder's complaint means for whoever wanted to see the picture.
pub(crate) fn cause(error: &ImageError) -> Cause {
    match error {
        ImageError::Limits(_) => Cause::TooLarge,
        ImageError::Unsupported(_) => Cause::NoRenderer,
        _ => Cause::Damaged,
    }
}
