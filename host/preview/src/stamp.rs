//! Who looks, burned into the pixels: a line of text, over and over across the page, light enough to read through and
//! too much to paint over. It is laid upon a copy: the page that is kept is clean.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

use crate::picture::Picture;

/// What is burned into a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
/// One pixel to the right on the page, in the tile: the slope's cosine, and its sine turned about.
const STEP: (f32, f32) = (0.913_089, 0.407_760);
/// How far a line is moved along against the one above it, in parts of its length.
const SHIFT: f32 = 0.37;
/// All of a pixel.
const WHOLE: u32 = 1 << 16;
/// How much of a pixel is the stamp's where a letter covers it.
const STRENGTH: u32 = WHOLE / 100 * 22;
/// What it is drawn with: seen on white and on black alike.
const GREY: u32 = 118;
/// Characters of a line; an address has no more than 254.
const LONGEST: usize = 400;

impl Stamp {
    /// Lays it on.
    pub(crate) fn burn(&self, picture: &mut Picture) {
        let Some(tile) = self.tile(picture.width) else { return };
        let width = picture.width as usize;
        for (y, row) in picture.pixels.chunks_exact_mut(width * 3).enumerate() {
            let mut place = tile.row(y);
            for pixel in row.as_chunks_mut::<3>().0 {
                let weight = tile.weight(&place);
                if weight > 0 {
                    for part in pixel {
                        *part = mix(*part, weight);
                    }
                }
                tile.step(&mut place);
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
    /// How much of each pixel the line covers, of 255.
    cover: Vec<u8>,
}

/// Where a pixel of the page lies in the tile, in pixels of it: always inside.
struct Place {
    along: f32,
    down: f32,
}

impl Tile {
    /// The first pixel of a row of the page. Every other line is moved along, so that no straight gap is left between
    /// two.
    fn row(&self, y: usize) -> Place {
        let (sine, cosine) = SLOPE.sin_cos();
        let (width, height) = (self.width as f32, self.height as f32);
        let (along, down) = (y as f32 * sine, y as f32 * cosine);
        let line = (down / height).floor();
        Place { along: (along + line * width * SHIFT).rem_euclid(width), down: down.rem_euclid(height) }
    }

    /// The next pixel in the row. A page has more than a million: each takes two additions, and no division.
    fn step(&self, place: &mut Place) {
        let (width, height) = (self.width as f32, self.height as f32);
        place.along += STEP.0;
        place.down += STEP.1;
        if place.down >= height {
            place.down -= height;
            place.along += width * SHIFT;
        }
        if place.along >= width {
            place.along -= width;
        }
    }

    /// How much of the stamp's grey is mixed in here, of [`WHOLE`].
    fn weight(&self, place: &Place) -> u32 {
        let at = place.down as usize * self.width + place.along as usize;
        let cover = self.cover.get(at).copied().unwrap_or(0);
        u32::from(cover) * STRENGTH / 255
    }
}

/// A part of a pixel with so much of the stamp's grey in it, rounded to the nearest.
fn mix(part: u8, weight: u32) -> u8 {
    let mixed = u32::from(part) * (WHOLE - weight) + GREY * weight;
    u8::try_from((mixed + WHOLE / 2) / WHOLE).unwrap_or(u8::MAX)
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
