//! Nobody is told what is another's, wherever it might come out: everything in this firm bears a canary, and all that
//! customers are answered, all mails, the exports of the audit and the lines of the log are scanned for those that their
//! reader may not see.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Mutex, PoisonError},
};

use client_connect::web::policy::{Policy, TABLE};
use client_connect_fixtures::canary::Canaries;
use client_connect_tests::{
    ground::OWNER,
    host::TestHost,
    person::{Person, text},
    routes::filled,
    smtp::Mail,
};
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Where the log goes.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() {
    // All that the host itself says, however unimportant; of what it stands on, what an operator sees.
    let ours = tracing_subscriber::filter::Targets::new()
        .with_default(tracing::Level::INFO)
        .with_target("client_connect", tracing::Level::TRACE);
    let written = tracing_subscriber::fmt::layer().with_writer(|| Lines).with_ansi(false);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(written.with_filter(ours))).unwrap();
}

/// What each of the words marks.
type Word = &'static str;

struct Firm {
    host: TestHost,
    canaries: Canaries<Word>,
    owner: Person,
    matter: String,
    other: String,
    /// Contacts and documents, by what they are called here.
    ids: BTreeMap<Word, String>,
    addresses: BTreeMap<Word, String>,
}

impl Firm {
    async fn found() -> Self {
        let mut canaries = Canaries::default();
        let host = TestHost::start().await;
        host.hire("firm", &canaries.mark("owner"), OWNER, true);
        let owner = host.staff(OWNER).await;
        let mut places = Vec::new();
        for matter in ["matter", "other matter"] {
            let made = owner.post("/api/matters", json!({ "name": canaries.mark(matter) })).await.expect(201);
            places.push(text(&made, "id"));
        }
        let [matter, other] = <[String; 2]>::try_from(places).unwrap();
        let (mut ids, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        for (contact, address, place) in
            [("Ann", "Ann's address", &matter), ("Ben", "Ben's address", &matter), ("Dora", "Dora's address", &other)]
        {
            let email = format!("{}@customer.test", canaries.mark(address));
            let new = json!({ "name": canaries.mark(contact), "email": email, "matter": place });
            ids.insert(contact, text(&owner.post("/api/contacts", new).await.expect(201), "id"));
            addresses.insert(contact, email);
        }
        for (name, content, place) in [
            ("will", "will, version 1", &matter),
            ("inventory", "inventory, version 1", &matter),
            ("notes", "notes, version 1", &matter),
            ("deed", "deed, version 1", &other),
        ] {
            let path = format!("/api/matters/{place}/documents?name={}.txt", canaries.mark(name));
            let made = owner.upload(&path, canaries.mark(content)).await.expect(201);
            ids.insert(name, text(&made, "id"));
        }
        let firm = Self { host, canaries, owner, matter, other, ids, addresses };
        firm.grant(&firm.matter, &[("Ann", true), ("Ben", false)]).await;
        firm.grant(&firm.other, &[("Dora", true)]).await;
        firm.share(&firm.matter, &[("will", "Ann"), ("will", "Ben"), ("inventory", "Ann")], &[]).await;
        firm.share(&firm.other, &[("deed", "Dora")], &[]).await;
        firm
    }

    async fn grant(&self, matter: &str, people: &[(Word, bool)]) {
        let path = format!("/api/matters/{matter}/client-connect/access");
        let revision = self.owner.get(&path).await.expect(200)["revision"].clone();
        let change = |(contact, download): &(Word, bool)| json!({ "contact": self.ids[contact], "portal": true, "can_download": download });
        let changes: Vec<Value> = people.iter().map(change).collect();
        self.owner.put(&path, json!({ "revision": revision, "changes": changes })).await.expect(200);
    }

    async fn share(&self, matter: &str, share: &[(Word, Word)], unshare: &[(Word, Word)]) {
        let path = format!("/api/matters/{matter}/client-connect/sharing");
        let revision = self.owner.get(&path).await.expect(200)["revision"].clone();
        let pairs = |pairs: &[(Word, Word)]| -> Vec<Value> {
            let pair = |(document, contact): &(Word, Word)| json!({ "document": self.ids[document], "contact": self.ids[contact] });
            pairs.iter().map(pair).collect()
        };
        let save = json!({ "revision": revision, "share": pairs(share), "unshare": pairs(unshare) });
        self.owner.put(&path, save).await.expect(200);
    }

    /// Asserts that these bytes hold no canary but of these.
    #[track_caller]
    fn holds_only(&self, bytes: &[u8], may: &[Word], place: &str) -> BTreeSet<Word> {
        let found = self.canaries.found(bytes);
        for word in &found {
            assert!(word.is_some_and(|word| may.contains(&word)), "{place} tells of {word:?}");
        }
        found.into_iter().flatten().collect()
    }

    /// Asks for everything that a customer can ask for, with every id there is; answers what was seen.
    async fn look_around(&self, person: &Person, may: &[Word]) -> BTreeSet<Word> {
        let mut seen = BTreeSet::new();
        for (template, methods) in TABLE {
            let reads = methods.iter().any(|(method, policy)| *method == Method::GET && *policy != Policy::Demo);
            if !reads || template.starts_with("/assets/") {
                continue;
            }
            for document in ["will", "inventory", "notes", "deed"] {
                for matter in [&self.matter, &self.other] {
                    let mut values: BTreeMap<&str, String> =
                        ["version", "page", "at", "letter", "upload", "user", "provider", "session"]
                            .map(|name| (name, "1".to_owned()))
                            .into();
                    values.insert("matter", matter.clone());
                    values.insert("document", self.ids[document].clone());
                    values.insert("contact", self.ids["Dora"].clone());
                    let path = filled(template, &values);
                    for range in [None, Some("bytes=0-")] {
                        let mut request = person.request(Method::GET, &path);
                        if let Some(range) = range {
                            request = request.header("range", range);
                        }
                        let answer = person.send(request).await;
                        let whole = [format!("{:?}", answer.headers).into_bytes(), answer.bytes].concat();
                        seen.extend(self.holds_only(&whole, may, &answer.asked));
                    }
                    if !template.contains('{') {
                        break;
                    }
                }
                if !template.contains("{document}") {
                    break;
                }
            }
        }
        seen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_1_no_answer_mail_export_or_line_of_the_log_tells_what_is_anothers() {
    listen();
    let mut firm = Firm::found().await;
    let (ann, ben) =
        (firm.host.customer(&firm.addresses["Ann"]).await, firm.host.customer(&firm.addresses["Ben"]).await);
    let dora = firm.host.customer(&firm.addresses["Dora"]).await;
    let around = ["owner", "matter"];
    // Everybody has been told before anything changes.
    for (contact, document) in [("Ann", "will"), ("Ben", "will"), ("Dora", "deed")] {
        let names = |mail: &Mail| firm.canaries.found(mail.text.as_bytes()).contains(&Some(document));
        tokio::task::block_in_place(|| firm.host.mail.wait_for_those(&firm.addresses[contact], 1, names));
    }

    let anns = [&around[..], &["Ann", "Ann's address", "will", "will, version 1", "inventory", "inventory, version 1"]]
        .concat();
    let seen = firm.look_around(&ann, &anns).await;
    let all = anns.iter().copied().filter(|word| *word != "Ann").collect();
    assert!(seen.is_superset(&all), "Ann sees all that is hers: {seen:?}");
    // Ben may look, and not take: no original leaves. Pictures hold none.
    firm.look_around(&ben, &[&around[..], &["Ben", "Ben's address", "will"]].concat()).await;
    let doras = ["owner", "other matter", "Dora", "Dora's address", "deed", "deed, version 1"];
    firm.look_around(&dora, &doras).await;
    firm.look_around(&firm.host.stranger(), &[]).await;

    // Another version, and something taken back.
    let second = firm.canaries.mark("will, version 2");
    let path = format!("/api/matters/{}/documents/{}/content", firm.matter, firm.ids["will"]);
    let put = firm.owner.request(Method::PUT, &path).header("content-type", "application/octet-stream").body(second);
    firm.owner.send(put).await.expect(200);
    firm.share(&firm.matter, &[], &[("inventory", "Ann"), ("will", "Ben")]).await;
    let now = [&around[..], &["Ann", "Ann's address", "will", "will, version 2"]].concat();
    assert!(firm.look_around(&ann, &now).await.contains("will, version 2"));
    firm.look_around(&ben, &[&around[..], &["Ben", "Ben's address"]].concat()).await;

    // A mail tells its reader of their own matter, and nobody else of anything.
    for (contact, address, matter, documents) in [
        ("Ann", "Ann's address", "matter", &["will", "inventory"][..]),
        ("Ben", "Ben's address", "matter", &["will"]),
        ("Dora", "Dora's address", "other matter", &["deed"]),
    ] {
        let to = &firm.addresses[contact];
        let mails = firm.host.mail.mails_to(to);
        let may = [&["owner", contact, address, matter][..], documents].concat();
        let mut told = BTreeSet::new();
        for mail in mails {
            for part in [mail.subject.as_bytes(), mail.text.as_bytes(), &mail.raw] {
                told.extend(firm.holds_only(part, &may, &format!("a mail to {contact}")));
            }
        }
        assert!(documents.iter().all(|document| told.contains(document)), "{contact} is told: {told:?}");
    }

    // The audit of a matter tells of that matter alone, and holds no content.
    let export = format!("/api/matters/{}/audit/export", firm.matter);
    let of_matter = ["owner", "matter", "Ann", "Ann's address", "Ben", "Ben's address", "will", "inventory", "notes"];
    for format in ["csv", "json", "jsonl"] {
        let answer = firm.owner.get(&format!("{export}?format={format}")).await;
        answer.expect(200);
        let told = firm.holds_only(&answer.bytes, &of_matter, &answer.asked);
        assert!(told.contains("will"), "the export names what it is about: {told:?}");
    }

    // The log names routes and ids, and nothing that anybody has written.
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(String::from_utf8_lossy(&lines).contains("/api/portal/matters/{matter}"), "the log was listened to");
    firm.holds_only(&lines, &[], "the log");
}
