//! The runtime's promises, over the in-memory backend: with the real plugin, and with one that misbehaves.
//!
//! | module | what it proves |
//! |---|---|
//! | `units` | one call, one transaction: kept or undone as a whole, tried again on a conflict, once for each key |
//! | `misbehaving` | what a plugin may do to its host: nothing that outlives its call |
//! | `floor` | what a plugin that allows everything still cannot open, read or answer |
//! | `loading` | preflight, hot swap, quarantine |
//! | `faults` | each import of each call fails in each way, and nothing is half done |
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;
mod faults;
mod floor;
mod loading;
mod misbehaving;
mod units;
