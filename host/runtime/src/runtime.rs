//! A loaded plugin over a backend: what a host holds, and shares between its threads.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use wasmtime::Engine;

use crate::{
    backend::{Backend, Tx},
    clock::Clock,
    engine,
    failure::{Blame, Failure},
    limits::Limits,
    plugin::{self, LoadError, Plugin, PluginInfo},
    preflight::Report,
    slots::Slots,
    types::Timestamp,
};

/// What a runtime is made of, beside its backend and its plugin.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bounds on everything.
    pub limits: Limits,
    /// A folder for compiled components, an absolute path. Only the host may be able to write there.
    pub cache: Option<PathBuf>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// A loaded plugin over a backend. All of it is synchronous: call it from threads that may block.
pub struct Runtime<B: Backend> {
    backend: B,
    pub(crate) shared: Shared<B::Tx>,
}

/// What calls need that is not of one backend.
pub(crate) struct Shared<T: 'static> {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) slots: Slots,
    clock: Arc<dyn Clock>,
    plugin: ArcSwap<Plugin<T>>,
    /// One load at a time.
    loading: Mutex<()>,
    strikes: AtomicU32,
}

impl<B: Backend> Runtime<B> {
    /// Compiles and checks the plugin.
    ///
    /// # Errors
    /// As [`LoadError`] says; [`LoadError::Misfit`] holds the whole table.
    pub fn new(backend: B, settings: &Settings, plugin: &[u8]) -> Result<Self, LoadError> {
        let engine = engine::build(&settings.limits, settings.cache.as_deref())?;
        let (loaded, _) = plugin::load(&engine, &settings.limits, plugin)?;
        metrics::gauge!("plugin_quarantined").set(0.0);
        let shared = Shared {
            slots: Slots::new(settings.limits.calls),
            limits: settings.limits.clone(),
            clock: settings.clock.clone(),
            plugin: ArcSwap::new(loaded),
            loading: Mutex::new(()),
            strikes: AtomicU32::new(0),
            engine,
        };
        Ok(Self { backend, shared })
    }

    /// Checks a component as a load would, and changes nothing.
    ///
    /// # Errors
    /// If it does not even compile.
    pub fn check(settings: &Settings, plugin: &[u8]) -> Result<Report, LoadError> {
        let engine = engine::build(&settings.limits, settings.cache.as_deref())?;
        match plugin::load::<B::Tx>(&engine, &settings.limits, plugin) {
            Ok((_, report)) => Ok(report),
            Err(LoadError::Misfit(report)) => Ok(*report),
            Err(error) => Err(error),
        }
    }

    /// Puts another plugin in the place of the one that runs. Calls under way end on the old one. A plugin
    /// that does not pass changes nothing; one that passes leaves quarantine behind.
    ///
    /// # Errors
    /// As [`Runtime::new`].
    pub fn swap(&self, plugin: &[u8]) -> Result<PluginInfo, LoadError> {
        let _one = self.shared.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let (loaded, _) = plugin::load(&self.shared.engine, &self.shared.limits, plugin)?;
        let info = loaded.info.clone();
        self.shared.plugin.store(loaded);
        self.lift_quarantine();
        tracing::info!(name = info.name, version = info.version, sha256 = info.sha256, "another plugin runs");
        Ok(info)
    }

    /// The plugin that runs.
    pub fn plugin(&self) -> PluginInfo {
        self.shared.plugin.load().info.clone()
    }

    /// Whether the plugin trapped too often in a row, and how often. Its calls are refused then.
    pub fn quarantined(&self) -> Option<u32> {
        self.shared.quarantined()
    }

    /// Lets the plugin run again.
    pub fn lift_quarantine(&self) {
        self.shared.strikes.store(0, Ordering::SeqCst);
        metrics::gauge!("plugin_quarantined").set(0.0);
    }

    /// The storage.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The runtime's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }
}

impl<T: Tx> Shared<T> {
    /// The plugin, unless it is in quarantine.
    pub(crate) fn ready(&self) -> Result<Arc<Plugin<T>>, Failure> {
        match self.quarantined() {
            Some(strikes) => Err(Failure::Quarantined { strikes }),
            None => Ok(self.plugin.load_full()),
        }
    }

    fn quarantined(&self) -> Option<u32> {
        let strikes = self.strikes.load(Ordering::SeqCst);
        (strikes >= self.limits.strikes).then_some(strikes)
    }

    /// Counts a call, and its end against the plugin if it was the plugin's fault.
    pub(crate) fn observe(&self, export: &'static str, took: Duration, failure: Option<&Failure>) -> &'static str {
        let outcome = match failure {
            None => "ok",
            Some(Failure::Refused(_)) => "refused",
            Some(Failure::Broken { .. }) => "broken",
            Some(_) => "failed",
        };
        metrics::histogram!("plugin_call_seconds", "export" => export, "outcome" => outcome).record(took.as_secs_f64());
        match failure {
            None | Some(Failure::Refused(_)) => self.strikes.store(0, Ordering::SeqCst),
            Some(Failure::Broken { blame, reason, detail, .. }) => {
                let guilty = match blame {
                    Blame::Guest => "guest",
                    Blame::Host => "host",
                };
                let reason = format!("{reason:?}").to_lowercase();
                tracing::error!(export, blame = guilty, reason, detail, "a call of the plugin broke off");
                metrics::counter!("plugin_traps_total", "blame" => guilty, "reason" => reason).increment(1);
                if *blame == Blame::Guest {
                    let strikes = self.strikes.fetch_add(1, Ordering::SeqCst) + 1;
                    if strikes == self.limits.strikes {
                        tracing::error!(strikes, "the plugin is in quarantine");
                        metrics::gauge!("plugin_quarantined").set(1.0);
                    }
                }
            }
            Some(_) => {}
        }
        outcome
    }
}

impl<B: Backend> std::fmt::Debug for Runtime<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("plugin", &self.plugin())
            .field("quarantined", &self.quarantined())
            .finish_non_exhaustive()
    }
}
