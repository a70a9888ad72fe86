//! Times, sizes and kinds of files, as a reader sees them. Each writes itself as markup that is safe as it stands.

use std::fmt;

use askama::filters::HtmlSafe;
use qrcodegen::{QrCode, QrCodeEcc};

/// A moment, in milliseconds since 1970: written in UTC, and by the script `times.js` in the reader's own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub u64);

impl HtmlSafe for When {}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = i64::try_from(self.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) else {
            return Ok(());
        };
        let (machine, reader) = (at.strftime("%Y-%m-%dT%H:%M:%SZ"), at.strftime("%-d %b %Y, %H:%M UTC"));
        write!(f, "<time datetime=\"{machine}\">{reader}</time>")
    }
}

/// The day of a moment, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub u64);

impl HtmlSafe for Day {}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = i64::try_from(self.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) else {
            return Ok(());
        };
        let (machine, reader) = (at.strftime("%Y-%m-%dT%H:%M:%SZ"), at.strftime("%-d %b %Y"));
        write!(f, "<time datetime=\"{machine}\" data-day>{reader}</time>")
    }
}

/// A size in bytes: `12 bytes`, `3.4 kB`, `56 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl HtmlSafe for Size {}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1_000 {
            return write!(f, "{} bytes", self.0);
        }
        let mut scale = 1_000;
        let mut unit = 0;
        // From 999.5 on it reads better in the next unit.
        while unit < 3 && self.0 >= scale * 999 + scale / 2 {
            (scale, unit) = (scale * 1_000, unit + 1);
        }
        let unit = ["kB", "MB", "GB", "TB"][unit];
        let tenths = (self.0 + scale / 20) / (scale / 10);
        if tenths < 100 {
            write!(f, "{}.{}\u{a0}{unit}", tenths / 10, tenths % 10)
        } else {
            write!(f, "{}\u{a0}{unit}", (self.0 + scale / 2) / scale)
        }
    }
}

/// A count that may be a lower bound: `1,204`, `more than 1,000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many, at least.
    pub total: u32,
    /// Whether that is all.
    pub exact: bool,
}

impl HtmlSafe for Count {}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.total.to_string();
        if !self.exact {
            f.write_str("more than ")?;
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// An icon that says nothing by itself: what it means stands beside it, or in the button's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(pub &'static str);

impl HtmlSafe for Icon {}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{}#{}\"/></svg>",
            crate::assets::url("icons.svg"),
            self.0
        )
    }
}

/// A text as a QR code, black on white in either theme, with the margin that readers need. It says in words what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr(pub String);

impl HtmlSafe for Qr {}

impl fmt::Display for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What does not fit into any is not shown: it stands beside it as text.
        let Ok(code) = QrCode::encode_text(&self.0, QrCodeEcc::Medium) else { return Ok(()) };
        let side = code.size() + 8;
        write!(
            f,
            "<svg class=\"qr\" role=\"img\" aria-label=\"QR code with the key\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\""
        )?;
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                write!(f, "M{} {}h1v1h-1z", x + 4, y + 4)?;
            }
        }
        f.write_str("\"/></svg>")
    }
}

/// The icon of a kind of file.
#[must_use]
pub fn file_icon(media_type: &str) -> Icon {
    Icon(match media_type {
        kind if kind.starts_with("image/") => "file-image",
        kind if kind.contains("spreadsheet") || kind.contains("excel") || kind == "text/csv" => "file-spreadsheet",
        kind if kind.contains("presentation") || kind.contains("powerpoint") => "presentation",
        kind if kind.contains("zip") || kind.contains("compressed") || kind.contains("tar") => "file-archive",
        kind if kind.starts_with("message/") || kind.contains("outlook") => "mail",
        kind if kind.starts_with("text/")
            || kind.contains("pdf")
            || kind.contains("word")
            || kind.contains("opendocument.text") =>
        {
            "file-text"
        }
        _ => "file",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_or_three_digits() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0\u{a0}kB"),
            (9_949, "9.9\u{a0}kB"),
            (9_950, "10\u{a0}kB"),
            (12_345, "12\u{a0}kB"),
            (999_499, "999\u{a0}kB"),
            (999_500, "1.0\u{a0}MB"),
            (7_600_000, "7.6\u{a0}MB"),
            (314_572_800, "315\u{a0}MB"),
            (5_000_000_000_000_000, "5000\u{a0}TB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text, "{bytes}");
        }
    }

    #[test]
    fn counts_are_grouped_and_say_when_there_are_more() {
        assert_eq!(Count { total: 1_234_567, exact: true }.to_string(), "1,234,567");
        assert_eq!(Count { total: 1_000, exact: false }.to_string(), "more than 1,000");
        assert_eq!(Count { total: 12, exact: true }.to_string(), "12");
    }

    #[test]
    fn a_moment_says_its_zone() {
        assert_eq!(
            When(1_700_000_000_000).to_string(),
            "<time datetime=\"2023-11-14T22:13:20Z\">14 Nov 2023, 22:13 UTC</time>"
        );
    }
}
