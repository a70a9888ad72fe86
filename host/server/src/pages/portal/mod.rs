//! The pages of the firm's customers.

use axum::Router;

use crate::app::SharedApp;

/// The pages of this module.
pub fn routes() -> Router<SharedApp> {
    Router::new()
}
