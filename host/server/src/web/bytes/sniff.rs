//! What kind of file some bytes are, by the bytes: a name's ending is a claim and is not asked.

use file_format::FileFormat;

use crate::blobs::Blobs;

/// The media type of a blob that begins with `head`. Blocks, as formats inside of ZIP and OLE containers show only
/// further down; over the network the head must do.
pub(crate) fn media_type(blobs: &Blobs, blob: &str, head: &[u8]) -> String {
    let whole = blobs.open(blob, 0).ok().and_then(|mut reader| {
        let file = reader.file()?;
        FileFormat::from_reader(std::io::BufReader::new(file)).ok()
    });
    match whole.unwrap_or_else(|| FileFormat::from_bytes(head)) {
        FileFormat::ArbitraryBinaryData if is_text(head) => text_type(head).to_owned(),
        FileFormat::Empty | FileFormat::ArbitraryBinaryData => "application/octet-stream".to_owned(),
        format => format.media_type().to_owned(),
    }
}

/// UTF-8 without control characters, cut at any byte.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

/// How a page opens that a browser would run.
const PAGES: [(&str, &str); 7] = [
    ("<!doctype html", "text/html"),
    ("<html", "text/html"),
    ("<head", "text/html"),
    ("<body", "text/html"),
    ("<script", "text/html"),
    ("<iframe", "text/html"),
    ("<svg", "image/svg+xml"),
];

/// A mail opens with header fields, a page with its mark; all else is plain text.
fn text_type(head: &[u8]) -> &'static str {
    let start = String::from_utf8_lossy(&head[..head.len().min(4096)]).to_lowercase();
    let mut start = start.trim_start_matches('\u{feff}').trim_start();
    while let Some((_, rest)) = start.strip_prefix("<!--").and_then(|comment| comment.split_once("-->")) {
        start = rest.trim_start();
    }
    if let Some((_, media_type)) = PAGES.iter().find(|(mark, _)| start.starts_with(mark)) {
        return media_type;
    }
    let fields =
        ["from:", "received:", "return-path:", "delivered-to:", "mime-version:", "message-id:", "subject:", "date:"];
    let text = String::from_utf8_lossy(&head[..head.len().min(4096)]).to_lowercase();
    let block = text.split("\r\n\r\n").next().and_then(|block| block.split("\n\n").next()).unwrap_or_default();
    let found = fields.iter().filter(|field| block.lines().any(|line| line.starts_with(**field))).count();
    if found >= 3 { "message/rfc822" } else { "text/plain" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_bytes() {
        assert!(is_text("Grüße\n".as_bytes()));
        assert!(
            is_text(&"é".as_bytes()[..1]) || !is_text(&"é".as_bytes()[..1]),
            "a cut character is no reason to panic"
        );
        assert!(is_text(&"Grüße, é".as_bytes()[.."Grüße, é".len() - 1]));
        assert!(!is_text(b"a\0b"));
        assert!(!is_text(&[0xff, 0xfe, 0x41]));
    }

    #[test]
    fn a_mail_and_a_page_are_told_from_text() {
        assert_eq!(text_type(b"From: a@b\r\nTo: c@d\r\nSubject: x\r\nDate: y\r\n\r\nhi"), "message/rfc822");
        assert_eq!(text_type("\u{feff} <!-- a -->\n<!-- b --><HTML lang=en>".as_bytes()), "text/html");
        assert_eq!(text_type(b"<!-- never closed <html>"), "text/plain");
        assert_eq!(text_type(b"<script>alert(1)</script>"), "text/html");
        assert_eq!(text_type(b"Dear Ann,\n\nFrom: here\nSubject: x\nDate: y\n"), "text/plain");
    }
}
