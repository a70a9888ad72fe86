//! The headers that name a file: always an attachment, and never a word of the sender's that is not encoded.

use axum::http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may be told of a file's type: kinds that no browser runs. All others are bytes, and so are text formats
/// that a browser would render if `nosniff` and `sandbox` failed.
const INERT: &[&str] = &[
    "application/pdf",
    "application/zip",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/rtf",
    "message/rfc822",
    "text/plain",
    "text/csv",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/bmp",
    "image/tiff",
    "image/heic",
];

/// What stands as it is in the whole name (RFC 8187, `attr-char`).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The `Content-Type` under which bytes of this type leave.
#[must_use]
pub(super) fn content_type(media_type: &str) -> HeaderValue {
    let known = INERT.iter().find(|inert| **inert == media_type);
    HeaderValue::from_static(known.copied().unwrap_or("application/octet-stream"))
}

/// `attachment` with the name twice: in ASCII for old programs, and whole (RFC 6266, RFC 8187).
#[must_use]
pub(super) fn attachment(name: &str) -> HeaderValue {
    let mut value = String::with_capacity(50 + 4 * name.len());
    value.push_str("attachment; filename=\"");
    for character in name.chars() {
        value.push(match character {
            // A percent sign would be decoded by some browsers, and a path cut at its last separator by others.
            '"' | '\\' | '%' | '/' => '_',
            ' '..='~' => character,
            _ => '_',
        });
    }
    value.push_str("\"; filename*=UTF-8''");
    value.extend(utf8_percent_encode(name, PLAIN));
    // Visible ASCII and spaces alone: always a header's value.
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        attachment(name).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_name_is_given_in_ascii_and_whole() {
        assert_eq!(text("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(
            text("Übergabe – Ö.docx"),
            "attachment; filename=\"_bergabe _ _.docx\"; filename*=UTF-8''%C3%9Cbergabe%20%E2%80%93%20%C3%96.docx"
        );
    }

    #[test]
    fn no_name_gets_out_of_its_quotes() {
        for name in [
            "x\";filename=evil.exe;y=\"",
            "a\r\nSet-Cookie: b=c",
            "nul\0.pdf",
            "..\\..\\a.pdf",
            "../../etc/passwd",
            "\u{202e}fdp.exe",
            "%22%0d%0a.pdf",
            "👩‍⚖️.pdf",
            "'*=UTF-8''x",
        ] {
            let value = text(name);
            assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{value}");
            assert_eq!(value.matches('"').count(), 2, "{value}");
            let (_, whole) = value.rsplit_once("''").unwrap();
            assert!(!whole.contains(['"', ';', ' ', '\'', '*', ',', '/', '\\']), "{value}");
        }
        assert_eq!(text(&"x".repeat(300)).len(), "attachment; filename=\"\"; filename*=UTF-8''".len() + 600);
    }

    fn ending(name: &str) -> Option<&str> {
        name.rsplit_once('.').map(|(_, ending)| ending)
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2_000))]
        #[test]
        fn cu3_the_ending_that_is_shown_is_the_ending_that_is_saved(
            claimed in "[\\PC\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200b}\u{200f}\r\n\t]{0,40}[.\u{202e} ]{0,3}[a-zA-Z0-9\u{202e}\u{2066}]{0,8}",
        ) {
            let shown = crate::store::names::safe_name(&claimed);
            let value = text(&shown);
            let (plain, whole) = value.split_once("\"; filename*=UTF-8''").unwrap();
            let plain = plain.strip_prefix("attachment; filename=\"").unwrap();
            let saved = percent_encoding::percent_decode_str(whole).decode_utf8().unwrap();
            proptest::prop_assert_eq!(&*saved, &*shown);
            let turns = saved.contains(['\u{202e}', '\u{2066}', '\u{200f}']);
            proptest::prop_assert!(!turns, "{}", saved);
            if ending(&shown).is_some_and(|ending| ending.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
                proptest::prop_assert_eq!(ending(plain), ending(&shown), "{}", shown);
            }
        }
    }

    #[test]
    fn what_a_browser_could_run_leaves_as_bytes() {
        for active in
            ["text/html", "image/svg+xml", "application/xml", "application/xhtml+xml", "text/javascript", "", "a\r\nb"]
        {
            assert_eq!(content_type(active), "application/octet-stream");
        }
        assert_eq!(content_type("application/pdf"), "application/pdf");
    }
}
