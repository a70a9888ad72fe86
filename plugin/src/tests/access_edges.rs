//! The Access section's edges: ends of access, dormant shares, who may save, and what cannot be saved.

use super::steps::*;
use crate::{
    access,
    testing::{DAY, M, World, codes, pair},
    types::*,
};

#[test]
fn ov2_dormant_shares_are_told_before_they_come_back() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    save(&mut world, &[pair("d1", "ann"), pair("d2", "ann")], &[]).unwrap();
    upload(&mut world, "ann", "u1").unwrap();
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(seen_by(&mut world, "ann"), Err(Refusal::NotFound));
    let saved = grant(&mut world, vec![change("ann", true, false), change("ben", true, false)]).unwrap();
    assert_eq!(saved.revived, [SharedCount { contact: "ann".into(), shared: 2, uploaded: 1 }]);
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1", "d2", "u1"]);
}

#[test]
fn sh29_a_contact_who_is_not_linked_cannot_be_granted_by_id() {
    let mut world = World::new();
    world.add_contact("stranger");
    let refusal = grant(&mut world, vec![change("stranger", true, false), change("nobody", true, false)]).unwrap_err();
    assert_eq!(codes(&refusal), ["contact-not-linked stranger", "contact-not-linked nobody"]);
}

#[test]
fn sh29_the_same_row_twice_is_refused_by_name() {
    let mut world = World::new();
    let refusal = grant(&mut world, vec![change("ann", true, false), change("ann", false, false)]).unwrap_err();
    assert_eq!(codes(&refusal), ["named-twice ann"]);
}

#[test]
fn sh1_looking_takes_the_matter_and_saving_the_right_to_share() {
    let mut world = World::new();
    assert!(world.user("looker", |host, ctx| access::view(host, ctx, M)).is_ok());
    let save = |host: &mut World, ctx: &CallContext| access::grant(host, ctx, M, 0, vec![change("ann", true, false)]);
    assert_eq!(codes(&world.user("looker", save).unwrap_err()), ["no-share-right"]);
    assert_eq!(world.user("nobody", save).unwrap_err(), Refusal::NotFound);
    world.member("sharer").can_view = false;
    assert_eq!(world.user("sharer", save).unwrap_err(), Refusal::NotFound);
    world.member("sharer").can_view = true;
    world.member("sharer").user.active = false;
    assert_eq!(world.user("sharer", save).unwrap_err(), Refusal::NotFound);
    for actor in [
        Actor::Contact("ann".into()),
        Actor::Host,
        Actor::ViewingAs(ViewingAs { user: "owner".into(), contact: "ann".into() }),
    ] {
        assert_eq!(world.call(actor, save).unwrap_err(), Refusal::NotFound);
    }
}

#[test]
fn cu5_a_firm_that_is_off_has_no_sections_and_keeps_all() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    world.firm.enabled = false;
    let before = world.kept();
    let view = world.user("owner", |host, ctx| access::view(host, ctx, M)).unwrap_err();
    assert_eq!(codes(&view), ["firm-off"]);
    assert_eq!(codes(&grant(&mut world, vec![change("ann", false, false)]).unwrap_err()), ["firm-off"]);
    assert_eq!(codes(&save(&mut world, &[], &[pair("d1", "ann")]).unwrap_err()), ["firm-off"]);
    assert_eq!(world.kept(), before);
    let outsider = world.user("nobody", |host, ctx| access::view(host, ctx, M)).unwrap_err();
    assert_eq!(outsider, Refusal::NotFound, "told to those alone who see the matter");
    world.firm.enabled = true;
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["d1"]);
}

fn until(contact: &str, until: Option<u64>) -> AccessChange {
    AccessChange { until, ..change(contact, true, false) }
}

#[test]
fn ac3_access_ends_by_itself_and_a_later_end_invites_again() {
    let mut world = World::new();
    let end = world.now + 10 * DAY;
    assert_eq!(grant(&mut world, vec![until("ann", Some(end))]).unwrap().invited, ["ann"]);
    world.now = end - 1;
    assert!(seen_by(&mut world, "ann").is_ok());
    world.now = end;
    assert_eq!(seen_by(&mut world, "ann"), Err(Refusal::NotFound));
    assert!(grant(&mut world, vec![until("ann", Some(end))]).unwrap().invited.is_empty(), "unchanged");
    let past = grant(&mut world, vec![until("ann", Some(end - 1))]).unwrap_err();
    assert_eq!(codes(&past), ["end-passed ann"]);
    let later = grant(&mut world, vec![until("ann", Some(end + DAY))]).unwrap();
    assert_eq!(later.invited, ["ann"]);
    assert_eq!(world.grants[&(M.into(), "ann".into())].since, end);
    assert!(seen_by(&mut world, "ann").is_ok());
}

#[test]
fn ac3_a_new_end_of_open_access_is_a_change_and_no_invitation() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    let since = world.grants[&(M.into(), "ann".into())].since;
    world.now += DAY;
    let end = world.now + DAY;
    let saved = grant(&mut world, vec![until("ann", Some(end))]).unwrap();
    assert_eq!((saved.invited.len(), saved.changed.len()), (0, 1));
    assert_eq!(world.grants[&(M.into(), "ann".into())].since, since, "the portal did not change");
}

#[test]
fn ov2_a_matter_whose_access_has_ended_invites_nobody() {
    let mut world = World::new();
    world.firm.attributes.push(("when-closed".into(), "30".into()));
    world.matter().closed_at = Some(world.now - 30 * DAY);
    let refusal = grant(&mut world, vec![change("ann", true, false)]).unwrap_err();
    assert_eq!(codes(&refusal), ["matter-ended"]);
    world.matter().closed_at = Some(world.now - 30 * DAY + 1);
    grant(&mut world, vec![change("ann", true, false)]).unwrap();
}

#[test]
fn ov11_a_failure_midway_leaves_nothing() {
    for import in ["get-matter", "list-grants", "raise-revision", "put-grants", "append", "enqueue", "count-shared"] {
        let mut world = World::new();
        world.failing = Some((import, HostError::Unavailable("down".into())));
        let before = world.kept();
        let refusal = grant(&mut world, vec![change("ann", true, false)]).unwrap_err();
        assert_eq!(codes(&refusal), ["no-answer"], "{import}");
        assert_eq!(world.kept(), before, "{import}");
        world.failing = None;
        assert_eq!(grant(&mut world, vec![change("ann", true, false)]).unwrap().invited, ["ann"]);
    }
}

#[test]
fn sh21_each_grant_and_revoke_is_one_row_of_the_audit() {
    let mut world = World::new();
    grant(&mut world, vec![change("ann", true, true), change("ben", true, false)]).unwrap();
    grant(&mut world, vec![change("ann", true, false), change("ben", false, false)]).unwrap();
    let details: Vec<String> = world.entries[2].details.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(details, ["can-download=false", "could-download=true"]);
    assert_eq!(
        world.audited(),
        ["access.granted ann", "access.granted ben", "access.changed ann", "access.revoked ben"]
    );
}

#[test]
fn sh21_attributes_that_nobody_here_knows_are_kept() {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    let row = world.grants.get_mut(&(M.into(), "ann".into())).unwrap();
    row.attributes.push(("color".into(), "green".into()));
    grant(&mut world, vec![change("ann", true, true)]).unwrap();
    assert_eq!(world.grants[&(M.into(), "ann".into())].attributes, [("color".to_owned(), "green".to_owned())]);
}

#[test]
fn ov11_messages_are_in_the_language_of_who_asks() {
    let mut world = World::new();
    world.locale = "de-CH".into();
    let Err(Refusal::Invalid(problems)) = grant(&mut world, vec![change("ann", false, true)]) else { panic!() };
    assert_eq!(problems[0].message, "Contact ann kann ohne Zugang zum Portal nichts herunterladen.");
    world.locale = "xx".into();
    let Err(Refusal::Invalid(problems)) = grant(&mut world, vec![change("ann", false, true)]) else { panic!() };
    assert_eq!(problems[0].message, "Contact ann cannot download without access to the portal.");
}
