//! Staff: the code that is due after the password. It makes half a session whole, under a new token.
//!
//! A code is counted before it is judged, in the transaction that judges it: of any number of tries at once no more are
//! judged than the limit lets through. Only who knows the password comes as far as being counted, so a stranger locks
//! nobody out; and a browser in which the user has signed in before counts by itself.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use client_connect_runtime::types::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Counted, DAY, KNOWN_DAYS, MINUTE, Visitor, address,
    staff::{StaffMe, counted_as, known},
    totp::{self, Typed},
};
use crate::{
    app::{App, SharedApp},
    mail::account,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        factors,
        limits::Limit,
        outbox,
        sessions::{self, Stage},
    },
    web::{
        blocking,
        extract::Json,
        problem::Problem,
        session::{self, CookieKind, Secret, Staff, StaffToken},
    },
};

/// Wrong codes of one user, from one network or known browser.
const CODES: Limit = Limit { what: "factor", most: 5, window: 15 * MINUTE };
/// Codes of one user from anywhere but their known browsers.
const CODES_OVERALL: Limit = Limit { what: "factor-all", most: 20, window: DAY };

/// What a secret is sealed as.
pub(super) const SEALED: &str = "second factor";
/// What a recovery code is hashed as.
pub(super) const RECOVERY: &str = "recovery code";

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(give_code))
}

/// A code of the app, or a recovery code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveCode {
    /// Six digits, or sixteen letters and digits; spaces, dashes and case do not matter.
    #[schema(example = "123 456", max_length = 100)]
    pub(crate) code: String,
}

/// How a try went.
pub(super) enum Tried {
    /// It was a code of the app.
    Code,
    /// It was a recovery code, which is used up now.
    Recovery,
    /// It was neither, or used up before.
    Wrong {
        /** Whether no more are judged for now. */
        last: bool,
    },
}

/// This is not a code, or not one any more.
pub(super) fn wrong() -> Problem {
    let said = "This is not the code, or it was used already.";
    Problem::new(StatusCode::UNAUTHORIZED, "code-wrong", said)
}

/// Counts a try and judges it. What is right is used up.
///
/// # Errors
/// `sign-in-blocked` after too many; `invalid` for what is no code at all, which is not counted.
pub(super) fn tried(
    app: &App,
    tx: &SqliteTx,
    now: Timestamp,
    visitor: &Visitor,
    staff: &Staff,
    typed: &str,
) -> Result<Tried, Problem> {
    let counted = Counted::new(app, tx, &counted_as(&address(&staff.email)?.1), visitor)?;
    counted.admit(tx, now, &[CODES], &[CODES_OVERALL], &[], "sign-in-blocked")?;
    let typed = Typed::new(typed).ok_or_else(|| {
        Problem::field("code", "not-a-code", "A code has six digits; a recovery code has sixteen letters and digits.")
    })?;
    counted.count(tx, now, &[CODES], &[CODES_OVERALL], &[])?;
    let tried = match typed {
        Typed::Code(code) => {
            let Some(factor) = factors::confirmed(tx, &staff.user)? else { return Err(Problem::sign_in_needed()) };
            let secret = unsealed(app, &staff.user, &factor)?;
            match totp::matching(&secret, &code, now) {
                Some(step) if factors::spend(tx, &staff.user, step)? => Some(Tried::Code),
                _ => None,
            }
        }
        Typed::Recovery(code) => {
            let hash = app.vault.hash(RECOVERY, &staff.user, code.as_bytes());
            factors::spend_recovery(tx, &staff.user, &hash, now)?.then_some(Tried::Recovery)
        }
    };
    let Some(tried) = tried else {
        let row = Row::new(now, By::Anonymous, "second-factor.failed").detail("user", staff.user.as_str());
        audit::append(tx, &staff.firm, &row)?;
        let last = counted.admit(tx, now, &[CODES], &[CODES_OVERALL], &[], "sign-in-blocked").is_err();
        return Ok(Tried::Wrong { last });
    };
    counted.reset(tx, &[CODES])?;
    if matches!(tried, Tried::Recovery) {
        audit::append(tx, &staff.firm, &Row::new(now, By::User(staff.user.clone()), "second-factor.recovery-used"))?;
        outbox::put_account(tx, &staff.firm, &staff.user, account::RECOVERY_USED, now)?;
    }
    Ok(tried)
}

/// The secret of a factor.
///
/// # Errors
/// If the host's key is not the one that it was sealed with: then nobody passes by it.
pub(super) fn unsealed(app: &App, user: &str, factor: &factors::Factor) -> Result<Vec<u8>, Problem> {
    let secret = app.vault.unseal(SEALED, user, &factor.secret);
    secret.ok_or_else(|| Problem::internal("the key file is not the one with which second factors were sealed"))
}

/// Gives the code that is due after the password, or a recovery code in its place, and is signed in by it.
#[utoipa::path(post, path = "/api/sign-in/staff/code", tag = "sign-in", request_body = GiveCode, responses((status = 200, description = "Signed in.", body = StaffMe)))]
pub(crate) async fn give_code(
    State(app): State<SharedApp>,
    token: StaffToken,
    visitor: Visitor,
    Json(body): Json<GiveCode>,
) -> Result<Response, Problem> {
    let (session, fresh) = (Secret::new()?, Secret::new()?);
    let (hash, fresh_hash, https) = (session.hash(), fresh.hash(), app.web.https);
    let (row, kept) = blocking(&app, move |app| {
        let entered = app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let (staff, _) = session::at_stage(app, tx, now, &token, &[Stage::CodeDue])?;
            let how = match tried(app, tx, now, &visitor, &staff, &body.code)? {
                Tried::Code => "second factor",
                Tried::Recovery => "recovery code",
                Tried::Wrong { last } => {
                    if last {
                        sessions::end(tx, &token.0)?;
                    }
                    return Ok(None);
                }
            };
            sessions::end(tx, &token.0)?;
            sessions::start_staff(tx, &hash, &staff.user, now, now + session::STAFF_MOST)?;
            let row = sessions::staff(tx, &hash)?.ok_or_else(Problem::sign_in_needed)?;
            let kept = known(app, tx, &visitor, &row, &fresh_hash, now)?;
            let done = Row::new(now, By::User(staff.user.clone()), "sign-in.done").detail("by", how);
            audit::append(tx, &staff.firm, &done)?;
            Ok::<_, Problem>(Some((row, kept)))
        })?;
        app.outbox.notify_one();
        entered.ok_or_else(wrong)
    })
    .await?;
    let mut answer = Json(StaffMe::from(row)).into_response();
    answer.headers_mut().append(header::SET_COOKIE, session.set(CookieKind::Staff, https, None));
    if !kept {
        answer.headers_mut().append(header::SET_COOKIE, fresh.set(CookieKind::Known, https, Some(KNOWN_DAYS)));
    }
    Ok(answer)
}

/// How far the visitor has come in signing in as staff, if they have begun.
///
/// # Errors
/// As the store fails.
pub(crate) async fn stage(app: &SharedApp, visitor: &Visitor) -> Result<Option<Stage>, Problem> {
    let Some(token) = visitor.staff.as_ref().map(|secret| StaffToken(secret.hash())) else { return Ok(None) };
    blocking(app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let all = [Stage::Whole, Stage::CodeDue, Stage::FactorDue];
            Ok::<_, Problem>(session::at_stage(app, unit.tx(), now, &token, &all).ok().map(|(_, stage)| stage))
        })
    })
    .await
}
