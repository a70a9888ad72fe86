use axum::http::{Method, StatusCode, header};

use super::*;
use crate::{
    store::{firms, matters},
    web::portal::tests::house::{new_contact, new_firm, new_matter, new_user, sign_in},
};

/// Ann, who is a customer of another firm too.
fn of_two_firms(house: &House) -> Guest {
    let (owner, matter, twin) = house.change(|tx| {
        let firm = new_firm(tx, "Berg Accounting");
        let owner = new_user(tx, &firm, "owner@berg.example");
        let matter = new_matter(tx, &firm, &owner, "Books of 2025");
        let contact = new_contact(tx, &firm, &matter, "ann@home.example");
        let cookie = sign_in(tx, "ann@home.example", &[house.ann.contact.clone(), contact.clone()]);
        (owner, matter, Guest { contact, cookie })
    });
    house.set_grant(&owner, &matter, &twin.contact, true, false);
    twin
}

fn switch_off(house: &House) {
    house.change(|tx| {
        let firm = firms::get(tx, &house.firm).unwrap().unwrap();
        firms::update(tx, &firms::Firm { enabled: false, ..firm }).unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn cu2_none_says_so_one_is_entered_and_of_several_one_is_picked() {
    let house = House::new();
    let answer = house.get(&house.ann, "/portal").await;
    assert_eq!(leads_to(&answer), page(&house, ""));
    // With the page that was asked for before the sign-in.
    let answer = house.get(&house.ann, "/portal?next=/portal/matters/x/documents/y").await;
    assert_eq!(leads_to(&answer), "/portal/matters/x/documents/y");
    assert!(!text(&house.get(&house.ann, &page(&house, "")).await).contains("Your matters"), "there is but one");

    let twin = of_two_firms(&house);
    let picker = text(&house.get(&twin, "/portal").await);
    for name in ["Berg Accounting", "Books of 2025", "Lindgren &#38; Partners", "Sale of the mill"] {
        assert!(picker.contains(&format!("<bdi>{name}</bdi>")), "{name}: {picker}");
    }
    assert!(text(&house.get(&twin, &page(&house, "")).await).contains("Your matters"));

    house.revoke(&house.ann);
    let empty = text(&house.get(&house.ann, "/portal").await);
    assert!(empty.contains("There is nothing here for you at the moment"), "{empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu5_a_firm_that_is_switched_off_says_so_on_every_page() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    switch_off(&house);
    let document = page(&house, &format!("/documents/{deed}"));
    for path in [
        "/portal".to_owned(),
        page(&house, ""),
        document.clone(),
        format!("{document}/download"),
        page(&house, "/download-all"),
    ] {
        let answer = house.get(&house.ann, &path).await;
        let said = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {said}");
        assert!(said.contains("The portal is switched off"), "{path}: {said}");
    }
    let answer = send(&house, &house.ann, &[("a.txt", "a")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(String::from_utf8(answer.body).unwrap().contains("The portal is switched off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_downloads_are_offered_where_they_are_allowed_and_there_is_something() {
    let house = House::new();
    let empty = text(&house.get(&house.ann, &page(&house, "")).await);
    assert!(!empty.contains("download-all"), "nothing is there yet");
    let deed = house.shared("Deed.txt", "deed").await;
    house.save(&deed, &house.ben, true);

    let list = text(&house.get(&house.ann, &page(&house, "")).await);
    let download = link_to(&list, &page(&house, &format!("/documents/{deed}/download")));
    let answer = house.get(&house.ann, &download).await;
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, b"deed".as_slice()));
    assert!(answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    let all = house.get(&house.ann, &link_to(&list, &page(&house, "/download-all"))).await;
    assert_eq!((all.status, all.headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "application/zip"));
    let document = text(&house.get(&house.ann, &page(&house, &format!("/documents/{deed}"))).await);
    assert!(document.contains(&download), "{document}");

    // Ben may look, and no more: no button, and a page that says why to who asks all the same.
    for path in [page(&house, ""), page(&house, &format!("/documents/{deed}"))] {
        let seen = text(&house.get(&house.ben, &path).await);
        assert!(seen.contains("Deed.txt") && !seen.contains("/download"), "{seen}");
    }
    let asks = text(&house.get(&house.ben, &page(&house, &format!("/documents/{deed}"))).await);
    assert!(asks.contains("owner@firm.example\u{2069} at"), "who to ask: {asks}");
    for path in [download, page(&house, "/download-all")] {
        let answer = house.get(&house.ben, &path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(String::from_utf8(answer.body).unwrap().contains("You may not download in this matter"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu4_a_document_opens_in_a_tab_of_its_own_and_nothing_is_rendered_inline() {
    let house = House::new();
    let evil = house.shared("page.html", "<!DOCTYPE html><html><script>alert(1)</script></html>").await;
    let list = text(&house.get(&house.ann, &page(&house, "")).await);
    let link =
        format!("<a href=\"{}\" target=\"_blank\" rel=\"noopener\">", page(&house, &format!("/documents/{evil}")));
    let (_, rest) = list.split_once(&link).unwrap_or_else(|| panic!("{list}"));
    assert!(rest.split_once("</a>").unwrap().0.contains("(opens in a new tab)"));
    let document = text(&house.get(&house.ann, &page(&house, &format!("/documents/{evil}"))).await);
    assert!(document.contains("Files of this kind cannot be shown here."), "{document}");
    for inline in ["alert(1)", "<iframe", "<embed", "<object", "<img src=\"/portal"] {
        assert!(!document.contains(inline), "{inline}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu6_own_uploads_are_marked_in_words_and_the_list_sorts_both_ways() {
    let house = House::new();
    for (n, name) in ["Zebra.txt", "Äpfel.txt"].into_iter().enumerate() {
        let id = house.shared(name, name).await;
        let later = "UPDATE documents SET activity_at = activity_at + ?2, created_at = created_at + ?2 WHERE id = ?1";
        house.change(|tx| tx.conn().execute(later, (&id, 1_000 * n as i64)).unwrap());
    }
    house.clock.advance(9_000);
    house.upload(&house.ann, "Mine.txt", "mine", &[]).await;
    let list = text(&house.get(&house.ann, &page(&house, "")).await);
    assert!(list.contains("#cloud-upload\"/></svg><span class=\"for-readers\">Sent by you</span>"), "{list}");
    let order = |list: &str| {
        let mut at: Vec<_> =
            ["Zebra", "Äpfel", "Mine"].into_iter().map(|name| (list.find(&format!("<bdi>{name}.txt")), name)).collect();
        at.sort_unstable();
        at.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    // What changed last stands first.
    assert_eq!(order(&list), ["Mine", "Äpfel", "Zebra"]);
    for (sort, first, way, then) in [
        ("name", ["Äpfel", "Mine", "Zebra"], "ascending", "descending"),
        ("created", ["Mine", "Äpfel", "Zebra"], "descending", "ascending"),
    ] {
        let link = link_to(&list, &format!("{}?sort={sort}", page(&house, "")));
        let sorted = text(&house.get(&house.ann, &link).await);
        assert_eq!(order(&sorted), first, "{link}");
        assert!(sorted.contains(&format!("aria-sort=\"{way}\"")), "{sorted}");
        assert_eq!(sorted.matches("aria-sort").count(), 1);
        let back = link_to(&sorted, &format!("{}?sort={sort}", page(&house, "")));
        let other = text(&house.get(&house.ann, &back).await);
        assert!(other.contains(&format!("aria-sort=\"{then}\"")), "{back}");
        assert!(order(&other).iter().eq(first.iter().rev()), "{back}");
    }

    let found = text(&house.get(&house.ann, &page(&house, "?search=apfel")).await);
    assert!(found.contains("Äpfel.txt") && !found.contains("Zebra.txt") && found.contains("1 document"));
    let none = text(&house.get(&house.ann, &page(&house, "?search=%3Cb%3E")).await);
    assert!(none.contains("No document has “\u{2068}&#60;b&#62;\u{2069}” in its name."), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu6_a_long_list_is_paged() {
    let house = House::new();
    for n in 0..51 {
        house.shared(&format!("{n:03}.txt"), "x").await;
    }
    let first = text(&house.get(&house.ann, &page(&house, "?sort=name")).await);
    assert!(first.contains("000.txt") && first.contains("049.txt") && !first.contains("050.txt"));
    assert!(first.contains("51 documents") || first.contains("\u{2068}51\u{2069} documents"), "{first}");
    let (_, rest) = first.split_once("rel=\"next\" ").unwrap();
    let second = text(&house.get(&house.ann, &link_to(rest, "/portal/")).await);
    assert!(second.contains("050.txt") && !second.contains("049.txt") && second.contains("Back to the first page"));
    let bad = house.get(&house.ann, &page(&house, "?after=nonsense")).await;
    assert!(bad.status.is_client_error());
    assert!(String::from_utf8(bad.body).unwrap().contains("<h1>"), "a page");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh17_what_is_new_and_what_has_changed_says_so() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    let badges = async || {
        let list = text(&house.get(&house.ann, &page(&house, "")).await);
        (list.contains(">New</span>"), list.contains(">Changed since you last looked</span>"))
    };
    assert_eq!(badges().await, (true, false));
    house.get(&house.ann, &page(&house, &format!("/documents/{deed}/download"))).await;
    assert_eq!(badges().await, (false, false));
    house.change(|tx| tx.conn().execute("UPDATE documents SET version = 2 WHERE id = ?1", [&deed]).unwrap());
    assert_eq!(badges().await, (false, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn sh18_sh19_no_page_changes_a_document_or_offers_to() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    let path = page(&house, &format!("/documents/{deed}"));
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(house.ask(&house.ann, method, &path, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    let document = text(&house.get(&house.ann, &path).await);
    let (_, main) = document.split_once("<main").unwrap();
    assert!(!main.contains("<form") && !main.contains("<input") && !main.contains("<button"), "{main}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sh30_the_page_shows_the_matter_and_no_more() {
    let house = House::new();
    house.document("Secret.txt", "secret").await;
    house.change(|tx| {
        let matter = matters::get(tx, &house.matter).unwrap().unwrap();
        matters::update(tx, &matters::Matter { reference: "INTERNAL-77".to_owned(), ..matter }).unwrap();
    });
    let seen = text(&house.get(&house.ann, &page(&house, "")).await);
    for shown in ["Sale of the mill", "Lindgren &#38; Partners", "owner@firm.example", "9 Oct 2025"] {
        assert!(seen.contains(shown), "{shown}: {seen}");
    }
    for hidden in ["Secret", "INTERNAL-77", "ben@home.example", "Audit", "Contacts"] {
        assert!(!seen.contains(hidden), "{hidden}: {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ov4_what_is_not_theirs_and_what_is_not_there_are_one_page() {
    let house = House::new();
    let bens = house.document("Bens.txt", "ben").await;
    house.save(&bens, &house.ben, true);
    let other = house.change(|tx| new_matter(tx, &house.firm, &house.owner, "Not for Ann"));
    let none = "0".repeat(32);
    let missing = house.get(&house.ann, &format!("/portal/matters/{none}")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    for path in [
        format!("/portal/matters/{other}"),
        format!("/portal/matters/{other}/documents/{bens}"),
        format!("/portal/matters/{other}/sent/1"),
        page(&house, &format!("/documents/{bens}")),
        page(&house, &format!("/documents/{bens}/download")),
        page(&house, &format!("/documents/{none}")),
        page(&house, "/sent/1"),
        page(&house, "/sent/x"),
        "/portal/nothing/here".to_owned(),
    ] {
        let answer = house.get(&house.ann, &path).await;
        assert_eq!((answer.status, &answer.body), (missing.status, &missing.body), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_text_whatever_they_hold() {
    let house = House::new();
    house.change(|tx| {
        tx.conn().execute("UPDATE matters SET name = ?1", [HOSTILE]).unwrap();
        tx.conn().execute("UPDATE users SET name = ?1", [HOSTILE]).unwrap();
        tx.conn().execute("UPDATE firms SET name = ?1", [HOSTILE]).unwrap();
        tx.conn().execute("UPDATE contacts SET name = ?1", [HOSTILE]).unwrap();
    });
    let twin = of_two_firms(&house);
    let deed = house.shared("Deed.txt", "deed").await;
    house.change(|tx| tx.conn().execute("UPDATE documents SET name = ?1", [HOSTILE]).unwrap());
    let receipt = leads_to(&send(&house, &house.ann, &[("a.txt", "a")]).await).to_owned();
    let search = format!("?search={}", super::super::super::escaped("\"><script>"));
    for (guest, path) in [
        (&house.ann, page(&house, "")),
        (&house.ben, page(&house, "")),
        (&house.ann, page(&house, &search)),
        (&house.ann, page(&house, &format!("/documents/{deed}"))),
        (&house.ann, receipt),
        (&twin, "/portal".to_owned()),
    ] {
        let seen = text(&house.get(guest, &path).await);
        assert!(seen.contains("&#60;img"), "{path}: {seen}");
        assert!(!seen.contains("<img src=x") && !seen.contains("\"><script>"), "{path}: {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu1_whoever_is_signed_out_is_told_and_comes_back() {
    let house = House::new();
    let path = page(&house, "?sort=name");
    let answer = house.get(&nobody(""), &path).await;
    assert_eq!(leads_to(&answer), format!("/portal?next={}%3Fsort%3Dname", page(&house, "")));
    let stale = nobody(&format!("cc_portal={}", "0".repeat(64)));
    let answer = house.get(&stale, &path).await;
    assert!(leads_to(&answer).starts_with("/portal?over=reading&next=/portal/matters/"));
    let door = text(&house.get(&stale, leads_to(&answer)).await);
    assert!(
        door.contains("Your session is over") && door.contains(&format!("value=\"{}?sort=name\"", page(&house, "")))
    );
    let fresh = text(&house.get(&nobody(""), "/portal").await);
    assert!(!fresh.contains("Your session is over"));

    let out = post(&house, &house.ann, "/portal/sign-out", "", &[]).await;
    assert_eq!(leads_to(&out), "/portal?over=signed-out");
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().starts_with("cc_portal=; Max-Age=0"));
    assert!(text(&house.get(&nobody(""), "/portal?over=signed-out").await).contains("You are signed out."));
    assert_eq!(house.get(&house.ann, &page(&house, "")).await.status, StatusCode::SEE_OTHER);
}
