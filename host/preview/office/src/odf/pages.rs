//! Sections: the paper, its margins, and what stands at the head and the foot of each page.

use std::fmt::Write as _;

use super::{
    measure::twips,
    styles::Styles,
    text::{Text, Within},
};
use crate::xml::Element;

/// An A4 page and two centimetres around, where a file says nothing.
const PAPER: (i64, i64) = (11_906, 16_838);
const MARGIN: i64 = 1_134;

/// The paper of a master page, in twips.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paper {
    width: i64,
    height: i64,
    top: i64,
    bottom: i64,
    left: i64,
    right: i64,
    header: i64,
    footer: i64,
    landscape: bool,
    columns: u32,
}

impl Paper {
    pub(super) fn of(styles: &Styles<'_>, master: Option<&Element>) -> Self {
        let layout = master.and_then(|master| master.attribute("style:page-layout-name"));
        let layout = layout.and_then(|name| styles.layouts.get(name).copied());
        let properties = layout.and_then(|layout| layout.child("style:page-layout-properties"));
        let get = |name: &str| properties.and_then(|properties| properties.attribute(name));
        let margin = |side: &str| {
            get(&format!("fo:margin-{side}")).or_else(|| get("fo:margin")).and_then(twips).unwrap_or(MARGIN).max(0)
        };
        let width = get("fo:page-width").and_then(twips).unwrap_or(PAPER.0).clamp(1_000, 40_000);
        let height = get("fo:page-height").and_then(twips).unwrap_or(PAPER.1).clamp(1_000, 40_000);
        // The text begins below the header, which itself begins at the margin.
        let taken = |kind: &str| {
            let shown = master.is_some_and(|master| master.child(&format!("style:{kind}")).is_some());
            let style = layout.and_then(|layout| layout.child(&format!("style:{kind}-style")));
            let style = style.and_then(|style| style.child("style:header-footer-properties")).filter(|_| shown);
            let length = |name: &str| style.and_then(|style| style.attribute(name)).and_then(twips).unwrap_or(0);
            // The least height has the distance to the text in it.
            length("svg:height").max(length("fo:min-height")).clamp(0, height / 3)
        };
        let columns = properties.and_then(|properties| properties.child("style:columns"));
        let columns = columns.and_then(|columns| columns.attribute("fo:column-count")).and_then(|n| n.parse().ok());
        Self {
            width,
            height,
            top: margin("top") + taken("header"),
            bottom: margin("bottom") + taken("footer"),
            left: margin("left"),
            right: margin("right"),
            header: margin("top"),
            footer: margin("bottom"),
            landscape: width > height,
            columns: columns.unwrap_or(1_u32).clamp(1, 10),
        }
    }

    /// How wide text may be.
    pub(super) fn measure(&self) -> i64 {
        (self.width - self.left - self.right).max(500)
    }
}

/// `w:sectPr` of what a master page governs, with its headers and footers written as parts.
pub(super) fn section(text: &mut Text<'_, '_>, master: Option<&str>) -> String {
    let first = master.and_then(|name| text.styles.masters.get(name).copied());
    let next = first.and_then(|first| first.attribute("style:next-style-name")).filter(|next| Some(*next) != master);
    let following = next.and_then(|name| text.styles.masters.get(name).copied());
    // A master page that another follows is good for one page.
    let usual = following.or(first);
    let paper = Paper::of(&text.styles, usual);
    let within = Within { width: paper.measure(), ..Within::default() };
    let mut out = String::from("<w:sectPr>");
    let mut differs = false;
    for kind in ["header", "footer"] {
        let mut put = |content: Option<&Element>, pages: &str| {
            let Some(content) = content else { return false };
            let id = text.aside(kind, content, within);
            let _ = write!(out, "<w:{kind}Reference w:type=\"{pages}\" r:id=\"{id}\"/>");
            true
        };
        let shown = |content: &&Element| content.attribute("style:display") != Some("false");
        put(usual.and_then(|usual| usual.child(&format!("style:{kind}"))).filter(shown), "default");
        if following.is_some() {
            differs = true;
            put(first.and_then(|first| first.child(&format!("style:{kind}"))).filter(shown), "first");
        } else if put(usual.and_then(|usual| usual.child(&format!("style:{kind}-first"))).filter(shown), "first") {
            differs = true;
        }
    }
    let Paper { width, height, top, bottom, left, right, header, footer, landscape, columns } = paper;
    let landscape = if landscape { " w:orient=\"landscape\"" } else { "" };
    let _ = write!(
        out,
        "<w:pgSz w:w=\"{width}\" w:h=\"{height}\"{landscape}/><w:pgMar w:top=\"{top}\" w:right=\"{right}\" \
         w:bottom=\"{bottom}\" w:left=\"{left}\" w:header=\"{header}\" w:footer=\"{footer}\" w:gutter=\"0\"/>"
    );
    if columns > 1 {
        let _ = write!(out, "<w:cols w:num=\"{columns}\" w:space=\"360\"/>");
    }
    if differs {
        out.push_str("<w:titlePg/>");
    }
    out.push_str("</w:sectPr>");
    out
}
