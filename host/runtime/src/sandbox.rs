//! A component that is not the plugin: a renderer, a converter. It is lent nothing but the empty WASI, and runs within
//! the same limits, on the same kind of engine.
//!
//! An instance may answer several calls, so that what it was given once need not be given again; each call has the whole
//! deadline, all of them together have the memory. After a call that broke off, the instance is of no more use.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use wasmtime::{
    Engine, Store,
    component::{Instance, InstancePre, Linker},
};

use crate::{
    call::{bounded, panicked, verdict},
    engine,
    failure::Failure,
    imports::{Meter, Metered},
    limits::Limits,
    plugin::{self, LoadError},
    wasi::{self, HasWasi, Wasi},
};

/// An engine for components that are lent nothing.
#[derive(Debug)]
pub struct Sandbox {
    engine: Engine,
    limits: Limits,
}

/// A component that can be started.
pub struct Sandboxed {
    pre: InstancePre<Inside>,
    limits: Limits,
}

/// What a store holds for such a component.
#[derive(Debug)]
pub struct Inside {
    meter: Meter,
    wasi: Wasi,
}

impl Metered for Inside {
    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}

impl HasWasi for Inside {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.wasi
    }
}

impl Sandbox {
    /// An engine; `limits.calls` is how many instances there may be at once. `cache` is a folder for compiled
    /// components, an absolute path, where only the host may be able to write.
    ///
    /// # Errors
    /// [`LoadError::Engine`].
    pub fn new(limits: Limits, cache: Option<&Path>) -> Result<Self, LoadError> {
        Ok(Self { engine: engine::build(&limits, cache)?, limits })
    }

    /// Compiles a component and links it.
    ///
    /// # Errors
    /// As [`LoadError`] says; [`LoadError::NotAComponent`] also of one that wants more than it is lent.
    pub fn load(&self, bytes: &[u8]) -> Result<Sandboxed, LoadError> {
        let component = plugin::compile(&self.engine, &self.limits, bytes)?;
        let mut linker = Linker::new(&self.engine);
        wasi::link(&mut linker).map_err(LoadError::engine)?;
        let pre = linker.instantiate_pre(&component).map_err(|error| LoadError::NotAComponent(format!("{error:#}")))?;
        Ok(Sandboxed { pre, limits: self.limits.clone() })
    }
}

impl Sandboxed {
    /// A fresh instance. `name` is what its failures and figures are called.
    ///
    /// # Errors
    /// [`Failure::Broken`]; blamed on the host where all instances are taken.
    pub fn start(&self, name: &'static str) -> Result<Running, Failure> {
        let limits = &self.limits;
        let inside = Inside { meter: Meter::new(limits), wasi: Wasi::new(0, limits.handles, limits.stderr) };
        let mut store = bounded(self.pre.engine(), limits, inside);
        match catch_unwind(AssertUnwindSafe(|| self.pre.instantiate(&mut store))) {
            Ok(Ok(instance)) => Ok(Running { store, instance, name, broken: false }),
            Ok(Err(error)) => Err(verdict(&error).into_failure(name, "")),
            Err(panic) => Err(panicked(&*panic, name).into_failure(name, "")),
        }
    }
}

/// An instance at work.
pub struct Running {
    store: Store<Inside>,
    instance: Instance,
    name: &'static str,
    broken: bool,
}

impl Running {
    /// Runs `work`, which calls the instance's exports, within one deadline.
    ///
    /// # Errors
    /// [`Failure::Broken`], also of every call after one that broke off.
    pub fn call<R>(
        &mut self,
        work: impl FnOnce(&mut Store<Inside>, &Instance) -> wasmtime::Result<R>,
    ) -> Result<R, Failure> {
        if self.broken {
            let stop = crate::failure::Stop::guest(crate::failure::Broke::Trap, "an earlier call of it broke off");
            return Err(stop.into_failure(self.name, ""));
        }
        self.store.data_mut().meter.restart();
        self.broken = true;
        let (store, instance) = (&mut self.store, &self.instance);
        let called: Result<wasmtime::Result<R>, Box<dyn Any + Send>> =
            catch_unwind(AssertUnwindSafe(|| work(store, instance)));
        let stop = match called {
            Ok(Ok(answer)) => {
                self.broken = false;
                return Ok(answer);
            }
            Ok(Err(error)) => verdict(&error),
            Err(panic) => panicked(&*panic, self.name),
        };
        Err(stop.into_failure(self.name, &self.store.data().wasi.written()))
    }

    /// Bytes of memory that it has: memories never shrink.
    pub fn peak_memory(&self) -> usize {
        self.store.data().meter.peak_memory
    }
}

impl std::fmt::Debug for Sandboxed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandboxed").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("name", &self.name).field("broken", &self.broken).finish_non_exhaustive()
    }
}
