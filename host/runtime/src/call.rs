//! One call of the plugin: a fresh instance over a transaction, and the verdict on how it ended.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use wasmtime::{
    Store, Trap, UpdateDeadline,
    component::{ComponentNamedList, Instance, Lift, Lower},
};

use crate::{
    backend::{CallRecord, Tx},
    exports::Export,
    failure::{Blame, Broke, Failure, Stop},
    floor::Floor,
    imports::{Meter, Metered, State},
    limits::Limits,
    plugin::Plugin,
    runtime::Shared,
    types::{CallContext, HostError, Refusal},
    unit::Caller,
    wasi::Wasi,
};

/// The way into a running instance.
pub struct Entry<'e, T: 'static> {
    name: &'static str,
    plugin: &'e Plugin<T>,
    instance: Instance,
    store: &'e mut Store<State<T>>,
    /// The call's context.
    pub(crate) context: &'e CallContext,
}

impl<T> std::fmt::Debug for Entry<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<T> Entry<'_, T> {
    /// Calls the function with these parameters.
    pub(crate) fn call<P, A>(&mut self, params: P) -> wasmtime::Result<Result<A, Refusal>>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        Result<A, Refusal>: Lift,
        (Result<A, Refusal>,): ComponentNamedList + Lift + Send + Sync,
        T: 'static,
    {
        let index = self.plugin.exports.get(self.name).ok_or_else(|| wasmtime::format_err!("no such export"))?;
        let function = self.instance.get_typed_func::<P, (Result<A, Refusal>,)>(&mut *self.store, index)?;
        Ok(function.call(&mut *self.store, params)?.0)
    }
}

/// A store with every limit set.
pub(crate) fn bounded<S: Metered>(engine: &wasmtime::Engine, limits: &Limits, state: S) -> Store<S> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| state.meter());
    store.set_hostcall_fuel(limits.hostcall_bytes);
    debug_assert_eq!(store.hostcall_fuel(), limits.hostcall_bytes);
    store.set_max_component_handles(limits.handles);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| match context.data_mut().meter().overdue() {
        Some(stop) => Err(stop.into()),
        None => Ok(UpdateDeadline::Continue(1)),
    });
    store
}

/// The same for one call of the plugin.
pub(crate) fn store<T: Tx>(
    engine: &wasmtime::Engine,
    limits: &Limits,
    floor: Floor<T>,
    meter: Meter,
    now: u64,
) -> Store<State<T>> {
    bounded(engine, limits, State { floor, meter, wasi: Wasi::new(now, limits.handles, limits.stderr) })
}

/// Runs one export over `tx`, and gives the transaction back.
pub(crate) fn run<T: Tx, E: Export>(
    shared: &Shared<T>,
    tx: T,
    now: u64,
    caller: &Caller,
    export: &E,
) -> (Option<T>, Result<E::Answer, Failure>) {
    let plugin = match shared.ready() {
        Ok(plugin) => plugin,
        Err(failure) => return (Some(tx), Err(failure)),
    };
    let Some(_slot) = shared.slots.take(shared.limits.wait) else { return (Some(tx), Err(Failure::Busy)) };
    let began = Instant::now();
    let span =
        tracing::info_span!("plugin.call", export = E::NAME, request = caller.request, outcome = tracing::field::Empty);
    let _entered = span.enter();
    let (tx, result) = run_in_store(shared, &plugin, tx, now, caller, export);
    let outcome = shared.observe(E::NAME, began.elapsed(), result.as_ref().err());
    span.record("outcome", outcome);
    (tx, result)
}

fn run_in_store<T: Tx, E: Export>(
    shared: &Shared<T>,
    plugin: &Plugin<T>,
    tx: T,
    now: u64,
    caller: &Caller,
    export: &E,
) -> (Option<T>, Result<E::Answer, Failure>) {
    let bound = export.bound();
    let mut record = record(caller, E::NAME, bound.matters.first(), now, &plugin.info.sha256);
    if E::WRITES {
        record.id = id();
    }
    let mut meter = Meter::new(&shared.limits);
    let mut floor = Floor::new(Some(tx), record, bound, E::WRITES, &shared.limits);
    match meter.hosting(|| guarded(|| floor.enter())) {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return (floor.into_tx(), Err(Failure::Refused(Refusal::NotFound))),
        Ok(Err(error)) => return (floor.into_tx(), Err(backend(E::NAME, error))),
        Err(stop) => return (floor.into_tx(), Err(stop.into_failure(E::NAME, ""))),
    }
    let context = CallContext {
        actor: caller.actor.clone(),
        now,
        locale: caller.locale.clone(),
        attributes: caller.attributes.clone(),
    };
    let mut store = store(&shared.engine, &shared.limits, floor, meter, now);
    let called = catch_unwind(AssertUnwindSafe(|| {
        let instance = plugin.pre.instantiate(&mut store)?;
        let mut entry = Entry { name: E::NAME, plugin, instance, store: &mut store, context: &context };
        export.invoke(&mut entry)
    }));
    let State { mut floor, mut meter, wasi } = store.into_data();
    metrics::histogram!("plugin_host_calls", "export" => E::NAME).record(meter.host_calls);
    let answer = match called {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return (floor.into_tx(), Err(verdict(&error).into_failure(E::NAME, &wasi.written()))),
        Err(panic) => {
            return (floor.into_tx(), Err(panicked(&*panic, meter.import).into_failure(E::NAME, &wasi.written())));
        }
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(refusal) => return (floor.into_tx(), Err(Failure::Refused(refusal))),
    };
    let proven = meter.hosting(|| {
        guarded(|| {
            let proven = export.prove(&mut floor, answer)?;
            if proven.is_ok() {
                floor.finish()?;
            }
            Ok(proven)
        })
    });
    // A backend that answered, but too late, is as good as one that did not.
    let proven = proven.and_then(|proven| meter.overdue().map_or(Ok(proven), Err));
    let result = match proven {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(refusal))) => Err(Failure::Refused(refusal)),
        Ok(Err(error)) => Err(backend(E::NAME, error)),
        Err(stop) => Err(stop.into_failure(E::NAME, "")),
    };
    (floor.into_tx(), result)
}

/// The host's own account of a call. It gets an id when it may write: nothing else is ever written down.
pub(crate) fn record(
    caller: &Caller,
    export: &'static str,
    matter: Option<&String>,
    at: u64,
    plugin: &str,
) -> CallRecord {
    CallRecord {
        id: String::new(),
        actor: caller.actor.clone(),
        at,
        export,
        matter: matter.cloned(),
        plugin: plugin.to_owned(),
        request: caller.request.clone(),
    }
}

/// 128 bits of the system's random source, in hex.
pub(crate) fn id() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the system has no random bytes; a call goes without an id of its own");
    }
    hex::encode(bytes)
}

/// Catches the host's own panics: the transaction is rolled back, and the host stays up.
pub(crate) fn guarded<R>(work: impl FnOnce() -> Result<R, HostError>) -> Result<Result<R, HostError>, Stop> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panicked(&*panic, "the floor"))
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send), place: &str) -> Stop {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let detail = format!("the host panicked in {place}: {}", message.unwrap_or("without a message"));
    Stop { blame: Blame::Host, reason: Broke::Panic, detail }
}

fn backend(export: &'static str, error: HostError) -> Failure {
    tracing::warn!(export, ?error, "the backend failed");
    Failure::Backend(error)
}

/// Who is to blame for an error that came out of a call, and for what.
pub(crate) fn verdict(error: &wasmtime::Error) -> Stop {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.clone();
    }
    let detail = format!("{error:#}");
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let reason = if matches!(trap, Trap::Interrupt) { Broke::Deadline } else { Broke::Trap };
        return Stop::guest(reason, detail);
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return Stop { blame: Blame::Host, reason: Broke::Unavailable, detail };
    }
    // What is left are bytes and handles over their limits, and answers that are no answers.
    let over = detail.contains("fuel allocated for hostcalls") || detail.contains("limit");
    Stop::guest(if over { Broke::Budget } else { Broke::Trap }, detail)
}
