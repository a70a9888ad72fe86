//! Damage that was planted is found, and named by the check that is there for it.

use client_connect_runtime::{
    backend::{CallRecord, Effect, Tx},
    types::{AccessGrant, Actor, Channel, Notice, Recipient, ShareState, SharedDocument, Topic},
};

use super::*;
use crate::store::{
    audit::{self, By, Row},
    testing::{ANN, BEN, FIRM, MATTER, World, document},
};

const BYTES: &[u8] = b"0123456789";

fn call(id: &str) -> CallRecord {
    CallRecord {
        id: id.to_owned(),
        actor: Actor::Host,
        at: 1_000,
        export: "sharing.save",
        matter: Some(MATTER.to_owned()),
        plugin: "00".to_owned(),
        request: None,
    }
}

/// A folder in which all is well: a document with its bytes, a grant, a share, both audited.
fn healthy() -> (World, Blobs) {
    let world = World::new();
    let folder = world.folder.path().join("documents");
    std::fs::create_dir_all(folder.join("bl")).unwrap();
    std::fs::write(folder.join("bl/blob-d1"), BYTES).unwrap();
    let blobs = Blobs::folder(&folder).unwrap();
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(BYTES));
    world.write(|tx| {
        document(tx, MATTER, "d1", "a.pdf", None, 4);
        for table in ["UPDATE documents SET sha256 = ?1", "UPDATE versions SET sha256 = ?1"] {
            tx.conn().execute(table, [&hash]).unwrap();
        }
        let grant = AccessGrant {
            contact: ANN.into(),
            portal: true,
            can_download: true,
            since: 3,
            until: None,
            attributes: vec![],
        };
        let share = SharedDocument {
            document: "d1".into(),
            contact: ANN.into(),
            state: ShareState::Live,
            since: 3,
            seen: None,
            attributes: vec![("a".into(), "b".into())],
        };
        tx.put_grants(&MATTER.into(), std::slice::from_ref(&grant)).unwrap();
        tx.put_shared(&MATTER.into(), std::slice::from_ref(&share)).unwrap();
        let notice = Notice {
            to: Recipient::Contact(ANN.into()),
            channel: Channel::Email,
            matter: MATTER.into(),
            topic: Topic::Shared,
            documents: vec!["d1".into()],
            contact: None,
            key: "k1".into(),
            attributes: vec![],
        };
        tx.enqueue(&call("call-1"), &[notice]).unwrap();
        tx.record(&call("call-1"), &[Effect::Grant(grant), Effect::Share(share)], &[]).unwrap();
    });
    (world, blobs)
}

fn broken(world: &World, blobs: &Blobs, noted: &[Head]) -> Vec<(&'static str, String)> {
    let folder = world.folder.path().join("documents");
    let settings = Settings { noted, folder: Some(&folder), now: 100_000_000_000 };
    verify(&world.store, blobs, &settings)
        .unwrap()
        .into_iter()
        .filter(|finding| !finding.holds())
        .map(|finding| (finding.invariant, finding.named.join("; ")))
        .collect()
}

#[test]
fn a_healthy_folder_passes() {
    let (world, blobs) = healthy();
    assert_eq!(broken(&world, &blobs, &[]), []);
}

#[test]
fn planted_damage_is_found_by_its_check() {
    let statements: [(&str, &str); 29] = [
        ("INV-2", "UPDATE documents SET version = 2"),
        ("INV-2", "DELETE FROM versions"),
        ("INV-3", "INSERT INTO loose_blobs VALUES ('blob-gone', 5)"),
        ("INV-3", "INSERT INTO uploads (id, matter, contact, name, length, received, expires_at) VALUES ('u', 'm1', 'c-ann', 'a', 9, 5, 7)"),
        ("INV-3", "INSERT INTO uploads (id, matter, contact, name, length, received, expires_at) VALUES ('u', 'm1', 'c-ann', 'a', 9, 2, 7);
                   INSERT INTO upload_parts VALUES ('u', 0, 1, 'p1', '', ''), ('u', 2, 1, 'p2', '', '')"),
        ("INV-3", "INSERT INTO uploads (id, matter, contact, name, length, received, blob, sha256, media_type, expires_at)
                   VALUES ('u', 'm1', 'c-ann', 'a', 9, 9, 'blob-gone', '', '', 7)"),
        ("INV-4", "INSERT INTO notices (firm, matter, recipient_kind, recipient, channel, topic, documents, key, attributes, call, created_at, due_at, letter)
                   VALUES ('f1', 'm1', 'contact', 'c-ann', 'email', 'shared', '[]', 'k', '{}', 'call-1', 5, 6, 'nowhere')"),
        ("INV-4", "INSERT INTO letters (id, firm, recipient_kind, recipient, channel, purpose, state, next_at, created_at)
                   VALUES ('l', 'f1', 'contact', 'c-ann', 'email', 'notices', 'waiting', 900000000000, 5)"),
        ("INV-4", "DELETE FROM notices"),
        ("INV-4", "UPDATE notices SET due_at = due_at + 90000000"),
        ("INV-4", "INSERT INTO letters (id, firm, recipient_kind, recipient, channel, purpose, state, next_at, created_at)
                   VALUES ('l', 'f1', 'contact', 'c-ann', 'email', 'notices', 'dead', 5, 5); UPDATE notices SET letter = 'l'"),
        ("INV-5", "DROP TRIGGER audit_append_only_update; UPDATE audit SET actor = 'u-owner'"),
        ("INV-5", "INSERT INTO notices (firm, matter, recipient_kind, recipient, channel, topic, documents, key, attributes, call, created_at, due_at)
                   VALUES ('f1', 'm1', 'contact', 'c-ann', 'email', 'shared', '[]', 'k', '{}', 'no call', 5, 6)"),
        ("INV-6", "UPDATE grants SET can_download = 0"),
        ("INV-6", "UPDATE shares SET since = 99"),
        ("INV-6", "INSERT INTO watchers VALUES ('m1', 'u-clerk', 1, 1, '{}')"),
        ("counts", "UPDATE share_counts SET shared = 7"),
        ("counts", "UPDATE matter_counts SET documents = 7"),
        ("copies", "UPDATE shares SET activity_at = 9"),
        ("keys", "UPDATE documents SET name = 'other.pdf'"),
        ("keys", "UPDATE contacts SET email = 'new@mail.example' WHERE id = 'c-ann'"),
        ("INV-8", "INSERT INTO sessions (token, kind, user, created_at, seen_at, ends_at) VALUES (zeroblob(32), 'staff', 'gone', 1, 1, 2)"),
        ("INV-8", "INSERT INTO sessions (token, kind, user, created_at, seen_at, ends_at) VALUES (zeroblob(32), 'staff', 'u-clerk', 1, 1, 2)"),
        ("INV-8", "INSERT INTO sessions (token, kind, email_key, created_at, seen_at, ends_at) VALUES (zeroblob(32), 'portal', 'c-ann@mail.example', 1, 1, 2);
                   INSERT INTO session_contacts VALUES (zeroblob(32), 'c-ann')"),
        ("INV-8", "INSERT INTO sessions (token, kind, email_key, created_at, seen_at, ends_at) VALUES (zeroblob(32), 'portal', 'c-ann@mail.example', 1, 1, 2)"),
        ("search", "INSERT INTO name_blocks (matter, level, first_key, first_id, names, trigrams) VALUES ('m1', 0, x'', '', 1, zeroblob(8))"),
        ("search", "INSERT INTO name_blocks (matter, level, first_key, first_id, names, trigrams) VALUES ('m1', 0, x'ffffffff', '', 1, zeroblob(8))"),
        ("search", "DROP TRIGGER names_searched_leave; DROP TRIGGER names_searched_return;
                    UPDATE documents SET name = 'zebra.pdf', name_fold = 'zebra.pdf'"),
        ("INV-9", "PRAGMA foreign_keys = OFF; INSERT INTO links VALUES ('nowhere', 'c-ann', '')"),
    ];
    for (invariant, statement) in statements {
        let (world, blobs) = healthy();
        let over_sqlite = crate::store::testing::over_sqlite();
        if !over_sqlite && (invariant == "INV-9" || statement.contains("names_searched")) {
            // There the database does not let it happen.
            continue;
        }
        if invariant == "INV-9" {
            let raw = rusqlite::Connection::open(world.store.path()).unwrap();
            raw.execute_batch(statement).unwrap();
        } else {
            let unlock = if over_sqlite {
                "DROP TRIGGER audit_append_only_update"
            } else {
                "ALTER TABLE audit DISABLE TRIGGER USER"
            };
            let as_read = statement
                .replace("DROP TRIGGER audit_append_only_update", unlock)
                .replace("zeroblob(32)", &format!("x'{}'", "00".repeat(32)))
                .replace("zeroblob(8)", &format!("x'{}'", "00".repeat(8)));
            world.write(|tx| {
                for statement in as_read.split(';') {
                    tx.conn().execute(statement, []).unwrap();
                }
            });
        }
        let found = broken(&world, &blobs, &[]);
        assert!(found.iter().any(|(name, _)| *name == invariant), "{statement}: {found:?}");
    }
}

#[test]
fn bytes_that_are_gone_changed_cut_or_nobodys_are_found() {
    for (what, content) in [
        ("gone", None),
        ("changed", Some(&b"0123456780"[..])),
        ("cut", Some(b"01234")),
        ("longer", Some(b"0123456789a")),
    ] {
        let (world, blobs) = healthy();
        let path = world.folder.path().join("documents/bl/blob-d1");
        match content {
            None => std::fs::remove_file(path).unwrap(),
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
        }
        let found = broken(&world, &blobs, &[]);
        assert!(
            matches!(found.as_slice(), [("INV-3", named), ..] if named.contains("document d1 version 1")),
            "{what}: {found:?}"
        );
    }
    let (world, blobs) = healthy();
    std::fs::write(world.folder.path().join("documents/bl/blob-stray"), b"x").unwrap();
    assert_eq!(broken(&world, &blobs, &[]), [("INV-3", "no row names blob-stray".to_owned())]);
}

#[test]
fn a_draft_that_stays_beside_what_became_of_it_is_found() {
    let (world, blobs) = healthy();
    std::fs::write(world.folder.path().join("documents/bl/blob-d1#1"), b"x").unwrap();
    let named = "a draft of what has long been stored: blob-d1#1".to_owned();
    assert_eq!(broken(&world, &blobs, &[]), [("INV-10", named)]);
}

#[test]
fn bytes_that_are_being_thrown_away_are_no_finding() {
    let (world, blobs) = healthy();
    world.write(|tx| {
        crate::store::loose::announce(tx, "blob-aborted", 99_999_999_999).unwrap();
        assert!(crate::store::loose::condemn(tx, "blob-aborted").unwrap());
    });
    assert_eq!(broken(&world, &blobs, &[]), []);
}

#[test]
fn a_noted_head_must_be_in_the_chain() {
    let (world, blobs) = healthy();
    let head = world.read(|tx| audit::head(tx, FIRM).unwrap().unwrap());
    assert_eq!(broken(&world, &blobs, std::slice::from_ref(&head)), []);
    let other = Head { hash: "00".repeat(32), ..head };
    assert_eq!(broken(&world, &blobs, &[other])[0].0, "INV-5");
}

#[test]
fn sh25_a_purged_document_takes_its_shares_with_it_and_the_proof_knows() {
    let (world, blobs) = healthy();
    world.write(|tx| {
        crate::store::documents::delete(tx, MATTER, &["d1".into()], 5).unwrap();
        crate::store::documents::purge(tx, MATTER, &["d1".into()], 100_000_000_000).unwrap();
    });
    assert_eq!(broken(&world, &blobs, &[]), []);
}

#[test]
fn inv8_a_sign_in_of_one_contact_makes_no_session_of_anothers() {
    let (world, blobs) = healthy();
    let sign_in = |contact: &str, token: u8| {
        world.write(|tx| {
            let row = Row::new(1_000, By::Contact(contact.to_owned()), "sign-in.done").contact(contact);
            audit::append(tx, FIRM, &row).unwrap();
            let key = format!("{contact}@mail.example");
            let of = if token == 1 { contact } else { ANN };
            let start = "INSERT INTO sessions (token, kind, email_key, created_at, seen_at, ends_at) VALUES (?1, 'portal', ?2, 1, 1, 2)";
            tx.conn().execute(start, (&[token; 32][..], key)).unwrap();
            tx.conn().execute("INSERT INTO session_contacts VALUES (?1, ?2)", (&[token; 32][..], of)).unwrap();
        });
    };
    sign_in(BEN, 1);
    let sessions = |found: Vec<(&'static str, String)>| {
        found.iter().filter(|(_, named)| named.contains("sessions of contact")).count()
    };
    assert_eq!(sessions(broken(&world, &blobs, &[])), 0, "their own");
    sign_in(BEN, 2);
    assert_eq!(sessions(broken(&world, &blobs, &[])), 1, "Ben's sign-in, Ann's session");
}
