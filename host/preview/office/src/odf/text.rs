//! The text itself: its blocks one after another, and the parts that it refers to.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    drawings, inline,
    lists::{self, LEVELS, Numbering},
    look::{self, Listed, Place},
    measure::twips,
    pack::{NAMESPACES, Pack, Part},
    pages,
    styles::Styles,
    tables,
};
use crate::{package::Package, xml::Element};

/// The folder of all parts.
const WORD: &str = "word";

/// Where a block stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Within {
    /// How wide it may be, in twips.
    pub(super) width: i64,
    pub(super) listed: Option<Listed>,
}

/// A text on its way into a package.
pub(super) struct Text<'xml, 'bytes> {
    pub(super) styles: Styles<'xml>,
    pub(super) package: Package<'bytes>,
    pub(super) pack: Pack,
    /// What is being written: the body, or one of what stands beside it.
    pub(super) part: Part,
    pub(super) drawings: drawings::Drawings,
    numbering: Numbering,
    /// The numbering that a list of this style had last.
    last_numbering: HashMap<String, usize>,
    outline: Option<usize>,
    /// The paragraphs' styles by name.
    names: Vec<String>,
    notes: Part,
    note_count: usize,
    asides: Vec<(String, &'static str, Part)>,
    page_break: bool,
}

impl<'xml, 'bytes> Text<'xml, 'bytes> {
    pub(super) fn new(styles: Styles<'xml>, package: Package<'bytes>) -> Self {
        Self {
            styles,
            package,
            pack: Pack::new(),
            part: Part::default(),
            drawings: drawings::Drawings::default(),
            numbering: Numbering::default(),
            last_numbering: HashMap::new(),
            outline: None,
            names: Vec::new(),
            notes: Part::default(),
            note_count: 0,
            asides: Vec::new(),
            page_break: false,
        }
    }

    /// The whole text, section by section. A section begins where a style asks for a master page.
    pub(super) fn body(&mut self, body: &'xml Element) {
        let _ = write!(self.part.xml, "<w:document {NAMESPACES}><w:body>");
        let mut master = self.styles.first_master.clone();
        if self.styles.masters.contains_key("Standard") {
            master = Some("Standard".to_owned());
        }
        let mut begun = false;
        for block in body.elements() {
            let family = if block.name == "table:table" {
                ("table", "table:style-name")
            } else {
                ("paragraph", "text:style-name")
            };
            let asked = self.styles.master_of(family.0, block.attribute(family.1)).map(str::to_owned);
            if let Some(asked) = asked.filter(|asked| self.styles.masters.contains_key(asked)) {
                if begun {
                    let section = pages::section(self, master.as_deref());
                    let _ = write!(
                        self.part.xml,
                        "<w:p><w:pPr><w:spacing w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/>{section}</w:pPr></w:p>"
                    );
                }
                master = Some(asked);
            }
            let paper =
                pages::Paper::of(&self.styles, master.as_ref().and_then(|name| self.styles.masters.get(name).copied()));
            begun |= self.block(block, Within { width: paper.measure(), ..Within::default() });
        }
        let section = pages::section(self, master.as_deref());
        self.part.xml.push_str(&section);
        self.part.xml.push_str("</w:body></w:document>");
    }

    pub(super) fn blocks(&mut self, of: &Element, within: Within) {
        for block in of.elements() {
            self.block(block, within);
        }
    }

    /// Writes a block, and says whether it is one.
    fn block(&mut self, block: &Element, within: Within) -> bool {
        match block.name.as_str() {
            "text:p" | "text:h" => self.paragraph(block, within),
            "text:list" => self.list(block, within, None),
            "table:table" => {
                tables::table(self, block, within);
                // Two tables in a row would be one.
                self.part.xml.push_str("<w:p><w:pPr><w:spacing w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/></w:pPr></w:p>");
            }
            "text:section" | "text:index-body" | "text:index-title" => self.blocks(block, within),
            name if name.starts_with("text:")
                && (name.ends_with("-index") || name == "text:table-of-content" || name == "text:bibliography") =>
            {
                block.named("text:index-body").for_each(|body| self.blocks(body, within));
            }
            "draw:frame" | "draw:g" | "draw:custom-shape" => {
                self.part.xml.push_str("<w:p>");
                drawings::drawing(self, block, within);
                self.part.xml.push_str("</w:p>");
            }
            "text:soft-page-break" => return true,
            _ => return false,
        }
        true
    }

    fn paragraph(&mut self, paragraph: &Element, mut within: Within) {
        let style = paragraph.attribute("text:style-name");
        let properties = self.styles.of("paragraph", style, "paragraph");
        let tab_stops = self.styles.tab_stops(style);
        let level = paragraph.attribute("text:outline-level").and_then(|level| level.parse::<usize>().ok());
        let heading = level.filter(|_| paragraph.name == "text:h").map(|level| level.clamp(1, LEVELS));
        if within.listed.is_none() {
            within.listed = self.listed_by_style(paragraph, style, heading);
        }
        let named = match heading {
            Some(level) => format!("Heading{level}"),
            None => self.named(style),
        };
        let place = Place {
            listed: within.listed,
            page_break: std::mem::take(&mut self.page_break),
            tab_stops: &tab_stops,
            style: &named,
        };
        self.part.xml.push_str("<w:p>");
        self.part.xml.push_str(&look::paragraph(&properties, &place));
        inline::paragraph(self, paragraph, within);
        self.part.xml.push_str("</w:p>");
        self.page_break = properties.get("fo:break-after").is_some_and(|breaks| breaks == "page");
    }

    /// The id of a paragraph's style: each that people know has its own.
    fn named(&mut self, style: Option<&str>) -> String {
        let known = self.styles.known_as(style).unwrap_or("Standard");
        let at = self.names.iter().position(|name| name == known).unwrap_or_else(|| {
            self.names.push(known.to_owned());
            self.names.len() - 1
        });
        format!("Style{at}")
    }

    /// A paragraph may be in a list by its style alone, and a heading by the outline.
    fn listed_by_style(&mut self, paragraph: &Element, style: Option<&str>, heading: Option<usize>) -> Option<Listed> {
        if let Some(level) = heading {
            let outline = self.styles.outline?;
            let number = level.to_string();
            let numbered = |of: &&Element| {
                of.attribute("text:level") == Some(&number)
                    && of.attribute("style:num-format").is_some_and(|format| !format.is_empty())
            };
            outline.elements().find(numbered)?;
            if paragraph.attribute("text:is-list-header") == Some("true") {
                return None;
            }
            let id = match self.outline {
                Some(id) => id,
                None => *self.outline.insert(self.numbering.add(Some(outline), None)),
            };
            return Some(Listed { label: Some((id, level - 1)), left: 0 });
        }
        let name = self.styles.list_of(style)?.to_owned();
        let list = self.styles.lists.get(&name).copied()?;
        let id = match self.last_numbering.get(&name) {
            Some(id) => *id,
            None => self.numbering.add(Some(list), None),
        };
        self.last_numbering.insert(name, id);
        Some(Listed { label: Some((id, 0)), left: lists::left_of(Some(list), 0) })
    }

    /// A list, or one within: `outer` is the numbering, the level and the name of the style of the list around it.
    fn list(&mut self, list: &Element, within: Within, outer: Option<(usize, usize, Option<&str>)>) {
        let name = list.attribute("text:style-name").or_else(|| outer.and_then(|(_, _, name)| name));
        let style = name.and_then(|name| self.styles.lists.get(name).copied());
        let level = outer.map_or(0, |(_, level, _)| (level + 1).min(LEVELS - 1));
        let goes_on =
            list.attribute("text:continue-numbering") == Some("true") || list.attribute("text:continue-list").is_some();
        let before = name.and_then(|name| self.last_numbering.get(name).copied()).filter(|_| goes_on);
        let own_style = list.attribute("text:style-name").is_some();
        let id = match (outer, before) {
            (Some((id, ..)), _) if !own_style => id,
            (_, Some(id)) => id,
            _ => {
                let start = list.child("text:list-item").and_then(|item| item.attribute("text:start-value"));
                self.numbering.add(style, start.and_then(|start| start.parse().ok()))
            }
        };
        if let Some(name) = name {
            self.last_numbering.insert(name.to_owned(), id);
        }
        let left = lists::left_of(style, level);
        for item in list.elements().filter(|item| matches!(item.name.as_str(), "text:list-item" | "text:list-header")) {
            let mut label = (item.name == "text:list-item").then_some((id, level));
            for block in item.elements() {
                if block.name == "text:list" {
                    self.list(block, within, Some((id, level, name)));
                } else {
                    let listed = Some(Listed { label, left });
                    if self.block(block, Within { listed, ..within }) {
                        label = None;
                    }
                }
            }
        }
    }

    /// What a cell holds; it ends in a paragraph, come what may.
    pub(super) fn cell(&mut self, cell: Option<&Element>, within: Within) {
        let begun = self.part.xml.len();
        if let Some(cell) = cell {
            self.blocks(cell, Within { listed: None, ..within });
        }
        if !self.part.xml[begun..].ends_with("</w:p>") {
            self.part.xml.push_str("<w:p/>");
        }
    }

    /// A header or a footer, as a part of its own; the answer is the reference's id.
    pub(super) fn aside(&mut self, kind: &'static str, content: &Element, within: Within) -> String {
        let body = std::mem::take(&mut self.part);
        let tag = if kind == "header" { "w:hdr" } else { "w:ftr" };
        let _ = write!(self.part.xml, "<{tag} {NAMESPACES}>");
        self.cell(Some(content), within);
        let _ = write!(self.part.xml, "</{tag}>");
        let written = std::mem::replace(&mut self.part, body);
        let name = format!("{kind}{}", self.asides.len() + 1);
        let id = self.part.relate(kind, &format!("{name}.xml"));
        self.asides.push((name, kind, written));
        id
    }

    /// A note's text; the answer is its number.
    pub(super) fn note(&mut self, content: &Element, within: Within) -> usize {
        self.note_count += 1;
        let id = self.note_count;
        let outside = std::mem::replace(&mut self.part, std::mem::take(&mut self.notes));
        let _ = write!(self.part.xml, "<w:footnote w:id=\"{id}\">");
        let begun = self.part.xml.len();
        self.cell(Some(content), within);
        let mark = "<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:footnoteRef/><w:t xml:space=\"preserve\"> </w:t></w:r>";
        if let Some(at) = self.part.xml[begun..].find("</w:pPr>") {
            self.part.xml.insert_str(begun + at + "</w:pPr>".len(), mark);
        }
        self.part.xml.push_str("</w:footnote>");
        self.notes = std::mem::replace(&mut self.part, outside);
        id
    }

    /// Writes all parts.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, zip::result::ZipError> {
        let mut document = self.part;
        document.relate("numbering", "numbering.xml");
        document.relate("styles", "styles.xml");
        self.pack.part((WORD, "numbering"), "wordprocessingml.numbering", &Part::of(self.numbering.part()))?;
        self.pack.part((WORD, "styles"), "wordprocessingml.styles", &Part::of(style_names(self.names.len())))?;
        document.relate("settings", "settings.xml");
        let tab =
            self.styles.of("paragraph", None, "paragraph").get("style:tab-stop-distance").and_then(|tab| twips(tab));
        self.pack.part((WORD, "settings"), "wordprocessingml.settings", &Part::of(settings(tab.unwrap_or(709))))?;
        if self.note_count > 0 {
            document.relate("footnotes", "footnotes.xml");
            let lines = "<w:footnote w:type=\"separator\" w:id=\"-1\"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>\
                 <w:footnote w:type=\"continuationSeparator\" w:id=\"0\"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>";
            self.notes.xml = format!("<w:footnotes {NAMESPACES}>{lines}{}</w:footnotes>", self.notes.xml);
            self.pack.part((WORD, "footnotes"), "wordprocessingml.footnotes", &self.notes)?;
        }
        for (name, kind, part) in &self.asides {
            self.pack.part((WORD, name), &format!("wordprocessingml.{kind}"), part)?;
        }
        self.pack.part((WORD, "document"), "wordprocessingml.document.main", &document)?;
        self.pack.finish("word/document.xml")
    }
}

/// The styles by their names alone; how a paragraph looks, each says itself.
fn style_names(others: usize) -> String {
    let mut out = format!("<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault/><w:pPrDefault/></w:docDefaults>");
    for level in 1..=LEVELS {
        let _ = write!(
            out,
            "<w:style w:type=\"paragraph\" w:styleId=\"Heading{level}\"><w:name w:val=\"heading {level}\"/><w:pPr>\
             <w:outlineLvl w:val=\"{}\"/></w:pPr><w:rPr><w:b w:val=\"0\"/><w:sz w:val=\"24\"/></w:rPr></w:style>",
            level - 1
        );
    }
    for style in 0..others {
        let _ = write!(
            out,
            "<w:style w:type=\"paragraph\" w:customStyle=\"1\" w:styleId=\"Style{style}\"><w:name w:val=\"Style {style}\"/></w:style>"
        );
    }
    out.push_str("</w:styles>");
    out
}

/// Of two distances between paragraphs the larger one holds, as in a text of OpenDocument.
fn settings(tab: i64) -> String {
    format!(
        "<w:settings {NAMESPACES}><w:defaultTabStop w:val=\"{}\"/><w:compat><w:compatSetting w:name=\"compatibilityMode\" \
         w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>",
        tab.clamp(100, 10_000)
    )
}
