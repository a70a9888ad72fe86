//! What a document is, told from its bytes. A name only tells Markdown and tables from plain text; nothing that a
//! stranger writes on a file chooses the decoder that reads it.

use crate::text::decode;

/// What is drawn here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pdf,
    Picture(image::ImageFormat),
    Tiff,
    Heic,
    Mail,
    Outlook,
    Table,
    Markdown,
    Text,
}

/// Brands of the pictures that phones make, as the file's own first box names them.
const HEIC: [&[u8; 4]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];

/// `None` of everything that is not drawn here.
pub(crate) fn of(bytes: &[u8], name: &str, media_type: &str) -> Option<Kind> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |from: usize, magic: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(magic));
    if starts(b"%PDF-") {
        return Some(Kind::Pdf);
    }
    if starts(b"\x89PNG\r\n\x1a\n") {
        return Some(Kind::Picture(Png));
    }
    if starts(b"\xff\xd8\xff") {
        return Some(Kind::Picture(Jpeg));
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Some(Kind::Picture(Gif));
    }
    if starts(b"RIFF") && at(8, b"WEBP") {
        return Some(Kind::Picture(WebP));
    }
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        return Some(Kind::Tiff);
    }
    if at(4, b"ftyp") {
        return HEIC.iter().any(|brand| at(8, *brand)).then_some(Kind::Heic);
    }
    // The header's own size follows, which no text has there.
    if starts(b"BM")
        && bytes.get(14..18).is_some_and(|size| matches!(size, [12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
    {
        return Some(Kind::Picture(Bmp));
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return crate::text::outlook::is(bytes).then_some(Kind::Outlook);
    }
    // An archive, among them the documents of an office; rich text; a page of the web or a drawing, which would have
    // to be run or fetched to be seen.
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"{\\rtf") || is_markup(bytes) {
        return None;
    }
    // Some programs write a line or two before the header.
    if bytes[..bytes.len().min(1024)].windows(5).any(|five| five == b"%PDF-") {
        return Some(Kind::Pdf);
    }
    if !decode::is_text(bytes) {
        return None;
    }
    let ends = |ending: &str| name.len() > ending.len() && name.to_ascii_lowercase().ends_with(ending);
    let called = |kind: &str| media_type.split(';').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(kind));
    if crate::text::mail::is(bytes) {
        Some(Kind::Mail)
    } else if ends(".csv") || ends(".tsv") || called("text/csv") || called("text/tab-separated-values") {
        Some(Kind::Table)
    } else if ends(".md") || ends(".markdown") || called("text/markdown") {
        Some(Kind::Markdown)
    } else {
        Some(Kind::Text)
    }
}

fn is_markup(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<svg") || begins(b"<!doctype svg") || begins(b"<?xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide_and_not_the_name() {
        assert_eq!(of(b"%PDF-1.7\n", "photo.jpg", "image/jpeg"), Some(Kind::Pdf));
        assert_eq!(
            of(b"\xff\xd8\xff\xe0 %PDF-1.4", "x.pdf", "application/pdf"),
            Some(Kind::Picture(image::ImageFormat::Jpeg))
        );
        assert_eq!(of(b"PK\x03\x04 %PDF-1.4", "x.pdf", "application/pdf"), None);
        assert_eq!(of(b"\x7fELF\x02\x01\x01\0\0\0", "x.txt", "text/plain"), None);
        assert_eq!(of(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.md", "text/markdown"), None);
    }

    #[test]
    fn the_name_tells_texts_apart() {
        assert_eq!(of(b"a,b\n1,2\n", "x.CSV", ""), Some(Kind::Table));
        assert_eq!(of(b"# a\n", "x.md", ""), Some(Kind::Markdown));
        assert_eq!(of(b"# a\n", "x", "text/markdown; charset=utf-8"), Some(Kind::Markdown));
        assert_eq!(of(b"# a\n", "x.txt", "text/plain"), Some(Kind::Text));
        assert_eq!(of("Café \u{4f60}".as_bytes(), "x", ""), Some(Kind::Text));
        assert_eq!(of(b"", "x", ""), Some(Kind::Text));
    }
}
