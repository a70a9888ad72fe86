//! Every route that reads, walked for a byte of what is held back.

use super::*;
use crate::{planted::Fault as Planted, web::policy::TABLE};

/// Each route that reads, as each who may ask it, in each way in which bytes could leave; what has the mark in it.
async fn leaks(house: &House, staff: &str, document: &str, mark: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut tried = 0;
    for (template, methods) in TABLE {
        if !methods.iter().any(|(method, _)| *method == Method::GET) {
            continue;
        }
        let mut path = (*template).to_owned();
        for (name, value) in [
            ("{matter}", house.matter.as_str()),
            ("{document}", document),
            ("{contact}", house.ann.contact.as_str()),
            ("{version}", "1"),
            ("{page}", "1"),
            ("{at}", &NOW.to_string()),
        ] {
            path = path.replace(name, value);
        }
        if path.contains('{') {
            continue;
        }
        for cookie in [staff, &house.ann.cookie, &house.ben.cookie] {
            for (method, range) in [(Method::GET, None), (Method::HEAD, None), (Method::GET, Some("bytes=0-99"))] {
                let mut request = Request::builder().method(&method).uri(&path).header(header::COOKIE, cookie);
                if let Some(range) = range {
                    request = request.header(header::RANGE, range);
                }
                let answer = house.send(request.body(Body::empty()).unwrap()).await;
                tried += 1;
                let found = answer.body.windows(mark.len()).any(|part| part == mark.as_bytes());
                // HEAD tells how much there is: also no more than of what is not there.
                let offered = answer.status.is_success() && answer.headers.contains_key(header::ACCEPT_RANGES);
                if found || offered {
                    seen.push(format!("{method} {template} {range:?}"));
                }
            }
        }
    }
    assert!(tried > 400, "{tried} requests");
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_no_route_gives_out_a_byte_before_a_scan_and_each_does_after_it() {
    let Some(mut clamd) = Clamd::start(TAKES) else { return };
    clamd.kill();
    let house = house(&clamd.socket(), |_| {});
    let staff = house.staff();
    let (bytes, mark) = marked(5000);
    let document = held(&house, "mine.txt", bytes.clone()).await;
    house.save(&document, &house.ben, true);
    house.grant(&house.ben, true);
    assert_eq!(leaks(&house, &staff, &document, &mark).await, [""; 0]);
    let content = format!("/api/matters/{}/documents/{document}/content", house.matter);
    assert_eq!(house.by_staff(&staff, Method::GET, &content, "").await.code(), "held-for-scan");
    for guest in [&house.ann, &house.ben] {
        let answer = house.get(guest, &house.content(&document)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "held-for-scan"));
        let pages = house.get(guest, &house.path(&format!("/documents/{document}/pages"))).await;
        assert_eq!(pages.code(), "held-for-scan");
        // Nobody was shown it, and nothing says that somebody was.
        assert_eq!(house.get(guest, &house.path("/archive")).await.code(), "nothing-to-download");
    }
    assert_eq!(house.audited("document.downloaded"), 0);
    // Its sender and staff see how it stands.
    let list = house.get(&house.ann, &house.path("/documents")).await.json();
    assert_eq!((&list["items"][0]["held"], &list["items"][0]["can_download"]), (&"waiting".into(), &false.into()));
    let row = house.by_staff(&staff, Method::GET, content.trim_end_matches("/content"), "").await.json();
    assert_eq!((&row["attributes"]["held"], &row["can_preview"]), (&"waiting".into(), &false.into()));
    for page in
        [format!("/matters/{}/documents", house.matter), format!("/matters/{}/documents/{document}", house.matter)]
    {
        let page = house.by_staff(&staff, Method::GET, &page, "").await;
        assert!(String::from_utf8(page.body).unwrap().contains("Not scanned yet"));
    }
    assert!(house.inbox().iter().any(|told| told.contains("mine.txt") && told.contains("held back")));
    assert_eq!(house.audited("document.held"), 1);
    house.verified();
    // The scanner is still away: nothing changes, and the next attempt comes later.
    house.clock.advance(2 * 60_000);
    assert_eq!(again(&house.app).await.unwrap(), (0, 0));
    let next: i64 = house.sql("SELECT next_at FROM quarantine");
    assert!(next > i64::try_from(house.app.runtime.now()).unwrap());
    assert_eq!(house.get(&house.ann, &house.content(&document)).await.code(), "held-for-scan");
    // It is back, and it is not yet time; then it is.
    clamd.wake();
    assert_eq!(again(&house.app).await.unwrap(), (0, 0));
    house.clock.advance(10 * 60_000);
    assert_eq!(again(&house.app).await.unwrap(), (1, 0));
    for guest in [&house.ann, &house.ben] {
        assert_eq!(house.get(guest, &house.content(&document)).await.body, bytes);
    }
    assert_eq!(house.audited("document.scanned"), 1);
    assert!(!leaks(&house, &staff, &document, &mark).await.is_empty(), "the walk finds nothing at all");
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_a_route_that_skips_the_quarantine_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder.path().join("nobody"), |_| {});
    let staff = house.staff();
    let (bytes, mark) = marked(500);
    let document = held(&house, "mine.txt", bytes).await;
    assert_eq!(leaks(&house, &staff, &document, &mark).await, [""; 0]);
    house.app.planted.set(Some(Planted::QuarantineSkipped));
    assert!(!leaks(&house, &staff, &document, &mark).await.is_empty());
}
