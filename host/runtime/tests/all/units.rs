//! One call, one transaction.

use std::sync::atomic::{AtomicU32, Ordering};

use client_connect_runtime::{
    Failure, Runtime,
    backend::Effect,
    exports::{access, events, sharing},
    memory::Memory,
    types::{HostError, Pair, Receipt, Refusal, SeenDocument, ShareState},
};

use crate::common::*;

fn grant_c(revision: u32) -> access::Grant {
    access::Grant { matter: "m".into(), revision, changes: vec![change("c", true, false)] }
}

#[test]
fn what_a_call_wrote_is_kept_and_written_down() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let granted = runtime.write(|unit| unit.call(&user("u"), &grant_c(0))).unwrap();
    assert_eq!(granted.revision, 1);
    let records = memory.records();
    let grants = records.grants("m");
    assert!(grants[0].portal && !grants[0].can_download);
    assert_eq!(grants[0].since, NOW, "when it changed is the host's to say, whatever the plugin says");
    let [recorded] = records.audit() else { panic!("one call, one record") };
    assert_eq!(recorded.call.export, "access.grant");
    assert_eq!(recorded.call.actor, user("u").actor);
    assert_eq!(recorded.call.at, NOW);
    assert_eq!(recorded.call.plugin, runtime.plugin().sha256);
    assert_eq!(recorded.call.request.as_deref(), Some("request"));
    assert_eq!(recorded.effects, [Effect::Grant(grants[0].clone())]);
}

/// What a contact was shown is part of the share, and the share is what the records add up to.
#[test]
fn a_receipt_is_written_down_as_well() {
    let memory = shared_firm();
    let runtime = Runtime::new(memory.clone(), &settings(), client_connect_embed::PLUGIN).unwrap();
    let receipt = Receipt { version: 1, at: NOW, downloaded: true, attributes: Vec::new() };
    let seen = vec![SeenDocument { document: "m1".into(), receipt }];
    let event = events::OnDocumentSeen { matter: "m".into(), seen };
    runtime.write(|unit| unit.call(&contact("c"), &event)).unwrap();
    let records = memory.records();
    let [recorded] = records.audit() else { panic!("one call, one record") };
    let [Effect::Share(share)] = recorded.effects.as_slice() else { panic!("{:?}", recorded.effects) };
    assert_eq!((share.document.as_str(), share.contact.as_str()), ("m1", "c"));
    assert!(share.seen.as_ref().is_some_and(|seen| seen.downloaded));
}

#[test]
fn a_dry_run_answers_the_same_and_keeps_nothing() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    let dry = runtime.dry_run(|unit| unit.call(&user("u"), &grant_c(0))).unwrap();
    assert_eq!(memory.dump(), before);
    let wet = runtime.write(|unit| unit.call(&user("u"), &grant_c(0))).unwrap();
    assert_eq!(dry, wet);
}

#[test]
fn several_calls_and_the_platforms_own_work_are_one_transaction() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let deleted = events::OnDocumentDeleted { matter: "m".into(), documents: vec!["m1".into()] };
    let host = caller(client_connect_runtime::types::Actor::Host);
    runtime
        .write(|unit| {
            unit.tx()
                .edit(|r| {
                    r.with_document("m1", |stored| stored.deleted = true);
                })
                .unwrap();
            unit.call(&host, &deleted)?;
            unit.call(&user("u"), &grant_c(0))
        })
        .unwrap();
    let records = memory.records();
    assert!(records.stored_document("m1").unwrap().deleted);
    assert_eq!(records.shares("m")[0].state, ShareState::Lapsed);
    assert_eq!(records.audit().len(), 2);
}

#[test]
fn a_failed_call_spends_the_unit_even_if_the_work_passes_over_it() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    let stale = runtime.write(|unit| {
        unit.tx()
            .edit(|r| {
                r.document("m", "late", "Late.pdf");
            })
            .unwrap();
        let first = unit.call(&user("u"), &grant_c(7));
        assert!(matches!(first, Err(Failure::Refused(Refusal::Conflict(_)))), "{first:?}");
        let second = unit.call(&user("u"), &grant_c(0));
        assert!(matches!(second, Err(Failure::Refused(Refusal::Conflict(_)))), "nothing more is called: {second:?}");
        Ok::<_, Failure>(())
    });
    assert!(matches!(stale, Err(Failure::Refused(Refusal::Conflict(_)))), "{stale:?}");
    assert_eq!(memory.dump(), before);
    let trapped = runtime.write(|unit| {
        let caller = with(user("u"), &[("misbehave", "trap-after-write"), ("contacts", "c,d"), ("documents", "m1,m2")]);
        assert!(unit.call(&caller, &grant_c(0)).is_err());
        Ok::<_, Failure>(())
    });
    assert!(matches!(trapped, Err(Failure::Broken { .. })), "{trapped:?}");
    assert_eq!(memory.dump(), before);
    runtime.write(|unit| unit.call(&user("u"), &grant_c(0))).unwrap();
}

#[test]
fn a_unit_that_reads_writes_nothing() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    assert!(runtime.read(|unit| unit.call(&user("u"), &grant_c(0))).is_err());
    assert_eq!(memory.dump(), before);
}

#[test]
fn after_a_conflict_the_whole_work_runs_again() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let tries = AtomicU32::new(0);
    runtime
        .write(|unit| {
            unit.call(&user("u"), &grant_c(0))?;
            if tries.fetch_add(1, Ordering::SeqCst) < 2 {
                // Somebody else commits first.
                memory.edit(|r| {
                    r.document("m", "between", "Between.pdf");
                });
            }
            Ok::<_, Failure>(())
        })
        .unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), 3);
    assert_eq!(memory.records().audit().len(), 1, "the tries that lost left nothing");
}

#[test]
fn three_conflicts_are_enough() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let mut tries = 0;
    let lost = runtime.write(|unit| {
        tries += 1;
        unit.call(&user("u"), &grant_c(0))?;
        memory.edit(|r| {
            r.document("m", "between", "Between.pdf");
        });
        Ok::<_, Failure>(())
    });
    assert!(matches!(lost, Err(Failure::Conflict { tries: 3 })), "{lost:?}");
    assert_eq!(tries, 3);
    assert!(memory.records().grants("m").is_empty());
}

#[test]
fn two_saves_at_once_lose_nothing() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let save = |contact: &str| {
        runtime.write(|unit| {
            use client_connect_runtime::{Tx as _, types::Section};
            let revision = unit.tx().revision(&"m".into(), Section::Access).map_err(Failure::Backend)?;
            let changes = vec![change(contact, true, false)];
            unit.call(&user("u"), &access::Grant { matter: "m".into(), revision, changes })
        })
    };
    let both = std::thread::scope(|scope| {
        let c = scope.spawn(|| save("c"));
        let d = scope.spawn(|| save("d"));
        [c.join().unwrap(), d.join().unwrap()]
    });
    assert!(both.iter().all(Result::is_ok), "{both:?}");
    assert_eq!(memory.records().grants("m").len(), 2);
}

fn once(
    runtime: &Runtime<Memory>,
    key: &str,
    request: [u8; 32],
    revision: u32,
) -> Result<client_connect_runtime::Once, Failure> {
    runtime.once(key, request, |unit| {
        let granted = unit.call(&user("u"), &grant_c(revision))?;
        Ok(granted.revision.to_be_bytes().to_vec())
    })
}

#[test]
fn the_same_key_gives_the_same_answer_and_acts_once() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let first = once(&runtime, "k", [1; 32], 0).unwrap();
    assert!(!first.replayed);
    let again = once(&runtime, "k", [1; 32], 0).unwrap();
    assert!(again.replayed);
    assert_eq!(again.answer, first.answer);
    assert_eq!(memory.records().audit().len(), 1);
    assert!(matches!(once(&runtime, "k", [2; 32], 0), Err(Failure::KeyReused)));
}

#[test]
fn a_request_that_failed_may_be_sent_again_under_its_key() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    assert!(once(&runtime, "k", [1; 32], 9).is_err());
    assert!(!once(&runtime, "k", [1; 32], 0).unwrap().replayed);
}

#[test]
fn the_same_key_at_the_same_time_acts_once() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let answers = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4).map(|_| scope.spawn(|| once(&runtime, "k", [1; 32], 0))).collect();
        tries.into_iter().map(|tried| tried.join().unwrap().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(memory.records().audit().len(), 1);
}

#[test]
fn the_same_context_and_storage_give_the_same_result() {
    let run = || {
        let memory = firm();
        let runtime = misbehaving(&memory);
        let told = misbehave(&runtime, user("u"), &[("misbehave", "wasi")]).unwrap();
        let pairs = vec![Pair { document: "m1".into(), contact: "c".into() }];
        let save = sharing::Save { matter: "m".into(), revision: 0, share: pairs, unshare: Vec::new() };
        let saved = runtime.write(|unit| unit.call(&user("u"), &save)).unwrap();
        (told, saved, memory.dump())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_backend_that_is_away_is_a_failure_of_its_own() {
    #[derive(Debug)]
    struct Away;
    impl client_connect_runtime::Backend for Away {
        type Tx = client_connect_runtime::memory::MemoryTx;
        fn begin(&self, _: client_connect_runtime::backend::Mode, _: u64) -> Result<Self::Tx, HostError> {
            Err(HostError::Unavailable("away".into()))
        }
    }
    let runtime = Runtime::new(Away, &settings(), client_connect_fixtures::guests::MISBEHAVING).unwrap();
    let failed = runtime.read(|_| Ok::<_, Failure>(()));
    assert!(matches!(failed, Err(Failure::Backend(HostError::Unavailable(_)))));
}
