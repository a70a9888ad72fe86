//! The words of the mails: OV2, OV3, SH13, NO1, and discreet matters.

use super::steps::*;
use crate::{
    letters,
    testing::{DAY, M, World, codes, pair},
    types::*,
};

fn compose_for(world: &mut World, actor: Actor, notices: &[Notice]) -> Option<Letter> {
    let before = world.kept();
    let letter = world.call(actor, |host, ctx| letters::compose(host, ctx, notices.to_vec())).unwrap();
    assert_eq!(world.kept(), before);
    letter
}

fn to_ann(world: &mut World, notices: &[Notice]) -> Option<Letter> {
    compose_for(world, Actor::Contact("ann".into()), notices)
}

fn to_owner(world: &mut World, notices: &[Notice]) -> Option<Letter> {
    compose_for(world, Actor::User("owner".into()), notices)
}

/// ann's access, and what it tells her.
fn invited() -> (World, Vec<Notice>) {
    let mut world = World::new();
    grant(&mut world, vec![change("ann", true, false)]).unwrap();
    let notices = world.told();
    (world, notices)
}

fn shared(world: &mut World, documents: &[&str]) -> Vec<Notice> {
    let pairs: Vec<Pair> = documents.iter().map(|id| pair(id, "ann")).collect();
    save(world, &pairs, &[]).unwrap();
    world.told()
}

#[test]
fn ov2_the_invitation_names_the_portal_and_the_address_and_holds_no_secret() {
    let (mut world, notices) = invited();
    let letter = to_ann(&mut world, &notices).unwrap();
    assert_eq!(letter.subject, "Ash & Oak invites you to its customer portal");
    for said in
        ["Contact ann", "Matter m1", "ann@customer.example", "https://portal.example/", "No document has been shared"]
    {
        assert!(letter.text.contains(said), "{said}: {}", letter.text);
    }
    assert!(letter.html.contains("href=\"https://portal.example/\""));
    assert!(letter.html.contains("Ash &amp; Oak"));
    assert!(!letter.text.contains("token") && !letter.text.contains('?'), "{}", letter.text);
}

#[test]
fn ov2_the_invitation_says_what_is_there_then_and_when_it_ends() {
    let (mut world, notices) = invited();
    shared(&mut world, &["d1"]);
    let end = AccessChange { until: Some(1_200 * DAY), ..change("ann", true, false) };
    grant(&mut world, vec![end]).unwrap();
    let letter = to_ann(&mut world, &notices).unwrap();
    assert!(letter.text.contains("1 document is there for you."), "{}", letter.text);
    assert!(letter.text.contains("Your access ends on 15 April 1973."), "{}", letter.text);
}

#[test]
fn ov2_what_was_taken_back_is_never_told() {
    let (mut world, mut notices) = invited();
    notices.extend(shared(&mut world, &["d1"]));
    grant(&mut world, vec![change("ann", false, false)]).unwrap();
    assert_eq!(to_ann(&mut world, &notices), None);
}

#[test]
fn sh13_the_mail_names_what_is_new_and_still_theirs() {
    let (mut world, _) = invited();
    let notices = shared(&mut world, &["d1", "d2", "d3"]);
    save(&mut world, &[], &[pair("d2", "ann")]).unwrap();
    delete(&mut world, "d3");
    let letter = to_ann(&mut world, &notices).unwrap();
    assert_eq!(letter.subject, "Ash & Oak: new documents in Matter m1");
    assert!(
        letter.text.contains("1 document with you") && letter.text.contains("- Document d1.pdf"),
        "{}",
        letter.text
    );
    assert!(!letter.text.contains("d2") && !letter.text.contains("d3"));
    delete(&mut world, "d1");
    assert_eq!(to_ann(&mut world, &notices), None);
}

#[test]
fn sh13_several_saves_are_one_letter_without_doubles() {
    let (mut world, mut notices) = invited();
    notices.extend(shared(&mut world, &["d1"]));
    notices.extend(shared(&mut world, &["d2"]));
    notices.push(notices[1].clone());
    let letter = to_ann(&mut world, &notices).unwrap();
    assert_eq!(letter.text.matches("Document d1.pdf").count(), 1);
    assert_eq!(letter.text.matches("Dear").count(), 1);
    assert!(letter.text.contains("2 documents with you") && letter.subject.contains("invites"));
}

#[test]
fn sh13_names_are_never_markup_nor_headers_nor_lines() {
    let (mut world, _) = invited();
    world.matter().name = "A\r\nBcc: eve@example.org".into();
    world.firm.name = "<b>Firm</b>".into();
    world.document("d1").document.name = "<img src=x onerror=alert(1)>\nDear Ann, pay here".into();
    world.document("d2").document.name = "invoice\u{202e}fdp.exe".into();
    let notices = shared(&mut world, &["d1", "d2"]);
    let letter = to_ann(&mut world, &notices).unwrap();
    assert!(!letter.subject.contains(['\r', '\n']), "{:?}", letter.subject);
    assert!(!letter.html.contains("<img") && !letter.html.contains("<b>Firm"));
    assert!(letter.html.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(!letter.text.lines().any(|line| line.starts_with("Dear Ann, pay") || line.starts_with("Bcc")));
    assert!(!letter.text.contains('\u{202e}') && !letter.html.contains('\u{202e}'));
    world.matter().name = "x".repeat(500);
    assert!(to_ann(&mut world, &notices).unwrap().subject.chars().count() <= 150);
}

#[test]
fn sh13_a_long_list_is_cut_short_and_counted() {
    let (mut world, _) = invited();
    let many: Vec<String> = (0..60).map(|n| format!("x{n:02}")).collect();
    for id in &many {
        world.add_document(M, id, DocumentSource::Platform);
    }
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let notices = shared(&mut world, &many);
    let letter = to_ann(&mut world, &notices).unwrap();
    assert!(letter.text.contains("60 documents") && letter.text.contains("- and 10 more"), "{}", letter.text);
    assert_eq!(letter.text.matches(".pdf").count(), 50);
}

#[test]
fn sh13_a_discreet_matter_names_neither_itself_nor_its_documents() {
    let (mut world, mut notices) = invited();
    world.matter().discreet = true;
    notices.extend(shared(&mut world, &["d1"]));
    upload(&mut world, "ann", "u1").unwrap();
    let to_staff = world.told();
    let mail: Vec<Notice> = to_staff.iter().filter(|notice| notice.channel == Channel::Email).cloned().collect();
    let app: Vec<Notice> = to_staff.into_iter().filter(|notice| notice.channel == Channel::InApp).collect();
    let shared = to_ann(&mut world, &notices[1..]).unwrap();
    assert_eq!(shared.subject, "Ash & Oak: something new for you");
    for letter in [to_ann(&mut world, &notices).unwrap(), shared, to_owner(&mut world, &mail).unwrap()] {
        for secret in ["Matter m1", "Document", "document d1"] {
            assert!(!format!("{letter:?}").contains(secret), "{letter:?}");
        }
    }
    let shown = to_owner(&mut world, &app).unwrap();
    assert!(shown.text.contains("Matter m1"), "the app shows it to those who may see it: {}", shown.text);
}

#[test]
fn no1_staff_are_told_who_sent_what_with_a_link_to_the_matter() {
    let (mut world, _) = invited();
    upload(&mut world, "ann", "u1").unwrap();
    let notices = world.told();
    let letter = to_owner(&mut world, &notices[1..]).unwrap();
    assert_eq!(letter.subject, "Contact ann has sent documents: Matter m1");
    for said in ["Contact ann has sent 1 document", "- Document u1.pdf", "https://staff.example/m1"] {
        assert!(letter.text.contains(said), "{said}: {}", letter.text);
    }
    delete(&mut world, "u1");
    assert_eq!(to_owner(&mut world, &notices[1..]), None, "what is gone is not told");
}

#[test]
fn no1_several_uploads_of_several_contacts_are_one_letter() {
    let (mut world, _) = invited();
    open(&mut world, &["ben"]);
    for (contact, id) in [("ann", "u1"), ("ben", "u2"), ("ann", "u3")] {
        upload(&mut world, contact, id).unwrap();
    }
    let notices: Vec<Notice> = world.told().into_iter().filter(|notice| notice.channel == Channel::Email).collect();
    let letter = to_owner(&mut world, &notices).unwrap();
    assert!(
        letter.text.contains("Contact ann has sent 2 documents")
            && letter.text.contains("Contact ben has sent 1 document")
    );
}

#[test]
fn ov10_who_lost_the_matter_since_is_told_nothing_of_it() {
    let (mut world, _) = invited();
    upload(&mut world, "ann", "u1").unwrap();
    let notices = world.told();
    world.member("owner").can_view = false;
    assert_eq!(to_owner(&mut world, &notices), None);
}

#[test]
fn ov9_who_stands_in_is_told_even_if_they_may_not_see_the_matter() {
    let (mut world, _) = invited();
    world.matter().owner = None;
    world.member("fallback").can_view = false;
    upload(&mut world, "ann", "u1").unwrap();
    let notices = world.told();
    let letter = compose_for(&mut world, Actor::User("fallback".into()), &notices).unwrap();
    assert_eq!(letter.subject, "Nobody was there to be notified");
    assert!(!format!("{letter:?}").contains("Matter m1") && !format!("{letter:?}").contains("u1"));
}

#[test]
fn ac1_staff_are_asked_to_invite_again() {
    let (mut world, _) = invited();
    world.contact("ann").email = Some("ann@new.example".into());
    world.host(|host, ctx| crate::events::on_contact_address_changed(host, ctx, M, "ann")).unwrap();
    let notices = world.told();
    let letter = to_owner(&mut world, &notices[..1]).unwrap();
    assert!(letter.text.contains("Please invite them again"), "{}", letter.text);
    assert!(!letter.text.contains("@new.example"));
}

#[test]
fn ac2_nothing_is_mailed_to_an_address_that_two_contacts_have() {
    let (mut world, notices) = invited();
    world.contact("cem").email = Some("ann@customer.example".into());
    assert_eq!(to_ann(&mut world, &notices), None);
}

#[test]
fn ov2_a_letter_is_in_the_language_of_its_reader() {
    let (mut world, mut notices) = invited();
    notices.extend(shared(&mut world, &["d1", "d2"]));
    world.locale = "de-DE".into();
    let letter = to_ann(&mut world, &notices).unwrap();
    assert_eq!(letter.subject, "Ash & Oak lädt Sie in ihr Kundenportal ein");
    assert!(letter.text.contains("2 Dokumente mit Ihnen geteilt"), "{}", letter.text);
    assert!(letter.html.contains("<html lang=\"de\">"));
    assert_eq!(letter.attributes, [("locale".to_owned(), "de".to_owned())]);
}

#[test]
fn sh13_a_letter_is_for_its_reader_alone() {
    let (mut world, notices) = invited();
    for actor in [Actor::Contact("ben".into()), Actor::User("owner".into()), Actor::Host] {
        let refusal = world.call(actor, |host, ctx| letters::compose(host, ctx, notices.clone())).unwrap_err();
        assert_eq!(codes(&refusal), ["wrong-actor"]);
    }
    assert_eq!(to_ann(&mut world, &[]), None);
}
