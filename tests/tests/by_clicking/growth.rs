//! A matter with very many documents opens as one with few: as many requests, as many bytes, as many rows.
//!
//! How long the store takes for it is measured by the benchmarks; here nothing depends on the clock. It is done with
//! 20,000 documents, with 100,000 in a long run, and with as many as `CLIENT_CONNECT_TESTS_DOCUMENTS` says.

use client_connect::store::generate::{Plan, generate};
use client_connect_tests::{
    browser::Browser,
    ground::{Ground, OWNER},
    sizes::size_by,
};
use serde_json::json;

/// What the Sharing section takes with a contact chosen: requests, bytes, and elements of the page.
#[track_caller]
fn opened(staff: &Browser, path: &str) -> [u64; 3] {
    staff.forget_files();
    staff.go(path);
    staff.part("Choose document for sharing").see("Show more");
    staff.is_quiet();
    let (bytes, files) = staff.transferred();
    let elements = staff.run("return document.querySelectorAll('*').length", json!([])).as_u64().expect("a number");
    [files, bytes, elements]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sharing_section_of_a_large_matter_opens_as_that_of_a_small_one() {
    let large = size_by("CLIENT_CONNECT_TESTS_DOCUMENTS", 20_000, 100_000);
    let mut taken = Vec::new();
    for documents in [100, large] {
        let ground = Ground::lay().await;
        ground.admit(&[(&ground.ann, true), (&ground.ben, true)]).await;
        let app = ground.host.app().clone();
        let now = app.runtime.now();
        let plan = Plan {
            matter: ground.matter.clone(),
            documents,
            shares: vec![(ground.ann.clone(), 600), (ground.ben.clone(), 500)],
            content: None,
            since: now - 1_000 * u64::from(documents),
        };
        tokio::task::block_in_place(|| generate(app.runtime.backend(), &plan, now)).expect("a matter of that size");
        let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
        taken.push(opened(&staff, &format!("{}?contacts={},{}", ground.page("sharing"), ground.ann, ground.ben)));
    }
    eprintln!("files, bytes, elements: {taken:?}");
    let [few, many] = [taken[0], taken[1]];
    assert_eq!(few[0], many[0], "as many requests");
    for at in [1, 2] {
        assert!(many[at] * 100 <= few[at] * 105, "five in a hundred more at most: {few:?} {many:?}");
    }
}
