//! The WASI that Rust's std drags in: there, and empty.
//!
//! No files, no environment, no arguments, an stdin at its end, clocks that stand still at the call's `now`, and
//! "random" bytes that are the same in every call. What is written to stdout and stderr is kept for the log, the
//! last of it. Sockets are not linked at all: a component that asks for them does not load. Nothing here
//! waits: a sleep is over at once.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::{
    HostWallClock, WasiCtx, WasiCtxView, WasiView,
    cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView as _},
    clocks::{WasiClocks, WasiClocksView as _},
    filesystem::{WasiFilesystem, WasiFilesystemView as _},
    p2::{
        DynPollable, OutputStream, Pollable, StreamResult,
        bindings::{cli, clocks, filesystem, random, sync},
        subscribe,
    },
    random::{Deterministic, WasiRandom, WasiRandomView as _},
};

use crate::types::Timestamp;

/// The random bytes of every call, over and over.
const SEED: u64 = 0x436c_6965_6e74_2043;
/// Random bytes that may be asked for at once.
const RANDOM: u64 = 4 << 10;

/// One call's WASI. Most calls never touch it, so it is made when it is first asked for.
pub(crate) struct Wasi {
    now: Timestamp,
    handles: usize,
    stderr: Tail,
    made: Option<Box<(WasiCtx, ResourceTable)>>,
}

impl Wasi {
    pub(crate) fn new(now: Timestamp, handles: usize, stderr: usize) -> Self {
        Self { now, handles, stderr: Tail { limit: stderr, bytes: Arc::default() }, made: None }
    }

    /// The last of what the guest wrote.
    pub(crate) fn written(&self) -> String {
        let bytes = self.stderr.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let (front, back) = bytes.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).trim_end().to_owned()
    }

    fn parts(&mut self) -> &mut (WasiCtx, ResourceTable) {
        self.made.get_or_insert_with(|| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(self.handles);
            let seed = SEED.to_be_bytes().to_vec();
            let wasi = WasiCtx::builder()
                .wall_clock(Frozen(self.now))
                .secure_random(Deterministic::new(seed.clone()))
                .insecure_random(Deterministic::new(seed))
                .insecure_random_seed(u128::from(SEED))
                .max_random_size(RANDOM)
                .stdout(self.stderr.clone())
                .stderr(self.stderr.clone())
                .build();
            Box::new((wasi, table))
        })
    }
}

impl WasiView for Wasi {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = self.parts();
        WasiCtxView { ctx, table }
    }
}

impl fmt::Debug for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wasi").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Has the call's [`Wasi`] somewhere inside of it.
pub(crate) trait HasWasi: Send + 'static {
    fn wasi(&mut self) -> &mut Wasi;
}

struct Io;
impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}
struct Clock;
impl HasData for Clock {
    type Data<'a> = &'a mut Wasi;
}

/// What of WASI 0.2 is there to be imported; [`link`] links these and no others.
pub(crate) const GRANTED: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Links all of WASI 0.2 but its sockets.
pub(crate) fn link<S: HasWasi>(l: &mut Linker<S>) -> wasmtime::Result<()> {
    cli::environment::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::exit::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::stdin::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::stdout::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::stderr::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::terminal_input::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::terminal_output::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::terminal_stdin::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::terminal_stdout::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    cli::terminal_stderr::add_to_linker::<S, WasiCli>(l, |s| s.wasi().cli())?;
    clocks::wall_clock::add_to_linker::<S, WasiClocks>(l, |s| s.wasi().clocks())?;
    clocks::monotonic_clock::add_to_linker::<S, Clock>(l, HasWasi::wasi)?;
    filesystem::preopens::add_to_linker::<S, WasiFilesystem>(l, |s| s.wasi().filesystem())?;
    sync::filesystem::types::add_to_linker::<S, WasiFilesystem>(l, |s| s.wasi().filesystem())?;
    random::random::add_to_linker::<S, WasiRandom>(l, |s| s.wasi().random())?;
    random::insecure::add_to_linker::<S, WasiRandom>(l, |s| s.wasi().random())?;
    random::insecure_seed::add_to_linker::<S, WasiRandom>(l, |s| s.wasi().random())?;
    wasmtime_wasi::p2::bindings::io::error::add_to_linker::<S, Io>(l, |s| s.wasi().ctx().table)?;
    sync::io::poll::add_to_linker::<S, Io>(l, |s| s.wasi().ctx().table)?;
    sync::io::streams::add_to_linker::<S, Io>(l, |s| s.wasi().ctx().table)?;
    Ok(())
}

/// A wall clock that stands at the call's `now`.
struct Frozen(Timestamp);

impl HostWallClock for Frozen {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }
    fn now(&self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// A sleep that is over.
struct Over;

#[async_trait::async_trait]
impl Pollable for Over {
    async fn ready(&mut self) {}
}

impl clocks::monotonic_clock::Host for Wasi {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.now.saturating_mul(1_000_000))
    }
    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1_000_000)
    }
    fn subscribe_instant(&mut self, _when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let table = &mut self.parts().1;
        let over = table.push(Over)?;
        subscribe(table, over)
    }
    fn subscribe_duration(&mut self, _duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_instant(0)
    }
}

/// Keeps the last bytes of what is written to it.
#[derive(Clone)]
struct Tail {
    limit: usize,
    bytes: Arc<Mutex<VecDeque<u8>>>,
}

impl IsTerminal for Tail {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Tail {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Tail {
    async fn ready(&mut self) {}
}

#[async_trait::async_trait]
impl OutputStream for Tail {
    fn write(&mut self, new: bytes::Bytes) -> StreamResult<()> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let new = &new[new.len().saturating_sub(self.limit)..];
        let over = (bytes.len() + new.len()).saturating_sub(self.limit);
        bytes.drain(..over);
        bytes.extend(new);
        Ok(())
    }
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }
    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(self.limit.max(1))
    }
}
