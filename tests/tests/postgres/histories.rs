//! Histories: several people at two hosts share, unshare and read one document at once, and write down when they asked and
//! what they were told. Each history has an order in which one host alone would have told the same (it is linearizable).

use std::{collections::HashSet, sync::Arc, time::Instant};

use client_connect_fixtures::figure;
use client_connect_tests::{
    ground::{ANN, Ground},
    person::Person,
    sizes::size,
};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use super::beside::ground;

/// How many at once, and how often each asks in one history.
const PEOPLE: usize = 4;
const ASKS: usize = 4;

/// What was asked, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    /// Shared, or unshared.
    Set(bool),
    /// Was told whether it is shared.
    Saw(bool),
}

/// From when to when nobody knows better.
#[derive(Clone, Copy, Debug)]
struct Op {
    asked: Instant,
    told: Instant,
    did: Did,
}

/// Whether there is an order of these in which each follows whatever was told before it was asked, and every read sees
/// what was set last. At most 64.
fn is_linearizable(ops: &[Op], first: bool) -> bool {
    let all: u64 = if ops.len() == 64 { u64::MAX } else { (1 << ops.len()) - 1 };
    let (mut seen, mut open) = (HashSet::new(), vec![(0_u64, first)]);
    while let Some((done, value)) = open.pop() {
        if done == all {
            return true;
        }
        if !seen.insert((done, value)) {
            continue;
        }
        let left = || ops.iter().enumerate().filter(move |(at, _)| done & (1 << at) == 0);
        let Some(soonest) = left().map(|(_, op)| op.told).min() else { return true };
        for (at, op) in left().filter(|(_, op)| op.asked <= soonest) {
            match op.did {
                Did::Set(to) => open.push((done | 1 << at, to)),
                Did::Saw(was) if was == value => open.push((done | 1 << at, value)),
                Did::Saw(_) => {}
            }
        }
    }
    false
}

#[derive(Clone)]
struct Place {
    section: String,
    content: String,
    document: String,
    contact: String,
}

impl Place {
    async fn set(&self, staff: &Person, to: bool) -> Option<Op> {
        let revision = staff.get(&self.section).await.expect(200)["revision"].clone();
        let pair = json!([{ "document": self.document, "contact": self.contact }]);
        let (share, unshare) = if to { (pair, json!([])) } else { (json!([]), pair) };
        let asked = Instant::now();
        let answer =
            staff.put(&self.section, json!({ "revision": revision, "share": share, "unshare": unshare })).await;
        let op = Op { asked, told: Instant::now(), did: Did::Set(to) };
        match answer.status {
            StatusCode::OK => Some(op),
            // Somebody came first: nothing was done.
            StatusCode::CONFLICT => None,
            _ => panic!("{answer:?}"),
        }
    }

    async fn see(&self, ann: &Person) -> Op {
        let asked = Instant::now();
        let answer = ann.get(&self.content).await;
        let was = match answer.status.as_u16() {
            200 => true,
            404 => false,
            _ => panic!("{answer:?}"),
        };
        Op { asked, told: Instant::now(), did: Did::Saw(was) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_histories_of_sharing_and_reading_are_linearizable() {
    let Some(ground) = ground().await else { return };
    let other = ground.host.beside().await;
    let Ground { host, staff, documents, ann: contact, .. } = &ground;
    let place = Arc::new(Place {
        section: ground.section("sharing"),
        content: ground.portal(&format!("/documents/{}/content", documents[0])),
        document: documents[0].clone(),
        contact: contact.clone(),
    });
    let ann = host.customer(ANN).await;
    let (mut sets, mut reads) = (0, 0);
    let histories = size(60, 200);
    for history in 0..histories {
        // Each begins with nothing shared, or with what is.
        let first = history % 2 == 0;
        while place.set(staff, first).await.is_none() {}
        let mut people = JoinSet::new();
        for person in 0..PEOPLE {
            let base = if person % 2 == 0 { &host.base } else { &other.base };
            let (place, staff, ann) = (place.clone(), staff.at(base), ann.at(base));
            people.spawn(async move {
                let mut ops = Vec::new();
                for ask in 0..ASKS {
                    // Two of them write more, two of them read more.
                    if (person + ask + history) % 4 < 2 - person / 2 {
                        ops.extend(place.set(&staff, (person + ask + history / 2) % 2 == 0).await);
                    } else {
                        ops.push(place.see(&ann).await);
                    }
                }
                ops
            });
        }
        let ops: Vec<Op> = people.join_all().await.into_iter().flatten().collect();
        assert!(is_linearizable(&ops, first), "history {history}, first {first}: {ops:#?}");
        sets += ops.iter().filter(|op| matches!(op.did, Did::Set(_))).count();
        reads += ops.iter().filter(|op| matches!(op.did, Did::Saw(_))).count();
    }
    figure(format_args!("{histories} histories of two hosts, {sets} changes and {reads} reads, each linearizable"));
    assert!(sets > histories && reads > histories);
}

#[test]
fn a_history_that_no_single_host_could_have_told_is_found() {
    let start = Instant::now();
    let op = |asked: u64, told: u64, did| {
        let at = |ms| start + std::time::Duration::from_millis(ms);
        Op { asked: at(asked), told: at(told), did }
    };
    let (share, unshare) = (Did::Set(true), Did::Set(false));
    // At once, either may come first.
    assert!(is_linearizable(&[op(0, 10, share), op(5, 15, Did::Saw(false))], false));
    assert!(is_linearizable(&[op(0, 10, share), op(5, 15, Did::Saw(true))], false));
    // After the answer, what was taken away is gone.
    assert!(!is_linearizable(&[op(0, 10, unshare), op(11, 15, Did::Saw(true))], true));
    // Nor does it come back for one after it was gone for another.
    assert!(!is_linearizable(&[op(0, 30, unshare), op(5, 10, Did::Saw(false)), op(11, 15, Did::Saw(true))], true));
}
