//! The host's own key: what codes and addresses are hashed with, so that the records give away neither.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// 256 bits from the system's random source, made at the first start.
#[derive(Clone)]
pub struct HostKey([u8; 32]);

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostKey(***)")
    }
}

impl HostKey {
    /// From what the records hold.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 over `what` it is for and the parts, each with its length before it.
    pub fn hash(&self, what: &str, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes a key of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in std::iter::once(what.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A short name for something that must not be written down.
    pub fn pseudonym(&self, what: &str, part: &str) -> String {
        hex::encode(&self.hash(what, &[part.as_bytes()])[..16])
    }
}
