//! T-AV: what is found is refused, what was not scanned goes out on no route, and nothing is given free but by a scan.

mod daemon;
mod routes;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    store::{self, audit::By, sessions},
    web::portal::tests::house::*,
};
use daemon::{Clamd, Habit, eicar, stub};

/// What the daemons of these tests take at most.
const TAKES: usize = 1 << 20;
const HOUR: u64 = 3_600_000;

fn settings(socket: &Path) -> Settings {
    Settings {
        place: Place::Unix(socket.to_owned()),
        timeout: Duration::from_secs(20),
        limit: LIMIT,
        pass_larger: false,
    }
}

fn house(socket: &Path, change: impl FnOnce(&mut Settings)) -> House {
    let mut settings = settings(socket);
    change(&mut settings);
    House::set_up(|config| config.scan = Some(settings))
}

/// A file with a mark in it, that is found in what leaves.
fn marked(size: usize) -> (Vec<u8>, String) {
    let mark = format!("mark-{}", store::new_id());
    let mut bytes = mark.clone().into_bytes();
    bytes.resize(size.max(mark.len()), b'.');
    (bytes, mark)
}

fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored))
        .unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

impl House {
    /// The cookie of a new session of the owner.
    fn staff(&self) -> String {
        let secret: [u8; 32] = Sha256::digest(store::new_id()).into();
        self.change(|tx| {
            sessions::start_staff(tx, &Sha256::digest(secret).into(), &self.owner, NOW, NOW + 9 * HOUR).unwrap();
            let row = Row::new(NOW, By::User(self.owner.clone()), "sign-in.done");
            audit::append(tx, &self.firm, &row).unwrap();
        });
        format!("cc_staff={}", hex::encode(secret))
    }

    async fn by_staff(&self, cookie: &str, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Sends a file in such pieces, and answers what came of the last, and of the end if it came to that.
    async fn in_pieces(&self, name: &str, pieces: &[&[u8]]) -> (Answer, Option<Answer>) {
        let tus = |method: Method, path: &str, headers: &[(&str, String)], body: Vec<u8>| {
            let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &self.ann.cookie);
            request = request.header("tus-resumable", "1.0.0");
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            request.body(Body::from(body)).unwrap()
        };
        let length = pieces.iter().map(|piece| piece.len()).sum::<usize>().to_string();
        let metadata = format!("filename {}", BASE64_STANDARD.encode(name));
        let begin = [("upload-length", length), ("upload-metadata", metadata)];
        let begun = self.send(tus(Method::POST, &self.path("/uploads"), &begin, Vec::new())).await.json();
        let upload = begun["upload"].as_str().unwrap();
        let path = self.path(&format!("/uploads/{upload}"));
        let (mut offset, mut last) = (0, None);
        for piece in pieces {
            let headers =
                [("content-type", "application/offset+octet-stream".to_owned()), ("upload-offset", offset.to_string())];
            let answer = self.send(tus(Method::PATCH, &path, &headers, piece.to_vec())).await;
            offset += piece.len();
            let stop = !answer.status.is_success();
            last = Some(answer);
            if stop {
                return (last.unwrap(), None);
            }
        }
        let body = serde_json::json!({ "uploads": [upload] }).to_string();
        let json = [("content-type", "application/json".to_owned())];
        let end = self.send(tus(Method::POST, &self.path("/documents"), &json, body.into_bytes())).await;
        (last.unwrap(), Some(end))
    }

    fn inbox(&self) -> Vec<String> {
        self.change(|tx| {
            let all = inbox::list(tx, &self.owner, None, 100).unwrap();
            all.into_iter().map(|message| message.text).collect()
        })
    }

    fn audited(&self, action: &str) -> u32 {
        self.sql(&format!("SELECT count(*) FROM audit WHERE action = '{action}'"))
    }

    /// That nothing at all is left of what was refused.
    async fn nothing_kept(&self) {
        self.settled(0).await;
        assert_eq!(self.sql::<u32>("SELECT count(*) FROM documents"), 0);
        assert_eq!(self.sql::<u32>("SELECT count(*) FROM quarantine"), 0);
        assert_eq!(self.sql::<u32>("SELECT count(*) FROM uploads"), 0);
        self.verified();
    }
}

/// Sends a file as Ann, and answers the document that was made and held back.
async fn held(house: &House, name: &str, bytes: Vec<u8>) -> String {
    let answer = house.upload(&house.ann, name, bytes, &[]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    let receipt = answer.json();
    assert_eq!(receipt["documents"][0]["held"], true, "{receipt}");
    assert!(receipt["notes"].as_array().unwrap().iter().any(|note| note["code"] == "held-for-scan"), "{receipt}");
    receipt["documents"][0]["document"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_what_is_found_is_refused_however_it_comes() {
    let Some(clamd) = Clamd::start(TAKES) else { return };
    let house = house(&clamd.socket(), |_| {});
    let staff = house.staff();
    let (virus, sibling) = (eicar(), b"a harmless letter".to_vec());

    // As it is, and in an archive.
    for (name, bytes) in [("eicar.txt", virus.clone()), ("eicar.zip", zipped("eicar.txt", &virus))] {
        let before = house.inbox().len();
        let answer = house.upload(&house.ann, name, bytes, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "malware"));
        let fault = &answer.json()["errors"][0];
        assert_eq!((fault["code"].as_str(), fault["attributes"]["name"].as_str()), (Some("malware"), Some(name)));
        let told = house.inbox();
        assert_eq!(told.len(), before + 1, "{told:?}");
        assert!(
            told[0].contains(name) && told[0].contains("ann@home.example") && told[0].contains("Eicar"),
            "{told:?}"
        );
        house.nothing_kept().await;
    }
    // In three chunks of one body.
    let chunks: Vec<std::io::Result<Vec<u8>>> = virus.chunks(30).map(|chunk| Ok(chunk.to_vec())).collect();
    assert_eq!(chunks.len(), 3);
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    let answer = house.upload(&house.ann, "chunks.txt", body, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "malware"));
    house.nothing_kept().await;
    // In three pieces that go on.
    let pieces: Vec<&[u8]> = virus.chunks(30).collect();
    let (answer, end) = house.in_pieces("pieces.txt", &pieces).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "malware"));
    assert!(end.is_none());
    house.nothing_kept().await;
    // Beside another file: all or none, and the other one alone is taken.
    let form = |files: &[(&str, &[u8])]| {
        let mut body = Vec::new();
        for (name, bytes) in files {
            body.extend(
                format!("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n").bytes(),
            );
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        body
    };
    let answer = house.form(&house.ann, form(&[("letter.txt", &sibling), ("eicar.txt", &virus)])).await;
    assert_eq!(answer.code(), "malware");
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 1);
    house.nothing_kept().await;
    assert_eq!(house.audited("upload.refused"), 5);
    // By staff, as a new document.
    let path = format!("/api/matters/{}/documents", house.matter);
    let answer = house.by_staff(&staff, Method::POST, &format!("{path}?name=eicar.txt"), virus.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "malware"));
    house.nothing_kept().await;
    // What is clean passes, and is not held back.
    let answer = house.form(&house.ann, form(&[("letter.txt", &sibling)])).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.json()["documents"][0]["held"], false);
    let (_, end) = house.in_pieces("letter2.txt", &[b"one ", b"two ", b"three"]).await;
    assert_eq!(end.unwrap().json()["documents"][0]["held"], false);
    // As a new version by staff: the old one stays.
    let document = answer.json()["documents"][0]["document"].as_str().unwrap().to_owned();
    let content = format!("{path}/{document}/content");
    let answer = house.by_staff(&staff, Method::PUT, &content, virus).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "malware"));
    assert_eq!(house.by_staff(&staff, Method::GET, &content, "").await.body, sibling);
    house.settled(2).await;
    assert_eq!(house.audited("upload.refused"), 7);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM quarantine"), 0);
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_what_is_found_later_is_removed_and_said() {
    let Some(mut clamd) = Clamd::start(TAKES) else { return };
    clamd.kill();
    let house = house(&clamd.socket(), |_| {});
    let staff = house.staff();
    let document = held(&house, "eicar.txt", eicar()).await;
    let (_, end) = house.in_pieces("pieces.txt", &eicar().chunks(30).collect::<Vec<_>>()).await;
    assert_eq!(end.unwrap().json()["documents"][0]["held"], true);
    let path = format!("/api/matters/{}/documents", house.matter);
    // A new version by staff of what is clean waits alone: the version before goes out as before.
    clamd.wake();
    let letter = house.upload(&house.ann, "letter.txt", "harmless", &[]).await.json();
    let letter = letter["documents"][0]["document"].as_str().unwrap().to_owned();
    clamd.kill();
    let answer = house.by_staff(&staff, Method::PUT, &format!("{path}/{letter}/content"), eicar()).await;
    assert_eq!(answer.json()["attributes"]["held"], "waiting");
    assert_eq!(house.get(&house.ann, &house.content(&letter)).await.code(), "held-for-scan");
    let first = format!("{path}/{letter}/versions/1/content");
    assert_eq!(house.by_staff(&staff, Method::GET, &first, "").await.body, b"harmless");

    clamd.wake();
    house.clock.advance(10 * 60_000);
    assert_eq!(again(&house.app).await.unwrap(), (0, 3));
    house.settled(1).await;
    for (document, file) in [(&document, "eicar.txt"), (&letter, "letter.txt")] {
        let answer = house.get(&house.ann, &house.content(document)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "malware"));
        let answer = house.by_staff(&staff, Method::GET, &format!("{path}/{document}/content"), "").await;
        assert_eq!(answer.code(), "malware");
        assert!(house.inbox().iter().any(|told| told.contains(file) && told.contains("removed")), "{file}");
    }
    assert_eq!(house.by_staff(&staff, Method::GET, &first, "").await.body, b"harmless");
    assert_eq!(house.audited("document.refused"), 3);
    let list = house.get(&house.ann, &house.path("/documents")).await.json();
    assert!(list["items"].as_array().unwrap().iter().all(|row| row["held"] == "found"), "{list}");
    let page = house.get(&house.ann, &format!("/portal/matters/{}", house.matter)).await;
    assert!(String::from_utf8(page.body).unwrap().contains("Refused: malware was found"));
    house.verified();
    // Its sender is written to, once for each document that they sent.
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM letters WHERE purpose = 'refusal' AND state = 'waiting'"), 2);
    // It is over for good: nothing is scanned again, and a backup is whole without it.
    house.clock.advance(9 * HOUR);
    assert_eq!(again(&house.app).await.unwrap(), (0, 0));
    if !house.app.runtime.backend().is_file() {
        return;
    }
    let to = tempfile::tempdir().unwrap();
    let backup = tokio::task::block_in_place(|| {
        store::backup::backup(house.app.runtime.backend(), &house.app.blobs, &to.path().join("b"), NOW).unwrap()
    });
    assert_eq!((backup.contents, backup.missing.len()), (1, 0));
    // Purged, nothing is left of it.
    house.change(|tx| {
        store::documents::delete(tx, &house.matter, std::slice::from_ref(&document), NOW).unwrap();
        store::documents::purge(tx, &house.matter, std::slice::from_ref(&document), NOW).unwrap();
    });
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM quarantine"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_whatever_the_daemon_does_nothing_passes_unscanned() {
    let folder = tempfile::tempdir().unwrap();
    let mut places: Vec<PathBuf> = [
        Habit::Silent,
        Habit::Deaf,
        Habit::BreaksOff,
        Habit::Trickles,
        Habit::Says(b""),
        Habit::Says(b"\0"),
        Habit::Says(b"stream: OK"),
        Habit::Says(b"stream: ok\0"),
        Habit::Says(b"OK\0"),
        Habit::Says(b"\xff\xfe\0"),
        Habit::Says(&[b'x'; 9000]),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, habit)| {
        let own = folder.path().join(n.to_string());
        std::fs::create_dir(&own).unwrap();
        stub(&own, habit)
    })
    .collect();
    places.push(folder.path().join("nobody"));
    let mut house = house(&places[0], |settings| settings.timeout = Duration::from_millis(300));
    for (n, place) in places.iter().enumerate() {
        house.scan_at(place, Duration::from_millis(300));
        let (bytes, mark) = marked(900_000);
        let began = Instant::now();
        let document = held(&house, &format!("{n}.txt"), bytes).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{place:?} took {:?}", began.elapsed());
        let answer = house.get(&house.ann, &house.content(&document)).await;
        assert_eq!(answer.code(), "held-for-scan", "{place:?}");
        assert!(!answer.body.windows(mark.len()).any(|part| part == mark.as_bytes()));
    }
    let why: u32 = house.sql("SELECT count(*) FROM quarantine WHERE why = 'unavailable' AND state = 'waiting'");
    assert_eq!(why as usize, places.len());
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_a_daemon_killed_in_the_middle_has_found_nothing_out() {
    let Some(mut clamd) = Clamd::start(64 << 20) else { return };
    let socket = clamd.socket();
    // It is in the middle of a file when it is killed.
    let (reached, go) = (std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
    let asking = std::thread::spawn(move || {
        let mut chunks = 0;
        clamd::ask(&Place::Unix(socket), Instant::now() + Duration::from_secs(20), |most| {
            chunks += 1;
            if chunks == 3 {
                reached.0.send(()).unwrap();
                go.1.recv().unwrap();
            }
            Ok(if chunks < 50 { vec![b'.'; most].into() } else { bytes::Bytes::new() })
        })
    });
    reached.1.recv().unwrap();
    clamd.kill();
    go.0.send(()).unwrap();
    assert_eq!(asking.join().unwrap(), Verdict::Unknown(Why::Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_what_is_larger_than_the_scanner_takes_is_held_back_unless_a_setting_says_otherwise() {
    let Some(clamd) = Clamd::start(TAKES) else { return };
    let mut large = vec![b'.'; TAKES + 1000];
    large.extend(eicar());
    // By the scanner's own limit, and by the host's.
    for limit in [LIMIT, 1000] {
        let house = house(&clamd.socket(), |settings| settings.limit = limit);
        let document = held(&house, "large.txt", large.clone()).await;
        assert_eq!(house.sql::<String>("SELECT why FROM quarantine"), "too-large");
        house.clock.advance(10 * 60_000);
        assert_eq!(again(&house.app).await.unwrap(), (0, 0));
        assert_eq!(house.get(&house.ann, &house.content(&document)).await.code(), "held-for-scan");
        // What fits is scanned as ever.
        let small = house.upload(&house.ann, "small.txt", "harmless", &[]).await.json();
        assert_eq!(small["documents"][0]["held"], false);
    }
    for limit in [LIMIT, 1000] {
        let house = house(&clamd.socket(), |settings| (settings.limit, settings.pass_larger) = (limit, true));
        let answer = house.upload(&house.ann, "large.txt", large.clone(), &[]).await.json();
        assert_eq!(answer["documents"][0]["held"], false);
        // The exception is for what is larger, and for nothing else.
        assert_eq!(house.upload(&house.ann, "eicar.txt", eicar(), &[]).await.code(), "malware");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t_av_what_waited_still_waits_when_the_host_is_started_without_a_scanner() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = house(&folder.path().join("nobody"), |_| {});
    let document = held(&house, "mine.txt", marked(100).0).await;
    house.scan_nowhere();
    assert_eq!(again(&house.app).await.unwrap(), (0, 0));
    assert_eq!(house.get(&house.ann, &house.content(&document)).await.code(), "held-for-scan");
}

#[test]
fn t_av_the_daemon_is_asked_over_the_network_as_over_its_socket() {
    let Some(clamd) = Clamd::start(TAKES) else { return };
    let clean = |bytes: &[u8]| {
        let mut rest = bytes::Bytes::copy_from_slice(bytes);
        let place = clamd.address().parse().unwrap();
        clamd::ask(&place, Instant::now() + Duration::from_secs(20), |most| Ok(rest.split_to(rest.len().min(most))))
    };
    assert_eq!(clean(b"harmless"), Verdict::Clean);
    assert!(matches!(clean(&eicar()), Verdict::Found(what) if what.contains("Eicar")));
    assert_eq!(clean(&vec![b'.'; TAKES + 1000]), Verdict::Unknown(Why::TooLarge));
    let address = clamd.address();
    drop(clamd);
    let nobody =
        clamd::ask(&address.parse().unwrap(), Instant::now() + Duration::from_secs(20), |_| Ok(bytes::Bytes::new()));
    assert_eq!(nobody, Verdict::Unknown(Why::Unavailable));
}
