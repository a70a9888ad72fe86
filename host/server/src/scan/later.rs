//! Scans of what is held back, again and again: a file that could not be scanned when it came is given free, or refused,
//! when it could be.

use std::time::Duration;

use client_connect_runtime::types::Timestamp;

use super::Verdict;
use crate::{
    app::SharedApp,
    blobs,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        inbox,
        quarantine::{self, Due, Why},
        refusals, told,
    },
    web::{self, problem::Problem},
};

/// How often to look for what is due.
const EVERY: Duration = Duration::from_secs(20);
const MINUTE: Timestamp = 60_000;

/// When to try again what was tried so often since it was stored.
pub(super) fn next(now: Timestamp, attempts: u32) -> Timestamp {
    let minutes = match attempts {
        0 => 1,
        1 => 2,
        2 => 5,
        3 => 15,
        _ => 60,
    };
    now + minutes * MINUTE
}

/// Scans all that is due, one after the other, and answers how many were given free and in how many something was found.
/// With a scanner that does not answer it ends at once.
///
/// # Errors
/// If the store does not answer; the rest is tried next time.
pub async fn again(app: &SharedApp) -> Result<(usize, usize), Problem> {
    let (mut clean, mut found) = (0, 0);
    let Some(scanner) = &app.scanner else { return Ok((0, 0)) };
    loop {
        let due = web::blocking(app, |app| {
            app.runtime.read(|unit| {
                let now = unit.now();
                Ok::<_, Problem>(quarantine::due(unit.tx(), now)?)
            })
        });
        let Some(due) = due.await? else { return Ok((clean, found)) };
        let verdict = scanner.scan(&app.blobs, &due.blob, due.size).await;
        metrics::counter!("scans_total", "verdict" => super::word(&verdict)).increment(1);
        let (was, blob, sha256) = (verdict.clone(), due.blob.clone(), due.sha256.clone());
        let settled = web::blocking(app, move |app| {
            app.runtime.write(|unit| {
                let now = unit.now();
                settle(unit.tx(), &due, &verdict, now)
            })
        });
        let changed = settled.await?;
        match was {
            Verdict::Clean => clean += usize::from(changed),
            Verdict::Found(_) if changed => {
                found += 1;
                app.outbox.notify_one();
                app.previews.forget(&sha256);
                blobs::throw_away(app, vec![blob]).await;
            }
            Verdict::Unknown(Why::Unavailable) => return Ok((clean, found)),
            Verdict::Found(_) | Verdict::Unknown(_) => {}
        }
    }
}

/// Writes down what came of a scan. Answers whether the version had still waited for it.
fn settle(tx: &SqliteTx, due: &Due, verdict: &Verdict, now: Timestamp) -> Result<bool, Problem> {
    let row = |action: &str| {
        Row::new(now, By::Host, action).matter(&due.matter).document(&due.document).detail("version", due.version)
    };
    match verdict {
        Verdict::Clean => {
            let freed = quarantine::clean(tx, &due.blob)?;
            if freed {
                audit::append(tx, &due.firm, &row("document.scanned"))?;
            }
            Ok(freed)
        }
        Verdict::Found(what) => {
            let refused = quarantine::found(tx, &due.blob, what, now)?;
            if refused {
                audit::append(tx, &due.firm, &row("document.refused").detail("finding", what.as_str()))?;
                let text = format!("{what} was found in “{}”. Its content was removed; nobody had got it.", due.name);
                if due.uploader.is_some() {
                    refusals::put(tx, &due.firm, &due.document, now)?;
                }
                for user in told::of_document(tx, &due.matter, &due.document)? {
                    inbox::put(tx, &due.firm, &user, Some(&due.matter), &text, now)?;
                }
            }
            Ok(refused)
        }
        Verdict::Unknown(why) => {
            quarantine::wait(tx, &due.blob, *why, next(now, due.attempts))?;
            Ok(false)
        }
    }
}

/// Scans what is due until it is dropped. Without a scanner there is nothing to do.
pub async fn keeper(app: SharedApp) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        match again(&app).await {
            Ok((0, 0)) => {}
            Ok((clean, found)) => tracing::info!(clean, found, "files that were held back were scanned"),
            Err(problem) => tracing::warn!(%problem, "scanning what is held back broke off"),
        }
    }
}
