//! People who go on asking while something is done to the hosts: staff who share and upload, customers who list and read.
//! Each says what came in the place of the answer that was due, and how long the slowest took.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use client_connect_tests::{
    ground::{ANN, Ground},
    person::{Answer, Person, text},
};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

/// How often each of them asks at most: so that what is done to the hosts is seen, and not what so many people cost.
const PACE: Duration = Duration::from_millis(100);

/// What they saw, all together.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Requests that were answered.
    pub(super) asked: usize,
    /// How long the slowest took.
    pub(super) slowest: Duration,
    /// Which that was.
    pub(super) which: String,
    /// Answers that were not the one that was due.
    pub(super) wrong: Vec<String>,
    /// Documents that were acknowledged, with their content.
    pub(super) stored: Vec<(String, String)>,
}

/// The people, until they are told to stop.
#[derive(Debug)]
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    people: JoinSet<Seen>,
    /// Where each of them asks: as a balancer sends them.
    at: Vec<Arc<Mutex<String>>>,
    asked: Arc<AtomicUsize>,
}

/// One of them.
struct One {
    person: Person,
    /// Where they have asked last.
    last: String,
    at: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    seen: Seen,
}

impl One {
    fn goes_on(&mut self) -> bool {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if at != self.last {
            self.person = self.person.at(&at);
            self.last = at;
        }
        !self.stop.load(Ordering::Relaxed)
    }

    async fn ask(&mut self, request: reqwest::RequestBuilder, due: u16) -> Option<Answer> {
        tokio::time::sleep(PACE).await;
        let began = Instant::now();
        let answer = self.person.try_send(request).await;
        let took = began.elapsed();
        if took > self.seen.slowest {
            let asked = answer.as_ref().map_or_else(String::clone, |answer| answer.asked.clone());
            (self.seen.slowest, self.seen.which) = (took, asked);
        }
        self.seen.asked += 1;
        self.asked.fetch_add(1, Ordering::Relaxed);
        match answer {
            Ok(answer) if answer.status == due => Some(answer),
            Ok(answer) => {
                let said = String::from_utf8_lossy(&answer.bytes).into_owned();
                self.seen.wrong.push(format!("{}: {} {said}", answer.asked, answer.status));
                None
            }
            Err(error) => {
                self.seen.wrong.push(error);
                None
            }
        }
    }
}

impl Traffic {
    /// Begins, with the same people at each of these hosts: one who shares and unshares, one who uploads, two who read. No
    /// two of them share with the same contact, so that whoever saves is the only one.
    pub(super) async fn begin(ground: &Ground, hosts: &[&str]) -> Self {
        let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (mut people, mut places) = (JoinSet::new(), Vec::new());
        ground.share(&[(&ground.documents[0], &ground.ann)]).await;
        let ann = ground.host.customer(ANN).await;
        let content = ground.portal(&format!("/documents/{}/content", ground.documents[0]));
        let list = ground.portal("/documents");
        let upload = format!("/api/matters/{}/documents", ground.matter);
        for host in hosts {
            let at = Arc::new(Mutex::new((*host).to_owned()));
            places.push(at.clone());
            let one = |person: &Person| One {
                person: person.at(host),
                last: (*host).to_owned(),
                at: at.clone(),
                stop: stop.clone(),
                asked: asked.clone(),
                seen: Seen::default(),
            };
            for path in [content.clone(), list.clone()] {
                let mut one = one(&ann);
                people.spawn(async move {
                    while one.goes_on() {
                        let request = one.person.request(Method::GET, &path);
                        one.ask(request, 200).await;
                    }
                    one.seen
                });
            }
            let (mut uploader, path) = (one(&ground.staff), upload.clone());
            people.spawn(async move {
                let mut n = 0;
                while uploader.goes_on() {
                    n += 1;
                    let content = format!("number {n} of {}", uploader.last);
                    let request = uploader.person.request(Method::POST, &format!("{path}?name=Traffic-{n}.txt"));
                    let request = request.header("content-type", "application/octet-stream").body(content.clone());
                    if let Some(made) = uploader.ask(request, 201).await {
                        uploader.seen.stored.push((text(&made.expect(201), "id"), content));
                    }
                }
                uploader.seen
            });
        }
        // One alone saves the section, whose revision is for all: at the hosts in turn.
        let mut saver = One {
            person: ground.staff.at(hosts[0]),
            last: hosts[0].to_owned(),
            at: places[0].clone(),
            stop: stop.clone(),
            asked: asked.clone(),
            seen: Seen::default(),
        };
        let (section, pair) =
            (ground.section("sharing"), json!([{ "document": ground.documents[1], "contact": ground.ben }]));
        let all = places.clone();
        people.spawn(async move {
            let mut shared = false;
            for turn in 0.. {
                saver.at = all[turn % all.len()].clone();
                if !saver.goes_on() {
                    break;
                }
                let request = saver.person.request(Method::GET, &section);
                let Some(page) = saver.ask(request, 200).await else { continue };
                let (share, unshare) = if shared { (json!([]), pair.clone()) } else { (pair.clone(), json!([])) };
                let save = json!({ "revision": page.expect(200)["revision"], "share": share, "unshare": unshare });
                let request = saver.person.request(Method::PUT, &section).json(&save);
                if saver.ask(request, 200).await.is_some() {
                    shared = !shared;
                }
            }
            saver.seen
        });
        Self { stop, people, at: places, asked }
    }

    /// How many requests have been answered.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits until so many more have been answered: what is done now is done under way.
    pub(super) async fn more(&self, requests: usize) {
        let until = self.asked() + requests;
        while self.asked() < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends everybody there from now on.
    pub(super) fn send_to(&self, host: &str) {
        for at in &self.at {
            host.clone_into(&mut at.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Stops, and answers what they saw.
    pub(super) async fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for seen in self.people.join_all().await {
            all.asked += seen.asked;
            if seen.slowest > all.slowest {
                (all.slowest, all.which) = (seen.slowest, seen.which);
            }
            all.wrong.extend(seen.wrong);
            all.stored.extend(seen.stored);
        }
        all
    }
}

impl Seen {
    /// Nothing that was due did not come, and what was acknowledged is there.
    pub(super) async fn prove(&self, ground: &Ground, host: &str) {
        assert_eq!(self.wrong, Vec::<String>::new());
        let staff = ground.staff.at(host);
        for (document, content) in &self.stored {
            let there = staff.get(&format!("/api/matters/{}/documents/{document}/content", ground.matter)).await;
            there.expect(200);
            assert_eq!(there.bytes, content.as_bytes());
        }
    }
}
