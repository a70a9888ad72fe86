//! Uploads that go on after a lost connection, by the protocol tus 1.0 (<https://tus.io/protocols/resumable-upload>) with its
//! extensions creation, expiration, termination and checksum.
//!
//! An upload belongs to the contact who began it, and to the matter: for all others it is not there. It becomes a document
//! by [`super::finish`], together with the others of its go. The right to send is asked when it begins, with each part
//! that is kept, and at its end; whoever loses it loses what they had sent so far.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::map_response,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use client_connect_runtime::{
    Caller,
    types::{Actor, Timestamp},
};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Visitor,
    upload::{Waiting, looked_at, may_upload},
};
use crate::{
    app::SharedApp,
    blobs,
    store::{
        self, SqliteTx, names,
        uploads::{self, Upload},
    },
    web::{
        Asked, Path, blocking,
        bytes::{
            pieces::{self, Turn, UNFINISHED_FOR},
            receive,
        },
        problem::Problem,
    },
};

const VERSION: &str = "1.0.0";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
/// What a request with a piece of an upload is.
const PIECE: &str = "application/offset+octet-stream";

/// How many uploads a contact may have begun and not finished; one event reports no more documents.
const UNFINISHED: u32 = 1000;
/// Together they may announce as many bytes as this many of the largest files.
const UNFINISHED_FILES: u64 = 10;

/// The routes under `/api/portal/matters/{matter}/uploads`.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(options, create)).routes(routes!(state, append, end)).layer(map_response(speak))
}

/// Every answer names the protocol's version.
async fn speak(mut answer: Response) -> Response {
    answer.headers_mut().insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    if answer.status() == StatusCode::PRECONDITION_FAILED {
        answer.headers_mut().insert(TUS_VERSION, HeaderValue::from_static(VERSION));
    }
    answer
}

/// A request by this version of the protocol.
pub(super) struct Tus(HeaderMap);

impl<S: Sync> FromRequestParts<S> for Tus {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.headers.get(TUS_RESUMABLE).is_none_or(|version| version != VERSION) {
            let detail = "Send the header Tus-Resumable: 1.0.0.";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "tus-version", detail));
        }
        Ok(Self(parts.headers.clone()))
    }
}

impl Tus {
    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn number(&self, name: &HeaderName) -> Option<u64> {
        let text = self.text(name)?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    }

    /// The SHA-256 that the body is said to have.
    fn checksum(&self) -> Result<Option<[u8; 32]>, Problem> {
        let Some(value) = self.0.get(UPLOAD_CHECKSUM) else { return Ok(None) };
        let hash = value.to_str().ok().and_then(|text| text.strip_prefix("sha256 "));
        match hash.and_then(|hash| BASE64_STANDARD.decode(hash.trim()).ok()?.try_into().ok()) {
            Some(hash) => Ok(Some(hash)),
            None => Err(bad("bad-checksum", "Upload-Checksum is `sha256`, a space, and the hash in Base64.")),
        }
    }

    /// The file's name, out of pairs of a key and a value in Base64.
    fn file_name(&self) -> Option<String> {
        let mut pairs = self.text(&UPLOAD_METADATA)?.split(',').filter_map(|pair| pair.trim().split_once(' '));
        let (_, value) = pairs.find(|(key, _)| *key == "filename")?;
        let name = String::from_utf8(BASE64_STANDARD.decode(value.trim()).ok()?).ok()?;
        (!name.is_empty()).then(|| names::safe_name(&name))
    }
}

fn bad(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

/// An upload that has begun.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Begun {
    /// Under which it goes on at `/uploads/{upload}`, and is named at the end.
    upload: String,
    /// As it will be called.
    name: String,
    /// When it is given up, unless more of it comes before.
    expires_at: u64,
}

/// What uploads that go on are able to do here.
#[utoipa::path(options, path = "/api/portal/matters/{matter}/uploads", tag = "portal", params(("matter" = String, Path)),
    responses((status = 204)))]
pub(super) async fn options(State(app): State<SharedApp>, _: Visitor) -> Response {
    let headers = [
        (TUS_VERSION, HeaderValue::from_static(VERSION)),
        (TUS_EXTENSION, HeaderValue::from_static("creation,expiration,termination,checksum")),
        (TUS_MAX_SIZE, HeaderValue::from(app.web.upload_limit)),
        (TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static("sha256")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload that may come in pieces (tus 1.0, extension creation): `Upload-Length` is its size, and `filename` in
/// `Upload-Metadata` its name. It is no document before it is finished.
#[utoipa::path(post, path = "/api/portal/matters/{matter}/uploads", tag = "portal", params(("matter" = String, Path),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$"), ("Upload-Length" = u64, Header), ("Upload-Metadata" = String, Header)),
    responses((status = 201, body = Begun, headers(("Location" = String), ("Upload-Expires" = String)))))]
pub(super) async fn create(
    State(app): State<SharedApp>,
    visitor: Visitor,
    tus: Tus,
    Path(matter): Path<String>,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let (asker, place) = (visitor.clone(), matter.clone());
    let caller = blocking(&app, move |app| app.runtime.read(|unit| may_upload(app, unit, &asker, &place))).await?;
    let limit = app.web.upload_limit;
    let Some(length) = tus.number(&UPLOAD_LENGTH) else {
        return Err(bad("bad-length", "Upload-Length is the size of the file in bytes, and known at the beginning."));
    };
    if length > limit {
        return Err(receive::too_large(limit));
    }
    if length == 0 {
        return Err(receive::empty());
    }
    let Some(name) = tus.file_name() else {
        return Err(Problem::field(
            "filename",
            "missing",
            "Upload-Metadata names the file: `filename` and the name in Base64.",
        ));
    };
    asked.also(&length.to_be_bytes());
    asked.also(name.as_bytes());
    let (host, place) = (app.clone(), matter.clone());
    let begin = move |unit: &mut client_connect_runtime::Unit<'_, SqliteTx>, caller: &Caller| {
        let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
        if may_upload(&host, unit, &visitor, &place)?.actor != caller.actor {
            return Err(Problem::not_found());
        }
        let now = unit.now();
        let tx: &SqliteTx = unit.tx();
        let (count, bytes) = uploads::unfinished(tx, contact, now)?;
        if count >= UNFINISHED || bytes.saturating_add(length) > limit.saturating_mul(UNFINISHED_FILES) {
            return Err(Problem::conflict(
                "too-much-unfinished",
                "Too many uploads have begun and were not finished. Finish some of them, or cancel them.",
            ));
        }
        let expires_at = now + UNFINISHED_FOR;
        let new = Upload { id: store::new_id(), name: name.clone(), length, received: 0, expires_at, whole: None };
        uploads::begin(tx, &place, contact, &new)?;
        Ok(Begun { upload: new.id, name: new.name, expires_at })
    };
    let (mut parts, body) = asked.run(&app, caller, StatusCode::CREATED, begin).await?.into_parts();
    let body = to_bytes(body, 100_000).await.map_err(Problem::internal)?;
    let begun: Begun = serde_json::from_slice(&body).map_err(Problem::internal)?;
    parts.headers.insert(header::LOCATION, text(&format!("/api/portal/matters/{matter}/uploads/{}", begun.upload)));
    parts.headers.insert(UPLOAD_EXPIRES, http_date(begun.expires_at));
    Ok((parts, body).into_response())
}

/// How much of an upload has come (tus 1.0). A request that still brings some of it gives way.
#[utoipa::path(head, path = "/api/portal/matters/{matter}/uploads/{upload}", tag = "portal",
    params(("matter" = String, Path), ("upload" = String, Path), ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$")),
    responses((status = 200, headers(("Upload-Offset" = u64), ("Upload-Length" = u64), ("Upload-Expires" = String),
        ("Upload-Metadata" = String)))))]
pub(super) async fn state(
    State(app): State<SharedApp>,
    visitor: Visitor,
    _: Tus,
    Path((matter, upload)): Path<(String, String)>,
) -> Result<Response, Problem> {
    find(&app, &visitor, &matter, &upload, true).await?;
    let _turn = Turn::take(&app, &upload).await;
    let found = find(&app, &visitor, &matter, &upload, true).await?;
    let headers = [
        (UPLOAD_LENGTH, HeaderValue::from(found.length)),
        (UPLOAD_METADATA, text(&format!("filename {}", BASE64_STANDARD.encode(&found.name)))),
    ];
    Ok((headers, progress(found.received, found.expires_at)).into_response())
}

/// Brings more of an upload (tus 1.0), from `Upload-Offset` on. What has come is kept even if the request breaks off.
#[utoipa::path(patch, path = "/api/portal/matters/{matter}/uploads/{upload}", tag = "portal",
    params(("matter" = String, Path), ("upload" = String, Path), ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$"),
        ("Upload-Offset" = u64, Header), ("Upload-Checksum" = Option<String>, Header)),
    request_body(content(("application/offset+octet-stream"))),
    responses((status = 204, headers(("Upload-Offset" = u64), ("Upload-Expires" = String)))))]
pub(super) async fn append(
    State(app): State<SharedApp>,
    visitor: Visitor,
    tus: Tus,
    Path((matter, upload)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let ready = match ready(&app, &visitor, &tus, &matter, &upload).await {
        Ok(ready) => ready,
        Err(problem) => {
            give_up_if_refused(&app, &visitor, &matter, vec![upload]).await;
            return Err(receive::refuse(&parts.headers, body, problem).await);
        }
    };
    // In a task of its own: where the connection breaks, nobody waits for the handler any more.
    let (host, asker, place) = (app.clone(), visitor.clone(), matter.clone());
    let receiving = async move {
        let (headers, mut stream) = (parts.headers, body.into_data_stream());
        let outcome = pieces::append(ready, &mut stream).await;
        if outcome.is_ok() {
            looked_at_whole(&host, &asker, &place, &upload).await?;
        }
        if let Err(problem) = outcome {
            give_up_if_refused(&host, &asker, &place, vec![upload]).await;
            return Err(receive::drained(&headers, &mut stream, problem).await);
        }
        outcome
    };
    let offset = tokio::spawn(receiving.in_current_span()).await.map_err(Problem::internal)??;
    Ok((StatusCode::NO_CONTENT, progress(offset, app.runtime.now() + UNFINISHED_FOR)).into_response())
}

/// Looks at an upload of which everything has come; if it is refused, nothing is left of it.
pub(super) async fn looked_at_whole(
    app: &SharedApp,
    visitor: &Visitor,
    matter: &str,
    upload: &str,
) -> Result<(), Problem> {
    let found = find(app, visitor, matter, upload, true).await?;
    let Some(whole) = found.whole else { return Ok(()) };
    let (asker, place) = (visitor.clone(), matter.to_owned());
    let caller = blocking(app, move |app| app.runtime.read(|unit| asker.caller(app, unit, &place))).await?;
    let files = [Waiting { blob: whole.blob, name: found.name, written: whole.written }];
    let looked_at = looked_at(app, &caller, matter, visitor.request.as_deref(), &files).await;
    if looked_at.as_ref().is_err_and(|problem| problem.status == StatusCode::UNPROCESSABLE_ENTITY) {
        give_up(app, visitor, matter, vec![upload.to_owned()]).await?;
    }
    looked_at
}

/// All that is asked before a byte is read.
async fn ready(
    app: &SharedApp,
    visitor: &Visitor,
    tus: &Tus,
    matter: &str,
    upload: &str,
) -> Result<pieces::Request, Problem> {
    // Before the turn is taken: a stranger stops nobody's upload.
    find(app, visitor, matter, upload, true).await?;
    if tus.text(&header::CONTENT_TYPE) != Some(PIECE) {
        let detail = "Send application/offset+octet-stream.";
        return Err(Problem { detail: detail.into(), ..Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE) });
    }
    let Some(offset) = tus.number(&UPLOAD_OFFSET) else {
        return Err(bad("bad-offset", "Upload-Offset is a number of bytes."));
    };
    let checksum = tus.checksum()?;
    let turn = Turn::take(app, upload).await;
    let upload = find(app, visitor, matter, upload, true).await?;
    if offset != upload.received {
        return Err(Problem::conflict("offset-mismatch", "The upload is at another place. Ask where it is."));
    }
    if receive::announced(&tus.0).is_some_and(|length| length > upload.length - offset) {
        return Err(pieces::longer());
    }
    let (host, asker, place) = (app.clone(), visitor.clone(), matter.to_owned());
    let may_send = Arc::new(move |unit: &mut client_connect_runtime::Unit<'_, SqliteTx>| {
        may_upload(&host, unit, &asker, &place).map(drop)
    });
    Ok(pieces::Request { turn, upload, may_send, checksum })
}

/// Gives up an upload (tus 1.0, extension termination): what has come of it is thrown away.
#[utoipa::path(delete, path = "/api/portal/matters/{matter}/uploads/{upload}", tag = "portal",
    params(("matter" = String, Path), ("upload" = String, Path), ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$")),
    responses((status = 204)))]
pub(super) async fn end(
    State(app): State<SharedApp>,
    visitor: Visitor,
    _: Tus,
    Path((matter, upload)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    // Whoever may not send any more may still take back what they began.
    find(&app, &visitor, &matter, &upload, false).await?;
    give_up(&app, &visitor, &matter, vec![upload]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The upload, if it is the asker's, with the right to send asked first or not.
async fn find(
    app: &SharedApp,
    visitor: &Visitor,
    matter: &str,
    upload: &str,
    to_send: bool,
) -> Result<Upload, Problem> {
    let (visitor, matter, upload) = (visitor.clone(), matter.to_owned(), upload.to_owned());
    blocking(app, move |app| {
        app.runtime.read(|unit| {
            let caller = match to_send {
                true => may_upload(app, unit, &visitor, &matter)?,
                false => visitor.caller(app, unit, &matter)?,
            };
            let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
            let now = unit.now();
            uploads::get(unit.tx(), &matter, contact, &upload, now)?.ok_or_else(Problem::not_found)
        })
    })
    .await
}

/// Throws away those of the uploads that are the asker's, once nobody writes them any more.
async fn give_up(app: &SharedApp, visitor: &Visitor, matter: &str, ids: Vec<String>) -> Result<(), Problem> {
    let mut turns = Vec::with_capacity(ids.len());
    for id in &ids {
        if find(app, visitor, matter, id, false).await.is_ok() {
            turns.push(Turn::take(app, id).await);
        }
    }
    let (visitor, matter) = (visitor.clone(), matter.to_owned());
    let released = blocking(app, move |app| {
        app.runtime.write(|unit| {
            let caller = visitor.caller(app, unit, &matter)?;
            let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let mut released = Vec::new();
            for id in &ids {
                if uploads::get(tx, &matter, contact, id, now)?.is_some() {
                    released.extend(uploads::give_up(tx, id, now)?);
                }
            }
            Ok::<_, Problem>(released)
        })
    })
    .await?;
    drop(turns);
    let app = app.clone();
    tokio::spawn(async move { blobs::throw_away(&app, released).await });
    Ok(())
}

/// After a refusal: if it is the right to send that is missing, nothing is left of what was sent.
pub(super) async fn give_up_if_refused(app: &SharedApp, visitor: &Visitor, matter: &str, ids: Vec<String>) {
    let (asker, place) = (visitor.clone(), matter.to_owned());
    let right = blocking(app, move |app| app.runtime.read(|unit| may_upload(app, unit, &asker, &place))).await;
    let refused = right.is_err_and(|problem| matches!(problem.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN));
    if refused && let Err(problem) = give_up(app, visitor, matter, ids).await {
        tracing::debug!(%problem, "refused uploads wait for the sweeper");
    }
}

fn progress(offset: u64, expires_at: Timestamp) -> [(HeaderName, HeaderValue); 2] {
    [(UPLOAD_OFFSET, HeaderValue::from(offset)), (UPLOAD_EXPIRES, http_date(expires_at))]
}

fn http_date(at: Timestamp) -> HeaderValue {
    let at = i64::try_from(at).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
    text(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// Made of letters, digits and plain signs only, so it is always a header; ids of a path that are not are not found before.
fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static(""))
}
