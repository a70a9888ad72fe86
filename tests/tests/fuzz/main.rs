//! Whatever is sent: an answer that is no fault of the host's, nothing given to whom it does not belong, nothing kept that
//! was refused, and names that are harmless wherever they stand.
//!
//! Each target runs for `CLIENT_CONNECT_TESTS_FUZZ` seconds (2 if it is not set), from the seed
//! `CLIENT_CONNECT_TESTS_SEED`; what goes wrong is told with the seed and the try that repeat it.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end where their ground gives way")]

mod sessions;
mod uploads;
mod wire;

use std::time::{Duration, Instant};

use client_connect::store::SqliteTx;
use client_connect_fixtures::{canary::Canaries, damage::Chance, figure};
use client_connect_tests::{
    ground::{ANN, Ground},
    person::text,
};
use wire::{Answer, send};

/// Text that is trouble somewhere: in names, headers, forms, cells, paths.
const PIECES: &[&str] = &[
    "a",
    "Vertrag",
    ".pdf",
    ".exe",
    ".",
    "..",
    "/",
    "\\",
    "%",
    "%2e",
    "%00",
    "\"",
    "'",
    "<b>",
    "&amp;",
    ";",
    ",",
    "=cmd()",
    "+1",
    "-",
    "@",
    "\r\n",
    "\n",
    "\t",
    "\0",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{200f}",
    "\u{202e}",
    "\u{2066}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffd}",
    "\u{e0041}",
    "é",
    "e\u{301}",
    "ß",
    "İ",
    "ﬁ",
    "文",
    "عقد",
    "👩‍👩‍👧",
    "𝒳",
    "CON",
    "nul",
    "filename*=UTF-8''x",
    "\u{301}\u{301}\u{301}\u{301}",
    "0123456789abcdef0123456789abcdef",
];

/// One target: tries until the time is over.
struct Run {
    seed: u64,
    tried: u64,
    answered: u64,
    until: Instant,
}

impl Run {
    fn begin() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
        let seconds = number("CLIENT_CONNECT_TESTS_FUZZ").unwrap_or(2);
        let seed = number("CLIENT_CONNECT_TESTS_SEED").unwrap_or(1);
        Self { seed, tried: 0, answered: 0, until: Instant::now() + Duration::from_secs(seconds) }
    }

    /// The next try, while there is time.
    fn next(&mut self) -> Option<Chance> {
        if self.tried > 0 && Instant::now() >= self.until {
            figure(format_args!("{} tries, {} answered, from seed {}", self.tried, self.answered, self.seed));
            assert!(self.answered > 0, "nothing was answered at all");
            return None;
        }
        self.tried += 1;
        Some(Chance::new(self.seed, self.tried))
    }

    /// Sends it; a fault of the host's is the end.
    fn ask(&mut self, ground: &Ground, bytes: &[u8]) -> Answer {
        self.judge(bytes, send(&ground.host.base, bytes, true))
    }

    /// The same of what may not be whole.
    fn ask_in_part(&mut self, ground: &Ground, bytes: &[u8]) -> Answer {
        self.judge(bytes, send(&ground.host.base, bytes, false))
    }

    fn judge(&mut self, bytes: &[u8], answer: Answer) -> Answer {
        if let Some(status) = answer.status {
            self.answered += 1;
            assert!(status < 500, "{}", self.told(bytes, &answer));
        }
        answer
    }

    fn told(&self, bytes: &[u8], answer: &Answer) -> String {
        let sent = String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).into_owned();
        format!("seed {}, try {}: {sent:?} was answered {answer:?}", self.seed, self.tried)
    }
}

/// A text of a few pieces.
fn piecework(chance: &mut Chance) -> String {
    let mut all: String = (0..=chance.below(6)).map(|_| *chance.one(PIECES)).collect();
    if chance.below(12) == 0 {
        all = all.repeat(chance.below(120));
    }
    all
}

fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A customer with every right, her cookie, and a document of hers whose words stand nowhere else.
struct Scene {
    ground: Ground,
    cookie: String,
    canaries: Canaries<()>,
    /// The path of its bytes.
    content: String,
}

impl Scene {
    async fn lay() -> Self {
        let ground = Ground::lay().await;
        ground.admit(&[(&ground.ann, true)]).await;
        let mut canaries = Canaries::default();
        let words = canaries.mark(());
        let path = format!("/api/matters/{}/documents?name=Secret.txt", ground.matter);
        let document = text(&ground.staff.upload(&path, words).await.expect(201), "id");
        ground.share(&[(&document, &ground.ann)]).await;
        let cookie = ground.host.session_cookie(ANN).await;
        let content = ground.portal(&format!("/documents/{document}/content"));
        Self { ground, cookie, canaries, content }
    }

    fn documents(&self) -> i64 {
        let count = |tx: &_, _| {
            Ok(SqliteTx::conn(tx).query_row("SELECT count(*) FROM documents", [], |row| row.get(0)).unwrap())
        };
        self.ground.host.own(count)
    }
}
