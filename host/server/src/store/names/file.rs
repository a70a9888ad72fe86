//! Names of files, made harmless: what a browser sends is a claim, and the name goes into headers, archives, mails
//! and the file systems of whoever downloads it.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{is_private, is_unseen};

/// The longest name, in bytes: what file systems take.
const NAME_MAX: usize = 255;
/// The longest extension that is kept when a name is cut.
const EXTENSION_MAX: usize = 32;
/// What a file is called whose name says nothing.
const NAMELESS: &str = "document";

/// The name as it is stored, shown and saved: NFC, no folder, no control or bidi character, none that Windows refuses,
/// at most 255 bytes with its extension kept, never empty. Giving the answer in again changes nothing.
#[must_use]
pub fn safe_name(claimed: &str) -> String {
    let last = claimed.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let plain: String = last.chars().filter(|&c| !is_unseen(c) && !is_private(c)).map(harmless).collect();
    let mut name = ComposingNormalizerBorrowed::new_nfc().normalize(plain.trim()).into_owned();
    // Windows drops dots and blanks at the end, and so would show another extension than we do.
    name.truncate(name.trim_end_matches(is_edge).len());
    let start = name.len() - name.trim_start_matches(char::is_whitespace).len();
    name.drain(..start);
    if name.trim_start_matches(is_edge).is_empty() {
        return NAMELESS.to_owned();
    }
    if is_device(&name) {
        name.insert(0, '_');
    }
    shorten(name)
}

fn is_edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn harmless(c: char) -> char {
    match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | '/' | '\\' => '_',
        // Wide and look-alike blanks would hide an extension behind themselves.
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// Whether Windows takes the name for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem: Cow<'_, str> = stem.to_ascii_uppercase().into();
    match stem.as_ref() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        other => {
            let port = other.strip_prefix("COM").or_else(|| other.strip_prefix("LPT"));
            port.is_some_and(|number| {
                let mut digits = number.chars();
                matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
            })
        }
    }
}

fn shorten(name: String) -> String {
    if name.len() <= NAME_MAX {
        return name;
    }
    let extension = match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= EXTENSION_MAX => &name[dot..],
        _ => "",
    };
    let stem = &name[..name.len() - extension.len()];
    let mut end = NAME_MAX - extension.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let stem = stem[..end].trim_end_matches(is_edge);
    let short = [if stem.is_empty() { "_" } else { stem }, extension].concat();
    // Cutting may part a letter from its mark, but cannot bring back what was taken out.
    ComposingNormalizerBorrowed::new_nfc().normalize(&short).into_owned()
}
