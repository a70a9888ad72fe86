//! What is asked with: headers, cookies, codes, and what is no request at all.

use client_connect_fixtures::damage::damage;
use client_connect_tests::host::prove;

use super::{
    Run, Scene, encoded, piecework,
    wire::{request, send},
};

#[tokio::test(flavor = "multi_thread")]
async fn sh17_no_header_gets_anybody_a_byte_that_is_not_theirs() {
    const NAMES: &[&str] = &[
        "Range",
        "If-Range",
        "If-None-Match",
        "If-Modified-Since",
        "If-Match",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "Forwarded",
        "Origin",
        "Sec-Fetch-Site",
        "Referer",
        "Authorization",
        "Content-Type",
        "Content-Encoding",
        "Transfer-Encoding",
        "Content-Length",
        "Expect",
        "Upgrade",
        "Idempotency-Key",
        "X-Request-Id",
        "X-HTTP-Method-Override",
        "X-Original-URL",
        "Cookie",
        "TE",
        "Via",
        "Tus-Resumable",
    ];
    const VALUES: &[&str] = &[
        "bytes=0-",
        "bytes=5-1",
        "bytes=-1",
        "bytes=0-0,2-2,4-4",
        "bytes=99999999999999999999-",
        "*",
        "W/\"a\"",
        "\"a\", \"b\"",
        "gzip;q=0",
        "chunked",
        "identity, chunked",
        "100-continue",
        "h2c",
        "127.0.0.1",
        "::1, 10.0.0.1",
        "null",
        "same-origin",
        "none",
        "cross-site",
        "Bearer x",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "5",
        "-1",
        "GET",
        "/api/matters",
        "1.0.0",
        "ar, *;q=0",
    ];
    let scene = Scene::lay().await;
    let whole = send(
        &scene.ground.host.base,
        &request("GET", scene.content.as_bytes(), &[("Cookie", scene.cookie.as_bytes())], b""),
        true,
    );
    assert_eq!(scene.canaries.found(&whole.body), [Some(())]);
    let tag = whole.all("etag").first().map(|tag| (*tag).to_owned()).unwrap();
    let mut run = Run::begin();
    while let Some(mut chance) = run.next() {
        let theirs = chance.below(2) == 0;
        let mut given: Vec<(&str, Vec<u8>)> = Vec::new();
        for _ in 0..=chance.below(4) {
            let mut value = match chance.below(4) {
                0 => tag.clone(),
                1 => piecework(&mut chance).replace(['\r', '\n'], ""),
                _ => (*chance.one(VALUES)).to_owned(),
            }
            .into_bytes();
            if chance.below(3) == 0 {
                damage(&mut value, tag.as_bytes(), &mut chance);
                value.retain(|byte| !matches!(byte, b'\r' | b'\n'));
            }
            given.push((*chance.one(NAMES), value));
        }
        let mut headers: Vec<(&str, &[u8])> = given.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        if theirs {
            headers.push(("Cookie", scene.cookie.as_bytes()));
        }
        let method = *chance.one(&["GET", "HEAD", "GET"]);
        let bytes = request(method, scene.content.as_bytes(), &headers, b"");
        let got = run.ask(&scene.ground, &bytes);
        if !theirs {
            // Not even that there is something, by "not modified" or by how much of it there is.
            let said = scene.canaries.found(&got.body).is_empty() && !matches!(got.status, Some(200..=399 | 412 | 416));
            assert!(said && got.all("etag").is_empty(), "{}", run.told(&bytes, &got));
        }
        assert!(
            got.all("content-disposition").len() <= 1 && got.all("set-cookie").is_empty(),
            "{}",
            run.told(&bytes, &got)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_no_cookie_but_the_one_that_was_given_is_a_session() {
    let scene = Scene::lay().await;
    let (name, token) = scene.cookie.split_once('=').unwrap();
    let mut run = Run::begin();
    let mut given = false;
    while let Some(mut chance) = run.next() {
        let mut cookie = match chance.below(5) {
            0 => format!(
                "{}={token}",
                chance.one(&["cc_staff", "cc_browser", "__Host-cc_portal", "CC_PORTAL", "cc_portal "])
            ),
            1 => format!("{name}={}", piecework(&mut chance).replace(['\r', '\n'], "")),
            2 => format!("{name}={}; {}", &token[..token.len() - 1], scene.cookie.replace(name, "x")),
            _ => scene.cookie.clone(),
        }
        .into_bytes();
        for _ in 0..chance.below(3) {
            damage(&mut cookie, token.as_bytes(), &mut chance);
        }
        cookie.retain(|byte| !matches!(byte, b'\r' | b'\n'));
        let got = run.ask(&scene.ground, &request("GET", b"/api/portal/me", &[("Cookie", &cookie)], b""));
        if got.status == Some(200) {
            given = true;
            // The token, whole, in a cookie of its name: hexadecimal digits have two shapes.
            let text = String::from_utf8_lossy(&cookie);
            let mut pairs = text.split(';').filter_map(|pair| pair.trim().split_once('='));
            assert!(
                pairs.any(|(key, value)| key == name && value.eq_ignore_ascii_case(token)),
                "{}",
                run.told(&cookie, &got)
            );
        } else {
            assert!(matches!(got.status, None | Some(400 | 401 | 431)), "{}", run.told(&cookie, &got));
        }
    }
    assert!(given || run.tried < 20, "the session itself was never tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_no_code_is_right_by_its_shape() {
    let scene = Scene::lay().await;
    let (mut run, mut browser) = (Run::begin(), Vec::new());
    while let Some(mut chance) = run.next() {
        let json = (&b"Content-Type"[..], &b"application/json"[..]);
        let json = (std::str::from_utf8(json.0).unwrap(), json.1);
        if browser.is_empty() || chance.below(40) == 0 {
            let asked = run.ask(
                &scene.ground,
                &request("POST", b"/api/sign-in/portal", &[json], br#"{"email":"ben@customer.test"}"#),
            );
            if let Some(cookie) = asked.all("set-cookie").first() {
                browser = cookie.split(';').next().unwrap().as_bytes().to_vec();
            }
        }
        let code = match chance.below(3) {
            0 => serde_json::to_string(&piecework(&mut chance)).unwrap(),
            1 => chance
                .one(&[
                    "null",
                    "0",
                    "[]",
                    "{}",
                    "true",
                    "1e99",
                    "12345678",
                    "\"\"",
                    "\"00000000\"",
                    "\"１２３４５６７８\"",
                ])
                .to_string(),
            _ => format!("\"{:08}\"", chance.below(100_000_000)),
        };
        let mut body = format!("{{\"code\":{code}}}").into_bytes();
        if chance.below(3) == 0 {
            damage(&mut body, b"\"code\":\"", &mut chance);
        }
        let bytes = request("POST", b"/api/sign-in/portal/code", &[json, ("Cookie", &browser)], &body);
        let got = run.ask(&scene.ground, &bytes);
        let session = got
            .all("set-cookie")
            .iter()
            .any(|cookie| cookie.starts_with("cc_portal=") && !cookie.starts_with("cc_portal=;"));
        assert!(!session && got.status != Some(200), "{}", run.told(&bytes, &got));
    }
    prove(&scene.ground.host);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_request_hurts_nobody() {
    let scene = Scene::lay().await;
    let mut run = Run::begin();
    while let Some(mut chance) = run.next() {
        let path = match chance.below(3) {
            0 => format!("/api/portal/matters/{}", encoded(&piecework(&mut chance))),
            1 => format!("/{}", piecework(&mut chance)),
            _ => scene.content.clone(),
        };
        let method =
            chance.one(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "X"]);
        let mut bytes =
            request(method, path.as_bytes(), &[("Content-Type", b"application/json")], b"{\"a\":[1,2,{\"b\":null}]}");
        for _ in 0..chance.below(6) {
            damage(&mut bytes, scene.content.as_bytes(), &mut chance);
        }
        let got = run.ask_in_part(&scene.ground, &bytes);
        assert!(scene.canaries.found(&got.body).is_empty(), "{}", run.told(&bytes, &got));
    }
    scene.ground.host.stranger().get("/readyz").await.expect(200);
    prove(&scene.ground.host);
}
