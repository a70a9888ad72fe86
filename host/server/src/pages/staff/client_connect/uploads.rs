//! The Documents section: what contacts have sent.

use client_connect_pages::{
    show::{Count, Size, When},
    staff::client_connect::{Column, Upload, Uploads},
};
use client_connect_runtime::{
    exports::sharing,
    types::{Contact, DocumentRow, DocumentSource, Lane, ShareState},
};

use super::{names::Names, *};
use crate::web::{staff::documents_of, types::Sort};

/// Rows of a page.
const ROWS: u32 = 50;

/// Which documents, in which order.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    pub(super) search: String,
    pub(super) sort: Sort,
    pub(super) descending: bool,
    pub(super) after: Option<String>,
}

impl Default for Which {
    fn default() -> Self {
        Self { search: String::new(), sort: Sort::Name, descending: false, after: None }
    }
}

impl Which {
    /// The same at `path`, in this order, after this place; the beginning, if it is empty.
    fn link(&self, path: &str, sort: Sort, descending: bool, after: &str) -> String {
        let sort = if sort == Sort::Name { "" } else { word(sort) };
        let descending = if descending { "true" } else { "" };
        let search = self.search.trim();
        link(path, &[("search", search), ("sort", sort), ("descending", descending), ("after", after)])
    }

    /// Name, Activity and Created, each with the way to sort by it.
    pub(super) fn columns(&self, path: &str) -> Vec<Column> {
        let column = |label, sort, wide| {
            let here = self.sort == sort;
            Column {
                label,
                link: self.link(path, sort, here && !self.descending, ""),
                sorted: match (here, self.descending) {
                    (false, _) => "none",
                    (true, false) => "ascending",
                    (true, true) => "descending",
                },
                wide,
            }
        };
        vec![
            column("Name", Sort::Name, false),
            column("Activity", Sort::ActivityAt, true),
            column("Created", Sort::CreatedAt, true),
        ]
    }

    /// Where the page that follows is.
    pub(super) fn next(&self, path: &str, after: &str) -> String {
        self.link(path, self.sort, self.descending, after)
    }
}

fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Name => "name",
        Sort::ActivityAt => "activity_at",
        Sort::CreatedAt => "created_at",
    }
}

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Failed> {
    show(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let chosen = unit.call(&caller(staff), &sharing::View { matter: matter.clone() })?.contacts;
        let mut list = documents_of(&matter, Lane::Uploaded, ROWS);
        list.filter.search = searched(&which.search);
        (list.filter.sort, list.filter.descending) = (which.sort.into(), which.descending);
        list.page.after = which.after.clone();
        let found = unit.call(&caller(staff), &list)?;
        let path = format!("/matters/{matter}/client-connect/documents");
        Ok(Uploads {
            frame,
            matter: head,
            columns: which.columns(&path),
            rows: rows(unit.tx(), &matter, found.rows, &chosen)?,
            total: Count { total: found.total, exact: found.exact },
            next: found.next.map(|after| which.next(&path, &after)),
            search: which.search.trim().to_owned(),
        })
    })
    .await
}

/// Uploads as pages show them; `chosen`: who can be chosen in the Sharing section.
pub(super) fn rows(
    tx: &SqliteTx,
    matter: &str,
    found: Vec<DocumentRow>,
    chosen: &[Contact],
) -> Result<Vec<Upload>, Problem> {
    let mut names = Names::default();
    let mut rows = Vec::with_capacity(found.len());
    for DocumentRow { document, shares, .. } in found {
        let uploader = match document.source {
            DocumentSource::Portal(contact) => contact,
            DocumentSource::Platform | DocumentSource::Other(_) => String::new(),
        };
        let contact = if chosen.iter().any(|one| one.id == uploader) { uploader.as_str() } else { "" };
        let sharing = format!("/matters/{matter}/client-connect/sharing");
        rows.push(Upload {
            sharing: link(&sharing, &[("contacts", contact), ("search", &document.name)]),
            visible: shares.iter().any(|share| share.contact == uploader && matches!(share.state, ShareState::Live)),
            // Who was unlinked or deleted since still has a name.
            who: names.contact(tx, &uploader)?.unwrap_or_else(|| "Somebody".to_owned()),
            id: document.id,
            name: document.name,
            media_type: document.media_type,
            size: Size(document.size),
            came: When(document.created_at),
            activity: When(document.activity_at),
        });
    }
    Ok(rows)
}
