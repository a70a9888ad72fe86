//! The connections: one that writes, a few that read. Whoever wants one waits, but never for ever.

use std::{
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, PoisonError},
    time::Instant,
};

use client_connect_runtime::{backend::Mode, types::HostError};

use super::{
    driver::Connection,
    open::{self, Options},
    sql,
};

pub(super) struct Pool {
    path: PathBuf,
    options: Options,
    cursor_key: [u8; 32],
    writers: Lane,
    readers: Lane,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Connections of one kind; `max` of them at most exist at a time.
#[derive(Debug)]
struct Lane {
    max: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    out: usize,
}

impl Lane {
    fn new(max: usize) -> Self {
        Self { max, state: Mutex::default(), freed: Condvar::new() }
    }
}

impl Pool {
    pub(super) fn new(path: PathBuf, options: Options, cursor_key: [u8; 32]) -> Self {
        let readers = options.readers.max(1);
        Self { path, options, cursor_key, writers: Lane::new(1), readers: Lane::new(readers) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn cursor_key(&self) -> &[u8; 32] {
        &self.cursor_key
    }

    fn lane(&self, mode: Mode) -> &Lane {
        match mode {
            Mode::Read => &self.readers,
            Mode::Write => &self.writers,
        }
    }

    /// An open connection, for one transaction.
    pub(super) fn take(&self, mode: Mode) -> Result<Connection, HostError> {
        let lane = self.lane(mode);
        let until = Instant::now() + self.options.wait;
        let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // A session that has ended while nobody asked is none.
            while let Some(connection) = state.idle.pop() {
                if connection.lives() {
                    state.out += 1;
                    return Ok(connection);
                }
            }
            if state.out < lane.max {
                state.out += 1;
                drop(state);
                let connected = match &self.options.postgres {
                    Some(postgres) => postgres.connect(),
                    None => open::connect(&self.path, mode, self.options.wait).map(Connection::of_sqlite),
                };
                return connected.map_err(|error| {
                    self.give(mode, None);
                    sql::host_error(error)
                });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(HostError::Unavailable("no connection to the database became free in time".into()));
            }
            state = lane.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes something in the place of a transaction whose commit failed: all of it may be in the log, where the next
    /// start would find it, and whoever asked for it was told that nothing was changed. If that fails too, so does the disk.
    pub(super) fn write_over(&self) {
        let written = self.take(Mode::Write).and_then(|connection| {
            let written = connection.execute(
                "INSERT INTO host (key, value) VALUES ('written-over', randomblob(16))
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [],
            );
            self.give(Mode::Write, written.is_ok().then_some(connection));
            written.map_err(sql::host_error)
        });
        if let Err(error) = written {
            tracing::error!(?error, "the disk fails: what was refused last may be there after the next start");
            self.options.room.fails();
        }
    }

    /// Takes a connection back, or with `None` the news that it is lost: the next one who asks opens another.
    pub(super) fn give(&self, mode: Mode, connection: Option<Connection>) {
        let lane = self.lane(mode);
        let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.out = state.out.saturating_sub(1);
        state.idle.extend(connection);
        drop(state);
        lane.freed.notify_one();
    }
}
