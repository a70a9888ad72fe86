//! The ground that most stories stand on: a firm, a matter with two contacts, three documents, nothing shared.

use serde_json::{Value, json};

use crate::{
    host::{Setup, TestHost},
    person::{Person, items, text},
};

pub const OWNER: &str = "olivia@firm.test";
pub const ANN: &str = "ann@customer.test";
pub const BEN: &str = "ben@customer.test";

/// A matter with two contacts and three documents, and nothing shared yet.
pub struct Ground {
    pub host: TestHost,
    pub staff: Person,
    pub owner: String,
    pub matter: String,
    pub ann: String,
    pub ben: String,
    pub documents: Vec<String>,
}

impl Ground {
    /// As it usually is.
    pub async fn lay() -> Self {
        Self::lay_on(Setup::default()).await
    }

    /// On a host that is set up like this.
    pub async fn lay_on(setup: Setup) -> Self {
        let host = TestHost::start_with(setup).await;
        let owner = host.hire("firm", "Olivia Hall", OWNER, true);
        let staff = host.staff(OWNER).await;
        let matter = text(&staff.post("/api/matters", json!({ "name": "Estate of Weber" })).await.expect(201), "id");
        let mut people = Vec::new();
        for (name, email) in [("Ann Weber", ANN), ("Ben Weber", BEN)] {
            let contact = staff.post("/api/contacts", json!({ "name": name, "email": email })).await.expect(201);
            let contact = text(&contact, "id");
            let linked =
                staff.put(&format!("/api/matters/{matter}/contacts/{contact}"), json!({ "role": "heir" })).await;
            linked.expect(204);
            people.push(contact);
        }
        let mut documents = Vec::new();
        for (name, bytes) in
            [("Will.txt", "the will, first words"), ("Inventory.txt", "the inventory"), ("Notes.txt", "only for staff")]
        {
            let made = staff.upload(&format!("/api/matters/{matter}/documents?name={name}"), bytes).await.expect(201);
            documents.push(text(&made, "id"));
        }
        let [ann, ben] = <[String; 2]>::try_from(people).unwrap();
        Self { host, staff, owner, matter, ann, ben, documents }
    }

    pub fn section(&self, section: &str) -> String {
        format!("/api/matters/{}/client-connect/{section}", self.matter)
    }

    pub fn portal(&self, rest: &str) -> String {
        format!("/api/portal/matters/{}{rest}", self.matter)
    }

    pub async fn revision(&self, section: &str) -> Value {
        self.staff.get(&self.section(section)).await.expect(200)["revision"].clone()
    }

    pub async fn actions(&self) -> Vec<String> {
        let audit = self.staff.get(&format!("/api/matters/{}/audit?limit=200", self.matter)).await.expect(200);
        items(&audit).iter().map(|row| text(row, "action")).collect()
    }
}
