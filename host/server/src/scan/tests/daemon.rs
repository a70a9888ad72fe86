//! Daemons to ask: ClamAV's own, with a database of the test's, and some that are one in name only.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What every scanner knows and nothing is harmed by, in two parts, so that this file is none.
pub(super) fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// ClamAV's daemon on a socket in a temporary folder.
pub(super) struct Clamd {
    folder: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
}

/// Where Debian has it: not in everybody's path.
fn program() -> Option<PathBuf> {
    ["/usr/sbin/clamd", "/usr/local/sbin/clamd", "/usr/bin/clamd"]
        .into_iter()
        .map(PathBuf::from)
        .find(|it| it.is_file())
}

impl Clamd {
    /// With what it takes at most, in bytes. None where it is not installed: that is said, and fails where all tests are
    /// asked for.
    pub(super) fn start(limit: usize) -> Option<Self> {
        if program().is_none() {
            let all = std::env::var("CLIENT_CONNECT_TESTS").is_ok_and(|what| what == "all");
            assert!(!all, "ClamAV's daemon is missing: .ci/test-tools installs it");
            eprintln!("NOT TESTED: ClamAV's daemon is missing; .ci/test-tools installs it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().to_str().unwrap();
        std::fs::create_dir(folder.path().join("db")).unwrap();
        let signature = format!("Eicar-Test-Signature:0:*:{}\n", hex::encode(eicar()));
        std::fs::write(folder.path().join("db/test.ndb"), signature).unwrap();
        // Free a moment ago, and asked for by nobody else.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "LocalSocket {at}/socket\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {at}/db\nTemporaryDirectory {at}\nForeground yes\n\
             StreamMaxLength {limit}\n"
        );
        std::fs::write(folder.path().join("clamd.conf"), settings).unwrap();
        let mut this = Self { folder, port, child: None };
        this.wake();
        Some(this)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Where it can be asked over the network.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it answers.
    pub(super) fn wake(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        let child = Command::new(program().unwrap())
            .arg("-c")
            .arg(self.folder.path().join("clamd.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap());
        let began = Instant::now();
        while !answers(&self.socket()) {
            assert!(began.elapsed() < Duration::from_secs(60), "ClamAV's daemon does not begin to answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.kill();
    }
}

fn answers(socket: &Path) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"zPING\0")?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said)?;
        Ok(said == b"PONG\0")
    };
    ask().unwrap_or(false)
}

/// What a daemon does that is none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Habit {
    /// Takes all in, and says nothing.
    Silent,
    /// Takes nothing in, and says nothing.
    Deaf,
    /// Says this at once, and goes away.
    Says(&'static [u8]),
    /// Takes some, and breaks off.
    BreaksOff,
    /// Says a part of a line, byte by byte, and never its end.
    Trickles,
}

/// A socket with such a daemon behind it, in this folder.
pub(super) fn stub(folder: &Path, habit: Habit) -> PathBuf {
    let path =
        folder.join(format!("{habit:?}").chars().filter(char::is_ascii_alphanumeric).take(40).collect::<String>());
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        // Kept open: what is dropped would be noticed.
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            match habit {
                Habit::Deaf => kept.push(stream),
                Habit::Says(what) => drop(stream.write_all(what)),
                Habit::BreaksOff => drop(stream.read(&mut [0; 100])),
                Habit::Silent => {
                    drop(std::thread::spawn(move || while stream.read(&mut [0; 9999]).is_ok_and(|n| n > 0) {}))
                }
                Habit::Trickles => drop(std::thread::spawn(move || {
                    while stream.write_all(b"s").is_ok() {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                })),
            }
        }
    });
    path
}
