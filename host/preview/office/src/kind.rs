//! What kind of office document the bytes are: by the bytes alone, as names say what people like.

use crate::{exports::client_connect::preview::converter::Cause, package::Package};

/// The kinds that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
}

/// What an OLE container starts with: the offices' former formats, and today's under a password.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// What a zip with something in it starts with.
const ZIP: &[u8] = b"PK\x03\x04";

/// Tells the kind of a package.
///
/// # Errors
/// `no-renderer` of what is none of these, `encrypted`, `damaged`, `too-large`.
pub(crate) fn of<'bytes>(bytes: &'bytes [u8]) -> Result<(Kind, Package<'bytes>), Cause> {
    if bytes.starts_with(OLE) {
        return Err(if holds_encrypted_package(bytes) { Cause::Encrypted } else { Cause::NoRenderer });
    }
    if !bytes.starts_with(ZIP) {
        return Err(Cause::NoRenderer);
    }
    let mut package = Package::open(bytes)?;
    let kind = if let Some(media_type) = package.part("mimetype")? {
        open_document(&media_type, &mut package)?
    } else if let Some(types) = package.part("[Content_Types].xml")? {
        office_open(&types)?
    } else {
        return Err(Cause::NoRenderer);
    };
    Ok((kind, package))
}

/// The names in an OLE container are UTF-16.
fn holds_encrypted_package(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|window| window == name)
}

fn open_document(media_type: &[u8], package: &mut Package<'_>) -> Result<Kind, Cause> {
    let media_type = media_type.trim_ascii();
    let media_type = media_type.strip_suffix(b"-template").unwrap_or(media_type);
    let kind = match media_type {
        b"application/vnd.oasis.opendocument.text" => Kind::Odt,
        b"application/vnd.oasis.opendocument.spreadsheet" => Kind::Ods,
        _ => return Err(Cause::NoRenderer),
    };
    let manifest = package.part("META-INF/manifest.xml")?.unwrap_or_default();
    let encrypted = b"encryption-data";
    if manifest.windows(encrypted.len()).any(|window| window == encrypted) {
        return Err(Cause::Encrypted);
    }
    Ok(kind)
}

/// By the type of the main part, of documents and templates, with macros or without.
fn office_open(types: &[u8]) -> Result<Kind, Cause> {
    let types = String::from_utf8_lossy(types);
    let main = |kinds: &[&str]| kinds.iter().any(|kind| types.contains(&format!("{kind}.main+xml")));
    if main(&[
        "wordprocessingml.document",
        "wordprocessingml.template",
        "ms-word.document.macroEnabled",
        "ms-word.template.macroEnabledTemplate",
    ]) {
        Ok(Kind::Docx)
    } else if main(&[
        "spreadsheetml.sheet",
        "spreadsheetml.template",
        "ms-excel.sheet.macroEnabled",
        "ms-excel.template.macroEnabled",
    ]) {
        Ok(Kind::Xlsx)
    } else if main(&[
        "presentationml.presentation",
        "presentationml.slideshow",
        "presentationml.template",
        "ms-powerpoint.presentation.macroEnabled",
        "ms-powerpoint.slideshow.macroEnabled",
        "ms-powerpoint.template.macroEnabled",
    ]) {
        Ok(Kind::Pptx)
    } else {
        Err(Cause::NoRenderer)
    }
}
