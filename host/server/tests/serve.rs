//! A host that serves: its health, its plugin's file, its end; and the demo.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use client_connect::{
    app::{self, Options, StartError},
    mail::Mailer,
    plugin::Origin,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        firms, plugin as kept, verify,
    },
    web::Problem,
};
use client_connect_embed::PLUGIN;
use client_connect_fixtures::another;
use client_connect_runtime::Unit;
use common::{Browser, World, config};
use sha2::{Digest as _, Sha256};

/// One request over a socket of its own: status and body.
fn get(addr: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_says_how_it_is_and_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[("metrics-listen", "127.0.0.1:0"), ("drain", "2")]);
    let options = Options { mailer: Some(Mailer::Mailbox), ..Options::default() };
    let running = app::serve(&config, options).await.unwrap();
    let (addr, metrics) = (running.addr, running.metrics_addr.unwrap());
    let asked = tokio::task::spawn_blocking(move || {
        assert_eq!(get(addr, "/livez").0, 200);
        let (status, ready) = get(addr, "/readyz");
        assert_eq!(status, 200, "{ready}");
        assert!(ready.contains("\"documents\":{\"ok\":true"), "{ready}");
        assert!(get(addr, "/version").1.contains("\"sha256\""));
        assert!(get(addr, "/").1.contains("/mailbox"));
        assert_eq!(get(addr, "/mailbox").0, 200);
        assert_eq!(get(addr, "/metrics").0, 404, "metrics are not for the world");
        let (status, text) = get(metrics, "/metrics");
        assert_eq!(status, 200);
        assert!(text.contains("mail_outbox_pending 0") && text.contains("documents_held 0"), "{text}");
        assert!(text.contains("http_request_duration_seconds"), "{text}");
    });
    asked.await.unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path().join("data/documents"))
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_file())
            .count(),
        0
    );
    let app = running.app.clone();
    let told = Instant::now();
    assert!(running.shut_down().await, "nothing was cut off");
    assert!(told.elapsed() < Duration::from_secs(4), "nothing was waited for that does not end");
    assert!(TcpStream::connect(addr).is_err());
    assert!(app.draining.load(std::sync::atomic::Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn t_audit_where_the_chains_end_is_signed_when_the_host_ends() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[]);
    let options = Options { mailer: Some(Mailer::Mailbox), ..Options::default() };
    let running = app::serve(&config, options).await.unwrap();
    let app = running.app.clone();
    let list = config.audit_checkpoints();
    let firm = firms::Firm {
        id: "f1".into(),
        name: "Ashgrove Law".into(),
        enabled: true,
        fallback_user: None,
        sender: "portal@firm.example".into(),
        mail_hold: 0,
        watermark: true,
        when_closed: "read-only".into(),
        attributes: Vec::new(),
    };
    app.runtime
        .write(|unit| {
            firms::create(unit.tx(), &firm)?;
            let row = Row::new(unit.now(), By::Host, "firm.changed");
            audit::append(unit.tx(), "f1", &row)?;
            Ok::<_, Problem>(())
        })
        .unwrap();
    assert!(running.shut_down().await);
    let text = std::fs::read_to_string(list).unwrap();
    let heads = audit::checkpoint::read(&text, &app.checkpoints.signer().verifier()).unwrap();
    let head = app.runtime.read(|unit| Ok::<_, Problem>(audit::head(unit.tx(), "f1")?)).unwrap();
    assert_eq!(heads.last(), head.as_ref());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stops_is_not_ready() {
    let world = World::new().await;
    let mut browser = Browser::at("127.0.0.1");
    assert_eq!(browser.get(&world, "/readyz").await.status, 200);
    world.app.draining.store(true, std::sync::atomic::Ordering::Relaxed);
    let answer = browser.get(&world, "/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("the host is stopping"), "{}", answer.text);
    assert_eq!(browser.get(&world, "/livez").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_file_that_does_not_pass_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugin.wasm");
    std::fs::write(&file, client_connect_embed::PLUGIN).unwrap();
    let world = World::with(Mailer::Off, &[("plugin", file.to_str().unwrap())]).await;
    let before = world.app.runtime.plugin();
    std::fs::write(&file, b"\0asm nothing").unwrap();
    let app = world.app.clone();
    let reloaded = tokio::task::spawn_blocking(move || app.reload_plugin()).await.unwrap();
    assert!(matches!(reloaded, Err(StartError::Plugin(_))), "{reloaded:?}");
    assert_eq!(world.app.runtime.plugin(), before);
    std::fs::write(&file, client_connect_embed::PLUGIN).unwrap();
    let app = world.app.clone();
    tokio::task::spawn_blocking(move || app.reload_plugin()).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_plugin_wins_over_the_setting_and_that_over_the_embedded_one() {
    let world = World::new().await;
    let (first, second) = (another(PLUGIN, "first"), another(PLUGIN, "second"));
    let file = world.folder.path().join("plugin.wasm");
    std::fs::write(&file, &second).unwrap();
    let keep = async |bytes: Vec<u8>| {
        let set = move |unit: &mut Unit<'_, SqliteTx>| {
            let now = unit.now();
            Ok(kept::set(unit.tx(), &bytes, "1", now)?)
        };
        world.write(set).await;
    };
    // As the keeper does it each second.
    let look = async || {
        let app = world.app.clone();
        tokio::task::spawn_blocking(move || app.plugin.look(&app.runtime, false)).await.unwrap()
    };
    let mut browser = Browser::at("127.0.0.1");
    let mut runs = async || {
        let said: serde_json::Value = serde_json::from_str(&browser.get(&world, "/version").await.text).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&browser.get(&world, "/readyz").await.text).unwrap();
        assert_eq!(ready["ready"], true, "whatever is kept, it serves: {ready}");
        let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        (word(&said["plugin"]["sha256"]), word(&said["plugin"]["from"]), word(&ready["checks"]["plugin"]["said"]))
    };
    let of = |bytes: &[u8], from: &str| (hex::encode(Sha256::digest(bytes)), from.to_owned(), String::new());
    assert_eq!(runs().await, of(PLUGIN, "embedded"));
    keep(first.clone()).await;
    look().await.unwrap();
    assert_eq!(runs().await, of(&first, "records"));

    // What does not load changes nothing here, is told once, and is not tried again and again.
    keep(b"\0asm nothing".to_vec()).await;
    assert!(matches!(look().await, Err(StartError::KeptPlugin(_))));
    look().await.unwrap();
    let (hash, from, said) = runs().await;
    assert_eq!((hash, from), (of(&first, "").0, "records".to_owned()));
    assert!(said.contains("does not run here"), "{said}");
    keep(second.clone()).await;
    look().await.unwrap();
    assert_eq!(runs().await, of(&second, "records"));

    // A host with a setting begins with what the records keep, and goes back to its setting when they keep none.
    let config = config(world.folder.path(), &[("plugin", file.to_str().unwrap())]);
    std::fs::write(&file, &first).unwrap();
    let open = async || {
        let (config, options) = (config.clone(), Options { mailer: Some(Mailer::Off), ..Options::default() });
        tokio::task::spawn_blocking(move || app::App::open(&config, options)).await.unwrap()
    };
    let beside = open().await.unwrap();
    assert_eq!(beside.runtime.plugin().sha256, of(&second, "").0);
    let unset = |unit: &mut Unit<'_, SqliteTx>| {
        let now = unit.now();
        Ok(kept::unset(unit.tx(), now)?)
    };
    world.write(unset).await;
    look().await.unwrap();
    assert_eq!(runs().await, of(PLUGIN, "embedded"));
    let (app, origin) = tokio::task::spawn_blocking(move || {
        beside.plugin.look(&beside.runtime, false).unwrap();
        let origin = beside.plugin.origin();
        (beside, origin)
    })
    .await
    .unwrap();
    assert_eq!((app.runtime.plugin().sha256, origin), (of(&first, "").0, Origin::Setting));

    // A host that cannot run what all others do does not begin with something else.
    keep(b"\0asm nothing".to_vec()).await;
    assert!(matches!(open().await, Err(StartError::KeptPlugin(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_shows_mails_as_text() {
    let world = World::new().await;
    world.customer("Ann <b>Birch</b>", "ann@example.com").await;
    world.deliver().await;
    let mut browser = Browser::at("127.0.0.1");
    let list = browser.get(&world, "/mailbox").await;
    assert!(list.text.contains("ann@example.com") && list.text.contains("href=\"/mailbox/1\""), "{}", list.text);
    let mail = browser.get(&world, "/mailbox/1").await;
    assert_eq!(mail.headers["cache-control"], "private, no-store");
    assert!(mail.text.contains("Estate of Birch") && !mail.text.contains("<b>Birch"), "{}", mail.text);
    assert_eq!(browser.get(&world, "/mailbox/2").await.status, 404);
    let served = World::with(Mailer::Off, &[]).await;
    assert_eq!(browser.get(&served, "/mailbox").await.status, 404, "only the demo has one");
}

#[test]
fn the_demo_starts_once_holds_and_ends_by_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_client-connect"))
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env_clear()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed: Vec<String> =
            lines.by_ref().map_while(Result::ok).take_while(|line| !line.starts_with("Ctrl-C")).collect();
        let addr: SocketAddr = printed[0].rsplit_once("http://").unwrap().1.parse().unwrap();
        let ready = get(addr, "/readyz").0;
        let mails = get(addr, "/mailbox").1;
        let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(stopped.success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
        (printed, ready, mails)
    };
    let (printed, ready, mails) = start();
    assert_eq!(ready, 200);
    assert!(
        printed.iter().any(|line| line.contains("miriam@ashgrove.example") && line.contains("demo-miriam")),
        "{printed:?}"
    );
    assert!(mails.contains("No mail yet"), "its past is over");
    let (again, ..) = start();
    assert_eq!(printed[5..], again[5..], "and is not seeded twice");

    let config = config(folder.path(), &[("data-dir", folder.path().join("data/demo").to_str().unwrap())]);
    let store = app::open_existing(&config).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let blobs = app::open_blobs(&config).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let findings = verify::verify(&store, &blobs, &verify::Settings { noted: &[], folder: None, now }).unwrap();
    assert!(findings.iter().all(verify::Finding::holds), "{findings:#?}");
}
