//! A person at a real browser: Chromium, with a profile of their own, that does what they would do.
//!
//! What is looked for is named as a person names it, by the words on a button or at a field; only what can be seen is
//! found, and while a dialog is open only what is in it. Whatever is looked for is waited for. A browser that is closed
//! has complained of nothing: no error of a script, no breach of the content security policy, no file that was not
//! there, unless the test said that it would. If the test fails, what was on the screen lies beside the binaries.

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::host::TestHost;

mod axe;
mod driver;
mod entering;
mod files;
mod keys;
mod looks;
mod part;

pub use driver::{ALL, missing};
use driver::{Refused, Session};
pub use part::Part;

/// How long a person waits for anything.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a browser is, before somebody uses it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Whether pages may run scripts.
    pub scripts: bool,
    /// Whether the reader wants it dark.
    pub dark: bool,
    /// How wide the page is, in CSS pixels.
    pub width: u32,
    /// How high it is.
    pub height: u32,
}

impl Default for Kind {
    fn default() -> Self {
        Self { scripts: true, dark: false, width: 1280, height: 900 }
    }
}

/// A browser.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    base: String,
    /// Whose it is, for the message of a test that fails.
    whose: String,
    expected: std::cell::RefCell<Vec<String>>,
    profile: TempDir,
}

impl Browser {
    /// One at the host's first page, with a profile of its own; none, once that was said aloud, if this machine has no
    /// Chromium.
    ///
    /// # Panics
    /// If it does not start, or is missing where every test is to be run.
    pub fn open(host: &TestHost, whose: &str) -> Option<Self> {
        Self::open_as(host, whose, Kind::default())
    }

    /// One of this kind.
    ///
    /// # Panics
    /// As `open` does.
    pub fn open_as(host: &TestHost, whose: &str, kind: Kind) -> Option<Self> {
        let programs = driver::programs()?;
        let profile = TempDir::new().expect("a folder for a browser's profile");
        let folder = |name: &str| profile.path().join(name).to_string_lossy().into_owned();
        fs::create_dir(folder("downloads")).expect("a folder for downloads");
        let mut arguments = vec![
            format!("--user-data-dir={}", folder("profile")),
            "--headless=new".into(),
            "--lang=en-GB".into(),
            // What it would ask of the world by itself, and what a short life has no use for.
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-default-apps".into(),
            "--disable-extensions".into(),
            "--disable-features=Translate,OptimizationHints,MediaRouter".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--disable-sync".into(),
            "--disable-dev-shm-usage".into(),
            "--no-first-run".into(),
            "--no-proxy-server".into(),
        ];
        // Chromium's own sandbox refuses to work for root.
        if fs::metadata("/proc/self").is_ok_and(|own| is_root(&own)) {
            arguments.push("--no-sandbox".into());
        }
        let mut preferences = json!({
            "download.default_directory": folder("downloads"),
            "download.prompt_for_download": false,
            "intl.accept_languages": "en-GB,en",
        });
        if !kind.scripts {
            preferences["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        let session = Session::start(programs, json!({ "args": arguments, "prefs": preferences }));
        let browser =
            Self { session, base: host.base.clone(), whose: whose.into(), expected: Vec::new().into(), profile };
        browser.size(kind.width, kind.height);
        browser.dark(kind.dark);
        Some(browser)
    }

    /// Opens a page of the host, or of another if it is a whole address.
    ///
    /// # Panics
    /// If the browser cannot.
    #[track_caller]
    pub fn go(&self, path: &str) {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.ask(Method::POST, "/url", json!({ "url": url }));
    }

    /// Loads the page anew.
    #[track_caller]
    pub fn reload(&self) {
        self.ask(Method::POST, "/refresh", json!({}));
    }

    /// Goes back, as by the browser's button.
    #[track_caller]
    pub fn back(&self) {
        self.ask(Method::POST, "/back", json!({}));
    }

    /// The path of the page, with its query.
    #[track_caller]
    pub fn path(&self) -> String {
        let url = self.url();
        url.strip_prefix(&self.base).map_or(url.clone(), str::to_owned)
    }

    fn url(&self) -> String {
        self.ask(Method::GET, "/url", Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// What a script in the page answers; `arguments` are at its hand.
    ///
    /// # Panics
    /// If it throws.
    #[track_caller]
    pub fn run(&self, script: &str, arguments: Value) -> Value {
        self.ask(Method::POST, "/execute/sync", json!({ "script": script, "args": arguments }))
    }

    /// Waits until a script in the page answers true.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn until(&self, what: &str, script: &str) {
        self.wait(what, || {
            let answer = self.session.send(Method::POST, "/execute/sync", json!({ "script": script, "args": [] }));
            // A page that is just leaving answers nothing.
            answer.is_ok_and(|answer| answer == true).then_some(())
        });
    }

    /// Waits until `done` has something.
    ///
    /// # Panics
    /// If patience runs out.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut done: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(done) = done() {
                return done;
            }
            assert!(
                Instant::now() < deadline,
                "{} waited in vain: {what}\nat {}\n{}",
                self.whose,
                self.url(),
                self.text()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until nothing is being fetched any more, so that the page is as its scripts have drawn it.
    #[track_caller]
    pub fn is_quiet(&self) {
        // Two looks at the same number of files, with a frame drawn in between and nothing said to be on its way.
        const QUIET: &str = "const done = arguments[0]; const count = () => performance.getEntriesByType('resource').length; \
                             const before = count(); \
                             setTimeout(() => done(count() === before && !document.querySelector('[aria-busy=true]')), 60)";
        self.wait("the page to come to rest", || {
            let answer = self.session.send(Method::POST, "/execute/async", json!({ "script": QUIET, "args": [] }));
            answer.is_ok_and(|answer| answer == true).then_some(())
        });
    }

    /// Everything that can be read on the page, in the dialog that is open, if one is.
    #[track_caller]
    pub fn text(&self) -> String {
        const TEXT: &str = "const modal = [...document.querySelectorAll('dialog')].filter((one) => one.matches(':modal')).at(-1); \
                            return (modal ?? document.body).innerText.replace(/[\\u2066-\\u2069]/g, '').replace(/\\s+/g, ' ')";
        let answer = self.session.send(Method::POST, "/execute/sync", json!({ "script": TEXT, "args": [] }));
        answer.ok().and_then(|answer| answer.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The tabs that are open.
    #[track_caller]
    pub fn tabs(&self) -> Vec<String> {
        let tabs = self.ask(Method::GET, "/window/handles", Value::Null);
        tabs.as_array().expect("tabs").iter().filter_map(|tab| tab.as_str().map(str::to_owned)).collect()
    }

    /// Turns to another tab.
    #[track_caller]
    pub fn turn_to(&self, tab: &str) {
        self.ask(Method::POST, "/window", json!({ "handle": tab }));
    }

    /// A command of Chromium's own protocol.
    ///
    /// # Panics
    /// If Chromium refuses it.
    #[track_caller]
    pub fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.ask(Method::POST, "/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// From now on, complaints that have these words in them are no fault.
    pub fn expect_complaint(&self, words: &str) {
        self.expected.borrow_mut().push(words.to_owned());
    }

    /// What the browser has complained of since it was last asked, and the test has not said it would.
    pub fn complaints(&self) -> Vec<String> {
        let Ok(entries) = self.session.send(Method::POST, "/se/log", json!({ "type": "browser" })) else {
            return Vec::new();
        };
        let entries = entries.as_array().cloned().unwrap_or_default();
        let grave = entries.iter().filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        let said = grave.filter_map(|entry| entry["message"].as_str().map(str::to_owned));
        let expected = self.expected.borrow();
        said.filter(|said| !expected.iter().any(|words| said.contains(words))).collect()
    }

    #[track_caller]
    fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.session.send(method, path, body);
        answer.unwrap_or_else(|Refused { error, message }| panic!("{}: {path}: {error}: {message}", self.whose))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking() {
            return self.leave_evidence();
        }
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{}'s browser complained: {complaints:#?}", self.whose);
    }
}

impl Browser {
    /// Of a test that fails: where it was, what was to be read there, and a picture.
    fn leave_evidence(&self) {
        let folder = target().join("tmp/browser");
        let test = thread::current().name().unwrap_or("test").replace("::", "-");
        let picture = folder.join(format!("{test}-{}.png", self.whose.replace(['@', '/'], "-")));
        let shot = self.session.send(Method::GET, "/screenshot", Value::Null).ok();
        let shot = shot.and_then(|shot| Some(looks::decode(shot.as_str()?)));
        fs::create_dir_all(&folder).ok();
        shot.and_then(|shot| fs::write(&picture, shot).ok());
        let url = self.session.send(Method::GET, "/url", Value::Null).ok();
        eprintln!("{} was at {}\n{}", self.whose, url.unwrap_or_default(), self.text());
        eprintln!("picture: {}\ncomplaints: {:#?}", picture.display(), self.complaints());
    }
}

/// The folder that the build writes to.
pub fn target() -> PathBuf {
    let binary = env::current_exe().expect("a binary that runs");
    let found = binary.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    found.map_or_else(|| Path::new("target").to_owned(), Path::to_owned)
}

#[cfg(unix)]
fn is_root(own: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    own.uid() == 0
}

#[cfg(not(unix))]
fn is_root(_: &fs::Metadata) -> bool {
    false
}

/// The reference that the driver gave for an element.
fn id_of(element: &Value) -> &str {
    const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
    element[ELEMENT].as_str().expect("an element")
}
