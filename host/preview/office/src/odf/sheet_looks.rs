//! How the cells of a sheet look: fonts, fills, lines and alignment, each combination once.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    look,
    measure::{colour, points},
    styles::{Properties, Styles},
};
use crate::xml::escaped;

/// The looks met so far. The first font, the first two fills and the first border are those that the format prescribes.
#[derive(Debug)]
pub(super) struct Looks {
    known: HashMap<(String, bool), usize>,
    visible: HashMap<String, bool>,
    fonts: Vec<String>,
    fills: Vec<String>,
    borders: Vec<String>,
    formats: Vec<String>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            visible: HashMap::new(),
            fonts: vec!["<font><sz val=\"10\"/><name val=\"Liberation Sans\"/></font>".to_owned()],
            fills: ["none", "gray125"].map(|kind| format!("<fill><patternFill patternType=\"{kind}\"/></fill>")).into(),
            borders: vec!["<border/>".to_owned()],
            formats: vec!["<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>".to_owned()],
        }
    }
}

/// Where in a list an entry is, after it is put there if it was not.
fn index(list: &mut Vec<String>, entry: String) -> usize {
    list.iter().position(|known| *known == entry).unwrap_or_else(|| {
        list.push(entry);
        list.len() - 1
    })
}

impl Looks {
    /// Whether a cell of this style is seen when it is empty.
    pub(super) fn visible(&mut self, styles: &Styles<'_>, name: &str) -> bool {
        *self.visible.entry(name.to_owned()).or_insert_with(|| {
            let cell = styles.of("table-cell", Some(name), "table-cell");
            cell.get("fo:background-color").is_some_and(|fill| colour(fill).is_some())
                || cell.iter().any(|(name, value)| name.starts_with("fo:border") && value != "none")
        })
    }

    /// The look's number. Numbers stand on the right unless their style says otherwise.
    pub(super) fn of(&mut self, styles: &Styles<'_>, style: Option<&str>, number: bool) -> usize {
        let key = (style.unwrap_or_default().to_owned(), number);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let [cell, text, paragraph] =
            ["table-cell", "text", "paragraph"].map(|kind| styles.of("table-cell", style, kind));
        let font = index(&mut self.fonts, font(styles, &text));
        let fill = cell.get("fo:background-color").and_then(|fill| colour(fill));
        let fill = fill.map_or(0, |fill| {
            let solid = format!(
                "<fill><patternFill patternType=\"solid\"><fgColor rgb=\"FF{fill}\"/><bgColor indexed=\"64\"/></patternFill></fill>"
            );
            index(&mut self.fills, solid)
        });
        let border = index(&mut self.borders, border(&cell));
        let align = match paragraph.get("fo:text-align").map(String::as_str) {
            Some("center") => "center",
            Some("end" | "right") => "right",
            Some("justify") => "justify",
            _ if number => "right",
            _ => "left",
        };
        let vertical = match cell.get("style:vertical-align").map(String::as_str) {
            Some("top") => "top",
            Some("middle") => "center",
            _ => "bottom",
        };
        let wrap = u8::from(cell.get("fo:wrap-option").is_some_and(|wrap| wrap == "wrap"));
        self.formats.push(format!(
            "<xf numFmtId=\"0\" fontId=\"{font}\" fillId=\"{fill}\" borderId=\"{border}\" applyFont=\"1\" applyFill=\"1\" \
             applyBorder=\"1\" applyAlignment=\"1\"><alignment horizontal=\"{align}\" vertical=\"{vertical}\" wrapText=\"{wrap}\"/></xf>"
        ));
        self.known.insert(key, self.formats.len() - 1);
        self.formats.len() - 1
    }

    /// The part of the package.
    pub(super) fn part(&self, namespaces: &str) -> String {
        let mut out = format!("<styleSheet {namespaces}>");
        for (name, list) in [("fonts", &self.fonts), ("fills", &self.fills), ("borders", &self.borders)] {
            let _ = write!(out, "<{name} count=\"{}\">{}</{name}>", list.len(), list.concat());
        }
        let _ = write!(
            out,
            "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
             <cellXfs count=\"{}\">{}</cellXfs></styleSheet>",
            self.formats.len(),
            self.formats.concat()
        );
        out
    }
}

fn font(styles: &Styles<'_>, text: &Properties) -> String {
    let get = |name: &str| text.get(name).map(String::as_str);
    let mut out = String::from("<font>");
    if matches!(get("fo:font-weight"), Some("bold" | "600" | "700" | "800" | "900")) {
        out.push_str("<b/>");
    }
    if matches!(get("fo:font-style"), Some("italic" | "oblique")) {
        out.push_str("<i/>");
    }
    if get("style:text-line-through-style").is_some_and(|style| style != "none") {
        out.push_str("<strike/>");
    }
    if get("style:text-underline-style").is_some_and(|style| style != "none") {
        out.push_str("<u/>");
    }
    let size = get("fo:font-size").and_then(points).unwrap_or(10.0).clamp(1.0, 400.0);
    let _ = write!(out, "<sz val=\"{size}\"/>");
    if let Some(colour) = get("fo:color").and_then(colour) {
        let _ = write!(out, "<color rgb=\"FF{colour}\"/>");
    }
    let _ = write!(out, "<name val=\"{}\"/></font>", escaped(styles.font(text, "").unwrap_or("Liberation Sans")));
    out
}

fn border(cell: &Properties) -> String {
    let mut out = String::from("<border>");
    for name in ["left", "right", "top", "bottom"] {
        let Some((eighths, kind, colour)) = super::measure::side(cell, "fo:border", name).and_then(look::border) else {
            let _ = write!(out, "<{name}/>");
            continue;
        };
        let style = match (kind, eighths) {
            ("double", _) => "double",
            ("dotted", _) => "dotted",
            ("dashed", _) => "dashed",
            (_, 0..=3) => "hair",
            (_, 4..=9) => "thin",
            (_, 10..=16) => "medium",
            _ => "thick",
        };
        let colour = if colour == "auto" { "000000" } else { &colour };
        let _ = write!(out, "<{name} style=\"{style}\"><color rgb=\"FF{colour}\"/></{name}>");
    }
    out.push_str("</border>");
    out
}
