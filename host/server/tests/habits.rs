//! What mail servers do, and should not: whatever it is, a letter has been sent, is tried again within the hour, or is dead with
//! staff told; and nobody gets it twice unless a connection was cut between the mail and the word that it was taken.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{collections::BTreeSet, time::Duration};

use client_connect::mail::smtp::Protection;
use common::{
    MINUTE, World,
    sink::{Mood, Phase, Sink, header},
};

/// What is to come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// At once.
    Sent,
    /// At once, or tried again: as quick as this machine reads.
    Sooner,
    /// Tried again, and then sent: so many copies altogether.
    Later(usize),
    /// Given up.
    Dead,
}

const HABITS: &[(&str, Mood, End)] = &[
    ("says nothing when it is called", Mood::SilentAt(Phase::Banner), End::Later(1)),
    ("says nothing when it is greeted", Mood::SilentAt(Phase::Hello), End::Later(1)),
    ("says nothing to the sender", Mood::SilentAt(Phase::Mail), End::Later(1)),
    ("says nothing to the recipient", Mood::SilentAt(Phase::Rcpt), End::Later(1)),
    ("says nothing when the mail is to begin", Mood::SilentAt(Phase::Data), End::Later(1)),
    ("takes the mail and says nothing", Mood::SilentAt(Phase::Dot), End::Later(2)),
    ("takes the mail and hangs up", Mood::HangsUpAfterData, End::Later(2)),
    ("does not say goodbye", Mood::SilentAt(Phase::Quit), End::Sent),
    ("is not there today", Mood::Says(Phase::Banner, "421 closed"), End::Later(1)),
    ("does not know the sender yet", Mood::Says(Phase::Rcpt, "450 come again"), End::Later(1)),
    ("has no room", Mood::Says(Phase::Mail, "452 no room"), End::Later(1)),
    ("has no room once it has seen the mail", Mood::Says(Phase::Dot, "452 no room"), End::Later(1)),
    ("knows no such mailbox", Mood::Says(Phase::Rcpt, "550 unknown"), End::Dead),
    ("does not like what it reads", Mood::Says(Phase::Dot, "554 looks like spam"), End::Dead),
    ("wants a password", Mood::Says(Phase::Mail, "530 sign in"), End::Later(1)),
    ("answers in words of its own", Mood::Says(Phase::Rcpt, "whatever"), End::Later(1)),
    ("takes its time", Mood::Slow(Duration::from_millis(200)), End::Sent),
    ("has much to say", Mood::Chatters, End::Sooner),
];

async fn count(world: &World, state: &str) -> i64 {
    world.count(&format!("SELECT count(*) FROM letters WHERE channel = 'email' AND state = '{state}'")).await
}

/// Letters of which neither is true: sent, tried again within the hour and a tenth, or dead and told.
async fn astray(world: &World) -> i64 {
    let now = world.app.runtime.now();
    let soon = now + 66 * MINUTE;
    world
        .count(&format!(
            "SELECT count(*) FROM letters WHERE channel = 'email' AND state NOT IN ('sent', 'dropped')
             AND NOT (state = 'waiting' AND next_at <= {soon})
             AND NOT (state = 'dead' AND EXISTS (SELECT 1 FROM inbox WHERE text LIKE '%could not be delivered%'))"
        ))
        .await
}

async fn live_with(name: &str, mood: Mood, end: End) -> Vec<String> {
    let sink = Sink::start();
    let world = World::with(sink.mailer(), &[]).await;
    let ann = world.customer("Ann Birch", "ann@example.com").await;
    world.deliver().await;
    assert_eq!(sink.mails().len(), 1, "an invite");
    let will = world.document("Will.pdf").await;
    world.save(&[(&will, &ann)], &[]).await;
    sink.feel(mood);
    world.deliver().await;
    let mut faults = Vec::new();
    let mut expect = |what: &str, holds: bool| {
        if !holds {
            faults.push(format!("{name}: {what}"));
        }
    };
    let after = if end == End::Dead { "dead" } else { "waiting" };
    let sent_at_once = count(&world, "sent").await == 2;
    expect("sent, or not, at once", end == End::Sooner || sent_at_once == (end == End::Sent));
    expect("waits, or is dead", sent_at_once || count(&world, after).await == 1);
    expect("none is astray", astray(&world).await == 0);
    sink.feel(Mood::Accepts);
    world.clock.advance(2 * MINUTE);
    world.deliver().await;
    world.clock.advance(70 * MINUTE);
    world.deliver().await;
    expect("none is astray later", astray(&world).await == 0);
    let copies = match end {
        End::Sent | End::Sooner => 1,
        End::Later(copies) => copies,
        End::Dead => 0,
    };
    let mails = sink.mails();
    expect(&format!("{copies} copies, and not {}", mails.len() - 1), mails.len() == 1 + copies);
    let ids: BTreeSet<String> = mails[1..].iter().map(|mail| header(mail, "Message-ID")).collect();
    expect("copies are known as such", ids.len() == copies.min(1));
    expect("all is settled", count(&world, "sent").await == if end == End::Dead { 1 } else { 2 });
    let errors = world.count("SELECT count(*) FROM letters WHERE last_error LIKE '%@%'").await;
    expect("no address is in what is noted", errors == 0);
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn inv4_a_mail_survives_every_bad_habit_of_its_server() {
    // It compiles the plugin, which the others find compiled.
    drop(World::new().await);
    let all = HABITS.iter().map(|(name, mood, end)| live_with(name, *mood, *end));
    let faults: Vec<String> = futures_util::future::join_all(all).await.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn inv4_without_the_tls_that_is_asked_for_nothing_is_said() {
    for mood in [Mood::Accepts, Mood::BreaksTls] {
        let sink = Sink::start();
        sink.feel(mood);
        for protection in [Protection::StartTls, Protection::Implicit] {
            let world = World::with(sink.mailer_with(protection), &[]).await;
            world.customer("Ann Birch", "ann@example.com").await;
            world.deliver().await;
            assert_eq!(sink.mails().len(), 0, "{mood:?} {protection:?}");
            assert_eq!((count(&world, "waiting").await, astray(&world).await), (1, 0), "{mood:?} {protection:?}");
        }
    }
}

/// A port at which nobody listens.
#[tokio::test(flavor = "multi_thread")]
async fn inv4_a_server_that_is_not_there_is_tried_again() {
    let sink = Sink::gone();
    let world = World::with(sink.mailer(), &[]).await;
    world.customer("Ann Birch", "ann@example.com").await;
    world.deliver().await;
    assert_eq!((count(&world, "waiting").await, astray(&world).await), (1, 0));
}
