//! How long the renderer takes without its sandbox: for each document the shortest of some rounds, in microseconds, of
//! opening it and drawing its first pages.
//!
//!     cargo run --release --package client-connect-renderer --example draw -- WIDTH PAGES ROUNDS FILE...
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for whoever works on this")]

use std::{env, fs, path::Path, time::Instant};

use client_connect_renderer::native::Document;

fn main() {
    let mut words = env::args().skip(1);
    let mut number = || words.next().and_then(|word| word.parse::<u32>().ok()).expect("WIDTH PAGES ROUNDS FILE...");
    let (width, pages, rounds) = (number(), number(), number());
    for file in words {
        let bytes = fs::read(&file).expect("a file");
        let name = Path::new(&file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let times = (0..rounds).map(|_| {
            let bytes = bytes.clone();
            let began = Instant::now();
            let mut document = Document::open(bytes, &name, "").expect("a document that can be read");
            for page in 0..document.pages().min(pages) {
                std::hint::black_box(document.draw(page, width).expect("a page"));
            }
            began.elapsed()
        });
        println!("{}", times.min().expect("a round").as_micros());
    }
}
