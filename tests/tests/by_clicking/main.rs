//! Client Connect as people use it: staff and customers at real browsers, each with one of their own.
//!
//! Where this machine has no Chromium, that is said aloud and nothing here is tested.

#![allow(clippy::expect_used, reason = "tests end where their ground gives way")]

mod documents;
mod entering;
mod everywhere;
mod growth;
mod held;
mod keyboard;
mod looking;
mod main_job;
mod pictures;
mod portal;
mod second_factor;
mod sections;
mod sharing;
