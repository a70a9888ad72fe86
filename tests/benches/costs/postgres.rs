//! The same work over SQLite and over PostgreSQL, in turns, in worlds that were made alike; and whether a page costs what
//! the page holds over PostgreSQL, too. Both keep what they have acknowledged: the server is set up as one that works
//! for a firm, with its log on the disk before it answers, and lies on the same disk.

use std::{path::Path, time::Duration};

use client_connect::store::{self, documents};
use client_connect_runtime::{
    Backend as _, Failure,
    backend::Mode,
    exports::events,
    types::{Actor, Verb},
};
use client_connect_tests::postgres::{MISSING, Server};

use crate::{
    calls::{caller, permit},
    growth,
    saves::saving,
    table::{Table, time, times},
    timing::in_turns,
    world::{Setup, World, said},
};

/// Settings of the server that the figures depend on.
const SETTINGS: [&str; 5] = ["server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"];

/// A line for each kind of work in the smallest matter, and those of `growth` for all sizes.
pub(crate) fn measure(sizes: &[usize], cache: &Path, budget: Duration, table: &mut Table) -> Setup<()> {
    let rows = "SQLite beside PostgreSQL, and large matters over PostgreSQL";
    let Some(server) = Server::durable() else {
        table.lacks(rows, MISSING);
        return Ok(());
    };
    let mut worlds = Vec::new();
    for size in sizes {
        let began = std::time::Instant::now();
        worlds.push(World::over(&server, *size, cache)?);
        eprintln!("{} documents made over PostgreSQL in {:.1?}", crate::table::number(*size as f64), began.elapsed());
    }
    let Some(there) = worlds.first() else { return Ok(()) };
    table.note("PostgreSQL", set_up(there)?);
    growth::measure("over PostgreSQL: ", &worlds, budget, table);
    // A world of its own: what the other parts have done to theirs was not done to PostgreSQL's.
    let here = World::new(there.documents, cache)?;
    for (what, ask) in growth::QUESTIONS {
        compare(table, what, budget, || ask(there), || ask(&here));
    }
    compare(table, "portal: may this document be downloaded", budget, || download(there), || download(&here));
    for pairs in [1, 100] {
        let what = format!("staff: a Save of {pairs}, sharing and unsharing in turns, committed");
        compare(table, &what, budget, saving(there, pairs), saving(&here, pairs));
    }
    compare(table, "portal: an upload is noted and told of, committed", budget, || upload(there), || upload(&here));
    Ok(())
}

/// A line: what it takes over PostgreSQL, beside SQLite.
fn compare(table: &mut Table, what: &str, budget: Duration, mut there: impl FnMut(), mut here: impl FnMut()) {
    let [there, here] = in_turns(budget, [&mut there, &mut here]);
    let (there, here) = (there.median(), here.median());
    table.ratio(format!("{what}: over PostgreSQL, beside SQLite"), time(there), time(here), times(there, here), None);
}

/// What the server itself says of how it runs.
fn set_up(world: &World) -> Setup<String> {
    let tx = world.runtime.backend().begin(Mode::Read, world.runtime.now()).map_err(said)?;
    let mut settings = Vec::new();
    for name in SETTINGS {
        let is: String = tx.conn().query_row("SELECT current_setting(?1)", [name], |row| row.get(0))?;
        settings.push(format!("{name} {is}"));
    }
    Ok(format!("{}; on the same machine and disk, over its socket; SQLite with synchronous=FULL", settings.join(", ")))
}

/// What is asked before any byte of a document goes to a customer.
fn download(world: &World) {
    let permitted = world.read(&Actor::Contact(world.contact.clone()), &permit(world, Verb::Download));
    assert_eq!(permitted.len(), 1, "the contact may have it");
}

/// What an upload is once its bytes are stored: a document, and the plugin is told of it.
fn upload(world: &World) {
    let contact = caller(&Actor::Contact(world.contact.clone()));
    let told = world.runtime.write(|unit| {
        let id = store::new_id();
        let document = documents::New {
            id: id.clone(),
            matter: world.matter.clone(),
            name: "Photo.jpg".into(),
            kind: "Document".into(),
            content: documents::Content {
                blob: id.clone(),
                size: 1,
                sha256: id.repeat(2),
                media_type: "image/jpeg".into(),
            },
            created_by: None,
            uploader: Some(world.contact.clone()),
            source: None,
        };
        let now = unit.now();
        documents::create(unit.tx(), &document, now).map_err(Failure::Backend)?;
        unit.call(&contact, &events::OnUpload { matter: world.matter.clone(), documents: vec![id] })
    });
    assert!(told.is_ok(), "{told:?}");
}
