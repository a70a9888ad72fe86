//! A running host of a test's own: data folder, database, plugin, sockets and mail server are all real.
//!
//! It starts on a free port of the loopback interface and is gone, with its folder, when it is dropped. The
//! firm and its users are put in as the command line would; everything else a test does over HTTP.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client_connect::{
    app::{self, App, Options, Running},
    blobs::S3Settings,
    config::{Audit, Config, Documents, Log, Preview},
    demo,
    mail::smtp::{Mailer, Protection, Server},
    oidc::Provider,
    scan,
    store::{
        self, Postgres, firms, users,
        verify::{Settings, verify},
    },
    web::Problem,
};
use client_connect_runtime::{Clock, SystemClock};
use tempfile::TempDir;

use crate::{
    person::{Answer, Person},
    scanner,
    smtp::{Mail, MailServer},
};

/// Every user of a test's firm signs in with this.
pub const PASSWORD: &str = "correct horse battery staple";

/// What a test sets apart from the usual.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Seconds for which the firm's mails wait.
    pub mail_hold: u32,
    /// Bytes that an upload may have.
    pub upload_limit: u64,
    /// Where people reach it.
    pub public_url: String,
    /// Whether mails go to the demo's mailbox, and none to the mail server.
    pub mailbox: bool,
    /// Whether the demo's firms are there, in the place of the test's own.
    pub demo: bool,
    /// What looks for malware.
    pub scan: Option<scan::Settings>,
    /// The component for office documents.
    pub office: Option<PathBuf>,
    /// Identity providers of firms.
    pub oidc: Vec<Provider>,
    /// The address of a database in PostgreSQL, for records that are not in a file.
    pub postgres: Option<String>,
    /// A bucket for the documents' bytes, in the place of a folder.
    pub bucket: Option<S3Settings>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            mail_hold: 0,
            upload_limit: 300 * 1024 * 1024,
            public_url: "http://127.0.0.1".into(),
            mailbox: false,
            demo: false,
            scan: None,
            office: None,
            oidc: Vec::new(),
            postgres: None,
            bucket: None,
        }
    }
}

/// A host that serves, and the mail server beside it.
#[derive(Debug)]
pub struct TestHost {
    /// Where it is, without a slash at the end.
    pub base: String,
    /// What it has mailed.
    pub mail: MailServer,
    /// The settings that it runs with.
    pub config: Config,
    running: Option<Running>,
    folder: TempDir,
}

impl TestHost {
    /// Starts one as usual.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// Starts one.
    ///
    /// # Panics
    /// If it does not start: the test has nothing to go on with.
    pub async fn start_with(setup: Setup) -> Self {
        let folder = TempDir::new().expect("a folder for the host's data");
        let mail = MailServer::start().expect("a port for the mail server");
        let config = Config {
            preview: Preview { office: setup.office, ..Preview::default() },
            data_dir: folder.path().join("data"),
            revocations: folder.path().join("data/revocations.jsonl"),
            key_file: folder.path().join("data/records.key"),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            public_url: setup.public_url,
            insecure_http: false,
            trusted_proxies: 0,
            requests_per_second: None,
            upload_limit: setup.upload_limit,
            metrics_listen: None,
            plugin: None,
            audit: Audit::default(),
            scan: setup.scan,
            oidc: setup.oidc,
            webhooks: None,
            tree: None,
            drain: Duration::from_secs(5),
            log: Log { json: false, filter: "warn".into() },
            postgres: setup.postgres.map(|url| Postgres::new(&url, Duration::from_secs(5), None).expect("an address")),
            readers: 8,
            documents: setup.bucket.map_or_else(|| Documents::Folder(folder.path().join("documents")), Documents::S3),
            mail: Some(Server {
                host: "127.0.0.1".into(),
                port: mail.address().port(),
                protection: Protection::None,
                credentials: None,
                hello: "host.test".into(),
                timeout: Duration::from_secs(10),
            }),
        };
        share_compiled(&config.data_dir).expect("a folder for the compiled plugin");
        let options =
            Options { clock: setup.clock, mailer: setup.mailbox.then_some(Mailer::Mailbox), ..Options::default() };
        let opened = config.clone();
        let app = tokio::task::spawn_blocking(move || App::open(&opened, options)).await.expect("no panic");
        let app = app.expect("the host opens");
        if setup.demo {
            demo::seed_once(&app).await.expect("the demo's firms");
        }
        let running = app::serve_app(app, &config).await.expect("the host starts");
        let base = format!("http://{}", running.addr);
        let host = Self { base, mail, config, running: Some(running), folder };
        if !setup.demo {
            host.found_firm("firm", "Hall & Partners", setup.mail_hold);
            host.found_other();
        }
        host
    }

    /// Another host beside this one, on the same records and documents.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn beside(&self) -> Self {
        let folder = TempDir::new().expect("a folder for the host's data");
        let data_dir = folder.path().join("data");
        share_compiled(&data_dir).expect("a folder for the compiled plugin");
        let config = Config { revocations: data_dir.join("revocations.jsonl"), data_dir, ..self.config.clone() };
        let running = app::serve(&config, Options::default()).await.expect("the host starts");
        let base = format!("http://{}", running.addr);
        Self { base, mail: self.mail.clone(), config, running: Some(running), folder }
    }

    /// The running host, for what only its operator can see.
    ///
    /// # Panics
    /// Never, while the host is there.
    pub fn app(&self) -> &app::SharedApp {
        &self.running.as_ref().expect("running until it is dropped").app
    }

    /// The folder that holds its data and documents.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a firm, as its operator would.
    ///
    /// # Panics
    /// If it cannot be added.
    pub fn found_firm(&self, id: &str, name: &str, mail_hold: u32) {
        let firm = firms::Firm {
            id: id.into(),
            name: name.into(),
            enabled: true,
            fallback_user: None,
            sender: format!("portal@{id}.test"),
            mail_hold,
            watermark: true,
            when_closed: "read-only".into(),
            attributes: Vec::new(),
        };
        self.own(move |tx, _| firms::create(tx, &firm).map_err(Problem::from));
    }

    /// A firm beside it, of which nobody in any test may be told a word.
    fn found_other(&self) {
        self.found_firm("other-firm", &scanner::mark("another firm's name"), 0);
        let user = users::User {
            id: scanner::mark("another firm's user"),
            firm: "other-firm".into(),
            name: scanner::mark("a name at another firm"),
            email: format!("{}@other.test", scanner::mark("an address at another firm")),
            active: true,
            admin: true,
            locale: "en".into(),
            created_at: self.app().runtime.now(),
        };
        self.own(move |tx, _| users::create(tx, &user, None).map_err(Problem::from));
    }

    /// Adds a user to the firm, as `client-connect user add` does, and answers their id.
    ///
    /// # Panics
    /// If they cannot be added.
    pub fn hire(&self, firm: &str, name: &str, email: &str, admin: bool) -> String {
        let id = store::new_id();
        let user = users::User {
            id: id.clone(),
            firm: firm.into(),
            name: name.into(),
            email: email.into(),
            active: true,
            admin,
            locale: "en".into(),
            created_at: self.app().runtime.now(),
        };
        let phc = client_connect::web::password::hash(PASSWORD).expect("a good password");
        self.own(move |tx, _| users::create(tx, &user, Some(&phc)).map_err(Problem::from));
        id
    }

    /// One transaction on the host's own records, without the plugin.
    ///
    /// # Panics
    /// If it fails.
    pub fn own<A>(&self, mut work: impl FnMut(&store::SqliteTx, u64) -> Result<A, Problem>) -> A {
        let answer = self.app().runtime.write(|unit| {
            let now = unit.now();
            work(unit.tx(), now)
        });
        answer.expect("the host's own records")
    }

    /// Every row of every table as text, to be compared: but for the sessions, which note when they were used last.
    ///
    /// # Panics
    /// If the records cannot be read.
    pub fn dump(&self) -> Vec<String> {
        self.own(|tx, _| {
            let read = |query: &str| -> client_connect::store::driver::Result<Vec<String>> {
                let mut statement = tx.conn().prepare(query)?;
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    let values = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
                    Ok(format!("{:?}", values.collect::<client_connect::store::driver::Result<Vec<_>>>()?))
                })?;
                rows.collect()
            };
            let tables =
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%session%' ORDER BY name";
            let mut statement = tx.conn().prepare(tables).expect("the schema");
            let tables = statement.query_map([], |row| row.get::<_, String>(0)).expect("the tables");
            let tables = tables.map(|name| name.expect("a table's name"));
            let rows = tables.flat_map(|table| {
                let rows = read(&format!("SELECT * FROM \"{table}\"")).expect("a table's rows");
                rows.into_iter().map(move |row| format!("{table} {row}"))
            });
            let mut rows: Vec<String> = rows.collect();
            rows.sort();
            Ok(rows)
        })
    }

    /// A browser of its own, signed in as this user.
    pub async fn staff(&self, email: &str) -> Person {
        self.staff_with(email, PASSWORD).await
    }

    /// The same, for a user with another password: those of the demo.
    pub async fn staff_with(&self, email: &str, password: &str) -> Person {
        let person = self.stranger();
        let answer =
            person.post("/api/sign-in/staff", serde_json::json!({ "email": email, "password": password })).await;
        answer.expect(200);
        person
    }

    /// A browser of its own, in which nobody is signed in.
    pub fn stranger(&self) -> Person {
        Person::new(self.base.clone())
    }

    /// A browser of its own, signed in as the customer with this address, by the code in their mail.
    pub async fn customer(&self, email: &str) -> Person {
        self.sign_in_customer(email).await.0
    }

    /// The cookie of a fresh session of this customer, for tests that speak HTTP by hand.
    ///
    /// # Panics
    /// If they cannot sign in.
    pub async fn session_cookie(&self, email: &str) -> String {
        let (_, signed_in) = self.sign_in_customer(email).await;
        let cookies = signed_in.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let portal =
            cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("cc_portal"));
        portal.expect("a session's cookie").to_owned()
    }

    async fn sign_in_customer(&self, email: &str) -> (Person, Answer) {
        let person = self.stranger();
        let with_code = |mail: &Mail| code_in(&mail.text).is_some();
        let before = self.mail.mails_to(email).iter().filter(|mail| with_code(mail)).count();
        person.post("/api/sign-in/portal", serde_json::json!({ "email": email })).await.expect(202);
        let mails = tokio::task::block_in_place(|| self.mail.wait_for_those(email, before + 1, with_code));
        let code = code_in(&mails[before].text);
        let signed_in = person.post("/api/sign-in/portal/code", serde_json::json!({ "code": code })).await;
        signed_in.expect(200);
        (person, signed_in)
    }

    /// Has the renderer of previews ready. Compiling it takes longer than a request may: one test of all does it.
    ///
    /// # Panics
    /// If it is no renderer.
    pub fn warm(&self) {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::task::block_in_place(|| self.app().previews.warm()).expect("a renderer");
    }

    /// Stops it as its operator would: until [`TestHost::restart`], nothing but its data is there.
    pub async fn halt(&mut self) {
        if let Some(running) = self.running.take() {
            running.shut_down().await;
        }
    }

    /// Stops it as its operator would, and starts it again on the same data.
    ///
    /// # Panics
    /// If it does not start again.
    pub async fn restart(&mut self) {
        self.halt().await;
        let running = app::serve(&self.config, Options::default()).await.expect("the host starts again");
        self.base = format!("http://{}", running.addr);
        self.running = Some(running);
    }
}

impl TestHost {
    /// Stops it as its operator would, and answers the folder with all that it has left.
    pub async fn stop(mut self) -> TempDir {
        if let Some(running) = self.running.take() {
            running.shut_down().await;
        }
        self.folder
    }
}

/// Compiled components are kept by their content: the tests share them, so that only the first compiles the plugin.
pub(crate) fn share_compiled(data_dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    let shared = std::env::temp_dir().join("client-connect-tests-compiled");
    std::fs::create_dir_all(&shared)?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(shared, data_dir.join("cache"))?;
    Ok(())
}

/// The eight digits in a mail, if it has any: a line of their own.
pub fn code_in(text: &str) -> Option<String> {
    let digits = |line: &str| line.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let code = |line: &String| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    text.lines().map(digits).find(code)
}

/// Every invariant holds that can be checked on the data: those of the chain, the grants and shares, the counts, the
/// bytes, the outbox and the database itself.
///
/// # Panics
/// If any does not.
pub fn prove(host: &TestHost) {
    let app = host.app();
    let settings = Settings { noted: &[], folder: host.config.documents.folder(), now: app.runtime.now() };
    let findings = verify(app.runtime.backend(), &app.blobs, &settings).expect("records that can be read");
    assert!(findings.len() >= 12, "all checks ran: {findings:?}");
    for finding in findings {
        assert!(finding.holds(), "{finding:?}");
    }
}
