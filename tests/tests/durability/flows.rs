//! What people do that changes something, one request each: the flows that the tests of durability let break off.

use client_connect_tests::{
    files::bytes,
    host::PASSWORD,
    person::{Answer, Person, text},
    template::Template,
};
use reqwest::Method;
use serde_json::{Value, json};

/// One request that changes something.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// What it is, in a word or two.
    pub(super) name: &'static str,
    /// Who asks.
    pub(super) who: Who,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Body,
    /// Transactions that are committed before it is answered.
    pub(super) commits: usize,
    /// Files that are stored before it is answered.
    pub(super) files: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Staff,
    Ann,
    Stranger,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Value),
    /// With a revision that is read before.
    Save(&'static str, Value),
    Bytes(Vec<u8>),
}

/// Every flow, in an order in which each of them succeeds.
pub(super) fn flows(template: &Template) -> Vec<Flow> {
    let Template { matter, ann, ben, documents, .. } = template;
    let [will, inventory, _] = &documents[..] else { panic!("three documents") };
    let flow =
        |name, who, method, path: String, body, commits, files| Flow { name, who, method, path, body, commits, files };
    let of_matter = |rest: &str| format!("/api/matters/{matter}{rest}");
    let pair = |document: &str, contact: &str| json!({ "document": document, "contact": contact });
    let sharing =
        |share: &[Value], unshare: &[Value]| Body::Save("sharing", json!({ "share": share, "unshare": unshare }));
    let access = |contact: &str, portal: bool| {
        Body::Save("access", json!({ "changes": [{ "contact": contact, "portal": portal, "can_download": false }] }))
    };
    let watchers = json!({ "watchers": [] });
    vec![
        flow(
            "upload by a customer",
            Who::Ann,
            Method::POST,
            template.portal("/documents?name=a.bin"),
            Body::Bytes(bytes(1, 20_000)),
            2,
            1,
        ),
        flow(
            "large upload by a customer",
            Who::Ann,
            Method::POST,
            template.portal("/documents?name=b.bin"),
            Body::Bytes(bytes(2, 3 << 20)),
            2,
            1,
        ),
        flow(
            "upload by staff",
            Who::Staff,
            Method::POST,
            of_matter("/documents?name=c.bin"),
            Body::Bytes(bytes(3, 20_000)),
            2,
            1,
        ),
        flow(
            "new version",
            Who::Staff,
            Method::PUT,
            of_matter(&format!("/documents/{will}/content")),
            Body::Bytes(bytes(4, 20_000)),
            2,
            1,
        ),
        flow(
            "rename",
            Who::Staff,
            Method::PATCH,
            of_matter(&format!("/documents/{will}")),
            Body::Json(json!({ "name": "Last will.txt" })),
            1,
            0,
        ),
        flow(
            "share",
            Who::Staff,
            Method::PUT,
            template.section("sharing"),
            sharing(&[pair(will, ann), pair(inventory, ben)], &[]),
            1,
            0,
        ),
        flow(
            "stop sharing",
            Who::Staff,
            Method::PUT,
            template.section("sharing"),
            sharing(&[], &[pair(will, ann)]),
            1,
            0,
        ),
        flow("take access away", Who::Staff, Method::PUT, template.section("access"), access(ben, false), 1, 0),
        flow("give access", Who::Staff, Method::PUT, template.section("access"), access(ben, true), 1, 0),
        flow(
            "watch",
            Who::Staff,
            Method::PUT,
            template.section("notifications"),
            Body::Save("notifications", watchers),
            1,
            0,
        ),
        flow(
            "delete",
            Who::Staff,
            Method::DELETE,
            of_matter(&format!("/documents/{inventory}")),
            Body::Json(json!({})),
            1,
            0,
        ),
        flow(
            "restore",
            Who::Staff,
            Method::POST,
            of_matter("/bin/restore"),
            Body::Json(json!({ "documents": [inventory] })),
            1,
            0,
        ),
        flow(
            "new contact",
            Who::Staff,
            Method::POST,
            "/api/contacts".into(),
            Body::Json(json!({ "name": "Dora Weber", "email": "dora@customer.test" })),
            1,
            0,
        ),
        flow(
            "new matter",
            Who::Staff,
            Method::POST,
            "/api/matters".into(),
            Body::Json(json!({ "name": "Another" })),
            1,
            0,
        ),
        flow(
            "sign-in of staff",
            Who::Stranger,
            Method::POST,
            "/api/sign-in/staff".into(),
            Body::Json(json!({ "email": client_connect_tests::ground::OWNER, "password": PASSWORD })),
            2,
            0,
        ),
        flow(
            "asking for a code",
            Who::Stranger,
            Method::POST,
            "/api/sign-in/portal".into(),
            Body::Json(json!({ "email": client_connect_tests::ground::ANN })),
            1,
            0,
        ),
        flow(
            "sign-out of a customer",
            Who::Ann,
            Method::POST,
            "/api/portal/sign-out".into(),
            Body::Json(json!({})),
            1,
            0,
        ),
    ]
}

/// The people of a template, at an address.
#[derive(Clone, Debug)]
pub(super) struct People {
    pub(super) staff: Person,
    pub(super) ann: Person,
    pub(super) stranger: Person,
}

impl People {
    pub(super) fn at(template: &Template, base: &str) -> Self {
        Self { staff: template.staff(base), ann: template.ann(base), stranger: Person::new(base.to_owned()) }
    }

    fn who(&self, who: Who) -> &Person {
        match who {
            Who::Staff => &self.staff,
            Who::Ann => &self.ann,
            Who::Stranger => &self.stranger,
        }
    }

    /// Reads what the flow needs to know before it asks.
    pub(super) async fn prepare(&self, template: &Template, flow: &Flow) -> Body {
        match &flow.body {
            Body::Save(section, save) => {
                let now = self.staff.get(&template.section(section)).await.expect(200);
                let mut save = save.clone();
                save["revision"] = now["revision"].clone();
                Body::Json(save)
            }
            other => other.clone(),
        }
    }

    /// Asks.
    pub(super) async fn ask(&self, flow: &Flow, body: Body) -> Result<Answer, String> {
        let person = self.who(flow.who);
        let request = person.request(flow.method.clone(), &flow.path);
        person
            .try_send(match body {
                Body::Json(json) | Body::Save(_, json) => request.json(&json),
                Body::Bytes(bytes) => request.header("content-type", "application/octet-stream").body(bytes),
            })
            .await
    }
}

/// The id in an answer to an upload by staff or by a customer.
pub(super) fn document(answer: &Value) -> String {
    match answer["documents"].as_array() {
        Some(documents) => text(&documents[0], "document"),
        None => text(answer, "id"),
    }
}
