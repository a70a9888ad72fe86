//! `check`: whether a plugin would run here.

use std::{path::PathBuf, sync::Arc};

use client_connect_runtime::{Limits, Runtime, Settings, SystemClock};

use super::{Stop, exit};
use crate::{app, store::SqliteBackend};

/// Prints the preflight's table.
pub(super) fn check(args: &clap::ArgMatches) -> Result<u8, Stop> {
    let Some(file) = args.get_one::<PathBuf>("file") else {
        return Err(Stop::new(exit::USAGE, "no plugin is named", "", ""));
    };
    let bytes = app::plugin_bytes(Some(file))?;
    let settings = Settings { limits: Limits::reference(), cache: None, clock: Arc::new(SystemClock) };
    let report = Runtime::<SqliteBackend>::check(&settings, &bytes).map_err(|error| {
        let what = format!("{} is no plugin", file.display());
        Stop::new(exit::FAILED, what, error.to_string(), "build it for wasm32-wasip2")
    })?;
    println!("{report}");
    Ok(if report.passes() { exit::OK } else { exit::FAILED })
}
