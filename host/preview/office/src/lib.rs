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

struct Office;

export!(Office);

impl Guest for Office {
    fn convert(bytes: Vec<u8>, _: Hint) -> Result<Vec<u8>, Cause> {
        let (kind, mut package) = kind::of(&bytes)?;
        match kind {
            Kind::Odt => pdf(&odf::to_docx(package)?, Format::Docx),
            Kind::Ods => pdf(&odf::to_xlsx(package)?, Format::Xlsx),
            Kind::Docx | Kind::Xlsx | Kind::Pptx => {
                package.measure()?;
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
    let options =
        ConvertOptions { font_bytes: fonts::all(), xlsx_ui_script: XlsxUiScript::Latin, ..ConvertOptions::default() };
    office2pdf::convert_bytes(bytes, format, &options).map(|made| made.pdf).map_err(|error| match error {
        ConvertError::UnsupportedEncryption => Cause::Encrypted,
        _ => Cause::Damaged,
    })
}
