//! The facts that the platform reports: SH25, SH26, AC1, AC2 and chapter 4.4.

use super::steps::*;
use crate::{
    events,
    testing::{M, World, codes, ids, pair},
    types::*,
};

fn world() -> World {
    let mut world = World::new();
    open(&mut world, &["ann", "ben"]);
    save(&mut world, &[pair("d1", "ann"), pair("d1", "ben"), pair("d2", "ann")], &[]).unwrap();
    world.told();
    world.audited();
    world
}

/// Reports the same twice; the second time nothing changes.
fn twice(world: &mut World, report: impl Fn(&mut World, &CallContext) -> Result<(), Refusal>) {
    world.host(&report).unwrap();
    let before = world.kept();
    world.now += 1;
    world.host(&report).unwrap();
    world.now -= 1;
    assert_eq!(world.kept(), before);
}

#[test]
fn sh25_deleting_in_the_matter_ends_every_share() {
    let mut world = world();
    world.document("d1").deleted = true;
    twice(&mut world, |host, ctx| events::on_document_deleted(host, ctx, M, &ids(&["d1", "d3", "unknown"])));
    assert_eq!(world.audited(), ["document.lapsed ann d1", "document.lapsed ben d1"]);
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d2"]);
    assert_eq!(access_row(&mut world, "ann").unwrap().shared, 1);
    assert!(world.told().is_empty());
}

#[test]
fn sh25_a_document_that_moves_takes_no_share_along() {
    let mut world = world();
    world.add_matter("m2");
    world.links.insert(("m2".into(), "ann".into()));
    let grant = world.grants[&(M.into(), "ann".into())].clone();
    world.grants.insert(("m2".into(), "ann".into()), grant);
    world.document("d1").document.matter = "m2".into();
    world.host(|host, ctx| events::on_document_deleted(host, ctx, M, &ids(&["d1"]))).unwrap();
    let there = world
        .customer("ann", |host, ctx| crate::portal::documents(host, ctx, "m2", None, SortKey::Name, false, &page()));
    assert!(there.unwrap().rows.is_empty());
    world.document("d1").document.matter = M.into();
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d2"], "nor does it come back shared");
    assert_eq!(lane(&mut world, Lane::Lapsed, &["ann"], None).unwrap(), ["d1"]);
}

#[test]
fn sh26_what_was_unshared_before_is_not_offered() {
    let mut world = world();
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    delete(&mut world, "d1");
    world.document("d1").deleted = false;
    assert!(lane(&mut world, Lane::Lapsed, &["ann"], None).unwrap().is_empty());
    assert_eq!(lane(&mut world, Lane::Lapsed, &["ben"], None).unwrap(), ["d1"]);
}

#[test]
fn sh29_who_is_unlinked_starts_from_nothing() {
    let mut world = world();
    twice(&mut world, |host, ctx| events::on_contact_unlinked(host, ctx, M, "ann"));
    world.links.remove(&(M.to_owned(), "ann".to_owned()));
    assert_eq!(world.audited(), ["access.ended ann"]);
    assert_eq!(seen_by(&mut world, "ann"), Err(Refusal::NotFound));
    world.links.insert((M.to_owned(), "ann".to_owned()));
    assert_eq!(seen_by(&mut world, "ann"), Err(Refusal::NotFound));
    assert!(grant(&mut world, vec![change("ann", true, false)]).unwrap().revived.is_empty());
    assert!(seen_by(&mut world, "ann").unwrap().is_empty());
    assert_eq!(seen_by(&mut world, "ben").unwrap(), ["d1"], "nothing of it is another's");
}

#[test]
fn sh25_a_deleted_matter_closes_every_portal_and_comes_back_closed() {
    let mut world = world();
    for id in ["d1", "d2"] {
        delete(&mut world, id);
    }
    world.audited();
    twice(&mut world, |host, ctx| events::on_matter_deleted(host, ctx, M));
    assert_eq!(world.audited(), ["access.revoked ann", "access.revoked ben"]);
    for id in ["d1", "d2"] {
        world.document(id).deleted = false;
    }
    assert_eq!(seen_by(&mut world, "ann"), Err(Refusal::NotFound));
    assert!(grant(&mut world, vec![change("ann", true, false)]).unwrap().revived.is_empty());
    assert_eq!(lane(&mut world, Lane::Lapsed, &["ann"], None).unwrap(), ["d1", "d2"], "offered, and no more");
}

#[test]
fn sh25_a_deleted_matter_lapses_what_was_not_reported_before() {
    let mut world = world();
    world.host(|host, ctx| events::on_matter_deleted(host, ctx, M)).unwrap();
    assert!(world.shares.values().all(|share| share.state == ShareState::Lapsed));
}

#[test]
fn ac1_a_changed_address_asks_staff_to_invite_again() {
    let mut world = world();
    world.contact("ann").email = Some("ann@new.example".into());
    twice(&mut world, |host, ctx| events::on_contact_address_changed(host, ctx, M, "ann"));
    let told = world.told();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|notice| notice.to == Recipient::User("owner".into())));
    assert!(told.iter().all(|notice| notice.topic == Topic::Other("address-changed".into())));
    assert_eq!(told[0].contact.as_deref(), Some("ann"));
    assert_eq!(world.audited(), ["access.address-changed ann"]);
    // And back again is another change, under another key.
    world.contact("ann").email = Some("ann@customer.example".into());
    twice(&mut world, |host, ctx| events::on_contact_address_changed(host, ctx, M, "ann"));
    assert_ne!(world.told()[0].key, told[0].key);
    assert!(world.grants[&(M.into(), "ann".into())].portal, "the access itself stands");
}

#[test]
fn ac2_an_address_that_becomes_anothers_too_is_told() {
    let mut world = world();
    world.contact("cem").email = Some("ann@customer.example".into());
    world.host(|host, ctx| events::on_contact_address_changed(host, ctx, M, "ann")).unwrap();
    assert!(world.told().iter().all(|notice| notice.topic == Topic::Other("address-shared".into())));
    world.contact("cem").email = Some("cem@customer.example".into());
    world.host(|host, ctx| events::on_contact_address_changed(host, ctx, M, "ann")).unwrap();
    assert!(world.told().is_empty(), "that it is theirs alone again is nothing to do");
    world.contact("ann").email = None;
    world.host(|host, ctx| events::on_contact_address_changed(host, ctx, M, "ann")).unwrap();
    assert!(world.told().iter().all(|notice| notice.topic == Topic::Other("address-missing".into())));
}

#[test]
fn ac1_the_address_of_somebody_without_access_is_nobodys_news() {
    let mut world = world();
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    for contact in ["ann", "cem"] {
        world.contact(contact).email = Some(format!("{contact}@new.example"));
        world.host(|host, ctx| events::on_contact_address_changed(host, ctx, M, contact)).unwrap();
    }
    assert!(world.told().is_empty());
}

#[test]
fn ov9_a_matter_that_nobody_is_told_of_is_logged_when_it_changes() {
    let mut world = world();
    let before = world.matter().clone();
    let kept = world.kept();
    world.host(|host, ctx| events::on_matter_changed(host, ctx, M, &before)).unwrap();
    assert!(world.logged.is_empty());
    world.matter().owner = None;
    world.host(|host, ctx| events::on_matter_changed(host, ctx, M, &before)).unwrap();
    assert!(world.logged.is_empty(), "the fallback stands in");
    world.firm.fallback = None;
    world.host(|host, ctx| events::on_matter_changed(host, ctx, M, &before)).unwrap();
    assert_eq!(world.logged, ["nobody can be told of uploads in matter m1"]);
    assert_eq!((&world.grants, &world.shares), (&kept.grants, &kept.shares));
}

fn seen(document: &str, version: u32, downloaded: bool) -> SeenDocument {
    SeenDocument { document: document.into(), receipt: Receipt { version, at: 7, downloaded, attributes: Vec::new() } }
}

fn report_seen(world: &mut World, contact: &str, seen: Vec<SeenDocument>) -> Result<(), Refusal> {
    world.customer(contact, |host, ctx| events::on_document_seen(host, ctx, M, seen))
}

fn last_seen(world: &World) -> Option<(u32, bool)> {
    let share = &world.shares[&(M.into(), "d1".into(), "ann".into())];
    share.seen.as_ref().map(|receipt| (receipt.version, receipt.downloaded))
}

#[test]
fn sh17_the_last_that_was_seen_is_kept() {
    let mut world = world();
    let steps = [
        (seen("d1", 1, false), (1, false), true),
        (seen("d1", 1, false), (1, false), false),
        (seen("d1", 1, true), (1, true), true),
        (seen("d1", 1, false), (1, true), false),
        (seen("d1", 3, false), (3, false), true),
        (seen("d1", 2, true), (3, false), false),
    ];
    for (fact, kept, news) in steps {
        report_seen(&mut world, "ann", vec![fact]).unwrap();
        assert_eq!((last_seen(&world), world.audited().len()), (Some(kept), usize::from(news)));
    }
    assert!(world.told().is_empty());
    let list = world.customer("ann", |host, ctx| {
        crate::portal::documents(host, ctx, M, Some("d1".into()), SortKey::Name, false, &page())
    });
    assert_eq!(list.unwrap().rows[0].seen, Some(3));
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    assert_eq!(last_seen(&world), Some((3, false)), "kept over an unshare");
}

#[test]
fn sh23_a_late_fact_of_what_is_not_theirs_any_more_changes_nothing() {
    let mut world = world();
    save(&mut world, &[], &[pair("d1", "ann")]).unwrap();
    let before = world.kept();
    report_seen(&mut world, "ann", vec![seen("d1", 1, false), seen("d3", 1, false), seen("unknown", 1, true)]).unwrap();
    world.failing = Some(("list-shared", HostError::NotFound("closed".into())));
    report_seen(&mut world, "ann", vec![seen("d1", 1, false)]).unwrap();
    assert_eq!(world.kept(), before);
}

#[test]
fn cu5_facts_are_taken_also_while_the_firm_is_off() {
    let mut world = world();
    world.firm.enabled = false;
    delete(&mut world, "d1");
    report_seen(&mut world, "ann", vec![seen("d2", 1, false)]).unwrap();
    world.host(|host, ctx| events::on_contact_unlinked(host, ctx, M, "ben")).unwrap();
    assert_eq!(
        world.audited(),
        ["document.lapsed ann d1", "document.lapsed ben d1", "document.viewed ann d2", "access.ended ben"]
    );
}

#[test]
fn sh25_facts_come_from_the_platform_alone() {
    let mut world = world();
    let before = world.kept();
    for actor in [Actor::User("owner".into()), Actor::Contact("ann".into())] {
        let mut refused = |event: fn(&mut World, &CallContext) -> Result<(), Refusal>| {
            assert_eq!(codes(&world.call(actor.clone(), event).unwrap_err()), ["wrong-actor"]);
        };
        refused(|host, ctx| events::on_document_deleted(host, ctx, M, &ids(&["d1"])));
        refused(|host, ctx| events::on_contact_unlinked(host, ctx, M, "ann"));
        refused(|host, ctx| events::on_contact_address_changed(host, ctx, M, "ann"));
        refused(|host, ctx| events::on_matter_deleted(host, ctx, M));
    }
    let refusal = world.host(|host, ctx| events::on_document_seen(host, ctx, M, Vec::new())).unwrap_err();
    assert_eq!(codes(&refusal), ["wrong-actor"]);
    assert_eq!(world.kept(), before);
}

#[test]
fn sh25_more_documents_than_one_call_takes_are_refused_by_name() {
    let mut world = world();
    let many: Vec<String> = (0..1_001).map(|n| format!("x{n}")).collect();
    let refusal = world.host(|host, ctx| events::on_document_deleted(host, ctx, M, &many)).unwrap_err();
    assert_eq!(codes(&refusal), ["too-many-documents 1000 1001"]);
}
