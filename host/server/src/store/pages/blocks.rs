//! Where among a matter's names a word may stand. The names are taken in their order, in blocks of some hundreds and in
//! groups of some ten thousands; each keeps the trigrams of its names as bits. A walk for a word passes over the blocks
//! that cannot have it.
//!
//! A block may claim a trigram that no name of its has any more, or never had: then it is walked for nothing. It never
//! lacks one that a name has, as whoever writes a name notes it here in the same transaction.

use client_connect_runtime::types::{HostError, SortKey};

use super::{
    cursor::{Key, Place},
    scope::Scope,
};
use crate::store::{SqliteTx, driver::OptionalExtension, sql::Host};

/// Blocks, or groups of names that are as many as many blocks have.
struct Level {
    number: i64,
    /// Bits that are kept of each.
    bits: u32,
    /// Past so many names it is parted.
    most: usize,
}

/// In tests, so few that a list of some documents has many of them.
const LEVELS: [Level; 2] = if cfg!(test) {
    [Level { number: 0, bits: 64, most: 4 }, Level { number: 1, bits: 128, most: 12 }]
} else {
    [Level { number: 0, bits: 4_096, most: 1_024 }, Level { number: 1, bits: 16_384, most: 65_536 }]
};
const BLOCKS: &Level = &LEVELS[0];
const GROUPS: &Level = &LEVELS[1];

/// So many names are read at once.
const READ: i64 = if cfg!(test) { 5 } else { 2_048 };

/// A matter with fewer documents has none: its list is walked in no time.
pub(super) const FROM: u32 = if cfg!(test) { 6 } else { 4_000 };

/// The trigrams of a term, as they are looked for.
pub(super) fn marks(term: &str) -> Vec<u32> {
    let letters: Vec<(usize, char)> = term.char_indices().collect();
    letters
        .windows(3)
        .map(|three| {
            let end = three[2].0 + three[2].1.len_utf8();
            // FNV-1a.
            term.as_bytes()[three[0].0..end]
                .iter()
                .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
        })
        .map(|hash| hash ^ (hash >> 15))
        .collect()
}

fn place_of(mark: u32, bits: u32) -> (usize, u8) {
    let bit = mark % bits;
    (usize::try_from(bit / 8).unwrap_or(0), 1 << (bit % 8))
}

fn add(kept: &mut [u8], level: &Level, name: &str) {
    for mark in marks(name) {
        let (byte, bit) = place_of(mark, level.bits);
        if let Some(byte) = kept.get_mut(byte) {
            *byte |= bit;
        }
    }
}

fn has(kept: &[u8], level: &Level, marks: &[u32]) -> bool {
    marks.iter().all(|mark| {
        let (byte, bit) = place_of(*mark, level.bits);
        kept.get(byte).is_none_or(|byte| byte & bit != 0)
    })
}

/// Takes note of a document's name. Whoever gives a document its name, its matter, or its place in it back, says so here.
pub(in crate::store) fn note(tx: &SqliteTx, id: &str) -> Result<(), HostError> {
    let found: Option<(String, Vec<u8>, String)> = tx
        .conn()
        .prepare_cached("SELECT matter, name_key, name_fold FROM documents WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut found| found.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional())
        .host()?;
    let Some((matter, key, name)) = found else { return Ok(()) };
    let place = Place { key: Key::Name(key), id: id.to_owned() };
    for level in &LEVELS {
        let block: Option<(i64, Place, usize, Vec<u8>)> = tx
            .conn()
            .prepare_cached(
                "SELECT n, first_key, first_id, names, trigrams FROM name_blocks
                 WHERE matter = ?1 AND level = ?2 AND (first_key, first_id) <= (?3, ?4)
                 ORDER BY first_key DESC, first_id DESC LIMIT 1",
            )
            .and_then(|mut found| {
                found
                    .query_row((&matter, level.number, &place.key, &place.id), |row| {
                        let names = usize::try_from(row.get::<_, i64>(3)?).unwrap_or(usize::MAX);
                        Ok((row.get(0)?, Place { key: row.get(1)?, id: row.get(2)? }, names, row.get(4)?))
                    })
                    .optional()
            })
            .host()?;
        let Some((n, first, names, mut kept)) = block else { return begin(tx, &matter) };
        if names >= level.most {
            renew(tx, &matter, level, &first)?;
            continue;
        }
        add(&mut kept, level, &name);
        tx.conn()
            .prepare_cached("UPDATE name_blocks SET names = names + 1, trigrams = ?2 WHERE n = ?1")
            .and_then(|mut update| update.execute((n, kept)))
            .host()?;
    }
    Ok(())
}

/// Parts a matter's names, once there are enough of them.
fn begin(tx: &SqliteTx, matter: &str) -> Result<(), HostError> {
    let documents: Option<u32> = tx
        .conn()
        .prepare_cached("SELECT documents FROM matter_counts WHERE matter = ?1")
        .and_then(|mut found| found.query_row([matter], |row| row.get(0)).optional())
        .host()?;
    if documents.is_some_and(|documents| documents >= FROM) { part(tx, matter) } else { Ok(()) }
}

/// Parts a matter's names anew.
pub(in crate::store) fn part(tx: &SqliteTx, matter: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM name_blocks WHERE matter = ?1")
        .and_then(|mut delete| delete.execute([matter]))
        .host()?;
    for level in &LEVELS {
        renew(tx, matter, level, &Place::start(SortKey::Name, false))?;
    }
    Ok(())
}

/// Reads the names from here to where the next block begins, and makes blocks of them that are half full.
fn renew(tx: &SqliteTx, matter: &str, level: &Level, first: &Place) -> Result<(), HostError> {
    let conn = tx.conn();
    let end: Option<Place> = conn
        .prepare_cached(
            "SELECT first_key, first_id FROM name_blocks WHERE matter = ?1 AND level = ?2 AND (first_key, first_id) > (?3, ?4)
             ORDER BY first_key, first_id LIMIT 1",
        )
        .and_then(|mut found| {
            found
                .query_row((matter, level.number, &first.key, &first.id), |row| {
                    Ok(Place { key: row.get(0)?, id: row.get(1)? })
                })
                .optional()
        })
        .host()?;
    conn.prepare_cached(
        "DELETE FROM name_blocks WHERE matter = ?1 AND level = ?2 AND first_key = ?3 AND first_id = ?4",
    )
    .and_then(|mut delete| delete.execute((matter, level.number, &first.key, &first.id)))
    .host()?;
    let mut insert = conn
        .prepare_cached(
            "INSERT INTO name_blocks (matter, level, first_key, first_id, names, trigrams) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .host()?;
    let mut names = conn
        .prepare_cached(
            "SELECT name_key, id, name_fold FROM documents INDEXED BY documents_by_name
             WHERE matter = ?1 AND deleted_at IS NULL AND (name_key, id) >= (?2, ?3) ORDER BY name_key, id LIMIT ?4",
        )
        .host()?;
    let empty = vec![0_u8; usize::try_from(level.bits / 8).unwrap_or(0)];
    let (mut here, mut kept, mut count) = (first.clone(), empty.clone(), 0_usize);
    let mut from = first.clone();
    'names: loop {
        // One more than are taken: the next are read from that one on.
        let mut read = 0;
        let mut rows = names.query((matter, &from.key, &from.id, READ + 1)).host()?;
        let next = loop {
            let Some(row) = rows.next().host()? else { break 'names };
            let place = Place { key: row.get(0).host()?, id: row.get(1).host()? };
            if end.as_ref().is_some_and(|end| place >= *end) {
                break 'names;
            }
            if read == READ {
                break place;
            }
            read += 1;
            if count >= level.most / 2 {
                insert.execute((matter, level.number, &here.key, &here.id, ms(count), &kept)).host()?;
                (here, count) = (place, 0);
                kept.copy_from_slice(&empty);
            }
            add(&mut kept, level, row.get_ref(2).host()?.as_str().map_err(rusqlite::Error::from).host()?);
            count += 1;
        };
        drop(rows);
        from = next;
    }
    insert.execute((matter, level.number, &here.key, &here.id, ms(count), &kept)).host().map(drop)
}

/// Names that a walk for one of their words would pass over, though they are in a matter that is parted; and how many
/// names were looked at.
pub(in crate::store) fn passed_over(tx: &SqliteTx) -> Result<(u64, Vec<String>), HostError> {
    let conn = tx.conn();
    let (mut checked, mut lost) = (0, Vec::new());
    let parts: Vec<(String, i64)> = conn
        .prepare("SELECT DISTINCT matter, level FROM name_blocks")
        .and_then(|mut found| found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .host()?;
    for (matter, number) in parts {
        let Some(level) = LEVELS.iter().find(|level| level.number == number) else {
            lost.push(format!("matter {matter}: there is no level {number}"));
            continue;
        };
        let blocks: Vec<(Place, Vec<u8>)> = conn
            .prepare_cached(
                "SELECT first_key, first_id, trigrams FROM name_blocks WHERE matter = ?1 AND level = ?2
                 ORDER BY first_key, first_id",
            )
            .and_then(|mut found| {
                found
                    .query_map((&matter, number), |row| Ok((Place { key: row.get(0)?, id: row.get(1)? }, row.get(2)?)))?
                    .collect()
            })
            .host()?;
        let mut names = conn
            .prepare_cached(
                "SELECT name_key, id, name_fold FROM documents INDEXED BY documents_by_name
                 WHERE matter = ?1 AND deleted_at IS NULL ORDER BY name_key, id",
            )
            .host()?;
        let mut rows = names.query([&matter]).host()?;
        let mut at = 0;
        while let Some(row) = rows.next().host()? {
            let place = Place { key: row.get(0).host()?, id: row.get(1).host()? };
            let name = row.get_ref(2).host()?.as_str().map_err(rusqlite::Error::from).host()?;
            while blocks.get(at).is_some_and(|(first, _)| *first <= place) {
                at += 1;
            }
            checked += 1;
            let block = at.checked_sub(1).and_then(|at| blocks.get(at));
            if !block.is_some_and(|(_, kept)| has(kept, level, &marks(name))) {
                lost.push(format!("document {} at level {number}", place.id));
            }
        }
    }
    Ok((checked, lost))
}

fn ms(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A block, or a group: where it begins, and whether it may have the word.
type Block = (Place, bool);

/// The place from which a walk for these marks goes on; none if nothing is to be found any more.
pub(super) fn pass(tx: &SqliteTx, scope: &Scope<'_>, place: &Place) -> Result<Option<Place>, HostError> {
    let look = Look { tx, matter: scope.matter, marks: &scope.marks };
    if scope.descending { look.back(place) } else { look.ahead(place) }
}

struct Look<'a> {
    tx: &'a SqliteTx,
    matter: &'a str,
    marks: &'a [u32],
}

pub(super) const AT: &str = "SELECT first_key, first_id, trigrams FROM name_blocks
    WHERE matter = ?1 AND level = ?2 AND (first_key, first_id) <= (?3, ?4) ORDER BY first_key DESC, first_id DESC LIMIT ?5";
pub(super) const PAST: &str = "SELECT first_key, first_id, trigrams FROM name_blocks
    WHERE matter = ?1 AND level = ?2 AND (first_key, first_id) > (?3, ?4) ORDER BY first_key, first_id LIMIT ?5";
pub(super) const BELOW: &str = "SELECT first_key, first_id, trigrams FROM name_blocks
    WHERE matter = ?1 AND level = ?2 AND (first_key, first_id) < (?3, ?4) ORDER BY first_key DESC, first_id DESC LIMIT ?5";

/// At most so many blocks are read at once: what is asked of PostgreSQL is answered as a whole, however soon it is enough.
const AT_ONCE: i64 = 64;

impl Look<'_> {
    /// The blocks past a place, one by one, until `until` has an answer.
    fn each<T>(
        &self,
        statement: &str,
        level: &Level,
        place: &Place,
        mut until: impl FnMut(Block) -> Option<T>,
    ) -> Result<Option<T>, HostError> {
        let mut select = self.tx.conn().prepare_cached(statement).host()?;
        let (mut place, mut most) = (place.clone(), 1);
        loop {
            let (mut read, from) = (0, place.clone());
            let mut rows = select.query((self.matter, level.number, &from.key, &from.id, most)).host()?;
            while let Some(row) = rows.next().host()? {
                let kept = row.get_ref(2).host()?.as_blob().map_err(rusqlite::Error::from).host()?;
                place = Place { key: row.get(0).host()?, id: row.get(1).host()? };
                if let Some(found) = until((place.clone(), has(kept, level, self.marks))) {
                    return Ok(Some(found));
                }
                read += 1;
            }
            if read < most {
                return Ok(None);
            }
            most = (most * 8).min(AT_ONCE);
        }
    }

    fn first(&self, statement: &str, level: &Level, place: &Place) -> Result<Option<Block>, HostError> {
        self.each(statement, level, place, Some)
    }

    fn ahead(&self, place: &Place) -> Result<Option<Place>, HostError> {
        match self.first(AT, BLOCKS, place)? {
            // Nothing is known of this matter.
            None => return Ok(Some(place.clone())),
            Some((_, true)) => return Ok(Some(place.clone())),
            Some((_, false)) => {}
        }
        // From the first row of the block: its key, and the least id.
        let from = |first: &Place| place.clone().max(Place { key: first.key.clone(), id: String::new() });
        let mut groups: Vec<Block> = self.first(AT, GROUPS, place)?.into_iter().collect();
        self.each(PAST, GROUPS, place, |group| {
            groups.push(group);
            None::<()>
        })?;
        for (n, (begins, may)) in groups.iter().enumerate() {
            if !may {
                continue;
            }
            if begins > place
                && let Some((first, true)) = self.first(AT, BLOCKS, begins)?
            {
                return Ok(Some(from(&first)));
            }
            let ends = groups.get(n + 1).map(|(ends, _)| ends);
            let found = self.each(PAST, BLOCKS, begins.max(place), |(first, may)| {
                if ends.is_some_and(|ends| first >= *ends) { Some(None) } else { may.then_some(Some(first)) }
            })?;
            if let Some(Some(first)) = found {
                return Ok(Some(from(&first)));
            }
        }
        Ok(None)
    }

    fn back(&self, place: &Place) -> Result<Option<Place>, HostError> {
        match self.first(BELOW, BLOCKS, place)? {
            None => return Ok(Some(place.clone())),
            Some((_, true)) => return Ok(Some(place.clone())),
            Some((_, false)) => {}
        }
        let mut groups: Vec<Block> = Vec::new();
        self.each(BELOW, GROUPS, place, |group| {
            groups.push(group);
            None::<()>
        })?;
        let mut ends = place.clone();
        for (begins, may) in groups {
            if may {
                let mut block_ends = ends.clone();
                let found = self.each(BELOW, BLOCKS, &ends, |(first, may)| {
                    if may {
                        return Some(Some(block_ends.clone()));
                    }
                    let last = first <= begins;
                    block_ends = first;
                    last.then_some(None)
                })?;
                if let Some(Some(place)) = found {
                    return Ok(Some(place));
                }
            }
            ends = begins;
        }
        Ok(None)
    }
}
