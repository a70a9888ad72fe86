//! A firm with two matters, and callers to act in it.

use std::{sync::Arc, time::Duration};

use client_connect_fixtures::guests::MISBEHAVING;
use client_connect_runtime::{
    Caller, Failure, Limits, ManualClock, Runtime, Settings,
    exports::access,
    memory::Memory,
    types::{AccessChange, AccessGrant, Actor, Problem, ShareState, SharedDocument, ViewingAs},
};

pub(crate) const NOW: u64 = 1_700_000_000_000;

/// Firm `f`: user `u` owns the matters `m` and `n` and may share, `v` may only look at `m`, `w` sees neither. Contacts `c`
/// and `d` are linked to `m`, `e` to `n`. Documents `m1`…`m5` are in `m`, `n1` in `n`; `up` is an upload of `c`
/// in `m` that the plugin was not told of; `m5` is kept from `v`.
pub(crate) fn firm() -> Memory {
    let memory = Memory::new();
    memory.edit(|r| {
        r.firm("f", "Miller & Partners");
        r.user("f", "u", "Ada Miller").user("f", "v", "Vera Clerk").user("f", "w", "Will Stranger");
        r.matter("f", "m", "Estate of Brown", Some("u")).matter("f", "n", "Sale of a house", Some("u"));
        r.member("m", "u", true).member("n", "u", true).member("m", "v", false);
        r.contact("f", "c", "Ben Brown", Some("ben@example.org"));
        r.contact("f", "d", "Dora Brown", Some("dora@example.org"));
        r.contact("f", "e", "Emil Grey", Some("emil@example.org"));
        r.link("m", "c").link("m", "d").link("n", "e");
        for n in 1..=5 {
            r.document("m", &format!("m{n}"), &format!("Document {n}.pdf"));
        }
        r.document("n", "n1", "Contract.pdf").upload("m", "c", "up", "Passport.jpg");
        r.with_document("m5", |stored| stored.readers = Some(["u".to_owned()].into()));
    });
    memory
}

/// The same, with open portals for `c` (who may download), `d` and `e`, and the shares `m1` with `c`, `m2` with `d`, `n1`
/// with `e`.
pub(crate) fn shared_firm() -> Memory {
    let memory = firm();
    memory.edit(|r| {
        r.grant("m", grant("c", true)).grant("m", grant("d", false)).grant("n", grant("e", true));
        r.share("m", live("m1", "c")).share("m", live("m2", "d")).share("n", live("n1", "e"));
    });
    memory
}

pub(crate) fn grant(contact: &str, can_download: bool) -> AccessGrant {
    AccessGrant {
        contact: contact.into(),
        portal: true,
        can_download,
        since: 1_000,
        until: None,
        attributes: Vec::new(),
    }
}

pub(crate) fn live(document: &str, contact: &str) -> SharedDocument {
    SharedDocument {
        document: document.into(),
        contact: contact.into(),
        state: ShareState::Live,
        since: 1_000,
        seen: None,
        attributes: Vec::new(),
    }
}

/// Room enough for tests on a busy machine, and a deadline that a test can wait for.
pub(crate) fn limits() -> Limits {
    Limits { deadline: Duration::from_millis(500), calls: 4, memory: 32 << 20, ..Limits::reference() }
}

pub(crate) fn settings() -> Settings {
    let cache = std::env::temp_dir().join("client-connect-runtime-tests");
    Settings { limits: limits(), cache: Some(cache), clock: Arc::new(ManualClock::new(NOW)) }
}

/// A runtime with the guest that misbehaves.
pub(crate) fn misbehaving(memory: &Memory) -> Runtime<Memory> {
    Runtime::new(memory.clone(), &settings(), MISBEHAVING).unwrap()
}

pub(crate) fn caller(actor: Actor) -> Caller {
    Caller { actor, locale: "en".into(), request: Some("request".into()), attributes: Vec::new() }
}

pub(crate) fn user(id: &str) -> Caller {
    caller(Actor::User(id.into()))
}

pub(crate) fn contact(id: &str) -> Caller {
    caller(Actor::Contact(id.into()))
}

pub(crate) fn viewing(user: &str, contact: &str) -> Caller {
    caller(Actor::ViewingAs(ViewingAs { user: user.into(), contact: contact.into() }))
}

/// The same caller, with attributes for the guest.
pub(crate) fn with(mut caller: Caller, attributes: &[(&str, &str)]) -> Caller {
    caller.attributes = attributes.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    caller
}

/// Lets the guest misbehave in a call that reads, and answers what it tells.
pub(crate) fn misbehave(
    runtime: &Runtime<Memory>,
    caller: Caller,
    attributes: &[(&str, &str)],
) -> Result<Vec<Problem>, Failure> {
    let caller = with(caller, attributes);
    runtime.read(|unit| unit.call(&caller, &access::View { matter: "m".into() })).map(|section| section.notes)
}

/// The same in a call that writes.
pub(crate) fn miswrite(
    runtime: &Runtime<Memory>,
    caller: Caller,
    attributes: &[(&str, &str)],
) -> Result<Vec<Problem>, Failure> {
    let caller = with(caller, attributes);
    let nothing = access::Grant { matter: "m".into(), revision: 0, changes: Vec::new() };
    runtime.write(|unit| unit.call(&caller, &nothing)).map(|granted| granted.warnings)
}

/// What came of one thing that the guest tried.
pub(crate) fn outcome<'p>(told: &'p [Problem], code: &str) -> &'p str {
    told.iter().find(|problem| problem.code == code).map_or("nothing was told", |problem| &problem.message)
}

pub(crate) fn change(contact: &str, portal: bool, can_download: bool) -> AccessChange {
    AccessChange { contact: contact.into(), portal, can_download, until: None, attributes: Vec::new() }
}
