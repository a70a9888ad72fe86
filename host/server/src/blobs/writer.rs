//! A blob on its way into the store: collected into parts, hashed as it comes, and durable when it is finished.

use bytes::{Bytes, BytesMut};
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use super::{BlobError, Blobs, location};

/// Bytes that are collected before they go to the store: in a folder, and over the network, where all parts but the last
/// have to have 5 MiB at least.
pub(super) const LOCAL_PART: usize = 1 << 20;
const REMOTE_PART: usize = 8 << 20;
/// How much of the beginning is kept to tell what kind of file it is.
const HEAD: usize = 64 << 10;

/// A blob that is durable, and not named by any row yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
    /// What kind of file its bytes say it is; `application/octet-stream` where they say nothing.
    pub media_type: String,
}

/// A blob while it is written.
#[derive(Debug)]
pub struct Writer {
    blobs: Blobs,
    blob: String,
    part: usize,
    waiting: BytesMut,
    upload: Option<Box<dyn MultipartUpload>>,
    hash: Sha256,
    head: Vec<u8>,
    size: u64,
}

impl Writer {
    pub(super) fn new(blobs: &Blobs, blob: &str) -> Self {
        Self {
            part: if blobs.root.is_some() { LOCAL_PART } else { REMOTE_PART },
            blobs: blobs.clone(),
            blob: blob.to_owned(),
            waiting: BytesMut::new(),
            upload: None,
            hash: Sha256::new(),
            head: Vec::new(),
            size: 0,
        }
    }

    /// How many bytes have come so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes; waits while the store is slower than the sender.
    ///
    /// # Errors
    /// [`BlobError::Full`] and [`BlobError::Failed`]; the writer is then to be dropped.
    pub async fn push(&mut self, mut bytes: Bytes) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        if self.head.len() < HEAD {
            self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        }
        while self.waiting.len() + bytes.len() >= self.part {
            let rest = bytes.split_off(self.part - self.waiting.len());
            self.waiting.extend_from_slice(&bytes);
            bytes = rest;
            self.flush().await?;
        }
        self.waiting.extend_from_slice(&bytes);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), BlobError> {
        let part = self.waiting.split().freeze();
        let hashing = hashed(std::mem::take(&mut self.hash), part.clone());
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.blobs.objects.put_multipart(&location(&self.blob)).await?),
        };
        let storing = upload.put_part(PutPayload::from_bytes(part));
        let (hash, stored) = futures_util::join!(hashing, storing);
        self.hash = hash?;
        Ok(stored?)
    }

    /// Makes it durable: after this the bytes survive a loss of power.
    ///
    /// # Errors
    /// [`BlobError::Full`] and [`BlobError::Failed`]; nothing is kept then.
    pub async fn finish(mut self) -> Result<Written, BlobError> {
        match self.upload {
            None => {
                let bytes = self.waiting.split().freeze();
                self.hash = hashed(self.hash, bytes.clone()).await?;
                // Not only if it is not there yet: in a folder a link and a loss of power leave two names, and over the
                // network a request whose answer was lost is sent again.
                self.blobs.objects.put(&location(&self.blob), PutPayload::from_bytes(bytes)).await?;
            }
            Some(_) => {
                if !self.waiting.is_empty() {
                    self.flush().await?;
                }
                if let Some(mut upload) = self.upload.take() {
                    upload.complete().await?;
                }
            }
        }
        let (blobs, blob, head) = (self.blobs, self.blob, self.head);
        let media_type = blocking(move || crate::web::bytes::sniff::media_type(&blobs, &blob, &head)).await?;
        Ok(Written { size: self.size, sha256: hex::encode(self.hash.finalize()), media_type })
    }

    /// Gives up. Some stores keep the parts of a broken upload for ever unless they are told.
    pub async fn abort(mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, "the parts of a broken upload were not thrown away");
        }
    }
}

/// Hashing a part takes longer than a task may keep its thread.
async fn hashed(mut hash: Sha256, bytes: Bytes) -> Result<Sha256, BlobError> {
    if bytes.len() < 16 << 10 {
        hash.update(&bytes);
        return Ok(hash);
    }
    blocking(move || {
        hash.update(&bytes);
        hash
    })
    .await
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BlobError::Failed(error.to_string()))
}
