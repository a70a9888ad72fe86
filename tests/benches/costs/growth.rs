//! Whether a page costs what the page holds: the same questions, through the component, in matters of different size,
//! in turns.

use std::time::Duration;

use client_connect_runtime::{
    exports::{portal, sharing},
    types::{Actor, Lane, Page, SortKey},
};

use crate::{
    calls::caller,
    table::{Aim, Table, time, times},
    timing::in_turns,
    world::{COMMON, RARE, World},
};

/// What is asked, and asking it.
pub(crate) type Question = (&'static str, fn(&World));

/// Everything of which the cost should follow the page.
pub(crate) const QUESTIONS: [Question; 9] = [
    ("portal: first page of 50", |world| portal_page(world, None)),
    ("portal: search", |world| portal_page(world, Some(COMMON))),
    ("staff: first page of 50, by name", |world| staff_page(world, Lane::WholeMatter, None)),
    ("staff: search for a word in many names", |world| staff_page(world, Lane::WholeMatter, Some(COMMON))),
    ("staff: search for a word in few names", |world| staff_page(world, Lane::WholeMatter, Some(RARE))),
    ("staff: lane of any of two contacts", |world| staff_page(world, Lane::AnyOfThem, None)),
    ("staff: lane of none of two contacts", |world| staff_page(world, Lane::NoneOfThem, None)),
    ("staff: lane of both contacts", |world| staff_page(world, Lane::AllOfThem, None)),
    ("staff: a Save of 10 shares, rolled back", save),
];

/// A line for each question and each size after the first; `over` says first what the records are in.
pub(crate) fn measure(over: &str, worlds: &[World], budget: Duration, table: &mut Table) {
    let Some((small, larger)) = worlds.split_first() else { return };
    for (what, ask) in QUESTIONS {
        for large in larger {
            let [large_times, small_times] = in_turns(budget, [&mut || ask(large), &mut || ask(small)]);
            let (seen, beside) = (large_times.median(), small_times.median());
            let most = larger.last().is_some_and(|last| std::ptr::eq(last, large));
            table.ratio(
                format!("{over}{what}: {} documents in the matter, beside {}", size(large), size(small)),
                time(seen),
                time(beside),
                times(seen, beside),
                most.then_some(Aim::Most(1.5)),
            );
        }
    }
}

fn size(world: &World) -> String {
    crate::table::number(world.documents as f64)
}

fn portal_page(world: &World, search: Option<&str>) {
    let asked = portal::Documents {
        matter: world.matter.clone(),
        search: search.map(str::to_owned),
        sort: SortKey::Name,
        descending: false,
        page: Page { after: None, limit: 50 },
    };
    let answer = world.read(&Actor::Contact(world.contact.clone()), &asked);
    assert!(!answer.rows.is_empty() || search.is_some(), "the contact has documents");
}

fn staff_page(world: &World, lane: Lane, search: Option<&str>) {
    let mut filter = world.filter(lane);
    filter.search = search.map(str::to_owned);
    let asked = sharing::Documents { matter: world.matter.clone(), filter, page: Page { after: None, limit: 50 } };
    let answer = world.read(&Actor::User(world.owner.clone()), &asked);
    assert!(!answer.rows.is_empty(), "there are such documents: {lane:?} {search:?}");
}

fn save(world: &World) {
    let asked = world.save(10);
    let answer = world.runtime.dry_run(|unit| unit.call(&caller(&Actor::User(world.owner.clone())), &asked));
    assert!(answer.is_ok(), "{answer:?}");
}
