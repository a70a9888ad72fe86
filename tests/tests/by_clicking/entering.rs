//! Staff sign in.

use client_connect_tests::{
    browser::Browser,
    ground::{Ground, OWNER},
};

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_and_find_their_matters() {
    let ground = Ground::lay().await;
    let Some(staff) = Browser::open(&ground.host, OWNER) else { return };
    staff.go("/matters");
    staff.see_heading("Sign in to your firm");
    staff.fill("E-mail address", OWNER);
    staff.fill("Password", "not this one");
    staff.expect_complaint("/sign-in");
    staff.click("Sign in");
    staff.see("do not belong together");
    staff.sign_in_staff(OWNER);
    staff.see("Estate of Weber");
    staff.fill("Search matters", "nothing like it");
    staff.press("Enter");
    staff.see("No matter of yours matches");
}
