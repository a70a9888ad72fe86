//! The contract's types and functions, generated from `wit/`. Nothing is written by hand here.

#![allow(unsafe_code, missing_docs, unreachable_pub, dead_code, clippy::all, clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(planted))]
wit_bindgen::generate!({
    path: "../wit",
    world: "client-connect",
    additional_derives: [PartialEq],
    generate_all,
});

// The same, seen from the folder of the guest `planted`.
#[cfg(planted)]
wit_bindgen::generate!({
    path: "../../../wit",
    world: "client-connect",
    additional_derives: [PartialEq],
    generate_all,
});
