//! The audit: of a matter, for who may see the matter; of the firm, for administrators.
//!
//! A member of a matter is not told the names of documents that are kept from them.

use std::fmt::Write as _;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use client_connect_runtime::Unit;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{csv, read, rights};
use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, audit, staff::kept_from},
    web::{
        self, Problem,
        extract::{Path, Query},
        session::{self, Staff, StaffToken},
        types::{self, Listing},
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(matter_audit))
        .routes(routes!(matter_audit_export))
        .routes(routes!(firm_audit))
        .routes(routes!(firm_audit_export))
}

/// Seven days, in milliseconds: what is shown where no period is named.
pub(crate) const WEEK: u64 = 7 * 24 * 60 * 60 * 1_000;
/// Rows that an export reads at once.
const EXPORTED: u32 = 500;

/// Which rows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditFilter {
    /// This action, or with a dot at its end all that start so: `document.shared`, `access.`.
    #[serde(rename = "type")]
    pub(crate) action: Option<String>,
    /// By this user or contact.
    pub(crate) user: Option<String>,
    /// About this contact.
    pub(crate) contact: Option<String>,
    /// From this time on; seven days ago, where none is named.
    pub(crate) since: Option<u64>,
    /// Before this time.
    pub(crate) until: Option<u64>,
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// At most so many rows, up to 200. Counts for nothing in an export.
    #[param(maximum = 200)]
    pub(crate) limit: Option<u32>,
    /// Of an export: `csv`, `json`, or `jsonl`.
    #[serde(default)]
    #[param(inline)]
    pub(crate) format: Format,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// One object with a list.
    #[default]
    Json,
    /// For a spreadsheet.
    Csv,
    /// An object on each line.
    Jsonl,
}

/// One row of the audit.
#[derive(Debug, Serialize, ToSchema)]
struct AuditEntry {
    /// Its number in the firm's chain.
    seq: u64,
    /// When.
    at: u64,
    /// In which matter.
    matter: Option<String>,
    /// `user`, `contact`, `viewing-as`, `host` or `anonymous`.
    actor_kind: String,
    /// Who.
    actor: Option<String>,
    /// Their name as it is now.
    actor_name: Option<String>,
    /// As which contact, for `viewing-as`.
    acting_for: Option<String>,
    /// What.
    action: String,
    /// With which document.
    document: Option<String>,
    /// With which contact.
    contact: Option<String>,
    /// Ties the rows of one call together.
    call: String,
    /// The request that caused it.
    request: Option<String>,
    /// SHA-256 of the component that ran, in hex.
    plugin: Option<String>,
    /// Names, versions, hashes and details as they were; none where they were erased, or are kept from the asker.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
    /// SHA-256 over this row and the one before, in hex.
    hash: String,
}

impl From<audit::Entry> for AuditEntry {
    fn from(entry: audit::Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            matter: entry.matter,
            actor_kind: entry.actor_kind,
            actor: entry.actor,
            actor_name: entry.actor_name,
            acting_for: entry.acting_for,
            action: entry.action,
            document: entry.document,
            contact: entry.contact,
            call: entry.call,
            request: entry.request,
            plugin: entry.plugin,
            body: entry.body,
            hash: entry.hash,
        }
    }
}

/// Whose audit somebody wants to see: of one matter, or of the firm.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) matter: Option<String>,
    pub(crate) filter: AuditFilter,
}

impl Scope {
    /// Rows before `before`, if this user may see them now.
    fn rows(
        &self,
        unit: &mut Unit<'_, SqliteTx>,
        staff: &Staff,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<audit::Entry>, Problem> {
        match &self.matter {
            Some(matter) => drop(rights(unit.tx(), &staff.user, matter)?),
            None if !staff.admin => return Err(Problem::denied("Only an administrator may read the firm's audit.")),
            None => {}
        }
        let query = audit::Query {
            firm: staff.firm.clone(),
            matter: self.matter.clone(),
            since: Some(self.filter.since.unwrap_or_else(|| unit.now().saturating_sub(WEEK))),
            until: self.filter.until,
            actor: self.filter.user.clone(),
            contact: self.filter.contact.clone(),
            action: self.filter.action.clone(),
            calls: false,
            before,
            after: None,
            limit,
        };
        let mut rows = audit::list(unit.tx(), &query)?;
        if self.matter.is_some() {
            let mut named: Vec<String> = rows.iter().filter_map(|row| row.document.clone()).collect();
            named.sort_unstable();
            named.dedup();
            let kept = kept_from(unit.tx(), &staff.user, &named)?;
            for row in &mut rows {
                if row.document.as_ref().is_some_and(|document| kept.binary_search(document).is_ok()) {
                    row.document = None;
                    row.body = None;
                }
            }
        }
        Ok(rows)
    }

    async fn page(self, app: &SharedApp, token: StaffToken) -> Result<Response, Problem> {
        let limit = types::limit(self.filter.limit)?;
        let answer = read(app, token, move |unit, staff| {
            let (rows, next) = self.listing(unit, staff, limit)?;
            Ok(Listing::<AuditEntry> { items: types::all(rows), next })
        });
        answer.await
    }

    /// One page of rows, and where the next one begins.
    pub(crate) fn listing(
        &self,
        unit: &mut Unit<'_, SqliteTx>,
        staff: &Staff,
        limit: u32,
    ) -> Result<(Vec<audit::Entry>, Option<String>), Problem> {
        let bad_cursor = |_| Problem::field("after", "bad-cursor", "This is no cursor of this list.");
        let before = self.filter.after.as_ref().map(|after| after.parse().map_err(bad_cursor)).transpose()?;
        let mut rows = self.rows(unit, staff, before, limit + 1)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|last| last.seq.to_string());
        Ok((rows, next))
    }

    /// The rows after `before`, as they are written, and where the next ones begin. One transaction for each part,
    /// so that a slow reader keeps none open; and each asks anew whether they may go on.
    fn part(&self, app: &App, token: &StaffToken, before: Option<u64>) -> Result<(Vec<u8>, Option<u64>), Problem> {
        let rows = app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, token)?;
            self.rows(unit, &staff, before, EXPORTED)
        })?;
        let next = rows.last().filter(|_| rows.len() == EXPORTED as usize).map(|last| last.seq);
        let mut part = Vec::new();
        for row in rows {
            match self.filter.format {
                Format::Csv => csv_row(&mut part, row),
                Format::Json => {
                    if !(part.is_empty() && before.is_none()) {
                        part.push(b',');
                    }
                    serde_json::to_writer(&mut part, &AuditEntry::from(row)).map_err(Problem::internal)?;
                }
                Format::Jsonl => {
                    serde_json::to_writer(&mut part, &AuditEntry::from(row)).map_err(Problem::internal)?;
                    part.push(b'\n');
                }
            }
        }
        Ok((part, next))
    }

    /// A signed head of the firm's chain as it is now, for an export of the firm's whole audit: whoever keeps the file can
    /// prove by it later that nothing was taken out.
    fn checkpoint(&self, app: &App, token: &StaffToken) -> Result<Option<String>, Problem> {
        if self.matter.is_some() {
            return Ok(None);
        }
        app.runtime.read(|unit| {
            let now = unit.now();
            let staff = session::staff(app, unit.tx(), now, token)?;
            let head = audit::head_or_beginning(unit.tx(), &staff.firm)?;
            Ok(Some(app.checkpoints.signer().sign(&head)))
        })
    }

    /// All rows, the newest first, as a file. The firm's ends with a checkpoint.
    async fn export(self, app: &SharedApp, token: StaffToken) -> Result<Response, Problem> {
        let format = self.filter.format;
        let (scope, first_token) = (self.clone(), token);
        // The first part decides whether there is an answer at all.
        let (first, mut next) = web::blocking(app, move |app| scope.part(app, &first_token, None)).await?;
        let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(2);
        let head = match format {
            Format::Csv => csv_head(),
            Format::Json => br#"{"items":["#.to_vec(),
            Format::Jsonl => Vec::new(),
        };
        let app = app.clone();
        tokio::task::spawn_blocking(move || {
            let send = |bytes: Vec<u8>| sender.blocking_send(Ok(bytes.into())).is_ok();
            let mut going = send(head) && send(first);
            while let (true, Some(before)) = (going, next) {
                match self.part(&app, &token, Some(before)) {
                    Ok((part, then)) => (going, next) = (send(part), then),
                    Err(problem) => {
                        // What was begun as a success can only be cut, so that it does not pass for whole.
                        let _ = sender.blocking_send(Err(std::io::Error::other(problem)));
                        return;
                    }
                }
            }
            if going {
                match self.checkpoint(&app, &token) {
                    Ok(note) => drop(send(closing(format, note.as_deref()))),
                    Err(problem) => drop(sender.blocking_send(Err(std::io::Error::other(problem)))),
                }
            }
        });
        let mut answer = Response::new(Body::from_stream(ReceiverStream::new(receiver)));
        let (kind, name) = match format {
            Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
            Format::Json => ("application/json", "attachment; filename=\"audit.json\""),
            Format::Jsonl => ("application/jsonl", "attachment; filename=\"audit.jsonl\""),
        };
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
        Ok(answer)
    }
}

/// The end of an export, with its checkpoint if it has one.
fn closing(format: Format, note: Option<&str>) -> Vec<u8> {
    match (format, note) {
        (Format::Json, None) => b"]}".to_vec(),
        (Format::Json, Some(note)) => format!("],\"checkpoint\":{}}}", Value::from(note)).into_bytes(),
        (Format::Jsonl, Some(note)) => format!("{{\"checkpoint\":{}}}\n", Value::from(note)).into_bytes(),
        (Format::Csv, Some(note)) => {
            let mut row = Vec::new();
            let cells = COLUMNS.map(|column| match column {
                "action" => "checkpoint",
                "body" => note,
                _ => "",
            });
            csv::append(&mut row, cells);
            row
        }
        (Format::Csv | Format::Jsonl, None) => Vec::new(),
    }
}

const COLUMNS: [&str; 13] = [
    "seq",
    "at",
    "matter",
    "actor_kind",
    "actor",
    "actor_name",
    "acting_for",
    "action",
    "document",
    "contact",
    "request",
    "body",
    "hash",
];

fn csv_head() -> Vec<u8> {
    let mut head = Vec::new();
    csv::append(&mut head, COLUMNS);
    head
}

fn csv_row(table: &mut Vec<u8>, row: audit::Entry) {
    let mut at = String::new();
    match i64::try_from(row.at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok()) {
        Some(time) => {
            // Writing into a string does not fail.
            let _ = write!(at, "{time}");
        }
        None => at = row.at.to_string(),
    }
    let body = row.body.map(|body| body.to_string()).unwrap_or_default();
    let seq = row.seq.to_string();
    let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
    let cells = [
        seq,
        at,
        text(&row.matter),
        row.actor_kind,
        text(&row.actor),
        text(&row.actor_name),
        text(&row.acting_for),
        row.action,
        text(&row.document),
        text(&row.contact),
        text(&row.request),
        body,
        row.hash,
    ];
    csv::append(table, cells.iter().map(String::as_str));
}

/// What was done in this matter, the newest first.
#[utoipa::path(get, path = "/api/matters/{matter}/audit", tag = "audit", params(("matter" = String, Path), AuditFilter),
    responses((status = 200, body = Listing<AuditEntry>)))]
async fn matter_audit(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
    Query(filter): Query<AuditFilter>,
) -> Result<Response, Problem> {
    Scope { matter: Some(matter), filter }.page(&app, token).await
}

/// The same as a file, of any length.
#[utoipa::path(get, path = "/api/matters/{matter}/audit/export", tag = "audit",
    params(("matter" = String, Path), AuditFilter),
    responses((status = 200, content((Listing<AuditEntry> = "application/json"), (String = "text/csv"), (String = "application/jsonl")))))]
async fn matter_audit_export(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
    Query(filter): Query<AuditFilter>,
) -> Result<Response, Problem> {
    Scope { matter: Some(matter), filter }.export(&app, token).await
}

/// What was done in the firm, the newest first. Takes an administrator.
#[utoipa::path(get, path = "/api/audit", tag = "audit", params(AuditFilter),
    responses((status = 200, body = Listing<AuditEntry>)))]
async fn firm_audit(
    State(app): State<SharedApp>,
    token: StaffToken,
    Query(filter): Query<AuditFilter>,
) -> Result<Response, Problem> {
    Scope { matter: None, filter }.page(&app, token).await
}

/// The same as a file, of any length, with a signed head of the chain at its end, as `checkpoint`. Takes an administrator.
#[utoipa::path(get, path = "/api/audit/export", tag = "audit", params(AuditFilter),
    responses((status = 200, content((Listing<AuditEntry> = "application/json"), (String = "text/csv"), (String = "application/jsonl")))))]
async fn firm_audit_export(
    State(app): State<SharedApp>,
    token: StaffToken,
    Query(filter): Query<AuditFilter>,
) -> Result<Response, Problem> {
    Scope { matter: None, filter }.export(&app, token).await
}
