//! Documents by the thousand, with names as people give them: the same in every run.

use client_connect::store::{
    self, SqliteBackend,
    documents::{self, Content, New},
};
use client_connect_runtime::{Backend, backend::Mode};

use crate::world::{Setup, said};

/// A word in one of five names.
pub(crate) const COMMON: &str = "report";
/// A word in twenty names, however many there are.
pub(crate) const RARE: &str = "zeppelin";

const KINDS: [&str; 5] = ["Report", "Letter", "Invoice", "Draft", "Statement"];
const ABOUT: [&str; 8] =
    ["valuation", "Müller", "boundary", "tenancy", "pension", "cœur de ville", "survey", "probate"];

/// So many documents, a transaction for each ten thousand. Answers the ids of the first thousand.
pub(crate) fn generate(
    backend: &SqliteBackend,
    matter: &str,
    owner: &str,
    count: usize,
    now: u64,
) -> Setup<Vec<String>> {
    const BATCH: usize = 10_000;
    let mut ids = Vec::new();
    let rare_every = (count / 20).max(1);
    for from in (0..count).step_by(BATCH) {
        let tx = backend.begin(Mode::Write, now).map_err(said)?;
        for n in from..count.min(from + BATCH) {
            let id = store::new_id();
            // Any order but the one in which they come: a list by name is no list by age.
            let number = n.wrapping_mul(7_919) % count;
            let about = if n % rare_every == rare_every / 2 { RARE } else { ABOUT[n / KINDS.len() % ABOUT.len()] };
            let document = New {
                matter: matter.to_owned(),
                name: format!("{} {number:07} {about}.pdf", KINDS[n % KINDS.len()]),
                kind: "Document".into(),
                content: Content {
                    blob: id.clone(),
                    size: 48_000,
                    sha256: id.repeat(2),
                    media_type: "application/pdf".into(),
                },
                created_by: Some(owner.to_owned()),
                uploader: None,
                source: None,
                id,
            };
            documents::create(&tx, &document, now - n as u64 * 1000).map_err(said)?;
            if ids.len() < 1000 {
                ids.push(document.id);
            }
        }
        tx.commit()?;
    }
    Ok(ids)
}
