//! The second factor of staff: set up, asked for, used once, given up and taken away.

use std::sync::Arc;

use axum::http::StatusCode;
use client_connect::store::{factors, sessions, users};
use data_encoding::BASE32_NOPAD;
use ring::hmac;

use super::*;
use crate::common::{Answer, user_of};

pub(crate) const OLIVE: &str = "olive@ashgrove.example";
const CODE: &str = "/api/sign-in/staff/code";
const STEP: u64 = 30_000;

/// The code of a key at a moment, made here once more and not by the host.
pub(crate) fn code_at(key: &str, at: u64) -> String {
    let key = BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(at / STEP).to_be_bytes());
    let from = usize::from(tag.as_ref()[19] & 0xf);
    let number = u32::from_be_bytes(tag.as_ref()[from..from + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

pub(crate) fn now(world: &World) -> u64 {
    client_connect_runtime::Clock::now(&*world.clock)
}

pub(crate) async fn password(browser: &mut Browser, world: &World, email: &str) -> Answer {
    browser.post(world, "/api/sign-in/staff", json!({ "email": email, "password": "a long password" })).await
}

async fn give(browser: &mut Browser, world: &World, code: &str) -> Answer {
    browser.post(world, CODE, json!({ "code": code })).await
}

/// Sets a factor up in a browser that is signed in. Answers the key and the recovery codes; the clock is a step on
/// afterwards, as the code of this step is used.
pub(crate) async fn set_up(browser: &mut Browser, world: &World) -> (String, Vec<String>) {
    let begun = browser.post(world, "/api/me/second-factor", json!({ "password": "a long password" })).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let key = begun.json()["secret"].as_str().unwrap().to_owned();
    let code = code_at(&key, now(world));
    let confirmed = browser.post(world, "/api/me/second-factor/confirm", json!({ "code": code })).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text);
    world.clock.advance(STEP);
    let codes = confirmed.json()["recovery_codes"].as_array().unwrap().clone();
    (key, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// Olive with a factor, signed out; the browser is known.
pub(crate) async fn olive() -> (World, Browser, String, Vec<String>) {
    let world = World::new().await;
    let mut browser = Browser::at("203.0.113.7");
    assert_eq!(password(&mut browser, &world, OLIVE).await.status, StatusCode::OK);
    let (key, recovery) = set_up(&mut browser, &world).await;
    browser.post(&world, "/api/sign-out", json!({})).await;
    (world, browser, key, recovery)
}

async fn colleague(world: &World, name: &str, admin: bool) -> (String, String) {
    let (id, email) = (client_connect::store::new_id(), format!("{}@ashgrove.example", name.to_lowercase()));
    let user = users::User { admin, ..user_of(&id, &world.firm, name, &email) };
    let phc = client_connect::web::password::hash("a long password").unwrap();
    world.write(move |unit| Ok(users::create(unit.tx(), &user, Some(&phc))?)).await;
    (id, email)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_after_the_password_and_makes_another_session() {
    let world = World::new().await;
    let (mut browser, mut other) = (Browser::at("203.0.113.7"), Browser::at("203.0.113.8"));
    password(&mut browser, &world, OLIVE).await;
    password(&mut other, &world, OLIVE).await;
    let before = browser.cookies["cc_staff"].clone();
    let (key, recovery) = set_up(&mut browser, &world).await;
    assert_eq!(recovery.len(), 10);
    assert_ne!(browser.cookies["cc_staff"], before, "a new token");
    assert_eq!(browser.get(&world, "/api/me").await.status, StatusCode::OK, "who set it up stays signed in");
    assert_eq!(other.get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED, "and nobody else");

    let due = password(&mut other, &world, OLIVE).await;
    assert_eq!((due.status, due.json()), (StatusCode::ACCEPTED, json!({ "due": "code" })));
    let half = other.cookies["cc_staff"].clone();
    for path in ["/api/me", "/api/matters", "/api/me/second-factor", "/api/firm"] {
        assert_eq!(other.get(&world, path).await.code(), "sign-in-needed", "{path}");
    }
    assert_eq!(give(&mut other, &world, "000 000").await.code(), "code-wrong");
    assert_eq!(give(&mut other, &world, &code_at(&key, now(&world))).await.status, StatusCode::OK);
    assert_ne!(other.cookies["cc_staff"], half, "a new token at the step up");
    assert_eq!(other.get(&world, "/api/me").await.json()["user"], json!(world.owner));
    // The half is no more: with its token nobody comes anywhere.
    let mut thief = Browser::at("203.0.113.9");
    thief.cookies.insert("cc_staff".to_owned(), half);
    assert_eq!(give(&mut thief, &world, &code_at(&key, now(&world) + STEP)).await.code(), "sign-in-needed");

    world.deliver().await;
    assert!(world.mails().await.iter().any(|mail| mail.subject == "A second factor was set up"));
    let audited = world.audited().await;
    for action in ["second-factor.set", "second-factor.failed", "sign-in.done"] {
        assert!(audited.iter().any(|audited| audited == action), "{action}: {audited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_and_one_step_before_and_after_its_time() {
    let (world, mut browser, key, _) = olive().await;
    for (off, good) in [(-2, false), (2, false), (-1, false), (0, true), (0, false), (1, true), (0, false), (1, false)]
    {
        password(&mut browser, &world, OLIVE).await;
        let at = now(&world).checked_add_signed(off * 30_000).unwrap();
        let answer = give(&mut browser, &world, &code_at(&key, at)).await;
        // The step of the set-up is the one before this: it is spent.
        assert_eq!(answer.status == StatusCode::OK, good, "{off}: {}", answer.text);
        if good {
            browser.post(&world, "/api/sign-out", json!({})).await;
        }
    }
    // One step late, where it was not used.
    world.clock.advance(3 * STEP);
    password(&mut browser, &world, OLIVE).await;
    assert_eq!(give(&mut browser, &world, &code_at(&key, now(&world) - STEP)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_tries_at_once_with_one_code_one_is_signed_in() {
    let (world, browser, key, recovery) = olive().await;
    let world = Arc::new(world);
    for code in [code_at(&key, now(&world)), recovery[0].clone()] {
        // Each in half a session of its own, as somebody would who looked over a shoulder.
        let mut halves = Vec::new();
        for _ in 0..64 {
            let token = client_connect::web::session::Secret::new().unwrap();
            let (hash, owner, at) = (token.hash(), world.owner.clone(), now(&world));
            let cookie = token.set(client_connect::web::session::CookieKind::Staff, false, None);
            world.write(move |unit| Ok(sessions::start_half(unit.tx(), &hash, &owner, at, at + MINUTE)?)).await;
            let mut half = browser.clone();
            let value = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
            half.cookies.insert("cc_staff".to_owned(), value);
            halves.push(half);
        }
        let tries: Vec<_> = halves
            .into_iter()
            .map(|mut half| {
                let (world, code) = (world.clone(), code.clone());
                tokio::spawn(async move { give(&mut half, &world, &code).await.status })
            })
            .collect();
        let mut entered = 0;
        for tried in tries {
            let status = tried.await.unwrap();
            assert!(!status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
            entered += usize::from(status == StatusCode::OK);
        }
        assert_eq!(entered, 1);
        assert_eq!(world.count("SELECT count(*) FROM sessions WHERE kind = 'staff'").await, 1);
        world.write(|unit| Ok(unit.tx().conn().execute("DELETE FROM sessions", [])?)).await;
        world.clock.advance(16 * MINUTE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_stand_in_once_each_and_new_ones_end_the_old() {
    let (world, mut browser, key, recovery) = olive().await;
    let told = |left: u32| json!(left);
    password(&mut browser, &world, OLIVE).await;
    let typed = recovery[3].to_uppercase().replace('-', " ");
    assert_eq!(give(&mut browser, &world, &typed).await.status, StatusCode::OK);
    assert_eq!(browser.get(&world, "/api/me/second-factor").await.json()["recovery_left"], told(9));
    password(&mut browser, &world, OLIVE).await;
    assert_eq!(give(&mut browser, &world, &recovery[3]).await.code(), "code-wrong");
    assert_eq!(give(&mut browser, &world, &code_at(&key, now(&world))).await.status, StatusCode::OK);
    world.clock.advance(STEP);
    let body = json!({ "code": code_at(&key, now(&world)) });
    let renewed = browser.post(&world, "/api/me/second-factor/recovery-codes", body).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text);
    assert_eq!(browser.get(&world, "/api/me/second-factor").await.json()["recovery_left"], told(10));
    password(&mut browser, &world, OLIVE).await;
    assert_eq!(give(&mut browser, &world, &recovery[4]).await.code(), "code-wrong");
    let fresh = renewed.json()["recovery_codes"][0].as_str().unwrap().to_owned();
    assert_eq!(give(&mut browser, &world, &fresh).await.status, StatusCode::OK);
    world.deliver().await;
    let subjects: Vec<String> = world.mails().await.into_iter().map(|mail| mail.subject).collect();
    for subject in ["A recovery code was used", "You have new recovery codes"] {
        assert!(subjects.iter().any(|had| had == subject), "{subjects:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_records_holds_neither_the_key_nor_a_recovery_code() {
    let (world, _, key, recovery) = olive().await;
    let raw = BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).unwrap();
    let data = world.folder.path().join("data");
    let mut read = 0;
    for name in ["client-connect.db", "client-connect.db-wal"] {
        let bytes = std::fs::read(data.join(name)).unwrap_or_default();
        read += bytes.len();
        let mut secrets = vec![raw.clone(), key.clone().into_bytes(), key.replace(' ', "").into_bytes()];
        secrets.push(hex::encode(&raw).into_bytes());
        for code in &recovery {
            secrets.push(code.clone().into_bytes());
            secrets.push(code.replace('-', "").to_uppercase().into_bytes());
        }
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{name} holds a secret");
        }
    }
    assert!(read > 100_000, "{read} bytes were searched");
    let sealing = std::fs::read_to_string(data.join("records.key")).unwrap();
    let sealed = world
        .read(|unit| {
            Ok(unit.tx().conn().query_row("SELECT secret FROM factors", [], |row| row.get::<_, Vec<u8>>(0))?)
        })
        .await;
    assert!(sealed.len() > raw.len() && sealing.len() == 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_set_one_up_takes_the_password_and_to_give_it_up_a_code() {
    let world = World::new().await;
    let mut browser = Browser::at("203.0.113.7");
    password(&mut browser, &world, OLIVE).await;
    for wrong in [json!({ "password": "not this one, no" }), json!({})] {
        let answer = browser.post(&world, "/api/me/second-factor", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    }
    assert_eq!(world.count("SELECT count(*) FROM factors").await, 0);
    // One that was begun and not confirmed is asked for by nobody.
    browser.post(&world, "/api/me/second-factor", json!({ "password": "a long password" })).await;
    assert_eq!(password(&mut browser, &world, OLIVE).await.status, StatusCode::OK);
    let (key, _) = set_up(&mut browser, &world).await;
    let again = browser.post(&world, "/api/me/second-factor", json!({ "password": "a long password" })).await;
    assert_eq!(again.code(), "second-factor-there");
    let end = |code: String| json!({ "code": code });
    let wrong = browser.post(&world, "/api/me/second-factor/end", end("000000".into())).await;
    assert_eq!(
        (wrong.status, wrong.json()["errors"][0]["code"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("code-wrong"))
    );
    let done = browser.post(&world, "/api/me/second-factor/end", end(code_at(&key, now(&world)))).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(browser.get(&world, "/api/me/second-factor").await.json()["since"], json!(null));
    assert_eq!(password(&mut browser, &world, OLIVE).await.status, StatusCode::OK);
    assert_eq!(world.count("SELECT count(*) FROM factors").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_that_asks_everybody_makes_halves_of_sessions_at_once() {
    let world = World::new().await;
    let (_, ada) = colleague(&world, "Ada", true).await;
    let (mut admin, mut browser) = (Browser::at("203.0.113.8"), Browser::at("203.0.113.7"));
    password(&mut admin, &world, &ada).await;
    password(&mut browser, &world, OLIVE).await;
    let ask = |required: bool| Some(json!({ "second_factor": required }));
    assert_eq!(browser.ask(&world, "PATCH", "/api/firm", ask(true)).await.status, StatusCode::FORBIDDEN);
    let early = admin.ask(&world, "PATCH", "/api/firm", ask(true)).await;
    assert_eq!(early.json()["errors"][0]["code"], "no-second-factor", "it would lock the asker out");
    let (key, _) = set_up(&mut admin, &world).await;
    let asked = admin.ask(&world, "PATCH", "/api/firm", ask(true)).await;
    assert_eq!((asked.status, &asked.json()["second_factor"]), (StatusCode::OK, &json!(true)));
    assert_eq!(admin.get(&world, "/api/me").await.status, StatusCode::OK);
    let end = json!({ "code": code_at(&key, now(&world)) });
    assert_eq!(admin.post(&world, "/api/me/second-factor/end", end).await.code(), "second-factor-required");

    assert_eq!(browser.get(&world, "/api/me").await.code(), "sign-in-needed", "from the next request on");
    assert_eq!(browser.get(&world, "/api/me/second-factor").await.status, StatusCode::OK, "but for this");
    let again = password(&mut browser, &world, OLIVE).await;
    assert_eq!((again.status, again.json()), (StatusCode::ACCEPTED, json!({ "due": "second-factor" })));
    assert_eq!(browser.get(&world, "/api/matters").await.code(), "sign-in-needed");
    assert_eq!(give(&mut browser, &world, "123456").await.code(), "sign-in-needed");
    let half = browser.cookies["cc_staff"].clone();
    set_up(&mut browser, &world).await;
    assert_ne!(browser.cookies["cc_staff"], half);
    assert_eq!(browser.get(&world, "/api/matters").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_takes_a_colleagues_factor_away_and_never_their_own() {
    let (world, mut olive, key, _) = olive().await;
    let (ada_id, ada) = colleague(&world, "Ada", true).await;
    let (_, ben) = colleague(&world, "Ben", false).await;
    let (mut admin, mut plain) = (Browser::at("203.0.113.8"), Browser::at("203.0.113.9"));
    password(&mut admin, &world, &ada).await;
    password(&mut plain, &world, &ben).await;
    password(&mut olive, &world, OLIVE).await;
    assert_eq!(give(&mut olive, &world, &code_at(&key, now(&world))).await.status, StatusCode::OK);
    let of = |user: &str| format!("/api/users/{user}/second-factor");
    assert_eq!(plain.ask(&world, "DELETE", &of(&world.owner), None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.ask(&world, "DELETE", &of(&ada_id), None).await.code(), "own-second-factor");
    assert_eq!(olive.get(&world, "/api/me").await.status, StatusCode::OK);
    assert_eq!(admin.ask(&world, "DELETE", &of(&world.owner), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(olive.get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED, "all their sessions end");
    assert_eq!(admin.ask(&world, "DELETE", &of(&world.owner), None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(password(&mut olive, &world, OLIVE).await.status, StatusCode::OK);
    world.deliver().await;
    let mails = world.mails().await;
    assert!(mails.iter().any(|mail| mail.recipient == OLIVE && mail.subject == "Your second factor was taken away"));
    assert!(world.audited().await.contains(&"second-factor.removed".to_owned()));
    let left = world.read(|unit| Ok(factors::recovery_left(unit.tx(), "any")?)).await;
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_plain_forms_a_factor_is_set_up_and_signed_in_with() {
    let world = World::new().await;
    let mut browser = Browser::at("203.0.113.7");
    let sign_in = "email=olive%40ashgrove.example&password=a+long+password&next=/contacts";
    let place = |answer: &Answer| answer.headers.get("location").map(|place| place.to_str().unwrap().to_owned());
    assert_eq!(place(&browser.form(&world, "/sign-in", sign_in).await).unwrap(), "/contacts");
    assert!(browser.get(&world, "/account").await.text.contains("Set up a second factor"));
    let wrong = browser.form(&world, "/account/second-factor", "password=another+one").await;
    assert!(wrong.text.contains("This is not your password."), "{}", wrong.text);
    let begun = browser.form(&world, "/account/second-factor", "password=a+long+password").await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    for part in ["<svg class=\"qr\"", "autocomplete=\"one-time-code\"", "inputmode=\"numeric\""] {
        assert!(begun.text.contains(part), "{part}: {}", begun.text);
    }
    let key = begun.text.split_once("<code id=\"key\">").unwrap().1.split_once('<').unwrap().0.to_owned();
    let wrong = browser.form(&world, "/account/second-factor/confirm", "code=000000").await;
    assert!(wrong.status == 422 && wrong.text.contains(&key), "it is shown again until it is confirmed");
    let fields = format!("code={}", code_at(&key, now(&world)));
    let done = browser.form(&world, "/account/second-factor/confirm", &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let codes = done.text.split_once("<pre id=\"codes\">").unwrap().1.split_once("</pre>").unwrap().0;
    let codes: Vec<&str> = codes.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(codes.len(), 10);
    let page = browser.get(&world, "/account").await;
    assert!(
        page.text.contains("10 recovery codes are left") && !page.text.contains(codes[0]) && !page.text.contains(&key)
    );
    browser.form(&world, "/sign-out", "").await;

    world.clock.advance(STEP);
    let due = browser.form(&world, "/sign-in", sign_in).await;
    assert_eq!(place(&due).unwrap(), "/sign-in?next=/contacts");
    let due = browser.get(&world, "/sign-in?next=/contacts").await;
    assert_eq!(place(&due).unwrap(), "/sign-in/code?next=/contacts");
    let page = browser.get(&world, "/sign-in/code?next=/contacts").await;
    assert!(page.text.contains("autocomplete=\"one-time-code\""), "{}", page.text);
    assert_eq!(place(&browser.get(&world, "/matters").await).unwrap(), "/sign-in", "half of a session is none");
    let wrong = browser.form(&world, "/sign-in/code", "code=000000&next=/contacts").await;
    assert!(wrong.status == 401 && wrong.text.contains("This is not the code"), "{}", wrong.text);
    let fields = format!("code={}&next=/contacts", code_at(&key, now(&world)));
    assert_eq!(place(&browser.form(&world, "/sign-in/code", &fields).await).unwrap(), "/contacts");
    assert_eq!(browser.get(&world, "/contacts").await.status, StatusCode::OK);
    browser.form(&world, "/sign-out", "").await;
    browser.form(&world, "/sign-in", sign_in).await;
    let fields = format!("code={}&next=https://evil.example", codes[0]);
    assert_eq!(place(&browser.form(&world, "/sign-in/code", &fields).await).unwrap(), "/matters");
}
