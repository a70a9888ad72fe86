//! Lists against a plain account of what they must hold.

use std::collections::{BTreeMap, BTreeSet};

use client_connect_runtime::{
    backend::{Tx, Viewer},
    types::{DocumentFilter, DocumentPage, HostError, Lane, Page, ShareState, SortKey},
};
use proptest::prelude::*;

use super::{
    blocks,
    statements::{self, Over},
};
use crate::store::{
    SqliteTx, documents,
    names::{fold, sort_key},
    testing::{ANN, BEN, CAT, CLERK, MATTER, OTHER, OWNER, STRANGER, World, document, share},
};

fn filter(lane: Lane, contacts: &[&str]) -> DocumentFilter {
    DocumentFilter {
        contacts: contacts.iter().map(|&id| id.to_owned()).collect(),
        lane,
        search: None,
        same_content_as: None,
        sort: SortKey::Name,
        descending: false,
        attributes: Vec::new(),
    }
}

fn page(
    tx: &mut SqliteTx,
    viewer: &Viewer,
    filter: &DocumentFilter,
    after: Option<String>,
    limit: u32,
) -> DocumentPage {
    tx.find_documents(viewer, &MATTER.to_owned(), filter, &Page { after, limit }).unwrap()
}

fn ids(page: &DocumentPage) -> Vec<&str> {
    page.rows.iter().map(|row| row.document.id.as_str()).collect()
}

fn all(tx: &mut SqliteTx, viewer: &Viewer, filter: &DocumentFilter, limit: u32) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = page(tx, viewer, filter, after, limit);
        assert!(page.rows.len() <= limit as usize);
        found.extend(page.rows.into_iter().map(|row| row.document.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[test]
fn no_walk_scans_a_table_or_sorts() {
    let world = World::new();
    world.read(|tx| {
        let mut checked = 0;
        let sorts = [SortKey::Name, SortKey::ActivityAt, SortKey::CreatedAt];
        for over in [Over::Documents, Over::Sent, Over::Live, Over::Offered] {
            for sort in sorts {
                for descending in [false, true] {
                    for looking in [false, true] {
                        is_indexed(tx, statements::walk(over, sort, descending, looking));
                        checked += 1;
                    }
                }
            }
        }
        assert_eq!(checked, 48);
        for sort in sorts {
            is_indexed(tx, statements::searched(sort, true));
            is_indexed(tx, statements::same_content(sort));
        }
        for statement in [blocks::AT, blocks::PAST, blocks::BELOW] {
            is_indexed(tx, statement);
        }
    });
}

fn is_indexed(tx: &SqliteTx, statement: &str) {
    // How PostgreSQL goes about it depends on how much there is.
    let Some(sqlite) = tx.conn().sqlite() else { return };
    let mut explain = sqlite.prepare(&["EXPLAIN QUERY PLAN ", statement].concat()).unwrap();
    let count = explain.parameter_count();
    let plan: Vec<String> = explain
        .query_map(rusqlite::params_from_iter((0..count).map(|_| rusqlite::types::Null)), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for step in &plan {
        let fine = !step.contains("TEMP B-TREE")
            && (!step.starts_with("SCAN")
                || step.contains("json_each")
                || step.starts_with("SCAN names_searched VIRTUAL TABLE INDEX")
                || step.starts_with("SCAN f"));
        assert!(fine, "{statement}\n{plan:#?}");
    }
    assert!(!plan.is_empty());
}

#[test]
fn a_cursor_fits_only_its_own_list() {
    let world = World::new();
    world.write(|tx| {
        for id in ["d1", "d2", "d3"] {
            document(tx, MATTER, id, id, None, 1);
        }
        let host = Viewer::Host;
        let list = filter(Lane::WholeMatter, &[]);
        let next = page(tx, &host, &list, None, 1).next.unwrap();
        assert_eq!(ids(&page(tx, &host, &list, Some(next.clone()), 5)), ["d2", "d3"]);
        let mut refused = |viewer: &Viewer, matter: &str, filter: &DocumentFilter, after: &str| {
            let page = Page { after: Some(after.to_owned()), limit: 5 };
            let answer = tx.find_documents(viewer, &matter.to_owned(), filter, &page);
            assert!(matches!(answer, Err(HostError::Invalid(_))), "{answer:?}");
        };
        refused(&host, OTHER, &list, &next);
        refused(&Viewer::User(OWNER.into()), MATTER, &list, &next);
        refused(&host, MATTER, &DocumentFilter { descending: true, ..list.clone() }, &next);
        refused(&host, MATTER, &DocumentFilter { sort: SortKey::CreatedAt, ..list.clone() }, &next);
        refused(&host, MATTER, &DocumentFilter { search: Some("d".into()), ..list.clone() }, &next);
        refused(&host, MATTER, &filter(Lane::NoneOfThem, &[]), &next);
        for wrong in ["", "zz", "00", &next[2..], &["00", &next[2..]].concat(), &[next.as_str(), "00"].concat()] {
            refused(&host, MATTER, &list, wrong);
        }
    });
}

#[test]
fn sh5_a_document_that_is_kept_from_a_user_is_not_even_counted() {
    let world = World::new();
    world.write(|tx| {
        for n in 0..20 {
            document(tx, MATTER, &format!("d{n:02}"), &format!("paper {n:02}"), None, 1);
        }
        documents::set_readers(tx, "d03", Some(&[])).unwrap();
        documents::set_readers(tx, "d04", Some(&[CLERK.to_owned()])).unwrap();
        documents::set_readers(tx, "d05", Some(&[STRANGER.to_owned()])).unwrap();
        for lane in [Lane::WholeMatter, Lane::NoneOfThem] {
            let list = filter(lane, &[]);
            for (viewer, count) in [
                (Viewer::Host, 20),
                (Viewer::User(OWNER.into()), 20),
                (Viewer::User(CLERK.into()), 18),
                (Viewer::User(STRANGER.into()), 0),
            ] {
                let page = page(tx, &viewer, &list, None, 7);
                assert_eq!((page.total, page.exact), (count, true), "{viewer:?}");
                assert_eq!(all(tx, &viewer, &list, 7).len(), count as usize);
            }
        }
        let clerk = Viewer::User(CLERK.into());
        let seen = all(tx, &clerk, &filter(Lane::WholeMatter, &[]), 3);
        assert!(seen.contains(&"d04".to_owned()) && !seen.contains(&"d03".to_owned()));
        let asked = tx.documents(&clerk, &MATTER.into(), &["d05".into(), "d04".into()]).unwrap();
        assert!(asked[0].is_none() && asked[1].is_some());
    });
}

#[test]
fn sh6_a_rare_term_is_found_among_many_and_only_in_its_matter() {
    let world = World::new();
    world.write(|tx| {
        for n in 0..3_300 {
            document(tx, MATTER, &format!("d{n}"), &format!("common paper {n}.pdf"), None, n);
        }
        document(tx, MATTER, "needle", "Sé'rvitude.pdf", None, 9);
        document(tx, OTHER, "elsewhere", "servitude.pdf", None, 9);
        let host = Viewer::Host;
        let mut search = |term: &str| {
            let list = DocumentFilter { search: Some(term.into()), ..filter(Lane::WholeMatter, &[]) };
            let found = all(tx, &host, &list, 1_000);
            let first = page(tx, &host, &list, None, 50);
            (found, first.total, first.exact)
        };
        assert_eq!(search("SE'RV"), (vec!["needle".into()], 1, true));
        assert_eq!(search("\" OR \"").0, Vec::<String>::new());
        assert_eq!(search("servitude"), (vec![], 0, true));
        assert_eq!(search("paper 3299").0, ["d3299"]);
        assert_eq!(search("99").0.len(), (0..3_300).filter(|n| n.to_string().contains("99")).count());
        assert_eq!(search("  ").0.len(), 3_301);
        let (common, total, exact) = search("common");
        assert_eq!(common.len(), 3_300);
        assert!(!exact && (51..=3_300).contains(&total), "{total}");
        // Many, and all of them at the far end of the list: gathered, as no walk would come to them soon.
        for n in 0..3_100 {
            document(tx, MATTER, &format!("z{n}"), &format!("zebra {n}.pdf"), None, 10_000 + n);
        }
        let list = DocumentFilter { search: Some("zebra".into()), ..filter(Lane::WholeMatter, &[]) };
        let by_age = DocumentFilter { sort: SortKey::CreatedAt, ..list.clone() };
        let first = page(tx, &host, &by_age, None, 2);
        assert_eq!((ids(&first), first.total, first.exact), (vec!["z0", "z1"], 3_100, true));
        // By name, what lies before them is passed over.
        let first = page(tx, &host, &list, None, 2);
        assert_eq!((ids(&first), first.exact), (vec!["z0", "z1"], false));
        for descending in [false, true] {
            let list = DocumentFilter { descending, ..list.clone() };
            assert_eq!(all(tx, &host, &list, 700).len(), 3_100);
        }
        // Renamed, moved and deleted: the trigrams follow.
        documents::rename(tx, "needle", "plain.pdf", 10).unwrap();
        documents::move_to(tx, OTHER, MATTER, "elsewhere", 11).unwrap();
        let list = DocumentFilter { search: Some("servitude".into()), ..filter(Lane::WholeMatter, &[]) };
        assert_eq!(all(tx, &host, &list, 10), ["elsewhere"]);
        documents::delete(tx, MATTER, &["elsewhere".into()], 12).unwrap();
        assert!(all(tx, &host, &list, 10).is_empty());
    });
}

#[test]
fn a_row_that_comes_in_between_repeats_none() {
    let world = World::new();
    world.write(|tx| {
        for n in 0..30 {
            document(tx, MATTER, &format!("d{n}"), &format!("{n}"), None, 1);
        }
        for descending in [false, true] {
            let list = DocumentFilter { descending, ..filter(Lane::WholeMatter, &[]) };
            let (mut seen, mut after) = (BTreeSet::new(), None);
            for round in 0.. {
                let page = page(tx, &Viewer::Host, &list, after, 4);
                for row in page.rows {
                    assert!(seen.insert(row.document.id));
                }
                document(tx, MATTER, &format!("new{descending}{round}"), &format!("{}", round * 3), None, 1);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert!((0..30).all(|n| seen.contains(&format!("d{n}"))));
        }
    });
}

/// What one document is, in the plain account.
#[derive(Clone, Debug, Default)]
struct Paper {
    name: String,
    at: u64,
    activity: u64,
    uploader: Option<&'static str>,
    readers: Option<Vec<&'static str>>,
    gone: bool,
    elsewhere: bool,
    shares: BTreeMap<&'static str, &'static str>,
    content: u8,
}

type Account = BTreeMap<String, Paper>;

const CONTACTS: [&str; 3] = [ANN, BEN, CAT];

fn expected(account: &Account, viewer: &Viewer, filter: &DocumentFilter) -> Vec<String> {
    let (user, contact) = crate::store::tx::eyes(viewer);
    let member = user.is_none_or(|user| user != STRANGER);
    let named: BTreeSet<&str> = filter.contacts.iter().map(String::as_str).collect();
    let content = filter.same_content_as.as_ref().and_then(|id| account.get(id)).map(|paper| paper.content);
    let mut rows: Vec<(&String, &Paper)> = account
        .iter()
        .filter(|(_, paper)| member && !paper.gone && !paper.elsewhere)
        .filter(|(_, paper)| match (&paper.readers, user) {
            (Some(readers), Some(user)) => user == OWNER || readers.contains(&user),
            _ => true,
        })
        .filter(|(_, paper)| contact.is_none_or(|own| paper.shares.get(own) == Some(&"live")))
        .filter(|(id, paper)| {
            let known = |of: &str| contact.is_none_or(|own| own == of);
            let with = |state: &str| -> BTreeSet<&str> {
                paper.shares.iter().filter(|(of, is)| known(of) && **is == state).map(|(of, _)| *of).collect()
            };
            let live = with("live");
            let lane = match filter.lane {
                Lane::WholeMatter => true,
                Lane::AnyOfThem => {
                    if named.is_empty() {
                        !live.is_empty()
                    } else {
                        !live.is_disjoint(&named)
                    }
                }
                Lane::AllOfThem => !named.is_empty() && named.is_subset(&live),
                Lane::SomeOfThem => !named.is_empty() && !live.is_disjoint(&named) && !named.is_subset(&live),
                Lane::NoneOfThem => {
                    if named.is_empty() {
                        live.is_empty()
                    } else {
                        live.is_disjoint(&named)
                    }
                }
                Lane::Uploaded => {
                    paper.uploader.is_some_and(|of| known(of) && (named.is_empty() || named.contains(of)))
                }
                Lane::Lapsed => {
                    let lapsed = with("lapsed");
                    if named.is_empty() { !lapsed.is_empty() } else { !lapsed.is_disjoint(&named) }
                }
            };
            let term = filter.search.as_deref().map(str::trim).map(fold);
            lane && term.is_none_or(|term| fold(&paper.name).contains(&term))
                && content
                    .is_none_or(|content| paper.content == content && Some(*id) != filter.same_content_as.as_ref())
        })
        .collect();
    rows.sort_by_key(|(id, paper)| match filter.sort {
        SortKey::Name => (sort_key(&paper.name), 0, *id),
        SortKey::ActivityAt => (vec![], paper.activity, *id),
        SortKey::CreatedAt => (vec![], paper.at, *id),
    });
    if filter.descending {
        rows.reverse();
    }
    rows.into_iter().map(|(id, _)| id.clone()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Add { name: String, uploader: Option<usize>, content: u8 },
    Share { document: usize, contact: usize, state: usize },
    Delete(usize),
    Restore(usize),
    Rename(usize, String),
    Move(usize),
    Keep { document: usize, from: bool },
    Purge(usize),
    Forget(usize),
}

fn a_step() -> impl Strategy<Value = Step> {
    let name = "[abé]{1,5}( [0-9]{1,2})?";
    prop_oneof![
        6 => (name, prop::option::of(0..3_usize), 0..3_u8).prop_map(|(name, uploader, content)| Step::Add { name, uploader, content }),
        9 => (0..20_usize, 0..3_usize, 0..4_usize).prop_map(|(document, contact, state)| Step::Share { document, contact, state }),
        2 => (0..20_usize).prop_map(Step::Delete),
        2 => (0..20_usize).prop_map(Step::Restore),
        1 => (0..20_usize, name).prop_map(|(document, name)| Step::Rename(document, name)),
        1 => (0..20_usize).prop_map(Step::Move),
        1 => (0..20_usize, any::<bool>()).prop_map(|(document, from)| Step::Keep { document, from }),
        1 => (0..20_usize).prop_map(Step::Purge),
        1 => (0..3_usize).prop_map(Step::Forget),
    ]
}

/// Does the same in the database and in the account.
fn apply(tx: &mut SqliteTx, account: &mut Account, now: u64, step: Step) {
    let pick = |account: &Account, n: usize| account.keys().nth(n % account.len().max(1)).cloned();
    match step {
        Step::Add { name, uploader, content } => {
            let id = format!("d{:02}", now * 7 % 100);
            if account.contains_key(&id) {
                return;
            }
            let uploader = uploader.map(|n| CONTACTS[n]);
            document(tx, MATTER, &id, &name, uploader, now % 5);
            tx.conn().execute("UPDATE documents SET sha256 = ?2 WHERE id = ?1", (&id, content.to_string())).unwrap();
            account.insert(id, Paper { name, at: now % 5, activity: now % 5, uploader, content, ..Paper::default() });
        }
        Step::Share { document, contact, state } => {
            let Some(id) = pick(account, document) else { return };
            let (word, state) = [
                ("live", ShareState::Live),
                ("live", ShareState::Live),
                ("unshared", ShareState::Unshared),
                ("lapsed", ShareState::Lapsed),
            ][state]
                .clone();
            share(tx, MATTER, &id, CONTACTS[contact], state);
            account.get_mut(&id).unwrap().shares.insert(CONTACTS[contact], word);
        }
        Step::Delete(n) => {
            let Some(id) = pick(account, n) else { return };
            let paper = account.get_mut(&id).unwrap();
            let done = documents::delete(tx, MATTER, &[id], now).unwrap();
            assert_eq!(done.len(), usize::from(!paper.gone && !paper.elsewhere));
            paper.gone |= !paper.elsewhere;
        }
        Step::Restore(n) => {
            let Some(id) = pick(account, n) else { return };
            documents::restore(tx, MATTER, std::slice::from_ref(&id)).unwrap();
            account.get_mut(&id).unwrap().gone = false;
        }
        Step::Rename(n, name) => {
            let Some(id) = pick(account, n) else { return };
            let paper = account.get_mut(&id).unwrap();
            assert_eq!(documents::rename(tx, &id, &name, now % 5).is_ok(), !paper.gone);
            if !paper.gone {
                (paper.name, paper.activity) = (name, now % 5);
            }
        }
        Step::Move(n) => {
            let Some(id) = pick(account, n) else { return };
            let paper = account.get_mut(&id).unwrap();
            let (from, to) = if paper.elsewhere { (OTHER, MATTER) } else { (MATTER, OTHER) };
            if documents::move_to(tx, from, to, &id, now % 5).is_ok() {
                (paper.elsewhere, paper.activity) = (!paper.elsewhere, now % 5);
            }
        }
        Step::Keep { document, from } => {
            let Some(id) = pick(account, document) else { return };
            let readers = if from { vec![] } else { vec![CLERK] };
            let kept: Vec<String> = readers.iter().map(|&id| id.to_owned()).collect();
            documents::set_readers(tx, &id, Some(&kept)).unwrap();
            account.get_mut(&id).unwrap().readers = Some(readers);
        }
        Step::Purge(n) => {
            let Some(id) = pick(account, n) else { return };
            if documents::purge(tx, MATTER, std::slice::from_ref(&id), now).unwrap() == [id.clone()] {
                assert!(account.remove(&id).unwrap().gone);
            }
        }
        Step::Forget(n) => {
            tx.forget_contacts(&MATTER.into(), &[CONTACTS[n].into()]).unwrap();
            for paper in account.values_mut() {
                paper.shares.remove(CONTACTS[n]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn every_list_holds_what_it_must_in_its_order(steps in prop::collection::vec(a_step(), 1..60), limit in 1..7_u32) {
        let world = World::new();
        world.write(|tx| {
            let mut account = Account::new();
            for (now, step) in steps.into_iter().enumerate() {
                apply(tx, &mut account, now as u64 + 1, step);
            }
            let viewers = [
                Viewer::Host, Viewer::User(OWNER.into()), Viewer::User(CLERK.into()), Viewer::User(STRANGER.into()),
                Viewer::Contact(ANN.into()), Viewer::UserAsContact(CLERK.into(), BEN.into()),
            ];
            let lanes = [
                Lane::WholeMatter, Lane::AnyOfThem, Lane::AllOfThem, Lane::SomeOfThem, Lane::NoneOfThem, Lane::Uploaded, Lane::Lapsed,
            ];
            let contacts: [&[&str]; 6] = [&[], &[ANN], &[BEN], &[ANN, BEN], &[CAT, BEN, ANN, BEN], &["nobody"]];
            let same = account.iter().find(|(_, paper)| !paper.gone && !paper.elsewhere).map(|(id, _)| id.clone());
            for (n, viewer) in viewers.iter().enumerate() {
                for (m, lane) in lanes.into_iter().enumerate() {
                    for (k, contacts) in contacts.into_iter().enumerate() {
                        let mut list = filter(lane, contacts);
                        list.sort = [SortKey::Name, SortKey::ActivityAt, SortKey::CreatedAt][(n + m + k) % 3];
                        list.descending = (n + m * 2 + k) % 2 == 0;
                        for narrow in 0..3 {
                            list.search = (narrow == 1).then(|| ["A", "é", "ABE", "ba", "bab", "aé "][(n + k) % 6].to_owned());
                            list.same_content_as = same.clone().filter(|_| narrow == 2);
                            let must = expected(&account, viewer, &list);
                            let first = page(tx, viewer, &list, None, 0);
                            assert_eq!(first.total as usize, must.len(), "{viewer:?} {list:?}");
                            assert!(first.exact && first.rows.is_empty() && first.next.is_none());
                            assert_eq!(all(tx, viewer, &list, limit), must, "{viewer:?} {list:?}");
                        }
                    }
                }
            }
            // The counts are those of the lists.
            let counts: BTreeMap<String, u32> = tx.count_shared(&MATTER.into(), None).unwrap().into_iter()
                .map(|count| (count.contact, count.shared + count.uploaded)).collect();
            for contact in CONTACTS {
                let must = expected(&account, &Viewer::Host, &filter(Lane::AnyOfThem, &[contact])).len();
                assert_eq!(counts.get(contact).copied().unwrap_or(0) as usize, must);
            }
        });
    }
}
