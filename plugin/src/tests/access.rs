//! The Access section: OV1 to OV7, AC1 to AC3, OV11 and OV12 where they are the section's.

use super::steps::*;
use crate::{
    access,
    testing::{M, World, codes, named},
    types::*,
};

#[test]
fn ov1_any_linked_contact_with_an_address_can_exchange_documents_both_ways() {
    let mut world = World::new();
    // A company without employees is a contact like any other; roles are no business of the rules.
    world.contact("ben").name = "Brick & Sons Ltd".into();
    open(&mut world, &["ann", "ben"]);
    save(&mut world, &[super::super::testing::pair("d1", "ben")], &[]).unwrap();
    upload(&mut world, "ben", "u1").unwrap();
    assert_eq!(seen_by(&mut world, "ben").unwrap(), ["d1", "u1"]);
}

#[test]
fn ov2_giving_access_queues_one_invitation() {
    let mut world = World::new();
    let saved = grant(&mut world, vec![change("ann", true, false)]).unwrap();
    assert_eq!(saved.invited, ["ann"]);
    let told = world.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to, Recipient::Contact("ann".into()));
    assert_eq!((told[0].channel, &told[0].topic, told[0].matter.as_str()), (Channel::Email, &Topic::Invited, M));
    assert_eq!(world.audited(), ["access.granted ann"]);
}

#[test]
fn ov2_saving_again_unchanged_tells_and_writes_nothing() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    let before = world.kept();
    let saved = grant(&mut world, vec![change("ann", true, false), change("ben", false, false)]).unwrap();
    assert_eq!((saved.revision, saved.invited.len(), saved.changed.len()), (1, 0, 0));
    assert_eq!(world.kept(), before);
}

#[test]
fn ov2_only_the_download_changed_is_no_invitation() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    let saved = grant(&mut world, vec![change("ann", true, true)]).unwrap();
    assert_eq!((saved.invited.len(), saved.changed), (0, vec!["ann".to_owned()]));
    assert!(world.told().is_empty());
    assert_eq!(world.audited(), ["access.changed ann"]);
}

#[test]
fn ov2_off_is_silent_and_on_again_is_a_new_invitation() {
    let mut world = World::new();
    grant(&mut world, vec![change("ann", true, false)]).unwrap();
    let first = world.told().remove(0).key;
    let saved = grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(saved.revoked, ["ann"]);
    assert!(world.told().is_empty(), "no mail on revoke");
    world.audited();
    grant(&mut world, vec![change("ann", true, false)]).unwrap();
    let again = world.told();
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].key, first, "the host would pass over a key that it has had");
}

#[test]
fn ov4_access_in_one_matter_opens_no_other() {
    let mut world = World::new();
    world.add_matter("m2");
    world.links.insert(("m2".into(), "ann".into()));
    world.add_document("m2", "e1", DocumentSource::Platform);
    open(&mut world, &["ann"]);
    save(&mut world, &[crate::testing::pair("d1", "ann")], &[]).unwrap();
    let other = world.customer("ann", |host, ctx| crate::portal::view(host, ctx, "m2"));
    assert_eq!(other, Err(Refusal::NotFound));
    assert_eq!(permitted(&mut world, "ann", Verb::Preview, &["d1", "d2", "e1", "guessed"]).unwrap(), ["d1"]);
}

#[test]
fn ov6_the_section_says_why_it_is_empty() {
    let mut world = World::new();
    for contact in ["ann", "ben", "cem"] {
        world.contact(contact).email = None;
    }
    let section = world.user("looker", |host, ctx| access::view(host, ctx, M)).unwrap();
    assert!(section.rows.is_empty());
    assert_eq!(named(&section.notes), ["no-address ann", "no-address ben", "no-address cem"]);
    world.links.clear();
    let section = world.user("looker", |host, ctx| access::view(host, ctx, M)).unwrap();
    assert_eq!(named(&section.notes), ["no-contacts"]);
}

#[test]
fn ov7_the_count_is_what_the_contact_sees() {
    let mut world = World::new();
    let pair = crate::testing::pair;
    open(&mut world, &["ann", "ben"]);
    save(&mut world, &[pair("d1", "ann"), pair("d2", "ann"), pair("d1", "ben")], &[]).unwrap();
    upload(&mut world, "ann", "u1").unwrap();
    // Counts say what the contact sees, also to those who may not see each of the documents.
    world.document("d1").hidden_from.push("sharer".into());
    let counts = |world: &mut World| {
        let row = access_row(world, "ann").unwrap();
        (row.shared, row.uploaded)
    };
    assert_eq!(counts(&mut world), (2, 1));
    assert_eq!(seen_by(&mut world, "ann").unwrap().len(), 3);
    save(&mut world, &[], &[pair("d2", "ann")]).unwrap();
    assert_eq!(counts(&mut world), (1, 1));
    // Shared and uploaded counts once.
    save(&mut world, &[pair("u1", "ann")], &[]).unwrap();
    assert_eq!(counts(&mut world), (1, 1));
    delete(&mut world, "d1");
    assert_eq!(counts(&mut world), (0, 1));
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(counts(&mut world), (0, 1), "stored, though the portal is closed");
}

#[test]
fn ac1_only_linked_contacts_with_an_address_are_listed() {
    let mut world = World::new();
    world.add_contact("stranger");
    world.contact("ben").email = Some("not an address".into());
    let section = world.user("sharer", |host, ctx| access::view(host, ctx, M)).unwrap();
    let listed: Vec<&str> = section.rows.iter().map(|row| row.contact.id.as_str()).collect();
    assert_eq!(listed, ["ann", "cem"]);
    assert_eq!(named(&section.notes), ["no-address ben"]);
    let refusal = grant(&mut world, vec![change("ben", true, false), change("ann", true, false)]).unwrap_err();
    assert_eq!(codes(&refusal), ["no-address ben"]);
    assert!(world.grants.is_empty(), "all of it or nothing");
}

#[test]
fn ac1_access_rests_while_the_address_is_gone_and_is_not_deleted() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    save(&mut world, &[crate::testing::pair("d1", "ann")], &[]).unwrap();
    world.contact("ann").email = None;
    let row = access_row(&mut world, "ann").unwrap();
    assert!(row.grant.unwrap().portal);
    assert_eq!(named(&row.obstacles), ["no-address ann"]);
    assert_eq!(seen_by(&mut world, "ann"), Err(Refusal::NotFound));
    world.contact("ann").email = Some("ann@new.example".into());
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1"]);
}

#[test]
fn ac2_an_address_that_others_have_is_refused_and_each_is_named() {
    let mut world = World::new();
    world.add_contact("twin");
    world.contact("ann").email = Some("same@customer.example".into());
    world.contact("ben").email = Some(" SAME@customer.example ".into());
    world.contact("twin").email = Some("same@Customer.example".into());
    let refusal = grant(&mut world, vec![change("ann", true, false)]).unwrap_err();
    assert_eq!(codes(&refusal), ["address-shared ann ben", "address-shared ann twin"]);
    let Refusal::Invalid(problems) = refusal else { panic!("{refusal:?}") };
    assert!(problems[0].message.contains("Contact ann") && problems[0].message.contains("Contact ben"));
}

#[test]
fn ac2_a_double_that_comes_after_the_grant_is_flagged_and_closing_stays_possible() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    world.contact("ben").email = Some("ann@customer.example".into());
    let row = access_row(&mut world, "ann").unwrap();
    assert_eq!(named(&row.obstacles), ["address-shared ann ben"]);
    assert!(row.grant.unwrap().portal, "not taken away");
    let refusal = grant(&mut world, vec![change("ann", true, true)]).unwrap_err();
    assert_eq!(codes(&refusal), ["address-shared ann ben"], "nothing more is opened");
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
}

#[test]
fn ac2_a_double_does_not_stand_in_the_way_of_allowing_less() {
    let mut world = World::new();
    grant(&mut world, vec![change("ann", true, true)]).unwrap();
    world.contact("ben").email = Some("ann@customer.example".into());
    let end = AccessChange { until: Some(world.now + 1), ..change("ann", true, false) };
    assert_eq!(grant(&mut world, vec![end]).unwrap().changed, ["ann"]);
    let longer = AccessChange { until: Some(world.now + 2), ..change("ann", true, false) };
    assert_eq!(codes(&grant(&mut world, vec![longer]).unwrap_err()), ["address-shared ann ben"]);
    assert_eq!(codes(&grant(&mut world, vec![change("ann", true, false)]).unwrap_err()), ["address-shared ann ben"]);
}

#[test]
fn ac3_download_alone_is_refused() {
    let mut world = World::new();
    let refusal = grant(&mut world, vec![change("ann", false, true)]).unwrap_err();
    assert_eq!(codes(&refusal), ["download-without-access ann"]);
}

#[test]
fn ac3_a_closed_portal_keeps_what_was_allowed_in_it() {
    let mut world = World::new();
    grant(&mut world, vec![change("ann", true, true)]).unwrap();
    for flag in [true, false] {
        grant(&mut world, vec![change("ann", false, flag)]).unwrap();
        let row = access_row(&mut world, "ann").unwrap().grant.unwrap();
        assert!(!row.portal && row.can_download, "shown before the next Save");
        assert_eq!(permitted(&mut world, "ann", Verb::Download, &["d1"]), Err(Refusal::NotFound));
    }
}

#[test]
fn ov12_a_save_of_an_old_revision_is_refused() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    let late = world.user("owner", |host, ctx| access::grant(host, ctx, M, 0, vec![change("ben", true, false)]));
    assert_eq!(codes(&late.unwrap_err()), ["saved-by-another"]);
    assert!(!world.grants.contains_key(&(M.into(), "ben".into())));
    // The sections have revisions of their own.
    assert_eq!((world.revision(Section::Access), world.revision(Section::Sharing)), (1, 0));
}

#[test]
fn ov11_looking_stores_tells_and_audits_nothing() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    let before = world.kept();
    world.user("looker", |host, ctx| access::view(host, ctx, M)).unwrap();
    world.user("looker", |host, ctx| crate::sharing::view(host, ctx, M)).unwrap();
    world.user("looker", |host, ctx| crate::notifications::view(host, ctx, M)).unwrap();
    lane(&mut world, Lane::WholeMatter, &["ann"], None).unwrap();
    seen_by(&mut world, "ann").unwrap();
    assert_eq!(world.kept(), before);
}
