//! A program of the firm's, for instance LibreOffice: it runs without a network, in namespaces of its own, within limits
//! of time, memory and file size, in a folder that is gone afterwards, and sees none of the host's settings.
//!
//! Where the system cannot shut the network off, there is no such converter: it says so when the host starts.

use std::{
    fs, io,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{self, Stdio},
    time::Duration,
};

use wait_timeout::ChildExt as _;

use super::{Converter, ending, usual};
use crate::{Document, NoPreview};

/// How long one document may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// Bytes of memory, of each process.
const MEMORY: u64 = 4 << 30;
/// Bytes of the largest file that it may write, and of the PDF that is read.
const FILE: u64 = 256 << 20;

/// The program and its words.
#[derive(Clone, Debug)]
pub struct Command {
    words: Vec<String>,
    id: String,
}

/// Why there is no such converter.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command cannot be read.
    #[error(
        "the command {0:?} cannot be read; it is a program and its words, with {{in}} for the document's file and {{out}} for the folder that the PDF is written to"
    )]
    Unreadable(String),
    /// The network cannot be shut off for it.
    #[error("no program can be run without a network here: {0}")]
    Open(String),
}

impl Command {
    /// A command line, in which `{in}` is the document's file, and `{out}` the folder in which a PDF of the same name
    /// is found afterwards: `soffice --headless --convert-to pdf --outdir {out} {in}`.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn new(line: &str) -> Result<Self, CommandError> {
        let words = shlex::split(line).filter(|words| words.iter().any(|word| word.contains("{in}")));
        let words = words.ok_or_else(|| CommandError::Unreadable(line.to_owned()))?;
        let shut = alone(&["true".to_owned()]).stdout(Stdio::null()).stderr(Stdio::piped()).output();
        match shut {
            Ok(shut) if shut.status.success() => Ok(Self { words, id: format!("command {line}") }),
            Ok(shut) => Err(CommandError::Open(String::from_utf8_lossy(&shut.stderr).trim().to_owned())),
            Err(error) => Err(CommandError::Open(format!("unshare: {error}"))),
        }
    }
}

/// These words as a process without a network, and with nothing of the host's environment. All of it ends with it.
fn alone(words: &[String]) -> process::Command {
    let mut command = process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--kill-child=KILL", "--"]);
    command.arg("prlimit");
    command.args([format!("--as={MEMORY}"), format!("--fsize={FILE}")]);
    command.args([format!("--cpu={}", DEADLINE.as_secs()), "--core=0".to_owned(), "--nofile=1024".to_owned()]);
    command.arg("--").args(words).env_clear().stdin(Stdio::null());
    for kept in ["PATH", "LANG"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.process_group(0);
    command
}

impl Converter for Command {
    fn kinds(&self) -> Vec<String> {
        usual()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn convert(&self, document: &Document, bytes: &[u8]) -> Result<Vec<u8>, NoPreview> {
        let broken = |what: &str, error: io::Error| NoPreview::Broken(format!("{what}: {error}"));
        let folder = tempfile::tempdir().map_err(|error| broken("no folder for a converter", error))?;
        let (input, out) =
            (folder.path().join(format!("document.{}", ending(&document.media_type))), folder.path().join("out"));
        let made = fs::write(&input, bytes)
            .and_then(|()| fs::create_dir(&out))
            .and_then(|()| fs::create_dir(folder.path().join("home")));
        made.map_err(|error| broken("no file for a converter", error))?;
        let fill =
            |word: &String| word.replace("{in}", &input.to_string_lossy()).replace("{out}", &out.to_string_lossy());
        let words: Vec<String> = self.words.iter().map(fill).collect();
        let mut command = alone(&words);
        command.current_dir(folder.path()).env("HOME", folder.path().join("home")).env("TMPDIR", folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| broken("the converter does not start", error))?;
        match child.wait_timeout(DEADLINE).map_err(|error| broken("the converter is lost", error))? {
            Some(status) if status.success() => read(&out.join("document.pdf")),
            Some(_) => Err(NoPreview::Damaged),
            None => {
                // With it goes everything that it has started: they share its namespace.
                child.kill().ok();
                child.wait().ok();
                Err(NoPreview::TooLarge)
            }
        }
    }
}

/// The PDF, if it is one file, there, and not too large.
fn read(file: &Path) -> Result<Vec<u8>, NoPreview> {
    match fs::symlink_metadata(file) {
        Ok(about) if about.is_file() && about.len() <= FILE => {
            fs::read(file).map_err(|error| NoPreview::Broken(format!("a converter's PDF: {error}")))
        }
        Ok(about) if about.is_file() => Err(NoPreview::TooLarge),
        // A program that knows no such document often ends well, and writes nothing.
        _ => Err(NoPreview::NoRenderer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        Document {
            sha256: "00".into(),
            name: "--evil; rm -rf $HOME.doc".into(),
            media_type: "application/msword".into(),
            size: 4,
        }
    }

    fn run(line: &str) -> Result<Vec<u8>, NoPreview> {
        Command::new(line).expect("a system that can shut the network off").convert(&document(), b"%PDF-1.7 as it came")
    }

    #[test]
    fn what_it_writes_is_read_and_its_folder_is_gone() {
        let made = run("sh -c 'cp \"$1\" \"$2/document.pdf\"' sh {in} {out}").unwrap();
        assert_eq!(made, b"%PDF-1.7 as it came");
        assert_eq!(run("true {in}"), Err(NoPreview::NoRenderer));
        assert_eq!(run("false {in}"), Err(NoPreview::Damaged));
    }

    #[test]
    fn it_has_no_network_and_none_of_the_hosts_environment() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let reach =
            format!("sh -c 'exec 3<>/dev/tcp/127.0.0.1/{port} && cp \"$1\" \"$2/document.pdf\"' sh {{in}} {{out}}");
        assert!(run(&reach.replacen("sh -c", "bash -c", 1)).is_err(), "the host's own loopback is out of reach");
        let told = run("sh -c 'env > \"$2/document.pdf\"' sh {in} {out}").unwrap();
        let told = String::from_utf8_lossy(&told).into_owned();
        let names: Vec<&str> = told.lines().filter_map(|line| line.split_once('=').map(|(name, _)| name)).collect();
        assert!(!names.iter().any(|name| name.starts_with("CARGO") || name.starts_with("CLIENT_CONNECT")), "{names:?}");
    }

    #[test]
    fn a_link_in_the_place_of_the_pdf_is_not_followed() {
        assert!(run("sh -c 'ln -s /etc/passwd \"$2/document.pdf\"' sh {in} {out}").is_err());
    }

    #[test]
    fn a_line_without_the_document_is_refused() {
        for line in ["", "soffice", "soffice '{in}"] {
            assert!(matches!(Command::new(line), Err(CommandError::Unreadable(_))), "{line}");
        }
    }
}
