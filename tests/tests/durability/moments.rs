//! A host that is killed at every point while a mail leaves, and while it makes its records: started again, whoever waits for
//! a mail gets it, twice only if it was cut off between the mail server and the records; and the records are whole.

use client_connect_fixtures::figure;
use client_connect_tests::{
    ground::ANN,
    process::Scene,
    sizes::size,
    template::Template,
    tracer::{Fault, Plan, watch},
    wait::eventually,
};
use nix::{errno::Errno, sys::signal::kill};
use rusqlite::Connection;
use serde_json::json;

use super::{flows::People, points::chosen};

/// All of the schema, in one text.
pub(super) const SCHEMA: &str = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";

/// How many of the chosen points a short run passes over, each time.
pub(super) fn step() -> usize {
    size(6, 1)
}

pub(super) fn one<T: rusqlite::types::FromSql>(scene: &Scene, query: &str) -> Option<T> {
    let records = Connection::open(scene.database()).unwrap();
    records.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    records.query_row(query, [], |row| row.get(0)).ok()
}

const LETTER: &str = "SELECT state FROM letters WHERE purpose = 'code' AND sent_at IS NULL OR state = 'sent' AND purpose = 'code' ORDER BY created_at DESC LIMIT 1";
const ASKED: &str = "SELECT count(*) FROM sign_ins WHERE state <> 'used'";

fn copies(scene: &Scene) -> usize {
    scene.mail.mails_to(ANN).len()
}

/// Asks for a code, waits until it was mailed or the host is gone, and answers the points and how the letter stood.
async fn mailed(
    template: &Template,
    before: &Scene,
    at: Option<(usize, Fault)>,
) -> (Scene, Vec<String>, Option<String>) {
    let mut scene = tokio::task::block_in_place(|| before.copy());
    let base = tokio::task::block_in_place(|| scene.start());
    let pid = scene.pid();
    let plan = Plan { folder: scene.folder().to_owned(), at, sockets: true };
    let watched = tokio::task::block_in_place(|| watch(pid, plan));
    let people = People::at(template, &base);
    // Cut off, it may have no answer.
    people.stranger.try_post("/api/sign-in/portal", json!({ "email": ANN })).await.ok();
    eventually("the mail has left, or the host is gone", || async {
        kill(pid, None) == Err(Errno::ESRCH) || one::<String>(&scene, LETTER).as_deref() == Some("sent")
    })
    .await;
    let points = tokio::task::block_in_place(|| {
        scene.kill();
        watched.ended()
    });
    let state = one::<String>(&scene, LETTER);
    (scene, points, state)
}

#[tokio::test(flavor = "multi_thread")]
async fn inv4b_a_mail_comes_twice_only_if_it_was_cut_off_before_it_was_written_down() {
    let template = Template::lay(86_400).await;
    let before = template.copy();
    Connection::open(before.database()).unwrap().execute_batch("DELETE FROM letters; DELETE FROM sign_ins;").unwrap();
    let (untouched, points, state) = mailed(&template, &before, None).await;
    assert_eq!((state.as_deref(), copies(&untouched)), (Some("sent"), 1), "{points:?}");
    let (mut tried, mut twice) = (0, 0);
    for at in chosen(&points).into_iter().step_by(step()) {
        let (mut scene, _, state) = mailed(&template, &before, Some((at, Fault::Kill))).await;
        let what = format!("killed at {at} of {points:?}: {state:?}");
        assert_eq!(scene.broken(), [], "{what}");
        let asked = one::<i64>(&scene, ASKED) == Some(1);
        // As it is some minutes later.
        let records = Connection::open(scene.database()).unwrap();
        records.execute("UPDATE letters SET lease_until = 0 WHERE state = 'sending'", []).unwrap();
        drop(records);
        tokio::task::block_in_place(|| scene.start());
        if asked {
            eventually("the mail leaves", || async { one::<String>(&scene, LETTER).as_deref() == Some("sent") }).await;
        }
        tokio::task::block_in_place(|| scene.kill());
        let most = 1 + usize::from(state.as_deref() == Some("sending"));
        assert!((usize::from(asked)..=most).contains(&copies(&scene)), "{what}: {} mails", copies(&scene));
        twice += usize::from(copies(&scene) == 2);
        tried += 1;
    }
    figure(format_args!("{tried} kills while a mail leaves; {twice} came twice"));
    assert!(tried > 3);
}

/// Starts a host, and kills it once it serves if it is not killed before: whether it served, the moments at which it could
/// have been killed, and what it left.
pub(super) fn begun(mut scene: Scene, at: Option<(usize, Fault)>) -> (Option<String>, Vec<String>, Scene) {
    let plan = Plan { folder: scene.folder().to_owned(), at, sockets: false };
    let (served, watched) = scene.start_watched(plan);
    scene.kill();
    (served, watched.ended(), scene)
}

#[tokio::test(flavor = "multi_thread")]
async fn inv9_records_that_are_being_made_are_whole_at_the_next_start() {
    let start = |at| begun(Scene::empty(), at);
    let (served, points, untouched) = tokio::task::block_in_place(|| start(None));
    assert!(served.is_some(), "{points:?}");
    let whole = one::<String>(&untouched, SCHEMA);
    let mut killed = 0;
    for at in chosen(&points).into_iter().step_by(step()) {
        let (served, _, mut scene) = tokio::task::block_in_place(|| start(Some((at, Fault::Kill))));
        let base = tokio::task::block_in_place(|| scene.start());
        let ready = client_connect_tests::person::Person::new(base).get("/readyz").await;
        ready.expect(200);
        tokio::task::block_in_place(|| scene.stop());
        assert_eq!(scene.broken(), [], "killed at {at} of {points:?}");
        assert_eq!(one::<String>(&scene, SCHEMA), whole, "killed at {at} of {points:?}");
        killed += usize::from(served.is_none());
    }
    figure(format_args!("{killed} kills while records are made"));
    assert!(killed > 3);
}
