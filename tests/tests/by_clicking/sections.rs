//! The other sections of Client Connect: the overview, access, notifications, and the portal as a contact sees it.

use client_connect_tests::{
    browser::Browser,
    ground::{ANN, Ground, OWNER},
    host::Setup,
};
use serde_json::json;
use tokio::task::block_in_place;

#[track_caller]
fn save(browser: &Browser) {
    browser.click("Review and save");
    let sheet = browser.part("Review before saving");
    sheet.see("mail");
    sheet.click("Save");
    browser.part("Saved").text();
}

#[tokio::test(flavor = "multi_thread")]
async fn ov3_the_portals_address_is_shown_whole_and_copied() {
    let ground = Ground::lay_on(Setup { public_url: "http://localhost".into(), ..Setup::default() }).await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&format!("/matters/{}/client-connect", ground.matter));
    staff.part("The portal’s address").see("http://localhost/portal");
    staff.chromium(
        "Browser.grantPermissions",
        json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
    );
    staff.part("The portal’s address").click("Copy");
    staff.see("Copied.");
    assert_eq!(staff.run("return navigator.clipboard.readText()", json!([])), "http://localhost/portal");
}

#[tokio::test(flavor = "multi_thread")]
async fn ac3_downloading_alone_is_impossible_and_nothing_is_stored_before_save() {
    let ground = Ground::lay().await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&ground.page("access"));
    let before = ground.host.dump();
    let [portal, download] = ["Access Portal for Ann Weber", "Can Download for Ann Weber"];
    let ticked = |what: &str| staff.page().field(what, "checked");
    staff.click(download);
    assert_eq!((ticked(portal), ticked(download)), (json!(true), json!(true)), "both, as one needs the other");
    staff.click(portal);
    assert_eq!((ticked(portal), ticked(download)), (json!(false), json!(false)));
    staff.part("Changes not saved").is_gone();
    staff.click(portal);
    staff.part("Changes not saved").see("1 change not saved");
    staff.click("Sharing");
    staff.part("Leave without saving?").click("Discard");
    staff.see("Nobody to share with yet");
    assert_eq!(ground.host.dump(), before, "nothing was stored, mailed or audited");
    assert!(ground.host.mail.mails().is_empty());

    staff.go(&ground.page("access"));
    staff.click(portal);
    save(&staff);
    staff.see("Ann Weber may enter the portal now.");
    block_in_place(|| ground.host.mail.wait_for(ANN, 1));
    staff.row("Ann Weber").see("0");
    staff.click(portal);
    staff.click("Review and save");
    staff.part("Review before saving").see("Loses access to the portal at once");
    staff.part("Review before saving").click("Save");
    staff.see("Ann Weber may not enter it any more.");
}

#[tokio::test(flavor = "multi_thread")]
async fn ac2_an_address_of_two_contacts_is_an_obstacle_that_names_the_other() {
    let ground = Ground::lay().await;
    let twin = json!({ "name": "Arno Weber", "email": ANN });
    ground.staff.post("/api/contacts", twin).await.expect(201);
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&ground.page("access"));
    let row = staff.row("Ann Weber");
    row.see("Arno Weber");
    assert_eq!(row.field("Access Portal", "disabled"), true);
    assert_eq!(staff.row("Ben Weber").field("Access Portal", "disabled"), false);
}

#[tokio::test(flavor = "multi_thread")]
async fn ov10_no1_others_are_told_in_the_owners_place_and_never_nobody() {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, true)]).await;
    ground.colleague("Omar Nash", "omar@firm.test").await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&ground.page("notifications"));
    staff.row("Olivia Hall").see("Owner, by default");
    let before = ground.host.dump();
    staff.click("In the app: Olivia Hall");
    staff.click("By e-mail: Olivia Hall");
    staff.see("Somebody must be notified.");
    staff.expect_complaint("422");
    staff.click("Review and save");
    staff.part("Review before saving").see("Nothing was saved.");
    staff.suits_everybody();
    staff.press("Escape");
    staff.part("Review before saving").is_gone();
    assert_eq!(ground.host.dump(), before);

    staff.run("const list = document.getElementById('add-user'); list.value = [...list.options].find((one) => one.text === 'Omar Nash').value", json!([]));
    staff.click("Add");
    staff.row("Omar Nash").see("will be added");
    staff.suits_everybody();
    staff.click("In the app: Omar Nash");
    staff.see_no("Somebody must be notified.");
    staff.click("Review and save");
    staff.part("Review before saving").see("by e-mail only");
    staff.part("Review before saving").click("Save");
    staff.see("From now on these people are told");

    // Omar gets a mail and no notice; Olivia, silenced, gets neither.
    let ann = ground.host.customer(ANN).await;
    ann.upload(&ground.portal("/documents?name=Letter.pdf"), "%PDF-1.7").await.expect(201);
    block_in_place(|| ground.host.mail.wait_for("omar@firm.test", 1));
    let Some(omar) = Browser::staff(&ground.host, "omar@firm.test") else { return };
    omar.go("/notices");
    omar.see("Nothing yet.");
    assert!(ground.host.mail.mails_to(OWNER).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_the_portal_as_a_contact_does_and_leave_no_receipt() {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, false)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&ground.page("access"));
    staff.row("Ann Weber").click("See as");
    staff.see("You see what Ann Weber sees in the portal.");
    staff.see("Will.txt");
    staff.see_no("Inventory.txt");
    assert!(!staff.page().offers("Download"), "it can only be looked at");
    staff.go(&ground.page("sharing"));
    staff.part("Choose contacts").click("Ann Weber");
    staff.part("Shared – Visible on Portal").row("Will.txt").see("not opened");
    staff.go(&format!("/matters/{}/audit", ground.matter));
    staff.see("as Ann Weber");
}
