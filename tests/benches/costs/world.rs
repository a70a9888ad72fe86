//! What is measured in: for each size a data folder of its own, as a server would have it, with one firm, one matter
//! of so many documents, ten contacts, and 200 documents shared with the first of them.

use std::{path::Path, sync::Arc};

use client_connect::store::{self, SqliteBackend, contacts, firms, matters, users};
use client_connect_runtime::{
    Backend, Limits, Runtime, Settings, SystemClock, Tx,
    backend::Mode,
    exports::{self, Export, access, sharing},
    types::{AccessChange, Actor, DocumentFilter, Lane, Pair, SortKey},
};

use crate::calls::caller;

/// The store that all of this is measured over.
pub(crate) type Store = SqliteBackend;

/// Everything that can go wrong while the stage is set.
pub(crate) type Setup<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The password of the one user.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Documents that are shared with the first contact.
pub(crate) const SHARED: usize = 200;

/// One size's data folder, open.
pub(crate) struct World {
    pub(crate) documents: usize,
    pub(crate) runtime: Runtime<Store>,
    pub(crate) matter: String,
    pub(crate) owner: String,
    pub(crate) owner_email: String,
    /// Has access, may download, and is shown [`SHARED`] documents.
    pub(crate) contact: String,
    pub(crate) contact_email: String,
    pub(crate) contacts: Vec<String>,
    /// What the contact is shown.
    pub(crate) shared: Vec<String>,
    /// Not shared with anybody.
    unshared: Vec<String>,
    folder: tempfile::TempDir,
}

impl World {
    /// Makes the folder and everything in it.
    pub(crate) fn new(documents: usize, cache: &Path) -> Setup<Self> {
        let folder = tempfile::tempdir()?;
        let backend = SqliteBackend::open(folder.path().join(DATABASE), store::Options::new("http://127.0.0.1"))?;
        let settings = Settings { limits: Limits::reference(), cache: Some(cache.to_owned()), clock: Arc::new(SystemClock) };
        let runtime = Runtime::new(backend, &settings, client_connect_embed::PLUGIN)?;
        let now = runtime.now();
        let firm = firms::Firm {
            id: store::new_id(),
            name: "Ashgrove".into(),
            enabled: true,
            fallback_user: None,
            sender: "portal@ashgrove.example".into(),
            mail_hold: 120,
            when_closed: "read-only".into(),
            attributes: Vec::new(),
        };
        todo!()
    }
}
