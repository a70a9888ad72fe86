//! The reference host keeps the contract, over each of its backends: the kit that is made for the hosts of others, told
//! to this one. And the kit sees when a host or a plugin does not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::Read as _,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use client_connect::store::conformance::SqliteWorld;
use client_connect_conformance::{
    adapter::{Adapter, World},
    peer::Peer,
    runner::{self, Files, Report},
};
use client_connect_fixtures::guests::MISBEHAVING;
use client_connect_runtime::memory::Memory;
use serde_json::{Value, json};

/// One adapter after the other, with what it is told and answers changed by `meddle`.
fn report<W: World + Clone>(plugin: &[u8], only: Option<&str>, meddle: fn(&Value, Value) -> Value) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    let (file, probe) = (scratch.path().join("plugin.wasm"), scratch.path().join("probe.wasm"));
    std::fs::write(&file, plugin).unwrap();
    std::fs::write(&probe, MISBEHAVING).unwrap();
    let files = Files { plugin: file, probe: Some(probe), scratch: scratch.path().to_owned() };
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    std::fs::create_dir_all(&cache).unwrap();
    let mut start = || {
        let mut adapter = Adapter::<W>::new("this", Some(cache.clone()))?;
        let told = move |message: &Value| {
            let answer = adapter.answer(message);
            meddle(message, answer)
        };
        Ok(Box::new(told) as Box<dyn Peer>)
    };
    runner::run(&mut start, &files, only).unwrap()
}

fn honest(_: &Value, answer: Value) -> Value {
    answer
}

#[test]
fn the_backend_in_memory_keeps_the_contract() {
    let report = report::<Memory>(client_connect_embed::PLUGIN, None, honest);
    assert!(report.passes() && report.rows.len() > 100, "{report}");
}

#[test]
fn the_backend_over_sqlite_keeps_the_contract() {
    let report = report::<SqliteWorld>(client_connect_embed::PLUGIN, None, honest);
    assert!(report.passes() && report.rows.len() > 100, "{report}");
}

#[test]
fn a_plugin_that_asks_nobody_for_permission_fails_the_rules() {
    let report = report::<Memory>(MISBEHAVING, Some("access"), honest);
    let failed = report.rows.iter().filter(|(.., outcome)| *outcome != runner::Outcome::Passed).count();
    assert!(failed > 10, "{report}");
}

#[test]
fn a_host_that_keeps_what_it_should_undo_is_seen() {
    let report =
        report::<Memory>(client_connect_embed::PLUGIN, Some("ov11-all-of-it-or-nothing"), |message, mut answer| {
            // As if the first row of a refused Save had been kept: from the first look at the state to the second.
            static LOOKS: AtomicU32 = AtomicU32::new(0);
            if message["do"] == "state" && LOOKS.fetch_add(1, Ordering::Relaxed) > 0 {
                answer["grants"] = json!([{ "matter": "m", "contact": "ann", "portal": true }]);
            }
            answer
        });
    assert!(!report.passes(), "{report}");
}

#[test]
fn a_host_that_forgets_its_audit_is_seen() {
    let report = report::<Memory>(client_connect_embed::PLUGIN, Some("ov2-taking-away"), |message, mut answer| {
        if message["do"] == "state" {
            answer["audit"] = json!([]);
        }
        answer
    });
    assert!(!report.passes(), "{report}");
}

#[test]
fn a_host_that_answers_more_than_its_floor_lets_through_is_seen() {
    let report = report::<Memory>(client_connect_embed::PLUGIN, Some("h9-"), |message, mut answer| {
        if message["export"] == "portal.permit" {
            answer = json!({ "answer": [{ "id": "d1" }, { "id": "d2" }] });
        }
        answer
    });
    assert!(!report.passes(), "{report}");
}

#[test]
fn golden_plugins_of_before_are_loaded_and_keep_the_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden");
    let mut told = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|ending| ending != "gz") {
            continue;
        }
        let mut plugin = Vec::new();
        flate2::read::GzDecoder::new(std::fs::File::open(&file).unwrap()).read_to_end(&mut plugin).unwrap();
        for group in ["access", "sharing", "notifications", "portal", "events", "letters"] {
            let report = report::<Memory>(&plugin, Some(group), honest);
            assert!(report.passes() && !report.rows.is_empty(), "{}: {report}", file.display());
        }
        told += 1;
    }
    assert!(told > 0);
}
