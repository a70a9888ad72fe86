//! Staff sign in by a real identity provider: `oidc-provider`, as a process beside the host. Nobody clicks: whoever the
//! test names is signed in there.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use client_connect::{
    oidc::Provider,
    store::{factors, users},
};
use client_connect_tests::{
    browser::{missing, target},
    host::{PASSWORD, Setup, TestHost},
    person::{Answer, Person},
};
use serde_json::{Value, json};

const SECRET: &str = "a secret: of/both & no other";
const PUBLIC: &str = "http://127.0.0.1";

/// A provider that runs; it ends when this is dropped.
struct Idp {
    child: Child,
    port: u16,
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Idp {
    /// At this port, or at any for 0, with a key of this name. None, once that was said aloud, if it is not installed.
    fn start(port: u16, kid: &str) -> Option<Self> {
        let folder = target().join("oidc-provider");
        let library: PathBuf = folder.join("node_modules/oidc-provider/lib/index.js");
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc/package-lock.json");
        let current = fs::read(folder.join("package-lock.json")).ok() == fs::read(lock).ok();
        let node = Command::new("node").arg("--version").output().is_ok();
        if !(node && current && library.is_file()) {
            missing("oidc-provider", ".ci/test-tools");
            return None;
        }
        let settings = json!({
            "secret": SECRET,
            "redirectUri": format!("{PUBLIC}/sign-in/oidc/idp/callback"),
            "accounts": {
                "s-olivia": { "email": "Olivia@firm.test", "email_verified": true },
                "s-unverified": { "email": "ulla@firm.test", "email_verified": false },
                "s-left": { "email": "lena@firm.test", "email_verified": true },
                "s-elsewhere": { "email": "otto@other.test", "email_verified": true },
                "s-unknown": { "email": "nobody@firm.test", "email_verified": true },
            },
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc/provider.mjs");
        let library = library.canonicalize().expect("its path");
        let mut child = Command::new("node")
            .arg(script)
            .arg(library)
            .args([&port.to_string(), kid, &settings.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| line.parse().ok()).expect("its port");
        Some(Self { child, port })
    }

    fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn host(idp: &Idp) -> TestHost {
    let provider = Provider {
        name: "idp".into(),
        issuer: idp.issuer(),
        client_id: "client-connect".into(),
        client_secret: SECRET.to_owned().into(),
        firm: "firm".into(),
        label: "Sign in with Hall".into(),
    };
    TestHost::start_with(Setup { oidc: vec![provider], public_url: PUBLIC.into(), ..Setup::default() }).await
}

fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}: {}", answer.asked, String::from_utf8_lossy(&answer.bytes));
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// The path at the host to which the provider sends somebody back.
async fn sent_back(person: &Person, idp: &Idp, subject: &str) -> String {
    let door = leads_to(&person.get("/sign-in/oidc/idp?next=/contacts").await);
    let there = Person::new(idp.issuer());
    let mut path = format!("{}&login_hint={subject}", door.strip_prefix(&idp.issuer()).unwrap());
    for _ in 0..6 {
        let place = leads_to(&there.get(&path).await);
        if let Some(back) = place.strip_prefix(PUBLIC).filter(|path| path.starts_with("/sign-in/")) {
            return back.to_owned();
        }
        path = place.strip_prefix(&idp.issuer()).unwrap_or(&place).to_owned();
    }
    panic!("the provider leads nowhere: {path}");
}

async fn enter(person: &Person, idp: &Idp, subject: &str) -> Answer {
    let back = sent_back(person, idp, subject).await;
    person.get(&back).await
}

#[track_caller]
fn said(answer: &Answer, status: u16, words: &str) {
    let text = String::from_utf8_lossy(&answer.bytes);
    assert!(answer.status.as_u16() == status && text.contains(words), "{}: {text}", answer.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_provider_signs_in_who_works_here_and_nobody_else() {
    let Some(mut idp) = Idp::start(0, "first") else { return };
    let host = host(&idp).await;
    let olivia = host.hire("firm", "Olivia Hall", "olivia@firm.test", true);
    host.hire("firm", "Ulla Unverified", "ulla@firm.test", false);
    let left = host.hire("firm", "Lena Left", "lena@firm.test", false);
    host.found_firm("other", "Other & Co", 0);
    host.hire("other", "Otto Other", "otto@other.test", false);
    let change = |id: &str, change: fn(&mut users::User)| {
        let id = id.to_owned();
        host.own(move |tx, _| {
            let mut user = users::get(tx, &id)?.unwrap();
            change(&mut user);
            Ok(users::update(tx, &user)?)
        });
    };
    change(&left, |user| user.active = false);

    let person = host.stranger();
    let back = sent_back(&person, &idp, "s-olivia").await;
    // In another browser it is nobody's; and in its own it is good once.
    said(&host.stranger().get(&back).await, 403, "begun in another browser");
    let entered = person.get(&back).await;
    assert_eq!(leads_to(&entered), "/contacts");
    assert_eq!(person.get("/api/me").await.expect(200)["user"], json!(olivia));
    said(&person.get(&back).await, 403, "Begin it again");

    for subject in ["s-unverified", "s-left", "s-elsewhere", "s-unknown"] {
        let answer = enter(&host.stranger(), &idp, subject).await;
        said(&answer, 403, "nobody who works here is known by it");
    }
    said(&enter(&host.stranger(), &idp, "nobody").await, 403, "You were not signed in there");

    // It is the subject that is linked: the address may change here.
    change(&olivia, |user| user.email = "olivia.hall@firm.test".into());
    let again = host.stranger();
    assert_eq!(leads_to(&enter(&again, &idp, "s-olivia").await), "/contacts");
    assert_eq!(again.get("/api/me").await.expect(200)["user"], json!(olivia));
    change(&olivia, |user| user.active = false);
    said(&enter(&host.stranger(), &idp, "s-olivia").await, 403, "nobody who works here");
    change(&olivia, |user| user.active = true);

    // The provider begins anew with another key.
    let port = idp.port;
    drop(idp);
    idp = Idp::start(port, "second").expect("it was there just now");
    assert_eq!(leads_to(&enter(&host.stranger(), &idp, "s-olivia").await), "/contacts");

    // Where the firm asks for a second factor, the provider alone does not do.
    host.own(|tx, _| Ok(factors::require(tx, "firm", true)?));
    let half = host.stranger();
    assert_eq!(leads_to(&enter(&half, &idp, "s-olivia").await), "/sign-in?next=/contacts");
    assert_eq!(half.get("/api/me").await.problem(401), "sign-in-needed");
    host.own(|tx, _| Ok(factors::require(tx, "firm", false)?));

    // Once it is gone, what it has begun is not finished, and passwords go on.
    let back = sent_back(&person, &idp, "s-olivia").await;
    drop(idp);
    said(&person.get(&back).await, 503, "Sign in with your password");
    let body: Value = json!({ "email": "olivia.hall@firm.test", "password": PASSWORD });
    host.stranger().post("/api/sign-in/staff", body).await.expect(200);
}
