//! A member of staff sets up a second factor, signs in with it and with a recovery code: by keyboard, at every width.

use client_connect_tests::{
    browser::Browser,
    ground::{Ground, OWNER},
    host::PASSWORD,
};
use data_encoding::BASE32_NOPAD;
use ring::hmac;
use serde_json::json;

/// The code of a key at a moment, as an app makes it.
fn code_at(key: &str, at: u64) -> String {
    let key = BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).expect("a key");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(at / 30_000).to_be_bytes());
    let from = usize::from(tag.as_ref()[19] & 0xf);
    let number = u32::from_be_bytes(tag.as_ref()[from..from + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The page as it is, in either theme and at every width.
#[track_caller]
fn look(browser: &Browser) {
    for (dark, width) in [(true, 360), (false, 2560), (false, 1280)] {
        browser.dark(dark);
        browser.size(width, 900);
        browser.suits_everybody();
        assert!(browser.overflow() <= 0, "{}: wider than {width} px: {}", browser.path(), browser.what_overflows());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_set_up_and_signed_in_with() {
    let ground = Ground::lay().await;
    let Some(browser) = Browser::staff(&ground.host, OWNER) else { return };
    browser.go("/account");
    look(&browser);
    browser.fill("Your password", "not this one at all");
    browser.expect_complaint("/account/second-factor");
    browser.press("Enter");
    browser.see("This is not your password.");
    look(&browser);
    browser.fill("Your password", PASSWORD);
    browser.press("Enter");
    browser.see_heading("Set up a second factor");
    look(&browser);
    let key = browser.run("return document.getElementById('key').textContent", json!([]));
    let key = key.as_str().unwrap().to_owned();
    let now = || ground.host.app().runtime.now();
    browser.fill("Code of your app", "000000");
    browser.expect_complaint("/account/second-factor/confirm");
    browser.press("Enter");
    browser.see("This is not the code.");
    look(&browser);
    // The code before this one: this one is left for the sign-in.
    browser.fill("Code of your app", &code_at(&key, now() - 30_000));
    browser.press("Enter");
    browser.see_heading("Your recovery codes");
    look(&browser);
    let codes = browser.run("return document.getElementById('codes').textContent.trim().split('\\n')", json!([]));
    assert_eq!(codes.as_array().unwrap().len(), 10);
    browser.click("I have kept them");
    browser.see_heading("Matters");
    browser.go("/account");
    browser.see("10 recovery codes are left");
    look(&browser);

    let sign_in = |what: &str| {
        browser.chromium("Network.clearBrowserCookies", json!({}));
        browser.go("/sign-in?next=/contacts");
        browser.fill("E-mail address", OWNER);
        browser.fill("Password", PASSWORD);
        browser.press("Enter");
        browser.see_heading("Your code");
        assert_eq!(browser.path(), "/sign-in/code?next=/contacts", "{what}");
    };
    sign_in("with a code");
    look(&browser);
    let focused =
        browser.run("return document.activeElement.id + ' ' + document.activeElement.autocomplete", json!([]));
    assert_eq!(focused, "code one-time-code");
    browser.fill("Code of your app", "000000");
    browser.expect_complaint("/sign-in/code");
    browser.press("Enter");
    browser.see("This is not the code, or it was used already.");
    look(&browser);
    browser.fill("Code of your app", &code_at(&key, now()));
    browser.press("Enter");
    browser.see_heading("Contacts");

    sign_in("with a recovery code");
    browser.click("You do not have your device at hand");
    look(&browser);
    browser.fill("Recovery code", codes[0].as_str().unwrap());
    browser.press("Enter");
    browser.see_heading("Contacts");

    // The firm asks everybody: a colleague comes to nothing but their own set-up.
    browser.go("/settings");
    look(&browser);
    browser.click("Everybody who works here needs a second factor");
    browser.part("What customers see").click("Save");
    browser.see("Saved.");
    ground.host.hire("firm", "Carl Colleague", "carl@firm.test", false);
    browser.chromium("Network.clearBrowserCookies", json!({}));
    browser.go("/sign-in");
    browser.fill("E-mail address", "carl@firm.test");
    browser.fill("Password", PASSWORD);
    browser.press("Enter");
    browser.see("Your firm asks everybody for a second factor.");
    look(&browser);
    browser.go("/matters");
    browser.see("Set yours up, and you are signed in.");
}
