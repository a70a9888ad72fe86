//! Documents of many programs look as another renderer shows them.
//!
//! The scores are kept in `fixtures/preview/scores.md`. A document that falls below its score fails the test; one that
//! rises above it is for `CLIENT_CONNECT_SCORES=write`, which writes the table anew.

mod common;

use std::{collections::BTreeMap, fmt::Write as _, fs, time::Duration};

use client_connect_preview::NoPreview;
use common::{Grey, Studio, corpus, likeness};

/// What becomes a PDF before it is drawn.
const OFFICE: [&str; 8] = ["doc", "docx", "odp", "ods", "odt", "pptx", "rtf", "xlsx"];
/// How much of a score another machine may take away.
const TOLERANCE: f64 = 0.02;

#[test]
fn documents_of_many_programs_look_as_they_should() {
    let studio = Studio::new(Duration::from_secs(60));
    let kept = kept();
    let (mut scores, mut faults) = (BTreeMap::new(), Vec::new());
    let mut names: Vec<String> = fs::read_dir(corpus().join("files"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 60, "{} documents", names.len());
    for name in names {
        let bytes = fs::read(corpus().join("files").join(&name)).unwrap();
        let ending = name.rsplit('.').next().unwrap_or_default();
        let drawn = studio.page(&name, &bytes, 0);
        if OFFICE.contains(&ending) {
            assert_eq!(drawn.err(), Some(NoPreview::NoRenderer), "{name}");
            continue;
        }
        let drawn = match drawn {
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
        write(&scores);
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

fn write(scores: &BTreeMap<String, f64>) {
    let mut table = "# Scores\n\n\
        How alike a document's first page is to the reference, 1 being the same: structural similarity in grey, at the\n\
        width of the reference. `CLIENT_CONNECT_SCORES=write cargo test -p client-connect-preview --test corpus` writes\n\
        this table; the test fails if a score falls more than 0.02 below it.\n\n\
        | document | score |\n|---|---|\n"
        .to_owned();
    for (name, score) in scores {
        let _ = writeln!(table, "| `{name}` | {score:.3} |");
    }
    fs::write(corpus().join("scores.md"), table).unwrap();
}

#[test]
fn likeness_is_one_of_the_same_and_less_of_another() {
    let chequered = |shift: usize| Grey {
        width: 64,
        height: 48,
        pixels: (0..64 * 48).map(|at| if (at % 64 + at / 64 + shift) / 4 % 2 == 0 { 255.0 } else { 0.0 }).collect(),
    };
    assert!((likeness(&chequered(0), &chequered(0)) - 1.0).abs() < 1e-9);
    assert!(likeness(&chequered(0), &chequered(4)) < 0.1);
}
