//! One call of each export, for tests that let it fail in each way: over any backend that holds this firm.
//!
//! Firm `f`: user `u` owns the matter `m` and may share, `v` may only look at it. Contacts `c` and `d` are linked to
//! `m`, each with an address and an open portal, and `c` may download. Documents `m1` to `m4` are in `m`; `m1` is shared
//! with `c`, `m2` with `d`; `up` is an upload of `c` that the plugin was not told of yet.

use crate::{
    Caller, Failure, Tx, Unit,
    exports::{Export, access, events, letters, notifications, portal, sharing},
    types::*,
};

/// The time of the scenarios, ms since the Unix epoch.
pub const NOW: Timestamp = 1_700_000_000_000;

/// One call of one export that succeeds on the firm above.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<T: Tx> {
    /// The export's name.
    pub export: &'static str,
    /// The call.
    pub work: fn(&mut Unit<'_, T>) -> Result<(), Failure>,
}

fn call<T: Tx, E: Export>(unit: &mut Unit<'_, T>, who: Caller, export: &E) -> Result<(), Failure> {
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

fn caller(actor: Actor) -> Caller {
    Caller { actor, locale: "en".into(), request: None, attributes: Vec::new() }
}

fn user(id: &str) -> Caller {
    caller(Actor::User(id.into()))
}

fn contact(id: &str) -> Caller {
    caller(Actor::Contact(id.into()))
}

fn host() -> Caller {
    caller(Actor::Host)
}

fn change(contact: &str, portal: bool, can_download: bool) -> AccessChange {
    AccessChange { contact: contact.into(), portal, can_download, until: None, attributes: Vec::new() }
}

/// The matter as it was when somebody else owned it.
fn before() -> Matter {
    let firm = Firm {
        name: "Miller & Partners".into(),
        enabled: true,
        portal_url: "https://portal.example/".into(),
        fallback: None,
        attributes: Vec::new(),
    };
    Matter {
        id: m(),
        firm,
        name: "Estate of Brown".into(),
        owner: Some("v".into()),
        opened_at: 0,
        closed_at: None,
        discreet: false,
        staff_url: "https://portal.example/matters/m".into(),
        attributes: Vec::new(),
    }
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

/// A scenario for each export that there is.
pub fn scenarios<T: Tx>() -> Vec<Scenario<T>> {
    vec![
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
                    &sharing::Share {
                        matter: m(),
                        revision: 0,
                        contacts: ids(["c", "d"]),
                        documents: ids(["m3", "m4"]),
                    },
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
        Scenario {
            export: "notifications.view",
            work: |unit| call(unit, user("u"), &notifications::View { matter: m() }),
        },
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
                let list = portal::Documents {
                    matter: m(),
                    search: None,
                    sort: SortKey::Name,
                    descending: false,
                    page: page(),
                };
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
            work: |unit| call(unit, host(), &events::OnMatterChanged { matter: m(), before: before() }),
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
    ]
}
