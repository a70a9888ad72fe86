//! Lists of documents, a page at a time. What a page costs follows the page: it walks an index that has the rows in
//! their order already, for a bounded way, and if it has not found enough by then it answers what it has, with a
//! `next` to go on from.

mod blocks;
mod cursor;
#[cfg(test)]
mod planned;
mod scope;
mod statements;
mod walk;

use client_connect_runtime::{
    backend::Viewer,
    types::{DocumentFilter, DocumentPage, DocumentRow, HostError, Lane, MatterId, Page},
};
use rusqlite::types::ValueRef;

pub(super) use self::blocks::{note, part, passed_over};
use self::{
    cursor::{Cursor, Place},
    scope::Scope,
    statements::{MATCHED_COUNT, Over, SEARCHED_COUNT},
    walk::{Lookup, Meet, Source, Walk},
};
use super::{
    SqliteTx,
    sql::{Host, list},
    tx::{DOCUMENT_COLUMNS, SHARE_COLUMNS, WITH_SHARE, WITH_SHARES, WITH_SHARES_OF, document_row, share_at},
};

/// Rows of a page, whatever is asked for.
const ROWS_MAX: u32 = 1_000;
/// So far one page walks.
const WALK: u32 = 20_000;
/// So far the first page walks to count.
const COUNT: u32 = 500;
/// So far if it has to look at each document, in a matter that is too large to look at them all.
const COUNT_LOOKING: u32 = 100;
/// So large is a matter whose documents may all be looked at, to count.
const SMALL: u32 = 2_000;
/// Up to so many documents are gathered and sorted here at once, where no index has them in order.
const GATHER: i64 = 3_000;
/// Up to so many, where a walk passes over what cannot have the word.
const GATHER_PASSING: i64 = 1_000;
/// Up to so many are gathered once a walk has shown that they do not lie where it goes.
const GATHER_LATE: i64 = 200_000;
/// Hits are counted up to here, to guess how soon a walk meets them.
const HITS: i64 = 20_000;

pub(super) fn find(
    tx: &SqliteTx,
    viewer: &Viewer,
    matter: &MatterId,
    filter: &DocumentFilter,
    page: &Page,
) -> Result<DocumentPage, HostError> {
    let context = cursor::context(viewer, matter, filter);
    let after = page.after.as_deref().map(|sealed| Cursor::open(sealed, tx.cursor_key(), &context)).transpose()?;
    let Some(scope) = Scope::new(tx, viewer, matter, filter)? else {
        return Ok(DocumentPage { rows: Vec::new(), next: None, total: 0, exact: true });
    };
    let limit = page.limit.min(ROWS_MAX);
    let start = match &after {
        Some(after) if limit > 0 => after.place.clone(),
        _ => Place::start(scope.sort, scope.descending),
    };
    let known = match free_total(tx, &scope)? {
        Some(known) => Some(known),
        None => after.filter(|_| limit > 0).map(|after| (after.total, after.exact)),
    };
    let rows_asked = limit as usize + 1;
    let (found, gathered) = match gather(tx, &scope, &start, rows_asked)? {
        Gather::All(places, total) => (take(tx, &scope, Source::Found(places), limit, false, WALK)?, Some(total)),
        Gather::Not => (take(tx, &scope, walks(tx, &scope, &start)?, limit, known.is_none(), WALK)?, None),
        Gather::Perhaps(lookup, hits) => {
            // If they lie evenly, the page is full after so many steps.
            let evenly = u64::from(limit.saturating_add(1)) * u64::from(scope.documents) / hits.max(1).unsigned_abs();
            let far = u32::try_from(evenly.saturating_mul(3)).unwrap_or(WALK).clamp(COUNT, WALK);
            let found = take(tx, &scope, walks(tx, &scope, &start)?, limit, known.is_none(), far)?;
            let late = if found.is_short(limit) {
                walk::collect(
                    tx,
                    &scope,
                    walk::by_trigrams(tx, &scope),
                    Some(&lookup),
                    GATHER_LATE,
                    &start,
                    rows_asked,
                )?
            } else {
                None
            };
            match late {
                Some((places, total)) => (take(tx, &scope, Source::Found(places), limit, false, WALK)?, Some(total)),
                None if found.is_short(limit) => {
                    (take(tx, &scope, walks(tx, &scope, &start)?, limit, known.is_none(), WALK)?, None)
                }
                None => (found, None),
            }
        }
    };
    let (total, exact) = match (gathered, known) {
        (Some(total), _) => (total, true),
        (None, Some((total, exact))) => (total.max(u32::try_from(found.places.len()).unwrap_or(0)), exact),
        (None, None) => (found.counted, found.ended),
    };
    let next =
        found.next.filter(|_| limit > 0).map(|place| Cursor { place, total, exact }.seal(tx.cursor_key(), &context));
    Ok(DocumentPage { rows: rows(tx, &scope, &found.places)?, next, total, exact })
}

/// A total that stands somewhere already, and needs no counting.
fn free_total(tx: &SqliteTx, scope: &Scope<'_>) -> Result<Option<(u32, bool)>, HostError> {
    if scope.is_narrowed() {
        return Ok(None);
    }
    let seen_by = |contacts: &[String]| -> Result<u32, HostError> {
        tx.conn()
            .prepare_cached(
                "SELECT coalesce(sum(shared + uploaded), 0) FROM share_counts
                 WHERE matter = ?1 AND contact IN (SELECT value FROM json_each(?2))",
            )
            .and_then(|mut sum| sum.query_row((scope.matter, list(contacts)), |row| row.get(0)))
            .host()
    };
    match (scope.lane, scope.contact, scope.user, scope.contacts.as_slice()) {
        (Lane::WholeMatter, None, None, _) => Ok(Some((scope.documents, true))),
        (Lane::WholeMatter, None, Some(user), _) => {
            let hidden: u32 = tx
                .conn()
                .prepare_cached(
                    "SELECT count(*) FROM (
                         SELECT 1 FROM documents d INDEXED BY documents_restricted
                         WHERE d.matter = ?1 AND d.restricted = 1 AND d.deleted_at IS NULL
                           AND NOT EXISTS (SELECT 1 FROM readers WHERE document = d.id AND user = ?2) LIMIT ?3) hidden",
                )
                .and_then(|mut count| count.query_row((scope.matter, user, COUNT), |row| row.get(0)))
                .host()?;
            Ok(Some(if hidden < COUNT {
                (scope.documents.saturating_sub(hidden), true)
            } else {
                (scope.documents.saturating_sub(scope.restricted), false)
            }))
        }
        (Lane::WholeMatter, Some(own), None, _) => Ok(Some((seen_by(&[own.to_owned()])?, true))),
        (Lane::AnyOfThem, _, None, [_]) => Ok(Some((seen_by(&scope.contacts)?, true))),
        (Lane::NoneOfThem, None, None, [_]) => {
            Ok(Some((scope.documents.saturating_sub(seen_by(&scope.contacts)?), true)))
        }
        _ => Ok(None),
    }
}

/// Whether a list is gathered and sorted here.
enum Gather {
    /// It was: the rows from the place on, and how many there are in all.
    All(std::collections::VecDeque<Place>, u32),
    /// It can be, by this query; but there are many hits, so many at least, and a walk may meet them soon.
    Perhaps(Lookup, i64),
    /// There is an index to walk, and nothing better.
    Not,
}

fn gather(tx: &SqliteTx, scope: &Scope<'_>, start: &Place, keep: usize) -> Result<Gather, HostError> {
    if let Some((hash, _)) = &scope.same {
        let alike: i64 = tx
            .conn()
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM documents WHERE matter = ?1 AND sha256 = ?2 AND deleted_at IS NULL LIMIT ?3) alike",
            )
            .and_then(|mut count| count.query_row((scope.matter, hash, GATHER + 1), |row| row.get(0)))
            .host()?;
        if alike <= GATHER {
            let statement = statements::same_content(scope.sort);
            if let Some((places, total)) = walk::collect(tx, scope, statement, None, GATHER, start, keep)? {
                return Ok(Gather::All(places, total));
            }
        }
    }
    let Some(term) = &scope.term else { return Ok(Gather::Not) };
    if i64::from(way(tx, scope)?.length) <= GATHER {
        return Ok(Gather::Not);
    }
    let Some(lookup) = walk::trigrams(tx, matter_number(tx, scope.matter)?, term) else { return Ok(Gather::Not) };
    let (most, counted) = if scope.marks.is_empty() { (GATHER, HITS) } else { (GATHER_PASSING, GATHER_PASSING + 1) };
    let hits: i64 = tx
        .conn()
        .prepare_cached(if tx.conn().sqlite().is_some() { SEARCHED_COUNT } else { MATCHED_COUNT })
        .and_then(|mut count| count.query_row((&lookup.query, counted, lookup.first, lookup.last), |row| row.get(0)))
        .host()?;
    if hits > most {
        return Ok(if scope.marks.is_empty() { Gather::Perhaps(lookup, hits) } else { Gather::Not });
    }
    match walk::collect(tx, scope, walk::by_trigrams(tx, scope), Some(&lookup), most, start, keep)? {
        Some((places, total)) => Ok(Gather::All(places, total)),
        None => Ok(Gather::Perhaps(lookup, hits)),
    }
}

/// The index to walk, or the indexes.
fn walks(tx: &SqliteTx, scope: &Scope<'_>, start: &Place) -> Result<Source, HostError> {
    if let Some(source) = merged(tx, scope, start)? {
        return Ok(source);
    }
    let way = way(tx, scope)?;
    let looking = way.looking || scope.user.is_some() || scope.is_narrowed();
    let walk = |over, contact| Walk::new(scope, over, contact, looking, start.clone());
    let walks = match way.over {
        Over::Documents => vec![walk(Over::Documents, None)],
        over => way.contacts.into_iter().map(|contact| walk(over, Some(contact))).collect(),
    };
    Ok(Source::Walks(walks, Meet::Any))
}

/// A lane of several contacts, where nothing else is to be known of a document: their lists side by side tell it, in
/// the indexes alone, and no document is looked up on the way.
fn merged(tx: &SqliteTx, scope: &Scope<'_>, start: &Place) -> Result<Option<Source>, HostError> {
    if scope.user.is_some() || scope.contact.is_some() || scope.is_narrowed() || scope.contacts.is_empty() {
        return Ok(None);
    }
    let walk = |contact: &String| Walk::new(scope, Over::Live, Some(contact.clone()), false, start.clone());
    let lists = scope.contacts.iter().map(walk);
    Ok(match scope.lane {
        Lane::SomeOfThem => Some(Source::Walks(lists.collect(), Meet::Some)),
        Lane::NoneOfThem => {
            let documents = Walk::new(scope, Over::Documents, None, false, start.clone());
            Some(Source::Walks(std::iter::once(documents).chain(lists).collect(), Meet::FirstAlone))
        }
        Lane::AllOfThem => {
            // Beside a list that is much shorter than the others, these are not read but looked up.
            let counts = counts(tx, scope, Some(&scope.contacts))?;
            let (all, fewest) = counts
                .iter()
                .fold((0_u64, u32::MAX), |(sum, fewest), (_, count)| (sum + u64::from(*count), fewest.min(*count)));
            let alike = counts.len() == scope.contacts.len() && all <= u64::from(fewest).saturating_mul(8);
            alike.then(|| Source::Walks(lists.collect(), Meet::All))
        }
        _ => None,
    })
}

fn matter_number(tx: &SqliteTx, matter: &str) -> Result<i64, HostError> {
    tx.conn()
        .prepare_cached("SELECT n FROM matters WHERE id = ?1")
        .and_then(|mut found| found.query_row([matter], |row| row.get(0)))
        .host()
}

/// Which index has the lane's rows, or the fewest beside them.
struct Way {
    over: Over,
    contacts: Vec<String>,
    /// Whether the lane itself needs a look at each document.
    looking: bool,
    /// How many rows there may be.
    length: u32,
}

/// What these contacts see, or all: how many documents each, without those who see none.
fn counts(tx: &SqliteTx, scope: &Scope<'_>, contacts: Option<&[String]>) -> Result<Vec<(String, u32)>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT contact, shared + uploaded FROM share_counts
             WHERE matter = ?1 AND (?2 IS NULL OR contact IN (SELECT value FROM json_each(?2))) AND shared + uploaded > 0
             ORDER BY contact",
        )
        .and_then(|mut found| {
            found.query_map((scope.matter, contacts.map(list)), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .host()
}

fn way(tx: &SqliteTx, scope: &Scope<'_>) -> Result<Way, HostError> {
    let live = |contacts: Vec<(String, u32)>, looking| Way {
        over: Over::Live,
        length: contacts.iter().fold(0_u32, |sum, (_, count)| sum.saturating_add(*count)),
        contacts: contacts.into_iter().map(|(contact, _)| contact).collect(),
        looking,
    };
    let others = |over, statement| -> Result<Way, HostError> {
        let contacts =
            if scope.contacts.is_empty() { each_contact(tx, scope.matter, statement)? } else { scope.contacts.clone() };
        Ok(Way { over, contacts, looking: false, length: scope.documents })
    };
    if let Some(own) = scope.contact {
        let looking = !matches!(scope.lane, Lane::WholeMatter | Lane::AnyOfThem);
        return Ok(live(counts(tx, scope, Some(&[own.to_owned()]))?, looking));
    }
    let named = (!scope.contacts.is_empty()).then_some(scope.contacts.as_slice());
    match scope.lane {
        Lane::WholeMatter => {
            Ok(Way { over: Over::Documents, contacts: Vec::new(), looking: false, length: scope.documents })
        }
        Lane::NoneOfThem => {
            Ok(Way { over: Over::Documents, contacts: Vec::new(), looking: true, length: scope.documents })
        }
        Lane::AnyOfThem => Ok(live(counts(tx, scope, named)?, false)),
        Lane::SomeOfThem => Ok(live(counts(tx, scope, named)?, true)),
        Lane::AllOfThem => {
            let counted = counts(tx, scope, named)?;
            let fewest = if counted.len() < scope.contacts.len() {
                Vec::new()
            } else {
                counted.into_iter().min_by_key(|(_, count)| *count).into_iter().collect()
            };
            Ok(live(fewest, scope.contacts.len() > 1))
        }
        Lane::Uploaded => others(
            Over::Sent,
            "SELECT min(uploader) FROM documents INDEXED BY documents_sent_by_name
             WHERE matter = ?1 AND uploader > ?2 AND uploader IS NOT NULL AND deleted_at IS NULL",
        ),
        Lane::Lapsed => others(
            Over::Offered,
            "SELECT min(contact) FROM shares INDEXED BY shares_offered_by_name WHERE matter = ?1 AND contact > ?2 AND offered = 1",
        ),
    }
}

/// Each contact who stands in an index, by a leap from one to the next.
fn each_contact(tx: &SqliteTx, matter: &str, statement: &str) -> Result<Vec<String>, HostError> {
    let mut leap = tx.conn().prepare_cached(statement).host()?;
    let mut contacts: Vec<String> = Vec::new();
    loop {
        let last = contacts.last().map_or("", String::as_str);
        match leap.query_row((matter, last), |row| row.get::<_, Option<String>>(0)).host()? {
            Some(contact) => contacts.push(contact),
            None => return Ok(contacts),
        }
    }
}

/// What a walk brought back.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    next: Option<Place>,
    /// Wanted rows on the way, those past the page too.
    counted: u32,
    /// Whether the way came to its end.
    ended: bool,
}

impl Found {
    /// Whether the way was too long for the page.
    fn is_short(&self, limit: u32) -> bool {
        !self.ended && self.places.len() < limit as usize
    }
}

fn take(
    tx: &SqliteTx,
    scope: &Scope<'_>,
    mut source: Source,
    limit: u32,
    counting: bool,
    far: u32,
) -> Result<Found, HostError> {
    let mut found = Found::default();
    let (mut walked, mut full) = (0_u32, limit == 0);
    let mut here: Option<Place> = None;
    let count = match (scope.is_narrowed(), scope.documents) {
        (true, ..=SMALL) => SMALL,
        (true, _) if limit > 0 => COUNT_LOOKING,
        _ => COUNT,
    };
    loop {
        let enough = if full { !counting || walked >= count } else { walked >= far };
        if enough {
            if !full {
                found.next = here;
            }
            return Ok(found);
        }
        // What is read at once grows with the way: the first page of a plain list reads itself and one row more.
        let rows = i64::from(walked.max(limit.saturating_add(1)).min(COUNT));
        let Some((place, wanted)) = source.next(tx, scope, rows)? else {
            found.ended = true;
            return Ok(found);
        };
        walked += 1;
        if wanted {
            found.counted += 1;
            if found.places.len() < limit as usize {
                found.places.push(place.clone());
            } else if !full {
                full = true;
                found.next = found.places.last().cloned();
            }
        }
        here = Some(place);
    }
}

/// The rows at these places, with their shares, in one statement.
fn rows(tx: &SqliteTx, scope: &Scope<'_>, places: &[Place]) -> Result<Vec<DocumentRow>, HostError> {
    let mut rows: Vec<DocumentRow> = Vec::with_capacity(places.len());
    if places.is_empty() {
        return Ok(rows);
    }
    let ids = list(&places.iter().map(|place| place.id.as_str()).collect::<Vec<_>>());
    let several;
    let (statement, contacts) = match scope.contacts.as_slice() {
        _ if scope.named == 0 && scope.contact.is_none() => (WITH_SHARES, None),
        [one] => (WITH_SHARE, Some(one)),
        contacts => {
            several = list(contacts);
            (WITH_SHARES_OF, Some(&several))
        }
    };
    let mut select = tx.conn().prepare_cached(statement[usize::from(tx.conn().sqlite().is_none())]).host()?;
    let values: [&dyn crate::store::driver::ToSql; 3] = [&ids, &scope.matter, &contacts];
    let mut found = select.query(&values[..if contacts.is_some() { 3 } else { 2 }]).host()?;
    let mut last = None;
    while let Some(row) = found.next().host()? {
        let place: i64 = row.get(DOCUMENT_COLUMNS + SHARE_COLUMNS).host()?;
        if last.replace(place) != Some(place) {
            let document = document_row(&row, tx.options()).host()?;
            rows.push(DocumentRow { document, shares: Vec::new(), attributes: Vec::new() });
        }
        let is_shared = !matches!(row.get_ref(DOCUMENT_COLUMNS).host()?, ValueRef::Null);
        if let (true, Some(last)) = (is_shared, rows.last_mut()) {
            last.shares.push(share_at(&row, DOCUMENT_COLUMNS).host()?);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
