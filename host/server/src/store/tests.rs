//! Transactions, the file, and what the contract's storage promises of each area.

mod differential;

use std::time::Duration;

use client_connect_runtime::{
    backend::{Backend, CallRecord, CommitError, Mode, Remembered, Tx, Viewer},
    types::{
        AccessGrant, Actor, Channel, DocumentChange, DocumentSource, HostError, Notice, Receipt, Recipient, Section,
        ShareState, SharedDocument, Topic, Watcher,
    },
};

use super::{
    OpenError, Options, SqliteBackend, contacts, documents, loose, matters, members,
    testing::{ANN, BEN, CAT, CLERK, FIRM, MATTER, OTHER, OWNER, STRANGER, World, document, share},
    users, versions,
};

fn id(id: &str) -> String {
    id.to_owned()
}

fn grant(contact: &str) -> AccessGrant {
    AccessGrant {
        contact: id(contact),
        portal: true,
        can_download: false,
        since: 3,
        until: Some(9),
        attributes: vec![(id("k"), id("v"))],
    }
}

#[test]
fn what_is_not_committed_never_was() {
    let world = World::new();
    let before = dump(&world);
    {
        let mut tx = world.store.begin(Mode::Write, 1).unwrap();
        document(&tx, MATTER, "d1", "a.pdf", None, 1);
        share(&mut tx, MATTER, "d1", ANN, ShareState::Live);
        tx.put_grants(&id(MATTER), &[grant(ANN)]).unwrap();
        tx.raise_revision(&id(MATTER), Section::Access, 0).unwrap();
        // It reads its own writes.
        assert_eq!(tx.count_shared(&id(MATTER), None).unwrap()[0].shared, 1);
    }
    assert_eq!(dump(&world), before);
}

fn dump(world: &World) -> Vec<String> {
    world.read(|tx| {
        ["documents", "versions", "shares", "grants", "share_counts", "matter_counts", "revisions", "audit"]
            .iter()
            .map(|table| {
                let rows: i64 =
                    tx.conn().query_row(&["SELECT count(*) FROM ", table].concat(), [], |row| row.get(0)).unwrap();
                format!("{table} {rows}")
            })
            .collect()
    })
}

#[test]
fn one_writes_many_read_and_nobody_waits_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { wait: Duration::from_millis(50), readers: 2, ..Options::new("https://firm.example") };
    let store = SqliteBackend::open(folder.path().join("db"), options).unwrap();
    let writer = store.begin_own(Mode::Write, 1).unwrap();
    assert!(matches!(store.begin_own(Mode::Write, 1), Err(HostError::Unavailable(_))));
    let readers = [store.begin_own(Mode::Read, 1).unwrap(), store.begin_own(Mode::Read, 1).unwrap()];
    assert!(matches!(store.begin_own(Mode::Read, 1), Err(HostError::Unavailable(_))));
    assert!(readers[0].conn().execute_batch("DELETE FROM firms").is_err(), "a reader does not write");
    drop((writer, readers));
    assert!(store.begin_own(Mode::Write, 1).is_ok());
    if !store.is_file() {
        return;
    }
    let settings: (String, i64, i64) = store
        .begin_own(Mode::Write, 1)
        .unwrap()
        .conn()
        .query_row(
            "SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous),
                           (SELECT foreign_keys FROM pragma_foreign_keys)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(settings, ("wal".into(), 2, 1));
}

#[test]
fn a_newer_schema_is_refused_and_not_touched() {
    let world = World::new();
    let path = world.store.path().to_path_buf();
    world.write(|tx| {
        let later = match tx.conn().sqlite() {
            Some(_) => {
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 SELECT 99, 'later', applied_on, '1' FROM refinery_schema_history LIMIT 1"
            }
            None => "INSERT INTO schema_history (version, made_by) VALUES (99, '1')",
        };
        tx.conn().execute_batch(later).unwrap();
    });
    let World { store, folder } = world;
    drop(store);
    let refused = SqliteBackend::open(&path, Options::new("x"));
    assert!(matches!(refused, Err(OpenError::Schema { .. } | OpenError::Postgres { .. })), "{refused:?}");
    drop(folder);
}

#[test]
fn a_file_that_is_damaged_or_none_of_ours_is_refused() {
    if !crate::store::testing::over_sqlite() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    std::fs::write(&path, b"this is no database, but long enough to be taken for one by its first page ".repeat(99))
        .unwrap();
    assert!(matches!(SqliteBackend::open(&path, Options::new("x")), Err(OpenError::Database { .. })));
}

#[test]
fn ov12_a_section_is_saved_on_the_revision_that_it_has() {
    let world = World::new();
    world.write(|tx| {
        let matter = id(MATTER);
        assert_eq!(tx.revision(&matter, Section::Sharing).unwrap(), 0);
        assert_eq!(tx.raise_revision(&matter, Section::Sharing, 0).unwrap(), 1);
        assert!(matches!(tx.raise_revision(&matter, Section::Sharing, 0), Err(HostError::Conflict(_))));
        assert_eq!(tx.revision(&matter, Section::Access).unwrap(), 0);
    });
}

#[test]
fn sh1_a_matter_is_there_for_its_members_and_its_linked_contacts() {
    let world = World::new();
    world.write(|tx| {
        let both = |user: &str, contact: &str| Viewer::UserAsContact(id(user), id(contact));
        for (viewer, sees) in [
            (Viewer::Host, true),
            (Viewer::User(id(OWNER)), true),
            (Viewer::User(id(STRANGER)), false),
            (Viewer::Contact(id(ANN)), true),
            (Viewer::Contact(id("nobody")), false),
            (both(CLERK, BEN), true),
            (both(STRANGER, BEN), false),
            (both(CLERK, "nobody"), false),
        ] {
            assert_eq!(tx.matter(&viewer, &id(MATTER)).unwrap().is_some(), sees, "{viewer:?}");
        }
        let matter = tx.matter(&Viewer::Host, &id(MATTER)).unwrap().unwrap();
        assert_eq!(matter.firm.portal_url, "https://firm.example/portal");
        assert_eq!(matter.staff_url, "https://firm.example/matters/m1");
        assert!(matter.firm.attributes.contains(&(id("mail-hold"), id("120"))));
        assert!(tx.matter(&Viewer::Contact(id(ANN)), &id(OTHER)).unwrap().is_none());
        let members = tx.members(&id(MATTER), &[id(STRANGER), id("nobody"), id(CLERK)]).unwrap();
        let rights: Vec<_> = members.iter().map(|one| one.as_ref().map(|one| (one.can_view, one.can_share))).collect();
        assert_eq!(rights, [Some((false, false)), None, Some((true, false))]);
        matters::delete(tx, MATTER, 5).unwrap();
        assert!(tx.matter(&Viewer::Host, &id(MATTER)).unwrap().is_none());
        matters::restore(tx, MATTER).unwrap();
        assert!(tx.matter(&Viewer::Host, &id(MATTER)).unwrap().is_some());
    });
}

#[test]
fn ac2_the_same_address_is_found_however_it_is_written() {
    let world = World::new();
    world.write(|tx| {
        let mut ben = contacts::get(tx, BEN).unwrap().unwrap();
        ben.email = Some("  C-ANN@MAIL.EXAMPLE".into());
        assert!(contacts::update(tx, &ben).unwrap(), "the address changed");
        ben.name = "Benjamin".into();
        assert!(!contacts::update(tx, &ben).unwrap());
        let same = tx.same_address(&[id(ANN), id(BEN), id(CAT), id("nobody")]).unwrap();
        let ids: Vec<Vec<&str>> = same.iter().map(|list| list.iter().map(|one| one.id.as_str()).collect()).collect();
        assert_eq!(ids, [vec![BEN], vec![ANN], vec![], vec![]]);
        assert_eq!(contacts::by_email_key(tx, "c-ann@mail.example").unwrap().len(), 2);
    });
}

#[test]
fn sh29_only_a_linked_contact_is_granted_and_an_unlinked_one_leaves_nothing() {
    let world = World::new();
    world.write(|tx| {
        assert!(matches!(tx.put_grants(&id(OTHER), &[grant(ANN)]), Err(HostError::NotFound(_))));
        tx.put_grants(&id(MATTER), &[grant(BEN), grant(ANN)]).unwrap();
        assert_eq!(tx.grants(&id(MATTER), None).unwrap(), [grant(ANN), grant(BEN)]);
        assert_eq!(tx.grants(&id(MATTER), Some(&[id(BEN)])).unwrap(), [grant(BEN)]);
        let granted = tx.granted_matters(&id(ANN)).unwrap();
        assert_eq!((granted.len(), &granted[0].grant), (1, &grant(ANN)));
    });
    // The platform unlinks and the plugin is not told: the commit is refused.
    let tx = world.store.begin_own(Mode::Write, 1).unwrap();
    assert!(contacts::unlink(&tx, MATTER, ANN).unwrap());
    assert!(matches!(tx.commit(), Err(CommitError::Failed(_))));
    world.write(|tx| {
        assert_eq!(tx.granted_matters(&id(ANN)).unwrap().len(), 1);
        document(tx, MATTER, "d1", "a", None, 1);
        share(tx, MATTER, "d1", ANN, ShareState::Live);
        assert!(contacts::unlink(tx, MATTER, ANN).unwrap());
        tx.forget_contacts(&id(MATTER), &[id(ANN)]).unwrap();
        assert!(tx.granted_matters(&id(ANN)).unwrap().is_empty());
        assert!(tx.shared(&id(MATTER), &[id("d1")], None).unwrap().is_empty());
        assert!(tx.count_shared(&id(MATTER), None).unwrap().is_empty());
        contacts::delete(tx, ANN, 7).unwrap();
        assert!(matches!(contacts::delete(tx, BEN, 7), Err(HostError::Conflict(_))));
        assert!(contacts::by_email_key(tx, "c-ann@mail.example").unwrap().is_empty());
    });
}

#[test]
fn sh15_an_upload_becomes_what_the_plugin_says() {
    let world = World::new();
    world.write(|tx| {
        document(tx, MATTER, "d1", "a.pdf", Some(ANN), 4);
        let seen = |tx: &mut super::SqliteTx| {
            tx.documents(&Viewer::Host, &id(MATTER), &[id("d1")]).unwrap().remove(0).unwrap()
        };
        let upload = seen(tx);
        assert_eq!((upload.source, upload.created_by), (DocumentSource::Portal(id(ANN)), None));
        let change = |attributes: &[(&str, &str)]| DocumentChange {
            document: id("d1"),
            kind: Some("Document (Portal)".into()),
            created_by: Some(id(OWNER)),
            attributes: attributes.iter().map(|(key, value)| (id(key), id(value))).collect(),
        };
        tx.update_documents(&id(MATTER), &[change(&[("a", "1"), ("b", "2")])]).unwrap();
        tx.update_documents(&id(MATTER), &[change(&[("a", "3")])]).unwrap();
        let upload = seen(tx);
        assert_eq!((upload.kind.as_str(), upload.created_by.as_deref()), ("Document (Portal)", Some(OWNER)));
        assert_eq!(upload.attributes, [(id("a"), id("3")), (id("b"), id("2"))]);
        assert!(matches!(tx.update_documents(&id(OTHER), &[change(&[])]), Err(HostError::NotFound(_))));
        share(tx, MATTER, "d1", ANN, ShareState::Live);
        share(tx, MATTER, "d1", BEN, ShareState::Live);
        let counts = tx.count_shared(&id(MATTER), Some(&[id(ANN), id(BEN), id(CAT)])).unwrap();
        let counts: Vec<_> = counts.iter().map(|one| (one.contact.as_str(), one.shared, one.uploaded)).collect();
        assert_eq!(counts, [(ANN, 0, 1), (BEN, 1, 0)]);
    });
}

#[test]
fn a_share_comes_back_as_it_was_put() {
    let world = World::new();
    world.write(|tx| {
        document(tx, MATTER, "d1", "a.pdf", None, 4);
        document(tx, MATTER, "d2", "b.pdf", None, 4);
        let whole = |document: &str, state: ShareState| SharedDocument {
            document: id(document),
            contact: id(ANN),
            state,
            since: 77,
            seen: Some(Receipt { version: 2, at: 5, downloaded: true, attributes: vec![(id("w"), id("x"))] }),
            attributes: vec![(id("y"), id("z"))],
        };
        let put = [whole("d1", ShareState::Other("live".into())), whole("d2", ShareState::Lapsed)];
        tx.put_shared(&id(MATTER), &put).unwrap();
        assert_eq!(tx.shared(&id(MATTER), &[id("d2"), id("d1")], None).unwrap(), put);
        assert_eq!(tx.shared(&id(MATTER), &[id("d2")], Some(&[id(ANN)])).unwrap(), put[1..]);
        assert!(tx.shared(&id(OTHER), &[id("d2")], None).unwrap().is_empty());
        // A word of the plugin's is not one of the three, whatever it is.
        assert!(tx.count_shared(&id(MATTER), None).unwrap().is_empty());
        assert!(matches!(tx.put_shared(&id(MATTER), &[whole("d9", ShareState::Live)]), Err(HostError::NotFound(_))));
        let nobody = SharedDocument { contact: id("nobody"), ..whole("d1", ShareState::Live) };
        assert!(matches!(tx.put_shared(&id(MATTER), &[nobody]), Err(HostError::NotFound(_))));
    });
}

#[test]
fn ov2_a_notice_is_kept_once_and_held() {
    let world = World::new();
    world.write(|tx| {
        let call = CallRecord {
            id: id("call-1"),
            actor: Actor::User(id(OWNER)),
            at: 10_000,
            export: "access.grant",
            matter: Some(id(MATTER)),
            plugin: id("00"),
            request: None,
        };
        let notice = |channel| Notice {
            to: Recipient::Contact(id(ANN)),
            channel,
            matter: id(MATTER),
            topic: Topic::Other("shared".into()),
            documents: vec![id("d1")],
            contact: None,
            key: id("k"),
            attributes: vec![],
        };
        tx.enqueue(&call, &[notice(Channel::Email), notice(Channel::Email), notice(Channel::InApp)]).unwrap();
        tx.enqueue(&call, &[notice(Channel::Email)]).unwrap();
        let kept: Vec<(String, i64, bool)> = tx
            .conn()
            .prepare("SELECT channel, due_at, topic_other FROM notices ORDER BY n")
            .and_then(|mut all| all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect())
            .unwrap();
        assert_eq!(kept, [(id("email"), 130_000, true), (id("in-app"), 10_000, true)]);
        tx.record(&call, &[], &[]).unwrap();
    });
}

#[test]
fn an_answer_is_kept_under_its_key() {
    let world = World::new();
    world.write(|tx| {
        assert_eq!(tx.remembered("k").unwrap(), None);
        let answer = Remembered { request: [7; 32], answer: vec![1, 2, 3] };
        tx.remember("k", &answer).unwrap();
        assert_eq!(tx.remembered("k").unwrap(), Some(answer.clone()));
        assert!(matches!(tx.remember("k", &answer), Err(HostError::Conflict(_))));
    });
}

#[test]
fn ov10_the_list_of_watchers_is_replaced_as_a_whole() {
    let world = World::new();
    world.write(|tx| {
        let watcher = |user: &str| Watcher { user: id(user), in_app: true, email: false, attributes: vec![] };
        tx.set_watchers(&id(MATTER), &[watcher(OWNER), watcher(CLERK)]).unwrap();
        assert_eq!(tx.watchers(&id(MATTER)).unwrap(), [watcher(CLERK), watcher(OWNER)]);
        tx.set_watchers(&id(MATTER), &[watcher(CLERK)]).unwrap();
        assert_eq!(tx.watchers(&id(MATTER)).unwrap(), [watcher(CLERK)]);
        assert!(matches!(tx.set_watchers(&id(MATTER), &[watcher("nobody")]), Err(HostError::NotFound(_))));
    });
}

#[test]
fn sh25_a_document_goes_to_the_bin_comes_back_and_goes_for_good() {
    let world = World::new();
    world.write(|tx| {
        document(tx, MATTER, "d1", "a.pdf", None, 4);
        share(tx, MATTER, "d1", ANN, ShareState::Live);
        let content =
            documents::Content { blob: id("blob-2"), size: 3, sha256: "11".repeat(32), media_type: id("text/plain") };
        loose::announce(tx, "blob-2", 5).unwrap();
        assert!(matches!(documents::add_version(tx, "d1", &content, Some(4), OWNER, 6), Err(HostError::Conflict(_))));
        assert_eq!(documents::add_version(tx, "d1", &content, Some(1), OWNER, 6).unwrap(), 2);
        assert!(loose::before(tx, 1_000, 9).unwrap().is_empty());
        assert_eq!(versions::list(tx, "d1").unwrap().len(), 2);
        assert_eq!(documents::get_for_user(tx, CLERK, "d1").unwrap().unwrap().version, 2);
        assert!(documents::get_for_user(tx, STRANGER, "d1").unwrap().is_none());
        assert_eq!(documents::delete(tx, OTHER, &[id("d1")], 7).unwrap(), Vec::<String>::new());
        assert!(documents::purge(tx, MATTER, &[id("d1")], 7).unwrap().is_empty(), "not from outside the bin");
        assert_eq!(documents::delete(tx, MATTER, &[id("d1")], 7).unwrap(), ["d1"]);
        assert!(documents::get_for_user(tx, CLERK, "d1").unwrap().is_none());
        assert!(tx.count_shared(&id(MATTER), None).unwrap().is_empty());
        assert_eq!(documents::list_bin(tx, CLERK, MATTER, None, 9).unwrap().len(), 1);
        assert!(documents::list_bin(tx, STRANGER, MATTER, None, 9).unwrap().is_empty());
        assert_eq!(documents::restore(tx, MATTER, &[id("d1")]).unwrap(), ["d1"]);
        assert_eq!(documents::delete(tx, MATTER, &[id("d1")], 8).unwrap(), ["d1"]);
        assert_eq!(documents::purge(tx, MATTER, &[id("d1")], 9).unwrap(), ["d1"]);
        assert_eq!(loose::before(tx, 1_000, 9).unwrap(), ["blob-2", "blob-d1"]);
        assert!(versions::list(tx, "d1").unwrap().is_empty());
    });
}

#[test]
fn matters_and_contacts_are_listed_by_name_and_found_by_parts() {
    let world = World::new();
    world.write(|tx| {
        for n in 0..30 {
            let matter = matters::Matter {
                id: format!("x{n}"),
                firm: FIRM.into(),
                name: format!("Ällgemein {n}"),
                reference: format!("R-{n}"),
                owner: None,
                opened_at: 1,
                closed_at: (n % 3 == 0).then_some(2),
                deleted_at: None,
                discreet: false,
                attributes: vec![],
            };
            matters::create(tx, &matter).unwrap();
            if n != 7 {
                let rights = members::Rights { user: CLERK.into(), can_edit: true, can_share: true };
                members::set(tx, &matter.id, &rights).unwrap();
            }
        }
        let query = matters::Query { limit: 4, ..matters::Query::default() };
        let all = |query: &matters::Query| {
            let (mut ids, mut query) = (Vec::new(), query.clone());
            loop {
                let page = matters::list_for_user(tx, CLERK, &query).unwrap();
                ids.extend(page.rows.into_iter().map(|one| one.id));
                query.after = page.next;
                if query.after.is_none() {
                    return ids;
                }
            }
        };
        let everything = all(&query);
        assert_eq!(everything.len(), 31);
        assert_eq!(everything[..3], ["x0", "x1", "x2"], "numbers sort by value");
        assert_eq!(all(&matters::Query { closed: Some(true), ..query.clone() }).len(), 10);
        assert_eq!(all(&matters::Query { search: Some("R-29".into()), ..query.clone() }), ["x29"]);
        assert_eq!(all(&matters::Query { search: Some("ALLGEMEIN 1".into()), ..query.clone() }).len(), 11);
        let wrong = matters::Query { after: Some("zz".into()), ..query };
        assert!(matches!(matters::list_for_user(tx, CLERK, &wrong), Err(HostError::Invalid(_))));
        let found = contacts::search(tx, FIRM, Some("ann@MAIL"), None, 9).unwrap();
        assert_eq!(found.rows.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [ANN]);
        assert_eq!(contacts::linked(tx, MATTER).unwrap().len(), 3);
        assert_eq!(contacts::links_of(tx, ANN).unwrap(), [(id(MATTER), id("client"))]);
    });
}

#[test]
fn a_user_has_an_address_of_their_own() {
    let world = World::new();
    world.write(|tx| {
        let (clerk, password) = users::by_email_key(tx, "u-clerk@firm.example").unwrap().unwrap();
        assert_eq!((clerk.id.as_str(), password), (CLERK, None));
        users::set_password(tx, CLERK, Some("$argon2id$x")).unwrap();
        assert_eq!(users::by_email_key(tx, "u-clerk@firm.example").unwrap().unwrap().1.as_deref(), Some("$argon2id$x"));
        let twin = users::User { id: id("u-twin"), email: "U-Clerk@Firm.example".into(), ..clerk.clone() };
        assert!(matches!(users::create(tx, &twin, None), Err(HostError::Conflict(_))));
        let nowhere = users::User { id: id("u-no"), email: "no address".into(), ..clerk };
        assert!(matches!(users::create(tx, &nowhere, None), Err(HostError::Invalid(_))));
        assert_eq!(users::list(tx, FIRM).unwrap().len(), 3);
    });
}
