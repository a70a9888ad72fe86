//! Customers: a code by mail, used once, in the browser that asked for it.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Counted, DAY, HOUR, KNOWN_DAYS, MINUTE, UnderWay, Visitor, address, signed_out};
use crate::{
    app::SharedApp,
    mail::codes,
    store::{
        SqliteTx,
        audit::{self, By, Row},
        limits::Limit,
        sessions,
        sign_ins::{self, SignIn},
    },
    web::{
        blocking,
        extract::Json,
        problem::Problem,
        session::{self, CookieKind, Customer, Secret},
    },
};

/// Wrong tries with one code.
const TRIES: u32 = 5;
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

/// The routes of this module.
pub(super) fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(ask_for_code))
        .routes(routes!(redeem_code))
        .routes(routes!(sign_out_portal))
        .routes(routes!(me_portal))
}

/// Which address a code is to be mailed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskForCode {
    /// As the customer types it.
    #[schema(max_length = 254, pattern = "^[!-~]+$")]
    pub(crate) email: String,
}

/// Asks for a code by mail. The answer is the same whether or not the address may sign in. Send the cookie that it
/// sets with the code; asking again from the same browser kills the code before.
#[utoipa::path(post, path = "/api/sign-in/portal", tag = "sign-in", request_body = AskForCode, responses((status = 202, description = "If this address may sign in, a code is on its way.")))]
pub(crate) async fn ask_for_code(
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
pub(crate) struct RedeemCode {
    /// Eight digits; spaces and dashes between them do not matter.
    #[schema(example = "1234 5678", pattern = "^([0-9][ -]?){8}$")]
    pub(crate) code: String,
}

/// The sign-in that is under way in this browser. It reads the same whether or not the address may sign in.
///
/// # Errors
/// As the store fails.
pub(crate) async fn under_way(app: &SharedApp, visitor: &Visitor) -> Result<Option<UnderWay>, Problem> {
    let Some(browser) = visitor.browser.as_ref().map(Secret::hash) else { return Ok(None) };
    let visitor = Visitor { network: visitor.network.clone(), known: visitor.known.clone(), ..Visitor::default() };
    blocking(app, move |app| {
        app.runtime.read(|unit| {
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let Some(sign_in) = sign_ins::get(tx, &browser)? else { return Ok(None) };
            let counted = Counted::new(app, tx, &sign_in.email_key, &visitor)?;
            let admitted = counted.admit(tx, now, &[WRONG], &[WRONG_OVERALL], &[], "sign-in-blocked");
            let open = sign_in.expires_at > now && !matches!(sign_in.state.as_str(), "used" | "blocked");
            let blocked = match admitted {
                Err(problem) if problem.code == "sign-in-blocked" => problem.retry_after,
                Err(problem) => return Err(problem),
                Ok(()) => None,
            };
            Ok::<_, Problem>(Some(UnderWay { email: sign_in.email, open, blocked }))
        })
    })
    .await
}

/// How a try with a code went.
enum Tried {
    SignedIn { locale: String, contacts: Vec<(String, String)> },
    Wrong,
    Over,
}

/// Signs a customer in with the code that was mailed, in the browser that asked for it.
#[utoipa::path(post, path = "/api/sign-in/portal/code", tag = "sign-in", request_body = RedeemCode, responses((status = 200, description = "Signed in: for whom the session speaks.", body = PortalMe)))]
pub(crate) async fn redeem_code(
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

/// Ends this customer's session. Does nothing where there is none.
#[utoipa::path(post, path = "/api/portal/sign-out", tag = "sign-in", responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out_portal(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
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
