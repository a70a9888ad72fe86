//! The documents of a matter: a page of the list, searched and sorted as asked.

use client_connect_pages::{
    show::{Count, Size, When},
    staff::{
        documents::{DocumentRow, Documents, Source},
        list::{Column, Pager},
    },
};
use client_connect_runtime::{
    Tx as _,
    backend::Viewer,
    types::{self as contract, DocumentFilter, DocumentSource, Lane, Page, SortKey},
};

use super::{names::Names, *};
use crate::{
    store::{
        HELD,
        staff::{offered, seen_by},
    },
    web::Path,
};

/// Rows of a page.
const ROWS: u32 = 50;

/// `/matters/{matter}` is its documents.
pub(super) async fn front(Path(matter): Path<String>) -> Response {
    onward(&format!("/matters/{}/documents", crate::pages::escaped(&matter)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    sort: String,
    descending: String,
    after: Option<String>,
    restored: Option<String>,
}

impl Wanted {
    fn sort(&self) -> (&'static str, SortKey) {
        match self.sort.as_str() {
            "activity" => ("activity", SortKey::ActivityAt),
            "created" => ("created", SortKey::CreatedAt),
            _ => ("name", SortKey::Name),
        }
    }

    fn descending(&self) -> bool {
        self.descending == "true"
    }

    /// This list, from another place on.
    fn from(&self, path: &str, after: &str) -> String {
        let descending = if self.descending() { "true" } else { "" };
        let sort = Some(self.sort().0).filter(|sort| *sort != "name").unwrap_or_default();
        link(path, &[("search", &self.search), ("sort", sort), ("descending", descending), ("after", after)])
    }

    /// The head of a column: by name from A on, by time from the newest on, and then the other way round.
    fn column(&self, path: &str, key: &'static str, name: &'static str) -> Column {
        let now = self.sort().0 == key;
        let first_down = key != "name";
        let down = if now { !self.descending() } else { first_down };
        let sort = if key == "name" { "" } else { key };
        let down = if down { "true" } else { "" };
        Column {
            name,
            href: link(path, &[("search", &self.search), ("sort", sort), ("descending", down)]),
            order: now.then_some(if self.descending() { "descending" } else { "ascending" }),
        }
    }
}

pub(super) async fn list(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let limit = Size(app.web.upload_limit);
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let (sort, key) = wanted.sort();
        let filter = DocumentFilter {
            contacts: Vec::new(),
            lane: Lane::WholeMatter,
            search: searched(&wanted.search),
            same_content_as: None,
            sort: key,
            descending: wanted.descending(),
            attributes: Vec::new(),
        };
        let page = Page { after: wanted.after.clone().filter(|after| !after.is_empty()), limit: ROWS };
        let now = unit.now();
        let viewer = Viewer::User(staff.user.clone());
        let found = unit.tx().find_documents(&viewer, &matter, &filter, &page)?;
        let documents: Vec<_> = found.rows.into_iter().map(|row| row.document).collect();
        let seen = seen(unit.tx(), &head, &documents, now)?;
        let rows = rows(unit.tx(), documents, &seen)?;
        let path = format!("/matters/{matter}/documents");
        let offered = match wanted.restored {
            Some(_) if head.client_connect => Some(offered(unit.tx(), &matter, now)?),
            Some(_) => Some(0),
            None => None,
        };
        Ok(Documents {
            frame,
            sort,
            descending: wanted.descending(),
            columns: [
                wanted.column(&path, "name", "Name"),
                wanted.column(&path, "activity", "Activity"),
                wanted.column(&path, "created", "Created"),
            ],
            rows,
            count: Count { total: found.total, exact: found.exact },
            pager: Pager {
                first: page.after.is_some().then(|| wanted.from(&path, "")),
                next: found.next.map(|next| wanted.from(&path, &next)),
            },
            search: wanted.search,
            offered,
            matter: head,
            limit,
        })
    };
    show(&app, asker, work).await
}

/// Who sees these documents, a document and a name each; asked of all of them at once.
pub(super) fn seen(
    tx: &SqliteTx,
    matter: &MatterHead,
    documents: &[contract::Document],
    now: u64,
) -> Result<Vec<(String, String)>, Problem> {
    if !matter.client_connect {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = documents.iter().map(|document| document.id.clone()).collect();
    Ok(seen_by(tx, &matter.id, &ids, now)?)
}

/// Documents as lists show them, with how many of `seen` see each.
pub(super) fn rows(
    tx: &SqliteTx,
    documents: Vec<contract::Document>,
    seen: &[(String, String)],
) -> Result<Vec<DocumentRow>, Problem> {
    let mut names = Names::default();
    let row = |document: contract::Document| {
        let shared_with = seen.iter().filter(|(seen, _)| *seen == document.id).count();
        let created_by = document.created_by.as_deref().map(|user| names.user(tx, user)).transpose()?.flatten();
        let source = match document.source {
            DocumentSource::Platform => Source::Firm,
            DocumentSource::Portal(contact) => {
                Source::Portal(names.contact(tx, &contact)?.unwrap_or_else(|| "somebody who is gone".to_owned()))
            }
            DocumentSource::Other(place) => Source::Other(place),
        };
        Ok(DocumentRow {
            id: document.id,
            name: document.name,
            kind: document.kind,
            media_type: document.media_type,
            size: Size(document.size),
            version: document.version,
            created_by,
            created: When(document.created_at),
            activity: When(document.activity_at),
            source,
            shared_with: u32::try_from(shared_with).unwrap_or(u32::MAX),
            held: document.attributes.iter().find(|(key, _)| key == HELD).map(|(_, word)| word == "found"),
        })
    };
    documents.into_iter().map(row).collect()
}
