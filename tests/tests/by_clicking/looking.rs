//! Documents that are looked at: by a customer in a tab of its own, with the keyboard, without a script, and by staff.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use client_connect_tests::{
    browser::{Browser, Kind, missing},
    ground::{ANN, Ground, OWNER},
    host::Setup,
    person::text,
};
use serde_json::json;

/// Ann may only look; she sees a text of several pages, and something that cannot be shown.
async fn ground() -> (Ground, String) {
    let ground = Ground::lay().await;
    ground.host.warm();
    let lines: String =
        (1..=400).map(|line| format!("Clause {line}. The parties agree to what they agreed to before.\n")).collect();
    let path = format!("/api/matters/{}/documents?name=Contract.txt", ground.matter);
    let contract = text(&ground.staff.upload(&path, lines).await.expect(201), "id");
    ground.admit(&[(&ground.ann, false)]).await;
    ground.share(&[(&contract, &ground.ann)]).await;
    (ground, contract)
}

/// The pictures that have arrived.
const ARRIVED: &str = "return [...document.querySelectorAll('.sheet img')].filter((one) => one.complete && one.naturalWidth > 600).length";

#[tokio::test(flavor = "multi_thread")]
async fn cu4_a_document_is_looked_at_in_a_tab_of_its_own_and_no_button_offers_more() {
    let (ground, contract) = ground().await;
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    let list = ann.tabs();
    ann.row("Contract.txt").click("Contract.txt");
    let tab = ann.wait("a new tab", || ann.tabs().into_iter().find(|tab| !list.contains(tab)));
    ann.turn_to(&tab);
    ann.see_heading("Contract.txt");
    ann.wait("the first page", || (ann.run(ARRIVED, json!([])).as_u64() >= Some(1)).then_some(()));
    ann.see("Page 1 of");
    assert!(!ann.page().offers("Download"), "she may not");
    ann.suits_everybody();

    // By keyboard: the next page, larger, and back.
    let width = || ann.run("return document.querySelector('.sheet').clientWidth", json!([])).as_u64();
    let before = width();
    ann.press("n");
    ann.see("Page 2 of");
    ann.press("=");
    ann.see("125 %");
    ann.wait("a larger page", || (width() > before).then_some(()));
    ann.press("0");
    ann.see("100 %");
    ann.press("p");
    ann.see("Page 1 of");

    // Staff replace it: the next picture says so, and the page opens anew.
    let content = format!("/api/matters/{}/documents/{contract}/content", ground.matter);
    let edit =
        ground.staff.request(reqwest::Method::PUT, &content).header("idempotency-key", "e").body("Only one page now.");
    ground.staff.send(edit).await.expect(200);
    ann.expect_complaint("409");
    ann.run("document.querySelector('.sheet:last-of-type').scrollIntoView()", json!([]));
    ann.see("The document has changed since you opened it.");
    ann.click("Open it again");
    ann.see("Page 1 of 1");

    // Taken back, it is nowhere.
    let pair = json!({ "document": contract, "contact": ground.ann });
    let save = json!({ "revision": ground.revision("sharing").await, "share": [], "unshare": [pair] });
    ground.staff.put(&ground.section("sharing"), save).await.expect(200);
    ann.expect_complaint("404");
    ann.reload();
    ann.see_heading("Not here");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_a_document_is_looked_at_without_a_script() {
    let (ground, contract) = ground().await;
    let plain = Kind { scripts: false, ..Kind::default() };
    let Some(ann) = Browser::open_as(&ground.host, ANN, plain) else { return };
    ann.sign_in_customer(&ground.host, ANN);
    ann.go(&format!("/portal/matters/{}/documents/{contract}", ground.matter));
    ann.see_heading("Contract.txt");
    ann.wait("the first page", || (ann.run(ARRIVED, json!([])).as_u64() >= Some(1)).then_some(()));
    let width = || ann.run("return document.querySelector('.sheet').clientWidth", json!([])).as_u64();
    let before = width();
    ann.click("Larger");
    ann.wait("larger pages", || (width() > before).then_some(()));
    ann.click("Smaller");
    ann.wait("pages as they were", || (width() == before).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sh30_staff_look_too_also_as_their_contact_and_see_who_has_seen_what() {
    let (ground, contract) = ground().await;
    let Some(olivia) = Browser::staff(&ground.host, OWNER) else { return };
    olivia.go(&ground.page("seen"));
    olivia.row("Contract.txt").see("Never opened");
    olivia.suits_everybody();
    let list = olivia.tabs();
    olivia.go(&format!("/matters/{}/documents/{contract}", ground.matter));
    olivia.click("Preview");
    let tab = olivia.wait("a new tab", || olivia.tabs().into_iter().find(|tab| !list.contains(tab)));
    olivia.turn_to(&tab);
    olivia.wait("the first page", || (olivia.run(ARRIVED, json!([])).as_u64() >= Some(1)).then_some(()));
    olivia.go(&ground.page(&format!("as/{}/documents/{contract}", ground.ann)));
    olivia.see("You see what");
    olivia.wait("the first page", || (olivia.run(ARRIVED, json!([])).as_u64() >= Some(1)).then_some(()));
    olivia.suits_everybody();
    olivia.go(&ground.page("seen"));
    olivia.row("Contract.txt").see("Never opened");
    let ann = ground.host.customer(ANN).await;
    let picture = ann.get(&ground.portal(&format!("/documents/{contract}/pages/1"))).await;
    assert_eq!(picture.status, 200);
    olivia.reload();
    olivia.row("Contract.txt").see("Saw v1");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_an_office_document_is_looked_at_like_any_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let office = root.join("target/office/wasm32-wasip2/release/client_connect_office.wasm");
    if !office.is_file() {
        return missing(
            "the component for office documents",
            "cd host/preview/office && cargo build --release --locked",
        );
    }
    let ground = Ground::lay_on(Setup { office: Some(office), ..Setup::default() }).await;
    ground.host.warm();
    let letter = std::fs::read(root.join("fixtures/preview/files/python-docx-letter.docx")).expect("a letter");
    let path = format!("/api/matters/{}/documents?name=Letter.docx", ground.matter);
    let letter = text(&ground.staff.upload(&path, letter).await.expect(201), "id");
    ground.admit(&[(&ground.ann, false)]).await;
    ground.share(&[(&letter, &ground.ann)]).await;
    // Compiled for the first time, the component takes minutes, and a page is asked for again.
    let began = Instant::now();
    let page = format!("/api/matters/{}/documents/{letter}/pages/1", ground.matter);
    while ground.staff.get(&page).await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(900), "no page of an office document");
    }
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    ann.go(&format!("/portal/matters/{}/documents/{letter}", ground.matter));
    ann.see_heading("Letter.docx");
    ann.wait("the first page", || (ann.run(ARRIVED, json!([])).as_u64() >= Some(1)).then_some(()));
    ann.suits_everybody();
}
