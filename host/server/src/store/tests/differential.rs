//! The same done to the backend in memory and to this one must read the same, for every viewer and in every list.

use client_connect_runtime::{
    backend::{Backend, Mode, Tx, Viewer},
    memory::{Memory, MemoryTx},
    types::{
        AccessGrant, DocumentChange, DocumentFilter, DocumentPage, HostError, Lane, Page, Section, ShareState,
        SharedDocument, SortKey, Watcher,
    },
};
use proptest::prelude::*;

use crate::store::{
    SqliteTx, contacts, documents,
    testing::{ANN, BEN, CAT, CLERK, FIRM, MATTER, OTHER, OWNER, STRANGER, World, document},
    users,
};

const CONTACTS: [&str; 3] = [ANN, BEN, CAT];
const DOCUMENTS: [&str; 6] = ["d0", "d1", "d2", "d3", "d4", "d5"];

/// One step, done to both.
#[derive(Clone, Debug)]
enum Step {
    // The platform's.
    Delete(usize, bool),
    Move(usize),
    Restrict(usize, bool),
    Unlink(usize, bool),
    Retire(bool),
    // The contract's.
    Grant { contact: usize, portal: bool, until: Option<u64> },
    Share { document: usize, contact: usize, state: usize, matter: usize },
    Forget(usize),
    Watch(Vec<usize>),
    Raise(usize, u32),
    Change(usize),
}

fn a_step() -> impl Strategy<Value = Step> {
    let (document, contact) = (0..DOCUMENTS.len(), 0..CONTACTS.len());
    prop_oneof![
        2 => (document.clone(), any::<bool>()).prop_map(|(document, gone)| Step::Delete(document, gone)),
        1 => document.clone().prop_map(Step::Move),
        1 => (document.clone(), any::<bool>()).prop_map(|(document, clerk)| Step::Restrict(document, clerk)),
        1 => (contact.clone(), any::<bool>()).prop_map(|(contact, linked)| Step::Unlink(contact, linked)),
        1 => any::<bool>().prop_map(Step::Retire),
        3 => (contact.clone(), any::<bool>(), prop::option::of(0..9_u64))
            .prop_map(|(contact, portal, until)| Step::Grant { contact, portal, until }),
        8 => (document.clone(), contact.clone(), 0..4_usize, 0..5_usize)
            .prop_map(|(document, contact, state, matter)| Step::Share { document, contact, state, matter }),
        1 => contact.prop_map(Step::Forget),
        1 => prop::collection::vec(0..2_usize, 0..3).prop_map(Step::Watch),
        1 => (0..3_usize, 0..3_u32).prop_map(|(section, current)| Step::Raise(section, current)),
        1 => document.prop_map(Step::Change),
    ]
}

fn kind<T>(answer: &Result<T, HostError>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(HostError::Invalid(_)) => "invalid",
        Err(HostError::NotFound(_)) => "not-found",
        Err(HostError::Conflict(_)) => "conflict",
        Err(_) => "other",
    }
}

/// The contract's part of a step, the same words to either.
fn contract<T: Tx>(tx: &mut T, step: &Step) -> &'static str {
    let matter = MATTER.to_owned();
    match step {
        Step::Grant { contact, portal, until } => kind(&tx.put_grants(
            &matter,
            &[AccessGrant {
                contact: CONTACTS[*contact].into(),
                portal: *portal,
                can_download: !portal,
                since: 4,
                until: *until,
                attributes: vec![("a".into(), "b".into())],
            }],
        )),
        Step::Share { document, contact, state, matter } => kind(
            &tx.put_shared(
                &if *matter == 0 { OTHER.to_owned() } else { MATTER.to_owned() },
                &[SharedDocument {
                    document: DOCUMENTS[*document].into(),
                    contact: CONTACTS[*contact].into(),
                    state: [
                        ShareState::Live,
                        ShareState::Unshared,
                        ShareState::Lapsed,
                        ShareState::Other("held".into()),
                    ][*state]
                        .clone(),
                    since: 6,
                    seen: None,
                    attributes: vec![],
                }],
            ),
        ),
        Step::Forget(contact) => kind(&tx.forget_contacts(&matter, &[CONTACTS[*contact].into()])),
        Step::Watch(users) => {
            let mut users = users.clone();
            users.sort_unstable();
            users.dedup();
            let watcher = |user: usize| Watcher {
                user: [CLERK, OWNER][user].into(),
                in_app: true,
                email: user == 0,
                attributes: vec![],
            };
            kind(&tx.set_watchers(&matter, &users.into_iter().map(watcher).collect::<Vec<_>>()))
        }
        Step::Raise(section, current) => {
            let section = [Section::Access, Section::Sharing, Section::Notifications][*section];
            kind(&tx.raise_revision(&matter, section, *current))
        }
        Step::Change(document) => kind(&tx.update_documents(
            &matter,
            &[DocumentChange {
                document: DOCUMENTS[*document].into(),
                kind: Some("Document (Portal)".into()),
                created_by: Some(OWNER.into()),
                attributes: vec![("k".into(), "v".into())],
            }],
        )),
        _ => "platform",
    }
}

fn platform(sqlite: &mut SqliteTx, memory: &mut MemoryTx, step: &Step) {
    match step {
        Step::Delete(document, gone) => {
            let id = DOCUMENTS[*document];
            for matter in [MATTER, OTHER] {
                if *gone {
                    documents::delete(sqlite, matter, &[id.to_owned()], 8).unwrap();
                } else {
                    documents::restore(sqlite, matter, &[id.to_owned()]).unwrap();
                }
            }
            memory.edit(|records| drop(records.with_document(id, |stored| stored.deleted = *gone).dump())).unwrap();
        }
        Step::Move(document) => {
            let id = DOCUMENTS[*document];
            let is = documents::matter_of(sqlite, id).unwrap().unwrap();
            let to = if is == MATTER { OTHER } else { MATTER };
            if documents::move_to(sqlite, &is, to, id, 9).is_ok() {
                let there = |stored: &mut client_connect_runtime::memory::StoredDocument| {
                    (stored.document.matter, stored.document.activity_at) = (to.to_owned(), 9);
                };
                memory.edit(|records| drop(records.with_document(id, there).dump())).unwrap();
            }
        }
        Step::Restrict(document, clerk) => {
            let id = DOCUMENTS[*document];
            let readers: Vec<String> = clerk.then(|| CLERK.to_owned()).into_iter().collect();
            documents::set_readers(sqlite, id, Some(&readers)).unwrap();
            let readers = readers.into_iter().collect();
            memory
                .edit(|records| drop(records.with_document(id, |stored| stored.readers = Some(readers)).dump()))
                .unwrap();
        }
        Step::Unlink(contact, linked) => {
            let id = CONTACTS[*contact];
            if *linked {
                contacts::link(sqlite, MATTER, id, "client").unwrap();
                memory.edit(|records| drop(records.link(MATTER, id).dump())).unwrap();
            } else {
                contacts::unlink(sqlite, MATTER, id).unwrap();
                memory.edit(|records| drop(records.unlink(MATTER, id).dump())).unwrap();
                contract(sqlite, &Step::Forget(*contact));
                contract(memory, &Step::Forget(*contact));
            }
        }
        Step::Retire(active) => {
            let mut clerk = users::get(sqlite, CLERK).unwrap().unwrap();
            clerk.active = *active;
            users::update(sqlite, &clerk).unwrap();
            memory.edit(|records| drop(records.with_user(CLERK, |user| user.active = *active).dump())).unwrap();
        }
        _ => {}
    }
}

/// The firm of [`World`], in memory.
fn twin(sqlite: &SqliteTx, uploaders: &[Option<usize>]) -> Memory {
    let memory = Memory::new();
    memory.edit(|records| {
        records.firm(FIRM, "Example & Sons").with_firm(FIRM, |firm| {
            firm.portal_url = "https://firm.example/portal".into();
            firm.attributes = vec![("when-closed".into(), "read-only".into()), ("mail-hold".into(), "120".into())];
        });
        for user in [OWNER, CLERK, STRANGER] {
            records.user(FIRM, user, &user.to_uppercase());
        }
        for matter in [MATTER, OTHER] {
            records.matter(FIRM, matter, &["Matter ", matter].concat(), Some(OWNER));
            records.with_matter(matter, |matter| matter.opened_at = 1);
            records.member(matter, OWNER, true).member(matter, CLERK, false);
        }
        for contact in CONTACTS {
            let address = [contact, "@Mail.example"].concat();
            records.contact(FIRM, contact, &contact.to_uppercase(), Some(&address)).link(MATTER, contact);
        }
        for (n, id) in DOCUMENTS.into_iter().enumerate() {
            let name = ["paper b", "paper a", "plan 10", "plan 9", "Plan 9", "zoo"][n];
            let uploader = uploaders[n].map(|n| CONTACTS[n]);
            document(sqlite, MATTER, id, name, uploader, n as u64 % 3);
            match uploader {
                Some(contact) => records.upload(MATTER, contact, id, name),
                None => records.document(MATTER, id, name),
            };
            records.with_document(id, |stored| {
                stored.content = "same".into();
                let document = &mut stored.document;
                document.created_by = uploader.is_none().then(|| OWNER.to_owned());
                (document.created_at, document.activity_at) = (n as u64 % 3, n as u64 % 3);
                (document.media_type, document.size, document.can_preview) = ("text/plain".into(), 10, false);
            });
        }
    });
    memory
}

fn list<T: Tx>(tx: &mut T, viewer: &Viewer, filter: &DocumentFilter, limit: u32) -> (Vec<String>, u32) {
    let (mut rows, mut after, mut total) = (Vec::new(), None, None);
    loop {
        let DocumentPage { rows: page, next, total: counted, exact } =
            tx.find_documents(viewer, &MATTER.to_owned(), filter, &Page { after, limit }).unwrap();
        assert!(exact);
        total.get_or_insert(counted);
        rows.extend(page.into_iter().map(|row| format!("{row:?}")));
        after = next;
        if after.is_none() {
            return (rows, total.unwrap_or_default());
        }
    }
}

/// All that can be asked without a list, as text.
fn answers<T: Tx>(tx: &mut T) -> Vec<String> {
    let matter = MATTER.to_owned();
    let ids: Vec<String> = DOCUMENTS.iter().rev().map(|&id| id.to_owned()).chain(["none".to_owned()]).collect();
    let people: Vec<String> = [STRANGER, CLERK, "nobody", OWNER].map(str::to_owned).to_vec();
    let contacts: Vec<String> = CONTACTS.map(str::to_owned).to_vec();
    let mut all = vec![
        format!("{:?}", tx.members(&matter, &people).unwrap()),
        format!("{:?}", tx.contacts(&matter, None).unwrap()),
        format!("{:?}", tx.contacts(&matter, Some(&contacts[1..])).unwrap()),
        format!("{:?}", tx.same_address(&contacts).unwrap()),
        format!("{:?}", tx.grants(&matter, None).unwrap()),
        format!("{:?}", tx.grants(&matter, Some(&contacts[..1])).unwrap()),
        format!("{:?}", tx.shared(&matter, &ids, None).unwrap()),
        format!("{:?}", tx.shared(&matter, &ids, Some(&contacts[..2])).unwrap()),
        format!("{:?}", tx.shared(&OTHER.to_owned(), &ids, None).unwrap()),
        format!("{:?}", tx.count_shared(&matter, None).unwrap()),
        format!("{:?}", tx.count_shared(&matter, Some(&contacts[1..])).unwrap()),
        format!("{:?}", tx.watchers(&matter).unwrap()),
        format!("{:?}", tx.revision(&matter, Section::Sharing).unwrap()),
    ];
    for contact in &contacts {
        all.push(format!("{:?}", tx.granted_matters(contact).unwrap()));
    }
    for viewer in viewers() {
        all.push(format!("{viewer:?} {:?}", tx.matter(&viewer, &matter).unwrap()));
        all.push(format!("{viewer:?} {:?}", tx.documents(&viewer, &matter, &ids).unwrap()));
        all.push(format!("{viewer:?} {:?}", tx.documents(&viewer, &matter, &ids[2..3]).unwrap()));
    }
    all
}

fn viewers() -> [Viewer; 6] {
    [
        Viewer::Host,
        Viewer::User(OWNER.into()),
        Viewer::User(CLERK.into()),
        Viewer::User(STRANGER.into()),
        Viewer::Contact(ANN.into()),
        Viewer::UserAsContact(CLERK.into(), BEN.into()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn both_backends_answer_the_same(
        uploaders in prop::collection::vec(prop::option::of(0..3_usize), DOCUMENTS.len()),
        steps in prop::collection::vec(a_step(), 1..40),
        limit in 1..5_u32,
    ) {
        let world = World::new();
        world.write(|sqlite| {
            let store = twin(sqlite, &uploaders);
            let mut memory = store.begin(Mode::Write, 1_000).unwrap();
            for step in &steps {
                platform(sqlite, &mut memory, step);
                assert_eq!(contract(sqlite, step), contract(&mut memory, step), "{step:?}");
            }
            for (ours, theirs) in answers(sqlite).into_iter().zip(answers(&mut memory)) {
                assert_eq!(ours, theirs);
            }
            let sets: [&[&str]; 5] = [&[], &[ANN], &[BEN], &[ANN, BEN], &[CAT, BEN, ANN]];
            let lanes = [
                Lane::WholeMatter, Lane::AnyOfThem, Lane::AllOfThem, Lane::SomeOfThem, Lane::NoneOfThem, Lane::Uploaded,
                Lane::Lapsed,
            ];
            // Of a document that has left the matter, this backend does not tell whose bytes are the same.
            let alike = sqlite.documents(&Viewer::Host, &MATTER.into(), &["d2".into()]).unwrap()[0].is_some();
            for (n, viewer) in viewers().iter().enumerate() {
                for (m, lane) in lanes.into_iter().enumerate() {
                    // To a contact, no other uploader exists: the floor says so, and this backend does by itself.
                    if lane == Lane::Uploaded && n > 3 {
                        continue;
                    }
                    for (k, contacts) in sets.into_iter().enumerate() {
                        let filter = DocumentFilter {
                            contacts: contacts.iter().map(|&id| id.to_owned()).collect(),
                            lane,
                            search: [None, Some("PLAN".to_owned()), None][(n + k) % 3].clone(),
                            same_content_as: (alike && (n + k) % 3 == 2).then(|| "d2".to_owned()),
                            sort: [SortKey::ActivityAt, SortKey::Name, SortKey::CreatedAt][(m + k) % 3],
                            descending: (n + m + k) % 2 == 1,
                            attributes: vec![],
                        };
                        assert_eq!(list(sqlite, viewer, &filter, limit), list(&mut memory, viewer, &filter, limit), "{viewer:?} {filter:?}");
                    }
                }
            }
        });
    }
}
