//! The portal: signing in, the matters, the list, downloads and uploads, as a customer meets them.

use client_connect_tests::{
    browser::{Browser, Kind},
    ground::{ANN, BEN, Ground},
    host::code_in,
    person::{items, text},
};
use serde_json::json;
use tokio::task::block_in_place;

/// Ann may download, Ben may look; two documents are shared with both.
async fn ground() -> Ground {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, false)]).await;
    let [will, inventory] = [&ground.documents[0], &ground.documents[1]];
    ground.share(&[(will, &ground.ann), (inventory, &ground.ann), (will, &ground.ben)]).await;
    ground
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_a_wrong_code_opens_nothing_and_the_right_one_does() {
    let ground = ground().await;
    let mail = &ground.host.mail;
    let Some(ann) = Browser::open(&ground.host, ANN) else { return };
    let code = |nth: usize| {
        let with_code = |mail: &client_connect_tests::smtp::Mail| code_in(&mail.text).is_some();
        code_in(&block_in_place(|| mail.wait_for_those(ANN, nth, with_code))[nth - 1].text).expect("a code")
    };
    ann.go("/portal");
    ann.fill("E-mail address", &format!("  {}  ", ANN.to_uppercase()));
    ann.click("Send me a code");
    ann.see("is on its way");
    let first = code(1);
    ann.expect_complaint("/portal/code");
    ann.fill("Code from the mail", if first == "12345678" { "87654321" } else { "12345678" });
    ann.click("Continue");
    ann.see("This is not the code.");
    ann.click("Send a new code");
    ann.see("The one before is no longer valid.");
    let second = code(2);
    ann.fill("Code from the mail", &first);
    ann.click("Continue");
    ann.see("This is not the code.");
    // With the space that the mail has, as people copy it.
    ann.fill("Code from the mail", &format!("{} {}", &second[..4], &second[4..]));
    ann.click("Continue");
    ann.see_heading("Estate of Weber");
    ann.click("Your account");
    ann.click("Sign out");
    ann.see("You are signed out.");
    ann.go(&format!("/portal/matters/{}", ground.matter));
    ann.see_heading("Sign in");

    // Somebody who is not known reads the same, and gets no mail.
    ann.fill("E-mail address", "nobody@customer.test");
    ann.click("Send me a code");
    ann.see("is on its way");
    assert!(mail.mails_to("nobody@customer.test").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_five_wrong_codes_close_the_door_for_a_quarter_of_an_hour() {
    let ground = ground().await;
    let Some(ann) = Browser::open(&ground.host, ANN) else { return };
    ann.expect_complaint("/portal/code");
    ann.go("/portal");
    ann.fill("E-mail address", ANN);
    ann.press("Enter");
    let with_code = |mail: &client_connect_tests::smtp::Mail| code_in(&mail.text).is_some();
    let code = code_in(&block_in_place(|| ground.host.mail.wait_for_those(ANN, 1, with_code))[0].text).expect("a code");
    for last in 0..5 {
        let wrong = format!("{}{}", &code[..7], (code[7..].parse::<u8>().expect("a digit") + 1 + last) % 10);
        ann.fill("Code from the mail", &wrong);
        ann.click("Continue");
        ann.see(if last < 4 { "This is not the code." } else { "15 minutes" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu2_one_matter_is_entered_at_once_several_are_chosen_from_and_none_is_said_kindly() {
    let ground = ground().await;
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    ann.see_heading("Estate of Weber");
    let other = ground.staff.post("/api/matters", json!({ "name": "Sale of the house" })).await.expect(201);
    let other = text(&other, "id");
    let link = format!("/api/matters/{other}/contacts/{}", ground.ann);
    ground.staff.put(&link, json!({ "role": "seller" })).await.expect(204);
    let access = format!("/api/matters/{other}/client-connect/access");
    let open = json!({ "revision": 0, "changes": [{ "contact": ground.ann, "portal": true, "can_download": false }] });
    let revision = ground.staff.put(&access, open).await.expect(200)["revision"].clone();
    ann.go("/portal");
    ann.see_heading("Your matters");
    ann.row("Sale of the house").see("Hall & Partners");
    ann.click("Sale of the house");
    ann.see_heading("Sale of the house");

    // Access ends while she is there: the matter is gone with the next click, then there is nothing left.
    let close =
        json!({ "revision": revision, "changes": [{ "contact": ground.ann, "portal": false, "can_download": false }] });
    ground.staff.put(&access, close).await.expect(200);
    ann.expect_complaint("404");
    ann.reload();
    ann.see_heading("Not here");
    let shut = json!({ "revision": ground.revision("access").await, "changes": [{ "contact": ground.ann, "portal": false, "can_download": false }] });
    ground.staff.put(&ground.section("access"), shut).await.expect(200);
    ann.expect_complaint("401");
    ann.go("/portal");
    ann.wait("a polite page", || {
        let text = ann.text();
        (text.contains("There is nothing here for you at the moment") || text.contains("Sign in")).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_downloads_are_offered_to_whoever_may_and_to_nobody_else() {
    let ground = ground().await;
    let Some(ben) = Browser::customer(&ground.host, BEN) else { return };
    ben.row("Will.txt").see("Will.txt");
    assert!(!ben.page().offers("Download"), "no button that the server would refuse");
    let tabs = ben.tabs();
    ben.row("Will.txt").click("Will.txt");
    let tab = ben.wait("a new tab", || ben.tabs().into_iter().find(|tab| !tabs.contains(tab)));
    ben.turn_to(&tab);
    ben.see_heading("Will.txt");
    assert!(!ben.page().offers("Download"));
    let download = format!("/portal/matters/{}/documents/{}/download", ground.matter, ground.documents[0]);
    ben.expect_complaint("403");
    ben.go(&download);
    ben.see("You may not download");
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    ann.row("Will.txt").click("Download");
    assert_eq!(ann.downloaded("Will.txt"), b"the will, first words");
    assert!(ann.page().offers("Download all"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cu6_sh20_the_list_sorts_both_ways_and_the_same_name_is_a_second_document() {
    let ground = ground().await;
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    let names = || ann.part("Documents").texts("tbody th bdi");
    assert_eq!(names(), ["Inventory.txt", "Will.txt"]);
    ann.click("Name");
    ann.until("sorted", "return document.querySelector('th[aria-sort=ascending]') !== null");
    ann.click("Name");
    ann.wait("the other way round", || (names() == ["Will.txt", "Inventory.txt"]).then_some(()));
    assert_eq!(ann.run("return document.querySelector('th[aria-sort]').ariaSort", json!([])), "descending");
    for column in ["Changed", "Added"] {
        ann.part("Documents").click(column);
        ann.until("sorted", &format!("return document.querySelector('th[aria-sort]')?.innerText.includes('{column}')"));
        let once = names();
        ann.part("Documents").click(column);
        ann.wait("the other way round", || (names().iter().rev().eq(once.iter())).then_some(()));
    }

    // An updated will under the same name: the first stays what it was.
    let file = ann.file("Will.txt", b"the will, as I would have it");
    let send = ann.part("Send documents");
    send.choose_files(&[&file]);
    send.see("ready to be sent");
    send.click("Send");
    ann.see("Your documents have arrived");
    send.choose_files(&[&file]);
    send.see("ready to be sent");
    send.click("Send");
    ann.see("before, as “Will.txt”.");
    ann.suits_everybody();
    ann.reload();
    ann.wait("three of the name", || (names().iter().filter(|name| *name == "Will.txt").count() == 3).then_some(()));
    ann.part("Documents").see("Sent by you");
    let own = ann.run("return document.querySelectorAll('.own .for-readers').length", json!([]));
    assert_eq!(own, 2, "the icon has words for who cannot see it");
    let will = ground.portal(&format!("/documents/{}/content", ground.documents[0]));
    assert_eq!(ground.host.customer(ANN).await.get(&will).await.bytes, b"the will, first words");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_after_a_lost_connection() {
    let ground = ground().await;
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
    let file = ann.file("Statement.pdf", &bytes);
    ann.expect_complaint("ERR_INTERNET_DISCONNECTED");
    ann.expect_complaint("ERR_NETWORK");
    ann.slow(600_000);
    let send = ann.part("Send documents");
    send.choose_files(&[&file]);
    send.click("Send");
    send.see("of 3 MB");
    ann.offline(true);
    send.see("Connection lost.");
    assert_eq!(ann.axe().unwrap_or_default(), Vec::<String>::new());
    ann.offline(false);
    ann.see("Your documents have arrived");
    let owner =
        ground.staff.get(&format!("/api/matters/{}/documents?search=Statement", ground.matter)).await.expect(200);
    let [document] = items(&owner) else { panic!("one document: {owner}") };
    let content = format!("/api/matters/{}/documents/{}/content", ground.matter, text(document, "id"));
    assert_eq!(ground.staff.get(&content).await.bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn list_document_download_and_upload_work_without_a_script() {
    let ground = ground().await;
    let plain = Kind { scripts: false, ..Kind::default() };
    let Some(ann) = Browser::open_as(&ground.host, ANN, plain) else { return };
    ann.sign_in_customer(&ground.host, ANN);
    ann.see_heading("Estate of Weber");
    ann.fill("Search by name", "will");
    ann.click("Search");
    ann.wait("one document", || (ann.part("Documents").texts("tbody th bdi") == ["Will.txt"]).then_some(()));
    ann.click("Download: Will.txt");
    assert_eq!(ann.downloaded("Will.txt"), b"the will, first words");
    let tabs = ann.tabs();
    ann.row("Will.txt").click("Will.txt");
    let tab = ann.wait("a new tab", || ann.tabs().into_iter().find(|tab| !tabs.contains(tab)));
    ann.turn_to(&tab);
    ann.see_heading("Will.txt");
    ann.turn_to(&tabs[0]);
    let file = ann.file("Passport.png", b"\x89PNG\r\n\x1a\n rest");
    ann.part("Send documents").choose_files(&[&file]);
    ann.part("Send documents").click("Send");
    ann.see_heading("Your documents have arrived");
    ann.see("Passport.png");
    ann.click("To the documents");
    ann.row("Passport.png").see("Sent by you");
    // It was plain all the time: no script has run.
    assert_eq!(ann.run("return document.querySelectorAll('time[title]').length", json!([])), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_speaks_the_readers_language_and_keeps_to_their_zone() {
    let ground = ground().await;
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    ann.click("Language");
    ann.click("Deutsch");
    ann.see("Dokumente senden");
    assert_eq!(ann.run("return document.documentElement.lang", json!([])), "de");
    ann.chromium("Emulation.setTimezoneOverride", json!({ "timezoneId": "Pacific/Kiritimati" }));
    ann.reload();
    let shown = "const time = document.querySelector('time[datetime]'); \
                 const there = new Intl.DateTimeFormat('de', { dateStyle: 'full', timeStyle: 'long' }).format(new Date(time.dateTime)); \
                 return time.title === there";
    ann.until("times in the reader's zone", shown);
}
