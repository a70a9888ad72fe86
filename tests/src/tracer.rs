//! A process under a debugger: each of its system calls that leaves a trace outside of it is a point, in the order of all
//! of its threads. At any of them it is killed, or the call fails.
//!
//! `strace` does the same for the k-th call of each thread; here it is the k-th of all.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use nix::{
    errno::Errno,
    sys::{
        ptrace::{self, Options},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// What happens at a point, in the place of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed.
    Kill,
    /// This one call fails.
    Once(Errno),
    /// This call fails, and each that comes after it.
    FromNowOn(Errno),
}

/// What to do, and where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder whose files count.
    pub folder: PathBuf,
    /// At which point, counted from 1; none: nowhere, the points are only counted.
    pub at: Option<(usize, Fault)>,
    /// Whether calls on sockets are points too.
    pub sockets: bool,
}

/// A process that is watched until it ends.
#[derive(Debug)]
pub struct Watched(JoinHandle<Vec<String>>);

impl Watched {
    /// Waits for its end, and answers the points that it came by.
    ///
    /// # Panics
    /// If it could not be watched to its end.
    pub fn ended(self) -> Vec<String> {
        self.0.join().expect("a process that was watched")
    }
}

/// Watches a process, which leads a group of its own, from now on.
///
/// # Panics
/// If the system does not let it.
pub fn watch(pid: Pid, plan: Plan) -> Watched {
    let (ready, seized) = mpsc::channel();
    // All of it in one thread: the system knows a debugger by its thread.
    let watching = thread::spawn(move || {
        seize(pid).unwrap_or_else(|error| panic!("{pid} cannot be watched: {error}"));
        ready.send(()).expect("somebody waits");
        Watch { pid, plan, failing: HashSet::new(), points: Vec::new() }.until_it_ends()
    });
    seized.recv().expect("it is watched");
    Watched(watching)
}

fn seize(pid: Pid) -> Result<(), Errno> {
    let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACEEXEC;
    let mut known = HashSet::new();
    loop {
        let mut fresh = false;
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).map_err(|_| Errno::ESRCH)?;
        for task in tasks.flatten() {
            let Some(task) = task.file_name().to_str().and_then(|name| name.parse().ok()).map(Pid::from_raw) else {
                continue;
            };
            if known.insert(task) {
                fresh = true;
                match ptrace::seize(task, options) {
                    // One that was made by a thread that is watched is watched already; one that has ended needs nothing.
                    Ok(()) => ptrace::interrupt(task)?,
                    Err(Errno::EPERM | Errno::ESRCH) if known.len() > 1 => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if !fresh {
            return Ok(());
        }
    }
}

struct Watch {
    pid: Pid,
    plan: Plan,
    /// Threads whose call was skipped, until it is answered.
    failing: HashSet<Pid>,
    points: Vec<String>,
}

impl Watch {
    fn until_it_ends(mut self) -> Vec<String> {
        // Of this group alone: others wait for children of their own.
        let group = Pid::from_raw(-self.pid.as_raw());
        loop {
            match waitpid(group, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::PtraceSyscall(thread)) => {
                    // A thread that has ended meanwhile is told of by itself.
                    self.at_a_call(thread).ok();
                    ptrace::syscall(thread, None).ok();
                }
                Ok(WaitStatus::PtraceEvent(thread, ..)) => drop(ptrace::syscall(thread, None)),
                Ok(WaitStatus::Stopped(thread, signal)) => drop(ptrace::syscall(thread, signal)),
                Ok(WaitStatus::Exited(thread, _) | WaitStatus::Signaled(thread, ..)) if thread == self.pid => break,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
        self.points
    }

    fn at_a_call(&mut self, thread: Pid) -> Result<(), Errno> {
        let mut regs = ptrace::getregs(thread)?;
        if self.failing.remove(&thread) {
            let errno = match self.plan.at {
                Some((_, Fault::Once(errno) | Fault::FromNowOn(errno))) => errno,
                _ => Errno::EIO,
            };
            regs.rax = i64::from(-(errno as i32)).cast_unsigned();
            return ptrace::setregs(thread, regs);
        }
        // At its end a call has another answer than at its beginning.
        if regs.rax.cast_signed() != -i64::from(Errno::ENOSYS as i32) {
            return Ok(());
        }
        let Some(point) = self.point(thread, regs.orig_rax, [regs.rdi, regs.rsi, regs.rdx]) else { return Ok(()) };
        self.points.push(point);
        let here = self.points.len();
        let fails = match self.plan.at {
            Some((at, Fault::Kill)) if at == here => {
                kill(self.pid, Signal::SIGKILL).ok();
                false
            }
            Some((at, Fault::Once(_))) => at == here,
            Some((at, Fault::FromNowOn(_))) => here >= at,
            _ => false,
        };
        if fails {
            self.failing.insert(thread);
            regs.orig_rax = u64::MAX;
            ptrace::setregs(thread, regs)?;
        }
        Ok(())
    }

    /// What the call is, in words, if it counts.
    fn point(&self, thread: Pid, call: u64, [first, _, third]: [u64; 3]) -> Option<String> {
        let file = |number: u64| fs::read_link(format!("/proc/{thread}/fd/{number}")).ok();
        let (name, file) = match call {
            1 => ("write", file(first)?),
            18 => ("pwrite64", file(first)?),
            20 => ("writev", file(first)?),
            44 => ("sendto", file(first)?),
            46 => ("sendmsg", file(first)?),
            74 => ("fsync", file(first)?),
            75 => ("fdatasync", file(first)?),
            77 => ("ftruncate", file(first)?),
            // Only where a file may be made.
            257 if third & 0o100 != 0 => return Some("openat".to_owned()),
            82 | 264 | 316 => return Some("rename".to_owned()),
            86 | 265 => return Some("link".to_owned()),
            87 | 263 => return Some("unlink".to_owned()),
            _ => return None,
        };
        if let Ok(inside) = file.strip_prefix(&self.plan.folder) {
            return Some(format!("{name} {}", shown(inside)));
        }
        (self.plan.sockets && file.to_str()?.starts_with("socket:")).then(|| "sending".to_owned())
    }
}

/// A file's place without what is another each time.
fn shown(file: &Path) -> String {
    let file = file.to_string_lossy();
    match file.strip_prefix("documents/") {
        Some(inside) if inside.contains('#') => "a draft".to_owned(),
        Some(inside) if inside.len() == 2 => "the draft's folder".to_owned(),
        Some(_) => "a document".to_owned(),
        None => file.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}
