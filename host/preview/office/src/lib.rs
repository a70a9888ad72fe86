//! Makes PDFs of office documents: DOCX, XLSX, PPTX, ODT and ODS.

#![allow(unsafe_code, missing_docs, reason = "generated bindings")]

mod fonts;
mod kind;
mod odf;
mod package;
mod xml;

use exports::client_connect::preview::converter::{Cause, Guest, Hint};
use kind::Kind;
use office2pdf::{
    config::{ConvertOptions, Format, XlsxUiScript},
    error::ConvertError,
};

wit_bindgen::generate!({ path: "../wit", world: "office" });

/// Cells of a workbook: as many as can be laid out in the memory and the time that a host lends.
const CELLS: usize = 20_000;

struct Office;

export!(Office);

impl Guest for Office {
    fn convert(bytes: Vec<u8>, _: Hint) -> Result<Vec<u8>, Cause> {
        let (kind, mut package) = kind::of(&bytes)?;
        match kind {
            Kind::Odt => pdf(&odf::to_docx(package)?, Format::Docx),
            Kind::Ods => pdf(&odf::to_xlsx(package)?, Format::Xlsx),
            Kind::Docx | Kind::Xlsx | Kind::Pptx => {
                package.measure(CELLS)?;
                let format = match kind {
                    Kind::Xlsx => Format::Xlsx,
                    Kind::Pptx => Format::Pptx,
                    _ => Format::Docx,
                };
                pdf(&bytes, format)
            }
        }
    }
}

fn pdf(bytes: &[u8], format: Format) -> Result<Vec<u8>, Cause> {
    let options = ConvertOptions {
        font_bytes: fonts::all(),
        last_resort_font_family: Some(fonts::LAST.to_owned()),
        xlsx_ui_script: XlsxUiScript::Latin,
        ..ConvertOptions::default()
    };
    office2pdf::convert_bytes(bytes, format, &options).map(|made| made.pdf).map_err(|error| match error {
        ConvertError::UnsupportedEncryption => Cause::Encrypted,
        // It could be read, and not laid out: tables in tables in tables.
        ConvertError::Render(_) => Cause::TooLarge,
        _ => Cause::Damaged,
    })
}
