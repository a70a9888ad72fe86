//! The unit of work: one transaction, and the calls of the plugin inside it.

use std::marker::PhantomData;

use crate::{
    backend::{Backend, Tx},
    exports::Export,
    failure::Failure,
    types::{Actor, Attributes, Timestamp},
};

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

/// A loaded plugin over a backend.
#[derive(Debug)]
pub struct Runtime<B: Backend> { backend: B }

/// An answer under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once { /** As the first run wrote it. */ pub answer: Vec<u8>, /** Whether it is the stored one. */ pub replayed: bool }

impl<B: Backend> Runtime<B> {
    /// The storage.
    pub fn backend(&self) -> &B { &self.backend }
    /// The runtime's clock.
    pub fn now(&self) -> Timestamp { todo!() }
    /// Runs `work` in one transaction that may only read.
    pub fn read<T, E: From<Failure>>(&self, _work: impl FnOnce(&mut Unit<'_, B::Tx>) -> Result<T, E>) -> Result<T, E> { todo!() }
    /// Runs `work` in one transaction and commits it if it answers `Ok`. `work` runs again, on a new transaction,
    /// if another transaction came first: what it does outside of the transaction must bear that.
    pub fn write<T, E: From<Failure>>(&self, _work: impl FnMut(&mut Unit<'_, B::Tx>) -> Result<T, E>) -> Result<T, E> { todo!() }
    /// The same, rolled back at the end: what would happen.
    pub fn dry_run<T, E: From<Failure>>(&self, _work: impl FnOnce(&mut Unit<'_, B::Tx>) -> Result<T, E>) -> Result<T, E> { todo!() }
    /// The same as `write`, at most once for each key: if the key has been used for the same request, the stored answer.
    pub fn once<E: From<Failure>>(&self, _key: &str, _request: [u8; 32], _work: impl FnMut(&mut Unit<'_, B::Tx>) -> Result<Vec<u8>, E>) -> Result<Once, E> { todo!() }
}

/// One transaction, while it is open.
#[derive(Debug)]
pub struct Unit<'r, T> { tx: Option<T>, now: Timestamp, runtime: PhantomData<&'r ()> }

impl<T: Tx> Unit<'_, T> {
    /// The transaction, for the host's own work beside the calls.
    pub fn tx(&mut self) -> &mut T { match &mut self.tx { Some(tx) => tx, None => unreachable!("the transaction is lent only while a call runs") } }
    /// When this unit began: the time of all that happens in it.
    pub fn now(&self) -> Timestamp { self.now }
    /// Calls the plugin, in a fresh instance. After a failure the unit is spent: nothing of it will be kept.
    pub fn call<E: Export>(&mut self, _caller: &Caller, _export: &E) -> Result<E::Answer, Failure> { todo!() }
}
