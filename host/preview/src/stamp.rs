//! Who looks, burned into the pixels: a line of text, over and over across the page, light enough to read through and
//! too much to paint over. It is laid upon a copy: the page that is kept is clean.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

use crate::picture::Picture;

/// What is burned into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// One line; what the font does not have shows as a box.
    pub line: String,
}

static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../fonts/NotoSans-Bold.ttf")).ok());

/// How high its letters are, in parts of the page's width.
const HEIGHT: f32 = 0.024;
/// Its slope: downwards to the left, so that no line of text hides it.
const SLOPE: f32 = -0.42;
/// How much of a pixel is the stamp's where a letter covers it.
const STRENGTH: f32 = 0.22;
/// What it is drawn with: seen on white and on black alike.
const GREY: f32 = 118.0;
/// Characters of a line; an address has no more than 254.
const LONGEST: usize = 400;

impl Stamp {
    /// Lays it on.
    pub(crate) fn burn(&self, picture: &mut Picture) {
        let Some(tile) = self.tile(picture.width) else { return };
        let (sine, cosine) = SLOPE.sin_cos();
        let width = picture.width as usize;
        for (y, row) in picture.pixels.chunks_exact_mut(width * 3).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let (x, y) = (x as f32, y as f32);
                let cover = tile.at(x * cosine + y * sine, y * cosine - x * sine);
                if cover > 0.0 {
                    for part in pixel {
                        let mixed = f32::from(*part) + (GREY - f32::from(*part)) * STRENGTH * cover;
                        *part = mixed.round().clamp(0.0, 255.0) as u8;
                    }
                }
            }
        }
    }

    /// The line once, with room around it, as how much of each pixel it covers.
    fn tile(&self, page: u32) -> Option<Tile> {
        let font = FONT.as_ref()?;
        let scale = PxScale::from((page as f32 * HEIGHT).max(9.0));
        let scaled = font.as_scaled(scale);
        let mut end = 0.0;
        let mut glyphs = Vec::new();
        for letter in self.line.chars().filter(|letter| !letter.is_control()).take(LONGEST) {
            let id = font.glyph_id(letter);
            glyphs.push(id.with_scale_and_position(scale, point(end, scaled.ascent())));
            end += scaled.h_advance(id);
        }
        if glyphs.is_empty() {
            return None;
        }
        let high = scaled.height();
        // Between two on a line, and between two lines.
        let (width, height) = ((end + high * 2.5).ceil() as usize, (high * 5.0).ceil() as usize);
        let mut tile = Tile { width, height, cover: vec![0; width * height] };
        for glyph in glyphs {
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|x, y, cover| {
                let (x, y) = (bounds.min.x as i64 + i64::from(x), bounds.min.y as i64 + i64::from(y));
                if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
                    && x < width
                    && y < height
                {
                    let at = &mut tile.cover[y * width + x];
                    *at = (*at).max((cover * 255.0) as u8);
                }
            });
        }
        Some(tile)
    }
}

struct Tile {
    width: usize,
    height: usize,
    cover: Vec<u8>,
}

impl Tile {
    /// Every other line is moved along, so that no straight gap is left between two.
    fn at(&self, along: f32, down: f32) -> f32 {
        let line = (down / self.height as f32).floor();
        let along = along + line * self.width as f32 * 0.37;
        let (x, y) = (along.rem_euclid(self.width as f32) as usize, down.rem_euclid(self.height as f32) as usize);
        self.cover.get(y * self.width + x.min(self.width - 1)).map_or(0.0, |cover| f32::from(*cover) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(shade: u8) -> Picture {
        Picture::new(900, 1_273, vec![shade; 900 * 1_273 * 3], 900).unwrap()
    }

    fn stamped(shade: u8, line: &str) -> Picture {
        let mut picture = page(shade);
        Stamp { line: line.to_owned() }.burn(&mut picture);
        picture
    }

    #[test]
    fn every_part_of_a_page_bears_the_line_whatever_its_shade() {
        for shade in [255, 0, 118 + 40] {
            let (clean, stamped) = (page(shade), stamped(shade, "ann@example.com · 22 Nov 2026"));
            // In each field of a seventh of the width something has changed.
            let field = 128;
            for top in (0..1_273 - field).step_by(field) {
                for left in (0..900 - field).step_by(field) {
                    let changed = (top..top + field).any(|y| {
                        let from = (y * 900 + left) * 3;
                        clean.pixels[from..from + field * 3] != stamped.pixels[from..from + field * 3]
                    });
                    assert!(changed, "nothing at {left}, {top} on {shade}");
                }
            }
        }
    }

    #[test]
    fn what_lies_below_can_still_be_read() {
        let (clean, stamped) = (page(255), stamped(255, "ann@example.com"));
        let furthest = clean.pixels.iter().zip(&stamped.pixels).map(|(before, after)| before.abs_diff(*after)).max();
        assert!(furthest > Some(15) && furthest < Some(60), "{furthest:?}");
    }

    #[test]
    fn another_person_is_another_picture() {
        assert_ne!(stamped(255, "ann@example.com"), stamped(255, "ben@example.com"));
    }

    #[test]
    fn a_hostile_line_does_no_harm() {
        for line in ["", "\n\r\0", &"ﷺ".repeat(10_000), "\u{202e}moc.elpmaxe@nna"] {
            stamped(255, line);
        }
    }
}
