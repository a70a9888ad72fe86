//! The portal's pages over a whole host: who sees what, and that nothing on them will be refused.

mod languages;
mod reading;
mod sending;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::web::portal::tests::house::{Answer, Guest, House};

/// Markup as a name.
pub(super) const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&.txt";

/// The page of the house's matter.
pub(super) fn page(house: &House, rest: &str) -> String {
    format!("/portal/matters/{}{rest}", house.matter)
}

/// A page as text, after a success.
#[track_caller]
pub(super) fn text(answer: &Answer) -> String {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, StatusCode::OK, "{text}");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{text}");
    text
}

/// Where an answer leads.
#[track_caller]
pub(super) fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", String::from_utf8_lossy(&answer.body));
    answer.headers[header::LOCATION].to_str().unwrap()
}

/// The first link to an address that begins like this.
#[track_caller]
pub(super) fn link_to(page: &str, beginning: &str) -> String {
    let from = format!("href=\"{beginning}");
    let (_, rest) = page.split_once(&from).unwrap_or_else(|| panic!("no link to {beginning} on {page}"));
    format!("{beginning}{}", rest.split_once('"').unwrap().0).replace("&#38;", "&").replace("&amp;", "&")
}

/// Posts a plain form, as a browser without scripts does.
pub(super) async fn post(house: &House, guest: &Guest, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path)
        .header(header::COOKIE, &guest.cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(form.to_owned())).unwrap()).await
}

/// Sends files by the page's form.
pub(super) async fn send(house: &House, guest: &Guest, files: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, bytes) in files {
        body.push_str(&format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{bytes}\r\n"
        ));
    }
    // The camera's field, in which nothing was chosen.
    body.push_str("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--XX--\r\n");
    let request = Request::post(page(house, "/upload"))
        .header(header::COOKIE, &guest.cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
    house.send(request.body(Body::from(body)).unwrap()).await
}

/// A guest who is not signed in, or no longer.
pub(super) fn nobody(cookie: &str) -> Guest {
    Guest { contact: String::new(), cookie: cookie.to_owned() }
}
