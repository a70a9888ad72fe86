//! Checkpoints of the audit log, written down while the host serves: each hour, and when it stops. The list only grows, and
//! is there to be copied to where nobody who can change the records can change it.
//!
//! The key that signs lies in a file of its own, outside of the database: whoever has only the database signs nothing.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use client_connect_runtime::{
    backend::Mode,
    types::{HostError, Timestamp},
};

use crate::{
    app::SharedApp,
    config::Config,
    files,
    store::{
        SqliteBackend, SqliteTx,
        audit::{
            Head,
            checkpoint::{KEY, Signer},
            head_or_beginning,
        },
        firms,
    },
    web::{self, Problem},
};

/// How often.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// The key, and the list.
#[derive(Debug)]
pub struct Checkpoints {
    signer: Signer,
    list: PathBuf,
    /// What was written last: what has not grown since is not written again.
    last: Mutex<Vec<Head>>,
}

impl Checkpoints {
    /// With the key of the settings, made if there is none yet.
    ///
    /// # Errors
    /// If it cannot be read or written, or is none.
    pub fn open(config: &Config) -> io::Result<Self> {
        let signer = signer(&config.audit_key())?;
        Ok(Self { signer, list: config.audit_checkpoints(), last: Mutex::default() })
    }

    /// What signs.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Adds the heads that have changed to the list, on the disk when this answers. Answers how many.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&self, heads: Vec<Head>) -> io::Result<usize> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh: Vec<Head> = heads.into_iter().filter(|head| !last.contains(head)).collect();
        if fresh.is_empty() {
            return Ok(0);
        }
        let existed = self.list.exists();
        let mut file = OpenOptions::new().append(true).create(true).open(&self.list)?;
        if file.metadata()?.len() == 0 {
            file.write_all(format!("{KEY}{}\n", self.signer.verifier()).as_bytes())?;
        }
        // One write for all: an empty line stands before each, so that what an earlier attempt left is told from it.
        let notes: String = fresh.iter().map(|head| ["\n", &self.signer.sign(head)].concat()).collect();
        file.write_all(notes.as_bytes())?;
        file.sync_data()?;
        if !existed {
            files::sync_folder_of(&self.list)?;
        }
        let count = fresh.len();
        last.retain(|old| fresh.iter().all(|head| head.firm != old.firm));
        last.extend(fresh);
        Ok(count)
    }
}

/// The key of a file, made for this user alone if it is not there.
///
/// # Errors
/// If it cannot be read or made, or is no key.
pub fn signer(path: &Path) -> io::Result<Signer> {
    let none = || io::Error::new(io::ErrorKind::InvalidData, "this is no key of checkpoints");
    let text = files::key(path, || {
        let mut seed = [0; 32];
        crate::store::fill_random(&mut seed);
        Signer::kept(&seed).ok_or_else(none)
    })?;
    Signer::read(&text).map_err(|_| none())
}

/// The head of each firm's chain, also of one in which nothing stands yet.
///
/// # Errors
/// Only if the database fails.
pub fn heads(store: &SqliteBackend, now: Timestamp) -> Result<Vec<Head>, HostError> {
    let tx: SqliteTx = store.begin_own(Mode::Read, now)?;
    firms::list(&tx)?.iter().map(|firm| head_or_beginning(&tx, &firm.id)).collect()
}

/// Writes down where each chain ends now.
///
/// # Errors
/// If the store does not answer, or the list cannot be written.
pub async fn write_down(app: &SharedApp) -> Result<usize, Problem> {
    web::blocking(app, |app| {
        let heads = heads(app.runtime.backend(), app.runtime.now())?;
        app.checkpoints.add(heads).map_err(Problem::internal)
    })
    .await
}

/// Does so each hour until it is dropped.
pub async fn keeper(app: SharedApp) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        if let Err(problem) = write_down(&app).await {
            metrics::counter!("checkpoints_unwritten_total").increment(1);
            tracing::error!(%problem, "the checkpoints of the audit log were not written");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::store::audit::{By, Row, append, checkpoint, verify};
    use crate::web::portal::tests::house::House;

    #[tokio::test(flavor = "multi_thread")]
    async fn t_audit_each_checkpoint_of_the_list_is_part_of_the_chain() {
        let mut house = House::new();
        let key = house.data().join("audit.key");
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read(&key).unwrap();
        let list = house.data().join("audit-checkpoints.txt");
        for n in 0..3 {
            assert_eq!(write_down(&house.app).await.unwrap(), 1);
            // What has not grown is not written again.
            assert_eq!(write_down(&house.app).await.unwrap(), 0);
            house.change(|tx| append(tx, &house.firm, &Row::new(n, By::Host, "firm.changed")).unwrap());
        }
        // The next start goes on with the same key and the same list.
        house.restart();
        assert_eq!(std::fs::read(&key).unwrap(), before);
        assert_eq!(write_down(&house.app).await.unwrap(), 1);
        let heads =
            checkpoint::read(&std::fs::read_to_string(&list).unwrap(), &house.app.checkpoints.signer().verifier());
        let heads = heads.unwrap();
        assert_eq!(heads.len(), 4);
        let of: Vec<&Head> = heads.iter().collect();
        house.change(|tx| {
            assert!(verify(tx, &house.firm, &of).unwrap().is_ok());
            let sqlite = tx.conn().sqlite().is_some();
            tx.conn()
                .execute_batch(if sqlite {
                    "DROP TRIGGER audit_append_only_delete"
                } else {
                    "ALTER TABLE audit DISABLE TRIGGER USER"
                })
                .unwrap();
            tx.conn().execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", []).unwrap();
            assert!(verify(tx, &house.firm, &[]).unwrap().is_ok());
            assert!(verify(tx, &house.firm, &of).unwrap().is_err());
        });
    }

    #[test]
    fn a_file_that_is_no_key_is_said_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.key");
        for text in ["", "a key", "PRIVATE+KEY+client-connect/audit+00000000+AQ=="] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(signer(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
