//! What a plugin may do to its host: nothing that outlives its call.

use std::{
    thread,
    time::{Duration, Instant},
};

use client_connect_runtime::{
    Blame, Broke, Failure,
    exports::{access, portal},
    types::{Actor, Verb},
};

use crate::common::*;

fn broke(failed: &Result<Vec<client_connect_runtime::types::Problem>, Failure>) -> (Blame, Broke, &str) {
    match failed {
        Err(Failure::Broken { blame, reason, detail, .. }) => (*blame, *reason, detail),
        other => panic!("the call should have broken off: {other:?}"),
    }
}

#[test]
fn an_endless_loop_is_killed_in_time_and_others_keep_working() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    thread::scope(|scope| {
        let looping = scope.spawn(|| {
            let began = Instant::now();
            let failed = misbehave(&runtime, user("u"), &[("misbehave", "loop")]);
            (failed, began.elapsed())
        });
        let mut others = 0;
        while !looping.is_finished() {
            misbehave(&runtime, user("u"), &[]).unwrap();
            others += 1;
        }
        let (failed, took) = looping.join().unwrap();
        // Whose fault it was depends on whether a busy machine let it compute at all.
        assert_eq!(broke(&failed).1, Broke::Deadline);
        // It would never end by itself; how much later than its deadline depends on what else the machine does.
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert!(others > 3, "{others}");
    });
}

#[test]
fn memory_is_capped() {
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "memory")]);
    assert_eq!((broke(&failed).0, broke(&failed).1), (Blame::Guest, Broke::Memory));
    misbehave(&runtime, user("u"), &[]).unwrap();
}

#[test]
fn a_stack_that_overflows_is_a_trap() {
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "recursion")]);
    assert_eq!((broke(&failed).0, broke(&failed).1), (Blame::Guest, Broke::Trap));
}

#[test]
fn what_a_guest_hands_over_is_counted() {
    for deed in ["huge-list", "huge-string", "aliases"] {
        let runtime = misbehaving(&firm());
        let failed = misbehave(&runtime, user("u"), &[("misbehave", deed)]);
        let (blame, reason, detail) = broke(&failed);
        assert_eq!(blame, Blame::Guest, "{deed}: {detail}");
        assert!(matches!(reason, Broke::Budget | Broke::Memory), "{deed}: {reason:?} {detail}");
    }
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "aliases")]);
    assert_eq!(broke(&failed).1, Broke::Budget, "10 GB of aliases are not copied");
}

#[test]
fn pointers_into_nowhere_are_seen() {
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "wild")]);
    assert_eq!(broke(&failed).0, Blame::Guest);
}

#[test]
fn imports_are_counted() {
    for deed in ["flood", "log-flood"] {
        let runtime = misbehaving(&firm());
        let failed = misbehave(&runtime, user("u"), &[("misbehave", deed)]);
        assert_eq!((broke(&failed).0, broke(&failed).1), (Blame::Guest, Broke::Budget), "{deed}");
    }
}

#[test]
fn rows_are_counted() {
    let mut settings = settings();
    settings.limits.rows = 100;
    let memory = firm();
    let runtime =
        client_connect_runtime::Runtime::new(memory, &settings, client_connect_fixtures::guests::MISBEHAVING).unwrap();
    let told = misbehave(&runtime, user("u"), &[("misbehave", "rows")]).unwrap();
    assert!(outcome(&told, "rows").contains("LimitExceeded"), "{told:?}");
}

#[test]
fn a_panic_says_why_in_the_log() {
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "panic")]);
    let (blame, reason, detail) = broke(&failed);
    assert_eq!((blame, reason), (Blame::Guest, Broke::Trap));
    assert!(detail.contains("a plugin that panics says why"), "{detail}");
}

#[test]
fn stderr_is_bounded_and_its_end_is_kept() {
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "stderr")]);
    let detail = broke(&failed).2;
    assert!(detail.len() < limits().stderr + 2_000, "{}", detail.len());
    let complaint = detail.contains("the end of the complaint") || detail.contains("computed for");
    assert!(complaint, "{detail}");
}

#[test]
fn an_exit_is_a_broken_call() {
    let runtime = misbehaving(&firm());
    let failed = misbehave(&runtime, user("u"), &[("misbehave", "exit")]);
    assert_eq!(broke(&failed).0, Blame::Guest);
}

#[test]
fn a_trap_after_writes_leaves_nothing_behind() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    let attributes =
        [("misbehave", "trap-after-write"), ("contacts", "c,d"), ("documents", "m1,m2,m3"), ("users", "v")];
    let failed = miswrite(&runtime, user("u"), &attributes);
    assert_eq!(broke(&failed).0, Blame::Guest);
    assert_eq!(memory.dump(), before);
    miswrite(&runtime, user("u"), &[]).unwrap();
}

#[test]
fn nothing_of_the_machine_is_there() {
    let runtime = misbehaving(&firm());
    let began = Instant::now();
    let told = misbehave(&runtime, user("u"), &[("misbehave", "wasi")]).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "a sleep of an hour is over at once");
    for (what, expected) in [
        ("env", "0"),
        ("args", "0"),
        ("dir", "false"),
        ("create", "false"),
        ("read", "false"),
        ("stdin", "Some(0)"),
        ("clock", &format!("Some({NOW})")),
        ("slept", "0"),
    ] {
        assert_eq!(outcome(&told, what), expected, "{what}");
    }
}

#[test]
fn no_state_survives_a_call() {
    let runtime = misbehaving(&firm());
    for _ in 0..3 {
        let told = misbehave(&runtime, user("u"), &[("misbehave", "counter")]).unwrap();
        assert_eq!(outcome(&told, "counter"), "1");
    }
}

#[test]
fn the_actor_is_the_hosts_to_say() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let told = miswrite(&runtime, user("u"), &[("misbehave", "claim")]).unwrap();
    assert!(outcome(&told, "append").starts_with("Ok"), "{told:?}");
    let records = memory.records();
    let [recorded] = records.audit() else { panic!("one call, one record") };
    assert_eq!(recorded.call.actor, Actor::User("u".into()));
    assert_eq!(recorded.call.at, NOW);
}

#[test]
fn more_calls_than_places_wait_and_then_are_told_so() {
    let mut settings = settings();
    settings.limits.calls = 1;
    settings.limits.wait = Duration::from_millis(20);
    let runtime =
        client_connect_runtime::Runtime::new(firm(), &settings, client_connect_fixtures::guests::MISBEHAVING).unwrap();
    thread::scope(|scope| {
        let looping = scope.spawn(|| misbehave(&runtime, user("u"), &[("misbehave", "loop")]));
        thread::sleep(Duration::from_millis(100));
        let busy = misbehave(&runtime, user("u"), &[]);
        assert!(looping.is_finished() || matches!(busy, Err(Failure::Busy)), "{busy:?}");
        let _ = looping.join();
    });
    misbehave(&runtime, user("u"), &[]).unwrap();
}

#[test]
fn three_traps_in_a_row_are_quarantine_and_a_success_between_is_none() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let trap = || misbehave(&runtime, user("u"), &[("misbehave", "panic")]);
    for _ in 0..2 {
        trap().unwrap_err();
    }
    misbehave(&runtime, user("u"), &[]).unwrap();
    for _ in 0..3 {
        assert_eq!(runtime.quarantined(), None);
        trap().unwrap_err();
    }
    assert_eq!(runtime.quarantined(), Some(3));
    let permit = portal::Permit { matter: "m".into(), verb: Verb::Preview, documents: vec!["m1".into()] };
    let refused = runtime.read(|unit| unit.call(&contact("c"), &permit));
    assert!(matches!(refused, Err(Failure::Quarantined { strikes: 3 })), "{refused:?}");
    // What must still work works without the plugin.
    let closed = runtime.write(|unit| unit.revoke(&user("u"), &"m".into(), &["c".into(), "d".into()])).unwrap();
    assert_eq!(closed, ["c", "d"]);
    assert!(memory.records().grants("m").iter().all(|grant| !grant.portal));
    assert_eq!(memory.records().audit().len(), 1);
    runtime.lift_quarantine();
    misbehave(&runtime, user("u"), &[]).unwrap();
}

#[test]
fn closing_without_the_plugin_takes_a_user_who_may_share() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    for who in [user("v"), user("w"), contact("c"), viewing("u", "c")] {
        runtime.write(|unit| unit.revoke(&who, &"m".into(), &["d".into()])).unwrap_err();
        runtime.write(|unit| unit.unshare(&who, &"m".into(), &["m2".into()], &["d".into()])).unwrap_err();
    }
    assert_eq!(memory.dump(), before);
    let ended = runtime.write(|unit| unit.unshare(&user("u"), &"m".into(), &["m1".into(), "m2".into()], &["c".into()]));
    assert_eq!(ended.unwrap(), [("m1".to_owned(), "c".to_owned())]);
}

#[test]
fn host_and_plugin_are_told_apart_in_the_blame() {
    use client_connect_runtime::{
        Runtime,
        testing::{Fault, Faulty},
    };
    let backend = Faulty::new(shared_firm());
    let runtime = Runtime::new(backend.clone(), &settings(), client_connect_fixtures::guests::MISBEHAVING).unwrap();
    let grant = access::Grant { matter: "m".into(), revision: 0, changes: vec![change("c", false, false)] };
    for _ in 0..4 {
        backend.arm(3, Fault::Panic);
        let failed = runtime.write(|unit| unit.call(&user("u"), &grant));
        assert!(matches!(failed, Err(Failure::Broken { blame: Blame::Host, reason: Broke::Panic, .. })), "{failed:?}");
    }
    assert_eq!(runtime.quarantined(), None, "the plugin is not punished for its host");
    runtime.write(|unit| unit.call(&user("u"), &grant)).unwrap();
}
