//! The customers' sign-in by its pages, without a script: forms are posted, and where they lead is followed.

use axum::http::{StatusCode, header};

use super::*;
use crate::common::Answer;

/// Where an answer leads.
#[track_caller]
fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.headers[header::LOCATION].to_str().unwrap()
}

async fn ask(browser: &mut Browser, world: &World, email: &str) -> Answer {
    browser.form(world, "/portal", &format!("email={}&next=/portal", email.replace('@', "%40"))).await
}

async fn redeem(browser: &mut Browser, world: &World, code: &str) -> Answer {
    browser.form(world, "/portal/code", &format!("code={}", code.replace(' ', "+"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_customer_signs_in_by_plain_forms_and_comes_to_the_page_that_was_asked_for() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    let matter = format!("/portal/matters/{}", world.matter);
    let door = browser.get(&world, &matter).await;
    let door = leads_to(&door).to_owned();
    assert!(browser.get(&world, &door).await.text.contains(&format!("name=\"next\" value=\"{matter}\"")));
    let fields = format!("email=ann%40example.com&next={matter}");
    let asked = browser.form(&world, "/portal", &fields).await;
    assert_eq!(leads_to(&asked), format!("/portal/code?next={matter}"));
    let page = browser.get(&world, leads_to(&asked)).await;
    for part in
        ["inputmode=\"numeric\"", "autocomplete=\"one-time-code\"", "spam or junk folder", "Send a new code", ANN]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    world.deliver().await;
    // As it is copied out of a mail.
    let code = format!(" {} ", world.code(ANN).await.unwrap());
    let fields = format!("code={}&next={matter}", code.replace(' ', "%20"));
    let entered = browser.form(&world, "/portal/code", &fields).await;
    assert_eq!(leads_to(&entered), matter);
    let seen = browser.get(&world, &matter).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.text.contains("Ann Birch") && seen.text.contains("Estate of Birch"), "{}", seen.text);
    // Whoever is signed in goes straight on.
    assert_eq!(leads_to(&browser.get(&world, "/portal").await), matter);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_the_pages_never_tell_who_is_known() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    world.deliver().await;
    let before = world.mails().await.len();
    let mut seen = Vec::new();
    for (n, email) in ["nobody@example.com", ANN].iter().enumerate() {
        let mut browser = Browser::at(&format!("203.0.{n}.7"));
        let asked = ask(&mut browser, &world, email).await;
        let page = browser.get(&world, leads_to(&asked)).await;
        world.deliver().await;
        let wrong = redeem(&mut browser, &world, "0000 0000").await;
        let again = browser.form(&world, "/portal/code/again", "next=/portal").await;
        let after = browser.get(&world, leads_to(&again)).await;
        seen.push([asked, page, wrong, again, after].map(|answer| (answer.status, answer.text.replace(email, "…"))));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][2].0, StatusCode::UNAUTHORIZED);
    world.deliver().await;
    assert_eq!(world.mails().await.len(), before + 2, "to the one who is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_five_wrong_codes_and_the_page_says_for_how_long_it_is_closed() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    ask(&mut browser, &world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    let short = redeem(&mut browser, &world, "1234").await;
    assert!(short.text.contains("A code has eight digits."), "{}", short.text);
    for _ in 0..4 {
        let wrong = redeem(&mut browser, &world, &other_than(&code)).await;
        assert!(wrong.text.contains("This is not the code."), "{}", wrong.text);
        assert!(wrong.text.contains("aria-invalid=\"true\""));
    }
    let closed = "signing in is closed for \u{2068}\u{2068}15\u{2069} minutes";
    let fifth = redeem(&mut browser, &world, &other_than(&code)).await;
    assert!(!fifth.text.contains("Send a new code"), "it would be refused: {}", fifth.text);
    assert!(fifth.text.contains(closed) && !fifth.text.contains("id=\"code\""), "{}", fifth.text);
    let right = redeem(&mut browser, &world, &code).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(right.text.contains(closed) && right.headers.contains_key("retry-after"), "{}", right.text);
    assert!(browser.get(&world, "/portal/code").await.text.contains(closed));
    let anew = ask(&mut browser, &world, ANN).await;
    assert!(anew.text.contains(closed) && anew.text.contains(&format!("value=\"{ANN}\"")), "{}", anew.text);
    world.clock.advance(14 * MINUTE);
    let anew = ask(&mut browser, &world, ANN).await;
    assert!(anew.text.contains("closed for \u{2068}one minute"), "{}", anew.text);
    world.clock.advance(MINUTE);
    leads_to(&ask(&mut browser, &world, ANN).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_new_code_replaces_the_old_one_and_belongs_to_this_browser() {
    let world = World::new().await;
    world.customer("Ann Birch", ANN).await;
    let mut browser = Browser::at("203.0.113.7");
    // Nothing was asked for here.
    assert_eq!(leads_to(&browser.get(&world, "/portal/code").await), "/portal");
    assert_eq!(leads_to(&browser.form(&world, "/portal/code/again", "").await), "/portal");
    ask(&mut browser, &world, ANN).await;
    world.deliver().await;
    let old = world.code(ANN).await.unwrap();
    world.clock.advance(1_000);
    let again = browser.form(&world, "/portal/code/again", "next=//evil.example").await;
    assert_eq!(leads_to(&again), "/portal/code?again=yes");
    assert!(browser.get(&world, leads_to(&again)).await.text.contains("A new code is on its way."));
    world.deliver().await;
    let new = world.code(ANN).await.unwrap();
    assert!(redeem(&mut browser, &world, &old).await.text.contains("This is not the code."));
    // Who has the code alone, in another browser, has nothing.
    let mut thief = Browser::at("198.51.100.7");
    let elsewhere = redeem(&mut thief, &world, &new).await;
    assert!(elsewhere.text.contains("only in the browser in which you asked for them"), "{}", elsewhere.text);
    // A scanner that opens the page uses nothing up.
    browser.get(&world, "/portal/code").await;
    assert_eq!(leads_to(&redeem(&mut browser, &world, &new).await), "/portal");
    world.clock.advance(11 * MINUTE);
    let mut late = Browser::at("203.0.113.9");
    ask(&mut late, &world, ANN).await;
    world.deliver().await;
    let code = world.code(ANN).await.unwrap();
    world.clock.advance(11 * MINUTE);
    assert!(late.get(&world, "/portal/code").await.text.contains("This code is no longer valid."));
    assert!(redeem(&mut late, &world, &code).await.text.contains("This code is no longer valid."));
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_what_cannot_be_an_address_is_said_at_the_field() {
    let world = World::new().await;
    let mut browser = Browser::at("203.0.113.7");
    for (typed, said) in
        [("++", "Please type in your e-mail address."), (&"x".repeat(255), "This is too long for an e-mail address.")]
    {
        let answer = browser.form(&world, "/portal", &format!("email={typed}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            answer.text.contains(said) && answer.text.contains("aria-describedby=\"email-fault\""),
            "{}",
            answer.text
        );
    }
    for n in 0..4 {
        let answer = ask(&mut browser, &world, ANN).await;
        let refused = answer.text.contains("Several codes were asked for in a short time.");
        assert_eq!(refused, n == 3, "{}", answer.text);
    }
}
