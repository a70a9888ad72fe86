//! Which of the bytes are asked for: `Range`, `If-Range`, `If-None-Match` and HEAD (RFC 9110).
//!
//! One range is answered with 206; several, or none that can be read, with the whole, as the standard allows: an
//! answer in many parts multiplies work for nobody's good.

use std::ops::Range;

use axum::http::{HeaderMap, Method, header};

/// What a request wants of a file.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The headers alone.
    pub head: bool,
    range: Option<String>,
    if_range: Option<String>,
    if_none_match: Option<String>,
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// These bytes; never empty, never past the end.
    Bytes(Range<u64>),
    /// It has it already.
    NotModified,
    /// It asks past the end.
    Unsatisfiable,
}

impl Asked {
    /// Reads a request.
    #[must_use]
    pub fn new(method: &Method, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            head: method == Method::HEAD,
            range: text(header::RANGE),
            if_range: text(header::IF_RANGE),
            if_none_match: text(header::IF_NONE_MATCH),
        }
    }

    /// The part of a file of `size` bytes with this strong `etag` (quotes included). To be asked after the right
    /// was checked, as the answer tells whether the asker has guessed the content.
    #[must_use]
    pub fn part(&self, size: u64, etag: &str) -> Part {
        if let Some(tags) = &self.if_none_match
            && tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
        {
            return Part::NotModified;
        }
        // A date, or a weak tag, cannot prove that it is the same content.
        if self.head || self.if_range.as_deref().is_some_and(|tag| tag != etag) {
            return Part::Whole;
        }
        self.range.as_deref().map_or(Part::Whole, |range| parse(range, size))
    }
}

fn parse(range: &str, size: u64) -> Part {
    let Some((unit, set)) = range.split_once('=') else { return Part::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Part::Whole;
    }
    match (number(first), number(last)) {
        (Number::None, Number::Is(suffix)) => match suffix.min(size) {
            0 => Part::Unsatisfiable,
            suffix => Part::Bytes(size - suffix..size),
        },
        (Number::Is(first), Number::None) if first < size => Part::Bytes(first..size),
        (Number::Is(first), Number::Is(last)) if last < first => Part::Whole,
        (Number::Is(first), Number::Is(last)) if first < size => Part::Bytes(first..last.saturating_add(1).min(size)),
        (Number::Is(_), Number::None | Number::Is(_)) => Part::Unsatisfiable,
        _ => Part::Whole,
    }
}

enum Number {
    None,
    Is(u64),
    Bad,
}

/// Digits alone; more than fit into 64 bits are past any end.
fn number(text: &str) -> Number {
    match text.trim() {
        "" => Number::None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Number::Is(digits.parse().unwrap_or(u64::MAX)),
        _ => Number::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"e\"";

    fn part(headers: &[(header::HeaderName, &str)], size: u64) -> Part {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Asked::new(&Method::GET, &headers).part(size, ETAG)
    }

    #[test]
    fn one_range_is_answered_by_its_bytes() {
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..100),
            ("bytes=10-19", 10..20),
            ("bytes=90-1000", 90..100),
            ("bytes=-5", 95..100),
            ("bytes=-500", 0..100),
            ("BYTES = 1-2 ", 1..3),
            ("bytes=0-99999999999999999999999999", 0..100),
        ] {
            assert_eq!(part(&[(header::RANGE, range)], 100), Part::Bytes(expected), "{range}");
        }
    }

    #[test]
    fn what_lies_past_the_end_is_unsatisfiable() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(part(&[(header::RANGE, range)], 100), Part::Unsatisfiable, "{range}");
        }
        assert_eq!(part(&[(header::RANGE, "bytes=0-0")], 0), Part::Unsatisfiable);
    }

    #[test]
    fn what_cannot_be_read_or_has_many_parts_is_answered_whole() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-2",
            "lines=0-1",
            "bytes=0-1,5-6",
            "bytes=+1-2",
            "bytes=1--2",
        ] {
            assert_eq!(part(&[(header::RANGE, range)], 100), Part::Whole, "{range}");
        }
    }

    #[test]
    fn a_range_of_another_version_is_answered_whole() {
        let range = (header::RANGE, "bytes=0-0");
        assert_eq!(part(&[range.clone(), (header::IF_RANGE, ETAG)], 9), Part::Bytes(0..1));
        for other in ["\"f\"", "W/\"e\"", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(part(&[range.clone(), (header::IF_RANGE, other)], 9), Part::Whole, "{other}");
        }
    }

    #[test]
    fn the_same_version_is_not_sent_again() {
        for tags in ["\"e\"", "\"a\", W/\"e\"", "*"] {
            assert_eq!(
                part(&[(header::IF_NONE_MATCH, tags), (header::RANGE, "bytes=0-")], 9),
                Part::NotModified,
                "{tags}"
            );
        }
        assert_eq!(part(&[(header::IF_NONE_MATCH, "\"f\"")], 9), Part::Whole);
    }

    #[test]
    fn head_is_about_the_whole() {
        let headers = [(header::RANGE, "bytes=0-0".parse().unwrap())].into_iter().collect();
        assert_eq!(Asked::new(&Method::HEAD, &headers).part(9, ETAG), Part::Whole);
    }
}
