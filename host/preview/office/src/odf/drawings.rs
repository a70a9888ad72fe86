//! Pictures and boxes of text, in the line or beside it. Of pictures those in the package alone.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    measure::{colour, emu, points},
    styles::Properties,
    text::{Text, Within},
};
use crate::xml::Element;

/// Frames within frames.
const DEPTH: usize = 4;

/// What has been drawn so far.
#[derive(Debug, Default)]
pub(super) struct Drawings {
    count: usize,
    depth: usize,
    /// A picture's place in the file, and its name in ours; none if it is nothing that can be shown.
    pictures: HashMap<String, Option<String>>,
}

/// Writes a frame, a group or a shape, within a paragraph.
pub(super) fn drawing(text: &mut Text<'_, '_>, drawn: &Element, within: Within) {
    if text.drawings.depth >= DEPTH {
        return;
    }
    text.drawings.depth += 1;
    match drawn.name.as_str() {
        "draw:g" => drawn.elements().for_each(|inner| drawing(text, inner, within)),
        "draw:frame" => frame(text, drawn, within),
        "draw:custom-shape" if drawn.child("text:p").is_some() => boxed(text, drawn, drawn, within),
        _ => {}
    }
    text.drawings.depth -= 1;
}

fn frame(text: &mut Text<'_, '_>, frame: &Element, within: Within) {
    if let Some(content) = frame.child("draw:text-box") {
        return boxed(text, frame, content, within);
    }
    // The first picture that can be shown: others stand in for it.
    let shown = frame.named("draw:image").find_map(|image| picture(text, image.attribute("xlink:href")?));
    let Some(name) = shown else { return };
    let id = text.part.relate("image", &format!("media/{name}"));
    let (width, height) = size(frame, within);
    let number = text.drawings.count;
    let graphic = format!(
        "<a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr>\
         <pic:cNvPr id=\"{number}\" name=\"\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed=\"{id}\"/>\
         <a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/>\
         <a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr>\
         </pic:pic></a:graphicData>"
    );
    place(text, frame, &graphic, (width, height));
}

/// A box of text.
fn boxed(text: &mut Text<'_, '_>, frame: &Element, content: &Element, within: Within) {
    let (width, mut height) = size(frame, within);
    if height <= 12_700 {
        height = content.attribute("fo:min-height").and_then(emu).unwrap_or(400_000);
    }
    let style = graphic_style(text, frame);
    let outside = std::mem::take(&mut text.part.xml);
    text.cell(Some(content), Within { width: width / 635, listed: None });
    let written = std::mem::replace(&mut text.part.xml, outside);
    let fill = match style.get("draw:fill").map(String::as_str) {
        Some("solid") => style.get("draw:fill-color"),
        None => style.get("fo:background-color"),
        _ => None,
    };
    let fill = fill.and_then(|fill| colour(fill));
    let fill =
        fill.map_or("<a:noFill/>".to_owned(), |fill| format!("<a:solidFill><a:srgbClr val=\"{fill}\"/></a:solidFill>"));
    let bordered = style.get("fo:border").is_some_and(|border| border != "none");
    let stroked = style.get("draw:stroke").is_some_and(|stroke| stroke == "solid");
    let line = if bordered || stroked {
        "<a:ln w=\"9525\"><a:solidFill><a:srgbClr val=\"000000\"/></a:solidFill></a:ln>"
    } else {
        "<a:ln><a:noFill/></a:ln>"
    };
    let padding = style.get("fo:padding").and_then(|padding| emu(padding)).unwrap_or(0);
    let graphic = format!(
        "<a:graphicData uri=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\"><wps:wsp>\
         <wps:cNvSpPr txBox=\"1\"/><wps:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm>\
         <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>{fill}{line}</wps:spPr><wps:txbx><w:txbxContent>{written}\
         </w:txbxContent></wps:txbx><wps:bodyPr lIns=\"{padding}\" tIns=\"{padding}\" rIns=\"{padding}\" bIns=\"{padding}\"/>\
         </wps:wsp></a:graphicData>"
    );
    place(text, frame, &graphic, (width, height));
}

fn graphic_style(text: &Text<'_, '_>, frame: &Element) -> Properties {
    text.styles.of("graphic", frame.attribute("draw:style-name"), "graphic")
}

/// In English metric units, not wider than there is room.
fn size(frame: &Element, within: Within) -> (i64, i64) {
    let length = |name: &str| frame.attribute(name).and_then(emu).filter(|length| *length > 0);
    let width = length("svg:width").unwrap_or(914_400);
    let height = length("svg:height").unwrap_or(12_700);
    let room = (within.width * 635).max(127_000) * 2;
    if width > room { (room, height * room / width) } else { (width, height) }
}

/// A picture of the package as a part of ours: by its bytes, as its name may say what it likes.
fn picture(text: &mut Text<'_, '_>, href: &str) -> Option<String> {
    let path = href.trim_start_matches("./");
    if let Some(known) = text.drawings.pictures.get(path) {
        return known.clone();
    }
    let bytes = text.package.part(path).ok().flatten();
    let kind = bytes.as_deref().and_then(|bytes| match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("gif"),
        [b'B', b'M', ..] => Some("bmp"),
        _ => None,
    });
    let name = kind.map(|kind| format!("picture{}.{kind}", text.drawings.pictures.len() + 1));
    let stored = name.filter(|name| text.pack.file(&format!("word/media/{name}"), &bytes.unwrap_or_default()).is_ok());
    text.drawings.pictures.insert(path.to_owned(), stored.clone());
    stored
}

/// Puts a drawing into the line, or beside it.
fn place(text: &mut Text<'_, '_>, frame: &Element, graphic: &str, (width, height): (i64, i64)) {
    text.drawings.count += 1;
    let number = text.drawings.count;
    let style = graphic_style(text, frame);
    let anchor = frame.attribute("text:anchor-type").unwrap_or("paragraph");
    let graphic = format!(
        "<wp:docPr id=\"{number}\" name=\"Drawing {number}\"/><wp:cNvGraphicFramePr/><a:graphic>{graphic}</a:graphic>"
    );
    let out = &mut text.part.xml;
    out.push_str("<w:r><w:drawing>");
    if anchor == "as-char" {
        let _ = write!(
            out,
            "<wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{width}\" cy=\"{height}\"/>{graphic}</wp:inline>"
        );
    } else {
        let get = |name: &str| style.get(name).map(String::as_str);
        let on_page = anchor == "page" || get("style:horizontal-rel") == Some("page");
        let horizontal = position(
            "H",
            if on_page { "page" } else { "column" },
            get("style:horizontal-pos"),
            frame.attribute("svg:x"),
        );
        let on_page = anchor == "page" || get("style:vertical-rel") == Some("page");
        let vertical = position(
            "V",
            if on_page { "page" } else { "paragraph" },
            get("style:vertical-pos"),
            frame.attribute("svg:y"),
        );
        let wrap = match get("style:wrap") {
            None | Some("none") => "<wp:wrapTopAndBottom/>",
            Some("run-through") => "<wp:wrapNone/>",
            Some(_) => "<wp:wrapSquare wrapText=\"bothSides\"/>",
        };
        let behind = u8::from(get("style:run-through") == Some("background"));
        let apart = get("fo:margin-left").and_then(points).map_or(0, |points| (points * 12_700.0) as i64);
        let _ = write!(
            out,
            "<wp:anchor distT=\"0\" distB=\"0\" distL=\"{apart}\" distR=\"{apart}\" simplePos=\"0\" relativeHeight=\"{number}\" \
             behindDoc=\"{behind}\" locked=\"0\" layoutInCell=\"1\" allowOverlap=\"1\"><wp:simplePos x=\"0\" y=\"0\"/>{horizontal}\
             {vertical}<wp:extent cx=\"{width}\" cy=\"{height}\"/><wp:effectExtent l=\"0\" t=\"0\" r=\"0\" b=\"0\"/>{wrap}{graphic}</wp:anchor>"
        );
    }
    out.push_str("</w:drawing></w:r>");
}

fn position(axis: &str, from: &str, aligned: Option<&str>, offset: Option<&str>) -> String {
    let place = match aligned {
        Some("center" | "middle") => "<wp:align>center</wp:align>".to_owned(),
        Some(side @ ("left" | "right" | "top" | "bottom")) if side != "top" => format!("<wp:align>{side}</wp:align>"),
        _ => format!("<wp:posOffset>{}</wp:posOffset>", offset.and_then(emu).unwrap_or(0)),
    };
    format!("<wp:position{axis} relativeFrom=\"{from}\">{place}</wp:position{axis}>")
}
