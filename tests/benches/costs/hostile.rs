//! Whether documents that are made to keep a processor busy slow down anything but their own pictures.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use reqwest::{Client, header};

use crate::{
    previews::fixtures,
    process::Server,
    table::{Aim, Table, time, times},
    world::{Setup, World},
    wrk,
};

#[allow(dead_code, reason = "made for the tests, which use all of it")]
#[path = "../../../host/preview/tests/hostile_documents/mod.rs"]
mod documents;

/// Each takes a thread that draws until its deadline, and what it came to is kept: so many, for a run to have enough.
const DOCUMENTS: usize = 40;
/// Askers at once.
const ASKERS: usize = 8;

/// Documents that are shared with the contact.
pub(crate) struct Hostile {
    ids: Vec<String>,
    /// One that can be drawn.
    honest: String,
}

impl Hostile {
    /// Stores them as an upload would.
    pub(crate) async fn put(world: &World) -> Setup<Self> {
        let burden = documents::nested_forms(9);
        let mut ids = Vec::new();
        for n in 0..DOCUMENTS {
            ids.push(world.add([&burden[..], format!("\n% {n}\n").as_bytes()].concat()).await?);
        }
        let honest = world.add(fs::read(fixtures().join("contract.pdf"))?).await?;
        Ok(Self { ids, honest })
    }
}

/// Lists under load, by themselves and while hostile documents are drawn.
pub(crate) async fn measure(
    world: &World,
    hostile: &Hostile,
    server: &Server,
    cookie: &str,
    budget: Duration,
    table: &mut Table,
) -> Setup<()> {
    const ROW: &str = "HTTP: 99th percentile of lists of 50 while hostile documents are drawn, beside the usual one";
    if !wrk::has("wrk") {
        table.lacks(ROW, wrk::WRK);
        return Ok(());
    }
    let at = |path: &str| format!("{}/api/portal/matters/{}{path}", server.url, world.matter);
    let page = |id: &str| at(&format!("/documents/{id}/pages/1"));
    let client = Client::new();
    let ask = |url: String| client.get(url).header(header::COOKIE, cookie).timeout(Duration::from_secs(120)).send();
    // The renderer is compiled now, if it was not.
    let first = ask(page(&hostile.honest)).await?;
    if !first.status().is_success() {
        return Err(format!("no page of an honest document: {}", first.text().await?).into());
    }
    let list = at("/documents?limit=50");
    let usual = wrk::load(&list, 4, budget, Some(cookie))?;
    let (ended, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let runtime = tokio::runtime::Handle::current();
    let meanwhile = thread::scope(|scope| {
        for _ in 0..ASKERS {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let Some(id) = hostile.ids.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    // Whether it is too large, or all threads are busy: none of these is a picture.
                    drop(runtime.block_on(async { ask(page(id)).await }));
                }
            });
        }
        let meanwhile = wrk::load(&list, 4, budget, Some(cookie));
        ended.store(true, Ordering::Relaxed);
        meanwhile
    })?;
    if usual.failed + meanwhile.failed > 0 {
        table.lacks(ROW, format!("{} answers failed", usual.failed + meanwhile.failed));
        return Ok(());
    }
    let ratio = times(meanwhile.p99, usual.p99);
    table.ratio(ROW, time(meanwhile.p99), time(usual.p99), ratio, Some(Aim::Most(2.0)));
    Ok(())
}
