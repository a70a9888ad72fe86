//! Codes by time (RFC 6238, with SHA-1, six digits and thirty seconds, as every app for them reads it), and the recovery
//! codes that stand in for them.

use client_connect_runtime::types::Timestamp;
use data_encoding::BASE32_NOPAD;
use ring::hmac;
use subtle::ConstantTimeEq as _;

/// How long a code is shown, ms.
pub(crate) const STEP: Timestamp = 30_000;
/// How many digits it has.
pub(crate) const DIGITS: usize = 6;
/// Bytes of a secret: as many as the hash has (RFC 4226, 4).
pub(crate) const SECRET: usize = 20;
/// How many recovery codes there are at once.
pub(crate) const RECOVERY: usize = 10;
/// Random bytes of a recovery code.
const RECOVERY_BYTES: usize = 10;

/// The time step of a moment.
pub(crate) fn step(at: Timestamp) -> u64 {
    at / STEP
}

/// The code of a step.
pub(crate) fn code(secret: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let from = usize::from(tag[tag.len() - 1] & 0xf);
    let number = tag[from..from + 4].iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step that this is the code of: the present one, or the one before or after it, as clocks differ. All three are
/// compared, so that the time taken tells nothing.
pub(crate) fn matching(secret: &[u8], typed: &str, now: Timestamp) -> Option<u64> {
    let now = step(now);
    let mut found = None;
    for step in [now.saturating_sub(1), now, now + 1] {
        if bool::from(code(secret, step).as_bytes().ct_eq(typed.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// A new secret; none if the system has no randomness to give.
pub(crate) fn secret() -> Option<[u8; SECRET]> {
    let mut bytes = [0; SECRET];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A secret as a person types it: in groups of four.
pub(crate) fn in_groups(secret: &[u8]) -> String {
    grouped(&BASE32_NOPAD.encode(secret), " ")
}

/// What an app reads in the picture.
pub(crate) fn uri(secret: &[u8], firm: &str, email: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (firm, email) = (part(firm), part(email));
    format!("otpauth://totp/{firm}:{email}?secret={}&issuer={firm}", BASE32_NOPAD.encode(secret))
}

/// New recovery codes; none if the system has no randomness to give.
pub(crate) fn recovery() -> Option<Vec<String>> {
    (0..RECOVERY)
        .map(|_| {
            let mut bytes = [0; RECOVERY_BYTES];
            getrandom::fill(&mut bytes).ok()?;
            Some(grouped(&BASE32_NOPAD.encode(&bytes).to_lowercase(), "-"))
        })
        .collect()
}

fn grouped(text: &str, between: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(between)
}

/// What was typed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A code by time.
    Code(String),
    /// A recovery code, as it is hashed.
    Recovery(String),
}

impl Typed {
    /// Understands it; blanks and dashes do not matter, nor does the case. None: it is neither.
    pub(crate) fn new(typed: &str) -> Option<Self> {
        if typed.len() > 100 {
            return None;
        }
        let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Code(plain));
        }
        let plain = plain.to_uppercase();
        let decoded = BASE32_NOPAD.decode(plain.as_bytes()).ok()?;
        (decoded.len() == RECOVERY_BYTES).then_some(Self::Recovery(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, of eight digits there: the last six of each.
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(b"12345678901234567890", step(seconds * 1_000)), eight[2..], "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_no_more() {
        let (secret, now) = ([7; SECRET], 1_800_000_000_000);
        let this = step(now);
        for (other, taken) in [(this - 2, false), (this - 1, true), (this, true), (this + 1, true), (this + 2, false)] {
            assert_eq!(matching(&secret, &code(&secret, other), now), taken.then_some(other));
        }
        assert_eq!(matching(&secret, "", now), None);
    }

    #[test]
    fn what_is_typed_is_understood_as_people_type_it() {
        assert!(Typed::new(" 123 456 ") == Some(Typed::Code("123456".into())));
        let codes = recovery().unwrap();
        assert_eq!(codes.len(), RECOVERY);
        for code in &codes {
            assert_eq!(code.len(), 19, "{code}");
            let plain = code.replace('-', "").to_uppercase();
            for typed in [code.clone(), code.to_uppercase(), code.replace('-', " ")] {
                assert!(Typed::new(&typed) == Some(Typed::Recovery(plain.clone())), "{typed}");
            }
        }
        for neither in ["", "12345", "1234567", "abcd-efgh", "aaaa-aaaa-aaaa-aaa1", &"a".repeat(200)] {
            assert!(Typed::new(neither).is_none(), "{neither}");
        }
    }

    #[test]
    fn an_app_reads_firm_address_and_secret() {
        assert_eq!(
            uri(b"12345678901234567890", "A & B", "o@a.example"),
            "otpauth://totp/A%20%26%20B:o%40a%2Eexample?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%26%20B"
        );
        assert_eq!(in_groups(&[0; 5]), "AAAA AAAA");
    }
}
