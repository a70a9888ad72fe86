//! A component that is compiled when it is first wanted, and then kept: a host starts at once, and one whose documents
//! nobody looks at never compiles it.

use std::{borrow::Cow, path::PathBuf, sync::OnceLock};

use client_connect_runtime::{
    Limits,
    sandbox::{Sandbox, Sandboxed},
};
use sha2::{Digest as _, Sha256};

use crate::NoPreview;

/// The component.
#[derive(Debug)]
pub(crate) struct Component {
    bytes: Cow<'static, [u8]>,
    limits: Limits,
    cache: Option<PathBuf>,
    sha256: String,
    compiled: OnceLock<Result<Sandboxed, String>>,
}

impl Component {
    /// `cache` is a folder for compiled components, an absolute path, where only the host may be able to write.
    pub(crate) fn new(bytes: Cow<'static, [u8]>, limits: Limits, cache: Option<PathBuf>) -> Self {
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Self { bytes, limits, cache, sha256, compiled: OnceLock::new() }
    }

    /// Of its bytes, in hex.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether it is compiled already.
    pub(crate) fn is_ready(&self) -> bool {
        self.compiled.get().is_some_and(Result::is_ok)
    }

    /// Ready to be started. The first one who asks waits until it is compiled.
    pub(crate) fn ready(&self) -> Result<&Sandboxed, NoPreview> {
        let compiled = self.compiled.get_or_init(|| {
            let began = std::time::Instant::now();
            let sandbox = Sandbox::new(self.limits.clone(), self.cache.as_deref());
            let ready = sandbox.and_then(|sandbox| sandbox.load(&self.bytes)).map_err(|error| error.to_string());
            match &ready {
                Ok(_) => tracing::debug!(took = ?began.elapsed(), "a component for previews is compiled"),
                Err(error) => tracing::error!(error, "a component for previews cannot be used"),
            }
            ready
        });
        compiled.as_ref().map_err(|error| NoPreview::Broken(error.clone()))
    }
}
