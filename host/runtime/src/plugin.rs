//! A component that passed preflight, ready to be instantiated for each call.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    thread,
};

use sha2::{Digest as _, Sha256};
use wasmtime::{
    Engine,
    component::{Component, ComponentExportIndex, HasSelf, InstancePre, Linker},
};

use crate::{
    backend::Tx,
    imports::State,
    limits::Limits,
    preflight::{self, Report},
    types::bindings::ClientConnect,
    wasi,
};

/// Why a component was not loaded. What ran before goes on running.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// Larger than the limits allow.
    #[error("the plugin has {size} bytes, and may have {limit}")]
    TooLarge {
        /** In bytes. */
        size: usize,
        /** In bytes. */
        limit: usize,
    },
    /// Not a WebAssembly component, or one that does not compile.
    #[error("not a component that can be compiled: {0}")]
    NotAComponent(String),
    /// Compiling took longer than the limits allow.
    #[error("the plugin did not compile within {0:?}")]
    TooSlow(std::time::Duration),
    /// It does not fit the contract; the table says where.
    #[error("the plugin does not fit:\n{0}")]
    Misfit(Box<Report>),
    /// The engine could not be built.
    #[error("the engine cannot start: {0}")]
    Engine(String),
}

impl LoadError {
    pub(crate) fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }
}

/// What is known of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginInfo {
    /// As it says itself.
    pub name: String,
    /// As it says itself.
    pub version: String,
    /// Of the component's bytes, in hex.
    pub sha256: String,
    /// Of the component, in bytes.
    pub size: usize,
}

/// A plugin that can run.
pub(crate) struct Plugin<T: 'static> {
    pub(crate) info: PluginInfo,
    pub(crate) pre: InstancePre<State<T>>,
    /// By `interface.function`. Looked up once: a call then finds and checks the one function that it wants.
    pub(crate) exports: HashMap<&'static str, ComponentExportIndex>,
}

/// Everything that a plugin may import, linked.
pub(crate) fn linker<T: Tx>(engine: &Engine) -> wasmtime::Result<Linker<State<T>>> {
    let mut linker = Linker::new(engine);
    wasi::link(&mut linker)?;
    ClientConnect::add_to_linker::<_, HasSelf<State<T>>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// Compiles and checks a component. The report is complete whether it passes or not.
pub(crate) fn load<T: Tx>(
    engine: &Engine,
    limits: &Limits,
    bytes: &[u8],
) -> Result<(Arc<Plugin<T>>, Report), LoadError> {
    let component = compile(engine, limits, bytes)?;
    let sha256 = hex::encode(Sha256::digest(bytes));
    preflight::run(engine, limits, &component, sha256, bytes.len())
}

/// Compiles beside the caller, so that a component which takes too long can be given up.
pub(crate) fn compile(engine: &Engine, limits: &Limits, bytes: &[u8]) -> Result<Component, LoadError> {
    if bytes.len() > limits.plugin_bytes {
        return Err(LoadError::TooLarge { size: bytes.len(), limit: limits.plugin_bytes });
    }
    let (done, compiled) = mpsc::channel();
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    let work = move || {
        // `from_binary` takes the binary format alone: never text, and never what another engine compiled.
        let component = Component::from_binary(&engine, &bytes).map_err(|error| format!("{error:#}"));
        let _ = done.send(component);
    };
    thread::Builder::new().name("plugin-compile".into()).spawn(work).map_err(LoadError::engine)?;
    match compiled.recv_timeout(limits.compile) {
        Ok(component) => component.map_err(LoadError::NotAComponent),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(LoadError::TooSlow(limits.compile)),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(LoadError::NotAComponent("the compiler broke off".into())),
    }
}
