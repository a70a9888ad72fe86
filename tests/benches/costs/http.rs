//! What a running server answers over HTTP: one process as `client-connect serve` runs it, real sign-ins, connections
//! that are kept, and `wrk` on the same cores.

use std::{fs, time::Duration};

use crate::{
    process::Server,
    table::{Aim, Table, number},
    world::{Setup, World},
    wrk::{self, Load},
};

/// Bytes of the small and of the large download.
const SMALL: usize = 100_000;
const LARGE: usize = 10_000_000;

/// Documents with bytes, shared with the contact.
pub(crate) struct Files {
    small: String,
    large: String,
}

impl Files {
    /// Stores them as an upload would.
    pub(crate) async fn put(world: &World) -> Setup<Self> {
        Ok(Self { small: world.add(vec![7; SMALL]).await?, large: world.add(vec![7; LARGE]).await? })
    }
}

/// Lists and downloads under load, beside nginx.
pub(crate) fn measure(
    world: &World,
    files: &Files,
    server: &Server,
    cookie: &str,
    budget: Duration,
    table: &mut Table,
) -> std::io::Result<()> {
    if !wrk::has("wrk") {
        table.lacks("lists and downloads over HTTP", wrk::WRK);
        return Ok(());
    }
    let at = |path: &str| format!("{}/api/portal/matters/{}{path}", server.url, world.matter);
    let cookie = Some(cookie);

    let (load, failed) = (|url: &str, connections| wrk::load(url, connections, budget, cookie), "answers over HTTP");
    let mut figure = |what: &str, load: Load, aim| {
        if load.failed > 0 {
            table.lacks(what, format!("{} of the {failed} failed", load.failed));
        } else {
            table.figure(what, load.per_second, "/s", aim);
        }
    };
    figure("HTTP: lists of 200 shared documents", load(&at("/documents?limit=200"), 16)?, Some(Aim::Least(3000.0)));
    figure("HTTP: lists of 50 shared documents", load(&at("/documents?limit=50"), 16)?, None);
    let small = at(&format!("/documents/{}/content", files.small));
    figure("HTTP: downloads of 100 kB, each through the whole check", load(&small, 16)?, Some(Aim::Least(8000.0)));

    if !wrk::has("nginx") {
        table.lacks("downloads of 10 MB beside nginx", wrk::NGINX);
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("small"), vec![7; SMALL])?;
    fs::write(folder.path().join("large"), vec![7; LARGE])?;
    let (_nginx, port) = wrk::nginx(folder.path())?;
    let large = at(&format!("/documents/{}/content", files.large));
    let static_large = format!("http://127.0.0.1:{port}/large");
    // Twice, in turns: whatever else the machine does falls on both.
    let half = budget / 2;
    let (mut ours, mut theirs, mut lost) = (0.0, 0.0, 0);
    for _ in 0..2 {
        let seen = wrk::load(&large, 4, half, cookie)?;
        let beside = wrk::load(&static_large, 4, half, None)?;
        ours += seen.per_second / 2.0;
        theirs += beside.per_second / 2.0;
        lost += seen.failed + beside.failed;
    }
    if lost > 0 {
        table.lacks("downloads of 10 MB beside nginx", format!("{lost} downloads failed"));
    } else {
        let speed = |per_second: f64| format!("{} MB/s", number(per_second * LARGE as f64 / 1e6));
        table.ratio(
            "HTTP: downloads of 10 MB through the whole check, beside nginx with `sendfile` and no check",
            speed(ours),
            speed(theirs),
            ours / theirs.max(1e-9),
            Some(Aim::Least(0.5)),
        );
    }
    let beside = wrk::load(&format!("http://127.0.0.1:{port}/small"), 16, half, None)?;
    table.figure("for comparison: nginx, downloads of 100 kB without any check", beside.per_second, "/s", None);
    Ok(())
}
