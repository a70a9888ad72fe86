//! What a plugin that allows everything still cannot open, read or answer.

use std::sync::LazyLock;

use client_connect_runtime::{
    Caller, Failure, Runtime,
    exports::{access, events, letters, portal, sharing},
    memory::Memory,
    types::*,
};
use proptest::prelude::*;

use crate::common::*;

/// Reads everything of a matter that the attributes name, in a call about `m`.
fn read(runtime: &Runtime<Memory>, who: Caller, matter: &str) -> Vec<Problem> {
    let ids = [
        ("misbehave", "read"),
        ("matter", matter),
        ("contacts", "e,c,d"),
        ("documents", "n1,m1,m2,m5,up"),
        ("users", "u,v"),
    ];
    misbehave(runtime, who, &ids).unwrap()
}

#[test]
fn a_call_reads_nothing_of_another_matter() {
    let runtime = misbehaving(&shared_firm());
    for who in [user("u"), contact("c"), viewing("u", "c"), caller(Actor::Host)] {
        for problem in read(&runtime, who.clone(), "n") {
            let nothing = problem.message.contains("NotFound") || problem.code == "list-granted-matters";
            assert!(nothing, "{who:?}: {problem:?}");
            assert!(!problem.message.contains("Contract.pdf") && !problem.message.contains("Emil"), "{problem:?}");
        }
    }
}

#[test]
fn a_contact_reads_nothing_of_another_contact() {
    let runtime = misbehaving(&shared_firm());
    for who in [contact("c"), viewing("u", "c")] {
        let told = read(&runtime, who, "m");
        for problem in &told {
            for foreign in ["Dora", "\"d\"", "m2", "Document 2", "Document 3", "Document 5", "up"] {
                let found = problem.message.contains(&format!("\"{foreign}\""))
                    || problem.message.contains(&format!("{foreign}.pdf"));
                assert!(!found, "{foreign}: {problem:?}");
            }
        }
        assert!(outcome(&told, "find-documents").contains("Document 1.pdf"));
        assert!(outcome(&told, "get-documents").contains("Document 1.pdf"));
        assert!(outcome(&told, "find-their-documents").contains("NotFound"));
    }
}

#[test]
fn a_closed_or_expired_portal_shows_no_document() {
    for close in [|grant: &mut AccessGrant| grant.portal = false, |grant: &mut AccessGrant| grant.until = Some(NOW)] {
        let memory = shared_firm();
        let mut closed = grant("c", true);
        close(&mut closed);
        memory.edit(|r| {
            r.grant("m", closed);
        });
        let runtime = misbehaving(&memory);
        let told = read(&runtime, contact("c"), "m");
        assert!(!outcome(&told, "find-documents").contains(".pdf"));
        assert!(!outcome(&told, "get-documents").contains(".pdf"));
        let page = Page { after: None, limit: 10 };
        let list = portal::Documents { matter: "m".into(), search: None, sort: SortKey::Name, descending: false, page };
        let refused = runtime.read(|unit| unit.call(&contact("c"), &list));
        assert!(matches!(refused, Err(Failure::Refused(Refusal::NotFound))), "{refused:?}");
        let refused = runtime.read(|unit| unit.call(&contact("c"), &portal::View { matter: "m".into() }));
        assert!(matches!(refused, Err(Failure::Refused(Refusal::NotFound))), "{refused:?}");
    }
}

#[test]
fn to_a_user_what_the_platform_keeps_from_them_does_not_exist() {
    let memory = shared_firm();
    memory.edit(|r| {
        r.share("m", live("m5", "c"));
    });
    let runtime = misbehaving(&memory);
    let told = read(&runtime, user("v"), "m");
    for problem in &told {
        assert!(!problem.message.contains("m5") && !problem.message.contains("Document 5"), "{problem:?}");
    }
    assert!(outcome(&told, "list-shared").contains("m1"));
    // Viewing as a contact is the narrower of both.
    let told = read(&runtime, viewing("v", "c"), "m");
    assert!(!outcome(&told, "find-documents").contains("Document 5"));
    // Who sees the matter not at all is told that there is none, and the plugin is not even asked.
    let stranger = misbehave(&runtime, user("w"), &[("misbehave", "panic")]);
    assert!(matches!(stranger, Err(Failure::Refused(Refusal::NotFound))), "{stranger:?}");
    let stranger = misbehave(&runtime, contact("e"), &[("misbehave", "panic")]);
    assert!(matches!(stranger, Err(Failure::Refused(Refusal::NotFound))), "{stranger:?}");
}

const ALL: [(&str, &str); 4] = [("misbehave", "write"), ("contacts", "c,d"), ("documents", "m1,m2,m3"), ("users", "v")];

#[test]
fn an_export_that_reads_cannot_write() {
    let memory = firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    let caller = with(user("u"), &ALL);
    // In a transaction that could write, so that it is the floor that refuses.
    let told = runtime.write(|unit| unit.call(&caller, &access::View { matter: "m".into() })).unwrap().notes;
    assert_eq!(told.len(), 8);
    for problem in told.iter().filter(|problem| problem.code != "forget-contacts") {
        assert!(problem.message.starts_with("Err"), "{problem:?}");
    }
    assert_eq!(memory.dump(), before);
}

#[test]
fn opening_takes_a_user_who_may_share() {
    for who in [user("v"), contact("c"), viewing("u", "c"), caller(Actor::Host)] {
        let memory = firm();
        let runtime = misbehaving(&memory);
        let told = miswrite(&runtime, who.clone(), &ALL).unwrap();
        for what in ["put-grants", "put-shared", "set-watchers", "update-documents"] {
            assert!(outcome(&told, what).starts_with("Err"), "{who:?}: {what} {}", outcome(&told, what));
        }
        let records = memory.records();
        assert!(records.grants("m").is_empty() && records.shares("m").is_empty(), "{who:?}");
    }
    let memory = firm();
    let told = miswrite(&misbehaving(&memory), user("u"), &ALL).unwrap();
    for what in ["put-grants", "put-shared", "set-watchers", "enqueue", "append"] {
        assert!(outcome(&told, what).starts_with("Ok"), "{what} {}", outcome(&told, what));
    }
    assert!(outcome(&told, "update-documents").starts_with("Err"), "these are no uploads of this call");
}

#[test]
fn closing_takes_nobody_in_particular() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let close = access::Grant { matter: "m".into(), revision: 0, changes: vec![change("c", false, false)] };
    runtime.write(|unit| unit.call(&caller(Actor::Host), &close)).unwrap();
    assert!(!memory.records().grants("m")[0].portal);
    let reopen = access::Grant { matter: "m".into(), revision: 1, changes: vec![change("c", true, false)] };
    runtime.write(|unit| unit.call(&caller(Actor::Host), &reopen)).unwrap_err();
}

#[test]
fn a_later_end_and_downloads_are_openings_too() {
    let memory = shared_firm();
    memory.edit(|r| {
        r.grant("m", AccessGrant { until: Some(NOW + 1_000), ..grant("d", false) });
    });
    let runtime = misbehaving(&memory);
    let put = |who: Caller, until, can_download| {
        let change = AccessChange { until, ..change("d", true, can_download) };
        runtime
            .dry_run(|unit| unit.call(&who, &access::Grant { matter: "m".into(), revision: 0, changes: vec![change] }))
    };
    for (until, download, opens) in [
        (Some(NOW + 1_000), false, false),
        (Some(NOW + 500), false, false),
        (Some(NOW + 2_000), false, true),
        (None, false, true),
        (Some(NOW + 1_000), true, true),
    ] {
        assert_eq!(put(user("v"), until, download).is_err(), opens, "{until:?} {download}");
        assert!(put(user("u"), until, download).is_ok(), "{until:?} {download}");
    }
}

#[test]
fn foreign_documents_and_contacts_are_shared_with_nobody() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let before = memory.dump();
    let save = |document: &str, contact: &str| {
        let pair = Pair { document: document.into(), contact: contact.into() };
        let save = sharing::Save { matter: "m".into(), revision: 0, share: vec![pair], unshare: Vec::new() };
        runtime.dry_run(|unit| unit.call(&user("u"), &save))
    };
    for (document, contact) in [("n1", "c"), ("m3", "e"), ("n1", "e"), ("nothing", "c"), ("m3", "nobody")] {
        let refused = save(document, contact);
        assert!(matches!(refused, Err(Failure::Refused(Refusal::NotFound))), "{document} {contact}: {refused:?}");
    }
    save("m3", "c").unwrap();
    assert_eq!(memory.dump(), before);
}

#[test]
fn an_upload_is_its_uploaders_and_only_when_reported() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let upload = |who: &str, document: &str| {
        let upload = events::OnUpload { matter: "m".into(), documents: vec![document.into()] };
        runtime.write(|unit| unit.call(&contact(who), &upload))
    };
    let before = memory.dump();
    for (who, document) in [("d", "up"), ("c", "m3"), ("c", "n1"), ("e", "up")] {
        let refused = upload(who, document);
        assert!(matches!(refused, Err(Failure::Refused(Refusal::NotFound))), "{who} {document}: {refused:?}");
    }
    assert_eq!(memory.dump(), before);
    upload("c", "up").unwrap();
    let records = memory.records();
    assert_eq!(records.stored_document("up").unwrap().document.kind, "Document (Portal)");
    assert!(records.shares("m").iter().any(|share| share.document == "up" && share.contact == "c"));
}

#[test]
fn a_letter_is_written_with_the_recipients_eyes() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let notice = Notice {
        to: Recipient::Contact("c".into()),
        channel: Channel::Email,
        matter: "m".into(),
        topic: Topic::Shared,
        documents: vec!["m1".into(), "m2".into()],
        contact: None,
        key: "k".into(),
        attributes: Vec::new(),
    };
    let who =
        with(contact("c"), &[("misbehave", "read"), ("matter", "m"), ("contacts", "d"), ("documents", "m1,m2,n1")]);
    let letter =
        runtime.read(|unit| unit.call(&who, &letters::Compose { notices: vec![notice.clone()] })).unwrap().unwrap();
    assert!(letter.text.contains("Document 1.pdf"), "{}", letter.text);
    assert!(!letter.text.contains("Document 2.pdf") && !letter.text.contains("Dora"));
    let who = with(contact("c"), &[("misbehave", "read"), ("matter", "n"), ("documents", "n1")]);
    let letter = runtime.read(|unit| unit.call(&who, &letters::Compose { notices: vec![notice] })).unwrap().unwrap();
    assert!(!letter.text.contains("Contract.pdf"));
}

#[test]
fn the_matters_to_choose_from_are_those_with_an_open_portal() {
    let memory = shared_firm();
    let runtime = misbehaving(&memory);
    let choose = |who: &str| {
        let who = with(contact(who), &[("matters", "m,n,x")]);
        let rows = runtime.read(|unit| unit.call(&who, &portal::Matters)).unwrap();
        rows.into_iter().map(|row| row.matter).collect::<Vec<_>>()
    };
    assert_eq!(choose("c"), ["m"]);
    assert_eq!(choose("e"), ["n"]);
    memory.edit(|r| {
        r.with_firm("f", |firm| firm.enabled = false);
    });
    assert!(choose("c").is_empty());
}

#[test]
fn the_portals_page_holds_what_the_floor_let_through() {
    let runtime = misbehaving(&shared_firm());
    let page = Page { after: None, limit: 100 };
    let list = portal::Documents { matter: "m".into(), search: None, sort: SortKey::Name, descending: false, page };
    for (who, download) in [(contact("c"), true), (viewing("u", "c"), true)] {
        let who = with(who, &[("documents", "m1,m2,m3,n1,up")]);
        let page = runtime.read(|unit| unit.call(&who, &list)).unwrap();
        assert!(page.rows.iter().all(|row| row.document == "m1"), "{page:?}");
        assert!(page.rows.iter().all(|row| row.can_download == download));
    }
    let page = runtime.read(|unit| unit.call(&contact("d"), &list)).unwrap();
    assert!(page.rows.iter().all(|row| row.document == "m2" && !row.can_download), "{page:?}");
}

/// A firm whose states are all there are: 3 grants × 3 shares for each document.
fn matrix() -> &'static (Memory, Runtime<Memory>) {
    static MATRIX: LazyLock<(Memory, Runtime<Memory>)> = LazyLock::new(|| {
        let memory = shared_firm();
        memory.edit(|r| {
            r.share("m", live("m3", "c")).share("m", live("m4", "c")).share("m", live("m5", "c"));
            r.share("m", SharedDocument { state: ShareState::Unshared, ..live("m2", "c") });
            r.share("m", SharedDocument { state: ShareState::Other("live".into()), ..live("up", "c") });
            r.share("n", live("m3", "e")).share("m", live("m1", "e"));
            r.with_document("m4", |stored| stored.deleted = true);
        });
        let runtime = misbehaving(&memory);
        (memory, runtime)
    });
    &MATRIX
}

fn actor() -> impl Strategy<Value = Actor> {
    let users = prop::sample::select(vec!["u", "v", "w"]);
    let contacts = prop::sample::select(vec!["c", "d", "e", "nobody"]);
    prop_oneof![
        contacts.clone().prop_map(|contact| Actor::Contact(contact.into())),
        (users, contacts)
            .prop_map(|(user, contact)| Actor::ViewingAs(ViewingAs { user: user.into(), contact: contact.into() })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is asked in whoever's name, a plugin that permits everything lets nothing through that has no
    /// live share under an open grant.
    #[test]
    fn a_plugin_that_permits_everything_cannot_pass_the_floor(
        actor in actor(),
        matter in prop::sample::select(vec!["m", "n", "x"]),
        verb in prop::sample::select(vec![Verb::Preview, Verb::Download]),
        documents in prop::collection::vec(prop::sample::select(vec!["m1", "m2", "m3", "m4", "m5", "up", "n1", "x"]), 0..6),
    ) {
        let (memory, runtime) = matrix();
        let records = memory.records();
        let permit = portal::Permit { matter: matter.into(), verb, documents: documents.iter().map(|&id| id.to_owned()).collect() };
        let (contact, viewer) = match &actor {
            Actor::Contact(contact) => (contact.clone(), None),
            Actor::ViewingAs(both) => (both.contact.clone(), Some(both.user.clone())),
            _ => unreachable!(),
        };
        let who = with(caller(actor), &[("documents", "m1,m2,m3,n1")]);
        let permitted = match runtime.read(|unit| unit.call(&who, &permit)) {
            Ok(permitted) => permitted,
            Err(Failure::Refused(_)) => Vec::new(),
            Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        for document in &permitted {
            let stored = records.stored_document(&document.id).unwrap();
            prop_assert_eq!(document, &stored.document, "the host's own record");
            prop_assert!(documents.contains(&document.id.as_str()), "only what was asked for");
            prop_assert!(!stored.deleted && stored.document.matter == matter);
            let live = records.shares(matter).into_iter().any(|share| {
                share.document == document.id && share.contact == contact && share.state == ShareState::Live
            });
            prop_assert!(live);
            let grant = records.grants(matter).into_iter().find(|grant| grant.contact == contact);
            prop_assert!(grant.is_some_and(|grant| grant.portal && (grant.can_download || verb == Verb::Preview)));
            if let Some(viewer) = viewer.as_deref() {
                prop_assert!(verb == Verb::Preview && viewer != "w");
                prop_assert!(document.id != "m5" || viewer == "u");
            }
        }
    }
}

#[test]
fn who_may_gets_what_they_may() {
    let (_, runtime) = matrix();
    let all = ["m1", "m2", "m3", "m4", "m5", "up", "n1"].map(str::to_owned).to_vec();
    let permit = |who: &Caller, verb| {
        let permit = portal::Permit { matter: "m".into(), verb, documents: all.clone() };
        let documents = runtime.read(|unit| unit.call(who, &permit)).unwrap();
        documents.into_iter().map(|document| document.id).collect::<Vec<_>>()
    };
    assert_eq!(permit(&contact("c"), Verb::Preview), ["m1", "m3", "m5"]);
    assert_eq!(permit(&contact("c"), Verb::Download), ["m1", "m3", "m5"]);
    assert_eq!(permit(&viewing("u", "c"), Verb::Preview), ["m1", "m3", "m5"]);
    assert_eq!(permit(&viewing("v", "c"), Verb::Preview), ["m1", "m3"]);
    assert!(permit(&viewing("u", "c"), Verb::Download).is_empty());
    assert_eq!(permit(&contact("d"), Verb::Preview), ["m2"]);
    assert!(permit(&contact("d"), Verb::Download).is_empty());
    assert!(permit(&contact("c"), Verb::Upload).is_empty());
    let upload = portal::Permit { matter: "m".into(), verb: Verb::Upload, documents: Vec::new() };
    let refused = runtime.read(|unit| unit.call(&viewing("u", "c"), &upload));
    assert!(matches!(refused, Err(Failure::Refused(Refusal::NotFound))), "{refused:?}");
}
