//! A user's own password and sessions.

use client_connect::store::users;

use super::{
    factor::{OLIVE, password},
    *,
};
use crate::common::user_of;

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_the_other_sessions_and_is_told_by_mail() {
    let world = World::new().await;
    let (mut browser, mut other) = (Browser::at("203.0.113.7"), Browser::at("203.0.113.8"));
    password(&mut browser, &world, OLIVE).await;
    password(&mut other, &world, OLIVE).await;
    let before = browser.cookies["cc_staff"].clone();
    let change = |old: &str, new: &str| json!({ "password": old, "new_password": new });
    for (old, new, at) in
        [("not my password", "quite another one", "password"), ("a long password", "short", "new_password")]
    {
        let answer = browser.post(&world, "/api/me/password", change(old, new)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["attributes"]["field"], at);
    }
    assert_eq!(other.get(&world, "/api/me").await.status, StatusCode::OK);
    let changed = browser.post(&world, "/api/me/password", change("a long password", "quite another one")).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.text);
    assert_ne!(browser.cookies["cc_staff"], before);
    assert_eq!(browser.get(&world, "/api/me").await.status, StatusCode::OK);
    assert_eq!(other.get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(password(&mut other, &world, OLIVE).await.code(), "password-wrong");
    world.deliver().await;
    assert!(
        world.mails().await.iter().any(|mail| mail.recipient == OLIVE && mail.subject == "Your password was changed")
    );
    assert!(world.audited().await.contains(&"sign-in.password-changed".to_owned()));
    // By the form, too.
    let fields = "email=x&password=quite+another+one&new_password=a+long+password";
    let done = browser.form(&world, "/account/password", fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(password(&mut other, &world, OLIVE).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_by_their_owner_and_by_an_administrator() {
    let world = World::new().await;
    let ada = users::User {
        admin: true,
        ..user_of(&client_connect::store::new_id(), &world.firm, "Ada", "ada@ashgrove.example")
    };
    let phc = client_connect::web::password::hash("a long password").unwrap();
    world.write(move |unit| Ok(users::create(unit.tx(), &ada, Some(&phc))?)).await;
    let mut browsers: Vec<Browser> = (0..4).map(|n| Browser::at(&format!("203.0.113.{n}"))).collect();
    for browser in &mut browsers {
        password(browser, &world, OLIVE).await;
        world.clock.advance(1_000);
    }
    let mut admin = Browser::at("192.0.2.1");
    password(&mut admin, &world, "ada@ashgrove.example").await;
    let listed = browsers[0].get(&world, "/api/me/sessions").await.json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 4, "{listed:?}");
    assert_eq!(listed.iter().filter(|session| session["this"] == true).count(), 1);
    let theirs = |session: &serde_json::Value| session["since"] == common::START + 1_000;
    let name = listed.iter().find(|session| theirs(session)).unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/me/sessions/{name}");
    assert_eq!(admin.ask(&world, "DELETE", &path, None).await.status, StatusCode::NOT_FOUND, "not hers");
    assert_eq!(browsers[0].ask(&world, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    let mut signed_in = Vec::new();
    for browser in &mut browsers {
        signed_in.push(browser.get(&world, "/api/me").await.status == StatusCode::OK);
    }
    assert_eq!(signed_in, [true, false, true, true]);
    assert_eq!(browsers[0].ask(&world, "DELETE", "/api/me/sessions", None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browsers[2].get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browsers[0].get(&world, "/api/me").await.status, StatusCode::OK);
    // By the page, without a script.
    password(&mut browsers[3], &world, OLIVE).await;
    let page = browsers[0].get(&world, "/account").await;
    assert!(page.text.contains("Sign out in all other browsers"), "{}", page.text);
    assert_eq!(browsers[0].form(&world, "/account/sessions/end", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browsers[3].get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED);

    let of = format!("/api/users/{}/sessions", world.owner);
    assert_eq!(browsers[0].ask(&world, "DELETE", &of, None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.ask(&world, "DELETE", &of, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browsers[0].get(&world, "/api/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.get(&world, "/api/me").await.status, StatusCode::OK);
    assert!(world.audited().await.contains(&"sign-in.ended".to_owned()));
}
