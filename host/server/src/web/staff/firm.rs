//! The firm's settings, and its users.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller, read, row, text};
use crate::{
    app::SharedApp,
    store::{audit, factors, firms, names, users},
    web::{
        Problem,
        extract::some,
        session::{Staff, StaffToken},
        write::Write,
    },
};

pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(get_firm, change_firm)).routes(routes!(list_users))
}

/// The longest that a mail may wait, in seconds.
const HOLD_MOST: u32 = 86_400;

/// What the firm has set for all its matters.
#[derive(Debug, Serialize, ToSchema)]
struct Firm {
    /// Its id.
    id: String,
    /// As its customers read it.
    name: String,
    /// The switch of Client Connect: off, there is no section, no portal, no sign-in of customers.
    enabled: bool,
    /// The address that its mails come from.
    sender: String,
    /// Seconds for which a mail waits, so that it can be taken back.
    mail_hold: u32,
    /// What becomes of access when a matter is closed: `keep`, `read-only`, or the days until it ends.
    when_closed: String,
    /// Whether the pages that a customer looks at bear their address and the time.
    watermark: bool,
    /// Who stands in for a matter's owner where there is none who is active.
    fallback_user: Option<String>,
    /// Whether everybody who works here needs a second factor to sign in.
    second_factor: bool,
}

impl Firm {
    fn of(firm: firms::Firm, second_factor: bool) -> Self {
        let firms::Firm { id, name, enabled, fallback_user, sender, mail_hold, when_closed, watermark, attributes: _ } =
            firm;
        Self { id, name, enabled, sender, mail_hold, when_closed, watermark, fallback_user, second_factor }
    }
}

/// What is to change; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirmChange {
    name: Option<String>,
    enabled: Option<bool>,
    sender: Option<String>,
    mail_hold: Option<u32>,
    when_closed: Option<String>,
    watermark: Option<bool>,
    /// Takes an administrator who has one.
    second_factor: Option<bool>,
    /// `null`: nobody.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    fallback_user: Option<Option<String>>,
}

/// The firm's settings.
#[utoipa::path(get, path = "/api/firm", tag = "firm", responses((status = 200, body = Firm)))]
async fn get_firm(State(app): State<SharedApp>, token: StaffToken) -> Result<Response, Problem> {
    let answer = read(&app, token, |unit, staff| {
        let firm = firms::get(unit.tx(), &staff.firm)?.ok_or_else(Problem::not_found)?;
        Ok(Firm::of(firm, factors::required(unit.tx(), &staff.firm)?))
    });
    answer.await
}

/// Change the firm's settings. Takes an administrator.
#[utoipa::path(patch, path = "/api/firm", tag = "firm", request_body = FirmChange, responses((status = 200, body = Firm)))]
async fn change_firm(
    State(app): State<SharedApp>,
    staff: Staff,
    write: Write<FirmChange>,
) -> Result<Response, Problem> {
    if !staff.admin {
        return Err(Problem::denied("Only an administrator may change the firm's settings."));
    }
    let change = write.body;
    let work = write.asked.run(&app, caller(&staff), StatusCode::OK, move |unit, caller| {
        let mut firm = firms::get(unit.tx(), &staff.firm)?.ok_or_else(Problem::not_found)?;
        let before = firm.clone();
        apply(&mut firm, &change)?;
        if let Some(Some(user)) = &change.fallback_user {
            let known = users::get(unit.tx(), user)?.is_some_and(|user| user.firm == staff.firm && user.active);
            if !known {
                return Err(Problem::field("fallback_user", "unknown-user", "This is no active user of the firm."));
            }
        }
        let needed = factors::required(unit.tx(), &staff.firm)?;
        let needs = change.second_factor.unwrap_or(needed);
        if needs && !needed && factors::confirmed(unit.tx(), &staff.user)?.is_none() {
            let said = "Set up your own second factor first: without one this would lock you out.";
            return Err(Problem::field("second_factor", "no-second-factor", said));
        }
        if firm != before || needs != needed {
            firms::update(unit.tx(), &firm)?;
            factors::require(unit.tx(), &staff.firm, needs)?;
            let mut row = row(unit, caller, "firm.changed");
            for (key, changed, value) in [
                ("name", firm.name != before.name, firm.name.clone()),
                ("enabled", firm.enabled != before.enabled, firm.enabled.to_string()),
                ("sender", firm.sender != before.sender, firm.sender.clone()),
                ("mail-hold", firm.mail_hold != before.mail_hold, firm.mail_hold.to_string()),
                ("second-factor", needs != needed, needs.to_string()),
                ("watermark", firm.watermark != before.watermark, firm.watermark.to_string()),
                ("when-closed", firm.when_closed != before.when_closed, firm.when_closed.clone()),
                (
                    "fallback-user",
                    firm.fallback_user != before.fallback_user,
                    firm.fallback_user.clone().unwrap_or_default(),
                ),
            ] {
                if changed {
                    row = row.detail(key, value);
                }
            }
            audit::append(unit.tx(), &staff.firm, &row)?;
        }
        Ok(Firm::of(firm, needs))
    });
    work.await
}

fn apply(firm: &mut firms::Firm, change: &FirmChange) -> Result<(), Problem> {
    if let Some(name) = &change.name {
        firm.name = text("name", name, 200)?;
    }
    if let Some(sender) = &change.sender {
        let sender = text("sender", sender, 254)?;
        if names::email_key(&sender).is_none() {
            return Err(Problem::field("sender", "bad-address", "This is no mail address."));
        }
        firm.sender = sender;
    }
    if let Some(hold) = change.mail_hold {
        if hold > HOLD_MOST {
            return Err(Problem::field("mail_hold", "too-large", "A mail waits for a day at most."));
        }
        firm.mail_hold = hold;
    }
    if let Some(watermark) = change.watermark {
        firm.watermark = watermark;
    }
    if let Some(when) = &change.when_closed {
        let days =
            when.parse::<u16>().is_ok_and(|days| days <= 3_650 && when.bytes().all(|byte| byte.is_ascii_digit()));
        if !(days || matches!(when.as_str(), "keep" | "read-only")) {
            return Err(Problem::field(
                "when_closed",
                "bad-value",
                "This is `keep`, `read-only`, or a number of days.",
            ));
        }
        firm.when_closed.clone_from(when);
    }
    if let Some(enabled) = change.enabled {
        firm.enabled = enabled;
    }
    if let Some(user) = &change.fallback_user {
        firm.fallback_user.clone_from(user);
    }
    Ok(())
}

/// A user of the firm, as colleagues see them.
#[derive(Debug, Serialize, ToSchema)]
struct Colleague {
    /// Their id.
    id: String,
    /// As colleagues read it.
    name: String,
    /// The address that they sign in with.
    email: String,
    /// Whether they are still with the firm.
    active: bool,
    /// Whether they may change the firm's settings.
    admin: bool,
}

/// The firm's users, to choose members, owners and watchers from.
#[utoipa::path(get, path = "/api/users", tag = "firm", responses((status = 200, body = Vec<Colleague>)))]
async fn list_users(State(app): State<SharedApp>, token: StaffToken) -> Result<Response, Problem> {
    let answer = read(&app, token, |unit, staff| {
        let colleague = |user: users::User| {
            let users::User { id, name, email, active, admin, .. } = user;
            Colleague { id, name, email, active, admin }
        };
        Ok(users::list(unit.tx(), &staff.firm)?.into_iter().map(colleague).collect::<Vec<_>>())
    });
    answer.await
}
