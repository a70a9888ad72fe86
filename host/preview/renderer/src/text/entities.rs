//! Letters that a page of HTML writes by their names.
//!
//! The table of the library that reads letters is not used: its lookups fail where addresses have 32 bits, as they do
//! in a component.

/// From U+00A0 on, each the name of the next.
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// Others that programs write.
const OTHERS: [(&str, char); 36] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("euro", '€'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("bull", '•'),
    ("dagger", '†'),
    ("permil", '‰'),
    ("trade", '™'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Zcaron", 'Ž'),
    ("zcaron", 'ž'),
    ("Yuml", 'Ÿ'),
    ("larr", '←'),
    ("rarr", '→'),
    ("harr", '↔'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
];

/// The letter of a name, or of a number that follows `#`. A space that must not break is a space.
pub(super) fn letter(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let value = hex.map_or_else(|| number.parse().ok(), |digits| u32::from_str_radix(digits, 16).ok())?;
        return char::from_u32(value).map(|letter| if letter == '\u{a0}' { ' ' } else { letter });
    }
    let latin = || LATIN.iter().zip('\u{a0}'..).find(|(known, _)| **known == name).map(|(_, letter)| letter);
    let letter = OTHERS.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter).or_else(latin)?;
    Some(if letter == '\u{a0}' { ' ' } else { letter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_letters() {
        for (name, expected) in
            [("amp", '&'), ("uuml", 'ü'), ("yuml", 'ÿ'), ("szlig", 'ß'), ("#8364", '€'), ("#x20AC", '€')]
        {
            assert_eq!(letter(name), Some(expected), "{name}");
        }
        for name in ["", "#", "#x", "#xD800", "nope", "#99999999999"] {
            assert_eq!(letter(name), None, "{name}");
        }
    }
}
