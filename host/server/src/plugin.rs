//! Which plugin runs: the one that the records keep, else the one that the setting `plugin` names, else the embedded one.
//!
//! All hosts on the same records take on what these keep, each within a second or two and without a restart; calls under way
//! end on the plugin that they began with. One that does not load changes nothing on the host where it does not: that goes
//! on with what it ran, says so, and tries again once another is kept, or when it is told to (SIGHUP).

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use client_connect_runtime::{
    LoadError, Runtime, Settings,
    backend::Mode,
    types::{HostError, Timestamp},
};

use crate::{
    app::{App, SharedApp, StartError},
    store::{
        SqliteBackend, SqliteTx,
        plugin::{self, Hash},
    },
    web::{Problem, blocking},
};

/// How often to look whether another one is kept.
const EVERY: Duration = Duration::from_secs(1);

/// Where a plugin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The records.
    Records,
    /// The setting `plugin`.
    Setting,
    /// The program itself.
    Embedded,
}

/// What a host knows of where its plugin comes from.
#[derive(Debug)]
pub struct Source {
    file: Option<PathBuf>,
    /// The hash in the records that was looked at last, whether its plugin runs or not. Held while one is loaded.
    seen: Mutex<Option<Hash>>,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
struct State {
    origin: Origin,
    refused: Option<String>,
}

/// The plugin's bytes: of a file, or the embedded ones.
///
/// # Errors
/// [`StartError::PluginFile`].
pub fn bytes(file: Option<&Path>) -> Result<Cow<'static, [u8]>, StartError> {
    match file {
        None => Ok(client_connect_embed::PLUGIN.into()),
        Some(path) => std::fs::read(path)
            .map(Into::into)
            .map_err(|source| StartError::PluginFile { path: path.to_owned(), source }),
    }
}

fn unread(error: HostError) -> StartError {
    StartError::Records(error.into())
}

/// The plugin to run.
struct Chosen {
    bytes: Cow<'static, [u8]>,
    origin: Origin,
    /// What the records say of it, if it comes from there.
    hash: Option<Hash>,
}

fn chosen(tx: &SqliteTx, file: Option<&Path>) -> Result<Chosen, StartError> {
    match plugin::get(tx).map_err(unread)? {
        Some(kept) if kept.is_whole() => {
            Ok(Chosen { bytes: kept.bytes.into(), origin: Origin::Records, hash: Some(kept.hash) })
        }
        Some(_) => {
            let said = "its bytes in the records are not those of its hash".to_owned();
            Err(StartError::KeptPlugin(LoadError::NotAComponent(said)))
        }
        None => {
            let origin = if file.is_some() { Origin::Setting } else { Origin::Embedded };
            Ok(Chosen { bytes: bytes(file)?, origin, hash: None })
        }
    }
}

/// Whose fault it is that it does not run.
fn blamed(origin: Origin) -> fn(LoadError) -> StartError {
    if origin == Origin::Records { StartError::KeptPlugin } else { StartError::Plugin }
}

impl Source {
    /// Chooses at the start, and begins to run over these records what was chosen.
    ///
    /// # Errors
    /// If the records or the file cannot be read, or the plugin cannot be run.
    pub fn start(
        records: SqliteBackend,
        file: Option<PathBuf>,
        settings: &Settings,
    ) -> Result<(Self, Runtime<SqliteBackend>), StartError> {
        let tx = records.begin_own(Mode::Read, settings.clock.now()).map_err(unread)?;
        let chosen = chosen(&tx, file.as_deref());
        drop(tx);
        let Chosen { bytes, origin, hash } = chosen?;
        let runtime = Runtime::new(records, settings, &bytes).map_err(blamed(origin))?;
        metrics::gauge!("plugin_refused").set(0.0);
        let state = Mutex::new(State { origin, refused: None });
        Ok((Self { file, seen: Mutex::new(hash), state }, runtime))
    }

    /// Where the plugin that runs comes from.
    pub fn origin(&self) -> Origin {
        self.state().origin
    }

    /// Why this host does not run the plugin that it should; none: it does.
    pub fn refused(&self) -> Option<String> {
        self.state().refused.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes on what should run, if the records keep another one than at the last look, or `anew`; blocks. What does not
    /// load changes nothing.
    ///
    /// # Errors
    /// Why it does not run. If the records cannot be read, the next look asks them again.
    pub fn look(&self, runtime: &Runtime<SqliteBackend>, anew: bool) -> Result<(), StartError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let tx = runtime.backend().begin_own(Mode::Read, runtime.now()).map_err(unread)?;
        let kept = plugin::hash(&tx).map_err(unread)?;
        if kept == *seen && !anew {
            return Ok(());
        }
        let chosen = chosen(&tx, self.file.as_deref());
        // Compiling takes seconds, in which the connection is others'.
        drop(tx);
        if let Err(StartError::Records(_)) = &chosen {
            return chosen.map(drop);
        }
        *seen = kept;
        let swapped = chosen.and_then(|Chosen { bytes, origin, .. }| {
            let info = runtime.swap(&bytes).map_err(blamed(origin))?;
            tracing::info!(sha256 = info.sha256, version = info.version, ?origin, "the plugin was taken on");
            Ok(origin)
        });
        match &swapped {
            Ok(origin) => *self.state() = State { origin: *origin, refused: None },
            Err(error) => self.state().refused = Some(error.to_string()),
        }
        metrics::gauge!("plugin_refused").set(if swapped.is_ok() { 0.0 } else { 1.0 });
        swapped.map(drop)
    }

    /// The bytes of what should run now.
    ///
    /// # Errors
    /// If the records or the file cannot be read.
    pub fn bytes(&self, records: &SqliteBackend, now: Timestamp) -> Result<Cow<'static, [u8]>, StartError> {
        let tx = records.begin_own(Mode::Read, now).map_err(unread)?;
        chosen(&tx, self.file.as_deref()).map(|chosen| chosen.bytes)
    }
}

/// Looks again and again, until it is dropped.
pub async fn keeper(app: SharedApp) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let looked = blocking(&app, |app: &App| Ok::<_, Problem>(app.plugin.look(&app.runtime, false)));
        match looked.await {
            Ok(Ok(())) => {}
            Ok(Err(StartError::Records(problem))) | Err(problem) => {
                tracing::warn!(%problem, "whether there is another plugin waits for the store");
            }
            Ok(Err(error)) => tracing::error!(%error, "the plugin does not run here; the old one runs on"),
        }
    }
}
