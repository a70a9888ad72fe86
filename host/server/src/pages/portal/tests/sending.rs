use axum::http::StatusCode;

use super::*;
use crate::{
    store::{matters, sessions},
    web::portal::tests::house::{LIMIT, NOW},
};

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, said: &str) {
    let page = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, status, "{page}");
    assert!(page.contains(said), "{said}: {page}");
    assert!(page.contains("role=\"alert\""), "{page}");
    assert!(page.contains("<h1><bdi>Sale of the mill</bdi></h1>"), "still on the matter's page: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh14_a_plain_form_sends_several_files_and_leads_to_a_receipt() {
    let house = House::new();
    let form = text(&house.get(&house.ann, &page(&house, "")).await);
    assert!(
        form.contains(&format!("enctype=\"multipart/form-data\" action=\"{}\"", page(&house, "/upload"))),
        "{form}"
    );
    assert!(form.contains(&format!("data-limit=\"{LIMIT}\"")));
    assert!(form.contains("capture=\"environment\""));

    let answer = send(&house, &house.ann, &[("Passport.txt", "pass"), ("Übergabe.txt", "zwei")]).await;
    let receipt = leads_to(&answer);
    assert_eq!(receipt, page(&house, &format!("/sent/{NOW}")));
    let shown = text(&house.get(&house.ann, receipt).await);
    for said in [
        "Your documents have arrived",
        "Passport.txt",
        "Übergabe.txt",
        "d74ff0ee 8da3b980 6b18c877 dbf29bbd e50b5bd8 e4dad7a3 a725000f eb82e8f1",
        "datetime=\"2025-10-09T08:53:20Z\"",
        "has received your \u{2068}2\u{2069} documents, and has been told of them",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    // Loaded anew it is the same, and sends nothing.
    assert_eq!(text(&house.get(&house.ann, receipt).await), shown);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 2);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM notices WHERE topic = 'uploaded' AND channel = 'email'"), 1);
    // It is nobody else's.
    assert_eq!(house.get(&house.ben, receipt).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh20_a_receipt_says_what_was_sent_before_and_shows_what_came_and_not_what_became_of_it() {
    let house = House::new();
    send(&house, &house.ann, &[("First.txt", "same")]).await;
    house.clock.advance(60_000);
    let again = send(&house, &house.ann, &[("Second.txt", "same")]).await;
    let receipt = text(&house.get(&house.ann, leads_to(&again)).await);
    assert!(receipt.contains("You sent the same content before, as “\u{2068}First.txt\u{2069}”."), "{receipt}");
    assert!(receipt.contains("0967115f"), "{receipt}");
    // Staff edit it: the receipt is of what came.
    house.change(|tx| tx.conn().execute("UPDATE documents SET sha256 = ?1, size = 9", ["f".repeat(64)]).unwrap());
    let receipt = text(&house.get(&house.ann, leads_to(&again)).await);
    assert!(receipt.contains("0967115f") && !receipt.contains("ffffffff"), "{receipt}");
    // What is no longer theirs to see is on no receipt.
    house.revoke(&house.ann);
    assert_eq!(house.get(&house.ann, leads_to(&again)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_what_is_wrong_with_an_upload_is_said_in_a_sentence_and_nothing_is_kept() {
    let house = House::new();
    refused(&send(&house, &house.ann, &[]).await, StatusCode::UNPROCESSABLE_ENTITY, "No file was chosen.");
    let empty = send(&house, &house.ann, &[("good.txt", "good"), ("empty.txt", "")]).await;
    refused(&empty, StatusCode::UNPROCESSABLE_ENTITY, "One of the files is empty, so nothing was sent.");
    let large = "x".repeat(usize::try_from(LIMIT).unwrap() + 1);
    let large = send(&house, &house.ann, &[("good.txt", "good"), ("large.txt", &large)]).await;
    refused(&large, StatusCode::PAYLOAD_TOO_LARGE, "Each file may have up to \u{2068}3.1\u{a0}MB\u{2069}.");
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 0);
    house.settled(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_matter_that_takes_nothing_has_no_form_and_says_why() {
    let house = House::new();
    house.change(|tx| {
        let matter = matters::get(tx, &house.matter).unwrap().unwrap();
        matters::update(tx, &matters::Matter { closed_at: Some(NOW), ..matter }).unwrap();
    });
    let closed = text(&house.get(&house.ann, &page(&house, "")).await);
    assert!(closed.contains("This matter is closed.") && !closed.contains("id=\"upload\""), "{closed}");
    let late = send(&house, &house.ann, &[("late.txt", "late")]).await;
    refused(&late, StatusCode::FORBIDDEN, "This matter was closed before your documents had arrived");
    house.settled(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_who_has_no_access_or_no_session_any_more_sends_nothing() {
    let house = House::new();
    house.revoke(&house.ann);
    let answer = send(&house, &house.ann, &[("a.txt", "a")]).await;
    let missing = house.get(&house.ann, &format!("/portal/matters/{}", "0".repeat(32))).await;
    assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &missing.body));

    house.change(|tx| sessions::end_of_address(tx, "ann@home.example").unwrap());
    let answer = send(&house, &house.ann, &[("a.txt", "a")]).await;
    let place = leads_to(&answer);
    assert_eq!(place, format!("/portal?over=sending&next={}", page(&house, "")));
    let door = text(&house.get(&house.ann, place).await);
    assert!(door.contains("nothing was sent. Please sign in, and send them again."), "{door}");
    house.settled(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_plain_form_says_what_is_held_back_and_what_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let scan = crate::scan::Settings {
        place: crate::scan::Place::Unix(folder.path().join("nobody")),
        timeout: std::time::Duration::from_secs(5),
        limit: LIMIT,
        pass_larger: false,
    };
    let house = House::set_up(|config| config.scan = Some(scan));
    let answer = send(&house, &house.ann, &[("Passport.txt", "pass")]).await;
    let receipt = text(&house.get(&house.ann, leads_to(&answer)).await);
    assert!(receipt.contains("Held back until it was scanned for malware"), "{receipt}");
    let list = text(&house.get(&house.ann, &page(&house, "")).await);
    assert!(list.contains("Held back until it was scanned for malware") && !list.contains("/download\""), "{list}");
    let answer = send(&house, &house.ann, &[("Deed.pdf", "<html>no deed")]).await;
    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "another kind of file than its name says, so nothing was sent");
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 1);
}
