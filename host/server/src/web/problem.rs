//! Every answer that is not a success: one JSON shape (RFC 9457) with a stable code for programs.
//!
//! A problem says the same for the same cause, byte for byte: what is not there and what is not the asker's read
//! alike, and nothing of the request (no path, no id, no request id) is in the body.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use client_connect_runtime::{
    Broke, Failure,
    types::{self as contract, HostError, Refusal},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::sql::disk_full;

/// The media type of every error's body.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for a program and for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The answer's status.
    pub status: StatusCode,
    /// Stable: a program may decide by it.
    pub code: &'static str,
    /// One sentence for a person; empty where the title says all.
    pub detail: Cow<'static, str>,
    /// One for each thing at fault, in the plugin's words where the plugin refused.
    pub errors: Vec<Fault>,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
}

/// One thing at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Stable: a program may decide by it.
    pub code: Cow<'static, str>,
    /// A sentence in the asker's language.
    pub message: String,
    /// What it is about, by the keys `contact`, `document`, `user`, `field`.
    pub attributes: BTreeMap<String, String>,
}

impl From<contract::Problem> for Fault {
    fn from(problem: contract::Problem) -> Self {
        Self {
            code: Cow::Owned(problem.code),
            message: problem.message,
            attributes: problem.attributes.into_iter().collect(),
        }
    }
}

/// How a [`Problem`] is written.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'p> {
    /// The status in words.
    title: &'static str,
    /// The answer's status.
    status: u16,
    /// Stable: a program may decide by it.
    code: &'static str,
    /// One sentence for a person.
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'p str,
    /// One for each thing at fault.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'p [Fault],
}

impl Problem {
    /// A problem with a code and one sentence.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// Not there, or not for the asker to know.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "")
    }

    /// Nobody is signed in.
    pub fn sign_in_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign-in-needed", "Sign in first.")
    }

    /// The asker may see it, but not do this.
    pub fn denied(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "denied", detail)
    }

    /// What was sent cannot be accepted.
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// One field of what was sent cannot be accepted; `code` is the fault's.
    pub fn field(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let mut problem = Self::invalid("");
        problem.errors.push(Fault {
            code: Cow::Borrowed(code),
            message: message.into(),
            attributes: BTreeMap::from([("field".to_owned(), field.to_owned())]),
        });
        problem
    }

    /// The state of things stands against it.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// Something is broken on this side. The cause goes to the log, never into the answer.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request broke off");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "broken", "Something went wrong here. Nothing was changed.")
    }

    /// Try again in a moment.
    pub fn unavailable(code: &'static str, detail: impl Into<Cow<'static, str>>, retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail) }
    }

    /// The problem that a bare status stands for, for answers made outside of our handlers.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            400 => "bad-request",
            401 => return Self::sign_in_needed(),
            403 => "denied",
            404 => return Self::not_found(),
            405 => "method-not-allowed",
            408 => "too-slow",
            409 => "conflict",
            413 => "too-large",
            415 => "unsupported-media-type",
            416 => "range-not-satisfiable",
            422 => "invalid",
            429 => "too-many-requests",
            503 => return Self::unavailable("unavailable", "", 5),
            status if status < 500 => "refused",
            _ => "broken",
        };
        Self::new(status, code, "")
    }

    fn with(mut self, problems: Vec<contract::Problem>) -> Self {
        self.errors = problems.into_iter().map(Fault::from).collect();
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.errors,
        };
        // A struct of strings and numbers always serialises.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut answer = (self.status, body).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl std::error::Error for Problem {}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::Invalid(problems) => Self::invalid("").with(problems),
            Refusal::Denied(problems) => Self::denied("").with(problems),
            Refusal::Conflict(problems) => Self::conflict("conflict", "").with(problems),
            Refusal::Unavailable(problems) => Self::unavailable("unavailable", "", 5).with(problems),
            Refusal::Other(problems) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", "").with(problems),
        }
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Invalid(cause) => {
                tracing::debug!(%cause, "the store found a request invalid");
                Self::invalid("")
            }
            HostError::NotFound(_) => Self::not_found(),
            HostError::Conflict(_) => Self::conflict("conflict", ""),
            HostError::Unavailable(cause) => {
                tracing::warn!(%cause, "the store does not answer");
                Self::unavailable("unavailable", "", 5)
            }
            HostError::LimitExceeded(cause) => {
                tracing::debug!(%cause, "a request is over a limit");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "limit-exceeded", "")
            }
            HostError::Other(cause) if crate::store::is_disk_full(&cause) => {
                tracing::error!(%cause, "the disk is full");
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "storage-full",
                    "There is no room left. Nothing was changed.",
                )
            }
            HostError::Other(cause) => Self::internal(cause),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Backend(error) => error.into(),
            Failure::Busy | Failure::Conflict { .. } => Self::unavailable("busy", "Too much at once.", 1),
            Failure::Quarantined { .. } => {
                Self::unavailable("quarantined", "The rules of Client Connect are out of service.", 60)
            }
            Failure::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-reused",
                "This Idempotency-Key was used for another request.",
            ),
            Failure::Broken { reason: Broke::Unavailable, .. } => {
                tracing::warn!(cause = %failure, "the store does not answer");
                Self::unavailable("unavailable", "", 5)
            }
            Failure::Broken { .. } => Self::internal(failure),
        }
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                tracing::warn!(cause = %error, "the store does not answer");
                Self::unavailable("unavailable", "", 5)
            }
            Some(rusqlite::ErrorCode::DiskFull) => HostError::Other(disk_full(&error.to_string())).into(),
            _ => Self::internal(error),
        }
    }
}

impl From<PathRejection> for Problem {
    /// A path that cannot be read names nothing.
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid(rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        Self::of_status(rejection.status())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let detail = match &rejection {
            JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => rejection.body_text(),
            JsonRejection::MissingJsonContentType(_) => "Send application/json.".to_owned(),
            _ => String::new(),
        };
        Self { detail: detail.into(), ..Self::of_status(rejection.status()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(problem: Problem) -> String {
        let answer = problem.into_response();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_is_not_there_says_nothing_but_that() {
        let text = text(Failure::Refused(Refusal::NotFound).into()).await;
        assert_eq!(text, r#"{"title":"Not Found","status":404,"code":"not-found"}"#);
    }

    #[tokio::test]
    async fn a_refusal_keeps_the_plugins_codes() {
        let refusal = Refusal::Invalid(vec![contract::Problem {
            code: "access.same-address".to_owned(),
            message: "Ann has this address too.".to_owned(),
            attributes: vec![("contact".to_owned(), "c1".to_owned())],
        }]);
        let text = text(refusal.into()).await;
        assert!(text.contains(r#""code":"access.same-address""#), "{text}");
        assert!(text.contains(r#""attributes":{"contact":"c1"}"#), "{text}");
    }

    #[tokio::test]
    async fn the_cause_of_a_breakage_stays_in_the_log() {
        let text = text(Problem::internal("no such table: secrets")).await;
        assert!(!text.contains("secrets"), "{text}");
    }

    #[test]
    fn each_status_has_a_code() {
        for status in 400..600 {
            let status = StatusCode::from_u16(status).unwrap();
            let problem = Problem::of_status(status);
            assert_eq!(problem.status, status);
            assert!(!problem.code.is_empty());
        }
    }
}
