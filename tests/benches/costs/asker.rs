//! What a busy firm and its customers ask of a host, or of several that serve the same records: each question, and what
//! came of all of them.
//!
//! Of a hundred, 78 ask for lists and what is known of a document, 15 for pictures of pages with the viewer's address in
//! them, 4 for a megabyte, 2 share or unshare, and 1 sends five megabytes.

use std::{
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use client_connect::store::sessions;
use client_connect_runtime::{Backend as _, backend::Mode};
use reqwest::{Client, Method, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::{
    previews::fixtures,
    process::Server,
    world::{Setup, World, said},
};

/// Documents that are looked at.
const CONTRACTS: u64 = 10;
/// Pages of each.
const PAGES: u64 = 20;

/// What the load works on beside the lists.
#[derive(Clone)]
pub(crate) struct Stage {
    /// A megabyte, shared with the contact.
    megabyte: String,
    /// Of many pages each, shared with the contact.
    contracts: Vec<String>,
    /// Not shared, to begin with.
    toggled: String,
    /// A session of the matter's owner.
    staff: String,
    matter: String,
    contact: String,
}

impl Stage {
    /// Stores the documents as uploads would, and signs the owner in.
    pub(crate) async fn set(world: &World) -> Setup<Self> {
        let megabyte = world.add(vec![7; 1 << 20]).await?;
        let contract = fs::read(fixtures().join("contract.pdf"))?;
        let mut contracts = Vec::new();
        for n in 0..CONTRACTS {
            // Other bytes each time: what was drawn of one is not what is drawn of another.
            contracts.push(world.add([&contract[..], format!("\n% {n}\n").as_bytes()].concat()).await?);
        }
        let token = [9_u8; 32];
        let now = world.runtime.now();
        let tx = world.runtime.backend().begin(Mode::Write, now).map_err(said)?;
        sessions::start_staff(&tx, &Sha256::digest(token).into(), &world.owner, now, now + 86_400_000)?;
        tx.commit()?;
        Ok(Self {
            megabyte,
            contracts,
            toggled: world.unshared().to_owned(),
            staff: format!("cc_staff={}", hex::encode(token)),
            matter: world.matter.clone(),
            contact: world.contact.clone(),
        })
    }
}

/// A request that is asked over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Picture,
    Megabyte,
    Upload,
    Save,
}

impl Kind {
    /// Of the nth request, so that each kind is spread over the hundred.
    pub(crate) fn of(n: u64) -> Self {
        match (n * 37) % 100 {
            0..78 => Self::Json,
            78..93 => Self::Picture,
            93..97 => Self::Megabyte,
            97 => Self::Upload,
            _ => Self::Save,
        }
    }
}

/// What came of all of them.
#[derive(Default)]
pub(crate) struct Seen {
    /// What the lists took.
    pub(crate) json: Mutex<Vec<Duration>>,
    /// What sharing and unsharing took.
    pub(crate) saves: Mutex<Vec<Duration>>,
    answered: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

impl Seen {
    pub(crate) fn note(&self, kind: Kind, took: Duration, outcome: Result<(), String>) {
        let times = match kind {
            Kind::Json => Some(&self.json),
            Kind::Save => Some(&self.saves),
            _ => None,
        };
        match outcome {
            Ok(()) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                if let Some(times) = times {
                    times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
                }
            }
            Err(error) => self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(error),
        }
    }

    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// How many failed; of the first few it is said how.
    pub(crate) fn failed(&self) -> usize {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for error in failed.iter().take(5) {
            eprintln!("    {error}");
        }
        failed.len()
    }
}

/// What so many of a thousand took no longer than.
pub(crate) fn rank(times: &Mutex<Vec<Duration>>, of_thousand: usize) -> Option<Duration> {
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner).clone();
    times.sort_unstable();
    times.get(times.len() * of_thousand / 1_000).copied()
}

/// Whoever asks: a customer and a member of staff, signed in.
#[derive(Clone)]
pub(crate) struct Asker {
    client: Client,
    /// The hosts, asked in turns.
    urls: Vec<String>,
    customer: String,
    stage: Stage,
    large: bytes::Bytes,
    /// How often it was shared or unshared.
    saved: Arc<tokio::sync::Mutex<u64>>,
}

impl Asker {
    /// One who asks this host, with this cookie of a customer's.
    pub(crate) fn new(stage: Stage, host: &Server, cookie: String) -> Self {
        Self {
            client: Client::new(),
            urls: vec![host.url.clone()],
            customer: cookie,
            stage,
            large: bytes::Bytes::from(vec![5; 5 << 20]),
            saved: Arc::default(),
        }
    }

    /// The same people, who ask this host as well.
    pub(crate) fn with(&self, host: &Server) -> Self {
        let mut both = self.clone();
        both.urls.push(host.url.clone());
        both
    }

    /// Asks for pictures until the renderer is loaded everywhere and nearly all pages are drawn: what is measured then is
    /// a day's work, not its first minute.
    pub(crate) async fn warm(&self) -> Result<(), String> {
        for n in 0..CONTRACTS * PAGES * 5 {
            self.once(Kind::Picture, n).await?;
        }
        Ok(())
    }

    /// The nth request to a host in its turn; where there are so many kinds, each host meets each of them.
    fn host(&self, n: u64, kinds: u64) -> &str {
        let hosts = self.urls.len() as u64;
        &self.urls[((n + n / kinds) % hosts) as usize]
    }

    async fn ask(&self, method: Method, url: String, staff: bool, body: Body) -> Result<Vec<u8>, String> {
        let cookie = if staff { &self.stage.staff } else { &self.customer };
        let asked = self.client.request(method, &url).header(header::COOKIE, cookie);
        let asked = match body {
            Body::None => asked,
            Body::Json(value) => asked.json(&value),
            Body::Bytes(bytes) => asked.header(header::CONTENT_TYPE, "application/octet-stream").body(bytes),
        };
        let answer = asked.send().await.map_err(|error| format!("{url}: {error}"))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| format!("{url}: {error}"))?;
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(format!("{url}: {status}")) }
    }

    /// The nth request.
    pub(crate) async fn once(&self, kind: Kind, n: u64) -> Result<(), String> {
        // As people turn pages: in no order that the other kinds of requests keep to.
        let any = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let (contract, page) = (any / PAGES % CONTRACTS, 1 + any % PAGES);
        let contract = &self.stage.contracts[usize::try_from(contract).map_err(|error| error.to_string())?];
        let host = self.host(n, 8);
        let portal = format!("{host}/api/portal/matters/{}", self.stage.matter);
        let firm = format!("{host}/api/matters/{}", self.stage.matter);
        let (method, url, staff, body) = match kind {
            Kind::Json => {
                let (url, staff) = match n % 8 {
                    0 => (portal + "/documents?limit=50", false),
                    1 => (portal + "/documents?limit=50&sort=activity_at&descending=true", false),
                    2 => (portal + "/documents?limit=50&search=letter", false),
                    3 => (format!("{host}/api/portal/matters"), false),
                    4 => (firm + "/documents?limit=50", true),
                    5 => (format!("{firm}/documents/{contract}"), true),
                    6 => (firm + "/client-connect/sharing/documents?limit=50", true),
                    _ => (firm + "/client-connect", true),
                };
                (Method::GET, url, staff, Body::None)
            }
            Kind::Picture => (Method::GET, format!("{portal}/documents/{contract}/pages/{page}"), false, Body::None),
            Kind::Megabyte => {
                (Method::GET, format!("{portal}/documents/{}/content", self.stage.megabyte), false, Body::None)
            }
            Kind::Upload => {
                let body = Body::Bytes(self.large.clone());
                (Method::POST, format!("{portal}/documents?name=upload-{n}.bin"), false, body)
            }
            Kind::Save => return self.save().await.map(drop),
        };
        self.ask(method, url, staff, body).await.map(drop)
    }

    /// Shares and unshares in turns, each after the one before it.
    pub(crate) async fn save(&self) -> Result<Duration, String> {
        let mut saved = self.saved.lock().await;
        let host = self.host(*saved, 2);
        let sharing = format!("{host}/api/matters/{}/client-connect/sharing", self.stage.matter);
        let now = self.ask(Method::GET, sharing.clone(), true, Body::None).await?;
        let revision = serde_json::from_slice::<Value>(&now).map_err(|error| error.to_string())?["revision"].clone();
        let step = json!({ "revision": revision, "contacts": [self.stage.contact], "documents": [self.stage.toggled] });
        let url = format!("{sharing}/{}", if *saved % 2 == 0 { "share" } else { "unshare" });
        *saved += 1;
        let began = Instant::now();
        self.ask(Method::POST, url, true, Body::Json(step)).await?;
        Ok(began.elapsed())
    }
}

enum Body {
    None,
    Json(Value),
    Bytes(bytes::Bytes),
}
