//! A user's own second factor: set up, confirmed by a code, given up; and taken away by who looks after the accounts.
//!
//! Whoever sets one up shows their password again, and whoever gives one up a code of it: a browser that was left open
//! is not enough. Each step ends all other sessions of the user, gives this one a new token, and is told by mail. The
//! answers hold secrets, so none is kept under an `Idempotency-Key`.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Visitor, address,
    factor::{GiveCode, RECOVERY, SEALED, Tried, tried, unsealed, wrong},
    staff::judged,
    totp,
};
use crate::{
    app::{App, SharedApp},
    mail::account,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        factors, firms, outbox,
        sessions::{self, Stage},
        sign_ins, users,
    },
    web::{
        blocking,
        extract::{Json, Path},
        problem::Problem,
        session::{self, CookieKind, Secret, Staff, StaffToken},
        staff::{caller, row},
        write::{Nothing, Write},
    },
};

/// Who is signed in, and who has to set up a factor to be.
pub(crate) const OWN: [Stage; 2] = [Stage::Whole, Stage::FactorDue];

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_factor, begin_factor))
        .routes(routes!(confirm_factor))
        .routes(routes!(end_factor))
        .routes(routes!(renew_recovery))
        .routes(routes!(remove_factor))
}

/// How a user's second factor stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FactorState {
    /// When it was set up; none: there is none.
    pub(crate) since: Option<u64>,
    /// Recovery codes that were not used yet.
    pub(crate) recovery_left: u32,
    /// Whether the firm asks everybody for one.
    pub(crate) required: bool,
}

/// How it stands.
///
/// # Errors
/// As the store fails.
pub(crate) fn state(tx: &SqliteTx, staff: &Staff) -> Result<FactorState, Problem> {
    Ok(FactorState {
        since: factors::confirmed(tx, &staff.user)?.and_then(|factor| factor.since),
        recovery_left: factors::recovery_left(tx, &staff.user)?,
        required: factors::required(tx, &staff.firm)?,
    })
}

/// How your own second factor stands.
#[utoipa::path(get, path = "/api/me/second-factor", tag = "sign-in", responses((status = 200, body = FactorState)))]
async fn get_factor(State(app): State<SharedApp>, token: StaffToken) -> Result<Json<FactorState>, Problem> {
    let read = blocking(&app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let (staff, _) = session::at_stage(app, unit.tx(), now, &token, &OWN)?;
            state(unit.tx(), &staff)
        })
    });
    read.await.map(Json)
}

/// The password, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginFactor {
    /// Not needed of who has none.
    #[schema(max_length = 1024)]
    #[serde(default)]
    pub(crate) password: String,
}

/// What an app has to know. It is good for nothing until a code of it is given.
#[derive(Serialize, ToSchema)]
pub(crate) struct Begun {
    /// As a person types it.
    pub(crate) secret: String,
    /// As the app reads it in a picture.
    pub(crate) uri: String,
}

/// Who asks, and whether they have a password.
async fn asker(app: &SharedApp, token: StaffToken) -> Result<(Staff, bool), Problem> {
    blocking(app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let (staff, _) = session::at_stage(app, tx, now, &token, &OWN)?;
            let user = sign_ins::user(tx, &address(&staff.email)?.1)?;
            Ok::<_, Problem>((staff, user.is_some_and(|user| user.password.is_some())))
        })
    })
    .await
}

/// Begins to set up a second factor. Nothing asks for its codes until one of them is given.
#[utoipa::path(post, path = "/api/me/second-factor", tag = "sign-in", request_body = BeginFactor, responses((status = 200, body = Begun)))]
pub(crate) async fn begin_factor(
    State(app): State<SharedApp>,
    token: StaffToken,
    visitor: Visitor,
    Json(body): Json<BeginFactor>,
) -> Result<Json<Begun>, Problem> {
    let (staff, has_password) = asker(&app, token).await?;
    if has_password {
        let (right, _) = judged(&app, visitor, address(&staff.email)?.1, body.password).await?;
        if right.is_none() {
            return Err(Problem::field("password", "password-wrong", "This is not your password."));
        }
    }
    let begun = blocking(&app, move |app| {
        let secret = totp::secret().ok_or_else(|| Problem::internal("no randomness"))?;
        let sealed = app.vault.seal(SEALED, &staff.user, &secret);
        let sealed = sealed.ok_or_else(|| Problem::internal("no randomness"))?;
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let (staff, _) = session::at_stage(app, tx, now, &token, &OWN)?;
            if !factors::begin(tx, &staff.user, &sealed)? {
                return Err(Problem::conflict("second-factor-there", "There is a second factor already."));
            }
            shown(tx, &staff, &secret)
        })
    });
    begun.await.map(Json)
}

fn shown(tx: &SqliteTx, staff: &Staff, secret: &[u8]) -> Result<Begun, Problem> {
    let firm = firms::get(tx, &staff.firm)?.ok_or_else(Problem::not_found)?;
    Ok(Begun { secret: totp::in_groups(secret), uri: totp::uri(secret, &firm.name, &staff.email) })
}

/// What was begun, for a page that asks once more for a code.
///
/// # Errors
/// `not-found` if nothing was begun, or it is confirmed: then nobody is shown its secret any more.
pub(crate) fn begun(app: &App, tx: &SqliteTx, staff: &Staff) -> Result<Begun, Problem> {
    let factor = factors::get(tx, &staff.user)?.filter(|factor| factor.since.is_none());
    let secret = unsealed(app, &staff.user, &factor.ok_or_else(Problem::not_found)?)?;
    shown(tx, staff, &secret)
}

/// Recovery codes. They are shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recovery {
    /// Each stands in for a code once.
    pub(crate) recovery_codes: Vec<String>,
}

fn fresh_recovery(app: &App, tx: &SqliteTx, user: &str) -> Result<Recovery, Problem> {
    let codes = totp::recovery().ok_or_else(|| Problem::internal("no randomness"))?;
    let plain = |code: &String| code.replace('-', "").to_uppercase();
    let hashes: Vec<_> = codes.iter().map(|code| app.vault.hash(RECOVERY, user, plain(code).as_bytes())).collect();
    factors::set_recovery(tx, user, &hashes)?;
    Ok(Recovery { recovery_codes: codes })
}

/// Ends all sessions of the user, and starts this one anew under another token.
pub(super) fn anew(tx: &SqliteTx, staff: &Staff, token: &sessions::TokenHash, now: u64) -> Result<(), Problem> {
    sessions::end_of_user(tx, &staff.user)?;
    Ok(sessions::start_staff(tx, token, &staff.user, now, now + session::STAFF_MOST)?)
}

/// What became of it, in the audit log and by mail.
fn told(tx: &SqliteTx, staff: &Staff, action: &str, mail: &str, now: u64) -> Result<(), Problem> {
    audit::append(tx, &staff.firm, &Row::new(now, By::User(staff.user.clone()), action))?;
    Ok(outbox::put_account(tx, &staff.firm, &staff.user, mail, now)?)
}

/// An answer, and the cookie of the session that goes on.
pub(crate) type Changed<T> = (T, HeaderValue);

fn answer<T: Serialize>((body, cookie): Changed<T>) -> Response {
    let mut answer = Json(body).into_response();
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

/// Confirms with a code what was begun: from now on, signing in takes a code. Answers recovery codes.
#[utoipa::path(post, path = "/api/me/second-factor/confirm", tag = "sign-in", request_body = GiveCode, responses((status = 200, body = Recovery)))]
async fn confirm_factor(
    State(app): State<SharedApp>,
    token: StaffToken,
    Json(body): Json<GiveCode>,
) -> Result<Response, Problem> {
    confirm(&app, token, body.code).await.map(answer)
}

/// The same, for a page.
///
/// # Errors
/// `code-wrong`; `not-found` if nothing was begun.
pub(crate) async fn confirm(app: &SharedApp, token: StaffToken, typed: String) -> Result<Changed<Recovery>, Problem> {
    let session = Secret::new()?;
    let (hash, cookie) = (session.hash(), session.set(CookieKind::Staff, app.web.https, None));
    let codes = blocking(app, move |app| {
        let codes = app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let (staff, _) = session::at_stage(app, tx, now, &token, &OWN)?;
            let factor = factors::get(tx, &staff.user)?.filter(|factor| factor.since.is_none());
            let secret = unsealed(app, &staff.user, &factor.ok_or_else(Problem::not_found)?)?;
            let step = match totp::Typed::new(&typed) {
                Some(totp::Typed::Code(code)) => totp::matching(&secret, &code, now),
                _ => None,
            };
            let step = step.ok_or_else(|| {
                Problem::field("code", "code-wrong", "This is not the code. Is the clock of your device right?")
            })?;
            if !factors::confirm(tx, &staff.user, step, now)? {
                return Err(Problem::not_found());
            }
            anew(tx, &staff, &hash, now)?;
            told(tx, &staff, "second-factor.set", account::FACTOR_SET, now)?;
            fresh_recovery(app, tx, &staff.user)
        })?;
        app.outbox.notify_one();
        Ok(codes)
    });
    Ok((codes.await?, cookie))
}

/// What to do once a code was right.
type Then<T> = fn(&App, &SqliteTx, &Staff, u64) -> Result<T, Problem>;

/// Does something to the factor that takes a code of it.
async fn with_code<T: Send + 'static>(
    app: &SharedApp,
    token: StaffToken,
    visitor: Visitor,
    typed: String,
    then: Then<T>,
) -> Result<Changed<T>, Problem> {
    let session = Secret::new()?;
    let (hash, cookie) = (session.hash(), session.set(CookieKind::Staff, app.web.https, None));
    let done = blocking(app, move |app| {
        let done = app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let staff = session::staff(app, tx, now, &token)?;
            if factors::confirmed(tx, &staff.user)?.is_none() {
                return Err(Problem::conflict("no-second-factor", "There is no second factor."));
            }
            if let Tried::Wrong { .. } = tried(app, tx, now, &visitor, &staff, &typed)? {
                return Ok(None);
            }
            anew(tx, &staff, &hash, now)?;
            then(app, tx, &staff, now).map(Some)
        })?;
        app.outbox.notify_one();
        // Whoever is signed in stays so: this is a field that was wrong, and no sign-in that is needed.
        done.ok_or_else(|| Problem::field("code", wrong().code, wrong().detail))
    });
    Ok((done.await?, cookie))
}

/// Gives the second factor up, by a code of it. From now on the password alone signs in.
#[utoipa::path(post, path = "/api/me/second-factor/end", tag = "sign-in", request_body = GiveCode, responses((status = 200)))]
async fn end_factor(
    State(app): State<SharedApp>,
    token: StaffToken,
    visitor: Visitor,
    Json(body): Json<GiveCode>,
) -> Result<Response, Problem> {
    end(&app, token, visitor, body.code).await.map(answer)
}

/// The same, for a page.
///
/// # Errors
/// `second-factor-required` if the firm asks for it; `code-wrong`.
pub(crate) async fn end(
    app: &SharedApp,
    token: StaffToken,
    visitor: Visitor,
    typed: String,
) -> Result<Changed<()>, Problem> {
    let then: Then<()> = |_, tx, staff, now| {
        if factors::required(tx, &staff.firm)? {
            return Err(Problem::conflict("second-factor-required", "Your firm asks everybody for a second factor."));
        }
        factors::remove(tx, &staff.user)?;
        told(tx, staff, "second-factor.ended", account::FACTOR_ENDED, now)
    };
    with_code(app, token, visitor, typed, then).await
}

/// Ten new recovery codes, by a code; those from before do not work any more.
#[utoipa::path(post, path = "/api/me/second-factor/recovery-codes", tag = "sign-in", request_body = GiveCode, responses((status = 200, body = Recovery)))]
async fn renew_recovery(
    State(app): State<SharedApp>,
    token: StaffToken,
    visitor: Visitor,
    Json(body): Json<GiveCode>,
) -> Result<Response, Problem> {
    renew(&app, token, visitor, body.code).await.map(answer)
}

/// The same, for a page.
///
/// # Errors
/// `code-wrong`.
pub(crate) async fn renew(
    app: &SharedApp,
    token: StaffToken,
    visitor: Visitor,
    typed: String,
) -> Result<Changed<Recovery>, Problem> {
    let then: Then<Recovery> = |app, tx, staff, now| {
        told(tx, staff, "second-factor.codes-renewed", account::RECOVERY_NEW, now)?;
        fresh_recovery(app, tx, &staff.user)
    };
    with_code(app, token, visitor, typed, then).await
}

/// Takes a user's factor away, ends their sessions and tells them by mail. Answers whether there was one.
///
/// # Errors
/// As the store fails.
pub(crate) fn take_away(tx: &SqliteTx, user: &users::User, row: &Row, now: u64) -> Result<bool, Problem> {
    if !factors::remove(tx, &user.id)? {
        return Ok(false);
    }
    sessions::end_of_user(tx, &user.id)?;
    audit::append(tx, &user.firm, row)?;
    outbox::put_account(tx, &user.firm, &user.id, account::FACTOR_REMOVED, now)?;
    Ok(true)
}

/// A user of the same firm, for an administrator of it: a colleague is no secret, and somebody of another firm is not there.
///
/// # Errors
/// `not-found`; `denied`, in these words, for who is no administrator.
pub(super) fn colleague(
    tx: &SqliteTx,
    staff: &Staff,
    user: &str,
    denied: &'static str,
) -> Result<users::User, Problem> {
    let found = users::get(tx, user)?.filter(|user| user.firm == staff.firm).ok_or_else(Problem::not_found)?;
    if staff.admin { Ok(found) } else { Err(Problem::denied(denied)) }
}

/// Take a colleague's second factor away, who has lost it. Takes an administrator. All their sessions end, and they are
/// told by mail.
#[utoipa::path(delete, path = "/api/users/{user}/second-factor", tag = "firm", params(("user" = String, Path)), responses((status = 204)))]
async fn remove_factor(
    State(app): State<SharedApp>,
    staff: Staff,
    Path(user): Path<String>,
    write: Write<Nothing>,
) -> Result<Response, Problem> {
    let work =
        write.asked.even_when_full(true).run(&app, caller(&staff), StatusCode::NO_CONTENT, move |unit, caller| {
            let found = colleague(unit.tx(), &staff, &user, "Only an administrator may take a second factor away.")?;
            if found.id == staff.user {
                let said = "Give your own up with a code of it, or have another administrator take it away.";
                return Err(Problem::conflict("own-second-factor", said));
            }
            let (now, row) = (unit.now(), row(unit, caller, "second-factor.removed").detail("user", user.as_str()));
            if take_away(unit.tx(), &found, &row, now)? { Ok(()) } else { Err(Problem::not_found()) }
        });
    work.await
}
