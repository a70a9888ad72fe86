//! An S3 server of a test's own, `s3s-fs` in a process: it looks at each request's signature, and keeps what it is given in a
//! folder.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use client_connect::blobs::S3Settings;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::browser::{missing, target};

/// As `.ci/test-tools` installs it.
const VERSION: &str = "0.14.1";
const BUCKET: &str = "documents";
const ACCESS_KEY: &str = "client-connect";
const SECRET_KEY: &str = "a key of the tests alone";

/// The server, gone with this value.
#[derive(Debug)]
pub struct S3 {
    child: Child,
    program: PathBuf,
    port: u16,
    root: TempDir,
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl S3 {
    /// One with an empty bucket; none, once that was said aloud, if it is not installed.
    ///
    /// # Panics
    /// If it is there and does not start.
    pub fn start() -> Option<Self> {
        let program = target().join(format!("s3s-fs-{VERSION}/bin/s3s-fs"));
        if !program.is_file() {
            missing("s3s-fs", ".ci/test-tools");
            return None;
        }
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join(BUCKET)).expect("a bucket");
        let (child, port) = serve(&program, &root, 0);
        Some(Self { child, program, port, root })
    }

    /// How a host reaches it.
    pub fn settings(&self) -> S3Settings {
        S3Settings {
            bucket: BUCKET.into(),
            region: "eu-central-1".into(),
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.to_owned().into(),
            ca: None,
        }
    }

    /// Kills it: whoever asks it is refused a connection.
    pub fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Starts it again where it was, on what it has kept.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        (self.child, self.port) = serve(&self.program, &self.root, self.port);
    }

    /// Has it answer nobody, with its connections open, until [`S3::go_on`].
    ///
    /// # Panics
    /// If it is gone.
    pub fn stand_still(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Has it answer again.
    ///
    /// # Panics
    /// If it is gone.
    pub fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process"));
        kill(pid, signal).expect("it is there");
    }

    /// Puts something into the bucket past every host.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn plant(&self, blob: &str) {
        let folder = self.root.path().join(BUCKET).join(&blob[..2]);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(blob), "of nobody").expect("a file");
    }

    /// The names of what lies in the bucket.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn objects(&self) -> Vec<String> {
        let folders = fs::read_dir(self.root.path().join(BUCKET)).expect("the bucket").flatten();
        let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
        files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn serve(program: &PathBuf, root: &TempDir, port: u16) -> (Child, u16) {
    let mut child = Command::new(program)
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", ACCESS_KEY])
        .args(["--secret-key", SECRET_KEY])
        .arg(root.path())
        .env("RUST_LOG", "s3s_fs=info")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("s3s-fs runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let said = lines.find_map(|line| line.split_once("running at http://127.0.0.1:").map(|(_, rest)| rest.to_owned()));
    let digits: String = said.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    // Whatever it says after that is read, as it would stand still otherwise.
    thread::spawn(move || lines.for_each(drop));
    (child, digits.parse().expect("its port"))
}
