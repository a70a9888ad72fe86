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

use client_connect_preview::{Document, Limits, NoPreview, Previews, Settings, Size};
use sha2::{Digest as _, Sha256};

/// Numbers that are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }
}

/// One of the things that happen to files.
fn damage(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let length = bytes.len();
    if length == 0 {
        return;
    }
    let at = chance.below(length);
    match chance.below(8) {
        0 => bytes[at] ^= 1 << chance.below(8),
        1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b' ', b'9', b'-'][chance.below(8)],
        2 => bytes.truncate(at),
        3 => {
            let end = (at + chance.below(64)).min(length);
            bytes.drain(at..end);
        }
        4 => {
            let end = (at + chance.below(512)).min(length);
            let copy = bytes[at..end].to_vec();
            let into = chance.below(length);
            bytes.splice(into..into, copy);
        }
        5 => {
            let from = chance.below(other.len());
            let end = (from + chance.below(2_048)).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
        // A number becomes a large one: where it says how much of something there is, that is where it hurts.
        6 => {
            if let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
                let digit = at + digit;
                let number = [&b"99999999"[..], b"-1", b"0", b"4294967295", b"65536", b"0.00001"][chance.below(6)];
                bytes.splice(digit..=digit, number.iter().copied());
            }
        }
        _ => {
            let end = (at + 4).min(length);
            let value = [0_u32, 1, 0x7fff_ffff, u32::MAX, 0xffff][chance.below(5)];
            bytes[at..end].copy_from_slice(&value.to_be_bytes()[..end - at]);
        }
    }
}

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
        let own = seed.wrapping_add(tried).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut chance = Chance(own);
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
