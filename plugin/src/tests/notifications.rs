//! The Notifications section: OV9, OV10, NO1, NO2, SH31.

use super::steps::*;
use crate::{
    notifications,
    testing::{M, World, codes, named},
    types::*,
};

fn watcher(user: &str, in_app: bool, email: bool) -> Watcher {
    Watcher { user: user.into(), in_app, email, attributes: Vec::new() }
}

fn set(world: &mut World, watchers: Vec<Watcher>) -> Result<NotificationsSection, Refusal> {
    let revision = world.revision(Section::Notifications);
    world.user("sharer", |host, ctx| notifications::set_watchers(host, ctx, M, revision, watchers))
}

/// Who is told of an upload now, as `user channel`.
fn told_of_an_upload(world: &mut World) -> Vec<String> {
    let id = format!("up{}", world.documents.len());
    upload(world, "ann", &id).unwrap();
    let line = |notice: Notice| match notice.to {
        Recipient::User(user) => format!("{user} {}", if notice.channel == Channel::Email { "mail" } else { "app" }),
        Recipient::Contact(contact) => format!("contact {contact}"),
    };
    world.told().into_iter().map(line).collect()
}

fn world() -> World {
    let mut world = World::new();
    open(&mut world, &["ann"]);
    world
}

#[test]
fn ov9_the_owner_is_told_in_both_ways_unless_it_is_changed() {
    assert_eq!(told_of_an_upload(&mut world()), ["owner app", "owner mail"]);
}

#[test]
fn ov9_an_upload_is_told_to_whoever_is_owner_then() {
    let mut world = world();
    world.matter().owner = Some("looker".into());
    assert_eq!(told_of_an_upload(&mut world), ["looker app", "looker mail"]);
}

#[test]
fn ov9_where_the_owner_has_left_the_configured_are_told_and_else_the_firms_fallback() {
    let mut world = world();
    set(&mut world, vec![watcher("looker", true, false)]).unwrap();
    world.member("owner").user.active = false;
    assert_eq!(told_of_an_upload(&mut world), ["looker app"]);
    world.member("looker").can_view = false;
    assert_eq!(told_of_an_upload(&mut world), ["fallback app", "fallback mail"], "never nobody");
    let section = world.user("sharer", |host, ctx| notifications::view(host, ctx, M)).unwrap();
    assert_eq!(named(&section.notes), ["stand-in fallback"]);
    world.firm.fallback = None;
    assert!(told_of_an_upload(&mut world).is_empty());
    assert_eq!(world.logged.len(), 1, "whoever runs the host learns of it");
    let section = world.user("sharer", |host, ctx| notifications::view(host, ctx, M)).unwrap();
    assert_eq!(named(&section.notes), ["nobody-told"]);
}

#[test]
fn ov10_others_are_told_besides_the_owner_or_instead() {
    let mut world = world();
    set(&mut world, vec![watcher("looker", false, true)]).unwrap();
    assert_eq!(told_of_an_upload(&mut world), ["owner app", "owner mail", "looker mail"]);
    set(&mut world, vec![watcher("looker", false, true), watcher("owner", false, false)]).unwrap();
    assert_eq!(told_of_an_upload(&mut world), ["looker mail"]);
}

#[test]
fn ov10_the_last_who_is_told_cannot_be_taken_out() {
    let mut world = world();
    let silent = vec![watcher("owner", false, false)];
    assert_eq!(codes(&set(&mut world, silent.clone()).unwrap_err()), ["last-recipient"]);
    let without_kind = vec![watcher("owner", false, false), watcher("looker", false, false)];
    assert_eq!(codes(&set(&mut world, without_kind).unwrap_err()), ["last-recipient"]);
    set(&mut world, vec![watcher("owner", false, false), watcher("looker", true, false)]).unwrap();
    assert_eq!(codes(&set(&mut world, silent).unwrap_err()), ["last-recipient"]);
    // A kind that cannot reach them is none.
    world.member("looker").user.email = None;
    let by_mail = vec![watcher("owner", false, false), watcher("looker", false, true)];
    assert_eq!(codes(&set(&mut world, by_mail).unwrap_err()), ["last-recipient"]);
    assert_eq!(world.watchers[M].len(), 2);
}

#[test]
fn ov10_who_lost_the_matter_is_shown_and_not_told() {
    let mut world = world();
    set(&mut world, vec![watcher("looker", true, true)]).unwrap();
    world.member("looker").can_view = false;
    assert_eq!(told_of_an_upload(&mut world), ["owner app", "owner mail"]);
    let section = world.user("sharer", |host, ctx| notifications::view(host, ctx, M)).unwrap();
    let row = section.rows.iter().find(|row| row.watcher.user == "looker").unwrap();
    assert_eq!(named(&row.obstacles), ["user-without-permission looker"]);
    // Their row does not stand in the way of a Save, but nobody like them is added.
    set(&mut world, vec![watcher("looker", true, true), watcher("sharer", true, false)]).unwrap();
    world.member("fallback").user.active = false;
    let refusal = set(&mut world, vec![watcher("fallback", true, true), watcher("ghost", true, true)]).unwrap_err();
    assert_eq!(codes(&refusal), ["user-inactive fallback", "user-unknown ghost"]);
}

#[test]
fn no1_each_user_once_with_the_kinds_they_were_given() {
    let mut world = world();
    let section = set(&mut world, vec![watcher("looker", true, false), watcher("looker", false, false)]).unwrap();
    assert_eq!(section.rows.len(), 2, "the owner by default, and the user once");
    assert_eq!(told_of_an_upload(&mut world), ["owner app", "owner mail", "looker app"]);
    set(&mut world, Vec::new()).unwrap();
    assert_eq!(told_of_an_upload(&mut world), ["owner app", "owner mail"]);
}

#[test]
fn no2_nothing_but_an_upload_tells_staff() {
    let mut world = world();
    world.told();
    save(&mut world, &[crate::testing::pair("d1", "ann")], &[]).unwrap();
    let receipt = Receipt { version: 1, at: world.now, downloaded: true, attributes: Vec::new() };
    let seen = vec![SeenDocument { document: "d1".into(), receipt }];
    world.customer("ann", |host, ctx| crate::events::on_document_seen(host, ctx, M, seen)).unwrap();
    delete(&mut world, "d1");
    assert!(world.told().iter().all(|notice| matches!(notice.to, Recipient::Contact(_))));
}

#[test]
fn sh31_saving_the_untouched_section_freezes_nobody() {
    let mut world = world();
    let before = world.kept();
    let section = world.user("sharer", |host, ctx| notifications::view(host, ctx, M)).unwrap();
    assert_eq!((section.rows.len(), section.rows[0].is_owner_by_default), (1, true));
    // With the shown row left out, as it should be, and sent back, as a careless page may do.
    set(&mut world, Vec::new()).unwrap();
    set(&mut world, section.rows.into_iter().map(|row| row.watcher).collect()).unwrap();
    assert_eq!(world.kept(), before);
    world.matter().owner = Some("looker".into());
    assert_eq!(told_of_an_upload(&mut world), ["looker app", "looker mail"]);
}

#[test]
fn sh31_saved_alternatives_stay_when_the_owner_changes() {
    let mut world = world();
    set(&mut world, vec![watcher("looker", true, false), watcher("owner", false, false)]).unwrap();
    world.matter().owner = Some("sharer".into());
    let mut told = told_of_an_upload(&mut world);
    told.sort();
    assert_eq!(told, ["looker app", "sharer app", "sharer mail"]);
}

#[test]
fn ov10_each_change_of_the_list_is_in_the_audit() {
    let mut world = world();
    set(&mut world, vec![watcher("looker", true, false), watcher("sharer", true, false)]).unwrap();
    set(&mut world, vec![watcher("looker", true, true)]).unwrap();
    let lines: Vec<String> =
        world.entries.iter().map(|entry| format!("{} {}", entry.action, entry.details[0].1)).collect();
    assert_eq!(
        lines,
        ["watcher.added looker", "watcher.added sharer", "watcher.removed sharer", "watcher.changed looker"]
    );
}

#[test]
fn ov12_a_list_of_an_old_revision_is_refused() {
    let mut world = world();
    set(&mut world, vec![watcher("looker", true, false)]).unwrap();
    let late = world.user("owner", |host, ctx| notifications::set_watchers(host, ctx, M, 0, Vec::new()));
    assert_eq!(codes(&late.unwrap_err()), ["saved-by-another"]);
    assert_eq!(world.watchers[M].len(), 1);
}

#[test]
fn sh1_looking_at_the_list_takes_the_matter_and_saving_it_the_right_to_share() {
    let mut world = world();
    assert!(world.user("looker", |host, ctx| notifications::view(host, ctx, M)).is_ok());
    let save = |host: &mut World, ctx: &CallContext| notifications::set_watchers(host, ctx, M, 0, Vec::new());
    assert_eq!(codes(&world.user("looker", save).unwrap_err()), ["no-share-right"]);
    assert_eq!(world.customer("ann", save).unwrap_err(), Refusal::NotFound);
}
