//! OpenDocument texts and sheets, written anew as WordprocessingML and SpreadsheetML, so that one engine lays out both.
//!
//! Guarantees that nothing outside of the package is asked for. What has no counterpart is left out: the text stays whole,
//! and what was deleted under tracked changes stays out.

mod drawings;
mod inline;
mod lists;
mod look;
mod measure;
mod pack;
mod pages;
mod sheet_looks;
mod sheets;
mod styles;
mod tables;
mod text;

use crate::{
    exports::client_connect::preview::converter::Cause,
    package::Package,
    xml::{self, Element},
};

/// Makes a DOCX of a text.
///
/// # Errors
/// `damaged`, `too-large`.
pub(crate) fn to_docx(mut package: Package<'_>) -> Result<Vec<u8>, Cause> {
    let (content, declared) = parts(&mut package)?;
    let body = content.child("office:body").and_then(|body| body.child("office:text")).ok_or(Cause::Damaged)?;
    let mut text = text::Text::new(styles(&content, &declared), package);
    text.body(body);
    text.finish().map_err(|_| Cause::Damaged)
}

/// Makes an XLSX of a workbook.
///
/// # Errors
/// `damaged`, `too-large`.
pub(crate) fn to_xlsx(mut package: Package<'_>) -> Result<Vec<u8>, Cause> {
    let (content, declared) = parts(&mut package)?;
    let body = content.child("office:body").and_then(|body| body.child("office:spreadsheet")).ok_or(Cause::Damaged)?;
    sheets::workbook(&styles(&content, &declared), body)
}

/// What it says, and how it looks.
fn parts(package: &mut Package<'_>) -> Result<(Element, Element), Cause> {
    let content = package.part("content.xml")?.ok_or(Cause::Damaged)?;
    let content = xml::parse(&content)?;
    let declared = match package.part("styles.xml")? {
        Some(part) => xml::parse(&part)?,
        None => Element::default(),
    };
    Ok((content, declared))
}

fn styles<'xml>(content: &'xml Element, declared: &'xml Element) -> styles::Styles<'xml> {
    let mut styles = styles::Styles::default();
    styles.read(declared);
    styles.read(content);
    styles
}
