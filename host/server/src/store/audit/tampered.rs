//! T-AUDIT: a thousand random tamperings of each kind with one chain, and every single one is found. What is done to its
//! end, or to all of it, is found with a checkpoint that was kept elsewhere, and without one by nobody: that is shown too.
//!
//! `AUDIT_SEED` begins with another seed than the one that is printed.

use proptest::{
    prelude::Rng as _,
    test_runner::{RngAlgorithm, TestRng},
};

use super::*;
use crate::store::testing::{ANN, BEN, FIRM, MATTER, World};

/// Rows of the chain.
const ROWS: u64 = 40;
/// Tamperings of each kind.
const CASES: usize = 1000;

/// Random, and the same again from the same seed.
struct Dice(TestRng);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.next_u64() % (high - low + 1)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.between(0, all.len() as u64 - 1)).unwrap()]
    }
}

fn row(n: u64, contact: &str) -> Row {
    Row::new(1_000 + n, By::User("u-owner".into()), "document.downloaded")
        .matter(MATTER)
        .contact(contact)
        .detail("n", n)
}

/// Every column, with another value than the row has.
const COLUMNS: [(&str, &str); 17] = [
    ("firm", "'f9'"),
    ("at", "at + 1"),
    ("at", "at - 1"),
    ("matter", "NULL"),
    ("actor_kind", "'contact'"),
    ("actor", "'c-ben'"),
    ("acting_for", "'c-ben'"),
    ("action", "'document.viewed'"),
    ("document", "'d9'"),
    ("contact", "'c-ben'"),
    ("call", "call || 'x'"),
    ("request", "'r9'"),
    ("plugin", "'p9'"),
    ("body", "replace(body, '\"n\"', '\"m\"')"),
    ("salt", "randomblob(16)"),
    ("commitment", "randomblob(32)"),
    ("hash", "randomblob(32)"),
];

/// One tampering of a kind, at a random place: as an intruder does it who has the file in hand.
fn statements(kind: &str, dice: &mut Dice) -> String {
    let place = dice.between(1, ROWS);
    match kind {
        "edit" => {
            let (column, value) = dice.one_of(&COLUMNS);
            format!("UPDATE audit SET {column} = {value} WHERE seq = {place}")
        }
        // Not the last: that is a tail that is cut.
        "delete" => format!("DELETE FROM audit WHERE seq = {}", dice.between(1, ROWS - 1)),
        "insert" => format!(
            "UPDATE audit SET seq = -seq WHERE seq > {place}; UPDATE audit SET seq = 1 - seq WHERE seq < 0;
             INSERT INTO audit SELECT firm, {place} + 1, at, matter, actor_kind, actor, acting_for, action, document, contact,
                 'x', request, plugin, body, salt, commitment, hash FROM audit WHERE seq = {place}"
        ),
        _ => {
            let other = 1 + (place - 1 + dice.between(1, ROWS - 1)) % ROWS;
            // Two rows as they are, or with no more of them than their words.
            let columns = dice.one_of(&["seq", "body, salt, commitment", "body", "call"]);
            if columns == "seq" {
                return format!(
                    "UPDATE audit SET seq = -1 WHERE seq = {place}; UPDATE audit SET seq = {place} WHERE seq = {other};
                     UPDATE audit SET seq = {other} WHERE seq = -1"
                );
            }
            format!(
                "CREATE TEMP TABLE kept AS SELECT seq AS n, {columns} FROM audit WHERE seq IN ({place}, {other});
                 UPDATE audit SET ({columns}) = (SELECT {columns} FROM kept WHERE n = {other}) WHERE seq = {place};
                 UPDATE audit SET ({columns}) = (SELECT {columns} FROM kept WHERE n = {place}) WHERE seq = {other};
                 DROP TABLE kept"
            )
        }
    }
}

/// Tampers, looks, and undoes it.
fn tried<T>(tx: &SqliteTx, tamper: impl FnOnce(), look: impl FnOnce() -> T) -> T {
    tx.conn().execute_batch("SAVEPOINT before").unwrap();
    tamper();
    let seen = look();
    tx.conn().execute_batch("ROLLBACK TO before; RELEASE before").unwrap();
    seen
}

#[test]
fn t_audit_a_thousand_tamperings_of_each_kind_are_all_found() {
    let seed = std::env::var("AUDIT_SEED").map_or_else(|_| fresh(), |seed| seed.parse().expect("a number"));
    println!("AUDIT_SEED={seed}");
    let mut dice = Dice::new(seed);
    let world = World::new();
    let began = std::time::Instant::now();
    world.write(|tx| {
        tx.conn().execute_batch(super::tests::unlock(tx)).unwrap();
        for n in 0..ROWS {
            append(tx, FIRM, &row(n, ANN)).unwrap();
        }
        let checkpoint = head(tx, FIRM).unwrap().unwrap();
        let prove = |noted: &[&Head]| verify(tx, FIRM, noted).unwrap();
        assert_eq!(prove(&[&checkpoint]).unwrap().rows, ROWS);
        for kind in ["edit", "delete", "insert", "swap"] {
            let mut found = 0;
            for _ in 0..CASES {
                let statements = statements(kind, &mut dice);
                let tampered = || tx.conn().execute_batch(&statements).unwrap();
                // The last row moved to another firm is a tail that is cut, and found as one.
                let cut = statements.contains("SET firm") && statements.ends_with(&format!("seq = {ROWS}"));
                let noted: &[&Head] = if cut { &[&checkpoint] } else { &[] };
                let seen = tried(tx, tampered, || prove(noted));
                assert!(seen.is_err(), "AUDIT_SEED={seed}, {kind}: {statements}");
                found += 1;
            }
            client_connect_fixtures::figure(format_args!("{kind}: {found} of {CASES}"));
        }
        // The tail is cut; or all from a place on is written anew by the rules, as many rows as there were.
        for kind in ["cut the tail", "rewrite all"] {
            let (mut found, mut unseen) = (0, 0);
            for _ in 0..CASES {
                let from = if kind == "cut the tail" { dice.between(2, ROWS) } else { dice.between(1, ROWS) };
                let tampered = || {
                    tx.conn().execute("DELETE FROM audit WHERE seq >= ?1", [ms(from)]).unwrap();
                    if kind == "rewrite all" {
                        for n in from - 1..ROWS {
                            append(tx, FIRM, &row(n, BEN)).unwrap();
                        }
                    }
                };
                let (alone, noted) = tried(tx, tampered, || (prove(&[]), prove(&[&checkpoint])));
                assert!(noted.is_err(), "AUDIT_SEED={seed}, {kind} from {from}");
                found += 1;
                // Nobody can see it who has only the chain: if somebody could, this would be said wrongly everywhere.
                assert!(alone.is_ok(), "AUDIT_SEED={seed}, {kind} from {from}");
                unseen += 1;
            }
            client_connect_fixtures::figure(format_args!(
                "{kind}: {found} of {CASES} with the checkpoint, {} without",
                CASES - unseen
            ));
        }
        assert_eq!(prove(&[&checkpoint]).unwrap().rows, ROWS, "a tampering was not undone");
    });
    println!("in {:?}", began.elapsed());
}

fn fresh() -> u64 {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    u64::from_le_bytes(bytes)
}
