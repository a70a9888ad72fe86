//! Loads a Client Connect plugin and runs each call in one transaction.
//!
//! The plugin decides, the host proves. A host brings a [`Backend`], loads a component with [`Runtime::new`], and
//! does everything in units of work: [`Runtime::write`] opens one transaction, [`Unit::call`] runs an export of
//! the plugin in it, in an instance of its own, and what was written is kept as a whole or not at all.

pub mod backend;
mod call;
mod clock;
mod engine;
pub mod exports;
mod failure;
mod floor;
mod imports;
mod limits;
pub mod memory;
mod plugin;
mod preflight;
mod runtime;
pub mod sandbox;
mod slots;
pub mod testing;
pub mod types;
mod unit;
mod wasi;

pub use backend::{Backend, Tx};
pub use clock::{Clock, ManualClock, SystemClock};
pub use failure::{Blame, Broke, Failure};
pub use limits::Limits;
pub use plugin::{LoadError, PluginInfo};
pub use preflight::{Item, ItemState, Report, Side};
pub use runtime::{Runtime, Settings};
pub use unit::{Caller, Once, Unit};

/// The README's example is compiled and run with this crate's tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
