//! Tells another system what happens here: each row of the audit log is a signed request, by Standard Webhooks 1.0.0
//! (<https://www.standardwebhooks.com>).
//!
//! The log is the queue. How far a firm's log was told is one number, so what was not committed is never told, and nothing
//! that was is left out: rows go in their order, one after the other, and one that is not answered with 2xx is told again
//! for as long as that takes. One may come twice, under the same `webhook-id`. Only ids are told: no name, no address, no
//! content. Of several hosts on the same records one tells.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use client_connect_runtime::{Unit, types::Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use ureq::Agent;

use crate::{
    app::{App, SharedApp},
    reach,
    store::{SqliteTx, audit::Entry, firms, leases, webhooks as store},
    web::{Problem, blocking},
};

/// How long an answer may take: what the specification recommends.
const DEADLINE: Duration = Duration::from_secs(20);
/// How often to look whether there is something to tell.
const LOOK: Duration = Duration::from_secs(1);
/// For how long one host of several tells alone, ms. One that takes longer for a batch may be joined by another: what both
/// tell has the same id.
const LEASE: Timestamp = 5 * 60_000;
/// Rows of a firm that are told before the next firm's.
const BATCH: u32 = 100;
/// What secrets begin with.
const PREFIX: &str = "whsec_";

/// Where to tell it, and what signs it.
#[derive(Clone)]
pub struct Settings {
    url: String,
    key: Vec<u8>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Settings {
    /// Understands an address, and a secret as in `whsec_…`.
    ///
    /// # Errors
    /// Why one of them cannot be used.
    pub fn new(url: &str, secret: &str) -> Result<Self, &'static str> {
        reach::safe(url)?;
        let key = secret.strip_prefix(PREFIX).and_then(|key| BASE64_STANDARD.decode(key).ok());
        match key.filter(|key| (24..=64).contains(&key.len())) {
            Some(key) => Ok(Self { url: url.to_owned(), key }),
            None => Err("the secret is not whsec_ and 24 to 64 bytes in base64"),
        }
    }

    /// The signature's header: over the id, the time in seconds, and the body.
    fn signature(&self, id: &str, seconds: u64, body: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// Tells it.
#[derive(Debug)]
pub struct Webhooks {
    settings: Settings,
    agent: Agent,
}

/// What a request says.
#[derive(Debug, Serialize)]
struct Event<'a> {
    /// The action, as the audit log names it.
    #[serde(rename = "type")]
    kind: &'a str,
    /// When it happened.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    firm: &'a str,
    /// Its number in the firm's log.
    seq: u64,
    matter: Option<&'a str>,
    actor_kind: &'a str,
    actor: Option<&'a str>,
    acting_for: Option<&'a str>,
    document: Option<&'a str>,
    contact: Option<&'a str>,
    /// The rows of one call have the same.
    call: &'a str,
}

impl Webhooks {
    /// By these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false);
        Self { settings, agent: agent.build().into() }
    }

    /// Tells one row. Blocks.
    ///
    /// # Errors
    /// Why it was not taken, for the log.
    fn tell(&self, firm: &str, row: &Entry, now: Timestamp) -> Result<(), String> {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(row.at).unwrap_or(i64::MAX));
        let event = Event {
            kind: &row.action,
            timestamp: at.map(|at| at.to_string()).map_err(|error| error.to_string())?,
            data: Data {
                firm,
                seq: row.seq,
                matter: row.matter.as_deref(),
                actor_kind: &row.actor_kind,
                actor: row.actor.as_deref(),
                acting_for: row.acting_for.as_deref(),
                document: row.document.as_deref(),
                contact: row.contact.as_deref(),
                call: &row.call,
            },
        };
        let body = serde_json::to_string(&event).map_err(|error| error.to_string())?;
        let (id, seconds) = (format!("{firm}.{}", row.seq), now / 1_000);
        let signature = self.settings.signature(&id, seconds, &body).ok_or("the secret signs nothing")?;
        let asked = self.agent.post(&self.settings.url).content_type("application/json").header("webhook-id", &id);
        let asked = asked.header("webhook-timestamp", seconds.to_string()).header("webhook-signature", signature);
        let answer = asked.send(&body).map_err(|error| error.to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answers {}", answer.status())) }
    }
}

/// How long to wait after so many failures in a row: 5 seconds, then up to an hour.
fn pause(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 5,
        2 => 30,
        3 => 5 * 60,
        4 => 30 * 60,
        _ => 60 * 60,
    })
}

/// What came of one round.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// All was told.
    Done,
    /// There is more.
    More,
    /// Something was not taken.
    Refused,
}

/// Tells the next rows of each firm.
///
/// # Errors
/// If the store does not answer: nothing is lost by it.
pub(crate) async fn once(app: &SharedApp) -> Result<Round, Problem> {
    blocking(app, |app| {
        let Some(webhooks) = &app.webhooks else { return Ok(Round::Done) };
        let firms = app.runtime.read(|unit| Ok::<_, Problem>(firms::list(unit.tx())?))?;
        let mut round = Round::Done;
        for firm in firms {
            match next(app, webhooks, &firm.id)? {
                Round::Done => {}
                Round::More => round = Round::More,
                // They all go to one place.
                Round::Refused => return Ok(Round::Refused),
            }
        }
        Ok(round)
    })
    .await
}

fn next(app: &App, webhooks: &Webhooks, firm: &str) -> Result<Round, Problem> {
    let rows = app.runtime.read(|unit| Ok::<_, Problem>(store::next(unit.tx(), firm, BATCH)?))?;
    if rows.is_empty() || !app.runtime.write(|unit| claimed(app, unit))? {
        return Ok(Round::Done);
    }
    let (mut told, mut round) = (None, Round::Done);
    for row in &rows {
        if let Err(error) = webhooks.tell(firm, row, app.runtime.now()) {
            tracing::warn!(firm, seq = row.seq, error, "a webhook was not taken; it is told again");
            metrics::counter!("webhooks_refused_total").increment(1);
            round = Round::Refused;
            break;
        }
        told = Some(row.seq);
    }
    if let Some(told) = told {
        app.runtime.write(|unit| Ok::<_, Problem>(store::told(unit.tx(), firm, told)?))?;
        if round == Round::Done && rows.len() == BATCH as usize {
            round = Round::More;
        }
    }
    Ok(round)
}

/// Whether this host is the one that tells, of several on the same records: for longer than it takes to tell some rows.
fn claimed(app: &App, unit: &mut Unit<'_, SqliteTx>) -> Result<bool, Problem> {
    let (now, until) = (unit.now(), unit.now().saturating_add(LEASE));
    Ok(leases::claim(unit.tx(), "webhooks", &app.node, now, until)?)
}

/// From when a firm's log is told: of firms that were here before there were webhooks, from now on.
///
/// # Errors
/// If the store does not answer.
pub(crate) async fn begin(app: &SharedApp) -> Result<(), Problem> {
    blocking(app, |app| {
        app.runtime.write(|unit| {
            let tx: &SqliteTx = unit.tx();
            Ok::<_, Problem>(store::begin(tx)?)
        })
    })
    .await
}

/// Tells all that happens until it is dropped.
pub async fn keeper(app: SharedApp) {
    if app.webhooks.is_none() {
        return;
    }
    let mut failures = 0;
    while let Err(problem) = begin(&app).await {
        tracing::warn!(%problem, "webhooks wait for the store");
        tokio::time::sleep(LOOK).await;
    }
    loop {
        match once(&app).await {
            Ok(Round::More) => continue,
            Ok(Round::Done) => failures = 0,
            Ok(Round::Refused) => failures += 1,
            Err(problem) => tracing::warn!(%problem, "webhooks wait for the store"),
        }
        tokio::time::sleep(if failures == 0 { LOOK } else { pause(failures) }).await;
    }
}

#[cfg(test)]
mod tests;
