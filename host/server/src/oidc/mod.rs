//! Identity providers of firms (OpenID Connect): what a firm has set, and what its provider says of itself.
//!
//! Only what a provider answers to this host itself is believed, over TLS unless it is on this machine, within seconds
//! and some hundred kilobytes, and never redirected elsewhere. What it says of itself is kept for an hour; its keys are
//! read anew when a token names one that is not among them.
//!
//! | module | what it is |
//! |---|---|
//! | `settings` | what a firm has set |
//! | `token` | whether an ID token is the provider's, for this host, now |

mod settings;
mod token;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client_connect_runtime::types::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::Semaphore;
use ureq::{Agent, Body, http::Response};

use crate::reach;
pub use settings::{Provider, ProviderError};
pub use token::{Claims, Refused};

/// How long a provider may take for one answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const LARGEST: u64 = 512 << 10;
/// How long what it says of itself is kept, ms.
const KEPT: Timestamp = 60 * 60_000;
/// How many requests wait for providers at once: one that hangs holds no more threads than this.
const AT_ONCE: usize = 8;

/// Why nobody is signed in by a provider.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It does not answer, or not as a provider does.
    #[error("the provider does not answer: {0}")]
    Unreachable(String),
    /// What it answered is not to be believed.
    #[error("the provider's answer is refused: {0}")]
    Refused(#[from] Refused),
}

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
struct About {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// The same with its keys, and when it was read.
#[derive(Clone, Debug)]
struct Known {
    about: About,
    keys: Arc<JwkSet>,
    at: Timestamp,
}

/// The providers of this host's firms.
#[derive(Debug)]
pub struct Providers {
    all: Vec<Provider>,
    agent: Agent,
    known: Mutex<HashMap<String, Known>>,
    /// Turns for asking them.
    pub turns: Semaphore,
}

impl Providers {
    /// These.
    pub fn new(all: Vec<Provider>) -> Self {
        let config =
            Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false);
        // A connection that was kept may have been closed at the other end, and a code is sent once.
        let config = config.max_idle_connections(0);
        let (known, turns) = (Mutex::default(), Semaphore::new(AT_ONCE));
        Self { all, agent: config.build().into(), known, turns }
    }

    /// Each of them.
    pub fn all(&self) -> &[Provider] {
        &self.all
    }

    /// The one of this name.
    pub fn named(&self, name: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.name == name)
    }

    /// Where a browser is sent to sign in. Blocks.
    ///
    /// # Errors
    /// If the provider does not say.
    pub fn door(&self, provider: &Provider, asked: &[(&str, &str)], now: Timestamp) -> Result<String, Failed> {
        let mut address = self.known(provider, now, false)?.about.authorization_endpoint;
        let mut between = if address.contains('?') { '&' } else { '?' };
        for (name, value) in asked {
            address.push(between);
            address.push_str(name);
            address.push('=');
            address.extend(percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC));
            between = '&';
        }
        Ok(address)
    }

    /// Exchanges a code for whom it stands for. Blocks.
    ///
    /// # Errors
    /// If the provider does not answer, or its answer is not to be believed.
    pub fn redeem(&self, provider: &Provider, code: &Code<'_>, now: Timestamp) -> Result<Claims, Failed> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        let known = self.known(provider, now, false)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.code),
            ("redirect_uri", code.redirect_uri),
            ("code_verifier", code.verifier),
        ];
        let mut request = self.agent.post(&known.about.token_endpoint).header("accept", "application/json");
        let methods = known.about.token_endpoint_auth_methods_supported.unwrap_or_default();
        let has = |method: &str| methods.iter().any(|supported| supported == method);
        if has("client_secret_post") && !has("client_secret_basic") {
            form.push(("client_id", &provider.client_id));
            form.push(("client_secret", provider.client_secret.expose_secret()));
        } else {
            request = request.header("authorization", basic(provider));
        }
        let mut answer = request.send_form(form).map_err(unreachable)?;
        if answer.status().is_client_error() {
            // It does not know the code, or not any more; or it does not know this host.
            tracing::warn!(provider = provider.name, status = answer.status().as_u16(), "a code was refused");
            return Err(Refused::Code.into());
        }
        let tokens: Tokens = json(&mut answer)?;
        let audience = &provider.client_id;
        match token::verify(&tokens.id_token, &known.keys, &provider.issuer, audience, code.nonce) {
            // Its keys may have changed since they were read.
            Err(Refused::UnknownKey) => {
                let keys = self.known(provider, now, true)?.keys;
                Ok(token::verify(&tokens.id_token, &keys, &provider.issuer, audience, code.nonce)?)
            }
            other => Ok(other?),
        }
    }

    fn known(&self, provider: &Provider, now: Timestamp, anew: bool) -> Result<Known, Failed> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lock().get(&provider.issuer).cloned().filter(|known| !anew && now < known.at + KEPT);
        if let Some(known) = kept {
            return Ok(known);
        }
        let issuer = provider.issuer.trim_end_matches('/');
        let about: About = self.get(&format!("{issuer}/.well-known/openid-configuration"))?;
        if about.issuer != provider.issuer {
            return Err(Failed::Unreachable(format!("it calls itself {:?}", about.issuer)));
        }
        for endpoint in [&about.authorization_endpoint, &about.token_endpoint, &about.jwks_uri] {
            if reach::safe(endpoint).is_err() {
                return Err(Failed::Unreachable("it names an address that is not https".into()));
            }
        }
        let keys = Arc::new(self.get(&about.jwks_uri)?);
        let known = Known { about, keys, at: now };
        lock().insert(provider.issuer.clone(), known.clone());
        Ok(known)
    }

    fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Failed> {
        json(&mut self.agent.get(url).header("accept", "application/json").call().map_err(unreachable)?)
    }
}

/// A code that a browser brought back, and what it was asked for with.
#[derive(Clone, Copy)]
pub struct Code<'c> {
    /// The code.
    pub code: &'c str,
    /// Where the browser brought it.
    pub redirect_uri: &'c str,
    /// What the hash of was sent with the question.
    pub verifier: &'c str,
    /// What the token has to name.
    pub nonce: &'c str,
}

fn unreachable(error: ureq::Error) -> Failed {
    Failed::Unreachable(error.to_string())
}

fn json<T: DeserializeOwned>(answer: &mut Response<Body>) -> Result<T, Failed> {
    let status = answer.status();
    if !status.is_success() {
        return Err(Failed::Unreachable(format!("status {status}")));
    }
    let bytes = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(unreachable)?;
    // What is wrong with it is not said: it may be a token.
    serde_json::from_slice(&bytes).map_err(|_| Failed::Unreachable("its answer cannot be read".into()))
}

/// Both parts are escaped before they are joined (RFC 6749, 2.3.1).
fn basic(provider: &Provider) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let both = format!("{}:{}", part(&provider.client_id), part(provider.client_secret.expose_secret()));
    format!("Basic {}", BASE64_STANDARD.encode(both))
}
