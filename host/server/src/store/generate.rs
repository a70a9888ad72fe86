//! A matter of any size, made in one transaction: for measuring, never for a firm that works with it. What is made so
//! is not accounted for call by call; one row of the audit says that it was made in bulk.

use client_connect_runtime::{
    backend::Mode,
    types::{HostError, Timestamp},
};

use super::{
    SqliteBackend, SqliteTx,
    audit::{self, By, Row},
    documents::Content,
    driver::{Connection, params},
    names::{fold, sort_key},
    pages,
    sql::{Host, ms, not_found},
};

/// What to make.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The matter that is filled.
    pub matter: String,
    /// So many documents.
    pub documents: u32,
    /// For each contact, of how many in a thousand documents a live share is made. The contacts must be there.
    pub shares: Vec<(String, u32)>,
    /// What each document holds; without it each has a hash of its own, and bytes that are nowhere.
    pub content: Option<Content>,
    /// The first document's time; each next one comes a second later.
    pub since: Timestamp,
}

const WHAT: [&str; 16] = [
    "Letter",
    "Contract",
    "Invoice",
    "Draft deed",
    "Minutes",
    "Statement",
    "Power of attorney",
    "Receipt",
    "Expert opinion",
    "Plan",
    "Offer",
    "Reminder",
    "Certificate",
    "Court order",
    "Photo",
    "Note",
];
const WHO: [&str; 20] = [
    "Adler",
    "Bauer",
    "Çelik",
    "Dubois",
    "Evans",
    "Fischer",
    "García",
    "Hansen",
    "Ivanova",
    "Jónsdóttir",
    "Kowalski",
    "Łukasz",
    "Müller",
    "Nowak",
    "O'Brien",
    "Peña",
    "Quinn",
    "Rossi",
    "Šimić",
    "Tanaka",
];
const KIND: [(&str, &str); 5] = [
    ("pdf", "application/pdf"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("jpg", "image/jpeg"),
    ("txt", "text/plain"),
];

/// From this number on, what is kept row by row is put off to the end: in a file indexes and triggers, in PostgreSQL the
/// triggers, which would count in one row that has a new version each time.
const BULK: u32 = 20_000;

/// Fills a matter. The same plan gives the same names, times and shares.
///
/// # Errors
/// `not-found` if the matter or a contact is not there; all or nothing is made.
pub fn generate(store: &SqliteBackend, plan: &Plan, now: Timestamp) -> Result<(), HostError> {
    let tx = store.begin_own(Mode::Write, now)?;
    let conn = tx.conn();
    let file = conn.sqlite().is_some();
    if file {
        conn.execute_batch("PRAGMA cache_size = -524288").host()?;
    }
    let bulk = plan.documents >= BULK;
    let put_off = if file && bulk { put_off(conn)? } else { Vec::new() };
    if !file && bulk {
        triggers(conn, "DISABLE")?;
    }
    let firm: String =
        conn.query_row("SELECT firm FROM matters WHERE id = ?1", [&plan.matter], |row| row.get(0)).host()?;
    let first: i64 = conn.query_row("SELECT coalesce(max(n), 0) + 1 FROM documents", [], |row| row.get(0)).host()?;
    documents(&tx, plan, first)?;
    shares(conn, plan, first)?;
    if !put_off.is_empty() {
        // Few large parts, written once, instead of many small ones that are merged again and again.
        conn.execute_batch(
            "INSERT INTO names_searched (names_searched, rank) VALUES ('hashsize', 134217728);
             INSERT INTO names_searched (names_searched, rank) VALUES ('automerge', 0);",
        )
        .host()?;
        conn.execute(
            "INSERT INTO names_searched (rowid, name)
             SELECT n, name FROM documents_searched WHERE document >= ?1",
            [first],
        )
        .host()?;
        conn.execute_batch(
            "INSERT INTO names_searched (names_searched, rank) VALUES ('hashsize', 1048576);
             INSERT INTO names_searched (names_searched, rank) VALUES ('automerge', 4);",
        )
        .host()?;
    }
    if bulk {
        recount(conn, &plan.matter)?;
    }
    for statement in put_off {
        conn.execute_batch(&statement).host()?;
    }
    if !file && bulk {
        triggers(conn, "ENABLE")?;
    }
    pages::part(&tx, &plan.matter)?;
    let row = Row::new(now, By::Host, audit::BULK).matter(&plan.matter).detail("documents", plan.documents);
    audit::append(&tx, &firm, &row)?;
    conn.execute_batch(if file {
        "PRAGMA cache_size = -32768"
    } else {
        // The numbers above were not drawn from it.
        "SELECT setval(pg_get_serial_sequence('documents', 'n'), (SELECT max(n) FROM documents)); ANALYZE"
    })
    .host()?;
    tx.commit().map_err(|error| HostError::Other(error.to_string()))?;
    if file { checkpoint(store, now) } else { Ok(()) }
}

/// Lets the tables' own triggers rest in PostgreSQL, or work again.
fn triggers(conn: &Connection, word: &str) -> Result<(), HostError> {
    for table in ["documents", "shares", "versions"] {
        conn.execute_batch(&["ALTER TABLE ", table, " ", word, " TRIGGER USER"].concat()).host()?;
    }
    Ok(())
}

/// Takes away triggers and indexes of the large tables, and answers the statements that bring them back.
fn put_off(conn: &Connection) -> Result<Vec<String>, HostError> {
    let found: Vec<(String, String, String)> = conn
        .prepare(
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('index', 'trigger')
               AND tbl_name IN ('documents', 'shares', 'versions') ORDER BY type, name",
        )
        .and_then(|mut found| found.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect())
        .host()?;
    for (kind, name, _) in &found {
        // The names are the schema's own.
        conn.execute_batch(&["DROP ", kind, " ", name].concat()).host()?;
    }
    Ok(found.into_iter().map(|(_, _, statement)| statement).collect())
}

fn documents(tx: &SqliteTx, plan: &Plan, first: i64) -> Result<(), HostError> {
    let conn = tx.conn();
    let owner: Option<String> =
        conn.query_row("SELECT owner FROM matters WHERE id = ?1", [&plan.matter], |row| row.get(0)).host()?;
    let mut insert = conn
        .prepare(
            "INSERT INTO documents (n, id, matter, name, name_key, name_fold, kind, media_type, size, sha256, blob, created_by,
                                    created_at, activity_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'Document', ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )
        .host()?;
    for number in 0..plan.documents {
        let dice = scatter(u64::from(number) + u64::try_from(first).unwrap_or(0));
        let (ending, media_type) = pick(&KIND, dice >> 8);
        let name = format!("{} {} {}.{ending}", pick(&WHAT, dice), pick(&WHO, dice >> 16), number + 1);
        let id = format!("{dice:016x}{:016x}", scatter(dice));
        let own;
        let content = match &plan.content {
            Some(content) => content,
            None => {
                own = Content {
                    blob: id.clone(),
                    size: 1_000 + dice % 5_000_000,
                    sha256: id.repeat(2),
                    media_type: media_type.to_owned(),
                };
                &own
            }
        };
        let created = ms(plan.since) + i64::from(number) * 1_000;
        let activity = created + i64::try_from(dice % 86_400_000).unwrap_or(0);
        insert
            .execute(params![
                first + i64::from(number),
                id,
                plan.matter,
                name,
                sort_key(&name),
                fold(&name),
                content.media_type,
                ms(content.size),
                content.sha256,
                content.blob,
                owner,
                created,
                activity,
            ])
            .host()?;
    }
    conn.execute(
        "INSERT INTO versions (document, version, blob, size, sha256, media_type, created_at, created_by)
         SELECT id, 1, blob, size, sha256, media_type, created_at, created_by FROM documents
         WHERE n >= ?1 AND matter = ?2 ORDER BY id",
        params![first, plan.matter],
    )
    .host()?;
    Ok(())
}

fn shares(conn: &Connection, plan: &Plan, first: i64) -> Result<(), HostError> {
    for (nth, (contact, share)) in plan.shares.iter().enumerate() {
        let there: i64 =
            conn.query_row("SELECT count(*) FROM contacts WHERE id = ?1", [contact], |row| row.get(0)).host()?;
        if there == 0 {
            return Err(not_found("a contact to share with"));
        }
        // The sum of a matter's own numbers, times a prime: spread, and the same each time.
        conn.execute(
            "INSERT INTO shares (matter, document, contact, state, since, visible, own, name_key, activity_at, created_at)
             SELECT matter, id, ?2, 'live', created_at, 1, 0, name_key, activity_at, created_at FROM documents
             WHERE n >= ?1 AND matter = ?5 AND (n * 7919 + ?4 * 104729) % 1000 < ?3 ORDER BY id",
            params![first, contact, share, i64::try_from(nth).unwrap_or(0), plan.matter],
        )
        .host()?;
    }
    Ok(())
}

fn recount(conn: &Connection, matter: &str) -> Result<(), HostError> {
    conn.execute(
        "INSERT INTO matter_counts (matter, documents, restricted)
         SELECT matter, count(*), sum(restricted) FROM documents WHERE matter = ?1 AND deleted_at IS NULL GROUP BY matter
         ON CONFLICT (matter) DO UPDATE SET documents = excluded.documents, restricted = excluded.restricted",
        [matter],
    )
    .host()?;
    conn.execute(
        "INSERT INTO share_counts (matter, contact, shared, uploaded)
         SELECT matter, contact, sum(1 - own), sum(own) FROM shares WHERE matter = ?1 AND visible = 1 GROUP BY matter, contact
         ON CONFLICT (matter, contact) DO UPDATE SET shared = excluded.shared, uploaded = excluded.uploaded",
        [matter],
    )
    .host()
    .map(drop)
}

/// Puts the log back into the file, so that what is measured next does not pay for it.
fn checkpoint(store: &SqliteBackend, now: Timestamp) -> Result<(), HostError> {
    let tx = store.begin_own(Mode::Read, now)?;
    tx.conn()
        .execute_batch("COMMIT; PRAGMA query_only = OFF; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA query_only = ON")
        .host()
}

fn pick<T: Copy, const N: usize>(from: &[T; N], dice: u64) -> T {
    from[usize::try_from(dice % N as u64).unwrap_or(0)]
}

/// Well spread, the same each time (the finaliser of `splitmix64`).
fn scatter(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
