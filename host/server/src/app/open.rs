//! What a host or a command opens by its settings, each alone: the folders, the records, the documents' bytes, what draws
//! pages. And why that may fail.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use client_connect_preview::{Command, Converter, OfficeComponent, Previews, Service};
use client_connect_runtime::{LoadError, Runtime};

use crate::{
    blobs::Blobs,
    config::{Config, Documents},
    store::{self, SqliteBackend, SqliteTx, secrets},
    vault::Vault,
    web::Problem,
};

/// Why a host does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made or used.
    #[error("the data folder {path:?} cannot be used: {source}")]
    Folder {
        /** Which. */
        path: PathBuf,
        /** Why. */
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] store::OpenError),
    /// The place of the documents' bytes cannot be used.
    #[error("the documents' store cannot be used: {0}")]
    Blobs(String),
    /// The plugin's file cannot be read.
    #[error("the plugin {path:?} cannot be read: {source}")]
    PluginFile {
        /** Which. */
        path: PathBuf,
        /** Why. */
        #[source]
        source: std::io::Error,
    },
    /// The plugin cannot be run.
    #[error(transparent)]
    Plugin(#[from] LoadError),
    /// The plugin that the records keep cannot be run.
    #[error("the plugin that the records keep for all hosts does not run here: {0}")]
    KeptPlugin(#[source] LoadError),
    /// The records cannot be read.
    #[error("the records cannot be read: {0}")]
    Records(Problem),
    /// What shows documents cannot be used.
    #[error("preview.converter cannot be used: {0}")]
    Preview(String),
    /// The mail server's settings cannot be used.
    #[error("{0}")]
    Mail(String),
    /// The address cannot be listened on.
    #[error("{addr} cannot be listened on: {source}")]
    Listen {
        /** Which. */
        addr: SocketAddr,
        /** Why. */
        #[source]
        source: std::io::Error,
    },
    /// The file with the key cannot be used.
    #[error("the key {path:?} cannot be used: {source}")]
    KeyFile {
        /** Which. */
        path: PathBuf,
        /** Why. */
        #[source]
        source: std::io::Error,
    },
    /// The host's own key cannot be read or made.
    #[error("the host's key cannot be had: {0}")]
    Key(Problem),
}

/// The database's file in the data folder.
const DATABASE: &str = "client-connect.db";

/// The folders in the data folder.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The database's file.
    pub database: PathBuf,
    /// Compiled components.
    pub cache: PathBuf,
    /// Pictures of pages. What is lost there is drawn again.
    pub previews: PathBuf,
}

impl Folders {
    /// Makes the data folder, for this user alone, if it is not there.
    ///
    /// # Errors
    /// [`StartError::Folder`].
    pub fn open(data_dir: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::Folder { path: data_dir.to_owned(), source };
        make_private(data_dir).map_err(failed)?;
        let data_dir = data_dir.canonicalize().map_err(failed)?;
        let cache = data_dir.join("cache");
        make_private(&cache).map_err(failed)?;
        Ok(Self { database: data_dir.join(DATABASE), cache, previews: data_dir.join("previews") })
    }
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The records that are there, without a plugin: for commands that only look at them.
///
/// # Errors
/// As [`StartError`] says; [`StartError::Folder`] if there are none.
pub fn open_existing(config: &Config) -> Result<SqliteBackend, StartError> {
    if config.postgres.is_none()
        && let Err(source) = std::fs::metadata(config.data_dir.join(DATABASE))
    {
        return Err(StartError::Folder { path: config.data_dir.clone(), source });
    }
    open_store(config)
}

/// The records alone, without a plugin; made if they are not there.
///
/// # Errors
/// As [`StartError`] says.
pub fn open_store(config: &Config) -> Result<SqliteBackend, StartError> {
    let folders = Folders::open(&config.data_dir)?;
    Ok(SqliteBackend::open(folders.database, store_options(config))?)
}

pub(super) fn store_options(config: &Config) -> store::Options {
    let journal = Some(Arc::new(store::taken::Journal::new(config.revocations.clone())));
    let (postgres, readers) = (config.postgres.clone(), config.readers);
    store::Options { journal, postgres, readers, ..store::Options::new(&config.public_url) }
}

/// The documents' bytes.
///
/// # Errors
/// [`StartError::Blobs`].
pub fn open_blobs(config: &Config) -> Result<Blobs, StartError> {
    match &config.documents {
        Documents::Folder(folder) => {
            make_private(folder).map_err(|source| StartError::Folder { path: folder.clone(), source })?;
            Blobs::folder(folder).map_err(|error| StartError::Blobs(error.to_string()))
        }
        Documents::S3(settings) => Blobs::s3(settings).map_err(|error| StartError::Blobs(error.to_string())),
    }
}

/// The component for office documents, if it lies beside the program, or where its own command builds it beside this one.
fn office_beside() -> Option<PathBuf> {
    const NAME: &str = "client_connect_office.wasm";
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let places = [folder.join(NAME), folder.join("../office/wasm32-wasip2/release").join(NAME)];
    places.into_iter().find(|place| place.is_file())
}

/// What draws pages. Nothing is compiled yet.
pub(super) fn open_previews(
    config: &Config,
    folders: &Folders,
    renderer: &'static [u8],
) -> Result<Previews, StartError> {
    let folder = &folders.previews;
    let failed = |source| StartError::Folder { path: folder.clone(), source };
    make_private(folder).map_err(failed)?;
    let (limits, compiled) = (client_connect_preview::Limits::reference(), Some(folders.cache.clone()));
    let mut converters: Vec<Arc<dyn Converter>> = Vec::new();
    if let Some(path) = config.preview.office.clone().or_else(office_beside) {
        let office = OfficeComponent::new(path.clone(), &limits, compiled.clone());
        converters.push(Arc::new(office.map_err(|source| StartError::PluginFile { path, source })?));
    }
    if let Some(converter) = &config.preview.converter {
        let failed = |error: String| StartError::Preview(error);
        if converter.starts_with("http://") || converter.starts_with("https://") {
            converters.push(Arc::new(Service::new(converter).map_err(|error| failed(error.to_string()))?));
        } else {
            converters.push(Arc::new(Command::new(converter).map_err(|error| failed(error.to_string()))?));
        }
    }
    let renderer = renderer.into();
    Previews::new(client_connect_preview::Settings { renderer, converters, folder: folder.clone(), compiled, limits })
        .map_err(failed)
}

/// Hosts beside each other seal with one key: what another has sealed, this one has to open.
pub(super) fn same_key(runtime: &Runtime<SqliteBackend>, vault: &Vault, file: &Path) -> Result<(), StartError> {
    let own = vault.hash("key-file", "records", b"");
    let known = runtime
        .write(|unit| {
            let tx: &SqliteTx = unit.tx();
            Ok::<_, Problem>(secrets::get_or_put(tx, "key-file", &own)?)
        })
        .map_err(StartError::Key)?;
    if known == own {
        return Ok(());
    }
    let source = std::io::Error::other("it is not the key of the hosts that served these records before");
    Err(StartError::KeyFile { path: file.to_owned(), source })
}
