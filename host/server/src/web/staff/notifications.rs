//! The Notifications section: which users are told of what contacts do.

use axum::{extract::State, http::StatusCode, response::Response};
use client_connect_runtime::{exports::notifications, types as contract};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read};
use crate::{
    app::SharedApp,
    web::{
        Problem,
        extract::Path,
        problem::Fault,
        session::{Staff, StaffToken},
        types::{Attributes, User, all},
        write::Write,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(notifications_section, save_notifications))
}

/// The Notifications section of a matter.
#[derive(Debug, Serialize, ToSchema)]
struct NotificationsSection {
    /// To be sent back with a Save.
    revision: u32,
    /// Who is told.
    rows: Vec<WatcherRow>,
    /// What a careful person would look at.
    notes: Vec<Fault>,
    /// What else the plugin says of it.
    attributes: Attributes,
}

/// A user who is told.
#[derive(Debug, Serialize, ToSchema)]
struct WatcherRow {
    /// Who, and how.
    watcher: Watcher,
    /// None where the platform knows them no more.
    user: Option<User>,
    /// Shown, not stored: not to be sent back with a Save.
    is_owner_by_default: bool,
    /// Why this user is not told.
    obstacles: Vec<Fault>,
    /// What else the plugin says of it.
    attributes: Attributes,
}

/// Who is told, and how.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Watcher {
    /// Who.
    user: String,
    /// In the app.
    in_app: bool,
    /// By mail.
    email: bool,
    /// What else the plugin is to keep with it.
    #[serde(default)]
    attributes: Attributes,
}

impl From<contract::Watcher> for Watcher {
    fn from(watcher: contract::Watcher) -> Self {
        let contract::Watcher { user, in_app, email, attributes } = watcher;
        Self { user, in_app, email, attributes: Attributes(attributes) }
    }
}

impl From<Watcher> for contract::Watcher {
    fn from(watcher: Watcher) -> Self {
        let Watcher { user, in_app, email, attributes } = watcher;
        Self { user, in_app, email, attributes: attributes.0 }
    }
}

impl From<contract::WatcherRow> for WatcherRow {
    fn from(row: contract::WatcherRow) -> Self {
        Self {
            watcher: row.watcher.into(),
            user: row.user.map(User::from),
            is_owner_by_default: row.is_owner_by_default,
            obstacles: all(row.obstacles),
            attributes: Attributes(row.attributes),
        }
    }
}

impl From<contract::NotificationsSection> for NotificationsSection {
    fn from(section: contract::NotificationsSection) -> Self {
        Self {
            revision: section.revision,
            rows: all(section.rows),
            notes: all(section.notes),
            attributes: Attributes(section.attributes),
        }
    }
}

/// The whole list. An owner who is not in it is told in both ways.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NotificationsSave {
    /// The section's revision that the list is based on.
    revision: u32,
    /// Who is told, and how.
    watchers: Vec<Watcher>,
}

/// Who is told of what contacts do in this matter.
#[utoipa::path(get, path = "/api/matters/{matter}/client-connect/notifications", tag = "notifications",
    params(("matter" = String, Path)), responses((status = 200, body = NotificationsSection)))]
async fn notifications_section(
    State(app): State<SharedApp>,
    token: StaffToken,
    Path(matter): Path<String>,
) -> Result<Response, Problem> {
    let view = notifications::View { matter };
    read(&app, token, move |unit, staff| Ok(NotificationsSection::from(unit.call(&caller(staff), &view)?))).await
}

/// Save the Notifications section: the whole list, or nothing. As a dry run, the review before the Save.
#[utoipa::path(put, path = "/api/matters/{matter}/client-connect/notifications", tag = "notifications",
    params(("matter" = String, Path), ("dry_run" = Option<bool>, Query)), request_body = NotificationsSave,
    responses((status = 200, body = NotificationsSection)))]
async fn save_notifications(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(matter): Path<String>,
    write: Write<NotificationsSave>,
) -> Result<Response, Problem> {
    let NotificationsSave { revision, watchers } = write.body;
    let save = notifications::SetWatchers { matter, revision, watchers: all(watchers) };
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        Ok(NotificationsSection::from(unit.call(caller, &save)?))
    });
    work.await
}
