//! HEIC: the photos of telephones, the main picture of a file.

use heifer::{
    Options,
    heifer_isobmff::{HeifFile, boxes::Property},
};
use image::{DynamicImage, RgbaImage, metadata::Orientation};

use crate::{
    Cause, limits, photo,
    picture::{self, Picture},
    scale,
};

/// A picture that is decoded when it is drawn.
pub(crate) struct Heic {
    bytes: Vec<u8>,
    size: (u32, u32),
}

impl Heic {
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, Cause> {
        let size = size(&bytes)?;
        photo::check(size, u64::from(size.0) * u64::from(size.1) * 4)?;
        if u64::from(size.0) * u64::from(size.1) > limits::HEIC {
            return Err(Cause::TooLarge);
        }
        Ok(Self { bytes, size })
    }

    pub(crate) fn size(&self) -> (f32, f32) {
        (self.size.0 as f32, self.size.1 as f32)
    }

    pub(crate) fn draw(&mut self, width: u32) -> Result<Picture, Cause> {
        let options = Options { max_threads: 1, max_pixels: limits::HEIC };
        // Without a profile that can be followed the colours are shown as they are.
        let decoded = heifer::decode_srgb_rgba8(&self.bytes, &options)
            .or_else(|_| heifer::decode_rgba8(&self.bytes, &options))
            .map_err(|error| cause(&error))?;
        let size = (decoded.width, decoded.height);
        let image = RgbaImage::from_raw(size.0, size.1, decoded.data).ok_or(Cause::Damaged)?;
        let target = picture::fit((size.0 as f32, size.1 as f32), width.min(size.0));
        Ok(scale::down(&DynamicImage::ImageRgba8(image), target, Orientation::NoTransforms))
    }
}

/// As it is shown: cropped and turned as the file says.
fn size(bytes: &[u8]) -> Result<(u32, u32), Cause> {
    let file = HeifFile::parse(bytes).map_err(|_| Cause::Damaged)?;
    let item = file.primary_item().map_err(|_| Cause::Damaged)?;
    if !matches!(&item.item_type.0, b"hvc1" | b"hev1" | b"grid" | b"iden" | b"iovl") {
        return Err(Cause::NoRenderer);
    }
    let mut size = file.image_size(file.primary_id).ok().flatten().ok_or(Cause::Damaged)?;
    for property in file.item_properties(file.primary_id).map_err(|_| Cause::Damaged)? {
        match property {
            Property::Rotation(quarters) if quarters % 2 == 1 => size = (size.1, size.0),
            Property::CleanAperture { width, height, .. } => {
                size = (width.0 / width.1.max(1), height.0 / height.1.max(1));
            }
            _ => {}
        }
    }
    Ok(size)
}

fn cause(error: &heifer::Error) -> Cause {
    match error {
        heifer::Error::Unsupported(_) => Cause::NoRenderer,
        _ => Cause::Damaged,
    }
}
