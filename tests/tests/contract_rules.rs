//! The rules through the compiled component: what the boundary could lose, every export at least once.
//!
//! The rules themselves, edge by edge, are proven beside them in `plugin/src/tests`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod contract;

use client_connect_runtime::{Failure, Tx, backend::Viewer, exports::*, types::*};
use contract::*;

#[test]
fn ov2_sh13_ov5_sh15_sh23_the_main_job_through_the_contract() {
    let ground = ground();
    let granted = ground.grant(vec![change("ann", true, true), change("ben", true, false)]).unwrap();
    assert_eq!(granted.invited, ["ann", "ben"]);
    let saved = ground.save(vec![pair("d1", "ann"), pair("d2", "ann"), pair("d1", "ben")], Vec::new()).unwrap();
    assert_eq!((saved.shared.len(), saved.notified), (3, ids(&["ann", "ben"])));
    let to_ann: Vec<Notice> = ground
        .outbox()
        .into_iter()
        .filter(|notice| matches!(&notice.to, Recipient::Contact(c) if c == "ann"))
        .collect();
    assert_eq!(to_ann.len(), 2, "an invitation and what was shared, for the host to gather");
    let letter = ground.compose(contact("ann"), to_ann).unwrap().unwrap();
    for said in ["Document d1.pdf", "Document d2.pdf", "ann@customer.example", "https://portal.example.org/"] {
        assert!(letter.text.contains(said), "{said}: {}", letter.text);
    }
    assert_eq!(ground.seen(contact("ann")).unwrap(), ["d1", "d2"]);
    assert_eq!(ground.permitted(contact("ann"), Verb::Download, &["d2", "d3", "d1"]).unwrap(), ["d2", "d1"]);
    assert_eq!(codes(ground.permitted(contact("ben"), Verb::Download, &["d1"])), ["no-download"]);

    assert!(ground.upload("ann", "u1").unwrap().is_empty());
    let records = ground.runtime.backend().records();
    let upload = &records.stored_document("u1").unwrap().document;
    assert_eq!((upload.kind.as_str(), upload.created_by.as_deref()), ("Document (Portal)", Some("owner")));
    assert_eq!(ground.outbox().iter().filter(|notice| matches!(notice.topic, Topic::Uploaded)).count(), 2);

    ground.save(Vec::new(), vec![pair("d1", "ann")]).unwrap();
    assert_eq!(ground.seen(contact("ann")).unwrap(), ["d2", "u1"]);
    assert!(ground.permitted(contact("ann"), Verb::Preview, &["d1"]).unwrap().is_empty());
    let gone = events::OnDocumentDeleted { matter: M.into(), documents: ids(&["d2"]) };
    ground
        .report(
            Actor::Host,
            |records| {
                records.with_document("d2", |kept| kept.deleted = true);
            },
            &gone,
        )
        .unwrap();
    assert_eq!(ground.seen(contact("ann")).unwrap(), ["u1"]);
    assert_eq!(
        ground.audited(),
        [
            "access.granted ann",
            "access.granted ben",
            "document.shared ann d1",
            "document.shared ben d1",
            "document.shared ann d2",
            "document.uploaded ann u1",
            "document.unshared ann d1",
            "document.lapsed ann d2",
        ]
    );
}

#[test]
fn ov11_a_review_shows_all_and_keeps_nothing() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    let before = ground.runtime.backend().dump();
    let save = sharing::Save { matter: M.into(), revision: 0, share: vec![pair("d1", "ann")], unshare: Vec::new() };
    assert_eq!(ground.review(user("sharer"), &save).unwrap().notified, ["ann"]);
    assert_eq!(ground.runtime.backend().dump(), before);
    assert_eq!(ground.call(user("sharer"), &save).unwrap().revision, 1);
}

#[test]
fn ov11_a_refused_save_keeps_nothing() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    let before = ground.runtime.backend().dump();
    let refused = ground.save(vec![pair("d1", "ann"), pair("d1", "cem"), pair("gone", "ann")], Vec::new());
    assert_eq!(codes(refused), ["contact-without-access", "document-gone"]);
    assert_eq!(ground.runtime.backend().dump(), before);
}

#[test]
fn ov12_the_later_of_two_saves_is_a_conflict() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    let late = access::Grant { matter: M.into(), revision: 0, changes: vec![change("ben", true, false)] };
    assert!(matches!(ground.call(user("owner"), &late), Err(Failure::Refused(Refusal::Conflict(_)))));
}

#[test]
fn ov6_ac2_the_access_section_names_what_stands_in_the_way() {
    let ground = ground();
    ground.runtime.backend().edit(|records| {
        records.with_contact("ben", |contact| contact.email = Some("ANN@customer.example".into()));
        records.with_contact("cem", |contact| contact.email = None);
    });
    let section = ground.call(user("looker"), &access::View { matter: M.into() }).unwrap();
    let rows: Vec<(&str, usize)> = section.rows.iter().map(|row| (&*row.contact.id, row.obstacles.len())).collect();
    assert_eq!(rows, [("ann", 1), ("ben", 1)]);
    assert_eq!(section.notes[0].code, "no-address");
    assert_eq!(codes(ground.grant(vec![change("ann", true, false)])), ["address-shared"]);
    assert_eq!(codes(ground.grant(vec![change("cem", false, true)])), ["download-without-access"]);
}

#[test]
fn sh3_sh10_sh22_the_sharing_section() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false), change("ben", true, false)]).unwrap();
    let section = ground.call(user("looker"), &sharing::View { matter: M.into() }).unwrap();
    assert_eq!(section.contacts.iter().map(|contact| &*contact.id).collect::<Vec<_>>(), ["ann", "ben"]);
    let both = ids(&["ben", "ann"]);
    let share = sharing::Share { matter: M.into(), revision: 0, contacts: both.clone(), documents: ids(&["d1", "d2"]) };
    assert_eq!(ground.call(user("sharer"), &share).unwrap().shared.len(), 4);
    let one = sharing::Unshare { matter: M.into(), revision: 1, contacts: ids(&["ben"]), documents: ids(&["d2"]) };
    assert_eq!(ground.call(user("sharer"), &one).unwrap().unshared, [pair("d2", "ben")]);
    assert_eq!(ground.lane(Lane::AllOfThem, &["ann", "ben"]).unwrap(), ["d1"]);
    assert_eq!(ground.lane(Lane::SomeOfThem, &["ben", "ann"]).unwrap(), ["d2"]);
    assert_eq!(ground.lane(Lane::NoneOfThem, &["ann", "ben"]).unwrap(), ["d3", "d4"]);
    assert_eq!(codes(ground.call(user("looker"), &one)), ["no-share-right"]);
}

#[test]
fn sh26_a_restored_document_is_offered_and_not_shared() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    let gone = events::OnDocumentDeleted { matter: M.into(), documents: ids(&["d1"]) };
    ground
        .report(
            Actor::Host,
            |records| {
                records.with_document("d1", |kept| kept.deleted = true);
            },
            &gone,
        )
        .unwrap();
    ground.runtime.backend().edit(|records| {
        records.with_document("d1", |kept| kept.deleted = false);
    });
    assert!(ground.seen(contact("ann")).unwrap().is_empty());
    assert_eq!(ground.lane(Lane::Lapsed, &[]).unwrap(), ["d1"]);
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    assert_eq!(ground.seen(contact("ann")).unwrap(), ["d1"]);
}

#[test]
fn ov10_sh31_the_notifications_section() {
    let ground = ground();
    let section = ground.call(user("looker"), &notifications::View { matter: M.into() }).unwrap();
    assert!(section.rows.len() == 1 && section.rows[0].is_owner_by_default);
    let watcher = |user: &str, in_app| Watcher { user: user.into(), in_app, email: false, attributes: Vec::new() };
    let set = |watchers| notifications::SetWatchers { matter: M.into(), revision: 0, watchers };
    let silent = ground.call(user("sharer"), &set(vec![watcher("owner", false)]));
    assert_eq!(codes(silent), ["last-recipient"]);
    let instead = set(vec![watcher("owner", false), watcher("looker", true)]);
    assert_eq!(ground.call(user("sharer"), &instead).unwrap().revision, 1);
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.upload("ann", "u1").unwrap();
    let told: Vec<Notice> = ground.outbox().into_iter().filter(|n| matches!(n.topic, Topic::Uploaded)).collect();
    assert_eq!(told.len(), 1);
    let shown = ground.compose(user("looker"), told).unwrap().unwrap();
    assert!(shown.text.contains("Contact ann") && shown.text.contains("Upload u1.pdf"), "{}", shown.text);
}

#[test]
fn cu2_cu5_the_portals_front_pages() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    let choices = ground.call(contact("ann"), &portal::Matters).unwrap();
    assert_eq!((choices.len(), &*choices[0].name), (1, "Estate of Brown"));
    let view = portal::View { matter: M.into() };
    let shown = ground.call(contact("ann"), &view).unwrap();
    assert_eq!((shown.owner.as_deref(), shown.can_upload, shown.can_download), (Some("User owner"), true, false));
    assert_eq!(codes(ground.call(contact("cem"), &view)), ["not-found"]);
    ground.runtime.backend().edit(|records| {
        records.with_firm("f", |firm| firm.enabled = false);
    });
    assert_eq!(codes(ground.call(contact("ann"), &view)), ["firm-off"]);
    assert_eq!(codes(ground.call(contact("ann"), &portal::Matters)), ["firm-off"]);
    assert_eq!(codes(ground.seen(contact("ann"))), ["firm-off"]);
    assert_eq!(codes(ground.call(user("owner"), &access::View { matter: M.into() })), ["firm-off"]);
}

#[test]
fn ov5_viewing_as_a_contact_takes_nothing() {
    let ground = ground();
    ground.grant(vec![change("ann", true, true)]).unwrap();
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    assert_eq!(ground.seen(viewing("looker", "ann")).unwrap(), ["d1"]);
    assert_eq!(ground.permitted(viewing("looker", "ann"), Verb::Preview, &["d1"]).unwrap(), ["d1"]);
    assert_eq!(codes(ground.permitted(viewing("looker", "ann"), Verb::Download, &["d1"])), ["viewing-as"]);
    assert_eq!(codes(ground.permitted(viewing("looker", "ann"), Verb::Upload, &[])), ["viewing-as"]);
    assert_eq!(codes(ground.seen(viewing("nobody", "ann"))), ["not-found"]);
}

#[test]
fn sh13_shared_again_is_news_only_after_the_hold_time() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    ground.save(Vec::new(), vec![pair("d1", "ann")]).unwrap();
    ground.clock.advance(119_999);
    assert!(ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap().notified.is_empty());
    ground.save(Vec::new(), vec![pair("d1", "ann")]).unwrap();
    ground.clock.advance(120_000);
    assert_eq!(ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap().notified, ["ann"]);
}

#[test]
fn sh20_cu5_uploads() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.upload("ann", "u1").unwrap();
    let event = events::OnUpload { matter: M.into(), documents: ids(&["u2"]) };
    let same = |records: &mut client_connect_runtime::memory::Records| {
        records.upload(M, "ann", "u2", "Again.pdf").with_document("u2", |kept| kept.content = "u1".into());
    };
    let hints = ground.report(contact("ann"), same, &event).unwrap();
    assert_eq!(hints[0].code, "already-sent");
    let before = ground.runtime.backend().dump();
    let repeated = events::OnUpload { matter: M.into(), documents: ids(&["u1"]) };
    ground.call(contact("ann"), &repeated).unwrap();
    assert_eq!(ground.runtime.backend().dump(), before, "the same report twice changes nothing more");
    ground.save(Vec::new(), vec![pair("u1", "ann")]).unwrap();
    ground.call(contact("ann"), &repeated).unwrap();
    assert_eq!(ground.seen(contact("ann")).unwrap(), ["u2"], "nor does it bring back what was taken away");
    ground.grant(vec![change("ann", false, false)]).unwrap();
    let before = ground.runtime.backend().dump();
    assert_eq!(codes(ground.upload("ann", "u3")), ["not-found"]);
    assert_eq!(ground.runtime.backend().dump(), before);
}

#[test]
fn sh29_a_contact_who_is_unlinked_starts_from_nothing() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    let event = events::OnContactUnlinked { matter: M.into(), contact: "ann".into() };
    ground
        .report(
            Actor::Host,
            |records| {
                records.unlink(M, "ann");
            },
            &event,
        )
        .unwrap();
    assert_eq!(codes(ground.seen(contact("ann"))), ["not-found"]);
    ground.runtime.backend().edit(|records| {
        records.link(M, "ann");
    });
    assert!(ground.grant(vec![change("ann", true, false)]).unwrap().revived.is_empty());
    assert!(ground.seen(contact("ann")).unwrap().is_empty());
}

#[test]
fn sh25_a_deleted_matter_comes_back_closed() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    let documents = events::OnDocumentDeleted { matter: M.into(), documents: ids(&["d1", "d2", "d3", "d4"]) };
    ground.call(Actor::Host, &documents).unwrap();
    ground.call(Actor::Host, &events::OnMatterDeleted { matter: M.into() }).unwrap();
    assert_eq!(codes(ground.seen(contact("ann"))), ["not-found"]);
    assert!(ground.grant(vec![change("ann", true, false)]).unwrap().revived.is_empty());
    assert_eq!(ground.lane(Lane::Lapsed, &["ann"]).unwrap(), ["d1"]);
}

#[test]
fn ac1_a_changed_address_is_told_to_staff_once() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    let event = events::OnContactAddressChanged { matter: M.into(), contact: "ann".into() };
    let moved = |records: &mut client_connect_runtime::memory::Records| {
        records.with_contact("ann", |contact| contact.email = Some("ann@new.example".into()));
    };
    ground.report(Actor::Host, moved, &event).unwrap();
    ground.call(Actor::Host, &event).unwrap();
    let told: Vec<Notice> = ground.outbox().into_iter().filter(|n| matches!(n.topic, Topic::Other(_))).collect();
    assert_eq!(told.len(), 2, "the owner, in both ways");
    let letter = ground.compose(user("owner"), told[..1].to_vec()).unwrap().unwrap();
    assert!(letter.text.contains("invite them again"), "{}", letter.text);
}

#[test]
fn sh17_receipts_and_a_changed_matter() {
    let ground = ground();
    ground.grant(vec![change("ann", true, false)]).unwrap();
    ground.save(vec![pair("d1", "ann")], Vec::new()).unwrap();
    let receipt = Receipt { version: 3, at: 7, downloaded: false, attributes: Vec::new() };
    let seen = vec![SeenDocument { document: "d1".into(), receipt }];
    ground.call(contact("ann"), &events::OnDocumentSeen { matter: M.into(), seen }).unwrap();
    let list =
        portal::Documents { matter: M.into(), search: None, sort: SortKey::Name, descending: false, page: page() };
    assert_eq!(ground.call(contact("ann"), &list).unwrap().rows[0].seen, Some(3));
    let before = ground.runtime.read(|unit| unit.tx().matter(&Viewer::Host, &M.into()).map_err(Failure::Backend));
    let before = before.unwrap().unwrap();
    let event = events::OnMatterChanged { matter: M.into(), before };
    let handed_on = |records: &mut client_connect_runtime::memory::Records| {
        records.with_matter(M, |matter| matter.owner = Some("looker".into()));
    };
    ground.report(Actor::Host, handed_on, &event).unwrap();
    ground.upload("ann", "u1").unwrap();
    let told =
        ground.outbox().into_iter().filter(|n| matches!(&n.to, Recipient::User(user) if user == "looker")).count();
    assert_eq!(told, 2);
}

#[test]
fn ov11_a_save_of_ten_thousand_pairs_fits_and_one_more_is_refused_by_name() {
    let ground = ground();
    let many: Vec<String> = (0..10_001).map(|n| format!("x{n:05}")).collect();
    ground.runtime.backend().edit(|records| {
        for id in &many {
            records.document(M, id, &format!("A document with a name of common length, number {id}.pdf"));
        }
    });
    ground.grant(vec![change("ann", true, false)]).unwrap();
    let share = |documents: &[String]| sharing::Share {
        matter: M.into(),
        revision: 0,
        contacts: ids(&["ann"]),
        documents: documents.to_vec(),
    };
    assert_eq!(codes(ground.call(user("sharer"), &share(&many))), ["too-many-pairs"]);
    let saved = ground.call(user("sharer"), &share(&many[..10_000])).unwrap();
    assert_eq!((saved.shared.len(), saved.notified.len()), (10_000, 1));
    let notice = ground.outbox().pop().unwrap();
    let letter = ground.compose(contact("ann"), vec![notice]).unwrap().unwrap();
    assert!(letter.text.contains("10000 documents") && letter.text.contains("and 9950 more"));
    let gone = events::OnDocumentDeleted { matter: M.into(), documents: many[..1_000].to_vec() };
    ground.call(Actor::Host, &gone).unwrap();
}
