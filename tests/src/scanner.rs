//! What nobody may be told, looked for in every answer to every person and in every mail, whatever the suite is about:
//! the tokens of sessions, passwords, and all that belongs to another firm of the same host.
//!
//! What one person of a firm may see of another's is for the tests that know who that is: `canaries`, and the model.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use client_connect_fixtures::canary::Canaries;
use reqwest::header::{HeaderMap, SET_COOKIE};

use crate::host::PASSWORD;

#[derive(Default)]
struct Hidden {
    /// Whole words, told by their length from all that is no token.
    tokens: HashSet<String>,
    canaries: Canaries<&'static str>,
}

static HIDDEN: Mutex<Option<Hidden>> = Mutex::new(None);

/// Tokens have no fewer characters than this.
const TOKEN: usize = 32;

fn hidden<T>(work: impl FnOnce(&mut Hidden) -> T) -> T {
    let mut hidden: MutexGuard<'_, Option<Hidden>> = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    work(hidden.get_or_insert_default())
}

/// A word to be written into what nobody of a test may see.
pub fn mark(what: &'static str) -> String {
    hidden(|hidden| hidden.canaries.mark(what))
}

/// A token that its owner alone has, and gives to nobody but in a cookie.
pub fn hide_token(token: &str) {
    if token.len() >= TOKEN {
        hidden(|hidden| hidden.tokens.insert(token.to_owned()));
    }
}

/// What of it stands in these bytes.
fn found(bytes: &[u8]) -> BTreeMap<String, &'static str> {
    let text = String::from_utf8_lossy(bytes);
    let words =
        text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-' && character != '_');
    hidden(|hidden| {
        let tokens = words.filter(|word| word.len() >= TOKEN && hidden.tokens.contains(*word));
        let tokens = tokens.map(|word| (word.to_owned(), "a session's token"));
        let password = text.contains(PASSWORD).then(|| (PASSWORD.to_owned(), "a password"));
        let canaries = hidden.canaries.found(bytes).into_iter().flatten().map(|what| (what.to_owned(), what));
        tokens.chain(password).chain(canaries).collect()
    })
}

/// Scans an answer: its body, and its headers but for the cookie that it gives.
///
/// # Panics
/// If it tells what nobody may be told.
pub fn scan_answer(asked: &str, headers: &HeaderMap, body: &[u8]) {
    let mut said = body.to_vec();
    for (name, value) in headers.iter().filter(|(name, _)| **name != SET_COOKIE) {
        said.extend([b"\n", name.as_str().as_bytes(), b": ", value.as_bytes()].concat());
    }
    scan(asked, &said);
}

/// Scans what came by another way.
///
/// # Panics
/// If it tells what nobody may be told.
pub fn scan(place: &str, said: &[u8]) {
    let found = found(said);
    assert!(found.is_empty(), "{place} tells of {found:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_may_be_told_is_found_wherever_it_stands() {
        let (token, name) = ("f00d".repeat(16), mark("another firm's name"));
        hide_token(&token);
        for said in [
            format!("{{\"session\":\"{token}\"}}"),
            format!("<p>{}</p>", name.to_uppercase()),
            format!("it is “{PASSWORD}”"),
        ] {
            assert_eq!(found(said.as_bytes()).len(), 1, "{said}");
        }
        assert_eq!(found(format!("{token}0 and a short f00d").as_bytes()), BTreeMap::new());
        let mut headers = HeaderMap::new();
        headers.insert(SET_COOKIE, format!("cc_staff={token}").parse().expect("a header"));
        scan_answer("its own sign-in", &headers, b"{}");
    }
}
