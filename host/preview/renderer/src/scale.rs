//! Makes pictures smaller: each new pixel is the mean of what it covers, so that no thin line is lost; on white where
//! the picture is transparent. A row of the original is looked at once, and no second copy of it is made.

use image::{DynamicImage, GenericImageView as _, metadata::Orientation};

use crate::picture::Picture;

/// The picture, at most this wide and high, upright.
pub(crate) fn down(image: &DynamicImage, target: (u32, u32), orientation: Orientation) -> Picture {
    let turned = turns(orientation);
    let (width, height) = if turned { (target.1, target.0) } else { target };
    upright(&mean(image, width.max(1), height.max(1)), orientation)
}

/// Whether what is wide becomes high.
pub(crate) fn turns(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// What a source pixel gives to which of the new ones: the first, its share, and what is left for the next.
fn shares(from: u32, to: u32) -> Vec<(usize, f32, f32)> {
    let step = f64::from(to) / f64::from(from);
    (0..from)
        .map(|at| {
            let (start, end) = (f64::from(at) * step, f64::from(at + 1) * step);
            let first = start.floor();
            let cut = end.min(first + 1.0);
            // A pixel that ends where a new one begins gives it nothing.
            let next = (end - cut).max(0.0);
            (first as usize, (cut - start) as f32, next as f32)
        })
        .collect()
}

fn mean(image: &DynamicImage, width: u32, height: u32) -> Picture {
    let (from_width, from_height) = image.dimensions();
    let (width, height) = (width.min(from_width), height.min(from_height));
    let (columns, lines) = (shares(from_width, width), shares(from_height, height));
    let row = width as usize * 3;
    // One more than there are, for the share of nothing that the last pixel gives to the next.
    let mut current = vec![0.0_f32; row + 3];
    let mut following = vec![0.0_f32; row + 3];
    let mut narrow = vec![0.0_f32; row + 3];
    let mut source = vec![0_u8; from_width as usize * 3];
    let mut pixels = Vec::with_capacity(row * height as usize);
    let emit = |sums: &mut Vec<f32>, pixels: &mut Vec<u8>| {
        pixels.extend(sums[..row].iter().map(|sum| (sum + 0.5) as u8));
        sums.fill(0.0);
    };
    let mut open = 0;
    for (y, (line, own, next)) in lines.iter().enumerate() {
        if *line > open {
            emit(&mut current, &mut pixels);
            std::mem::swap(&mut current, &mut following);
            open = *line;
        }
        read_row(image, y, &mut source);
        narrow.fill(0.0);
        for (pixel, (column, own, next)) in source.chunks_exact(3).zip(&columns) {
            if let Some(into) = narrow.get_mut(column * 3..column * 3 + 6) {
                for channel in 0..3 {
                    let value = f32::from(pixel[channel]);
                    into[channel] += value * own;
                    into[channel + 3] += value * next;
                }
            }
        }
        for ((current, following), value) in current.iter_mut().zip(&mut following).zip(&narrow) {
            *current += value * own;
            *following += value * next;
        }
    }
    emit(&mut current, &mut pixels);
    Picture { width, height, pixels }
}

/// A row in three bytes a pixel, on white.
fn read_row(image: &DynamicImage, y: usize, out: &mut [u8]) {
    let width = out.len() / 3;
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let high = |value: u16| (value >> 8) as u8;
    let unit = |value: f32| (value.clamp(0.0, 1.0) * 255.0) as u8;
    let rows = out.chunks_exact_mut(3);
    match image {
        DynamicImage::ImageRgb8(buffer) => {
            if let Some(row) = buffer.as_raw().get(y * width * 3..(y + 1) * width * 3) {
                out.copy_from_slice(row);
            }
        }
        DynamicImage::ImageRgba8(buffer) => {
            let row = buffer.as_raw().chunks_exact(4).skip(y * width);
            rows.zip(row)
                .for_each(|(to, p)| to.copy_from_slice(&[over(p[0], p[3]), over(p[1], p[3]), over(p[2], p[3])]));
        }
        DynamicImage::ImageLuma8(buffer) => {
            rows.zip(buffer.as_raw().iter().skip(y * width)).for_each(|(to, p)| to.fill(*p));
        }
        DynamicImage::ImageLumaA8(buffer) => {
            let row = buffer.as_raw().chunks_exact(2).skip(y * width);
            rows.zip(row).for_each(|(to, p)| to.fill(over(p[0], p[1])));
        }
        DynamicImage::ImageLuma16(buffer) => {
            rows.zip(buffer.as_raw().iter().skip(y * width)).for_each(|(to, p)| to.fill(high(*p)));
        }
        DynamicImage::ImageLumaA16(buffer) => {
            let row = buffer.as_raw().chunks_exact(2).skip(y * width);
            rows.zip(row).for_each(|(to, p)| to.fill(over(high(p[0]), high(p[1]))));
        }
        DynamicImage::ImageRgb16(buffer) => {
            let row = buffer.as_raw().chunks_exact(3).skip(y * width);
            rows.zip(row).for_each(|(to, p)| to.copy_from_slice(&[high(p[0]), high(p[1]), high(p[2])]));
        }
        DynamicImage::ImageRgba16(buffer) => {
            let row = buffer.as_raw().chunks_exact(4).skip(y * width);
            rows.zip(row).for_each(|(to, p)| {
                let alpha = high(p[3]);
                to.copy_from_slice(&[over(high(p[0]), alpha), over(high(p[1]), alpha), over(high(p[2]), alpha)]);
            });
        }
        DynamicImage::ImageRgb32F(buffer) => {
            let row = buffer.as_raw().chunks_exact(3).skip(y * width);
            rows.zip(row).for_each(|(to, p)| to.copy_from_slice(&[unit(p[0]), unit(p[1]), unit(p[2])]));
        }
        DynamicImage::ImageRgba32F(buffer) => {
            let row = buffer.as_raw().chunks_exact(4).skip(y * width);
            rows.zip(row).for_each(|(to, p)| {
                let alpha = unit(p[3]);
                to.copy_from_slice(&[over(unit(p[0]), alpha), over(unit(p[1]), alpha), over(unit(p[2]), alpha)]);
            });
        }
        other => {
            for (x, to) in rows.enumerate() {
                let pixel = other.get_pixel(x as u32, y as u32).0;
                to.copy_from_slice(&[over(pixel[0], pixel[3]), over(pixel[1], pixel[3]), over(pixel[2], pixel[3])]);
            }
        }
    }
}

/// Turned and mirrored as the camera says it was held.
fn upright(picture: &Picture, orientation: Orientation) -> Picture {
    use Orientation::{
        FlipHorizontal, FlipVertical, NoTransforms, Rotate90, Rotate90FlipH, Rotate180, Rotate270, Rotate270FlipH,
    };
    let (from_width, from_height) = (picture.width as usize, picture.height as usize);
    let (width, height) = if turns(orientation) { (from_height, from_width) } else { (from_width, from_height) };
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for y in 0..height {
        for x in 0..width {
            let (right, down) = (width - 1 - x, height - 1 - y);
            let (x, y) = match orientation {
                NoTransforms => (x, y),
                FlipHorizontal => (right, y),
                FlipVertical => (x, down),
                Rotate180 => (right, down),
                Rotate90 => (y, right),
                Rotate270 => (down, x),
                Rotate90FlipH => (y, x),
                Rotate270FlipH => (down, right),
            };
            let at = (y * from_width + x) * 3;
            pixels.extend_from_slice(picture.pixels.get(at..at + 3).unwrap_or(&[255; 3]));
        }
    }
    Picture { width: width as u32, height: height as u32, pixels }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    #[test]
    fn the_mean_of_a_pattern_is_grey() {
        let image = RgbImage::from_fn(300, 200, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3]));
        let small = down(&image.into(), (30, 20), Orientation::NoTransforms);
        assert_eq!((small.width, small.height, small.pixels.len()), (30, 20, 1_800));
        assert!(small.pixels.iter().all(|value| (125..=131).contains(value)));
    }

    #[test]
    fn what_cannot_be_seen_is_white() {
        let image = RgbaImage::from_pixel(7, 5, Rgba([0, 0, 0, 0]));
        assert!(down(&image.into(), (3, 2), Orientation::NoTransforms).pixels.iter().all(|value| *value == 255));
    }

    #[test]
    fn turning_is_what_the_library_of_pictures_does() {
        let image = RgbImage::from_fn(4, 3, |x, y| Rgb([x as u8 * 60, y as u8 * 80, 7]));
        for number in 1..=8 {
            let orientation = Orientation::from_exif(number).unwrap();
            let mut theirs = DynamicImage::ImageRgb8(image.clone());
            theirs.apply_orientation(orientation);
            let size = theirs.dimensions();
            let ours = down(&image.clone().into(), size, orientation);
            assert_eq!((ours.width, ours.height), size);
            assert_eq!(ours.pixels, theirs.into_rgb8().into_raw(), "{number}");
        }
    }
}
