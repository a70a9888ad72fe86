//! Room on the disk of the records. A reserve of it is kept, and given up when the disk is full: so what reads, and what
//! takes something away from somebody, can be written down even then. All else is refused until there is room again, which
//! is found out without a restart; and staff are told.
//!
//! A disk that fails, and goes on failing, is another matter: nobody knows what it has kept, so the host ends.

use std::{
    fs::{File, OpenOptions},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use client_connect_runtime::types::HostError;
use nix::sys::statvfs::statvfs;
use tokio::sync::Notify;

use crate::{
    app::{App, SharedApp},
    store::{inbox, sql, users},
    web::{Problem, blocking},
};

/// What is kept for what must be possible on a full disk: some hundred changes, each with its place in the database's log.
const RESERVE: u64 = 32 << 20;
/// With less than this beside the reserve, nothing new is taken in.
const LEAST: u64 = 8 << 20;
/// How often to look.
const EVERY: Duration = Duration::from_secs(1);
/// What staff with the firm's settings are told.
const FULL: &str = "The disk of this host is full. Nothing new can be stored until there is room; reading, and ending access and shares, still works.";

/// The room that is left.
#[derive(Debug, Default)]
pub struct Room {
    /// The reserve's file; none: nothing is kept, and nobody looks.
    reserve: Option<PathBuf>,
    full: AtomicBool,
    /// Staff know of it. Whoever finds that there is room again, what fills the disk after that is news.
    told: AtomicBool,
    failing: Notify,
}

impl Room {
    /// Keeps a reserve in this folder. A disk that has no room for it is full.
    #[must_use]
    pub fn keep(folder: &std::path::Path) -> Self {
        let room = Self { reserve: Some(folder.join("reserve")), ..Self::default() };
        room.look();
        room
    }

    /// Whether nothing new may be stored.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// The disk is full: gives up the reserve. Answers whether there was one, so that what failed may be tried again.
    pub fn give_up(&self) -> bool {
        let Some(reserve) = &self.reserve else { return false };
        if !self.full.swap(true, Ordering::Relaxed) {
            tracing::error!("the disk is full: the reserve is given up, and nothing new is stored");
        }
        std::fs::remove_file(reserve).is_ok()
    }

    /// The disk fails, and what it was told last cannot even be written over: nothing may rely on it any more.
    pub fn fails(&self) {
        self.failing.notify_one();
    }

    /// Answers when the disk fails for good.
    pub async fn failed(&self) {
        self.failing.notified().await;
    }

    /// Looks how much is left, and keeps the reserve again where there is room.
    pub fn look(&self) {
        let Some(reserve) = &self.reserve else { return };
        let kept = File::open(reserve).and_then(|file| file.metadata()).is_ok_and(|file| file.len() == RESERVE);
        let folder = reserve.parent().unwrap_or(reserve);
        // A disk that does not say is taken for one that has room: whatever fails then is said by itself.
        let left =
            statvfs(folder).map_or(u64::MAX, |disk| disk.fragment_size().saturating_mul(disk.blocks_available()));
        let full = if kept { left < LEAST } else { left < RESERVE + 2 * LEAST || !allocate(reserve) };
        let was = self.full.swap(full, Ordering::Relaxed);
        match (was, full) {
            (false, true) => tracing::error!(left, "the disk is full: nothing new is stored"),
            (true, false) => {
                self.told.store(false, Ordering::Relaxed);
                tracing::warn!(left, "there is room on the disk again");
            }
            _ => {}
        }
    }

    /// # Errors
    /// As a full disk fails, if nothing new may be stored.
    pub fn check(&self) -> Result<(), HostError> {
        if self.is_full() { Err(HostError::Other(sql::disk_full("there is only the reserve"))) } else { Ok(()) }
    }
}

fn allocate(reserve: &std::path::Path) -> bool {
    let made = OpenOptions::new().create(true).truncate(false).write(true).open(reserve);
    let made = made.is_ok_and(|file| fill(&file).is_ok());
    if !made {
        // What could not be kept whole would only be missing elsewhere.
        std::fs::remove_file(reserve).ok();
    }
    made
}

#[cfg(target_os = "linux")]
fn fill(reserve: &File) -> std::io::Result<()> {
    Ok(nix::fcntl::posix_fallocate(reserve, 0, RESERVE.cast_signed())?)
}

/// Where no room can be had without writing to it.
#[cfg(not(target_os = "linux"))]
fn fill(mut reserve: &File) -> std::io::Result<()> {
    use std::io::{Read as _, copy, repeat};
    copy(&mut repeat(0).take(RESERVE), &mut reserve)?;
    reserve.sync_all()
}

/// Looks again and again, until it is dropped.
pub async fn keeper(app: SharedApp) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        let looked = blocking(&app, |app| {
            app.room.look();
            Ok(())
        });
        looked.await.ok();
        if app.room.is_full() && !app.room.told.load(Ordering::Relaxed) {
            match blocking(&app, say).await {
                Ok(()) => app.room.told.store(true, Ordering::Relaxed),
                Err(problem) => tracing::warn!(%problem, "staff are not told yet that the disk is full"),
            }
        }
    }
}

/// Whoever is told that the disk is full is the last one to find out by themselves: what comes next is refused at once.
pub(crate) async fn look_where_full(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() == StatusCode::INSUFFICIENT_STORAGE {
        let looked = blocking(&app, |app| {
            app.room.look();
            Ok(())
        });
        looked.await.ok();
    }
    response
}

fn say(app: &App) -> Result<(), Problem> {
    app.runtime.write(|unit| {
        let now = unit.now();
        for (firm, user) in users::admins(unit.tx())? {
            inbox::put(unit.tx(), &firm, &user, None, FULL, now)?;
        }
        Ok::<_, Problem>(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_kept_given_up_and_kept_again() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::keep(folder.path());
        let reserve = folder.path().join("reserve");
        assert_eq!((room.is_full(), reserve.metadata().unwrap().len()), (false, RESERVE));
        assert!(room.give_up() && !room.give_up(), "once");
        assert!(room.is_full() && room.check().is_err() && !reserve.exists());
        room.look();
        assert!(!room.is_full() && room.check().is_ok() && reserve.exists());
    }

    #[test]
    fn without_a_folder_nothing_is_kept() {
        let room = Room::default();
        room.look();
        assert!(!room.give_up() && !room.is_full());
    }
}
