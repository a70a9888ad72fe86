//! Pictures of the pages of documents, for whoever was found to be allowed to look: never a byte of the original, and
//! nothing that a browser or a proxy may keep.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use client_connect_preview::{Document, NoPreview, Outline, Size, Stamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    blocking,
    bytes::send::guard,
    problem::{Fault, Problem},
};
use crate::{
    app::{App, SharedApp},
    store::{content, previews},
};

/// Seconds after which it is worth to ask again for a page that could not be drawn at once.
const AGAIN: u32 = 2;

/// One content of a document, which somebody may look at.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    /// The document's id.
    pub(crate) id: String,
    /// As people read it.
    pub(crate) name: String,
    /// As sniffed when it came.
    pub(crate) media_type: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Of the content, in hex.
    pub(crate) sha256: String,
    /// Names the bytes.
    pub(crate) blob: String,
    /// 1 for the first.
    pub(crate) version: u32,
}

/// Which picture.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The version that the asker has seen the pages of; if the document has another one by now, there is no picture.
    pub(crate) version: Option<u32>,
    /// How large: `normal` is at most 900 pixels wide, `large` at most 1,800.
    #[serde(default)]
    #[param(inline)]
    pub(crate) size: Wide,
}

/// How large a picture is.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wide {
    /// At most 900 pixels wide.
    #[default]
    Normal,
    /// At most 1,800 pixels wide.
    Large,
}

impl From<Wide> for Size {
    fn from(wide: Wide) -> Self {
        match wide {
            Wide::Normal => Self::Normal,
            Wide::Large => Self::Large,
        }
    }
}

/// What a document looks like from afar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pages {
    /// Of which version.
    version: u32,
    /// How many.
    pages: u32,
    /// Width and height of the first of them (at most 1,000), in points: 72 to an inch. Those after them are taken to
    /// be like the first.
    #[schema(value_type = Vec<Vec<f32>>)]
    sizes: Vec<(f32, f32)>,
}

impl Pages {
    pub(crate) fn new(version: u32, outline: Outline) -> Self {
        Self { version, pages: outline.pages, sizes: outline.sizes }
    }
}

/// How many pages of what shape. What cannot be shown is noted, so that others are told before they try.
pub(crate) async fn outline(app: &SharedApp, looked: &Looked) -> Result<Outline, Problem> {
    looked.is_known(app)?;
    let found = app.previews.outline(&looked.document(), looked.reader(app)).await;
    match found {
        Ok(outline) => Ok(outline),
        Err(cause) => Err(failed(app, looked, cause, true).await),
    }
}

/// A page, the first of which is 1, as a WebP file.
pub(crate) async fn picture(
    app: &SharedApp,
    looked: &Looked,
    page: u32,
    size: Size,
    stamp: Option<Stamp>,
) -> Result<Bytes, Problem> {
    let index = page.checked_sub(1).ok_or_else(Problem::not_found)?;
    looked.is_known(app)?;
    match app.previews.page(&looked.document(), index, size, stamp, looked.reader(app)).await {
        Ok(picture) => Ok(picture),
        Err(cause) => Err(failed(app, looked, cause, index == 0).await),
    }
}

impl Looked {
    /// Refuses an asker who has seen the pages of another version.
    pub(crate) fn if_asked(self, which: Which) -> Result<Self, Problem> {
        match which.version {
            Some(version) if version != self.version => {
                let detail = "The document has changed since this page was opened. Open it again.";
                Err(Problem::conflict("document-changed", detail))
            }
            _ => Ok(self),
        }
    }

    /// Refuses what nobody here knows. Nothing of it has to be noted: its kind tells.
    fn is_known(&self, app: &App) -> Result<(), Problem> {
        if app.previews.knows(&self.media_type) {
            return Ok(());
        }
        Err(no_preview("no-renderer", &NoPreview::NoRenderer))
    }

    fn document(&self) -> Document {
        Document {
            sha256: self.sha256.clone(),
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
        }
    }

    /// The bytes, when they are wanted: on a thread that draws.
    fn reader(&self, app: &SharedApp) -> impl FnOnce() -> Result<Vec<u8>, NoPreview> + Send + 'static {
        let (app, blob, size) = (app.clone(), self.blob.clone(), self.size);
        let here = tokio::runtime::Handle::current();
        move || {
            let _entered = here.enter();
            let length = usize::try_from(size).map_err(|_| NoPreview::TooLarge)?;
            let read = app.blobs.open(&blob, 0).and_then(|mut reader| reader.read(length));
            read.map(|bytes| bytes.to_vec()).map_err(|error| NoPreview::Broken(error.to_string()))
        }
    }
}

/// What is told of it; and if it holds for the whole document, and will hold tomorrow, it is noted.
async fn failed(app: &SharedApp, looked: &Looked, cause: NoPreview, whole: bool) -> Problem {
    if let Some(why) = cause.lasting() {
        if whole {
            let (id, sha256) = (looked.id.clone(), looked.sha256.clone());
            let noted = blocking(app, move |app| {
                app.runtime.write(|unit| Ok::<_, Problem>(previews::cannot_be_shown(unit.tx(), &id, &sha256, why)?))
            });
            if let Err(problem) = noted.await {
                tracing::warn!(?problem, "it could not be noted that a document cannot be shown");
            }
        }
        return no_preview(why, &cause);
    }
    match cause {
        NoPreview::NoSuchPage => Problem::not_found(),
        NoPreview::Busy => Problem::unavailable("busy", "Too many pages are being drawn at the moment.", AGAIN),
        broken => Problem::internal(broken),
    }
}

fn no_preview(why: &'static str, cause: &NoPreview) -> Problem {
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-preview", "This document cannot be shown.");
    problem.errors.push(Fault {
        code: why.into(),
        message: sentence(cause).to_owned(),
        attributes: Default::default(),
    });
    problem
}

fn sentence(cause: &NoPreview) -> &'static str {
    match cause {
        NoPreview::Encrypted => "The document is protected with a password.",
        NoPreview::Damaged => "The document is damaged.",
        NoPreview::TooLarge => "The document is too large or too complex.",
        _ => "Documents of this kind cannot be shown.",
    }
}

/// The answer with a picture.
pub(crate) fn respond(picture: Bytes) -> Response {
    let mut answer = Response::new(Body::from(picture));
    let headers = answer.headers_mut();
    guard(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/webp"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    answer
}

/// What is burned into a page: who looks, when, and at what.
pub(crate) fn stamp(app: &App, who: &str, looked: &Looked) -> Stamp {
    let now = jiff::Timestamp::from_millisecond(i64::try_from(app.runtime.now()).unwrap_or(i64::MAX));
    let now = now.map_or_else(|_| String::new(), |now| now.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let hash = looked.sha256.get(..8).unwrap_or_default();
    Stamp { line: format!("{who} · {now} · v{} {hash}", looked.version) }
}

/// Removes documents by `work`, and if that succeeds throws their pictures away.
pub(crate) async fn with_pictures(
    app: &SharedApp,
    documents: Vec<String>,
    work: impl Future<Output = Result<Response, Problem>>,
) -> Result<Response, Problem> {
    let hashes =
        blocking(app, move |app| app.runtime.read(|unit| Ok(previews::hashes(unit.tx(), &documents)?))).await?;
    let answer = work.await?;
    for sha256 in hashes {
        app.previews.forget(&sha256);
    }
    Ok(answer)
}

/// Finds out, beside all else, whether what has just been stored can be shown: who is about to share it is told then.
/// Only where the renderer is ready.
pub(crate) fn look_ahead(app: &SharedApp, blob: &str) {
    if !app.previews.is_ready() {
        return;
    }
    let (app, blob) = (app.clone(), blob.to_owned());
    tokio::spawn(async move {
        let found =
            blocking(&app, move |app| app.runtime.read(|unit| Ok::<_, Problem>(content::of_blob(unit.tx(), &blob)?)));
        if let Ok(Some((id, content))) = found.await {
            let content::Content { blob, name, media_type, size, sha256, version, .. } = content;
            // Whatever comes of it has been noted.
            if let Ok(blob) = blob {
                outline(&app, &Looked { id, name, media_type, size, sha256, blob, version }).await.ok();
            }
        }
    });
}
