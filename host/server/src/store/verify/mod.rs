//! The proof that nothing is lost, as far as a data folder can give it: each promise as a check that can fail. Made to be
//! run after every fault, and by whoever wonders.

mod bytes;
mod effects;
mod records;

use std::path::Path;

use client_connect_runtime::{
    backend::Mode,
    types::{HostError, Timestamp},
};

use super::{
    SqliteBackend, SqliteTx,
    audit::{self, Head},
    firms,
    sql::Host,
};
use crate::blobs::Blobs;
use crate::store::driver::{self, Row, Statement, ToSql};

/// So many of the things that are wrong are named for each check; the others are counted.
const NAMED: usize = 20;

/// One check and what it found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The invariant's name, for instance `INV-3`.
    pub invariant: &'static str,
    /// What must hold.
    pub promise: &'static str,
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them are wrong.
    pub wrong: u64,
    /// The first of these, by id; never a name, an address or a content.
    pub named: Vec<String>,
    /// What there is to add: what the proof does not cover, and why; or which one was looked at.
    pub note: Option<String>,
}

impl Finding {
    fn new(invariant: &'static str, promise: &'static str) -> Self {
        Self { invariant, promise, checked: 0, wrong: 0, named: Vec::new(), note: None }
    }

    /// Whether the promise holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong == 0
    }

    fn fault(&mut self, what: String) {
        self.wrong += 1;
        if self.named.len() < NAMED {
            self.named.push(what);
        }
    }

    /// Runs a statement that answers one row for each thing that is wrong, its first columns telling which.
    fn faults(mut self, tx: &SqliteTx, statement: &str, values: &[&dyn ToSql]) -> Result<Self, HostError> {
        let mut select: Statement<'_> = tx.conn().prepare(statement).host()?;
        let width = select.column_count();
        let tell = |row: &Row<'_>| -> driver::Result<String> {
            let mut words = Vec::with_capacity(width);
            for column in 0..width {
                words.push(match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    rusqlite::types::ValueRef::Blob(bytes) => hex::encode(bytes),
                    _ => "-".to_owned(),
                });
            }
            Ok(words.join(" "))
        };
        for fault in select.query_map(values, tell).host()? {
            self.fault(fault.host()?);
        }
        Ok(self)
    }

    /// Notes how many rows were looked at.
    fn of(mut self, tx: &SqliteTx, count: &str) -> Result<Self, HostError> {
        self.checked += tx.conn().query_row(count, [], |row| row.get::<_, i64>(0)).host()?.unsigned_abs();
        Ok(self)
    }
}

/// What to prove, and against what.
#[derive(Debug, Default)]
pub struct Settings<'a> {
    /// Heads of chains that were noted before and kept elsewhere.
    pub noted: &'a [Head],
    /// The folder of the bytes, if they are in one: then drafts that nothing names are found too.
    pub folder: Option<&'a Path>,
    /// The time now.
    pub now: Timestamp,
}

/// Runs every check. Reads all records and all bytes; the check of the trigrams holds up writers while it runs.
///
/// # Errors
/// Only if the database or the store of documents cannot be read: what is wrong in them is a finding.
pub fn verify(store: &SqliteBackend, blobs: &Blobs, settings: &Settings<'_>) -> Result<Vec<Finding>, HostError> {
    let tx = store.begin_own(Mode::Read, settings.now)?;
    let mut findings = vec![
        records::documents(&tx)?,
        bytes::stored(&tx, blobs)?,
        bytes::under_way(&tx, blobs)?,
        bytes::held(&tx, blobs)?,
        bytes::loose(&tx, blobs, settings)?,
        bytes::room(&tx, blobs, settings)?,
        records::notices(&tx)?,
        records::letters(&tx, settings.now)?,
        records::given_up(&tx)?,
        effects::all_told(&tx)?,
        chains(&tx, settings.noted)?,
        effects::accounted(&tx)?,
        effects::told(&tx)?,
        records::counts(&tx)?,
        records::copies(&tx)?,
        records::keys(&tx)?,
        records::sessions(&tx)?,
        records::signed_in(&tx)?,
        records::codes(&tx)?,
        records::parts(&tx)?,
        records::file(&tx)?,
        records::references(&tx)?,
        records::plugin(&tx)?,
    ];
    drop(tx);
    findings.push(records::trigrams(&store.begin_own(Mode::Write, settings.now)?)?);
    Ok(findings)
}

fn chains(tx: &SqliteTx, noted: &[Head]) -> Result<Finding, HostError> {
    let mut finding = Finding::new("INV-5", "every audit row follows from the one before, and no time decreases");
    let (mut erased, mut unnoted) = (0, 0);
    for firm in firms::list(tx)? {
        let heads: Vec<&Head> = noted.iter().filter(|head| head.firm == firm.id).collect();
        match audit::verify(tx, &firm.id, &heads)? {
            Ok(proof) => {
                finding.checked += proof.rows;
                erased += proof.erased;
                unnoted += u32::from(heads.is_empty());
            }
            Err(broken) => finding.fault(broken.to_string()),
        }
    }
    let mut notes = Vec::new();
    if erased > 0 {
        notes.push(format!("{erased} bodies were erased"));
    }
    if unnoted > 0 {
        notes.push("without a head that was noted elsewhere, a tail that was cut off is not found".to_owned());
    }
    finding.note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(finding)
}

#[cfg(test)]
mod tests;
