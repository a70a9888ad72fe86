//! Damages the documents of the corpus at random, and draws them: whatever comes in, a picture comes out, or a cause.
//!
//!     cargo run --example fuzz -- --seconds 60 --seed 1
//!
//! Each failure is told with the seed that repeats it. One seed makes the same documents each time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a tool for whoever works on this")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use client_connect_fixtures::damage::{Chance, damage};
use client_connect_preview::{Document, Limits, NoPreview, Previews, Settings, Size};
use sha2::{Digest as _, Sha256};

fn main() {
    let argument = |name: &str| {
        let mut all = std::env::args().skip_while(|given| given != name);
        all.nth(1).and_then(|value| value.parse::<u64>().ok())
    };
    let (seconds, seed) = (argument("--seconds").unwrap_or(60), argument("--seed").unwrap_or(1).max(1));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/preview/files");
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    let folder = tempfile::tempdir().unwrap();
    let previews = Previews::new(Settings {
        renderer: client_connect_embed::RENDERER.into(),
        converters: Vec::new(),
        folder: folder.path().to_owned(),
        compiled: None,
        limits: Limits { deadline: Duration::from_secs(3), ..Limits::reference() },
    })
    .unwrap();
    previews.warm().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (began, mut tried, mut ends) = (Instant::now(), 0_u64, BTreeMap::<String, u64>::new());
    let mut failures = 0;
    while tried == 0 || began.elapsed() < Duration::from_secs(seconds) {
        let mut chance = Chance::new(seed, tried);
        let (name, mut bytes) = files[chance.below(files.len())].clone();
        let other = &files[chance.below(files.len())].1;
        for _ in 0..=chance.below(12) {
            damage(&mut bytes, other, &mut chance);
        }
        let document = Document {
            sha256: hex::encode(Sha256::digest(&bytes)),
            name: name.clone(),
            media_type: String::new(),
            size: bytes.len() as u64,
        };
        // What is drawn is checked where it comes out of the sandbox; the pages after the first need no less.
        for page in 0..2 {
            let again = bytes.clone();
            let drawn = runtime.block_on(previews.page(&document, page, Size::Normal, None, move || Ok(again)));
            let end = match drawn {
                Ok(file) => if file.starts_with(b"RIFF") { "drawn" } else { "no picture" }.to_owned(),
                Err(NoPreview::Broken(why)) => format!("broken: {why}"),
                Err(NoPreview::Busy) => "busy".to_owned(),
                Err(NoPreview::NoSuchPage) => break,
                Err(other) => other.lasting().unwrap_or("another").to_owned(),
            };
            if end.starts_with("broken") || end == "no picture" || end == "another" {
                failures += 1;
                println!("{name}, page {page}: {end}; repeat it with --seed {} --seconds 0", seed + tried);
            }
            *ends.entry(end).or_default() += 1;
        }
        tried += 1;
    }
    println!("{tried} documents in {:.0?}, from seed {seed}: {ends:?}", began.elapsed());
    assert_eq!(failures, 0, "each document comes to a picture or a cause");
}
