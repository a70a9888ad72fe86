//! Each backend call of each export fails in each way: what is stored is as it was, and the next call succeeds.
//!
//! With the real plugin, once for every k until the k-th call is not reached any more, as SQLite tests itself.

use std::time::Duration;

use client_connect_embed::PLUGIN;
use client_connect_runtime::{
    Failure, Limits, Runtime, Settings,
    memory::{Memory, MemoryTx},
    testing::{Fault, Faulty, FaultyTx, scenarios::scenarios},
};

use crate::common::*;

type Scenario = client_connect_runtime::testing::scenarios::Scenario<FaultyTx<MemoryTx>>;
type Faults = (Faulty<Memory>, Runtime<Faulty<Memory>>);

fn runtime(change: impl FnOnce(&mut Limits)) -> Faults {
    let backend = Faulty::new(shared_firm());
    let mut settings = Settings { limits: limits(), ..settings() };
    change(&mut settings.limits);
    let runtime = Runtime::new(backend.clone(), &settings, PLUGIN).unwrap();
    (backend, runtime)
}

/// How many backend calls the scenario makes when nothing fails.
fn count(faults: &Faults, scenario: &Scenario) -> u32 {
    let (backend, runtime) = faults;
    backend.disarm();
    let went = runtime.dry_run(|unit| (scenario.work)(unit));
    went.unwrap_or_else(|failure| panic!("{}: {failure:?}", scenario.export));
    backend.calls()
}

/// Lets every call fail in this way, in turn.
fn every_call_fails(faults: &Faults, limited: &Runtime<Faulty<Memory>>, fault: Fault) {
    let (backend, runtime) = faults;
    let before = backend.inner().dump();
    for scenario in &scenarios() {
        for k in 1..=count(faults, scenario) {
            backend.arm(k, fault);
            let failed = limited.write(|unit| (scenario.work)(unit));
            assert!(failed.is_err(), "{} passed over its {k}. call, {fault:?}", scenario.export);
            assert_eq!(backend.inner().dump(), before, "{} {k} {fault:?}", scenario.export);
            limited.lift_quarantine();
        }
        backend.disarm();
        runtime.dry_run(|unit| (scenario.work)(unit)).unwrap();
    }
}

#[test]
fn every_export_has_a_scenario() {
    let mut names: Vec<_> = scenarios::<MemoryTx>().iter().map(|scenario| scenario.export).collect();
    names.dedup();
    assert_eq!(names.len(), 21);
}

#[test]
fn an_error_of_any_backend_call_undoes_the_whole() {
    let faults = runtime(|_| {});
    every_call_fails(&faults, &faults.1, Fault::Error);
}

#[test]
fn an_outage_from_any_backend_call_on_undoes_the_whole() {
    let faults = runtime(|_| {});
    every_call_fails(&faults, &faults.1, Fault::Outage);
}

#[test]
fn a_panic_in_any_backend_call_undoes_the_whole() {
    let faults = runtime(|_| {});
    every_call_fails(&faults, &faults.1, Fault::Panic);
}

#[test]
fn a_delay_in_any_backend_call_undoes_the_whole() {
    let faults = runtime(|_| {});
    let mut settings = settings();
    settings.limits.total = Duration::from_millis(25);
    let limited = Runtime::new(faults.0.clone(), &settings, PLUGIN).unwrap();
    every_call_fails(&faults, &limited, Fault::Delay(Duration::from_millis(30)));
}

#[test]
fn a_trap_in_any_import_undoes_the_whole() {
    let (backend, roomy) = runtime(|_| {});
    let before = backend.inner().dump();
    let mut left = scenarios();
    for k in 0.. {
        let mut settings = settings();
        settings.limits.host_calls = k;
        let limited = Runtime::new(backend.clone(), &settings, PLUGIN).unwrap();
        left.retain(|scenario| {
            let tried = limited.dry_run(|unit| (scenario.work)(unit));
            limited.lift_quarantine();
            if tried.is_ok() {
                return false;
            }
            let failed = limited.write(|unit| (scenario.work)(unit));
            assert!(matches!(failed, Err(Failure::Broken { .. })), "{} {k}: {failed:?}", scenario.export);
            limited.lift_quarantine();
            assert_eq!(backend.inner().dump(), before, "{} {k}", scenario.export);
            roomy.dry_run(|unit| (scenario.work)(unit)).unwrap();
            true
        });
        if left.is_empty() {
            return;
        }
        assert!(k < 100, "{} uses very many imports", left[0].export);
    }
}

#[test]
fn a_commit_that_fails_undoes_the_whole() {
    let faults = runtime(|_| {});
    let (backend, runtime) = &faults;
    let before = backend.inner().dump();
    for scenario in &scenarios() {
        count(&faults, scenario);
        backend.arm_commit();
        let failed = runtime.write(|unit| (scenario.work)(unit));
        assert!(matches!(failed, Err(Failure::Backend(_))), "{}: {failed:?}", scenario.export);
        assert_eq!(backend.inner().dump(), before, "{}", scenario.export);
    }
}
