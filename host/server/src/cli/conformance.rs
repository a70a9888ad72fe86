//! `conformance`: whether a host keeps the contract, this one or any that speaks the kit's protocol.

use std::{
    io::{stdin, stdout},
    path::{Path, PathBuf},
};

use client_connect_conformance::{
    adapter,
    peer::{Peer, Program},
    runner::{self, Files, Report},
};
use client_connect_runtime::memory::Memory;
use serde_json::Value;

use super::{Stop, exit};
use crate::{
    plugin,
    store::conformance::{PostgresWorld, SERVER, SqliteWorld},
};

/// The backends of this host that can be asked; the last one where a server is named for it.
const BACKENDS: [&str; 3] = ["memory", "sqlite", "postgres"];

/// Speaks the protocol's other side over one of this host's backends, until its input ends.
pub(super) fn serve(args: &clap::ArgMatches) -> Result<u8, Stop> {
    let backend = args.get_one::<String>("backend").map_or("memory", String::as_str);
    let cache = args.get_one::<PathBuf>("cache").cloned();
    let name = format!("client-connect ({backend})");
    let (input, output) = (stdin().lock(), stdout().lock());
    match backend {
        "memory" => adapter::serve::<Memory>(&name, cache, input, output),
        "sqlite" => adapter::serve::<SqliteWorld>(&name, cache, input, output),
        "postgres" => adapter::serve::<PostgresWorld>(&name, cache, input, output),
        other => {
            let known = format!("there are {}", BACKENDS.join(", "));
            return Err(Stop::new(exit::USAGE, format!("there is no backend {other}"), "", known));
        }
    }
    .map_err(|error| Stop::failed("the messages cannot be read or answered", error))?;
    Ok(exit::OK)
}

/// Tells the scenarios to the command that is named, or to each of this host's backends, and prints what came of them. The
/// setting `plugin` names another plugin than the one that is built in.
pub(super) fn run(args: &clap::ArgMatches, another: &str) -> Result<u8, Stop> {
    let scratch = tempfile::tempdir().map_err(|error| Stop::failed("there is no folder to work in", error))?;
    let plugin = scratch.path().join("plugin.wasm");
    let bytes = plugin::bytes((!another.is_empty()).then(|| Path::new(another)))?;
    std::fs::write(&plugin, bytes).map_err(|error| Stop::failed("the plugin cannot be copied", error))?;
    let probe = args.get_one::<PathBuf>("probe").map(|file| absolute(file)).transpose()?;
    let files = Files { plugin, probe, scratch: scratch.path().to_owned() };
    let only = args.get_one::<String>("only").map(String::as_str);

    let command: Vec<String> = args.get_many::<String>("command").into_iter().flatten().cloned().collect();
    let commands = if command.is_empty() { own(scratch.path())? } else { vec![command] };
    let mut reports = Vec::new();
    for command in commands {
        let mut start = || Program::start(&command).map(|program| Box::new(program) as Box<dyn Peer>);
        let report = runner::run(&mut start, &files, only).map_err(|cause| {
            Stop::new(exit::FAILED, "the host cannot be asked", cause, "it stands in fixtures/conformance")
        })?;
        if !args.get_flag("json") {
            println!("{report}");
        }
        reports.push(report);
    }
    if args.get_flag("json") {
        println!("{}", reports.iter().map(Report::to_json).collect::<Value>());
    } else if files.probe.is_none() {
        println!("Without --probe it was not tested what a host withholds from a plugin that misbehaves.");
    }
    Ok(if reports.iter().all(Report::passes) { exit::OK } else { exit::FAILED })
}

/// This program, once for each of its backends.
fn own(scratch: &Path) -> Result<Vec<Vec<String>>, Stop> {
    let program = std::env::current_exe().map_err(|error| Stop::failed("this program cannot be found", error))?;
    let cache = scratch.join("compiled");
    std::fs::create_dir_all(&cache).map_err(|error| Stop::failed("there is no folder to work in", error))?;
    let command = |backend: &&str| {
        let (program, cache) = (program.display().to_string(), cache.display().to_string());
        [&program, "conformance", "serve", "--backend", backend, "--cache", &cache].map(ToOwned::to_owned).to_vec()
    };
    let has_server = std::env::var_os(SERVER).is_some();
    Ok(BACKENDS.iter().filter(|backend| has_server || **backend != "postgres").map(command).collect())
}

fn absolute(file: &Path) -> Result<PathBuf, Stop> {
    file.canonicalize().map_err(|error| Stop::failed(format!("{} cannot be read", file.display()), error))
}
