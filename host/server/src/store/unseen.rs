//! What a contact has not seen of what they may see.

use client_connect_runtime::types::HostError;

use super::{SqliteTx, sql::Host};

/// Of the latest `most` documents that are visible to a contact, how many they have not seen in the current version;
/// and whether these are all that they see. Their own uploads count as seen. The cost follows `most`.
///
/// # Errors
/// Only if the database fails.
pub fn count(tx: &SqliteTx, matter: &str, contact: &str, most: u32) -> Result<(u32, bool), HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE s.own = 0 AND (s.seen_version IS NULL OR s.seen_version < d.version)),
                    coalesce((SELECT shared + uploaded FROM share_counts WHERE matter = ?1 AND contact = ?2), 0) <= ?3
             FROM (SELECT document, own, seen_version FROM shares INDEXED BY shares_by_activity
                   WHERE matter = ?1 AND contact = ?2 AND visible = 1 ORDER BY activity_at DESC LIMIT ?3) s
             CROSS JOIN documents d ON d.id = s.document",
        )
        .and_then(|mut count| count.query_row((matter, contact, most), |row| Ok((row.get(0)?, row.get(1)?))))
        .host()
}

#[cfg(test)]
mod tests {
    use client_connect_runtime::types::ShareState;

    use super::*;
    use crate::store::testing::{ANN, BEN, MATTER, World, document, share};

    #[test]
    fn what_was_seen_in_its_current_version_is_not_counted() {
        let world = World::new();
        world.write(|tx| {
            for n in 0..5 {
                document(tx, MATTER, &format!("d{n}"), "a.pdf", None, n);
                share(tx, MATTER, &format!("d{n}"), ANN, ShareState::Live);
            }
            tx.conn().execute("UPDATE shares SET seen_version = 1 WHERE document IN ('d0', 'd4')", []).unwrap();
            tx.conn().execute("UPDATE documents SET version = 2 WHERE id = 'd0'", []).unwrap();
        });
        world.read(|tx| {
            assert_eq!(count(tx, MATTER, ANN, 10).unwrap(), (4, true));
            // Of the latest three, d4 was seen.
            assert_eq!(count(tx, MATTER, ANN, 3).unwrap(), (2, false));
            assert_eq!(count(tx, MATTER, BEN, 10).unwrap(), (0, true));
        });
    }
}
