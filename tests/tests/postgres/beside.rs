//! Two hosts on one database: what one has acknowledged is true on the other, and no mail is lost or sent by both.

use std::collections::BTreeMap;

use client_connect_fixtures::figure;
use client_connect_tests::{
    ground::{ANN, Ground},
    host::{Setup, prove},
    person::items,
    postgres::database,
    sizes::{size, size_by},
    wait::eventually,
};
use serde_json::json;

pub(super) async fn ground() -> Option<Ground> {
    let postgres = tokio::task::block_in_place(database)?;
    let ground = Ground::lay_on(Setup { postgres: Some(postgres), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, true)]).await;
    Some(ground)
}

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_what_one_takes_away_the_other_gives_to_nobody() {
    let Some(ground) = ground().await else { return };
    let other = ground.host.beside().await;
    let ann = ground.host.customer(ANN).await.at(&other.base);
    let (will, path) = (&ground.documents[0], ground.section("sharing"));
    let content = ground.portal(&format!("/documents/{will}/content"));
    let edited = format!("/api/matters/{}/documents/{will}/content", ground.matter);
    let staff = [&ground.staff, &ground.staff.at(&other.base)];
    let rounds = size_by("CLIENT_CONNECT_TESTS_ROUNDS", 50, 10_000);
    for round in 0..rounds {
        // Each of them takes away in turn, and the other is asked.
        let (here, there) = (staff[round % 2], [&other.base, &ground.host.base][round % 2]);
        let ann = ann.at(there);
        let pair = json!([{ "document": will, "contact": ground.ann }]);
        let revision = here.get(&path).await.expect(200)["revision"].clone();
        here.put(&path, json!({ "revision": revision, "share": pair, "unshare": [] })).await.expect(200);
        ann.get(&content).await.expect(200);
        let revision = here.get(&path).await.expect(200)["revision"].clone();
        here.put(&path, json!({ "revision": revision, "share": [], "unshare": pair })).await.expect(200);
        // And what is new since then is seen by nobody.
        let edit = here.request(reqwest::Method::PUT, &edited).body(format!("as it is in round {round}"));
        here.send(edit.header("content-type", "application/octet-stream")).await.expect(200);
        assert_eq!(ann.get(&content).await.status, 404, "round {round}");
        assert!(items(&ann.get(&ground.portal("/documents")).await.expect(200)).is_empty(), "round {round}");
    }
    figure(format_args!("{rounds} rounds of taking away and editing, 0 stale answers"));
    prove(&other);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_a_section_is_saved_by_one_of_two_at_once() {
    let Some(ground) = ground().await else { return };
    let other = ground.host.beside().await;
    let path = ground.section("sharing");
    let there = ground.staff.at(&other.base);
    for round in 0..size(50, 300) {
        let revision = ground.staff.get(&path).await.expect(200)["revision"].clone();
        let save = |document: usize| {
            let pair = json!([{ "document": ground.documents[document], "contact": ground.ann }]);
            let (share, unshare) = if round % 2 == 0 { (pair, json!([])) } else { (json!([]), pair) };
            json!({ "revision": revision, "share": share, "unshare": unshare })
        };
        let (one, two) = tokio::join!(ground.staff.put(&path, save(0)), there.put(&path, save(0)));
        let mut answers = [one.status.as_u16(), two.status.as_u16()];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409], "round {round}");
    }
    prove(&ground.host);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_inv4_two_hosts_send_each_mail_once() {
    let Some(ground) = ground().await else { return };
    let other = ground.host.beside().await;
    let mails = || {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for mail in ground.host.mail.mails() {
            *seen.entry(mail.header("Message-ID").expect("an id")).or_default() += 1;
        }
        seen
    };
    let mut people = vec![ground.ann.clone(), ground.ben.clone()];
    for n in 0..8 {
        let contact = ground.link(&format!("Heir {n}"), &format!("heir{n}@customer.test")).await;
        ground.admit(&[(&contact, true)]).await;
        people.push(contact);
    }
    let pairs: Vec<_> =
        people.iter().map(|contact| json!({ "document": ground.documents[0], "contact": contact })).collect();
    for _ in 0..size(8, 50) {
        // The host that is asked is told at once, and the other looks each second.
        let save = json!({ "revision": ground.revision("sharing").await, "share": pairs, "unshare": [] });
        ground.staff.put(&ground.section("sharing"), save).await.expect(200);
        eventually("nothing waits", || async {
            ground.host.own(|tx, _| {
                let waits = "SELECT (SELECT count(*) FROM letters WHERE state IN ('waiting', 'sending'))
                                  + (SELECT count(*) FROM notices WHERE letter IS NULL)";
                Ok(tx.conn().query_row(waits, [], |row| row.get::<_, i64>(0))? == 0)
            })
        })
        .await;
        let save = json!({ "revision": ground.revision("sharing").await, "share": [], "unshare": pairs });
        ground.staff.put(&ground.section("sharing"), save).await.expect(200);
    }
    let sent: i64 = ground.host.own(|tx, _| {
        let sent = "SELECT count(*) FROM letters WHERE state = 'sent' AND channel = 'email'";
        Ok(tx.conn().query_row(sent, [], |row| row.get(0))?)
    });
    let mails = mails();
    assert_eq!(i64::try_from(mails.len()).expect("a number"), sent, "each letter that was sent has come");
    assert!(mails.values().all(|times| *times == 1), "and none twice: {mails:?}");
    figure(format_args!("{sent} mails by two hosts, each once"));
    drop(other);
}
