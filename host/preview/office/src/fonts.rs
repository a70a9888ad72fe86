//! The fonts that a document is set in: as wide as those that it asks for.

/// One of `fonts/`.
macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../fonts/", $name, ".ttf"))
    };
}

/// One of those that previews of other kinds use as well.
macro_rules! shared {
    ($name:literal) => {
        include_bytes!(concat!("../../fonts/", $name, ".ttf"))
    };
}

const FONTS: &[&[u8]] = &[
    font!("Carlito-Regular"),
    font!("Carlito-Bold"),
    font!("Carlito-Italic"),
    font!("Carlito-BoldItalic"),
    font!("Caladea-Regular"),
    font!("Caladea-Bold"),
    font!("Caladea-Italic"),
    font!("Caladea-BoldItalic"),
    font!("LiberationSans-Regular"),
    font!("LiberationSans-Bold"),
    font!("LiberationSans-Italic"),
    font!("LiberationSans-BoldItalic"),
    font!("LiberationSerif-Regular"),
    font!("LiberationSerif-Bold"),
    font!("LiberationSerif-Italic"),
    font!("LiberationSerif-BoldItalic"),
    font!("LiberationMono-Regular"),
    font!("LiberationMono-Bold"),
    // For letters that none of these has.
    shared!("NotoSansArabic-Regular"),
    shared!("NotoSansArabic-Bold"),
    shared!("NotoSansHebrew-Regular"),
    shared!("NotoSansSymbols2-Regular"),
    shared!("DroidSansFallback"),
];

/// What a document is set in that asks for a font which nothing is known of.
pub(crate) const LAST: &str = "Liberation Serif";

/// All of them.
pub(crate) fn all() -> Vec<Vec<u8>> {
    FONTS.iter().map(|font| font.to_vec()).collect()
}
