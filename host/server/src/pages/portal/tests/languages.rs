use axum::http::header;

use super::*;

/// What a person reads of a page: without markup, and what others typed.
fn read(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page.split_once("<body>").unwrap().1;
    while let Some((before, markup)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let (tag, after) = markup.split_once('>').unwrap();
        // Words that are read aloud, or shown before anything is typed.
        for part in tag.split("aria-label=\"").skip(1).chain(tag.split("placeholder=\"").skip(1)) {
            text.push_str(part.split('"').next().unwrap());
            text.push(' ');
        }
        rest = if tag.starts_with("bdi") { after.split_once("</bdi>").unwrap().1 } else { after };
    }
    text.push_str(rest);
    // What a script puts in stands in braces, and is no word of the page.
    text.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after)).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn german_pages_have_no_english_sentence() {
    let house = House::new();
    let deed = house.shared("Urkunde.pdf", "%PDF-1.4").await;
    let receipt = leads_to(&send(&house, &house.ann, &[("Brief.txt", "a")]).await).to_owned();
    let german = Guest { cookie: format!("{}; cc_language=de", house.ann.cookie), ..house.ann.clone() };
    let out = nobody("cc_language=de");
    let paths = [
        page(&house, ""),
        page(&house, "?search=nichts"),
        page(&house, &format!("/documents/{deed}")),
        receipt,
        "/portal/matters/none".to_owned(),
    ];
    let mut pages = Vec::new();
    for path in &paths {
        pages.push(house.get(&german, path).await);
    }
    pages.push(send(&house, &german, &[("leer.txt", "")]).await);
    pages.push(house.get(&out, "/portal?over=reading").await);
    pages.push(post(&house, &out, "/portal", "email=+", &[]).await);
    pages.push(post(&house, &out, "/portal/code", "code=12", &[]).await);
    house.revoke(&house.ann);
    pages.push(house.get(&german, "/portal").await);
    for answer in pages {
        let page = String::from_utf8(answer.body).unwrap();
        assert!(page.contains("<html lang=\"de\">"), "{page}");
        let text = read(&page).replace("English", "").to_lowercase();
        for word in text.split(|c: char| !c.is_alphabetic()) {
            let english = [
                "the",
                "your",
                "you",
                "this",
                "and",
                "is",
                "of",
                "not",
                "please",
                "sign",
                "send",
                "sent",
                "skip",
                "document",
                "documents",
                "download",
                "search",
                "changed",
                "added",
                "new",
                "matter",
                "firm",
                "file",
                "by",
                "code's",
                "bytes",
                "by",
                "kind",
                "size",
                "again",
                "wrong",
            ];
            assert!(!english.contains(&word) || word == "bytes", "{word:?} in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_the_chosen_one_else_the_firms_else_the_browsers() {
    let house = House::new();
    let language = async |guest: &Guest, path: &str, accept: &str| {
        let answer = house.ask(guest, axum::http::Method::GET, path, &[("accept-language", accept)]).await;
        let page = String::from_utf8(answer.body).unwrap();
        page.split_once("<html lang=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(language(&nobody(""), "/portal", "de-AT,en;q=0.5").await, "de");
    assert_eq!(language(&nobody(""), "/portal", "fr").await, "en");
    let matter = page(&house, "");
    assert_eq!(language(&house.ann, &matter, "de").await, "en", "the firm has noted English");
    house.change(|tx| tx.conn().execute("UPDATE contacts SET locale = 'de-CH'", []).unwrap());
    assert_eq!(language(&house.ann, &matter, "en").await, "de");
    let chosen = Guest { cookie: format!("{}; cc_language=en", house.ann.cookie), ..house.ann.clone() };
    assert_eq!(language(&chosen, &matter, "de").await, "en");

    let form = format!("language=de&back={}", super::super::super::escaped(&matter));
    let answer = post(&house, &house.ann, "/portal/language", &form, &[]).await;
    assert_eq!(leads_to(&answer), matter);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("cc_language=de; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    for form in ["language=tlh&back=//evil.example", "language=%0d%0aX&back=https://evil.example/portal"] {
        let answer = post(&house, &house.ann, "/portal/language", form, &[]).await;
        assert_eq!(leads_to(&answer), "/portal");
        assert!(!answer.headers.contains_key(header::SET_COOKIE), "{form}");
    }
}
