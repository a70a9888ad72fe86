//! Pages that bear a stamp, for as long as the stamp may be asked for again: whoever turns the pages back and forth within
//! a minute is not drawn each of them anew. In memory alone, bounded, and only ever for the same line: nobody is answered
//! with another's.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use lru::LruCache;

use crate::Stamp;

/// How long one is kept: a line that names the minute is not asked for again after that.
const KEPT: Duration = Duration::from_secs(60);
/// Bytes of all of them.
const MOST: usize = 32 << 20;

/// Which copy: the document's folder, the page's file, the line.
pub(crate) type Which = (String, String, Stamp);

/// The copies, the one longest unused first.
#[derive(Debug)]
pub(crate) struct Copies {
    kept: Mutex<LruCache<Which, (Instant, Bytes)>>,
}

impl Copies {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::new(LruCache::unbounded()) }
    }

    pub(crate) fn get(&self, which: &Which) -> Option<Bytes> {
        self.kept().get(which).filter(|(made, _)| made.elapsed() < KEPT).map(|(_, file)| file.clone())
    }

    pub(crate) fn put(&self, which: Which, file: Bytes) {
        let mut kept = self.kept();
        kept.put(which, (Instant::now(), file));
        let mut total: usize = kept.iter().map(|(_, (_, file))| file.len()).sum();
        while total > MOST
            && let Some((_, (_, gone))) = kept.pop_lru()
        {
            total -= gone.len();
        }
    }

    /// Throws away those that this is true of.
    fn drop_if(&self, is_over: impl Fn(&Which, &Instant) -> bool) {
        let mut kept = self.kept();
        let over: Vec<Which> =
            kept.iter().filter(|(which, (made, _))| is_over(which, made)).map(|(which, _)| which.clone()).collect();
        for which in over {
            kept.pop(&which);
        }
    }

    /// Throws away what is too old to be asked for.
    pub(crate) fn tidy(&self) {
        self.drop_if(|_, made| made.elapsed() >= KEPT);
    }

    /// Throws away those of the documents whose name begins so.
    pub(crate) fn forget(&self, beginning: &str) {
        self.drop_if(|(document, ..), _| document.starts_with(beginning));
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, LruCache<Which, (Instant, Bytes)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(document: &str, page: u32, line: &str) -> Which {
        (document.to_owned(), page.to_string(), Stamp { line: line.to_owned() })
    }

    #[test]
    fn only_the_same_line_on_the_same_page_is_answered() {
        let copies = Copies::new();
        copies.put(of("a", 1, "ann 10:00"), Bytes::from_static(b"ann's"));
        assert_eq!(copies.get(&of("a", 1, "ann 10:00")).as_deref(), Some(&b"ann's"[..]));
        for other in
            [of("a", 1, "ben 10:00"), of("a", 1, "ann 10:01"), of("a", 2, "ann 10:00"), of("b", 1, "ann 10:00")]
        {
            assert_eq!(copies.get(&other), None, "{other:?}");
        }
    }

    #[test]
    fn they_stay_within_their_bytes() {
        let copies = Copies::new();
        for page in 0..10 {
            copies.put(of("a", page, "ann"), Bytes::from(vec![0; MOST / 4]));
        }
        let there = |page| copies.get(&of("a", page, "ann")).is_some();
        assert_eq!((0..10).filter(|page| there(*page)).collect::<Vec<_>>(), [6, 7, 8, 9]);
    }

    #[test]
    fn what_is_forgotten_is_gone() {
        let copies = Copies::new();
        copies.put(of("abc-text", 1, "ann"), Bytes::from_static(b"page"));
        copies.put(of("abd-text", 1, "ann"), Bytes::from_static(b"page"));
        copies.tidy();
        copies.forget("abc");
        assert!(copies.get(&of("abc-text", 1, "ann")).is_none() && copies.get(&of("abd-text", 1, "ann")).is_some());
    }
}
