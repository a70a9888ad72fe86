//! The sweeper: deletes records whose time is over, and writes down when sessions were used. Bytes that no record
//! names are swept by [`crate::blobs::sweeper`].

use std::{sync::atomic::Ordering, time::Duration};

use client_connect_runtime::types::Timestamp;

use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, idempotency, identities, limits, outbox, previews, sessions, sign_ins},
    web::{
        Problem, blocking,
        session::{PORTAL_IDLE, STAFF_IDLE},
        sign_in::KNOWN_DAYS,
    },
};

const MINUTE: Timestamp = 60_000;
const DAY: Timestamp = 24 * 60 * MINUTE;
/// How often.
const EVERY: Duration = Duration::from_secs(20);

/// Sweeps until the host shuts down.
pub async fn run(app: SharedApp) {
    let mut rounds = 0u32;
    while !app.draining.load(Ordering::Relaxed) {
        if let Err(problem) = blocking(&app, write_down_uses).await {
            tracing::warn!(%problem, "uses of sessions wait for the store");
        }
        // At the start, and every five minutes.
        if rounds.is_multiple_of(15)
            && let Err(problem) = sweep(&app).await
        {
            tracing::warn!(%problem, "the sweeper waits for the store");
        }
        if rounds.is_multiple_of(15)
            && let Err(problem) = forget_pictures(&app).await
        {
            tracing::warn!(%problem, "pictures of what is gone wait for the store");
        }
        rounds = rounds.wrapping_add(1);
        for _ in 0..EVERY.as_secs() {
            if app.draining.load(Ordering::Relaxed) {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Writes down when sessions were used. Blocks.
///
/// # Errors
/// If the store does not answer; then these uses are forgotten, and the sessions end a little earlier.
pub fn write_down_uses(app: &App) -> Result<(), Problem> {
    let seen = app.seen.take();
    if seen.is_empty() {
        return Ok(());
    }
    app.runtime.write(|unit| Ok::<_, Problem>(sessions::seen(unit.tx(), &seen)?))
}

/// Deletes all that is over now.
///
/// # Errors
/// If the store does not answer; the rest is deleted next time.
pub async fn sweep(app: &SharedApp) -> Result<(), Problem> {
    blocking(app, |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            // Uses are written down late: what looks just over may not be.
            let late = now.saturating_sub(5 * MINUTE);
            sessions::sweep(tx, now, late.saturating_sub(STAFF_IDLE), late.saturating_sub(PORTAL_IDLE))?;
            sign_ins::sweep(tx, now.saturating_sub(60 * MINUTE), now.saturating_sub(u64::from(KNOWN_DAYS) * DAY))?;
            limits::sweep(tx, now.saturating_sub(DAY))?;
            identities::sweep(tx, now.saturating_sub(60 * MINUTE))?;
            outbox::sweep_codes(tx, now.saturating_sub(DAY))?;
            idempotency::sweep(tx, now.saturating_sub(DAY))?;
            Ok::<_, Problem>(())
        })
    })
    .await
}

/// Throws away the pictures of contents that are gone: removed by another host on the same records, or by this one in the
/// moment in which it ended.
///
/// # Errors
/// If the store does not answer; the next run goes on from there.
pub async fn forget_pictures(app: &SharedApp) -> Result<(), Problem> {
    // Listed first: of what comes meanwhile, the records know before it is drawn.
    let kept = app.previews.kept();
    if kept.is_empty() {
        return Ok(());
    }
    let gone =
        blocking(app, move |app| app.runtime.read(|unit| Ok::<_, Problem>(previews::gone(unit.tx(), &kept)?))).await?;
    gone.iter().for_each(|sha256| app.previews.forget(sha256));
    Ok(())
}
