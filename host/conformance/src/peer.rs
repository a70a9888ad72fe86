//! The host at the other end: a program that is told a message a line and answers a line, or an adapter in this process.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

/// How long a host may take for one answer. What a plugin may take is the host's own limit, and far less.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long it may take to load a plugin: some languages bring a whole interpreter along, to be compiled.
const LOADING: Duration = Duration::from_secs(600);

/// Whoever is asked.
pub trait Peer {
    /// Tells one message and waits for its answer.
    ///
    /// # Errors
    /// If none comes, or none that can be read: then this peer is of no more use.
    fn tell(&mut self, message: &Value) -> Result<Value, String>;
}

impl<F: FnMut(&Value) -> Value> Peer for F {
    fn tell(&mut self, message: &Value) -> Result<Value, String> {
        Ok(self(message))
    }
}

/// A program.
#[derive(Debug)]
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<std::io::Result<String>>,
}

impl Program {
    /// Starts it. What it writes to its standard error is not read, and goes where this program's goes.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &[String]) -> Result<Self, String> {
        let [program, arguments @ ..] = command else { return Err("no command is given".into()) };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, input, lines })
    }
}

impl Peer for Program {
    fn tell(&mut self, message: &Value) -> Result<Value, String> {
        let input = self.input.as_mut().ok_or("the host has no input")?;
        writeln!(input, "{message}")
            .and_then(|()| input.flush())
            .map_err(|error| format!("the host is gone: {error}"))?;
        let patience = if message["do"] == "load" { LOADING } else { PATIENCE };
        match self.lines.recv_timeout(patience) {
            Ok(Ok(line)) => serde_json::from_str(&line).map_err(|error| format!("{error}: the host wrote {line:?}")),
            Ok(Err(error)) => Err(format!("the host's answer cannot be read: {error}")),
            Err(RecvTimeoutError::Timeout) => Err(format!("no answer after {patience:?}")),
            Err(RecvTimeoutError::Disconnected) => Err("the host ended".into()),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // At the end of its input a host ends by itself; one that does not is ended.
        self.input.take();
        let ended = matches!(self.lines.recv_timeout(Duration::from_secs(2)), Err(RecvTimeoutError::Disconnected));
        if !ended {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
