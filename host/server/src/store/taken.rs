//! What was taken away from somebody, in a file that no backup holds: a backup that is restored would give it back.
//!
//! Each line is on the disk before whoever took it away is answered. Lines name ids alone, no names and no addresses,
//! and tell what may still be had, never what may be had again: to apply one twice, or one too many, takes too much
//! and gives nothing.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use client_connect_runtime::{
    backend::Effect,
    types::{ShareState, Timestamp},
};
use serde::{Deserialize, Serialize};

use crate::files;

/// One thing that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "taken", rename_all = "kebab-case")]
pub enum Taken {
    /// A contact is no longer shown a document.
    Share {
        /** In which matter. */
        matter: String,
        /** Which. */
        document: String,
        /** From whom. */
        contact: String,
    },
    /// A contact's access is not, or no longer, all that it could be.
    Grant {
        /** To which matter. */
        matter: String,
        /** Whose. */
        contact: String,
        /** Whether they may still enter. */
        portal: bool,
        /** Whether they may still download. */
        can_download: bool,
        /** Until when, in milliseconds since the epoch; none: without an end. */
        until: Option<Timestamp>,
    },
    /// A contact is no longer one of the matter.
    Contact {
        /** Of which. */
        matter: String,
        /** Who. */
        contact: String,
    },
    /// A document lies in the bin, or is gone.
    Document {
        /** Of which matter. */
        matter: String,
        /** Which. */
        document: String,
    },
    /// What a user may still do in a matter.
    Member {
        /** In which. */
        matter: String,
        /** Who. */
        user: String,
        /** Whether they may still see it. */
        read: bool,
        /** Whether they may still change documents. */
        can_edit: bool,
        /** Whether they may still share. */
        can_share: bool,
    },
}

impl Taken {
    /// What a call took away, if it did.
    pub(super) fn by(matter: &str, effect: &Effect) -> Option<Self> {
        let matter = matter.to_owned();
        match effect {
            Effect::Share(share) if share.state != ShareState::Live => {
                Some(Self::Share { matter, document: share.document.clone(), contact: share.contact.clone() })
            }
            Effect::Grant(grant) if !grant.portal || !grant.can_download || grant.until.is_some() => {
                Some(Self::Grant {
                    matter,
                    contact: grant.contact.clone(),
                    portal: grant.portal,
                    can_download: grant.can_download,
                    until: grant.until,
                })
            }
            Effect::Forgotten(contact) => Some(Self::Contact { matter, contact: contact.clone() }),
            Effect::Share(_) | Effect::Grant(_) | Effect::Watchers(_) => None,
        }
    }
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, in milliseconds since the epoch.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub taken: Taken,
}

/// The file. What cannot be written to it is kept and written with the next: whoever takes something away is not kept
/// from it by a full disk.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    waiting: Mutex<Vec<u8>>,
}

impl Journal {
    /// At this path; the file is made when there is something to write.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, waiting: Mutex::default() }
    }

    /// Makes the file, so that one that is lost can be told from one in which nothing stands yet.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn begin(&self) -> std::io::Result<()> {
        OpenOptions::new().append(true).create(true).open(&self.path).map(drop)
    }

    /// Writes what a transaction took away, which was committed just now.
    pub(super) fn write(&self, at: Timestamp, taken: Vec<Taken>) {
        if taken.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for taken in taken {
            match serde_json::to_writer(&mut *waiting, &Line { at, taken }) {
                Ok(()) => waiting.push(b'\n'),
                Err(error) => tracing::error!(%error, "a line of what was taken away cannot be written"),
            }
        }
        match self.append(&waiting) {
            Ok(()) => waiting.clear(),
            Err(error) => {
                metrics::counter!("taken_away_unwritten_total").increment(1);
                tracing::error!(%error, "what was taken away is not in the journal that a restore reads; it is tried again with the next");
            }
        }
    }

    fn append(&self, lines: &[u8]) -> std::io::Result<()> {
        let fresh = !self.path.exists();
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        if !fresh && file.metadata()?.len() > 0 && !ends_with_a_line(&self.path)? {
            // An earlier attempt broke off: what it left is not to swallow the first of these.
            file.write_all(b"\n")?;
        }
        file.write_all(lines)?;
        file.sync_data()?;
        if fresh {
            files::sync_folder_of(&self.path)?;
        }
        Ok(())
    }
}

fn ends_with_a_line(path: &Path) -> std::io::Result<bool> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// What a journal says was taken away at this moment or later, and how many lines could not be read: those that a crash
/// cut off, or that somebody has changed.
///
/// # Errors
/// If the file cannot be read.
pub fn read(path: &Path, since: Timestamp) -> std::io::Result<(Vec<Taken>, usize)> {
    let (mut taken, mut unreadable) = (Vec::new(), 0);
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let line = line?;
        match serde_json::from_slice::<Line>(&line) {
            Ok(line) if line.at >= since => taken.push(line.taken),
            Ok(_) => {}
            Err(_) if line.is_empty() => {}
            Err(_) => unreadable += 1,
        }
    }
    Ok((taken, unreadable))
}

#[cfg(test)]
mod tests;
