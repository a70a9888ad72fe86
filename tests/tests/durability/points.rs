//! A host that is killed at every point of a request where it leaves a trace outside of itself, and one whose system calls
//! fail there: started again, all of what was asked for is there or nothing of it; and what was answered is.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use client_connect_fixtures::figure;
use client_connect_tests::{
    process::Scene,
    sizes::size,
    template::Template,
    tracer::{Fault, Plan, watch},
};
use nix::errno::Errno;
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::flows::{Body, Flow, People, flows};

/// All that a flow may change and a person may notice, in words that do not depend on the moment.
const NOTICED: [&str; 10] = [
    "SELECT name || ' ' || version || ' ' || sha256 || ' ' || (deleted_at IS NULL) FROM documents",
    "SELECT d.name || ' ' || s.contact || ' ' || s.state FROM shares s JOIN documents d ON d.id = s.document",
    "SELECT contact || ' ' || portal || ' ' || can_download FROM grants",
    "SELECT user || ' ' || in_app || ' ' || email FROM watchers",
    "SELECT name FROM contacts",
    "SELECT name FROM matters",
    "SELECT kind || ' session' FROM sessions",
    "SELECT recipient_kind || ' ' || topic || ' ' || channel FROM notices",
    "SELECT action FROM audit WHERE action <> 'sign-in.failed'",
    "SELECT email_key FROM sign_ins",
];

pub(super) fn noticed(scene: &Scene) -> Vec<String> {
    let records = Connection::open(scene.database()).unwrap();
    let mut all = Vec::new();
    for query in NOTICED {
        let mut select = records.prepare(query).unwrap();
        all.extend(
            select
                .query_map([], |row| row.get::<_, String>(0))
                .unwrap()
                .map(|row| format!("{:.12} {}", query, row.unwrap())),
        );
    }
    all.sort();
    all
}

/// What came of one request to a host in which something went wrong.
#[derive(Debug)]
struct Outcome {
    /// The answer's status, if there was one.
    status: Option<u16>,
    points: Vec<String>,
    noticed: Vec<String>,
}

/// A request, and what it is to do when all goes well.
#[derive(Debug)]
struct Case {
    template: Arc<Template>,
    flow: Flow,
    before: Scene,
    was: Vec<String>,
    /// Only what is killed is killed between its answers too: a network that fails is no disk that does.
    sockets: bool,
}

impl Case {
    /// Asks once, and ends the host.
    async fn once(&self, at: Option<(usize, Fault)>) -> (Scene, Outcome) {
        let mut scene = tokio::task::block_in_place(|| self.before.copy());
        let base = tokio::task::block_in_place(|| scene.start());
        let people = People::at(&self.template, &base);
        let body: Body = people.prepare(&self.template, &self.flow).await;
        let plan = Plan { folder: scene.folder().to_owned(), at, sockets: self.sockets };
        let watched = tokio::task::block_in_place(|| watch(scene.pid(), plan));
        let answer = people.ask(&self.flow, body).await;
        let points = tokio::task::block_in_place(|| {
            scene.kill();
            watched.ended()
        });
        let status = answer.ok().map(|answer| answer.status.as_u16());
        let broken = tokio::task::block_in_place(|| scene.broken());
        assert_eq!(broken, [], "{} {at:?} {points:?}", self.flow.name);
        let noticed = noticed(&scene);
        (scene, Outcome { status, points, noticed })
    }

    /// Asks with this fault at this point. Answers whether it was refused.
    async fn try_it(&self, untouched: &Outcome, at: usize, fault: Fault) -> bool {
        let (mut scene, outcome) = self.once(Some((at, fault))).await;
        let Outcome { status, points, .. } = &outcome;
        let what =
            format!("{} {fault:?} at {at} of {:?}: {status:?} by way of {points:?}", self.flow.name, untouched.points);
        let done = outcome.noticed == untouched.noticed;
        assert!(done || outcome.noticed == self.was, "half done: {what}\n{:#?}", outcome.noticed);
        let refused = match outcome.status {
            Some(200..=299) => {
                assert!(done, "answered and not kept: {what}");
                false
            }
            Some(500 | 503 | 507) => {
                // If the disk fails for ever, nobody can say what the next start will find on it.
                assert!(!done || !matches!(fault, Fault::Once(_)), "refused and done: {what}");
                true
            }
            None => false,
            Some(_) => panic!("{what}"),
        };
        // It starts again, and answers.
        let base = tokio::task::block_in_place(|| scene.start());
        People::at(&self.template, &base).stranger.get("/readyz").await.expect(200);
        refused
    }
}

/// Of many calls of one kind in a row the first, one in the middle and the last.
pub(super) fn chosen(points: &[String]) -> Vec<usize> {
    let mut chosen = BTreeSet::new();
    let mut first = 0;
    for at in 0..points.len() {
        if at + 1 == points.len() || points[at + 1] != points[at] {
            chosen.extend([first + 1, usize::midpoint(first, at) + 1, at + 1]);
            first = at + 1;
        }
    }
    chosen.into_iter().collect()
}

/// Every flow, with every fault at every point: how many that were, and how many of them were refused. `wanted` says which
/// flows a short run has the time for.
async fn at_every_point(faults: &[Fault], wanted: &[&str]) -> (usize, usize) {
    let all = size(false, true);
    let template = Arc::new(Template::lay(86_400).await);
    let mut before = template.copy();
    let (mut tried, mut refused) = (0, 0);
    let mut trials = JoinSet::new();
    for flow in flows(&template) {
        let was = noticed(&before);
        let case = Case { template: template.clone(), flow, before, was, sockets: faults == [Fault::Kill] };
        let (after, untouched) = case.once(None).await;
        assert!(untouched.status.is_some_and(|status| status < 300), "{}: {untouched:?}", case.flow.name);
        assert_ne!(untouched.noticed, case.was, "{}", case.flow.name);
        assert!(untouched.points.iter().any(|point| point.contains("sync")), "{untouched:?}");
        before = after;
        if !all && !wanted.contains(&case.flow.name) {
            continue;
        }
        let (case, untouched) = (Arc::new(case), Arc::new(untouched));
        for fault in faults {
            let mut at = chosen(&untouched.points);
            if matches!(fault, Fault::FromNowOn(_)) {
                // From any call of a row on the same goes wrong.
                at.retain(|at| *at == 1 || untouched.points[at - 2] != untouched.points[at - 1]);
            }
            for at in at {
                // Some at a time: most of it is waiting for the disk.
                if trials.len() == 3 {
                    refused += usize::from(trials.join_next().await.unwrap().unwrap());
                }
                let (case, untouched, fault) = (case.clone(), untouched.clone(), *fault);
                trials.spawn(async move { case.try_it(&untouched, at, fault).await });
                tried += 1;
            }
        }
    }
    while let Some(ended) = trials.join_next().await {
        refused += usize::from(ended.unwrap());
    }
    (tried, refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn inv2_inv5_a_request_that_is_killed_anywhere_is_done_whole_or_not_at_all() {
    let (tried, _) = at_every_point(&[Fault::Kill], &["upload by a customer", "share"]).await;
    figure(format_args!("{tried} kills, each at a point of its own"));
    assert!(tried > 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv12_a_call_that_fails_is_no_answer_that_relied_on_it() {
    let faults = [Fault::Once(Errno::EIO), Fault::FromNowOn(Errno::EIO), Fault::FromNowOn(Errno::ENOSPC)];
    let (tried, refused) = at_every_point(&faults, &["upload by a customer", "share"]).await;
    figure(format_args!("{tried} failing calls, {refused} requests refused, nothing half"));
    assert!(refused > 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn inv12_a_disk_that_goes_on_failing_ends_the_host() {
    let template = Arc::new(Template::lay(86_400).await);
    let flow = flows(&template).into_iter().find(|flow| flow.name == "rename").unwrap();
    let before = template.copy();
    let case = Case { template: template.clone(), flow, was: noticed(&before), before, sockets: false };
    let (_, untouched) = case.once(None).await;
    let log = untouched.points.iter().position(|point| point.contains("sync") && point.ends_with(".db-wal")).unwrap();

    let mut scene = tokio::task::block_in_place(|| case.before.copy());
    let base = tokio::task::block_in_place(|| scene.start());
    let people = People::at(&template, &base);
    let body = people.prepare(&template, &case.flow).await;
    let at = Some((log + 1, Fault::FromNowOn(Errno::EIO)));
    let plan = Plan { folder: scene.folder().to_owned(), at, sockets: false };
    let watched = tokio::task::block_in_place(|| watch(scene.pid(), plan));
    let answer = people.ask(&case.flow, body).await.unwrap();
    assert_eq!(answer.status, 500, "{answer:?}");
    // By itself: nobody kills it.
    let ended = tokio::time::timeout(Duration::from_secs(30), tokio::task::spawn_blocking(|| watched.ended())).await;
    assert!(ended.is_ok(), "it serves on: {:#?}", scene.log());
    assert!(scene.log().iter().any(|line| line.contains("the disk fails")), "{:#?}", scene.log());
    tokio::task::block_in_place(|| scene.stop());
    // What is left on the disk is whole.
    assert_eq!(tokio::task::block_in_place(|| scene.broken()), []);
}
