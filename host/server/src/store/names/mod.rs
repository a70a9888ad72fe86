//! Names and addresses, compared: one rule each for what is the same, what matches a search, and what comes first.

mod address;
mod file;

use std::{borrow::Cow, sync::OnceLock};

use icu_casemap::CaseMapperBorrowed;
use icu_collator::{
    CollatorBorrowed, CollatorPreferences, options::CollatorOptions, preferences::CollationNumericOrdering,
};
use icu_normalizer::{DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed};

pub use address::email_key;
pub use file::safe_name;

/// A sort key is cut here; names that are the same up to there sort by id.
const SORT_KEY_MAX: usize = 512;

/// The name as a search compares it: without case, accents and what cannot be seen. A name contains a term if
/// the fold of the one contains the fold of the other.
#[must_use]
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.chars().filter(|c| !c.is_ascii_control()).map(|c| c.to_ascii_lowercase()).collect();
    }
    let nfkd = DecomposingNormalizerBorrowed::new_nfkd();
    let folded = CaseMapperBorrowed::new().fold_string(&nfkd.normalize(name)).into_owned();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    // Folding may compose again: decompose once more before the marks go.
    nfkd.normalize(&folded)
        .chars()
        .filter(|&c| classes.get_u8(c) == 0 && !is_unseen(c) && !is_private(c))
        .map(plain)
        .collect()
}

/// Letters whose stroke Unicode does not take for an accent, but whoever types does.
fn plain(c: char) -> char {
    match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' => 'd',
        'ħ' => 'h',
        'ŧ' => 't',
        'ı' => 'i',
        other => other,
    }
}

/// Controls, and format characters that take no room.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters that nobody has given a meaning, among them the three that stand for a matter in the trigrams.
pub(super) fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Where a name stands among others, for `memcmp`: the root collation, with numbers by their value. The same name has
/// the same key on every host and in every release that keeps the collation's data.
#[must_use]
pub fn sort_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() * 2 + 8);
    // The replacement character stands past all others in the collation; no key may.
    let has_place = |c: &char| !is_private(*c) && *c != '\u{fffd}';
    let seen: Cow<'_, str> =
        if name.chars().all(|c| has_place(&c)) { name.into() } else { name.chars().filter(has_place).collect() };
    match collator() {
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_utf8_to(seen.as_bytes(), &mut key);
        }
        None => key.extend_from_slice(fold(name).as_bytes()),
    }
    key.truncate(SORT_KEY_MAX);
    key
}

fn collator() -> Option<&'static CollatorBorrowed<'static>> {
    static COLLATOR: OnceLock<Option<CollatorBorrowed<'static>>> = OnceLock::new();
    COLLATOR
        .get_or_init(|| {
            let mut preferences = CollatorPreferences::default();
            preferences.numeric_ordering = Some(CollationNumericOrdering::True);
            CollatorBorrowed::try_new(preferences, CollatorOptions::default()).ok()
        })
        .as_ref()
}

#[cfg(test)]
mod tests;
