//! What holds for every request, whichever handler it reaches: an id, one line in the log, the security headers,
//! a deadline, and that every error is a problem.
//!
//! The log names routes, never paths, queries, names or addresses.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{Settings, client, problem::Problem};

/// The id of a request: in the log, in the audit, and in the answer's `X-Request-Id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// The name of the header with the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestId {
    /// The one that a proxy has given it, if it is a plain word, or a new one.
    fn of(headers: &HeaderMap) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        match given.filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain)) {
            Some(id) => Self(id.into()),
            None => Self(uuid::Uuid::new_v4().simple().to_string().into()),
        }
    }
}

/// What the outermost layer needs.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    limiter: Option<Arc<client::Limiter>>,
    settings: Arc<Settings>,
}

impl Edge {
    pub(crate) fn new(settings: &Settings) -> Self {
        let limiter = settings.requests_per_second.map(|limit| Arc::new(client::Limiter::new(limit)));
        Self { limiter, settings: Arc::new(settings.clone()) }
    }
}

/// How long a request without a stream of bytes may take until its answer begins.
const DEADLINE: Duration = Duration::from_secs(30);

/// The outermost layer.
pub(crate) async fn edge(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!(
        "request",
        id = %id.0,
        method = known(&method),
        route = route.as_deref().unwrap_or("none"),
    );
    request.extensions_mut().insert(id.clone());

    let answer = async {
        if let Some(limiter) = &edge.limiter
            && let Err(problem) =
                limiter.check(client::address(request.extensions(), request.headers(), edge.settings.trusted_proxies))
        {
            return problem.into_response();
        }
        if streams(&request) {
            return next.run(request).await;
        }
        match tokio::time::timeout(DEADLINE, next.run(request)).await {
            Ok(answer) => answer,
            Err(_) => Problem::unavailable("too-slow", "This took too long.", 5).into_response(),
        }
    };
    let mut answer = as_problem(answer.instrument(span.clone()).await);
    secure(answer.headers_mut(), edge.settings.https);
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }

    let took = began.elapsed();
    let status = answer.status().as_u16();
    metrics::histogram!(
        "http_request_duration_seconds",
        "route" => route.unwrap_or_else(|| "none".to_owned()),
        "method" => known(&method),
        "status" => status.to_string(),
    )
    .record(took.as_secs_f64());
    span.in_scope(|| {
        let bytes = answer.body().size_hint().exact();
        tracing::info!(status, bytes, ms = took.as_secs_f64() * 1e3, "answered");
    });
    answer
}

/// Methods that a log or a metric may name: a client can invent any number of others.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Whether the request brings a file: that takes as long as it takes, and its handler watches its pace.
fn streams(request: &Request) -> bool {
    let json = || {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.starts_with("application/json"))
    };
    matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) && !json()
}

/// An error that no handler of ours wrote (no such method, a body over its limit) becomes a problem.
fn as_problem(answer: Response) -> Response {
    let status = answer.status();
    let foreign = (status.is_client_error() || status.is_server_error())
        && answer.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !foreign || status == StatusCode::RANGE_NOT_SATISFIABLE {
        return answer;
    }
    let mut problem = Problem::of_status(status).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = answer.headers().get(&name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

/// Headers of every answer. A handler may have set a stricter policy or, for a file whose name is its hash, a
/// longer life: these two it keeps.
fn secure(headers: &mut HeaderMap, https: bool) {
    const ALWAYS: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("permissions-policy"),
            "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), \
             gyroscope=(), hid=(), identity-credentials-get=(), magnetometer=(), microphone=(), midi=(), \
             payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
             xr-spatial-tracking=()",
        ),
    ];
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
    ));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    if https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}
