//! Downloads: the API's own, and where they are refused a page that says why.

use axum::http::{HeaderMap, Method};

use super::*;
use crate::web::portal::{archive, download};

pub(super) async fn one(
    State(app): State<SharedApp>,
    reader: Reader,
    Path(path): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let reader = reader.at(format!("/portal/matters/{}", path.0));
    let answer = match reader.visitor.clone() {
        Some(visitor) => download::download(State(app.clone()), visitor, Path(path), method, headers).await,
        None => Err(Problem::sign_in_needed()),
    };
    or_why(&app, reader, answer).await
}

pub(super) async fn all(
    State(app): State<SharedApp>,
    reader: Reader,
    Path(matter): Path<String>,
    method: Method,
) -> Response {
    let reader = reader.at(format!("/portal/matters/{matter}"));
    let answer = match reader.visitor.clone() {
        Some(visitor) => archive::archive(State(app.clone()), visitor, Path(matter), method).await,
        None => Err(Problem::sign_in_needed()),
    };
    or_why(&app, reader, answer).await
}

async fn or_why(app: &SharedApp, reader: Reader, answer: Result<Response, Problem>) -> Response {
    match answer {
        Ok(answer) => answer,
        Err(problem) => failed(app, reader, problem).await,
    }
}
