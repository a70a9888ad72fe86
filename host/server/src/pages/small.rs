//! Pages, styles and scripts travel compressed, where the browser can read that.
//!
//! How small a page becomes tells a little of what is in it. Whoever can watch the line and make a browser ask for page
//! after page, each with words of their choice, could guess the rest from that. So a page is compressed only for its own
//! reader: who came to it from this host, or typed its address. Styles and scripts hold nothing of anybody's.

use std::io::Write;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};

/// Below so many bytes it is not worth it.
const LEAST: u64 = 1000;

/// The layer around pages and what they load.
pub(super) async fn small(request: Request, next: Next) -> Response {
    let reads = reads_gzip(request.headers());
    let own = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin" || site == "none");
    let mut answer = next.run(request).await;
    if !is_worth_it(&answer, own) {
        return answer;
    }
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding, sec-fetch-site"));
    if !reads {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    // Whole already: nothing here streams.
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return crate::web::Problem::internal("a page that is not whole").into_response();
    };
    let mut packed = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(5));
    let body = match packed.write_all(&bytes).and_then(|()| packed.finish()) {
        Ok(packed) => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.insert(header::CONTENT_LENGTH, packed.len().into());
            Body::from(packed)
        }
        Err(_) => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

fn reads_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"))
            && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
    })
}

/// A whole page for its own reader, or something that every page loads; never a file that somebody sent.
fn is_worth_it(answer: &Response, own: bool) -> bool {
    let headers = answer.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let public = ["text/css", "text/javascript", "image/svg+xml"].iter().any(|known| kind.starts_with(known));
    let page = kind.starts_with("text/html") && own;
    let plain = [header::CONTENT_DISPOSITION, header::CONTENT_ENCODING, header::CONTENT_RANGE, header::ETAG];
    (public || page)
        && plain.iter().all(|name| !headers.contains_key(name))
        && answer.body().size_hint().exact().is_some_and(|size| size >= LEAST)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::{Router, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn ask(kind: &'static str, asked: &[(&str, &str)]) -> (Option<String>, Vec<u8>) {
        let text = "the same words again and again, ".repeat(100);
        let answer = move || async move { ([(header::CONTENT_TYPE, kind)], text) };
        let app = Router::new().route("/", get(answer)).layer(middleware::from_fn(small));
        let request =
            asked.iter().fold(Request::builder().uri("/"), |request, (name, value)| request.header(*name, *value));
        let answer = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let coding = answer.headers().get(header::CONTENT_ENCODING).map(|coding| coding.to_str().unwrap().to_owned());
        let length: usize = answer.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec();
        assert_eq!(bytes.len(), length);
        (coding, bytes)
    }

    #[tokio::test]
    async fn a_page_is_compressed_for_its_own_reader_alone() {
        let gzip = ("accept-encoding", "br, gzip");
        for site in ["same-origin", "none"] {
            let (coding, bytes) = ask("text/html; charset=utf-8", &[gzip, ("sec-fetch-site", site)]).await;
            assert_eq!(coding.as_deref(), Some("gzip"), "{site}");
            let mut text = String::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
            assert!(text.starts_with("the same words again") && text.len() == 3200 && bytes.len() < 300);
        }
        for asked in
            [vec![gzip], vec![gzip, ("sec-fetch-site", "cross-site")], vec![gzip, ("sec-fetch-site", "same-site")]]
        {
            assert_eq!(ask("text/html; charset=utf-8", &asked).await.0, None, "{asked:?}");
        }
        let own = ("sec-fetch-site", "same-origin");
        for coding in ["identity", "gzip;q=0", "gzip; q=0.0, br"] {
            assert_eq!(ask("text/html", &[own, ("accept-encoding", coding)]).await.0, None, "{coding}");
        }
        assert_eq!(ask("text/css", &[gzip]).await.0.as_deref(), Some("gzip"), "a style is nobody's");
        assert_eq!(ask("text/plain", &[gzip, own]).await.0, None, "and a document is not touched");
    }
}
