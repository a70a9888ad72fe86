//! How a call ends when it does not answer, and whose fault that was.

use crate::types::{HostError, Refusal};

/// Why there is no answer. Nothing of the call is kept, whichever it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The plugin says no, in its own words.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// More calls than the limits allow are running; try again in a moment.
    #[error("too many calls at once")]
    Busy,
    /// The plugin trapped too often and waits for somebody to look at it.
    #[error("the plugin is in quarantine after {strikes} traps in a row")]
    Quarantined {
        /** How many. */
        strikes: u32,
    },
    /// Other transactions came first, at each of the tries.
    #[error("other transactions came first, {tries} times")]
    Conflict {
        /** How many. */
        tries: u32,
    },
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The backend failed outside of a call of the plugin.
    #[error("the backend failed: {0:?}")]
    Backend(HostError),
    /// The call broke off. Its author is named, for whoever has to mend it.
    #[error("{export} broke off ({blame:?}, {reason:?}): {detail}")]
    Broken {
        /** The function that was called. */
        export: &'static str,
        /** Who has to mend it. */
        blame: Blame,
        /** What broke it off. */
        reason: Broke,
        /** For the log: a trap's message and backtrace, and the end of what the guest wrote to stderr. */
        detail: String,
    },
}

/// Who has to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /** The plugin. */
    Guest,
    /** The host, or its backend. */
    Host,
}

/// What broke a call off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broke {
    /// The guest trapped: a panic, an unreachable, a stack overflow.
    Trap,
    /// It ran past its deadline.
    Deadline,
    /// It wanted more memory, tables or instances than its limits allow.
    Memory,
    /// It handed over or asked for more than its limits allow: bytes, rows, notices, host calls.
    Budget,
    /// The host panicked in an import.
    Panic,
    /// The backend did not answer.
    Unavailable,
}

/// What an import throws to end the call at once: the guest gets no chance to go on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Stop {
    pub(crate) blame: Blame,
    pub(crate) reason: Broke,
    pub(crate) detail: String,
}

impl Stop {
    pub(crate) fn guest(reason: Broke, detail: impl Into<String>) -> Self {
        Self { blame: Blame::Guest, reason, detail: detail.into() }
    }

    /// What `export` ended with, and what the guest had written by then.
    pub(crate) fn into_failure(self, export: &'static str, written: &str) -> Failure {
        let detail =
            if written.is_empty() { self.detail } else { format!("{}\nthe plugin wrote:\n{written}", self.detail) };
        Failure::Broken { export, blame: self.blame, reason: self.reason, detail }
    }
}
