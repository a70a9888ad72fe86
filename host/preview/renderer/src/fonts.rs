//! The fonts that lie in the component: wide enough for what customers of a European firm write, and free.
//!
//! A character is drawn from the first of a chain of faces that has it. One that none has is drawn as the box that says
//! so: text is never left out in silence.

use harfrust::Font;

// Each of them once in the component, wherever it is used.
static REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");
static ITALIC: &[u8] = include_bytes!("../../fonts/NotoSans-Italic.ttf");
static MONO: &[u8] = include_bytes!("../../fonts/NotoSansMono-Regular.ttf");
static ARABIC: &[u8] = include_bytes!("../../fonts/NotoSansArabic-Regular.ttf");
static ARABIC_BOLD: &[u8] = include_bytes!("../../fonts/NotoSansArabic-Bold.ttf");
static HEBREW: &[u8] = include_bytes!("../../fonts/NotoSansHebrew-Regular.ttf");
static SYMBOLS: &[u8] = include_bytes!("../../fonts/NotoSansSymbols2-Regular.ttf");
static EAST_ASIAN: &[u8] = include_bytes!("../../fonts/DroidSansFallback.ttf");

/// A font.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Face {
    Regular,
    Bold,
    Italic,
    Mono,
    Arabic,
    ArabicBold,
    Hebrew,
    Symbols,
    EastAsian,
}

impl Face {
    /// In the order of their numbers.
    const ALL: [Self; 9] = [
        Self::Regular,
        Self::Bold,
        Self::Italic,
        Self::Mono,
        Self::Arabic,
        Self::ArabicBold,
        Self::Hebrew,
        Self::Symbols,
        Self::EastAsian,
    ];

    /// The file.
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
            Self::Italic => ITALIC,
            Self::Mono => MONO,
            Self::Arabic => ARABIC,
            Self::ArabicBold => ARABIC_BOLD,
            Self::Hebrew => HEBREW,
            Self::Symbols => SYMBOLS,
            Self::EastAsian => EAST_ASIAN,
        }
    }

    /// Its place in [`Fonts`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// How a piece of text is meant to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Regular,
    Bold,
    Italic,
    Mono,
}

/// All faces, read once.
pub(crate) struct Fonts {
    fonts: Vec<Font>,
}

impl Fonts {
    /// `None` if one of them is broken, which a test rules out.
    pub(crate) fn new() -> Option<Self> {
        let fonts: Option<Vec<_>> = Face::ALL.iter().map(|face| Font::new(face.bytes(), 0)).collect();
        Some(Self { fonts: fonts? })
    }

    pub(crate) fn font(&self, face: Face) -> &Font {
        &self.fonts[face.index()]
    }

    pub(crate) fn has(&self, face: Face, character: char) -> bool {
        self.font(face).charmap().map_unicode(character).is_some()
    }

    /// The face to draw a character from. `before` is the one of the character before it, which signs that belong to
    /// it, or to nothing, stay with.
    pub(crate) fn choose(&self, character: char, style: Style, before: Option<Face>) -> Face {
        let (own, arabic) = match style {
            Style::Regular => (Face::Regular, Face::Arabic),
            Style::Bold => (Face::Bold, Face::ArabicBold),
            Style::Italic => (Face::Italic, Face::Arabic),
            Style::Mono => (Face::Mono, Face::Arabic),
        };
        if let Some(before) = before
            && clings(character)
            && (is_invisible(character) || self.has(before, character))
        {
            return before;
        }
        let chain = [own, Face::Regular, arabic, Face::Hebrew, Face::EastAsian, Face::Symbols, Face::Mono];
        chain.into_iter().find(|face| self.has(*face, character)).unwrap_or(own)
    }
}

/// Accents, joiners and selectors belong to what they follow.
fn clings(character: char) -> bool {
    is_invisible(character)
        || matches!(character, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}')
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_is_read_and_has_its_script() {
        let fonts = Fonts::new().unwrap();
        for (character, style, face) in [
            ('a', Style::Regular, Face::Regular),
            ('é', Style::Bold, Face::Bold),
            ('ж', Style::Italic, Face::Italic),
            ('λ', Style::Mono, Face::Mono),
            ('ش', Style::Regular, Face::Arabic),
            ('ش', Style::Bold, Face::ArabicBold),
            ('ש', Style::Regular, Face::Hebrew),
            ('你', Style::Regular, Face::EastAsian),
            ('の', Style::Bold, Face::EastAsian),
            ('한', Style::Regular, Face::EastAsian),
            ('☑', Style::Regular, Face::Symbols),
        ] {
            assert_eq!(fonts.choose(character, style, None), face, "{character}");
        }
    }

    #[test]
    fn what_no_face_has_is_still_drawn() {
        let fonts = Fonts::new().unwrap();
        assert_eq!(fonts.choose('\u{e000}', Style::Regular, Some(Face::Arabic)), Face::Regular);
    }
}
