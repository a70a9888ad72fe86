//! Threads that draw. A document always goes to the same thread, which keeps the last few open, so that the second
//! page costs no more than its drawing; a document that takes long holds up those of its own thread alone.
//!
//! The threads are fewer than the processors and give way to all other work: whoever sends a hostile document slows
//! down pictures, not the host.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash as _, Hasher as _},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use lru::LruCache;
use tokio::sync::oneshot;

use crate::{
    Document, NoPreview, Outline, Size, cache::Cache, component::Component, convert::Converter, copies::Copies,
    opened::Opened, picture::Picture,
};

/// Documents that a thread keeps open.
const OPEN: usize = 2;
/// How long one stays open after it was last drawn from.
const IDLE: Duration = Duration::from_secs(60);
/// Of a document that holds more memory than this, nothing stays open.
const HEAVY: usize = 128 << 20;

/// The bytes of a document, when they are wanted after all.
pub(crate) type Read = Box<dyn FnOnce() -> Result<Vec<u8>, NoPreview> + Send>;

/// What is asked of a document.
pub(crate) enum Ask {
    /// How many pages of what shape.
    Outline(oneshot::Sender<Result<Outline, NoPreview>>),
    /// A page; `burn` lays on it what only this asker is to see.
    Page(u32, Size, Option<crate::Stamp>, oneshot::Sender<Result<bytes::Bytes, NoPreview>>),
}

impl Ask {
    /// Who asked has gone.
    fn is_moot(&self) -> bool {
        match self {
            Self::Outline(reply) => reply.is_closed(),
            Self::Page(.., reply) => reply.is_closed(),
        }
    }
}

pub(crate) struct Job {
    pub(crate) document: Document,
    pub(crate) key: String,
    pub(crate) read: Read,
    pub(crate) ask: Ask,
}

/// What the threads share.
pub(crate) struct Shared {
    pub(crate) renderer: Component,
    pub(crate) converters: Vec<Arc<dyn Converter>>,
    pub(crate) cache: Cache,
    pub(crate) copies: Copies,
    /// Bytes of a document that is looked at.
    pub(crate) largest: u64,
}

/// The threads. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Workers {
    queues: Vec<SyncSender<Job>>,
}

impl Workers {
    /// `queue` is how many may wait for one thread.
    pub(crate) fn start(shared: &Arc<Shared>, threads: usize, queue: usize) -> std::io::Result<Self> {
        let mut queues = Vec::new();
        for _ in 0..threads.max(1) {
            let (sender, receiver) = sync_channel(queue);
            let shared = shared.clone();
            thread::Builder::new().name("preview".into()).spawn(move || work(&shared, &receiver))?;
            queues.push(sender);
        }
        Ok(Self { queues })
    }

    pub(crate) fn send(&self, job: Job) -> Result<(), NoPreview> {
        let mut hash = DefaultHasher::new();
        job.key.hash(&mut hash);
        let turn = usize::try_from(hash.finish() % self.queues.len() as u64).unwrap_or(0);
        self.queues[turn].try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => NoPreview::Busy,
            TrySendError::Disconnected(_) => NoPreview::Broken("a thread that draws has ended".into()),
        })
    }
}

type Desk = LruCache<String, (Opened, Instant)>;

fn work(shared: &Shared, jobs: &Receiver<Job>) {
    give_way();
    let mut desk: Desk = LruCache::unbounded();
    loop {
        match jobs.recv_timeout(IDLE) {
            Ok(job) => answer(shared, &mut desk, job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        shared.copies.tidy();
        while desk.peek_lru().is_some_and(|(_, (_, used))| desk.len() > OPEN || used.elapsed() > IDLE) {
            desk.pop_lru();
        }
    }
}

/// Asks the system to let all other threads of the host go first.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10) {
        tracing::debug!(%error, "pictures are drawn at the same priority as all else");
    }
}

fn answer(shared: &Shared, desk: &mut Desk, job: Job) {
    if job.ask.is_moot() {
        return;
    }
    let Job { document, key, read, ask } = job;
    let began = Instant::now();
    match ask {
        Ask::Outline(reply) => {
            let outline = with(shared, desk, &document, &key, read, |opened| Ok(opened.outline().clone()));
            if let Ok(outline) = &outline
                && let Ok(json) = serde_json::to_vec(outline)
            {
                shared.cache.put(&key, OUTLINE, &json);
            }
            // Who asked may have gone meanwhile.
            reply.send(outline).ok();
        }
        Ask::Page(page, size, stamp, reply) => {
            let drawn = draw(shared, desk, &document, &key, read, (page, size));
            let answer = drawn.and_then(|file| match stamp {
                None => Ok(file),
                Some(stamp) => {
                    let which = (key, page_file(page, size), stamp);
                    // As above: somebody before in the queue, who was this same asker.
                    if let Some(copy) = shared.copies.get(&which) {
                        return Ok(copy);
                    }
                    let mut picture = Picture::decode(&file)?;
                    which.2.burn(&mut picture);
                    let copy = picture.encode()?;
                    shared.copies.put(which, copy.clone());
                    Ok(copy)
                }
            });
            reply.send(answer).ok();
        }
    }
    metrics::histogram!("preview_seconds").record(began.elapsed().as_secs_f64());
}

/// The outline's file in a document's folder.
pub(crate) const OUTLINE: &str = "outline.json";

/// A page's file in a document's folder.
pub(crate) fn page_file(page: u32, size: Size) -> String {
    format!("{page}-{}.webp", size.width())
}

/// A clean page, kept or new.
fn draw(
    shared: &Shared,
    desk: &mut Desk,
    document: &Document,
    key: &str,
    read: Read,
    (page, size): (u32, Size),
) -> Result<bytes::Bytes, NoPreview> {
    let file = page_file(page, size);
    // Somebody before in the queue may have wanted the same.
    if let Some(kept) = shared.cache.get(key, &file) {
        return Ok(kept);
    }
    let picture = with(shared, desk, document, key, read, |opened| {
        if page >= opened.outline().pages {
            return Err(NoPreview::NoSuchPage);
        }
        opened.draw(page, size.width())
    })?;
    let encoded = picture.encode()?;
    shared.cache.put(key, &file, &encoded);
    Ok(encoded)
}

/// Works with the document, open already or opened now. What went wrong with is closed.
fn with<R>(
    shared: &Shared,
    desk: &mut Desk,
    document: &Document,
    key: &str,
    read: Read,
    work: impl FnOnce(&mut Opened) -> Result<R, NoPreview>,
) -> Result<R, NoPreview> {
    let mut opened = match desk.pop(key) {
        Some((opened, _)) => opened,
        None => open(shared, document, read)?,
    };
    let result = work(&mut opened);
    let sound = matches!(result, Ok(_) | Err(NoPreview::NoSuchPage));
    if sound && opened.memory() <= HEAVY {
        desk.put(key.to_owned(), (opened, Instant::now()));
    }
    result
}

fn open(shared: &Shared, document: &Document, read: Read) -> Result<Opened, NoPreview> {
    if document.size > shared.largest {
        return Err(NoPreview::TooLarge);
    }
    let renderer = shared.renderer.ready()?;
    let bytes = read()?;
    match Opened::open(renderer, document, &document.media_type, &bytes) {
        Err(NoPreview::NoRenderer) => {}
        result => return result,
    }
    let mut said = NoPreview::NoRenderer;
    for converter in shared.converters.iter().filter(|one| one.kinds().contains(&document.media_type)) {
        match converter.convert(document, &bytes) {
            Ok(pdf) if pdf.starts_with(b"%PDF-") => {
                return Opened::open(renderer, document, "application/pdf", &pdf);
            }
            Ok(_) => said = NoPreview::Damaged,
            Err(cause) => said = cause,
        }
    }
    Err(said)
}
