//! How paragraphs and runs look, in the words of WordprocessingML.
//!
//! The order of elements is that of its schema, as readers may insist on it.

use std::fmt::Write as _;

use super::{
    measure::{colour, percent, points, side, twips},
    styles::Properties,
};
use crate::xml::escaped;

/// Where a list puts its paragraphs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    /// The numbering's id, and the level. None where the paragraph goes on with an item and bears no label.
    pub(super) label: Option<(usize, usize)>,
    pub(super) left: i64,
}

/// What holds of a paragraph, besides its style.
#[derive(Debug, Default)]
pub(super) struct Place<'a> {
    pub(super) listed: Option<Listed>,
    pub(super) page_break: bool,
    pub(super) tab_stops: &'a [Properties],
    /// The name of its style: of nothing but importance to neighbours of the same style.
    pub(super) style: &'a str,
}

pub(super) fn right_to_left(paragraph: &Properties) -> bool {
    paragraph.get("style:writing-mode").is_some_and(|mode| mode.starts_with("rl"))
}

/// `w:pPr`.
pub(super) fn paragraph(properties: &Properties, place: &Place<'_>) -> String {
    let get = |name: &str| properties.get(name).map(String::as_str);
    let mut out = String::from("<w:pPr>");
    let _ = write!(out, "<w:pStyle w:val=\"{}\"/>", place.style);
    if get("fo:keep-with-next") == Some("always") {
        out.push_str("<w:keepNext/>");
    }
    if get("fo:keep-together") == Some("always") {
        out.push_str("<w:keepLines/>");
    }
    if place.page_break || get("fo:break-before") == Some("page") {
        out.push_str("<w:pageBreakBefore/>");
    }
    if let Some(Listed { label: Some((id, level)), .. }) = place.listed {
        let _ = write!(out, "<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{id}\"/></w:numPr>");
    }
    borders(&mut out, properties, "w:pBdr", &["top", "left", "bottom", "right"]);
    shade(&mut out, get("fo:background-color"));
    if !place.tab_stops.is_empty() {
        out.push_str("<w:tabs>");
        place.tab_stops.iter().for_each(|stop| tab_stop(&mut out, stop));
        out.push_str("</w:tabs>");
    }
    let bidi = right_to_left(properties);
    if bidi {
        out.push_str("<w:bidi/>");
    }
    spacing(&mut out, properties);
    indent(&mut out, properties, place.listed);
    if get("style:contextual-spacing") == Some("true") {
        out.push_str("<w:contextualSpacing/>");
    }
    let align = match get("fo:text-align") {
        Some("end") => "right",
        Some("right") => ["right", "left"][usize::from(bidi)],
        Some("left") => ["left", "right"][usize::from(bidi)],
        Some("center") => "center",
        Some("justify") => "both",
        _ => "left",
    };
    let _ = write!(out, "<w:jc w:val=\"{align}\"/>");
    out.push_str("</w:pPr>");
    out
}

fn tab_stop(out: &mut String, stop: &Properties) {
    let Some(position) = stop.get("style:position").and_then(|position| twips(position)) else { return };
    let kind = match stop.get("style:type").map(String::as_str) {
        Some("center") => "center",
        Some("right") => "right",
        Some("char") => "decimal",
        _ => "left",
    };
    let leader = match stop.get("style:leader-style").map(String::as_str) {
        None | Some("none") => "none",
        Some("dotted") => "dot",
        Some("dash") => "hyphen",
        Some(_) => "underscore",
    };
    let _ = write!(out, "<w:tab w:val=\"{kind}\" w:leader=\"{leader}\" w:pos=\"{position}\"/>");
}

fn spacing(out: &mut String, properties: &Properties) {
    let above = side(properties, "fo:margin", "top").and_then(twips).unwrap_or(0).max(0);
    let below = side(properties, "fo:margin", "bottom").and_then(twips).unwrap_or(0).max(0);
    let _ = write!(out, "<w:spacing w:before=\"{above}\" w:after=\"{below}\"");
    let height = properties.get("fo:line-height").map(String::as_str);
    let at_least = properties.get("style:line-height-at-least").and_then(|height| twips(height));
    let (line, rule) = if let Some(share) = height.and_then(percent) {
        ((share * 2.4).round() as i64, "auto")
    } else if let Some(exact) = height.and_then(twips) {
        (exact, "exact")
    } else if let Some(least) = at_least {
        (least, "atLeast")
    } else {
        (240, "auto")
    };
    let _ = write!(out, " w:line=\"{line}\" w:lineRule=\"{rule}\"/>");
}

/// A list's level says where its paragraphs are; only without one does the paragraph's style.
fn indent(out: &mut String, properties: &Properties, listed: Option<Listed>) {
    let left = side(properties, "fo:margin", "left").and_then(twips);
    let right = side(properties, "fo:margin", "right").and_then(twips).unwrap_or(0);
    let first = properties.get("fo:text-indent").and_then(|indent| twips(indent));
    match listed {
        Some(Listed { label: Some(_), .. }) => {}
        Some(Listed { label: None, left }) => {
            let _ = write!(out, "<w:ind w:left=\"{left}\" w:right=\"{right}\" w:firstLine=\"0\"/>");
        }
        None => {
            let (left, first) = (left.unwrap_or(0), first.unwrap_or(0));
            let (name, by) = if first < 0 { ("hanging", -first) } else { ("firstLine", first) };
            let _ = write!(out, "<w:ind w:left=\"{left}\" w:right=\"{right}\" w:{name}=\"{by}\"/>");
        }
    }
}

pub(super) fn shade(out: &mut String, fill: Option<&str>) {
    if let Some(fill) = fill.and_then(colour) {
        let _ = write!(out, "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"{fill}\"/>");
    }
}

/// The lines around something, as far as it has any.
pub(super) fn borders(out: &mut String, properties: &Properties, element: &str, sides: &[&str]) {
    let mut lines = String::new();
    for name in sides {
        let Some(border) = side(properties, "fo:border", name).and_then(border) else { continue };
        let space = side(properties, "fo:padding", name).and_then(points).unwrap_or(0.0).clamp(0.0, 31.0);
        let (eighths, kind, colour) = border;
        let _ = write!(
            lines,
            "<w:{name} w:val=\"{kind}\" w:sz=\"{eighths}\" w:space=\"{space:.0}\" w:color=\"{colour}\"/>"
        );
    }
    if !lines.is_empty() {
        let _ = write!(out, "<{element}>{lines}</{element}>");
    }
}

/// `0.5pt solid #000000`, in any order.
pub(super) fn border(border: &str) -> Option<(i64, &'static str, String)> {
    let (mut width, mut kind, mut line) = (0.75, None, "auto".to_owned());
    for word in border.split_whitespace() {
        if let Some(points) = points(word) {
            width = points;
        } else if let Some(digits) = colour(word) {
            line = digits.to_owned();
        } else {
            kind = match word {
                "none" | "hidden" => return None,
                "double" | "double-thin" => Some("double"),
                "dotted" => Some("dotted"),
                "dashed" | "fine-dashed" => Some("dashed"),
                _ => Some("single"),
            };
        }
    }
    let eighths = (width * 8.0).round().clamp(2.0, 96.0) as i64;
    kind.filter(|_| width > 0.0).map(|kind| (eighths, kind, line))
}

/// A font family by script: of Latin text, and of what is written in complex scripts.
#[derive(Debug, Default)]
pub(super) struct Fonts<'a> {
    pub(super) latin: Option<&'a str>,
    pub(super) asian: Option<&'a str>,
    pub(super) complex: Option<&'a str>,
}

/// `w:rPr`.
pub(super) fn run(properties: &Properties, fonts: &Fonts<'_>, right_to_left: bool) -> String {
    let get = |name: &str| properties.get(name).map(String::as_str);
    let mut out = String::from("<w:rPr>");
    let latin = fonts.latin.unwrap_or("Liberation Serif");
    let _ = write!(
        out,
        "<w:rFonts w:ascii=\"{0}\" w:hAnsi=\"{0}\" w:eastAsia=\"{1}\" w:cs=\"{2}\"/>",
        escaped(latin),
        escaped(fonts.asian.unwrap_or(latin)),
        escaped(fonts.complex.unwrap_or(latin))
    );
    if matches!(get("fo:font-weight"), Some("bold" | "600" | "700" | "800" | "900")) {
        out.push_str("<w:b/><w:bCs/>");
    } else {
        // A heading would be bold by itself.
        out.push_str("<w:b w:val=\"0\"/><w:bCs w:val=\"0\"/>");
    }
    if matches!(get("fo:font-style"), Some("italic" | "oblique")) {
        out.push_str("<w:i/><w:iCs/>");
    }
    if get("fo:text-transform") == Some("uppercase") {
        out.push_str("<w:caps/>");
    }
    if get("fo:font-variant") == Some("small-caps") {
        out.push_str("<w:smallCaps/>");
    }
    if get("style:text-line-through-style").is_some_and(|style| style != "none") {
        out.push_str("<w:strike/>");
    }
    if get("text:display") == Some("none") {
        out.push_str("<w:vanish/>");
    }
    let automatic = get("style:use-window-font-color") == Some("true");
    if let Some(colour) = get("fo:color").and_then(colour).filter(|_| !automatic) {
        let _ = write!(out, "<w:color w:val=\"{colour}\"/>");
    }
    if let Some(letters) = get("fo:letter-spacing").and_then(twips) {
        let _ = write!(out, "<w:spacing w:val=\"{letters}\"/>");
    }
    let size = get("fo:font-size").and_then(points).unwrap_or(12.0);
    let complex = get("style:font-size-complex").and_then(points).unwrap_or(size);
    let halves = |size: f64| (size * 2.0).round().clamp(2.0, 1_600.0) as i64;
    let _ = write!(out, "<w:sz w:val=\"{}\"/><w:szCs w:val=\"{}\"/>", halves(size), halves(complex));
    match get("style:text-underline-style") {
        None | Some("none") => {}
        Some(_) if get("style:text-underline-type") == Some("double") => out.push_str("<w:u w:val=\"double\"/>"),
        Some("dotted") => out.push_str("<w:u w:val=\"dotted\"/>"),
        Some(_) => out.push_str("<w:u w:val=\"single\"/>"),
    }
    shade(&mut out, get("fo:background-color"));
    match get("style:text-position").and_then(|position| position.split_whitespace().next()) {
        Some("super") => out.push_str("<w:vertAlign w:val=\"superscript\"/>"),
        Some("sub") => out.push_str("<w:vertAlign w:val=\"subscript\"/>"),
        Some(raised) if percent(raised).is_some_and(|share| share >= 15.0) => {
            out.push_str("<w:vertAlign w:val=\"superscript\"/>");
        }
        Some(raised) if percent(raised).is_some_and(|share| share <= -5.0) => {
            out.push_str("<w:vertAlign w:val=\"subscript\"/>");
        }
        _ => {}
    }
    if right_to_left {
        out.push_str("<w:rtl/>");
    }
    out.push_str("</w:rPr>");
    out
}
