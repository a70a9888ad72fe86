//! Staff: an address and a password. Whoever has a second factor is half signed in by them, and no further.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use client_connect_runtime::types::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Counted, HOUR, KNOWN_DAYS, MINUTE, Visitor, address, signed_out};
use crate::{
    app::{App, SharedApp},
    store::{
        SqliteTx,
        audit::{self, By, Row},
        factors,
        limits::Limit,
        sessions::{self, Stage},
        sign_ins::{self, UserCandidate},
    },
    web::{
        blocking,
        extract::Json,
        password,
        problem::Problem,
        session::{self, CookieKind, Secret, Staff},
    },
};

/// Wrong passwords with one address, from one network or known browser.
const PASSWORDS: Limit = Limit { what: "password", most: 10, window: 15 * MINUTE };
/// Wrong passwords with one address from anywhere but its known browsers.
const PASSWORDS_OVERALL: Limit = Limit { what: "password-all", most: 100, window: HOUR };
/// Wrong passwords from one network.
const PASSWORDS_FROM: Limit = Limit { what: "password-from", most: 100, window: HOUR };

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(sign_in_staff)).routes(routes!(sign_out_staff)).routes(routes!(me_staff))
}

/// A user's address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInStaff {
    #[schema(max_length = 254)]
    pub(crate) email: String,
    #[schema(max_length = 1024)]
    pub(crate) password: String,
}

/// Signs a user in, or half in where a second factor is due. What is wrong is not said: there is no such user, or it is
/// not their password.
#[utoipa::path(post, path = "/api/sign-in/staff", tag = "sign-in", request_body = SignInStaff, responses(
    (status = 200, description = "Signed in.", body = StaffMe),
    (status = 202, description = "The password is right, and more is due. Send the cookie that it sets with it.", body = Due)))]
pub(crate) async fn sign_in_staff(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Json(body): Json<SignInStaff>,
) -> Result<Response, Problem> {
    let (_, email_key) = address(&body.email)?;
    let (user, visitor) = judged(&app, visitor, email_key, body.password).await?;
    let Some(user) = user else { return Err(wrong()) };
    enter(&app, visitor, user.id, "password").await
}

/// There is no such user, or it is not their password.
fn wrong() -> Problem {
    let said = "There is no such user, or this is not their password.";
    Problem::new(StatusCode::UNAUTHORIZED, "password-wrong", said)
}

/// As whom tries for a user are counted: users and customers with one address are counted apart.
pub(super) fn counted_as(email_key: &str) -> String {
    format!("staff {email_key}")
}

/// Whether this is a user's password; it is counted before it is tried, and forgotten once it was right: a thousand
/// tries at once are a thousand tries. Answers the user where it is theirs.
///
/// # Errors
/// `sign-in-blocked` after too many.
pub(super) async fn judged(
    app: &SharedApp,
    visitor: Visitor,
    email_key: String,
    password: String,
) -> Result<(Option<UserCandidate>, Visitor), Problem> {
    if password.is_empty() || password.len() > password::LONGEST {
        return Err(Problem::field("password", "not-a-password", "A password has 1 to 1024 bytes."));
    }
    let (user, visitor, counted_as) = blocking(app, move |app| {
        let counted_as = counted_as(&email_key);
        let user = app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let counted = Counted::new(app, tx, &counted_as, &visitor)?;
            counted.admit(tx, now, &[PASSWORDS], &[PASSWORDS_OVERALL], &[PASSWORDS_FROM], "sign-in-blocked")?;
            counted.count(tx, now, &[PASSWORDS], &[PASSWORDS_OVERALL], &[PASSWORDS_FROM])?;
            Ok::<_, Problem>(sign_ins::user(tx, &email_key)?)
        })?;
        Ok((user, visitor, counted_as))
    })
    .await?;
    let phc = user.as_ref().filter(|user| user.active).and_then(|user| user.password.clone());
    let right = password::verify(app, password, phc).await?;
    blocking(app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            if right {
                Counted::new(app, tx, &counted_as, &visitor)?.reset(tx, &[PASSWORDS])?;
            } else if let Some(user) = &user {
                let row = Row::new(now, By::Anonymous, "sign-in.failed").detail("user", user.id.as_str());
                audit::append(tx, &user.firm, &row)?;
            }
            Ok::<_, Problem>(())
        })?;
        Ok((user.filter(|_| right), visitor))
    })
    .await
}

/// Lets a user in who has shown who they are, by `how`: wholly, or by half where a second factor is due. The session
/// that the browser had ends, and the new one has a token of its own.
///
/// # Errors
/// 401 if they have left meanwhile.
pub(super) async fn enter(
    app: &SharedApp,
    visitor: Visitor,
    user: String,
    how: &'static str,
) -> Result<Response, Problem> {
    let (session, fresh) = (Secret::new()?, Secret::new()?);
    let (token, fresh_hash, https) = (session.hash(), fresh.hash(), app.web.https);
    let entered = blocking(app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            if let Some(old) = &visitor.staff {
                sessions::end(tx, &old.hash())?;
            }
            if factors::confirmed(tx, &user)?.is_some() {
                sessions::start_half(tx, &token, &user, now, now + session::HALF_MOST)?;
            } else {
                sessions::start_staff(tx, &token, &user, now, now + session::STAFF_MOST)?;
            }
            let Some(row) = sessions::standing(tx, &token)? else { return Err(wrong()) };
            let kept =
                if row.stage == Stage::CodeDue { true } else { known(app, tx, &visitor, &row, &fresh_hash, now)? };
            if row.stage != Stage::CodeDue {
                let done = Row::new(now, By::User(row.user.clone()), "sign-in.done").detail("by", how);
                audit::append(tx, &row.firm, &done)?;
            }
            Ok::<_, Problem>((row, kept))
        })
    })
    .await?;
    let (row, kept) = entered;
    let mut answer = match row.stage {
        Stage::Whole => Json(StaffMe::from(row)).into_response(),
        Stage::CodeDue => (StatusCode::ACCEPTED, Json(Due { due: "code" })).into_response(),
        Stage::FactorDue => (StatusCode::ACCEPTED, Json(Due { due: "second-factor" })).into_response(),
    };
    answer.headers_mut().append(header::SET_COOKIE, session.set(CookieKind::Staff, https, None));
    if !kept {
        answer.headers_mut().append(header::SET_COOKIE, fresh.set(CookieKind::Known, https, Some(KNOWN_DAYS)));
    }
    Ok(answer)
}

/// Remembers the browser of a user who has signed in to the end. Answers whether it was known before.
pub(super) fn known(
    app: &App,
    tx: &SqliteTx,
    visitor: &Visitor,
    row: &sessions::StaffRow,
    fresh: &sessions::TokenHash,
    now: Timestamp,
) -> Result<bool, Problem> {
    let (_, email_key) = address(&row.email)?;
    let counted_as = counted_as(&email_key);
    let counted = Counted::new(app, tx, &counted_as, visitor)?;
    let known = visitor.known.as_ref().filter(|_| counted.known).map_or(*fresh, Secret::hash);
    sign_ins::know(tx, &known, &counted_as, now)?;
    Ok(counted.known)
}

/// What is still due before a user is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Due {
    /// `code`: that of their second factor. `second-factor`: their firm asks for one, and they have none yet.
    due: &'static str,
}

/// Ends this user's session. Does nothing where there is none.
#[utoipa::path(post, path = "/api/sign-out", tag = "sign-in", responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out_staff(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    let https = app.web.https;
    if let Some(token) = visitor.staff.as_ref().map(Secret::hash) {
        blocking(&app, move |app| {
            app.runtime.write(|unit| {
                let now = unit.now();
                let tx: &SqliteTx = unit.tx();
                if let Some(row) = sessions::standing(tx, &token)? {
                    audit::append(tx, &row.firm, &Row::new(now, By::User(row.user.clone()), "sign-out"))?;
                }
                sessions::end(tx, &token)?;
                Ok::<_, Problem>(())
            })
        })
        .await?;
    }
    Ok(signed_out(CookieKind::Staff, https))
}

/// The user who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StaffMe {
    user: String,
    firm: String,
    name: String,
    email: String,
    /// May change the firm's settings and read its audit.
    admin: bool,
    /// BCP 47.
    locale: String,
}

impl From<sessions::StaffRow> for StaffMe {
    fn from(row: sessions::StaffRow) -> Self {
        Self { user: row.user, firm: row.firm, name: row.name, email: row.email, admin: row.admin, locale: row.locale }
    }
}

/// Who is signed in as a user.
#[utoipa::path(get, path = "/api/me", tag = "sign-in", responses((status = 200, body = StaffMe)))]
async fn me_staff(staff: Staff) -> Json<StaffMe> {
    Json(StaffMe {
        user: staff.user,
        firm: staff.firm,
        name: staff.name,
        email: staff.email,
        admin: staff.admin,
        locale: staff.locale,
    })
}
