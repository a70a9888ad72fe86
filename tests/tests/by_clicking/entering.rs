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

#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_which_there_is_nothing_says_so_on_a_page() {
    let ground = Ground::lay().await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.expect_complaint("404");
    for path in ["/matter", "/matters/0000", "/portal/nothing"] {
        staff.go(path);
        staff.see_heading("Not here");
    }
    let asked = ground.staff.request(reqwest::Method::GET, "/api/nothing").header("accept", "text/html,*/*");
    assert_eq!(ground.staff.send(asked).await.problem(404), "not-found", "a program reads what it always reads");
}
