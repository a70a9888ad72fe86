//! The contract of previews, as this side calls it: both worlds, with one set of types.

#![allow(missing_docs, unreachable_pub, reason = "generated")]

pub(crate) mod pages {
    wasmtime::component::bindgen!({ path: "wit", world: "pages" });
}

pub(crate) mod office {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "office",
        with: { "client-connect:preview/types": super::pages::client_connect::preview::types },
    });
}

pub(crate) use pages::client_connect::preview::types::{Cause, Hint};
