//! How much one call takes. More is refused by name, never cut.

/// Pairs of a document and a contact in one Save; also contacts and users in one Save.
pub const PAIRS: usize = 10_000;
/// Documents in one call of an event, and in one question of `portal.permit`.
pub const DOCUMENTS: usize = 1_000;
/// Rows of a page.
pub const ROWS: u32 = 200;
/// Uploads of one call for which earlier ones with the same content are looked for: one look each.
pub const HINTS: usize = 20;
/// Names in a letter; what goes beyond is counted.
pub const NAMES: usize = 50;
