use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};

use super::*;
use crate::{store::audit, web::portal::tests::house::*};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// Another system.
#[derive(Clone, Default)]
struct Platform {
    told: Arc<Mutex<Vec<(String, serde_json::Value, String)>>>,
    /// What it answers; 0 stands for 204.
    answers: Arc<AtomicU16>,
}

impl Platform {
    async fn listen(&self) -> String {
        let router = Router::new().route("/told", post(take)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/told")
    }

    fn answer(&self, status: u16) {
        self.answers.store(status, Ordering::Relaxed);
    }

    /// The ids that it was told since it was asked last, whether it took them or not.
    fn ids(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap()).into_iter().map(|(id, ..)| id).collect()
    }
}

async fn take(State(platform): State<Platform>, headers: HeaderMap, body: String) -> (StatusCode, HeaderMap) {
    // By the specification's own library, which also looks at the clock.
    let status = match standardwebhooks::Webhook::new(SECRET).unwrap().verify(body.as_bytes(), &headers) {
        Ok(()) => StatusCode::from_u16(platform.answers.load(Ordering::Relaxed)).unwrap_or(StatusCode::NO_CONTENT),
        Err(error) => panic!("{error}: {headers:?} {body}"),
    };
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    platform.told.lock().unwrap().push((id, serde_json::from_str(&body).unwrap(), body));
    let mut headers = HeaderMap::new();
    headers.insert("location", "/elsewhere".parse().unwrap());
    (status, headers)
}

async fn house(platform: &Platform) -> House {
    let settings = Settings::new(&platform.listen().await, SECRET).unwrap();
    let house = House::set_up(|config| config.webhooks = Some(settings));
    // The library that verifies has the system's clock.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    house.clock.set(u64::try_from(now.as_millis()).unwrap());
    house
}

/// The number of the log's last row.
fn last(house: &House) -> u64 {
    house.sql::<i64>("SELECT max(seq) FROM audit").try_into().unwrap()
}

/// The ids of the rows that are to be told.
fn rows(house: &House, after: u64) -> Vec<String> {
    let query = audit::Query { firm: house.firm.clone(), after: Some(after), limit: 1_000, ..audit::Query::default() };
    let rows = house.change(|tx| audit::forward(tx, &query).unwrap());
    rows.iter().map(|row| format!("{}.{}", house.firm, row.seq)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wh1_each_row_of_the_log_is_told_in_its_order_signed_and_with_ids_alone() {
    let platform = Platform::default();
    let house = house(&platform).await;
    let before = house.document("before.pdf", "before").await;
    house.save(&before, &house.ann, true);
    begin(&house.app).await.unwrap();
    assert_eq!(once(&house.app).await.unwrap(), Round::Done);
    assert_eq!(platform.ids(), [""; 0], "what was before there were webhooks");
    let after = last(&house);

    let will = house.shared("last will.pdf", "the will").await;
    house.save(&will, &house.ann, false);
    let told = rows(&house, after);
    assert!(told.len() > 1);
    assert_eq!(once(&house.app).await.unwrap(), Round::Done);
    let said = platform.told.lock().unwrap().clone();
    let kinds: Vec<&str> = said.iter().filter_map(|(_, event, _)| event["type"].as_str()).collect();
    assert!(kinds.contains(&"document.shared") && kinds.contains(&"document.unshared"), "{kinds:?}");
    for (id, event, body) in &said {
        assert_eq!(*id, format!("{}.{}", event["data"]["firm"].as_str().unwrap(), event["data"]["seq"]));
        assert!(event["timestamp"].as_str().unwrap().ends_with('Z'));
        for word in ["will.pdf", "the will", "@"] {
            assert!(!body.contains(word), "{body} tells of {word}");
        }
    }
    assert_eq!(platform.ids(), told);
    // And only once.
    assert_eq!(once(&house.app).await.unwrap(), Round::Done);
    assert_eq!(platform.ids(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wh2_what_is_not_taken_is_told_again_and_nothing_before_it() {
    let platform = Platform::default();
    let mut house = house(&platform).await;
    begin(&house.app).await.unwrap();
    let start = last(&house);
    house.shared("a.pdf", "a").await;
    let told = rows(&house, start);
    for status in [500, 404, 410, 302, 429] {
        platform.answer(status);
        assert_eq!(once(&house.app).await.unwrap(), Round::Refused, "{status}");
        assert_eq!(platform.ids(), told[..1], "{status}: in their order, so no other");
    }
    // Nor is it forgotten by a host that is started anew: it tells once more what it told before it could note that.
    platform.answer(0);
    let first = house.change(|tx| store::next(tx, &house.firm, 1).unwrap());
    let webhooks = house.app.webhooks.as_ref().unwrap();
    tokio::task::block_in_place(|| webhooks.tell(&house.firm, &first[0], house.app.runtime.now())).unwrap();
    assert_eq!(platform.ids(), told[..1]);
    house.restart();
    begin(&house.app).await.unwrap();
    assert_eq!(once(&house.app).await.unwrap(), Round::Done);
    assert_eq!(platform.ids(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn wh3_nobody_there_costs_nothing_but_time() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings::new(&format!("http://{nobody}/"), SECRET).unwrap();
    let house = House::set_up(|config| config.webhooks = Some(settings));
    begin(&house.app).await.unwrap();
    house.shared("a.pdf", "a").await;
    assert_eq!(once(&house.app).await.unwrap(), Round::Refused);
    assert!(pause(1) < pause(2) && pause(9) == Duration::from_secs(3600));
}

#[tokio::test(flavor = "multi_thread")]
async fn wh4_a_firm_that_is_founded_later_is_told_from_its_first_row() {
    let platform = Platform::default();
    let house = house(&platform).await;
    begin(&house.app).await.unwrap();
    let later = house.change(|tx| {
        let firm = new_firm(tx, "Later");
        for _ in 0..150 {
            audit::append(tx, &firm, &audit::Row::new(house.app.runtime.now(), audit::By::Host, "firm.changed"))
                .unwrap();
        }
        firm
    });
    begin(&house.app).await.unwrap();
    assert_eq!(once(&house.app).await.unwrap(), Round::More);
    assert_eq!(once(&house.app).await.unwrap(), Round::Done);
    assert_eq!(platform.ids(), (1..=150).map(|seq| format!("{later}.{seq}")).collect::<Vec<_>>());
}

#[test]
fn wh5_only_an_address_and_a_secret_that_protect_something_are_taken() {
    for url in ["", "portal.example/hook", "ftp://portal.example/", "http://portal.example/hook", "http://10.0.0.1/"] {
        assert!(Settings::new(url, SECRET).is_err(), "{url}");
    }
    for secret in ["", "whsec_", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_c2hvcnQ=", "whsec_!"] {
        assert!(Settings::new("https://portal.example/hook", secret).is_err(), "{secret}");
    }
    for url in ["https://portal.example/hook", "http://127.0.0.1:9000/", "http://[::1]/", "http://localhost/"] {
        let settings = Settings::new(url, SECRET).unwrap();
        assert!(!format!("{settings:?}").contains("C2FV"), "no secret in a log");
    }
}
