//! What a customer reads: a matter with its documents (OV4, CU6, SH30).

use client_connect_pages::portal::{self as pages, About, Column, List, Row};
use client_connect_runtime::{
    Caller, Unit,
    exports::portal,
    types::{Page, PortalMatter, SortKey},
};

use super::*;
use crate::{
    store::{
        contacts,
        quarantine::{self, Held},
    },
    web::session::Customer,
};

/// Rows of a page.
const ROWS: u32 = 50;

/// The columns by which a list is sorted: their name in an address, their message, and whether the highest comes
/// first unless something else is asked for.
const COLUMNS: [(&str, &str, SortKey, bool); 3] = [
    ("name", "name", SortKey::Name, false),
    ("activity", "changed", SortKey::ActivityAt, true),
    ("created", "created", SortKey::CreatedAt, true),
];
/// What changed last stands first.
const FIRST: usize = 1;

/// Which documents, in which order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    sort: String,
    descending: String,
    after: String,
}

impl Wanted {
    fn column(&self) -> (&'static str, &'static str, SortKey, bool) {
        COLUMNS.into_iter().find(|column| column.0 == self.sort).unwrap_or(COLUMNS[FIRST])
    }

    fn descending(&self) -> bool {
        match self.descending.as_str() {
            "true" => true,
            "false" => false,
            _ => self.column().3,
        }
    }

    fn link(&self, path: &str, sort: &str, descending: bool, after: &str) -> String {
        let descending = if descending { "true" } else { "false" };
        link(path, &[("search", self.search.trim()), ("sort", sort), ("descending", descending), ("after", after)])
    }
}

pub(super) async fn matter(
    State(app): State<SharedApp>,
    reader: Reader,
    Path(matter): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    show(&app, reader, move |app, unit, entry| matter_page(app, unit, entry, &matter, &wanted, None)).await
}

/// The page of a matter; with what was wrong with what was to be sent.
pub(super) fn matter_page(
    app: &App,
    unit: &mut Unit<'_, SqliteTx>,
    entry: Entry,
    matter: &str,
    wanted: &Wanted,
    upload_problem: Option<String>,
) -> Result<pages::Matter, Problem> {
    let caller = entry.visitor.caller(app, unit, matter)?;
    let about = about(app, unit, &caller, &entry.customer, matter)?;
    let (sort, _, key, _) = wanted.column();
    let descending = wanted.descending();
    let after = Some(wanted.after.clone()).filter(|after| !after.is_empty());
    let page = unit.call(
        &caller,
        &portal::Documents {
            matter: matter.to_owned(),
            search: searched(&wanted.search),
            sort: key,
            descending,
            page: Page { after, limit: ROWS },
        },
    )?;
    let path = format!("/portal/matters/{matter}");
    let columns = COLUMNS.into_iter().map(|(name, label, _, highest_first)| {
        let sorted = name == sort;
        Column {
            label,
            link: wanted.link(&path, name, if sorted { !descending } else { highest_first }, ""),
            order: sorted.then_some(if descending { "descending" } else { "ascending" }),
        }
    });
    let held = quarantine::of_documents(unit.tx(), page.rows.iter().map(|row| row.document.as_str()))?;
    let rows = page.rows.into_iter().map(|row| Row {
        held: quarantine::among(&held, &row.document).map(self::held),
        new: row.seen.is_none() && !row.own_upload,
        changed: row.seen.or(row.own_upload.then_some(1)).is_some_and(|seen| seen < row.version),
        id: row.document,
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        created: row.created_at,
        activity: row.activity_at,
        own: row.own_upload,
        can_download: row.can_download,
    });
    let list = List {
        search: wanted.search.trim().to_owned(),
        sort,
        descending,
        columns: columns.collect(),
        rows: rows.collect(),
        total: page.total,
        exact: page.exact,
        first: (!wanted.after.is_empty()).then(|| wanted.link(&path, sort, descending, "")),
        next: page.next.map(|after| wanted.link(&path, sort, descending, &after)),
        path,
    };
    let frame = pages::Frame { firm: Some(about.firm.clone()), ..entry.frame };
    Ok(pages::Matter { frame, matter: about, list, upload_problem })
}

/// The message that says why nobody gets a document.
pub(super) fn held(held: Held) -> &'static str {
    match held {
        Held::Waiting => "held-waiting",
        Held::Found => "held-found",
    }
}

/// What may be known of a matter.
pub(super) fn about(
    app: &App,
    unit: &mut Unit<'_, SqliteTx>,
    caller: &Caller,
    customer: &Customer,
    matter: &str,
) -> Result<About, Problem> {
    let PortalMatter { matter, firm, name, owner, opened_at, can_download, can_upload, attributes } =
        unit.call(caller, &portal::View { matter: matter.to_owned() })?;
    let attribute = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let (now, mut open) = (unit.now(), 0);
    for (_, contact) in &customer.contacts {
        open += contacts::open_to(unit.tx(), contact, now)?;
    }
    Ok(About {
        closed: attribute("closed").is_some(),
        until: attribute("until").and_then(|until| until.parse().ok()),
        id: matter,
        firm,
        name,
        owner,
        opened: opened_at,
        can_download,
        can_upload,
        upload_limit: app.web.upload_limit,
        several: open > 1,
    })
}
