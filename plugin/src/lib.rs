//! The rules of Client Connect.
//!
//! Compiled for `wasm32-wasip2` this crate is the component that a host loads; on any other target it is the
//! same rules as a library, for unit tests and benchmarks. It guarantees that every rule is pure: what a
//! function answers and writes depends on its arguments and on what [`Host`] answers, and on nothing else.
//! There is no clock, no randomness and no state between calls.
//!
//! | module | what it decides |
//! |---|---|
//! | [`decide`] | whether a contact may read, download or upload: the one function that every route asks |
//! | [`access`] | the Access section: who may enter |
//! | [`sharing`] | the Sharing section: who sees which document |
//! | [`notifications`] | the Notifications section: which users are told |
//! | [`portal`] | what a contact sees, and what bytes they may have |
//! | [`events`] | what follows from the facts that the platform reports |
//! | [`letters`] | the words of the mails |

pub mod access;
mod address;
mod attributes;
#[cfg(target_family = "wasm")]
mod component;
mod contract;
pub mod decide;
pub mod events;
mod host;
pub mod letters;
pub mod limits;
pub mod notifications;
#[cfg(all(planted, target_family = "wasm"))]
mod planted;
pub mod portal;
mod refuse;
pub mod sharing;
mod staff;
pub mod types;
mod words;

pub use host::Host;

/// What this plugin says of itself.
#[must_use]
pub fn describe() -> types::Description {
    types::Description {
        name: "Client Connect".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        attributes: vec![("locales".to_owned(), words::LOCALES.join(","))],
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
