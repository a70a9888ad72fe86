//! The JSON API under `/api`: for staff, for the portal, and for signing in; and what holds for all of it.
//!
//! | module | what it is |
//! |---|---|
//! | `problem` | the one shape of every error |
//! | `extract` | what handlers take out of a request |
//! | `write` | idempotency keys and dry runs |
//! | `edge` | request ids, the log, security headers, deadlines |
//! | `session` | who is signed in |
//! | `sign_in` | signing in and out |
//! | `policy` | who may ask what: the table of all routes |
//! | `password` | passwords of staff |
//! | `health` | how the host is |
//! | `client` | which client asks, and how often it may |
//! | `preview` | pictures of pages |
//! | `types` | the contract's records as JSON |
//! | `staff` | what the firm's own people do |

use std::num::NonZeroU32;

use axum::{Router, extract::DefaultBodyLimit, response::IntoResponse};
use tower_http::{catch_panic::CatchPanicLayer, csrf::CsrfLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::app::{App, SharedApp};

pub mod bytes;
pub mod client;
pub mod edge;
pub mod extract;
pub mod health;
mod openapi;
pub mod password;
pub mod policy;
pub mod portal;
pub(crate) mod preview;
pub mod problem;
pub mod session;
pub mod sign_in;
pub mod staff;
pub mod types;
pub mod write;

pub use extract::{Json, Path, Query};
pub use openapi::openapi;
pub use problem::Problem;
pub use write::Asked;

/// The most that a JSON body may hold, in bytes.
pub const JSON_LIMIT: usize = 1 << 20;

/// What the web needs to know of the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The origin at which people reach this host, without a slash at the end.
    pub public_url: String,
    /// Whether that is https: then cookies are `Secure`, and browsers are told to stay with it.
    pub https: bool,
    /// How many proxies stand before this host and write `X-Forwarded-For`.
    pub trusted_proxies: u8,
    /// Requests a second that one client may make, whatever it asks for; none: any number.
    pub requests_per_second: Option<NonZeroU32>,
    /// The size of the largest file that may be uploaded, in bytes.
    pub upload_limit: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            https: false,
            trusted_proxies: 0,
            requests_per_second: NonZeroU32::new(100),
            upload_limit: 300 << 20,
        }
    }
}

/// All routes with all layers. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: limits count
/// by the peer's address.
pub fn router(app: SharedApp) -> Router {
    let edge = edge::Edge::new(&app.web);
    let csrf = csrf(&app.web.public_url);
    let (routes, _) = api().split_for_parts();
    let routes =
        routes.merge(openapi::route()).merge(health::routes()).merge(crate::pages::routes(app.mailer.is_mailbox()));
    policy::guarded(routes)
        .fallback(crate::pages::nothing)
        .layer(axum::middleware::from_fn_with_state(app.clone(), crate::room::look_where_full))
        .layer(DefaultBodyLimit::max(JSON_LIMIT))
        .layer(csrf)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(edge, edge::edge))
        .with_state(app)
}

/// Every described route.
fn api() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::with_openapi(openapi::head()).merge(staff::routes()).merge(portal::routes()).merge(sign_in::routes())
}

/// Runs `work` on a thread that may block: all that touches the store or the plugin. It runs to its end even if the
/// client goes away, so that a request is done whole or not at all.
///
/// # Errors
/// What `work` answers, and `broken` if it panics.
pub async fn blocking<T: Send + 'static>(
    app: &SharedApp,
    work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let (app, span) = (app.clone(), tracing::Span::current());
    match tokio::task::spawn_blocking(move || span.in_scope(|| work(&app))).await {
        Ok(answer) => answer,
        Err(error) => Err(Problem::internal(error)),
    }
}

type Rejection = fn(tower_http::csrf::ProtectionError) -> axum::response::Response;

/// Refuses what another site makes a browser send: by `Sec-Fetch-Site`, and by `Origin` where that is missing.
fn csrf(public_url: &str) -> CsrfLayer<Rejection> {
    let layer = match CsrfLayer::new().add_trusted_origin(public_url) {
        Ok(layer) => layer,
        // Then only a request whose `Origin` equals its `Host` passes.
        Err(error) => {
            tracing::warn!(%error, "the public URL is no origin");
            CsrfLayer::new()
        }
    };
    layer.with_rejection_response(|_| {
        Problem::new(axum::http::StatusCode::FORBIDDEN, "cross-site", "Another site may not ask this.").into_response()
    })
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::internal(message.unwrap_or("a panic without words")).into_response()
}

#[cfg(test)]
pub(crate) mod tests;
