//! The one engine of a runtime: how components are compiled, where their instances lie, and the ticker that
//! ends calls which compute too long.

use std::{path::Path, thread, time::Duration};

use wasmtime::{Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::{limits::Limits, plugin::LoadError};

/// How often the epoch moves on: the grain of every deadline.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Bytes of a memory, and of a table, that stay with their place in the pool from one call to the next; what a
/// call left in them does not.
const RESIDENT: usize = 1 << 20;

/// Builds the engine, with the pooling allocator where the machine has the address space for it.
pub(crate) fn build(limits: &Limits, cache: Option<&Path>) -> Result<Engine, LoadError> {
    let pooled = configure(limits, cache, true)?;
    let engine = match Engine::new(&pooled) {
        Ok(engine) => engine,
        Err(error) => {
            tracing::warn!(%error, "no pool for instances; they are allocated one by one");
            Engine::new(&configure(limits, cache, false)?).map_err(LoadError::engine)?
        }
    };
    tick(&engine)?;
    Ok(engine)
}

fn configure(limits: &Limits, cache: Option<&Path>, pool: bool) -> Result<Config, LoadError> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.max_wasm_stack(limits.stack);
    // What the contract does not use is not there to be attacked.
    config.wasm_memory64(false).wasm_multi_memory(false).wasm_relaxed_simd(false);
    if let Some(folder) = cache {
        let mut settings = CacheConfig::new();
        settings.with_directory(folder);
        config.cache(Some(Cache::new(settings).map_err(LoadError::engine)?));
    }
    if pool {
        // One more than may run: the next call begins while the last one's memory is given back.
        let calls = limits.calls.saturating_add(1);
        let each = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut slots = PoolingAllocationConfig::new();
        slots.total_component_instances(calls);
        slots.max_core_instances_per_component(each(limits.instances));
        slots.max_memories_per_component(each(limits.memories));
        slots.max_tables_per_component(each(limits.tables));
        slots.total_core_instances(calls.saturating_mul(each(limits.instances)));
        slots.total_memories(calls.saturating_mul(each(limits.memories)));
        slots.total_tables(calls.saturating_mul(each(limits.tables)));
        slots.max_memory_size(limits.memory);
        slots.table_elements(limits.table_elements);
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            // The kernel tells which pages a call has touched: these alone are put back as they were, instead of
            // all being given up and faulted in again. A third off the cost of a fresh instance.
            slots.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(RESIDENT).table_keep_resident(RESIDENT);
        }
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(slots));
    }
    Ok(config)
}

/// Moves the epoch on for as long as the engine is there: the thread holds it weakly, and ends after it.
fn tick(engine: &Engine) -> Result<(), LoadError> {
    let weak = engine.weak();
    let ticker = move || {
        loop {
            thread::sleep(TICK);
            let Some(engine) = weak.upgrade() else { return };
            engine.increment_epoch();
        }
    };
    thread::Builder::new().name("plugin-epoch".into()).spawn(ticker).map_err(LoadError::engine)?;
    Ok(())
}
