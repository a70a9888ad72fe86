//! Tells the scenarios to a host, and what came otherwise than it should.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    expect::expect,
    peer::Peer,
    scenario::{self, Group, NOW, Scenario},
};

/// The plugin files of a run.
#[derive(Clone, Debug)]
pub struct Files {
    /// The plugin whose rules are tested.
    pub plugin: PathBuf,
    /// The probe; without it, what it tests is left out, and said to be.
    pub probe: Option<PathBuf>,
    /// A folder to write changed plugins to.
    pub scratch: PathBuf,
}

/// What came of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All came as it should.
    Passed,
    /// The first thing that did not.
    Failed(String),
    /// Not asked, and why.
    Skipped(String),
}

/// What came of all of them.
#[derive(Clone, Debug)]
pub struct Report {
    /// The host's name and version, as it says them.
    pub host: String,
    /// SHA-256 of the plugin, as the host has loaded it.
    pub sha256: String,
    /// Group, scenario, outcome.
    pub rows: Vec<(String, String, Outcome)>,
}

/// Runs the scenarios whose name has `only` in it. `start` starts the host anew: once for each group, and again after a
/// host that has not answered.
///
/// # Errors
/// If the host cannot be spoken to at all, or does not load the plugin.
pub fn run(
    start: &mut dyn FnMut() -> Result<Box<dyn Peer>, String>,
    files: &Files,
    only: Option<&str>,
) -> Result<Report, String> {
    let mut report = Report { host: String::new(), sha256: String::new(), rows: Vec::new() };
    let world = scenario::world()?;
    for group in scenario::groups()? {
        let mut session: Option<Session> = None;
        for scenario in &group.scenarios {
            if only.is_some_and(|only| !scenario.name.contains(only) && group.name != only) {
                continue;
            }
            let row = |outcome| (group.name.clone(), scenario.name.clone(), outcome);
            if group.probes && files.probe.is_none() {
                report.rows.push(row(Outcome::Skipped("no probe was given".into())));
                continue;
            }
            let mut running = match session.take() {
                Some(running) => running,
                None => Session::begin(start, files, &group, &mut report)?,
            };
            let outcome = running.scenario(scenario, &world);
            let alive = !matches!(outcome, Err(Ended::Peer(_)));
            report.rows.push(row(outcome.map_or_else(|ended| Outcome::Failed(ended.said()), |()| Outcome::Passed)));
            session = alive.then_some(running);
        }
    }
    Ok(report)
}

/// Why a scenario ended early.
enum Ended {
    /// Something came otherwise.
    Differs(String),
    /// The host is of no more use.
    Peer(String),
}

impl Ended {
    fn said(self) -> String {
        match self {
            Self::Differs(said) | Self::Peer(said) => said,
        }
    }
}

impl From<String> for Ended {
    fn from(said: String) -> Self {
        Self::Differs(said)
    }
}

/// One host, while it answers.
struct Session<'f> {
    peer: Box<dyn Peer>,
    files: &'f Files,
    sha256: String,
    plugin: PathBuf,
    /// Whether another file than `plugin` may be loaded.
    strayed: bool,
}

impl<'f> Session<'f> {
    fn begin(
        start: &mut dyn FnMut() -> Result<Box<dyn Peer>, String>,
        files: &'f Files,
        group: &Group,
        report: &mut Report,
    ) -> Result<Self, String> {
        let mut peer = start()?;
        let hello = peer.tell(&json!({ "do": "hello", "protocol": 1 }))?;
        if hello["protocol"] != 1 {
            return Err(format!("the host does not speak version 1 of the protocol: {hello}"));
        }
        report.host = format!("{} {}", hello["host"].as_str().unwrap_or("?"), hello["version"].as_str().unwrap_or(""));
        let plugin = if group.probes { files.probe.as_ref().unwrap_or(&files.plugin) } else { &files.plugin };
        let loaded = peer.tell(&json!({ "do": "load", "plugin": plugin }))?;
        let Some(sha256) = loaded["sha256"].as_str() else {
            return Err(format!("the host does not load {}: {loaded}", plugin.display()));
        };
        if !group.probes || report.sha256.is_empty() {
            sha256.clone_into(&mut report.sha256);
        }
        Ok(Self { peer, files, sha256: sha256.to_owned(), plugin: plugin.clone(), strayed: false })
    }

    fn tell(&mut self, message: &Value) -> Result<Value, Ended> {
        let answer = self.peer.tell(message).map_err(Ended::Peer)?;
        match answer.get("error") {
            Some(error) => Err(Ended::Differs(format!("the host's adapter answers {error} to {message}"))),
            None => Ok(answer),
        }
    }

    fn scenario(&mut self, scenario: &Scenario, world: &Value) -> Result<(), Ended> {
        if std::mem::take(&mut self.strayed) {
            let plugin = self.plugin.clone();
            self.load(&plugin)?;
        }
        self.tell(&json!({ "do": "given", "records": world }))?;
        let mut course = Course { known: world.clone(), now: NOW, next: Value::Null };
        if scenario.given.is_object() {
            self.put(&mut course, &scenario.given)?;
        }
        for (n, step) in scenario.steps.iter().enumerate() {
            self.step(&mut course, step).map_err(|ended| match ended {
                Ended::Differs(said) => Ended::Differs(format!("step {}: {said}", n + 1)),
                peer @ Ended::Peer(_) => peer,
            })?;
        }
        Ok(())
    }

    fn load(&mut self, plugin: &Path) -> Result<Value, Ended> {
        self.tell(&json!({ "do": "load", "plugin": plugin }))
    }

    fn put(&mut self, course: &mut Course, said: &Value) -> Result<(), Ended> {
        let rows = scenario::whole(said, &course.known);
        scenario::learn(&mut course.known, &rows);
        self.tell(&json!({ "do": "put", "records": rows })).map(drop)
    }

    fn step(&mut self, course: &mut Course, step: &Value) -> Result<(), Ended> {
        course.now += step["later"].as_u64().unwrap_or(0);
        if let Some(records) = step.get("put") {
            return self.put(course, records);
        }
        if let Some(wanted) = step.get("state") {
            let state = self.tell(&json!({ "do": "state" }))?;
            let wanted = with(wanted, "$sha256", &self.sha256.as_str().into());
            return Ok(expect(&wanted, &state, "state")?);
        }
        if let Some(how) = step["spoil"].as_str() {
            return self.spoil(how);
        }
        let before = if step.get("unchanged").is_some() { Some(self.tell(&json!({ "do": "state" }))?) } else { None };
        let export = step["call"].as_str().unwrap_or_default();
        let mut args = with(&scenario::arguments(export, &step["args"], &course.known), "$next", &course.next);
        if let Some(pattern) = args["notices"].get("$outbox").cloned() {
            let state = self.tell(&json!({ "do": "state" }))?;
            let fits = |notice: &&Value| expect(&pattern, notice, "").is_ok();
            args["notices"] = crate::adapter::list(&state["notices"]).iter().filter(fits).cloned().collect();
        }
        let actor = step.get("as").cloned().unwrap_or_else(|| json!({ "user": "sharer" }));
        let attributes = step.get("attributes").cloned().unwrap_or_else(|| json!([]));
        let locale = step.get("locale").cloned().unwrap_or_else(|| "en".into());
        let records = match step.get("records") {
            Some(said) => {
                let rows = scenario::whole(said, &course.known);
                scenario::learn(&mut course.known, &rows);
                rows
            }
            None => json!({}),
        };
        let keep = step["keep"].as_bool().unwrap_or(true);
        let came = self.tell(&json!({
            "do": "call", "export": export, "actor": actor, "locale": locale, "attributes": attributes,
            "now": course.now, "keep": keep, "args": args, "records": records,
        }))?;
        course.next = came["answer"]["next"].clone();
        if let Some(wanted) = step.get("came") {
            expect(wanted, &came, export)?;
        }
        let ended = ["answer", "refused", "broken"];
        let wanted = ended.into_iter().find(|key| step.get(key).is_some());
        match wanted {
            Some(key) if came.get(key).is_none() => {
                return Err(Ended::Differs(format!("{export}: expected {key} {}, got {came}", step[key])));
            }
            Some(key) => expect(&step[key], &came[key], &format!("{export}.{key}"))?,
            None if came.get("answer").is_none() && before.is_none() && step.get("came").is_none() => {
                return Err(Ended::Differs(format!("{export}: expected an answer, got {came}")));
            }
            None => {}
        }
        if let Some(before) = before {
            let after = self.tell(&json!({ "do": "state" }))?;
            expect(&before, &after, "state")?;
            expect(&after, &before, "state before")?;
        }
        Ok(())
    }

    /// Gives the host a plugin that it must not load, made of the one that it does.
    fn spoil(&mut self, how: &str) -> Result<(), Ended> {
        self.strayed = true;
        let whole = std::fs::read(&self.files.plugin).map_err(|error| error.to_string())?;
        let bytes = match how {
            "another-version" => replaced(&whole, b"@0.1.0", b"@9.1.0"),
            "cut-off" => whole[..whole.len() / 2].to_vec(),
            "no-exports" => b"\0asm\x0d\0\x01\0".to_vec(),
            other => return Err(Ended::Differs(format!("nobody knows how to spoil a plugin by {other}"))),
        };
        let file = self.files.scratch.join(format!("{how}.wasm"));
        std::fs::write(&file, bytes).map_err(|error| error.to_string())?;
        let came = self.load(&file)?;
        if came["unfit"].is_string() {
            return Ok(());
        }
        Err(Ended::Differs(format!("a plugin with {how} must not be loaded; the host answered {came}")))
    }
}

/// What a scenario has come to.
struct Course {
    known: Value,
    now: u64,
    next: Value,
}

/// The value with a word replaced wherever it stands.
fn with(value: &Value, word: &str, by: &Value) -> Value {
    match value {
        Value::String(text) if text == word => by.clone(),
        Value::Array(rows) => rows.iter().map(|row| with(row, word, by)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), with(value, word, by))).collect(),
        other => other.clone(),
    }
}

fn replaced(bytes: &[u8], word: &[u8], by: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + word.len() <= bytes.len() {
        if bytes[at..].starts_with(word) && bytes[..at].ends_with_plugin_name() {
            bytes[at..at + word.len()].copy_from_slice(by);
        }
        at += 1;
    }
    bytes
}

trait EndsWithPluginName {
    fn ends_with_plugin_name(&self) -> bool;
}

impl EndsWithPluginName for [u8] {
    /// Of `client-connect:plugin/storage` and its like.
    fn ends_with_plugin_name(&self) -> bool {
        let start = self.len().saturating_sub(40);
        let tail = String::from_utf8_lossy(&self[start..]);
        tail.rsplit_once("client-connect:plugin/").is_some_and(|(_, name)| name.chars().all(char::is_alphabetic))
    }
}

impl Report {
    /// Whether nothing failed.
    pub fn passes(&self) -> bool {
        !self.rows.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)))
    }

    /// How many passed, failed and were left out, of a group or of all.
    fn counts(&self, group: Option<&str>) -> [usize; 3] {
        let mut counts = [0; 3];
        for (of, _, outcome) in &self.rows {
            if group.is_none_or(|group| of == group) {
                counts[match outcome {
                    Outcome::Passed => 0,
                    Outcome::Failed(_) => 1,
                    Outcome::Skipped(_) => 2,
                }] += 1;
            }
        }
        counts
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(group, name, outcome)| {
                let (word, why) = match outcome {
                    Outcome::Passed => ("passed", None),
                    Outcome::Failed(why) => ("failed", Some(why)),
                    Outcome::Skipped(why) => ("skipped", Some(why)),
                };
                json!({ "group": group, "scenario": name, "outcome": word, "why": why })
            })
            .collect();
        let [passed, failed, skipped] = self.counts(None);
        json!({
            "host": self.host, "plugin": self.sha256, "passed": passed, "failed": failed, "skipped": skipped,
            "scenarios": rows,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "host    {}\nplugin  {}\n", self.host, self.sha256)?;
        writeln!(f, "{:<16}{:>8}{:>8}{:>8}", "", "passed", "failed", "skipped")?;
        let mut groups: Vec<&str> = self.rows.iter().map(|(group, ..)| group.as_str()).collect();
        groups.dedup();
        for group in groups.iter().map(Some).chain([None]) {
            let [passed, failed, skipped] = self.counts(group.copied());
            let name = group.copied().unwrap_or("all");
            writeln!(f, "{name:<16}{passed:>8}{failed:>8}{skipped:>8}")?;
        }
        for (group, name, outcome) in &self.rows {
            if let Outcome::Failed(why) = outcome {
                write!(f, "\nFAILED {group}: {name}\n  {why}\n")?;
            }
        }
        Ok(())
    }
}
