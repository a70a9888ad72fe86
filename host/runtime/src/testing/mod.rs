//! For tests of backends and hosts: a backend whose calls fail on command.
//!
//! Wrap a backend, count the calls that some work makes, and let each in turn fail in each way: whatever
//! happens, what is stored must be as it was, and the next call must succeed.
//!
//! ```
//! use client_connect_runtime::{Backend, Tx, backend::{Mode, Viewer}, memory::Memory, testing::{Fault, Faulty}};
//! let backend = Faulty::new(Memory::new());
//! backend.arm(1, Fault::Error);
//! let mut tx = backend.begin(Mode::Read, 0).unwrap();
//! assert!(tx.matter(&Viewer::Host, &"m".into()).is_err());
//! assert!(tx.matter(&Viewer::Host, &"m".into()).is_ok(), "only the first call fails");
//! ```

pub mod scenarios;

use std::{
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::{
    backend::{Backend, CallRecord, CommitError, Effect, Mode, Remembered, Tx, Viewer},
    types::{
        AccessGrant, AuditEntry, Contact, ContactId, Document, DocumentChange, DocumentFilter, DocumentId,
        DocumentPage, GrantedMatter, HostError, Matter, MatterId, Member, Notice, Page, Section, SharedCount,
        SharedDocument, Timestamp, UserId, Watcher,
    },
};

/// How a call of the backend fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers that the store is not available.
    Error,
    /// It and all calls after it answer so.
    Outage,
    /// It panics.
    Panic,
    /// It answers, but only after so long.
    Delay(Duration),
}

/// A backend whose calls fail on command. All transactions that it begins share the command.
#[derive(Clone, Debug)]
pub struct Faulty<B> {
    inner: B,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    calls: u32,
    fault: Option<(u32, Fault)>,
    commit: bool,
}

impl<B> Faulty<B> {
    /// Wraps a backend, which works until a fault is armed.
    pub fn new(inner: B) -> Self {
        Self { inner, plan: Arc::default() }
    }

    /// Lets the `k`-th call from here on fail, counted from 1.
    pub fn arm(&self, k: u32, fault: Fault) {
        *lock(&self.plan) = Plan { fault: Some((k, fault)), ..Plan::default() };
    }

    /// Lets the next commit fail, after all calls went well.
    pub fn arm_commit(&self) {
        *lock(&self.plan) = Plan { commit: true, ..Plan::default() };
    }

    /// Lets everything work, and counts anew.
    pub fn disarm(&self) {
        *lock(&self.plan) = Plan::default();
    }

    /// How many calls there were since the last command.
    pub fn calls(&self) -> u32 {
        lock(&self.plan).calls
    }

    /// The backend inside.
    pub fn inner(&self) -> &B {
        &self.inner
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Backend> Backend for Faulty<B> {
    type Tx = FaultyTx<B::Tx>;

    fn begin(&self, mode: Mode, now: Timestamp) -> Result<Self::Tx, HostError> {
        Ok(FaultyTx { inner: self.inner.begin(mode, now)?, plan: self.plan.clone() })
    }
}

/// A transaction of a [`Faulty`] backend.
#[derive(Debug)]
pub struct FaultyTx<T> {
    inner: T,
    plan: Arc<Mutex<Plan>>,
}

impl<T> FaultyTx<T> {
    /// The transaction inside, past all faults.
    pub fn inner(&mut self) -> &mut T {
        &mut self.inner
    }

    fn step(&self) -> Result<(), HostError> {
        let mut plan = lock(&self.plan);
        plan.calls += 1;
        let fault = match plan.fault {
            Some((k, fault)) if k == plan.calls || fault == Fault::Outage && k < plan.calls => fault,
            _ => return Ok(()),
        };
        drop(plan);
        match fault {
            Fault::Error | Fault::Outage => Err(HostError::Unavailable("as the test wants it".into())),
            // Past the panic hook, which has nothing to tell here.
            Fault::Panic => resume_unwind(Box::new("as the test wants it")),
            Fault::Delay(time) => {
                thread::sleep(time);
                Ok(())
            }
        }
    }
}

macro_rules! forward {
    ($($name:ident($($arg:ident: $shape:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&mut self, $($arg: $shape),*) -> Result<$answer, HostError> {
            self.step()?;
            self.inner.$name($($arg),*)
        })*
    };
}

impl<T: Tx> Tx for FaultyTx<T> {
    fn commit(self) -> Result<(), CommitError> {
        if std::mem::take(&mut lock(&self.plan).commit) {
            return Err(CommitError::Failed("as the test wants it".into()));
        }
        self.inner.commit()
    }

    forward! {
        matter(viewer: &Viewer, id: &MatterId) -> Option<Matter>;
        members(matter: &MatterId, ids: &[UserId]) -> Vec<Option<Member>>;
        contacts(matter: &MatterId, ids: Option<&[ContactId]>) -> Vec<Contact>;
        same_address(contacts: &[ContactId]) -> Vec<Vec<Contact>>;
        documents(viewer: &Viewer, matter: &MatterId, ids: &[DocumentId]) -> Vec<Option<Document>>;
        find_documents(viewer: &Viewer, matter: &MatterId, filter: &DocumentFilter, page: &Page) -> DocumentPage;
        update_documents(matter: &MatterId, changes: &[DocumentChange]) -> ();
        grants(matter: &MatterId, contacts: Option<&[ContactId]>) -> Vec<AccessGrant>;
        put_grants(matter: &MatterId, grants: &[AccessGrant]) -> ();
        granted_matters(contact: &ContactId) -> Vec<GrantedMatter>;
        shared(matter: &MatterId, documents: &[DocumentId], contacts: Option<&[ContactId]>) -> Vec<SharedDocument>;
        put_shared(matter: &MatterId, shared: &[SharedDocument]) -> ();
        count_shared(matter: &MatterId, contacts: Option<&[ContactId]>) -> Vec<SharedCount>;
        forget_contacts(matter: &MatterId, contacts: &[ContactId]) -> ();
        watchers(matter: &MatterId) -> Vec<Watcher>;
        set_watchers(matter: &MatterId, watchers: &[Watcher]) -> ();
        revision(matter: &MatterId, section: Section) -> u32;
        raise_revision(matter: &MatterId, section: Section, current: u32) -> u32;
        enqueue(call: &CallRecord, notices: &[Notice]) -> ();
        record(call: &CallRecord, effects: &[Effect], entries: &[AuditEntry]) -> ();
        remembered(key: &str) -> Option<Remembered>;
        remember(key: &str, remembered: &Remembered) -> ();
    }
}
