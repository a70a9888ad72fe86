//! Documents, and a place where they are drawn as the host draws them: by the embedded component, within its limits.

#![allow(clippy::unwrap_used, dead_code, reason = "a test fails by panicking, and uses a part of this")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use client_connect_preview::{
    Converter, Document, Limits, NoPreview, OfficeComponent, Outline, Previews, Settings, Size,
};
use sha2::{Digest as _, Sha256};

/// Where the corpus lies.
pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/preview")
}

/// A place to draw, and the folder that its pictures lie in, which goes with it.
pub(crate) struct Studio {
    previews: Previews,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Studio {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self::with(deadline, Vec::new())
    }

    /// One that has these converters, too.
    pub(crate) fn with(deadline: Duration, converters: Vec<Arc<dyn Converter>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            renderer: client_connect_embed::RENDERER.into(),
            converters,
            folder: folder.path().join("pictures"),
            compiled: Some(compiled()),
            limits: Limits { deadline, ..Limits::reference() },
        };
        fs::create_dir_all(&settings.folder).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { previews: Previews::new(settings).unwrap(), runtime, _folder: folder }
    }

    pub(crate) fn outline(&self, name: &str, bytes: &[u8]) -> Result<Outline, NoPreview> {
        let bytes = bytes.to_vec();
        self.runtime.block_on(self.previews.outline(&document(name, &bytes), move || Ok(bytes)))
    }

    pub(crate) fn page(&self, name: &str, bytes: &[u8], page: u32) -> Result<Grey, NoPreview> {
        let bytes = bytes.to_vec();
        let document = document(name, &bytes);
        let file = self.runtime.block_on(self.previews.page(&document, page, Size::Normal, None, move || Ok(bytes)))?;
        Ok(Grey::of_webp(&file))
    }
}

/// A folder for compiled components: what takes long is done once for all tests of the workspace, and for the next time
/// that they run.
fn compiled() -> PathBuf {
    let folder = std::env::temp_dir().join("client-connect-tests-compiled");
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

/// The component for office documents. It is built by a command of its own: where that was not done, it is said, or
/// the test fails if `CLIENT_CONNECT_OFFICE=all`.
pub(crate) fn office() -> Option<OfficeComponent> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/office/wasm32-wasip2/release/client_connect_office.wasm");
    match OfficeComponent::new(file, &Limits::reference(), Some(compiled())) {
        Ok(office) => Some(office),
        Err(_) => {
            let command = "(cd host/preview/office && cargo build --release --locked)";
            missing("CLIENT_CONNECT_OFFICE", "the component for office documents", command);
            None
        }
    }
}

/// Says what is not there, past the test harness, which shows nothing of tests that pass; fails if `all` has to be there.
pub(crate) fn missing(setting: &str, what: &str, command: &str) {
    let all = std::env::var(setting).is_ok_and(|value| value == "all");
    assert!(!all, "missing: {what}; to have it: {command}");
    let line = format!("\nNOT TESTED, as it is missing: {what}. To have it: {command}\n");
    std::io::stderr().write_all(line.as_bytes()).ok();
}

/// What the host would take it for: of the kinds that are converted, by their endings.
fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "doc" => "application/msword",
        "rtf" => "application/rtf",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odt" => "application/vnd.oasis.opendocument.text",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "",
    }
}

fn document(name: &str, bytes: &[u8]) -> Document {
    Document {
        sha256: hex::encode(Sha256::digest(bytes)),
        name: name.to_owned(),
        media_type: media_type(name).to_owned(),
        size: bytes.len() as u64,
    }
}

/// A picture in shades of grey.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grey {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<f32>,
}

impl Grey {
    pub(crate) fn of_webp(file: &[u8]) -> Self {
        let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).unwrap();
        let (width, height) = decoder.dimensions();
        let mut bytes = vec![0; decoder.output_buffer_size().unwrap()];
        let samples = if decoder.has_alpha() { 4 } else { 3 };
        decoder.read_image(&mut bytes).unwrap();
        let grey = |p: &[u8]| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
        Self { width: width as usize, height: height as usize, pixels: bytes.chunks_exact(samples).map(grey).collect() }
    }

    /// Each new pixel the mean of what it covers.
    pub(crate) fn scaled(&self, width: usize, height: usize) -> Self {
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
pub(crate) fn likeness(one: &Grey, other: &Grey) -> f64 {
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
