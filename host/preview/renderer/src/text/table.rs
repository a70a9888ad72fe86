//! Tables: columns as wide as what is in them, the header bold and again on each page, on paper turned or widened
//! where that makes room. A cell that is too long is wrapped, not cut off in silence.

use super::{
    flow::{Block, Flow},
    shape::{Ink, Line, Look},
};
use crate::{fonts::Style, limits};

/// Rows of cells, the first of which is the header.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<String>>,
}

/// Points to the left and right of what is in a cell.
const PADDING: f32 = 5.0;
/// What a column is wide at least, and before it takes room from others.
const NARROW: f32 = 26.0;
const WIDE: f32 = 230.0;
/// Paper, for as long as the columns need no more.
const LANDSCAPE: (f32, f32) = (841.89, 595.28);
const WIDEST: f32 = 1_700.0;

/// Sets a file of values that are separated from each other.
pub(super) fn lay_out(flow: &mut Flow, text: &str, name: &str) {
    let separator = separator(text, name);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut table = Table::default();
    let mut record = csv::StringRecord::new();
    // A page holds fewer than a hundred rows, whatever is in them.
    while table.rows.len() < limits::TEXT_PAGES * 100 && reader.read_record(&mut record).unwrap_or(false) {
        table.rows.push(record.iter().take(limits::COLUMNS + 1).map(shorten).collect());
    }
    let more = table.rows.len() >= limits::TEXT_PAGES * 100;
    let margin = 40.0;
    let natural: f32 = natural(flow, &table, 9.0).iter().sum();
    if natural > flow.width() + 40.0 {
        let wide = natural + 2.0 * margin;
        flow.paper(
            if wide <= LANDSCAPE.0 {
                LANDSCAPE
            } else {
                (wide.min(WIDEST), (wide.min(WIDEST) * 0.707).max(LANDSCAPE.1))
            },
            margin,
        );
    } else {
        flow.paper((595.28, 841.89), margin);
    }
    set(flow, &table, 9.0);
    if more {
        flow.stop();
    }
}

fn shorten(cell: &str) -> String {
    let mut short: String = cell.trim().chars().take(limits::CELL).collect();
    if short.len() < cell.trim().len() {
        short.push('…');
    }
    short
}

/// The sign that the first lines have, each as often as the other.
fn separator(text: &str, name: &str) -> u8 {
    if name.to_ascii_lowercase().ends_with(".tsv") {
        return b'\t';
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(12).collect();
    let rate = |sign: u8| {
        let counts = lines.iter().map(|line| line.bytes().filter(|byte| *byte == sign).count());
        (counts.clone().min().unwrap_or(0), counts.sum::<usize>())
    };
    // Of two that do as well, the one that stands later is less often a part of what is written.
    [b'|', b',', b'\t', b';'].into_iter().max_by_key(|sign| rate(*sign)).unwrap_or(b',')
}

/// How wide each column would like to be.
fn natural(flow: &mut Flow, table: &Table, size: f32) -> Vec<f32> {
    let columns = table.rows.iter().take(limits::MEASURED_ROWS).map(Vec::len).max().unwrap_or(0).min(limits::COLUMNS);
    let mut widths = vec![NARROW; columns];
    for (at, row) in table.rows.iter().take(limits::MEASURED_ROWS).enumerate() {
        for (width, cell) in widths.iter_mut().zip(row) {
            for line in cell.lines() {
                let cut: String = line.chars().take(80).collect();
                let own = flow.shaper.width(&cut, look(at), size) + 2.0 * PADDING + 0.5;
                *width = width.max(own.min(WIDE));
            }
        }
    }
    widths
}

fn look(row: usize) -> Look {
    Look { style: if row == 0 { Style::Bold } else { Style::Regular }, ..Look::default() }
}

/// Sets a table where the page is.
pub(super) fn set(flow: &mut Flow, table: &Table, size: f32) {
    let mut widths = natural(flow, table, size);
    let sum: f32 = widths.iter().sum();
    let size = if sum > flow.width() * 1.5 { size * 0.85 } else { size };
    if sum > flow.width() {
        // Narrow columns keep what they need; the others share what is left.
        let fair = flow.width() / widths.len().max(1) as f32;
        let kept: f32 = widths.iter().filter(|width| **width <= fair).sum();
        let factor = (flow.width() - kept) / (sum - kept).max(1.0);
        for width in widths.iter_mut().filter(|width| **width > fair) {
            *width *= factor;
        }
    }
    let header = table.rows.first().map(|row| cells(flow, row, 0, &widths, size));
    for (at, row) in table.rows.iter().enumerate() {
        if flow.full() {
            return;
        }
        let cells = cells(flow, row, at, &widths, size);
        if flow.room(height(&cells, size))
            && at > 0
            && let Some(header) = &header
            && height(header, size) < flow.height() / 4.0
        {
            set_row(flow, header, &widths, size, true);
        }
        set_row(flow, &cells, &widths, size, at == 0);
    }
}

/// The lines of each cell; no more than fit on a page.
fn cells(flow: &mut Flow, row: &[String], at: usize, widths: &[f32], size: f32) -> Vec<Vec<Line>> {
    let most = ((flow.height() - 2.0 * PADDING) / Flow::leading(size)).floor().max(2.0) as usize - 1;
    let mut cells = Vec::with_capacity(widths.len());
    for (cell, width) in row.iter().zip(widths) {
        let mut lines = Vec::new();
        for line in cell.split('\n') {
            lines.extend(flow.shaper.lines(&[(line.to_owned(), look(at))], size, width - 2.0 * PADDING));
            if lines.len() > most {
                lines.truncate(most - 1);
                lines.extend(flow.shaper.lines(&[("…".to_owned(), look(at))], size, f32::MAX));
                break;
            }
        }
        cells.push(lines);
    }
    cells
}

fn height(cells: &[Vec<Line>], size: f32) -> f32 {
    cells.iter().map(Vec::len).max().unwrap_or(1).max(1) as f32 * Flow::leading(size) + 5.0
}

fn set_row(flow: &mut Flow, cells: &[Vec<Line>], widths: &[f32], size: f32, header: bool) {
    let (left, top, height) = (flow.margin(), flow.y(), height(cells, size));
    let width: f32 = widths.iter().sum();
    if header {
        flow.block(Block { x: left, y: top, width, height, ink: Ink::Ground });
        flow.block(Block { x: left, y: top, width, height: 0.6, ink: Ink::Pale });
    }
    let mut x = left;
    for (lines, width) in cells.iter().zip(widths) {
        for (at, line) in lines.iter().enumerate() {
            let own = if line.right_to_left { (width - 2.0 * PADDING - line.width).max(0.0) } else { 0.0 };
            flow.place(line, x + PADDING + own, top + 2.0 + at as f32 * Flow::leading(size), size);
        }
        x += width;
    }
    flow.block(Block { x: left, y: top + height - 0.6, width, height: 0.6, ink: Ink::Pale });
    x = left;
    for edge in std::iter::once(&0.0).chain(widths) {
        x += edge;
        flow.block(Block { x: x - 0.3, y: top, width: 0.6, height, ink: Ink::Pale });
    }
    flow.advance(height);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_every_line_has() {
        assert_eq!(separator("a,b,c\n1,2,3\n", "x.csv"), b',');
        assert_eq!(separator("a;b;c\n1,5;2,5;3\n", "x.csv"), b';');
        assert_eq!(separator("a\tb\n1\t2\n", "x.csv"), b'\t');
        assert_eq!(separator("a,b\n", "x.TSV"), b'\t');
    }
}
