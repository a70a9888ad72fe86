//! What a busy firm and its customers do at once, for as long as is asked: requests come when they come, whether or not
//! the last ones are answered, and each one's time is counted from when it was due.
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
use tokio::{task::JoinSet, time::Instant};

use crate::{
    previews::fixtures,
    process::Server,
    table::{Aim, Table},
    world::{Setup, World, said},
};

/// Requests a second.
const RATE: u64 = 200;
/// Documents that are looked at.
const CONTRACTS: u64 = 10;
/// Pages of each.
const PAGES: u64 = 20;

/// What the load works on beside the lists.
pub(crate) struct Stage {
    /// A megabyte, shared with the contact.
    megabyte: String,
    /// Of many pages each, shared with the contact.
    contracts: Vec<String>,
    /// Not shared, to begin with.
    toggled: String,
    /// A session of the matter's owner.
    staff: String,
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
        let toggled = world.unshared().to_owned();
        Ok(Self { megabyte, contracts, toggled, staff: format!("cc_staff={}", hex::encode(token)) })
    }
}

/// A request that is asked over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Picture,
    Megabyte,
    Upload,
}

/// What came of all of them.
#[derive(Default)]
struct Seen {
    json: Mutex<Vec<Duration>>,
    saves: Mutex<Vec<Duration>>,
    answered: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

impl Seen {
    fn note(&self, times: Option<&Mutex<Vec<Duration>>>, took: Duration, outcome: Result<(), String>) {
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
}

struct Asker {
    client: Client,
    url: String,
    matter: String,
    customer: String,
    stage: Stage,
    contact: String,
    seen: Seen,
}

impl Asker {
    async fn ask(&self, method: Method, path: &str, staff: bool, body: Body) -> Result<Vec<u8>, String> {
        let cookie = if staff { &self.stage.staff } else { &self.customer };
        let asked = self.client.request(method, format!("{}{path}", self.url)).header(header::COOKIE, cookie);
        let asked = match body {
            Body::None => asked,
            Body::Json(value) => asked.json(&value),
            Body::Bytes(bytes) => asked.header(header::CONTENT_TYPE, "application/octet-stream").body(bytes),
        };
        let answer = asked.send().await.map_err(|error| format!("{path}: {error}"))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| format!("{path}: {error}"))?;
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(format!("{path}: {status}")) }
    }

    fn portal(&self, rest: &str) -> String {
        format!("/api/portal/matters/{}{rest}", self.matter)
    }

    fn firm(&self, rest: &str) -> String {
        format!("/api/matters/{}{rest}", self.matter)
    }

    async fn once(&self, kind: Kind, n: u64, large: bytes::Bytes) -> Result<(), String> {
        // As people turn pages: in no order that the other kinds of requests keep to.
        let any = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let (contract, page) = (any / PAGES % CONTRACTS, 1 + any % PAGES);
        let contract = &self.stage.contracts[usize::try_from(contract).map_err(|error| error.to_string())?];
        let done = match kind {
            Kind::Json => {
                let (path, staff) = match n % 8 {
                    0 => (self.portal("/documents?limit=50"), false),
                    1 => (self.portal("/documents?limit=50&sort=activity_at&descending=true"), false),
                    2 => (self.portal("/documents?limit=50&search=letter"), false),
                    3 => ("/api/portal/matters".to_owned(), false),
                    4 => (self.firm("/documents?limit=50"), true),
                    5 => (self.firm(&format!("/documents/{contract}")), true),
                    6 => (self.firm("/client-connect/sharing/documents?limit=50"), true),
                    _ => (self.firm("/client-connect"), true),
                };
                self.ask(Method::GET, &path, staff, Body::None).await
            }
            Kind::Picture => {
                let path = self.portal(&format!("/documents/{contract}/pages/{page}"));
                self.ask(Method::GET, &path, false, Body::None).await
            }
            Kind::Megabyte => {
                let path = self.portal(&format!("/documents/{}/content", self.stage.megabyte));
                self.ask(Method::GET, &path, false, Body::None).await
            }
            Kind::Upload => {
                let path = self.portal(&format!("/documents?name=upload-{n}.bin"));
                self.ask(Method::POST, &path, false, Body::Bytes(large)).await
            }
        };
        done.map(drop)
    }

    /// Shares and unshares in turns, each after the one before it.
    async fn save(&self, share: bool) -> Result<Duration, String> {
        let sharing = self.firm("/client-connect/sharing");
        let now = self.ask(Method::GET, &sharing, true, Body::None).await?;
        let revision = serde_json::from_slice::<Value>(&now).map_err(|error| error.to_string())?["revision"].clone();
        let step = json!({ "revision": revision, "contacts": [self.contact], "documents": [self.stage.toggled] });
        let path = format!("{sharing}/{}", if share { "share" } else { "unshare" });
        let began = Instant::now();
        self.ask(Method::POST, &path, true, Body::Json(step)).await?;
        Ok(began.elapsed())
    }
}

enum Body {
    None,
    Json(Value),
    Bytes(bytes::Bytes),
}

/// Keeps it up for `lasting`.
pub(crate) async fn measure(
    world: &World,
    stage: Stage,
    server: &Server,
    cookie: &str,
    lasting: Duration,
    table: &mut Table,
) -> Setup<()> {
    let asker = Arc::new(Asker {
        client: Client::new(),
        url: server.url.clone(),
        matter: world.matter.clone(),
        customer: cookie.to_owned(),
        stage,
        contact: world.contact.clone(),
        seen: Seen::default(),
    });
    // The renderer is loaded and nearly all pages are drawn: what is measured is a day's work, not its first minute.
    for n in 0..CONTRACTS * PAGES * 5 {
        asker.once(Kind::Picture, n, bytes::Bytes::new()).await?;
    }
    let large = bytes::Bytes::from(vec![5; 5 << 20]);
    let (began, mut asked) = (Instant::now(), JoinSet::new());
    let saver = tokio::spawn({
        let asker = asker.clone();
        async move {
            let mut due = Instant::now();
            for n in 0_u64.. {
                due += Duration::from_micros(1_000_000 * 100 / RATE / 2);
                if due.duration_since(began) > lasting {
                    return;
                }
                tokio::time::sleep_until(due).await;
                let (took, outcome) = match asker.save(n % 2 == 0).await {
                    Ok(took) => (took, Ok(())),
                    Err(error) => (Duration::ZERO, Err(error)),
                };
                asker.seen.note(Some(&asker.seen.saves), took, outcome);
            }
        }
    });
    let mut due = began;
    for n in 0_u64.. {
        due += Duration::from_micros(1_000_000 / RATE);
        if due.duration_since(began) > lasting {
            break;
        }
        tokio::time::sleep_until(due).await;
        // So that each kind is spread over the hundred.
        let kind = match (n * 37) % 100 {
            0..78 => Kind::Json,
            78..93 => Kind::Picture,
            93..97 => Kind::Megabyte,
            97 => Kind::Upload,
            // The saver's.
            _ => continue,
        };
        let (asker, large) = (asker.clone(), large.clone());
        asked.spawn(async move {
            let outcome = asker.once(kind, n, large).await;
            let times = (kind == Kind::Json).then_some(&asker.seen.json);
            asker.seen.note(times, due.elapsed(), outcome);
        });
        while asked.try_join_next().is_some() {}
    }
    while asked.join_next().await.is_some() {}
    saver.await?;
    rows(&asker.seen, began.elapsed(), lasting, table);
    Ok(())
}

fn rows(seen: &Seen, took: Duration, lasting: Duration, table: &mut Table) {
    let failed = seen.failed.lock().unwrap_or_else(PoisonError::into_inner);
    for error in failed.iter().take(5) {
        eprintln!("    {error}");
    }
    let of = format!("load of {RATE} requests a second, mixed, for {} s", lasting.as_secs());
    let answered = seen.answered.load(Ordering::Relaxed);
    table.figure(format!("{of}: answered"), answered as f64 / took.as_secs_f64(), "/s", None);
    table.figure(format!("{of}: errors"), failed.len() as f64, "", Some(Aim::Most(0.0)));
    let mut rank = |what: &str, times: &Mutex<Vec<Duration>>, rank: f64, aim: f64| {
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        times.sort_unstable();
        if let Some(time) = times.get(((times.len() as f64) * rank) as usize) {
            table.figure(format!("{of}: {what}"), time.as_secs_f64() * 1e3, "ms", Some(Aim::Most(aim)));
        }
    };
    rank("lists, 99 of 100 within", &seen.json, 0.99, 100.0);
    rank("lists, 999 of 1,000 within", &seen.json, 0.999, 400.0);
    rank("sharing and unsharing, 99 of 100 within", &seen.saves, 0.99, 100.0);
}
