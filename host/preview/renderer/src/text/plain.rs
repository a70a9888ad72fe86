//! Plain text: each of its lines a line, long ones wrapped; in letters of one width where it draws tables with them.

use super::{
    flow::{BODY, Flow, Paragraph},
    shape::Look,
};
use crate::fonts::Style;

/// Sets the text.
pub(crate) fn lay_out(flow: &mut Flow, text: &str) {
    let table = is_drawn(text);
    let look = Look { style: if table { Style::Mono } else { Style::Regular }, ..Look::default() };
    let size = if table { Some(fitting(text)) } else { None };
    set(flow, text, look, size, 0.0);
}

/// Sets lines one below the other.
pub(crate) fn set(flow: &mut Flow, text: &str, look: Look, size: Option<f32>, indent: f32) {
    for part in text.trim_end_matches(['\n', ' ', '\u{c}', '\u{1a}']).split('\u{c}').enumerate() {
        let (at, part) = part;
        if at > 0 {
            flow.turn();
        }
        for line in part.split('\n') {
            if flow.full() {
                return;
            }
            if line.trim().is_empty() {
                // Space between paragraphs need not be as high as a line.
                flow.gap(if look.style == Style::Mono { 0.0 } else { -2.0 } + Flow::leading(size.unwrap_or(BODY)));
                continue;
            }
            flow.paragraph(&Paragraph {
                spans: vec![(without_tabs(line, look.style == Style::Mono), look)],
                size,
                indent,
                ..Paragraph::default()
            });
        }
    }
}

/// Tabs lead to every eighth letter where letters are of one width, and elsewhere leave some space.
pub(crate) fn without_tabs(line: &str, mono: bool) -> String {
    if !line.contains('\t') {
        return line.to_owned();
    }
    let mut column = 0;
    let mut out = String::with_capacity(line.len() + 16);
    for character in line.chars() {
        if character == '\t' {
            let spaces = if mono { 8 - column % 8 } else { 6 };
            out.extend(std::iter::repeat_n(' ', spaces));
            column += spaces;
        } else {
            out.push(character);
            column += 1;
        }
    }
    out
}

/// Whether columns are made of spaces, or frames of letters.
fn is_drawn(text: &str) -> bool {
    let (mut lines, mut aligned, mut framed) = (0_u32, 0_u32, 0_u32);
    for line in text.lines().take(400).map(str::trim).filter(|line| !line.is_empty()) {
        lines += 1;
        aligned += u32::from(line.contains("   "));
        framed += u32::from(line.contains(['│', '║', '┃', '├', '└', '─', '═']) || line.starts_with("+--"));
    }
    aligned * 4 >= lines.max(1) && aligned > 1 || framed * 5 >= lines.max(1) && framed > 0
}

/// So small that the longest usual line fits, and no smaller than can be read.
fn fitting(text: &str) -> f32 {
    let longest = text.lines().take(2_000).map(|line| line.chars().count()).filter(|count| *count <= 132).max();
    // Letters of one width are six tenths as wide as they are high.
    let size = 470.0 / (longest.unwrap_or(80).max(1) as f32 * 0.6);
    size.clamp(6.0, 9.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_letters_is_known() {
        assert!(is_drawn("Item      Price\nBread      1.00\nMilk       2.00\n"));
        assert!(is_drawn("┌──┐\n│a │\n└──┘"));
        assert!(!is_drawn("Dear Sir,\n\nthank you for your letter.\n"));
    }

    #[test]
    fn tabs_lead_to_columns() {
        assert_eq!(without_tabs("a\tb", true), "a       b");
        assert_eq!(without_tabs("12345678\tb", true), "12345678        b");
    }
}
