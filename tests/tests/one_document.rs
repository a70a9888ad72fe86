//! A document that a customer sent is one document, wherever it is looked at.

use client_connect_tests::{
    ground::{ANN, Ground},
    person::{items, text},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn sh27_an_upload_stands_in_both_lists_and_a_new_name_shows_in_each() {
    let ground = Ground::lay().await;
    let changes = json!([{ "contact": ground.ann, "portal": true, "can_download": true }]);
    ground.staff.put(&ground.section("access"), json!({ "revision": 0, "changes": changes })).await.expect(200);
    let ann = ground.host.customer(ANN).await;
    let sent = ann.upload(&ground.portal("/documents?name=scan.pdf"), "%PDF-1.7").await.expect(201);
    let id = text(&sent["documents"][0], "document");
    let documents = format!("/api/matters/{}/documents", ground.matter);
    for name in ["scan.pdf", "Passport.pdf"] {
        ground.staff.patch(&format!("{documents}/{id}"), json!({ "name": name })).await.expect(200);
        let all = ground.staff.get(&documents).await.expect(200);
        let uploads = ground.staff.get(&ground.section("uploads")).await.expect(200);
        let portal = ann.get(&ground.portal("/documents")).await.expect(200);
        let count = |list: &serde_json::Value| list.to_string().matches(&format!("\"{name}\"")).count();
        assert_eq!((count(&all), count(&uploads), count(&portal)), (1, 1, 1), "{all}\n{uploads}\n{portal}");
        assert_eq!(items(&all).len(), 4, "never a copy: {all}");
    }
}
