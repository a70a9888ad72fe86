//! What a contact sees: OV4, OV5, SH16, SH17, SH18, SH30, CU1, CU2, CU4, CU5, AC2, and viewing as a contact.

use super::steps::*;
use crate::{
    portal,
    testing::{DAY, M, World, codes, ids, pair},
    types::*,
};

fn matters(world: &mut World, contact: &str) -> Result<Vec<String>, Refusal> {
    let choices = world.customer(contact, portal::matters)?;
    Ok(choices.into_iter().map(|choice| choice.matter).collect())
}

fn details(world: &mut World, contact: &str) -> Result<PortalMatter, Refusal> {
    world.customer(contact, |host, ctx| portal::view(host, ctx, M))
}

fn world() -> World {
    let mut world = World::new();
    open(&mut world, &["ann", "ben"]);
    save(&mut world, &[pair("d1", "ann"), pair("d2", "ann"), pair("d3", "ben")], &[]).unwrap();
    world
}

#[test]
fn ov4_the_customer_sees_exactly_their_effective_shares() {
    let mut world = world();
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1", "d2"]);
    assert_eq!(permitted(&mut world, "ann", Verb::Preview, &["d2", "d3", "d1", "guessed"]).unwrap(), ["d2", "d1"]);
    for stranger in ["cem", "nobody"] {
        assert_eq!(seen_by(&mut world, stranger), Err(Refusal::NotFound));
        assert_eq!(details(&mut world, stranger), Err(Refusal::NotFound));
        assert_eq!(permitted(&mut world, stranger, Verb::Preview, &["d1"]), Err(Refusal::NotFound));
    }
    let nowhere = world.customer("ann", |host, ctx| portal::view(host, ctx, "nowhere"));
    assert_eq!(nowhere, Err(Refusal::NotFound), "not there and not theirs read the same");
}

#[test]
fn ov5_download_takes_the_right_of_this_contact_in_this_matter() {
    let mut world = world();
    // Whatever is asked for: the refusal does not tell what there is.
    for asked in [&["d1"][..], &["d3"], &["guessed"]] {
        assert_eq!(codes(&permitted(&mut world, "ann", Verb::Download, asked).unwrap_err()), ["no-download"]);
    }
    assert!(!details(&mut world, "ann").unwrap().can_download);
    grant(&mut world, vec![change("ann", true, true)]).unwrap();
    assert_eq!(permitted(&mut world, "ann", Verb::Download, &["d1", "d3", "d2"]).unwrap(), ["d1", "d2"]);
    assert_eq!(codes(&permitted(&mut world, "ben", Verb::Download, &["d3"]).unwrap_err()), ["no-download"]);
    let list = world.customer("ann", |host, ctx| portal::documents(host, ctx, M, None, SortKey::Name, false, &page()));
    assert!(list.unwrap().rows.iter().all(|row| row.can_download));
    grant(&mut world, vec![change("ann", true, false)]).unwrap();
    assert_eq!(codes(&permitted(&mut world, "ann", Verb::Download, &["d1"]).unwrap_err()), ["no-download"]);
}

#[test]
fn sh16_an_upload_is_seen_by_its_uploader_and_nobody_else() {
    let mut world = world();
    upload(&mut world, "ann", "u1").unwrap();
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1", "d2", "u1"]);
    assert_eq!(seen_by(&mut world, "ben").unwrap(), ["d3"]);
    assert!(permitted(&mut world, "ben", Verb::Preview, &["u1"]).unwrap().is_empty());
    let list = world.customer("ann", |host, ctx| portal::documents(host, ctx, M, None, SortKey::Name, false, &page()));
    let own: Vec<bool> = list.unwrap().rows.iter().map(|row| row.own_upload).collect();
    assert_eq!(own, [false, false, true]);
}

#[test]
fn sh17_the_next_look_has_the_edited_version_and_nobody_is_told() {
    let mut world = world();
    world.told();
    world.document("d1").document.version = 2;
    world.document("d1").document.name = "Renamed.pdf".into();
    let list = world.customer("ann", |host, ctx| {
        portal::documents(host, ctx, M, Some("renamed".into()), SortKey::Name, false, &page())
    });
    let row = list.unwrap().rows.remove(0);
    assert_eq!((row.version, row.name.as_str(), row.seen), (2, "Renamed.pdf", None));
    let permitted =
        world.customer("ann", |host, ctx| portal::permit(host, ctx, M, Verb::Preview, &ids(&["d1"]))).unwrap();
    assert_eq!(permitted[0].version, 2);
    assert!(world.told().is_empty());
}

#[test]
fn sh30_the_details_are_the_matters_own_and_no_more() {
    let mut world = world();
    let shown = details(&mut world, "ann").unwrap();
    let expected = PortalMatter {
        matter: M.into(),
        firm: "Ash & Oak".into(),
        name: "Matter m1".into(),
        owner: Some("User owner".into()),
        opened_at: 500 * DAY,
        can_download: false,
        can_upload: true,
        attributes: Vec::new(),
    };
    assert_eq!(shown, expected);
    let list = world.customer("ann", |host, ctx| {
        portal::documents(host, ctx, M, None, SortKey::Name, false, &Page { after: None, limit: 0 })
    });
    assert_eq!(list.unwrap().total, 2, "not the number of others' documents");
}

#[test]
fn sh28_access_alone_is_enough_to_upload() {
    let mut world = world();
    assert!(permitted(&mut world, "ann", Verb::Upload, &[]).unwrap().is_empty());
    assert_eq!(permitted(&mut world, "cem", Verb::Upload, &[]), Err(Refusal::NotFound));
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(permitted(&mut world, "ann", Verb::Upload, &[]), Err(Refusal::NotFound));
}

#[test]
fn cu2_the_choice_is_of_the_matters_that_are_open_now() {
    let mut world = world();
    assert_eq!(matters(&mut world, "cem").unwrap(), Vec::<String>::new(), "a polite empty page");
    assert_eq!(matters(&mut world, "ann").unwrap(), [M]);
    world.add_matter("m0");
    world.matters.get_mut("m0").unwrap().name = "Zebra".into();
    world.links.insert(("m0".into(), "ann".into()));
    let grant_row = world.grants[&(M.into(), "ann".into())].clone();
    world.grants.insert(("m0".into(), "ann".into()), grant_row);
    assert_eq!(matters(&mut world, "ann").unwrap(), [M, "m0"], "by name");
    let choice = world.customer("ann", portal::matters).unwrap().remove(0);
    assert_eq!((choice.firm.as_str(), choice.name.as_str()), ("Ash & Oak", "Matter m1"));
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(matters(&mut world, "ann").unwrap(), ["m0"]);
}

#[test]
fn cu1_an_address_that_two_contacts_have_signs_nobody_in() {
    let mut world = world();
    world.contact("cem").email = Some("Ann@Customer.example".into());
    assert_eq!(matters(&mut world, "ann"), Err(Refusal::NotFound));
    assert_eq!(matters(&mut world, "cem"), Err(Refusal::NotFound));
    assert_eq!(matters(&mut world, "ben").unwrap(), [M]);
}

#[test]
fn cu5_a_firm_that_is_off_is_told_on_the_next_action() {
    let mut world = world();
    world.firm.enabled = false;
    assert_eq!(codes(&matters(&mut world, "ann").unwrap_err()), ["firm-off"]);
    assert_eq!(codes(&details(&mut world, "ann").unwrap_err()), ["firm-off"]);
    assert_eq!(codes(&seen_by(&mut world, "ann").unwrap_err()), ["firm-off"]);
    for verb in [Verb::Preview, Verb::Download, Verb::Upload] {
        assert_eq!(codes(&permitted(&mut world, "ann", verb, &["d1"]).unwrap_err()), ["firm-off"]);
    }
    assert_eq!(details(&mut world, "cem"), Err(Refusal::NotFound), "who has no access learns nothing");
    world.firm.enabled = true;
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1", "d2"]);
}

#[test]
fn sh18_a_closed_matter_can_be_read_and_takes_no_more() {
    let mut world = world();
    world.matter().closed_at = Some(world.now - 400 * DAY);
    let shown = details(&mut world, "ann").unwrap();
    assert!(!shown.can_upload);
    assert_eq!(shown.attributes, [("closed".to_owned(), "true".to_owned())]);
    assert_eq!(codes(&permitted(&mut world, "ann", Verb::Upload, &[]).unwrap_err()), ["matter-closed"]);
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1", "d2"]);
    world.matter().closed_at = None;
    assert!(details(&mut world, "ann").unwrap().can_upload, "open again");
}

#[test]
fn sh18_the_firm_says_what_becomes_of_closed_matters() {
    let mut world = world();
    world.matter().closed_at = Some(world.now - 30 * DAY);
    let with = |world: &mut World, when: &str| {
        world.firm.attributes = vec![("when-closed".into(), when.into())];
        (
            details(world, "ann").is_ok(),
            permitted(world, "ann", Verb::Upload, &[]).is_ok(),
            matters(world, "ann").unwrap().len(),
        )
    };
    assert_eq!(with(&mut world, "keep"), (true, true, 1));
    assert_eq!(with(&mut world, "read-only"), (true, false, 1));
    assert_eq!(with(&mut world, "whatever"), (true, false, 1), "what is not understood is the careful one");
    assert_eq!(with(&mut world, "31"), (true, false, 1));
    assert_eq!(with(&mut world, "30"), (false, false, 0), "as if it were not there");
    assert_eq!(with(&mut world, "99999999999999999999"), (true, false, 1));
    assert_eq!(with(&mut world, "18446744073709551615"), (true, false, 1));
}

#[test]
fn sh15_a_matter_that_nobody_answers_for_takes_no_upload() {
    let mut world = world();
    world.matter().owner = None;
    assert!(details(&mut world, "ann").unwrap().can_upload, "the firm's fallback stands in");
    assert_eq!(details(&mut world, "ann").unwrap().owner, None);
    world.firm.fallback = None;
    assert!(!details(&mut world, "ann").unwrap().can_upload);
    assert_eq!(codes(&permitted(&mut world, "ann", Verb::Upload, &[]).unwrap_err()), ["nobody-in-charge"]);
}

fn viewing<T>(
    world: &mut World,
    user: &str,
    export: impl FnOnce(&mut World, &CallContext) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    world.call(Actor::ViewingAs(ViewingAs { user: user.into(), contact: "ann".into() }), export)
}

#[test]
fn ov5_viewing_as_a_contact_sees_the_same_and_takes_nothing() {
    let mut world = world();
    grant(&mut world, vec![change("ann", true, true)]).unwrap();
    world.document("d2").hidden_from.push("looker".into());
    let list =
        |host: &mut World, ctx: &CallContext| portal::documents(host, ctx, M, None, SortKey::Name, false, &page());
    let seen = viewing(&mut world, "owner", list).unwrap();
    assert_eq!(
        seen.rows.iter().map(|row| (&*row.document, row.can_download)).collect::<Vec<_>>(),
        [("d1", false), ("d2", false)]
    );
    assert_eq!(viewing(&mut world, "looker", list).unwrap().rows.len(), 1, "the narrower of both");
    let shown = viewing(&mut world, "owner", |host, ctx| portal::view(host, ctx, M)).unwrap();
    assert!(!shown.can_download && !shown.can_upload);
    let may = |world: &mut World, verb| {
        viewing(world, "owner", |host, ctx| portal::permit(host, ctx, M, verb, &ids(&["d1"])))
    };
    assert_eq!(may(&mut world, Verb::Preview).unwrap().len(), 1);
    assert_eq!(codes(&may(&mut world, Verb::Download).unwrap_err()), ["viewing-as"]);
    assert_eq!(codes(&may(&mut world, Verb::Upload).unwrap_err()), ["viewing-as"]);
    assert_eq!(viewing(&mut world, "owner", portal::matters).unwrap().len(), 1);
}

#[test]
fn sh18_viewing_as_a_contact_writes_nothing() {
    let mut world = world();
    stored_upload(&mut world, "ann", "u1");
    let before = world.kept();
    let sent = viewing(&mut world, "owner", |host, ctx| crate::events::on_upload(host, ctx, M, &ids(&["u1"])));
    assert_eq!(codes(&sent.unwrap_err()), ["wrong-actor"]);
    let receipt = Receipt { version: 1, at: 1, downloaded: false, attributes: Vec::new() };
    let seen = vec![SeenDocument { document: "d1".into(), receipt }];
    let seen = viewing(&mut world, "owner", |host, ctx| crate::events::on_document_seen(host, ctx, M, seen));
    assert_eq!(codes(&seen.unwrap_err()), ["wrong-actor"]);
    for user in ["nobody", "owner"] {
        world.member("owner").user.active = false;
        assert_eq!(viewing(&mut world, user, |host, ctx| portal::view(host, ctx, M)), Err(Refusal::NotFound));
        world.member("owner").user.active = true;
    }
    assert_eq!(world.kept(), before);
}

#[test]
fn ov4_staff_and_platform_are_no_customers() {
    let mut world = world();
    assert_eq!(world.user("owner", |host, ctx| portal::view(host, ctx, M)), Err(Refusal::NotFound));
    assert_eq!(world.host(portal::matters), Err(Refusal::NotFound));
}

#[test]
fn cu4_a_page_asks_the_host_four_times_and_a_document_five() {
    let mut world = world();
    seen_by(&mut world, "ann").unwrap();
    assert_eq!(world.asked, ["get-matter", "list-grants", "list-contacts", "find-documents"]);
    permitted(&mut world, "ann", Verb::Preview, &["d1", "d2"]).unwrap();
    assert_eq!(world.asked, ["get-matter", "list-grants", "list-contacts", "list-shared", "get-documents"]);
}

#[test]
fn cu4_more_documents_than_one_question_takes_are_refused_by_name() {
    let mut world = world();
    let many: Vec<String> = (0..1_001).map(|n| format!("x{n}")).collect();
    let refusal = world.customer("ann", |host, ctx| portal::permit(host, ctx, M, Verb::Preview, &many)).unwrap_err();
    assert_eq!(codes(&refusal), ["too-many-documents 1000 1001"]);
}

#[test]
fn cu6_search_and_order_are_passed_on() {
    let mut world = world();
    world.document("d1").document.activity_at += 5;
    let ordered = |world: &mut World, sort, descending| {
        let list = world.customer("ann", |host, ctx| portal::documents(host, ctx, M, None, sort, descending, &page()));
        list.unwrap().rows.into_iter().map(|row| row.document).collect::<Vec<_>>()
    };
    assert_eq!(ordered(&mut world, SortKey::Name, true), ["d2", "d1"]);
    assert_eq!(ordered(&mut world, SortKey::ActivityAt, false), ["d2", "d1"]);
    assert_eq!(ordered(&mut world, SortKey::ActivityAt, true), ["d1", "d2"]);
    let first = world
        .customer("ann", |host, ctx| {
            portal::documents(host, ctx, M, Some("  ".into()), SortKey::Name, false, &Page { after: None, limit: 1 })
        })
        .unwrap();
    assert_eq!((first.rows.len(), first.total), (1, 2));
    let rest = Page { after: first.next, limit: 1 };
    let second = world.customer("ann", |host, ctx| portal::documents(host, ctx, M, None, SortKey::Name, false, &rest));
    assert_eq!(second.unwrap().rows[0].document, "d2");
}

#[test]
fn ov4_the_rules_decide_by_themselves_also_where_a_host_forgets_its_floor() {
    let mut world = world();
    save(&mut world, &[], &[pair("d2", "ann")]).unwrap();
    world.careless = true;
    let list = world
        .customer("ann", |host, ctx| portal::documents(host, ctx, M, None, SortKey::Name, false, &page()))
        .unwrap();
    assert_eq!(list.rows.iter().map(|row| &*row.document).collect::<Vec<_>>(), ["d1"]);
    assert_eq!(permitted(&mut world, "ann", Verb::Preview, &["d4", "d3", "d2", "d1"]).unwrap(), ["d1"]);
}
