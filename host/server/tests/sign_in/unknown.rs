//! Whoever is not known here is not told so by how long an answer takes. Compared within one run, in turns, and by the
//! shortest of each, which other work on the machine touches least: a password that is not even looked at shows as a
//! tenth of the time.

use std::time::{Duration, Instant};

use super::{factor::OLIVE, *};

/// So often each.
const TIMES: usize = 9;

/// Asks in turns for those that are known and those that are not: the shortest times of both.
async fn shortest(
    world: &World,
    path: &str,
    known: impl Fn(usize) -> serde_json::Value,
    unknown: impl Fn(usize) -> serde_json::Value,
) -> (Duration, Duration) {
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..TIMES {
        for (of, body) in [known(n), unknown(n)].into_iter().enumerate() {
            // Each from a network of its own, or a limit would answer.
            let mut browser = Browser::at(&format!("203.0.{of}.{n}"));
            let began = Instant::now();
            let answer = browser.post(world, path, body).await;
            times[of].push(began.elapsed());
            assert!(matches!(answer.status.as_u16(), 202 | 401), "{} {}", answer.status, answer.text);
        }
    }
    let [known, unknown] = times.map(|times| times.into_iter().min().unwrap());
    (known, unknown)
}

fn alike((known, unknown): (Duration, Duration)) {
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.4..2.5).contains(&ratio), "known {known:?}, unknown {unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_an_unknown_address_takes_as_long_as_a_known_one() {
    let world = World::new().await;
    for n in 0..TIMES {
        world.customer("Ann Birch", &format!("known.{n}@example.com")).await;
    }
    let asked = |kind: &'static str| move |n| json!({ "email": format!("{kind}.{n}@example.com") });
    alike(shortest(&world, "/api/sign-in/portal", asked("known"), asked("other")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
    let world = World::new().await;
    let tried = |email: &str| json!({ "email": email, "password": "this is not it at all" });
    let unknown = |n| tried(&format!("nobody.{n}@ashgrove.example"));
    alike(shortest(&world, "/api/sign-in/staff", |_| tried(OLIVE), unknown).await);
}
