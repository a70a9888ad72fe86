//! What every area needs to speak SQL: errors in the contract's words, lists and attributes as JSON, times.

use client_connect_runtime::types::{Attributes, HostError, Timestamp};
use rusqlite::{
    ErrorCode, ffi,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

/// What fails here fails as the contract says it.
pub(crate) trait Host<T> {
    /// The same, with the error in the contract's words.
    fn host(self) -> Result<T, HostError>;
}

impl<T> Host<T> for rusqlite::Result<T> {
    fn host(self) -> Result<T, HostError> {
        self.map_err(host_error)
    }
}

const DISK_FULL: &str = "disk-full: ";

const IO_ERROR: &str = "io-error: ";

/// Whether the disk failed, and nobody knows what it has kept.
pub(super) fn is_io_error(said: &str) -> bool {
    said.starts_with(IO_ERROR)
}

/// Whether this failure, from a statement or from a commit, means that the disk is full.
#[must_use]
pub fn is_disk_full(said: &str) -> bool {
    said.starts_with(DISK_FULL)
}

/// A failure that is told from others by [`is_disk_full`].
pub(crate) fn disk_full(what: &str) -> String {
    [DISK_FULL, what].concat()
}

/// For the log: what SQLite says, with the kinds that somebody must act upon in front.
pub(super) fn describe(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        // What several connections share is a file too.
        _ if error.sqlite_error().is_some_and(|cause| cause.extended_code == ffi::SQLITE_IOERR_SHMSIZE) => {
            disk_full(&error.to_string())
        }
        Some(ErrorCode::DiskFull) => disk_full(&error.to_string()),
        Some(ErrorCode::SystemIoFailure) => [IO_ERROR, &error.to_string()].concat(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ["damaged: ", &error.to_string()].concat(),
        _ => error.to_string(),
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

pub(super) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

pub(super) fn host_error(error: rusqlite::Error) -> HostError {
    let said = describe(&error);
    match error {
        rusqlite::Error::QueryReturnedNoRows => HostError::NotFound(said),
        rusqlite::Error::SqliteFailure(cause, _) => match (cause.code, cause.extended_code) {
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted, _) => {
                HostError::Unavailable(said)
            }
            (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => HostError::NotFound(said),
            (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                HostError::Conflict(said)
            }
            (ErrorCode::TooBig, _) => HostError::LimitExceeded(said),
            _ => HostError::Other(said),
        },
        _ => HostError::Other(said),
    }
}

pub(super) fn not_found(what: &str) -> HostError {
    HostError::NotFound(what.to_owned())
}

/// Ids as the JSON array that `json_each` reads: one statement for a list of any length.
pub(super) fn list<S: AsRef<str> + serde::Serialize>(ids: &[S]) -> String {
    serde_json::to_string(ids).unwrap_or_else(|_| "[]".to_owned())
}

/// Milliseconds as SQLite keeps them.
pub(crate) fn ms(at: Timestamp) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// Milliseconds as the contract passes them.
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::try_from(ms).unwrap_or(0)
}

/// Attributes as a JSON object of strings.
#[derive(Debug)]
pub(super) struct Attrs(pub(super) Attributes);

impl FromSql for Attrs {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        if text == "{}" {
            return Ok(Self(Vec::new()));
        }
        let object: std::collections::BTreeMap<String, String> =
            serde_json::from_str(text).map_err(|error| FromSqlError::Other(Box::new(error)))?;
        Ok(Self(object.into_iter().collect()))
    }
}

/// The other way: a key that stands there twice counts once, with its last value.
pub(super) struct AttrsRef<'a>(pub(super) &'a Attributes);

impl ToSql for AttrsRef<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        if self.0.is_empty() {
            return Ok(ToSqlOutput::from("{}"));
        }
        let object: std::collections::BTreeMap<&str, &str> =
            self.0.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        serde_json::to_string(&object)
            .map(ToSqlOutput::from)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}
