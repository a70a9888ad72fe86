//! The records, in SQLite or PostgreSQL. SQLite: one file in WAL mode with `synchronous=FULL`, one connection that writes, several
//! that read. A committed transaction is on the disk before anybody is answered; one that is dropped leaves
//! nothing.
//!
//! All SQL of the host stands below this module, one file for each area, every statement a constant.

pub mod audit;
pub mod backup;
pub mod conformance;
pub mod contacts;
pub mod content;
pub mod documents;
pub mod driver;
pub mod factors;
pub mod firms;
pub mod generate;
pub mod idempotency;
pub mod identities;
pub mod inbox;
mod kept;
pub mod leases;
pub mod limits;
pub mod loose;
pub mod mailbox;
pub mod matters;
pub mod members;
pub mod names;
mod open;
pub mod outbox;
mod pages;
pub mod plugin;
mod pool;
mod postgres;
pub mod previews;
pub mod quarantine;
pub mod refusals;
pub mod restore;
pub mod secrets;
pub mod sessions;
pub mod sign_ins;
pub(crate) mod sql;
pub mod staff;
pub mod taken;
#[cfg(test)]
pub(crate) mod testing;
pub mod told;
pub mod tree;
mod tx;
pub mod unseen;
pub mod uploads;
pub mod users;
pub mod verify;
pub mod versions;
pub mod webhooks;

use std::{cell::RefCell, sync::Arc};

use client_connect_runtime::{
    backend::{Backend, CommitError, Mode},
    types::{HostError, Timestamp},
};
use driver::Connection;

pub use open::{OpenError, Options};
use pool::Pool;
pub use postgres::Postgres;
pub use sql::is_disk_full;
pub(crate) use tx::HELD;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqliteBackend {
    pool: Arc<Pool>,
}

/// One transaction on one connection; undone when dropped.
#[derive(Debug)]
pub struct SqliteTx {
    connection: Option<Connection>,
    mode: Mode,
    now: Timestamp,
    /// What it takes away from somebody.
    taken: RefCell<Vec<taken::Taken>>,
    pool: Arc<Pool>,
}

impl SqliteTx {
    /// The connection inside the transaction, for the SQL of the modules beside this one.
    pub fn conn(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("returned to the pool only by commit and drop"),
        }
    }

    /// Whether it may write.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// When it began, by the clock of whoever began it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Notes what this transaction takes away, for the journal that a restore reads.
    fn takes(&self, taken: taken::Taken) {
        self.taken.borrow_mut().push(taken);
    }

    /// What the host is set up to say of itself in its records.
    pub(crate) fn options(&self) -> &Options {
        self.pool.options()
    }

    /// The key that seals cursors.
    pub(crate) fn cursor_key(&self) -> &[u8; 32] {
        self.pool.cursor_key()
    }

    /// Makes all of it durable, or nothing: the inherent twin of the trait's method.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if another connection holds the file, or the disk was full and is not any more;
    /// [`CommitError::Failed`] otherwise, and
    /// then the connection is given up, as nobody knows what an `fsync` that failed has left; what it may have left in the
    /// log is written over.
    pub fn commit(mut self) -> Result<(), CommitError> {
        let Some(connection) = self.connection.take() else { return Ok(()) };
        match connection.commit() {
            Ok(()) => {
                self.pool.give(self.mode, Some(connection));
                if let Some(journal) = &self.options().journal {
                    journal.write(self.now, self.taken.take());
                }
                Ok(())
            }
            Err(error) if sql::is_busy(&error) => {
                self.connection = Some(connection);
                Err(CommitError::Conflict)
            }
            Err(error) => {
                let said = sql::describe(&error);
                // Nothing of it is kept, and now there is room: the whole may be tried again.
                if connection.sqlite().is_some() && is_disk_full(&said) && self.pool.options().room.give_up() {
                    self.pool.give(self.mode, None);
                    return Err(CommitError::Conflict);
                }
                if sql::is_constraint(&error) {
                    self.connection = Some(connection);
                } else {
                    let log = connection.sqlite().is_some();
                    drop(connection);
                    self.pool.give(self.mode, None);
                    if log && sql::is_io_error(&said) {
                        self.pool.write_over();
                    }
                }
                Err(CommitError::Failed(said))
            }
        }
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let clean = connection.undo();
            self.pool.give(self.mode, clean.then_some(connection));
        }
    }
}

impl SqliteBackend {
    /// A transaction without the plugin, for the host's own records. Commit it, or it is undone.
    ///
    /// # Errors
    /// [`HostError::Unavailable`] if no connection becomes free in time.
    pub fn begin_own(&self, mode: Mode, now: Timestamp) -> Result<SqliteTx, HostError> {
        let connection = self.pool.take(mode)?;
        match connection.begin(mode) {
            Ok(()) => Ok(SqliteTx {
                connection: Some(connection),
                mode,
                now,
                taken: RefCell::default(),
                pool: Arc::clone(&self.pool),
            }),
            Err(error) => {
                let keep = sql::is_busy(&error);
                self.pool.give(mode, keep.then_some(connection));
                Err(sql::host_error(error))
            }
        }
    }

    /// Whether the records are in a file of SQLite's, beside the documents.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.pool.options().postgres.is_none()
    }

    /// Where the database's file is, or would be.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        self.pool.path()
    }
}

impl Backend for SqliteBackend {
    type Tx = SqliteTx;

    fn begin(&self, mode: Mode, now: Timestamp) -> Result<Self::Tx, HostError> {
        self.begin_own(mode, now)
    }
}

/// A fresh id: 32 hex digits from the system's random source. Never a counter, never a time.
#[must_use]
pub fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    fill_random(&mut bytes);
    hex::encode(bytes)
}

/// Fills with the system's randomness. Without any, no id, salt or code can be made that holds: the process ends.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        tracing::error!(%error, "the system gives no randomness");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests;
