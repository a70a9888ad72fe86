//! The pages of the firm's customers: whole without a script, in their language, and never with a button that the
//! server would refuse.
//!
//! | module | what it is |
//! |---|---|
//! | `reader` | who asks, in which language, and what stands around each page |
//! | `enter` | signing in and out |
//! | `read` | the matters, a matter |
//! | `look` | a document |
//! | `take` | downloads |
//! | `send` | uploads, and their receipt |
//! | `trouble` | what went wrong, in words |

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;

use super::{html, html_of, link, onward, onward_with_cookies, searched, way_back};
use crate::{
    app::{App, SharedApp},
    store::SqliteTx,
    web::{Path, Problem, Query, blocking},
};

mod enter;
mod look;
mod read;
mod reader;
mod send;
mod take;
mod trouble;

#[cfg(test)]
mod tests;

pub(super) use reader::Reader;
use reader::{Entry, show, show_as};
use trouble::failed;
pub(super) use trouble::nothing;

/// The pages of this module.
pub fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/portal", get(enter::door).post(enter::ask))
        .route("/portal/code", get(enter::code).post(enter::redeem))
        .route("/portal/code/again", post(enter::again))
        .route("/portal/sign-out", post(enter::sign_out))
        .route("/portal/language", post(reader::choose))
        .route("/portal/matters/{matter}", get(read::matter))
        .route("/portal/matters/{matter}/documents/{document}", get(look::document))
        .route("/portal/matters/{matter}/documents/{document}/download", get(take::one))
        .route("/portal/matters/{matter}/download-all", get(take::all))
        .route("/portal/matters/{matter}/upload", post(send::upload))
        .route("/portal/matters/{matter}/sent/{at}", get(send::receipt))
}
