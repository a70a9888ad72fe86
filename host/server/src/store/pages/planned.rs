//! How PostgreSQL goes about a page of a large matter: it looks up what it needs of the page's documents, and reads no
//! table through.

use client_connect_runtime::types::SortKey;

use super::statements::{Over, walk};
use crate::store::{
    driver::ToSql,
    generate::{Plan, generate},
    testing::{ANN, BEN, CAT, MATTER, OWNER, World, over_sqlite},
};

#[test]
fn a_walk_that_looks_at_documents_reads_no_table_through() {
    if over_sqlite() {
        // There each statement is shown to walk its index, however much there is.
        return;
    }
    let world = World::new();
    let shares = vec![(ANN.into(), 300), (BEN.into(), 250), (CAT.into(), 20)];
    generate(&world.store, &Plan { matter: MATTER.into(), documents: 5_000, shares, content: None, since: 1 }, 5)
        .unwrap();
    world.read(|tx| {
        for over in [Over::Documents, Over::Live] {
            for lane in 0_i64..=6 {
                let mut explain =
                    tx.conn().prepare(&["EXPLAIN ", walk(over, SortKey::Name, false, true)].concat()).unwrap();
                let (start, contacts) = (Vec::<u8>::new(), format!("[\"{ANN}\",\"{BEN}\"]"));
                let none: Option<&str> = None;
                let values: [&dyn ToSql; 13] =
                    [&MATTER, &start, &"", &102, &ANN, &OWNER, &"letter", &none, &none, &lane, &contacts, &2, &ANN];
                let values = &values[..explain.parameter_count()];
                let plan = explain.query_map(values, |row| row.get::<_, String>(0)).unwrap();
                let plan: Vec<String> = plan.collect::<Result<_, _>>().unwrap();
                let through =
                    |step: &&String| step.contains("Seq Scan on shares") || step.contains("Seq Scan on documents");
                // Read at once for all documents there are, and kept by their ids.
                let at_once = |step: &&String| step.contains("Hash Semi Join") || step.contains("HashAggregate");
                let bad = plan.iter().find(|step| through(step) || at_once(step));
                assert!(bad.is_none(), "{over:?}, lane {lane}: {plan:#?}");
            }
        }
    });
}
