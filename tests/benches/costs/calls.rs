//! What the boundary costs: the same call through the component and natively, over the same store, in turns.

use std::time::Duration;

use client_connect_plugin::{portal as rules_portal, sharing as rules_sharing, types as guest};
use client_connect_runtime::{
    Backend, Caller,
    backend::{CallRecord, Mode, Viewer},
    exports::{portal, sharing},
    types::{self as contract, Actor},
};

use crate::{
    native::Native,
    same::Same,
    table::{Aim, Table, time, times},
    timing::in_turns,
    world::World,
};

/// Rows 1 to 5 of the table.
pub(crate) fn measure(world: &World, budget: Duration, table: &mut Table) {
    let user = Actor::User(world.owner.clone());
    let contact = Actor::Contact(world.contact.clone());

    for limit in [50, 200] {
        let asked = portal::Documents {
            matter: world.matter.clone(),
            search: None,
            sort: contract::SortKey::Name,
            descending: false,
            page: contract::Page { after: None, limit },
        };
        let rows = world.read(&contact, &asked).rows.len();
        assert_eq!(rows, limit as usize, "the contact has as many documents");
        compare(
            table,
            &format!("portal: a page of {limit} shared documents"),
            (limit == 50).then_some(Aim::Most(1.25)),
            budget,
            || drop(world.read(&contact, &asked)),
            || {
                let asked = asked.clone();
                native(world, &contact, Mode::Read, |host, ctx| {
                    rules_portal::documents(
                        host,
                        ctx,
                        &asked.matter,
                        asked.search,
                        asked.sort.same(),
                        asked.descending,
                        &asked.page.same(),
                    )
                    .map(|page| -> contract::PortalPage { page.same() })
                });
            },
        );
    }
    for limit in [50, 200] {
        let asked = sharing::Documents {
            matter: world.matter.clone(),
            filter: world.filter(contract::Lane::WholeMatter),
            page: contract::Page { after: None, limit },
        };
        compare(
            table,
            &format!("staff: a page of {limit} of all documents, with their shares"),
            (limit == 50).then_some(Aim::Most(1.25)),
            budget,
            || drop(world.read(&user, &asked)),
            || {
                let asked = asked.clone();
                native(world, &user, Mode::Read, |host, ctx| {
                    rules_sharing::documents(host, ctx, &asked.matter, asked.filter.same(), &asked.page.same())
                        .map(|page| -> contract::DocumentPage { page.same() })
                });
            },
        );
    }

    let asked = permit(world, contract::Verb::Preview);
    assert_eq!(world.read(&contact, &asked).len(), 1, "the contact may see it");
    compare(
        table,
        "portal: may this document be shown",
        None,
        budget,
        || drop(world.read(&contact, &asked)),
        || {
            let asked = asked.clone();
            native(world, &contact, Mode::Read, |host, ctx| {
                rules_portal::permit(host, ctx, &asked.matter, asked.verb.same(), &asked.documents)
                    .map(|permitted| -> Vec<contract::Document> { permitted.same() })
            });
        },
    );

    let asked = world.save(10);
    compare(
        table,
        "staff: a Save of 10 shares, rolled back",
        None,
        budget,
        || {
            let answer = world.runtime.dry_run(|unit| unit.call(&caller(&user), &asked));
            assert!(answer.is_ok(), "{answer:?}");
        },
        || {
            let asked = asked.clone();
            native(world, &user, Mode::Write, |host, ctx| {
                rules_sharing::save(
                    host,
                    ctx,
                    &asked.matter,
                    asked.revision,
                    &asked.share.same(),
                    &asked.unshare.same(),
                )
                .map(|saved| -> contract::Saved { saved.same() })
            });
        },
    );
}

fn compare(
    table: &mut Table,
    what: &str,
    aim: Option<Aim>,
    budget: Duration,
    mut component: impl FnMut(),
    mut native: impl FnMut(),
) {
    let [through, beside] = in_turns(budget, [&mut component, &mut native]);
    let (through, beside) = (through.median(), beside.median());
    table.ratio(
        format!("{what}: through the component, beside natively"),
        time(through),
        time(beside),
        times(through, beside),
        aim,
    );
}

/// Asks whether the contact may do this with a document that they are shown.
pub(crate) fn permit(world: &World, verb: contract::Verb) -> portal::Permit {
    portal::Permit { matter: world.matter.clone(), verb, documents: vec![world.shared[0].clone()] }
}

/// A caller as the web would name them.
pub(crate) fn caller(actor: &Actor) -> Caller {
    Caller { actor: actor.clone(), locale: "en".into(), request: None, attributes: Vec::new() }
}

/// One call without a component: begins a transaction, runs the rules over it, undoes it.
fn native<A>(
    world: &World,
    actor: &Actor,
    mode: Mode,
    rules: impl FnOnce(
        &mut Native<'_, <crate::world::Store as Backend>::Tx>,
        &guest::CallContext,
    ) -> Result<A, guest::Refusal>,
) -> A {
    let now = world.runtime.now();
    let viewer = match actor {
        Actor::User(user) => Viewer::User(user.clone()),
        Actor::Contact(contact) => Viewer::Contact(contact.clone()),
        Actor::ViewingAs(both) => Viewer::UserAsContact(both.user.clone(), both.contact.clone()),
        Actor::Host => Viewer::Host,
    };
    let call = CallRecord {
        id: client_connect::store::new_id(),
        actor: actor.clone(),
        at: now,
        export: "native",
        matter: Some(world.matter.clone()),
        plugin: String::new(),
        request: None,
    };
    let ctx = contract::CallContext { actor: actor.clone(), now, locale: "en".into(), attributes: Vec::new() }.same();
    let mut tx = world.runtime.backend().begin(mode, now).unwrap_or_else(|error| panic!("{error:?}"));
    let mut host = Native::new(&mut tx, viewer, call);
    let answer = rules(&mut host, &ctx).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    host.finish().unwrap_or_else(|error| panic!("{error:?}"));
    answer
}
