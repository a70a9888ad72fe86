//! A host that is killed with mails in hand: the one beside it sends them once the lease is over.

use std::collections::BTreeMap;

use client_connect::store::{Options, Postgres, SqliteBackend};
use client_connect_fixtures::figure;
use client_connect_runtime::backend::Mode;
use client_connect_tests::{
    ground::Ground,
    host::Setup,
    postgres::database,
    process::{Scene, now},
    sizes::size,
    wait::until,
};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn t_2host_inv4_a_host_killed_with_mails_in_hand_loses_none() {
    let Some(address) = tokio::task::block_in_place(database) else { return };
    let mut ground = Ground::lay_on(Setup { postgres: Some(address.clone()), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, true)]).await;
    ground.host.halt().await;
    let postgres = Postgres::new(&address, Duration::from_secs(5), None).expect("an address");
    let options = Options { postgres: Some(postgres), ..Options::new("http://127.0.0.1") };
    let store = SqliteBackend::open(ground.host.folder().join("none"), options).expect("the records");
    let count = |statement: &str| {
        let tx = store.begin_own(Mode::Read, now()).expect("a transaction");
        tx.conn().query_row(statement, [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    let [mut one, mut other] = [Scene::beside(&ground.host, &address), Scene::beside(&ground.host, &address)];
    let kills = size(4, 40);
    for kill in 0..kills {
        let base = tokio::task::block_in_place(|| one.start());
        ground.staff = ground.staff.at(&base);
        for contact in [&ground.ann, &ground.ben] {
            ground.share(&[(&ground.documents[usize::try_from(kill % 3).expect("a number")], contact)]).await;
        }
        // Another moment each time, spread over what a dispatch takes.
        tokio::time::sleep(Duration::from_millis(kill * 97 % 60)).await;
        tokio::task::block_in_place(|| {
            one.kill();
            // Its leases end: ten minutes that nobody waits for here.
            let tx = store.begin_own(Mode::Write, now()).expect("a transaction");
            tx.conn().execute("UPDATE letters SET lease_until = ?1 WHERE state = 'sending'", [1]).expect("leases");
            tx.commit().expect("a commit");
            other.start();
            until("the other host has sent what waits", || {
                count(
                    "SELECT (SELECT count(*) FROM letters WHERE state IN ('waiting', 'sending'))
                          + (SELECT count(*) FROM notices WHERE letter IS NULL)",
                ) == 0
            });
            other.stop();
        });
        let base = tokio::task::block_in_place(|| one.start());
        ground.staff = ground.staff.at(&base);
        let unshare: Vec<_> = [&ground.ann, &ground.ben]
            .iter()
            .map(|contact| json!({ "document": ground.documents[usize::try_from(kill % 3).expect("a number")], "contact": contact }))
            .collect();
        let save = json!({ "revision": ground.revision("sharing").await, "share": [], "unshare": unshare });
        ground.staff.put(&ground.section("sharing"), save).await.expect(200);
        tokio::task::block_in_place(|| one.stop());
    }
    let mut came: BTreeMap<String, usize> = BTreeMap::new();
    for mail in ground.host.mail.mails() {
        *came.entry(mail.header("Message-ID").expect("an id")).or_default() += 1;
    }
    let sent = count("SELECT count(*) FROM letters WHERE state = 'sent' AND channel = 'email'");
    assert_eq!(i64::try_from(came.len()).expect("a number"), sent, "each letter that was sent has come");
    // A mail that was accepted in the moment of the kill comes again under the same id; never more often than that.
    let again = came.values().filter(|times| **times > 1).count();
    assert!(came.values().all(|times| *times <= 2), "{came:?}");
    figure(format_args!(
        "{kills} kills, {sent} mails: 0 lost, {again} accepted in the moment of a kill and sent again"
    ));
}
