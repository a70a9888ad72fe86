//! A whole backend in memory, for tests of plugins, of hosts and of this runtime, and for a first try.
//!
//! It is honest where it matters: transactions see a snapshot and their own writes, are undone unless they are
//! committed, and of two that write at once the second one's commit is a conflict. Nothing outlives the
//! process, and every list is computed from all records: it is not made for many.
//!
//! ```
//! use client_connect_runtime::memory::Memory;
//! let memory = Memory::new();
//! memory.edit(|records| {
//!     records.firm("f", "Miller & Partners");
//!     records.user("f", "u", "Ada Miller").matter("f", "m", "Estate of Brown", Some("u")).member("m", "u", true);
//!     records.contact("f", "c", "Ben Brown", Some("ben@example.org")).link("m", "c");
//!     records.document("m", "d", "Will.pdf");
//! });
//! ```

mod records;
mod search;
mod tx;

use std::sync::{Arc, Mutex, PoisonError};

pub use records::{Recorded, Records, StoredDocument};

use crate::{
    backend::{Backend, CommitError, Mode},
    types::{HostError, Timestamp},
};

/// The backend. Its clones are the same store.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Goes up with every commit.
    version: u64,
    records: Arc<Records>,
}

impl Memory {
    /// A store without a record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes records from outside of any transaction: those under way that write will meet a conflict.
    pub fn edit<R>(&self, work: impl FnOnce(&mut Records) -> R) -> R {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.version += 1;
        work(Arc::make_mut(&mut kept.records))
    }

    /// The records as they were last committed.
    pub fn records(&self) -> Arc<Records> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).records.clone()
    }

    /// All that is stored, as text: equal texts, equal stores. Random ids of calls are left out.
    pub fn dump(&self) -> String {
        self.records().dump()
    }
}

impl Backend for Memory {
    type Tx = MemoryTx;

    fn begin(&self, mode: Mode, _now: Timestamp) -> Result<MemoryTx, HostError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(MemoryTx { store: self.clone(), mode, base: kept.version, records: kept.records.clone(), wrote: false })
    }
}

/// One transaction over a [`Memory`].
#[derive(Debug)]
pub struct MemoryTx {
    store: Memory,
    mode: Mode,
    base: u64,
    records: Arc<Records>,
    wrote: bool,
}

impl MemoryTx {
    /// The records as this transaction sees them.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The platform's own work in this transaction, beside the plugin's.
    ///
    /// # Errors
    /// In a transaction that may only read.
    pub fn edit<R>(&mut self, work: impl FnOnce(&mut Records) -> R) -> Result<R, HostError> {
        if self.mode == Mode::Read {
            return Err(HostError::Other("a transaction that may only read".into()));
        }
        self.wrote = true;
        Ok(work(Arc::make_mut(&mut self.records)))
    }

    fn keep(self) -> Result<(), CommitError> {
        if !self.wrote {
            return Ok(());
        }
        let mut kept = self.store.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != self.base {
            return Err(CommitError::Conflict);
        }
        kept.version += 1;
        kept.records = self.records;
        Ok(())
    }
}
