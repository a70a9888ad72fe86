//! Many guesses at once: never more of them are judged than a limit lets through, and who is not guessed at is not kept
//! out.

use std::sync::Arc;

use axum::http::StatusCode;
use client_connect::store::sessions;

use super::{
    factor::{OLIVE, code_at, now, olive, password},
    *,
};
use crate::common::Answer;

const GUESSES: usize = 500;

/// So many at once, each by a browser of its own that is a copy of this one. Answers their status and code, and what a
/// busy host put off is asked again, until it is answered.
async fn at_once(
    world: &Arc<World>,
    browsers: Vec<Browser>,
    path: &'static str,
    body: impl Fn(usize) -> serde_json::Value,
) -> Vec<(StatusCode, String)> {
    let tries: Vec<_> = browsers
        .into_iter()
        .enumerate()
        .map(|(n, mut browser)| {
            let (world, body) = (world.clone(), body(n));
            tokio::spawn(async move {
                loop {
                    let answer: Answer = browser.post(&world, path, body.clone()).await;
                    if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                        return (answer.status, answer.code());
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for tried in tries {
        answers.push(tried.await.unwrap());
    }
    answers
}

fn count(answers: &[(StatusCode, String)], code: &str) -> usize {
    answers.iter().filter(|(_, said)| said == code).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_of_500_guesses_at_a_mailed_code_at_once_five_are_judged() {
    let world = Arc::new(World::new().await);
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    let wrong: u32 = other_than(&code).parse().unwrap();
    let body = |n: usize| {
        let guess = (wrong + u32::try_from(n).unwrap()) % 100_000_000;
        json!({ "code": format!("{guess:08}") })
    };
    let answers = at_once(&world, vec![browser.clone(); GUESSES], "/api/sign-in/portal/code", body).await;
    assert_eq!(count(&answers, "code-wrong"), 5, "{answers:?}");
    assert_eq!(count(&answers, "sign-in-blocked") + count(&answers, "code-over"), GUESSES - 5);
    assert_eq!(world.count("SELECT max(tries) FROM sign_ins").await, 5);
    assert_ne!(browser.redeem(&world, &code).await.status, StatusCode::OK, "nor is the right one now");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_500_guesses_at_a_password_at_once_ten_are_judged() {
    let world = Arc::new(World::new().await);
    let mut known = Browser::at("192.0.2.1");
    assert_eq!(password(&mut known, &world, OLIVE).await.status, StatusCode::OK);
    let body = |n: usize| json!({ "email": OLIVE, "password": format!("wrong password {n}") });
    let strangers = vec![Browser::at("203.0.113.9"); GUESSES];
    let answers = at_once(&world, strangers, "/api/sign-in/staff", body).await;
    assert_eq!(count(&answers, "password-wrong"), 10, "{answers:?}");
    assert_eq!(count(&answers, "sign-in-blocked"), GUESSES - 10);
    let judged = "SELECT count(*) FROM audit WHERE action = 'sign-in.failed'";
    assert_eq!(world.count(judged).await, 10);
    assert_eq!(password(&mut known, &world, OLIVE).await.status, StatusCode::OK, "a known browser counts by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_500_guesses_at_a_second_factor_at_once_five_are_judged_and_no_stranger_locks_out() {
    let (world, mut known, key, _) = olive().await;
    let world = Arc::new(world);
    // Who does not know the password comes nowhere near the code.
    let mut stranger = Browser::at("203.0.113.9");
    for _ in 0..30 {
        assert_eq!(
            stranger.post(&world, "/api/sign-in/staff/code", json!({ "code": "000000" })).await.code(),
            "sign-in-needed"
        );
    }
    assert_eq!(world.count("SELECT count(*) FROM limits WHERE key LIKE 'factor%'").await, 0);
    // Who knows it guesses from one place, and then from many, in as many half sessions as they like.
    let right = [0, 1].map(|step| code_at(&key, now(&world) + step * 30_000));
    let mut judged = 0;
    for place in ["203.0.113.9", "198.51.100.1", "198.51.101.1", "198.51.102.1", "198.51.103.1", "198.51.104.1"] {
        let mut thieves = Vec::new();
        for _ in 0..GUESSES / 5 {
            let token = client_connect::web::session::Secret::new().unwrap();
            let (hash, owner, at) = (token.hash(), world.owner.clone(), now(&world));
            world.write(move |unit| Ok(sessions::start_half(unit.tx(), &hash, &owner, at, at + MINUTE)?)).await;
            let cookie = token.set(client_connect::web::session::CookieKind::Staff, false, None);
            let mut thief = Browser::at(place);
            let value = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
            thief.cookies.insert("cc_staff".to_owned(), value);
            // Five at once in each.
            thieves.extend(vec![thief; 5]);
        }
        let body = |n: usize| {
            let guess = format!("{:06}", n + 1_000);
            json!({ "code": if right.contains(&guess) { "999999".to_owned() } else { guess } })
        };
        let answers = at_once(&world, thieves, "/api/sign-in/staff/code", body).await;
        let here = count(&answers, "code-wrong");
        assert!(here <= 5, "{here} of {GUESSES} at {place}");
        assert_eq!(count(&answers, ""), 0, "nobody is let in");
        judged += here;
    }
    assert_eq!(judged, 20, "whatever the places, of a day");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'second-factor.failed'").await, 20);
    // The browser in which she has signed in before counts by itself.
    password(&mut known, &world, OLIVE).await;
    let answer = known.post(&world, "/api/sign-in/staff/code", json!({ "code": right[0] })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}
