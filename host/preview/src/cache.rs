//! What was drawn, on disk: a folder for each document under the hash of its bytes, bounded by the bytes of all of them.
//!
//! It is only ever a copy of what can be drawn again, so whatever is wrong with it is a reason to draw. A document
//! is thrown away whole: by [`Cache::forget`], or as the one that was looked at longest ago.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use lru::LruCache;

/// The folder.
#[derive(Debug)]
pub(crate) struct Cache {
    /// One renderer's pictures are not another's.
    root: PathBuf,
    limit: u64,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Bytes of each document's folder, the one longest unused first.
    folders: LruCache<String, u64>,
    total: u64,
}

impl Cache {
    /// Opens `folder` for the pictures of this renderer, and throws away those of any other. `limit` in bytes.
    pub(crate) fn open(folder: &Path, renderer: &str, limit: u64) -> io::Result<Self> {
        let root = folder.join(&renderer[..renderer.len().min(16)]);
        fs::create_dir_all(&root)?;
        for other in fs::read_dir(folder)?.flatten().filter(|entry| entry.path() != root) {
            fs::remove_dir_all(other.path()).ok();
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(&root)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let used = entry.metadata().and_then(|about| about.modified()).ok();
            let files = fs::read_dir(entry.path()).into_iter().flatten().flatten();
            let bytes = files.map(|file| file.metadata().map_or(0, |about| about.len())).sum();
            found.push((used, name, bytes));
        }
        found.sort();
        let mut known = Known { folders: LruCache::unbounded(), total: 0 };
        for (_, name, bytes) in found {
            known.total += bytes;
            known.folders.put(name, bytes);
        }
        let cache = Self { root, limit, known: Mutex::new(known) };
        cache.shrink();
        Ok(cache)
    }

    /// A file of a document, if it is there.
    pub(crate) fn get(&self, document: &str, file: &str) -> Option<Bytes> {
        let found = fs::read(self.root.join(document).join(file)).ok()?;
        self.known().folders.get(document);
        Some(found.into())
    }

    /// Keeps a file of a document. What cannot be kept is drawn again.
    pub(crate) fn put(&self, document: &str, file: &str, bytes: &[u8]) {
        let folder = self.root.join(document);
        let (at, draft) = (folder.join(file), folder.join(format!("{file}.new")));
        // Never half a file: one that is there is whole.
        let written =
            fs::create_dir_all(&folder).and_then(|()| fs::write(&draft, bytes)).and_then(|()| fs::rename(&draft, &at));
        if let Err(error) = written {
            tracing::warn!(%error, "a picture of a page cannot be kept");
            return;
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        {
            let mut known = self.known();
            known.total = known.total.saturating_add(size);
            let before = known.folders.get(document).copied().unwrap_or(0);
            known.folders.put(document.to_owned(), before.saturating_add(size));
        }
        self.shrink();
    }

    /// The names of the documents of which something is kept.
    pub(crate) fn names(&self) -> Vec<String> {
        self.known().folders.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Throws away all that was drawn of the documents whose name begins so.
    pub(crate) fn forget(&self, beginning: &str) {
        let gone: Vec<String> = {
            let known = self.known();
            known.folders.iter().map(|(name, _)| name).filter(|name| name.starts_with(beginning)).cloned().collect()
        };
        for name in gone {
            self.remove(&name);
        }
    }

    fn shrink(&self) {
        loop {
            let oldest = {
                let known = self.known();
                if known.total <= self.limit {
                    return;
                }
                known.folders.peek_lru().map(|(name, _)| name.clone())
            };
            let Some(oldest) = oldest else { return };
            self.remove(&oldest);
        }
    }

    fn remove(&self, document: &str) {
        {
            let mut known = self.known();
            let bytes = known.folders.pop(document).unwrap_or(0);
            known.total = known.total.saturating_sub(bytes);
        }
        if let Err(error) = fs::remove_dir_all(self.root.join(document))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "pictures of pages cannot be thrown away");
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> u64 {
        let mut total = 0;
        for entry in fs::read_dir(folder).unwrap().flatten() {
            total += if entry.path().is_dir() { files(&entry.path()) } else { entry.metadata().unwrap().len() };
        }
        total
    }

    #[test]
    fn it_stays_within_its_bytes_and_keeps_what_was_looked_at_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), "renderer", 1_000).unwrap();
        for document in ["a", "b", "c"] {
            cache.put(document, "0", &[1; 300]);
        }
        assert!(cache.get("a", "0").is_some());
        cache.put("d", "0", &[1; 300]);
        assert!(cache.get("b", "0").is_none(), "the one longest unused");
        assert!(cache.get("a", "0").is_some() && cache.get("c", "0").is_some() && cache.get("d", "0").is_some());
        assert_eq!(files(folder.path()), 900);
    }

    #[test]
    fn it_is_found_again_and_not_by_another_renderer() {
        let folder = tempfile::tempdir().unwrap();
        Cache::open(folder.path(), "one", 1_000).unwrap().put("a", "0", b"page");
        assert_eq!(Cache::open(folder.path(), "one", 1_000).unwrap().get("a", "0").as_deref(), Some(&b"page"[..]));
        assert_eq!(Cache::open(folder.path(), "another", 1_000).unwrap().get("a", "0"), None);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn what_is_forgotten_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), "one", 1_000).unwrap();
        cache.put("abc-text", "0", b"page");
        cache.put("abd", "0", b"page");
        cache.forget("abc");
        assert!(cache.get("abc-text", "0").is_none() && cache.get("abd", "0").is_some());
        assert_eq!(files(folder.path()), 4);
    }
}
