//! A page of text becomes pixels.

use std::collections::HashMap;

use hayro::{
    kurbo::{Affine, BezPath, Rect},
    vello_cpu::{
        RenderContext,
        color::{AlphaColor, Srgb},
    },
};
use skrifa::{DrawMemory, GlyphId, ScalerFont, font::glyph::outline::PathSink};

use super::{Page, Text, shape::Ink};
use crate::{
    Cause,
    fonts::Face,
    pdf,
    picture::{self, Picture},
};

fn colour(ink: Ink) -> AlphaColor<Srgb> {
    match ink {
        Ink::Black => AlphaColor::from_rgb8(0x16, 0x18, 0x1c),
        Ink::Grey => AlphaColor::from_rgb8(0x5f, 0x66, 0x70),
        Ink::Link => AlphaColor::from_rgb8(0x1d, 0x4f, 0xa0),
        Ink::Pale => AlphaColor::from_rgb8(0xc4, 0xca, 0xd2),
        Ink::Ground => AlphaColor::from_rgb8(0xf2, 0xf4, 0xf7),
    }
}

/// An outline, its y axis turned downwards.
#[derive(Default)]
struct Outline(BezPath);

impl PathSink for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to((f64::from(x), -f64::from(y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to((f64::from(x), -f64::from(y)));
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.0.quad_to((f64::from(cx0), -f64::from(cy0)), (f64::from(x), -f64::from(y)));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let [first, second, end] = [(cx0, cy0), (cx1, cy1), (x, y)].map(|(x, y)| (f64::from(x), -f64::from(y)));
        self.0.curve_to(first, second, end);
    }

    fn close(&mut self) {
        self.0.close_path();
    }
}

/// The picture of a page.
pub(crate) fn draw(text: &Text, page: usize, width: u32) -> Result<Picture, Cause> {
    let page: &Page = text.pages.get(page).ok_or(Cause::Damaged)?;
    let (width, height) = picture::fit((page.width, page.height), width);
    let (Ok(columns), Ok(rows)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(Cause::TooLarge);
    };
    let mut context = RenderContext::new(columns, rows);
    let scale = Affine::scale(f64::from(width) / f64::from(page.width));
    context.set_transform(scale);
    for block in &page.blocks {
        let [x, y, width, height] = [block.x, block.y, block.width, block.height].map(f64::from);
        context.set_paint(colour(block.ink));
        context.fill_rect(&Rect::new(x, y, x + width, y + height));
    }
    let mut scalers: HashMap<Face, ScalerFont> = HashMap::new();
    let mut outlines: HashMap<(Face, u32), Option<BezPath>> = HashMap::new();
    let mut ink = None;
    for glyph in &page.glyphs {
        let font = text.fonts.font(glyph.face);
        let outline = outlines.entry((glyph.face, glyph.id)).or_insert_with(|| {
            let scaler = scalers.entry(glyph.face).or_insert_with(|| ScalerFont::force_unhinted(font.clone(), None));
            let mut outline = Outline::default();
            scaler.outline(GlyphId::new(glyph.id))?.draw(DrawMemory::Scratch, &mut outline).ok()?;
            Some(outline.0)
        });
        let Some(outline) = outline.as_ref().filter(|outline| !outline.elements().is_empty()) else {
            continue;
        };
        if ink.replace(glyph.ink) != Some(glyph.ink) {
            context.set_paint(colour(glyph.ink));
        }
        let size = f64::from(glyph.size) / f64::from(font.units_per_em().max(1));
        let place = Affine::translate((f64::from(glyph.x), f64::from(glyph.y)));
        context.set_transform(scale * place * Affine::scale(size));
        context.fill_path(outline);
    }
    Ok(pdf::finish(&mut context, width, height))
}
