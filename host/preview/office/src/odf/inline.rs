//! What stands in a line: runs of text, tabs, fields, notes and what is anchored there.

use std::fmt::Write as _;

use super::{
    drawings,
    look::{self, Fonts},
    styles::{Properties, merge},
    text::{Text, Within},
};
use crate::xml::{Element, Node, escaped};

/// Spaces that one element stands for.
const SPACES: usize = 1_000;

/// A paragraph's line, as it is being written.
struct Line {
    within: Within,
    right_to_left: bool,
    /// The last character was white space, of which there is one at a time.
    spaced: bool,
}

/// Writes all that is in a paragraph.
pub(super) fn paragraph(text: &mut Text<'_, '_>, paragraph: &Element, within: Within) {
    let style = paragraph.attribute("text:style-name");
    let properties = text.styles.of("paragraph", style, "text");
    let right_to_left = look::right_to_left(&text.styles.of("paragraph", style, "paragraph"));
    let mut line = Line { within, right_to_left, spaced: true };
    inside(text, paragraph, &properties, &mut line);
}

fn inside(text: &mut Text<'_, '_>, of: &Element, properties: &Properties, line: &mut Line) {
    for node in &of.children {
        match node {
            Node::Text(written) => words(text, written, properties, line),
            Node::Element(element) => self::element(text, element, properties, line),
        }
    }
}

fn element(text: &mut Text<'_, '_>, element: &Element, properties: &Properties, line: &mut Line) {
    match element.name.as_str() {
        "text:span" => {
            let mut own = properties.clone();
            merge(&mut own, &text.styles.of("text", element.attribute("text:style-name"), "text"));
            inside(text, element, &own, line);
        }
        "text:s" => {
            let count = element.attribute("text:c").and_then(|count| count.parse().ok()).unwrap_or(1).min(SPACES);
            run(text, &tagged(&" ".repeat(count)), properties, line.right_to_left);
            line.spaced = false;
        }
        "text:tab" => {
            run(text, "<w:tab/>", properties, line.right_to_left);
            line.spaced = false;
        }
        "text:line-break" => {
            run(text, "<w:br/>", properties, line.right_to_left);
            line.spaced = true;
        }
        "text:page-number" => field(text, "PAGE", properties, line),
        "text:page-count" => field(text, "NUMPAGES", properties, line),
        "text:note" => {
            if let Some(body) = element.child("text:note-body") {
                let id = text.note(body, Within { listed: None, ..line.within });
                text.part.xml.push_str("<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr>");
                let _ = write!(text.part.xml, "<w:footnoteReference w:id=\"{id}\"/></w:r>");
                line.spaced = false;
            }
        }
        "text:ruby" => element.named("text:ruby-base").for_each(|base| inside(text, base, properties, line)),
        "draw:a" => inside(text, element, properties, line),
        "draw:frame" | "draw:g" | "draw:custom-shape" => drawings::drawing(text, element, line.within),
        "office:annotation"
        | "office:annotation-end"
        | "text:tracked-changes"
        | "text:script"
        | "office:event-listeners" => {}
        // Links, bookmarks, references and fields of all sorts stand for the text in them.
        name if name.starts_with("text:") || name.starts_with("presentation:") => {
            inside(text, element, properties, line)
        }
        _ => {}
    }
}

/// White space is one space, and none at the beginning.
fn words(text: &mut Text<'_, '_>, written: &str, properties: &Properties, line: &mut Line) {
    let mut collapsed = String::with_capacity(written.len());
    for character in written.chars() {
        let space = matches!(character, ' ' | '\t' | '\n' | '\r');
        if !(space && line.spaced) {
            collapsed.push(if space { ' ' } else { character });
        }
        line.spaced = space;
    }
    if collapsed.is_empty() {
        return;
    }
    let right_to_left = collapsed.chars().find_map(direction).unwrap_or(false);
    run(text, &tagged(&collapsed), properties, right_to_left);
}

/// Whether a letter is written from right to left; of what has no direction, nothing.
fn direction(character: char) -> Option<bool> {
    match character {
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => Some(true),
        character if character.is_alphabetic() => Some(false),
        _ => None,
    }
}

fn tagged(words: &str) -> String {
    format!("<w:t xml:space=\"preserve\">{}</w:t>", escaped(words))
}

fn run(text: &mut Text<'_, '_>, content: &str, properties: &Properties, right_to_left: bool) {
    let look = run_look(text, properties, right_to_left);
    let _ = write!(text.part.xml, "<w:r>{look}{content}</w:r>");
}

fn run_look(text: &Text<'_, '_>, properties: &Properties, right_to_left: bool) -> String {
    let fonts = Fonts {
        latin: text.styles.font(properties, ""),
        asian: text.styles.font(properties, "-asian"),
        complex: text.styles.font(properties, "-complex"),
    };
    look::run(properties, &fonts, right_to_left)
}

fn field(text: &mut Text<'_, '_>, instruction: &str, properties: &Properties, line: &mut Line) {
    let look = run_look(text, properties, false);
    for content in [
        "<w:fldChar w:fldCharType=\"begin\"/>",
        &format!("<w:instrText xml:space=\"preserve\"> {instruction} </w:instrText>"),
        "<w:fldChar w:fldCharType=\"separate\"/>",
        "<w:t>1</w:t>",
        "<w:fldChar w:fldCharType=\"end\"/>",
    ] {
        let _ = write!(text.part.xml, "<w:r>{look}{content}</w:r>");
    }
    line.spaced = false;
}
