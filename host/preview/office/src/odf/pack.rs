//! The package that a document ends up as: its parts, and what refers to what.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::xml::escaped;

/// What every part of ours declares.
pub(super) const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
     xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
     xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
     xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\" \
     xmlns:wps=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\"";

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.";

/// What a part is made of while it is written.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) xml: String,
    relations: String,
    count: usize,
}

impl Part {
    pub(super) fn of(xml: String) -> Self {
        Self { xml, ..Self::default() }
    }

    /// Refers to another part; the answer is the reference's id.
    pub(super) fn relate(&mut self, kind: &str, target: &str) -> String {
        self.count += 1;
        let id = format!("rId{}", self.count);
        let _ = write!(
            self.relations,
            "<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{}\"/>",
            escaped(target)
        );
        id
    }
}

/// A package in the making.
pub(super) struct Pack {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    types: String,
}

impl Pack {
    pub(super) fn new() -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), types: String::new() }
    }

    pub(super) fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ZipError> {
        // It is read again at once: packing it tightly would only take time.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(path, stored)?;
        Ok(self.zip.write_all(bytes)?)
    }

    /// A part by its folder and name, with its type and its references.
    pub(super) fn part(&mut self, (folder, name): (&str, &str), kind: &str, part: &Part) -> Result<(), ZipError> {
        let _ = write!(self.types, "<Override PartName=\"/{folder}/{name}.xml\" ContentType=\"{TYPES}{kind}+xml\"/>");
        let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", part.xml);
        self.file(&format!("{folder}/{name}.xml"), xml.as_bytes())?;
        if part.count > 0 {
            self.relations(&format!("{folder}/_rels/{name}.xml.rels"), &part.relations)?;
        }
        Ok(())
    }

    fn relations(&mut self, path: &str, relations: &str) -> Result<(), ZipError> {
        let namespace = "http://schemas.openxmlformats.org/package/2006/relationships";
        self.file(path, format!("<Relationships xmlns=\"{namespace}\">{relations}</Relationships>").as_bytes())
    }

    /// `main` is the path of the part that all begins with.
    pub(super) fn finish(mut self, main: &str) -> Result<Vec<u8>, ZipError> {
        let document = format!("<Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"{main}\"/>");
        self.relations("_rels/.rels", &document)?;
        let mut types = String::from(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>",
        );
        for picture in ["png", "jpeg", "gif", "bmp"] {
            let _ = write!(types, "<Default Extension=\"{picture}\" ContentType=\"image/{picture}\"/>");
        }
        let _ = write!(types, "{}</Types>", self.types);
        self.file("[Content_Types].xml", types.as_bytes())?;
        Ok(self.zip.finish()?.into_inner())
    }
}
