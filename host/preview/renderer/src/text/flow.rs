//! Lines become pages: paper of A4 with margins, on which no line is cut, no heading stands alone at the bottom, and
//! which ends with a note where it had to end early.

use super::{
    Text,
    shape::{Glyph, Ink, Line, Look, Shaper, Span},
};
use crate::{
    fonts::{Fonts, Style},
    limits,
};

/// Points.
pub(crate) const BODY: f32 = 10.5;
const A4: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 62.0;
/// Of a line, to the size of its letters; and where in it the baseline is.
const LEADING: f32 = 1.45;
const BASELINE: f32 = 1.08;

/// A filled rectangle, from its upper left corner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) ink: Ink,
}

/// What is on a page, in points from its upper left corner.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) blocks: Vec<Block>,
    pub(crate) glyphs: Vec<Glyph>,
}

/// Words that are set together.
#[derive(Debug, Default)]
pub(crate) struct Paragraph {
    pub(crate) spans: Vec<Span>,
    /// In place of [`BODY`].
    pub(crate) size: Option<f32>,
    /// From the left margin.
    pub(crate) indent: f32,
    /// In front of the first line, as bullets and numbers are.
    pub(crate) marker: Option<String>,
    pub(crate) before: f32,
    pub(crate) after: f32,
    /// Of the lines after it, how many must fit on the page too.
    pub(crate) with_next: u8,
    /// How many bars stand at its left, as beside what is quoted.
    pub(crate) bars: u8,
    /// Whether it stands on a ground of its own.
    pub(crate) ground: bool,
}

/// Pages on which something is being set.
pub(crate) struct Flow {
    pub(crate) shaper: Shaper,
    pages: Vec<Page>,
    size: (f32, f32),
    margin: f32,
    y: f32,
    full: bool,
}

impl Flow {
    pub(crate) fn new(fonts: Fonts) -> Self {
        let mut flow =
            Self { shaper: Shaper::new(fonts), pages: Vec::new(), size: A4, margin: MARGIN, y: 0.0, full: false };
        flow.turn();
        flow
    }

    /// Paper of another shape, from the first page on; nothing may be on it yet.
    pub(crate) fn paper(&mut self, size: (f32, f32), margin: f32) {
        (self.size, self.margin) = (size, margin);
        self.pages.clear();
        self.turn();
    }

    /// Between the margins.
    pub(crate) fn width(&self) -> f32 {
        self.size.0 - 2.0 * self.margin
    }

    /// Between the margins.
    pub(crate) fn height(&self) -> f32 {
        self.size.1 - 2.0 * self.margin
    }

    /// Where the next line begins, from the upper edge of the page.
    pub(crate) fn y(&self) -> f32 {
        self.y
    }

    pub(crate) fn margin(&self) -> f32 {
        self.margin
    }

    /// Whether no more will be shown.
    pub(crate) fn full(&self) -> bool {
        self.full
    }

    /// Leaves the rest of the text out, and says so.
    pub(crate) fn stop(&mut self) {
        self.full = true;
    }

    /// Begins another page, unless there are enough.
    pub(crate) fn turn(&mut self) {
        if self.pages.len() >= limits::TEXT_PAGES {
            self.full = true;
            return;
        }
        self.y = self.margin;
        let (width, height) = self.size;
        self.pages.push(Page { width, height, blocks: Vec::new(), glyphs: Vec::new() });
    }

    /// Sees to it that this much fits below, on another page if need be. Whether a page was turned.
    pub(crate) fn room(&mut self, height: f32) -> bool {
        let fits = self.y + height <= self.size.1 - self.margin + 0.01;
        let fresh = self.y <= self.margin;
        if !fits && !fresh {
            self.turn();
        }
        !fits && !fresh
    }

    /// Leaves space, which a page never begins with.
    pub(crate) fn gap(&mut self, height: f32) {
        if self.y > self.margin {
            self.y += height;
        }
    }

    pub(crate) fn advance(&mut self, height: f32) {
        self.y += height;
    }

    pub(crate) fn block(&mut self, block: Block) {
        if let Some(page) = self.pages.last_mut()
            && !self.full
        {
            page.blocks.push(block);
        }
    }

    /// A line across the page.
    pub(crate) fn rule(&mut self) {
        self.gap(6.0);
        self.room(10.0);
        self.block(Block { x: self.margin, y: self.y, width: self.width(), height: 0.75, ink: Ink::Pale });
        self.advance(8.0);
    }

    /// How high a line of letters of this size is.
    pub(crate) fn leading(size: f32) -> f32 {
        size * LEADING
    }

    /// Puts a line on the page, its upper left corner `x` from the left edge of the page.
    pub(crate) fn place(&mut self, line: &Line, x: f32, y: f32, size: f32) {
        let Some(page) = self.pages.last_mut().filter(|_| !self.full) else {
            return;
        };
        let baseline = y + size * BASELINE;
        page.glyphs.extend(line.glyphs.iter().map(|glyph| Glyph { x: x + glyph.x, y: baseline + glyph.y, ..*glyph }));
        page.blocks.extend(line.struck.iter().map(|(from, to)| Block {
            x: x + from,
            y: baseline - size * 0.3,
            width: to - from,
            height: size * 0.06,
            ink: Ink::Black,
        }));
    }

    pub(crate) fn paragraph(&mut self, paragraph: &Paragraph) {
        if self.full {
            return;
        }
        let size = paragraph.size.unwrap_or(BODY);
        let leading = Self::leading(size);
        // However deep it is nested, some words fit beside each other.
        let indent = paragraph.indent.min(self.width() * 0.6);
        let x = self.margin + indent;
        let width = self.width() - indent;
        let lines = self.shaper.lines(&paragraph.spans, size, width);
        self.gap(paragraph.before);
        self.room(leading + f32::from(paragraph.with_next) * Self::leading(BODY));
        for (at, line) in lines.iter().enumerate() {
            // Two lines stay together at the beginning, and at the end.
            let orphan = lines.len() > 2 && (at == 0 || at + 2 == lines.len());
            self.room(if orphan { 2.0 * leading } else { leading });
            if self.full {
                return;
            }
            let y = self.y;
            if paragraph.ground {
                self.block(Block { x: x - 6.0, y, width: width + 12.0, height: leading, ink: Ink::Ground });
            }
            for bar in 0..paragraph.bars {
                let left = self.margin + f32::from(bar) * 12.0;
                self.block(Block { x: left, y, width: 2.0, height: leading, ink: Ink::Pale });
            }
            let first = paragraph.marker.as_ref().filter(|_| at == 0);
            if let Some(marker) = first {
                let look = Look::default();
                let marker = self.shaper.lines(&[(marker.clone(), look)], size, f32::MAX);
                if let Some(marker) = marker.first() {
                    self.place(marker, (x - marker.width - 6.0).max(4.0), y, size);
                }
            }
            let left = if line.right_to_left { x + (width - line.width).max(0.0) } else { x };
            self.place(line, left, y, size);
            self.y += leading;
        }
        self.y += paragraph.after;
    }

    /// The pages; on the last one a note if something was left out.
    pub(crate) fn finish(mut self) -> Text {
        if self.full {
            let look = Look { style: Style::Italic, ink: Ink::Grey, struck: false };
            let words = "The rest of this document is not shown here.".to_owned();
            let lines = self.shaper.lines(&[(words, look)], BODY, f32::MAX);
            self.full = false;
            let y = self.size.1 - self.margin + (self.margin - Self::leading(BODY)) / 2.0;
            if let Some(line) = lines.first() {
                self.place(line, self.margin, y, BODY);
            }
        }
        Text { fonts: self.shaper.fonts, pages: self.pages }
    }
}
