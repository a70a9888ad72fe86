//! By keyboard alone: sharing a document, and sending one.

use client_connect_tests::{
    browser::Browser,
    ground::{ANN, Ground, OWNER},
};

#[tokio::test(flavor = "multi_thread")]
async fn sharing_by_keyboard_alone() {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, true)]).await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&ground.page("sharing"));
    staff.press("Tab");
    assert_eq!(staff.focused(), "Skip to the page", "the first stop leads past the bar");
    staff.press("Enter");
    staff.tab_to("Ann Weber");
    staff.press("Space");
    staff.part("Choose document for sharing").row("Inventory.txt").see("Inventory.txt");
    staff.tab_to("Share Inventory.txt with Ann Weber");
    staff.press("Enter");
    // The focus stays in the row that was worked on.
    let at = staff.wait("the focus", || Some(staff.focused()).filter(|name| name.contains("Inventory.txt")));
    assert!(at.contains("Do not share"), "{at}");
    staff.tab_to("Review and save");
    staff.press("Enter");
    let sheet = staff.part("Review before saving");
    sheet.see("Will see (1)");
    // In the dialog the keyboard goes round, and Escape leads out and back to where it was.
    for _ in 0..6 {
        staff.press("Tab");
        let inside =
            "return document.activeElement === document.body || document.activeElement.closest('dialog') !== null";
        assert_eq!(staff.run(inside, serde_json::json!([])), true, "at {}", staff.focused());
    }
    staff.press("Escape");
    sheet.is_gone();
    staff.wait("the focus is back", || (staff.focused() == "Review and save").then_some(()));
    staff.press("Enter");
    sheet.see("Will see (1)");
    staff.wait("the button", || {
        staff.press("Tab");
        (staff.focused() == "Save").then_some(())
    });
    staff.press("Enter");
    staff.see("Shared 1 document with Ann Weber.");
    assert_eq!(ground.host.customer(ANN).await.get(&ground.portal("/documents")).await.expect(200)["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_by_keyboard_alone() {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, true)]).await;
    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    ann.tab_to("Choose files");
    // The window of the system that opens now is not the page's.
    let file = ann.file("Letter.pdf", b"%PDF-1.7");
    ann.part("Send documents").choose_files(&[&file]);
    ann.part("Send documents").see("ready to be sent");
    ann.tab_to("Take away: Letter.pdf");
    ann.wait("the button", || {
        ann.press("Tab");
        (ann.focused() == "Send").then_some(())
    });
    ann.press("Enter");
    ann.see("Your documents have arrived");
    ann.wait("the focus is at the receipt", || ann.focused().contains("Your documents have arrived").then_some(()));
}
