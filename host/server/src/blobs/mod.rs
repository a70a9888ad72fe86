//! The documents' bytes: in a folder, or in an S3-compatible store, always under random ids and never under names.
//!
//! Guaranteed here: a blob is durable (its bytes and its directory entry synced) before [`Writer::finish`]
//! answers, so before any row names it. What breaks before a row names it is thrown away: [`Loose`] and [`sweep`].

use std::{
    error::Error as _,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path};

mod loose;
mod s3;
mod wire;
mod writer;

pub(crate) use loose::throw_away;
pub use loose::{Loose, sweep, sweep_uploads, sweeper};
pub use s3::S3Settings;
pub use writer::{Writer, Written};

/// What [`Blobs::probe`] writes; a killed process may leave it.
pub(crate) const PROBE: &str = "00000000000000000000000000000000";

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No room is left. Nothing of the blob was kept.
    #[error("the store of documents is full")]
    Full,
    /// The store does not have these bytes.
    #[error("the store of documents does not have blob {0}")]
    Missing(String),
    /// The bytes are there and are not what was written.
    #[error("blob {0} is shorter than its row says")]
    Short(String),
    /// A store over the network does not answer, or not now; the text is for the log.
    #[error("the store of documents does not answer: {0}")]
    Away(String),
    /// Anything else; the text is for the log.
    #[error("the store of documents failed: {0}")]
    Failed(String),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Failed(error.to_string()) }
    }
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        if let object_store::Error::NotFound { path, .. } = &error {
            return Self::Missing(path.clone());
        }
        let mut cause = error.source();
        while let Some(one) = cause {
            if one.downcast_ref::<io::Error>().is_some_and(is_full) {
                return Self::Full;
            }
            cause = one.source();
        }
        if matches!(&error, object_store::Error::Generic { store: s3::NAME, .. }) {
            return Self::Away(error.to_string());
        }
        Self::Failed(error.to_string())
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The store of documents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    /// Set for a folder: its files are read without a detour.
    root: Option<PathBuf>,
}

impl Blobs {
    /// A folder, made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made or is no folder.
    pub fn folder(root: &FilePath) -> Result<Self, BlobError> {
        std::fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        // All of them now: one made during an upload would have to be durable before another upload relies on it.
        for shard in 0..=u8::MAX {
            match std::fs::create_dir(root.join(hex::encode([shard]))) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
                _ => {}
            }
        }
        for folder in [Some(root.as_path()), root.parent()].into_iter().flatten() {
            File::open(folder)?.sync_all()?;
        }
        let objects = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), root: Some(root) })
    }

    /// A bucket of an S3-compatible store.
    ///
    /// # Errors
    /// If the settings do not fit together. Whether the store answers shows with the first blob.
    pub fn s3(settings: &S3Settings) -> Result<Self, BlobError> {
        Ok(Self { objects: s3::store(settings)?, root: None })
    }

    /// A store in memory that is reached as one over the network is.
    #[cfg(test)]
    pub(crate) fn remote_in_memory() -> Self {
        Self { objects: Arc::new(object_store::memory::InMemory::new()), root: None }
    }

    /// Whether its files can be looked at.
    #[cfg(test)]
    pub(crate) fn is_folder(&self) -> bool {
        self.root.is_some()
    }

    /// Begins a blob under a fresh id that the caller has put into `loose_blobs`. Dropping the writer leaves
    /// nothing but that row.
    #[must_use]
    pub fn write(&self, blob: &str) -> Writer {
        Writer::new(self, blob)
    }

    /// Opens a blob to be read from `offset` on. Blocks: to be called where that is allowed.
    ///
    /// # Errors
    /// [`BlobError::Missing`] if it is not there.
    pub fn open(&self, blob: &str, offset: u64) -> Result<Reader, BlobError> {
        let source = match &self.root {
            Some(root) => {
                let path = root.join(&blob[..blob.len().min(2)]).join(blob);
                let mut file = File::open(path).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => BlobError::Missing(blob.to_owned()),
                    _ => error.into(),
                })?;
                if offset > 0 {
                    file.seek(SeekFrom::Start(offset))?;
                }
                Source::File(file)
            }
            None => Source::Remote { objects: Arc::clone(&self.objects), path: location(blob), offset },
        };
        Ok(Reader { source, blob: blob.to_owned() })
    }

    /// Stores a small blob whole. Blocks: to be called where that is allowed.
    ///
    /// # Errors
    /// As [`Writer::finish`].
    pub fn put(&self, blob: &str, bytes: Bytes) -> Result<Written, BlobError> {
        let mut writer = self.write(blob);
        tokio::runtime::Handle::current().block_on(async move {
            writer.push(bytes).await?;
            writer.finish().await
        })
    }

    /// What lies in the store, each blob's name with how many bytes it has, in no order, and nothing that is still being
    /// written. Blocks: to be called where that is allowed.
    pub fn list(&self) -> impl Iterator<Item = Result<(String, u64), BlobError>> {
        let (mut listed, here) = (self.objects.list(None), tokio::runtime::Handle::current());
        std::iter::from_fn(move || {
            let object = here.block_on(listed.next())?;
            Some(object.map_err(BlobError::from).map(|object| {
                let name = object.location.filename().unwrap_or_default().to_owned();
                (name, object.size)
            }))
        })
    }

    /// Writes a few bytes under a name of their own, and takes them away again.
    ///
    /// # Errors
    /// As a document could not be stored either.
    pub async fn probe(&self) -> Result<(), BlobError> {
        self.objects.put(&location(PROBE), PutPayload::from_static(b"ready?")).await?;
        self.remove(PROBE).await
    }

    /// Deletes a blob; one that is not there is no error.
    ///
    /// # Errors
    /// If the store does not answer or refuses.
    pub async fn remove(&self, blob: &str) -> Result<(), BlobError> {
        if let Some(root) = &self.root {
            // What a killed process was in the middle of writing; the store gives such files this suffix.
            let folder = root.join(&blob[..blob.len().min(2)]);
            let _ = tokio::fs::remove_file(folder.join(format!("{blob}#1"))).await;
        }
        match self.objects.delete(&location(blob)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A folder for each of the first two digits, as a folder of a million files is slow to list and to back up.
fn location(blob: &str) -> Path {
    Path::from_iter([&blob[..blob.len().min(2)], blob])
}

/// A blob while it is read, from front to back.
#[derive(Debug)]
pub struct Reader {
    source: Source,
    blob: String,
}

#[derive(Debug)]
enum Source {
    File(File),
    Remote { objects: Arc<dyn ObjectStore>, path: Path, offset: u64 },
}

impl Reader {
    /// The next `length` bytes, all of them. Blocks.
    ///
    /// # Errors
    /// [`BlobError::Short`] if the blob ends before.
    pub fn read(&mut self, length: usize) -> Result<Bytes, BlobError> {
        let bytes = match &mut self.source {
            Source::File(file) => {
                let mut bytes = Vec::with_capacity(length);
                file.take(length as u64).read_to_end(&mut bytes)?;
                Bytes::from(bytes)
            }
            Source::Remote { objects, path, offset } => {
                let range = *offset..*offset + length as u64;
                *offset = range.end;
                tokio::runtime::Handle::current().block_on(objects.get_range(path, range))?
            }
        };
        if bytes.len() == length { Ok(bytes) } else { Err(BlobError::Short(self.blob.clone())) }
    }

    /// The file itself, where the store is a folder.
    pub fn file(&mut self) -> Option<&mut File> {
        match &mut self.source {
            Source::File(file) => Some(file),
            Source::Remote { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::{writer::LOCAL_PART, *};

    fn full() -> io::Error {
        io::Error::from(io::ErrorKind::StorageFull)
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        assert!(matches!(BlobError::from(full()), BlobError::Full));
        let wrapped = object_store::Error::Generic { store: "x", source: Box::new(full()) };
        assert!(matches!(BlobError::from(wrapped), BlobError::Full));
        let other = object_store::Error::Generic { store: "x", source: "broken".into() };
        assert!(matches!(BlobError::from(other), BlobError::Failed(_)));
    }

    #[tokio::test]
    async fn what_was_written_is_read_whole_and_by_range() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        for size in [1, LOCAL_PART - 1, LOCAL_PART, LOCAL_PART + 1, 3 * LOCAL_PART + 5] {
            let blob = format!("{size:032x}");
            let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 253).unwrap()).collect();
            let mut writer = blobs.write(&blob);
            for chunk in bytes.chunks(300_007) {
                writer.push(Bytes::copy_from_slice(chunk)).await.unwrap();
            }
            let written = writer.finish().await.unwrap();
            assert_eq!((written.size, written.sha256), (size as u64, hex::encode(Sha256::digest(&bytes))));
            assert!(blobs.open(&blob, 0).unwrap().read(size).unwrap() == bytes);
            assert!(blobs.open(&blob, 1).unwrap().read(size - 1).unwrap() == bytes[1..]);
            assert!(matches!(blobs.open(&blob, 1).unwrap().read(size), Err(BlobError::Short(_))));
            blobs.remove(&blob).await.unwrap();
            assert!(matches!(blobs.open(&blob, 0), Err(BlobError::Missing(_))));
            blobs.remove(&blob).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_writer_that_is_dropped_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let mut writer = blobs.write("ab34");
        writer.push(Bytes::from(vec![1; 2 * LOCAL_PART])).await.unwrap();
        writer.abort().await;
        assert!(matches!(blobs.open("ab34", 0), Err(BlobError::Missing(_))));
        assert_eq!(std::fs::read_dir(folder.path().join("ab")).unwrap().count(), 0);
    }
}
