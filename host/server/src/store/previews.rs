//! What was found out about documents that cannot be shown, so that it is known before somebody tries.

use client_connect_runtime::types::HostError;

use super::{
    SqliteTx,
    sql::{Host as _, list},
};

/// Notes why this content of the document cannot be shown, if it is still its content.
///
/// # Errors
/// Only if the database fails.
pub fn cannot_be_shown(tx: &SqliteTx, document: &str, sha256: &str, why: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "UPDATE documents SET no_preview = ?3 WHERE id = ?1 AND sha256 = ?2 AND no_preview IS DISTINCT FROM ?3",
        )
        .and_then(|mut note| note.execute((document, sha256, why)))
        .host()
        .map(drop)
}

/// Tells which renderer the host has, in its own words: what another one could not show is to be tried again.
///
/// # Errors
/// Only if the database fails.
pub fn renderer_is(tx: &SqliteTx, id: &str) -> Result<(), HostError> {
    let known = tx
        .conn()
        .prepare_cached(
            "INSERT INTO host (key, value) VALUES ('renderer', ?1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE host.value != excluded.value",
        )
        .and_then(|mut put| put.execute([id.as_bytes()]))
        .host()?;
    if known > 0 {
        tx.conn().execute("UPDATE documents SET no_preview = NULL WHERE no_preview IS NOT NULL", []).host()?;
    }
    Ok(())
}

/// The hashes of all contents of these documents, in hex.
///
/// # Errors
/// Only if the database fails.
pub fn hashes(tx: &SqliteTx, documents: &[String]) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached("SELECT DISTINCT v.sha256 FROM json_each(?1) k CROSS JOIN versions v ON v.document = k.value")
        .and_then(|mut find| find.query_map([list(documents)], |row| row.get(0))?.collect())
        .host()
}

/// Those of these hashes, in hex, whose bytes are no version's any more.
///
/// # Errors
/// Only if the database fails.
pub fn gone(tx: &SqliteTx, hashes: &[String]) -> Result<Vec<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT value FROM json_each(?1)
             EXCEPT SELECT sha256 FROM versions v
             WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.blob = v.blob AND q.state = 'found')",
        )
        .and_then(|mut find| find.query_map([list(hashes)], |row| row.get(0))?.collect())
        .host()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{MATTER, World, document};

    fn shown(world: &World) -> bool {
        world.read(|tx| {
            let noted: Option<String> =
                tx.conn().query_row("SELECT no_preview FROM documents WHERE id = 'd1'", [], |row| row.get(0)).unwrap();
            noted.is_none()
        })
    }

    #[test]
    fn what_cannot_be_shown_is_noted_until_there_is_another_renderer() {
        let world = World::new();
        world.write(|tx| {
            renderer_is(tx, "one").unwrap();
            document(tx, MATTER, "d1", "a.txt", None, 1);
        });
        world.write(|tx| cannot_be_shown(tx, "d1", "another content", "damaged").unwrap());
        assert!(shown(&world));
        world.write(|tx| cannot_be_shown(tx, "d1", &"00".repeat(32), "damaged").unwrap());
        assert!(!shown(&world));
        world.write(|tx| renderer_is(tx, "one").unwrap());
        assert!(!shown(&world), "the same renderer will not do better");
        world.write(|tx| renderer_is(tx, "two").unwrap());
        assert!(shown(&world));
    }

    #[test]
    fn the_hashes_of_what_was_removed_or_refused_are_told_from_the_others() {
        let world = World::new();
        let (here, never) = ("00".repeat(32), "11".repeat(32));
        let gone_of = |world: &World| world.read(|tx| gone(tx, &[here.clone(), never.clone()]).unwrap());
        world.write(|tx| document(tx, MATTER, "d1", "a.txt", None, 1));
        assert_eq!(gone_of(&world), std::slice::from_ref(&never));
        world.write(|tx| {
            let found =
                "INSERT INTO quarantine (blob, state, why, next_at, since) VALUES ('blob-d1', 'found', 'x', 0, 0)";
            tx.conn().execute(found, []).unwrap();
        });
        let mut both = gone_of(&world);
        both.sort();
        assert_eq!(both, [here.clone(), never.clone()]);
    }
}
