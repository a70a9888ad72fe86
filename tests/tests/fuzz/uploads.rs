//! What customers send: names, forms, pieces of large files.

use client_connect_fixtures::damage::{Chance, damage};
use client_connect_tests::{host::prove, person::text};
use serde_json::Value;

use super::{Run, Scene, encoded, piecework, wire::request};

/// What a name may not hold wherever it is shown: what hides, turns around, or ends a line.
fn is_harmless(name: &str) -> bool {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '/' | '\\' | '\u{2028}' | '\u{2029}')
    };
    !name.is_empty() && name.len() <= 255 && !name.chars().any(bad) && !matches!(name, "." | "..")
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_any_name_is_refused_or_made_harmless() {
    let scene = Scene::lay().await;
    let (mut run, before, mut kept) = (Run::begin(), scene.documents(), 0);
    while let Some(mut chance) = run.next() {
        let claimed = piecework(&mut chance);
        let upload = |name: &str| {
            let path = format!("{}?name={}", scene.ground.portal("/documents"), encoded(name));
            let headers = [("Cookie", scene.cookie.as_bytes()), ("Content-Type", b"application/octet-stream")];
            request("POST", path.as_bytes(), &headers, b"x")
        };
        let sent = run.ask(&scene.ground, &upload(&claimed));
        if sent.status != Some(201) {
            continue;
        }
        kept += 1;
        let made: Value = serde_json::from_slice(&sent.body).unwrap();
        let (name, document) = (text(&made["documents"][0], "name"), text(&made["documents"][0], "document"));
        let told = || run.told(claimed.as_bytes(), &sent);
        assert!(is_harmless(&name), "{}", told());
        // What is harmless stays as it is.
        let again = run.ask(&scene.ground, &upload(&name));
        kept += 1;
        let again: Value = serde_json::from_slice(&again.body).unwrap();
        assert_eq!(text(&again["documents"][0], "name"), name);
        let path = scene.ground.portal(&format!("/documents/{document}/content"));
        let get = request("GET", path.as_bytes(), &[("Cookie", scene.cookie.as_bytes())], b"");
        let got = run.ask(&scene.ground, &get);
        assert_eq!((got.status, &*got.body), (Some(200), &b"x"[..]));
        let said = got.all("content-disposition");
        assert!(said.len() == 1 && said[0].starts_with("attachment; filename=\""), "{name:?}: {said:?}");
        assert_eq!(got.all("content-type").len(), 1, "{name:?}");
        // Where it is saved it has the ending that is shown.
        let saved = said[0].split_once("filename*=UTF-8''").map(|(_, saved)| decoded(saved.trim_end()));
        assert_eq!(saved.as_deref().unwrap_or(&name), name, "{said:?}");
    }
    assert_eq!(scene.documents(), before + kept);
    prove(&scene.ground.host);
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|two| hex::decode(two).ok());
        bytes.push(hex.as_ref().map_or(*first, |byte| byte[0]));
        rest = if hex.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_any_form_is_taken_whole_or_leaves_nothing() {
    let scene = Scene::lay().await;
    let (mut run, before, mut kept) = (Run::begin(), scene.documents(), 0);
    let form = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"First.txt\"\r\nContent-Type: text/plain\r\n\r\n\
                the first\r\n--edge\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nwords\r\n--edge\r\n\
                Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''Second%20%C3%BC.txt\r\n\r\nthe second\r\n--edge--\r\n";
    while let Some(mut chance) = run.next() {
        let mut body = form.as_bytes().to_vec();
        for _ in 0..chance.below(5) {
            damage(&mut body, piecework(&mut chance.clone()).as_bytes(), &mut chance);
        }
        let mut kind = b"multipart/form-data; boundary=edge".to_vec();
        if chance.below(4) == 0 {
            damage(&mut kind, b"\"; charset=x; boundary=\"", &mut chance);
        }
        let headers = [("Cookie", scene.cookie.as_bytes()), ("Content-Type", &*kind)];
        let sent =
            run.ask(&scene.ground, &request("POST", scene.ground.portal("/documents").as_bytes(), &headers, &body));
        if sent.status == Some(201) {
            let made: Value = serde_json::from_slice(&sent.body).unwrap();
            let made = made["documents"].as_array().unwrap();
            assert!(made.iter().all(|made| is_harmless(&text(made, "name"))), "{}", run.told(&body, &sent));
            kept += i64::try_from(made.len()).unwrap();
        }
    }
    assert_eq!(scene.documents(), before + kept);
    prove(&scene.ground.host);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_any_piece_of_an_upload_is_refused_or_in_its_place() {
    const HEADERS: &[&str] = &[
        "Upload-Length",
        "Upload-Offset",
        "Upload-Metadata",
        "Upload-Checksum",
        "Tus-Resumable",
        "Content-Type",
        "Content-Length",
    ];
    let scene = Scene::lay().await;
    let mut run = Run::begin();
    let path = scene.ground.portal("/uploads");
    while let Some(mut chance) = run.next() {
        let usual: Vec<(&str, Vec<u8>)> = vec![
            ("Cookie", scene.cookie.clone().into_bytes()),
            ("Tus-Resumable", b"1.0.0".to_vec()),
            ("Upload-Length", b"9".to_vec()),
            ("Upload-Metadata", b"filename YS50eHQ=".to_vec()),
            ("Upload-Offset", b"0".to_vec()),
            ("Content-Type", b"application/offset+octet-stream".to_vec()),
        ];
        let strange = |headers: &mut Vec<(&'static str, Vec<u8>)>, chance: &mut Chance| {
            for _ in 0..chance.below(3) {
                let name = *chance.one(HEADERS);
                let mut value = match headers.iter().find(|(known, _)| *known == name) {
                    Some((_, value)) if chance.below(2) == 0 => value.clone(),
                    _ => piecework(chance).into_bytes(),
                };
                damage(&mut value, b"99999999999999999999", chance);
                value.retain(|byte| !matches!(byte, b'\r' | b'\n'));
                headers.retain(|(known, _)| *known != name);
                headers.push((name, value));
            }
        };
        let mut headers = usual.clone();
        strange(&mut headers, &mut chance);
        let as_sent = |headers: &[(&'static str, Vec<u8>)], method: &str, path: &str, body: &[u8]| {
            let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
            request(method, path.as_bytes(), &headers, body)
        };
        let begun = run.ask_in_part(&scene.ground, &as_sent(&headers, "POST", &path, b""));
        let Some(place) = begun.all("location").first().map(|place| (*place).to_owned()) else { continue };
        let place = place.strip_prefix("http://127.0.0.1").unwrap_or(&place).to_owned();
        for _ in 0..3 {
            let mut headers = usual.clone();
            strange(&mut headers, &mut chance);
            let bytes = as_sent(&headers, "PATCH", &place, &b"123456789"[..chance.below(10)]);
            let sent = run.ask_in_part(&scene.ground, &bytes);
            let offset: u64 = sent.all("upload-offset").first().and_then(|offset| offset.parse().ok()).unwrap_or(0);
            assert!(offset <= 1 << 40, "{}", run.told(&bytes, &sent));
        }
        run.ask(&scene.ground, &as_sent(&usual, "DELETE", &place, b""));
    }
    prove(&scene.ground.host);
}
