//! A workbook of OpenDocument: its sheets as their cells show themselves.
//!
//! A cell's text is in the file as it was last shown, so no formula and no format of a number is worked out here.

use std::fmt::Write as _;

use super::{
    measure::{points, twips},
    pack::{Pack, Part},
    sheet_looks::Looks,
    styles::Styles,
};
use crate::{
    exports::client_connect::preview::converter::Cause,
    xml::{Element, Node, escaped},
};

/// As many as the other format knows.
const COLUMNS: usize = 16_384;
const ROWS: usize = 1_048_576;
/// Columns whose widths are kept.
const WIDTHS: usize = 1_000;

const NAMESPACES: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

/// Makes an XLSX.
pub(super) fn workbook(styles: &Styles<'_>, body: &Element) -> Result<Vec<u8>, Cause> {
    let damaged = |_| Cause::Damaged;
    let (mut pack, mut looks, mut book) = (Pack::new(), Looks::default(), Part::default());
    let _ = write!(book.xml, "<workbook {NAMESPACES}><sheets>");
    let mut left = crate::CELLS;
    for (index, table) in body.named("table:table").enumerate() {
        let name = format!("sheet{}", index + 1);
        let style = styles.of("table", table.attribute("table:style-name"), "table");
        let hidden =
            if style.get("table:display").is_some_and(|display| display == "false") { " state=\"hidden\"" } else { "" };
        let id = book.relate("worksheet", &format!("worksheets/{name}.xml"));
        let _ = write!(
            book.xml,
            "<sheet name=\"{}\" sheetId=\"{}\"{hidden} r:id=\"{id}\"/>",
            escaped(table.attribute("table:name").unwrap_or(&name)),
            index + 1
        );
        let mut sheet = Sheet {
            styles,
            looks: &mut looks,
            left,
            rows: String::new(),
            merged: String::new(),
            row: 0,
            defaults: Vec::new(),
        };
        let xml = sheet.write(table)?;
        left = sheet.left;
        pack.part(("xl/worksheets", &name), "spreadsheetml.worksheet", &Part::of(xml)).map_err(damaged)?;
    }
    book.xml.push_str("</sheets></workbook>");
    book.relate("styles", "styles.xml");
    pack.part(("xl", "styles"), "spreadsheetml.styles", &Part::of(looks.part(NAMESPACES))).map_err(damaged)?;
    pack.part(("xl", "workbook"), "spreadsheetml.sheet.main", &book).map_err(damaged)?;
    pack.finish("xl/workbook.xml").map_err(damaged)
}

/// A sheet in the making.
struct Sheet<'a, 'xml> {
    styles: &'a Styles<'xml>,
    looks: &'a mut Looks,
    left: usize,
    rows: String,
    merged: String,
    row: usize,
    /// The style of a column's cells that have none.
    defaults: Vec<Option<&'a str>>,
}

impl<'a> Sheet<'a, '_> {
    fn write(&mut self, table: &'a Element) -> Result<String, Cause> {
        let mut columns = String::new();
        self.columns(table, &mut columns);
        self.rows_of(table)?;
        let master = self.styles.of("table", table.attribute("table:style-name"), "master");
        let name = master.get("style:master-page-name").map(String::as_str);
        let master = self.styles.master_of("table", table.attribute("table:style-name")).or(name);
        let mut out = format!("<worksheet {NAMESPACES}><sheetFormatPr defaultRowHeight=\"12.8\"/>");
        if !columns.is_empty() {
            let _ = write!(out, "<cols>{columns}</cols>");
        }
        let _ = write!(out, "<sheetData>{}</sheetData>", self.rows);
        if !self.merged.is_empty() {
            let _ = write!(out, "<mergeCells>{}</mergeCells>", self.merged);
        }
        out.push_str(&self.page(master));
        out.push_str("</worksheet>");
        Ok(out)
    }

    /// Margins in inches, and the paper.
    fn page(&self, master: Option<&str>) -> String {
        let master = master.or(self.styles.first_master.as_deref());
        let layout = master
            .and_then(|name| self.styles.masters.get(name))
            .and_then(|master| master.attribute("style:page-layout-name"));
        let layout = layout
            .and_then(|name| self.styles.layouts.get(name))
            .and_then(|layout| layout.child("style:page-layout-properties"));
        let get = |name: &str| layout.and_then(|layout| layout.attribute(name));
        let inches = |side: &str| {
            let margin = get(&format!("fo:margin-{side}")).or_else(|| get("fo:margin")).and_then(points);
            margin.unwrap_or(56.7).max(0.0) / 72.0
        };
        let (left, right, top, bottom) = (inches("left"), inches("right"), inches("top"), inches("bottom"));
        let landscape = get("style:print-orientation") == Some("landscape");
        let letter = get("fo:page-width").and_then(twips).is_some_and(|width| (width - 12_240).abs() < 30);
        let scale = get("style:scale-to").and_then(super::measure::percent).unwrap_or(100.0).clamp(10.0, 400.0);
        format!(
            "<pageMargins left=\"{left:.3}\" right=\"{right:.3}\" top=\"{top:.3}\" bottom=\"{bottom:.3}\" header=\"0.3\" footer=\"0.3\"/>\
             <pageSetup paperSize=\"{}\" scale=\"{scale:.0}\" orientation=\"{}\"/>",
            if letter { 1 } else { 9 },
            if landscape { "landscape" } else { "portrait" }
        )
    }

    fn columns(&mut self, of: &'a Element, out: &mut String) {
        for element in of.elements() {
            match element.name.as_str() {
                "table:table-column" => {
                    let style = self.styles.of("table-column", element.attribute("table:style-name"), "table-column");
                    let first = self.defaults.len() + 1;
                    let count = repeated(element, "table:number-columns-repeated", COLUMNS)
                        .min(WIDTHS.saturating_sub(first - 1));
                    self.defaults
                        .extend(std::iter::repeat_n(element.attribute("table:default-cell-style-name"), count));
                    let width = style.get("style:column-width").and_then(|width| points(width));
                    let hidden = if element.attribute("table:visibility").is_some_and(|seen| seen != "visible") {
                        " hidden=\"1\""
                    } else {
                        ""
                    };
                    if let (Some(width), true) = (width, count > 0) {
                        // Of characters of the usual font: seven pixels each, and five around.
                        let characters = ((width / 0.75 - 5.0) / 7.0).clamp(0.1, 255.0);
                        let _ = write!(
                            out,
                            "<col min=\"{first}\" max=\"{}\" width=\"{characters:.3}\" customWidth=\"1\"{hidden}/>",
                            self.defaults.len()
                        );
                    }
                }
                "table:table-columns" | "table:table-header-columns" | "table:table-column-group" => {
                    self.columns(element, out)
                }
                _ => {}
            }
        }
    }

    fn rows_of(&mut self, of: &'a Element) -> Result<(), Cause> {
        for element in of.elements() {
            match element.name.as_str() {
                "table:table-row" => {
                    let count = repeated(element, "table:number-rows-repeated", ROWS);
                    // Rows without anything in them are but a distance.
                    if !element.elements().any(|cell| shown(cell) || cell.attribute("table:style-name").is_some()) {
                        self.row += count;
                        continue;
                    }
                    let empty = !element.elements().any(shown);
                    for _ in 0..count.min(if empty { 100 } else { ROWS }) {
                        self.cells(element)?;
                    }
                    self.row += if empty { count.saturating_sub(100) } else { 0 };
                }
                "table:table-rows" | "table:table-header-rows" | "table:table-row-group" => self.rows_of(element)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn cells(&mut self, row: &'a Element) -> Result<(), Cause> {
        self.row += 1;
        if self.row > ROWS {
            return Err(Cause::TooLarge);
        }
        let style = self.styles.of("table-row", row.attribute("table:style-name"), "table-row");
        let _ = write!(self.rows, "<row r=\"{}\"", self.row);
        if let Some(height) = style.get("style:row-height").and_then(|height| points(height)) {
            let _ = write!(self.rows, " ht=\"{height:.2}\" customHeight=\"1\"");
        }
        if row.attribute("table:visibility").is_some_and(|seen| seen != "visible") {
            self.rows.push_str(" hidden=\"1\"");
        }
        self.rows.push('>');
        let mut column = 0;
        for cell in row.elements().filter(|cell| cell.name.ends_with("table-cell")) {
            let count = repeated(cell, "table:number-columns-repeated", COLUMNS);
            let written = if shown(cell) { count } else { count.min(WIDTHS.saturating_sub(column)) };
            let named = cell.attribute("table:style-name");
            for at in column..(column + written).min(COLUMNS) {
                let style = named.or_else(|| self.defaults.get(at).copied().flatten());
                if shown(cell) || named.is_some_and(|name| self.looks.visible(self.styles, name)) {
                    self.left = self.left.checked_sub(1).ok_or(Cause::TooLarge)?;
                    self.cell(cell, style, at);
                }
            }
            column += count;
        }
        self.rows.push_str("</row>");
        Ok(())
    }

    fn cell(&mut self, cell: &Element, style: Option<&str>, column: usize) {
        let number = cell.attribute("office:value-type").is_some_and(|kind| kind != "string");
        let look = self.looks.of(self.styles, style, number);
        let place = format!("{}{}", letters(column), self.row);
        let text = if cell.name == "table:covered-table-cell" { String::new() } else { said(cell) };
        if text.is_empty() {
            let _ = write!(self.rows, "<c r=\"{place}\" s=\"{look}\"/>");
        } else {
            let _ = write!(
                self.rows,
                "<c r=\"{place}\" s=\"{look}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
            );
        }
        let (columns, rows) = (
            repeated(cell, "table:number-columns-spanned", COLUMNS),
            repeated(cell, "table:number-rows-spanned", ROWS),
        );
        if columns > 1 || rows > 1 {
            let end =
                format!("{}{}", letters((column + columns - 1).min(COLUMNS - 1)), (self.row + rows - 1).min(ROWS));
            let _ = write!(self.merged, "<mergeCell ref=\"{place}:{end}\"/>");
        }
    }
}

fn repeated(element: &Element, name: &str, most: usize) -> usize {
    element.attribute(name).and_then(|count| count.parse().ok()).unwrap_or(1_usize).clamp(1, most)
}

/// Whether there is anything in a cell, or below it.
fn shown(cell: &Element) -> bool {
    cell.child("text:p").is_some() || cell.attribute("table:number-columns-spanned").is_some()
}

/// A cell's paragraphs, line by line.
fn said(cell: &Element) -> String {
    let lines: Vec<String> = cell
        .named("text:p")
        .map(|paragraph| {
            let mut line = String::new();
            collect(paragraph, &mut line);
            escaped(&line)
        })
        .collect();
    lines.join("\n")
}

fn collect(of: &Element, into: &mut String) {
    for node in &of.children {
        match node {
            Node::Text(text) => into.push_str(text),
            Node::Element(element) if element.name == "text:s" => into.push(' '),
            Node::Element(element) if element.name == "office:annotation" => {}
            Node::Element(element) => collect(element, into),
        }
    }
}

/// `A`, `B`, … `Z`, `AA`.
fn letters(column: usize) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect()
}
