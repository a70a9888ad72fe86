//! Where the records and the documents' bytes are kept. What goes over the network is not read on the way.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::SecretString;

use super::{ConfigError, Raw};
use crate::{blobs::S3Settings, reach, store::Postgres};

/// Where the documents' bytes are kept.
#[derive(Clone, Debug)]
pub enum Documents {
    /// In this folder.
    Folder(PathBuf),
    /// In an S3-compatible store.
    S3(S3Settings),
}

impl Documents {
    /// The folder, if they are in one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::S3(_) => None,
        }
    }
}

pub(super) fn documents(raw: &Raw, data_dir: &Path) -> Result<Documents, ConfigError> {
    match (raw.get("documents.bucket"), raw.get("documents.folder")) {
        ("", "") => Ok(Documents::Folder(data_dir.join("documents"))),
        ("", folder) => Ok(Documents::Folder(PathBuf::from(folder))),
        (_, folder) if !folder.is_empty() => {
            Err(raw.wrong("documents.folder", "documents.bucket is set too", "leave one of them away"))
        }
        (bucket, _) => in_bucket(raw, bucket).map(Documents::S3),
    }
}

fn in_bucket(raw: &Raw, bucket: &str) -> Result<S3Settings, ConfigError> {
    let needed = [
        ("documents.access-key", "set CLIENT_CONNECT_DOCUMENTS_ACCESS_KEY"),
        ("documents.secret-key", "set CLIENT_CONNECT_DOCUMENTS_SECRET_KEY_FILE to a file that holds it"),
    ];
    for (key, hint) in needed {
        if raw.get(key).is_empty() {
            return Err(raw.wrong(key, "it is empty, and documents.bucket is set", hint));
        }
    }
    let endpoint = Some(raw.get("documents.endpoint")).filter(|endpoint| !endpoint.is_empty());
    if let Some(endpoint) = endpoint {
        reach::safe(endpoint)
            .map_err(|cause| raw.wrong("documents.endpoint", cause, "https, or http to this machine itself"))?;
    }
    Ok(S3Settings {
        bucket: bucket.to_owned(),
        region: raw.get("documents.region").to_owned(),
        endpoint: endpoint.map(str::to_owned),
        access_key: raw.get("documents.access-key").to_owned(),
        secret_key: SecretString::from(raw.get("documents.secret-key").to_owned()),
        ca: authority(raw, "documents.ca")?,
    })
}

/// A file of certificates that can be used.
fn authority(raw: &Raw, key: &'static str) -> Result<Option<PathBuf>, ConfigError> {
    let file: Option<PathBuf> = raw.optional(key, "a path")?;
    reach::tls(file.as_deref()).map_err(|cause| raw.wrong(key, cause, "a file of certificates, as PEM"))?;
    Ok(file)
}

pub(super) fn postgres(raw: &Raw) -> Result<Option<Postgres>, ConfigError> {
    let limit = raw.parse("database.statement-limit", "a number of seconds")?;
    if !(1..=300).contains(&limit) {
        return Err(raw.wrong("database.statement-limit", "it is out of range", "1 to 300 seconds"));
    }
    match raw.get("database.url") {
        "" => Ok(None),
        // What stands in it is not repeated: it may hold a password.
        url => Postgres::new(url, Duration::from_secs(limit), authority(raw, "database.ca")?.as_deref())
            .map(Some)
            .map_err(|_| {
                raw.wrong(
                    "database.url",
                    "it is no address",
                    "postgres://user:password@host/database, perhaps with ?options=…",
                )
            }),
    }
}
