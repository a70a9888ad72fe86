//! The main job from end to end, by clicking: a member of staff at one browser, a customer at another.

use client_connect_tests::{
    browser::Browser,
    ground::{ANN, Ground, OWNER},
    host::prove,
    smtp::Mail,
};
use tokio::task::block_in_place;

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_by_two_people_at_two_browsers() {
    let ground = Ground::lay().await;
    let host = &ground.host;
    let Some(olivia) = Browser::staff(host, OWNER) else { return };

    // Olivia gives Ann access, after a look at what that does.
    olivia.click("Estate of Weber");
    olivia.click("Client Connect");
    olivia.see("No contact has access to the portal yet.");
    olivia.click("Give access");
    olivia.click("Can Download for Ann Weber");
    olivia.row("Ann Weber").see("will get access");
    olivia.click("Review and save");
    olivia.part("Review before saving").see("Gets access to the portal");
    olivia.part("Review before saving").click("Save");
    olivia.see("Ann Weber may enter the portal now.");

    // Ann follows the mail to the portal, and signs in with the code that is mailed to her.
    let invited = block_in_place(|| host.mail.wait_for(ANN, 1));
    let link = invited[0].text.split_whitespace().find(|word| word.starts_with("http://127.0.0.1/")).expect("a link");
    let Some(ann) = Browser::open(host, ANN) else { return };
    ann.go(link.trim_start_matches("http://127.0.0.1"));
    ann.see("E-mail address");
    ann.sign_in_customer(host, ANN);
    ann.see_heading("Estate of Weber");
    ann.see("Hall & Partners has not shared any document with you yet.");

    // Olivia shares two of the three documents.
    olivia.click("Sharing");
    olivia.part("Choose contacts").click("Ann Weber");
    for document in ["Inventory.txt", "Will.txt"] {
        olivia.part("Choose document for sharing").row(document).click("Share");
        olivia.part("Shared – Visible on Portal").row(document).see("Will be shared");
    }
    olivia.click("Review and save");
    olivia.part("Review before saving").see("Will see (2)");
    olivia.part("Review before saving").click("Save");
    olivia.see("Shared 2 documents with Ann Weber.");
    let of_shares = |mail: &Mail| mail.text.contains("Will.txt");
    block_in_place(|| host.mail.wait_for_those(ANN, 1, of_shares));

    // Ann sees them, looks at one in a tab of its own, and downloads one, then all.
    ann.reload();
    ann.row("Will.txt").see("New");
    ann.row("Inventory.txt").see("New");
    ann.see_no("Notes.txt");
    let first = ann.tabs();
    ann.row("Will.txt").click("Will.txt");
    let preview = ann.wait("a new tab", || ann.tabs().into_iter().find(|tab| !first.contains(tab)));
    ann.turn_to(&preview);
    ann.see_heading("Will.txt");
    ann.turn_to(&first[0]);
    ann.row("Will.txt").click("Download");
    assert_eq!(ann.downloaded("Will.txt"), b"the will, first words");
    ann.click("Download all");
    let zip = ann.wait("the ZIP file", || ann.downloads().into_iter().find(|name| name.ends_with(".zip")));
    assert_eq!(ann.downloaded(&zip)[..2], *b"PK");

    // She sends a document, and reads that it has arrived; Olivia is told in the app and by mail.
    let file = ann.file("Birth certificate.pdf", b"%PDF-1.7 scan");
    ann.part("Send documents").choose_files(&[&file]);
    ann.part("Send documents").see("ready to be sent");
    ann.part("Send documents").click("Send");
    ann.see("Your documents have arrived");
    let told = block_in_place(|| host.mail.wait_for(OWNER, 1));
    assert!(told[0].text.contains("Birth certificate.pdf"), "{}", told[0].text);
    olivia.wait("the notice", || {
        olivia.go("/notices");
        olivia.text().contains("Birth certificate.pdf").then_some(())
    });
    olivia.see("Ann Weber");
    olivia.go(&ground.page("documents"));
    olivia.row("Birth certificate.pdf").see("Ann Weber");
    olivia.click("Documents");
    ann.reload();
    ann.row("Birth certificate.pdf").see("Sent by you");

    // Olivia stops sharing the will: the list, the open tab and the download have it no more.
    olivia.go(&ground.page("sharing"));
    olivia.part("Choose contacts").click("Ann Weber");
    olivia.part("Shared – Visible on Portal").row("Will.txt").click("Stop sharing");
    olivia.click("Review and save");
    olivia.part("Review before saving").see("Will no longer see");
    olivia.part("Review before saving").click("Save");
    olivia.see("Stopped sharing 1 document with Ann Weber.");
    ann.reload();
    ann.row("Inventory.txt").see("Inventory.txt");
    ann.see_no("Will.txt");
    ann.expect_complaint("404");
    ann.turn_to(&preview);
    ann.reload();
    ann.see_heading("Not here");
    ann.turn_to(&first[0]);

    // The audit log tells all of it.
    olivia.go(&format!("/matters/{}/audit", ground.matter));
    for sentence in [
        "Olivia Hall gave Ann Weber access",
        "Olivia Hall shared Will.txt with Ann Weber",
        "Ann Weber downloaded",
        "Ann Weber sent Birth certificate.pdf through the portal",
        "Olivia Hall stopped sharing Will.txt with Ann Weber",
    ] {
        olivia.see(sentence);
    }
    prove(host);
}
