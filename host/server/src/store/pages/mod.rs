//! Lists of documents, a page at a time.

use client_connect_runtime::{
    backend::Viewer,
    types::{DocumentFilter, DocumentPage, HostError, MatterId, Page},
};

use super::SqliteTx;

pub(super) fn find(
    _tx: &SqliteTx,
    _viewer: &Viewer,
    _matter: &MatterId,
    _filter: &DocumentFilter,
    _page: &Page,
) -> Result<DocumentPage, HostError> {
    Err(HostError::Unavailable("lists are not built yet".into()))
}
