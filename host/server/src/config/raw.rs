//! Settings as text, each with where it came from: merged, before anybody has understood them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// As in the file, with dots.
    pub key: &'static str,
    /// What stands for its value in help texts.
    pub value: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// What it is if nobody says; empty for nothing.
    pub default: &'static str,
    /// Never printed.
    pub secret: bool,
}

const fn setting(key: &'static str, value: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { key, value, help, default, secret: false }
}

/// All settings there are.
pub const SETTINGS: &[Setting] = &[
    setting("data-dir", "DIR", "./data", "Where the database, the documents and the compile cache are"),
    setting(
        "revocations",
        "FILE",
        "",
        "Where it is noted what was taken away from somebody, for `restore`; best on another disk; default: in the data folder",
    ),
    setting(
        "key-file",
        "FILE",
        "",
        "The key that seals what the records must not hold in the clear; made if it is not there, and in no backup; default: in the data folder",
    ),
    setting("listen", "ADDR", "127.0.0.1:8080", "Where to listen for HTTP"),
    setting(
        "public-url",
        "URL",
        "",
        "The origin at which people reach this host; default: http:// and the listening address",
    ),
    setting("insecure-http", "BOOL", "false", "Serve plain http to others than this machine"),
    setting("trusted-proxies", "N", "0", "How many proxies stand before this host and write X-Forwarded-For"),
    setting("requests-per-second", "N", "100", "Requests a second that one client may make; 0: any number"),
    setting("upload-limit", "MB", "300", "The size of the largest file that may be uploaded, in 10^6 bytes"),
    setting("metrics-listen", "ADDR", "", "Where to answer /metrics; default: nowhere"),
    setting(
        "plugin",
        "FILE",
        "",
        "A plugin to run in the place of the embedded one, unless the records keep one; SIGHUP reads it again",
    ),
    setting(
        "preview.office",
        "FILE",
        "",
        "The component for office documents; default: client_connect_office.wasm beside the program, if it is there",
    ),
    setting(
        "preview.converter",
        "COMMAND|URL",
        "",
        "What makes PDFs of documents that nothing else can show: a command with {in} and {out}, or a service",
    ),
    setting(
        "audit.key",
        "FILE",
        "",
        "The key that signs checkpoints of the audit log, made at the first start; default: in the data folder",
    ),
    setting(
        "audit.checkpoints",
        "FILE",
        "",
        "The list of these checkpoints, one an hour, to be copied elsewhere; default: in the data folder",
    ),
    setting(
        "scan.clamd",
        "PATH|HOST:PORT",
        "",
        "The socket of ClamAV's daemon, which is shown every file that comes; default: files are not scanned",
    ),
    setting("scan.timeout", "SECONDS", "20", "How long it may take for a file; 300 at most"),
    setting(
        "scan.limit",
        "MB",
        "25",
        "The largest file that it takes, in 10^6 bytes, as its StreamMaxLength has it; what is larger is held back",
    ),
    setting(
        "scan.pass-larger",
        "BOOL",
        "false",
        "Give out files that are larger than the scanner takes, without a scan",
    ),
    setting("drain", "SECONDS", "20", "How long requests under way may take once the host is told to stop"),
    setting("log.format", "FORMAT", "text", "text or json"),
    setting("log.level", "FILTER", "info", "error, warn, info, debug, or a filter by module"),
    Setting {
        key: "database.url",
        value: "URL",
        help: "Where the records are in PostgreSQL, as in postgres://user:password@host/database, in the place of a file",
        default: "",
        secret: true,
    },
    setting(
        "database.ca",
        "FILE",
        "",
        "The certificates, as PEM, that PostgreSQL's own is signed with; default: those of the public",
    ),
    setting("database.connections", "N", "8", "How many read the records at once"),
    setting("database.statement-limit", "SECONDS", "5", "How long PostgreSQL may work for one statement"),
    setting("documents.folder", "DIR", "", "Where the documents' bytes are; default: in the data folder"),
    setting(
        "documents.bucket",
        "NAME",
        "",
        "The bucket of an S3-compatible store for the documents' bytes, in the place of a folder",
    ),
    setting("documents.region", "NAME", "us-east-1", "Its region"),
    setting("documents.endpoint", "URL", "", "Where it answers, if it is not Amazon's"),
    setting(
        "documents.ca",
        "FILE",
        "",
        "The certificates, as PEM, that its own is signed with; default: those of the public",
    ),
    setting("documents.access-key", "ID", "", "The id of the key to it"),
    Setting { key: "documents.secret-key", value: "SECRET", help: "The key to it", default: "", secret: true },
    setting("mail.host", "HOST", "", "The mail server"),
    setting("mail.port", "PORT", "587", "Its port"),
    setting(
        "mail.protection",
        "HOW",
        "starttls",
        "starttls, tls (from the first byte), or none (only to this machine)",
    ),
    setting("mail.user", "NAME", "", "The name to sign in to the mail server with"),
    Setting {
        key: "mail.password",
        value: "PASSWORD",
        help: "The password to sign in to the mail server with",
        default: "",
        secret: true,
    },
    setting(
        "tree.place",
        "DIR|URL",
        "",
        "A tree of folders whose files are the documents: a folder, or a WebDAV server; default: none",
    ),
    setting("tree.user", "NAME", "", "The name to sign in there with"),
    Setting { key: "tree.password", value: "PASSWORD", help: "The password to it", default: "", secret: true },
    setting("tree.owner", "EMAIL", "", "The user who owns the matters that its folders become"),
    setting("tree.every", "SECONDS", "30", "How often to look at it; 1 to 3600"),
    setting("webhooks.url", "URL", "", "Where to tell another system what happens here; default: nowhere"),
    Setting {
        key: "webhooks.secret",
        value: "SECRET",
        help: "What signs what it is told: whsec_ and 24 to 64 bytes in base64",
        default: "",
        secret: true,
    },
    setting("mail.timeout", "SECONDS", "60", "How long the mail server may take for a mail; 300 at most"),
];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The file, by its path.
    File(PathBuf),
    /// A variable, by its name.
    Environment(String),
    /// A flag, by its name.
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ConfigError {
    /// What cannot be used.
    pub what: String,
    /// Why not.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

impl ConfigError {
    pub(super) fn new(what: impl Into<String>, cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), cause: cause.into(), hint: hint.into() }
    }
}

/// All settings as text, each with where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    settings: BTreeMap<&'static str, (String, Origin)>,
    oidc: Vec<toml::Value>,
}

/// The name of a setting's flag.
pub fn flag(key: &str) -> String {
    format!("--{}", key.replace('.', "-"))
}

/// The name of a setting's variable.
pub fn variable(key: &str) -> String {
    format!("CLIENT_CONNECT_{}", key.replace(['.', '-'], "_").to_uppercase())
}

impl Raw {
    /// Merges what was said where. `environment` answers a variable's value; `flags` are those given, by key.
    ///
    /// # Errors
    /// For a file that cannot be read, and for keys that nobody knows.
    pub fn merge(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
        flags: &BTreeMap<&'static str, String>,
    ) -> Result<Self, ConfigError> {
        let (from_file, oidc) = file.map(read_toml).transpose()?.unwrap_or_default();
        let mut merged = BTreeMap::new();
        for setting in SETTINGS {
            let mut value = (setting.default.to_owned(), Origin::Default);
            if let (Some(text), Some(path)) = (from_file.get(setting.key), file) {
                value = (text.clone(), Origin::File(path.to_owned()));
            }
            let name = variable(setting.key);
            if let Some(text) = environment(&name) {
                value = (text, Origin::Environment(name.clone()));
            }
            if setting.secret {
                let name = format!("{name}_FILE");
                let named = environment(&name).or_else(|| from_file.get(&format!("{}-file", setting.key)).cloned());
                if let Some(path) = named {
                    value = (read_secret(setting.key, &path)?, Origin::Environment(name));
                }
            }
            if let Some(text) = flags.get(setting.key) {
                value = (text.clone(), Origin::Flag(flag(setting.key)));
            }
            merged.insert(setting.key, value);
        }
        Ok(Self { settings: merged, oidc })
    }

    /// The tables `[[oidc]]` of the file, as they are written.
    pub fn oidc(&self) -> &[toml::Value] {
        &self.oidc
    }

    /// The value of a setting; empty where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.settings.get(key).map_or("", |(value, _)| value)
    }

    /// Sets what the user has not set.
    pub fn default_to(&mut self, key: &'static str, value: &str) {
        if let Some(entry) = self.settings.get_mut(key)
            && entry.1 == Origin::Default
        {
            entry.0 = value.to_owned();
        }
    }

    /// One line for each setting: its value and where it came from, secrets masked.
    pub fn print(&self) -> String {
        let mut lines = String::new();
        for setting in SETTINGS {
            let Some((value, origin)) = self.settings.get(setting.key) else { continue };
            let shown = match (setting.secret, value.is_empty()) {
                (true, false) => "***".to_owned(),
                _ => format!("{value:?}"),
            };
            lines.push_str(&format!("{} = {shown}  # {origin}\n", setting.key));
        }
        // Their secrets are in files of their own.
        for provider in &self.oidc {
            lines.push_str(&format!("\n[[oidc]]\n{provider}\n"));
        }
        lines
    }

    pub(super) fn wrong(&self, key: &str, cause: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        let (value, origin) = self.settings.get(key).cloned().unwrap_or((String::new(), Origin::Default));
        let secret = SETTINGS.iter().any(|setting| setting.key == key && setting.secret);
        let shown = if secret { "***".to_owned() } else { format!("{value:?}") };
        ConfigError::new(format!("{key} cannot be {shown} ({origin})"), cause, hint)
    }

    pub(super) fn parse<T: std::str::FromStr>(&self, key: &str, hint: &str) -> Result<T, ConfigError>
    where
        T::Err: std::fmt::Display,
    {
        self.get(key).trim().parse().map_err(|error: T::Err| self.wrong(key, error.to_string(), hint))
    }

    pub(super) fn optional<T: std::str::FromStr>(&self, key: &str, hint: &str) -> Result<Option<T>, ConfigError>
    where
        T::Err: std::fmt::Display,
    {
        if self.get(key).trim().is_empty() { Ok(None) } else { self.parse(key, hint).map(Some) }
    }
}

fn read_toml(path: &Path) -> Result<(BTreeMap<String, String>, Vec<toml::Value>), ConfigError> {
    let what = || format!("the file {} cannot be used", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::new(what(), error.to_string(), "name another file with --config"))?;
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| ConfigError::new(what(), error.to_string(), "mend the file"))?;
    let oidc = match table.remove("oidc") {
        None => Vec::new(),
        Some(toml::Value::Array(tables)) => tables,
        Some(_) => return Err(ConfigError::new(what(), "oidc is no list of tables", "write [[oidc]] above each")),
    };
    let mut flat = BTreeMap::new();
    flatten("", &table, &mut flat).map_err(|cause| ConfigError::new(what(), cause, "mend the file"))?;
    for key in flat.keys() {
        let bare = key.strip_suffix("-file").unwrap_or(key);
        let known = SETTINGS.iter().any(|setting| setting.key == key || (setting.secret && setting.key == bare));
        if !known {
            return Err(ConfigError::new(
                what(),
                format!("there is no setting {key:?}"),
                format!("did you mean {:?}?", nearest(key)),
            ));
        }
    }
    Ok((flat, oidc))
}

fn flatten(prefix: &str, table: &toml::Table, flat: &mut BTreeMap<String, String>) -> Result<(), String> {
    for (key, value) in table {
        let key = key.replace('_', "-");
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, flat)?,
            toml::Value::String(text) => drop(flat.insert(key, text.clone())),
            toml::Value::Integer(number) => drop(flat.insert(key, number.to_string())),
            toml::Value::Boolean(yes) => drop(flat.insert(key, yes.to_string())),
            _ => return Err(format!("{key} is neither text, number nor boolean")),
        }
    }
    Ok(())
}

fn read_secret(key: &str, path: &str) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError::new(
            format!("the file with {key} cannot be read"),
            error.to_string(),
            "check its path and its rights",
        )
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The setting whose key takes the fewest changes to become this one.
fn nearest(key: &str) -> &'static str {
    SETTINGS.iter().map(|setting| setting.key).min_by_key(|known| distance(known, key)).unwrap_or("")
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
