//! A file that comes in pieces, over several requests: what has come is durable before anybody is told how much it is.
//!
//! The bytes are kept as parts, each a blob of its own, so that it is the same in a folder and in an S3-compatible store,
//! and that a host which is killed in the middle of a request loses one part at most. When the last part is there they
//! are joined to one blob; a file of one part is that blob already. A request that breaks off leaves what it brought.
//!
//! One request at a time writes an upload. A later one does not wait for the earlier, whose connection may have been lost
//! long ago without anybody having noticed: the earlier keeps what it has, and gives way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use axum::{body::BodyDataStream, http::StatusCode};
use bytes::Bytes;
use client_connect_runtime::{Unit, types::Timestamp};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use super::receive::PATIENCE;
use crate::{
    app::SharedApp,
    blobs::{self, Loose, Writer, Written},
    store::{
        SqliteTx,
        uploads::{self, Piece, Upload},
    },
    web::{self, problem::Problem},
};

/// How large a part may become: as much is lost at most if the host is killed.
const PART: u64 = if cfg!(test) { 256 << 10 } else { 8 << 20 };
/// How long an upload waits for more, in milliseconds.
pub const UNFINISHED_FOR: Timestamp = 24 * 60 * 60 * 1000;
/// So many parts more than it takes may an upload have: each broken connection leaves a short one.
const SHORT_PARTS: u64 = 1000;
/// What is read of a part at once when the parts are joined.
const CHUNK: u64 = 1 << 20;

/// Which uploads are being written.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<String, Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Held by whoever writes.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Tells the latest who asked that somebody else asks now.
    give_way: CancellationToken,
}

/// The right to write one upload, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    app: SharedApp,
    upload: String,
    held: Option<OwnedMutexGuard<()>>,
    give_way: CancellationToken,
}

impl Turn {
    /// Asks whoever is writing this upload to give way, and waits until they have.
    pub async fn take(app: &SharedApp, upload: &str) -> Self {
        let (turn, give_way) = {
            let mut waiting = app.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = waiting.entry(upload.to_owned()).or_default();
            entry.give_way.cancel();
            entry.give_way = CancellationToken::new();
            (Arc::clone(&entry.turn), entry.give_way.clone())
        };
        let mut taken = Self { app: app.clone(), upload: upload.to_owned(), held: None, give_way };
        taken.held = Some(turn.lock_owned().await);
        taken
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.app.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        if waiting.get(&self.upload).is_some_and(|entry| Arc::strong_count(&entry.turn) == 1) {
            waiting.remove(&self.upload);
        }
    }
}

/// Asks, in the transaction that keeps a part, whether its sender may still send.
pub type MaySend = Arc<dyn Fn(&mut Unit<'_, SqliteTx>) -> Result<(), Problem> + Send + Sync>;

/// One request that brings more of an upload.
pub struct Request {
    /// Held while it is written.
    pub turn: Turn,
    /// As it was when the turn was taken.
    pub upload: Upload,
    /// Whether its sender may.
    pub may_send: MaySend,
    /// SHA-256 of what the request brings: then it is kept whole or not at all.
    pub checksum: Option<[u8; 32]>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("turn", &self.turn).field("upload", &self.upload).finish_non_exhaustive()
    }
}

/// What one request has brought.
struct Brought {
    request: Request,
    hash: Sha256,
    /// Durable, and not kept yet as the checksum is not known to fit.
    unsure: Vec<(Loose, Piece)>,
    /// Where the next part starts.
    at: u64,
}

/// Keeps what `body` brings, and answers how much of the upload is durable now. If it breaks off, what came before is kept.
/// Meant for a task of its own, as nobody waits for it any more if the connection breaks.
///
/// # Errors
/// 413 `longer-than-announced`, 423 `taken-over`, 460 `checksum-mismatch`, 400 and 408 for what breaks off or stalls, 503
/// when the host stops, 507 where there is no room, and what [`Request::may_send`] answers.
pub async fn append(request: Request, body: &mut BodyDataStream) -> Result<u64, Problem> {
    let app = request.turn.app.clone();
    let at = request.upload.received;
    let mut brought = Brought { request, hash: Sha256::new(), unsure: Vec::new(), at };
    let end = brought.take_all(body).await;
    if let Some(checksum) = brought.request.checksum {
        // Whatever was not read to its end, or is not what was meant, goes as it came.
        end?;
        if brought.hash.clone().finalize()[..] != checksum {
            return Err(Problem::new(
                StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST),
                "checksum-mismatch",
                "These are not the bytes that were sent. None of them was kept.",
            ));
        }
        let unsure = std::mem::take(&mut brought.unsure);
        brought.keep(unsure).await?;
    } else {
        end?;
    }
    let Brought { request, at, .. } = brought;
    if at == request.upload.length {
        join(&app, &request.upload).await?;
    }
    Ok(at)
}

impl Brought {
    /// Reads the body to its end, part by part.
    async fn take_all(&mut self, body: &mut BodyDataStream) -> Result<(), Problem> {
        let app = self.request.turn.app.clone();
        let mut bytes = Bytes::new();
        loop {
            if bytes.is_empty() {
                bytes = match self.next(body).await? {
                    Some(more) => more,
                    None => return Ok(()),
                };
            }
            if self.at == self.request.upload.length {
                return Err(longer());
            }
            let owner = app.clone();
            let loose = web::blocking(&app, move |_| Ok(Loose::begin(&owner)?)).await?;
            let mut writer = app.blobs.write(loose.id());
            let end = self.fill(&mut writer, &mut bytes, body).await;
            if let Err(problem) = &end
                && problem.status.is_server_error()
                && problem.code != STOPPING
            {
                writer.abort().await;
                return end.map(drop);
            }
            let written = writer.finish().await?;
            self.at += written.size;
            let part = Piece { blob: loose.id().to_owned(), written };
            match self.request.checksum {
                Some(_) => self.unsure.push((loose, part)),
                None => self.keep(vec![(loose, part)]).await?,
            }
            if !end? {
                return Ok(());
            }
        }
    }

    /// Fills one part from `bytes` and what comes after them. Answers whether more may come.
    async fn fill(
        &mut self,
        writer: &mut Writer,
        bytes: &mut Bytes,
        body: &mut BodyDataStream,
    ) -> Result<bool, Problem> {
        let room = PART.min(self.request.upload.length - self.at);
        loop {
            let fits = usize::try_from(room - writer.size()).unwrap_or(usize::MAX).min(bytes.len());
            let now = bytes.split_to(fits);
            if self.request.checksum.is_some() {
                self.hash.update(&now);
            }
            writer.push(now).await?;
            if writer.size() == room {
                return Ok(true);
            }
            match self.next(body).await? {
                Some(more) => *bytes = more,
                None => return Ok(false),
            }
        }
    }

    /// The next bytes that are any; none at the end.
    async fn next(&self, body: &mut BodyDataStream) -> Result<Option<Bytes>, Problem> {
        loop {
            if self.request.turn.app.draining.load(Ordering::Relaxed) {
                return Err(Problem::unavailable(STOPPING, "The host stops. What has come is kept.", 5));
            }
            let next = tokio::select! {
                biased;
                () = self.request.turn.give_way.cancelled() => return Err(taken_over()),
                next = tokio::time::timeout(PATIENCE, body.next()) => next,
            };
            match next.map_err(|_| Problem::of_status(StatusCode::REQUEST_TIMEOUT))? {
                None => return Ok(None),
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => return Ok(Some(bytes)),
                Some(Err(error)) => {
                    tracing::debug!(%error, "an upload was cut off");
                    return Err(Problem::new(
                        StatusCode::BAD_REQUEST,
                        "upload-broken-off",
                        "The upload broke off. What had come is kept.",
                    ));
                }
            }
        }
    }

    /// Names the parts in the upload's rows, all in one transaction.
    async fn keep(&self, parts: Vec<(Loose, Piece)>) -> Result<(), Problem> {
        let (id, length) = (self.request.upload.id.clone(), self.request.upload.length);
        let may_send = Arc::clone(&self.request.may_send);
        let pieces: Vec<Piece> = parts.iter().map(|(_, part)| part.clone()).collect();
        let first = self.at - pieces.iter().map(|part| part.written.size).sum::<u64>();
        web::blocking(&self.request.turn.app, move |app| {
            app.runtime.write(|unit| {
                may_send(unit)?;
                let expires_at = unit.now() + UNFINISHED_FOR;
                let tx: &SqliteTx = unit.tx();
                if uploads::count_parts(tx, &id)? >= length / PART + SHORT_PARTS {
                    return Err(Problem::conflict("too-many-pieces", "This came in too many pieces. Begin anew."));
                }
                let mut start = first;
                for part in &pieces {
                    uploads::append(tx, &id, start, part, expires_at)?;
                    start += part.written.size;
                }
                Ok(())
            })
        })
        .await?;
        parts.into_iter().for_each(|(loose, _)| loose.keep());
        Ok(())
    }
}

/// Joins the parts of an upload of which everything has come; one that is joined already stays as it is. Whoever calls
/// has its turn.
///
/// # Errors
/// 507 where there is no room; the parts are kept then.
pub async fn join(app: &SharedApp, upload: &Upload) -> Result<(), Problem> {
    let id = upload.id.clone();
    let mut parts =
        web::blocking(app, move |app| app.runtime.read(|unit| Ok::<_, Problem>(uploads::parts(unit.tx(), &id)?)))
            .await?;
    let (loose, whole) = match parts.len() {
        0 => return Ok(()),
        1 => (None, parts.remove(0)),
        _ => {
            let owner = app.clone();
            let loose = web::blocking(app, move |_| Ok(Loose::begin(&owner)?)).await?;
            let mut writer = app.blobs.write(loose.id());
            for part in &parts {
                copy(app, part, &mut writer).await?;
            }
            let written = writer.finish().await?;
            let whole = Piece { blob: loose.id().to_owned(), written };
            (Some(loose), whole)
        }
    };
    let id = upload.id.clone();
    let released = web::blocking(app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            Ok::<_, Problem>(uploads::join(unit.tx(), &id, &whole, now)?)
        })
    })
    .await?;
    if let Some(loose) = loose {
        loose.keep();
    }
    let app = app.clone();
    tokio::spawn(async move { blobs::throw_away(&app, released).await });
    Ok(())
}

async fn copy(app: &SharedApp, part: &Piece, writer: &mut Writer) -> Result<(), Problem> {
    let Written { size, .. } = part.written;
    let blob = part.blob.clone();
    let mut reader = web::blocking(app, move |app| Ok(app.blobs.open(&blob, 0)?)).await?;
    let mut left = size;
    while left > 0 {
        let length = usize::try_from(left.min(CHUNK)).unwrap_or(1);
        let (back, bytes) = web::blocking(app, move |_| {
            let bytes = reader.read(length)?;
            Ok((reader, bytes))
        })
        .await?;
        reader = back;
        left -= bytes.len() as u64;
        writer.push(bytes).await?;
    }
    Ok(())
}

const STOPPING: &str = "stopping";

/// A request brought more than was announced when the upload began.
pub fn longer() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "longer-than-announced", "This is more than was announced.")
}

fn taken_over() -> Problem {
    Problem::new(StatusCode::LOCKED, "taken-over", "Another request goes on with this upload. What had come is kept.")
}
