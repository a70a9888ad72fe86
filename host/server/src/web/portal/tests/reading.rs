use axum::http::{Method, StatusCode};

use super::house::*;
use crate::store::{firms, sessions};

fn switch(house: &House, firm: &str, enabled: bool) {
    house.change(|tx| {
        let firm = firms::get(tx, firm).unwrap().unwrap();
        firms::update(tx, &firms::Firm { enabled, ..firm }).unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn ov4_a_contact_sees_exactly_what_is_shared_with_them() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    let other = house.document("Secret.txt", "secret").await;
    assert_eq!(house.names(&house.ann).await, ["Deed.txt"]);
    assert!(house.names(&house.ben).await.is_empty());

    let unknown = house.get(&house.ann, &house.content(&"0".repeat(32))).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for path in [house.content(&other), house.content(&deed).replace(&house.matter, &"f".repeat(32))] {
        let answer = house.get(&house.ann, &path).await;
        assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body), "{path}");
    }
    let bens = house.get(&house.ben, &house.content(&deed)).await;
    assert_eq!((bens.status, &bens.body), (unknown.status, &unknown.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn ov4_nobody_gets_in_without_a_session() {
    let house = House::new();
    let stranger = Guest { contact: String::new(), cookie: format!("cc_portal={}", "0".repeat(64)) };
    for path in ["/api/portal/matters".to_owned(), house.path(""), house.path("/documents"), house.path("/archive")] {
        assert_eq!(house.get(&stranger, &path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(house.upload(&stranger, "a", "a", &[]).await.status, StatusCode::UNAUTHORIZED);
    house.change(|tx| sessions::end_of_address(tx, "ann@home.example").unwrap());
    assert_eq!(house.get(&house.ann, &house.path("")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh30_the_portal_shows_the_matter_and_no_more() {
    let house = House::new();
    let matter = house.get(&house.ben, &house.path("")).await.json();
    assert_eq!(matter["name"], "Sale of the mill");
    assert_eq!(matter["owner"], "owner@firm.example");
    assert_eq!(matter["can_download"], false);
    assert_eq!(matter["can_upload"], true);
    let mut keys: Vec<_> = matter.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected =
        ["attributes", "can_download", "can_upload", "firm", "matter", "name", "opened_at", "owner", "upload_limit"];
    assert_eq!(keys, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sh23_what_is_no_longer_shared_is_gone_from_every_route() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    assert_eq!(house.get(&house.ann, &house.content(&deed)).await.body, b"deed");
    house.save(&deed, &house.ann, false);
    assert_eq!(house.get(&house.ann, &house.content(&deed)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.ask(&house.ann, Method::HEAD, &house.content(&deed), &[]).await.status, StatusCode::NOT_FOUND);
    assert!(house.names(&house.ann).await.is_empty());

    house.revoke(&house.ann);
    let unknown = house.get(&house.ann, &house.path("").replace(&house.matter, &"0".repeat(32))).await;
    for path in [house.path(""), house.path("/documents"), house.path("/archive"), house.content(&deed)] {
        let answer = house.get(&house.ann, &path).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &unknown.body), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cu2_who_has_several_firms_picks_by_their_names() {
    let house = House::new();
    let (second, matter, twin) = house.change(|tx| {
        let firm = new_firm(tx, "Berg Accounting");
        let owner = new_user(tx, &firm, "owner@berg.example");
        let matter = new_matter(tx, &firm, &owner, "Books of 2025");
        let contact = new_contact(tx, &firm, &matter, "ann@home.example");
        let cookie = sign_in(tx, "ann@home.example", &[house.ann.contact.clone(), contact.clone()]);
        ((firm, owner), matter, Guest { contact, cookie })
    });
    house.set_grant(&second.1, &matter, &twin.contact, true, false);
    let list = house.get(&twin, "/api/portal/matters").await.json();
    let mut firms: Vec<_> = list["items"].as_array().unwrap().iter().map(|row| row["firm"].as_str().unwrap()).collect();
    firms.sort_unstable();
    assert_eq!(firms, ["Berg Accounting", "Lindgren & Partners"]);

    // One firm's switch is not the other's.
    switch(&house, &second.0, false);
    let list = house.get(&twin, "/api/portal/matters").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);

    house.revoke(&house.ann);
    let list = house.get(&house.ann, "/api/portal/matters").await;
    assert_eq!((list.status, list.json()["items"].as_array().unwrap().len()), (StatusCode::OK, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn cu5_a_firm_that_is_switched_off_tells_so_and_loses_nothing() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    switch(&house, &house.firm, false);
    for path in ["/api/portal/matters".to_owned(), house.path(""), house.path("/documents"), house.content(&deed)] {
        let answer = house.get(&house.ann, &path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "denied".to_owned()), "{path}");
        assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 1, "{path}");
    }
    assert_eq!(house.upload(&house.ann, "a.txt", "a", &[]).await.status, StatusCode::FORBIDDEN);
    house.settled(1).await;
    switch(&house, &house.firm, true);
    assert_eq!(house.get(&house.ann, &house.content(&deed)).await.body, b"deed");
}

#[tokio::test(flavor = "multi_thread")]
async fn cu6_lists_are_searched_sorted_and_paged() {
    let house = House::new();
    for name in ["Zebra.txt", "Äpfel.txt", "banana.txt"] {
        house.shared(name, name).await;
    }
    assert_eq!(house.names(&house.ann).await, ["Äpfel.txt", "banana.txt", "Zebra.txt"]);
    let found = house.get(&house.ann, &house.path("/documents?search=apfel")).await.json();
    assert_eq!(found["total"], 1);

    let first = house.get(&house.ann, &house.path("/documents?limit=2&descending=true")).await.json();
    assert_eq!(first["items"][0]["name"], "Zebra.txt");
    let next = first["next"].as_str().unwrap();
    let rest =
        house.get(&house.ann, &house.path(&format!("/documents?limit=2&descending=true&after={next}"))).await.json();
    assert_eq!(rest["items"][0]["name"], "Äpfel.txt");

    for bad in ["limit=201", "limit=-1", "limit=x", "sort=size", "wrong=1", "after=%00"] {
        let answer = house.get(&house.ann, &house.path(&format!("/documents?{bad}"))).await;
        assert_eq!(answer.status.as_u16() / 100, 4, "{bad}: {}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sh18_no_route_changes_a_document_that_exists() {
    let house = House::new();
    let deed = house.shared("Deed.txt", "deed").await;
    for path in [house.content(&deed), house.path(&format!("/documents/{deed}")), house.path("/documents")] {
        for method in ["PUT", "PATCH", "DELETE", "PROPPATCH", "MOVE"] {
            let answer = house.ask(&house.ann, method.parse().unwrap(), &path, &[]).await;
            let refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
            assert!(refused.contains(&answer.status), "{method} {path}: {}", answer.status);
        }
    }
    assert_eq!(
        house.ask(&house.ann, Method::POST, &house.content(&deed), &[]).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(house.get(&house.ann, &house.content(&deed)).await.body, b"deed");
}
