//! A file on its way in: counted while it streams, hashed, sniffed, and durable before anything names it.
//!
//! A file arrives as the raw body of a request, or as one of several in a form; whatever breaks (the connection, the
//! form, the limit, the disk) leaves nothing behind, and is answered by a problem as long as there is somebody to
//! answer. A file that is not in time with its sender's next bytes is given up.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, multipart::Field},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use futures_util::StreamExt as _;

use crate::{
    app::SharedApp,
    blobs::{Loose, Writer, Written},
    store::{documents::Content, names},
    web::{self, problem::Problem},
};

/// The most files that one request may bring, as one event reports no more documents.
pub const MAX_FILES: usize = 1000;
/// A form may be as large as this many of the largest files.
const FORM_FILES: u64 = 10;
/// How long the next bytes may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How much more is read, and for how long, before a refusal is written: a browser that is still sending would
/// otherwise see a broken connection in its place.
const DRAIN_BYTES: usize = 16 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// A file that is durable, and loose until a row names it. Dropped before [`Loose::keep`], it is thrown away.
#[derive(Debug)]
pub struct Arrived {
    /// The claim on its bytes.
    pub loose: Loose,
    /// Safe to show and to store.
    pub name: String,
    /// Its size, hash and kind.
    pub written: Written,
}

impl Arrived {
    /// What a document's row says of it.
    pub fn content(&self) -> Content {
        Content::new(self.loose.id(), &self.written)
    }
}

/// Receives the files of a request: its raw body under `name`, or each file of a form under its own.
///
/// # Errors
/// 413 `too-large`, 422 for a file without a name or content or a form without files, 400 for what breaks off or
/// cannot be read, 408 for what stalls, 507 where there is no room.
pub async fn files(app: &SharedApp, request: Request, name: Option<&str>) -> Result<Vec<Arrived>, Problem> {
    if is_form(request.headers()) {
        return form(app, request).await;
    }
    let (parts, body) = request.into_parts();
    Ok(vec![raw(app, &parts.headers, body, name).await?])
}

/// Receives one file as the raw body of a request.
///
/// # Errors
/// As [`files`].
pub async fn raw(app: &SharedApp, headers: &HeaderMap, body: Body, name: Option<&str>) -> Result<Arrived, Problem> {
    let limit = app.web.upload_limit;
    let mut stream = body.into_data_stream();
    if announced(headers).is_some_and(|length| length > limit) {
        return Err(drained(headers, &mut stream, too_large(limit)).await);
    }
    let Some(name) = name.map(names::safe_name) else {
        let problem = Problem::field("name", "missing", "A file needs a name.");
        return Err(drained(headers, &mut stream, problem).await);
    };
    match receive(app, name, limit, &mut Source::Raw(&mut stream)).await {
        Ok(Some(arrived)) => Ok(arrived),
        Ok(None) => Err(empty()),
        Err(problem) => Err(drained(headers, &mut stream, problem).await),
    }
}

async fn form(app: &SharedApp, mut request: Request) -> Result<Vec<Arrived>, Problem> {
    let limit = app.web.upload_limit;
    let headers = request.headers().clone();
    if announced(&headers).is_some_and(|length| length > limit.saturating_mul(FORM_FILES)) {
        return Err(drained(&headers, &mut request.into_body().into_data_stream(), too_large(limit)).await);
    }
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken_form(&"no boundary"))?;
    let (mut arrived, mut total) = (Vec::new(), 0_u64);
    for _ in 0..=2 * MAX_FILES {
        let next = tokio::time::timeout(PATIENCE, form.next_field()).await;
        let next = next.map_err(|_| Problem::of_status(StatusCode::REQUEST_TIMEOUT))?;
        let Some(mut field) = next.map_err(|error| broken_form(&error.body_text()))? else {
            return if arrived.is_empty() {
                Err(Problem::field("file", "missing", "No file was sent."))
            } else {
                Ok(arrived)
            };
        };
        let given = field.file_name().map(str::to_owned);
        let mut source = Source::Field { field: &mut field, total: &mut total, limit };
        let outcome = match given.as_deref() {
            // A text field of the form, or the field of a file that nobody chose.
            None | Some("") => source.skip().await,
            Some(_) if arrived.len() == MAX_FILES => Err(too_many()),
            Some(name) => match receive(app, names::safe_name(name), limit, &mut source).await {
                Ok(Some(file)) => {
                    arrived.push(file);
                    Ok(())
                }
                Ok(None) => Err(empty()),
                Err(problem) => Err(problem),
            },
        };
        if let Err(problem) = outcome {
            let _ = tokio::time::timeout(DRAIN_TIME, async {
                let mut left = DRAIN_BYTES;
                while let Ok(Some(bytes)) = field.chunk().await {
                    left = left.saturating_sub(bytes.len());
                    if left == 0 {
                        break;
                    }
                }
            })
            .await;
            return Err(problem);
        }
    }
    Err(too_many())
}

/// Where a file's bytes come from.
enum Source<'s, 'f> {
    /// The body of a request.
    Raw(&'s mut BodyDataStream),
    /// A field of a form that has brought `total` bytes so far.
    Field { field: &'s mut Field<'f>, total: &'s mut u64, limit: u64 },
}

impl Source<'_, '_> {
    /// The next bytes that are any; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.chunk()).await;
            match next.map_err(|_| Problem::of_status(StatusCode::REQUEST_TIMEOUT))?? {
                Some(bytes) if bytes.is_empty() => {}
                next => return Ok(next),
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        match self {
            Self::Raw(stream) => stream.next().await.transpose().map_err(|error| broken_off(&error)),
            Self::Field { field, total, limit } => {
                let chunk = field.chunk().await.map_err(|error| broken_form(&error.body_text()))?;
                **total += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
                if **total > limit.saturating_mul(FORM_FILES) { Err(too_large(*limit)) } else { Ok(chunk) }
            }
        }
    }

    /// Reads to the end and keeps nothing.
    async fn skip(&mut self) -> Result<(), Problem> {
        while self.next().await?.is_some() {}
        Ok(())
    }
}

/// One file from `source`; none if it has no bytes.
async fn receive(
    app: &SharedApp,
    name: String,
    limit: u64,
    source: &mut Source<'_, '_>,
) -> Result<Option<Arrived>, Problem> {
    let Some(first) = source.next().await? else { return Ok(None) };
    let owner = app.clone();
    let begun = web::blocking(app, move |_| Ok(Loose::begin(&owner)?)).await?;
    let mut writer = app.blobs.write(begun.id());
    match fill(&mut writer, first, limit, source).await {
        Ok(()) => {
            // In a task of its own: were it broken off here, the file could appear after its row was forgotten.
            let finishing = tokio::spawn(async move {
                let written = writer.finish().await;
                (begun, written)
            });
            let (loose, written) = finishing.await.map_err(Problem::internal)?;
            Ok(Some(Arrived { loose, name, written: written? }))
        }
        Err(problem) => {
            writer.abort().await;
            Err(problem)
        }
    }
}

async fn fill(writer: &mut Writer, first: Bytes, limit: u64, source: &mut Source<'_, '_>) -> Result<(), Problem> {
    let mut bytes = first;
    loop {
        if writer.size() + bytes.len() as u64 > limit {
            return Err(too_large(limit));
        }
        writer.push(bytes).await?;
        match source.next().await? {
            Some(more) => bytes = more,
            None => return Ok(()),
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.get(..19).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
}

/// How long the body says it is, in bytes.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses a request whose body is not wanted: reads on for a little, and answers the problem.
pub async fn refuse(headers: &HeaderMap, body: Body, problem: Problem) -> Problem {
    drained(headers, &mut body.into_data_stream(), problem).await
}

/// Reads on for a little, and answers the problem. A sender who waits for `100 Continue` has sent nothing yet.
pub(crate) async fn drained(headers: &HeaderMap, stream: &mut BodyDataStream, problem: Problem) -> Problem {
    if !headers.contains_key(header::EXPECT) {
        let _ = tokio::time::timeout(DRAIN_TIME, async {
            let mut left = DRAIN_BYTES;
            while let Some(Ok(bytes)) = stream.next().await {
                left = left.saturating_sub(bytes.len());
                if left == 0 {
                    break;
                }
            }
        })
        .await;
    }
    problem
}

pub(crate) fn too_large(limit: u64) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("A file may have up to {limit} bytes."))
}

fn too_many() -> Problem {
    Problem::field("file", "too-many", format!("One request may bring up to {MAX_FILES} files."))
}

pub(crate) fn empty() -> Problem {
    Problem::field("file", "empty", "The file has no content.")
}

fn broken_off(error: &dyn std::fmt::Display) -> Problem {
    tracing::debug!(%error, "an upload broke off");
    Problem::new(StatusCode::BAD_REQUEST, "upload-broken-off", "The upload broke off. Nothing of it was kept.")
}

fn broken_form(error: &dyn std::fmt::Display) -> Problem {
    tracing::debug!(%error, "a form cannot be read");
    Problem::new(StatusCode::BAD_REQUEST, "broken-form", "The form cannot be read to its end. Nothing of it was kept.")
}
