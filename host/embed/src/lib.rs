//! The compiled components, as bytes: those that the reference host runs unless it is given others, and that the tests
//! and benchmarks run always.

/// A WASI component that exports the world `client-connect:plugin/client-connect`.
pub static PLUGIN: &[u8] = include_bytes!(env!("CLIENT_CONNECT_PLUGIN"));

/// A WASI component that exports the world `client-connect:preview/pages`.
pub static RENDERER: &[u8] = include_bytes!(env!("CLIENT_CONNECT_RENDERER"));
