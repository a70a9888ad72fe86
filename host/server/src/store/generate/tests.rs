use client_connect_runtime::{
    backend::{CallRecord, Effect, Tx, Viewer},
    types::{AccessGrant, Actor, DocumentFilter, Lane, Page, SortKey},
};

use super::*;
use crate::store::testing::{ANN, BEN, CAT, MATTER, World};

fn plan(documents: u32) -> Plan {
    Plan {
        matter: MATTER.into(),
        documents,
        shares: vec![(ANN.into(), 500), (BEN.into(), 1)],
        content: None,
        since: 1_000_000,
    }
}

#[test]
fn a_generated_matter_keeps_every_promise_of_the_records() {
    let world = World::new();
    // Row by row first, then in bulk beside it.
    generate(&world.store, &plan(1_000), 5).unwrap();
    generate(&world.store, &plan(BULK), 6).unwrap();
    world.read(|tx| {
        let count: u32 = tx
            .conn()
            .query_row("SELECT documents FROM matter_counts WHERE matter = ?1", [MATTER], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 1_000 + BULK);
        assert_eq!(tx.count_shared(&MATTER.into(), None).unwrap()[0].shared, (1_000 + BULK) / 2);
    });
    // A call in a matter that was filled in bulk.
    world.write(|tx| {
        let grant = AccessGrant {
            contact: CAT.into(),
            portal: true,
            can_download: false,
            since: 7,
            until: None,
            attributes: Vec::new(),
        };
        tx.put_grants(&MATTER.into(), std::slice::from_ref(&grant)).unwrap();
        let call = CallRecord {
            id: "a call".into(),
            actor: Actor::Host,
            at: 7,
            export: "access.grant",
            matter: Some(MATTER.into()),
            plugin: "00".into(),
            request: None,
        };
        tx.record(&call, &[Effect::Grant(grant)], &[]).unwrap();
    });
    let folder = world.folder.path().join("documents");
    let blobs = crate::blobs::Blobs::folder(&folder).unwrap();
    let settings = crate::store::verify::Settings { folder: Some(&folder), ..Default::default() };
    let findings = crate::store::verify::verify(&world.store, &blobs, &settings).unwrap();
    for finding in findings {
        // The bytes are nowhere, and take no room.
        let of_bytes = ["bytes", "room"].iter().any(|word| finding.promise.contains(word));
        assert!(finding.holds() || of_bytes, "{finding:?}");
    }
}

/// Not a test of time, which depends on the machine: it prints what it measured. Run it by name, with `--ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn a_page_of_a_million_costs_what_a_page_of_a_thousand_costs() {
    for documents in [1_000, 1_000_000] {
        let world = World::new();
        let start = std::time::Instant::now();
        generate(&world.store, &plan(documents), 5).unwrap();
        let bytes = std::fs::metadata(world.store.path()).unwrap().len() >> 20;
        println!("{documents} documents in {:?}, {bytes} MiB", start.elapsed());
        world.read(|tx| {
            let lanes = [
                ("whole", Lane::WholeMatter, vec![]),
                ("any of all", Lane::AnyOfThem, vec![]),
                ("any of ann", Lane::AnyOfThem, vec![ANN.to_owned()]),
                ("any of both", Lane::AnyOfThem, vec![ANN.to_owned(), BEN.to_owned()]),
                ("all of both", Lane::AllOfThem, vec![ANN.to_owned(), BEN.to_owned()]),
                ("some of both", Lane::SomeOfThem, vec![ANN.to_owned(), BEN.to_owned()]),
                ("none of ann", Lane::NoneOfThem, vec![ANN.to_owned()]),
                ("uploaded", Lane::Uploaded, vec![]),
                ("lapsed", Lane::Lapsed, vec![]),
            ];
            for (name, lane, contacts) in lanes {
                for search in [None, Some("letter"), Some("peña 777"), Some("zzz"), Some("9")] {
                    let filter = DocumentFilter {
                        contacts: contacts.clone(),
                        lane,
                        search: search.map(str::to_owned),
                        same_content_as: None,
                        sort: SortKey::Name,
                        descending: false,
                        attributes: vec![],
                    };
                    let mut best = std::time::Duration::MAX;
                    let mut answer = None;
                    let mut deep = std::time::Duration::ZERO;
                    for _ in 0..3 {
                        let start = std::time::Instant::now();
                        let page = tx
                            .find_documents(&Viewer::Host, &MATTER.into(), &filter, &Page { after: None, limit: 50 })
                            .unwrap();
                        best = best.min(start.elapsed());
                        if let Some(next) = &page.next {
                            let start = std::time::Instant::now();
                            tx.find_documents(
                                &Viewer::Host,
                                &MATTER.into(),
                                &filter,
                                &Page { after: Some(next.clone()), limit: 50 },
                            )
                            .unwrap();
                            deep = start.elapsed();
                        }
                        answer = Some((page.rows.len(), page.total, page.exact, page.next.is_some()));
                    }
                    println!("{documents:>8} {name:<13} {search:?}: first {best:?}, next {deep:?}, {answer:?}");
                }
            }
        });
    }
}
