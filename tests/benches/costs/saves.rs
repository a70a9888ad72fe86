//! What a Save costs beside the least that SQLite can do: one commit of as many pages, as durable as ours. Both write
//! over a log that is as long as it gets: a file that still grows makes each commit dearer.

use std::{cell::RefCell, fs, io, path::Path, time::Duration};

use client_connect_runtime::types::Actor;
use rusqlite::Connection;

use crate::{
    calls::caller,
    table::{Table, number, time},
    timing::in_turns,
    world::{DATABASE, Setup, World},
};

/// Saves of one share through the component, committed, beside bare commits on the same disk.
pub(crate) fn measure(world: &World, budget: Duration, table: &mut Table) -> Setup<()> {
    let mut save = saving(world, 1);
    let ours = world.folder().join(DATABASE);
    let pages = pages_of(&ours, &mut save)?;

    let theirs = world.folder().join("bare.db");
    let bare = RefCell::new(Connection::open(&theirs)?);
    bare.borrow().execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;
         CREATE TABLE rows (n INTEGER PRIMARY KEY, bytes BLOB)",
    )?;
    // A row to a page.
    let mut bytes = vec![0_u8; 3_900];
    for _ in 0..pages {
        bare.borrow().execute("INSERT INTO rows (bytes) VALUES (?1)", [&bytes])?;
    }
    let mut commit = || {
        bytes[0] = bytes[0].wrapping_add(1);
        let written = bare.borrow().execute("UPDATE rows SET bytes = ?1", [&bytes]);
        assert!(written.is_ok_and(|rows| rows == pages), "all rows are written");
    };
    let bare_pages = pages_of(&theirs, &mut commit)?;
    warm(&ours, &mut save)?;
    warm(&theirs, &mut commit)?;

    let [saves, commits] = in_turns(budget, [&mut save, &mut commit]);
    let rate = |times: Duration| 1.0 / times.as_secs_f64().max(1e-9);
    let (saves, commits) = (saves.median(), commits.median());
    table.ratio(
        format!(
            "a Save of one share, committed ({pages} pages), beside a bare commit in SQLite ({bare_pages} pages), both with \
             synchronous=FULL and a warm log"
        ),
        format!("{}/s ({})", number(rate(saves)), time(saves)),
        format!("{}/s ({})", number(rate(commits)), time(commits)),
        rate(saves) / rate(commits),
        None,
    );
    Ok(())
}

/// A Save each time, committed: so many pairs are shared, and with the next one no longer.
pub(crate) fn saving(world: &World, pairs: usize) -> impl FnMut() {
    let user = caller(&Actor::User(world.owner.clone()));
    let (mut revision, mut share) = (world.revision(), true);
    move || {
        let asked = world.toggle(revision, share, pairs);
        match world.runtime.write(|unit| unit.call(&user, &asked)) {
            Ok(saved) => revision = saved.revision,
            Err(failure) => panic!("{failure}"),
        }
        share = !share;
    }
}

fn log_of(database: &Path) -> std::path::PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Puts the log back into the database, and begins it anew: from nothing, or over what is there.
fn checkpoint(database: &Path, how: &str) -> rusqlite::Result<()> {
    let beside = Connection::open(database)?;
    beside.busy_timeout(Duration::from_secs(5))?;
    beside.query_row(&["PRAGMA wal_checkpoint(", how, ")"].concat(), [], |_| Ok(()))
}

/// How many pages one commit writes: the frames of a log that holds nothing else.
fn pages_of(database: &Path, commit: &mut dyn FnMut()) -> Setup<usize> {
    commit();
    checkpoint(database, "TRUNCATE")?;
    commit();
    let log = fs::read(log_of(database))?;
    let (head, frames) = log.split_at_checked(32).ok_or_else(|| io::Error::other("there is no log"))?;
    let page = usize::try_from(u32::from_be_bytes([head[8], head[9], head[10], head[11]]))?;
    let of_this_log = |frame: &&[u8]| frame.get(8..16) == head.get(16..24);
    Ok(frames.chunks(24 + page).filter(of_this_log).count())
}

/// Commits until the log grows no longer, and begins it anew over what is there.
fn warm(database: &Path, commit: &mut dyn FnMut()) -> Setup<()> {
    let long = || fs::metadata(log_of(database)).map(|log| log.len());
    loop {
        let before = long()?;
        for _ in 0..200 {
            commit();
        }
        if long()? == before {
            break;
        }
    }
    checkpoint(database, "RESTART")?;
    Ok(())
}
