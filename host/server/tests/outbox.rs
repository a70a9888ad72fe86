//! The dispatcher: what is held, gathered, told, tried again and given up; over a real socket.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use client_connect::mail::dispatcher;
use common::{
    Browser, MINUTE, World,
    sink::{Mood, Phase, Refuses, Sink, header},
};
use serde_json::json;

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";

/// A world with a mail server, and two customers whose invites have been sent and forgotten.
async fn world() -> (World, Sink, String, String) {
    let sink = Sink::start();
    let world = World::with(sink.mailer(), &[]).await;
    let ann = world.customer("Ann Birch", ANN).await;
    let ben = world.customer("Ben Birch", BEN).await;
    world.deliver().await;
    assert_eq!(sink.mails().len(), 2, "an invite each");
    (world, sink, ann, ben)
}

async fn hold(world: &World, seconds: u32) {
    let firm = world.firm.clone();
    world
        .write(move |unit| {
            unit.tx().conn().execute("UPDATE firms SET mail_hold = ?2 WHERE id = ?1", (&firm, seconds))?;
            Ok(())
        })
        .await;
}

async fn states(world: &World) -> Vec<String> {
    world
        .read(|unit| {
            let mut query = unit
                .tx()
                .conn()
                .prepare("SELECT state FROM letters WHERE channel = 'email' ORDER BY created_at, id")?;
            Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sh13_one_save_is_one_mail_to_each_contact() {
    let (world, sink, ann, ben) = world().await;
    let (will, list) = (world.document("Will.pdf").await, world.document("Inventory.xlsx").await);
    world.save(&[(&will, &ann), (&list, &ann), (&will, &ben)], &[]).await;
    world.deliver().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 4);
    for mail in &mails[2..] {
        let to_ann = header(mail, "To").contains(ANN);
        assert!(to_ann || header(mail, "To").contains(BEN));
        assert!(mail.contains("Will.pdf"), "{mail}");
        assert_eq!(mail.contains("Inventory.xlsx"), to_ann, "nobody is told of another's documents");
        assert!(!mail.contains(if to_ann { "Ben" } else { "Ann" }), "{mail}");
        assert!(header(mail, "From").contains("<portal@ashgrove.example>"), "{mail}");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert!(header(mail, "Message-ID").ends_with("@ashgrove.example>"));
        assert!(mail.contains("text/plain") && mail.contains("text/html"));
    }
    // The same once more is nothing new.
    world.save(&[(&will, &ann)], &[]).await;
    world.deliver().await;
    assert_eq!(sink.mails().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh13_saves_within_the_hold_become_one_mail() {
    let (world, sink, ann, _) = world().await;
    hold(&world, 120).await;
    let (will, list) = (world.document("Will.pdf").await, world.document("Inventory.xlsx").await);
    world.save(&[(&will, &ann)], &[]).await;
    world.clock.advance(MINUTE);
    world.deliver().await;
    world.save(&[(&list, &ann)], &[]).await;
    world.clock.advance(MINUTE - 1);
    world.deliver().await;
    assert_eq!(sink.mails().len(), 2, "held");
    world.clock.advance(1);
    world.deliver().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 3);
    assert!(mails[2].contains("Will.pdf") && mails[2].contains("Inventory.xlsx"));
    world.clock.advance(10 * MINUTE);
    world.deliver().await;
    assert_eq!(sink.mails().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh13_what_is_taken_back_is_not_told() {
    let (world, sink, ann, ben) = world().await;
    hold(&world, 120).await;
    let (will, list) = (world.document("Will.pdf").await, world.document("Inventory.xlsx").await);
    world.save(&[(&will, &ann), (&list, &ann), (&will, &ben)], &[]).await;
    world.save(&[], &[(&will, &ann), (&will, &ben)]).await;
    world.clock.advance(2 * MINUTE);
    world.deliver().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 3, "Ben is told nothing");
    assert!(mails[2].contains("Inventory.xlsx") && !mails[2].contains("Will.pdf"));
    assert!(states(&world).await.contains(&"dropped".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_tried_again_and_tells_what_is_true_then() {
    let (world, sink, ann, _) = world().await;
    let (will, list) = (world.document("Will.pdf").await, world.document("Inventory.xlsx").await);
    sink.feel(Mood::HangsUpAfterData);
    world.save(&[(&will, &ann), (&list, &ann)], &[]).await;
    world.deliver().await;
    sink.feel(Refuses("450 come again"));
    world.clock.advance(2 * MINUTE);
    world.deliver().await;
    world.save(&[], &[(&will, &ann)]).await;
    sink.feel(Mood::Accepts);
    world.clock.advance(4 * MINUTE);
    world.deliver().await;
    assert_eq!(sink.mails().len(), 3, "not before its time");
    world.clock.advance(2 * MINUTE);
    world.deliver().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 4);
    assert!(mails[2].contains("Will.pdf") && !mails[3].contains("Will.pdf"));
    assert_eq!(header(&mails[2], "Message-ID"), header(&mails[3], "Message-ID"), "a copy is known as one");
    assert!(states(&world).await.iter().all(|state| state == "sent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_told_to_staff_and_can_be_sent_again() {
    let (world, sink, ann, _) = world().await;
    let will = world.document("Will.pdf").await;
    sink.feel(Refuses("550 no such mailbox ann@example.com"));
    world.save(&[(&will, &ann)], &[]).await;
    world.deliver().await;
    let mut olive = Browser::at("203.0.113.7");
    let password = json!({ "email": "olive@ashgrove.example", "password": "a long password" });
    olive.post(&world, "/api/sign-in/staff", password).await;
    let notices = olive.get(&world, "/api/notices").await.json();
    assert!(notices["items"][0]["text"].as_str().unwrap().contains("Ann Birch"), "{notices}");
    assert_eq!(notices["items"][0]["matter"], json!(world.matter));

    let letters = format!("/api/matters/{}/client-connect/letters", world.matter);
    let states = olive.get(&world, &letters).await.json();
    let dead = states["items"].as_array().unwrap().iter().find(|state| state["state"] == "dead").unwrap().clone();
    assert_eq!(
        (&dead["contact"], &dead["topic"], &dead["said"]),
        (&json!(ann), &json!("shared"), &json!("550 refused"))
    );
    sink.feel(Mood::Accepts);
    world.clock.advance(60 * MINUTE);
    world.deliver().await;
    assert_eq!(sink.mails().len(), 2, "dead is dead");
    let resend = format!("{letters}/{}/resend", dead["letter"].as_str().unwrap());
    assert_eq!(olive.post(&world, &resend, json!(null)).await.status, 202);
    world.deliver().await;
    assert_eq!(sink.mails().len(), 3);
    assert_eq!(olive.post(&world, &resend, json!(null)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_never_leaves_is_dead_after_two_days() {
    let (world, sink, ann, _) = world().await;
    let will = world.document("Will.pdf").await;
    sink.feel(Refuses("451 later"));
    world.save(&[(&will, &ann)], &[]).await;
    let mut tries = 0;
    while !states(&world).await.contains(&"dead".to_owned()) {
        world.deliver().await;
        world.clock.advance(4 * 60 * MINUTE + 30 * MINUTE);
        tries += 1;
        assert!(tries < 20);
    }
    assert!(tries > 8);
    assert_eq!(
        world.count("SELECT count(*) FROM inbox WHERE text LIKE '%could not be delivered (451 not now)%'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dispatchers_send_a_letter_once() {
    let (world, sink, ann, ben) = world().await;
    let will = world.document("Will.pdf").await;
    world.save(&[(&will, &ann), (&will, &ben)], &[]).await;
    let (one, other) = tokio::join!(dispatcher::once(&world.app), dispatcher::once(&world.app));
    one.unwrap();
    other.unwrap();
    assert_eq!(sink.mails().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_mail_server_holds_nobody_up() {
    let (world, sink, ann, _) = world().await;
    let will = world.document("Will.pdf").await;
    sink.feel(Mood::SilentAt(Phase::Banner));
    let app = world.app.clone();
    world.save(&[(&will, &ann)], &[]).await;
    let sending = tokio::spawn(async move { dispatcher::once(&app).await.unwrap() });
    let began = std::time::Instant::now();
    let other = world.document("Other.pdf").await;
    world.save(&[(&other, &ann)], &[]).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    sending.await.unwrap();
    assert!(states(&world).await.contains(&"waiting".to_owned()));
}
