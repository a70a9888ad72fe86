//! Uploads: SH14, SH15, SH20, SH28, OV9, CU3, CU5.

use super::steps::*;
use crate::{
    events,
    testing::{DAY, M, World, codes, ids, named, pair},
    types::*,
};

fn world() -> World {
    let mut world = World::new();
    open(&mut world, &["ann", "ben"]);
    world
}

fn report(world: &mut World, contact: &str, documents: &[&str]) -> Result<Vec<Problem>, Refusal> {
    world.customer(contact, |host, ctx| events::on_upload(host, ctx, M, &ids(documents)))
}

#[test]
fn sh14_an_upload_is_a_document_of_the_matter_at_once_and_the_same_name_twice_is_two() {
    let mut world = world();
    for (contact, id) in [("ann", "u1"), ("ben", "u2")] {
        upload(&mut world, contact, id).unwrap();
        world.document(id).document.name = "Passport.pdf".into();
    }
    assert_eq!(lane(&mut world, Lane::WholeMatter, &[], Some("passport")).unwrap(), ["u1", "u2"]);
    assert_eq!(lane(&mut world, Lane::Uploaded, &["ann"], None).unwrap(), ["u1"]);
}

#[test]
fn sh15_type_and_creator_are_set_once_and_the_audit_names_the_uploader_alone() {
    let mut world = world();
    upload(&mut world, "ann", "u1").unwrap();
    let document = world.document("u1").document.clone();
    assert_eq!((document.kind.as_str(), document.created_by.as_deref()), ("Document (Portal)", Some("owner")));
    assert_eq!(document.source, DocumentSource::Portal("ann".into()));
    let entry = world.entries.last().unwrap().clone();
    assert_eq!(
        (entry.action.as_str(), entry.contact.as_deref(), entry.details.len()),
        ("document.uploaded", Some("ann"), 0)
    );
    world.matter().owner = Some("looker".into());
    report(&mut world, "ann", &["u1"]).unwrap();
    assert_eq!(world.document("u1").document.created_by.as_deref(), Some("owner"), "as it was at upload time");
}

#[test]
fn sh15_the_fallback_stands_in_where_no_owner_is_active() {
    let creator = |prepare: fn(&mut World)| {
        let mut world = world();
        prepare(&mut world);
        upload(&mut world, "ann", "u1").map(|_| world.document("u1").document.created_by.clone().unwrap())
    };
    assert_eq!(creator(|world| world.matter().owner = None).unwrap(), "fallback");
    assert_eq!(creator(|world| world.member("owner").user.active = false).unwrap(), "fallback");
    let left = creator(|world| {
        world.member("owner").user.active = false;
        world.member("fallback").user.active = false;
    });
    assert_eq!(left.unwrap(), "owner", "rather somebody who has left than nobody");
    let nobody = creator(|world| {
        world.matter().owner = None;
        world.firm.fallback = None;
    });
    assert_eq!(codes(&nobody.unwrap_err()), ["nobody-in-charge"]);
}

#[test]
fn sh28_several_files_in_one_go_are_one_notice() {
    let mut world = world();
    for id in ["u1", "u2", "u3"] {
        stored_upload(&mut world, "ann", id);
    }
    report(&mut world, "ann", &["u1", "u2", "u3", "u2"]).unwrap();
    let told = world.told();
    assert_eq!(told.len(), 2, "one on each channel of the owner");
    assert!(told.iter().all(|notice| notice.documents == ids(&["u1", "u2", "u3"])));
    assert!(told.iter().all(|notice| notice.contact.as_deref() == Some("ann") && notice.topic == Topic::Uploaded));
    assert_eq!(world.audited().len(), 3);
}

#[test]
fn sh28_an_upload_is_refused_at_its_end_if_access_has_gone() {
    let mut world = world();
    stored_upload(&mut world, "ann", "u1");
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    world.told();
    let before = world.kept();
    assert_eq!(report(&mut world, "ann", &["u1"]), Err(Refusal::NotFound));
    assert_eq!(report(&mut world, "cem", &["u1"]), Err(Refusal::NotFound));
    assert_eq!(world.kept(), before);
}

#[test]
fn cu5_uploads_in_flight_are_refused_whole() {
    let mut world = world();
    stored_upload(&mut world, "ann", "u1");
    stored_upload(&mut world, "ann", "u2");
    world.firm.enabled = false;
    let before = world.kept();
    assert_eq!(codes(&report(&mut world, "ann", &["u1", "u2"]).unwrap_err()), ["firm-off"]);
    assert_eq!(world.kept(), before);
}

#[test]
fn sh14_the_same_report_twice_changes_nothing_more_and_is_never_refused_later() {
    let mut world = world();
    upload(&mut world, "ann", "u1").unwrap();
    let before = world.kept();
    report(&mut world, "ann", &["u1"]).unwrap();
    assert_eq!(world.kept(), before);
    // Neither does it bring back what staff have taken from the portal since.
    save(&mut world, &[], &[pair("u1", "ann")]).unwrap();
    world.firm.enabled = false;
    grant(&mut world, Vec::new()).unwrap_err();
    let before = world.kept();
    assert_eq!(report(&mut world, "ann", &["u1"]), Ok(Vec::new()));
    assert_eq!(world.kept(), before);
}

#[test]
fn sh20_the_same_content_again_is_a_new_document_and_a_hint() {
    let mut world = world();
    assert!(upload(&mut world, "ann", "u1").unwrap().is_empty());
    world.now += DAY;
    stored_upload(&mut world, "ann", "u2");
    world.document("u2").content = "u1".into();
    let hints = report(&mut world, "ann", &["u2"]).unwrap();
    assert_eq!(named(&hints), [format!("already-sent u2 u1 {}", world.document("u1").document.created_at)]);
    assert!(hints[0].message.contains("Document u1.pdf"));
    assert_eq!(seen_by(&mut world, "ann").unwrap(), ["u1", "u2"]);
    // What somebody else has sent is nobody's business.
    stored_upload(&mut world, "ben", "u3");
    world.document("u3").content = "u1".into();
    assert!(report(&mut world, "ben", &["u3"]).unwrap().is_empty());
}

#[test]
fn sh16_only_what_the_host_knows_as_theirs_becomes_theirs() {
    let mut world = world();
    stored_upload(&mut world, "ben", "u1");
    let before = world.kept();
    let refusal = report(&mut world, "ann", &["u1", "d1", "guessed"]).unwrap_err();
    assert_eq!(codes(&refusal), ["document-gone u1", "document-gone d1", "document-gone guessed"]);
    assert_eq!(world.kept(), before);
    // A document of the matter that they see already was not sent by them, and does not become so.
    save(&mut world, &[pair("d1", "ann")], &[]).unwrap();
    world.told();
    let before = world.kept();
    assert_eq!(report(&mut world, "ann", &["d1"]), Ok(Vec::new()));
    assert_eq!(world.kept(), before);
}

#[test]
fn cu3_more_uploads_than_one_call_takes_are_refused_by_name() {
    let mut world = world();
    let many: Vec<String> = (0..1_001).map(|n| format!("x{n}")).collect();
    let refusal = world.customer("ann", |host, ctx| events::on_upload(host, ctx, M, &many)).unwrap_err();
    assert_eq!(codes(&refusal), ["too-many-documents 1000 1001"]);
    assert_eq!(report(&mut world, "ann", &[]), Ok(Vec::new()));
}

#[test]
fn ov9_nobody_but_the_contact_reports_an_upload() {
    let mut world = world();
    stored_upload(&mut world, "ann", "u1");
    for actor in [Actor::Host, Actor::User("owner".into())] {
        let refusal = world.call(actor, |host, ctx| events::on_upload(host, ctx, M, &ids(&["u1"]))).unwrap_err();
        assert_eq!(codes(&refusal), ["wrong-actor"]);
    }
}

#[test]
fn sh14_a_failure_midway_leaves_nothing() {
    let imports = [
        "list-shared",
        "get-documents",
        "update-documents",
        "put-shared",
        "append",
        "list-watchers",
        "enqueue",
        "find-documents",
    ];
    for import in imports {
        let mut world = world();
        stored_upload(&mut world, "ann", "u1");
        world.failing = Some((import, HostError::Unavailable("down".into())));
        let before = world.kept();
        assert_eq!(codes(&report(&mut world, "ann", &["u1"]).unwrap_err()), ["no-answer"], "{import}");
        assert_eq!(world.kept(), before, "{import}");
    }
}

#[test]
fn sh28_what_is_reported_beside_an_accepted_upload_opens_nothing_after_access_has_gone() {
    let mut world = world();
    upload(&mut world, "ann", "u1").unwrap();
    stored_upload(&mut world, "ann", "u2");
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    let before = world.kept();
    assert_eq!(report(&mut world, "ann", &["u1", "u2"]), Ok(Vec::new()), "what was accepted is never refused");
    assert_eq!(world.kept(), before);
}
