//! A mail as it goes over the wire: the plugin's words, and the host's addresses and headers.

use std::time::{Duration, SystemTime};

use client_connect_runtime::types::{Letter, Timestamp};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line; control characters become spaces.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML; its author has escaped what is not.
    pub html: String,
}

impl From<Letter> for Words {
    fn from(letter: Letter) -> Self {
        Self { subject: letter.subject, text: letter.text, html: letter.html }
    }
}

/// From whom and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The firm's name, as its customers read it.
    pub firm: String,
    /// The firm's address.
    pub sender: String,
    /// The recipient's address.
    pub recipient: String,
    /// The letter's id, of which the Message-ID is made: the same at every attempt, so that a copy is known as one.
    pub letter: String,
    /// When this attempt is made, ms.
    pub at: Timestamp,
}

/// Puts a mail together.
///
/// # Errors
/// In a few words what is wrong with an address. They do not name it.
pub fn build(envelope: &Envelope, words: &Words) -> Result<Message, &'static str> {
    let sender: Address = envelope.sender.trim().parse().map_err(|_| "the firm's sender is no address")?;
    let recipient: Address = envelope.recipient.trim().parse().map_err(|_| "the recipient's address is no address")?;
    let hash = hex::encode(Sha256::digest(format!("letter {}", envelope.letter)));
    let message_id = format!("<{}@{}>", &hash[..32], sender.domain());
    Message::builder()
        .message_id(Some(message_id))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(envelope.at))
        .from(Mailbox::new(Some(one_line(&envelope.firm, 120)).filter(|name| !name.is_empty()), sender))
        .to(Mailbox::new(None, recipient))
        .subject(one_line(&words.subject, 200))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(words.text.clone(), document(&words.html)))
        .map_err(|_| "the mail could not be put together")
}

/// Told to the other side's machines: no vacation notes to this, please (RFC 3834).
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// A whole HTML document, unless it is one already.
fn document(html: &str) -> String {
    if html.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
        return html.to_owned();
    }
    format!("<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{html}\n</body></html>\n")
}

/// Without control characters and bidirectional overrides, at most this many characters: fit for a header.
pub fn one_line(text: &str, most: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(most)
        .collect();
    clean.trim().to_owned()
}

/// Text inside HTML, or inside a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            firm: "Ashgrove\r\nBcc: everyone@example.com".to_owned(),
            sender: "portal@ashgrove.example".to_owned(),
            recipient: "ann@example.com".to_owned(),
            letter: "1".to_owned(),
            at: 1_800_000_000_000,
        }
    }

    fn words(subject: &str) -> Words {
        Words { subject: subject.to_owned(), text: "Text".to_owned(), html: "<p>Text</p>".to_owned() }
    }

    #[test]
    fn sh13_no_header_can_be_injected() {
        let mail = build(&envelope(), &words("New\r\nBcc: all@example.com\r\n\r\nbody")).unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let names: Vec<&str> = head
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| line.split(':').next())
            .collect();
        assert!(!names.contains(&"Bcc"), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        assert_eq!(names.iter().filter(|name| **name == "Subject").count(), 1);
        let mut bad = envelope();
        bad.recipient = "ann@example.com\r\nRCPT TO:<eve@example.com>".to_owned();
        assert!(build(&bad, &words("x")).is_err());
    }

    #[test]
    fn every_attempt_has_the_same_message_id() {
        let id = |at| {
            let mail = build(&Envelope { at, ..envelope() }, &words("x")).unwrap();
            String::from_utf8(mail.formatted())
                .unwrap()
                .lines()
                .find(|line| line.starts_with("Message-ID"))
                .unwrap()
                .to_owned()
        };
        assert_eq!(id(1_000), id(2_000_000));
        assert!(id(1_000).ends_with("@ashgrove.example>"));
    }
}
