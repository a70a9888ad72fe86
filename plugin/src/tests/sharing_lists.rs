//! The lists of the Sharing section: SH2 to SH6, SH10, SH26, OV8.

use super::steps::*;
use crate::{
    events, sharing,
    testing::{M, World, codes, ids, named, pair},
    types::*,
};

fn options(world: &mut World) -> Vec<String> {
    let section = world.user("looker", |host, ctx| sharing::view(host, ctx, M)).unwrap();
    section.contacts.into_iter().map(|contact| contact.id).collect()
}

#[test]
fn sh3_the_choice_is_of_those_whose_saved_access_is_on() {
    let mut world = World::new();
    assert!(options(&mut world).is_empty());
    let section = world.user("sharer", |host, ctx| sharing::view(host, ctx, M)).unwrap();
    assert_eq!(named(&section.notes), ["nobody-has-access"]);
    open(&mut world, &["ann", "ben", "cem"]);
    assert_eq!(options(&mut world), ["ann", "ben", "cem"]);
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(options(&mut world), ["ben", "cem"]);
    world.contact("ben").email = Some(String::new());
    assert_eq!(options(&mut world), ["cem"]);
    world.links.remove(&(M.to_owned(), "cem".to_owned()));
    assert!(options(&mut world).is_empty());
}

#[test]
fn sh3_a_contact_whose_address_became_anothers_too_is_no_choice_and_the_section_says_so() {
    let mut world = World::new();
    open(&mut world, &["ann", "ben"]);
    world.add_contact("twin");
    world.contact("twin").email = Some("ANN@customer.example".into());
    let section = world.user("sharer", |host, ctx| sharing::view(host, ctx, M)).unwrap();
    assert_eq!(section.contacts.len(), 1);
    assert_eq!(named(&section.notes), ["address-shared ann twin"]);
    let refusal = save(&mut world, &[pair("d1", "ann")], &[]).unwrap_err();
    assert_eq!(codes(&refusal), ["contact-without-access ann"]);
}

/// ann sees d1, d2 and her upload u1; ben sees d2, d3; cem sees d2, u1.
fn three() -> World {
    let mut world = World::new();
    open(&mut world, &["ann", "ben", "cem"]);
    upload(&mut world, "ann", "u1").unwrap();
    let share = [
        pair("d1", "ann"),
        pair("d2", "ann"),
        pair("d2", "ben"),
        pair("d3", "ben"),
        pair("d2", "cem"),
        pair("u1", "cem"),
    ];
    save(&mut world, &share, &[]).unwrap();
    world
}

#[test]
fn sh4_the_top_list_of_one_contact_is_what_they_see() {
    let mut world = three();
    for contact in ["ann", "ben", "cem"] {
        let seen = seen_by(&mut world, contact).unwrap();
        assert_eq!(lane(&mut world, Lane::AllOfThem, &[contact], None).unwrap(), seen);
    }
}

#[test]
fn sh10_several_contacts_show_what_all_of_them_see() {
    let mut world = three();
    let all = |world: &mut World, contacts: &[&str]| lane(world, Lane::AllOfThem, contacts, None).unwrap();
    assert_eq!(all(&mut world, &["ann", "ben"]), ["d2"], "the upload of one is not both's");
    assert_eq!(all(&mut world, &["ann", "cem"]), ["d2", "u1"], "unless it is shared with the other");
    assert_eq!(all(&mut world, &["cem", "ann"]), ["d2", "u1"], "in whatever order");
    assert_eq!(all(&mut world, &["ann", "ben", "cem", "ann"]), ["d2"]);
    save(&mut world, &[], &[pair("d2", "ben")]).unwrap();
    assert!(all(&mut world, &["ann", "ben"]).is_empty());
    // An empty intersection is not "nothing shared".
    assert_eq!(lane(&mut world, Lane::SomeOfThem, &["ann", "ben"], None).unwrap(), ["d1", "d2", "d3", "u1"]);
    assert_eq!(lane(&mut world, Lane::NoneOfThem, &["ann", "ben"], None).unwrap(), ["d4"]);
}

#[test]
fn sh2_with_nobody_selected_the_top_list_is_empty() {
    let mut world = three();
    assert!(lane(&mut world, Lane::AllOfThem, &[], None).unwrap().is_empty());
}

#[test]
fn ov8_without_a_contact_each_hit_names_those_who_see_it() {
    let mut world = three();
    let filter = DocumentFilter {
        contacts: Vec::new(),
        lane: Lane::AnyOfThem,
        search: Some("DOCUMENT D2".into()),
        same_content_as: None,
        sort: SortKey::Name,
        descending: false,
        attributes: Vec::new(),
    };
    let list = world.user("looker", |host, ctx| sharing::documents(host, ctx, M, filter, &page())).unwrap();
    let whom: Vec<&str> = list.rows[0].shares.iter().map(|share| share.contact.as_str()).collect();
    assert_eq!((list.rows.len(), whom), (1, vec!["ann", "ben", "cem"]));
}

#[test]
fn sh5_the_bottom_list_is_the_matter_as_this_user_may_see_it() {
    let mut world = three();
    world.document("d1").hidden_from.push("sharer".into());
    world.add_matter("m2");
    world.add_document("m2", "e1", DocumentSource::Platform);
    delete(&mut world, "d3");
    assert_eq!(lane(&mut world, Lane::WholeMatter, &[], None).unwrap(), ["d2", "d4", "u1"]);
    assert_eq!(lane(&mut world, Lane::AllOfThem, &["ann"], None).unwrap(), ["d2", "u1"]);
}

#[test]
fn sh6_blanks_alone_are_no_search() {
    let mut world = three();
    assert_eq!(lane(&mut world, Lane::WholeMatter, &[], Some(" \t ")).unwrap().len(), 5);
    assert_eq!(lane(&mut world, Lane::WholeMatter, &[], Some(" d3 ")).unwrap(), ["d3"]);
    assert!(lane(&mut world, Lane::AllOfThem, &["ann"], Some("d3")).unwrap().is_empty());
}

#[test]
fn sh6_a_page_of_more_than_200_rows_is_refused_by_name() {
    let mut world = three();
    let filter = DocumentFilter {
        contacts: Vec::new(),
        lane: Lane::WholeMatter,
        search: None,
        same_content_as: None,
        sort: SortKey::Name,
        descending: false,
        attributes: Vec::new(),
    };
    let long = Page { after: None, limit: 201 };
    let staff = world.user("sharer", |host, ctx| sharing::documents(host, ctx, M, filter, &long)).unwrap_err();
    let customer = world
        .customer("ann", |host, ctx| crate::portal::documents(host, ctx, M, None, SortKey::Name, false, &long))
        .unwrap_err();
    assert_eq!((codes(&staff), codes(&customer)), (ids(&["too-many-rows 200 201"]), ids(&["too-many-rows 200 201"])));
}

#[test]
fn sh2_only_contacts_of_the_matter_can_be_selected() {
    let mut world = three();
    world.add_contact("stranger");
    let refusal = lane(&mut world, Lane::AnyOfThem, &["ann", "stranger"], None).unwrap_err();
    assert_eq!(codes(&refusal), ["contact-not-linked stranger"]);
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    let dormant = lane(&mut world, Lane::AllOfThem, &["ann"], None).unwrap();
    assert_eq!(dormant, ["d1", "d2", "u1"], "what opening the portal would show");
}

fn restore(world: &mut World, id: &str) {
    world.document(id).deleted = false;
}

#[test]
fn sh26_a_restored_document_is_offered_and_not_shared() {
    let mut world = three();
    world.told();
    delete(&mut world, "d2");
    assert!(lane(&mut world, Lane::Lapsed, &[], None).unwrap().is_empty(), "not while it is deleted");
    restore(&mut world, "d2");
    assert!(!seen_by(&mut world, "ann").unwrap().contains(&"d2".to_owned()));
    assert_eq!(lane(&mut world, Lane::Lapsed, &[], None).unwrap(), ["d2"]);
    let saved = save(&mut world, &[pair("d2", "ann")], &[pair("d2", "ben")]).unwrap();
    assert_eq!((saved.shared, saved.unshared.len(), saved.notified), (vec![pair("d2", "ann")], 0, ids(&["ann"])));
    assert_eq!(saved.attributes, [("declined".to_owned(), "1".to_owned())]);
    assert!(lane(&mut world, Lane::Lapsed, &["ben"], None).unwrap().is_empty(), "declined is not offered again");
    assert_eq!(lane(&mut world, Lane::Lapsed, &["cem"], None).unwrap(), ["d2"]);
}

#[test]
fn sh26_who_lost_access_is_not_offered() {
    let mut world = three();
    delete(&mut world, "d3");
    delete(&mut world, "d2");
    grant(&mut world, vec![change("ben", false, false)]).unwrap();
    world.host(|host, ctx| events::on_contact_unlinked(host, ctx, M, "cem")).unwrap();
    restore(&mut world, "d3");
    restore(&mut world, "d2");
    assert_eq!(lane(&mut world, Lane::Lapsed, &[], None).unwrap(), ["d2"], "ann's alone");
    assert!(lane(&mut world, Lane::Lapsed, &["ben"], None).unwrap().is_empty());
}

#[test]
fn sh10_the_same_choice_in_another_order_is_the_same_list_and_the_same_cursor() {
    let mut world = three();
    lane(&mut world, Lane::AllOfThem, &["ann", "ben"], None).unwrap();
    let one = world.sought.take();
    lane(&mut world, Lane::AllOfThem, &["ben", "ann", "ben"], None).unwrap();
    assert_eq!(world.sought, one);
}

#[test]
fn sh26_an_offer_names_those_alone_who_have_not_been_given_it_again() {
    let mut world = three();
    delete(&mut world, "d2");
    restore(&mut world, "d2");
    save(&mut world, &[pair("d2", "ann")], &[]).unwrap();
    let filter = DocumentFilter {
        contacts: Vec::new(),
        lane: Lane::Lapsed,
        search: None,
        same_content_as: None,
        sort: SortKey::Name,
        descending: false,
        attributes: Vec::new(),
    };
    let list = world.user("sharer", |host, ctx| sharing::documents(host, ctx, M, filter, &page())).unwrap();
    let offered: Vec<&str> = list.rows[0].shares.iter().map(|share| share.contact.as_str()).collect();
    assert_eq!(offered, ["ben", "cem"]);
}
