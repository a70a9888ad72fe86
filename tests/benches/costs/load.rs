//! A busy firm and its customers for as long as is asked: requests come when they come, whether or not the last ones
//! are answered, and each one's time is counted from when it was due.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use crate::{
    asker::{Asker, Kind, Seen, rank},
    table::{Aim, Table},
};

/// Requests a second.
pub(crate) const RATE: u64 = 200;

/// Keeps it up for `lasting`.
pub(crate) async fn keep_up(asker: &Arc<Asker>, lasting: Duration) -> Result<Arc<Seen>, tokio::task::JoinError> {
    let (began, mut asked, seen) = (Instant::now(), JoinSet::new(), Arc::new(Seen::default()));
    let saver = tokio::spawn({
        let (asker, seen) = (Arc::clone(asker), Arc::clone(&seen));
        async move {
            let mut due = Instant::now();
            loop {
                due += Duration::from_micros(1_000_000 * 100 / RATE / 2);
                if due.duration_since(began) > lasting {
                    return;
                }
                tokio::time::sleep_until(due).await;
                let (took, outcome) = match asker.save().await {
                    Ok(took) => (took, Ok(())),
                    Err(error) => (Duration::ZERO, Err(error)),
                };
                seen.note(Kind::Save, took, outcome);
            }
        }
    });
    let mut due = began;
    for n in 0_u64.. {
        due += Duration::from_micros(1_000_000 / RATE);
        if due.duration_since(began) > lasting {
            break;
        }
        tokio::time::sleep_until(due).await;
        let kind = Kind::of(n);
        // These are the saver's.
        if kind == Kind::Save {
            continue;
        }
        let (asker, seen) = (Arc::clone(asker), Arc::clone(&seen));
        asked.spawn(async move {
            let outcome = asker.once(kind, n).await;
            seen.note(kind, due.elapsed(), outcome);
        });
        while asked.try_join_next().is_some() {}
    }
    while asked.join_next().await.is_some() {}
    saver.await?;
    Ok(seen)
}

/// The same, and what is said of it.
pub(crate) async fn measure(
    asker: &Arc<Asker>,
    lasting: Duration,
    table: &mut Table,
) -> Result<(), tokio::task::JoinError> {
    let began = Instant::now();
    let seen = keep_up(asker, lasting).await?;
    let took = began.elapsed();
    let of = format!("load of {RATE} requests a second, mixed, for {} s", lasting.as_secs());
    table.figure(format!("{of}: answered"), seen.answered() as f64 / took.as_secs_f64(), "/s", None);
    table.figure(format!("{of}: errors"), seen.failed() as f64, "", Some(Aim::Most(0.0)));
    let mut within = |what: &str, time: Option<Duration>, aim: f64| {
        if let Some(time) = time {
            table.figure(format!("{of}: {what}"), time.as_secs_f64() * 1e3, "ms", Some(Aim::Most(aim)));
        }
    };
    within("lists, 99 of 100 within", rank(&seen.json, 990), 100.0);
    within("lists, 999 of 1,000 within", rank(&seen.json, 999), 400.0);
    within("sharing and unsharing, 99 of 100 within", rank(&seen.saves, 990), 100.0);
    Ok(())
}
