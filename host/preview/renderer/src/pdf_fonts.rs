//! The fonts that a PDF names and does not bring along: something that can be read, never nothing, and never a file of
//! anybody's machine.

use std::sync::Arc;

use hayro::hayro_interpret::{
    font::{FallbackFontQuery, FontData, FontQuery},
    hayro_cmap::CidFamily,
};

use crate::fonts::Face;

/// The font that stands in for the one that is asked for.
pub(crate) fn resolve(query: &FontQuery) -> Option<(FontData, u32)> {
    match query {
        FontQuery::Standard(font) => Some(font.get_font_data()),
        FontQuery::Fallback(query) => {
            let face = stand_in(query);
            Some((Arc::new(face.bytes()), 0))
        }
    }
}

/// Such a font is asked for by character. So what it must have are the characters of the script; its looks come second.
fn stand_in(query: &FallbackFontQuery) -> Face {
    let east_asian = query.character_collection.as_ref().is_some_and(|collection| {
        matches!(
            collection.family,
            CidFamily::AdobeJapan1 | CidFamily::AdobeGB1 | CidFamily::AdobeCNS1 | CidFamily::AdobeKorea1
        )
    });
    let named = |parts: &[&str]| {
        let names = [&query.post_script_name, &query.font_name, &query.font_family];
        names.into_iter().flatten().any(|name| {
            let name = name.to_lowercase();
            parts.iter().any(|part| name.contains(part))
        })
    };
    if east_asian || named(&EAST_ASIAN) {
        Face::EastAsian
    } else if named(&ARABIC) {
        if query.is_bold { Face::ArabicBold } else { Face::Arabic }
    } else if named(&["hebrew", "david", "miriam", "frank"]) {
        Face::Hebrew
    } else if query.is_fixed_pitch || named(&["mono", "courier", "consol"]) {
        Face::Mono
    } else if query.is_bold {
        Face::Bold
    } else if query.is_italic {
        Face::Italic
    } else {
        Face::Regular
    }
}

/// Parts of the names of fonts that are usual for Chinese, Japanese and Korean.
const EAST_ASIAN: [&str; 22] = [
    "cjk",
    "song",
    "simsun",
    "simhei",
    "kaiti",
    "fangsong",
    "heiti",
    "yahei",
    "mingliu",
    "jhenghei",
    "pingfang",
    "hiragino",
    "mincho",
    "gothic-",
    "kozuka",
    "meiryo",
    "msgothic",
    "ms-gothic",
    "batang",
    "malgun",
    "gulim",
    "dotum",
];

/// And for Arabic and Persian.
const ARABIC: [&str; 10] =
    ["arab", "naskh", "kufi", "amiri", "traditionalarabic", "nastaliq", "sakkal", "geeza", "damascus", "nazanin"];
