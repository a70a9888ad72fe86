//! What a Save costs beside the least that SQLite can do: one row and one commit, as durable as ours.

use std::time::Duration;

use client_connect_runtime::types::Actor;
use rusqlite::Connection;

use crate::{
    calls::caller,
    table::{Table, number, time},
    timing::in_turns,
    world::World,
};

/// Saves of one share through the component, committed, beside bare commits on the same disk.
pub(crate) fn measure(world: &World, budget: Duration, table: &mut Table) -> rusqlite::Result<()> {
    let bare = Connection::open(world.folder().join("bare.db"))?;
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)",
    )?;
    let user = caller(&Actor::User(world.owner.clone()));
    let (mut revision, mut share) = (world.revision(), true);
    let mut save = || {
        let asked = world.toggle(revision, share);
        match world.runtime.write(|unit| unit.call(&user, &asked)) {
            Ok(saved) => revision = saved.revision,
            Err(failure) => panic!("{failure}"),
        }
        share = !share;
    };
    let mut commit = || {
        let written = bare.execute("INSERT INTO rows (text) VALUES ('one row')", []);
        assert!(written.is_ok(), "{written:?}");
    };
    let [saves, commits] = in_turns(budget, [&mut save, &mut commit]);
    let rate = |times: Duration| 1.0 / times.as_secs_f64().max(1e-9);
    let (saves, commits) = (saves.median(), commits.median());
    table.ratio(
        "a Save of one share, committed, beside a bare commit of one row in SQLite (WAL, synchronous=FULL)",
        format!("{}/s ({})", number(rate(saves)), time(saves)),
        format!("{}/s ({})", number(rate(commits)), time(commits)),
        rate(saves) / rate(commits),
        None,
    );
    Ok(())
}
