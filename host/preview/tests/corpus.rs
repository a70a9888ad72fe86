//! Documents of many programs look as another renderer shows them.
//!
//! The scores are kept in `fixtures/preview/scores.md`. A document that falls below its score fails the test; one that
//! rises above it is for `CLIENT_CONNECT_SCORES=write`, which writes the table anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client_connect_preview::{Command, NoPreview};
use common::{Grey, Studio, corpus, likeness};

/// What the component for office documents reads.
const OFFICE: [&str; 5] = ["docx", "ods", "odt", "pptx", "xlsx"];
/// What only another program reads.
const OTHERS: [&str; 3] = ["doc", "odp", "rtf"];
/// How much of a score another machine may take away.
const TOLERANCE: f64 = 0.02;

/// How long one document may take: the machine may be busy, and the code not optimised.
const DEADLINE: Duration = Duration::from_secs(60);

#[test]
fn documents_of_many_programs_look_as_they_should() {
    let studio = Studio::new(DEADLINE);
    assert!(names(|_| true).len() >= 60);
    for name in names(|ending| OFFICE.contains(&ending) || OTHERS.contains(&ending)) {
        let bytes = fs::read(corpus().join("files").join(&name)).unwrap();
        assert_eq!(studio.page(&name, &bytes, 0).err(), Some(NoPreview::NoRenderer), "{name}");
    }
    compare(&studio, names(|ending| !OFFICE.contains(&ending) && !OTHERS.contains(&ending)));
}

#[test]
fn office_documents_of_many_programs_look_as_they_should() {
    let Some(office) = common::office() else { return };
    compare(&Studio::with(DEADLINE, vec![Arc::new(office)]), names(|ending| OFFICE.contains(&ending)));
}

/// LibreOffice, as a firm would add it, draws what nothing else here does.
#[cfg(target_os = "linux")]
#[test]
fn what_a_converter_makes_looks_as_it_should() {
    const PACKAGE: &str = "apt-get install libreoffice-writer-nogui libreoffice-impress-nogui";
    let there = std::process::Command::new("soffice").arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !there {
        return common::missing("CLIENT_CONNECT_TESTS", "LibreOffice", PACKAGE);
    }
    let converter = Command::new("soffice --headless --convert-to pdf --outdir {out} {in}").unwrap();
    compare(&Studio::with(DEADLINE, vec![Arc::new(converter)]), names(|ending| OTHERS.contains(&ending)));
}

fn names(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(corpus().join("files")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| wanted(name.rsplit('.').next().unwrap_or_default()));
    names.sort();
    names
}

fn compare(studio: &Studio, names: Vec<String>) {
    let kept = kept();
    let (mut scores, mut faults) = (BTreeMap::new(), Vec::new());
    for name in names {
        let bytes = fs::read(corpus().join("files").join(&name)).unwrap();
        let drawn = match studio.page(&name, &bytes, 0) {
            Ok(drawn) => drawn,
            Err(error) => {
                faults.push(format!("{name}: {error}"));
                continue;
            }
        };
        let reference = Grey::of_webp(&fs::read(corpus().join("reference").join(format!("{name}.webp"))).unwrap());
        let score = score(&drawn, &reference);
        match kept.get(&name) {
            Some(kept) if score < kept - TOLERANCE => faults.push(format!("{name}: {score:.3}, and was {kept:.3}")),
            None => faults.push(format!("{name}: {score:.3}, and is not in the table")),
            Some(_) => {}
        }
        scores.insert(name, score);
    }
    if std::env::var("CLIENT_CONNECT_SCORES").is_ok_and(|value| value == "write") {
        write(scores);
        return;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The likeness to the reference; none at all if it has another shape.
fn score(drawn: &Grey, reference: &Grey) -> f64 {
    let shape = |picture: &Grey| picture.width as f64 / picture.height as f64;
    if (shape(drawn) / shape(reference) - 1.0).abs() > 0.02 {
        return 0.0;
    }
    likeness(&drawn.scaled(reference.width, reference.height), reference)
}

fn kept() -> BTreeMap<String, f64> {
    let table = fs::read_to_string(corpus().join("scores.md")).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        Some((cells.next()?.trim_matches('`').to_owned(), cells.next()?.parse().ok()?))
    };
    table.lines().filter_map(row).collect()
}

/// Writes these scores, and leaves those of the other tests.
fn write(new: BTreeMap<String, f64>) {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut scores = kept();
    scores.extend(new);
    let mut table = "# Scores\n\n\
        How alike a document's first page is to the reference, 1 being the same: structural similarity in grey, at the\n\
        width of the reference. Those of DOCX, ODS, ODT, PPTX and XLSX are by the component for office documents, those of DOC,\n\
        ODP and RTF by LibreOffice as a converter. `CLIENT_CONNECT_SCORES=write cargo test --test corpus` writes this table; the\n\
        test fails if a score falls more than 0.02 below it.\n\n\
        | document | score |\n|---|---|\n"
        .to_owned();
    for (name, score) in &scores {
        let _ = writeln!(table, "| `{name}` | {score:.3} |");
    }
    fs::write(corpus().join("scores.md"), table).unwrap();
}

#[test]
fn likeness_is_one_of_the_same_and_less_of_another() {
    let chequered = |shift: usize| Grey {
        width: 64,
        height: 48,
        pixels: (0..64 * 48)
            .map(|at| if ((at % 64 + at / 64 + shift) / 4).is_multiple_of(2) { 255.0 } else { 0.0 })
            .collect(),
    };
    assert!((likeness(&chequered(0), &chequered(0)) - 1.0).abs() < 1e-9);
    assert!(likeness(&chequered(0), &chequered(4)) < 0.1);
}
