//! What a page needs that shows a document: its outline, if that can be had soon.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use client_connect_pages::{
    Template,
    viewer::{Look, Viewer},
    words::Words,
};
use client_connect_preview::NoPreview;
use serde::Deserialize;

use super::html;
use crate::{
    app::SharedApp,
    web::{
        Problem,
        preview::{self, Looked},
    },
};

/// How long a page waits for the outline of its document before it says that there will be one.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Which pages of a document, and how large.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sheets {
    pub(super) from: u32,
    pub(super) large: bool,
}

/// A page that shows a document.
pub(super) struct Viewing {
    pub(super) words: Words,
    /// Where the pictures are.
    pub(super) pictures: String,
    /// Where the page itself is.
    pub(super) here: String,
    pub(super) sheets: Sheets,
}

impl Viewing {
    /// What there is to look at. Whoever may see it has been found out before.
    pub(super) async fn look(self, app: &SharedApp, looked: Looked) -> Look {
        let (words, version, asked) = (self.words, looked.version, app.clone());
        // Goes on when nobody waits any more: the next who asks finds it.
        let outline = tokio::spawn(async move { preview::outline(&asked, &looked).await });
        match tokio::time::timeout(PATIENCE, outline).await {
            Ok(Ok(Ok(outline))) => Look::Shown(Viewer {
                words,
                pictures: self.pictures,
                here: self.here,
                version,
                total: outline.pages,
                large: self.sheets.large,
                sheets: Viewer::sheets(outline.pages, self.sheets.from, |page| outline.size(page)),
            }),
            Ok(Ok(Err(problem))) => match cause(&problem) {
                Some(cause) => Look::Cannot(words, cause),
                None => Look::Soon(words),
            },
            Ok(Err(_)) | Err(_) => Look::Soon(words),
        }
    }
}

/// Why a document cannot be shown, if that is what the problem says.
fn cause(problem: &Problem) -> Option<&'static str> {
    let fault = problem.errors.first().filter(|_| problem.code == "no-preview")?;
    NoPreview::from_lasting(&fault.code)?.lasting()
}

/// The page; one that will have something to show soon is asked for again by itself, also without a script.
pub(super) fn answer(page: &impl Template, look: &Look) -> Response {
    let mut answer = html(StatusCode::OK, page);
    if look.is_soon() {
        answer.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    answer
}
