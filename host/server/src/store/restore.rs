//! A backup becomes a data folder again, and what was taken away after it stays taken away.
//!
//! The records are made ready under another name, and get theirs when all is done: a restore that broke off left nothing
//! that a host would serve. Nobody is signed in afterwards, and no mail that waited then is sent: it may have been.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use client_connect_runtime::{
    backend::{CallRecord, Effect, Mode, Tx as _},
    types::{Actor, HostError, ShareState, Timestamp},
};

use super::{
    Options, SqliteBackend, SqliteTx,
    audit::{self, By, Row},
    backup::{DATABASE, DOCUMENTS, MANIFEST, Manifest, hash_file},
    contacts, documents, firms, members, new_id, outbox, plugin,
    sql::{Host, ms},
    taken::{self, Taken},
};

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The moment that the backup shows, in milliseconds since the epoch.
    pub at: Timestamp,
    /// What it would have given back, and did not.
    pub kept_away: usize,
    /// Lines of the journal that could not be read.
    pub unreadable: usize,
    /// Mails that waited then, and are not sent.
    pub unsent: usize,
    /// SHA-256 of the plugin that the records keep for all hosts, in hex.
    pub plugin: Option<String>,
}

/// Why there is nothing restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder is no whole backup.
    #[error("{0:?} is no whole backup: {1}")]
    NoBackup(PathBuf, String),
    /// There is a database already.
    #[error("{0:?} holds records already")]
    Occupied(PathBuf),
    /// A file could not be read or written.
    #[error("{path:?}: {source}")]
    File {
        /** Which. */
        path: PathBuf,
        /** Why. */
        #[source]
        source: io::Error,
    },
    /// The records could not be opened.
    #[error(transparent)]
    Open(#[from] super::OpenError),
    /// The records could not be changed.
    #[error("the store: {0:?}")]
    Store(HostError),
}

impl From<HostError> for RestoreError {
    fn from(error: HostError) -> Self {
        Self::Store(error)
    }
}

/// Where a backup goes.
#[derive(Clone, Copy, Debug)]
pub struct To<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The folder of the bytes.
    pub documents: &'a Path,
}

/// Restores a backup, less what `journal` says was taken away since.
///
/// # Errors
/// [`RestoreError`].
pub fn restore(from: &Path, to: To<'_>, journal: Option<&Path>, now: Timestamp) -> Result<Restored, RestoreError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| RestoreError::File { path, source }
    };
    let manifest = manifest(from)?;
    let database = to.data.join(DATABASE);
    if database.exists() {
        return Err(RestoreError::Occupied(to.data.to_path_buf()));
    }
    // Read first: without it nothing is begun.
    let (taken, unreadable) = match journal {
        Some(path) => taken::read(path, manifest.at).map_err(failed(path))?,
        None => (Vec::new(), 0),
    };
    fs::create_dir_all(to.data).map_err(failed(to.data))?;
    copy_folder(&from.join(DOCUMENTS), to.documents)?;
    let unready = to.data.join("client-connect.db.restoring");
    for leftover in ["", "-wal", "-shm"] {
        let path = to.data.join(format!("client-connect.db.restoring{leftover}"));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
    }
    copy_file(&from.join(DATABASE), &unready)?;
    let mut restored = Restored { at: manifest.at, unreadable, ..Restored::default() };
    {
        let store = SqliteBackend::open(&unready, Options::new(""))?;
        let mut tx = store.begin_own(Mode::Write, now)?;
        restored.kept_away = take_away(&mut tx, &taken, now)?;
        restored.unsent = quiet(&tx, now)?;
        restored.plugin = plugin::hash(&tx)?.map(hex::encode);
        tell(&tx, &restored, now)?;
        tx.commit().map_err(|error| HostError::Other(format!("{error:?}")))?;
        // One file, without a log beside it.
        let tx = store.begin_own(Mode::Read, now)?;
        drop(tx);
    }
    let connection = rusqlite::Connection::open(&unready).host()?;
    connection.pragma_update(None, "journal_mode", "DELETE").host()?;
    drop(connection);
    File::open(&unready).and_then(|file| file.sync_all()).map_err(failed(&unready))?;
    fs::rename(&unready, &database).map_err(failed(&database))?;
    File::open(to.data).and_then(|folder| folder.sync_all()).map_err(failed(to.data))?;
    Ok(restored)
}

fn manifest(from: &Path) -> Result<Manifest, RestoreError> {
    let no = |why: String| RestoreError::NoBackup(from.to_path_buf(), why);
    let text = fs::read(from.join(MANIFEST)).map_err(|error| no(format!("{MANIFEST}: {error}")))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| no(format!("{MANIFEST}: {error}")))?;
    let hash = hash_file(&from.join(DATABASE)).map_err(|error| no(format!("{DATABASE}: {error}")))?;
    if hash == manifest.database {
        Ok(manifest)
    } else {
        Err(no(format!("{DATABASE} is not the file that was written")))
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), RestoreError> {
    let failed = |path: &Path, source| RestoreError::File { path: path.to_path_buf(), source };
    fs::create_dir_all(to).map_err(|error| failed(to, error))?;
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        // A backup without a document has no folder of them.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(from, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| failed(from, error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            copy_file(&source, &target)?;
        }
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(|error| failed(to, error))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), RestoreError> {
    let copied = fs::copy(from, to).and_then(|_| File::open(to)).and_then(|file| file.sync_all());
    copied.map_err(|source| RestoreError::File { path: to.to_path_buf(), source })
}

/// Takes away what the backup would give back. Answers how much that was.
fn take_away(tx: &mut SqliteTx, taken: &[Taken], now: Timestamp) -> Result<usize, HostError> {
    let mut effects: BTreeMap<String, Vec<Effect>> = BTreeMap::new();
    let mut count = 0;
    for one in taken {
        let effect = match one {
            Taken::Share { matter, document, contact } => {
                let found = tx.shared(matter, std::slice::from_ref(document), Some(std::slice::from_ref(contact)))?;
                let Some(mut share) = found.into_iter().find(|share| share.state == ShareState::Live) else { continue };
                (share.state, share.since) = (ShareState::Unshared, now);
                tx.put_shared(matter, std::slice::from_ref(&share))?;
                Some((matter, Effect::Share(share)))
            }
            Taken::Grant { matter, contact, portal, can_download, until } => {
                let found = tx.grants(matter, Some(std::slice::from_ref(contact)))?;
                let Some(mut grant) = found.into_iter().next() else { continue };
                let before = grant.clone();
                grant.portal &= portal;
                grant.can_download &= can_download;
                grant.until = match (grant.until, *until) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
                if grant == before {
                    continue;
                }
                grant.since = now;
                tx.put_grants(matter, std::slice::from_ref(&grant))?;
                Some((matter, Effect::Grant(grant)))
            }
            Taken::Contact { matter, contact } => {
                tx.forget_contacts(matter, std::slice::from_ref(contact))?;
                if !contacts::unlink(tx, matter, contact)? {
                    continue;
                }
                Some((matter, Effect::Forgotten(contact.clone())))
            }
            Taken::Document { matter, document } => {
                if documents::delete(tx, matter, std::slice::from_ref(document), now)?.is_empty() {
                    continue;
                }
                None
            }
            Taken::Member { matter, user, read, can_edit, can_share } => {
                let Some(rights) = members::get(tx, matter, user)? else { continue };
                let less = members::Rights {
                    can_edit: rights.can_edit && *can_edit,
                    can_share: rights.can_share && *can_share,
                    user: rights.user.clone(),
                };
                if !read {
                    members::remove(tx, matter, user)?;
                } else if less != rights {
                    members::set(tx, matter, &less)?;
                } else {
                    continue;
                }
                None
            }
        };
        count += 1;
        if let Some((matter, effect)) = effect {
            effects.entry(matter.clone()).or_default().push(effect);
        }
    }
    for (matter, effects) in effects {
        let call = CallRecord {
            id: new_id(),
            actor: Actor::Host,
            at: now,
            export: "restore",
            matter: Some(matter),
            plugin: String::new(),
            request: None,
        };
        audit::record(tx, &call, &effects, &[])?;
    }
    Ok(count)
}

/// Signs everybody out, and lets no mail go that waited at the backup's moment. Answers how many waited.
fn quiet(tx: &SqliteTx, now: Timestamp) -> Result<usize, HostError> {
    let conn = tx.conn();
    for statement in ["DELETE FROM sessions", "DELETE FROM sign_ins"] {
        conn.execute(statement, []).host()?;
    }
    // What is still held is made into letters, so that each notice has one: none is missing, and none is sent.
    conn.execute("UPDATE notices SET due_at = min(due_at, ?1) WHERE letter IS NULL", [ms(now)]).host()?;
    outbox::gather(tx, now, u32::MAX).host()?;
    conn.execute(
        "UPDATE letters SET state = 'dropped', lease_until = NULL, body = NULL
         WHERE channel = 'email' AND state IN ('waiting', 'sending')",
        [],
    )
    .host()
}

/// Writes into each firm's audit that its records are those of an earlier moment.
fn tell(tx: &SqliteTx, restored: &Restored, now: Timestamp) -> Result<(), HostError> {
    for firm in firms::list(tx)? {
        let row = Row::new(now, By::Host, "records.restored")
            .detail("backup_at", restored.at)
            .detail("kept_away", restored.kept_away)
            .detail("unreadable", restored.unreadable)
            .detail("unsent", restored.unsent);
        audit::append(tx, &firm.id, &row)?;
    }
    Ok(())
}
