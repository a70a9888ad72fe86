//! The protocol's side that stands before a host in Rust: reads a message a line, does it over a backend, answers a line.
//!
//! The same program is the example for hosts in other languages: what they do over their own records, this does over
//! any [`Backend`] that can say what the plugin does not read back ([`World`]).

use std::{
    io::{BufRead, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client_connect_runtime::{
    Backend, Caller, Failure, Limits, ManualClock, Runtime, Settings, Tx, Unit,
    backend::{Mode, Viewer},
    exports::{Export, access, events, letters, notifications, portal, sharing},
    types::{AccessGrant, HostError, Section, SharedDocument, Timestamp, Watcher},
};
use serde_json::{Map, Value, json};

use crate::json::Json;

/// A backend that a scenario can be set up in, and looked at from outside.
pub trait World: Backend + Sized {
    /// One without a record.
    ///
    /// # Errors
    /// If the store cannot be made.
    fn fresh() -> Result<Self, String>;
    /// Makes the platform's own records as these say, in this transaction: adds what is not there, changes what is. Rows
    /// of Client Connect (`grants`, `shares`, `watchers`, `revisions`) are not its business.
    ///
    /// # Errors
    /// `invalid` if a row is not of the shape that the protocol gives it; otherwise as the store fails.
    fn put(tx: &mut Self::Tx, records: &Value) -> Result<(), HostError>;
    /// The notices of the outbox, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    fn notices(&self) -> Result<Value, String>;
    /// The entries of the audit log, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    fn audit(&self) -> Result<Value, String>;
}

/// The world of the scenario that runs: each begins in a new one, over the plugin that is loaded.
struct Current<W>(Arc<Mutex<W>>);

impl<W: Clone> Current<W> {
    fn get(&self) -> W {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<W: World + Clone> Backend for Current<W> {
    type Tx = W::Tx;
    fn begin(&self, mode: Mode, now: Timestamp) -> Result<W::Tx, HostError> {
        self.get().begin(mode, now)
    }
}

/// A host with the plugin that was loaded last.
#[expect(missing_debug_implementations, reason = "nobody prints one, and not every backend can be")]
pub struct Adapter<W: World + Clone> {
    name: String,
    world: Arc<Mutex<W>>,
    clock: Arc<ManualClock>,
    runtime: Option<Runtime<Current<W>>>,
    cache: Option<PathBuf>,
    /// What was given so far, as far as the state has to name it.
    matters: Vec<String>,
    documents: Vec<String>,
}

/// Answers messages until there are no more.
///
/// # Errors
/// If a line cannot be read or written.
pub fn serve<W: World + Clone>(
    name: &str,
    cache: Option<PathBuf>,
    input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<()> {
    let mut adapter = Adapter::<W>::new(name, cache).map_err(std::io::Error::other)?;
    for line in input.lines() {
        let answer = match serde_json::from_str(&line?) {
            Ok(message) => adapter.answer(&message),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

impl<W: World + Clone> Adapter<W> {
    /// Over a backend of this name; compiled plugins are kept in `cache`, an absolute path.
    ///
    /// # Errors
    /// If there is no world to be had.
    pub fn new(name: &str, cache: Option<PathBuf>) -> Result<Self, String> {
        Ok(Self {
            name: name.to_owned(),
            world: Arc::new(Mutex::new(W::fresh()?)),
            clock: Arc::new(ManualClock::new(0)),
            runtime: None,
            cache,
            matters: Vec::new(),
            documents: Vec::new(),
        })
    }

    /// Does what one message says.
    pub fn answer(&mut self, message: &Value) -> Value {
        self.attempt(message).unwrap_or_else(|error| json!({ "error": error }))
    }

    fn attempt(&mut self, message: &Value) -> Result<Value, String> {
        match message["do"].as_str().unwrap_or_default() {
            "hello" => Ok(json!({ "protocol": 1, "host": self.name, "version": env!("CARGO_PKG_VERSION") })),
            "load" => self.load(message),
            "given" => {
                *self.world.lock().unwrap_or_else(PoisonError::into_inner) = W::fresh()?;
                self.matters.clear();
                self.documents.clear();
                self.put(&message["records"])
            }
            "put" => self.put(&message["records"]),
            "call" => self.call(message),
            "state" => self.state(),
            other => Err(format!("there is no message {other:?}")),
        }
    }

    fn load(&mut self, message: &Value) -> Result<Value, String> {
        let file = <String as Json>::read(&message["plugin"])?;
        let plugin = std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
        // The reference host's bounds on what a call may move, but not its haste: this host may be a debug build.
        let limits = Limits {
            deadline: Duration::from_secs(5),
            compile: Duration::from_secs(600),
            strikes: u32::MAX,
            ..Limits::reference()
        };
        let settings = Settings { limits, cache: self.cache.clone(), clock: self.clock.clone() };
        match Runtime::new(Current(self.world.clone()), &settings, &plugin) {
            Ok(runtime) => {
                let info = runtime.plugin();
                self.runtime = Some(runtime);
                Ok(json!({ "sha256": info.sha256, "name": info.name, "version": info.version }))
            }
            Err(error) => Ok(json!({ "unfit": error.to_string() })),
        }
    }

    fn note(&mut self, records: &Value) {
        for row in list(&records["matters"]) {
            note(&mut self.matters, &row["id"]);
        }
        for row in list(&records["documents"]) {
            note(&mut self.documents, &row["id"]);
        }
    }

    fn put(&mut self, records: &Value) -> Result<Value, String> {
        self.note(records);
        let mut tx = Current(self.world.clone()).begin(Mode::Write, 1_000).map_err(said)?;
        put::<W>(&mut tx, records).map_err(said)?;
        tx.commit().map_err(|error| error.to_string())?;
        Ok(json!({}))
    }

    fn call(&mut self, message: &Value) -> Result<Value, String> {
        self.note(&message["records"]);
        let Some(runtime) = &self.runtime else { return Err("no plugin is loaded".into()) };
        self.clock.set(Json::read(&message["now"])?);
        let caller = Caller {
            actor: Json::read(&message["actor"])?,
            locale: <Option<String> as Json>::read(&message["locale"])?.unwrap_or_else(|| "en".into()),
            request: None,
            attributes: <Option<_> as Json>::read(&message["attributes"])?.unwrap_or_default(),
        };
        let asked = Asked {
            keep: message["keep"].as_bool().unwrap_or(true),
            args: &message["args"],
            records: &message["records"],
            caller,
        };
        match dispatch(runtime, message["export"].as_str().unwrap_or_default(), &asked)? {
            Ok(answer) => Ok(json!({ "answer": answer })),
            Err(Failure::Refused(refusal)) => Ok(json!({ "refused": refusal.to() })),
            Err(failure) => Ok(json!({ "broken": failure.to_string() })),
        }
    }

    /// All that a scenario may ask about, of all matters that were given.
    fn state(&self) -> Result<Value, String> {
        let world = Current(self.world.clone()).get();
        let mut tx = world.begin(Mode::Read, 0).map_err(said)?;
        let mut state = Map::new();
        let mut add = |kind: &str, rows: Vec<Value>, matter: &str| {
            let all = state.entry(kind).or_insert_with(|| json!([]));
            for mut row in rows {
                if let (Some(row), true) = (row.as_object_mut(), kind != "documents") {
                    row.insert("matter".into(), matter.into());
                }
                if let Some(all) = all.as_array_mut() {
                    all.push(row);
                }
            }
        };
        for matter in &self.matters {
            add("grants", tx.grants(matter, None).map_err(said)?.iter().map(Json::to).collect(), matter);
            let shares = tx.shared(matter, &self.documents, None).map_err(said)?;
            add("shares", shares.iter().map(Json::to).collect(), matter);
            add("watchers", tx.watchers(matter).map_err(said)?.iter().map(Json::to).collect(), matter);
            let documents = tx.documents(&Viewer::Host, matter, &self.documents).map_err(said)?;
            add("documents", documents.iter().flatten().map(Json::to).collect(), matter);
            let mut revisions = Vec::new();
            for section in [Section::Access, Section::Sharing, Section::Notifications] {
                let revision = tx.revision(matter, section).map_err(said)?;
                if revision > 0 {
                    revisions.push(json!({ "section": section.to(), "revision": revision }));
                }
            }
            add("revisions", revisions, matter);
        }
        drop(tx);
        state.insert("notices".into(), world.notices()?);
        state.insert("audit".into(), world.audit()?);
        Ok(Value::Object(state))
    }
}

/// The records as they stand, past the plugin and past the floor: the platform's, and Client Connect's own.
fn put<W: World>(tx: &mut W::Tx, records: &Value) -> Result<(), HostError> {
    W::put(tx, records)?;
    for row in list(&records["grants"]) {
        tx.put_grants(&shaped(&row["matter"])?, &[shaped::<AccessGrant>(row)?])?;
    }
    for row in list(&records["shares"]) {
        tx.put_shared(&shaped(&row["matter"])?, &[shaped::<SharedDocument>(row)?])?;
    }
    for row in list(&records["watchers"]) {
        let (matter, watcher): (String, Watcher) = (shaped(&row["matter"])?, shaped(row)?);
        let mut all = tx.watchers(&matter)?;
        all.retain(|known| known.user != watcher.user);
        all.push(watcher);
        tx.set_watchers(&matter, &all)?;
    }
    for row in list(&records["revisions"]) {
        let (matter, section): (String, Section) = (shaped(&row["matter"])?, shaped(&row["section"])?);
        for current in tx.revision(&matter, section)?..shaped::<u32>(&row["revision"])? {
            tx.raise_revision(&matter, section, current)?;
        }
    }
    Ok(())
}

/// The value that this JSON is, for a backend's own errors.
///
/// # Errors
/// `invalid`, with what is wrong.
pub fn shaped<A: Json>(json: &Value) -> Result<A, HostError> {
    A::read(json).map_err(HostError::Invalid)
}

/// The rows of one kind; none where the kind is not named.
pub fn list(rows: &Value) -> &[Value] {
    rows.as_array().map_or(&[], Vec::as_slice)
}

fn note(ids: &mut Vec<String>, id: &Value) {
    if let Some(id) = id.as_str()
        && !ids.iter().any(|known| known == id)
    {
        ids.push(id.to_owned());
        ids.sort();
    }
}

fn said(error: HostError) -> String {
    format!("{error:?}")
}

type Outcome = Result<Value, Failure>;

/// One call, with what the platform changes in its transaction.
struct Asked<'m> {
    caller: Caller,
    args: &'m Value,
    records: &'m Value,
    keep: bool,
}

fn run<W: World + Clone, E: Export + Json>(runtime: &Runtime<Current<W>>, asked: &Asked<'_>) -> Result<Outcome, String>
where
    E::Answer: Json,
{
    let export = <E as Json>::read(asked.args)?;
    let write = |unit: &mut Unit<'_, W::Tx>| {
        put::<W>(unit.tx(), asked.records).map_err(Failure::Backend)?;
        unit.call(&asked.caller, &export)
    };
    let answer = match (E::WRITES, asked.keep) {
        (true, true) => runtime.write(write),
        (true, false) => runtime.dry_run(write),
        (false, _) => runtime.read(|unit| unit.call(&asked.caller, &export)),
    };
    Ok(answer.map(|answer| answer.to()))
}

macro_rules! dispatch {
    ($($export:ty),* $(,)?) => {
        fn dispatch<W: World + Clone>(
            runtime: &Runtime<Current<W>>, name: &str, asked: &Asked<'_>,
        ) -> Result<Outcome, String> {
            $(if name == <$export as Export>::NAME {
                return run::<W, $export>(runtime, asked);
            })*
            Err(format!("there is no export {name:?}"))
        }
    };
}

dispatch! {
    access::View, access::Grant,
    sharing::View, sharing::Documents, sharing::Share, sharing::Unshare, sharing::Save,
    notifications::View, notifications::SetWatchers,
    portal::Matters, portal::View, portal::Documents, portal::Permit,
    events::OnUpload, events::OnDocumentDeleted, events::OnContactUnlinked, events::OnContactAddressChanged,
    events::OnMatterDeleted, events::OnMatterChanged, events::OnDocumentSeen,
    letters::Compose,
}
