//! Signing in and out: customers by a code that is mailed to them, staff by password, and by a second factor where they
//! have one.
//!
//! What a customer is answered never depends on whether their address is known: asking for a code writes one row and
//! answers, and only the maker of codes finds out later who is behind it; until a code matches, trying one takes the
//! same way for every address. A code lives ten minutes in the browser that asked for it, is used once, and dies when
//! that browser asks again. Five wrong tries block the address for fifteen minutes for that network, and for nobody
//! else; a browser in which the customer has signed in before counts by itself, so no stranger can lock them out.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use client_connect_runtime::types::Timestamp;
use utoipa_axum::router::OpenApiRouter;

use super::{
    client,
    problem::Problem,
    session::{self, CookieKind, Secret},
};
use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, limits::Limit, names, sign_ins},
};

pub(crate) mod account;
pub(crate) mod customers;
pub(crate) mod factor;
pub(crate) mod oidc;
pub(crate) mod own;
pub(crate) mod staff;
pub(crate) mod totp;

const MINUTE: Timestamp = 60_000;
const HOUR: Timestamp = 60 * MINUTE;
const DAY: Timestamp = 24 * HOUR;

/// For how many days a browser stays known.
pub const KNOWN_DAYS: u32 = 180;

/// The routes of this module.
pub fn routes() -> OpenApiRouter<SharedApp> {
    customers::routes().merge(staff::routes()).merge(factor::routes()).merge(account::routes()).merge(own::routes())
}

/// Who wants to sign in, apart from what they say: their network and their cookies.
#[derive(Debug, Default)]
pub(crate) struct Visitor {
    network: String,
    browser: Option<Secret>,
    known: Option<Secret>,
    staff: Option<Secret>,
    portal: Option<Secret>,
    oidc: Option<Secret>,
}

impl FromRequestParts<SharedApp> for Visitor {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let cookie = |kind| Secret::of(&parts.headers, kind, app.web.https);
        Ok(Self {
            network: client::neighbourhood(client::address(&parts.extensions, &parts.headers, app.web.trusted_proxies)),
            browser: cookie(CookieKind::Browser),
            known: cookie(CookieKind::Known),
            staff: cookie(CookieKind::Staff),
            portal: cookie(CookieKind::Portal),
            oidc: cookie(CookieKind::Oidc),
        })
    }
}

/// A sign-in by code that is under way in a visitor's browser.
#[derive(Debug)]
pub(crate) struct UnderWay {
    /// As it was typed.
    pub(crate) email: String,
    /// Whether its code could still be used.
    pub(crate) open: bool,
    /// For how many seconds the address is blocked here, if it is.
    pub(crate) blocked: Option<u32>,
}

/// As whom a visitor is counted: an address that was typed in, and where.
struct Counted {
    /// The address, hashed.
    address: String,
    /// The address, hashed, together with the known browser or the network.
    here: String,
    /// The network, hashed.
    network: String,
    known: bool,
}

impl Counted {
    fn new(app: &App, tx: &SqliteTx, email_key: &str, visitor: &Visitor) -> Result<Self, Problem> {
        let address = app.key.pseudonym("address", email_key);
        let network = app.key.pseudonym("network", &visitor.network);
        let known = match visitor.known.as_ref().map(Secret::hash) {
            Some(hash) if sign_ins::is_known(tx, &hash, email_key)? => Some(hash),
            _ => None,
        };
        let here = match &known {
            Some(hash) => format!("{address}|{}", hex::encode(&hash[..8])),
            None => format!("{address}|{network}"),
        };
        Ok(Self { address, here, network, known: known.is_some() })
    }

    /// Refuses while one of these is used up: those of this place, of the address from anywhere, of the network.
    fn admit(
        &self,
        tx: &SqliteTx,
        now: Timestamp,
        here: &[Limit],
        overall: &[Limit],
        network: &[Limit],
        code: &'static str,
    ) -> Result<(), Problem> {
        let overall = if self.known { &[] } else { overall };
        let limits = here
            .iter()
            .map(|limit| (limit, &self.here))
            .chain(overall.iter().map(|limit| (limit, &self.address)))
            .chain(network.iter().map(|limit| (limit, &self.network)));
        for (limit, whose) in limits {
            if let Some(until) = limit.closed_until(tx, whose, now)? {
                return Err(too_many(code, until.saturating_sub(now)));
            }
        }
        Ok(())
    }

    fn count(
        &self,
        tx: &SqliteTx,
        now: Timestamp,
        here: &[Limit],
        overall: &[Limit],
        network: &[Limit],
    ) -> Result<(), Problem> {
        for limit in here {
            limit.count(tx, &self.here, now)?;
        }
        if !self.known {
            for limit in overall {
                limit.count(tx, &self.address, now)?;
            }
        }
        for limit in network {
            limit.count(tx, &self.network, now)?;
        }
        Ok(())
    }

    fn reset(&self, tx: &SqliteTx, here: &[Limit]) -> Result<(), Problem> {
        for limit in here {
            limit.reset(tx, &self.here)?;
        }
        Ok(())
    }
}

fn too_many(code: &'static str, wait: Timestamp) -> Problem {
    let seconds = u32::try_from(wait.div_ceil(1000)).unwrap_or(u32::MAX);
    Problem {
        retry_after: Some(seconds),
        ..Problem::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many tries. Wait, and try again.")
    }
}

fn signed_out(kind: CookieKind, https: bool) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    answer.headers_mut().append(header::SET_COOKIE, session::clear(kind, https));
    answer
}

/// What was typed in, and how sign-ins compare it. Anything of a bearable length goes: what is no address belongs to
/// nobody, and is answered like an address that belongs to nobody.
fn address(typed: &str) -> Result<(String, String), Problem> {
    let typed = typed.trim();
    if typed.is_empty() || typed.len() > 254 {
        return Err(Problem::field("email", "not-an-address", "An address has 1 to 254 bytes."));
    }
    let key = names::email_key(typed).unwrap_or_else(|| format!("no address: {}", typed.to_lowercase()));
    Ok((typed.to_owned(), key))
}
