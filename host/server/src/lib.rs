//! The reference host of Client Connect: a small document platform with a customer portal, over the runtime.
//!
//! | module | what it is |
//! |---|---|
//! | `config` | settings from flags, environment and file |
//! | `app` | what every request shares |
//! | `store` | SQLite: all SQL of the host is below it |
//! | `blobs` | the documents' bytes |
//! | `web` | the JSON API, for staff and for the portal |
//! | `pages` | the pages for people |
//! | `mail` | the outbox, sign-in codes, SMTP |
//! | `oidc` | identity providers of firms |
//! | `files` | keys and lists in files beside the records |
//! | `plugin` | which plugin runs |
//! | `reach` | what may be reached over the network |
//! | `room` | what is done when the disk is full |
//! | `scan` | malware in what comes |
//! | `tree` | a tree of folders as the platform |
//! | `webhooks` | tells another system what happens here |
//! | `sweeper` | deletes what is over |
//! | `vault` | seals what the records must not hold in the clear |
//! | `demo` | the demo firm |
//! | `checkpoints` | signed heads of the audit log |
//! | `cli` | the command line |

pub mod app;
pub mod blobs;
pub mod checkpoints;
pub mod cli;
pub mod config;
pub mod demo;
mod files;
pub mod mail;
pub mod oidc;
pub mod pages;
#[cfg(test)]
mod planted;
pub mod plugin;
mod reach;
pub mod room;
pub mod scan;
pub mod store;
pub mod sweeper;
pub mod tree;
pub mod vault;
pub mod web;
pub mod webhooks;
