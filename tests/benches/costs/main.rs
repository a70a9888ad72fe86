//! `cargo bench`: what Client Connect costs, in one Markdown table.
//!
//! Everything is compared within one run, on one machine, as no figure of another machine means anything here:
//! the component beside the same rules natively, a large matter beside a small one, a Save beside a bare commit,
//! a download beside `nginx`, PostgreSQL beside SQLite, two hosts beside one. What an aim misses is said in the table, and
//! so is what was not measured, because PostgreSQL, `wrk` or `nginx` is not there. It takes some minutes, most of them to
//! make a matter of a million documents.
//!
//! ```text
//! cargo bench                                        all of it
//! cargo bench -- --sizes 1000,100000 --seconds 1     smaller and shorter
//! cargo bench -- --only calls,growth,saves,previews,server,load,postgres,hosts    parts of it
//! cargo bench -- --only load --load 600              ten minutes of load, in the place of one
//! ```
//!
//! - `calls`: calls through the component, beside the same rules natively
//! - `growth`: the same questions in matters of all sizes, over SQLite
//! - `saves`: a Save beside a bare commit
//! - `previews`: pages drawn in the sandbox, beside natively
//! - `server`: start, memory, lists and downloads of a server of its own
//! - `load`: what a busy firm and its customers do at once
//! - `postgres`: the same work over PostgreSQL beside SQLite, and matters of all sizes over PostgreSQL. The server is begun
//!   for this, with `fsync` and `synchronous_commit` on, and the table says how it was set up
//! - `hosts`: the load on two hosts over one PostgreSQL and one folder of documents, beside the load on one; and the most
//!   that they answer. All of it shares one machine, and the table says so

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may break off")]

mod asker;
mod calls;
mod growth;
mod hostile;
mod hosts;
mod http;
mod load;
mod native;
mod postgres;
mod previews;
mod process;
mod same;
mod saves;
mod table;
mod timing;
mod world;
mod wrk;

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use client_connect_tests::smtp::MailServer;
use table::Table;
use world::{Setup, World};

/// The server's own: this program is the server, too.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What to measure, and for how long.
struct Asked {
    sizes: Vec<usize>,
    /// For each line of the table.
    budget: Duration,
    /// How long the load lasts.
    load: Duration,
    only: Vec<String>,
}

impl Asked {
    fn new(mut words: impl Iterator<Item = String>) -> Setup<Self> {
        let mut asked = Self {
            sizes: vec![1_000, 100_000, 1_000_000],
            budget: Duration::from_secs(3),
            load: Duration::from_secs(60),
            only: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--sizes" => asked.sizes = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--seconds" => asked.budget = Duration::from_secs(value()?.parse()?),
                "--load" => asked.load = Duration::from_secs(value()?.parse()?),
                "--only" => asked.only = value()?.split(',').map(str::to_owned).collect(),
                // What cargo says to every benchmark.
                "--bench" => {}
                _ => return Err(format!("{word} is not understood: --sizes, --seconds, --load, --only").into()),
            }
        }
        if asked.sizes.iter().any(|size| *size < 1_000) {
            return Err("a matter has at least 1,000 documents here".into());
        }
        Ok(asked)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> ExitCode {
    let mut words = env::args_os();
    let name = words.next();
    let mut rest = words.peekable();
    if rest.next_if(|word| word == process::AS_SERVER).is_some() {
        return client_connect::cli::main(name.into_iter().chain(rest));
    }
    match Asked::new(env::args().skip(1)).and_then(|asked| measure(&asked)) {
        Ok(table) => {
            println!("{}", about());
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(asked: &Asked) -> Setup<Table> {
    let mut table = Table::default();
    let cache = tempfile::tempdir()?;
    let mut worlds = Vec::new();
    for (n, size) in asked.sizes.iter().enumerate() {
        if n == 0 || asked.wants("growth") {
            let began = std::time::Instant::now();
            worlds.push(World::new(*size, cache.path())?);
            eprintln!("{} documents made in {:.1?}", table::number(*size as f64), began.elapsed());
        }
    }
    let Some(small) = worlds.first() else { return Ok(table) };
    if asked.wants("calls") {
        calls::measure(small, asked.budget, &mut table);
    }
    if asked.wants("growth") {
        growth::measure("", &worlds, asked.budget, &mut table);
    }
    if asked.wants("saves") {
        saves::measure(small, asked.budget, &mut table)?;
    }
    if asked.wants("previews") {
        previews::measure(cache.path(), &mut table)?;
    }
    if asked.wants("server") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(server(small, asked, &mut table))?;
    }
    if asked.wants("load") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(load(small, asked, &mut table))?;
    }
    if asked.wants("postgres") {
        postgres::measure(&asked.sizes, cache.path(), asked.budget, &mut table)?;
    }
    if asked.wants("hosts") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let measured = hosts::measure(small.documents, cache.path(), asked.load, asked.budget, &mut table);
        runtime.block_on(measured)?;
    }
    Ok(table)
}

async fn server(world: &World, asked: &Asked, table: &mut Table) -> Setup<()> {
    let files = http::Files::put(world).await?;
    let hostile = hostile::Hostile::put(world).await?;
    let mails = MailServer::start()?;
    let server = process::measure(world, &mails, table).await?;
    let cookie = process::sign_in(&server, &mails, &world.contact_email).await?;
    http::measure(world, &files, &server, &cookie, asked.budget, table)?;
    hostile::measure(world, &hostile, &server, &cookie, asked.budget, table).await?;
    process::afterwards(&server, table)
}

async fn load(world: &World, asked: &Asked, table: &mut Table) -> Setup<()> {
    let stage = asker::Stage::set(world).await?;
    let mails = MailServer::start()?;
    let server = process::Server::start(world, &mails).await?;
    let cookie = process::sign_in(&server, &mails, &world.contact_email).await?;
    let asker = Arc::new(asker::Asker::new(stage, &server, cookie));
    asker.warm().await?;
    load::measure(&asker, asked.load, table).await?;
    process::afterwards(&server, table)
}

/// What the figures were taken on.
fn about() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).map(|load| format!(", load {load} at the end"));
    format!("{} {}, {cores} cores{}.\n", env::consts::OS, env::consts::ARCH, load.unwrap_or_default())
}
