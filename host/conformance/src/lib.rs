//! Does a host keep the contract? Scenarios over a plugin file that stays the same, byte for byte, in any host that
//! answers a handful of messages on its standard input.
//!
//! [`runner`] tells the scenarios of `fixtures/conformance` to a host and says what came otherwise than it should;
//! [`adapter`] is the other side, for hosts in Rust. `fixtures/conformance/README.md` describes the messages for all others.

pub mod adapter;
mod expect;
pub mod json;
mod memory;
pub mod peer;
pub mod runner;
mod scenario;
