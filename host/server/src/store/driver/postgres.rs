//! The driver's side of PostgreSQL: one session, whose answers are given in the words of `rusqlite`, so that the store
//! has one kind of value and one kind of error.
//!
//! Writers are taken in turn by a lock of the database's, as SQLite takes them, and each statement of theirs sees all
//! that those before them have committed; whoever reads sees one moment. A statement of a writer's that fails is undone
//! alone, as in SQLite. A commit of which nobody knows whether it was kept is an error that says so.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, OnceLock,
        mpsc::{self, SyncSender},
    },
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::{Duration, Instant},
};

use client_connect_runtime::backend::Mode;
use rusqlite::{Error, Result, types::Value};
use rustls::ClientConfig;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    Params,
    cell::{Bound, failed, lost},
    translate::{Slot, translate},
};

/// Whoever holds this lock, and the schema's number with it, writes. Any number will do, if all hosts have the same.
const WRITER: i32 = 0x436c_6965;

/// Statements that a session keeps prepared.
const KEPT: usize = 512;

/// So much longer than the server gives a statement, the host waits for the answer that it has failed.
const GRACE: Duration = Duration::from_secs(5);

pub(super) struct Session {
    client: Client,
    kept: RefCell<HashMap<String, Arc<Prepared>>>,
    mode: Cell<Mode>,
    open: Cell<bool>,
    /// A statement of the transaction has failed, and nothing of it can be kept.
    broken: Cell<bool>,
    /// No answer came in time: one may yet come, to the wrong question.
    silent: Cell<bool>,
    most: Duration,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("open", &self.open).finish_non_exhaustive()
    }
}

pub(super) struct Prepared {
    statement: tokio_postgres::Statement,
    slots: Vec<Slot>,
    writes: bool,
}

impl Prepared {
    pub(super) fn columns(&self) -> usize {
        self.statement.columns().len()
    }

    /// The highest number of a parameter.
    pub(super) fn parameters(&self) -> usize {
        let numbers = self.slots.iter().enumerate();
        let number = |at, slot: &Slot| if let Slot::Place(place) = slot { place + 1 } else { at + 1 };
        let numbers = numbers.map(|(at, slot)| match slot {
            Slot::IsNull(slot) => number(at, slot),
            slot => number(at, slot),
        });
        numbers.max().unwrap_or(0)
    }
}

/// Gives the client away, and does its work until it is dropped: what is wrong is then said to whoever asks next.
async fn keep<C: Future>(
    connected: std::result::Result<(Client, C), tokio_postgres::Error>,
    give: &SyncSender<std::result::Result<Client, tokio_postgres::Error>>,
) {
    match connected {
        Ok((client, connection)) => {
            let _ = give.send(Ok(client));
            drop(connection.await);
        }
        Err(error) => drop(give.send(Err(error))),
    }
}

impl Session {
    /// Opens a session; `statement` is how long the server works for one statement, and waits for one lock.
    pub(super) fn open(config: &Config, statement: Duration, tls: &ClientConfig) -> Result<Self> {
        let mut config = config.clone();
        let ms = statement.as_millis();
        let options = format!("-c statement_timeout={ms} -c lock_timeout={ms}");
        let options = config.get_options().map_or(options.clone(), |given| [given, " ", &options].concat());
        config.options(options).connect_timeout(statement).tcp_user_timeout(statement + GRACE);
        let most = statement + GRACE;
        let tls = MakeRustlsConnect::new(tls.clone());
        let (give, got) = mpsc::sync_channel(1);
        runtime()?.spawn(async move {
            if config.get_ssl_mode() == SslMode::Disable {
                keep(config.connect(NoTls).await, &give).await;
            } else {
                keep(config.connect(tls).await, &give).await;
            }
        });
        let client = got.recv_timeout(most).map_err(|_| lost("the database does not answer"))?.map_err(failed)?;
        Ok(Self {
            client,
            kept: RefCell::default(),
            mode: Cell::new(Mode::Read),
            open: Cell::new(false),
            broken: Cell::new(false),
            silent: Cell::new(false),
            most,
        })
    }

    /// Whether it is worth anything still.
    pub(super) fn lives(&self) -> bool {
        !self.silent.get() && !self.client.is_closed()
    }

    fn wait<T>(&self, future: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Result<T> {
        match block_on(future, Instant::now() + self.most) {
            Some(answer) => answer.map_err(failed),
            None => {
                self.silent.set(true);
                Err(lost("the database does not answer"))
            }
        }
    }

    pub(super) fn begin(&self, mode: Mode) -> Result<()> {
        self.mode.set(mode);
        self.broken.set(false);
        let begun = self.batch(&match mode {
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            // A host that stands still while it writes holds up all others, and not for ever.
            Mode::Write => format!(
                "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 60000;
                 SELECT pg_advisory_xact_lock({WRITER}, hashtext(current_schema()))"
            ),
        });
        self.open.set(true);
        if begun.is_err() {
            self.undo();
        }
        begun
    }

    pub(super) fn commit(&self) -> Result<()> {
        if self.broken.get() {
            self.undo();
            return Err(lost("a statement of the transaction has failed, and nothing of it is kept"));
        }
        match block_on(self.client.batch_execute("COMMIT"), Instant::now() + self.most) {
            Some(Ok(())) => {
                self.open.set(false);
                Ok(())
            }
            // Whatever the server says of a commit that it refuses, it has not kept it; and an end of the session may
            // come after a commit as well as before it.
            Some(Err(error)) if error.code().is_some_and(|code| !code.code().starts_with("57")) => {
                self.open.set(false);
                Err(failed(error))
            }
            Some(Err(_)) | None => {
                self.silent.set(true);
                Err(super::cell::unknown())
            }
        }
    }

    /// False: the session is good for nothing more.
    pub(super) fn undo(&self) -> bool {
        if !self.open.replace(false) {
            return self.lives();
        }
        let undone = self.lives() && self.wait(self.client.batch_execute("ROLLBACK")).is_ok();
        if !undone {
            self.silent.set(true);
        }
        undone
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        let done = self.wait(self.client.batch_execute(sql));
        self.note(&done);
        done
    }

    fn note<T>(&self, done: &Result<T>) {
        if done.is_err() && self.open.get() {
            self.broken.set(true);
        }
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Arc<Prepared>> {
        if let Some(known) = self.kept.borrow().get(sql) {
            return Ok(Arc::clone(known));
        }
        let translated = translate(sql);
        let statement = self.guarded(self.client.prepare(&translated.sql))?;
        let start = translated.sql.trim_start().as_bytes();
        let writes = !(start.starts_with(b"SELECT") || start.starts_with(b"WITH"));
        let prepared = Arc::new(Prepared { statement, slots: translated.slots, writes });
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(sql.to_owned(), Arc::clone(&prepared));
        Ok(prepared)
    }

    pub(super) fn execute(&self, prepared: &Prepared, params: impl Params) -> Result<usize> {
        let values = bind(prepared, params)?;
        let work = self.client.execute_raw(&prepared.statement, values.iter().map(Bound));
        let rows = if prepared.writes { self.guarded(work) } else { self.plain(work) }?;
        Ok(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    pub(super) fn query(&self, prepared: &Prepared, params: impl Params) -> Result<Vec<tokio_postgres::Row>> {
        let values = bind(prepared, params)?;
        let work = async {
            let values: Vec<Bound<'_>> = values.iter().map(Bound).collect();
            let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
                values.iter().map(|value| value as &(dyn tokio_postgres::types::ToSql + Sync)).collect();
            self.client.query(&prepared.statement, &values).await
        };
        if prepared.writes { self.guarded(work) } else { self.plain(work) }
    }

    fn plain<T>(&self, work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Result<T> {
        let done = self.wait(work);
        self.note(&done);
        done
    }

    /// Runs what may fail without harm to what the transaction has done before; all of it goes to the server at once.
    fn guarded<T>(&self, work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Result<T> {
        if !self.open.get() || self.mode.get() == Mode::Read || self.broken.get() {
            return self.plain(work);
        }
        let whole = async {
            let before = self.client.batch_execute("SAVEPOINT statement");
            let after = self.client.batch_execute("RELEASE SAVEPOINT statement");
            let (before, done, after) = futures_util::future::join3(before, work, after).await;
            before?;
            let done = done?;
            after?;
            Ok(done)
        };
        let done = self.wait(whole);
        if done.is_err() && self.wait(self.client.batch_execute("ROLLBACK TO SAVEPOINT statement")).is_err() {
            self.broken.set(true);
        }
        done
    }
}

/// The values in the order in which the statement takes them. What is only compared may be any text.
fn bind(prepared: &Prepared, params: impl Params) -> Result<Vec<Value>> {
    let mut given: Vec<(Option<String>, Value)> = Vec::with_capacity(prepared.slots.len());
    let mut wrong = None;
    params.each(&mut |name, value| match super::cell::owned(value, prepared.writes) {
        Ok(value) => given.push((name.map(str::to_owned), value)),
        Err(error) => wrong = Some(error),
    });
    if let Some(error) = wrong {
        return Err(error);
    }
    let of = |slot: &Slot| {
        let found = match slot {
            Slot::Place(place) => given.get(*place),
            Slot::Name(name) => given.iter().find(|(given, _)| given.as_deref() == Some(name)),
            Slot::IsNull(_) => None,
        };
        found.map(|(_, value)| value).ok_or_else(|| Error::InvalidParameterName(format!("{slot:?}")))
    };
    let values = prepared.slots.iter().map(|slot| match slot {
        Slot::IsNull(slot) => of(slot).map(|value| if *value == Value::Null { Value::Null } else { Value::Integer(1) }),
        slot => of(slot).cloned(),
    });
    values.collect()
}

/// Where the sessions' bytes are moved; all else happens on the thread that asks.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("postgres")
                .enable_all()
                .build()
                .ok()
        })
        .as_ref()
        .ok_or_else(|| lost("no thread could be begun"))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread, also where it belongs to a runtime. What is waited for needs none: it is answered by the task
/// of the connection.
fn block_on<T>(future: impl Future<Output = T>, until: Instant) -> Option<T> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return Some(answer);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::park_timeout(left);
    }
}
