//! What every request and every background task shares.

use std::sync::Arc;

use client_connect_runtime::Runtime;

use crate::store::SqliteBackend;

/// Cheap to clone; one for the process.
pub type SharedApp = Arc<App>;

/// The running host. Fields are added by the modules that need them.
#[derive(Debug)]
pub struct App {
    /// The plugin over the database.
    pub runtime: Runtime<SqliteBackend>,
    /// Wakes the dispatcher of notices and letters after a commit that may have left some.
    pub outbox: tokio::sync::Notify,
    /// The documents' bytes.
    pub blobs: crate::blobs::Blobs,
    /// What the web needs to know of the outside.
    pub web: crate::web::Settings,
    /// When sessions were used, until it is written down.
    pub seen: crate::web::session::Seen,
    /// Wakes the maker of sign-in codes.
    pub codes: tokio::sync::Notify,
}
