//! Text becomes lines of glyphs: in the right order where scripts of both directions meet, with letters joined and
//! accents placed, broken where the rules of Unicode allow it.

use std::ops::Range;

use harfrust::{Buffer, Direction, Script, ShapeOptions, ShapePlan, ShaperFont, shape};
use unicode_bidi::BidiInfo;

use crate::fonts::{Face, Fonts, Style};

/// Bytes after which a paragraph is continued as another: nothing that is written has so many, and the work of putting
/// lines in order grows with their square.
const PARAGRAPH: usize = 16 << 10;

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ink {
    #[default]
    Black,
    Grey,
    Link,
    /// Lines of tables.
    Pale,
    /// The ground below a header or a piece of code.
    Ground,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) style: Style,
    pub(crate) ink: Ink,
    pub(crate) struck: bool,
}

/// A piece of text and its look.
pub(crate) type Span = (String, Look);

/// A glyph where it is drawn, from the beginning of its line's baseline, later of its page. In points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glyph {
    pub(crate) face: Face,
    pub(crate) id: u32,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) ink: Ink,
}

/// Glyphs on a baseline.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) glyphs: Vec<Glyph>,
    /// From where to where it is struck out.
    pub(crate) struck: Vec<(f32, f32)>,
    pub(crate) width: f32,
    pub(crate) right_to_left: bool,
}

/// Text of one face, look and direction, shaped.
struct Piece {
    range: Range<usize>,
    look: Look,
    face: Face,
    /// With the byte that each belongs to, in the order of drawing: identifier, byte, advance, offset.
    glyphs: Vec<(u32, usize, f32, (f32, f32))>,
}

/// Shapes and breaks.
pub(crate) struct Shaper {
    pub(crate) fonts: Fonts,
    plans: Vec<(Face, Option<Script>, Direction, ShapePlan)>,
    buffer: Buffer,
}

impl Shaper {
    pub(crate) fn new(fonts: Fonts) -> Self {
        Self { fonts, plans: Vec::new(), buffer: Buffer::new() }
    }

    /// The lines of a paragraph that is `width` points wide. There is at least one.
    pub(crate) fn lines(&mut self, spans: &[Span], size: f32, width: f32) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut text = String::new();
        let mut looks: Vec<(usize, Look)> = Vec::new();
        for (words, look) in spans {
            for character in words.chars() {
                text.push(if is_control(character) { ' ' } else { character });
                if text.len() >= PARAGRAPH {
                    looks.push((text.len(), *look));
                    self.paragraph(&text, &looks, size, width, &mut lines);
                    text.clear();
                    looks.clear();
                }
            }
            looks.push((text.len(), *look));
        }
        if !text.is_empty() || lines.is_empty() {
            self.paragraph(&text, &looks, size, width, &mut lines);
        }
        lines
    }

    /// How wide it is on one line.
    pub(crate) fn width(&mut self, words: &str, look: Look, size: f32) -> f32 {
        self.lines(&[(words.to_owned(), look)], size, f32::MAX).iter().map(|line| line.width).fold(0.0, f32::max)
    }

    fn paragraph(&mut self, text: &str, looks: &[(usize, Look)], size: f32, width: f32, lines: &mut Vec<Line>) {
        let bidi = BidiInfo::new(text, None);
        let Some(paragraph) = bidi.paragraphs.first() else {
            return lines.push(Line::default());
        };
        let pieces = self.pieces(text, looks, &bidi, size);
        let broken = break_lines(text, &pieces, width);
        for range in broken {
            let end = range.start + text[range.clone()].trim_end().len();
            let shown = range.start..end.max(range.start);
            let mut line = Line { right_to_left: paragraph.level.is_rtl(), ..Line::default() };
            if bidi.has_rtl() && !shown.is_empty() {
                let (levels, runs) = bidi.visual_runs(paragraph, shown);
                for run in runs {
                    let backwards = levels.get(run.start).is_some_and(|level| level.is_rtl());
                    line.add(&pieces, &run, backwards, size);
                }
            } else {
                line.add(&pieces, &shown, false, size);
            }
            lines.push(line);
        }
    }

    fn pieces(&mut self, text: &str, looks: &[(usize, Look)], bidi: &BidiInfo<'_>, size: f32) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut looks = looks.iter().copied();
        let mut look = looks.next().unwrap_or_default();
        let mut open: Option<(Range<usize>, Look, Face, unicode_bidi::Level)> = None;
        for (at, character) in text.char_indices() {
            while at >= look.0 {
                match looks.next() {
                    Some(next) => look = next,
                    None => break,
                }
            }
            let before = open.as_ref().map(|open| open.2);
            let face = self.fonts.choose(character, look.1.style, before);
            let level = bidi.levels.get(at).copied().unwrap_or_else(unicode_bidi::Level::ltr);
            let end = at + character.len_utf8();
            match &mut open {
                Some(open) if (open.1, open.2, open.3) == (look.1, face, level) => open.0.end = end,
                _ => {
                    if let Some(done) = open.replace((at..end, look.1, face, level)) {
                        pieces.push(self.shape(text, done, size));
                    }
                }
            }
        }
        if let Some(done) = open {
            pieces.push(self.shape(text, done, size));
        }
        pieces
    }

    fn shape(&mut self, text: &str, piece: (Range<usize>, Look, Face, unicode_bidi::Level), size: f32) -> Piece {
        let (range, look, face, level) = piece;
        let font = self.fonts.font(face);
        self.buffer.clear();
        self.buffer.push_str(&text[range.clone()]);
        self.buffer.set_direction(if level.is_rtl() { Direction::RightToLeft } else { Direction::LeftToRight });
        self.buffer.guess_segment_properties();
        let (script, direction) = (self.buffer.script(), self.buffer.direction());
        let known = self.plans.iter().position(|plan| (plan.0, plan.1, plan.2) == (face, script, direction));
        let known = known.unwrap_or_else(|| {
            self.plans.push((face, script, direction, ShapePlan::new(font, direction, script, None, &[])));
            self.plans.len() - 1
        });
        let plan = self.plans.get(known).map(|plan| &plan.3);
        let scale = size / f32::from(font.units_per_em().max(1));
        let mut glyphs = Vec::new();
        if shape(&ShaperFont::new(font), &mut self.buffer, ShapeOptions::new().plan(plan)).is_ok() {
            let placed = self.buffer.glyph_infos().iter().zip(self.buffer.glyph_positions());
            glyphs.extend(placed.map(|(info, place)| {
                let [advance, x, y] =
                    [place.x_advance, place.x_offset, place.y_offset].map(|units| units as f32 * scale);
                (info.glyph_id, range.start + info.cluster as usize, advance, (x, y))
            }));
        }
        Piece { range, look, face, glyphs }
    }
}

impl Line {
    /// The glyphs of a range of bytes that runs in one direction.
    fn add(&mut self, pieces: &[Piece], range: &Range<usize>, backwards: bool, size: f32) {
        let inside = |piece: &&Piece| piece.range.start < range.end && piece.range.end > range.start;
        let first = pieces.partition_point(|piece| piece.range.end <= range.start);
        let mut these: Vec<&Piece> =
            pieces[first..].iter().take_while(|piece| piece.range.start < range.end).filter(inside).collect();
        if backwards {
            these.reverse();
        }
        for piece in these {
            let from = self.width;
            for (id, byte, advance, (x, y)) in &piece.glyphs {
                if range.contains(byte) {
                    let (x, ink) = (self.width + x, piece.look.ink);
                    self.glyphs.push(Glyph { face: piece.face, id: *id, x, y: -y, size, ink });
                    self.width += advance;
                }
            }
            if piece.look.struck && self.width > from {
                self.struck.push((from, self.width));
            }
        }
    }
}

/// Where the lines begin and end, each at most `width` wide if anything in it can be moved to the next one.
fn break_lines(text: &str, pieces: &[Piece], width: f32) -> Vec<Range<usize>> {
    // How far the text before each byte reaches.
    let mut reach = vec![0.0_f64; text.len() + 1];
    for (_, byte, advance, _) in pieces.iter().flat_map(|piece| &piece.glyphs) {
        if let Some(own) = reach.get_mut(byte + 1) {
            *own += f64::from(*advance);
        }
    }
    let mut sum = 0.0;
    for own in &mut reach {
        sum += *own;
        *own = sum;
    }
    let width = f64::from(width) + 0.01;
    let mut lines = Vec::new();
    let (mut start, mut fallback) = (0, None);
    let mut chances = unicode_linebreak::linebreaks(text).map(|(at, _)| at).peekable();
    for (at, character) in text.char_indices() {
        while chances.next_if(|chance| *chance <= at).is_some_and(|chance| chance == at) {
            fallback = (at > start).then_some(at);
        }
        let end = at + character.len_utf8();
        if reach[end] - reach[start] > width && at > start && !character.is_whitespace() {
            let split = fallback.take().filter(|chance| *chance > start).unwrap_or(at);
            lines.push(start..split);
            start = split;
        }
    }
    lines.push(start..text.len());
    lines
}

/// Signs that steer devices, or begin a paragraph of their own.
fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaper() -> Shaper {
        Shaper::new(Fonts::new().unwrap())
    }

    fn lines(words: &str, width: f32) -> Vec<Line> {
        shaper().lines(&[(words.to_owned(), Look::default())], 10.0, width)
    }

    #[test]
    fn lines_are_no_wider_than_asked_for() {
        for words in
            ["the quick brown fox ".repeat(40), "x".repeat(900), "你好世界".repeat(90), "مرحبا بالعالم ".repeat(60)]
        {
            let lines = lines(&words, 200.0);
            assert!(lines.len() > 3, "{}", lines.len());
            for line in lines {
                assert!(line.width <= 200.1, "{} of {words}", line.width);
            }
        }
    }

    #[test]
    fn nothing_is_one_empty_line() {
        let lines = lines("", 200.0);
        assert_eq!((lines.len(), lines[0].glyphs.len()), (1, 0));
    }

    #[test]
    fn arabic_runs_from_the_right_and_joins() {
        let lines = lines("سلام", 200.0);
        assert!(lines[0].right_to_left);
        // Lam and alef are one glyph.
        assert_eq!(lines[0].glyphs.len(), 3);
    }

    #[test]
    fn a_paragraph_without_end_is_laid_out() {
        assert!(lines(&"مرحبا world ".repeat(40_000), 400.0).len() > 1_000);
    }
}
