//! What went wrong, said on a page in the reader's language. What is not there and what is not theirs is one page, byte
//! for byte.

use client_connect_pages::{portal::Notice, words::Words};

use super::*;

/// The messages of a problem: its title, and what there is to say.
fn messages(problem: &Problem) -> (&'static str, &'static str) {
    let refused = problem.errors.first().map(|fault| fault.code.as_ref()).unwrap_or_default();
    match (refused, problem.code, problem.status.as_u16()) {
        ("firm-off", ..) => ("firm-off", "firm-off-why"),
        ("no-download", ..) => ("not-allowed", "no-download-why"),
        ("matter-closed", ..) => ("not-allowed", "matter-closed"),
        ("nobody-in-charge", ..) => ("not-allowed", "nobody-in-charge"),
        (_, "nothing-to-download", _) => ("not-allowed", "nothing-to-download-why"),
        (_, "held-for-scan", _) => ("held-title", "held-detail"),
        (_, "malware", _) => ("refused-title", "refused-detail"),
        (_, _, 404) => ("not-here", "not-here-why"),
        (_, _, 403) => ("not-allowed", "not-allowed-why"),
        (_, _, 429) => ("too-often", "too-often-why"),
        (_, _, 503) => ("one-moment", "one-moment-why"),
        (_, _, status) if status < 500 => ("cannot-be-used", "cannot-be-used-why"),
        _ => ("went-wrong", "went-wrong-why"),
    }
}

/// The page of a problem. Whoever is not signed in is taken to the sign-in, and back from there.
pub(super) async fn failed(app: &SharedApp, reader: Reader, problem: Problem) -> Response {
    if problem.status == StatusCode::UNAUTHORIZED {
        let over = match (&reader.visitor, reader.reads) {
            (None, _) => "",
            (Some(_), true) => "reading",
            (Some(_), false) => "sending",
        };
        return onward(&link("/portal", &[("over", over), ("next", way_back(&reader.here, "/portal"))]));
    }
    // Around it is nothing of the page that was asked for: neither its address nor its firm.
    let reader = reader.at("/portal");
    let asker = reader.clone();
    let frame = blocking(app, move |app| app.runtime.read(|unit| Ok::<_, Problem>(asker.enter(app, unit)?.frame)));
    let frame = frame.await.unwrap_or_else(|_| reader.outside());
    let (title, detail) = messages(&problem);
    let say = |message: &str| Words::say(frame.words, message);
    let to = if frame.person.is_some() { "to-matters" } else { "sign-in" };
    let page = Notice { title: say(title), detail: say(detail), onward: ("/portal".to_owned(), say(to)), frame };
    html_of(&problem, &page)
}

/// An address of the portal at which there is nothing.
pub(in crate::pages) async fn nothing(app: SharedApp, reader: Reader) -> Response {
    failed(&app, reader, Problem::not_found()).await
}
