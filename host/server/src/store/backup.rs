//! A copy of the records and of the documents' bytes, made while the host serves: all of one moment, and proven as
//! it is written.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use client_connect_runtime::{
    backend::Mode,
    types::{HostError, Timestamp},
};
use rusqlite::{Connection, OpenFlags, backup::Backup};
use sha2::{Digest, Sha256};

use super::{
    SqliteBackend,
    audit::{self, Head},
    firms,
    sql::at,
};
use crate::blobs::Blobs;

/// The database's file in a backup, as in a data folder.
pub const DATABASE: &str = "client-connect.db";
/// The folder of the bytes in a backup, as in a data folder.
pub const DOCUMENTS: &str = "documents";
/// What a backup says of itself; written last, so that a backup without it is half of one.
pub const MANIFEST: &str = "backup.json";
const CHUNK: usize = 1 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    /// The moment that it shows, in milliseconds since the epoch.
    pub at: Timestamp,
    /// SHA-256 of the database's file, in hex.
    pub database: String,
    /// How many contents it holds.
    pub contents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Contents that could not be copied, by document and version: empty for a whole backup.
    pub missing: Vec<String>,
    /// The end of each firm's audit chain. Kept elsewhere, it proves later that nothing was cut off.
    pub heads: Vec<Head>,
}

/// Why there is no backup. What was written so far has no manifest.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder holds something already.
    #[error("{0:?} is not empty")]
    NotEmpty(PathBuf),
    /// A file could not be written.
    #[error("{path:?}: {source}")]
    File {
        /** Which. */
        path: PathBuf,
        /** Why. */
        #[source]
        source: std::io::Error,
    },
    /// The database could not be read, or its copy not be written.
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The records are in PostgreSQL.
    #[error(
        "the records are in PostgreSQL: back them up with its own tools, and the documents with those of their store"
    )]
    Elsewhere,
    /// The store could not be asked.
    #[error("the store: {0:?}")]
    Store(HostError),
}

impl From<HostError> for BackupError {
    fn from(error: HostError) -> Self {
        Self::Store(error)
    }
}

/// Writes a backup into a folder that is empty or not there. The folder is a data folder: a host that is given it serves
/// that moment again.
///
/// # Errors
/// [`BackupError`]; bytes that are missing or wrong are no error but named in the manifest, as all else is worth keeping.
pub fn backup(store: &SqliteBackend, blobs: &Blobs, to: &Path, now: Timestamp) -> Result<Manifest, BackupError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| BackupError::File { path, source }
    };
    fs::create_dir_all(to).map_err(failed(to))?;
    if fs::read_dir(to).map_err(failed(to))?.next().is_some() {
        return Err(BackupError::NotEmpty(to.to_path_buf()));
    }
    if !store.is_file() {
        return Err(BackupError::Elsewhere);
    }
    let database = to.join(DATABASE);
    copy_database(store.path(), &database)?;
    let copy =
        Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let documents = to.join(DOCUMENTS);
    let (mut contents, mut bytes, mut missing) = (0, 0, Vec::new());
    {
        let mut select = copy.prepare(
            "SELECT document, version, blob, size, sha256 FROM versions v
             WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.blob = v.blob AND q.state = 'found') ORDER BY blob",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (document, version): (String, u32) = (row.get(0)?, row.get(1)?);
            let (blob, size, sha256): (String, u64, String) = (row.get(2)?, at(row.get(3)?), row.get(4)?);
            let folder = documents.join(blob.get(..2).unwrap_or(&blob));
            fs::create_dir_all(&folder).map_err(failed(&folder))?;
            let path = folder.join(&blob);
            match copy_bytes(blobs, &blob, size, &sha256, &path) {
                Ok(()) => {
                    contents += 1;
                    bytes += size;
                }
                Err(Copy::Source(why)) => {
                    let _ = fs::remove_file(&path);
                    missing.push(format!("{document} {version}: {why}"));
                }
                Err(Copy::Target(source)) => return Err(BackupError::File { path, source }),
            }
        }
    }
    drop(copy);
    let copied =
        SqliteBackend::open(&database, super::Options::new("")).map_err(|error| HostError::Other(error.to_string()))?;
    let heads = heads(&copied, now)?;
    drop(copied);
    let manifest = Manifest {
        at: now,
        database: hash_file(&database).map_err(failed(&database))?,
        contents,
        bytes,
        missing,
        heads,
    };
    let path = to.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| HostError::Other(error.to_string()))?;
    File::create_new(&path)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .map_err(failed(&path))?;
    File::open(to).and_then(|folder| folder.sync_all()).map_err(failed(to))?;
    Ok(manifest)
}

/// The end of each firm's chain now.
///
/// # Errors
/// Only if the database fails.
pub fn heads(store: &SqliteBackend, now: Timestamp) -> Result<Vec<Head>, HostError> {
    let tx = store.begin_own(Mode::Read, now)?;
    let mut heads = Vec::new();
    for firm in firms::list(&tx)? {
        heads.extend(audit::head(&tx, &firm.id)?);
    }
    Ok(heads)
}

/// In one step: a snapshot, which no writer has to wait for.
fn copy_database(from: &Path, to: &Path) -> Result<(), BackupError> {
    let source =
        Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    source.busy_timeout(std::time::Duration::from_secs(30))?;
    let mut copy = Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        backup.step(-1)?;
    }
    // What is half sent is not part of that moment: whoever sends it begins anew.
    copy.execute_batch(
        "DELETE FROM upload_parts; DELETE FROM uploads;
         DELETE FROM quarantine WHERE blob NOT IN (SELECT blob FROM versions)",
    )?;
    // One file, without a log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    drop(copy);
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(|source| BackupError::File { path: to.to_path_buf(), source })
}

enum Copy {
    Source(String),
    Target(std::io::Error),
}

fn copy_bytes(blobs: &Blobs, blob: &str, size: u64, sha256: &str, to: &Path) -> Result<(), Copy> {
    let mut reader = blobs.open(blob, 0).map_err(|error| Copy::Source(error.to_string()))?;
    let mut file = File::create_new(to).map_err(Copy::Target)?;
    let mut hash = Sha256::new();
    let mut left = size;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let bytes = reader.read(part).map_err(|error| Copy::Source(error.to_string()))?;
        hash.update(&bytes);
        file.write_all(&bytes).map_err(Copy::Target)?;
        left = left.saturating_sub(u64::try_from(part).unwrap_or(left));
    }
    if hex::encode(hash.finalize()) != sha256 {
        return Err(Copy::Source("its bytes are others".to_owned()));
    }
    file.sync_all().map_err(Copy::Target)
}

pub(super) fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        let length = std::io::Read::read(&mut file, &mut buffer)?;
        if length == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..length]);
    }
}

#[cfg(test)]
mod tests;
