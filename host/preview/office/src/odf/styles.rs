//! The styles of a text: what a paragraph, a run, a cell or a page looks like after all that it inherits.

use std::collections::HashMap;

use crate::xml::Element;

/// A chain of parents is cut off here, as a file may make it a ring.
const PARENTS: usize = 32;

/// What holds of something: the attributes of all its property elements, of one kind each.
pub(super) type Properties = HashMap<String, String>;

/// A style's own words.
#[derive(Debug, Default)]
struct Style {
    /// Made by an office for one place, and named by nobody.
    automatic: bool,
    parent: Option<String>,
    list: Option<String>,
    master_page: Option<String>,
    properties: HashMap<String, Properties>,
    tab_stops: Option<Vec<Properties>>,
}

/// All styles of a text. Those of the content come before those of the styles' part, name by name.
#[derive(Debug, Default)]
pub(super) struct Styles<'xml> {
    styles: HashMap<(String, String), Style>,
    fonts: HashMap<String, String>,
    pub(super) lists: HashMap<String, &'xml Element>,
    pub(super) outline: Option<&'xml Element>,
    pub(super) masters: HashMap<String, &'xml Element>,
    /// The master page that is first in the file.
    pub(super) first_master: Option<String>,
    pub(super) layouts: HashMap<String, &'xml Element>,
    pub(super) notes: HashMap<String, &'xml Element>,
}

impl<'xml> Styles<'xml> {
    /// Takes in what a part declares; the part read last wins.
    pub(super) fn read(&mut self, root: &'xml Element) {
        for group in root.elements() {
            match group.name.as_str() {
                "office:font-face-decls" => self.fonts(group),
                "office:styles" | "office:automatic-styles" | "office:master-styles" => {
                    let automatic = group.name == "office:automatic-styles";
                    group.elements().for_each(|declared| self.declare(declared, automatic));
                }
                _ => {}
            }
        }
    }

    fn fonts(&mut self, group: &Element) {
        for face in group.named("style:font-face") {
            if let (Some(name), Some(family)) = (face.attribute("style:name"), face.attribute("svg:font-family")) {
                self.fonts.insert(name.to_owned(), family.trim_matches(['\'', '"']).to_owned());
            }
        }
    }

    fn declare(&mut self, declared: &'xml Element, automatic: bool) {
        let name = declared.attribute("style:name").unwrap_or_default().to_owned();
        match declared.name.as_str() {
            "style:style" | "style:default-style" => {
                let family = declared.attribute("style:family").unwrap_or_default().to_owned();
                self.styles.insert((family, name), Style { automatic, ..style(declared) });
            }
            "text:list-style" => _ = self.lists.insert(name, declared),
            "text:outline-style" => self.outline = Some(declared),
            "style:page-layout" => _ = self.layouts.insert(name, declared),
            "style:master-page" => {
                self.first_master.get_or_insert_with(|| name.clone());
                self.masters.insert(name, declared);
            }
            "text:notes-configuration" => {
                let class = declared.attribute("text:note-class").unwrap_or("footnote").to_owned();
                self.notes.insert(class, declared);
            }
            _ => {}
        }
    }

    /// The style and its ancestors, the eldest first; before them what holds by default.
    fn chain(&self, family: &str, name: Option<&str>) -> Vec<&Style> {
        let mut chain = Vec::new();
        let mut next = name;
        while let Some(style) = next.and_then(|name| self.styles.get(&(family.to_owned(), name.to_owned()))) {
            chain.push(style);
            if chain.len() == PARENTS {
                break;
            }
            next = style.parent.as_deref();
        }
        chain.extend(self.styles.get(&(family.to_owned(), String::new())));
        chain.reverse();
        chain
    }

    /// The properties of one kind, as `text`, `paragraph`, `table-cell`, that a style comes to.
    pub(super) fn of(&self, family: &str, name: Option<&str>, kind: &str) -> Properties {
        let mut all = Properties::new();
        for style in self.chain(family, name) {
            if let Some(own) = style.properties.get(kind) {
                merge(&mut all, own);
            }
        }
        all
    }

    pub(super) fn tab_stops(&self, name: Option<&str>) -> Vec<Properties> {
        self.chain("paragraph", name).iter().rev().find_map(|style| style.tab_stops.clone()).unwrap_or_default()
    }

    /// The style as people know it, which an automatic one only varies.
    pub(super) fn known_as<'a>(&'a self, name: Option<&'a str>) -> Option<&'a str> {
        let style = self.styles.get(&("paragraph".to_owned(), name?.to_owned()))?;
        if style.automatic { style.parent.as_deref() } else { name }
    }

    /// The list that a paragraph's style puts it into.
    pub(super) fn list_of(&self, name: Option<&str>) -> Option<&str> {
        let list = self.chain("paragraph", name).iter().rev().find_map(|style| style.list.as_deref());
        list.filter(|list| !list.is_empty())
    }

    /// The master page that begins with a paragraph or a table of this style.
    pub(super) fn master_of(&self, family: &str, name: Option<&str>) -> Option<&str> {
        let master = self.chain(family, name).iter().rev().find_map(|style| style.master_page.as_deref());
        master.filter(|master| !master.is_empty())
    }

    /// The font that properties ask for.
    pub(super) fn font<'a>(&'a self, text: &'a Properties, script: &str) -> Option<&'a str> {
        let named = text.get(&format!("style:font-name{script}"));
        let family = text.get(&if script.is_empty() {
            "fo:font-family".to_owned()
        } else {
            format!("style:font-family{script}")
        });
        let named = named.map(|name| self.fonts.get(name).unwrap_or(name));
        named.or(family).map(|family| family.split(',').next().unwrap_or_default().trim().trim_matches(['\'', '"']))
    }
}

fn style(declared: &Element) -> Style {
    let mut style = Style {
        parent: declared.attribute("style:parent-style-name").map(str::to_owned),
        list: declared.attribute("style:list-style-name").map(str::to_owned),
        master_page: declared.attribute("style:master-page-name").map(str::to_owned),
        ..Style::default()
    };
    for group in declared.elements() {
        let Some(kind) = group.name.strip_prefix("style:").and_then(|name| name.strip_suffix("-properties")) else {
            continue;
        };
        style.properties.insert(kind.to_owned(), group.attributes.clone());
        if let Some(stops) = group.child("style:tab-stops") {
            style.tab_stops = Some(stops.named("style:tab-stop").map(|stop| stop.attributes.clone()).collect());
        }
    }
    style
}

/// Lays `over` upon `under`. A size in per cent is of the size below; a family unsays a named font, and the reverse; a
/// margin of all sides unsays each side's.
pub(super) fn merge(under: &mut Properties, over: &Properties) {
    for (name, value) in over {
        match name.as_str() {
            "fo:font-size" | "style:font-size-complex" if value.ends_with('%') => {
                let base = under.get(name).and_then(|size| super::measure::points(size)).unwrap_or(12.0);
                let share = value.trim_end_matches('%').parse().unwrap_or(100.0) / 100.0;
                under.insert(name.clone(), format!("{}pt", base * share));
                continue;
            }
            "fo:color" => _ = under.remove("style:use-window-font-color"),
            "fo:font-family" => _ = under.remove("style:font-name"),
            "style:font-name" => _ = under.remove("fo:font-family"),
            "fo:margin" | "fo:border" | "fo:padding" => {
                for side in ["left", "right", "top", "bottom"] {
                    under.remove(&format!("{name}-{side}"));
                }
            }
            "fo:line-height" => {
                under.remove("style:line-height-at-least");
                under.remove("style:line-spacing");
            }
            _ => {}
        }
        under.insert(name.clone(), value.clone());
    }
}
