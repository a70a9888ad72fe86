//! Where an S3-compatible store is, and how patient the host is with it: somebody waits for each answer.

use std::{path::PathBuf, sync::Arc, time::Duration};

use object_store::{ObjectStore, RetryConfig, aws::AmazonS3Builder};
use secrecy::{ExposeSecret as _, SecretString};

use super::{BlobError, wire::Wire};

/// What its client calls it in errors.
pub(super) const NAME: &str = "S3";
/// How often a request that failed on its way, or that the store was too busy for, is sent again.
const AGAIN: usize = 3;
/// After which it is not sent again.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to reach an S3-compatible store.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// The bucket; it must exist.
    pub bucket: String,
    /// The region, for instance `eu-central-1`.
    pub region: String,
    /// Where the store answers, if it is not Amazon's: `https`, or `http` on this machine.
    pub endpoint: Option<String>,
    /// The key's id.
    pub access_key: String,
    /// The key's secret.
    pub secret_key: SecretString,
    /// The certificates, as PEM, that its own is signed with, if it is not of the public ones.
    pub ca: Option<PathBuf>,
}

/// The store's client. It has not asked anything yet.
pub(super) fn store(settings: &S3Settings) -> Result<Arc<dyn ObjectStore>, BlobError> {
    let wire = Wire::new(settings.ca.as_deref()).map_err(BlobError::Failed)?;
    let http = settings.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key)
        .with_secret_access_key(settings.secret_key.expose_secret())
        .with_allow_http(http)
        .with_retry(RetryConfig { max_retries: AGAIN, retry_timeout: PATIENCE, ..RetryConfig::default() })
        .with_http_connector(wire);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    Ok(Arc::new(builder.build()?))
}
