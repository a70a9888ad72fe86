//! Another plugin is set for all hosts while they serve: each takes it on, and nobody who asks notices.

use std::{
    process::Output,
    time::{Duration, Instant},
};

use client_connect_embed::PLUGIN;
use client_connect_fixtures::{another, figure};
use client_connect_tests::{
    ground::Ground,
    host::{Setup, TestHost, prove},
    postgres::database,
    process::command,
};
use sha2::{Digest as _, Sha256};

use super::traffic::Traffic;

/// What a host says that it runs: the hash, and where that comes from.
async fn runs(host: &TestHost) -> (String, String) {
    let said = host.stranger().get("/version").await.expect(200);
    let word = |key: &str| said["plugin"][key].as_str().expect("a word").to_owned();
    (word("sha256"), word("from"))
}

#[tokio::test(flavor = "multi_thread")]
async fn t_swap_two_hosts_take_on_another_plugin_under_traffic_and_no_request_fails() {
    let Some(address) = tokio::task::block_in_place(database) else { return };
    let ground = Ground::lay_on(Setup { postgres: Some(address.clone()), ..Setup::default() }).await;
    ground.admit(&[(&ground.ann, true), (&ground.ben, true)]).await;
    let other = ground.host.beside().await;
    let place = tempfile::tempdir().expect("a folder");
    // As the operator does it: by the program, with the database's address and nothing else of the hosts'.
    let plugin = |arguments: &[&str]| -> Output {
        let mut command = command();
        command.arg("plugin").args(arguments).arg("--data-dir").arg(place.path().join("data"));
        command.env("CLIENT_CONNECT_DATABASE_URL", &address).current_dir(place.path());
        tokio::task::block_in_place(|| command.output()).expect("the program runs")
    };
    let both = async |hash: &str, from: &str| {
        let due = (hash.to_owned(), from.to_owned());
        // Each compiles it first, for which it has a minute: on a machine that does other things, it needs many seconds.
        let began = Instant::now();
        while runs(&ground.host).await != due || runs(&other).await != due {
            assert!(began.elapsed() < Duration::from_secs(90), "not both run {hash}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        began.elapsed()
    };
    let traffic = Traffic::begin(&ground, &[&ground.host.base, &other.base]).await;
    let embedded = hex::encode(Sha256::digest(PLUGIN));
    both(&embedded, "embedded").await;
    let (mut hashes, mut longest) = (Vec::new(), Duration::ZERO);
    for mark in ["first", "second"] {
        let bytes = another(PLUGIN, &format!("{mark} {address}"));
        let hash = hex::encode(Sha256::digest(&bytes));
        std::fs::write(place.path().join("plugin.wasm"), bytes).expect("a file");
        traffic.more(50).await;
        let set = plugin(&["set", "plugin.wasm"]);
        assert!(set.status.success(), "{set:?}");
        longest = longest.max(both(&hash, "records").await);
        traffic.more(50).await;
        hashes.push(hash);
    }

    // A file that does not pass changes nothing anywhere.
    std::fs::write(place.path().join("plugin.wasm"), &PLUGIN[..PLUGIN.len() / 2]).expect("a file");
    let refused = plugin(&["set", "plugin.wasm"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is no plugin"), "{refused:?}");
    let show = plugin(&["show"]);
    assert!(String::from_utf8_lossy(&show.stdout).starts_with(&hashes[1]), "{show:?}");
    both(&hashes[1], "records").await;

    assert!(plugin(&["unset"]).status.success());
    both(&embedded, "embedded").await;
    traffic.more(50).await;
    let seen = traffic.end().await;
    seen.prove(&ground, &other.base).await;
    prove(&ground.host);
    figure(format_args!(
        "3 exchanges of the plugin of two hosts, each done {} ms after it was set at most: {} requests meanwhile, {} of \
         them failed, the slowest took {} ms",
        longest.as_millis(),
        seen.asked,
        seen.wrong.len(),
        seen.slowest.as_millis()
    ));
}
