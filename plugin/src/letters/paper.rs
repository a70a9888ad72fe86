//! How a letter is put on paper: plain text and HTML from the same blocks, so that both say the same.
//!
//! It guarantees that nothing a person typed becomes a header, a line of its own, markup or a link.

use crate::{
    attributes::pair,
    types::Letter,
    words::{Day, Words},
};

/// A part of a letter.
pub(super) enum Block {
    Paragraph(String),
    Names(Vec<String>),
    Link { label: &'static str, url: String },
    Small(&'static str),
}

/// The letter as it goes. Subjects are one line of at most 150 characters.
pub(super) fn letter(words: &dyn Words, subject: &str, blocks: &[Block]) -> Letter {
    let subject = shortened(&one_line(subject), 150);
    let text = blocks.iter().map(text).collect::<Vec<_>>().join("\n\n") + "\n";
    let body: String = blocks.iter().map(html).collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:40em\">\n{body}</body></html>\n",
        words.locale(),
        escaped(&subject),
    );
    Letter { subject, text, html, attributes: vec![pair("locale", words.locale())] }
}

fn text(block: &Block) -> String {
    match block {
        Block::Paragraph(sentence) => one_line(sentence),
        Block::Names(names) => names.iter().map(|name| format!("- {}", one_line(name))).collect::<Vec<_>>().join("\n"),
        Block::Link { label, url } => format!("{label}: {url}"),
        Block::Small(sentence) => (*sentence).to_owned(),
    }
}

fn html(block: &Block) -> String {
    match block {
        Block::Paragraph(sentence) => format!("<p>{}</p>\n", escaped(&one_line(sentence))),
        Block::Names(names) => {
            let items: String =
                names.iter().map(|name| format!("<li><bdi>{}</bdi></li>\n", escaped(&one_line(name)))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Link { label, url } => format!("<p><a href=\"{}\">{}</a></p>\n", escaped(url), escaped(label)),
        Block::Small(sentence) => format!("<p style=\"color:#555;font-size:smaller\">{}</p>\n", escaped(sentence)),
    }
}

/// A link to a page of the web; anything else is no link of ours.
pub(super) fn link(label: &'static str, url: &str) -> Option<Block> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.chars().all(|c| !c.is_whitespace() && !c.is_control());
    (web && plain).then(|| Block::Link { label, url: url.to_owned() })
}

/// Without line breaks and other control characters, and without the marks that turn the reading direction of
/// what follows: `invoice[RLO]fdp.exe` must not read as a PDF.
pub(super) fn one_line(text: &str) -> String {
    let turned =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let broken = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().filter(|c| !turned(*c)).map(|c| if broken(c) { ' ' } else { c }).collect()
}

pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// The day (UTC) of a time in milliseconds since the Unix epoch, by the Gregorian calendar.
pub(super) fn day(at: u64) -> Day {
    // Days since 1 March 0000, in eras of 400 years, so that a leap day is a year's last.
    let days = at / 86_400_000 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    Day { year, month: u8::try_from(month).unwrap_or(1), day: u8::try_from(day).unwrap_or(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        let on = |year, month, day| Day { year, month, day };
        let cases = [
            (0, on(1970, 1, 1)),
            (86_399_999, on(1970, 1, 1)),
            (951_782_400_000, on(2000, 2, 29)),
            (951_868_800_000, on(2000, 3, 1)),
            (1_798_675_199_999, on(2026, 12, 30)),
            (4_107_542_400_000, on(2100, 3, 1)),
        ];
        for (at, expected) in cases {
            assert_eq!(day(at), expected, "{at}");
        }
    }

    #[test]
    fn sh13_names_are_escaped_and_stay_on_their_line() {
        assert_eq!(escaped("<b>\"A\" & 'B'</b>"), "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;");
        assert_eq!(one_line("a\r\nBcc: eve@example.org\u{2028}x"), "a  Bcc: eve@example.org x");
        assert_eq!(one_line("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
    }

    #[test]
    fn ov3_only_pages_of_the_web_become_links() {
        assert!(link("x", "https://portal.example/").is_some());
        for bad in ["javascript:alert(1)", "https://a\r\nb", "ftp://x", "", "https://a b"] {
            assert!(link("x", bad).is_none(), "{bad}");
        }
    }
}
