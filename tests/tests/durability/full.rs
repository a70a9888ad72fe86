//! A full disk takes nothing in, and keeps nothing of what it refuses. What reads, and what takes something away from
//! somebody, goes on; staff are told; and once there is room again all is as before, without a restart.

use std::{fs, io::Write as _, path::Path};

use client_connect_tests::{
    browser::missing,
    files::bytes,
    person::{Answer, items, text},
    process::Scene,
    sizes::size,
    template::Template,
    wait::eventually,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::flows::{People, document};

/// Fills the disk to its last byte, and then makes so much room.
fn fill(scene: &Scene, room: u64) {
    let path = scene.place().join("fill");
    let mut file = fs::File::create(&path).unwrap();
    let block = vec![0_u8; 64 << 10];
    while file.write_all(&block).is_ok() {}
    while file.write_all(&[0]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(room)).unwrap();
}

struct Firm<'a> {
    template: &'a Template,
    people: People,
}

impl Firm<'_> {
    async fn save(&self, section: &str, mut save: Value) -> Answer {
        let path = self.template.section(section);
        save["revision"] = self.people.staff.get(&path).await.expect(200)["revision"].clone();
        self.people.staff.put(&path, save).await
    }

    async fn share(&self, share: bool) -> Answer {
        let pair = json!([{ "document": self.template.documents[0], "contact": self.template.ann }]);
        let none = json!([]);
        let (share, unshare) = if share { (pair, none) } else { (none, pair) };
        self.save("sharing", json!({ "share": share, "unshare": unshare })).await
    }

    async fn access(&self, portal: bool) -> Answer {
        let change = json!({ "contact": self.template.ben, "portal": portal, "can_download": false });
        self.save("access", json!({ "changes": [change] })).await
    }

    async fn upload(&self, seed: u64, size: usize) -> Answer {
        self.people
            .ann
            .upload(&self.template.portal(&format!("/documents?name=full-{seed}.bin")), bytes(seed, size))
            .await
    }

    async fn shared_content(&self) -> Answer {
        self.people.ann.get(&self.template.portal(&format!("/documents/{}/content", self.template.documents[0]))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv3_a_full_disk_refuses_what_is_new_and_does_what_takes_away() {
    let template = Template::lay(86_400).await;
    let mut scene = template.copy();
    let Some(base) = tokio::task::block_in_place(|| scene.start_on_small_disk(64)) else {
        missing("a file system of one's own (unshare --mount)", "run the tests where namespaces may be made");
        return;
    };
    let firm = Firm { template: &template, people: People::at(&template, &base) };
    let Firm { people, .. } = &firm;
    let rounds = size(2, 12);
    for round in 0..rounds {
        firm.share(true).await.expect(200);
        firm.access(true).await.expect(200);
        let kept = document(&firm.upload(1_000 + round, 200_000).await.expect(201));
        let unwanted = text(
            &people
                .staff
                .upload(&format!("/api/matters/{}/documents?name=Unwanted.txt", template.matter), "x")
                .await
                .expect(201),
            "id",
        );

        fill(&scene, [0, 1 << 10, 100 << 10, 3 << 20][usize::try_from(round).unwrap() % 4]);
        eventually("the disk is full", || async { firm.upload(round, 4 << 20).await.status == 507 }).await;
        // All that is new is refused by its code.
        let version =
            people.staff.request(Method::PUT, &format!("/api/matters/{}/documents/{kept}/content", template.matter));
        let version = version.header("content-type", "application/octet-stream").body(bytes(3, 2_000));
        let refused = [
            firm.upload(round, 100).await,
            people.staff.send(version).await,
            people.staff.post("/api/matters", json!({ "name": "Another" })).await,
            people
                .staff
                .patch(&format!("/api/matters/{}/documents/{kept}", template.matter), json!({ "name": "b.bin" }))
                .await,
        ];
        for refused in refused {
            assert_eq!(refused.problem(507), "storage-full", "{refused:?}");
        }
        // What is there is read, and who reads it is written down.
        assert_eq!(firm.shared_content().await.bytes, b"the will, first words");
        assert_eq!(
            people.ann.get(&template.portal(&format!("/documents/{kept}/content"))).await.bytes,
            bytes(1_000 + round, 200_000)
        );
        people.staff.get(&format!("/api/matters/{}/documents", template.matter)).await.expect(200);
        people.stranger.get("/readyz").await.expect(200);
        // What takes away is done, as often as anybody wants.
        firm.share(false).await.expect(200);
        firm.shared_content().await.problem(404);
        firm.access(false).await.expect(200);
        people.staff.delete(&format!("/api/matters/{}/documents/{unwanted}", template.matter)).await.expect(204);
        for _ in 0..30 {
            firm.share(false).await.expect(200);
        }
        let reserve = scene.place().join("data/reserve");
        if round == 0 {
            assert!(!reserve.exists(), "it was needed");
        }
        assert_eq!(firm.share(true).await.problem(507), "storage-full");
        eventually("staff are told", || async {
            let notices = people.staff.get("/api/notices").await.expect(200);
            let full = items(&notices)
                .iter()
                .filter(|notice| text(notice, "text").contains("disk of this host is full"))
                .count();
            u64::try_from(full).unwrap() == round + 1
        })
        .await;
        // Nothing is half there.
        assert_eq!(tokio::task::block_in_place(|| scene.copy().broken()), [], "round {round}");

        fs::remove_file(scene.place().join("fill")).unwrap();
        eventually("there is room again", || async { firm.upload(round, 100).await.status == 201 }).await;
        assert!(reserve.exists(), "and a reserve");
    }
    // Whoever leaves on a full disk has left.
    fill(&scene, 0);
    eventually("the disk is full", || async { firm.upload(99, 4 << 20).await.status == 507 }).await;
    people.ann.post("/api/portal/sign-out", json!({})).await.expect(204);
    people.ann.get("/api/portal/me").await.problem(401);
    let named = |name: &Path| scene.place().join(name).exists();
    assert!(named(Path::new("fill")), "all of it happened on the small disk");
}
