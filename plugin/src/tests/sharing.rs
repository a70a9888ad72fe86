//! The Save of the Sharing section: SH8, SH9, SH11, SH13, SH21 to SH24, and what it refuses.

use super::steps::*;
use crate::{
    sharing,
    testing::{M, MINUTE, World, codes, ids, named, pair},
    types::*,
};

fn shared_world(contacts: &[&str]) -> World {
    let mut world = World::new();
    open(&mut world, contacts);
    world
}

#[test]
fn sh11_nothing_new_before_the_save_and_all_of_it_after() {
    let mut world = shared_world(&["ann"]);
    assert!(seen_by(&mut world, "ann").unwrap().is_empty());
    let saved = save(&mut world, &[pair("d2", "ann"), pair("d1", "ann")], &[]).unwrap();
    assert_eq!((saved.revision, saved.shared.len(), saved.notified), (1, 2, vec!["ann".to_owned()]));
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1", "d2"]);
}

#[test]
fn sh11_a_save_without_changes_tells_and_writes_nothing() {
    let mut world = shared_world(&["ann"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    let before = world.kept();
    let saved = save(&mut world, &[pair("d1", "ann")], &[pair("d2", "ann")]).unwrap();
    assert_eq!((saved.revision, saved.shared.len(), saved.unshared.len(), saved.notified.len()), (1, 0, 0, 0));
    assert_eq!(save(&mut world, &[], &[]).unwrap().revision, 1);
    assert_eq!(world.kept(), before);
}

#[test]
fn sh8_only_those_hear_of_it_to_whom_it_is_new() {
    let mut world = shared_world(&["ann", "ben"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    world.told();
    let saved = save(&mut world, &[pair("d1", "ann"), pair("d1", "ben")], &[]).unwrap();
    assert_eq!((&saved.shared[..], &saved.notified[..]), (&[pair("d1", "ben")][..], &["ben".to_owned()][..]));
    assert_eq!(world.told().len(), 1);
    assert_eq!(
        (seen_by(&mut world, "ann").unwrap(), seen_by(&mut world, "ben").unwrap()),
        (ids(&["d1"]), ids(&["d1"]))
    );
}

#[test]
fn sh9_twice_is_once_and_a_staged_row_taken_back_is_nothing() {
    let mut world = shared_world(&["ann"]);
    let before = world.kept();
    save(&mut world, &[pair("d1", "ann")], &[pair("d1", "ann")]).unwrap();
    assert_eq!(world.kept(), before);
    let saved = save(&mut world, &[pair("d1", "ann"), pair("d1", "ann")], &[]).unwrap();
    assert_eq!(saved.shared.len(), 1);
    assert_eq!(world.audited(), ["document.shared ann d1"]);
}

#[test]
fn sh13_fifty_documents_are_one_mail_that_names_them() {
    let mut world = shared_world(&["ann", "ben"]);
    let mut pairs = Vec::new();
    for n in 0..50 {
        let id = format!("x{n:02}");
        world.add_document(M, &id, DocumentSource::Platform);
        pairs.push(pair(&id, "ann"));
    }
    pairs.push(pair("d1", "ben"));
    save(&mut world, &pairs, &[]).unwrap();
    let told = world.told();
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].documents.len(), &told[0].topic), (50, &Topic::Shared));
    assert_eq!(told[1].to, Recipient::Contact("ben".into()));
    assert_eq!((&told[1].documents, &told[1].contact), (&ids(&["d1"]), &None), "no trace of anybody else");
}

#[test]
fn sh13_taking_away_is_silent_and_both_in_one_save_is_nothing() {
    let mut world = shared_world(&["ann"]);
    save(&mut world, &[pair("d1", "ann"), pair("d2", "ann")], &[]).unwrap();
    world.told();
    world.audited();
    let saved = save(&mut world, &[pair("d2", "ann")], &[pair("d1", "ann"), pair("d2", "ann")]).unwrap();
    assert_eq!((saved.shared.len(), &saved.unshared[..]), (0, &[pair("d1", "ann")][..]));
    assert!(world.told().is_empty());
    assert_eq!(world.audited(), ["document.unshared ann d1"]);
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d2"]);
}

fn share_and_unshare(world: &mut World) {
    save(world, &[pair("d1", "ann")], &[]).unwrap();
    save(world, &[], &[pair("d1", "ann")]).unwrap();
}

#[test]
fn sh13_shared_again_within_the_hold_time_is_no_news() {
    let mut world = shared_world(&["ann"]);
    share_and_unshare(&mut world);
    world.told();
    world.now += 2 * MINUTE - 1;
    let saved = save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    assert_eq!((saved.shared.len(), saved.notified.len(), world.told().len()), (1, 0, 0));
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1"]);
}

#[test]
fn sh13_shared_again_after_the_hold_time_is_news() {
    let mut world = shared_world(&["ann"]);
    share_and_unshare(&mut world);
    world.told();
    world.now += 2 * MINUTE;
    assert_eq!(save(&mut world, &[pair("d1", "ann")], &[]).unwrap().notified, ["ann"]);
    // To the millisecond, also where they were told long ago.
    world.now += 60 * MINUTE;
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    world.now += 2 * MINUTE;
    assert_eq!(save(&mut world, &[pair("d1", "ann")], &[]).unwrap().notified, ["ann"]);
    // And without a hold time, always.
    world.firm.attributes.clear();
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    assert_eq!(save(&mut world, &[pair("d1", "ann")], &[]).unwrap().notified, ["ann"]);
}

#[test]
fn sh13_what_was_away_just_when_its_mail_was_due_is_told_after_all() {
    let mut world = shared_world(&["ann"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    world.now += MINUTE;
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    world.told();
    // The first notice came due a minute after this, and had nothing to say.
    world.now += MINUTE + 1;
    assert_eq!(save(&mut world, &[pair("d1", "ann")], &[]).unwrap().notified, ["ann"]);
}

#[test]
fn sh13_the_undo_of_an_unshare_is_no_news() {
    let mut world = shared_world(&["ann"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    world.now += 60 * MINUTE;
    world.told();
    let saved = save(&mut world, &[pair("d2", "ann")], &[pair("d1", "ann")]).unwrap();
    world.told();
    let undone = save(&mut world, &saved.unshared, &saved.shared).unwrap();
    assert_eq!(undone.notified.len(), 0);
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1"]);
}

#[test]
fn sh21_one_row_of_the_audit_for_each_contact_and_document() {
    let mut world = shared_world(&["ann", "ben"]);
    let saved =
        world.user("sharer", |host, ctx| sharing::share(host, ctx, M, 0, &ids(&["ben", "ann"]), &ids(&["d1", "d2"])));
    assert_eq!(saved.unwrap().shared.len(), 4);
    assert_eq!(
        world.audited(),
        ["document.shared ann d1", "document.shared ben d1", "document.shared ann d2", "document.shared ben d2"]
    );
}

#[test]
fn sh22_stopping_takes_it_from_the_selected_and_from_nobody_else() {
    let mut world = shared_world(&["ann", "ben", "cem"]);
    save(&mut world, &[pair("d1", "ann"), pair("d1", "ben"), pair("d1", "cem")], &[]).unwrap();
    let saved = world
        .user("sharer", |host, ctx| sharing::unshare(host, ctx, M, 1, &ids(&["ann", "ben"]), &ids(&["d1"])))
        .unwrap();
    assert_eq!(saved.unshared.len(), 2);
    assert!(seen_by(&mut world, "ann").unwrap().is_empty() && seen_by(&mut world, "ben").unwrap().is_empty());
    assert_eq!(seen_by(&mut world, "cem").unwrap(), ["d1"]);
}

#[test]
fn sh23_what_is_unshared_is_gone_for_the_contact_and_untouched_in_the_matter() {
    let mut world = shared_world(&["ann"]);
    grant(&mut world, vec![change("ann", true, true)]).unwrap();
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    let document = world.document("d1").clone();
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    for verb in [Verb::Preview, Verb::Download] {
        assert!(permitted(&mut world, "ann", verb, &["d1"]).unwrap().is_empty());
    }
    assert!(seen_by(&mut world, "ann").unwrap().is_empty());
    assert_eq!(*world.document("d1"), document);
    assert_eq!(lane(&mut world, Lane::WholeMatter, &[], None).unwrap(), ["d1", "d2", "d3", "d4"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1"]);
}

#[test]
fn sh24_an_upload_is_taken_from_the_portal_and_stays_what_it_was() {
    let mut world = shared_world(&["ann", "ben"]);
    upload(&mut world, "ann", "u1").unwrap();
    save(&mut world, &[pair("u1", "ben")], &[]).unwrap();
    let document = world.document("u1").clone();
    save(&mut world, &[], &[pair("u1", "ann")]).unwrap();
    assert!(seen_by(&mut world, "ann").unwrap().is_empty());
    assert_eq!(seen_by(&mut world, "ben").unwrap(), ["u1"], "another's share stands");
    assert_eq!(*world.document("u1"), document);
    save(&mut world, &[pair("u1", "ann")], &[]).unwrap();
    let list =
        world.customer("ann", |host, ctx| crate::portal::documents(host, ctx, M, None, SortKey::Name, false, &page()));
    assert!(list.unwrap().rows[0].own_upload);
}

#[test]
fn sh25_a_document_that_was_deleted_while_staged_is_refused_by_name() {
    let mut world = shared_world(&["ann"]);
    delete(&mut world, "d2");
    let before = world.kept();
    let refusal = save(&mut world, &[pair("d1", "ann"), pair("d2", "ann"), pair("other", "ann")], &[]).unwrap_err();
    assert_eq!(codes(&refusal), ["document-gone d2", "document-gone other"]);
    assert_eq!(world.kept(), before, "all of it or nothing");
}

#[test]
fn sh3_a_contact_who_lost_access_while_selected_is_refused_by_name() {
    let mut world = shared_world(&["ann", "ben", "cem"]);
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    world.contact("ben").email = None;
    world.links.remove(&(M.to_owned(), "cem".to_owned()));
    let refusal = save(&mut world, &[pair("d1", "ann"), pair("d1", "ben"), pair("d1", "cem")], &[]).unwrap_err();
    assert_eq!(codes(&refusal), ["contact-not-linked cem", "contact-without-access ann", "contact-without-access ben"]);
}

#[test]
fn sh3_what_a_closed_portal_would_show_can_be_taken_away() {
    let mut world = shared_world(&["ann"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    assert!(grant(&mut world, vec![change("ann", true, false)]).unwrap().revived.is_empty());
}

#[test]
fn sh5_documents_that_are_kept_from_the_user_cannot_be_shared_by_id() {
    let mut world = shared_world(&["ann"]);
    world.document("d1").hidden_from.push("sharer".into());
    world.add_matter("m2");
    world.add_document("m2", "e1", DocumentSource::Platform);
    let refusal = save(&mut world, &[pair("d1", "ann"), pair("e1", "ann")], &[]).unwrap_err();
    assert_eq!(codes(&refusal), ["document-gone d1", "document-gone e1"]);
}

#[test]
fn ov5_a_document_that_can_be_neither_previewed_nor_downloaded_is_warned_of() {
    let mut world = shared_world(&["ann", "ben", "cem"]);
    grant(&mut world, vec![change("cem", true, true)]).unwrap();
    world.document("d1").document.can_preview = false;
    let saved = save(&mut world, &[pair("d1", "ann"), pair("d1", "cem"), pair("d2", "ben")], &[]).unwrap();
    assert_eq!(named(&saved.warnings), ["cannot-be-seen d1 ann"]);
    let saved = save(&mut world, &[pair("d1", "ben")], &[pair("d1", "ann")]).unwrap();
    assert_eq!(named(&saved.warnings), ["cannot-be-seen d1 ben"]);
}

#[test]
fn ov12_two_saves_of_one_revision_are_one_save() {
    let mut world = shared_world(&["ann"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    let late = world.user("owner", |host, ctx| sharing::save(host, ctx, M, 0, &[pair("d2", "ann")], &[]));
    assert_eq!(codes(&late.unwrap_err()), ["saved-by-another"]);
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1"]);
}

#[test]
fn ov11_more_than_a_save_takes_is_refused_by_name_and_not_cut() {
    let mut world = shared_world(&["ann"]);
    let many: Vec<String> = (0..10_001).map(|n| format!("x{n}")).collect();
    let refusal = world.user("sharer", |host, ctx| sharing::share(host, ctx, M, 0, &ids(&["ann"]), &many)).unwrap_err();
    assert_eq!(codes(&refusal), ["too-many-pairs 10000 10001"]);
    let pairs: Vec<Pair> = many.iter().map(|id| pair(id, "ann")).collect();
    let refusal = save(&mut world, &pairs[..9_000], &pairs[..1_001]).unwrap_err();
    assert_eq!(codes(&refusal), ["too-many-pairs 10000 10001"]);
}

#[test]
fn ov11_a_save_asks_the_host_the_same_few_things_for_one_pair_and_for_many() {
    let mut world = shared_world(&["ann", "ben"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    let few = world.asked.len();
    let both = ids(&["ann", "ben"]);
    world.user("sharer", |host, ctx| sharing::share(host, ctx, M, 1, &both, &ids(&["d1", "d2", "d3", "d4"]))).unwrap();
    // One more: what is shared already is asked for once for each set of contacts.
    assert!(world.asked.len() <= few, "{few}: {:?}", world.asked);
}
