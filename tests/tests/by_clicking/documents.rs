//! The documents of a matter, as staff keep them: sent, renamed, deleted and brought back, and what that does to shares.

use client_connect_tests::{
    browser::Browser,
    ground::{ANN, Ground, OWNER},
    person::{items, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn staff_upload_several_rename_one_and_correct_another() {
    let ground = Ground::lay().await;
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.click("Estate of Weber");
    let [deed, plan] = [staff.file("Deed of sale.pdf", b"%PDF-1.7 deed"), staff.file("Plan & draft.txt", b"a plan")];
    staff.part("Upload documents").choose_files(&[&deed, &plan]);
    for name in ["Deed of sale.pdf", "Plan & draft.txt"] {
        staff.part("Upload documents").row(name).see("Uploaded");
        staff.part("Documents of this matter").row(name).see(name);
    }
    staff.suits_everybody();
    staff.part("Documents of this matter").row("Plan & draft.txt").click("More for");
    staff.click("Rename");
    staff.part("Rename").fill("Name", "Plan of the house.txt");
    staff.part("Rename").click("Rename");
    staff.see("Renamed.");
    staff.part("Documents of this matter").row("Plan of the house.txt").click("More for");
    staff.click("New version");
    let better = staff.file("better.txt", b"a better plan");
    staff.part("New version of").choose_files(&[&better]);
    staff.part("New version of").click("Upload");
    staff.part("Documents of this matter").row("Plan of the house.txt").see("Version 2");
    staff.fill("Search the documents of this matter", "HOUSE");
    staff.press("Enter");
    staff.see("1 document");
    staff.row("Plan of the house.txt").click("Download");
    assert_eq!(staff.downloaded("Plan of the house.txt"), b"a better plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh25_sh26_what_is_deleted_is_shared_no_more_and_offered_when_it_comes_back() {
    let ground = Ground::lay().await;
    ground.admit(&[(&ground.ann, true)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;
    let ann = ground.host.customer(ANN).await;
    let seen = async || {
        let list = ann.get(&ground.portal("/documents")).await.expect(200);
        items(&list).iter().map(|row| text(row, "name")).collect::<Vec<_>>()
    };
    assert_eq!(seen().await, ["Will.txt"]);
    let Some(staff) = Browser::staff(&ground.host, OWNER) else { return };
    staff.go(&format!("/matters/{}/documents", ground.matter));
    staff.part("Documents of this matter").row("Will.txt").see("Shared with 1");
    staff.part("Documents of this matter").row("Will.txt").click("More for");
    staff.click("Delete");
    staff.part("Delete “Will.txt”?").see("Every share of it ends now");
    staff.part("Delete “Will.txt”?").click("Delete");
    staff.see("In the bin now.");
    assert!(seen().await.is_empty());

    staff.click("Bin");
    staff.row("Will.txt").click("Restore");
    staff.see("Back in the matter, and not shared again");
    assert!(seen().await.is_empty(), "restoring shares nothing");
    staff.click("Look at what is offered");
    staff.part("Back in the matter").row("Will.txt").click("Share again");
    staff.part("Changes not saved").see("1 change not saved");
    assert!(seen().await.is_empty(), "an offer that is taken up is a staged change");
    staff.click("Review and save");
    staff.part("Review before saving").see("Will see (1)");
    staff.part("Review before saving").click("Save");
    staff.see("Shared 1 document with Ann Weber.");
    assert_eq!(seen().await, ["Will.txt"]);
}
