use std::time::Duration;

use axum::{body::Body, http::StatusCode};
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use client_connect_runtime::types::HostError;

use super::house::*;
use crate::{
    blobs::{self, Loose},
    store::{
        self, loose,
        uploads::{self, Piece, Upload},
    },
};

fn part(name: &str, bytes: &str) -> String {
    format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n{bytes}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sh14_sh15_an_upload_is_a_document_of_the_matter_at_once() {
    let house = House::new();
    let answer = house.upload(&house.ann, "Passport.txt", "pass", &[]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    let receipt = answer.json();
    assert_eq!(receipt["at"], NOW);
    assert_eq!(receipt["documents"][0]["sha256"], "d74ff0ee8da3b9806b18c877dbf29bbde50b5bd8e4dad7a3a725000feb82e8f1");
    assert_eq!(house.sql::<String>("SELECT kind FROM documents"), "Document (Portal)");
    assert_eq!(house.sql::<String>("SELECT created_by FROM documents"), house.owner);
    assert_eq!(house.sql::<String>("SELECT uploader FROM documents"), house.ann.contact);
    assert_eq!(house.sql::<String>("SELECT media_type FROM documents"), "text/plain");
    house.settled(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sh16_the_uploader_sees_it_and_nobody_else() {
    let house = House::new();
    house.upload(&house.ann, "Mine.txt", "mine", &[]).await;
    assert_eq!(house.names(&house.ann).await, ["Mine.txt"]);
    assert!(house.names(&house.ben).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sh20_the_same_name_and_content_make_another_document_and_a_hint() {
    let house = House::new();
    let first = house.upload(&house.ann, "a.txt", "same", &[]).await.json();
    let second = house.upload(&house.ann, "a.txt", "same", &[]).await.json();
    assert_ne!(first["documents"][0]["document"], second["documents"][0]["document"]);
    assert_eq!(first["notes"].as_array().unwrap().len(), 0);
    assert_eq!(second["notes"].as_array().unwrap().len(), 1, "{second}");
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents WHERE version = 1"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_several_files_in_one_go_are_one_notice() {
    let house = House::new();
    let form = [part("a.txt", "1"), part("b.txt", "2"), part("c.txt", "3"), "--XX--\r\n".to_owned()].concat();
    let answer = house.form(&house.ben, form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.json()["documents"].as_array().unwrap().len(), 3);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM notices WHERE topic = 'uploaded' AND channel = 'email'"), 1);
    assert_eq!(house.sql::<u32>("SELECT json_array_length(documents) FROM notices WHERE topic = 'uploaded'"), 3);
    house.settled(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_an_upload_that_began_in_time_is_refused_whole_at_its_end() {
    let house = House::new();
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let sending = house.upload(&house.ann, "late.txt", body, &[]);
    let revoking = async {
        sender.send(Ok::<_, std::io::Error>("some")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        tokio::task::block_in_place(|| house.revoke(&house.ann));
        drop(sender);
    };
    let (answer, ()) = tokio::join!(sending, revoking);
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 0);
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM notices WHERE topic = 'uploaded'"), 0);
    house.settled(0).await;
    let unknown = house.upload(&house.ann, "late.txt", "x", &[]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh28_the_same_key_is_the_same_upload() {
    let house = House::new();
    let key = [("idempotency-key", "k1")];
    let first = house.upload(&house.ann, "a.txt", "one", &key).await;
    let again = house.upload(&house.ann, "a.txt", "one", &key).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = house.upload(&house.ann, "a.txt", "two", &key).await;
    assert_eq!((other.status, other.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "key-reused"));
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 1);
    house.settled(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_sizes_from_none_to_one_too_many() {
    let house = House::new();
    let limit = usize::try_from(LIMIT).unwrap();
    for (size, status, code) in [
        (0, StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (1, StatusCode::CREATED, ""),
        (limit, StatusCode::CREATED, ""),
        (limit + 1, StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
    ] {
        // Announced, and not.
        let answer = house.upload(&house.ann, "a.bin", vec![7; size], &[]).await;
        assert_eq!(answer.status, status, "{size}");
        let chunks = futures_util::stream::iter(vec![7_u8; size]).chunks(70_000).map(Ok::<_, std::io::Error>);
        let answer = house.upload(&house.ann, "a.bin", Body::from_stream(chunks), &[]).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap_or_default()), (status, code), "{size}");
    }
    house.settled(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_hostile_names_are_made_harmless() {
    let house = House::new();
    let long = format!("{}.pdf", "x".repeat(300));
    for name in [
        "a\r\nSet-Cookie: b=c.pdf",
        "nul\0.pdf",
        "\u{202e}fdp.exe",
        "../../../etc/passwd",
        "C:\\Users\\ann\\a.pdf",
        "👩‍⚖️ Übergabe – عربي.pdf",
        &long,
        "..",
        "",
        "CON.txt",
    ] {
        let answer = house.upload(&house.ann, name, "x", &[]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name:?}: {}", String::from_utf8_lossy(&answer.body));
        let made = &answer.json()["documents"][0];
        let (stored, document) = (made["name"].as_str().unwrap(), made["document"].as_str().unwrap());
        assert!(!stored.is_empty() && stored.len() <= 255, "{stored:?}");
        assert!(!stored.contains(['/', '\\', '\r', '\n', '\0', '\u{202e}']), "{stored:?}");
        let download = house.get(&house.ann, &house.content(document)).await;
        assert_eq!(download.status, StatusCode::OK);
        assert!(!download.headers.contains_key("set-cookie"));
        assert_eq!(download.headers.get_all("content-disposition").iter().count(), 1);
    }
    let nameless = axum::http::Request::builder()
        .method("POST")
        .uri(house.path("/documents"))
        .header("cookie", &house.ann.cookie)
        .body(Body::from("x"))
        .unwrap();
    assert_eq!(house.send(nameless).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_form_that_breaks_leaves_nothing() {
    let house = House::new();
    let whole = part("a.txt", "whole");
    let limit = "x".repeat(usize::try_from(LIMIT).unwrap() + 1);
    for (form, status) in [
        (whole.clone(), StatusCode::BAD_REQUEST),
        (format!("{whole}{}", &part("b.txt", "cut")[..100]), StatusCode::BAD_REQUEST),
        ("no form at all".to_owned(), StatusCode::BAD_REQUEST),
        ("--XX\r\nContent-Disposition: nonsense\r\n\r\nx\r\n--XX--\r\n".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        ("--XX\r\nbroken header\r\n\r\nx\r\n--XX--\r\n".to_owned(), StatusCode::BAD_REQUEST),
        ("--XX--\r\n".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        (String::new(), StatusCode::BAD_REQUEST),
        (format!("{whole}{}--XX--\r\n", part("", "")), StatusCode::CREATED),
        (format!("{whole}{}--XX--\r\n", part("empty.txt", "")), StatusCode::UNPROCESSABLE_ENTITY),
        (format!("{whole}{}--XX--\r\n", part("big.txt", &limit)), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = house.form(&house.ann, form.clone()).await;
        assert_eq!(
            answer.status,
            status,
            "{:?}: {}",
            &form[..form.len().min(120)],
            String::from_utf8_lossy(&answer.body)
        );
    }
    house.settled(1).await;
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_a_dropped_connection_leaves_nothing() {
    let house = House::new();
    let address = house.listen().await;
    for sent in [0, 1000, 2_500_000] {
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nContent-Length: 3000000\r\n\r\n",
            house.path("/documents?name=a.bin"),
            house.ann.cookie
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&vec![1; sent]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
        drop(socket);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.settled(0).await;
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM documents"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_what_a_crash_left_behind_is_swept_and_cannot_be_named_any_more() {
    let house = House::new();
    let begin = || async {
        let app = house.app.clone();
        let loose = tokio::task::spawn_blocking(move || Loose::begin(&app).unwrap()).await.unwrap();
        let mut writer = house.app.blobs.write(loose.id());
        writer.push("left behind".into()).await.unwrap();
        writer.finish().await.unwrap();
        let id = loose.id().to_owned();
        // As if the process had been killed.
        std::mem::forget(loose);
        id
    };
    let old = begin().await;
    house.clock.advance(59 * 60 * 1000);
    let young = begin().await;
    assert_eq!(blobs::sweep(&house.app).await.unwrap(), 0);
    house.clock.advance(2 * 60 * 1000);
    assert_eq!(blobs::sweep(&house.app).await.unwrap(), 1);
    assert!(house.app.blobs.open(&old, 0).is_err());
    assert!(house.app.blobs.open(&young, 0).is_ok());
    assert_eq!(house.files(), 1);

    // Between the condemning and the deleting nothing may name it.
    house.change(|tx| {
        assert!(loose::condemn(tx, &young).unwrap());
        assert!(matches!(loose::settle(tx, &young), Err(HostError::Conflict(_))));
    });
    assert_eq!(blobs::sweep(&house.app).await.unwrap(), 1);
    house.settled(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_what_is_not_what_its_name_says_is_refused_and_leaves_nothing() {
    let house = House::new();
    let page: &[u8] = b"<!doctype html><script>alert(1)</script>";
    let program = [b"MZ".as_slice(), &[0; 58], &[64, 0, 0, 0], b"PE\0\0", &[0; 200]].concat();
    for (name, bytes) in
        [("deed.pdf", page), ("photo.jpg", page), ("deed.docx", page), ("deed.pdf", &program), ("a.txt", &program)]
    {
        let answer = house.upload(&house.ann, name, bytes.to_vec(), &[]).await;
        assert_eq!(answer.status.as_u16(), 422, "{name}");
        let fault = &answer.json()["errors"][0];
        assert_eq!((fault["code"].as_str(), fault["attributes"]["name"].as_str()), (Some("other-kind"), Some(name)));
    }
    house.settled(0).await;
    // Under its own name it is taken, and leaves as bytes that no browser runs.
    let made = house.upload(&house.ann, "page.html", page.to_vec(), &[]).await.json();
    let document = made["documents"][0]["document"].as_str().unwrap();
    let answer = house.get(&house.ann, &house.content(document)).await;
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"page.html\""));
    assert_eq!(house.names(&house.ann).await, ["page.html"]);
    house.verified();
}

#[tokio::test(flavor = "multi_thread")]
async fn cu3_an_archive_that_unpacks_to_too_much_is_refused_before_anybody_unpacks_it() {
    use std::io::Write as _;
    let house = House::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for n in 0..=10_000 {
        zip.start_file(n.to_string(), options).unwrap();
    }
    zip.start_file("letter.txt", options).unwrap();
    zip.write_all(b"a letter").unwrap();
    let bomb = zip.finish().unwrap().into_inner();
    for name in ["many.zip", "many.docx", "many"] {
        let answer = house.upload(&house.ann, name, bomb.clone(), &[]).await;
        assert_eq!(answer.status.as_u16(), 422, "{name}");
        assert_eq!(answer.json()["errors"][0]["code"], "unpacks-to-too-much");
    }
    house.settled(0).await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("letter.txt", options).unwrap();
    zip.write_all(b"a letter").unwrap();
    let answer = house.upload(&house.ann, "one.zip", zip.finish().unwrap().into_inner(), &[]).await;
    assert_eq!(answer.status.as_u16(), 201);
    house.verified();
}

/// A host that ended between the last byte of an upload and looking at it looks at the end of the upload.
#[tokio::test(flavor = "multi_thread")]
async fn cu3_what_was_not_looked_at_when_it_came_is_when_it_is_finished() {
    let house = House::new();
    let app = house.app.clone();
    let loose = tokio::task::spawn_blocking(move || Loose::begin(&app).unwrap()).await.unwrap();
    let mut writer = house.app.blobs.write(loose.id());
    writer.push("<!doctype html><p>no deed".into()).await.unwrap();
    let part = Piece { blob: loose.id().to_owned(), written: writer.finish().await.unwrap() };
    let (id, length, expires_at) = (store::new_id(), part.written.size, NOW + 60_000);
    let new = Upload { id: id.clone(), name: "deed.pdf".to_owned(), length, received: 0, expires_at, whole: None };
    house.change(|tx| {
        uploads::begin(tx, &house.matter, &house.ann.contact, &new).unwrap();
        uploads::append(tx, &id, 0, &part, expires_at).unwrap();
    });
    loose.keep();
    let finish = axum::http::Request::builder()
        .method("POST")
        .uri(house.path("/documents"))
        .header("cookie", &house.ann.cookie)
        .header("content-type", "application/json")
        .body(Body::from(format!("{{\"uploads\":[\"{id}\"]}}")))
        .unwrap();
    // Whoever refuses it gives it up, and must not wait for themselves.
    let answer = tokio::time::timeout(std::time::Duration::from_secs(20), house.send(finish)).await.unwrap();
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(answer.json()["errors"][0]["code"], "other-kind");
    house.settled(0).await;
    assert_eq!(house.sql::<u32>("SELECT count(*) FROM uploads"), 0);
    house.verified();
}
