//! What an identity provider answers and is not believed.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use client_connect::{mail::Mailer, oidc::Provider, store::users};
use ring::{hmac, signature::KeyPair as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    factor::{OLIVE, code_at, now, password, set_up},
    provider::{Question, SECRET, Stub, jwk, key},
    *,
};
use crate::common::{Answer, user_of};

fn place(answer: &Answer) -> String {
    let place = answer.headers.get("location").unwrap_or_else(|| panic!("{}: {}", answer.status, answer.text));
    place.to_str().unwrap().to_owned()
}

async fn begin(browser: &mut Browser, world: &World, next: &str) -> Question {
    let sent = browser.get(world, &format!("/sign-in/oidc/idp{next}")).await;
    let query = place(&sent).split_once('?').unwrap().1.to_owned();
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Question(pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect())
}

async fn come_back(browser: &mut Browser, world: &World, asked: &Question) -> Answer {
    let state = asked.get("state");
    browser.get(world, &format!("/sign-in/oidc/idp/callback?code=c&state={state}")).await
}

async fn world(stub: &Stub) -> World {
    World::with_providers(Mailer::Mailbox, &[], vec![stub.provider()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_signs_in_who_works_here_and_the_question_is_bound_to_the_browser() {
    let stub = Stub::start();
    let world = world(&stub).await;
    let mut browser = Browser::at("203.0.113.7");
    let page = browser.get(&world, "/sign-in?next=/contacts").await;
    assert!(
        page.text.contains("Sign in with Ashgrove") && page.text.contains("/sign-in/oidc/idp?next=/contacts"),
        "{}",
        page.text
    );
    let asked = begin(&mut browser, &world, "?next=/contacts").await;
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "client-connect"),
        ("redirect_uri", "http://127.0.0.1:8080/sign-in/oidc/idp/callback"),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked.get(name), value);
    }
    stub.tells(&stub.signed(&stub.claims(&asked)));
    let back = come_back(&mut browser, &world, &asked).await;
    assert_eq!(place(&back), "/contacts");
    assert_eq!(browser.get(&world, "/api/me").await.json()["user"], json!(world.owner));
    assert!(!browser.cookies.contains_key("cc_oidc"));
    // The code was exchanged with the secret of both, and with what the challenge is the hash of.
    let sent = stub.says().asked.clone();
    let verifier = sent.split_once("code_verifier=").unwrap().1.split('&').next().unwrap().trim().to_owned();
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)), asked.get("code_challenge"));
    assert!(sent.to_lowercase().contains("authorization: basic "), "{sent}");
    world.deliver().await;
    assert!(world.mails().await.iter().any(|mail| mail.subject == "Your firm’s identity provider signs you in"));
    let audited = world.audited().await;
    assert!(audited.contains(&"sign-in.linked".to_owned()) && audited.contains(&"sign-in.done".to_owned()));

    // From now on it is the subject that counts, whatever the address is.
    let asked = begin(&mut browser, &world, "?next=https://evil.example").await;
    let mut claims = stub.claims(&asked);
    claims["email"] = json!("elsewhere@example.com");
    claims["email_verified"] = json!(false);
    stub.tells(&stub.signed(&claims));
    assert_eq!(place(&come_back(&mut browser, &world, &asked).await), "/matters", "and nowhere else");
    assert_eq!(world.count("SELECT count(*) FROM identities").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_providers_answer_to_this_browser_signs_nobody_in() {
    let stub = Stub::start();
    let world = world(&stub).await;
    let mut browser = Browser::at("203.0.113.7");
    let (other, rsa) = (key(), json!({ "alg": "RS256", "kid": "k1" }));
    let good = json!({ "alg": "EdDSA", "kid": "k1" });
    let sign = |text: &[u8]| stub.key.sign(text).as_ref().to_vec();
    type Change = fn(&mut Value);
    let changed: [(&str, Change); 14] = [
        ("another nonce", |claims| claims["nonce"] = json!("another")),
        ("no nonce", |claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("another audience", |claims| claims["aud"] = json!("another")),
        ("no audience", |claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ("for several, asked by nobody", |claims| claims["aud"] = json!(["client-connect", "another"])),
        ("asked by another", |claims| claims["azp"] = json!("another")),
        ("another issuer", |claims| claims["iss"] = json!("https://evil.example")),
        ("an issuer with a slash more", |claims| {
            claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()))
        }),
        ("over", |claims| claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 120)),
        ("without an end", |claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("an end that is no number", |claims| claims["exp"] = json!("never")),
        ("not yet", |claims| claims["nbf"] = json!(claims["iat"].as_u64().unwrap() + 600)),
        ("of nobody", |claims| claims["sub"] = json!("")),
        ("no subject", |claims| drop(claims.as_object_mut().unwrap().remove("sub"))),
    ];
    for (what, change) in changed {
        let asked = begin(&mut browser, &world, "").await;
        let mut claims = stub.claims(&asked);
        change(&mut claims);
        stub.tells(&stub.signed(&claims));
        refused(come_back(&mut browser, &world, &asked).await, what);
    }
    type Forge<'f> = (&'static str, Box<dyn Fn(&Value) -> String + 'f>);
    let forged: [Forge<'_>; 8] = [
        ("alg none", Box::new(|claims| stub.token(&json!({ "alg": "none" }), claims, |_| Vec::new()))),
        ("alg None", Box::new(|claims| stub.token(&json!({ "alg": "None", "kid": "k1" }), claims, |_| Vec::new()))),
        (
            "signed with the secret of both",
            Box::new(|claims| {
                let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
                stub.token(&json!({ "alg": "HS256" }), claims, |text| hmac::sign(&key, text).as_ref().to_vec())
            }),
        ),
        (
            "signed with the public key as a secret",
            Box::new(|claims| {
                let key = hmac::Key::new(hmac::HMAC_SHA256, stub.key.public_key().as_ref());
                stub.token(&json!({ "alg": "HS256", "kid": "k1" }), claims, |text| {
                    hmac::sign(&key, text).as_ref().to_vec()
                })
            }),
        ),
        (
            "another key of this name",
            Box::new(|claims| stub.token(&good, claims, |text| other.sign(text).as_ref().to_vec())),
        ),
        (
            "a key that it does not name",
            Box::new(|claims| {
                let key = jwk(&other, "k9");
                let header = json!({ "alg": "EdDSA", "kid": "k9", "jwk": key });
                stub.token(&header, claims, |text| other.sign(text).as_ref().to_vec())
            }),
        ),
        ("another algorithm than the key's", Box::new(|claims| stub.token(&rsa, claims, sign))),
        ("no signature", Box::new(|claims| stub.token(&good, claims, |_| Vec::new()))),
    ];
    for (what, forge) in &forged {
        let asked = begin(&mut browser, &world, "").await;
        let token = forge(&stub.claims(&asked));
        stub.tells(&token);
        refused(come_back(&mut browser, &world, &asked).await, what);
    }
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM identities").await, 0);
    // And the same token unchanged does sign in: nothing else was in the way.
    let asked = begin(&mut browser, &world, "").await;
    stub.tells(&stub.signed(&stub.claims(&asked)));
    assert_eq!(place(&come_back(&mut browser, &world, &asked).await), "/matters");
}

#[track_caller]
fn refused(answer: Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.text);
    assert!(answer.text.contains("Begin it again from here"), "{what}: {}", answer.text);
    assert!(answer.text.contains("name=\"password\""), "{what}: passwords still work");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_once_in_its_own_browser_for_ten_minutes() {
    let stub = Stub::start();
    let world = world(&stub).await;
    let (mut browser, mut other) = (Browser::at("203.0.113.7"), Browser::at("203.0.113.8"));
    let asked = begin(&mut browser, &world, "").await;
    let theirs = begin(&mut other, &world, "").await;
    stub.tells(&stub.signed(&stub.claims(&asked)));
    refused(come_back(&mut other, &world, &asked).await, "the state of another browser");
    refused(come_back(&mut Browser::at("203.0.113.9"), &world, &theirs).await, "a browser that asked for nothing");
    let mut changed = Question(asked.0.clone());
    for (name, value) in &mut changed.0 {
        if name == "state" {
            let mut parts: Vec<String> = value.split('.').map(str::to_owned).collect();
            parts[1] = BASE64_URL_SAFE_NO_PAD.encode("/audit");
            *value = parts.join(".");
        }
    }
    let kept = browser.clone();
    refused(come_back(&mut browser, &world, &changed).await, "a state that somebody has changed");
    let mut browser = kept.clone();
    assert_eq!(place(&come_back(&mut browser, &world, &asked).await), "/matters");
    refused(come_back(&mut kept.clone(), &world, &asked).await, "the same state again");
    let mut late = Browser::at("203.0.113.7");
    let asked = begin(&mut late, &world, "").await;
    stub.tells(&stub.signed(&stub.claims(&asked)));
    world.clock.advance(10 * MINUTE);
    refused(come_back(&mut late, &world, &asked).await, "after ten minutes");
    let mut named = Browser::at("203.0.113.7");
    let asked = begin(&mut named, &world, "").await;
    stub.tells(&stub.signed(&stub.claims(&asked)));
    let path = format!("/sign-in/oidc/idp/callback?code=c&state={}&iss=https://evil.example", asked.get("state"));
    refused(named.get(&world, &path).await, "an answer of another issuer");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_made_on_the_fly_and_nobody_else_is_taken_for_a_member() {
    let stub = Stub::start();
    let world = world(&stub).await;
    world.firm("other", "Other & Co", 0).await;
    let (left, other) = (client_connect::store::new_id(), client_connect::store::new_id());
    let (gone, foreign) = (left.clone(), other.clone());
    let firm = world.firm.clone();
    world
        .write(move |unit| {
            let user = users::User { active: false, ..user_of(&gone, &firm, "Lena Left", "lena@ashgrove.example") };
            users::create(unit.tx(), &user, None)?;
            Ok(users::create(unit.tx(), &user_of(&foreign, "other", "Otto", "otto@other.example"), None)?)
        })
        .await;
    let users = world.count("SELECT count(*) FROM users").await;
    let mut browser = Browser::at("203.0.113.7");
    for (subject, email, verified) in [
        ("s1", json!("nobody@ashgrove.example"), json!(true)),
        ("s2", json!("lena@ashgrove.example"), json!(true)),
        ("s3", json!("otto@other.example"), json!(true)),
        ("s4", json!(OLIVE), json!(false)),
        ("s5", json!(OLIVE), json!("true")),
        ("s6", json!(OLIVE), json!(null)),
        ("s7", json!(null), json!(true)),
    ] {
        let asked = begin(&mut browser, &world, "").await;
        let mut claims = stub.claims(&asked);
        (claims["sub"], claims["email"], claims["email_verified"]) = (json!(subject), email, verified);
        stub.tells(&stub.signed(&claims));
        let answer = come_back(&mut browser, &world, &asked).await;
        assert!(answer.status == 403 && answer.text.contains("nobody who works here"), "{subject}: {}", answer.text);
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, users);
    assert_eq!(world.count("SELECT count(*) FROM identities").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'sign-in.refused'").await, 7);
    // Who has come to her address after her is not taken for her.
    for (subject, enters) in [("s-olive", true), ("s-another", false), ("s-olive", true)] {
        let asked = begin(&mut browser, &world, "").await;
        let mut claims = stub.claims(&asked);
        claims["sub"] = json!(subject);
        stub.tells(&stub.signed(&claims));
        let answer = come_back(&mut browser, &world, &asked).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, enters, "{subject}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_change_are_read_anew_and_a_provider_that_fails_is_said_in_words() {
    let stub = Stub::start();
    let world = world(&stub).await;
    let mut browser = Browser::at("203.0.113.7");
    let enters = async |browser: &mut Browser, token: &dyn Fn(&Value) -> String| {
        let asked = begin(browser, &world, "").await;
        stub.tells(&token(&stub.claims(&asked)));
        come_back(browser, &world, &asked).await
    };
    assert_eq!(enters(&mut browser, &|claims| stub.signed(claims)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(enters(&mut browser, &|claims| stub.signed(claims)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stub.says().keys_read, 1, "kept");
    let new = key();
    stub.says().keys = vec![jwk(&new, "k2")];
    let rotated = |claims: &Value| {
        stub.token(&json!({ "alg": "EdDSA", "kid": "k2" }), claims, |text| new.sign(text).as_ref().to_vec())
    };
    assert_eq!(enters(&mut browser, &rotated).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stub.says().keys_read, 2);
    refused(enters(&mut browser, &|claims| stub.signed(claims)).await, "a key that was taken back");

    let elsewhere = "location: http://127.0.0.1:1/\r\n".to_owned();
    let long = "x".repeat(2 << 20);
    for (status, headers, body) in [
        (500, String::new(), "{}"),
        (302, elsewhere, "{}"),
        (200, String::new(), "no JSON"),
        (200, String::new(), &long),
    ] {
        let asked = begin(&mut browser, &world, "").await;
        stub.says().token = (status, headers, body.to_owned());
        let answer = come_back(&mut browser, &world, &asked).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{status}");
        assert!(answer.text.contains("does not answer right now. Sign in with your password"), "{}", answer.text);
    }
    // Where nothing answers at all, nobody is sent there.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let provider = Provider { issuer: format!("http://{gone}"), ..stub.provider() };
    let world = World::with_providers(Mailer::Mailbox, &[], vec![provider]).await;
    let mut browser = Browser::at("203.0.113.7");
    let answer = browser.get(&world, "/sign-in/oidc/idp").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text.contains("does not answer right now. Sign in with your password"), "{}", answer.text);
    assert_eq!(password(&mut browser, &world, OLIVE).await.status, StatusCode::OK);
    assert_eq!(browser.get(&world, "/sign-in/oidc/another").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_after_the_provider_too() {
    let stub = Stub::start();
    let world = world(&stub).await;
    let mut browser = Browser::at("203.0.113.7");
    password(&mut browser, &world, OLIVE).await;
    let (key, _) = set_up(&mut browser, &world).await;
    let asked = begin(&mut browser, &world, "?next=/contacts").await;
    stub.tells(&stub.signed(&stub.claims(&asked)));
    assert_eq!(place(&come_back(&mut browser, &world, &asked).await), "/sign-in?next=/contacts");
    assert_eq!(browser.get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED);
    let given = browser.post(&world, "/api/sign-in/staff/code", json!({ "code": code_at(&key, now(&world)) })).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
}
