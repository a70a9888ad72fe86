//! The sections of Client Connect: read by the same calls of the plugin as in the API, and saved through the API alone.

use client_connect_pages::staff::client_connect::Staging;

use super::*;
use crate::web::{Path, staff::caller};

mod access;
mod health;
mod notifications;
mod overview;
mod see_as;
mod seen;
mod sharing;
mod uploads;

/// The pages of this module.
pub(super) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/matters/{matter}/client-connect", get(overview::page))
        .route("/matters/{matter}/client-connect/access", get(access::page))
        .route("/matters/{matter}/client-connect/sharing", get(sharing::page))
        .route("/matters/{matter}/client-connect/documents", get(uploads::page))
        .route("/matters/{matter}/client-connect/notifications", get(notifications::page))
        .route("/matters/{matter}/client-connect/seen", get(seen::page))
        .route("/matters/{matter}/client-connect/as/{contact}", get(see_as::page))
        .route("/matters/{matter}/client-connect/as/{contact}/documents/{document}", get(look::as_contact))
}

/// What the section's scripts need.
fn staging(unit: &mut Unit<'_, SqliteTx>, staff: &Staff, revision: u32) -> Result<Staging, Problem> {
    let firm = firms::get(unit.tx(), &staff.firm)?.ok_or_else(Problem::not_found)?;
    Ok(Staging { user: staff.user.clone(), revision, now: unit.now(), hold: firm.mail_hold })
}

#[cfg(test)]
mod tests;
