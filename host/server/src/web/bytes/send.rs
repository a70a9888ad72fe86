//! A document's bytes on their way out.
//!
//! Whoever calls this has proven the right to them; it is asked again before each MiB and after each second, and
//! when it is gone the connection is cut: what arrived is never taken for the whole. Nothing is ever rendered in
//! place: every answer is an attachment under a sandbox, and no cache keeps it.
//!
//! All that blocks is in [`Plan::open`], so that a request's check, its file and its first bytes are one job.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::{
    disposition,
    range::{Asked, Part},
};
use crate::{
    blobs::{Blobs, Reader},
    web::problem::Problem,
};

/// What is read and handed on at a time.
pub(crate) const CHUNK: usize = 256 << 10;
/// After this many bytes the right is asked again,
const CHECK_BYTES: usize = 1 << 20;
/// and after this time. What lies in the sockets' buffers by then may still arrive.
const CHECK_TIME: Duration = Duration::from_secs(1);

/// Asks whether the right to a running stream still stands. May block.
pub type Right = Arc<dyn Fn() -> bool + Send + Sync>;

/// A document's content, as its row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Where the bytes are.
    pub blob: String,
    /// As people read it.
    pub name: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
}

impl Content {
    fn etag(&self) -> String {
        format!("\"{}\"", &self.sha256[..self.sha256.len().min(32)])
    }
}

/// What an answer will be.
#[derive(Clone, Debug)]
pub struct Plan {
    content: Content,
    head: bool,
    part: Part,
}

impl Plan {
    /// To be made after the right was checked.
    #[must_use]
    pub fn new(asked: &Asked, content: Content) -> Self {
        let part = asked.part(content.size, &content.etag());
        Self { head: asked.head, part, content }
    }

    /// Whether bytes of the document will leave.
    #[must_use]
    pub fn sends_bytes(&self) -> bool {
        !self.head && matches!(self.part, Part::Whole | Part::Bytes(_))
    }

    /// Opens the file and reads its first bytes. Blocks.
    ///
    /// # Errors
    /// If the store of documents fails.
    pub fn open(self, blobs: &Blobs) -> Result<Opened, Problem> {
        let (status, window) = match &self.part {
            Part::Whole => (StatusCode::OK, 0..self.content.size),
            Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, range.clone()),
            Part::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
            Part::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
        };
        let left = window.end - window.start;
        let mut opened = Opened { headers: headers(&self, status), status, first: Bytes::new(), rest: None };
        if self.sends_bytes() && left > 0 {
            let mut reader = blobs.open(&self.content.blob, window.start)?;
            opened.first = reader.read(chunk(left))?;
            let left = left - opened.first.len() as u64;
            if left > 0 {
                opened.rest = Some((reader, left));
            }
        }
        Ok(opened)
    }
}

fn chunk(left: u64) -> usize {
    usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK))
}

fn headers(plan: &Plan, status: StatusCode) -> HeaderMap {
    let content = &plan.content;
    let mut headers = HeaderMap::with_capacity(16);
    guard(&mut headers);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Hex digits in quotes, and numbers, are always header values.
    let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    headers.insert(header::ETAG, value(content.etag()));
    match &plan.part {
        Part::Whole => {
            headers.insert(header::CONTENT_LENGTH, content.size.into());
        }
        Part::Bytes(range) => {
            headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
            headers.insert(
                header::CONTENT_RANGE,
                value(format!("bytes {}-{}/{}", range.start, range.end - 1, content.size)),
            );
        }
        Part::NotModified => {}
        Part::Unsatisfiable => {
            headers.insert(header::CONTENT_RANGE, value(format!("bytes */{}", content.size)));
        }
    }
    if status.is_success() {
        headers.insert(header::CONTENT_TYPE, disposition::content_type(&content.media_type));
        headers.insert(header::CONTENT_DISPOSITION, disposition::attachment(&content.name));
    }
    headers
}

/// What holds for every answer with bytes that somebody else made.
pub(crate) fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "private, no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// An answer whose first bytes are there.
#[derive(Debug)]
pub struct Opened {
    headers: HeaderMap,
    status: StatusCode,
    first: Bytes,
    rest: Option<(Reader, u64)>,
}

impl Opened {
    /// The answer. `right` is asked while it flows.
    #[must_use]
    pub fn respond(self, right: Right) -> Response {
        if self.status == StatusCode::RANGE_NOT_SATISFIABLE {
            let mut answer = Problem::of_status(self.status).into_response();
            answer.headers_mut().extend(self.headers);
            return answer;
        }
        let body = match self.rest {
            None => Body::from(self.first),
            Some((reader, left)) => Body::from_stream(stream(self.first, reader, left, right)),
        };
        let mut answer = Response::new(body);
        *answer.status_mut() = self.status;
        *answer.headers_mut() = self.headers;
        answer
    }
}

/// When the right was last asked.
pub(crate) struct Watch {
    right: Right,
    bytes: usize,
    since: Instant,
}

impl Watch {
    /// It has just been asked.
    pub(crate) fn new(right: Right) -> Self {
        Self { right, bytes: 0, since: Instant::now() }
    }

    /// To be called before `bytes` more leave. May block.
    pub(crate) fn pass(&mut self, bytes: usize) -> io::Result<()> {
        if self.bytes + bytes > CHECK_BYTES || self.since.elapsed() >= CHECK_TIME {
            if !(self.right)() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the right to this document ended"));
            }
            (self.bytes, self.since) = (0, Instant::now());
        }
        self.bytes += bytes;
        Ok(())
    }
}

enum Flow {
    First(Bytes, Reader, Watch),
    Next(Reader, Watch),
}

/// An error in it makes the server drop the connection before the announced length is reached.
fn stream(
    first: Bytes,
    reader: Reader,
    left: u64,
    right: Right,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    let mut watch = Watch::new(right);
    watch.bytes = first.len();
    futures_util::stream::try_unfold((Flow::First(first, reader, watch), left), |(flow, left)| async move {
        match flow {
            Flow::First(bytes, reader, watch) => Ok(Some((bytes, (Flow::Next(reader, watch), left)))),
            Flow::Next(..) if left == 0 => Ok(None),
            Flow::Next(mut reader, mut watch) => {
                let next = tokio::task::spawn_blocking(move || {
                    let length = chunk(left);
                    watch.pass(length)?;
                    let bytes = reader.read(length).map_err(io::Error::other)?;
                    Ok::<_, io::Error>((bytes, reader, watch))
                });
                match next.await.map_err(io::Error::other).and_then(|next| next) {
                    Ok((bytes, reader, watch)) => {
                        let left = left - bytes.len() as u64;
                        Ok(Some((bytes, (Flow::Next(reader, watch), left))))
                    }
                    Err(error) => {
                        tracing::info!(%error, "a download was cut");
                        Err(error)
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::http::Method;
    use futures_util::StreamExt as _;

    use super::*;

    struct Case {
        _folder: tempfile::TempDir,
        blobs: Blobs,
        content: Content,
        bytes: Bytes,
    }

    async fn case(size: usize) -> Case {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let bytes = Bytes::from((0..size).map(|n| u8::try_from(n % 251).unwrap()).collect::<Vec<_>>());
        let mut writer = blobs.write("ab12");
        writer.push(bytes.clone()).await.unwrap();
        let written = writer.finish().await.unwrap();
        let content = Content {
            blob: "ab12".to_owned(),
            name: "a.bin".to_owned(),
            media_type: written.media_type,
            size: written.size,
            sha256: written.sha256,
        };
        Case { _folder: folder, blobs, content, bytes }
    }

    fn asked(range: Option<&str>) -> Asked {
        let headers = range.map(|range| (header::RANGE, range.parse().unwrap())).into_iter().collect();
        Asked::new(&Method::GET, &headers)
    }

    async fn body(answer: Response) -> Result<Vec<u8>, axum::Error> {
        axum::body::to_bytes(answer.into_body(), usize::MAX).await.map(|bytes| bytes.to_vec())
    }

    fn always() -> Right {
        Arc::new(|| true)
    }

    #[tokio::test]
    async fn a_file_of_any_size_arrives_whole() {
        for size in [0, 1, 100_000, CHUNK, CHUNK + 1, 3 * (1 << 20) + 17] {
            let case = case(size).await;
            let answer = Plan::new(&asked(None), case.content).open(&case.blobs).unwrap().respond(always());
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[header::CONTENT_LENGTH], size.to_string());
            assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "sandbox; default-src 'none'");
            assert!(body(answer).await.unwrap() == case.bytes, "{size}");
        }
    }

    #[tokio::test]
    async fn a_range_is_those_bytes() {
        let case = case(2 << 20).await;
        let answer = Plan::new(&asked(Some("bytes=1000-1999999")), case.content.clone())
            .open(&case.blobs)
            .unwrap()
            .respond(always());
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(answer.headers()[header::CONTENT_RANGE], "bytes 1000-1999999/2097152");
        assert!(body(answer).await.unwrap() == case.bytes[1000..2_000_000]);

        let answer =
            Plan::new(&asked(Some("bytes=9999999-")), case.content).open(&case.blobs).unwrap().respond(always());
        assert_eq!(answer.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(answer.headers()[header::CONTENT_RANGE], "bytes */2097152");
    }

    #[tokio::test]
    async fn sh23_a_stream_is_cut_when_the_right_ends() {
        let case = case(8 << 20).await;
        let stands = Arc::new(AtomicBool::new(true));
        let right: Right = Arc::new({
            let stands = Arc::clone(&stands);
            move || stands.load(Ordering::SeqCst)
        });
        let answer = Plan::new(&asked(None), case.content).open(&case.blobs).unwrap().respond(right);
        let mut stream = answer.into_body().into_data_stream();
        let mut after = 0;
        stream.next().await.unwrap().unwrap();
        stands.store(false, Ordering::SeqCst);
        loop {
            match stream.next().await {
                Some(Ok(bytes)) => after += bytes.len(),
                Some(Err(_)) => break,
                None => panic!("the stream ended as if it were whole"),
            }
        }
        assert!(after <= CHECK_BYTES, "{after} bytes left after the right had ended");
    }

    #[tokio::test]
    async fn sh23_a_slow_stream_is_cut_by_the_clock() {
        let case = case(1 << 20).await;
        let answer = Plan::new(&asked(None), case.content).open(&case.blobs).unwrap().respond(Arc::new(|| false));
        let mut stream = answer.into_body().into_data_stream();
        stream.next().await.unwrap().unwrap();
        tokio::time::sleep(CHECK_TIME).await;
        assert!(stream.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_than_its_row_never_ends_well() {
        let mut case = case(2 << 20).await;
        case.content.size += 10;
        let answer = Plan::new(&asked(None), case.content).open(&case.blobs).unwrap().respond(always());
        assert!(body(answer).await.is_err());
    }
}
