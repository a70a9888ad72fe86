//! Two hosts over one PostgreSQL and one folder of documents, beside one of them alone: the same load at the same rate,
//! its requests to the two in turns; and the most that they answer. Whoever has signed in at one is signed in at both.
//!
//! Whoever asks, PostgreSQL and the hosts share the cores of one machine: where one host uses them all, a second one can
//! add nothing. What is seen here is what a second host costs, and that nothing goes wrong; on machines of their own it
//! would be seen what it brings.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use client_connect_tests::{
    postgres::{MISSING, Server as Postgres},
    smtp::MailServer,
};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    asker::{Asker, Kind, Seen, Stage, rank},
    load::{RATE, keep_up},
    process::{self, Server},
    table::{Aim, Table, number, time, times},
    world::{Setup, World},
};

/// So many ask at once, each as soon as it has its last answer.
const CONNECTIONS: usize = 16;

/// Lines of two hosts beside one.
pub(crate) async fn measure(
    documents: usize,
    cache: &Path,
    lasting: Duration,
    budget: Duration,
    table: &mut Table,
) -> Setup<()> {
    let Some(postgres) = Postgres::durable() else {
        table.lacks("two hosts beside one", MISSING);
        return Ok(());
    };
    let world = World::over(&postgres, documents, cache)?;
    let mails = MailServer::start()?;
    let one = Server::start(&world, &mails).await?;
    let cookie = process::sign_in(&one, &mails, &world.contact_email).await?;
    let alone = Arc::new(Asker::new(Stage::set(&world).await?, &one, cookie.clone()));
    alone.warm().await?;
    let by_one = keep_up(&alone, lasting).await?;

    let folder = tempfile::tempdir()?;
    let other = Server::beside(&world, folder.path(), &mails).await?;
    let both = Arc::new(alone.with(&other));
    // The other one has seen nobody sign in, and answers all the same.
    both.warm().await?;
    let by_two = keep_up(&both, lasting).await?;

    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    table.note(
        "two hosts",
        format!(
            "whoever asks, PostgreSQL (fsync and synchronous_commit on) and the hosts share the {cores} cores of one \
             machine: a second host there costs something and brings next to nothing, and a ratio near 1 is all that can \
             be seen"
        ),
    );
    let of = format!("load of {RATE} requests a second, mixed, over PostgreSQL for {} s", lasting.as_secs());
    for (hosts, seen) in [("one host", &by_one), ("two hosts", &by_two)] {
        table.figure(format!("{of}: {hosts}: errors"), seen.failed() as f64, "", Some(Aim::Most(0.0)));
    }
    let pairs = [
        ("lists", rank(&by_two.json, 990), rank(&by_one.json, 990)),
        ("sharing and unsharing", rank(&by_two.saves, 990), rank(&by_one.saves, 990)),
    ];
    for (what, two, one) in pairs {
        match (two, one) {
            (Some(two), Some(one)) => {
                let what = format!("{of}: {what}, 99 of 100 within: two hosts, beside one");
                table.ratio(what, time(two), time(one), times(two, one), None);
            }
            _ => table.lacks(&format!("{of}: {what}"), "none was answered"),
        }
    }
    most("lists", &alone, &both, budget, |_| Kind::Json, table).await?;
    most("mixed without uploads", &alone, &both, budget, without_uploads, table).await
}

/// The load's own hundred, with a list in the place of an upload.
fn without_uploads(n: u64) -> Kind {
    match Kind::of(n) {
        Kind::Upload => Kind::Json,
        kind => kind,
    }
}

/// A line: how many a second two hosts answer, and one.
async fn most(
    what: &str,
    alone: &Arc<Asker>,
    both: &Arc<Asker>,
    budget: Duration,
    kind: fn(u64) -> Kind,
    table: &mut Table,
) -> Setup<()> {
    let (mut one, mut two, mut failed) = (0.0, 0.0, 0);
    // Twice, in turns: whatever else the machine does falls on both.
    for _ in 0..2 {
        for (asker, rate) in [(alone, &mut one), (both, &mut two)] {
            let seen = Arc::new(Seen::default());
            *rate += without_a_rest(asker, &seen, budget, kind).await / 2.0;
            failed += seen.failed();
        }
    }
    let what = format!("the most over PostgreSQL, {CONNECTIONS} connections, {what}");
    if failed > 0 {
        table.lacks(&what, format!("{failed} requests failed"));
    } else {
        let a_second = |rate: f64| format!("{} /s", number(rate));
        let what = format!("{what}: two hosts on the cores of one machine, beside one");
        table.ratio(what, a_second(two), a_second(one), two / one.max(1e-9), None);
    }
    Ok(())
}

/// Asks again as soon as there is an answer, for so long on each connection; how many were answered a second.
async fn without_a_rest(asker: &Arc<Asker>, seen: &Arc<Seen>, lasting: Duration, kind: fn(u64) -> Kind) -> f64 {
    let (began, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut people = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (asker, seen, next) = (Arc::clone(asker), Arc::clone(seen), Arc::clone(&next));
        people.spawn(async move {
            while began.elapsed() < lasting {
                let (n, from) = (next.fetch_add(1, Ordering::Relaxed), Instant::now());
                let outcome = asker.once(kind(n), n).await;
                seen.note(kind(n), from.elapsed(), outcome);
            }
        });
    }
    people.join_all().await;
    seen.answered() as f64 / began.elapsed().as_secs_f64()
}
