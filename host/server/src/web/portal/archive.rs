//! All documents of a matter that a customer may download, as one ZIP.

use std::{collections::VecDeque, sync::Arc};

use axum::{extract::State, http::Method, response::Response};
use client_connect_runtime::{
    exports::portal,
    types::{DocumentId, Page, SortKey, Verb},
};

use super::{Visitor, download};
#[cfg(test)]
use crate::planted::{Fault, Planted};
use crate::{
    app::{App, SharedApp},
    store::quarantine,
    web::{
        Path, blocking,
        bytes::archive::{Entry, respond},
        problem::Problem,
    },
};

/// How many documents are asked for at a time.
const ROWS: u32 = 200;

/// Everything that may be downloaded, as a ZIP that is made while it is sent.
#[utoipa::path(get, path = "/api/portal/matters/{matter}/archive", tag = "portal", params(("matter" = String, Path)),
    responses((status = 200, description = "The archive.", content_type = "application/zip")))]
pub(crate) async fn archive(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(matter): Path<String>,
    method: Method,
) -> Result<Response, Problem> {
    let begun = blocking(&app, {
        let (visitor, matter) = (visitor.clone(), matter.clone());
        move |app| begin(app, visitor, matter)
    });
    let (name, mut list) = begun.await?;
    let owner = Arc::clone(&app);
    respond(&app.blobs, &name, method == Method::HEAD, move || list.next(&owner))
}

/// The documents of an archive, fetched page by page as it is made.
struct List {
    visitor: Visitor,
    matter: String,
    waiting: VecDeque<DocumentId>,
    after: Option<String>,
    ended: bool,
}

/// The matter's name, and the list with its first documents in it.
fn begin(app: &App, visitor: Visitor, matter: String) -> Result<(String, List), Problem> {
    let mut list = List { visitor, matter, waiting: VecDeque::new(), after: None, ended: false };
    let seen = app.runtime.read(|unit| {
        let caller = list.visitor.caller(app, unit, &list.matter)?;
        let matter = list.matter.clone();
        unit.call(&caller, &portal::Permit { matter: matter.clone(), verb: Verb::Download, documents: Vec::new() })?;
        Ok::<_, Problem>(unit.call(&caller, &portal::View { matter })?)
    })?;
    while list.waiting.is_empty() && !list.ended {
        list.page(app)?;
    }
    if list.waiting.is_empty() {
        return Err(Problem::conflict("nothing-to-download", "There is no document to download."));
    }
    Ok((seen.name, list))
}

impl List {
    fn page(&mut self, app: &App) -> Result<(), Problem> {
        let (page, held) = app.runtime.read(|unit| {
            let caller = self.visitor.caller(app, unit, &self.matter)?;
            let ask = portal::Documents {
                matter: self.matter.clone(),
                search: None,
                sort: SortKey::CreatedAt,
                descending: false,
                page: Page { after: self.after.clone(), limit: ROWS },
            };
            let page = unit.call(&caller, &ask)?;
            let held = quarantine::of_documents(unit.tx(), page.rows.iter().map(|row| row.document.as_str()))?;
            Ok::<_, Problem>((page, held))
        })?;
        let free = |document: &DocumentId| held.iter().all(|(held, _)| held != document);
        let rows = page.rows.into_iter().filter(|row| row.can_download).map(|row| row.document);
        self.waiting.extend(rows.filter(free));
        #[cfg(test)]
        if app.planted.is(Fault::ArchiveOfEverything) {
            self.waiting = app.runtime.read(|unit| {
                let of_matter = "SELECT id FROM documents WHERE matter = ?1 AND deleted_at IS NULL";
                let tx: &crate::store::SqliteTx = unit.tx();
                let mut all = tx.conn().prepare_cached(of_matter).map_err(Problem::internal)?;
                let rows = all.query_map([&self.matter], |row| row.get(0)).and_then(Iterator::collect);
                rows.map_err(Problem::internal)
            })?;
        }
        self.ended = page.next.is_none();
        self.after = page.next;
        Ok(())
    }

    /// The next entry: its right is asked, and that it is taken is put down, when its turn comes.
    fn next(&mut self, app: &SharedApp) -> Result<Option<Entry>, Problem> {
        loop {
            if let Some(document) = self.waiting.pop_front() {
                #[cfg(test)]
                if app.planted.is(Fault::ArchiveOfEverything) {
                    let found = Planted::content(app, &self.matter, &document)?;
                    let (content, right) = (download::of(&found)?, Arc::new(|| true));
                    return Ok(Some(Entry { content, at: found.activity_at, right }));
                }
                let mut found =
                    app.runtime.read(|unit| download::permitted(app, unit, &self.visitor, &self.matter, &document))?;
                // Held back since the list was made: a version came that waits for its scan.
                if found.blob.is_err() {
                    continue;
                }
                if !found.taken {
                    found = download::taken(app, &self.visitor, &self.matter, &document)?;
                }
                return Ok(Some(Entry {
                    content: download::of(&found)?,
                    at: found.activity_at,
                    right: download::right(app, &self.visitor, &self.matter, &document),
                }));
            }
            if self.ended {
                return Ok(None);
            }
            self.page(app)?;
        }
    }
}
