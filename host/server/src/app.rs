//! What every request and every background task shares, and the process around it: opened, served, shut down.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::serve::ListenerExt;
use client_connect_preview::{Command, Converter, OfficeComponent, Previews, Service};
use client_connect_runtime::{Clock, Limits, LoadError, Runtime, SystemClock};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    blobs::{self, Blobs},
    checkpoints::{self, Checkpoints},
    config::{Config, Documents},
    files,
    mail::{self, HostKey, Mailer},
    oidc::Providers,
    plugin,
    room::{self, Room},
    scan::{self, Scanner},
    store::{self, SqliteBackend, SqliteTx, secrets},
    sweeper,
    tree::{self, Tree},
    vault::Vault,
    web::{self, Problem, health::Metrics},
    webhooks::{self, Webhooks},
};

/// Cheap to clone; one for the process.
pub type SharedApp = Arc<App>;

/// The running host. Fields are added by the modules that need them.
#[derive(Debug)]
pub struct App {
    /// The plugin over the database.
    pub runtime: Runtime<SqliteBackend>,
    /// The documents' bytes.
    pub blobs: Blobs,
    /// Pictures of the documents' pages.
    pub previews: Previews,
    /// Whether there is room on the disk.
    pub room: Arc<Room>,
    /// Wakes the dispatcher of notices and letters after a commit that may have left some.
    pub outbox: Notify,
    /// What the web needs to know of the outside.
    pub web: web::Settings,
    /// When sessions were used, until it is written down.
    pub seen: web::session::Seen,
    /// Wakes the maker of sign-in codes.
    pub codes: Notify,
    /// The host's own key.
    pub key: HostKey,
    /// What the records do not hold in the clear.
    pub vault: Vault,
    /// Identity providers of firms.
    pub oidc: Providers,
    /// Where mails go.
    pub mailer: Mailer,
    /// What signs and lists the heads of the audit log.
    pub checkpoints: Checkpoints,
    /// What looks for malware in what comes, if the settings name one.
    pub scanner: Option<Scanner>,
    /// Names this host among those on the same records, also when it was started anew: it lies in the data folder, of which each has
    /// its own.
    pub node: String,
    /// A tree of folders whose files are the documents.
    pub tree: Option<Tree>,
    /// What tells another system what happens here.
    pub webhooks: Option<Webhooks>,
    /// Who is writing which upload at this moment.
    pub uploads: web::bytes::pieces::Turns,
    /// Turns for hashing passwords.
    pub passwords: web::password::Turns,
    /// Set once the host is told to stop: it is not ready any more.
    pub draining: AtomicBool,
    /// Where the plugin comes from.
    pub plugin: plugin::Source,
    /// What is wrong with this host, in a test that has to find it.
    #[cfg(test)]
    pub(crate) planted: crate::planted::Planted,
}

/// What a test or a command sets apart from the settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where mails go; none: to the mail server of the settings, or nowhere.
    pub mailer: Option<Mailer>,
    /// What draws pages: a component that exports the world `client-connect:preview/pages`.
    pub renderer: &'static [u8],
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), mailer: None, renderer: client_connect_embed::RENDERER }
    }
}

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

fn store_options(config: &Config) -> store::Options {
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
fn open_previews(config: &Config, folders: &Folders, renderer: &'static [u8]) -> Result<Previews, StartError> {
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
fn same_key(runtime: &Runtime<SqliteBackend>, vault: &Vault, file: &Path) -> Result<(), StartError> {
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

impl App {
    /// Opens the records, loads the plugin, and makes all ready to serve. Blocks; listens nowhere yet.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub fn open(config: &Config, options: Options) -> Result<SharedApp, StartError> {
        let folders = Folders::open(&config.data_dir)?;
        let previews = open_previews(config, &folders, options.renderer)?;
        let room = Arc::new(Room::keep(folders.database.parent().unwrap_or(&folders.database)));
        let store_options = store::Options { previews: previews.kinds(), room: room.clone(), ..store_options(config) };
        if let Some(journal) = &store_options.journal {
            let failed = |source| StartError::Folder { path: config.revocations.clone(), source };
            journal.begin().map_err(failed)?;
        }
        let checkpoints =
            Checkpoints::open(config).map_err(|source| StartError::Folder { path: config.audit_key(), source })?;
        let backend = SqliteBackend::open(&folders.database, store_options)?;
        let settings = client_connect_runtime::Settings {
            limits: Limits::reference(),
            cache: Some(folders.cache),
            clock: options.clock,
        };
        let (plugin, runtime) = plugin::Source::start(backend, config.plugin.clone(), &settings)?;
        let mailer = match (options.mailer, &config.mail) {
            (Some(mailer), _) => mailer,
            (None, Some(server)) => Mailer::smtp(server).map_err(StartError::Mail)?,
            (None, None) => Mailer::Off,
        };
        let vault = Vault::open(&config.key_file)
            .map_err(|source| StartError::KeyFile { path: config.key_file.clone(), source })?;
        let path = config.data_dir.join("node");
        let node = files::key(&path, || Ok(store::new_id())).map_err(|source| StartError::Folder { path, source })?;
        let mut fresh = [0; 32];
        store::fill_random(&mut fresh);
        let key = runtime
            .write(|unit| {
                let tx: &SqliteTx = unit.tx();
                store::previews::renderer_is(tx, previews.id())?;
                Ok::<_, Problem>(secrets::get_or_put(tx, "host-key", &fresh)?)
            })
            .map_err(StartError::Key)?;
        if config.postgres.is_some() {
            same_key(&runtime, &vault, &config.key_file)?;
        }
        Ok(Arc::new(Self {
            runtime,
            blobs: open_blobs(config)?,
            previews,
            room,
            outbox: Notify::new(),
            web: web::Settings {
                public_url: config.public_url.clone(),
                https: config.https(),
                trusted_proxies: config.trusted_proxies,
                requests_per_second: config.requests_per_second,
                upload_limit: config.upload_limit,
            },
            seen: web::session::Seen::default(),
            codes: Notify::new(),
            key: HostKey::new(key),
            vault,
            oidc: Providers::new(config.oidc.clone()),
            mailer,
            checkpoints,
            scanner: config.scan.clone().map(Scanner::new),
            node,
            tree: config.tree.clone(),
            webhooks: config.webhooks.clone().map(Webhooks::new),
            uploads: web::bytes::pieces::Turns::default(),
            passwords: web::password::Turns::default(),
            draining: AtomicBool::new(false),
            plugin,
            #[cfg(test)]
            planted: crate::planted::Planted::default(),
        }))
    }

    /// Takes the plugin on anew, from wherever it comes; blocks. One that does not pass changes nothing.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn reload_plugin(&self) -> Result<(), StartError> {
        self.plugin.look(&self.runtime, true)
    }
}

/// A host that serves.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where it answers `/metrics`, if anywhere.
    pub metrics_addr: Option<SocketAddr>,
    /// What it shares.
    pub app: SharedApp,
    stop: CancellationToken,
    drain: Duration,
    serving: JoinHandle<std::io::Result<()>>,
    beside: Vec<JoinHandle<()>>,
}

/// Listens and serves, with the background tasks beside it.
///
/// # Errors
/// As [`StartError`] says.
pub async fn serve(config: &Config, options: Options) -> Result<Running, StartError> {
    let opened = config.clone();
    let app = tokio::task::spawn_blocking(move || App::open(&opened, options))
        .await
        .unwrap_or_else(|error| Err(StartError::Blobs(error.to_string())))?;
    serve_app(app, config).await
}

/// The same, for what was opened before.
///
/// # Errors
/// As [`StartError`] says.
pub async fn serve_app(app: SharedApp, config: &Config) -> Result<Running, StartError> {
    let listen = async |addr: SocketAddr| {
        let listener = TcpListener::bind(addr).await.map_err(|source| StartError::Listen { addr, source })?;
        let addr = listener.local_addr().map_err(|source| StartError::Listen { addr, source })?;
        Ok::<_, StartError>((listener, addr))
    };
    let (listener, addr) = listen(config.listen).await?;
    let stop = CancellationToken::new();
    let mut beside = vec![
        tokio::spawn(mail::dispatcher::run(app.clone())),
        tokio::spawn(mail::codes::run(app.clone())),
        tokio::spawn(sweeper::run(app.clone())),
    ];
    // They end nowhere by themselves; what they are in the middle of goes on at the next start.
    let stopped = stop.clone();
    let endless = futures_util::future::join3(
        plugin::keeper(app.clone()),
        tree::keeper(app.clone()),
        futures_util::future::join5(
            blobs::sweeper(app.clone()),
            room::keeper(app.clone()),
            scan::keeper(app.clone()),
            checkpoints::keeper(app.clone()),
            webhooks::keeper(app.clone()),
        ),
    );
    beside.push(tokio::spawn(async move {
        stopped.run_until_cancelled_owned(endless).await;
    }));
    let mut metrics_addr = None;
    if let Some(addr) = config.metrics_listen {
        let (listener, addr) = listen(addr).await?;
        metrics_addr = Some(addr);
        let (router, stop) = (Metrics::install().router(app.clone()), stop.clone());
        beside.push(tokio::spawn(async move {
            let stopped = stop.cancelled_owned();
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the metrics' listener ended");
            }
        }));
    }
    let router = web::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    // Small answers leave at once: with the delay of Nagle's algorithm each would cost forty milliseconds.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
    });
    let stopped = stop.clone().cancelled_owned();
    let serving = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
    Ok(Running { addr, metrics_addr, app, stop, drain: config.drain, serving, beside })
}

impl Running {
    /// Waits until the listener ends by itself, which it does only when something is broken.
    ///
    /// # Errors
    /// What broke.
    pub async fn ended(&mut self) -> std::io::Result<()> {
        (&mut self.serving).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }

    /// Stops: not ready from now on, no new connections, requests under way have their time, then the rest is cut.
    /// Answers whether all of them were done in time.
    pub async fn shut_down(mut self) -> bool {
        self.app.draining.store(true, Ordering::Relaxed);
        self.stop.cancel();
        self.app.outbox.notify_one();
        self.app.codes.notify_one();
        let in_time = tokio::time::timeout(self.drain, &mut self.serving).await.is_ok();
        self.serving.abort();
        for task in &mut self.beside {
            if tokio::time::timeout(Duration::from_secs(5), &mut *task).await.is_err() {
                task.abort();
            }
        }
        let app = self.app.clone();
        if let Err(problem) = web::blocking(&app, sweeper::write_down_uses).await {
            tracing::warn!(%problem, "the last uses of sessions were not written down");
        }
        if let Err(problem) = checkpoints::write_down(&app).await {
            tracing::error!(%problem, "the last checkpoints of the audit log were not written");
        }
        in_time
    }
}
