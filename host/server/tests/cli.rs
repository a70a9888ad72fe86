//! The command line: what it prints where, and how it ends.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

fn client_connect(folder: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_client-connect"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it has ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_status_tells_what_went_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| client_connect(folder.path(), arguments, "");
    assert_eq!(code(&run(&["--version"])), 0);
    assert_eq!(code(&run(&["--no-such-flag"])), 2);
    assert_eq!(code(&run(&["user"])), 2);

    let refused = run(&["serve"]);
    assert_eq!(code(&refused), 78);
    assert!(stderr(&refused).starts_with("error: mail.host is not set\ncause: "), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("\nhint: "));
    assert!(refused.stdout.is_empty());
    assert!(!folder.path().join("data").exists(), "nothing is made by a command that is refused");

    assert_eq!(code(&run(&["config", "print", "--listen", "nowhere"])), 78);
    assert_eq!(code(&run(&["demo", "--listen", "0.0.0.0:0"])), 78);
    assert_eq!(code(&run(&["check", "no-such-file.wasm"])), 78);
}

#[test]
fn settings_are_printed_with_where_they_came_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.toml"), "listen = \"127.0.0.1:9000\"\n[mail]\nhost = \"mail.example.com\"\n")
        .unwrap();
    let printed = client_connect(folder.path(), &["-c", "c.toml", "--drain", "5", "config", "print"], "");
    assert_eq!(code(&printed), 0, "{}", stderr(&printed));
    assert!(stdout(&printed).contains("listen = \"127.0.0.1:9000\"  # file c.toml"));
    assert!(stdout(&printed).contains("drain = \"5\"  # flag --drain"));
    std::fs::write(folder.path().join("c.toml"), "lisen = \"127.0.0.1:9000\"\n").unwrap();
    let refused = client_connect(folder.path(), &["-c", "c.toml", "config", "print"], "");
    assert_eq!(code(&refused), 78);
    assert!(stderr(&refused).contains("hint: did you mean \"listen\"?"), "{}", stderr(&refused));
}

#[test]
fn a_plugin_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.wasm"), client_connect_embed::PLUGIN).unwrap();
    std::fs::write(folder.path().join("bad.wasm"), b"\0asm nothing").unwrap();
    let good = client_connect(folder.path(), &["check", "good.wasm"], "");
    assert_eq!(code(&good), 0, "{}{}", stdout(&good), stderr(&good));
    assert_eq!(code(&client_connect(folder.path(), &["check", "bad.wasm"], "")), 1);
}

#[test]
fn a_plugin_is_kept_for_all_hosts_and_one_that_does_not_pass_is_not() {
    use sha2::{Digest as _, Sha256};

    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], stdin: &str| client_connect(folder.path(), arguments, stdin);
    let plugin = |arguments: &[&str]| run(&[&["plugin"], arguments].concat(), "");
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    assert_eq!(code(&plugin(&["set"])), 2, "which one?");
    assert_eq!(code(&plugin(&["show"])), 78, "there are no records yet");
    let add = ["user", "add", "--email", "ada@firm.test", "--name", "Ada", "--firm", "Firm", "--sender", "p@firm.test"];
    assert_eq!(code(&run(&add, "a long password\n")), 0);
    assert!(stdout(&plugin(&["show"])).starts_with("none: "));

    let other = client_connect_fixtures::another(client_connect_embed::PLUGIN, "another");
    let hash = hex::encode(Sha256::digest(&other));
    file("other.wasm", &other);
    let set = plugin(&["set", "other.wasm"]);
    assert_eq!(code(&set), 0, "{}{}", stdout(&set), stderr(&set));
    assert!(stdout(&set).starts_with(&hash), "{}", stdout(&set));
    let kept = stdout(&plugin(&["show"]));
    assert_eq!(kept.trim(), format!("{hash}  {} bytes", other.len()));

    // No component, one that does not fit the contract, one that is too large: each is named, and none is kept.
    file("torn.wasm", &other[..other.len() / 2]);
    file("misfit.wasm", b"\0asm\x0d\0\x01\0");
    file("large.wasm", &vec![0; (16 << 20) + 1]);
    for (name, said) in [("torn.wasm", "is no plugin"), ("misfit.wasm", "does not pass"), ("large.wasm", "may have")] {
        let refused = plugin(&["set", name]);
        assert_eq!(code(&refused), 1, "{name}");
        assert!(stderr(&refused).contains(said), "{name}: {}", stderr(&refused));
        assert_eq!(stdout(&plugin(&["show"])), kept, "{name}");
    }

    // A backup brings it back, and whoever restores is told.
    let verified = run(&["verify"], "");
    assert!(stdout(&verified).contains(&hash), "{}", stdout(&verified));
    assert_eq!(code(&run(&["backup", "copy"], "")), 0);
    assert_eq!(code(&plugin(&["set", "--embedded"])), 0);
    assert_ne!(stdout(&plugin(&["show"])), kept);
    assert!(stdout(&plugin(&["unset"])).ends_with("is kept no more\n"));
    assert_eq!(stdout(&plugin(&["unset"])), "none was kept\n");
    let restored = run(&["--data-dir", "again", "restore", "--without-revocations", "copy"], "");
    assert!(stdout(&restored).contains(&format!("runs: {hash}")), "{}{}", stdout(&restored), stderr(&restored));
    assert_eq!(stdout(&run(&["--data-dir", "again", "plugin", "show"], "")), kept);
    assert_eq!(code(&run(&["audit", "verify"], "")), 0);
}

#[test]
fn the_contracts_scenarios_are_told_to_each_backend_and_to_any_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| client_connect(folder.path(), &[&["conformance"], arguments].concat(), "");

    let told = run(&["--only", "ac3-", "--json"]);
    let reports: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let counts: Vec<_> =
        reports.as_array().unwrap().iter().map(|report| (&report["passed"], &report["failed"])).collect();
    assert_eq!(counts, [(&1.into(), &0.into()), (&1.into(), &0.into())], "{}", stderr(&told));
    assert_eq!(code(&told), 0);

    // Another plugin, which keeps no rules, over a host that is started by its command.
    std::fs::write(folder.path().join("probe.wasm"), client_connect_fixtures::guests::MISBEHAVING).unwrap();
    let this = env!("CARGO_BIN_EXE_client-connect");
    let told =
        run(&["--plugin", "probe.wasm", "--only", "ac3-", "--", this, "conformance", "serve", "--backend", "sqlite"]);
    assert_eq!(code(&told), 1, "{}", stderr(&told));
    assert!(stdout(&told).contains("FAILED access: ac3-download-without-access-is-refused"), "{}", stdout(&told));

    let told = run(&["--", "no-such-program"]);
    assert_eq!(code(&told), 1);
    assert!(stderr(&told).contains("no-such-program cannot be started"), "{}", stderr(&told));
}

#[test]
fn a_first_user_is_added_with_their_firm() {
    let folder = tempfile::tempdir().unwrap();
    let add = |email: &str, more: &[&str], password: &str| {
        let arguments = [&["user", "add", "--email", email, "--name", "Olive Owner"], more].concat();
        client_connect(folder.path(), &arguments, password)
    };
    let firm = ["--firm", "Ashgrove Law", "--sender", "portal@ashgrove.example"];
    assert_eq!(code(&add("olive@ashgrove.example", &[], "a long password\n")), 2, "there is no firm yet");
    assert_eq!(code(&add("olive@ashgrove.example", &firm, "short\n")), 2);
    assert_eq!(code(&add("no address", &firm, "a long password\n")), 2);
    let added = add("olive@ashgrove.example", &[&firm[..], &["--admin"]].concat(), "a long password\n");
    assert_eq!(code(&added), 0, "{}", stderr(&added));
    assert_eq!(stdout(&added).trim().len(), 32);
    assert_eq!(code(&add("Olive@Ashgrove.example", &[], "a long password\n")), 1, "there is one already");
    assert_eq!(code(&add("ben@ashgrove.example", &[], "a long password\n")), 0);
    let proof = client_connect(folder.path(), &["audit", "verify"], "");
    assert_eq!(code(&proof), 0, "{}", stderr(&proof));
    let line = stdout(&proof);
    assert!(line.contains("2 rows, 0 erased, Ashgrove Law"), "{line}");
    let head = line.split("  ").next().unwrap();
    assert_eq!(code(&client_connect(folder.path(), &["audit", "verify", "--head", head], "")), 0);
    // With a checkpoint that was kept elsewhere, by the host's own key or by one that was noted.
    let printed = client_connect(folder.path(), &["audit", "checkpoint"], "");
    assert_eq!(code(&printed), 0, "{}", stderr(&printed));
    std::fs::write(folder.path().join("kept.txt"), &printed.stdout).unwrap();
    let text = stdout(&printed);
    let key = text.lines().next().unwrap().strip_prefix("key ").unwrap().to_owned();
    let verify = |more: &[&str]| {
        client_connect(folder.path(), &[&["audit", "verify", "--checkpoint", "kept.txt"], more].concat(), "")
    };
    for more in [&[][..], &["--key", &key]] {
        let proof = verify(more);
        assert_eq!(code(&proof), 0, "{}", stderr(&proof));
        assert!(stdout(&proof).contains("0 erased, 1 head that was noted"), "{}", stdout(&proof));
    }
    let stranger = "client-connect/audit+2f1952a0+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    assert_eq!(code(&verify(&["--key", stranger])), 1);
    assert_eq!(code(&verify(&["--key", "nothing"])), 2);
    std::fs::write(folder.path().join("kept.txt"), text.replace("\n2\n", "\n3\n")).unwrap();
    assert_eq!(code(&verify(&[])), 1, "what is signed was changed");
    std::fs::write(folder.path().join("kept.txt"), &text).unwrap();
    std::fs::remove_file(folder.path().join("data/audit.key")).unwrap();
    assert_eq!(code(&verify(&[])), 78, "no key is made to verify with");
    assert!(!folder.path().join("data/audit.key").exists());
    assert_eq!(code(&verify(&["--key", &key])), 0);
    let other = format!("{}:2:{}", head.split(':').next().unwrap(), "0".repeat(64));
    assert_eq!(code(&client_connect(folder.path(), &["audit", "verify", "--head", &other], "")), 1);
}

#[test]
fn the_api_describes_itself() {
    let folder = tempfile::tempdir().unwrap();
    let printed = client_connect(folder.path(), &["openapi"], "");
    assert_eq!(code(&printed), 0);
    let document: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    for path in ["/api/sign-in/portal", "/api/sign-in/portal/code", "/api/sign-in/staff", "/api/me", "/api/portal/me"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}

#[test]
fn a_second_factor_is_taken_away_by_the_command_line_too() {
    use client_connect::store::{Options, SqliteBackend, factors, users};
    use client_connect_runtime::backend::Mode;

    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], stdin: &str| client_connect(folder.path(), arguments, stdin);
    let add = ["user", "add", "--email", "ada@firm.test", "--name", "Ada", "--firm", "Firm", "--sender", "p@firm.test"];
    assert_eq!(code(&run(&add, "a long password\n")), 0);
    let remove = |email: &str| run(&["user", "remove-second-factor", "--email", email], "");
    assert!(stderr(&remove("nobody@firm.test")).contains("there is no user"));
    assert!(stderr(&remove("ada@firm.test")).contains("has no second factor"));

    let store = SqliteBackend::open(folder.path().join("data/client-connect.db"), Options::new("")).unwrap();
    let tx = store.begin_own(Mode::Write, 5).unwrap();
    let user = users::by_email_key(&tx, "ada@firm.test").unwrap().unwrap().0.id;
    factors::begin(&tx, &user, b"sealed").unwrap();
    factors::confirm(&tx, &user, 1, 5).unwrap();
    tx.commit().unwrap();
    let removed = remove(" ADA@firm.test");
    assert_eq!(code(&removed), 0, "{}", stderr(&removed));
    let tx = store.begin_own(Mode::Read, 6).unwrap();
    assert!(factors::get(&tx, &user).unwrap().is_none());
    assert_eq!(code(&run(&["audit", "verify"], "")), 0);
}
