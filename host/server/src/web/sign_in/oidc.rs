//! Staff of a firm with an identity provider: the authorization code flow (OpenID Connect), with PKCE, state and nonce.
//!
//! All three are made of a secret in the browser's cookie and of the key that the records do not hold, so an answer is
//! good in the browser that asked alone, for ten minutes, and once. Whom the provider means is an active member of
//! its firm, and nobody is made on the fly: linked by the provider's own name for them, and the first time by an address
//! that it has verified. A second factor that they have here, or that their firm asks for, is asked for all the same.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use client_connect_runtime::types::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{MINUTE, Visitor, staff};
use crate::{
    app::{App, SharedApp},
    mail::account,
    oidc::{Claims, Code, Failed, Provider},
    store::{
        SqliteTx,
        audit::{self, By, Row},
        firms, identities, names, outbox, users,
    },
    web::{
        blocking,
        problem::Problem,
        session::{self, CookieKind, Secret},
    },
};

/// How long somebody may take at the provider.
const LIFE: Timestamp = 10 * MINUTE;

/// Where the provider sends browsers back to: it has to know this address.
pub(crate) fn redirect_uri(app: &App, provider: &str) -> String {
    format!("{}/sign-in/oidc/{provider}/callback", app.web.public_url)
}

/// What is made of the secret in a browser's cookie for one question.
struct Asked {
    /// What comes back in the address: when it was asked, where to go then, and a proof of both.
    state: String,
    nonce: String,
    verifier: String,
}

fn asked(app: &App, provider: &str, browser: &Secret, at: Timestamp, next: &str) -> Asked {
    let made = |what: &str| {
        let all = format!("{provider}\n{at}\n{next}\n{}", hex::encode(browser.hash()));
        BASE64_URL_SAFE_NO_PAD.encode(app.vault.hash("identity provider", what, all.as_bytes()))
    };
    let next = BASE64_URL_SAFE_NO_PAD.encode(next);
    Asked { state: format!("{at}.{next}.{}", made("state")), nonce: made("nonce"), verifier: made("verifier") }
}

/// What a state says, if it is one of this browser's and not too old.
fn understood(app: &App, provider: &str, browser: &Secret, state: &str, now: Timestamp) -> Option<(Asked, String)> {
    let mut parts = state.split('.');
    let (at, next) = (parts.next()?.parse().ok()?, BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?);
    let next = String::from_utf8(next).ok()?;
    let made = asked(app, provider, browser, at, &next);
    let same = bool::from(made.state.as_bytes().ct_eq(state.as_bytes()));
    (same && at <= now && now < at + LIFE).then_some((made, next))
}

fn unknown() -> Problem {
    Problem::not_found()
}

fn unreachable(provider: &Provider, failed: &dyn std::fmt::Display) -> Problem {
    tracing::warn!(provider = provider.name, %failed, "nobody can sign in by an identity provider");
    Problem::unavailable("provider-unreachable", "The identity provider does not answer.", 10)
}

fn not_true() -> Problem {
    let said = "What the identity provider answered is not an answer to what was asked here just now.";
    Problem::new(axum::http::StatusCode::FORBIDDEN, "provider-answer-refused", said)
}

/// Where the browser is to go, and the cookie that binds the answer to it.
///
/// # Errors
/// `not-found` for a provider that is none; `provider-unreachable`.
pub(crate) async fn begin(app: &SharedApp, name: String, next: String) -> Result<(String, Secret), Problem> {
    if app.oidc.named(&name).is_none() {
        return Err(unknown());
    }
    let _turn =
        app.oidc.turns.try_acquire().map_err(|_| Problem::unavailable("busy", "Too many sign in at once.", 2))?;
    let browser = Secret::new()?;
    let door = blocking(app, {
        let browser = browser.clone();
        move |app| {
            let provider = app.oidc.named(&name).ok_or_else(unknown)?;
            let now = app.runtime.now();
            let asked = asked(app, &name, &browser, now, &next);
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&asked.verifier));
            let query = [
                ("response_type", "code"),
                ("client_id", &provider.client_id),
                ("redirect_uri", &redirect_uri(app, &name)),
                ("scope", "openid email"),
                ("state", &asked.state),
                ("nonce", &asked.nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ];
            app.oidc.door(provider, &query, now).map_err(|failed| unreachable(provider, &failed))
        }
    })
    .await?;
    Ok((door, browser))
}

/// What the provider sent the browser back with.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Returned {
    code: String,
    state: String,
    error: String,
    iss: Option<String>,
}

/// Takes the provider's answer. Answers the session, whole or half, and where to go then; the cookie that bound the
/// answer is gone in any case.
///
/// # Errors
/// `provider-answer-refused`, `provider-unreachable`, `not-a-member`.
pub(crate) async fn finish(
    app: &SharedApp,
    visitor: Visitor,
    name: String,
    returned: Returned,
) -> Result<(Response, String), Problem> {
    let browser = visitor.oidc.clone().ok_or_else(not_true)?;
    let _turn =
        app.oidc.turns.try_acquire().map_err(|_| Problem::unavailable("busy", "Too many sign in at once.", 2))?;
    let (user, next) = blocking(app, move |app| {
        let provider = app.oidc.named(&name).ok_or_else(unknown)?;
        let now = app.runtime.now();
        let (asked, next) = understood(app, &name, &browser, &returned.state, now).ok_or_else(not_true)?;
        let state = Sha256::digest(&returned.state).into();
        let first = app.runtime.write(|unit| Ok::<_, Problem>(identities::first_use(unit.tx(), &state, now)?))?;
        // A provider that names itself in its answer names itself (RFC 9207).
        if !first || returned.iss.as_ref().is_some_and(|issuer| *issuer != provider.issuer) {
            return Err(not_true());
        }
        if !returned.error.is_empty() || returned.code.is_empty() {
            let said = "Nobody was signed in at the identity provider.";
            return Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "provider-signed-nobody-in", said));
        }
        let redirect_uri = redirect_uri(app, &name);
        let code =
            Code { code: &returned.code, redirect_uri: &redirect_uri, verifier: &asked.verifier, nonce: &asked.nonce };
        let claims = app.oidc.redeem(provider, &code, now).map_err(|failed| match failed {
            Failed::Unreachable(_) => unreachable(provider, &failed),
            Failed::Refused(_) => {
                tracing::warn!(provider = provider.name, %failed, "an identity was refused");
                not_true()
            }
        })?;
        let user = app.runtime.write(|unit| {
            let now = unit.now();
            member(unit.tx(), provider, &claims, now)
        })?;
        app.outbox.notify_one();
        Ok((user, next))
    })
    .await?;
    let Some(user) = user else {
        let said = "Nobody of this firm is known here by that identity.";
        return Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "not-a-member", said));
    };
    let mut answer = staff::enter(app, visitor, user, "identity provider").await?;
    answer.headers_mut().append(header::SET_COOKIE, session::clear(CookieKind::Oidc, app.web.https));
    Ok((answer.into_response(), next))
}

/// The member of the provider's firm whom it means.
fn member(tx: &SqliteTx, provider: &Provider, claims: &Claims, now: Timestamp) -> Result<Option<String>, Problem> {
    let firm = firms::list(tx)?.into_iter().find(|firm| firm.id == provider.firm || firm.name == provider.firm);
    let Some(firm) = firm else {
        tracing::error!(provider = provider.name, "there is no firm of the name that is set for this provider");
        return Ok(None);
    };
    let works_here = |user: &users::User| user.active && user.firm == firm.id;
    if let Some(linked) = identities::user(tx, &provider.issuer, &claims.sub)? {
        let user = users::get(tx, &linked)?.filter(works_here);
        return if user.is_some() { Ok(user.map(|user| user.id)) } else { refused(tx, &firm.id, now) };
    }
    let key = claims.verified_email().and_then(names::email_key);
    let user = match key {
        Some(key) => users::by_email_key(tx, &key)?.map(|(user, _)| user).filter(works_here),
        None => None,
    };
    let Some(user) = user else { return refused(tx, &firm.id, now) };
    if !identities::link(tx, &provider.issuer, &claims.sub, &user.id, now)? {
        // Somebody else at the provider has the address now: whoever had it before is not to be taken for them.
        return refused(tx, &firm.id, now);
    }
    let row = Row::new(now, By::User(user.id.clone()), "sign-in.linked").detail("issuer", provider.issuer.as_str());
    audit::append(tx, &firm.id, &row)?;
    outbox::put_account(tx, &firm.id, &user.id, account::LINKED, now)?;
    Ok(Some(user.id))
}

fn refused(tx: &SqliteTx, firm: &str, now: Timestamp) -> Result<Option<String>, Problem> {
    audit::append(tx, firm, &Row::new(now, By::Anonymous, "sign-in.refused"))?;
    Ok(None)
}
