//! Lengths and colours of an OpenDocument text, in the units of WordprocessingML.

use super::styles::Properties;

/// Longer than any page, so that sums stay sums.
const LONGEST: f64 = 20_000.0;

/// A length in points.
pub(super) fn points(length: &str) -> Option<f64> {
    let length = length.trim();
    let end = length.find(|character: char| !matches!(character, '0'..='9' | '.' | '-' | '+')).unwrap_or(length.len());
    let (number, unit) = length.split_at(end);
    let number: f64 = number.parse().ok()?;
    let points = match unit {
        "pt" => number,
        "cm" => number * 72.0 / 2.54,
        "mm" => number * 72.0 / 25.4,
        "in" | "inch" => number * 72.0,
        "pc" => number * 12.0,
        "px" => number * 0.75,
        _ => return None,
    };
    Some(points.clamp(-LONGEST, LONGEST))
}

/// Twentieths of a point.
pub(super) fn twips(length: &str) -> Option<i64> {
    points(length).map(|points| (points * 20.0).round() as i64)
}

/// English metric units, of which drawings are measured.
pub(super) fn emu(length: &str) -> Option<i64> {
    points(length).map(|points| (points * 12_700.0).round() as i64)
}

pub(super) fn percent(share: &str) -> Option<f64> {
    share.trim().strip_suffix('%')?.parse().ok()
}

/// `#rrggbb` without the sign.
pub(super) fn colour(colour: &str) -> Option<&str> {
    let digits = colour.trim().strip_prefix('#')?;
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// Of one side, or of all sides at once.
pub(super) fn side<'p>(properties: &'p Properties, name: &str, side: &str) -> Option<&'p str> {
    properties.get(&format!("{name}-{side}")).or_else(|| properties.get(name)).map(String::as_str)
}
