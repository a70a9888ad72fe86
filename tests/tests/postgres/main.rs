//! Records in PostgreSQL: what a host does on them, and two hosts beside each other. The store's own tests run over
//! PostgreSQL too, if `CLIENT_CONNECT_TESTS_POSTGRES` names a server for them.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

mod beside;
#[cfg(target_os = "linux")]
mod histories;
mod killed;
mod migrated;
mod resumed;
mod served;
mod swapped;
mod traffic;
