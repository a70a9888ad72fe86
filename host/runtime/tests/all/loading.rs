//! Preflight, hot swap, and what is never loaded.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use client_connect_embed::PLUGIN;
use client_connect_fixtures::guests::MISBEHAVING;
use client_connect_runtime::{ItemState, LoadError, Report, Runtime, Side, exports::access, memory::Memory};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use crate::common::*;

/// A component with the contract's imports and exports as `change` alters them, and nothing but traps inside.
fn altered(change: impl Fn(&str) -> String) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|ending| ending == "wit") {
            let text = change(&fs::read_to_string(&file).unwrap());
            fs::write(folder.path().join(file.file_name().unwrap()), text).unwrap();
        }
    }
    let sockets = folder.path().join("deps/sockets");
    fs::create_dir_all(&sockets).unwrap();
    fs::write(sockets.join("tcp.wit"), "package wasi:sockets@0.2.6; interface tcp { connect: func() -> u32; }")
        .unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder.path()).unwrap();
    let world = resolve.select_world(&[package], Some("client-connect")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn replaced(from: &str, to: &str) -> Vec<u8> {
    let found = AtomicBool::new(false);
    let component = altered(|text| {
        found.fetch_or(text.contains(from), Ordering::SeqCst);
        text.replace(from, to)
    });
    assert!(found.into_inner(), "the contract has no {from:?}");
    component
}

fn check(component: &[u8]) -> Report {
    Runtime::<Memory>::check(&settings(), component).unwrap()
}

fn state<'r>(report: &'r Report, side: Side, name: &str) -> &'r ItemState {
    let item = report.items.iter().find(|item| item.side == side && item.name == name);
    &item.unwrap_or_else(|| panic!("no {name} in\n{report}")).state
}

#[test]
fn the_real_plugin_passes() {
    let report = check(PLUGIN);
    assert!(report.passes(), "{report}");
    assert_eq!(report.found, ["0.1.0"]);
    let table = report.to_string();
    assert!(table.contains("this host speaks 0.1.0") && table.ends_with("passes"), "{table}");
    assert!(table.contains("Client Connect"), "{table}");
}

#[test]
fn another_version_is_named_with_who_must_move() {
    let report = check(&replaced("client-connect:plugin@0.1.0", "client-connect:plugin@0.2.0"));
    assert!(!report.passes());
    assert_eq!(report.found, ["0.2.0"]);
    assert_eq!(*state(&report, Side::Import, "storage.get-matter"), ItemState::OtherVersion("0.2.0".into()));
    assert_eq!(*state(&report, Side::Export, "portal.permit"), ItemState::OtherVersion("0.2.0".into()));
    assert!(report.to_string().contains("host: speak 0.2.0"), "{report}");
}

#[test]
fn a_missing_export_is_named() {
    let report = check(&replaced("export letters;", ""));
    assert_eq!(*state(&report, Side::Export, "letters.compose"), ItemState::Missing);
    assert_eq!(*state(&report, Side::Export, "portal.permit"), ItemState::Fits);
    assert!(report.to_string().contains("letters.compose"), "{report}");
}

#[test]
fn every_mistyped_import_is_named_and_no_other() {
    let report = check(&altered(|text| {
        text.replace("get-revision: func(matter: matter-id, section: section)", "get-revision: func(matter: matter-id)")
            .replace("list-watchers: func(matter: matter-id)", "list-watchers: func(matter: u32)")
    }));
    for name in ["storage.get-revision", "storage.list-watchers"] {
        assert!(matches!(state(&report, Side::Import, name), ItemState::Mistyped(_)), "{name}:\n{report}");
    }
    let imports = report.misfits().filter(|item| item.side == Side::Import).count();
    assert_eq!(imports, 2, "{report}");
}

#[test]
fn a_mistyped_export_is_named() {
    let report = check(&replaced("enum verb { preview, download, upload }", "enum verb { preview, upload }"));
    assert!(matches!(state(&report, Side::Export, "portal.permit"), ItemState::Mistyped(_)), "{report}");
    assert_eq!(*state(&report, Side::Export, "portal.view"), ItemState::Fits, "{report}");
}

#[test]
fn an_import_that_the_contract_has_not_is_named() {
    let report = check(&replaced("get-matter: func", "delete-everything: func();\n  get-matter: func"));
    assert_eq!(*state(&report, Side::Import, "storage.delete-everything"), ItemState::Missing, "{report}");
    assert_eq!(report.misfits().filter(|item| item.side == Side::Import).count(), 1, "{report}");
}

#[test]
fn sockets_are_not_granted() {
    let report = check(&replaced("import logging;", "import logging;\n  import wasi:sockets/tcp@0.2.6;"));
    assert_eq!(*state(&report, Side::Import, "wasi:sockets/tcp@0.2.6"), ItemState::NotGranted, "{report}");
}

#[test]
fn a_plugin_that_cannot_say_who_it_is_does_not_pass() {
    let report = check(&altered(str::to_owned));
    assert!(matches!(state(&report, Side::Export, "about.describe"), ItemState::Broke(_)), "{report}");
    assert_eq!(report.misfits().count(), 1, "{report}");
}

#[test]
fn what_is_no_component_is_not_loaded() {
    let load = |bytes: &[u8]| Runtime::new(firm(), &settings(), bytes).map(drop);
    let engine = wasmtime::Engine::default();
    let foreign = engine.precompile_component(PLUGIN).unwrap();
    let core = b"\0asm\x01\0\0\0";
    for bytes in [&b""[..], b"(component)", b"not wasm at all", core, &PLUGIN[..PLUGIN.len() / 2], &foreign] {
        let refused = load(bytes);
        assert!(matches!(refused, Err(LoadError::NotAComponent(_))), "{refused:?}");
    }
    let mut small = settings();
    small.limits.plugin_bytes = 1_000;
    let refused = Runtime::new(firm(), &small, PLUGIN).map(drop);
    assert!(matches!(refused, Err(LoadError::TooLarge { limit: 1_000, .. })), "{refused:?}");
}

#[test]
fn a_component_that_compiles_too_long_is_given_up() {
    let mut settings = settings();
    settings.cache = None;
    settings.limits.compile = std::time::Duration::ZERO;
    let refused = Runtime::new(firm(), &settings, PLUGIN).map(drop);
    assert!(matches!(refused, Err(LoadError::TooSlow(_))), "{refused:?}");
}

#[test]
fn a_bad_file_never_replaces_a_good_one() {
    let runtime = misbehaving(&firm());
    let before = runtime.plugin();
    runtime.swap(b"rubbish").unwrap_err();
    runtime.swap(&altered(str::to_owned)).unwrap_err();
    assert_eq!(runtime.plugin(), before);
    misbehave(&runtime, user("u"), &[]).unwrap();
}

/// Says so when it is dropped.
struct AtTheEnd<'d>(&'d AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_swap_drops_no_call_and_leaves_quarantine_behind() {
    // What is proven has nothing to do with how quick the machine is at the time.
    let mut settings = settings();
    settings.limits.deadline = Duration::from_secs(60);
    let runtime = Runtime::new(shared_firm(), &settings, MISBEHAVING).unwrap();
    for _ in 0..3 {
        misbehave(&runtime, user("u"), &[("misbehave", "panic")]).unwrap_err();
    }
    assert!(runtime.quarantined().is_some());
    assert_eq!(runtime.swap(PLUGIN).unwrap().name, "Client Connect");
    assert_eq!(runtime.quarantined(), None);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // However this ends, those who call end too.
        let _end = AtTheEnd(&done);
        let calling: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut calls = 0;
                    while !done.load(Ordering::SeqCst) {
                        let view = access::View { matter: "m".into() };
                        runtime.read(|unit| unit.call(&user("u"), &view)).unwrap();
                        calls += 1;
                    }
                    calls
                })
            })
            .collect();
        for round in 0..10 {
            runtime.swap(if round % 2 == 0 { MISBEHAVING } else { PLUGIN }).unwrap();
            runtime.swap(b"rubbish").unwrap_err();
        }
        done.store(true, Ordering::SeqCst);
        for calls in calling {
            assert!(calls.join().unwrap() > 0);
        }
    });
}
