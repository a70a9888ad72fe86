//! How a command ends before its time.

use std::fmt;

use crate::{app::StartError, config::ConfigError, web::Problem};

/// What the process's status tells.
pub mod exit {
    /// All is well.
    pub const OK: u8 = 0;
    /// It did not work, or what was checked does not hold.
    pub const FAILED: u8 = 1;
    /// The command line cannot be understood.
    pub const USAGE: u8 = 2;
    /// Something that this host depends on is not there.
    pub const UNAVAILABLE: u8 = 69;
    /// Try again later.
    pub const TEMPORARY: u8 = 75;
    /// The settings cannot be used.
    pub const CONFIG: u8 = 78;
    /// Ended by Ctrl-C before all was done.
    pub const INTERRUPTED: u8 = 130;
    /// Ended by SIGTERM before all was done.
    pub const TERMINATED: u8 = 143;
}

/// Why a command stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// One of [`exit`].
    pub code: u8,
    /// What did not work.
    pub error: String,
    /// Why; empty where that says nothing more.
    pub cause: String,
    /// What to do; empty where nobody knows.
    pub hint: String,
}

impl Stop {
    /// With all its words.
    pub fn new(code: u8, error: impl Into<String>, cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, error: error.into(), cause: cause.into(), hint: hint.into() }
    }

    /// A failure at run time.
    pub fn failed(error: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self::new(exit::FAILED, error, cause.to_string(), "")
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.error)?;
        for (word, text) in [("cause", &self.cause), ("hint", &self.hint)] {
            if !text.is_empty() {
                writeln!(f, "{word}: {text}")?;
            }
        }
        Ok(())
    }
}

impl From<ConfigError> for Stop {
    fn from(error: ConfigError) -> Self {
        Self::new(exit::CONFIG, error.what, error.cause, error.hint)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        let code = if problem.status.as_u16() == 503 { exit::TEMPORARY } else { exit::FAILED };
        Self::new(code, "the records cannot be used", format!("{problem} {}", problem.detail), "the log says more")
    }
}

impl From<StartError> for Stop {
    fn from(error: StartError) -> Self {
        let (code, hint) = match &error {
            StartError::Folder { .. } => (exit::CONFIG, "name another folder with --data-dir, or mend its rights"),
            StartError::Store(_) => {
                (exit::TEMPORARY, "check the data folder; another version of this program may have written it")
            }
            StartError::Blobs(_) => (exit::UNAVAILABLE, "check documents.url"),
            StartError::PluginFile { .. } => (exit::CONFIG, "check --plugin"),
            StartError::KeptPlugin(_) => {
                (exit::CONFIG, "`client-connect plugin set` keeps another one, `client-connect plugin unset` none")
            }
            StartError::Records(_) => (exit::TEMPORARY, ""),
            StartError::Plugin(_) => (exit::CONFIG, "`client-connect check FILE` prints what does not fit"),
            StartError::Mail(_) => (exit::CONFIG, "check the settings of mail"),
            StartError::Preview(_) => (exit::CONFIG, "check the settings of preview"),
            StartError::Listen { .. } => (exit::UNAVAILABLE, "name another address with --listen"),
            StartError::KeyFile { .. } => {
                (exit::CONFIG, "put back the file that was there, or name it with --key-file")
            }
            StartError::Key(_) => (exit::TEMPORARY, ""),
        };
        let said = error.to_string();
        let cause = std::error::Error::source(&error).map(ToString::to_string).filter(|cause| !said.contains(cause));
        Self::new(code, said, cause.unwrap_or_default(), hint)
    }
}
