//! What a picture of a page costs: in its sandbox, beside the same code without one, beside poppler, and kept.
//!
//! The corpus is the one whose pictures are compared with those of other renderers. Each document is opened anew in
//! each round, and its first pages are drawn.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use client_connect_preview::{Document, Limits, Opened, Previews, Settings, Size, Stamp};
use client_connect_runtime::sandbox::{Sandbox, Sandboxed};
use sha2::{Digest as _, Sha256};

use crate::{
    table::{Aim, Table, time, times},
    world::{Setup, said},
    wrk,
};

/// Of each document so many pages are drawn at most.
const PAGES: u32 = 3;
/// Of so many rounds the shortest counts.
const ROUNDS: u32 = 5;
const POPPLER: &str =
    "`pdftoppm` is not installed (Debian: `apt-get install poppler-utils`, macOS: `brew install poppler`)";

/// Documents that belong together, by the endings of their names.
const KINDS: &[(&str, &[&str])] = &[
    ("PDF", &["pdf"]),
    ("pictures", &["jpg", "png", "gif", "webp", "tif", "tiff", "bmp", "heic"]),
    ("texts, tables, letters", &["txt", "md", "csv", "tsv", "eml", "msg"]),
];

/// All of it. `cache` is a folder for compiled components.
pub(crate) fn measure(cache: &Path, table: &mut Table) -> Setup<()> {
    let limits = Limits::reference();
    let renderer = Sandbox::new(limits.sandbox(), Some(cache))?.load(client_connect_embed::RENDERER)?;
    let native = native()?;
    let mut most = 0;
    for (what, endings) in KINDS {
        let files = corpus(endings)?;
        let (mut inside, mut outside, mut beside, mut pages) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
        let compared = *what == "PDF" && wrk::has("pdftoppm");
        for file in &files {
            let seen = in_sandbox(&renderer, file)?;
            inside += seen.took;
            pages += seen.pages;
            most = most.max(seen.memory);
            outside += without(&native, file)?;
            if compared {
                beside += poppler(file)?;
            }
        }
        let each = |all: Duration| time(all / pages.max(1));
        table.ratio(
            format!("previews: a page of {} {what}, in the sandbox, beside the same code natively", files.len()),
            each(inside),
            each(outside),
            times(inside, outside),
            Some(Aim::Most(1.5)),
        );
        if compared {
            table.ratio(
                format!("previews: the same, beside `pdftoppm`, a process for each of {} documents", files.len()),
                each(inside),
                each(beside),
                times(inside, beside),
                None,
            );
        } else if *what == "PDF" {
            table.lacks("pages of PDFs beside poppler", POPPLER);
        }
    }
    table.figure(
        format!("previews: the most memory that one of these took, of {} MB at most", limits.memory / 1_000_000),
        most as f64 / 1e6,
        "MB",
        None,
    );
    contract(cache, table)
}

/// From the bytes of a contract to the file of its first page, and the same again when that is kept.
fn contract(cache: &Path, table: &mut Table) -> Setup<()> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let previews = Previews::new(Settings {
        renderer: client_connect_embed::RENDERER.into(),
        converters: Vec::new(),
        folder: folder.path().to_owned(),
        compiled: Some(cache.to_owned()),
        limits: Limits::reference(),
    })?;
    previews.warm()?;
    let bytes = Arc::new(fs::read(fixtures().join("contract.pdf"))?);
    let first_page = |round: u32, stamp: Option<u32>| {
        // Other bytes each time: what was drawn is kept, and a document that is open is not opened again.
        let bytes = [bytes.as_slice(), format!("\n% {round}\n").as_bytes()].concat();
        let about = about("contract.pdf", &bytes);
        let stamp = stamp.map(|n| Stamp { line: format!("somebody.{n}@example.com · 2026-11-22 12:00 UTC") });
        let began = Instant::now();
        runtime
            .block_on(previews.page(&about, 0, Size::Normal, stamp, move || Ok(bytes)))
            .map(|page| (began.elapsed(), page))
    };
    let fresh = shortest_half((0..21).map(|round| first_page(round, None).map(|seen| seen.0)))?;
    table.figure(
        "previews: first page of a contract of 20, from its bytes to a WebP file",
        fresh.as_secs_f64() * 1e3,
        "ms",
        Some(Aim::Most(200.0)),
    );
    let kept = shortest_half((0..201).map(|_| first_page(0, None).map(|seen| seen.0)))?;
    table.figure("previews: the same page, kept", kept.as_secs_f64() * 1e3, "ms", Some(Aim::Most(2.0)));
    let stamped = shortest_half((0..101).map(|n| first_page(0, Some(n)).map(|seen| seen.0)))?;
    table.figure("previews: its copy with another viewer's address in it", stamped.as_secs_f64() * 1e3, "ms", None);
    Ok(())
}

/// The median, if none failed.
fn shortest_half<E>(times: impl Iterator<Item = Result<Duration, E>>) -> Result<Duration, E> {
    let mut times = times.collect::<Result<Vec<_>, E>>()?;
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/preview")
}

fn corpus(endings: &[&str]) -> Setup<Vec<PathBuf>> {
    let entries = fs::read_dir(fixtures().join("files"))?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)));
    files.sort();
    Ok(files)
}

fn about(name: &str, bytes: &[u8]) -> Document {
    Document {
        sha256: hex::encode(Sha256::digest(bytes)),
        name: name.to_owned(),
        media_type: String::new(),
        size: bytes.len() as u64,
    }
}

struct Seen {
    took: Duration,
    pages: u32,
    memory: usize,
}

fn in_sandbox(renderer: &Sandboxed, file: &Path) -> Setup<Seen> {
    let bytes = fs::read(file)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let about = about(&name, &bytes);
    let mut best = Seen { took: Duration::MAX, pages: 0, memory: 0 };
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut document = Opened::open(renderer, &about, "", &bytes).map_err(|error| format!("{name}: {error}"))?;
        let pages = document.outline().pages.min(PAGES);
        for page in 0..pages {
            let picture = document.draw(page, Size::Normal.width()).map_err(|error| format!("{name}: {error}"))?;
            std::hint::black_box(picture.pixels());
        }
        let (took, memory) = (began.elapsed().min(best.took), document.memory().max(best.memory));
        best = Seen { took, pages, memory };
    }
    Ok(best)
}

/// The program that draws without a sandbox: built now, as nothing else needs it.
fn native() -> Setup<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(&root)
        .args(["build", "--quiet", "--release", "--package", "client-connect-renderer", "--example", "draw"])
        .args(["--message-format", "json"])
        .output()?;
    let said = String::from_utf8_lossy(&built.stdout);
    let mut messages = said.lines().rev().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let program = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.ok_or_else(|| format!("no native renderer: {}", String::from_utf8_lossy(&built.stderr)).into())
}

fn without(native: &Path, file: &Path) -> Setup<Duration> {
    let numbers = [Size::Normal.width(), PAGES, ROUNDS].map(|number| number.to_string());
    let ran = Command::new(native).args(numbers).arg(file).output()?;
    let micros = String::from_utf8_lossy(&ran.stdout).trim().parse().map_err(|_| said(&ran))?;
    Ok(Duration::from_micros(micros))
}

fn poppler(file: &Path) -> Setup<Duration> {
    let folder = tempfile::tempdir()?;
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut command = Command::new("pdftoppm");
        command.args(["-q", "-l", &PAGES.to_string(), "-scale-to-x", &Size::Normal.width().to_string()]);
        let status = command.args(["-scale-to-y", "-1"]).arg(file).arg(folder.path().join("page")).status()?;
        if !status.success() {
            return Err(format!("pdftoppm cannot draw {}", file.display()).into());
        }
        best = best.min(began.elapsed());
    }
    Ok(best)
}
