//! Bytes on their way to a row, or past one: a row in `loose_blobs` stands from before the first byte until the
//! transaction that names the blob, so whatever breaks in between is found again and thrown away.

use std::{sync::Arc, time::Duration};

use client_connect_runtime::{
    backend::{CommitError, Mode},
    types::HostError,
};
use tokio::{runtime::Handle, task::AbortHandle};

use super::{BlobError, writer::blocking};
use crate::{
    app::App,
    store::{self, loose, quarantine, uploads},
};

/// How old a loose blob must be before it is swept, in milliseconds.
const LOOSE_FOR: u64 = 60 * 60 * 1000;
/// How often to sweep.
const EVERY: Duration = Duration::from_secs(600);

/// A blob that no row names yet. Dropped before [`Loose::keep`], it is thrown away, with its row.
#[derive(Debug)]
pub struct Loose {
    app: Arc<App>,
    blob: Option<String>,
    touching: Option<AbortHandle>,
}

impl Loose {
    /// Mints an id and puts it down as loose, durably, before the first byte is written. Blocks.
    ///
    /// # Errors
    /// If the database does not take the row, or the disk has no room for new bytes.
    pub fn begin(app: &Arc<App>) -> Result<Self, HostError> {
        app.room.check()?;
        let blob = store::new_id();
        let now = app.runtime.now();
        let tx = app.runtime.backend().begin_own(Mode::Write, now)?;
        loose::announce(&tx, &blob, now)?;
        if app.scanner.is_some() {
            quarantine::begin(&tx, &blob, now)?;
        }
        // If the disk has turned out to be full in this moment, there is no room for the bytes either.
        commit(tx).or_else(|error| app.room.check().and(Err(error)))?;
        let touching = Handle::try_current()
            .ok()
            .map(|runtime| runtime.spawn(touch(Arc::clone(app), blob.clone())).abort_handle());
        Ok(Self { app: Arc::clone(app), blob: Some(blob), touching })
    }

    /// The blob's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.blob.as_deref().unwrap_or_default()
    }

    /// A row names it now, and that is committed.
    pub fn keep(mut self) {
        self.blob = None;
    }
}

impl Drop for Loose {
    fn drop(&mut self) {
        if let Some(touching) = &self.touching {
            touching.abort();
        }
        // Without a runtime the process is ending; the sweeper of the next start finds the row.
        if let (Some(blob), Ok(handle)) = (self.blob.take(), Handle::try_current()) {
            let app = Arc::clone(&self.app);
            handle.spawn(async move {
                if let Err(error) = discard(&app, blob).await {
                    tracing::warn!(%error, "a loose blob waits for the sweeper");
                }
            });
        }
    }
}

/// Keeps a blob from the sweeper: an upload over a slow line takes longer than that waits.
async fn touch(app: Arc<App>, blob: String) {
    loop {
        tokio::time::sleep(EVERY).await;
        let (app, blob) = (Arc::clone(&app), blob.clone());
        let touched = blocking(move || own(&app, |tx| loose::touch(tx, &blob, app.runtime.now()))).await;
        if let Err(error) | Ok(Err(error)) = touched {
            tracing::warn!(%error, "a blob that is being written was not touched");
        }
    }
}

/// Throws away one loose blob. One that has been named in the meantime, by a commit whose answer was lost, stays.
async fn discard(app: &Arc<App>, blob: String) -> Result<(), BlobError> {
    let (condemned, id) = (Arc::clone(app), blob.clone());
    if !blocking(move || own(&condemned, |tx| loose::condemn(tx, &id))).await?? {
        return Ok(());
    }
    app.blobs.remove(&blob).await?;
    let app = Arc::clone(app);
    blocking(move || own(&app, |tx| loose::forget(tx, &blob))).await?
}

/// Throws away blobs that have become loose; what breaks off is left to the sweeper.
pub(crate) async fn throw_away(app: &Arc<App>, blobs: Vec<String>) {
    for blob in blobs {
        if let Err(error) = discard(app, blob).await {
            tracing::warn!(%error, "a loose blob waits for the sweeper");
        }
    }
}

/// Gives up the uploads whose time is over, or whose sender's portal is closed by now, and answers how many.
///
/// # Errors
/// If the database does not answer; the next run goes on from there.
pub async fn sweep_uploads(app: &Arc<App>) -> Result<usize, BlobError> {
    let mut swept = 0;
    loop {
        let sweeper = Arc::clone(app);
        let released = blocking(move || {
            let now = sweeper.runtime.now();
            own(&sweeper, |tx| {
                let over = uploads::over(tx, now, 100)?;
                over.iter().map(|id| uploads::give_up(tx, id, now)).collect::<Result<Vec<_>, _>>()
            })
        });
        let released = released.await??;
        if released.is_empty() {
            return Ok(swept);
        }
        swept += released.len();
        throw_away(app, released.into_iter().flatten().collect()).await;
    }
}

/// Deletes the blobs that have been loose for an hour, and answers how many.
///
/// # Errors
/// If the database or the store of documents does not answer; the next run goes on from there.
pub async fn sweep(app: &Arc<App>) -> Result<usize, BlobError> {
    let mut swept = 0;
    loop {
        let reader = Arc::clone(app);
        let before = app.runtime.now().saturating_sub(LOOSE_FOR);
        let found = blocking(move || own(&reader, |tx| loose::before(tx, before, 100))).await??;
        if found.is_empty() {
            return Ok(swept);
        }
        for blob in found {
            discard(app, blob).await?;
            swept += 1;
        }
    }
}

/// Sweeps at once and then every ten minutes, until it is dropped.
pub async fn sweeper(app: Arc<App>) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        match sweep_uploads(&app).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "unfinished uploads were given up"),
            Err(error) => tracing::warn!(%error, "sweeping unfinished uploads broke off"),
        }
        match sweep(&app).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "loose blobs were thrown away"),
            Err(error) => tracing::warn!(%error, "sweeping loose blobs broke off"),
        }
    }
}

fn own<T>(app: &App, work: impl FnOnce(&store::SqliteTx) -> Result<T, HostError>) -> Result<T, BlobError> {
    let run = || {
        let tx = app.runtime.backend().begin_own(Mode::Write, app.runtime.now())?;
        let answer = work(&tx)?;
        commit(tx)?;
        Ok(answer)
    };
    run().map_err(|error: HostError| BlobError::Failed(format!("{error:?}")))
}

fn commit(tx: store::SqliteTx) -> Result<(), HostError> {
    tx.commit().map_err(|error| match error {
        CommitError::Failed(said) if store::is_disk_full(&said) => HostError::Other(said),
        error => HostError::Unavailable(error.to_string()),
    })
}
