//! Office documents through the component that makes PDFs of them, as a host runs it.
//!
//! The component is built by a command of its own. Where that was not done, these tests say so and pass, or fail if
//! `CLIENT_CONNECT_OFFICE=all`.
#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use client_connect_preview::{Converter as _, Document, NoPreview, OfficeComponent};

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The component, compiled once for all tests of this file.
fn office() -> Option<&'static OfficeComponent> {
    static OFFICE: OnceLock<Option<OfficeComponent>> = OnceLock::new();
    OFFICE.get_or_init(common::office).as_ref()
}

fn demo(name: &str) -> Vec<u8> {
    fs::read(root().join("fixtures/demo/files").join(name)).expect("a document of the demo")
}

fn convert(office: &OfficeComponent, bytes: &[u8]) -> Result<Vec<u8>, NoPreview> {
    // What people call it, and what somebody believes of it, are not what is gone by.
    let document = Document {
        sha256: String::new(),
        name: "untitled".to_owned(),
        media_type: DOCX.to_owned(),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
    };
    office.convert(&document, bytes)
}

/// How many pages a PDF has.
fn pages(pdf: &[u8]) -> usize {
    assert!(pdf.starts_with(b"%PDF-"), "it is a PDF");
    let text = String::from_utf8_lossy(pdf);
    text.match_indices("/Type /Page")
        .chain(text.match_indices("/Type/Page"))
        .filter(|(at, found)| !text[at + found.len()..].starts_with('s'))
        .count()
}

#[test]
fn each_kind_becomes_pages() {
    let Some(office) = office() else { return };
    for (name, expected) in [
        ("flood-10-letter-of-claim-to-brightwater-homes.docx", 1),
        ("merger-23-share-purchase-agreement-draft-1.docx", 3),
        ("flood-40-mediation-our-position.pptx", 5),
        ("payroll-02-payroll-april.xlsx", 2),
        ("harbour-25-checklist-for-completion-day.odt", 1),
        ("merger-32-deed-of-assignment-patent.odt", 2),
    ] {
        let pdf = convert(office, &demo(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(pages(&pdf), expected, "{name}");
    }
}

#[test]
fn the_same_bytes_make_the_same_pdf() {
    let Some(office) = office() else { return };
    let letter = demo("flood-10-letter-of-claim-to-brightwater-homes.docx");
    assert!(convert(office, &letter) == convert(office, &letter), "a preview that was made again is the same");
}

#[test]
fn what_cannot_be_shown_says_why() {
    let Some(office) = office() else { return };
    let letter = demo("flood-10-letter-of-claim-to-brightwater-homes.docx");
    let ole = |name: &str| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(2_048, 0);
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    for (what, bytes, why) in [
        ("nothing", Vec::new(), NoPreview::NoRenderer),
        ("a text", b"Dear Sirs".to_vec(), NoPreview::NoRenderer),
        ("an archive of photographs", demo("flood-39-disclosure-list-a-photographs.zip"), NoPreview::NoRenderer),
        ("a letter of the last century", ole("WordDocument"), NoPreview::NoRenderer),
        ("a letter under a password", ole("EncryptedPackage"), NoPreview::Encrypted),
        ("half a letter", letter[..letter.len() / 2].to_vec(), NoPreview::Damaged),
    ] {
        assert_eq!(convert(office, &bytes).err(), Some(why), "{what}");
    }
}
