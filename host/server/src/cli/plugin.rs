//! `check`: whether a plugin would run here. `plugin`: the one that the records keep for all hosts.

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use client_connect_runtime::{Limits, Report, Runtime, Settings, SystemClock, backend::Mode};

use super::{
    Stop, exit,
    records::{now, store_failed},
};
use crate::{
    app,
    config::Config,
    plugin,
    store::{SqliteBackend, plugin as kept},
};

/// Prints the preflight's table.
pub(super) fn check(args: &clap::ArgMatches) -> Result<u8, Stop> {
    let (report, _) = checked(args)?;
    println!("{report}");
    Ok(if report.passes() { exit::OK } else { exit::FAILED })
}

/// The file that is named, or the embedded plugin, and what the preflight says of it.
fn checked(args: &clap::ArgMatches) -> Result<(Report, Cow<'static, [u8]>), Stop> {
    let file = args.get_one::<PathBuf>("file");
    let bytes = plugin::bytes(file.map(PathBuf::as_path))?;
    let settings = Settings { limits: Limits::reference(), cache: None, clock: Arc::new(SystemClock) };
    let report = Runtime::<SqliteBackend>::check(&settings, &bytes).map_err(|error| {
        let named = file.map_or_else(|| "the embedded one".to_owned(), |file| file.display().to_string());
        Stop::new(exit::FAILED, format!("{named} is no plugin"), error.to_string(), "build it for wasm32-wasip2")
    })?;
    Ok((report, bytes))
}

/// Keeps a plugin in the records, for every host on them; one that does not pass changes nothing.
pub(super) fn set(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let (report, bytes) = checked(args)?;
    let Some((name, version)) = report.description.clone().filter(|_| report.passes()) else {
        println!("{report}");
        let hint = "the table above says what does not fit";
        return Err(Stop::new(exit::FAILED, "the plugin does not pass, and nothing is changed", "", hint));
    };
    let store = app::open_store(config)?;
    let tx = store.begin_own(Mode::Write, now()).map_err(store_failed)?;
    let (hash, another) = kept::set(&tx, &bytes, &version, now()).map_err(store_failed)?;
    tx.commit().map_err(|error| Stop::failed("the plugin was not set", error))?;
    println!("{}  {} bytes, {name} {version}", hex::encode(hash), bytes.len());
    let told = if another { "the hosts that serve take it on within seconds" } else { "it was kept already" };
    eprintln!("{told}; /version of each says what it runs");
    Ok(exit::OK)
}

/// Prints what the records keep.
pub(super) fn show(config: &Config) -> Result<u8, Stop> {
    let store = app::open_existing(config)?;
    let tx = store.begin_own(Mode::Read, now()).map_err(store_failed)?;
    match kept::get(&tx).map_err(store_failed)? {
        Some(kept) if kept.is_whole() => println!("{}  {} bytes", hex::encode(kept.hash), kept.bytes.len()),
        Some(kept) => {
            let what = format!("the bytes that are kept are not those of {}", hex::encode(kept.hash));
            return Err(Stop::new(exit::FAILED, what, "", "set the plugin once more"));
        }
        None => println!("none: each host runs the one that its settings name, or else the one that it embeds"),
    }
    Ok(exit::OK)
}

/// Leaves it to each host again.
pub(super) fn unset(config: &Config) -> Result<u8, Stop> {
    let store = app::open_existing(config)?;
    let tx = store.begin_own(Mode::Write, now()).map_err(store_failed)?;
    let was = kept::unset(&tx, now()).map_err(store_failed)?;
    tx.commit().map_err(|error| Stop::failed("the plugin was not unset", error))?;
    match was {
        Some(hash) => println!("{} is kept no more", hex::encode(hash)),
        None => println!("none was kept"),
    }
    Ok(exit::OK)
}
