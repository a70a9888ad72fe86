//! A loss of power takes what was not synced: so the file, its name, and the log of the database are synced before the
//! first byte of an answer that says they are kept. Seen in the calls of the program itself.

use std::process::Command;

use client_connect_tests::{browser::missing, template::Template};

use super::{
    flows::{People, flows},
    trace::{CALLS, too_early},
};

fn strace() -> bool {
    let there = Command::new("strace").arg("--version").output().is_ok_and(|said| said.status.success());
    if !there {
        missing("strace", "apt-get install strace");
    }
    there
}

#[tokio::test(flavor = "multi_thread")]
async fn inv12_what_is_answered_is_on_the_disk_before_its_first_byte() {
    if !strace() {
        return;
    }
    let template = Template::lay(86_400).await;
    let mut scene = template.copy();
    let log = scene.folder().join("trace");
    let calls = format!("trace={CALLS}");
    let strace =
        ["strace", "-f", "-y", "-s", "64", "-e", &calls, "-e", "signal=none", "-o", log.to_str().expect("a path")];
    let base = tokio::task::block_in_place(|| scene.start_under(&strace));
    let people = People::at(&template, &base);
    let flows = flows(&template);
    for flow in &flows {
        let body = people.prepare(&template, flow).await;
        let answer = people.ask(flow, body).await.unwrap();
        assert!(answer.status.is_success(), "{}: {answer:?}", flow.name);
    }
    tokio::task::block_in_place(|| scene.stop());
    assert_eq!(scene.broken(), []);

    let trace = std::fs::read(&log).unwrap();
    let trace: Vec<String> = String::from_utf8_lossy(&trace).lines().map(str::to_owned).collect();
    assert_eq!(too_early(&trace, &flows), [""; 0]);

    // The same with a part of it left out: the proof is one that can fail.
    let without = |what: &dyn Fn(&str) -> bool| {
        let rest: Vec<String> = trace.iter().filter(|line| !what(line)).cloned().collect();
        too_early(&rest, &flows).len()
    };
    let sync = |line: &str| line.contains("fsync(") || line.contains("fdatasync(");
    let files: usize = flows.iter().map(|flow| flow.files).sum();
    assert!(without(&|line| sync(line) && line.contains(".db-wal>")) >= flows.len(), "as with synchronous=NORMAL");
    assert!(without(&|line| sync(line) && line.contains("#1>")) >= files, "files that are not synced");
    assert!(without(&|line| line.contains("rename")) >= files, "files that are not renamed");
    assert!(without(&|line| sync(line) && line.contains("/documents/") && !line.contains('#')) >= files, "folders");
}
