//! TIFF: what scanners and fax machines make, each of its directories a page.
//!
//! The decoder reads the first directory of a file. So the chain of them is walked here, and a page is drawn by naming
//! its directory as the first in the file's own header.

use std::ops::Range;

use image::ImageFormat;

use crate::{
    Cause, limits, photo,
    picture::{self, Picture},
};

/// Tags of a directory.
const SUBFILE_TYPE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const ORIENTATION: u16 = 274;
const X_RESOLUTION: u16 = 282;
const Y_RESOLUTION: u16 = 283;

/// A file that is decoded page by page.
pub(crate) struct Tiff {
    bytes: Vec<u8>,
    big_endian: bool,
    /// With offsets of eight bytes in place of four.
    big: bool,
    pages: Vec<Leaf>,
}

/// A page.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    directory: u64,
    size: (u32, u32),
    /// How much wider than high its dots lie from each other: those of a fax do.
    stretch: f32,
    turned: bool,
}

impl Tiff {
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, Cause> {
        let big_endian = bytes.starts_with(b"MM");
        let big = bytes.get(if big_endian { 3 } else { 2 }) == Some(&43);
        let mut file = Self { bytes, big_endian, big, pages: Vec::new() };
        let mut next = file.number(file.first(), file.offset_bytes()).unwrap_or(0);
        let mut seen = std::collections::HashSet::new();
        // A chain that leads back into itself ends where it began.
        while next != 0 && seen.insert(next) && file.pages.len() <= limits::PAGES {
            let Some((leaf, following)) = file.directory(next) else {
                break;
            };
            file.pages.extend(leaf);
            next = following;
        }
        if file.pages.is_empty() { Err(Cause::Damaged) } else { Ok(file) }
    }

    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Upright, its dots as wide as they are high.
    pub(crate) fn size(&self, page: usize) -> Result<(f32, f32), Cause> {
        let leaf = self.pages.get(page).ok_or(Cause::Damaged)?;
        let (width, height) = (leaf.size.0 as f32, leaf.size.1 as f32);
        // What is too wide for its height is made narrower; nothing is blown up.
        let (width, height) =
            if leaf.stretch < 1.0 { (width * leaf.stretch, height) } else { (width, height / leaf.stretch) };
        Ok(if leaf.turned { (height, width) } else { (width, height) })
    }

    pub(crate) fn draw(&mut self, page: usize, width: u32) -> Result<Picture, Cause> {
        let size = self.size(page)?;
        let leaf = *self.pages.get(page).ok_or(Cause::Damaged)?;
        photo::check(leaf.size, u64::from(leaf.size.0) * u64::from(leaf.size.1))?;
        let first = self.first();
        let bytes = if self.big_endian { leaf.directory.to_be_bytes() } else { leaf.directory.to_le_bytes() };
        let length = self.offset_bytes();
        let offset = if self.big_endian { &bytes[8 - length..] } else { &bytes[..length] };
        self.bytes.get_mut(first..first + length).ok_or(Cause::Damaged)?.copy_from_slice(offset);
        // The cast saturates; a size is at least one.
        let target = picture::fit(size, width.min(size.0.ceil() as u32));
        photo::draw(&self.bytes, ImageFormat::Tiff, target)
    }

    /// Where the header names the first directory.
    fn first(&self) -> usize {
        if self.big { 8 } else { 4 }
    }

    fn offset_bytes(&self) -> usize {
        if self.big { 8 } else { 4 }
    }

    fn slice(&self, range: Range<usize>) -> Option<&[u8]> {
        self.bytes.get(range)
    }

    /// A number of this many bytes.
    fn number(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.slice(at..at.checked_add(length)?)?;
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
    }

    /// What a directory says of its page, if it is one, and where the next directory is.
    fn directory(&self, directory: u64) -> Option<(Option<Leaf>, u64)> {
        let at = usize::try_from(directory).ok()?;
        let (head, entry, inline) = if self.big { (8, 20, 12) } else { (2, 12, 8) };
        let count = usize::try_from(self.number(at, head)?).ok()?.min(4_096);
        let entries = at.checked_add(head)?;
        let (mut size, mut orientation, mut reduced) = ((0, 0), 1, false);
        let mut resolution = (1.0_f32, 1.0_f32);
        for number in 0..count {
            let own = entries.checked_add(number.checked_mul(entry)?)?;
            let tag = u16::try_from(self.number(own, 2)?).ok()?;
            let kind = self.number(own + 2, 2)?;
            let value = match kind {
                1 => self.number(own + inline, 1),
                3 => self.number(own + inline, 2),
                4 => self.number(own + inline, 4),
                16 => self.number(own + inline, 8),
                _ => None,
            };
            let value = u32::try_from(value.unwrap_or(0)).unwrap_or(u32::MAX);
            match tag {
                SUBFILE_TYPE => reduced = value & 1 == 1,
                WIDTH => size.0 = value,
                HEIGHT => size.1 = value,
                ORIENTATION => orientation = value,
                X_RESOLUTION => resolution.0 = self.fraction(own + inline).unwrap_or(1.0),
                Y_RESOLUTION => resolution.1 = self.fraction(own + inline).unwrap_or(1.0),
                _ => {}
            }
        }
        let next = self.number(entries.checked_add(count.checked_mul(entry)?)?, self.offset_bytes()).unwrap_or(0);
        let stretch = resolution.1 / resolution.0;
        let stretch = if stretch.is_finite() && (0.25..=4.0).contains(&stretch) { stretch } else { 1.0 };
        let leaf = Leaf { directory, size, stretch, turned: (5..=8).contains(&orientation) };
        // A small copy of another page is none of its own.
        let shown = !reduced && size.0 > 0 && size.1 > 0;
        Some((shown.then_some(leaf), next))
    }

    /// A numerator and a denominator that lie where the entry says.
    fn fraction(&self, at: usize) -> Option<f32> {
        let place = if self.big { at } else { usize::try_from(self.number(at, 4)?).ok()? };
        let [above, below] = [self.number(place, 4)?, self.number(place.checked_add(4)?, 4)?];
        (above > 0 && below > 0).then_some(above as f32 / below as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_bites_its_tail_ends() {
        // One directory without entries that names itself as the next.
        let looped = b"II*\0\x08\0\0\0\0\0\x08\0\0\0".to_vec();
        assert_eq!(Tiff::open(looped).err(), Some(Cause::Damaged));
    }

    #[test]
    fn whatever_is_cut_off_is_damaged() {
        for length in 4..40 {
            let bytes: Vec<u8> =
                b"MM\0*\0\0\0\x08\0\x02\x01\0\0\x04\0\0\0\x01\0\0\x10".iter().copied().cycle().take(length).collect();
            let _ = Tiff::open(bytes);
        }
    }
}
