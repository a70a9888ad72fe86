//! The portal over its real router, with the compiled plugin.

mod downloads;
mod finished;
pub(crate) mod house;
mod reading;
mod resumed;
mod streams;
mod uploads;
