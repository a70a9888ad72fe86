//! The unit of work: one transaction, and the calls of the plugin inside it.
//!
//! All of it is kept, or nothing: a unit is committed when its work answers `Ok` and every call in it did.
//! If another transaction came first, the work runs again, in whole, three times at most.

use crate::{
    backend::{Backend, CallRecord, CommitError, Mode, Remembered, Tx},
    call,
    exports::Export,
    failure::{Failure, Stop},
    floor::{Bound, Floor},
    runtime::{Runtime, Shared},
    types::{Actor, Attributes, ContactId, DocumentId, HostError, MatterId, Refusal, Timestamp},
};

/// How often a unit is tried when other transactions come first.
const TRIES: u32 = 3;

/// Who asks, as the host has authenticated them.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Never taken from the plugin or from a request's body.
    pub actor: Actor,
    /// BCP 47, of the person who asks or will read.
    pub locale: String,
    /// The request that causes the calls, for the audit and the log.
    pub request: Option<String>,
    /// Passed to the plugin as they are.
    pub attributes: Attributes,
}

/// An answer under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// As the first run wrote it.
    pub answer: Vec<u8>,
    /// Whether it is the stored one.
    pub replayed: bool,
}

impl<B: Backend> Runtime<B> {
    /// Runs `work` in one transaction that may only read.
    ///
    /// # Errors
    /// What `work` answers, or [`Failure::Backend`] if there is no transaction to be had.
    pub fn read<T, E: From<Failure>>(&self, work: impl FnOnce(&mut Unit<'_, B::Tx>) -> Result<T, E>) -> Result<T, E> {
        work(&mut self.begin(Mode::Read)?)
    }

    /// Runs `work` in one transaction and commits it if it answers `Ok`. `work` runs again, on a new
    /// transaction, if another transaction came first: what it does outside of the transaction must bear that.
    ///
    /// # Errors
    /// What `work` answers; the failure of a call in it, even if `work` passed over that;
    /// [`Failure::Conflict`] if other transactions came first each time; [`Failure::Backend`].
    pub fn write<T, E: From<Failure>>(
        &self,
        mut work: impl FnMut(&mut Unit<'_, B::Tx>) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..TRIES {
            let mut unit = self.begin(Mode::Write)?;
            let answer = work(&mut unit)?;
            match unit.commit() {
                Ok(()) => return Ok(answer),
                Err(CommitOr::Conflict) => metrics::counter!("plugin_conflicts_total").increment(1),
                Err(CommitOr::Failure(failure)) => return Err(failure.into()),
            }
        }
        Err(Failure::Conflict { tries: TRIES }.into())
    }

    /// The same, rolled back at the end: what would happen.
    ///
    /// # Errors
    /// As [`Runtime::write`], but for conflicts.
    pub fn dry_run<T, E: From<Failure>>(
        &self,
        work: impl FnOnce(&mut Unit<'_, B::Tx>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut unit = self.begin(Mode::Write)?;
        let answer = work(&mut unit)?;
        match unit.spent.take() {
            Some(failure) => Err(failure.into()),
            None => Ok(answer),
        }
    }

    /// The same as [`Runtime::write`], at most once for each key: if the key has been used for the same request,
    /// the stored answer. Only what was done is stored: a request that failed may be tried again.
    ///
    /// # Errors
    /// As [`Runtime::write`], and [`Failure::KeyReused`].
    pub fn once<E: From<Failure>>(
        &self,
        key: &str,
        request: [u8; 32],
        mut work: impl FnMut(&mut Unit<'_, B::Tx>) -> Result<Vec<u8>, E>,
    ) -> Result<Once, E> {
        self.write(|unit| {
            if let Some(kept) = unit.tx().remembered(key).map_err(Failure::Backend)? {
                if kept.request != request {
                    return Err(Failure::KeyReused.into());
                }
                return Ok(Once { answer: kept.answer, replayed: true });
            }
            let answer = work(unit)?;
            if unit.spent.is_none() {
                let kept = Remembered { request, answer: answer.clone() };
                unit.tx().remember(key, &kept).map_err(Failure::Backend)?;
            }
            Ok(Once { answer, replayed: false })
        })
    }

    fn begin(&self, mode: Mode) -> Result<Unit<'_, B::Tx>, Failure> {
        let now = self.now();
        let tx = self.backend().begin(mode, now).map_err(Failure::Backend)?;
        Ok(Unit { tx: Some(tx), now, mode, spent: None, shared: &self.shared })
    }
}

/// One transaction, while it is open.
pub struct Unit<'r, T: 'static> {
    tx: Option<T>,
    now: Timestamp,
    mode: Mode,
    /// The failure after which nothing of this unit will be kept.
    spent: Option<Failure>,
    shared: &'r Shared<T>,
}

impl<T> std::fmt::Debug for Unit<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unit")
            .field("now", &self.now)
            .field("mode", &self.mode)
            .field("spent", &self.spent)
            .finish_non_exhaustive()
    }
}

enum CommitOr {
    Conflict,
    Failure(Failure),
}

impl<T: Tx> Unit<'_, T> {
    /// The transaction, for the host's own work beside the calls.
    pub fn tx(&mut self) -> &mut T {
        match &mut self.tx {
            Some(tx) => tx,
            None => unreachable!("the transaction is lent only while a call runs"),
        }
    }

    /// When this unit began: the time of all that happens in it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Calls the plugin, in a fresh instance. After a failure in a unit that writes, the unit is spent: nothing
    /// of it will be kept, and nothing more is called. One that only reads may go on after a refusal.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub fn call<E: Export>(&mut self, caller: &Caller, export: &E) -> Result<E::Answer, Failure> {
        self.run(|shared, tx, now| {
            if E::WRITES && tx.1 == Mode::Read {
                let misused = HostError::Other(format!("{} in a unit that only reads", E::NAME));
                return (Some(tx.0), Err(Failure::Backend(misused)));
            }
            call::run(shared, tx.0, now, caller, export)
        })
    }

    /// Closes these contacts' portals to a matter without asking the plugin: for when it is in quarantine.
    /// The actor must be a user who may share there, or the host. Answers those whose portal was open.
    ///
    /// # Errors
    /// [`Failure::Refused`] with `not-found` for whom the matter is not there or not theirs to share.
    pub fn revoke(
        &mut self,
        caller: &Caller,
        matter: &MatterId,
        contacts: &[ContactId],
    ) -> Result<Vec<ContactId>, Failure> {
        self.emergency(caller, "host.revoke", matter, |floor| floor.revoke(matter, contacts))
    }

    /// Ends live shares without asking the plugin, as [`Unit::revoke`] does. Answers the pairs that were live.
    ///
    /// # Errors
    /// As [`Unit::revoke`].
    pub fn unshare(
        &mut self,
        caller: &Caller,
        matter: &MatterId,
        documents: &[DocumentId],
        contacts: &[ContactId],
    ) -> Result<Vec<(DocumentId, ContactId)>, Failure> {
        self.emergency(caller, "host.unshare", matter, |floor| floor.unshare(matter, documents, contacts))
    }

    fn emergency<R>(
        &mut self,
        caller: &Caller,
        name: &'static str,
        matter: &MatterId,
        work: impl FnOnce(&mut Floor<T>) -> Result<R, HostError>,
    ) -> Result<R, Failure> {
        self.run(|shared, tx, now| {
            let record = CallRecord { id: call::id(), ..call::record(caller, name, Some(matter), now, "") };
            let mut floor = Floor::new(Some(tx.0), record, Bound::to(matter), true, &shared.limits);
            let done = call::guarded(|| {
                let answer = work(&mut floor)?;
                floor.finish()?;
                Ok(answer)
            });
            let done = match done {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(HostError::NotFound(_))) => Err(Failure::Refused(Refusal::NotFound)),
                Ok(Err(error)) => Err(Failure::Backend(error)),
                Err(Stop { blame, reason, detail }) => Err(Failure::Broken { export: name, blame, reason, detail }),
            };
            (floor.into_tx(), done)
        })
    }

    /// Lends the transaction to `work`, and keeps its failure.
    fn run<R>(
        &mut self,
        work: impl FnOnce(&Shared<T>, (T, Mode), Timestamp) -> (Option<T>, Result<R, Failure>),
    ) -> Result<R, Failure> {
        if let Some(failure) = &self.spent {
            return Err(failure.clone());
        }
        let Some(tx) = self.tx.take() else { unreachable!("the transaction is lent only while a call runs") };
        let (tx, answer) = work(self.shared, (tx, self.mode), self.now);
        self.tx = tx;
        if let Err(failure) = &answer {
            let harmless = self.mode == Mode::Read && matches!(failure, Failure::Refused(_));
            if !harmless {
                self.spent = Some(failure.clone());
            }
        }
        answer
    }

    fn commit(self) -> Result<(), CommitOr> {
        if let Some(failure) = self.spent {
            return Err(CommitOr::Failure(failure));
        }
        let Some(tx) = self.tx else { unreachable!("the transaction is lent only while a call runs") };
        tx.commit().map_err(|error| match error {
            CommitError::Conflict => CommitOr::Conflict,
            CommitError::Failed(detail) => CommitOr::Failure(Failure::Backend(HostError::Other(detail))),
        })
    }
}
