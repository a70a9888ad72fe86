//! One document, for a customer to look at: pictures of its pages, and what may be known of it (OV4, CU4).

use client_connect_pages::{
    portal::{self as pages, Row},
    viewer::Look,
};
use client_connect_runtime::types::{Actor, DocumentSource};

use super::*;
use crate::{
    pages::viewer::{self, Sheets, Viewing},
    web::portal::preview,
};

pub(super) async fn document(
    State(app): State<SharedApp>,
    reader: Reader,
    Path((matter, document)): Path<(String, String)>,
    Query(sheets): Query<Sheets>,
) -> Response {
    let asker = reader.clone();
    let found = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let entry = asker.enter(app, unit)?;
            let caller = entry.visitor.caller(app, unit, &matter)?;
            let about = read::about(app, unit, &caller, &entry.customer, &matter)?;
            let (found, looked, _) = preview::asked(unit, &caller, &matter, &document)?;
            let own = match (&found.source, &caller.actor) {
                (DocumentSource::Portal(uploader), Actor::Contact(contact)) => uploader == contact,
                _ => false,
            };
            let row = Row {
                id: found.id,
                name: found.name,
                media_type: found.media_type,
                size: found.size,
                created: found.created_at,
                activity: found.activity_at,
                own,
                new: false,
                changed: false,
                can_download: about.can_download,
                held: None,
            };
            let frame = pages::Frame { firm: Some(about.firm.clone()), ..entry.frame };
            let look = Look::Soon(frame.words);
            Ok((pages::Document { frame, matter: about, row, version: found.version, look }, looked))
        })
    });
    match found.await {
        Ok((mut page, looked)) => {
            let here = format!("/portal/matters/{}/documents/{}", page.matter.id, page.row.id);
            let viewing = Viewing { words: page.frame.words, pictures: format!("/api{here}/pages"), here, sheets };
            page.look = viewing.look(&app, looked).await;
            viewer::answer(&page, &page.look)
        }
        Err(problem) => failed(&app, reader, problem).await,
    }
}
