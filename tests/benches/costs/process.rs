//! The server as a process of its own: how fast it is there, what it holds, and signing in to it.
//!
//! The process is this program again, started with `--as-server`: it runs the same command line as the binary
//! `client-connect`, and no second build is needed for it.

use std::{
    env, io,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use client_connect_tests::MailServer;

use crate::{
    table::{Aim, Table},
    world::World,
    wrk::{Running, free_port},
};

/// How a server is told from the benchmark that starts it.
pub(crate) const AS_SERVER: &str = "--as-server";

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    /// From its start to its first answer.
    pub(crate) ready: Duration,
    process: Running,
}
