//! A chain that was tampered with never passes.

use super::*;
use crate::store::testing::{ANN, FIRM, MATTER, World, document};

fn fill(world: &World, rows: u64) {
    world.write(|tx| {
        for n in 0..rows {
            let row = Row::new(1_000 + n, By::User("u-owner".into()), "document.downloaded")
                .matter(MATTER)
                .contact(ANN)
                .detail("n", n);
            append(tx, FIRM, &row).unwrap();
        }
    });
}

fn prove(world: &World, noted: Option<&Head>) -> Result<Proof, Broken> {
    world.read(|tx| verify(tx, FIRM, noted.as_slice()).unwrap())
}

fn end(world: &World) -> Head {
    world.read(|tx| head(tx, FIRM).unwrap().unwrap())
}

/// The triggers go first.
pub(super) fn unlock(tx: &SqliteTx) -> &'static str {
    match tx.conn().sqlite() {
        Some(_) => "DROP TRIGGER audit_append_only_delete; DROP TRIGGER audit_append_only_update",
        None => {
            "ALTER TABLE audit DISABLE TRIGGER USER;
             CREATE FUNCTION randomblob(integer) RETURNS bytea LANGUAGE sql AS
                 $$ SELECT substr(sha256(random()::text::bytea), 1, $1) $$"
        }
    }
}

/// What an intruder with the database in hand can do.
fn tamper(world: &World, statements: &str) {
    world.write(|tx| {
        let conn = tx.conn();
        conn.execute_batch(unlock(tx)).unwrap();
        conn.execute_batch(statements).unwrap();
    });
}

#[test]
fn the_log_is_append_only() {
    let world = World::new();
    fill(&world, 3);
    world.write(|tx| {
        for statement in
            ["DELETE FROM audit", "UPDATE audit SET at = 1", "UPDATE audit SET actor = 'c-ben' WHERE seq = 2"]
        {
            let said = tx.conn().execute(statement, []).unwrap_err().to_string();
            assert!(said.contains("append-only"), "{said}");
        }
    });
    assert_eq!(prove(&world, None).unwrap().rows, 3);
}

#[test]
fn sh21_a_row_keeps_the_name_version_and_hash_as_they_were() {
    let world = World::new();
    world.write(|tx| {
        document(tx, MATTER, "d1", "Deed.pdf", None, 1);
        let row =
            Row::new(9, By::Contact(ANN.into()), "document.downloaded").matter(MATTER).document("d1").contact(ANN);
        append(tx, FIRM, &row).unwrap();
        crate::store::documents::rename(tx, "d1", "Other.pdf", 10).unwrap();
    });
    let rows = world.read(|tx| list(tx, &Query { firm: FIRM.into(), limit: 9, ..Query::default() }).unwrap());
    let body = rows[0].body.as_ref().unwrap();
    assert_eq!((&body["document"]["name"], &body["document"]["version"]), (&"Deed.pdf".into(), &1.into()));
    assert_eq!(body["document"]["sha256"], "00".repeat(32));
    assert_eq!(rows[0].actor_name.as_deref(), Some("C-ANN"));
}

#[test]
fn a_contact_was_in_the_portal_last_when_they_did_something_there() {
    let world = World::new();
    let last = || world.read(|tx| last_by_contact(tx, FIRM, ANN).unwrap());
    assert_eq!(last(), None);
    world.write(|tx| {
        append(tx, FIRM, &Row::new(5, By::Contact(ANN.into()), "sign-in.done").contact(ANN)).unwrap();
        append(tx, FIRM, &Row::new(7, By::Contact(ANN.into()), "document.viewed").matter(MATTER).contact(ANN)).unwrap();
        // What others do with them does not count, nor a sign-in that failed.
        append(tx, FIRM, &Row::new(8, By::Contact(ANN.into()), "sign-in.failed").contact(ANN)).unwrap();
        append(tx, FIRM, &Row::new(9, By::User("u-owner".into()), "document.shared").contact(ANN)).unwrap();
    });
    assert_eq!(last(), Some(7));
}

#[test]
fn times_never_decrease_and_erasure_breaks_nothing() {
    let world = World::new();
    fill(&world, 5);
    world.write(|tx| {
        append(tx, FIRM, &Row::new(7, By::Host, "settings.changed")).unwrap();
        assert_eq!(head(tx, FIRM).unwrap().unwrap().at, 1_004);
        assert_eq!(erase_contact(tx, FIRM, ANN).unwrap(), 5);
    });
    let proof = prove(&world, None).unwrap();
    assert_eq!((proof.rows, proof.erased), (6, 5));
    let bodies: i64 = world.read(|tx| {
        tx.conn().query_row("SELECT count(*) FROM audit WHERE body LIKE '%C-ANN%'", [], |row| row.get(0)).unwrap()
    });
    assert_eq!(bodies, 0);
}

#[test]
fn a_tail_that_was_cut_and_a_chain_written_anew_are_found_with_the_noted_head_only() {
    let world = World::new();
    fill(&world, 20);
    let noted = end(&world);
    assert!(prove(&world, Some(&noted)).is_ok());
    tamper(&world, "DELETE FROM audit WHERE seq > 15");
    assert_eq!(prove(&world, None).unwrap().rows, 15);
    let broken = prove(&world, Some(&noted)).unwrap_err();
    assert_eq!((broken.seq, broken.reason), (16, "the chain ends before the row that was noted"));
    // As many rows again, by the same rules, but other ones.
    fill(&world, 10);
    assert_eq!(prove(&world, None).unwrap().rows, 25);
    assert_eq!(prove(&world, Some(&noted)).unwrap_err().seq, 20);
}

#[test]
fn a_list_is_filtered_paged_and_walks_an_index() {
    let world = World::new();
    fill(&world, 30);
    world.write(|tx| {
        append(tx, FIRM, &Row::new(2_000, By::Host, "settings.changed")).unwrap();
        append(tx, FIRM, &Row::new(2_000, By::User("u-clerk".into()), "access.granted").matter(MATTER).contact(ANN))
            .unwrap();
    });
    let all = Query { firm: FIRM.into(), limit: 100, ..Query::default() };
    world.read(|tx| {
        let count = |query: &Query| list(tx, query).unwrap().len();
        assert_eq!(count(&all), 32);
        assert_eq!(count(&Query { firm: "other".into(), ..all.clone() }), 0);
        let matter = Query { matter: Some(MATTER.into()), ..all.clone() };
        assert_eq!(count(&matter), 31);
        for base in [all.clone(), matter] {
            assert_eq!(count(&Query { since: Some(1_010), until: Some(1_020), ..base.clone() }), 10);
            assert_eq!(count(&Query { actor: Some("u-clerk".into()), ..base.clone() }), 1);
            assert_eq!(count(&Query { action: Some("access.".into()), ..base.clone() }), 1);
            assert_eq!(count(&Query { action: Some("access".into()), ..base.clone() }), 0);
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let page = list(tx, &Query { before, limit: 7, ..base.clone() }).unwrap();
                let Some(last) = page.last() else { break };
                before = Some(last.seq);
                seen.extend(page.iter().map(|row| row.seq));
            }
            assert!(seen.is_sorted_by(|a, b| a > b));
            assert_eq!(seen.len(), count(&base));
            let mut exported = Vec::new();
            export(tx, &base, |row| {
                exported.push(row.seq);
                Ok::<_, HostError>(())
            })
            .unwrap();
            seen.reverse();
            assert_eq!(exported, seen);
        }
        for statement in [super::list::OF_MATTER, super::list::OF_FIRM, super::list::EXPORT] {
            // How PostgreSQL goes about it depends on how much there is.
            let Some(sqlite) = tx.conn().sqlite() else { continue };
            let mut explain = sqlite.prepare(&["EXPLAIN QUERY PLAN ", statement].concat()).unwrap();
            let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
            let plan: Vec<String> = explain
                .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE") && !step.starts_with("SCAN")), "{plan:#?}");
        }
    });
}
