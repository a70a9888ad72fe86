//! What every request and every background task shares. `open` finds and opens what it is made of, `running` is the
//! process around it.

mod open;
mod running;

use std::sync::{Arc, atomic::AtomicBool};

use client_connect_preview::Previews;
use client_connect_runtime::{Clock, Limits, Runtime, SystemClock};
use tokio::sync::Notify;

pub use open::{Folders, StartError, open_blobs, open_existing, open_store};
use open::{open_previews, same_key, store_options};
pub use running::{Running, serve, serve_app};

use crate::{
    blobs::Blobs,
    checkpoints::Checkpoints,
    config::Config,
    files,
    mail::{HostKey, Mailer},
    oidc::Providers,
    plugin,
    room::Room,
    scan::Scanner,
    store::{self, SqliteBackend, SqliteTx, secrets},
    tree::Tree,
    vault::Vault,
    web::{self, Problem},
    webhooks::Webhooks,
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
