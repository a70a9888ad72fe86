//! Chromium and its driver: where they are, that their absence is said aloud, and the wire to them.
//!
//! One `chromedriver` serves all browsers of a test binary and ends with the last of them. It speaks WebDriver, the W3C's
//! protocol: JSON over HTTP, which needs no library beyond the HTTP client that the tests have anyway.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    thread,
};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{runtime::Handle, task::block_in_place};

/// The environment variable that makes a test fail that cannot be run; its value is `all`.
pub const ALL: &str = "CLIENT_CONNECT_TESTS";

/// The programs that drive a browser.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    chromium: PathBuf,
    chromedriver: PathBuf,
}

/// Where the programs are; none, once that was said aloud, if one is missing.
///
/// # Panics
/// If one is missing and every test is to be run.
pub(super) fn programs() -> Option<&'static Programs> {
    static FOUND: OnceLock<Option<Programs>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let found = find("chromium").or_else(|| find("google-chrome")).zip(find("chromedriver"));
        found.map(|(chromium, chromedriver)| Programs { chromium, chromedriver })
    });
    if found.is_none() {
        missing("Chromium and its driver", "apt-get install chromium chromium-driver");
    }
    found.as_ref()
}

/// Says on the terminal, once for each of them, what is missing and how it is installed: past the test harness, which
/// shows the output of tests that fail, and none of those that could not be run.
///
/// # Panics
/// If every test is to be run.
pub fn missing(what: &str, command: &str) {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    assert!(env::var(ALL).as_deref() != Ok("all"), "missing: {what}; to install it: {command}");
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.iter().any(|known| known == what) {
        said.push(what.to_owned());
        let line = format!("\nNOT TESTED, as it is missing: {what}. To install it: {command}\n");
        // Who has no terminal to read it on has lost nothing.
        std::io::stderr().write_all(line.as_bytes()).ok();
    }
}

fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A `chromedriver` that runs; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    child: Child,
    base: String,
    // Browsers leave folders behind in the one for temporary files: this one goes with the driver.
    _folder: TempDir,
}

impl Driver {
    /// The one of this test binary.
    fn shared(programs: &Programs) -> Arc<Self> {
        static RUNNING: Mutex<Weak<Driver>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let driver = Arc::new(Self::start(programs));
            *running = Arc::downgrade(&driver);
            driver
        })
    }

    fn start(programs: &Programs) -> Self {
        let folder = TempDir::new().expect("a folder for temporary files");
        let mut command = Command::new(&programs.chromedriver);
        command.env("TMPDIR", folder.path());
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("chromedriver starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = lines.find_map(|line| {
            let line = line.expect("what chromedriver says");
            line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        // It goes on talking, and would stop if nobody listened.
        thread::spawn(move || lines.for_each(drop));
        Self { child, base: format!("http://127.0.0.1:{}", port.expect("chromedriver says its port")), _folder: folder }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What the driver refused.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    /// The protocol's name for it.
    pub(super) error: String,
    /// In words.
    pub(super) message: String,
}

/// One running browser, by its driver.
#[derive(Debug)]
pub(super) struct Session {
    path: String,
    client: Client,
    runtime: Handle,
    _driver: Arc<Driver>,
}

impl Session {
    /// Starts a browser with these options of Chromium's driver.
    ///
    /// # Panics
    /// If it does not start, or no runtime with several threads is there.
    pub(super) fn start(programs: &Programs, mut options: Value) -> Self {
        options["binary"] = json!(programs.chromium);
        let driver = Driver::shared(programs);
        let client = Client::builder().no_proxy().build().expect("an HTTP client");
        let mut session = Self { path: driver.base.clone(), client, runtime: Handle::current(), _driver: driver };
        let wanted = json!({ "browserName": "chrome", "goog:loggingPrefs": { "browser": "ALL" }, "goog:chromeOptions": options });
        let begun = session.send(Method::POST, "/session", json!({ "capabilities": { "alwaysMatch": wanted } }));
        let begun = begun.unwrap_or_else(|refused| panic!("no browser: {refused:?}"));
        session.path = format!("{}/session/{}", session.path, begun["sessionId"].as_str().expect("the session's id"));
        session
    }

    /// A command of the protocol, below the session, and its value.
    ///
    /// # Errors
    /// What the driver refused.
    ///
    /// # Panics
    /// If the driver does not answer.
    pub(super) fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Refused> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.path));
        if method == Method::POST {
            request = request.json(&body);
        }
        // A test's body may block: it runs beside the host's threads, not on one of them.
        let work = async { request.send().await.expect("the driver answers").json::<Value>().await };
        let answer = block_in_place(|| self.runtime.block_on(work)).expect("the driver answers JSON");
        let value = answer["value"].clone();
        match value["error"].as_str() {
            Some(error) => {
                let message = value["message"].as_str().unwrap_or_default();
                let message = message.lines().next().unwrap_or_default().to_owned();
                Err(Refused { error: error.to_owned(), message })
            }
            None => Ok(value),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.send(Method::DELETE, "", Value::Null).ok();
    }
}
