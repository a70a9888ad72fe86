//! Each backend call of each export fails in each way: what is stored is as it was, and the next call succeeds.
//!
//! With the real plugin, once for every k until the k-th call is not reached any more, as SQLite tests itself.

use std::time::Duration;

use client_connect_embed::PLUGIN;
use client_connect_runtime::{
    Failure, Limits, Runtime, Settings, Unit,
    exports::{Export, access, events, letters, notifications, portal, sharing},
    memory::{Memory, MemoryTx},
    testing::{Fault, Faulty, FaultyTx},
    types::*,
};

use crate::common::*;

type Work = fn(&mut Unit<'_, FaultyTx<MemoryTx>>) -> Result<(), Failure>;

/// One call of one export that succeeds on [`shared_firm`].
struct Scenario {
    export: &'static str,
    work: Work,
}

fn call<E: Export>(
    unit: &mut Unit<'_, FaultyTx<MemoryTx>>,
    who: client_connect_runtime::Caller,
    export: &E,
) -> Result<(), Failure> {
    unit.call(&who, export).map(drop)
}

fn m() -> MatterId {
    "m".into()
}

fn ids<const N: usize>(ids: [&str; N]) -> Vec<String> {
    ids.map(str::to_owned).to_vec()
}

fn pair(document: &str, contact: &str) -> Pair {
    Pair { document: document.into(), contact: contact.into() }
}

fn page() -> Page {
    Page { after: None, limit: 50 }
}

fn host() -> client_connect_runtime::Caller {
    caller(Actor::Host)
}

fn notice() -> Notice {
    Notice {
        to: Recipient::Contact("c".into()),
        channel: Channel::Email,
        matter: m(),
        topic: Topic::Shared,
        documents: ids(["m1"]),
        contact: None,
        key: "k".into(),
        attributes: Vec::new(),
    }
}

const SCENARIOS: &[Scenario] = &[
    Scenario { export: "access.view", work: |unit| call(unit, user("u"), &access::View { matter: m() }) },
    Scenario {
        export: "access.grant",
        work: |unit| {
            let changes = vec![change("c", false, false), change("d", true, true)];
            call(unit, user("u"), &access::Grant { matter: m(), revision: 0, changes })
        },
    },
    Scenario { export: "sharing.view", work: |unit| call(unit, user("u"), &sharing::View { matter: m() }) },
    Scenario {
        export: "sharing.documents",
        work: |unit| {
            let filter = DocumentFilter {
                contacts: ids(["c"]),
                lane: Lane::WholeMatter,
                search: None,
                same_content_as: None,
                sort: SortKey::Name,
                descending: false,
                attributes: Vec::new(),
            };
            call(unit, user("u"), &sharing::Documents { matter: m(), filter, page: page() })
        },
    },
    Scenario {
        export: "sharing.share",
        work: |unit| {
            call(
                unit,
                user("u"),
                &sharing::Share { matter: m(), revision: 0, contacts: ids(["c", "d"]), documents: ids(["m3", "m4"]) },
            )
        },
    },
    Scenario {
        export: "sharing.unshare",
        work: |unit| {
            call(
                unit,
                user("u"),
                &sharing::Unshare { matter: m(), revision: 0, contacts: ids(["c"]), documents: ids(["m1"]) },
            )
        },
    },
    Scenario {
        export: "sharing.save",
        work: |unit| {
            let (share, unshare) = (vec![pair("m3", "c"), pair("m4", "d")], vec![pair("m1", "c")]);
            call(unit, user("u"), &sharing::Save { matter: m(), revision: 0, share, unshare })
        },
    },
    Scenario { export: "notifications.view", work: |unit| call(unit, user("u"), &notifications::View { matter: m() }) },
    Scenario {
        export: "notifications.set-watchers",
        work: |unit| {
            let watchers = vec![Watcher { user: "v".into(), in_app: true, email: false, attributes: Vec::new() }];
            call(unit, user("u"), &notifications::SetWatchers { matter: m(), revision: 0, watchers })
        },
    },
    Scenario { export: "portal.matters", work: |unit| call(unit, contact("c"), &portal::Matters) },
    Scenario { export: "portal.view", work: |unit| call(unit, contact("c"), &portal::View { matter: m() }) },
    Scenario {
        export: "portal.documents",
        work: |unit| {
            let list =
                portal::Documents { matter: m(), search: None, sort: SortKey::Name, descending: false, page: page() };
            call(unit, contact("c"), &list)
        },
    },
    Scenario {
        export: "portal.permit",
        work: |unit| {
            call(unit, contact("c"), &portal::Permit { matter: m(), verb: Verb::Download, documents: ids(["m1"]) })
        },
    },
    Scenario {
        export: "events.on-upload",
        work: |unit| call(unit, contact("c"), &events::OnUpload { matter: m(), documents: ids(["up"]) }),
    },
    Scenario {
        export: "events.on-document-deleted",
        work: |unit| call(unit, host(), &events::OnDocumentDeleted { matter: m(), documents: ids(["m1"]) }),
    },
    Scenario {
        export: "events.on-contact-unlinked",
        work: |unit| call(unit, host(), &events::OnContactUnlinked { matter: m(), contact: "c".into() }),
    },
    Scenario {
        export: "events.on-contact-address-changed",
        work: |unit| call(unit, host(), &events::OnContactAddressChanged { matter: m(), contact: "c".into() }),
    },
    Scenario {
        export: "events.on-matter-deleted",
        work: |unit| call(unit, host(), &events::OnMatterDeleted { matter: m() }),
    },
    Scenario {
        export: "events.on-matter-changed",
        work: |unit| {
            let before = unit.tx().inner().records().matter_as_read("m").expect("it is there");
            call(unit, host(), &events::OnMatterChanged { matter: m(), before })
        },
    },
    Scenario {
        export: "events.on-document-seen",
        work: |unit| {
            let receipt = Receipt { version: 1, at: NOW, downloaded: false, attributes: Vec::new() };
            let seen = vec![SeenDocument { document: "m1".into(), receipt }];
            call(unit, contact("c"), &events::OnDocumentSeen { matter: m(), seen })
        },
    },
    Scenario {
        export: "letters.compose",
        work: |unit| call(unit, contact("c"), &letters::Compose { notices: vec![notice()] }),
    },
];

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
    for scenario in SCENARIOS {
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
    let mut names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.export).collect();
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
    let mut left: Vec<_> = SCENARIOS.iter().collect();
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
    for scenario in SCENARIOS {
        count(&faults, scenario);
        backend.arm_commit();
        let failed = runtime.write(|unit| (scenario.work)(unit));
        assert!(matches!(failed, Err(Failure::Backend(_))), "{}: {failed:?}", scenario.export);
        assert_eq!(backend.inner().dump(), before, "{}", scenario.export);
    }
}
