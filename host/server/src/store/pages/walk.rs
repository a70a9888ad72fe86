//! Walking a list in its order: along one index, or along several that are merged, and always for a bounded way.

use std::collections::VecDeque;

use client_connect_runtime::types::HostError;

use super::{
    blocks,
    cursor::{Key, Place},
    scope::Scope,
    statements::{Over, searched, walk},
};
use crate::store::{
    SqliteTx,
    driver::{self, Row, ToSql},
    sql::Host,
};

/// A row on the way: its place, and whether it is wanted.
pub(super) type Step = (Place, bool);

/// Where the rows come from.
#[derive(Debug)]
pub(super) enum Source {
    /// One walk for each contact, or one over the documents; a row is wanted by how many of them come by it.
    Walks(Vec<Walk>, Meet),
    /// All wanted rows, sorted.
    Found(VecDeque<Place>),
}

/// Which rows of several walks are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meet {
    /// Those that any of the walks wants.
    Any,
    /// Those that all of them come by.
    All,
    /// Those that some come by, and others do not.
    Some,
    /// Those that the first alone comes by.
    FirstAlone,
}

/// A walk along one index.
#[derive(Debug)]
pub(super) struct Walk {
    statement: &'static str,
    contact: Option<String>,
    place: Place,
    ahead: VecDeque<Step>,
    ended: bool,
}

impl Walk {
    pub(super) fn new(scope: &Scope<'_>, over: Over, contact: Option<String>, looking: bool, place: Place) -> Self {
        let statement = walk(over, scope.sort, scope.descending, looking);
        Self { statement, contact, place, ahead: VecDeque::new(), ended: false }
    }

    /// The row that comes next, once it was read.
    fn here(&self) -> Option<&Place> {
        self.ahead.front().map(|(place, _)| place)
    }

    /// Reads ahead where nothing is at hand.
    fn peek(&mut self, tx: &SqliteTx, scope: &Scope<'_>, rows: i64) -> Result<(), HostError> {
        if self.ahead.is_empty() && !self.ended {
            if !scope.marks.is_empty() {
                match blocks::pass(tx, scope, &self.place)? {
                    Some(place) => self.place = place,
                    None => {
                        self.ended = true;
                        return Ok(());
                    }
                }
            }
            let mut select = tx.conn().prepare_cached(self.statement).host()?;
            let eyes = scope.eyes();
            let mut values: Vec<&dyn ToSql> =
                vec![&scope.matter, &self.place.key, &self.place.id, &rows, &self.contact];
            values.extend(eyes.iter().map(|value| value as &dyn ToSql));
            values.truncate(select.parameter_count());
            let found = select.query_map(values.as_slice(), step).host()?;
            for row in found {
                self.ahead.push_back(row.host()?);
            }
            self.ended = i64::try_from(self.ahead.len()).unwrap_or(i64::MAX) < rows;
            if let Some((place, _)) = self.ahead.back() {
                self.place = place.clone();
            }
        }
        Ok(())
    }
}

fn step(row: &Row<'_>) -> driver::Result<Step> {
    Ok((Place { key: row.get::<_, Key>(0)?, id: row.get(1)? }, row.get(2)?))
}

impl Source {
    /// The next row; `rows` is how many are read at once if none is at hand.
    pub(super) fn next(&mut self, tx: &SqliteTx, scope: &Scope<'_>, rows: i64) -> Result<Option<Step>, HostError> {
        let (walks, meet) = match self {
            Self::Found(places) => return Ok(places.pop_front().map(|place| (place, true))),
            Self::Walks(walks, meet) => (walks, *meet),
        };
        if let ([walk], Meet::Any) = (walks.as_mut_slice(), meet) {
            walk.peek(tx, scope, rows)?;
            return Ok(walk.ahead.pop_front());
        }
        let each = (rows / i64::try_from(walks.len()).unwrap_or(i64::MAX).max(1)).clamp(8, rows.max(8));
        for walk in walks.iter_mut() {
            walk.peek(tx, scope, each)?;
        }
        let places = walks.iter().filter_map(Walk::here);
        let Some(first) = (if scope.descending { places.max() } else { places.min() }).cloned() else {
            return Ok(None);
        };
        let (mut by, mut any, mut leading) = (0, false, false);
        let of = walks.len();
        for (n, walk) in walks.iter_mut().enumerate() {
            if walk.here() == Some(&first) {
                any |= walk.ahead.pop_front().is_some_and(|(_, wanted)| wanted);
                by += 1;
                leading |= n == 0;
            }
        }
        let wanted = match meet {
            Meet::Any => any,
            Meet::All => by == of,
            Meet::Some => by < of,
            Meet::FirstAlone => by == 1 && leading,
        };
        Ok(Some((first, wanted)))
    }
}

/// The wanted documents that a statement finds, sorted, the first `keep` from a place on; and how many there are from
/// the start. `None` if it finds more than `most`.
pub(super) fn collect(
    tx: &SqliteTx,
    scope: &Scope<'_>,
    statement: &str,
    lookup: Option<&Lookup>,
    most: i64,
    from: &Place,
    keep: usize,
) -> Result<Option<(VecDeque<Place>, u32)>, HostError> {
    let mut select = tx.conn().prepare_cached(statement).host()?;
    let eyes = scope.eyes();
    let (query, first, last) =
        (lookup.map(|lookup| &lookup.query), lookup.map(|lookup| lookup.first), lookup.map(|lookup| lookup.last));
    let limit = most + 1;
    let mut values: Vec<&dyn ToSql> = vec![&scope.matter, &query, &limit, &first, &last];
    values.extend(eyes.iter().map(|value| value as &dyn ToSql));
    values.truncate(select.parameter_count());
    let order = |a: &Place, b: &Place| if scope.descending { b.cmp(a) } else { a.cmp(b) };
    let (mut places, mut total, mut looked) = (Vec::new(), 0_u32, 0_i64);
    let found = select.query_map(values.as_slice(), step).host()?;
    for row in found {
        let (place, wanted) = row.host()?;
        looked += 1;
        if looked > most {
            return Ok(None);
        }
        if !wanted {
            continue;
        }
        total = total.saturating_add(1);
        if order(&place, from).is_gt() {
            places.push(place);
        }
        // What cannot be on the page any more is let go from time to time.
        if places.len() > 4 * keep + 64 {
            places.select_nth_unstable_by(keep, order);
            places.truncate(keep);
        }
    }
    places.sort_unstable_by(order);
    places.truncate(keep);
    Ok(Some((places.into(), total)))
}

/// What is looked up among the trigrams of all names.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub(super) query: String,
    /// The rows of one matter.
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The trigrams that a name of this matter's with this term must have; none for a term that is too short.
pub(super) fn trigrams(tx: &SqliteTx, matter: i64, term: &str) -> Option<Lookup> {
    let letters: Vec<char> = term.chars().collect();
    let last = letters.len().checked_sub(3)?;
    let (first_row, last_row) = (matter << 40, ((matter + 1) << 40) - 1);
    if tx.conn().sqlite().is_none() {
        let literal = term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        return Some(Lookup { query: ["%", &literal, "%"].concat(), first: first_row, last: last_row });
    }
    let mut query = String::new();
    // Every third is enough to cover the term; the name itself is looked at in the end.
    for start in (0..last).step_by(3).take(6).chain([last]) {
        let trigram: String = letters[start..start + 3].iter().collect();
        query.push_str(if query.is_empty() { "\"" } else { " AND \"" });
        query.push_str(&trigram.replace('"', "\"\""));
        query.push('"');
    }
    Some(Lookup { query, first: first_row, last: last_row })
}

/// The statement for [`collect`] that looks the trigrams up.
pub(super) fn by_trigrams(tx: &SqliteTx, scope: &Scope<'_>) -> &'static str {
    searched(scope.sort, tx.conn().sqlite().is_some())
}
