//! The head of a chain, signed: kept elsewhere, it proves later that the chain still holds all that it held then.
//!
//! Written as a C2SP signed note (<https://c2sp.org/signed-note>) with the three lines of a C2SP checkpoint
//! (<https://c2sp.org/tlog-checkpoint>): whose log, how many rows, and a hash over all of them; a fourth says when. The log
//! is a chain and no tree, so the hash is that of its last row, and what proves that one checkpoint holds another is the
//! chain itself. Keys are written as such notes' tools write them: `NAME+ID+BASE64`.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use super::chain::Head;

/// Whose signatures they are, and how the origin of each log begins.
const NAME: &str = "client-connect/audit";
/// How a line with a signature begins.
const SIGNED: &str = "\u{2014} ";
/// The algorithm, as keys of notes say it.
const ALGORITHM: u8 = 1;
/// How the key to sign with begins, where it is kept.
const PRIVATE: &str = "PRIVATE+KEY+";
/// How the line of a list begins that names the key to verify with.
pub const KEY: &str = "key ";

/// Why a checkpoint proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCheckpoint {
    /// It is not written as one.
    #[error("line {0} is not part of a checkpoint")]
    Malformed(usize),
    /// There is none in the text.
    #[error("there is no checkpoint in it")]
    Empty,
    /// It is signed by another key, or has been changed.
    #[error("the checkpoint of {0} is not signed by this key")]
    Forged(String),
    /// This is no key.
    #[error("this is no key of checkpoints")]
    Key,
}

/// Signs heads.
#[derive(Debug)]
pub struct Signer {
    pair: Ed25519KeyPair,
}

/// Tells whether a head was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    public: [u8; 32],
}

impl Signer {
    /// From 32 bytes of randomness.
    ///
    /// # Errors
    /// Never, for 32 bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, NoCheckpoint> {
        Ok(Self { pair: Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoCheckpoint::Key)? })
    }

    /// A new key as it is kept: never logged, never in the database.
    #[must_use]
    pub fn kept(seed: &[u8; 32]) -> Option<String> {
        let signer = Self::from_seed(seed).ok()?;
        let data = BASE64_STANDARD.encode([&[ALGORITHM], seed.as_slice()].concat());
        Some(format!("{PRIVATE}{NAME}+{}+{data}\n", hex::encode(signer.verifier().id())))
    }

    /// The key of a file.
    ///
    /// # Errors
    /// [`NoCheckpoint::Key`].
    pub fn read(text: &str) -> Result<Self, NoCheckpoint> {
        let parts = text.trim().strip_prefix(PRIVATE).ok_or(NoCheckpoint::Key)?;
        let (id, seed) = key(parts)?;
        let signer = Self::from_seed(&seed)?;
        if signer.verifier().id() == id { Ok(signer) } else { Err(NoCheckpoint::Key) }
    }

    /// What its signatures are verified with.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        Verifier { public }
    }

    /// The checkpoint of a head.
    #[must_use]
    pub fn sign(&self, head: &Head) -> String {
        let hash = hex::decode(&head.hash).unwrap_or_default();
        let text = format!("{NAME}/{}\n{}\n{}\nat {}\n", head.firm, head.seq, BASE64_STANDARD.encode(hash), head.at);
        let signature = [self.verifier().id().as_slice(), self.pair.sign(text.as_bytes()).as_ref()].concat();
        format!("{text}\n{SIGNED}{NAME} {}\n", BASE64_STANDARD.encode(signature))
    }
}

impl Verifier {
    fn id(&self) -> [u8; 4] {
        let hash = Sha256::digest([NAME.as_bytes(), b"\n", &[ALGORITHM], &self.public].concat());
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The key that [`Self`] displays.
    ///
    /// # Errors
    /// [`NoCheckpoint::Key`].
    pub fn read(text: &str) -> Result<Self, NoCheckpoint> {
        let (id, public) = key(text.trim())?;
        let this = Self { public };
        if this.id() == id { Ok(this) } else { Err(NoCheckpoint::Key) }
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let data = BASE64_STANDARD.encode([&[ALGORITHM], self.public.as_slice()].concat());
        write!(f, "{NAME}+{}+{data}", hex::encode(self.id()))
    }
}

/// The id and the bytes of a key.
fn key(text: &str) -> Result<([u8; 4], [u8; 32]), NoCheckpoint> {
    let read = || {
        let (id, data) = text.strip_prefix(NAME)?.strip_prefix('+')?.split_once('+')?;
        let data = BASE64_STANDARD.decode(data).ok()?;
        let (algorithm, bytes) = data.split_first()?;
        let id = hex::decode(id).ok()?.try_into().ok()?;
        (*algorithm == ALGORITHM).then_some((id, bytes.try_into().ok()?))
    };
    read().ok_or(NoCheckpoint::Key)
}

/// The heads of all checkpoints in a text, each of which was signed by this key.
///
/// # Errors
/// [`NoCheckpoint`]: one that proves nothing is one too many.
pub fn read(text: &str, verifier: &Verifier) -> Result<Vec<Head>, NoCheckpoint> {
    let mut heads = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if line.is_empty() || line.starts_with(KEY) {
            continue;
        }
        let malformed = NoCheckpoint::Malformed(at + 1);
        let mut note = vec![line];
        note.extend(std::iter::from_fn(|| lines.next().map(|(_, line)| line).filter(|line| !line.is_empty())));
        let mut signatures = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with(SIGNED)) {
            signatures.push(line);
        }
        let head = head(&note).ok_or(malformed)?;
        let signed = [note.join("\n"), "\n".to_owned()].concat();
        if !signatures.iter().any(|line| holds(line, &signed, verifier)) {
            return Err(NoCheckpoint::Forged(head.firm));
        }
        heads.push(head);
    }
    if heads.is_empty() { Err(NoCheckpoint::Empty) } else { Ok(heads) }
}

fn head(note: &[&str]) -> Option<Head> {
    let [origin, seq, hash, at] = note else { return None };
    let hash = BASE64_STANDARD.decode(hash).ok().filter(|hash| hash.len() == 32)?;
    Some(Head {
        firm: origin.strip_prefix(NAME)?.strip_prefix('/')?.to_owned(),
        seq: seq.parse().ok()?,
        at: at.strip_prefix("at ")?.parse().ok()?,
        hash: hex::encode(hash),
    })
}

fn holds(line: &str, signed: &str, verifier: &Verifier) -> bool {
    let signature = line.strip_prefix(SIGNED).and_then(|line| line.strip_prefix(NAME)).map(str::trim);
    let Some(Ok(bytes)) = signature.map(|text| BASE64_STANDARD.decode(text)) else { return false };
    let Some((id, signature)) = bytes.split_at_checked(4) else { return false };
    id == verifier.id()
        && UnparsedPublicKey::new(&ED25519, verifier.public).verify(signed.as_bytes(), signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(firm: &str, seq: u64) -> Head {
        Head { firm: firm.to_owned(), seq, at: 1_760_000_000_000, hash: "ab".repeat(32) }
    }

    #[test]
    fn what_is_signed_is_read_again_and_what_was_changed_is_not() {
        let signer = Signer::from_seed(&[7; 32]).unwrap();
        let (one, other) = (head_of("f1", 12), head_of("f2", 3));
        let list = format!("{KEY}{}\n\n{}\n{}\n", signer.verifier(), signer.sign(&one), signer.sign(&other));
        let verifier = Verifier::read(&signer.verifier().to_string()).unwrap();
        assert_eq!(read(&list, &verifier).unwrap(), [one.clone(), other]);
        // Whatever byte of the note and its signature is another: it does not pass for this head.
        let note = signer.sign(&one);
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let read = String::from_utf8(bytes).ok().map(|text| read(&text, &verifier));
            assert!(!matches!(read, Some(Ok(_))), "byte {at}");
        }
        let stranger = Signer::from_seed(&[8; 32]).unwrap();
        assert_eq!(read(&stranger.sign(&one), &verifier), Err(NoCheckpoint::Forged("f1".to_owned())));
        assert_eq!(read("", &verifier), Err(NoCheckpoint::Empty));
        assert_eq!(read("anything\n", &verifier), Err(NoCheckpoint::Malformed(1)));
    }

    #[test]
    fn a_key_is_read_as_it_is_kept() {
        let kept = Signer::kept(&[7; 32]).unwrap();
        let signer = Signer::read(&kept).unwrap();
        assert_eq!(signer.verifier(), Signer::from_seed(&[7; 32]).unwrap().verifier());
        for bad in ["", "PRIVATE+KEY+", &kept.replace("AQcH", "AQcI"), &signer.verifier().to_string()] {
            assert!(Signer::read(bad).is_err(), "{bad}");
        }
        assert!(Verifier::read(&kept).is_err());
    }

    /// The form is the one that other tools read: a note, its key and its signature, computed elsewhere.
    #[test]
    fn a_note_is_the_one_of_the_specification() {
        let signer = Signer::from_seed(&[7; 32]).unwrap();
        let note = signer.sign(&head_of("f1", 12));
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(
            lines[..4],
            ["client-connect/audit/f1", "12", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=", "at 1760000000000"]
        );
        assert_eq!(lines[4], "");
        assert_eq!(signer.verifier().to_string(), EXPECTED_KEY);
        assert_eq!(lines[5], EXPECTED_SIGNATURE);
        assert_eq!(lines.len(), 6);
    }

    const EXPECTED_KEY: &str = "client-connect/audit+2f1952a0+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    const EXPECTED_SIGNATURE: &str = "— client-connect/audit LxlSoGnsN9W6uwjUoLRs26tX3zIEnvhAePw+5piDxfQEG5AFYDhb3MbyWuPfyJzkhmUTPTEfoyah8V0lhHGSlR/DRQk=";
}
