//! Who a request comes from: the extractors [`Staff`] and [`Customer`], and the cookies behind them.
//!
//! A cookie holds 256 random bits, the records their SHA-256. Every request decides anew whether the session still
//! stands, in one statement, in a read transaction: an ended session, a user who left, a contact whose address
//! changed or became another's too are refused by the very next request. Uses are noted in memory and written down
//! now and then ([`Seen`]), so that reading stays reading.
//!
//! A route that reads in one transaction takes [`StaffToken`] or [`PortalToken`], which only look at the cookie, and
//! asks [`staff`] or [`customer`] inside that transaction; all others take [`Staff`] or [`Customer`].

use std::{collections::HashMap, fmt, sync::Mutex};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use client_connect_runtime::types::{Actor, Timestamp};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::{
    app::{App, SharedApp},
    store::{
        SqliteTx,
        sessions::{self, Stage},
    },
};

/// One minute, ms.
const MINUTE: Timestamp = 60_000;
/// The half of a user's session ends after this long in any case: so long they have to give the code.
pub const HALF_MOST: Timestamp = 10 * MINUTE;
/// A customer's session ends after this long without a request.
pub const PORTAL_IDLE: Timestamp = 30 * MINUTE;
/// A customer's session ends after this long in any case.
pub const PORTAL_MOST: Timestamp = 12 * 60 * MINUTE;
/// A user's session ends after this long without a request.
pub const STAFF_IDLE: Timestamp = 8 * 60 * MINUTE;
/// A user's session ends after this long in any case.
pub const STAFF_MOST: Timestamp = 7 * 24 * 60 * MINUTE;

/// A cookie of this host, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// A user's session.
    Staff,
    /// A customer's session.
    Portal,
    /// Binds a sign-in by code to the browser that asked for it.
    Browser,
    /// A customer has signed in here before.
    Known,
    /// Binds the answer of an identity provider to the browser that was sent there.
    Oidc,
}

impl CookieKind {
    /// Its name. Over https it has the prefix with which browsers keep it to this host alone.
    pub fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Staff, true) => "__Host-cc_staff",
            (Self::Staff, false) => "cc_staff",
            (Self::Portal, true) => "__Host-cc_portal",
            (Self::Portal, false) => "cc_portal",
            (Self::Browser, true) => "__Host-cc_browser",
            (Self::Browser, false) => "cc_browser",
            (Self::Known, true) => "__Host-cc_known",
            (Self::Known, false) => "cc_known",
            (Self::Oidc, true) => "__Host-cc_oidc",
            (Self::Oidc, false) => "cc_oidc",
        }
    }
}

/// What a cookie holds: 256 random bits. Never logged, never stored.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// A new one, from the system's random source.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn new() -> Result<Self, Problem> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Problem::internal(format_args!("no randomness: {error}")))?;
        Ok(Self(bytes))
    }

    /// What the records keep of it.
    pub fn hash(&self) -> sessions::TokenHash {
        Sha256::digest(self.0).into()
    }

    /// The one in the request's cookie, if there is a well-formed one.
    pub fn of(headers: &HeaderMap, kind: CookieKind, secure: bool) -> Option<Self> {
        let name = kind.name(secure);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                if key != name {
                    return None;
                }
                let mut bytes = [0; 32];
                hex::decode_to_slice(value, &mut bytes).ok()?;
                Some(Self(bytes))
            })
    }

    /// The header that sets the cookie: until the browser ends, or for `days`.
    pub fn set(&self, kind: CookieKind, secure: bool, days: Option<u32>) -> HeaderValue {
        let age = days.map(|days| format!("; Max-Age={}", u64::from(days) * 86_400)).unwrap_or_default();
        header_value(&format!("{}={}{age}{}", kind.name(secure), hex::encode(self.0), attributes(secure)))
    }
}

/// The header that takes a cookie away.
pub fn clear(kind: CookieKind, secure: bool) -> HeaderValue {
    header_value(&format!("{}=; Max-Age=0{}", kind.name(secure), attributes(secure)))
}

fn attributes(secure: bool) -> &'static str {
    if secure { "; Path=/; HttpOnly; SameSite=Lax; Secure" } else { "; Path=/; HttpOnly; SameSite=Lax" }
}

fn header_value(text: &str) -> HeaderValue {
    // Made of hex digits and fixed words only, so it is always a header.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The token of a user's session, as the cookie brought it; nothing is known of it yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StaffToken(pub(super) sessions::TokenHash);

/// The token of a customer's session, as the cookie brought it; nothing is known of it yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PortalToken(pub(super) sessions::TokenHash);

impl StaffToken {
    /// That of a cookie that is being set.
    pub(crate) fn of_cookie(cookie: &HeaderValue) -> Option<Self> {
        let value = cookie.to_str().ok()?.split(';').next()?.split_once('=')?.1;
        let mut bytes = [0; 32];
        hex::decode_to_slice(value, &mut bytes).ok()?;
        Some(Self(Secret(bytes).hash()))
    }
}

impl fmt::Debug for StaffToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaffToken(***)")
    }
}

impl fmt::Debug for PortalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortalToken(***)")
    }
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The user's id.
    pub user: String,
    /// The firm's id. Nothing of another firm is theirs.
    pub firm: String,
    /// May change the firm's settings and read its audit; no right to read matters.
    pub admin: bool,
    /// BCP 47.
    pub locale: String,
    /// As colleagues read it.
    pub name: String,
    /// As stored.
    pub email: String,
    /// The session itself.
    pub token: StaffToken,
}

impl Staff {
    /// This user as the plugin's actor.
    pub fn actor(&self) -> Actor {
        Actor::User(self.user.clone())
    }
}

/// A signed-in customer: one person, who may be a contact of several firms.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Firm and contact of each whom the session speaks for: at most one of each firm, at least one.
    pub contacts: Vec<(String, String)>,
    /// The address that was signed in with, as sign-ins compare it.
    pub email_key: String,
    /// BCP 47.
    pub locale: String,
    /// The session itself.
    pub token: PortalToken,
}

impl Customer {
    /// Whom the session speaks for in this firm.
    pub fn contact_in(&self, firm: &str) -> Option<&str> {
        self.contacts.iter().find(|(of, _)| of == firm).map(|(_, contact)| contact.as_str())
    }
}

/// When sessions were used, until it is written down.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashMap<sessions::TokenHash, Timestamp>>);

impl Seen {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<sessions::TokenHash, Timestamp>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The later of what was written down and what was noted since.
    fn latest(&self, token: &sessions::TokenHash, written: Timestamp) -> Timestamp {
        if self.lock().is_empty() { written } else { self.lock().get(token).copied().unwrap_or(0).max(written) }
    }

    fn note(&self, token: sessions::TokenHash, written: Timestamp, now: Timestamp) {
        if now >= written + MINUTE {
            self.lock().insert(token, now);
        }
    }

    /// Takes what is to be written down; [`sessions::seen`] writes it.
    pub fn take(&self) -> Vec<(sessions::TokenHash, Timestamp)> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }
}

/// The user of this session, if it stands.
///
/// # Errors
/// 401 `sign-in-needed`.
pub fn staff(app: &App, tx: &SqliteTx, now: Timestamp, token: &StaffToken) -> Result<Staff, Problem> {
    at_stage(app, tx, now, token, &[Stage::Whole]).map(|(staff, _)| staff)
}

/// The same for who may not have come so far: at one of these stages, which is answered too. To every route that does
/// not ask like this, half a session is none.
///
/// # Errors
/// 401 `sign-in-needed`.
pub fn at_stage(
    app: &App,
    tx: &SqliteTx,
    now: Timestamp,
    token: &StaffToken,
    stages: &[Stage],
) -> Result<(Staff, Stage), Problem> {
    let row = sessions::standing(tx, &token.0)?.filter(|row| stages.contains(&row.stage));
    let Some(row) = row else { return Err(Problem::sign_in_needed()) };
    let seen = app.seen.latest(&token.0, row.seen_at);
    if now >= row.ends_at || now >= seen + STAFF_IDLE {
        return Err(Problem::sign_in_needed());
    }
    app.seen.note(token.0, seen, now);
    let staff = Staff {
        user: row.user,
        firm: row.firm,
        admin: row.admin,
        locale: row.locale,
        name: row.name,
        email: row.email,
        token: *token,
    };
    Ok((staff, row.stage))
}

/// The customer of this session, if it stands.
///
/// # Errors
/// 401 `sign-in-needed`.
pub fn customer(app: &App, tx: &SqliteTx, now: Timestamp, token: &PortalToken) -> Result<Customer, Problem> {
    let Some(row) = sessions::portal(tx, &token.0)? else { return Err(Problem::sign_in_needed()) };
    let seen = app.seen.latest(&token.0, row.seen_at);
    let over = now >= row.ends_at || now >= seen + PORTAL_IDLE;
    #[cfg(test)]
    let over = over && !app.planted.is(crate::planted::Fault::SessionWithoutEnd);
    if over {
        return Err(Problem::sign_in_needed());
    }
    app.seen.note(token.0, seen, now);
    Ok(Customer { contacts: row.contacts, email_key: row.email_key, locale: row.locale, token: *token })
}

impl FromRequestParts<SharedApp> for StaffToken {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        Secret::of(&parts.headers, CookieKind::Staff, app.web.https)
            .map(|secret| Self(secret.hash()))
            .ok_or_else(Problem::sign_in_needed)
    }
}

impl FromRequestParts<SharedApp> for PortalToken {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let token = Secret::of(&parts.headers, CookieKind::Portal, app.web.https)
            .map(|secret| Self(secret.hash()))
            .ok_or_else(Problem::sign_in_needed);
        #[cfg(test)]
        let token = app.planted.token(token);
        token
    }
}

impl FromRequestParts<SharedApp> for Staff {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let token = StaffToken::from_request_parts(parts, app).await?;
        super::blocking(app, move |app| {
            app.runtime.read(|unit| {
                let now = unit.now();
                staff(app, unit.tx(), now, &token)
            })
        })
        .await
    }
}

impl FromRequestParts<SharedApp> for Customer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let token = PortalToken::from_request_parts(parts, app).await?;
        super::blocking(app, move |app| {
            app.runtime.read(|unit| {
                let now = unit.now();
                customer(app, unit.tx(), now, &token)
            })
        })
        .await
    }
}
