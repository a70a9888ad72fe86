//! What the clients know: each request that they sent, and each answer that they got. After any end of the host, what was
//! acknowledged is there, once; and what is there was acknowledged, or its outcome is not known.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use client_connect_tests::process::Scene;
use sha2::{Digest as _, Sha256};

/// A file that a client sends.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) size: usize,
    pub(super) sha256: String,
    pub(super) by_customer: bool,
    /// The document, once it was acknowledged.
    pub(super) acknowledged: Option<String>,
}

/// What one writer's state is: the last that was acknowledged, and what was asked for since.
#[derive(Clone, Debug)]
pub(super) struct Known<T> {
    pub(super) is: T,
    pub(super) may_be: Option<T>,
}

impl<T: Clone + PartialEq + std::fmt::Debug> Known<T> {
    pub(super) fn new(is: T) -> Self {
        Self { is, may_be: None }
    }

    fn settle(&mut self, found: T, what: &str, faults: &mut Vec<String>) {
        if found != self.is && Some(&found) != self.may_be.as_ref() {
            faults.push(format!("{what}: {found:?} in the place of {self:?}"));
        }
        *self = Self::new(found);
    }
}

/// A document and a contact who sees it.
pub(super) type Pair = (String, String);

#[derive(Debug, Default)]
struct Entries {
    uploads: BTreeMap<String, Sent>,
    shares: Option<Known<BTreeSet<Pair>>>,
    grant: Option<Known<(bool, bool)>>,
    /// How often a letter was found on its way when the host was killed.
    cut: BTreeMap<String, usize>,
}

/// Shared by the clients of one host.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Entries>);

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before it is sent.
    pub(super) fn sends(&self, sent: Sent) {
        self.entries().uploads.insert(sent.name.clone(), sent);
    }

    pub(super) fn acknowledged(&self, name: &str, document: String) {
        if let Some(sent) = self.entries().uploads.get_mut(name) {
            sent.acknowledged = Some(document);
        }
    }

    /// Files of a customer whose outcome is not known.
    pub(super) fn unknown(&self) -> Vec<Sent> {
        let entries = self.entries();
        entries.uploads.values().filter(|sent| sent.by_customer && sent.acknowledged.is_none()).cloned().collect()
    }

    /// One of the customer's files, if there is one.
    pub(super) fn some_upload(&self, choice: usize) -> Option<Sent> {
        let entries = self.entries();
        let theirs: Vec<&Sent> =
            entries.uploads.values().filter(|sent| sent.by_customer && sent.acknowledged.is_some()).collect();
        (!theirs.is_empty()).then(|| theirs[choice % theirs.len()].clone())
    }

    pub(super) fn shares(&self) -> BTreeSet<Pair> {
        self.entries().shares.as_ref().map(|known| known.is.clone()).unwrap_or_default()
    }

    /// A Save that is about to be sent, or was acknowledged.
    pub(super) fn sharing(&self, pairs: BTreeSet<Pair>, acknowledged: bool) {
        let mut entries = self.entries();
        let known = entries.shares.get_or_insert_with(|| Known::new(BTreeSet::new()));
        if acknowledged { *known = Known::new(pairs) } else { known.may_be = Some(pairs) }
    }

    /// The same, for the one grant that changes.
    pub(super) fn granting(&self, grant: (bool, bool), acknowledged: bool) {
        let mut entries = self.entries();
        let known = entries.grant.get_or_insert_with(|| Known::new((false, false)));
        if acknowledged { *known = Known::new(grant) } else { known.may_be = Some(grant) }
    }

    /// Compares with what the dead host has left, and takes for known what was not. `documents` are those that are shared,
    /// `contact` the one whose grant changes.
    pub(super) fn compare(&self, scene: &Scene, documents: &[String], contact: &str) -> Vec<String> {
        let mut faults: Vec<String> = scene.broken().into_iter().map(|finding| format!("{finding:?}")).collect();
        let conn = &rusqlite::Connection::open(scene.database()).unwrap();
        let mut entries = self.entries();

        let mut select = conn.prepare("SELECT name, id, sha256, size FROM documents WHERE name LIKE 'sent-%'").unwrap();
        let rows = select
            .query_map([], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, i64>(3)?,
                ))
            })
            .unwrap();
        let mut found: BTreeMap<String, Vec<(String, String, i64)>> = BTreeMap::new();
        for (name, id, sha256, size) in rows.map(Result::unwrap) {
            found.entry(name).or_default().push((id, sha256, size));
        }
        for sent in entries.uploads.values_mut() {
            let there = found.remove(&sent.name).unwrap_or_default();
            let right = |(id, sha256, size): &(String, String, i64)| {
                *size == i64::try_from(sent.size).unwrap()
                    && *sha256 == sent.sha256
                    && sent.acknowledged.as_ref().is_none_or(|known| known == id)
            };
            match (&there[..], &sent.acknowledged) {
                ([], None) => {}
                ([one], _) if right(one) => {}
                _ => faults.push(format!("{sent:?} is {there:?}")),
            }
        }
        faults.extend(found.into_iter().map(|(name, there)| format!("nobody sent {name}: {there:?}")));

        let list = serde_json::to_string(documents).unwrap();
        let mut select = conn
            .prepare("SELECT document, contact FROM shares WHERE state = 'live' AND document IN (SELECT value FROM json_each(?1))")
            .unwrap();
        let live = select.query_map([&list], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let live: BTreeSet<Pair> = live.map(Result::unwrap).collect();
        if let Some(known) = &mut entries.shares {
            known.settle(live, "the shares", &mut faults);
        }
        let grant = conn
            .query_row("SELECT portal, portal AND can_download FROM grants WHERE contact = ?1", [contact], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap_or((false, false));
        if let Some(known) = &mut entries.grant {
            known.settle(grant, "the grant", &mut faults);
        }

        faults.extend(mails(scene, conn, &mut entries.cut));
        // Of an attempt that was cut off the lease is over, as it would be some minutes later; and nobody is slowed down
        // by what came before.
        conn.execute_batch("UPDATE letters SET lease_until = 0 WHERE state = 'sending'; DELETE FROM limits;").unwrap();
        faults
    }
}

/// What was told to have left has, and nothing left twice but where the host was killed while it was on its way.
fn mails(scene: &Scene, conn: &rusqlite::Connection, cut: &mut BTreeMap<String, usize>) -> Vec<String> {
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for mail in scene.mail.mails() {
        *copies.entry(mail.header("Message-ID").unwrap_or_default()).or_default() += 1;
    }
    let mut faults = Vec::new();
    let mut select =
        conn.prepare("SELECT id, state FROM letters WHERE channel = 'email' AND created_at >= ?1").unwrap();
    let letters = select
        .query_map([i64::try_from(scene.since).unwrap()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .unwrap();
    for (letter, state) in letters.map(Result::unwrap) {
        let hash = hex::encode(Sha256::digest(format!("letter {letter}")));
        let copies = copies.iter().filter(|(id, _)| id.contains(&hash[..32])).map(|(_, copies)| *copies).sum::<usize>();
        if state == "sending" {
            *cut.entry(letter.clone()).or_default() += 1;
        }
        let twice = cut.get(&letter).copied().unwrap_or(0);
        if state == "sent" && copies == 0 {
            faults.push(format!("letter {letter} has not left"));
        }
        if copies > 1 + twice {
            faults.push(format!("letter {letter} has left {copies} times, and was cut off {twice} times"));
        }
    }
    faults
}
