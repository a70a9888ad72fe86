//! Malware in what comes: each file is shown to a scanner before it is a document, if the settings name one.
//!
//! What is found is refused. Where nothing was found out, as the scanner is away, slow, or takes no file so large, the
//! file is kept, and [`crate::store::quarantine`] gives it out to nobody before a later scan calls it clean.

mod clamd;
mod later;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

pub use clamd::Place;
pub use later::{again, keeper};

use crate::{
    app::SharedApp,
    blobs::{BlobError, Blobs},
    store::{
        SqliteTx,
        audit::{self, Row},
        inbox,
        quarantine::{self, Held, Why},
    },
    web::{
        self,
        problem::{Fault, Problem},
    },
};

/// How many files are scanned at a time.
const AT_ONCE: usize = 4;

/// How to reach a scanner, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens.
    pub place: Place,
    /// How long one file may take, waiting for its turn too.
    pub timeout: Duration,
    /// The largest file that it takes, in bytes.
    pub limit: u64,
    /// Whether larger files pass without a scan.
    pub pass_larger: bool,
}

/// A scanner.
#[derive(Debug)]
pub struct Scanner {
    settings: Settings,
    turns: Semaphore,
}

/// What came of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found in any of it.
    Clean,
    /// This was found.
    Found(String),
    /// It is not known.
    Unknown(Why),
}

/// A file that is durable and not a document yet, or a version of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Names the bytes.
    pub blob: String,
    /// Bytes.
    pub size: u64,
    /// As it is called.
    pub name: String,
}

impl Scanner {
    /// Not asked for anything yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, turns: Semaphore::new(AT_ONCE) }
    }

    /// Has one blob scanned.
    pub async fn scan(&self, blobs: &Blobs, blob: &str, size: u64) -> Verdict {
        let Settings { place, timeout, limit, pass_larger } = self.settings.clone();
        if size > limit {
            return if pass_larger { Verdict::Clean } else { Verdict::Unknown(Why::TooLarge) };
        }
        let until = Instant::now() + timeout;
        let Ok(Ok(_turn)) = tokio::time::timeout(timeout, self.turns.acquire()).await else {
            return Verdict::Unknown(Why::Unavailable);
        };
        let (blobs, blob) = (blobs.clone(), blob.to_owned());
        let asked = tokio::task::spawn_blocking(move || {
            let mut reader = blobs.open(&blob, 0)?;
            let mut left = size;
            Ok::<_, BlobError>(clamd::ask(&place, until, |most| {
                let length = usize::try_from(left).unwrap_or(most).min(most);
                if length == 0 {
                    return Ok(bytes::Bytes::new());
                }
                let bytes = reader.read(length).map_err(std::io::Error::other)?;
                left -= bytes.len() as u64;
                Ok(bytes)
            }))
        });
        match asked.await {
            Ok(Ok(Verdict::Unknown(Why::TooLarge))) if pass_larger => Verdict::Clean,
            Ok(Ok(verdict)) => verdict,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a file cannot be read to be scanned");
                Verdict::Unknown(Why::Unavailable)
            }
            Err(error) => {
                tracing::error!(%error, "a scan broke off");
                Verdict::Unknown(Why::Unavailable)
            }
        }
    }
}

/// Has files scanned that have just come, and writes down what came of it. Answers those in which something was found,
/// with what it was: of them nothing may be kept.
///
/// # Errors
/// If the store does not answer.
pub async fn arrived(app: &SharedApp, files: Vec<File>) -> Result<Vec<(File, String)>, Problem> {
    let Some(scanner) = &app.scanner else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for file in files {
        let verdict = scanner.scan(&app.blobs, &file.blob, file.size).await;
        metrics::counter!("scans_total", "verdict" => word(&verdict)).increment(1);
        let blob = file.blob.clone();
        match verdict {
            Verdict::Found(what) => found.push((file, what)),
            Verdict::Clean => {
                web::blocking(app, move |app| {
                    app.runtime.write(|unit| Ok::<_, Problem>(quarantine::clean(unit.tx(), &blob)?))
                })
                .await?;
            }
            Verdict::Unknown(why) => {
                web::blocking(app, move |app| {
                    app.runtime.write(|unit| {
                        let at = later::next(unit.now(), 0);
                        Ok::<_, Problem>(quarantine::wait(unit.tx(), &blob, why, at)?)
                    })
                })
                .await?;
            }
        }
    }
    Ok(found)
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Found(_) => "found",
        Verdict::Unknown(why) => why.word(),
    }
}

/// The refusal of files in which something was found.
#[must_use]
pub fn refusal(found: &[(File, String)]) -> Problem {
    let mut problem = Problem::invalid("Malware was found. Nothing of what was sent is kept.");
    problem.code = "malware";
    problem.errors = found
        .iter()
        .map(|(file, what)| Fault {
            code: "malware".into(),
            message: format!("Malware was found in “{}” ({what}). It was not stored.", file.name),
            attributes: [("field".to_owned(), "file".to_owned()), ("name".to_owned(), file.name.clone())].into(),
        })
        .collect();
    problem
}

/// Writes into the audit that files were refused, and tells these users of it; `base` says who sent them where.
///
/// # Errors
/// If the store does not answer.
pub fn tell_of_refusal(
    tx: &SqliteTx,
    firm: &str,
    base: &Row,
    sender: &str,
    users: &[String],
    found: &[(File, String)],
) -> Result<(), Problem> {
    for (file, what) in found {
        let row = base.clone().detail("name", file.name.as_str()).detail("finding", what.as_str());
        audit::append(tx, firm, &row)?;
        let text =
            format!("“{}”, sent by {sender}, was refused: {what} was found in it. Nothing of it was kept.", file.name);
        for user in users {
            inbox::put(tx, firm, user, base.matter.as_deref(), &text, base.at)?;
        }
    }
    Ok(())
}

/// Writes into the audit that a document is held back, if its content is, and tells these users; `base` says who stored
/// it where. Answers whether it is.
///
/// # Errors
/// If the store does not answer.
pub fn note_held(
    tx: &SqliteTx,
    firm: &str,
    base: &Row,
    document: &str,
    blob: &str,
    users: &[String],
) -> Result<bool, Problem> {
    let Some(waits) = quarantine::of_blob(tx, blob)? else { return Ok(false) };
    let row = Row { action: "document.held".to_owned(), ..base.clone() }.document(document);
    audit::append(tx, firm, &row.detail("version", waits.version))?;
    let text = format!("“{}” is held back until it was scanned for malware: so far it could not be.", waits.name);
    for user in users {
        inbox::put(tx, firm, user, base.matter.as_deref(), &text, base.at)?;
    }
    Ok(true)
}

impl From<Held> for Problem {
    fn from(held: Held) -> Self {
        match held {
            Held::Waiting => Self::conflict(
                "held-for-scan",
                "This file was not scanned for malware yet. It is held back until it was.",
            ),
            Held::Found => Self::new(
                axum::http::StatusCode::GONE,
                "malware",
                "Malware was found in this file. Its content was removed.",
            ),
        }
    }
}
