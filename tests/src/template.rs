//! A folder in which a firm, a matter, its contacts and their sessions are there already: what the tests that end the
//! program work on are copies of it.

use serde_json::json;
use tempfile::TempDir;

use crate::{
    ground::{ANN, Ground},
    host::Setup,
    person::Person,
    process::Scene,
};

/// What every folder is a copy of.
#[derive(Debug)]
pub struct Template {
    folder: TempDir,
    /// The matter.
    pub matter: String,
    /// The first contact's id; they may download.
    pub ann: String,
    /// The second contact's id; they may look.
    pub ben: String,
    /// The third contact's id; they have no access yet.
    pub cem: String,
    /// Three documents, of which nothing is shared yet.
    pub documents: Vec<String>,
    staff: Person,
    ann_there: Person,
}

impl Template {
    /// Makes one, on which mails wait for so many seconds, and the owner is told by mail alone: so nothing happens by
    /// itself.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn lay(mail_hold: u32) -> Self {
        let ground = Ground::lay_on(Setup { mail_hold, ..Setup::default() }).await;
        let watchers = json!([{ "user": ground.owner, "in_app": false, "email": true }]);
        let save = json!({ "revision": ground.revision("notifications").await, "watchers": watchers });
        ground.staff.put(&ground.section("notifications"), save).await.expect(200);
        ground.admit(&[(&ground.ann, true), (&ground.ben, false)]).await;
        let cem = ground.link("Cem Weber", "cem@customer.test").await;
        let ann_there = ground.host.customer(ANN).await;
        let Ground { host, staff, matter, ann, ben, documents, .. } = ground;
        Self { folder: host.stop().await, matter, ann, ben, cem, documents, staff, ann_there }
    }

    /// A copy, in which nothing runs yet.
    ///
    /// # Panics
    /// If the disk has no room for it.
    pub fn copy(&self) -> Scene {
        Scene::copy_of(self.folder.path())
    }

    /// The owner, at this address.
    pub fn staff(&self, base: &str) -> Person {
        self.staff.at(base)
    }

    /// The first contact, at this address.
    pub fn ann(&self, base: &str) -> Person {
        self.ann_there.at(base)
    }

    /// The path of one of Client Connect's sections.
    pub fn section(&self, section: &str) -> String {
        format!("/api/matters/{}/client-connect/{section}", self.matter)
    }

    /// A path in the portal, below the matter.
    pub fn portal(&self, rest: &str) -> String {
        format!("/api/portal/matters/{}{rest}", self.matter)
    }
}
