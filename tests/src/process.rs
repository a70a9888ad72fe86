//! The program itself, in a process of its own, on a folder that was made for it: so it can be killed, traced, and
//! started again on what it has left.
//!
//! The program lies beside the test that runs; one that is older than its source is refused.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use client_connect::{
    blobs::Blobs,
    config::Documents,
    store::{
        self, SqliteBackend,
        verify::{self, Finding},
    },
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;
use tempfile::TempDir;

#[cfg(target_arch = "x86_64")]
use crate::tracer::{Plan, Watched, watch};
use crate::{
    ground::BEN,
    host::{TestHost, code_in, share_compiled},
    person::Person,
    smtp::MailServer,
};

/// A folder, and the program on it.
#[derive(Debug)]
pub struct Scene {
    /// Where its mails go.
    pub mail: MailServer,
    /// When it was made, ms: what is older came with the copy.
    pub since: u64,
    folder: TempDir,
    /// Set if the program sees another file system than others do: how large it is, in MiB.
    small: Option<u32>,
    /// Set if the records, the documents and the key are those of other hosts.
    beside: Option<Beside>,
    program: Option<Program>,
}

/// What hosts beside each other have in common.
#[derive(Clone, Debug)]
struct Beside {
    postgres: String,
    documents: PathBuf,
    key: PathBuf,
}

/// The program while it runs.
#[derive(Debug)]
struct Program {
    child: Child,
    /// The program's own, whatever was put before it.
    pid: Pid,
    base: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    /// One in which there is nothing yet.
    ///
    /// # Panics
    /// If there is no room for it.
    pub fn empty() -> Self {
        let nothing = TempDir::new().expect("a folder");
        share_compiled(&nothing.path().join("data")).expect("a folder for the compiled plugin");
        Self::copy_of(nothing.path())
    }

    /// A host beside this one, on the database at this address.
    ///
    /// # Panics
    /// If there is no room for it.
    pub fn beside(host: &TestHost, postgres: &str) -> Self {
        let mut scene = Self::empty();
        let Documents::Folder(documents) = host.config.documents.clone() else { panic!("documents lie in a folder") };
        let (postgres, key) = (postgres.to_owned(), host.config.key_file.clone());
        scene.mail = host.mail.clone();
        scene.beside = Some(Beside { postgres, documents, key });
        scene
    }

    pub(crate) fn copy_of(folder: &Path) -> Self {
        let from = folder.join(".");
        let folder = TempDir::new().expect("a folder");
        let copied = Command::new("cp").arg("-a").arg(from).arg(folder.path()).status().expect("cp");
        assert!(copied.success(), "the folder is copied");
        Self {
            mail: MailServer::start().expect("a port for the mail server"),
            since: now(),
            folder,
            small: None,
            beside: None,
            program: None,
        }
    }

    /// Another one, with all that this one has. What runs on it may do nothing at this moment.
    ///
    /// # Panics
    /// If the disk has no room for it.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::copy_of(&self.place())
    }

    /// Where all of it lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the documents.
    pub fn documents(&self) -> PathBuf {
        self.place().join("documents")
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.place().join("data/client-connect.db")
    }

    /// Where the program works: as it sees it itself, if that is another place than it looks from here.
    pub fn place(&self) -> PathBuf {
        match self.small {
            None => self.folder().to_owned(),
            Some(_) => Path::new("/proc").join(self.pid().to_string()).join("root").join(self.small_disk()),
        }
    }

    /// Where the small disk is, below the root.
    fn small_disk(&self) -> PathBuf {
        self.folder().join("small").strip_prefix("/").map(Path::to_owned).unwrap_or_default()
    }

    /// Starts the program on a disk that has only so many MiB, and is gone with it. Answers none where the system lets
    /// nobody have a file system of their own.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn start_on_small_disk(&mut self, mib: u32) -> Option<String> {
        let able = |how: &&&[&str]| {
            let tried = Command::new("unshare").args(**how).args(["mount", "-t", "tmpfs", "none", "/mnt"]).output();
            tried.is_ok_and(|tried| tried.status.success())
        };
        let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
        let how = ways.iter().find(able)?;
        let (from, small) = (self.folder().to_owned(), self.folder().join("small"));
        fs::create_dir(&small).expect("a place for the disk");
        let lay = format!(
            "set -e; mount -t tmpfs -o size={mib}m none {small}; cp -a {from}/data {from}/documents {small}; exec \"$@\"",
            small = small.display(),
            from = from.display(),
        );
        let before: Vec<&str> = ["unshare"].iter().chain(how.iter()).copied().chain(["sh", "-c", &lay, "sh"]).collect();
        self.small = Some(mib);
        Some(self.start_under(&before))
    }

    /// Starts the program.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn start(&mut self) -> String {
        self.start_under(&[])
    }

    /// The same, with this command before its own: a tracer.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn start_under(&mut self, before: &[&str]) -> String {
        self.launch(before, |_| ()).unwrap_or_else(|said| panic!("the program does not serve: {said:#?}"))
    }

    /// Starts it watched from its first call on. Answers where it serves, if it comes so far.
    ///
    /// # Panics
    /// If it cannot be watched.
    #[cfg(target_arch = "x86_64")]
    pub fn start_watched(&mut self, plan: Plan) -> (Option<String>, Watched) {
        let mut watched = None;
        let served = self.launch(&WHEN_TOLD, |child| {
            watched = Some(watch(pid_of(child), plan));
            let mut told = child.stdin.take().expect("its input");
            told.write_all(b"\n").expect("it waits to be told");
        });
        (served.ok(), watched.expect("it is watched"))
    }

    /// Starts the program with this command before its own; `begin` sees it as soon as it is there. Answers where it
    /// serves, or what it said in the place of that.
    fn launch(&mut self, before: &[&str], begin: impl FnOnce(&mut Child)) -> Result<String, Vec<String>> {
        assert!(self.program.is_none(), "one at a time");
        let program = program();
        let place = if self.small.is_some() { self.folder().join("small") } else { self.folder().to_owned() };
        let mut command = match before {
            [] => Command::new(program),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        let child = command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--public-url",
                "http://127.0.0.1",
                "--requests-per-second",
                "0",
            ])
            .args(["--mail-host", "127.0.0.1", "--mail-protection", "none", "--mail-port"])
            .arg(self.mail.address().port().to_string())
            .args(["--log-level", "warn,client_connect::cli=info", "--data-dir"])
            .arg(place.join("data"))
            .arg("--documents-folder")
            .arg(self.beside.as_ref().map_or_else(|| place.join("documents"), |beside| beside.documents.clone()))
            .args(self.beside.iter().flat_map(|beside| ["--key-file".into(), beside.key.clone()]))
            .env_clear()
            .envs(self.beside.iter().map(|beside| ("CLIENT_CONNECT_DATABASE_URL", &beside.postgres)))
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn();
        let mut child = child.expect("the program runs");
        begin(&mut child);
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let addr = lines.by_ref().find_map(|line| {
            let addr = line.contains("serving").then(|| plain(&line)).and_then(|line| {
                let (_, after) = line.split_once("addr=")?;
                after.split_whitespace().next().map(str::to_owned)
            });
            said.push(line);
            addr
        });
        let Some(addr) = addr else {
            child.wait().ok();
            return Err(said);
        };
        let log = Arc::new(Mutex::new(said));
        let kept = log.clone();
        thread::spawn(move || lines.for_each(|line| kept.lock().unwrap_or_else(PoisonError::into_inner).push(line)));
        let pid = pid_of(&child);
        // A tracer has a child; what only prepares has become the program itself.
        let pid = if before.first() == Some(&"strace") { only_child(pid) } else { pid };
        let base = format!("http://{addr}");
        self.program = Some(Program { child, pid, base: base.clone(), log });
        Ok(base)
    }

    /// The process that runs.
    ///
    /// # Panics
    /// If none does.
    pub fn pid(&self) -> Pid {
        self.program.as_ref().expect("it runs").pid
    }

    /// Where it answers.
    ///
    /// # Panics
    /// If it does not run.
    pub fn base(&self) -> &str {
        &self.program.as_ref().expect("it runs").base
    }

    /// What the program has said.
    pub fn log(&self) -> Vec<String> {
        let log = self.program.as_ref().map(|program| program.log.lock().unwrap_or_else(PoisonError::into_inner));
        log.map(|log| log.clone()).unwrap_or_default()
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.end(Signal::SIGKILL);
    }

    /// Ends it as its operator would.
    pub fn stop(&mut self) {
        self.end(Signal::SIGTERM);
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut program) = self.program.take() {
            // One that has ended already is what was asked for.
            kill(program.pid, signal).ok();
            // Whoever watches it may have been told of its end in our place.
            program.child.wait().ok();
        }
    }

    /// What does not hold in the folder. Nothing may run on it.
    ///
    /// # Panics
    /// If the records cannot be read at all.
    pub fn broken(&self) -> Vec<Finding> {
        let (store, blobs) = (self.store(), Blobs::folder(&self.documents()).expect("the documents"));
        let documents = self.documents();
        let settings = verify::Settings { noted: &[], folder: Some(&documents), now: now() };
        let findings = verify::verify(&store, &blobs, &settings).expect("records that can be read");
        assert!(findings.len() > 20, "all checks ran: {findings:?}");
        findings.into_iter().filter(|finding| !finding.holds()).collect()
    }

    /// The records.
    ///
    /// # Panics
    /// If they cannot be opened.
    pub fn store(&self) -> SqliteBackend {
        SqliteBackend::open(self.database(), store::Options::new("http://127.0.0.1")).expect("records")
    }

    /// Signs a customer in by the code that is mailed to them. None, if the program ends before, or they asked too often.
    pub async fn sign_in(&self, address: &str) -> Option<Person> {
        let person = Person::new(self.base().to_owned());
        let codes =
            || self.mail.mails_to(address).into_iter().filter_map(|mail| code_in(&mail.text)).collect::<Vec<_>>();
        let mut tried = codes().len();
        let asked = person.try_post("/api/sign-in/portal", json!({ "email": address })).await.ok()?;
        if asked.status != 202 {
            return None;
        }
        for _ in 0..200 {
            if let Some(code) = codes().get(tried) {
                let answer = person.try_post("/api/sign-in/portal/code", json!({ "code": code })).await.ok()?;
                match answer.status.as_u16() {
                    // A code that was asked for before a kill, and was mailed only now.
                    401 => tried += 1,
                    429 => return None,
                    _ => {
                        answer.expect(200);
                        return Some(person);
                    }
                }
                continue;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        None
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the program said: {:#?}", self.log());
        }
        self.kill();
    }
}

/// The second contact's address, for tests that sign them in.
pub const LOOKER: &str = BEN;

/// The time, ms.
///
/// # Panics
/// If the clock stands before 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    u64::try_from(since.as_millis()).expect("a time")
}

/// A line of the log without colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| line + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Becomes the program once it is told to.
#[cfg(target_arch = "x86_64")]
const WHEN_TOLD: [&str; 4] = ["sh", "-c", "read -r told; exec \"$@\"", "sh"];

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("an id"))
}

/// The program that a tracer has started.
fn only_child(tracer: Pid) -> Pid {
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).expect("its children");
    Pid::from_raw(children.trim().parse().expect("one child"))
}

/// The program, to be run with a command of its own: it knows nothing of the environment here.
pub fn command() -> Command {
    let mut command = Command::new(program());
    command.env_clear();
    command
}

/// The program, as new as its source.
fn program() -> PathBuf {
    let test = env::current_exe().expect("the test's own file");
    let folder = test.ancestors().nth(2).expect("the folder of what was built");
    let program = folder.join("client-connect");
    let built = fs::metadata(&program).and_then(|file| file.modified());
    let built = built.unwrap_or_else(|error| panic!("{}: {error}; `cargo test` builds it", program.display()));
    let sources = fs::read_to_string(folder.join("client-connect.d")).unwrap_or_default();
    let newer = sources.split_whitespace().skip(1).find(|source| {
        source.ends_with(".rs") && fs::metadata(source).and_then(|file| file.modified()).is_ok_and(|at| at > built)
    });
    assert!(
        newer.is_none(),
        "{} is older than {}; `cargo build` builds it",
        program.display(),
        newer.unwrap_or_default()
    );
    program
}
