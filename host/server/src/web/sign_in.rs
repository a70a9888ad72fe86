//! Signing in and out: customers by a code that is mailed to them, staff by password.
//!
//! What a customer is answered never depends on whether their address is known: asking for a code writes one row and
//! answers, and only the maker of codes finds out later who is behind it; until a code matches, trying one takes the
//! same way for every address. A code lives ten minutes in the browser that asked for it, is used once, and dies when
//! that browser asks again. Five wrong tries block the address for fifteen minutes for that network, and for nobody
//! else; a browser in which the customer has signed in before counts by itself, so no stranger can lock them out.

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use client_connect_runtime::types::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    blocking, client,
    extract::Json,
    password,
    problem::Problem,
    session::{self, CookieKind, Customer, Secret, Staff},
};
use crate::{
    app::{App, SharedApp},
    mail::codes,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        limits::Limit,
        names, sessions,
        sign_ins::{self, SignIn},
    },
};

const MINUTE: Timestamp = 60_000;
const HOUR: Timestamp = 60 * MINUTE;
const DAY: Timestamp = 24 * HOUR;

/// Wrong tries with one code.
pub const TRIES: u32 = 5;
/// For how many days a browser stays known.
pub const KNOWN_DAYS: u32 = 180;

/// Codes asked for with one address, from one network or known browser.
const ASKED: [Limit; 2] =
    [Limit { what: "asked", most: 3, window: 15 * MINUTE }, Limit { what: "asked", most: 10, window: DAY }];
/// Codes asked for with one address from anywhere but its known browsers.
const ASKED_OVERALL: [Limit; 2] =
    [Limit { what: "asked-all", most: 6, window: 15 * MINUTE }, Limit { what: "asked-all", most: 30, window: DAY }];
/// Codes asked for by one network.
const ASKED_FROM: Limit = Limit { what: "asked-from", most: 20, window: HOUR };
/// Wrong codes with one address, from one network or known browser: fifteen minutes of block.
const WRONG: Limit = Limit { what: "wrong", most: TRIES, window: 15 * MINUTE };
/// Wrong codes with one address from anywhere but its known browsers.
const WRONG_OVERALL: Limit = Limit { what: "wrong-all", most: 25, window: HOUR };
/// Wrong passwords with one address, from one network or known browser.
const PASSWORDS: Limit = Limit { what: "password", most: 10, window: 15 * MINUTE };
/// Wrong passwords with one address from anywhere but its known browsers.
const PASSWORDS_OVERALL: Limit = Limit { what: "password-all", most: 100, window: HOUR };
/// Wrong passwords from one network.
const PASSWORDS_FROM: Limit = Limit { what: "password-from", most: 100, window: HOUR };

/// The routes of this module.
pub fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(ask_for_code))
        .routes(routes!(redeem_code))
        .routes(routes!(sign_in_staff))
        .routes(routes!(sign_out_staff))
        .routes(routes!(sign_out_portal))
        .routes(routes!(me_staff))
        .routes(routes!(me_portal))
}

/// Who wants to sign in, apart from what they say: their network and their cookies.
#[derive(Debug)]
struct Visitor {
    network: String,
    browser: Option<Secret>,
    known: Option<Secret>,
    staff: Option<Secret>,
    portal: Option<Secret>,
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
        })
    }
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

/// Which address a code is to be mailed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskForCode {
    /// As the customer types it.
    #[schema(max_length = 254)]
    email: String,
}

/// Asks for a code by mail. The answer is the same whether or not the address may sign in. Send the cookie that it
/// sets with the code; asking again from the same browser kills the code before.
#[utoipa::path(post, path = "/api/sign-in/portal", tag = "sign-in", request_body = AskForCode, responses((status = 202, description = "If this address may sign in, a code is on its way.")))]
async fn ask_for_code(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Json(body): Json<AskForCode>,
) -> Result<Response, Problem> {
    let (email, email_key) = address(&body.email)?;
    let https = app.web.https;
    let browser = Secret::new()?;
    let hash = browser.hash();
    blocking(&app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let counted = Counted::new(app, tx, &email_key, &visitor)?;
            counted.admit(tx, now, &[WRONG], &[WRONG_OVERALL], &[], "sign-in-blocked")?;
            counted.admit(tx, now, &ASKED, &ASKED_OVERALL, &[ASKED_FROM], "too-many-codes")?;
            counted.count(tx, now, &ASKED, &ASKED_OVERALL, &[ASKED_FROM])?;
            let old = visitor.browser.as_ref().map(Secret::hash);
            let sign_in = SignIn {
                browser: hash,
                email: email.clone(),
                email_key: email_key.clone(),
                network: counted.network,
                tries: 0,
                state: String::new(),
                asked_at: now,
                expires_at: now + codes::LIFE,
            };
            Ok::<_, Problem>(sign_ins::ask(tx, old.as_ref(), &sign_in)?)
        })?;
        app.codes.notify_one();
        Ok(())
    })
    .await?;
    let mut answer = StatusCode::ACCEPTED.into_response();
    answer.headers_mut().append(header::SET_COOKIE, browser.set(CookieKind::Browser, https, None));
    Ok(answer)
}

/// The code from the mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RedeemCode {
    /// Eight digits; spaces and dashes between them do not matter.
    #[schema(example = "1234 5678")]
    code: String,
}

/// How a try with a code went.
enum Tried {
    SignedIn { locale: String, contacts: Vec<(String, String)> },
    Wrong,
    Over,
}

/// Signs a customer in with the code that was mailed, in the browser that asked for it.
#[utoipa::path(post, path = "/api/sign-in/portal/code", tag = "sign-in", request_body = RedeemCode, responses((status = 200, description = "Signed in: for whom the session speaks.", body = PortalMe)))]
async fn redeem_code(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Json(body): Json<RedeemCode>,
) -> Result<Response, Problem> {
    let code: String = body.code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.len() != codes::DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::field("code", "not-a-code", "A code has eight digits."));
    }
    let over = || Problem::new(StatusCode::UNAUTHORIZED, "code-over", "This code is over. Ask for a new one.");
    let Some(browser) = visitor.browser.as_ref().map(Secret::hash) else { return Err(over()) };
    let (session, fresh) = (Secret::new()?, Secret::new()?);
    let https = app.web.https;
    let (token, fresh_hash) = (session.hash(), fresh.hash());
    let (tried, kept) = blocking(&app, move |app| {
        let hash = codes::hash(&app.key, &browser, &code);
        let contacts = match app.runtime.read(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            if !sign_ins::matches(tx, &browser, &hash, now)? {
                return Ok(None);
            }
            Ok::<_, Problem>(sign_ins::get(tx, &browser)?.map(|sign_in| sign_in.email_key))
        })? {
            Some(email_key) => codes::admitted(app, &email_key)?,
            None => Vec::new(),
        };
        let mut kept = false;
        let tried = app.runtime.write(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let live = sign_ins::get(tx, &browser)?.filter(|sign_in| sign_in.expires_at > now);
            let Some(sign_in) = live else { return Ok(Tried::Over) };
            let counted = Counted::new(app, tx, &sign_in.email_key, &visitor)?;
            counted.admit(tx, now, &[WRONG], &[WRONG_OVERALL], &[], "sign-in-blocked")?;
            if sign_in.state == "used" || sign_in.state == "blocked" {
                return Ok(Tried::Over);
            }
            if contacts.is_empty() || sign_ins::redeem(tx, &browser, &hash, TRIES, now)?.is_none() {
                counted.count(tx, now, &[WRONG], &[WRONG_OVERALL], &[])?;
                let blocked =
                    sign_ins::wrong(tx, &browser, TRIES)? || WRONG.closed_until(tx, &counted.here, now)?.is_some();
                let action = if blocked { "sign-in.blocked" } else { "sign-in.failed" };
                for contact in sign_ins::contacts(tx, &sign_in.email_key)? {
                    audit::append(tx, &contact.firm, &Row::new(now, By::Anonymous, action).contact(&contact.id))?;
                }
                return Ok(Tried::Wrong);
            }
            counted.reset(tx, &[WRONG])?;
            if let Some(old) = &visitor.portal {
                sessions::end(tx, &old.hash())?;
            }
            let ids: Vec<String> = contacts.iter().map(|contact| contact.id.clone()).collect();
            sessions::start_portal(tx, &token, &sign_in.email_key, &ids, now, now + session::PORTAL_MOST)?;
            kept = counted.known;
            let known = visitor.known.as_ref().filter(|_| kept).map_or(fresh_hash, Secret::hash);
            sign_ins::know(tx, &known, &sign_in.email_key, now)?;
            for contact in &contacts {
                audit::append(
                    tx,
                    &contact.firm,
                    &Row::new(now, By::Contact(contact.id.clone()), "sign-in.done").contact(&contact.id),
                )?;
            }
            Ok::<_, Problem>(Tried::SignedIn {
                locale: contacts[0].locale.clone(),
                contacts: contacts.iter().map(|contact| (contact.firm.clone(), contact.id.clone())).collect(),
            })
        })?;
        Ok((tried, kept))
    })
    .await?;
    match tried {
        Tried::Wrong => Err(Problem::new(StatusCode::UNAUTHORIZED, "code-wrong", "This is not the code.")),
        Tried::Over => Err(over()),
        Tried::SignedIn { locale, contacts } => {
            let mut answer = Json(PortalMe::new(locale, contacts)).into_response();
            let headers = answer.headers_mut();
            headers.append(header::SET_COOKIE, session.set(CookieKind::Portal, https, None));
            headers.append(header::SET_COOKIE, session::clear(CookieKind::Browser, https));
            if !kept {
                headers.append(header::SET_COOKIE, fresh.set(CookieKind::Known, https, Some(KNOWN_DAYS)));
            }
            Ok(answer)
        }
    }
}

/// A user's address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInStaff {
    #[schema(max_length = 254)]
    email: String,
    #[schema(max_length = 1024)]
    password: String,
}

/// Signs a user in. What is wrong is not said: there is no such user, or it is not their password.
#[utoipa::path(post, path = "/api/sign-in/staff", tag = "sign-in", request_body = SignInStaff, responses((status = 200, description = "Signed in.", body = StaffMe)))]
async fn sign_in_staff(
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
async fn sign_out_staff(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
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

/// Ends this customer's session. Does nothing where there is none.
#[utoipa::path(post, path = "/api/portal/sign-out", tag = "sign-in", responses((status = 204, description = "Signed out.")))]
async fn sign_out_portal(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    let https = app.web.https;
    if let Some(token) = visitor.portal.as_ref().map(Secret::hash) {
        blocking(&app, move |app| {
            app.runtime.write(|unit| {
                let now = unit.now();
                let tx: &SqliteTx = unit.tx();
                for (firm, contact) in sessions::portal(tx, &token)?.map(|row| row.contacts).unwrap_or_default() {
                    audit::append(
                        tx,
                        &firm,
                        &Row::new(now, By::Contact(contact.clone()), "sign-out").contact(&contact),
                    )?;
                }
                sessions::end(tx, &token)?;
                Ok::<_, Problem>(())
            })
        })
        .await?;
    }
    Ok(signed_out(CookieKind::Portal, https))
}

fn signed_out(kind: CookieKind, https: bool) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    answer.headers_mut().append(header::SET_COOKIE, session::clear(kind, https));
    answer
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

/// The customer who is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct PortalMe {
    /// BCP 47.
    locale: String,
    /// For whom the session speaks: at most one contact of each firm.
    contacts: Vec<PortalContact>,
}

/// A contact of a firm.
#[derive(Debug, Serialize, ToSchema)]
struct PortalContact {
    firm: String,
    contact: String,
}

impl PortalMe {
    fn new(locale: String, contacts: Vec<(String, String)>) -> Self {
        Self { locale, contacts: contacts.into_iter().map(|(firm, contact)| PortalContact { firm, contact }).collect() }
    }
}

/// Who is signed in as a customer.
#[utoipa::path(get, path = "/api/portal/me", tag = "sign-in", responses((status = 200, body = PortalMe)))]
async fn me_portal(customer: Customer) -> Json<PortalMe> {
    Json(PortalMe::new(customer.locale, customer.contacts))
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
