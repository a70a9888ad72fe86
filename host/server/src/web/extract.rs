//! What handlers take out of a request. Whatever cannot be taken is a [`Problem`], never plain text.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{JSON_LIMIT, bytes::receive, problem::Problem};

/// A JSON body, in both directions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = not_too_large(request).await?;
        let axum::Json(body) = in_time(axum::Json::from_request(request, state)).await?;
        Ok(Self(body))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => json_bytes(body),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// An answer that is JSON already.
pub(crate) fn json_bytes(body: impl Into<Bytes>) -> Response {
    let mut answer = Response::new(axum::body::Body::from(body.into()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// How long the body of a request may take that brings no file.
const PATIENCE: Duration = Duration::from_secs(30);

/// Refuses a body that says itself that it is too large. The answer to a sender who is still sending would be lost
/// with the connection: so it is read on for a little.
pub(crate) async fn not_too_large(request: Request) -> Result<Request, Problem> {
    if receive::announced(request.headers()).is_none_or(|length| length <= JSON_LIMIT as u64) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    Err(receive::refuse(&parts.headers, body, Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE)).await)
}

/// Reads a body, for a while: whoever sends it byte by byte does not hold a connection for ever.
pub(crate) async fn in_time<T, E>(reading: impl Future<Output = Result<T, E>>) -> Result<T, Problem>
where
    Problem: From<E>,
{
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(body) => Ok(body?),
        Err(_) => Err(Problem::of_status(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// The query string.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(query) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(query))
    }
}

/// The path's parameters. One that cannot be read is of something that is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(path) = axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(path))
    }
}

/// For a field of a change that may be `null`: `None` where it is not named, `Some(None)` where it is `null`.
///
/// # Errors
/// As the field's own type.
pub(crate) fn some<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}
