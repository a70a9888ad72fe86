//! The records in SQLite: one file in WAL mode with `synchronous=FULL`, one connection that writes, several
//! that read. A committed transaction is on the disk before anybody is answered.

pub mod sessions;
mod tx;

use client_connect_runtime::{backend::Mode, types::{HostError, Timestamp}};
use rusqlite::Connection;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqliteBackend {}

/// One transaction on one connection; undone when dropped.
#[derive(Debug)]
pub struct SqliteTx { connection: Option<Connection>, mode: Mode }

impl SqliteTx {
    /// The connection inside the transaction, for the SQL of the modules beside this one.
    pub fn conn(&self) -> &Connection { match &self.connection { Some(connection) => connection, None => unreachable!("returned to the pool only by commit and drop") } }
    /// Whether it may write.
    pub fn mode(&self) -> Mode { self.mode }
}

impl SqliteBackend {
    /// A transaction without the plugin, for the host's own records.
    pub fn begin_own(&self, _mode: Mode, _now: Timestamp) -> Result<SqliteTx, HostError> { todo!() }
}
pub(crate) mod sql {
    //! Placeholder until the store is written.
    use client_connect_runtime::types::Timestamp;
    pub(crate) fn ms(at: Timestamp) -> i64 {
        i64::try_from(at).unwrap_or(i64::MAX)
    }
    pub(crate) fn at(ms: i64) -> Timestamp {
        Timestamp::try_from(ms).unwrap_or(0)
    }
}
