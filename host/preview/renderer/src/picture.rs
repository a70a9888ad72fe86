//! Pixels, and the shape they have: every picture that leaves the guest is made here, and has as many bytes as its
//! width and height say.

use crate::limits;

/// Rows from the top, three bytes a pixel.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// How many pixels a page of this size has if it may be `width` wide: in its own shape, at most four times as high as
/// `width`, and within [`limits::PICTURE`].
pub(crate) fn fit(size: (f32, f32), width: u32) -> (u32, u32) {
    let (page_width, page_height) = (believable(size.0), believable(size.1));
    let widest = (f64::from(limits::PICTURE) / 4.0).sqrt();
    let width = f64::from(width).clamp(1.0, widest);
    let scale = (width / page_width).min(4.0 * width / page_height);
    // The casts saturate, and the products are small.
    let pixels = |side: f64| (side * scale).round().max(1.0) as u32;
    (pixels(page_width), pixels(page_height))
}

/// A measure that a page can have, whatever the document says.
pub(crate) fn believable(side: f32) -> f64 {
    if side.is_finite() { f64::from(side).clamp(1.0, 1e7) } else { 1.0 }
}

/// Four bytes a pixel that lie on an opaque ground become three.
pub(crate) fn without_alpha(width: u32, height: u32, rgba: &[u8]) -> Picture {
    let mut pixels = vec![0; rgba.len() / 4 * 3];
    for (to, from) in pixels.chunks_exact_mut(3).zip(rgba.chunks_exact(4)) {
        to.copy_from_slice(&from[..3]);
    }
    Picture { width, height, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_the_shape_of_its_page() {
        assert_eq!(fit((595.0, 842.0), 900), (900, 1274));
        assert_eq!(fit((842.0, 595.0), 900), (900, 636));
    }

    #[test]
    fn a_page_like_a_ribbon_is_four_times_as_high_as_it_may_be_wide() {
        assert_eq!(fit((100.0, 10_000.0), 900), (36, 3600));
        assert_eq!(fit((2_000_000.0, 1.0), 900), (900, 1));
        assert_eq!(fit((1.0, 2_000_000.0), 900), (1, 3600));
    }

    #[test]
    fn no_wish_makes_a_picture_that_is_too_large() {
        for size in [(595.0, 842.0), (1.0, 1e9), (f32::NAN, f32::INFINITY), (-3.0, 0.0)] {
            for wish in [0, 1, 900, 60_000, u32::MAX] {
                let (width, height) = fit(size, wish);
                assert!(width >= 1 && height >= 1 && width * height <= limits::PICTURE, "{size:?} {wish}");
            }
        }
    }
}
