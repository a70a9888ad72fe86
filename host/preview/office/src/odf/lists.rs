//! Lists: the labels of their levels as a numbering, and where their paragraphs stand.

use std::fmt::Write as _;

use super::measure::twips;
use crate::xml::{Element, escaped};

/// As many as both formats know.
pub(super) const LEVELS: usize = 9;
/// How far a level without measures of its own moves its paragraphs in, and each level above it as well.
const STEP: i64 = 360;

/// The numberings that a text needs, each list one of its own, so that each begins anew.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    abstracts: String,
    instances: String,
    count: usize,
}

impl Numbering {
    /// A numbering by a list's style; without one, bullets. `starts` is at what the first level begins.
    pub(super) fn add(&mut self, style: Option<&Element>, starts: Option<u32>) -> usize {
        self.count += 1;
        let id = self.count;
        let _ =
            write!(self.abstracts, "<w:abstractNum w:abstractNumId=\"{id}\"><w:multiLevelType w:val=\"multilevel\"/>");
        for level in 0..LEVELS {
            self.level(level, style.and_then(|style| of_level(style, level)), starts.filter(|_| level == 0));
        }
        self.abstracts.push_str("</w:abstractNum>");
        let _ = write!(self.instances, "<w:num w:numId=\"{id}\"><w:abstractNumId w:val=\"{id}\"/></w:num>");
        id
    }

    /// The part of the package.
    pub(super) fn part(&self) -> String {
        format!("<w:numbering {}>{}{}</w:numbering>", super::pack::NAMESPACES, self.abstracts, self.instances)
    }

    fn level(&mut self, level: usize, style: Option<&Element>, starts: Option<u32>) {
        let (format, text) = label(level, style);
        let own = style.and_then(|style| style.attribute("text:start-value")).and_then(|start| start.parse().ok());
        let place = Stands::of(level, style);
        let _ = write!(
            self.abstracts,
            "<w:lvl w:ilvl=\"{level}\"><w:start w:val=\"{}\"/><w:numFmt w:val=\"{format}\"/>\
             <w:suff w:val=\"{}\"/><w:lvlText w:val=\"{}\"/><w:lvlJc w:val=\"left\"/><w:pPr>",
            starts.or(own).unwrap_or(1),
            place.follows,
            escaped(&text)
        );
        if let Some(tab) = place.tab {
            let _ = write!(self.abstracts, "<w:tabs><w:tab w:val=\"num\" w:pos=\"{tab}\"/></w:tabs>");
        }
        let (name, by) = if place.first < 0 { ("hanging", -place.first) } else { ("firstLine", place.first) };
        let _ = write!(self.abstracts, "<w:ind w:left=\"{}\" w:{name}=\"{by}\"/></w:pPr></w:lvl>", place.left);
    }
}

/// What a list's style says of a level, from 0.
fn of_level(style: &Element, level: usize) -> Option<&Element> {
    let number = (level + 1).to_string();
    style.elements().find(|declared| declared.attribute("text:level") == Some(number.as_str()))
}

/// A level's format and text.
fn label(level: usize, style: Option<&Element>) -> (&'static str, String) {
    let bullets = ["•", "◦", "▪"];
    let Some(style) = style else { return ("bullet", bullets[level % bullets.len()].to_owned()) };
    let get = |name: &str| style.attribute(name).unwrap_or_default();
    if style.name == "text:list-level-style-bullet" {
        // Fonts of symbols keep their bullets where Unicode has nothing.
        let bullet = match get("text:bullet-char").chars().next() {
            Some('\u{f0b7}' | '\u{e000}'..='\u{f8ff}') | None => "•".to_owned(),
            Some(bullet) => bullet.to_string(),
        };
        return ("bullet", bullet);
    }
    let format = match get("style:num-format") {
        "1" => "decimal",
        "a" => "lowerLetter",
        "A" => "upperLetter",
        "i" => "lowerRoman",
        "I" => "upperRoman",
        _ => return ("none", String::new()),
    };
    let shown = get("text:display-levels").parse().unwrap_or(1_usize).clamp(1, level + 1);
    let numbers: Vec<String> = (level + 1 - shown..=level).map(|level| format!("%{}", level + 1)).collect();
    (format, format!("{}{}{}", get("style:num-prefix"), numbers.join("."), get("style:num-suffix")))
}

/// Where a level's paragraphs stand.
#[derive(Debug)]
struct Stands {
    left: i64,
    first: i64,
    tab: Option<i64>,
    follows: &'static str,
}

impl Stands {
    fn of(level: usize, style: Option<&Element>) -> Self {
        let deeper = STEP * (i64::try_from(level).unwrap_or(0) + 2);
        let Some(properties) = style.and_then(|style| style.child("style:list-level-properties")) else {
            return Self { left: deeper, first: -STEP, tab: None, follows: "tab" };
        };
        let measure = |of: &Element, name: &str| of.attribute(name).and_then(twips);
        if let Some(label) = properties.child("style:list-level-label-alignment") {
            return Self {
                left: measure(label, "fo:margin-left").unwrap_or(deeper),
                first: measure(label, "fo:text-indent").unwrap_or(0),
                tab: measure(label, "text:list-tab-stop-position"),
                follows: match label.attribute("text:label-followed-by") {
                    Some("space") => "space",
                    Some("nothing") => "nothing",
                    _ => "tab",
                },
            };
        }
        let before = measure(properties, "text:space-before").unwrap_or(0);
        let width = measure(properties, "text:min-label-width").unwrap_or(0);
        Self { left: before + width, first: -width, tab: None, follows: if width > 0 { "tab" } else { "nothing" } }
    }
}

/// Where the paragraphs of a level stand that bear no label.
pub(super) fn left_of(style: Option<&Element>, level: usize) -> i64 {
    Stands::of(level, style.and_then(|style| of_level(style, level))).left
}
