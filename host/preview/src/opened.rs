//! A document inside its sandbox: opened once, drawn from page by page.
//!
//! All that comes out of it are counts, shapes and pixels, and each of them is checked. A document that breaks its
//! instance is damaged or too large, whatever the instance was about to say.

use client_connect_runtime::{
    Blame, Broke, Failure,
    sandbox::{Running, Sandboxed},
};
use wasmtime::component::ResourceAny;

use crate::{
    Document, NoPreview, Outline,
    bindings::{Cause, Hint, pages::Pages},
    picture::Picture,
};

/// What a document told of itself is believed up to here.
const PAGES: u32 = 1_000_000;

/// An open document, for whoever needs neither threads nor a cache.
pub struct Opened {
    running: Running,
    pages: Pages,
    document: ResourceAny,
    outline: Outline,
}

impl From<Cause> for NoPreview {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::NoRenderer => Self::NoRenderer,
            Cause::Encrypted => Self::Encrypted,
            Cause::Damaged => Self::Damaged,
            Cause::TooLarge => Self::TooLarge,
        }
    }
}

/// What a broken instance says of the document that broke it.
pub(crate) fn broken(failure: Failure) -> NoPreview {
    metrics::counter!("preview_broken_total", "reason" => reason(&failure)).increment(1);
    tracing::info!(%failure, "drawing a document broke off");
    match failure {
        Failure::Broken { blame: Blame::Guest, reason: Broke::Trap, .. } => NoPreview::Damaged,
        Failure::Broken { blame: Blame::Guest, .. } => NoPreview::TooLarge,
        // It was hardly let onto a processor: the machine is busy, and nothing is known of the document.
        Failure::Broken { blame: Blame::Host, reason: Broke::Deadline | Broke::Unavailable, .. } => NoPreview::Busy,
        other => NoPreview::Broken(other.to_string()),
    }
}

fn reason(failure: &Failure) -> &'static str {
    match failure {
        Failure::Broken { reason: Broke::Trap, .. } => "trap",
        Failure::Broken { reason: Broke::Deadline, .. } => "deadline",
        Failure::Broken { reason: Broke::Memory, .. } => "memory",
        _ => "other",
    }
}

impl Opened {
    /// Opens the document in an instance of its own of a renderer.
    ///
    /// # Errors
    /// Why there is no picture.
    pub fn open(renderer: &Sandboxed, about: &Document, media_type: &str, bytes: &[u8]) -> Result<Self, NoPreview> {
        let mut running = renderer.start("preview.open").map_err(broken)?;
        let hint = Hint { name: about.name.clone(), media_type: media_type.to_owned() };
        let opened = running.call(|store, instance| {
            let pages = Pages::new(&mut *store, instance)?;
            let guest = pages.client_connect_preview_renderer();
            let document = match guest.document().call_open(&mut *store, bytes, &hint)? {
                Ok(document) => document,
                Err(cause) => return Ok(Err(cause)),
            };
            let count = guest.document().call_pages(&mut *store, document)?.clamp(1, PAGES);
            let mut sizes = Vec::new();
            for page in 0..count.min(u32::try_from(Outline::SIZES).unwrap_or(u32::MAX)) {
                // A page that cannot be measured will say so when it is drawn.
                let size = guest.document().call_size(&mut *store, document, page)?;
                sizes.push(size.map_or((595.0, 842.0), |size| (believable(size.width), believable(size.height))));
            }
            Ok(Ok((pages, document, Outline { pages: count, sizes })))
        });
        let (pages, document, outline) = opened.map_err(broken)??;
        Ok(Self { running, pages, document, outline })
    }

    /// How many pages of what shape.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Draws a page, the first of which is 0, at most this many pixels wide. After [`NoPreview::Damaged`] or
    /// [`NoPreview::TooLarge`] the instance may be of no more use.
    ///
    /// # Errors
    /// Why there is no picture.
    pub fn draw(&mut self, page: u32, width: u32) -> Result<Picture, NoPreview> {
        let (pages, document) = (&self.pages, self.document);
        let drawn = self.running.call(|store, _| {
            pages.client_connect_preview_renderer().document().call_draw(&mut *store, document, page, width)
        });
        let picture = drawn.map_err(broken)??;
        Picture::new(picture.width, picture.height, picture.pixels, width).ok_or(NoPreview::Damaged)
    }

    /// Bytes of memory that it holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.running.peak_memory()
    }
}

/// A measure in points that a page may have.
fn believable(points: f32) -> f32 {
    if points.is_finite() { points.clamp(1.0, 100_000.0) } else { 595.0 }
}
