//! A component that is loaded when it is first wanted, and then kept: a host starts at once, and one whose documents
//! nobody looks at gives it no memory.

use std::{
    borrow::Cow,
    fs, io,
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
    time::UNIX_EPOCH,
};

use client_connect_runtime::{
    Limits,
    sandbox::{Sandbox, Sandboxed},
};
use sha2::{Digest as _, Sha256};

use crate::NoPreview;

/// Where a component's bytes are.
#[derive(Debug)]
enum Source {
    Bytes(Cow<'static, [u8]>),
    /// Read when it is wanted, and not kept: it may be a large one.
    File(PathBuf),
}

/// The component.
#[derive(Debug)]
pub(crate) struct Component {
    source: Source,
    limits: Limits,
    cache: Option<PathBuf>,
    id: String,
    compiled: OnceLock<Result<Sandboxed, String>>,
    /// Held by who loads it: whoever comes meanwhile finds it in the cache.
    loading: Mutex<()>,
}

impl Component {
    /// `cache` is a folder for compiled components, an absolute path, where only the host may be able to write.
    pub(crate) fn new(bytes: Cow<'static, [u8]>, limits: Limits, cache: Option<PathBuf>) -> Self {
        let id = hex::encode(Sha256::digest(&bytes));
        Self::of(Source::Bytes(bytes), id, limits, cache)
    }

    /// The component in this file; `cache` as above.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn in_file(path: PathBuf, limits: Limits, cache: Option<PathBuf>) -> io::Result<Self> {
        let file = fs::metadata(&path)?;
        let changed = file.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = Sha256::new().chain_update(file.len().to_be_bytes()).chain_update(changed.as_nanos().to_be_bytes());
        Ok(Self::of(Source::File(path), hex::encode(id.finalize()), limits, cache))
    }

    fn of(source: Source, id: String, limits: Limits, cache: Option<PathBuf>) -> Self {
        Self { source, limits, cache, id, compiled: OnceLock::new(), loading: Mutex::new(()) }
    }

    /// Names it, in hex: other bytes have another name.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is compiled already.
    pub(crate) fn is_ready(&self) -> bool {
        self.compiled.get().is_some_and(Result::is_ok)
    }

    /// Ready to be started. The first one who asks waits until it is compiled, or loaded as it was compiled before.
    pub(crate) fn ready(&self) -> Result<&Sandboxed, NoPreview> {
        self.compiled.get_or_init(|| self.load()).as_ref().map_err(|error| NoPreview::Broken(error.clone()))
    }

    /// Compiles it for the cache, once for each version of the host, and keeps nothing in memory. A cache that was
    /// emptied since is filled by the first who asks.
    pub(crate) fn prepare(&self) -> Result<(), NoPreview> {
        let Some(cache) = &self.cache else { return Ok(()) };
        let done = cache.join(format!("{}-{}.compiled", env!("CARGO_PKG_VERSION"), self.id));
        if self.is_ready() || done.exists() {
            return Ok(());
        }
        self.load().map_err(NoPreview::Broken)?;
        // Unwritten, it is done again at the next start.
        fs::write(done, []).ok();
        Ok(())
    }

    fn load(&self) -> Result<Sandboxed, String> {
        let _alone = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let began = std::time::Instant::now();
        let sandbox = Sandbox::new(self.limits.clone(), self.cache.as_deref());
        let bytes = match &self.source {
            Source::Bytes(bytes) => Cow::Borrowed(&**bytes),
            Source::File(path) => fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?.into(),
        };
        let loaded = sandbox.and_then(|sandbox| sandbox.load(&bytes)).map_err(|error| error.to_string());
        match &loaded {
            Ok(_) => tracing::debug!(took = ?began.elapsed(), "a component for previews is loaded"),
            Err(error) => tracing::error!(error, "a component for previews cannot be used"),
        }
        loaded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component: it exports nothing.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn what_was_prepared_is_held_by_the_cache_alone() {
        let cache = tempfile::tempdir().unwrap();
        let place = cache.path().canonicalize().unwrap();
        let component = || Component::new(EMPTY.into(), crate::Limits::reference().sandbox(), Some(place.clone()));
        let prepared = component();
        prepared.prepare().unwrap();
        assert!(!prepared.is_ready(), "it is held in memory before anybody has looked at anything");
        let noted = |place: &PathBuf| {
            fs::read_dir(place).unwrap().flatten().any(|file| file.file_name().to_string_lossy().ends_with(".compiled"))
        };
        assert!(noted(&place));
        // With its note there, it is not touched again; without what the note speaks of, it is compiled all the same.
        for modules in fs::read_dir(&place).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            fs::remove_dir_all(modules.path()).unwrap();
        }
        let next = component();
        next.prepare().unwrap();
        next.ready().unwrap();
        assert!(next.is_ready());
    }

    #[test]
    fn what_lies_in_a_file_is_read_when_it_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("component.wasm");
        let component = || Component::in_file(path.clone(), crate::Limits::reference().sandbox(), None);
        assert_eq!(component().unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, b"not yet").unwrap();
        let early = component().unwrap();
        fs::write(&path, EMPTY).unwrap();
        early.ready().unwrap();
        assert_ne!(early.id(), component().unwrap().id(), "other bytes are another component");
    }

    #[test]
    fn what_is_no_component_is_broken_and_not_noted() {
        let cache = tempfile::tempdir().unwrap();
        let place = cache.path().canonicalize().unwrap();
        let component = Component::new(b"no".into(), crate::Limits::reference().sandbox(), Some(place.clone()));
        assert!(matches!(component.prepare(), Err(NoPreview::Broken(_))));
        assert!(matches!(component.ready(), Err(NoPreview::Broken(_))));
        assert_eq!(fs::read_dir(&place).unwrap().flatten().filter(|file| file.path().is_file()).count(), 0);
    }
}
