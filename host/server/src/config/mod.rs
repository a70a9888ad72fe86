//! Settings: a flag wins over the environment, the environment over the file, the file over the default.
//!
//! Each setting has one key, as in `mail.host`: the flag is `--mail-host`, the variable `CLIENT_CONNECT_MAIL_HOST`, and
//! in the file it is `host` in `[mail]`; there, underscores may stand for hyphens. A secret may also be read from a
//! file, whose path has the same name with `_file` behind it. Identity providers, of which there may be several, are tables
//! `[[oidc]]` of the file alone. A key in the file that nobody knows is an error; a
//! variable that nobody knows is not, as orchestrators set variables of their own.

mod places;
mod raw;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use secrecy::SecretString;

pub use places::Documents;
pub use raw::{ConfigError, Origin, Raw, SETTINGS, Setting, flag, variable};

use crate::{
    mail::smtp::{Protection, Server},
    oidc::Provider,
    scan,
    store::Postgres,
    tree::{self, Tree},
    webhooks,
};

/// What shows documents, beside the embedded renderer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The component for office documents.
    pub office: Option<PathBuf>,
    /// A program, or the address of a service, that makes PDFs of what nothing else can show.
    pub converter: Option<String>,
}

/// What proves the audit log, where it is not in the data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// The file with the key that signs checkpoints.
    pub key: Option<PathBuf>,
    /// The list of them.
    pub checkpoints: Option<PathBuf>,
}

/// How the log is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// As JSON, one object a line.
    pub json: bool,
    /// A filter, as in `info` or `client_connect=debug`.
    pub filter: String,
}

/// All settings, understood.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is.
    pub data_dir: PathBuf,
    /// Where it is noted what was taken away from somebody: what a restored backup must not give back.
    pub revocations: PathBuf,
    /// The key of what the records do not hold in the clear.
    pub key_file: PathBuf,
    /// Where to listen for HTTP.
    pub listen: SocketAddr,
    /// The origin at which people reach this host, without a slash at the end.
    pub public_url: String,
    /// Serve plain http to others than this machine.
    pub insecure_http: bool,
    /// Proxies before this host.
    pub trusted_proxies: u8,
    /// Requests a second of one client; none: any number.
    pub requests_per_second: Option<NonZeroU32>,
    /// In bytes.
    pub upload_limit: u64,
    /// Where to answer `/metrics`.
    pub metrics_listen: Option<SocketAddr>,
    /// A plugin in the place of the embedded one.
    pub plugin: Option<PathBuf>,
    /// What shows documents.
    pub preview: Preview,
    /// What proves the audit log.
    pub audit: Audit,
    /// What looks for malware in what comes.
    pub scan: Option<scan::Settings>,
    /// For requests under way at the end.
    pub drain: Duration,
    /// Identity providers of firms.
    pub oidc: Vec<Provider>,
    /// A tree of folders whose files are the documents.
    pub tree: Option<Tree>,
    /// Where to tell another system what happens here.
    pub webhooks: Option<webhooks::Settings>,
    /// How the log is written.
    pub log: Log,
    /// Where the records are, if not in a file in the data folder.
    pub postgres: Option<Postgres>,
    /// How many read the records at once.
    pub readers: usize,
    /// Where the documents' bytes are kept.
    pub documents: Documents,
    /// The mail server; none: letters wait, or go to the demo's mailbox.
    pub mail: Option<Server>,
}

impl Config {
    /// Understands the settings.
    ///
    /// # Errors
    /// The first that cannot be used, where it came from, and why.
    pub fn new(raw: &Raw) -> Result<Self, ConfigError> {
        let listen: SocketAddr = raw.parse("listen", "an address and a port, as in 127.0.0.1:8080")?;
        let data_dir = PathBuf::from(raw.get("data-dir"));
        let public_url = match raw.get("public-url").trim_end_matches('/') {
            "" => format!("http://{listen}"),
            url => origin(url).ok_or_else(|| {
                raw.wrong(
                    "public-url",
                    "it is no origin",
                    "a scheme, a host and perhaps a port, as in https://portal.example.com",
                )
            })?,
        };
        let json = match raw.get("log.format") {
            "json" => true,
            "text" => false,
            _ => return Err(raw.wrong("log.format", "there is no such format", "text or json")),
        };
        let seconds = |key| raw.parse::<u64>(key, "a number of seconds").map(Duration::from_secs);
        let mail_timeout = seconds("mail.timeout")?;
        // Far below the time for which an attempt has a letter to itself.
        if !(1..=300).contains(&mail_timeout.as_secs()) {
            return Err(raw.wrong("mail.timeout", "it is out of range", "1 to 300 seconds"));
        }
        let documents = places::documents(raw, &data_dir)?;
        Ok(Self {
            listen,
            insecure_http: raw.parse("insecure-http", "true or false")?,
            trusted_proxies: raw.parse("trusted-proxies", "a number")?,
            requests_per_second: NonZeroU32::new(raw.parse("requests-per-second", "a number")?),
            upload_limit: raw.parse::<u64>("upload-limit", "a number of megabytes")?.saturating_mul(1_000_000),
            metrics_listen: raw.optional("metrics-listen", "an address and a port, as in 127.0.0.1:9090")?,
            plugin: raw.optional("plugin", "a path")?,
            preview: Preview {
                office: raw.optional("preview.office", "a path")?,
                converter: raw.optional("preview.converter", "a command or an address")?,
            },
            audit: Audit {
                key: raw.optional("audit.key", "a path")?,
                checkpoints: raw.optional("audit.checkpoints", "a path")?,
            },
            scan: scan(raw)?,
            drain: seconds("drain")?,
            log: Log { json, filter: raw.get("log.level").to_owned() },
            mail: mail(raw, &public_url, mail_timeout)?,
            oidc: Provider::all(raw.oidc()).map_err(|error| {
                ConfigError::new("an identity provider cannot be used", error.to_string(), "mend its table in the file")
            })?,
            tree: tree(raw)?,
            webhooks: webhooks(raw)?,
            postgres: places::postgres(raw)?,
            readers: raw.parse::<usize>("database.connections", "a number")?.clamp(1, 1_000),
            documents,
            revocations: raw.optional("revocations", "a path")?.unwrap_or_else(|| data_dir.join("revocations.jsonl")),
            key_file: raw.optional("key-file", "a path")?.unwrap_or_else(|| data_dir.join("records.key")),
            data_dir,
            public_url,
        })
    }

    /// The file with the key that signs checkpoints of the audit log.
    pub fn audit_key(&self) -> PathBuf {
        self.audit.key.clone().unwrap_or_else(|| self.data_dir.join("audit.key"))
    }

    /// The list of these checkpoints.
    pub fn audit_checkpoints(&self) -> PathBuf {
        self.audit.checkpoints.clone().unwrap_or_else(|| self.data_dir.join("audit-checkpoints.txt"))
    }

    /// Whether people reach this host over https.
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What a host that serves others must not do without.
    ///
    /// # Errors
    /// The first that is missing.
    pub fn fit_to_serve(&self) -> Result<(), ConfigError> {
        let Some(mail) = &self.mail else {
            return Err(ConfigError::new(
                "mail.host is not set",
                "customers sign in with a code that is mailed to them, so nobody could",
                "set --mail-host, or run `client-connect demo`, which shows mails on a page",
            ));
        };
        if let Some((_, password)) = &mail.credentials
            && secrecy::ExposeSecret::expose_secret(password).is_empty()
        {
            return Err(ConfigError::new(
                "mail.password is empty",
                "mail.user is set",
                "set CLIENT_CONNECT_MAIL_PASSWORD_FILE to a file that holds it, or leave mail.user away",
            ));
        }
        if !self.https() && !self.insecure_http && !self.is_local() {
            return Err(ConfigError::new(
                format!("{} is plain http", self.public_url),
                "sessions and documents would cross the network in the clear",
                "set --public-url to the https address of the proxy before this host, or --insecure-http true if you must",
            ));
        }
        Ok(())
    }

    /// Whether this machine alone reaches the host: by the address it listens on, and by the one it goes by.
    pub fn is_local(&self) -> bool {
        let host = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        let named = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
        let local =
            named == "localhost" || named.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        self.listen.ip().is_loopback() && local
    }
}

/// `scheme://host[:port]`, or none.
fn origin(url: &str) -> Option<String> {
    let uri: axum::http::Uri = url.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    matches!(uri.path_and_query().map(|path| path.as_str()), None | Some("" | "/"))
        .then(|| format!("{scheme}://{}", authority.as_str().to_lowercase()))
}

fn scan(raw: &Raw) -> Result<Option<scan::Settings>, ConfigError> {
    let Some(place) = raw.optional("scan.clamd", "a path, as in /run/clamav/clamd.ctl, or a host and a port")? else {
        return Ok(None);
    };
    let timeout = raw.parse("scan.timeout", "a number of seconds")?;
    if !(1..=300).contains(&timeout) {
        return Err(raw.wrong("scan.timeout", "it is out of range", "1 to 300 seconds"));
    }
    Ok(Some(scan::Settings {
        place,
        timeout: Duration::from_secs(timeout),
        limit: raw.parse::<u64>("scan.limit", "a number of megabytes")?.saturating_mul(1_000_000),
        pass_larger: raw.parse("scan.pass-larger", "true or false")?,
    }))
}

fn tree(raw: &Raw) -> Result<Option<Tree>, ConfigError> {
    let place = raw.get("tree.place");
    if place.is_empty() {
        return Ok(None);
    }
    if raw.get("tree.owner").is_empty() {
        return Err(raw.wrong("tree.owner", "tree.place is set", "the mail address of a user"));
    }
    let every = raw.parse("tree.every", "a number of seconds")?;
    if !(1..=3600).contains(&every) {
        return Err(raw.wrong("tree.every", "it is out of range", "1 to 3600 seconds"));
    }
    let user = match raw.get("tree.user") {
        "" => None,
        user => Some((user.to_owned(), SecretString::from(raw.get("tree.password").to_owned()))),
    };
    let (place, owner) = (place.to_owned(), raw.get("tree.owner").to_owned());
    let settings = tree::Settings { place, user, owner, every: Duration::from_secs(every) };
    let tree = Tree::new(settings).map_err(|cause| raw.wrong("tree.place", cause, "a folder, or an https address"))?;
    Ok(Some(tree))
}

fn webhooks(raw: &Raw) -> Result<Option<webhooks::Settings>, ConfigError> {
    let url = raw.get("webhooks.url");
    if url.is_empty() {
        return Ok(None);
    }
    let hint = "an https address, and a secret in CLIENT_CONNECT_WEBHOOKS_SECRET_FILE";
    webhooks::Settings::new(url, raw.get("webhooks.secret"))
        .map(Some)
        .map_err(|cause| ConfigError::new("webhooks.url and webhooks.secret cannot be used", cause, hint))
}

fn mail(raw: &Raw, public_url: &str, timeout: Duration) -> Result<Option<Server>, ConfigError> {
    let host = raw.get("mail.host").trim();
    if host.is_empty() {
        return Ok(None);
    }
    let protection = match raw.get("mail.protection") {
        "starttls" => Protection::StartTls,
        "tls" => Protection::Implicit,
        "none" => Protection::None,
        _ => return Err(raw.wrong("mail.protection", "there is no such protection", "starttls, tls or none")),
    };
    let credentials = match raw.get("mail.user") {
        "" => None,
        user => Some((user.to_owned(), SecretString::from(raw.get("mail.password").to_owned()))),
    };
    let hello = public_url.split_once("://").map_or("localhost", |(_, host)| host);
    let hello = hello.split(':').next().unwrap_or("localhost").to_owned();
    let port = raw.parse("mail.port", "a port")?;
    let server = Server { host: host.to_owned(), port, protection, credentials, hello, timeout };
    Ok(Some(server))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn merged(toml: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Raw, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, toml).unwrap();
        let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
        let flags = flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        Raw::merge(Some(&file), |name| environment.get(name).map(|value| (*value).to_owned()), &flags)
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let toml = "listen = \"127.0.0.1:1\"\n[mail]\nhost = \"a\"\nport = 2525\n";
        let raw = merged(toml, &[("CLIENT_CONNECT_LISTEN", "127.0.0.1:2")], &[("mail.host", "b")]).unwrap();
        assert_eq!(raw.get("listen"), "127.0.0.1:2");
        assert_eq!(raw.get("mail.host"), "b");
        assert_eq!(raw.get("mail.port"), "2525");
        assert_eq!(raw.get("drain"), "20");
        let printed = raw.print();
        assert!(printed.contains("listen = \"127.0.0.1:2\"  # environment CLIENT_CONNECT_LISTEN"), "{printed}");
        assert!(printed.contains("mail.host = \"b\"  # flag --mail-host"), "{printed}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known() {
        let error = merged("[mail]\nhots = \"a\"\n", &[], &[]).unwrap_err();
        assert!(error.cause.contains("mail.hots"), "{error:?}");
        assert!(error.hint.contains("mail.host"), "{error:?}");
    }

    #[test]
    fn secrets_come_from_files_too_and_are_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "s3cret\n").unwrap();
        let environment = [("CLIENT_CONNECT_MAIL_PASSWORD_FILE", file.to_str().unwrap())];
        let raw = merged("", &environment, &[("mail.host", "mail.example.com"), ("mail.user", "u")]).unwrap();
        assert_eq!(raw.get("mail.password"), "s3cret");
        assert!(!raw.print().contains("s3cret"));
        let config = Config::new(&raw).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn serving_others_takes_mail_and_https() {
        let fit =
            |flags: &[(&'static str, &str)]| Config::new(&merged("", &[], flags).unwrap()).unwrap().fit_to_serve();
        assert!(fit(&[]).is_err());
        let mail = ("mail.host", "mail.example.com");
        assert!(fit(&[mail]).is_ok());
        assert!(fit(&[mail, ("mail.user", "u")]).is_err());
        assert!(fit(&[mail, ("listen", "0.0.0.0:80")]).is_err());
        assert!(fit(&[mail, ("public-url", "http://portal.example.com")]).is_err());
        assert!(fit(&[mail, ("public-url", "http://portal.example.com"), ("insecure-http", "true")]).is_ok());
        assert!(fit(&[mail, ("listen", "0.0.0.0:80"), ("public-url", "https://Portal.example.com/")]).is_ok());
    }

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(origin("https://A.example:8443/"), Some("https://a.example:8443".to_owned()));
        for bad in ["ftp://a.example", "https://a.example/path", "https://user@a.example", "a.example"] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
