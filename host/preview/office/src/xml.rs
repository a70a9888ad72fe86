//! A part's XML as a tree, its names under the prefixes that the standards use, whatever prefixes the file uses.
//!
//! Guarantees that nothing is expanded and nothing is fetched, and that depth and number of elements are bounded.

use std::collections::HashMap;

use quick_xml::{
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
    name::{QName, ResolveResult},
    reader::NsReader,
};

use crate::exports::client_connect::preview::converter::Cause;

/// Deeper than anybody writes, and shallow enough for the stack.
const DEPTH: usize = 200;
/// A text of some thousand pages.
const ELEMENTS: usize = 2_000_000;

/// An element, its attributes and what it holds.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// As `text:p`.
    pub(crate) name: String,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) children: Vec<Node>,
}

/// What an element holds.
#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The elements in it, without what is deeper.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }

    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.elements().filter(move |element| element.name == name)
    }
}

/// The prefix that a namespace has in the standards' own text.
fn prefix(namespace: &[u8]) -> &'static str {
    let Ok(name) = std::str::from_utf8(namespace) else { return "?" };
    match name {
        "http://www.w3.org/1999/xlink" => return "xlink",
        "http://www.w3.org/XML/1998/namespace" => return "xml",
        _ => {}
    }
    let Some(rest) = name.strip_prefix("urn:oasis:names:tc:opendocument:xmlns:") else { return "?" };
    match rest.strip_suffix(":1.0").unwrap_or(rest) {
        "office" => "office",
        "text" => "text",
        "style" => "style",
        "table" => "table",
        "drawing" => "draw",
        "xsl-fo-compatible" => "fo",
        "svg-compatible" => "svg",
        "manifest" => "manifest",
        "presentation" => "presentation",
        "datastyle" => "number",
        _ => "?",
    }
}

/// Reads a part.
///
/// # Errors
/// `damaged` of what is not well-formed, `too-large` beyond the bounds.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, Cause> {
    let mut reader = NsReader::from_reader(bytes);
    let mut open = vec![Element::default()];
    let mut left = ELEMENTS;
    loop {
        match reader.read_event().map_err(|_| Cause::Damaged)? {
            Event::Start(tag) => {
                left = left.checked_sub(1).ok_or(Cause::TooLarge)?;
                if open.len() > DEPTH {
                    return Err(Cause::TooLarge);
                }
                open.push(element(&reader, &tag)?);
            }
            Event::Empty(tag) => {
                left = left.checked_sub(1).ok_or(Cause::TooLarge)?;
                let new = element(&reader, &tag)?;
                push(&mut open, Node::Element(new))?;
            }
            Event::End(_) => {
                let done = open.pop().ok_or(Cause::Damaged)?;
                push(&mut open, Node::Element(done))?;
            }
            Event::Text(text) => text_node(&mut open, &text.decode().map_err(|_| Cause::Damaged)?)?,
            Event::CData(text) => text_node(&mut open, &text.decode().map_err(|_| Cause::Damaged)?)?,
            Event::GeneralRef(reference) => text_node(&mut open, &referred(&reference)?)?,
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_) => {}
        }
    }
    let root = open.pop().filter(|_| open.is_empty()).ok_or(Cause::Damaged)?;
    root.children
        .into_iter()
        .find_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
        .ok_or(Cause::Damaged)
}

fn push(open: &mut [Element], node: Node) -> Result<(), Cause> {
    open.last_mut().ok_or(Cause::Damaged)?.children.push(node);
    Ok(())
}

fn text_node(open: &mut [Element], text: &str) -> Result<(), Cause> {
    let into = open.last_mut().ok_or(Cause::Damaged)?;
    match into.children.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ => into.children.push(Node::Text(text.to_owned())),
    }
    Ok(())
}

/// A character by its number or by one of XML's five names; a document's own entities mean nothing here.
fn referred(reference: &BytesRef<'_>) -> Result<String, Cause> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Cause::Damaged)? {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|_| Cause::Damaged)?;
    Ok(resolve_predefined_entity(&name).unwrap_or_default().to_owned())
}

fn element(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Result<Element, Cause> {
    let mut attributes = HashMap::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| Cause::Damaged)?;
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let raw = String::from_utf8_lossy(&attribute.value);
        let value = quick_xml::escape::unescape(&raw).map(|value| value.into_owned()).unwrap_or_default();
        attributes.insert(full(&namespace, attribute.key, local.as_ref()), value);
    }
    let (namespace, local) = reader.resolver().resolve_element(tag.name());
    Ok(Element { name: full(&namespace, tag.name(), local.as_ref()), attributes, children: Vec::new() })
}

fn full(namespace: &ResolveResult<'_>, name: QName<'_>, local: &[u8]) -> String {
    let local = String::from_utf8_lossy(local);
    match namespace {
        ResolveResult::Bound(bound) => format!("{}:{local}", prefix(bound.as_ref())),
        _ => String::from_utf8_lossy(name.as_ref()).into_owned(),
    }
}

/// Text as it may stand in XML.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            character if character < ' ' || matches!(character, '\u{fffe}' | '\u{ffff}') => {}
            character => out.push(character),
        }
    }
    out
}
