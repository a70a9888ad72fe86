//! Opening the database: settings of a connection, migrations, and a look at the file's health while it is small.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use client_connect_runtime::backend::Mode;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{SqliteBackend, driver, fill_random, kept, pool::Pool, postgres::Postgres, taken::Journal};
use crate::room::Room;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// Up to this size the whole file is checked at each start, in well under a second.
const CHECKED_AT_START: u64 = 64 * 1024 * 1024;

/// What the store has to know of the host it works for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where customers enter the portal.
    pub portal_url: String,
    /// A matter's id is appended to this: where staff open it.
    pub staff_url: String,
    /// The media types of which the host can show pages.
    pub previews: Arc<BTreeSet<String>>,
    /// Where it is noted what was taken away from somebody, if anywhere.
    pub journal: Option<Arc<Journal>>,
    /// What is given up if the disk is full.
    pub room: Arc<Room>,
    /// Where the records are, if not in a file of SQLite's.
    pub postgres: Option<Postgres>,
    /// Connections that read at once.
    pub readers: usize,
    /// How long a transaction waits for its connection, and for other processes at the same file.
    pub wait: Duration,
}

impl Options {
    /// For a host under this URL, given without a slash at its end: the portal at `/portal`, a matter at
    /// `/matters/{id}`, no previews, no journal.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/');
        Self {
            portal_url: [public_url, "/portal"].concat(),
            staff_url: [public_url, "/matters/"].concat(),
            previews: Arc::default(),
            journal: None,
            room: Arc::default(),
            postgres: None,
            readers: 8,
            wait: Duration::from_secs(5),
        }
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, read or written.
    #[error("the database {path:?} cannot be used: {source}")]
    Database {
        /** Its file. */
        path: PathBuf,
        /** What SQLite says. */
        #[source]
        source: rusqlite::Error,
    },
    /// A migration failed, or the file was written by another version than this one can read.
    #[error("the schema of {path:?} does not fit this version: {source}")]
    Schema {
        /** Its file. */
        path: PathBuf,
        /** Which migration. */
        #[source]
        source: Box<refinery::Error>,
    },
    /// PostgreSQL cannot be used as it is.
    #[error("the database in PostgreSQL cannot be used: {detail}")]
    Postgres {
        /** Why. */
        detail: String,
    },
    /// The file's pages contradict each other; nothing is written to it.
    #[error("the database {path:?} is damaged: {detail}")]
    Damaged {
        /** Its file. */
        path: PathBuf,
        /** What the check found first. */
        detail: String,
    },
}

impl SqliteBackend {
    /// Opens the database, makes it if it is not there, and brings its schema up to this version's. A newer schema,
    /// or one that differs from what this version would have made, is refused and not touched.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the file.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> Result<Self, OpenError> {
        let path = path.into();
        #[cfg(test)]
        let options = super::testing::elsewhere(&path, options);
        if let Some(postgres) = &options.postgres {
            let failed = |detail| OpenError::Postgres { detail };
            let connection = postgres.connect().map_err(|error| failed(error.to_string()))?;
            postgres.prepare(&connection).map_err(failed)?;
            let cursor_key = cursor_key(&connection).map_err(|error| failed(error.to_string()))?;
            return Ok(Self { pool: Arc::new(Pool::new(path, options, cursor_key)) });
        }
        let failed = |source| OpenError::Database { path: path.clone(), source };
        let mut connection = connect(&path, Mode::Write, options.wait).map_err(failed)?;
        if std::fs::metadata(&path).is_ok_and(|file| file.len() <= CHECKED_AT_START) {
            let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
            if said != "ok" {
                return Err(OpenError::Damaged { path, detail: said });
            }
        }
        migrate(&path, &mut connection)?;
        let cursor_key = cursor_key(&driver::Connection::of_sqlite(connection)).map_err(failed)?;
        let pool = Pool::new(path, options, cursor_key);
        Ok(Self { pool: Arc::new(pool) })
    }
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let schema = |source| OpenError::Schema { path: path.to_path_buf(), source: Box::new(source) };
    migrations::migrations::runner()
        .set_abort_divergent(true)
        .set_abort_missing(true)
        // In one transaction with the record of what was done: killed between the two, it would never start again.
        .set_grouped(true)
        .run(connection)
        .map_err(schema)?;
    Ok(())
}

/// What signs the cursors of lists: the same for all hosts on these records.
fn cursor_key(connection: &driver::Connection) -> driver::Result<[u8; 32]> {
    let mut fresh = [0; 32];
    fill_random(&mut fresh);
    kept::get_or_put(connection, "cursor-key", &fresh)
}

/// A connection with all its settings.
pub(super) fn connect(path: &Path, mode: Mode, wait: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(512);
    // Without this promise of stable plans, SQLite prepares a cached statement anew whenever other values are bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -32768;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    if mode == Mode::Read {
        connection.execute_batch("PRAGMA query_only = ON")?;
    }
    Ok(connection)
}
