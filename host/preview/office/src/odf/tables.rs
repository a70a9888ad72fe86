//! Tables: columns as wide as they say, cells that span others, lines and colours.

use std::fmt::Write as _;

use super::{
    look::{borders, shade},
    measure::{side, twips},
    styles::Properties,
    text::{Text, Within},
};
use crate::xml::Element;

/// Columns and rows that are taken from a repetition; more than a page holds.
const COLUMNS: usize = 120;
const ROWS: usize = 200;

/// Writes a table.
pub(super) fn table(text: &mut Text<'_, '_>, table: &Element, within: Within) {
    let own = text.styles.of("table", table.attribute("table:style-name"), "table");
    let mut columns = Vec::new();
    collect_columns(text, table, &mut columns);
    let left = if own.get("table:align").is_some_and(|align| align != "margins" && align != "left") {
        0
    } else {
        side(&own, "fo:margin", "left").and_then(twips).unwrap_or(0)
    };
    let room = (within.width - left.max(0)).max(500);
    let asked = own.get("style:width").and_then(|width| twips(width)).filter(|width| *width > 0);
    let widths = widths(&columns, asked.unwrap_or(room).min(within.width.max(room)));
    let align = match own.get("table:align").map(String::as_str) {
        Some("center") => "center",
        Some("right") => "right",
        _ => "left",
    };
    let _ = write!(
        text.part.xml,
        "<w:tbl><w:tblPr><w:tblW w:w=\"{}\" w:type=\"dxa\"/><w:jc w:val=\"{align}\"/><w:tblInd w:w=\"{left}\" \
         w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"0\" w:type=\"dxa\"/><w:right \
         w:w=\"0\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>",
        widths.iter().sum::<i64>()
    );
    for width in &widths {
        let _ = write!(text.part.xml, "<w:gridCol w:w=\"{width}\"/>");
    }
    text.part.xml.push_str("</w:tblGrid>");
    let mut grid = Grid { covered: vec![None; widths.len()], widths, within };
    rows(text, table, &mut grid, false);
    text.part.xml.push_str("</w:tbl>");
}

fn collect_columns(text: &Text<'_, '_>, of: &Element, into: &mut Vec<Properties>) {
    for element in of.elements() {
        match element.name.as_str() {
            "table:table-column" => {
                let style = text.styles.of("table-column", element.attribute("table:style-name"), "table-column");
                for _ in 0..repeated(element, "table:number-columns-repeated", COLUMNS) {
                    if into.len() < COLUMNS {
                        into.push(style.clone());
                    }
                }
            }
            "table:table-columns" | "table:table-header-columns" | "table:table-column-group" => {
                collect_columns(text, element, into);
            }
            _ => {}
        }
    }
}

fn repeated(element: &Element, name: &str, most: usize) -> usize {
    element.attribute(name).and_then(|count| count.parse().ok()).unwrap_or(1_usize).clamp(1, most)
}

/// Their own widths brought to the table's, or equal shares.
fn widths(columns: &[Properties], room: i64) -> Vec<i64> {
    let share = |column: &Properties| {
        let absolute = column.get("style:column-width").and_then(|width| twips(width));
        let relative = column.get("style:rel-column-width").and_then(|width| width.strip_suffix('*')?.parse().ok());
        absolute.or(relative).filter(|width| *width > 0)
    };
    let shares: Vec<i64> = columns.iter().map(|column| share(column).unwrap_or(0)).collect();
    let (sum, count) = (shares.iter().sum::<i64>(), i64::try_from(shares.len().max(1)).unwrap_or(1));
    if sum == 0 || shares.contains(&0) {
        return vec![(room / count).max(20); shares.len().max(1)];
    }
    shares.iter().map(|share| (share * room / sum).max(20)).collect()
}

/// A table's columns, and which of them a cell above still reaches into: for how many rows, and how broad it is.
struct Grid {
    widths: Vec<i64>,
    covered: Vec<Option<(usize, usize)>>,
    within: Within,
}

fn rows(text: &mut Text<'_, '_>, of: &Element, grid: &mut Grid, header: bool) {
    for element in of.elements() {
        match element.name.as_str() {
            "table:table-header-rows" => rows(text, element, grid, true),
            "table:table-rows" | "table:table-row-group" => rows(text, element, grid, header),
            "table:table-row" => {
                for _ in 0..repeated(element, "table:number-rows-repeated", ROWS) {
                    row(text, element, grid, header);
                }
            }
            _ => {}
        }
    }
}

fn row(text: &mut Text<'_, '_>, row: &Element, grid: &mut Grid, header: bool) {
    let own = text.styles.of("table-row", row.attribute("table:style-name"), "table-row");
    text.part.xml.push_str("<w:tr><w:trPr>");
    if own.get("fo:keep-together").is_some_and(|keep| keep == "always") {
        text.part.xml.push_str("<w:cantSplit/>");
    }
    let exact = own.get("style:row-height").and_then(|height| twips(height)).map(|height| (height, "exact"));
    let least = own.get("style:min-row-height").and_then(|height| twips(height)).map(|height| (height, "atLeast"));
    if let Some((height, rule)) = exact.or(least).filter(|(height, _)| *height > 0) {
        let _ = write!(text.part.xml, "<w:trHeight w:val=\"{height}\" w:hRule=\"{rule}\"/>");
    }
    text.part.xml.push_str(if header { "<w:tblHeader/></w:trPr>" } else { "</w:trPr>" });
    let mut column = 0;
    let mut cells = row
        .elements()
        .filter(|cell| cell.name.ends_with("table-cell"))
        .flat_map(|cell| std::iter::repeat_n(cell, repeated(cell, "table:number-columns-repeated", COLUMNS)));
    while column < grid.widths.len() {
        let cell = cells.next();
        if let Some((rows, columns)) = grid.covered[column] {
            merged(text, grid, column, columns);
            grid.covered[column] = (rows > 1).then_some((rows - 1, columns));
            // What is covered stands in the row as well, cell by cell.
            for _ in 1..columns {
                cells.next();
            }
            column += columns;
            continue;
        }
        let columns = cell.map_or(1, |cell| repeated(cell, "table:number-columns-spanned", grid.widths.len() - column));
        let rows = cell.map_or(1, |cell| repeated(cell, "table:number-rows-spanned", usize::MAX));
        for _ in 1..columns {
            cells.next();
        }
        if rows > 1 {
            grid.covered[column] = Some((rows - 1, columns));
        }
        open_cell(text, grid, cell, (column, columns), rows > 1);
        column += columns;
    }
    text.part.xml.push_str("</w:tr>");
}

/// A cell that a cell above reaches into.
fn merged(text: &mut Text<'_, '_>, grid: &Grid, column: usize, columns: usize) {
    let width: i64 = grid.widths.iter().skip(column).take(columns).sum();
    let _ = write!(
        text.part.xml,
        "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/><w:gridSpan w:val=\"{columns}\"/><w:vMerge/></w:tcPr><w:p/></w:tc>"
    );
}

fn open_cell(
    text: &mut Text<'_, '_>,
    grid: &Grid,
    cell: Option<&Element>,
    (column, columns): (usize, usize),
    restarts: bool,
) {
    let own = text.styles.of("table-cell", cell.and_then(|cell| cell.attribute("table:style-name")), "table-cell");
    let width: i64 = grid.widths.iter().skip(column).take(columns).sum();
    let out = &mut text.part.xml;
    let _ = write!(out, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>");
    if columns > 1 {
        let _ = write!(out, "<w:gridSpan w:val=\"{columns}\"/>");
    }
    if restarts {
        out.push_str("<w:vMerge w:val=\"restart\"/>");
    }
    borders(out, &own, "w:tcBorders", &["top", "left", "bottom", "right"]);
    shade(out, own.get("fo:background-color").map(String::as_str));
    out.push_str("<w:tcMar>");
    let mut inner = width;
    for name in ["top", "left", "bottom", "right"] {
        let padding = side(&own, "fo:padding", name).and_then(twips).unwrap_or(0).clamp(0, 2_000);
        let _ = write!(out, "<w:{name} w:w=\"{padding}\" w:type=\"dxa\"/>");
        inner -= if matches!(name, "left" | "right") { padding } else { 0 };
    }
    out.push_str("</w:tcMar>");
    match own.get("style:vertical-align").map(String::as_str) {
        Some("middle") => out.push_str("<w:vAlign w:val=\"center\"/>"),
        Some("bottom") => out.push_str("<w:vAlign w:val=\"bottom\"/>"),
        _ => {}
    }
    out.push_str("</w:tcPr>");
    let within = Within { width: inner.max(200), ..grid.within };
    text.cell(cell, within);
    text.part.xml.push_str("</w:tc>");
}
