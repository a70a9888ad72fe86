//! A host that is killed at any moment while people use it: started again, it has what it has acknowledged, and nothing
//! that nobody asked for. Random moments; of those that are named, [`super::points`] leaves out none.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use client_connect_fixtures::figure;
use client_connect_tests::{
    files::bytes,
    person::Person,
    process::{LOOKER, now},
    sizes::size_by,
    template::Template,
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    flows::document,
    ledger::{Ledger, Sent},
};

/// So often one folder is killed before the next begins.
const OF_ONE: u32 = 25;

/// Random numbers that can be had again.
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        let bytes: [u8; 8] = bytes(self.0, 8).try_into().unwrap();
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        u64::from_le_bytes(bytes) % most
    }

    /// 1 KiB to 8 MiB, small ones more often.
    fn size(&mut self) -> usize {
        let most = 1_u64 << (10 + self.below(14));
        usize::try_from(1_024.max(most / 2 + self.below(most / 2))).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv2_inv4_inv6_a_host_that_is_killed_has_what_it_has_acknowledged() {
    let template = Arc::new(Template::lay(0).await);
    let seed =
        std::env::var("CLIENT_CONNECT_TESTS_SEED").map_or_else(|_| now(), |seed| seed.parse().expect("a number"));
    let started = Instant::now();
    let (kills, mut folders) = (size_by("CLIENT_CONNECT_TESTS_KILLS", 20_u32, 200), tokio::task::JoinSet::new());
    for folder in 0..kills.div_ceil(OF_ONE) {
        // Two at a time: more would wait for each other.
        if folders.len() == 2 {
            folders.join_next().await.unwrap().unwrap();
        }
        let template = template.clone();
        let times = OF_ONE.min(kills - folder * OF_ONE);
        folders.spawn(async move { one_folder(&template, seed.wrapping_add(u64::from(folder)), times).await });
    }
    while let Some(ended) = folders.join_next().await {
        ended.unwrap();
    }
    figure(format_args!("{kills} kills at random moments in {:.0?}", started.elapsed()));
}

async fn one_folder(template: &Template, seed: u64, times: u32) {
    let mut scene = template.copy();
    let mut dice = Dice(seed);
    let ledger = Ledger::default();
    ledger.sharing(BTreeSet::new(), true);
    ledger.granting((false, false), true);
    let mut signed_in: Vec<Person> = Vec::new();
    for time in 0..times {
        let base = tokio::task::block_in_place(|| scene.start());
        for person in signed_in.drain(..) {
            person.at(&base).get("/api/portal/me").await.expect(200);
        }
        let clients = Clients { template, ledger: &ledger, staff: template.staff(&base), ann: template.ann(&base) };
        let moment = Duration::from_millis(5 + dice.below(1_495));
        let pid = scene.pid();
        let gone = tokio::sync::Notify::new();
        let kill = async {
            // The moment itself, not the wait for something.
            tokio::time::sleep(moment).await;
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
            gone.notify_one();
        };
        let mut seeds = std::iter::repeat_with(|| Dice(dice.below(u64::MAX)));
        let mut next = || seeds.next().unwrap();
        let (.., people) = tokio::join!(
            kill,
            clients.shares(next()),
            clients.grants(next()),
            clients.sends(next(), true),
            clients.sends(next(), false),
            clients.looks(next()),
            async {
                let mut people = Vec::new();
                let sign_in = async {
                    while let Some(person) = scene.sign_in(LOOKER).await {
                        people.push(person);
                    }
                };
                tokio::select! {
                    () = sign_in => {}
                    () = gone.notified() => {}
                }
                people
            },
        );
        signed_in = people;
        tokio::task::block_in_place(|| scene.kill());
        let faults = tokio::task::block_in_place(|| ledger.compare(&scene, &template.documents, &template.cem));
        assert!(faults.is_empty(), "seed {seed}, kill {time} after {moment:?}: {faults:#?}");
    }
    // In the end everybody is told.
    tokio::task::block_in_place(|| scene.start());
    let all_told = || {
        let store = scene.store();
        let tx = store.begin_own(client_connect_runtime::backend::Mode::Read, now()).unwrap();
        let waits = "SELECT (SELECT count(*) FROM letters WHERE state IN ('waiting', 'sending'))
                          + (SELECT count(*) FROM notices WHERE letter IS NULL)";
        tx.conn().query_row(waits, [], |row| row.get::<_, i64>(0)).unwrap() == 0
    };
    client_connect_tests::wait::eventually("all are told", || async { tokio::task::block_in_place(all_told) }).await;
    tokio::task::block_in_place(|| scene.stop());
    let faults = tokio::task::block_in_place(|| ledger.compare(&scene, &template.documents, &template.cem));
    assert!(faults.is_empty(), "seed {seed}, in the end: {faults:#?}");
}

/// Who uses the host until it is gone. Each of them writes down what they ask for and what they are told.
struct Clients<'a> {
    template: &'a Template,
    ledger: &'a Ledger,
    staff: Person,
    ann: Person,
}

impl Clients<'_> {
    /// A Save, with the revision that is there; none if the host is gone.
    async fn save(&self, section: &str, mut save: Value, before: impl FnOnce()) -> Option<()> {
        let path = self.template.section(section);
        let now = self.staff.try_send(self.staff.request(Method::GET, &path)).await.ok()?.expect(200);
        save["revision"] = now["revision"].clone();
        before();
        self.staff.try_send(self.staff.request(Method::PUT, &path).json(&save)).await.ok()?.expect(200);
        Some(())
    }

    async fn shares(&self, mut dice: Dice) -> Option<()> {
        loop {
            let is = self.ledger.shares();
            let mut will = is.clone();
            for document in &self.template.documents {
                for contact in [&self.template.ann, &self.template.ben] {
                    let pair = (document.clone(), contact.clone());
                    if dice.below(2) == 0 && !will.remove(&pair) {
                        will.insert(pair);
                    }
                }
            }
            let pairs = |pairs: Vec<&(String, String)>| -> Vec<Value> {
                pairs.iter().map(|(document, contact)| json!({ "document": document, "contact": contact })).collect()
            };
            if will == is {
                continue;
            }
            let save = json!({ "share": pairs(will.difference(&is).collect()), "unshare": pairs(is.difference(&will).collect()) });
            self.save("sharing", save, || self.ledger.sharing(will.clone(), false)).await?;
            self.ledger.sharing(will, true);
        }
    }

    async fn grants(&self, mut dice: Dice) -> Option<()> {
        loop {
            let portal = dice.below(2) == 0;
            let grant = (portal, portal && dice.below(2) == 0);
            let change = json!({ "contact": self.template.cem, "portal": grant.0, "can_download": grant.1 });
            self.save("access", json!({ "changes": [change] }), || self.ledger.granting(grant, false)).await?;
            self.ledger.granting(grant, true);
        }
    }

    /// Sends files, first those again of which nobody knows whether they came.
    async fn sends(&self, mut dice: Dice, by_customer: bool) -> Option<()> {
        if by_customer {
            for sent in self.ledger.unknown() {
                self.send(&sent).await?;
            }
        }
        loop {
            let (seed, size) = (dice.below(u64::MAX), dice.size());
            let sha256 = hex::encode(Sha256::digest(bytes(seed, size)));
            let sent = Sent { name: format!("sent-{seed}.bin"), seed, size, sha256, by_customer, acknowledged: None };
            self.ledger.sends(sent.clone());
            self.send(&sent).await?;
        }
    }

    async fn send(&self, sent: &Sent) -> Option<()> {
        let name = &sent.name;
        let (person, path) = if sent.by_customer {
            (&self.ann, self.template.portal(&format!("/documents?name={name}")))
        } else {
            (&self.staff, format!("/api/matters/{}/documents?name={name}", self.template.matter))
        };
        let request = person.request(Method::POST, &path).header("idempotency-key", name);
        let request = request.header("content-type", "application/octet-stream").body(bytes(sent.seed, sent.size));
        let answer = person.try_send(request).await.ok()?;
        self.ledger.acknowledged(name, document(&answer.expect(201)));
        Some(())
    }

    /// Reads what was sent: all of it, or the host is gone.
    async fn looks(&self, mut dice: Dice) -> Option<()> {
        loop {
            let choice = usize::try_from(dice.below(1 << 20)).unwrap();
            let Some(sent) = self.ledger.some_upload(choice) else {
                self.ann
                    .try_send(self.ann.request(Method::GET, &self.template.portal("/documents")))
                    .await
                    .ok()?
                    .expect(200);
                continue;
            };
            let id = sent.acknowledged.unwrap_or_default();
            let path = self.template.portal(&format!("/documents/{id}/content"));
            let answer = self.ann.try_send(self.ann.request(Method::GET, &path)).await.ok()?;
            answer.expect(200);
            assert_eq!(hex::encode(Sha256::digest(&answer.bytes)), sent.sha256, "{}", sent.name);
        }
    }
}
