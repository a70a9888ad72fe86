//! T-AV: what people see of files that are held back, as there is no scanner that answers, and of files that are refused.

use std::{fs, time::Duration};

use client_connect::scan::{Place, Settings};
use client_connect_tests::{
    browser::{Browser, target},
    ground::{ANN, Ground, OWNER},
    host::Setup,
};

/// Suits everybody at this moment, narrow and wide, in light and dark; and a picture of it lies where one of a failure would.
fn looked_at(browser: &Browser, name: &str) {
    browser.is_quiet();
    for dark in [true, false] {
        browser.dark(dark);
        browser.suits_everybody();
    }
    for width in [360, 2560, 1280] {
        browser.size(width, 900);
        assert_eq!(browser.overflow(), 0, "{name} at {width} px: {}", browser.what_overflows());
        if width != 2560 {
            let folder = target().join("tmp/browser");
            fs::create_dir_all(&folder).expect("a folder for pictures");
            fs::write(folder.join(format!("held-{name}-{width}.webp")), browser.picture())
                .expect("a picture is written");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_people_see_what_is_held_back_and_what_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let nobody = Settings {
        place: Place::Unix(folder.path().join("nobody")),
        timeout: Duration::from_secs(5),
        limit: 25_000_000,
        pass_larger: false,
    };
    let ground = Ground::lay_on(Setup { scan: Some(nobody), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true)]).await;
    ground.share(&[(&ground.documents[0], &ground.ann)]).await;

    let Some(ann) = Browser::customer(&ground.host, ANN) else { return };
    ann.row("Will.txt").see("Held back until it was scanned for malware");
    assert!(!ann.row("Will.txt").offers("Download"));
    let (letter, page) = (ann.file("Letter.txt", b"dear Olivia"), ann.file("Deed.pdf", b"<!doctype html><p>no deed"));
    let send = ann.part("Send documents");
    send.choose_files(&[&letter]);
    send.see("ready to be sent");
    send.click("Send");
    ann.see("Your documents have arrived");
    ann.see("Held back until it was scanned for malware");
    ann.row("Letter.txt").see("Held back");
    looked_at(&ann, "portal");
    ann.expect_complaint("422");
    send.choose_files(&[&page]);
    send.click("Send");
    send.see("another kind of file than its name says");
    looked_at(&ann, "refused");
    ann.expect_complaint("409");
    ann.go(&format!("/portal/matters/{}/documents/{}", ground.matter, ground.documents[0]));
    ann.see_heading("This document is held back");
    looked_at(&ann, "portal-document");

    let Some(olivia) = Browser::staff(&ground.host, OWNER) else { return };
    olivia.go(&format!("/matters/{}/documents", ground.matter));
    for name in ["Will.txt", "Letter.txt"] {
        olivia.part("Documents of this matter").row(name).see("Not scanned yet: held back");
    }
    assert!(!olivia.part("Documents of this matter").row("Will.txt").offers("Download"));
    looked_at(&olivia, "documents");
    olivia.go(&format!("/matters/{}/documents/{}", ground.matter, ground.documents[0]));
    olivia.see("is held back, from colleagues too");
    assert!(!olivia.page().offers("Preview"));
    looked_at(&olivia, "document");
    olivia.go(&format!("/matters/{}/audit", ground.matter));
    olivia.see("held Letter.txt back until it was scanned for malware");
}
