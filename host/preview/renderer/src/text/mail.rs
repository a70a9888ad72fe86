//! A letter by e-mail: who wrote when to whom, the words, and what was attached. Pictures that lie elsewhere are not
//! fetched, so its sender does not learn that somebody looked.

use mail_parser::{Address, HeaderName, Message, MessageParser, MimeHeaders, PartType};

use super::{
    flow::{BODY, Flow, Paragraph},
    html, plain,
    shape::{Ink, Look},
};
use crate::{Cause, fonts::Style};

/// Lines that a letter begins with, one of which says that it was sent.
const SENT: [&str; 9] = [
    "date",
    "received",
    "message-id",
    "mime-version",
    "return-path",
    "delivered-to",
    "dkim-signature",
    "x-mailer",
    "sender",
];
const ADDRESSED: [&str; 5] = ["from", "to", "subject", "cc", "reply-to"];

/// Whether the bytes begin as a letter does.
pub(crate) fn is(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(16 << 10)]);
    let start = start.trim_start_matches('\u{feff}');
    let (mut sent, mut addressed) = (false, false);
    for (at, line) in start.lines().enumerate() {
        if line.trim().is_empty() || at > 400 {
            break;
        }
        // Some mailboxes put a line before the header, and long lines are folded.
        if line.starts_with([' ', '\t']) || (at == 0 && (line.starts_with("From ") || line.starts_with(">From "))) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return false;
        }
        let name = name.to_ascii_lowercase();
        sent |= SENT.contains(&name.as_str());
        addressed |= ADDRESSED.contains(&name.as_str());
    }
    sent && addressed
}

/// A letter, wherever it was read from.
#[derive(Debug, Default)]
pub(super) struct Letter {
    pub(super) subject: String,
    /// What it is called, and what it says.
    pub(super) lines: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// Names, and bytes if they are known.
    pub(super) attached: Vec<(String, Option<usize>)>,
}

/// Sets a letter.
pub(super) fn lay_out(flow: &mut Flow, bytes: &[u8]) -> Result<(), Cause> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let message = MessageParser::default().parse(bytes).ok_or(Cause::Damaged)?;
    set(flow, &read(&message));
    Ok(())
}

fn read(message: &Message<'_>) -> Letter {
    let mut lines = Vec::new();
    let mut add = |label, value: String| {
        if !value.trim().is_empty() {
            lines.push((label, value));
        }
    };
    add("From", people(message.from()));
    add("To", people(message.to()));
    add("Cc", people(message.cc()));
    let date = message.header_raw(HeaderName::Date).map(|raw| raw.split_whitespace().collect::<Vec<_>>().join(" "));
    add("Date", date.unwrap_or_default());
    let bodies: Vec<String> = message.text_bodies().filter_map(words).collect();
    let mut body = bodies.join("\n\n");
    if body.trim().is_empty() {
        body = message.html_bodies().filter_map(words).collect::<Vec<_>>().join("\n\n");
    }
    let attached = message.attachments().map(|part| {
        let own = match &part.body {
            PartType::Message(inner) => inner.subject().map(|subject| format!("{subject} (a letter)")),
            _ => None,
        };
        let name = part.attachment_name().map(str::to_owned).or(own).or_else(|| {
            let kind = part.content_type()?;
            Some(format!("without a name ({}/{})", kind.ctype(), kind.subtype().unwrap_or("?")))
        });
        (name.unwrap_or_else(|| "without a name".to_owned()), Some(part.len()))
    });
    Letter { subject: message.subject().unwrap_or_default().to_owned(), lines, body, attached: attached.collect() }
}

/// Of a part that is text, whatever it is written in.
fn words(part: &mail_parser::MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Text(text) => Some(text.replace("\r\n", "\n")),
        PartType::Html(markup) => Some(html::text(markup)),
        _ => None,
    }
}

fn people(address: Option<&Address<'_>>) -> String {
    let Some(address) = address else {
        return String::new();
    };
    let people = address.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => String::new(),
    });
    people.filter(|one| !one.is_empty()).take(200).collect::<Vec<_>>().join(", ")
}

/// Sets the head, the words, and the list of what was attached.
pub(super) fn set(flow: &mut Flow, letter: &Letter) {
    let bold = Look { style: Style::Bold, ..Look::default() };
    let grey = Look { ink: Ink::Grey, ..Look::default() };
    if !letter.subject.trim().is_empty() {
        flow.paragraph(&Paragraph {
            spans: vec![(letter.subject.clone(), bold)],
            size: Some(14.0),
            after: 6.0,
            ..Paragraph::default()
        });
    }
    let indent =
        letter.lines.iter().map(|(label, _)| flow.shaper.width(label, Look::default(), BODY)).fold(30.0, f32::max);
    for (label, value) in &letter.lines {
        let lines = flow.shaper.lines(&[((*label).to_owned(), grey)], BODY, f32::MAX);
        flow.room(Flow::leading(BODY));
        let (y, x) = (flow.y(), flow.margin());
        if let Some(line) = lines.first() {
            flow.place(line, x, y, BODY);
        }
        flow.paragraph(&Paragraph {
            spans: vec![(value.clone(), Look::default())],
            indent: indent + 12.0,
            after: 1.0,
            ..Paragraph::default()
        });
    }
    flow.rule();
    flow.gap(6.0);
    plain::set(flow, &letter.body, Look::default(), None, 0.0);
    if letter.attached.is_empty() || flow.full() {
        return;
    }
    flow.gap(10.0);
    flow.room(4.0 * Flow::leading(BODY));
    flow.rule();
    flow.paragraph(&Paragraph {
        spans: vec![("Attached".to_owned(), bold)],
        with_next: 1,
        after: 2.0,
        ..Paragraph::default()
    });
    for (name, size) in &letter.attached {
        let mut spans = vec![(name.clone(), Look::default())];
        spans.extend(size.map(|size| (format!("  {}", human(size)), grey)));
        flow.paragraph(&Paragraph { spans, indent: 16.0, marker: Some("•".to_owned()), ..Paragraph::default() });
    }
}

/// Bytes, as people say them.
fn human(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_known_by_its_first_lines() {
        assert!(is(b"From: a@example.org\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\nSubject: x\r\n\r\nhello"));
        assert!(!is(b"From: the office\nTo: the court\n\nnot sent"));
        assert!(!is(b"Dear Sir,\nDate: tomorrow"));
    }

    #[test]
    fn a_letter_in_html_is_read_and_its_pictures_are_not() {
        let letter = b"From: =?utf-8?q?Zo=C3=AB?= <z@example.org>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\
            Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
            <p>Hello <b>there</b></p><img src=\"http://tracker.example/x.gif\">";
        let message = MessageParser::default().parse(&letter[..]).unwrap();
        let letter = read(&message);
        assert_eq!(letter.subject, "Grüße");
        assert_eq!(letter.lines[0], ("From", "Zoë <z@example.org>".to_owned()));
        assert_eq!(letter.body.trim(), "Hello there");
    }
}
