//! The pages of a document, as pictures below each other: the same for customers, for staff, and for staff who look as
//! a customer. It works without a script; with one, it can be zoomed and says where the reader is.

use crate::words::Words;

/// What there is to look at.
#[derive(Clone, Debug)]
pub enum Look {
    /// These pages.
    Shown(Viewer),
    /// They are being prepared: the page is to be asked for again.
    Soon(Words),
    /// Nothing: `no-renderer`, `encrypted`, `damaged`, `too-large`.
    Cannot(Words, &'static str),
}

impl Look {
    /// There are pages.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        matches!(self, Self::Shown(_))
    }

    /// They are being prepared.
    #[must_use]
    pub fn is_soon(&self) -> bool {
        matches!(self, Self::Soon(_))
    }

    /// There is nothing, and will be nothing.
    #[must_use]
    pub fn is_cannot(&self) -> bool {
        matches!(self, Self::Cannot(..))
    }

    /// The message that says why there is nothing.
    #[must_use]
    pub fn why(cause: &str) -> &'static str {
        match cause {
            "encrypted" => "preview-encrypted",
            "damaged" => "preview-damaged",
            "too-large" => "preview-too-large",
            _ => "preview-none",
        }
    }
}

/// Some of a document's pages.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// What is said around them.
    pub words: Words,
    /// Where the pictures are: a page's number comes behind it.
    pub pictures: String,
    /// Where this page itself is.
    pub here: String,
    /// Of which version.
    pub version: u32,
    /// How many pages there are in all.
    pub total: u32,
    /// Twice as large as they would be.
    pub large: bool,
    /// Those that are shown.
    pub sheets: Vec<Sheet>,
}

/// A page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sheet {
    /// From 1.
    pub number: u32,
    /// Pixels, as far as its shape goes.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Viewer {
    /// Pages that are shown at once.
    pub const AT_ONCE: u32 = 100;

    /// The page whose first sheet is `first`, from 1; `shape` is a sheet's width and height.
    #[must_use]
    pub fn sheets(total: u32, first: u32, shape: impl Fn(u32) -> (f32, f32)) -> Vec<Sheet> {
        let first = first.clamp(1, total.max(1));
        let last = total.min(first.saturating_add(Self::AT_ONCE - 1));
        (first..=last)
            .map(|number| {
                let (width, height) = shape(number - 1);
                // As the pictures are: no higher than four times their width.
                let ratio = f64::from(height / width).clamp(0.01, 4.0);
                Sheet { number, width: 900, height: (900.0 * ratio).round().max(1.0) as u32 }
            })
            .collect()
    }

    pub(crate) fn src(&self, sheet: &&Sheet) -> String {
        format!("{}/{}?version={}", self.pictures, sheet.number, self.version)
    }

    pub(crate) fn fine(&self, sheet: &&Sheet) -> String {
        format!("{}&size=large", self.src(sheet))
    }

    /// This page, with other pages of the document or another size.
    fn link(&self, first: u32, large: bool) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        let from = if first > 1 { format!("from={first}") } else { String::new() };
        match (from.is_empty(), large) {
            (true, false) => self.here.clone(),
            (true, true) => format!("{}{joint}large=true", self.here),
            (false, false) => format!("{}{joint}{from}", self.here),
            (false, true) => format!("{}{joint}{from}&large=true", self.here),
        }
    }

    fn first(&self) -> u32 {
        self.sheets.first().map_or(1, |sheet| sheet.number)
    }

    pub(crate) fn other_size(&self) -> String {
        self.link(self.first(), !self.large)
    }

    pub(crate) fn before(&self) -> Option<String> {
        let first = self.first();
        (first > 1).then(|| self.link(first.saturating_sub(Self::AT_ONCE).max(1), self.large))
    }

    pub(crate) fn after(&self) -> Option<String> {
        let last = self.sheets.last()?.number;
        (last < self.total).then(|| self.link(last + 1, self.large))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(total: u32, first: u32) -> Viewer {
        Viewer {
            words: Words::default(),
            pictures: "/p".into(),
            here: "/here".into(),
            version: 3,
            total,
            large: false,
            sheets: Viewer::sheets(total, first, |_| (595.0, 842.0)),
        }
    }

    #[test]
    fn a_long_document_is_shown_in_parts() {
        let first = viewer(250, 1);
        assert_eq!((first.sheets.len(), first.before()), (100, None));
        assert_eq!(first.after().as_deref(), Some("/here?from=101"));
        let last = viewer(250, 201);
        assert_eq!((last.sheets.len(), last.after()), (50, None));
        assert_eq!(last.before().as_deref(), Some("/here?from=101"));
        assert_eq!(viewer(3, 9_999).sheets.len(), 1, "never beyond the end");
    }

    #[test]
    fn a_sheet_has_the_shape_of_its_page() {
        let sheets = Viewer::sheets(2, 1, |page| if page == 0 { (595.0, 842.0) } else { (1.0, 100_000.0) });
        assert_eq!((sheets[0].width, sheets[0].height), (900, 1274));
        assert_eq!(sheets[1].height, 3_600);
    }
}
