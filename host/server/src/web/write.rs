//! How a request changes something: in one unit of work, at most once for each `Idempotency-Key`, or not at all
//! and only to see what would happen (`?dry_run=true`).
//!
//! The answer under a key is stored in the transaction of the change. A refused request stores nothing: sent
//! again, it is asked again.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use client_connect_runtime::{Caller, Unit, types::Actor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    edge::RequestId,
    extract::{in_time, json_bytes, not_too_large},
    problem::Problem,
};
use crate::{app::SharedApp, store::SqliteTx};

/// Under which name a request is to be done at most once: 1 to 255 visible ASCII characters.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Whether this is the stored answer to an earlier request: then nothing was done now.
pub(crate) fn is_replay(answer: &Response) -> bool {
    answer.headers().contains_key(REPLAYED)
}

/// A request to change something, without its body.
#[derive(Clone, Debug)]
pub struct Asked {
    id: Option<String>,
    key: Option<String>,
    route: String,
    /// Runs over all that makes two requests the same.
    digest: Sha256,
    dry_run: bool,
    /// Whether it is done on a full disk too.
    even_when_full: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let path = parts.uri.path();
        let route = parts.extensions.get::<MatchedPath>().map_or(path, MatchedPath::as_str);
        let mut asked = Self {
            id: parts.extensions.get::<RequestId>().map(|id| id.0.as_ref().to_owned()),
            key: key(&parts.headers)?,
            route: format!("{} {route}", parts.method),
            digest: Sha256::new(),
            dry_run: dry_run(parts.uri.query())?,
            even_when_full: false,
        };
        asked.also(path.as_bytes());
        asked.also(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(asked)
    }
}

impl Asked {
    /// Counts `part` to what makes two requests the same: the body, or the hash of an upload.
    pub fn also(&mut self, part: &[u8]) {
        self.digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.digest.update(part);
    }

    /// Under which key it is to be done once, if the request names none.
    pub fn or_key(&mut self, key: &str) {
        self.key.get_or_insert_with(|| key.to_owned());
    }

    /// The request's id, for the audit.
    pub fn request_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// It takes something away from somebody, and so is done on a full disk too, if `so`.
    #[must_use]
    pub fn even_when_full(mut self, so: bool) -> Self {
        self.even_when_full |= so;
        self
    }

    /// Whether it asks what would happen, and no more.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Does `work` in one unit, and answers what it returns with `status`. `work` may run again from its beginning,
    /// on a new transaction. In a dry run all is rolled back, and the status is 200. After a commit the dispatcher
    /// of notices is woken.
    ///
    /// # Errors
    /// What `work` answers; `storage-full` if the disk is full; `key-reused` if the key came with another request before.
    pub async fn run<T: Serialize>(
        self,
        app: &SharedApp,
        mut caller: Caller,
        status: StatusCode,
        mut work: impl FnMut(&mut Unit<'_, SqliteTx>, &Caller) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        if !self.even_when_full {
            app.room.check()?;
        }
        caller.request = self.id;
        let key = self.key.map(|key| format!("{}\n{}\n{key}", subject(&caller.actor), self.route));
        let (dry_run, request) = (self.dry_run, self.digest.finalize().into());
        super::blocking(app, move |app| {
            let mut answer = |unit: &mut Unit<'_, SqliteTx>| {
                let mut answer = status.as_u16().to_be_bytes().to_vec();
                serde_json::to_writer(&mut answer, &work(unit, &caller)?).map_err(Problem::internal)?;
                Ok::<_, Problem>(answer)
            };
            if dry_run {
                let mut answer = with_status(app.runtime.dry_run(answer)?);
                *answer.status_mut() = StatusCode::OK;
                return Ok(answer);
            }
            let (answer, replayed) = match key {
                Some(key) => {
                    let once = app.runtime.once(&key, request, answer)?;
                    (once.answer, once.replayed)
                }
                None => (app.runtime.write(&mut answer)?, false),
            };
            app.outbox.notify_one();
            let mut answer = with_status(answer);
            if replayed {
                answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            }
            Ok(answer)
        })
        .await
    }
}

/// The body of a request that needs none: nothing at all, `null`, or `{}`.
pub type Nothing = Option<Empty>;

/// `{}`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// A request to change something, with its JSON body. Without a body it reads as `null`, for [`Nothing`].
#[derive(Clone, Debug)]
pub struct Write<T> {
    /// What was sent.
    pub body: T,
    /// How to do it.
    pub asked: Asked,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Write<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut asked = Asked::from_request_parts(&mut parts, state).await?;
        let json = is_json(&parts.headers);
        let request = not_too_large(Request::from_parts(parts, body)).await?;
        let body = in_time(Bytes::from_request(request, state)).await?;
        asked.also(&body);
        let body = match (body.is_empty(), json) {
            (true, _) => axum::Json::from_bytes(b"null"),
            (false, true) => axum::Json::from_bytes(&body),
            (false, false) => {
                return Err(Problem {
                    detail: "Send application/json.".into(),
                    ..Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
                });
            }
        };
        let axum::Json(body) = body?;
        Ok(Self { body, asked })
    }
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let visible = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    match key.to_str().ok().filter(visible) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-idempotency-key",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        )),
    }
}

fn dry_run(query: Option<&str>) -> Result<bool, Problem> {
    let mut values = query.unwrap_or_default().split('&').filter_map(|pair| pair.strip_prefix("dry_run="));
    values.next_back().map_or(Ok(false), |value| match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::field("dry_run", "not-a-boolean", "`dry_run` is true or false.")),
    })
}

fn subject(actor: &Actor) -> String {
    match actor {
        Actor::User(user) => format!("user {user}"),
        Actor::Contact(contact) => format!("contact {contact}"),
        Actor::ViewingAs(viewing) => format!("user {} as {}", viewing.user, viewing.contact),
        Actor::Host => "host".to_owned(),
    }
}

/// Stored answers are their status in two bytes, and then their JSON. `null` is no content.
fn with_status(mut answer: Vec<u8>) -> Response {
    let body = answer.split_off(answer.len().min(2));
    let status = answer.try_into().map(u16::from_be_bytes).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = if body == b"null" { Response::default() } else { json_bytes(body) };
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(uri: &str, key: Option<&str>) -> Result<Asked, Problem> {
        let mut request = Request::builder().method("POST").uri(uri);
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        Asked::from_request(request.body(axum::body::Body::empty()).unwrap(), &()).await
    }

    #[tokio::test]
    async fn a_dry_run_is_asked_for_by_name() {
        assert!(asked("/x?dry_run=true", None).await.unwrap().dry_run);
        assert!(!asked("/x?dry_run=false", None).await.unwrap().dry_run);
        assert!(!asked("/x", None).await.unwrap().dry_run);
        assert_eq!(asked("/x?dry_run=1", None).await.unwrap_err().status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[tokio::test]
    async fn keys_are_visible_ascii() {
        assert_eq!(asked("/x", Some("abc")).await.unwrap().key.as_deref(), Some("abc"));
        for bad in ["", "a b", "é", &"x".repeat(256)] {
            assert_eq!(asked("/x", Some(bad)).await.unwrap_err().code, "bad-idempotency-key", "{bad:?}");
        }
    }

    #[tokio::test]
    async fn parts_do_not_run_into_each_other() {
        let mut one = asked("/x", None).await.unwrap();
        let mut other = one.clone();
        one.also(b"ab");
        one.also(b"c");
        other.also(b"a");
        other.also(b"bc");
        assert_ne!(one.digest.finalize(), other.digest.finalize());
    }

    #[test]
    fn answers_keep_their_status() {
        let mut stored = 201u16.to_be_bytes().to_vec();
        stored.extend(b"{}");
        assert_eq!(with_status(stored).status(), StatusCode::CREATED);
        assert_eq!(with_status(b"\x00\xccnull".to_vec()).status(), StatusCode::NO_CONTENT);
    }
}
