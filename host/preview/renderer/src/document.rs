//! An open document, of whatever kind: how many pages, how large, what they look like.

use crate::{
    Cause,
    heic::Heic,
    kind::{self, Kind},
    limits,
    pdf::Pdf,
    photo::Photo,
    picture::Picture,
    text::{self, Text},
    tiff::Tiff,
};

enum Inside {
    Pdf(Box<Pdf>),
    Photo(Photo),
    Tiff(Tiff),
    Heic(Heic),
    Text(Text),
}

/// A document.
pub(crate) struct Document {
    inside: Inside,
    /// Drawn after the last page of a document that has more pages than are shown.
    notice: Option<Text>,
}

impl Document {
    pub(crate) fn open(bytes: Vec<u8>, name: &str, media_type: &str) -> Result<Self, Cause> {
        if bytes.len() > limits::BYTES {
            return Err(Cause::TooLarge);
        }
        let inside = match kind::of(&bytes, name, media_type).ok_or(Cause::NoRenderer)? {
            Kind::Pdf => Inside::Pdf(Box::new(Pdf::open(bytes)?)),
            Kind::Picture(format) => Inside::Photo(Photo::open(bytes, format)?),
            Kind::Tiff => Inside::Tiff(Tiff::open(bytes)?),
            Kind::Heic => Inside::Heic(Heic::open(bytes)?),
            kind @ (Kind::Mail | Kind::Outlook | Kind::Table | Kind::Markdown | Kind::Text) => {
                Inside::Text(text::lay_out(kind, &bytes, name)?)
            }
        };
        let mut document = Self { inside, notice: None };
        let pages = document.all_pages();
        if pages > limits::PAGES {
            let words = format!("The document has {pages} pages. The first {} are shown here.", limits::PAGES);
            document.notice = Some(text::notice(&words)?);
        }
        Ok(document)
    }

    fn all_pages(&self) -> usize {
        match &self.inside {
            Inside::Pdf(pdf) => pdf.pages(),
            Inside::Tiff(tiff) => tiff.pages(),
            Inside::Text(text) => text.pages.len(),
            Inside::Photo(_) | Inside::Heic(_) => 1,
        }
    }

    /// How many there are to draw, the one included that says how many are not.
    pub(crate) fn pages(&self) -> u32 {
        let pages = self.all_pages().min(limits::PAGES) + usize::from(self.notice.is_some());
        u32::try_from(pages).unwrap_or(u32::MAX).max(1)
    }

    /// The one that speaks of the pages that are not shown.
    fn notice(&self, page: usize) -> Option<&Text> {
        self.notice.as_ref().filter(|_| page == limits::PAGES)
    }

    pub(crate) fn size(&self, page: u32) -> Result<(f32, f32), Cause> {
        let page = index(page);
        if let Some(notice) = self.notice(page) {
            return notice.pages.first().map(|page| (page.width, page.height)).ok_or(Cause::Damaged);
        }
        match &self.inside {
            Inside::Pdf(pdf) => pdf.size(page),
            Inside::Tiff(tiff) => tiff.size(page),
            Inside::Text(text) => text.pages.get(page).map(|page| (page.width, page.height)).ok_or(Cause::Damaged),
            Inside::Photo(photo) if page == 0 => Ok(photo.size()),
            Inside::Heic(heic) if page == 0 => Ok(heic.size()),
            Inside::Photo(_) | Inside::Heic(_) => Err(Cause::Damaged),
        }
    }

    pub(crate) fn draw(&mut self, page: u32, width: u32) -> Result<Picture, Cause> {
        let page = index(page);
        if let Some(notice) = self.notice(page) {
            return text::draw(notice, 0, width);
        }
        match &mut self.inside {
            Inside::Pdf(pdf) => pdf.draw(page, width),
            Inside::Tiff(tiff) => tiff.draw(page, width),
            Inside::Text(text) => text::draw(text, page, width),
            Inside::Photo(photo) if page == 0 => photo.draw(width),
            Inside::Heic(heic) if page == 0 => heic.draw(width),
            Inside::Photo(_) | Inside::Heic(_) => Err(Cause::Damaged),
        }
    }
}

fn index(page: u32) -> usize {
    usize::try_from(page).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8], name: &str) -> Result<Document, Cause> {
        Document::open(bytes.to_vec(), name, "")
    }

    #[test]
    fn texts_of_every_kind_are_drawn() {
        let letter = "From: a@example.org\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nSubject: Grüße\n\nHello سلام 你好";
        for (words, name) in [
            ("", "empty.txt"),
            ("Grüße\n\nسلام 你好", "a.txt"),
            ("# Title\n\n- one\n  - two\n\n> said\n\n```\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|", "a.md"),
            ("name;amount\nZoë;1,5\n\"two\nlines\";2", "a.csv"),
            (letter, "a.eml"),
        ] {
            let mut document = open(words.as_bytes(), name).unwrap();
            let picture = document.draw(0, 400).unwrap();
            assert_eq!(picture.pixels.len(), picture.width as usize * picture.height as usize * 3, "{name}");
            let inked = picture.pixels.iter().filter(|value| **value < 100).count();
            assert_eq!(inked > 0, !words.is_empty(), "{name}: {inked}");
            assert_eq!(document.draw(1_000, 400).err(), Some(Cause::Damaged));
        }
    }

    #[test]
    fn a_text_without_end_ends_with_a_note() {
        let document = open("one line\n".repeat(80_000).as_bytes(), "a.txt").unwrap();
        assert_eq!(document.pages() as usize, limits::TEXT_PAGES);
    }

    #[test]
    fn strangers_get_a_cause() {
        assert_eq!(open(b"%PDF-1.7\nnothing", "a.pdf").err(), Some(Cause::Damaged));
        assert_eq!(open(b"PK\x03\x04", "a.docx").err(), Some(Cause::NoRenderer));
        assert_eq!(open(b"\x89PNG\r\n\x1a\nnothing", "a.png").err(), Some(Cause::Damaged));
    }
}
