//! Attributes: each key once, unknown ones kept.

use crate::types::Attributes;

/// The value under a key.
pub(crate) fn get<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    attributes.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
}

/// Sets a key, in its place if it is there already.
pub(crate) fn set(attributes: &mut Attributes, key: &str, value: String) {
    match attributes.iter_mut().find(|(k, _)| k == key) {
        Some((_, old)) => *old = value,
        None => attributes.push((key.to_owned(), value)),
    }
}

/// One attribute.
pub(crate) fn pair(key: &str, value: impl Into<String>) -> (String, String) {
    (key.to_owned(), value.into())
}
