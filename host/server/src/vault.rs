//! What the records must not hold in the clear: sealed, or hashed, with a key that lies in a file beside them. Whoever
//! has a copy of the records alone, a backup for instance, can open none of it.

use std::{io, path::Path};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::{files, mail::HostKey};

/// The key in the file. What it is for is mixed into each use, so that nothing sealed for one thing opens for another.
#[derive(Clone, Debug)]
pub struct Vault(HostKey);

impl Vault {
    /// The key in this file; the file is made, for this user alone, if it is not there.
    ///
    /// # Errors
    /// If it cannot be read or made, or holds no key: an empty one is refused.
    pub fn open(path: &Path) -> io::Result<Self> {
        let text = files::key(path, || {
            let mut fresh = [0; 32];
            getrandom::fill(&mut fresh).map_err(|error| io::Error::other(error.to_string()))?;
            Ok(hex::encode(fresh))
        })?;
        let mut key = [0; 32];
        let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it does not hold 64 hex digits");
        hex::decode_to_slice(text.trim(), &mut key).map_err(wrong)?;
        Ok(Self(HostKey::new(key)))
    }

    /// Seals `plain`, which is `what` of `whose`. None if the system has no randomness to give.
    pub fn seal(&self, what: &str, whose: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut text = plain.to_vec();
        let aad = Aad::from(whose.as_bytes());
        self.key(what)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text).ok()?;
        Some([nonce.as_slice(), &text].concat())
    }

    /// What was sealed, if it was sealed with this key as `what` of `whose`, and nobody has changed it since.
    pub fn unseal(&self, what: &str, whose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let aad = Aad::from(whose.as_bytes());
        let plain = self.key(what)?.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text).ok()?;
        Some(plain.to_vec())
    }

    /// A keyed hash of `plain`, which is `what` of `whose`.
    pub fn hash(&self, what: &str, whose: &str, plain: &[u8]) -> [u8; 32] {
        self.0.hash(what, &[whose.as_bytes(), plain])
    }

    fn key(&self, what: &str) -> Option<LessSafeKey> {
        let key = self.0.hash("seal", &[what.as_bytes()]);
        Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_for_what_and_whom_it_was_sealed_alone() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&folder.path().join("key")).unwrap();
        let sealed = vault.seal("secret", "ada", b"plain").unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"plain"));
        assert_ne!(sealed, vault.seal("secret", "ada", b"plain").unwrap(), "never the same twice");
        let again = Vault::open(&folder.path().join("key")).unwrap();
        assert_eq!(again.unseal("secret", "ada", &sealed).unwrap(), b"plain");
        let other = Vault::open(&folder.path().join("another")).unwrap();
        assert_eq!(other.unseal("secret", "ada", &sealed), None);
        assert_eq!(vault.unseal("secret", "ben", &sealed), None);
        assert_eq!(vault.unseal("other", "ada", &sealed), None);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(vault.unseal("secret", "ada", &changed), None);
        }
        assert_eq!(vault.unseal("secret", "ada", b"short"), None);
    }

    #[test]
    fn a_file_without_a_key_is_refused_and_one_that_is_made_is_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "00", "not a key"] {
            let path = folder.path().join("bad");
            std::fs::write(&path, text).unwrap();
            assert!(Vault::open(&path).is_err(), "{text:?}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "and is left as it is");
        }
        let path = folder.path().join("key");
        Vault::open(&path).unwrap();
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
    }
}
