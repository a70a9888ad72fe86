//! Staff: an address and a password.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Counted, HOUR, KNOWN_DAYS, MINUTE, Visitor, address, signed_out};
use crate::{
    app::SharedApp,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        limits::Limit,
        sessions, sign_ins,
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

/// Signs a user in. What is wrong is not said: there is no such user, or it is not their password.
#[utoipa::path(post, path = "/api/sign-in/staff", tag = "sign-in", request_body = SignInStaff, responses((status = 200, description = "Signed in.", body = StaffMe)))]
pub(crate) async fn sign_in_staff(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Json(body): Json<SignInStaff>,
) -> Result<Response, Problem> {
    let (_, email_key) = address(&body.email)?;
    if body.password.is_empty() || body.password.len() > password::LONGEST {
        return Err(Problem::field("password", "not-a-password", "A password has 1 to 1024 bytes."));
    }
    // Users and customers with one address are counted apart.
    let counted_as = format!("staff {email_key}");
    let https = app.web.https;
    // Counted before it is tried, and forgotten once it was right: a thousand tries at once are a thousand tries.
    let (user, visitor, counted_as) = {
        let email_key = email_key.clone();
        blocking(&app, move |app| {
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
        .await?
    };
    let phc = user.as_ref().filter(|user| user.active).and_then(|user| user.password.clone());
    let right = password::verify(&app, body.password, phc).await?;
    let (session, fresh) = (Secret::new()?, Secret::new()?);
    let (token, fresh_hash) = (session.hash(), fresh.hash());
    let signed_in = blocking(&app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let Some(user) = &user else { return Ok(None) };
            if !right {
                audit::append(
                    tx,
                    &user.firm,
                    &Row::new(now, By::Anonymous, "sign-in.failed").detail("user", user.id.as_str()),
                )?;
                return Ok(None);
            }
            let counted = Counted::new(app, tx, &counted_as, &visitor)?;
            counted.reset(tx, &[PASSWORDS])?;
            if let Some(old) = &visitor.staff {
                sessions::end(tx, &old.hash())?;
            }
            sessions::start_staff(tx, &token, &user.id, now, now + session::STAFF_MOST)?;
            let known = visitor.known.as_ref().filter(|_| counted.known).map_or(fresh_hash, Secret::hash);
            sign_ins::know(tx, &known, &counted_as, now)?;
            audit::append(tx, &user.firm, &Row::new(now, By::User(user.id.clone()), "sign-in.done"))?;
            Ok::<_, Problem>(sessions::staff(tx, &token)?.map(|row| (StaffMe::from(row), counted.known)))
        })
    })
    .await?;
    let Some((me, kept)) = signed_in else {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "password-wrong",
            "There is no such user, or this is not their password.",
        ));
    };
    let mut answer = Json(me).into_response();
    answer.headers_mut().append(header::SET_COOKIE, session.set(CookieKind::Staff, https, None));
    if !kept {
        answer.headers_mut().append(header::SET_COOKIE, fresh.set(CookieKind::Known, https, Some(KNOWN_DAYS)));
    }
    Ok(answer)
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
                if let Some(row) = sessions::staff(tx, &token)? {
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
struct StaffMe {
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
