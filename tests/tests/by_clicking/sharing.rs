//! The Sharing section: choosing contacts, staging, the review before a Save, and what a Save does for a customer.

use client_connect_tests::{
    browser::{Browser, Part},
    ground::{ANN, Ground, OWNER},
    host::Setup,
    person::{Person, items, text},
};

const SHARED: &str = "Shared – Visible on Portal";
const SOME: &str = "Shared with some of them";
const ALL: &str = "Choose document for sharing";
const SEARCH: &str = "Search documents in all lists";

/// The ground with both contacts let in, and Will.txt shared with Ann.
async fn ground() -> Ground {
    ground_on(Setup::default()).await
}

async fn ground_on(setup: Setup) -> Ground {
    let ground = Ground::lay_on(setup).await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, false)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    ground
}

/// Staff at the section, with these contacts chosen.
#[track_caller]
fn at_the_section(ground: &Ground, email: &str, contacts: &[&str]) -> Option<Browser> {
    let browser = Browser::staff(&ground.host, email)?;
    browser.go(&ground.page("sharing"));
    for contact in contacts {
        browser.part("Choose contacts").click(contact);
    }
    browser.part(ALL).see("Inventory.txt");
    Some(browser)
}

/// The documents of a list, by name, as they stand there.
#[track_caller]
fn rows(list: &Part<'_>) -> Vec<String> {
    list.texts("[data-row] th bdi:first-of-type")
}

/// Waits until a list has just these documents.
#[track_caller]
fn lists(browser: &Browser, list: &str, documents: &[&str]) {
    let part = browser.part(list);
    browser.wait(&format!("{documents:?} in {list}"), || (rows(&part) == documents).then_some(()));
}

#[track_caller]
fn staged(browser: &Browser, changes: usize) {
    match changes {
        0 => browser.part("Changes not saved").is_gone(),
        1 => browser.part("Changes not saved").see("1 change not saved"),
        many => browser.part("Changes not saved").see(&format!("{many} changes not saved")),
    }
}

/// Reviews and saves what is staged.
#[track_caller]
fn save(browser: &Browser) {
    browser.click("Review and save");
    browser.part("Review before saving").see("Will");
    browser.part("Review before saving").click("Save");
    browser.part("Saved").text();
}

async fn documents_of(customer: &Person, ground: &Ground) -> Vec<String> {
    let list = customer.get(&ground.portal("/documents")).await.expect(200);
    items(&list).iter().map(|row| text(row, "name")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sh6_sh7_one_search_looks_through_both_lists_and_each_can_be_minimised() {
    let ground = ground().await;
    let Some(staff) = at_the_section(&ground, OWNER, &["Ann Weber"]) else { return };
    lists(&staff, SHARED, &["Will.txt"]);
    lists(&staff, ALL, &["Inventory.txt", "Notes.txt", "Will.txt"]);
    staff.part(ALL).row("Inventory.txt").click("Share");
    staged(&staff, 1);

    // Upper or lower case, and accents, make no difference; what is staged is neither lost nor left out.
    staff.fill(SEARCH, "ÍNVENT");
    lists(&staff, ALL, &["Inventory.txt"]);
    lists(&staff, SHARED, &["Inventory.txt"]);
    staff.fill(SEARCH, "will");
    lists(&staff, SHARED, &["Will.txt"]);
    lists(&staff, ALL, &["Will.txt"]);
    staged(&staff, 1);
    staff.fill(SEARCH, "no such thing");
    for list in [SHARED, ALL] {
        staff.part(list).see("No match for “no such thing”");
    }
    staff.fill(SEARCH, "   ");
    lists(&staff, ALL, &["Inventory.txt", "Notes.txt", "Will.txt"]);
    lists(&staff, SHARED, &["Inventory.txt", "Will.txt"]);

    // Minimised by itself, by keyboard too; the search goes on in it, and what is staged is still told.
    let before = ground.host.dump();
    staff.part(SHARED).click("Minimise");
    assert_eq!(staff.part(SHARED).attribute("Minimise", "aria-expanded"), "false");
    staff.part(SHARED).see_no("Will.txt");
    staff.part(SHARED).see("1 changed");
    staff.part(ALL).see("Will.txt");
    staff.fill(SEARCH, "will");
    staff.part(SHARED).see("1 document");
    staff.tab_to("Minimise Choose document for sharing");
    staff.press("Space");
    staff.part(ALL).see_no("Will.txt");
    staff.press("Space");
    staff.part(ALL).see("Will.txt");
    staged(&staff, 1);
    assert_eq!(ground.host.dump(), before, "looking changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh8_sh9_a_document_moves_up_at_once_and_back_without_a_trace() {
    let ground = ground().await;
    let Some(staff) = at_the_section(&ground, OWNER, &[]) else { return };
    staff.part(SHARED).see("Choose one or several contacts above");
    assert_eq!(staff.part(ALL).row("Inventory.txt").thing("Share", "disabled"), true);
    staff.part(ALL).row("Will.txt").see("Ann Weber");
    staff.part("Choose contacts").click("Ann Weber");

    let before = ground.host.dump();
    staff.part(ALL).row("Inventory.txt").click("Share");
    lists(&staff, SHARED, &["Inventory.txt", "Will.txt"]);
    staff.part(SHARED).row("Inventory.txt").see("Will be shared");
    // Twice is once: what is staged is not offered again.
    assert!(!staff.part(ALL).row("Inventory.txt").offers("Share Inventory.txt"));
    staged(&staff, 1);
    staff.part(SHARED).row("Inventory.txt").click("Do not share");
    lists(&staff, SHARED, &["Will.txt"]);
    staged(&staff, 0);

    // What is staged outlives the page, and is nobody else's to see.
    staff.part(ALL).row("Inventory.txt").click("Share");
    staged(&staff, 1);
    staff.reload();
    staff.part(SHARED).row("Inventory.txt").see("Will be shared");
    staged(&staff, 1);
    assert_eq!(ground.host.dump(), before, "nothing is stored before a Save");
    staff.click("Discard");
    staff.part("Discard the changes?").click("Discard");
    staged(&staff, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh10_the_list_of_several_is_what_all_of_them_see_and_a_lane_shows_the_rest() {
    let ground = ground().await;
    ground.share(&[(&ground.documents[1], &ground.ben)]).await;
    let Some(staff) = at_the_section(&ground, OWNER, &["Ann Weber"]) else { return };
    lists(&staff, SHARED, &["Will.txt"]);
    assert!(!staff.part(SOME).is_there(), "of one contact there is no part");
    staff.part("Choose contacts").click("Ben Weber");
    staff.part(SHARED).see("Nothing is shared with all of them. 2 documents are shared with only some.");
    lists(&staff, SOME, &["Inventory.txt", "Will.txt"]);
    staff.part(SOME).row("Inventory.txt").see("Ben Weber only");
    staff.part(SOME).row("Will.txt").see("Ann Weber only");

    // What only one has is added for the other alone, and then all of them have it.
    staff.part(SOME).row("Will.txt").click("Share");
    lists(&staff, SHARED, &["Will.txt"]);
    lists(&staff, SOME, &["Inventory.txt"]);
    staged(&staff, 1);
    save(&staff);
    staff.see("Shared 1 document with Ben Weber.");
    lists(&staff, SHARED, &["Will.txt"]);
    let ben = ground.host.customer(client_connect_tests::ground::BEN).await;
    assert_eq!(documents_of(&ben, &ground).await, ["Inventory.txt", "Will.txt"]);
    let ann = ground.host.customer(ANN).await;
    assert_eq!(documents_of(&ann, &ground).await, ["Will.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh12_leaving_and_choosing_others_ask_what_becomes_of_the_changes() {
    let ground = ground().await;
    let Some(staff) = at_the_section(&ground, OWNER, &["Ann Weber"]) else { return };
    staff.part(ALL).row("Inventory.txt").click("Share");
    staged(&staff, 1);
    let here = staff.path();
    let before = ground.host.dump();

    // On the way out.
    staff.suits_everybody();
    staff.click("Access");
    staff.part("Leave without saving?").see("1 change is not saved.");
    staff.suits_everybody();
    staff.part("Leave without saving?").click("Cancel");
    assert_eq!(staff.path(), here);
    staged(&staff, 1);
    staff.click("Access");
    staff.press("Escape");
    staff.part("Leave without saving?").is_gone();
    staged(&staff, 1);

    // Of those who are chosen.
    staff.part("Choose contacts").click("Ann Weber");
    staff.part("Save before you go on?").see("1 change");
    staff.part("Save before you go on?").click("Cancel");
    lists(&staff, SHARED, &["Inventory.txt", "Will.txt"]);
    // Whoever is chosen beside them gets nothing of what was staged for Ann alone.
    staff.part("Choose contacts").click("Ben Weber");
    staff.part(SOME).row("Inventory.txt").see("Ann Weber");
    staged(&staff, 1);
    staff.part("Choose contacts").click("Ben Weber");
    assert_eq!(ground.host.dump(), before, "nothing was saved by itself");

    staff.part("Choose contacts").click("Ann Weber");
    staff.part("Save before you go on?").click("Discard");
    staged(&staff, 0);
    staff.part("Choose contacts").click("Ann Weber");
    lists(&staff, SHARED, &["Will.txt"]);
    assert_eq!(ground.host.dump(), before);

    // Saved on the way out.
    staff.part(ALL).row("Inventory.txt").click("Share");
    staff.click("Overview");
    staff.part("Leave without saving?").click("Save");
    staff.part("Review before saving").see("Inventory.txt");
    staff.part("Review before saving").click("Save");
    staff.until("the page that was asked for", "return location.pathname.endsWith('/client-connect')");
    let ann = ground.host.customer(ANN).await;
    assert_eq!(documents_of(&ann, &ground).await, ["Inventory.txt", "Will.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ov11_nothing_is_stored_before_save_and_pressing_twice_saves_once() {
    let ground = ground().await;
    let Some(staff) = at_the_section(&ground, OWNER, &["Ann Weber"]) else { return };
    let before = ground.host.dump();
    let mails = ground.host.mail.mails().len();
    staff.part(ALL).row("Inventory.txt").click("Share");
    staff.part(SHARED).row("Will.txt").click("Stop sharing");
    staged(&staff, 2);
    staff.click("Review and save");
    let sheet = staff.part("Review before saving");
    sheet.see("Will no longer see");
    sheet.see("Ann Weber is told by one mail");
    staff.suits_everybody();
    assert_eq!(ground.host.dump(), before, "the review stores nothing");
    staff.click("Go on editing");
    staged(&staff, 2);
    assert_eq!(ground.host.dump(), before);

    staff.click("Review and save");
    sheet.see("Will no longer see");
    // As fast as a script can press.
    staff.run("const button = document.querySelector('dialog [data-confirm]'); button.click(); button.click(); button.click();", serde_json::json!([]));
    staff.see("Shared 1 document with Ann Weber.");
    staff.see("Stopped sharing 1 document with Ann Weber.");
    staged(&staff, 0);
    let mails_now = tokio::task::block_in_place(|| {
        ground.host.mail.wait_for_those(ANN, 1, |mail| mail.text.contains("Inventory.txt"))
    });
    assert_eq!(mails_now.len(), 1);
    assert_eq!(ground.host.mail.mails().len(), mails + 1, "one Save, one mail");
    let actions = ground.actions().await;
    assert_eq!(actions.iter().filter(|action| *action == "document.unshared").count(), 1, "{actions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ov12_two_save_at_once_the_second_reads_the_difference_and_loses_nothing() {
    let ground = ground().await;
    ground.colleague("Omar Nash", "omar@firm.test").await;
    let Some(olivia) = at_the_section(&ground, OWNER, &["Ann Weber"]) else { return };
    let Some(omar) = at_the_section(&ground, "omar@firm.test", &["Ann Weber"]) else { return };
    olivia.part(ALL).row("Inventory.txt").click("Share");
    omar.part(ALL).row("Notes.txt").click("Share");
    omar.part(SHARED).row("Will.txt").click("Stop sharing");
    save(&olivia);

    omar.expect_complaint("409");
    omar.click("Review and save");
    let sheet = omar.part("Review before saving");
    sheet.see("Somebody else has saved this section meanwhile.");
    sheet.see("Olivia Hall shared “Inventory.txt” with Ann Weber.");
    sheet.see("Notes.txt");
    omar.suits_everybody();
    sheet.click("Save");
    omar.part("Saved").see("Shared 1 document with Ann Weber.");
    lists(&omar, SHARED, &["Inventory.txt", "Notes.txt"]);
    let ann = ground.host.customer(ANN).await;
    assert_eq!(documents_of(&ann, &ground).await, ["Inventory.txt", "Notes.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh22_sh23_stop_sharing_is_for_all_who_are_chosen_and_for_nobody_else() {
    let ground = ground().await;
    let cora = ground.link("Cora Weber", "cora@customer.test").await;
    ground.admit(&[(&cora, true)]).await;
    let will = &ground.documents[0];
    ground.share(&[(will, &ground.ben), (will, &cora)]).await;
    let ann = ground.host.customer(ANN).await;
    let content = ground.portal(&format!("/documents/{will}/content"));
    assert_eq!(ann.get(&content).await.status, 200);
    let Some(staff) = at_the_section(&ground, OWNER, &["Ann Weber", "Ben Weber"]) else { return };
    lists(&staff, SHARED, &["Will.txt"]);
    let row = staff.part(SHARED).row("Will.txt");
    assert!(!row.offers("Delete"), "nothing is deleted here");
    row.click("Stop sharing");
    row.see("Will stop");
    staged(&staff, 2);
    assert_eq!(ann.get(&content).await.status, 200, "not before the Save");
    save(&staff);
    staff.see("Stopped sharing 1 document with");
    assert_eq!(ann.get(&content).await.problem(404), "not-found");
    let cora = ground.host.customer("cora@customer.test").await;
    assert_eq!(documents_of(&cora, &ground).await, ["Will.txt"]);
    // It is in the matter as before, and can be shared again.
    lists(&staff, ALL, &["Inventory.txt", "Notes.txt", "Will.txt"]);
    staff.part(ALL).row("Will.txt").click("Share");
    staged(&staff, 2);
    save(&staff);
    assert_eq!(ann.get(&content).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_can_be_undone_while_its_mails_are_held() {
    let ground = ground_on(Setup { mail_hold: 120, ..Setup::default() }).await;
    let Some(staff) = at_the_section(&ground, OWNER, &["Ann Weber"]) else { return };
    staff.part(ALL).row("Inventory.txt").click("Share");
    staged(&staff, 1);
    save(&staff);
    staff.see("Ann Weber is told by one mail, in 2 minutes. Until then it can be undone.");
    staff.suits_everybody();
    let held = || {
        let waiting = "SELECT count(*) FROM letters WHERE state = 'waiting'";
        ground.host.own(|tx, _| Ok(tx.conn().query_row(waiting, [], |row| row.get::<_, i64>(0)).expect("a count")))
    };
    let before = held();
    staff.click("Undo");
    staff.see("Undone.");
    staff.see("The mail that was waiting is held back.");
    lists(&staff, SHARED, &["Will.txt"]);
    assert!(held() <= before, "no mail more, about what is taken back");
    let list = ground
        .staff
        .get(&format!("{}/documents?lane=all_of_them&contacts={}", ground.section("sharing"), ground.ann))
        .await
        .expect(200);
    assert_eq!(list["total"], 1);
}
