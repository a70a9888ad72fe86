//! What the black-box tests share: a host that runs, people with browsers, and a mail server to receive on.
#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

pub mod browser;
pub mod files;
pub mod ground;
pub mod host;
pub mod person;
#[cfg(unix)]
pub mod postgres;
#[cfg(target_os = "linux")]
pub mod process;
pub mod routes;
#[cfg(unix)]
pub mod s3;
pub mod scanner;
pub mod sizes;
pub mod smtp;
#[cfg(target_os = "linux")]
pub mod template;
pub mod tls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod tracer;
pub mod wait;
