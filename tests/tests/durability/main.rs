//! Nothing is lost: not by a process that is killed, not by a system call that fails, not by a disk that is full. What was
//! answered is on the disk; what was not is there whole or not at all.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends where its ground gives way")]

mod flows;
mod full;
mod killed;
mod ledger;
#[cfg(target_arch = "x86_64")]
mod moments;
#[cfg(target_arch = "x86_64")]
mod older;
mod order;
#[cfg(target_arch = "x86_64")]
mod points;
mod trace;
