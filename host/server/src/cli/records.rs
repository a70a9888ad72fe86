//! Commands over the records: proofs, users, backups.

use super::{Stop, exit};
use crate::config::Config;

pub(super) fn audit_verify(_: &Config, _: &clap::ArgMatches) -> Result<u8, Stop> {
    Ok(exit::OK)
}
pub(super) fn verify(_: &Config) -> Result<u8, Stop> {
    Ok(exit::OK)
}
pub(super) fn user_add(_: &Config, _: &clap::ArgMatches) -> Result<u8, Stop> {
    Ok(exit::OK)
}
pub(super) fn backup(_: &Config, _: &clap::ArgMatches) -> Result<u8, Stop> {
    Ok(exit::OK)
}
