//! Signing in (CU1): by mailed code and by password, over the API.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "sign_in/factor.rs"]
mod factor;
#[path = "sign_in/guesses.rs"]
mod guesses;
#[path = "sign_in/oidc.rs"]
mod oidc;
#[path = "sign_in/own.rs"]
mod own;
#[path = "sign_in/pages.rs"]
mod pages;
#[path = "sign_in/provider.rs"]
mod provider;
#[path = "sign_in/unknown.rs"]
mod unknown;

use axum::http::StatusCode;
use common::{Browser, MINUTE, World};
use serde_json::json;

const ANN: &str = "ann@example.com";

/// A code that is certainly not this one.
fn other_than(code: &str) -> String {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().unwrap();
    format!("{:08}", (number + 1) % 100_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_customer_signs_in_with_a_mailed_code() {
    let world = World::new().await;
    let ann = world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::UNAUTHORIZED);
    let answer = browser.sign_in(&world, ANN).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["contacts"][0]["contact"], json!(ann));
    let me = browser.get(&world, "/api/portal/me").await;
    assert_eq!(me.status, StatusCode::OK);
    assert_eq!(me.json()["contacts"][0]["firm"], json!(world.firm));
    assert!(world.audited().await.contains(&"sign-in.done".to_owned()));

    assert_eq!(browser.post(&world, "/api/portal/sign-out", json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_an_unknown_address_is_answered_like_a_known_one() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    world.contact("Never Invited", "never@example.com").await;
    world.deliver().await;
    let before = world.mails().await.len();
    let mut answers = Vec::new();
    for (n, email) in ["nobody@example.com", "no address at all", "never@example.com", ANN].iter().enumerate() {
        let mut browser = Browser::at(&format!("203.0.{n}.7"));
        let asked = browser.ask_for_code(&world, email).await;
        assert_eq!(browser.cookies.len(), 1);
        world.deliver().await;
        let tried = browser.redeem(&world, "0000 0000").await;
        answers.push((asked.status, asked.text, tried.status, tried.text));
    }
    assert_eq!(answers[0].0, StatusCode::ACCEPTED);
    assert_eq!(answers[0].2, StatusCode::UNAUTHORIZED);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mails = world.mails().await;
    assert_eq!(mails.len(), before + 1, "only one of them is a customer");
    assert_eq!(mails[before].recipient, ANN);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_five_wrong_tries_block_for_fifteen_minutes() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    for _ in 0..5 {
        assert_eq!(browser.redeem(&world, &other_than(&code)).await.code(), "code-wrong");
    }
    let blocked = browser.redeem(&world, &code).await;
    assert_eq!((blocked.status, blocked.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "sign-in-blocked"));
    assert!(blocked.headers.contains_key("retry-after"));
    // A new code does not help while the block lasts.
    assert_eq!(browser.ask_for_code(&world, ANN).await.code(), "sign-in-blocked");
    world.clock.advance(14 * MINUTE);
    assert_eq!(browser.ask_for_code(&world, ANN).await.code(), "sign-in-blocked");
    world.clock.advance(MINUTE);
    assert_eq!(browser.sign_in(&world, ANN).await.status, StatusCode::OK);
    let audited = world.audited().await;
    assert_eq!(audited.iter().filter(|action| *action == "sign-in.failed").count(), 4);
    assert_eq!(audited.iter().filter(|action| *action == "sign-in.blocked").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_resend_kills_the_old_code() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let old = world.code(ANN).await.unwrap();
    world.clock.advance(1_000);
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let new = world.code(ANN).await.unwrap();
    assert_ne!(old, new);
    assert_eq!(browser.redeem(&world, &old).await.code(), "code-wrong");
    assert_eq!(browser.redeem(&world, &new).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_code_dies_after_ten_minutes_and_is_used_once() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    world.clock.advance(10 * MINUTE);
    assert_eq!(browser.redeem(&world, &code).await.code(), "code-over");

    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    let mut copy = browser.clone();
    assert_eq!(browser.redeem(&world, &code).await.status, StatusCode::OK);
    assert_eq!(copy.redeem(&world, &code).await.code(), "code-over");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_64_parallel_redeems_make_one_session() {
    let world = std::sync::Arc::new(World::new().await);
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    let tries: Vec<_> = (0..64)
        .map(|_| {
            let (world, mut browser, code) = (world.clone(), browser.clone(), code.clone());
            tokio::spawn(async move { browser.redeem(&world, &code).await.status })
        })
        .collect();
    let mut signed_in = 0;
    for tried in tries {
        let status = tried.await.unwrap();
        assert!(!status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
        signed_in += usize::from(status == StatusCode::OK);
    }
    assert_eq!(signed_in, 1);
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_code_works_only_in_the_browser_that_asked() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    let mut other = Browser::at("203.0.113.7");
    assert_eq!(other.redeem(&world, &code).await.code(), "code-over");
    other.ask_for_code(&world, ANN).await;
    assert_eq!(other.redeem(&world, &code).await.code(), "code-wrong");
    assert_eq!(browser.redeem(&world, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_get_and_head_change_nothing() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    for method in ["GET", "HEAD"] {
        for path in ["/api/sign-in/portal/code", "/api/sign-in/portal"] {
            let answer = browser.ask(&world, method, path, None).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        }
    }
    assert_eq!(browser.redeem(&world, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_stranger_cannot_lock_a_customer_out() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut known = Browser::at("203.0.113.7");
    assert_eq!(known.sign_in(&world, ANN).await.status, StatusCode::OK);
    world.clock.advance(16 * MINUTE);
    // From the next house, and from many others, until nobody new gets a code for this address.
    for n in 0..40 {
        let mut stranger = Browser::at(&if n < 10 { "203.0.113.9".to_owned() } else { format!("198.51.{n}.1") });
        stranger.ask_for_code(&world, ANN).await;
        for _ in 0..5 {
            stranger.redeem(&world, "00000000").await;
        }
    }
    let mut new = Browser::at("192.0.2.1");
    assert_eq!(new.ask_for_code(&world, ANN).await.status, StatusCode::TOO_MANY_REQUESTS);
    // The customer's own browser is not concerned, in whatever network it is.
    assert_eq!(known.sign_in(&world, ANN).await.status, StatusCode::OK);
    known.address = "198.51.100.20".parse().unwrap();
    world.clock.advance(1_000);
    assert_eq!(known.sign_in(&world, ANN).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_one_stranger_does_not_even_bother_a_new_browser() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut stranger = Browser::at("203.0.113.9");
    stranger.ask_for_code(&world, ANN).await;
    for _ in 0..6 {
        stranger.redeem(&world, "00000000").await;
    }
    assert_eq!(stranger.redeem(&world, "00000000").await.code(), "sign-in-blocked");
    let mut new = Browser::at("192.0.2.1");
    world.clock.advance(1_000);
    assert_eq!(new.sign_in(&world, ANN).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_codes_are_limited_by_address_and_by_network() {
    let world = World::new().await;
    let mut browser = Browser::at("203.0.113.7");
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(browser.ask_for_code(&world, "nobody@example.com").await.status.as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 429]);
    for n in 0..17 {
        let mut browser = Browser::at("203.0.113.8");
        assert_eq!(
            browser.ask_for_code(&world, &format!("n{n}@example.com")).await.status,
            StatusCode::ACCEPTED,
            "{n}"
        );
    }
    let mut neighbour = Browser::at("203.0.113.99");
    assert_eq!(neighbour.ask_for_code(&world, "other@example.com").await.code(), "too-many-codes");
    let mut elsewhere = Browser::at("203.0.114.1");
    assert_eq!(elsewhere.ask_for_code(&world, "other@example.com").await.status, StatusCode::ACCEPTED);
    world.clock.advance(61 * MINUTE);
    assert_eq!(neighbour.ask_for_code(&world, "other@example.com").await.status, StatusCode::ACCEPTED);
    let plain = world.count("SELECT count(*) FROM limits WHERE key LIKE '%@%' OR key LIKE '%203.0%'").await;
    assert_eq!(plain, 0, "neither addresses nor networks stand in the counters");
}

#[tokio::test(flavor = "multi_thread")]
async fn ac2_an_ambiguous_address_signs_nobody_in_and_ends_sessions() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    assert_eq!(browser.sign_in(&world, ANN).await.status, StatusCode::OK);
    world.contact("Ben Birch", "Ann@Example.com").await;
    assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::UNAUTHORIZED);
    let before = world.mails().await.len();
    browser.ask_for_code(&world, ANN).await;
    world.deliver().await;
    assert_eq!(world.mails().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_by_themselves() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    assert_eq!(browser.sign_in(&world, ANN).await.status, StatusCode::OK);
    // Used every 29 minutes it lives for twelve hours, and no longer.
    for _ in 0..24 {
        world.clock.advance(29 * MINUTE);
        assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::OK);
    }
    world.clock.advance(25 * MINUTE);
    assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.sign_in(&world, ANN).await.status, StatusCode::OK);
    world.clock.advance(30 * MINUTE);
    assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_by_password() {
    let world = World::new().await;
    let mut browser = Browser::at("203.0.113.7");
    let with = |password: &str| json!({ "email": "Olive@Ashgrove.example", "password": password });
    let wrong = browser.post(&world, "/api/sign-in/staff", with("another password")).await;
    let unknown = json!({ "email": "nobody@ashgrove.example", "password": "another password" });
    let unknown = browser.post(&world, "/api/sign-in/staff", unknown).await;
    assert_eq!((wrong.status, wrong.text), (unknown.status, unknown.text));
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let right = browser.post(&world, "/api/sign-in/staff", with("a long password")).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.text);
    let cookie = right
        .headers
        .get_all("set-cookie")
        .iter()
        .find(|cookie| cookie.to_str().unwrap().starts_with("cc_staff="))
        .unwrap();
    assert!(cookie.to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
    assert_eq!(browser.get(&world, "/api/me").await.json()["user"], json!(world.owner));
    let first = browser.cookies["cc_staff"].clone();
    browser.post(&world, "/api/sign-in/staff", with("a long password")).await;
    assert_ne!(browser.cookies["cc_staff"], first, "a new session at every sign-in");
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 1, "and the old one ends");
    assert_eq!(browser.get(&world, "/api/portal/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.post(&world, "/api/sign-out", json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED);
    let audited = world.audited().await;
    for action in ["sign-in.failed", "sign-in.done", "sign-out"] {
        assert!(audited.iter().any(|audited| audited == action), "{audited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_limited() {
    let world = World::new().await;
    let mut stranger = Browser::at("203.0.113.9");
    let with = |password: &str| json!({ "email": "olive@ashgrove.example", "password": password });
    for _ in 0..10 {
        assert_eq!(
            stranger.post(&world, "/api/sign-in/staff", with("a wrong password")).await.code(),
            "password-wrong"
        );
    }
    assert_eq!(stranger.post(&world, "/api/sign-in/staff", with("a long password")).await.code(), "sign-in-blocked");
    let mut olive = Browser::at("192.0.2.1");
    assert_eq!(olive.post(&world, "/api/sign-in/staff", with("a long password")).await.status, StatusCode::OK);
}
