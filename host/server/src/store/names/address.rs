//! Mail addresses, compared as a sign-in compares them.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{is_private, is_unseen};

/// The address as a sign-in compares it, or none if a mail could not be sent to it: without blanks around it, the
/// local part in NFC and lower case, the domain in lower case as the DNS spells it.
///
/// Two addresses with one key are taken for one person's, so what could make a stranger's address look the same
/// has no key at all: a letter outside of ASCII that lower case or NFC turns into one inside.
#[must_use]
pub fn email_key(address: &str) -> Option<String> {
    let address = address.trim();
    let (local, domain) = address.rsplit_once('@')?;
    if address.len() > 254 || !is_local_part(local) {
        return None;
    }
    let mut key = lower(local)?;
    if key.len() > 64 {
        return None;
    }
    key.push('@');
    key.push_str(&domain_key(domain)?);
    Some(key)
}

fn is_local_part(local: &str) -> bool {
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| {
            if c.is_ascii() {
                c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
            } else {
                !c.is_whitespace() && !is_unseen(c) && !is_private(c)
            }
        })
}

fn lower(local: &str) -> Option<String> {
    if local.is_ascii() {
        return Some(local.to_ascii_lowercase());
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let mut own = [0; 4];
    for c in local.chars().filter(|c| !c.is_ascii()) {
        let becomes = nfc.normalize(c.encode_utf8(&mut own)).chars().flat_map(char::to_lowercase).any(|c| c.is_ascii());
        if becomes {
            return None;
        }
    }
    // One character at a time: `str::to_lowercase` looks at what stands beside a sigma.
    let low: String = nfc.normalize(local).chars().flat_map(char::to_lowercase).collect();
    Some(nfc.normalize(&low).into_owned())
}

fn domain_key(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels = || ascii.split('.');
    let well_formed = ascii.len() <= 253
        && labels().count() >= 2
        && labels().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
        && !labels().next_back().is_some_and(|top| top.bytes().all(|b| b.is_ascii_digit()));
    well_formed.then_some(ascii)
}
