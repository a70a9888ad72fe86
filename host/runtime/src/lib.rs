//! Loads a Client Connect plugin and runs each call in one transaction.

pub mod backend;
pub mod exports;
mod failure;
pub mod types;
mod unit;

pub use backend::{Backend, Tx};
pub use failure::{Blame, Broke, Failure};
pub use unit::{Caller, Once, Runtime, Unit};
