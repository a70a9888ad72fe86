//! How a row is hashed. Changing this breaks every chain that was ever written.

use sha2::{Digest, Sha256};

/// The end of a firm's chain.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    /// Whose chain.
    pub firm: String,
    /// The number of the last row.
    pub seq: u64,
    /// Its time, in milliseconds since the epoch.
    pub at: u64,
    /// Its hash, in hex.
    pub hash: String,
}

/// What comes before the first row.
pub(crate) fn genesis(firm: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"client-connect audit 1\0");
    hash.update(firm.as_bytes());
    hash.finalize().into()
}

/// What stands in the chain for the body, so that the body can go and the chain stay.
pub(super) fn commitment(salt: &[u8], body: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(body.as_bytes());
    hash.finalize().into()
}

/// The fields of one row that are chained.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub(super) firm: &'a str,
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) matter: Option<&'a str>,
    pub(super) actor_kind: &'a str,
    pub(super) actor: Option<&'a str>,
    pub(super) acting_for: Option<&'a str>,
    pub(super) action: &'a str,
    pub(super) document: Option<&'a str>,
    pub(super) contact: Option<&'a str>,
    pub(super) call: &'a str,
    pub(super) request: Option<&'a str>,
    pub(super) plugin: Option<&'a str>,
    pub(super) commitment: &'a [u8],
}

impl Link<'_> {
    /// Each field with its length in front, so that no byte can pass from one into the next.
    pub(super) fn hash(&self, previous: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut field = |value: Option<&[u8]>| match value {
            None => hash.update([0]),
            Some(bytes) => {
                hash.update([1]);
                hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(bytes);
            }
        };
        field(Some(previous));
        field(Some(self.firm.as_bytes()));
        field(Some(&self.seq.to_be_bytes()));
        field(Some(&self.at.to_be_bytes()));
        field(self.matter.map(str::as_bytes));
        field(Some(self.actor_kind.as_bytes()));
        field(self.actor.map(str::as_bytes));
        field(self.acting_for.map(str::as_bytes));
        field(Some(self.action.as_bytes()));
        field(self.document.map(str::as_bytes));
        field(self.contact.map(str::as_bytes));
        field(Some(self.call.as_bytes()));
        field(self.request.map(str::as_bytes));
        field(self.plugin.map(str::as_bytes));
        field(Some(self.commitment));
        hash.finalize().into()
    }
}
