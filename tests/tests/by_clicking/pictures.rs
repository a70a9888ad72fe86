//! The pictures of the README: taken of the demo, when `SCREENSHOTS=write` asks for them.
//!
//!     SCREENSHOTS=write cargo test --test by_clicking pictures

use std::{env, fs, path::Path};

use client_connect_tests::browser::Browser;

use super::everywhere::demo;

/// Bytes that a picture may have: it is looked at over the network.
const LARGEST: usize = 150_000;

/// The folder of the pictures.
fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures")
}

#[track_caller]
fn take(browser: &Browser, name: &str) {
    browser.is_quiet();
    let picture = browser.picture();
    assert!(picture.len() < LARGEST, "{name} has {} bytes", picture.len());
    fs::create_dir_all(folder()).expect("a folder for the pictures");
    fs::write(folder().join(format!("{name}.webp")), picture).expect("a picture is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_the_main_pages() {
    if env::var("SCREENSHOTS").as_deref() != Ok("write") {
        return;
    }
    let demo = demo().await;
    let matter = format!("/matters/{}", demo.values["matter"]);
    let Some(staff) = Browser::open(&demo.host, "miriam") else { return };
    staff.bring_cookies(&demo.staff);
    staff.chromium("Emulation.setScrollbarsHidden", serde_json::json!({ "hidden": true }));
    staff.size(1280, 960);
    staff.go(&format!("{matter}/client-connect/sharing"));
    for contact in ["Eleanor Hartley", "Peter Hartley"] {
        staff.part("Choose contacts").click(contact);
    }
    staff.part("Shared with some of them").see("only");
    staff.is_quiet();
    staff.part("Choose document for sharing").row("Advice on quantum").click("Share");
    staff.part("Shared – Visible on Portal").see("Will be shared");
    staff.run("document.activeElement.blur(); scrollTo(0, document.querySelector('.sections').getBoundingClientRect().top + scrollY - 90)", serde_json::json!([]));
    take(&staff, "sharing");
    staff.click("Review and save");
    staff.part("Review before saving").see("Will see");
    take(&staff, "review");
    staff.click("Go on editing");
    staff.click("Discard");
    staff.part("Discard the changes?").click("Discard");
    for (page, name) in [
        ("/client-connect", "overview"),
        ("/client-connect/access", "access"),
        ("/documents", "documents"),
        ("/audit", "audit"),
    ] {
        staff.go(&format!("{matter}{page}"));
        take(&staff, name);
    }
    staff.dark(true);
    staff.go(&format!("{matter}/client-connect"));
    take(&staff, "overview-dark");

    let Some(customer) = Browser::open(&demo.host, "eleanor") else { return };
    customer.bring_cookies(&demo.host.customer("eleanor.hartley@mail.example").await);
    customer.chromium("Emulation.setScrollbarsHidden", serde_json::json!({ "hidden": true }));
    customer.size(1280, 960);
    customer.go(&format!("/portal{matter}"));
    take(&customer, "portal");
    customer.go(&format!("/portal{matter}/documents/{}", demo.values["document"]));
    customer.until(
        "the first page",
        "return [...document.querySelectorAll('.sheet img')].some((one) => one.complete && one.naturalWidth > 600)",
    );
    take(&customer, "preview");
    customer.size(390, 844);
    customer.dark(true);
    customer.go(&format!("/portal{matter}"));
    take(&customer, "portal-phone");
}

#[test]
fn the_readme_shows_no_picture_that_is_not_there() {
    let readme = fs::read_to_string(folder().join("../../README.md")).expect("the README");
    let shown: Vec<&str> = readme
        .split("docs/pictures/")
        .skip(1)
        .filter_map(|rest| rest.split_once(".webp"))
        .map(|(name, _)| name)
        .collect();
    assert!(!shown.is_empty());
    for name in shown {
        let size =
            fs::metadata(folder().join(format!("{name}.webp"))).unwrap_or_else(|error| panic!("{name}: {error}")).len();
        assert!(size > 0 && size < LARGEST as u64, "{name}: {size} bytes");
    }
}
