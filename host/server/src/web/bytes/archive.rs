//! Many documents as one ZIP, made while it is sent: nothing of it is ever stored.
//!
//! Each entry is asked for when its turn comes, and its right again while its bytes flow. If one right has ended, the
//! connection is cut: a ZIP that ends as it should holds everything it was to hold.

use std::{
    collections::HashSet,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use client_connect_runtime::types::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use super::{
    disposition,
    send::{CHUNK, Content, Right, Watch, guard},
};
use crate::{blobs::Blobs, store::names, web::problem::Problem};

/// How many archives are made at a time: each holds a thread for as long as its reader takes.
static RUNNING: Semaphore = Semaphore::const_new(64);

/// One document of an archive.
pub struct Entry {
    /// What to put in.
    pub content: Content,
    /// The time that the entry bears.
    pub at: Timestamp,
    /// Asked while its bytes flow.
    pub right: Right,
}

/// An archive of what `next` answers until it answers none. `next` may block; an error of it cuts the connection.
///
/// # Errors
/// `busy` if too many are being made.
pub fn respond(
    blobs: &Blobs,
    name: &str,
    head: bool,
    mut next: impl FnMut() -> Result<Option<Entry>, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let body = if head {
        Body::empty()
    } else {
        let permit =
            RUNNING.try_acquire().map_err(|_| Problem::unavailable("busy", "Too many archives at once.", 10))?;
        let (sender, receiver) = mpsc::channel(2);
        let blobs = blobs.clone();
        tokio::task::spawn_blocking(move || {
            let _running = permit;
            let cut = Arc::new(AtomicBool::new(false));
            let pipe = Pipe { sender: sender.clone(), waiting: BytesMut::new(), cut: Arc::clone(&cut) };
            if let Err(error) = fill(pipe, &cut, &blobs, &mut next) {
                tracing::info!(%error, "an archive was cut");
                let _ = sender.blocking_send(Err(error));
            }
        });
        Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver))
    };
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    guard(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_DISPOSITION, disposition::attachment(&names::safe_name(&format!("{name}.zip"))));
    Ok(answer)
}

type Next<'n> = &'n mut dyn FnMut() -> Result<Option<Entry>, Problem>;

fn fill(pipe: Pipe, cut: &AtomicBool, blobs: &Blobs, next: Next<'_>) -> io::Result<()> {
    let mut archive = ZipWriter::new_stream(pipe);
    if let Err(error) = entries(&mut archive, blobs, next) {
        // Dropped, the writer ends the archive as if it were whole: nobody is to get that end.
        cut.store(true, Ordering::Relaxed);
        return Err(error);
    }
    archive.finish()?.into_inner().end()
}

fn entries(archive: &mut ZipWriter<StreamWriter<Pipe>>, blobs: &Blobs, next: Next<'_>) -> io::Result<()> {
    let mut used = HashSet::new();
    while let Some(entry) = next().map_err(io::Error::other)? {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(time(entry.at))
            .large_file(entry.content.size >= u64::from(u32::MAX));
        archive.start_file(unused(&mut used, &names::safe_name(&entry.content.name)), options)?;
        let mut reader = blobs.open(&entry.content.blob, 0).map_err(io::Error::other)?;
        let mut watch = Watch::new(entry.right);
        let mut left = entry.content.size;
        while left > 0 {
            let length = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            watch.pass(length)?;
            archive.write_all(&reader.read(length).map_err(io::Error::other)?)?;
            left -= length as u64;
        }
    }
    Ok(())
}

/// The name, or the name with the first number in brackets that makes it another; names that differ in case alone
/// are one name on many computers.
fn unused(used: &mut HashSet<String>, name: &str) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let mut candidate = name.to_owned();
    let mut number = 2_u32;
    while !used.insert(names::fold(&candidate)) {
        candidate = format!("{stem} ({number}){extension}");
        number += 1;
    }
    candidate
}

/// ZIP knows no time zones and no times before 1980: UTC.
fn time(at: Timestamp) -> DateTime {
    let convert = || {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
        let small = |number: i8| u8::try_from(number).ok();
        DateTime::from_date_and_time(
            u16::try_from(at.year()).ok()?,
            small(at.month())?,
            small(at.day())?,
            small(at.hour())?,
            small(at.minute())?,
            small(at.second())?,
        )
        .ok()
    };
    convert().unwrap_or_default()
}

/// Hands what is written to the connection, in pieces; waits while the reader is slower.
struct Pipe {
    sender: mpsc::Sender<io::Result<Bytes>>,
    waiting: BytesMut,
    cut: Arc<AtomicBool>,
}

impl Pipe {
    fn send(&mut self) -> io::Result<()> {
        let bytes = self.waiting.split().freeze();
        self.sender.blocking_send(Ok(bytes)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn end(mut self) -> io::Result<()> {
        if self.waiting.is_empty() { Ok(()) } else { self.send() }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cut.load(Ordering::Relaxed) {
            return Ok(bytes.len());
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cu4_name_clashes_get_numbers() {
        let mut used = HashSet::new();
        let mut give = |name| unused(&mut used, name);
        assert_eq!(give("a.pdf"), "a.pdf");
        assert_eq!(give("a.pdf"), "a (2).pdf");
        assert_eq!(give("A.PDF"), "A (3).PDF");
        assert_eq!(give("a (2).pdf"), "a (2) (2).pdf");
        assert_eq!(give("none"), "none");
        assert_eq!(give("none"), "none (2)");
        assert_eq!(give(".hidden"), ".hidden");
        assert_eq!(give(".hidden"), ".hidden (2)");
    }

    #[test]
    fn times_out_of_range_do_no_harm() {
        assert_eq!(time(1_760_000_000_000).year(), 2025);
        for at in [0, u64::MAX] {
            let _ = time(at);
        }
    }
}
