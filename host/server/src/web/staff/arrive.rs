//! Files that staff bring: received for who may store them, scanned, and said to be held back where they are.

use axum::{body::Body, extract::Request};
use client_connect_runtime::{Caller, Unit};

use super::{caller, documents::visible, may_edit, row};
use crate::{
    app::SharedApp,
    scan,
    store::SqliteTx,
    web::{
        self, Problem,
        bytes::receive::{self, Arrived},
        session::Staff,
    },
};

/// Receives a file for a matter, or a document in it, that this user may change: asked before a byte is read.
pub(super) async fn receive_for(
    app: &SharedApp,
    staff: &Staff,
    matter: &str,
    document: Option<&str>,
    name: &str,
    request: Request,
) -> Result<Arrived, Problem> {
    let (place, named) = (matter.to_owned(), document.map(str::to_owned));
    let (user, matter, document) = (staff.user.clone(), place.clone(), named.clone());
    let allowed = web::blocking(app, move |app| {
        app.runtime.read(|unit| {
            may_edit(unit.tx(), &user, &matter)?;
            document.map_or(Ok(()), |document| visible(unit.tx(), &user, &matter, &document).map(drop))
        })
    });
    let allowed = allowed.await;
    let (parts, body): (_, Body) = request.into_parts();
    match allowed {
        Ok(()) => {
            let arrived = receive::raw(app, &parts.headers, body, Some(name)).await?;
            scanned(app, staff, &place, named.as_deref(), &arrived).await?;
            Ok(arrived)
        }
        Err(problem) => Err(receive::refuse(&parts.headers, body, problem).await),
    }
}

/// Has a file scanned, and refuses it if something is found.
async fn scanned(
    app: &SharedApp,
    staff: &Staff,
    matter: &str,
    document: Option<&str>,
    arrived: &Arrived,
) -> Result<(), Problem> {
    let file =
        scan::File { blob: arrived.loose.id().to_owned(), size: arrived.written.size, name: arrived.name.clone() };
    let found = scan::arrived(app, vec![file]).await?;
    if found.is_empty() {
        return Ok(());
    }
    let problem = scan::refusal(&found);
    let (staff, matter, document) = (staff.clone(), matter.to_owned(), document.map(str::to_owned));
    web::blocking(app, move |app| {
        app.runtime.write(|unit| {
            let mut base = row(unit, &caller(&staff), "upload.refused").matter(&matter);
            base.document = document.clone();
            scan::tell_of_refusal(unit.tx(), &staff.firm, &base, "", &[], &found)
        })
    })
    .await?;
    Err(problem)
}

/// Says in the audit that a document is held back, if its new content is.
pub(super) fn note_held(
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    staff: &Staff,
    matter: &str,
    document: &str,
    blob: &str,
) -> Result<(), Problem> {
    let base = row(unit, caller, "document.held").matter(matter);
    scan::note_held(unit.tx(), &staff.firm, &base, document, blob, &[]).map(drop)
}
