//! Documents, and a place where they are drawn as the host draws them: by the embedded component, within its limits.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use client_connect_preview::{Document, Limits, NoPreview, Outline, Previews, Settings, Size};
use sha2::{Digest as _, Sha256};

/// Where the corpus lies.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/preview")
}

/// A place to draw, and the folder that its pictures lie in, which goes with it.
pub struct Studio {
    previews: Previews,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Studio {
    pub fn new(deadline: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Compiled once for all of these tests, and for the next time that they run.
        let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        fs::create_dir_all(&compiled).unwrap();
        let settings = Settings {
            renderer: client_connect_embed::RENDERER.into(),
            converters: Vec::new(),
            folder: folder.path().join("pictures"),
            compiled: Some(compiled.canonicalize().unwrap()),
            limits: Limits { deadline, ..Limits::reference() },
        };
        fs::create_dir_all(&settings.folder).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { previews: Previews::new(settings).unwrap(), runtime, _folder: folder }
    }

    pub fn outline(&self, name: &str, bytes: &[u8]) -> Result<Outline, NoPreview> {
        let bytes = bytes.to_vec();
        self.runtime.block_on(self.previews.outline(&document(name, &bytes), move || Ok(bytes)))
    }

    pub fn page(&self, name: &str, bytes: &[u8], page: u32) -> Result<Grey, NoPreview> {
        let bytes = bytes.to_vec();
        let document = document(name, &bytes);
        let file = self.runtime.block_on(self.previews.page(&document, page, Size::Normal, None, move || Ok(bytes)))?;
        Ok(Grey::of_webp(&file))
    }
}

fn document(name: &str, bytes: &[u8]) -> Document {
    Document {
        sha256: hex::encode(Sha256::digest(bytes)),
        name: name.to_owned(),
        media_type: String::new(),
        size: bytes.len() as u64,
    }
}

/// A picture in shades of grey.
#[derive(Clone, Debug, PartialEq)]
pub struct Grey {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<f32>,
}

impl Grey {
    pub fn of_webp(file: &[u8]) -> Self {
        let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).unwrap();
        let (width, height) = decoder.dimensions();
        let mut bytes = vec![0; decoder.output_buffer_size().unwrap()];
        let samples = if decoder.has_alpha() { 4 } else { 3 };
        decoder.read_image(&mut bytes).unwrap();
        let grey = |p: &[u8]| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
        Self { width: width as usize, height: height as usize, pixels: bytes.chunks_exact(samples).map(grey).collect() }
    }

    /// Each new pixel the mean of what it covers.
    pub fn scaled(&self, width: usize, height: usize) -> Self {
        let along = |from: usize, to: usize| -> Vec<Vec<(usize, f32)>> {
            let step = from as f32 / to as f32;
            let cover = |at: usize| {
                let (start, end) = (at as f32 * step, (at + 1) as f32 * step);
                let share = |source: usize| (end.min(source as f32 + 1.0) - start.max(source as f32)).max(0.0) / step;
                let last = (end.ceil() as usize).min(from);
                (start as usize..last).map(|source| (source, share(source))).collect()
            };
            (0..to).map(cover).collect()
        };
        let (columns, rows) = (along(self.width, width), along(self.height, height));
        let mut pixels = Vec::with_capacity(width * height);
        for row in &rows {
            for column in &columns {
                let sum = row
                    .iter()
                    .flat_map(|(y, a)| column.iter().map(move |(x, b)| self.pixels[y * self.width + x] * a * b));
                pixels.push(sum.sum());
            }
        }
        Self { width, height, pixels }
    }
}

/// How alike two pictures of one size are to the eye: 1 is the same (structural similarity over windows of 8 by 8).
pub fn likeness(one: &Grey, other: &Grey) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let (mut sum, mut count) = (0.0, 0.0);
    for top in (0..one.height.saturating_sub(7).max(1)).step_by(4) {
        for left in (0..one.width.saturating_sub(7).max(1)).step_by(4) {
            let (mut a, mut b, mut aa, mut bb, mut ab, mut n) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for y in top..(top + 8).min(one.height) {
                for x in left..(left + 8).min(one.width) {
                    let at = y * one.width + x;
                    let (p, q) = (f64::from(one.pixels[at]), f64::from(other.pixels[at]));
                    (a, b, aa, bb, ab, n) = (a + p, b + q, aa + p * p, bb + q * q, ab + p * q, n + 1.0);
                }
            }
            let (a, b) = (a / n, b / n);
            let (aa, bb, ab) = (aa / n - a * a, bb / n - b * b, ab / n - a * b);
            let (c, d) = (6.5025, 58.5225);
            sum += (2.0 * a * b + c) * (2.0 * ab + d) / ((a * a + b * b + c) * (aa + bb + d));
            count += 1.0;
        }
    }
    sum / count
}
