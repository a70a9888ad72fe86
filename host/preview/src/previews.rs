//! The way in: an outline, a page.

use std::{borrow::Cow, collections::BTreeSet, io, path::PathBuf, sync::Arc, thread, time::Duration};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::{
    Converter, Document, NoPreview, Outline, Size, Stamp,
    cache::Cache,
    component::Component,
    copies::Copies,
    worker::{Ask, Job, OUTLINE, Shared, Workers, page_file},
};

/// What previews are made of.
#[derive(Debug)]
pub struct Settings {
    /// The renderer: a component that exports the world `pages`.
    pub renderer: Cow<'static, [u8]>,
    /// What makes PDFs of the documents that the renderer does not know, the one to be asked first at the front.
    pub converters: Vec<Arc<dyn Converter>>,
    /// Where pictures are kept. Nothing else may lie there.
    pub folder: PathBuf,
    /// A folder for compiled components, an absolute path, where only the host may be able to write.
    pub compiled: Option<PathBuf>,
    /// Bounds.
    pub limits: Limits,
}

/// Bounds on drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a document that is looked at.
    pub document: u64,
    /// Bytes of memory that one document may take.
    pub memory: usize,
    /// How long opening one, or drawing one page of it, may compute.
    pub deadline: Duration,
    /// Bytes of pictures that are kept.
    pub kept: u64,
    /// Threads that draw.
    pub threads: usize,
    /// Pages that may wait for each of them.
    pub queue: usize,
}

impl Limits {
    /// The reference host's figures: one processor is left to all else.
    #[must_use]
    pub fn reference() -> Self {
        Self {
            document: 64 << 20,
            memory: 512 << 20,
            deadline: Duration::from_secs(10),
            kept: 1 << 30,
            threads: thread::available_parallelism().map_or(1, |count| count.get().saturating_sub(1).max(1)),
            queue: 200,
        }
    }

    /// The same, as the runtime's bounds on a component.
    #[must_use]
    pub fn sandbox(&self) -> client_connect_runtime::Limits {
        client_connect_runtime::Limits {
            plugin_bytes: 128 << 20,
            compile: Duration::from_secs(600),
            memory: self.memory,
            table_elements: 100_000,
            stack: 1 << 20,
            hostcall_bytes: 128 << 20,
            deadline: self.deadline,
            total: self.deadline * 6,
            // Those that a thread keeps open, the one that it opens, and one whose memory is being given back.
            calls: u32::try_from(self.threads * 4).unwrap_or(4),
            ..client_connect_runtime::Limits::reference()
        }
    }
}

/// Pictures of the pages of documents.
pub struct Previews {
    shared: Arc<Shared>,
    workers: Workers,
    /// Of the renderer and its converters: other ones make other pictures.
    id: String,
    kinds: Arc<BTreeSet<String>>,
}

/// What the renderer knows, by media type.
const DRAWN: &[&str] = &[
    "application/pdf",
    "application/vnd.ms-outlook",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/webp",
    "message/rfc822",
    "text/csv",
    "text/markdown",
    "text/plain",
];

impl Previews {
    /// Starts the threads. The renderer is loaded when the first page is wanted, or by [`Previews::warm`].
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn new(settings: Settings) -> io::Result<Self> {
        let Settings { renderer, converters, folder, compiled, limits } = settings;
        let renderer = Component::new(renderer, limits.sandbox(), compiled);
        let mut id = Sha256::new();
        id.update(renderer.id());
        for converter in &converters {
            id.update([0]);
            id.update(converter.id());
        }
        let id = hex::encode(id.finalize());
        let converted = converters.iter().flat_map(|converter| converter.kinds());
        let kinds = Arc::new(DRAWN.iter().map(|kind| (*kind).to_owned()).chain(converted).collect());
        let cache = Cache::open(&folder, &id, limits.kept)?;
        let shared = Arc::new(Shared { renderer, converters, cache, copies: Copies::new(), largest: limits.document });
        let workers = Workers::start(&shared, limits.threads, limits.queue)?;
        Ok(Self { shared, workers, id, kinds })
    }

    /// Names the renderer and its converters, in hex: what they cannot show another one may be able to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Compiles the renderer and the converters for the folder of compiled components, unless it was done before: the
    /// first page of all need not wait for that, and no memory is held until then. Takes some seconds, and blocks.
    ///
    /// # Errors
    /// If one of them is none.
    pub fn prepare(&self) -> Result<(), NoPreview> {
        self.shared.renderer.prepare()?;
        self.shared.converters.iter().try_for_each(|converter| converter.prepare())
    }

    /// Loads the renderer, which takes some seconds when it has to be compiled. Blocks.
    ///
    /// # Errors
    /// If it is no renderer.
    pub fn warm(&self) -> Result<(), NoPreview> {
        self.shared.renderer.ready().map(drop)
    }

    /// Whether a page could be drawn at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.shared.renderer.is_ready()
    }

    /// The media types of which documents can be shown, as far as their kind tells.
    #[must_use]
    pub fn kinds(&self) -> Arc<BTreeSet<String>> {
        self.kinds.clone()
    }

    /// Whether documents of this media type can be shown, as far as their kind tells.
    #[must_use]
    pub fn knows(&self, media_type: &str) -> bool {
        self.kinds.contains(media_type)
    }

    /// How many pages of what shape. `read` is called, on another thread, if the document's bytes are needed.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn outline(
        &self,
        document: &Document,
        read: impl FnOnce() -> Result<Vec<u8>, NoPreview> + Send + 'static,
    ) -> Result<Outline, NoPreview> {
        let key = key(document);
        if let Some(kept) = self.shared.cache.get(&key, OUTLINE)
            && let Ok(outline) = serde_json::from_slice(&kept)
        {
            return Ok(outline);
        }
        let (reply, answer) = oneshot::channel();
        self.send(document, key, Box::new(read), Ask::Outline(reply))?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// A page, the first of which is 0, as a WebP file. With a stamp, it is a copy that bears it.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn page(
        &self,
        document: &Document,
        page: u32,
        size: Size,
        stamp: Option<Stamp>,
        read: impl FnOnce() -> Result<Vec<u8>, NoPreview> + Send + 'static,
    ) -> Result<Bytes, NoPreview> {
        let (key, file) = (key(document), page_file(page, size));
        let kept = match &stamp {
            None => self.shared.cache.get(&key, &file),
            Some(stamp) => self.shared.copies.get(&(key.clone(), file, stamp.clone())),
        };
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let (reply, answer) = oneshot::channel();
        self.send(document, key, Box::new(read), Ask::Page(page, size, stamp, reply))?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// The SHA-256, in hex, of each document of which pictures are kept.
    pub fn kept(&self) -> Vec<String> {
        let names = self.shared.cache.names().into_iter();
        let mut kept: Vec<String> =
            names.filter_map(|name| name.split_once('-').map(|(hash, _)| hash.to_owned())).collect();
        kept.sort();
        kept.dedup();
        kept
    }

    /// Throws away all pictures of the document with this SHA-256, in hex.
    pub fn forget(&self, sha256: &str) {
        self.shared.cache.forget(sha256);
        self.shared.copies.forget(sha256);
    }

    fn send(&self, document: &Document, key: String, read: crate::worker::Read, ask: Ask) -> Result<(), NoPreview> {
        self.workers.send(Job { document: document.clone(), key, read, ask })
    }
}

fn ended() -> NoPreview {
    NoPreview::Broken("a thread that draws has ended".into())
}

/// The folder of a document's pictures: text is laid out by the ending of its name, so that belongs to it.
fn key(document: &Document) -> String {
    let ending = document.name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    let layout = match ending.as_str() {
        "md" | "markdown" => "md",
        "csv" | "tsv" => "csv",
        _ => "plain",
    };
    let hash: String = document.sha256.chars().filter(char::is_ascii_hexdigit).collect();
    format!("{hash}-{layout}")
}

impl std::fmt::Debug for Previews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Previews").field("id", &self.id).finish_non_exhaustive()
    }
}
