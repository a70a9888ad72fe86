//! The ground that most stories stand on: a firm, a matter with two contacts, three documents, nothing shared.

use serde_json::{Value, json};

use crate::{
    host::{Setup, TestHost},
    person::{Person, items, text},
};

/// The owner's address.
pub const OWNER: &str = "olivia@firm.test";
/// The first contact's address.
pub const ANN: &str = "ann@customer.test";
/// The second contact's address.
pub const BEN: &str = "ben@customer.test";

/// A matter with two contacts and three documents, and nothing shared yet. What is not said otherwise is an id.
#[derive(Debug)]
pub struct Ground {
    /// Where it lies.
    pub host: TestHost,
    /// The owner, signed in.
    pub staff: Person,
    /// The matter's owner.
    pub owner: String,
    /// The matter.
    pub matter: String,
    /// The first contact.
    pub ann: String,
    /// The second contact.
    pub ben: String,
    /// The documents, in the order in which they were made.
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
        let [ann, ben] = <[String; 2]>::try_from(people).expect("two people");
        Self { host, staff, owner, matter, ann, ben, documents }
    }

    /// Gives contacts access, each with or without the right to download.
    pub async fn admit(&self, contacts: &[(&str, bool)]) {
        let change = |(contact, download): &(&str, bool)| json!({ "contact": contact, "portal": true, "can_download": download });
        let changes: Vec<Value> = contacts.iter().map(change).collect();
        let save = json!({ "revision": self.revision("access").await, "changes": changes });
        self.staff.put(&self.section("access"), save).await.expect(200);
    }

    /// Shares documents with contacts.
    pub async fn share(&self, pairs: &[(&str, &str)]) {
        let pair = |(document, contact): &(&str, &str)| json!({ "document": document, "contact": contact });
        let pairs: Vec<Value> = pairs.iter().map(pair).collect();
        let save = json!({ "revision": self.revision("sharing").await, "share": pairs, "unshare": [] });
        self.staff.put(&self.section("sharing"), save).await.expect(200);
    }

    /// Links another contact to the matter, and answers their id.
    pub async fn link(&self, name: &str, email: &str) -> String {
        let contact = self.staff.post("/api/contacts", json!({ "name": name, "email": email })).await.expect(201);
        let contact = text(&contact, "id");
        let path = format!("/api/matters/{}/contacts/{contact}", self.matter);
        self.staff.put(&path, json!({ "role": "heir" })).await.expect(204);
        contact
    }

    /// Lets another user of the firm into the matter, with every right.
    pub async fn colleague(&self, name: &str, email: &str) -> String {
        let user = self.host.hire("firm", name, email, false);
        let path = format!("/api/matters/{}/members/{user}", self.matter);
        self.staff.put(&path, json!({ "can_edit": true, "can_share": true })).await.expect(200);
        user
    }

    /// The page of one of Client Connect's sections.
    pub fn page(&self, section: &str) -> String {
        format!("/matters/{}/client-connect/{section}", self.matter)
    }

    /// The path of one of Client Connect's sections.
    pub fn section(&self, section: &str) -> String {
        format!("/api/matters/{}/client-connect/{section}", self.matter)
    }

    /// A path in the portal, below the matter.
    pub fn portal(&self, rest: &str) -> String {
        format!("/api/portal/matters/{}{rest}", self.matter)
    }

    /// The revision that a section has now.
    pub async fn revision(&self, section: &str) -> Value {
        self.staff.get(&self.section(section)).await.expect(200)["revision"].clone()
    }

    /// What the matter's audit says was done, the newest first.
    pub async fn actions(&self) -> Vec<String> {
        let audit = self.staff.get(&format!("/api/matters/{}/audit?limit=200", self.matter)).await.expect(200);
        items(&audit).iter().map(|row| text(row, "action")).collect()
    }
}
