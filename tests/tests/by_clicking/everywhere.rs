//! What holds of every page that there is, with the demo's documents and people on it: it suits everybody, in either
//! theme and at every width, and is quickly there.
//!
//! The pages are those of all routes that answer with one, so a new page is looked at as soon as it is there.

use std::collections::BTreeMap;

use client_connect_tests::{
    browser::Browser,
    host::{Setup, TestHost},
    person::{Person, items, text},
    routes::{filled, routes},
};
use serde_json::{Value, json};

/// Bytes that a page and all that it loads may take on the wire.
const BUDGET: u64 = 100_000;

/// The demo, and what stands for the names in the paths.
pub(crate) struct Demo {
    pub(crate) host: TestHost,
    pub(crate) staff: Person,
    pub(crate) values: BTreeMap<&'static str, String>,
}

pub(crate) async fn demo() -> Demo {
    let public_url = "http://portal.ashgrove.example".into();
    let host = TestHost::start_with(Setup { demo: true, public_url, ..Setup::default() }).await;
    host.warm();
    let staff = host.staff_with("miriam@ashgrove.example", "demo-miriam").await;
    let get = async |path: String| staff.get(&path).await.expect(200);
    // Lists are pages of rows, or rows alone; a row is the thing, or says what it is to the matter.
    let of = |list: &Value, name: &str| {
        let rows = list.as_array().map_or_else(|| items(list), Vec::as_slice);
        let mut things = rows.iter().map(|row| if row["contact"].is_object() { &row["contact"] } else { row });
        text(things.find(|row| text(row, "name").contains(name)).unwrap_or_else(|| panic!("no {name} in {list}")), "id")
    };
    let matter = of(&get("/api/matters?limit=200".into()).await, "Hartley v Brightwater");
    let contact = of(&get(format!("/api/matters/{matter}/contacts")).await, "Hartley");
    let document = of(&get(format!("/api/matters/{matter}/documents?limit=200")).await, "Letter of engagement");
    let user = of(&get("/api/users".into()).await, "Miriam");
    let one = || "1".to_owned();
    let values = BTreeMap::from([
        ("matter", matter),
        ("contact", contact),
        ("document", document),
        ("user", user),
        ("version", one()),
        ("n", one()),
        ("page", one()),
        ("at", one()),
        ("name", "base.css".into()),
        ("letter", one()),
        ("provider", one()),
        ("session", one()),
        ("upload", one()),
    ]);
    Demo { host, staff, values }
}

impl Demo {
    /// The paths of the pages that this person is shown.
    async fn pages(&self, person: &Person) -> Vec<String> {
        let mut pages = Vec::new();
        for route in routes() {
            let path = filled(&route, &self.values);
            let answer = person.get(&path).await;
            if answer.status == 200 && answer.headers["content-type"].as_bytes().starts_with(b"text/html") {
                pages.push(path);
            }
        }
        pages
    }
}

/// Looks at one page in every way; what is wrong with it is added to `faults`.
#[track_caller]
fn look_at(browser: &Browser, path: &str, faults: &mut Vec<String>) {
    for (dark, looked_at) in [(true, 360), (false, 1280)] {
        browser.dark(dark);
        browser.size(looked_at, 900);
        browser.forget_files();
        browser.go(path);
        browser.is_quiet();
        let found = browser.axe().unwrap_or_default();
        faults.extend(found.into_iter().map(|fault| format!("{path}, dark {dark}, {looked_at} px: {fault}")));
        faults
            .extend(dialogs(browser).into_iter().map(|fault| format!("{path}, dark {dark}, {looked_at} px: {fault}")));
        for width in [360, 768, 2560, looked_at] {
            browser.size(width, 900);
            let wider = browser.overflow();
            if wider > 0 {
                faults.push(format!("{path}: {wider} px wider than {width} px: {}", browser.what_overflows()));
            }
            if browser.cut_navigations() > 0 {
                faults.push(format!("{path}: a bar that scrolls in itself, at {width} px"));
            }
        }
    }
    // Whoever wants nothing to move sees other colours at once.
    browser.dark(true);
    let gradual = "return document.getAnimations().filter((one) => one instanceof CSSTransition).length";
    if browser.run(gradual, json!([])) != 0 {
        faults.push(format!("{path}: changes its colours gradually"));
    }
    let (bytes, files) = browser.transferred();
    eprintln!("{path}: {bytes} bytes in {files} files");
    if bytes > BUDGET {
        faults.push(format!("{path}: {bytes} bytes in {files} files"));
    }
    faults.extend(browser.complaints().into_iter().map(|complaint| format!("{path}: {complaint}")));
}

/// Opens each dialog and each menu of the page, and looks at it. Of those that many rows have, one is looked at.
fn dialogs(browser: &Browser) -> Vec<String> {
    let all = "const kinds = new Map([...document.querySelectorAll('dialog[id], [popover][id]')].map((one) => [one.id.replace(/[0-9a-f-]*\\d[0-9a-f-]*$/, ''), one.id])); \
               return [...kinds.values()]";
    let open =
        "const it = document.getElementById(arguments[0]); if (it.showModal) it.showModal(); else it.showPopover()";
    let close = "const it = document.getElementById(arguments[0]); if (it.close) it.close(); else it.hidePopover()";
    let mut faults = Vec::new();
    for id in browser.run(all, json!([])).as_array().into_iter().flatten() {
        browser.run(open, json!([id]));
        let selector = format!("[id='{}']", id.as_str().unwrap_or_default());
        let found = browser.axe_in(&selector).unwrap_or_default();
        faults.extend(found.into_iter().map(|fault| format!("{selector}: {fault}")));
        let wider = browser.run(
            "const it = document.querySelector(arguments[0]); return it.scrollWidth - it.clientWidth",
            json!([selector]),
        );
        if wider.as_i64().is_none_or(|wider| wider > 0) {
            faults.push(format!("{selector}: {wider} px wider than it may be"));
        }
        browser.run(close, json!([id]));
    }
    faults
}

/// Looks at those of this person's pages to which `these` agrees.
async fn suit_everybody(demo: &Demo, person: &Person, these: impl Fn(&String) -> bool) {
    let Some(browser) = Browser::open(&demo.host, "somebody") else { return };
    browser.bring_cookies(person);
    let mut pages = demo.pages(person).await;
    pages.retain(these);
    let mut faults = Vec::new();
    for page in &pages {
        look_at(&browser, page, &mut faults);
    }
    assert!(pages.len() > 1, "{pages:?}");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_before_signing_in_suits_everybody() {
    let demo = demo().await;
    suit_everybody(&demo, &demo.host.stranger(), |_| true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_customer_suits_everybody() {
    let demo = demo().await;
    let anybodys = demo.pages(&demo.host.stranger()).await;
    let customer = demo.host.customer("eleanor.hartley@mail.example").await;
    suit_everybody(&demo, &customer, |page| !anybodys.contains(page)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_matter_suits_everybody() {
    let demo = demo().await;
    suit_everybody(&demo, &demo.staff, |page| page.contains(&demo.values["matter"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_page_of_staff_suits_everybody() {
    let demo = demo().await;
    let anybodys = demo.pages(&demo.host.stranger()).await;
    suit_everybody(&demo, &demo.staff, |page| !page.contains(&demo.values["matter"]) && !anybodys.contains(page)).await;
}
