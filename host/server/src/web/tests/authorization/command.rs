//! What people do in a sequence, how it is drawn, and how it is asked of the host.

use axum::http::Method;
use proptest::prelude::*;
use serde_json::json;

use super::{model::Model, world::World};

/// How long a command to wait lasts: longer than a customer's session stands unused.
pub(super) const WAIT: u64 = 31 * 60_000;
/// The end of an access that has one: before the end of a wait.
const SOON: u64 = 20 * 60_000;
/// So often at most does a sequence wait: the sessions of staff outlive it.
const WAITS: u64 = 10;

/// Something that somebody does, or tries to. Whoever does it is `by`, a user, or the contact who is named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Grant { by: usize, matter: usize, contact: usize, open: bool, download: bool, until: Option<u64> },
    Share { by: usize, matter: usize, document: usize, contact: usize },
    Unshare { by: usize, matter: usize, document: usize, contact: usize },
    Upload { contact: usize, matter: usize },
    File { by: usize, matter: usize },
    Edit { by: usize, document: usize },
    Keep { by: usize, document: usize, alone: bool },
    Delete { by: usize, document: usize },
    Restore { by: usize, document: usize },
    Move { by: usize, document: usize, to: usize },
    Link { by: usize, matter: usize, contact: usize },
    Unlink { by: usize, matter: usize, contact: usize },
    Admit { by: usize, matter: usize, user: usize, rights: (bool, bool) },
    Dismiss { by: usize, matter: usize, user: usize },
    Own { by: usize, matter: usize, user: usize },
    Close { by: usize, matter: usize, closed: bool },
    Bin { by: usize, matter: usize },
    Unbin { by: usize, matter: usize },
    Switch { by: usize, on: bool },
    Address { by: usize, contact: usize, to: Option<usize> },
    SignIn { contact: usize },
    Wait,
}

/// A command as it is drawn, and the seed of what is looked at after it. It means something whatever came before, so
/// that a sequence of which parts are left out is one still.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    kind: u8,
    by: u8,
    matter: u8,
    contact: u8,
    document: u8,
    flags: u8,
    pub(super) look: u64,
}

/// Any step.
pub(super) fn step() -> impl Strategy<Value = Step> {
    (0..60_u8, 0..12_u8, 0..8_u8, 0..12_u8, any::<u8>(), any::<u8>(), any::<u64>()).prop_map(
        |(kind, by, matter, contact, document, flags, look)| Step { kind, by, matter, contact, document, flags, look },
    )
}

impl Step {
    /// What it means now.
    pub(super) fn command(self, model: &Model, began: u64) -> Command {
        // The owner of the first matter does half of what is done, and the first matter is where most of it is done.
        let by = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 5][usize::from(self.by)];
        let matter = [0, 0, 0, 0, 1, 1, 1, 2][usize::from(self.matter)];
        let contact = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4][usize::from(self.contact)];
        let document = usize::from(self.document) % model.documents.len();
        // Mostly where the document is: anything else is refused.
        let place = if self.flags & 0xf0 == 0 { matter } else { model.documents[document].matter };
        let (yes, more) = (self.flags & 1 == 1, self.flags & 2 == 2);
        let user = usize::from(self.document) % model.users.len();
        match self.kind {
            0..=6 => {
                let until = (self.flags & 12 == 0).then_some(model.now + SOON);
                let open = yes || more;
                Command::Grant { by, matter, contact, open, download: open && yes, until: until.filter(|_| open) }
            }
            7..=15 => Command::Share { by, matter: place, document, contact },
            16..=19 => Command::Unshare { by, matter: place, document, contact },
            20..=22 => Command::Upload { contact, matter },
            23..=24 => Command::File { by, matter },
            25..=26 => Command::Edit { by, document },
            27..=28 => Command::Keep { by, document, alone: yes },
            29..=31 => Command::Delete { by, document },
            32..=35 => {
                let gone: Vec<usize> = (0..model.documents.len()).filter(|at| model.documents[*at].deleted).collect();
                let document = if gone.is_empty() { document } else { gone[document % gone.len()] };
                Command::Restore { by, document }
            }
            36..=38 => Command::Move {
                by,
                document,
                to: (model.documents[document].matter + 1 + usize::from(self.flags & 0xc0 == 0)) % 3,
            },
            39..=40 => Command::Link { by, matter, contact },
            41..=42 => Command::Unlink { by, matter, contact },
            43..=44 => Command::Admit { by, matter, user, rights: (yes, more) },
            45..=46 => Command::Dismiss { by, matter, user },
            47 => Command::Own { by, matter, user },
            48..=49 => Command::Close { by, matter, closed: yes },
            50 => Command::Bin { by, matter },
            51..=52 => Command::Unbin { by, matter },
            53 => Command::Switch { by, on: yes || more },
            54..=55 => {
                let to = [Some(contact * 2), Some(contact * 2 + 1), Some((contact + 1) % 4 * 2), None];
                Command::Address { by, contact, to: to[usize::from(self.flags & 3)] }
            }
            56 if model.now < began + WAITS * WAIT => Command::Wait,
            _ => Command::SignIn { contact },
        }
    }
}

impl Command {
    /// Does it; answers whether it was accepted.
    ///
    /// # Errors
    /// What is no answer to it at all.
    pub(super) async fn ask(self, world: &mut World, model: &Model) -> Result<bool, String> {
        use Command as C;
        let place = |document: usize| model.documents[document].matter;
        let matters = world.matters.clone();
        let in_matter = |matter: usize, rest: &str| format!("/api/matters/{}{rest}", matters[matter]);
        let documents = world.documents.clone();
        let on_document = |document: usize, rest: &str| {
            format!("/api/matters/{}/documents/{}{rest}", matters[place(document)], documents[document])
        };
        let contacts = world.contacts.clone();
        let users = world.users.clone();
        let nothing = json!(null);
        let (by, method, path, body) = match self {
            C::SignIn { contact } => {
                if model.alone(contact) {
                    world.sign_in(contact, model);
                }
                return Ok(model.alone(contact));
            }
            C::Wait => {
                world.clock.advance(WAIT);
                return Ok(true);
            }
            C::Upload { contact, matter } => {
                let (name, content) = world.new_document();
                let path = format!("/api/portal/matters/{}/documents?name={name}", matters[matter]);
                let answer = world.send(&world.customers[contact].clone(), Method::POST, &path, &[], content).await;
                if answer.accepted()? {
                    world.documents.push(answer.json()["documents"][0]["document"].as_str().unwrap().to_owned());
                }
                return answer.accepted();
            }
            C::File { by, matter } => {
                let (name, content) = world.new_document();
                let path = in_matter(matter, &format!("/documents?name={name}"));
                let answer = world.send(&world.staff[by].clone(), Method::POST, &path, &[], content).await;
                if answer.accepted()? {
                    world.documents.push(answer.json()["id"].as_str().unwrap().to_owned());
                }
                return answer.accepted();
            }
            C::Edit { by, document } => {
                let content = world.new_version(document, model.documents[document].version + 1);
                let path = on_document(document, "/content");
                return world.send(&world.staff[by].clone(), Method::PUT, &path, &[], content).await.accepted();
            }
            C::Grant { by, matter, contact, open, download, until } => {
                let mut change = json!({ "contact": contacts[contact], "portal": open, "can_download": download });
                if let Some(until) = until {
                    change["until"] = until.into();
                }
                let body = json!({ "revision": world.revision(matter, "access"), "changes": [change] });
                (by, Method::PUT, in_matter(matter, "/client-connect/access"), body)
            }
            C::Share { by, matter, document, contact } | C::Unshare { by, matter, document, contact } => {
                let list = if matches!(self, C::Share { .. }) { "share" } else { "unshare" };
                let pair = json!([{ "document": documents[document], "contact": contacts[contact] }]);
                let body = json!({ "revision": world.revision(matter, "sharing"), list: pair });
                (by, Method::PUT, in_matter(matter, "/client-connect/sharing"), body)
            }
            C::Keep { by, document, alone } => {
                let readers = if alone { json!([]) } else { json!(null) };
                (by, Method::PATCH, on_document(document, ""), json!({ "readers": readers }))
            }
            C::Delete { by, document } => (by, Method::DELETE, on_document(document, ""), nothing),
            C::Restore { by, document } => {
                let body = json!({ "documents": [documents[document]] });
                (by, Method::POST, in_matter(place(document), "/bin/restore"), body)
            }
            C::Move { by, document, to } => {
                (by, Method::POST, on_document(document, "/move"), json!({ "matter": matters[to] }))
            }
            C::Link { by, matter, contact } => {
                (by, Method::PUT, in_matter(matter, &format!("/contacts/{}", contacts[contact])), json!({}))
            }
            C::Unlink { by, matter, contact } => {
                (by, Method::DELETE, in_matter(matter, &format!("/contacts/{}", contacts[contact])), nothing)
            }
            C::Admit { by, matter, user, rights: (edit, share) } => {
                let body = json!({ "can_edit": edit, "can_share": share });
                (by, Method::PUT, in_matter(matter, &format!("/members/{}", users[user])), body)
            }
            C::Dismiss { by, matter, user } => {
                (by, Method::DELETE, in_matter(matter, &format!("/members/{}", users[user])), nothing)
            }
            C::Own { by, matter, user } => (by, Method::PATCH, in_matter(matter, ""), json!({ "owner": users[user] })),
            C::Close { by, matter, closed } => (by, Method::PATCH, in_matter(matter, ""), json!({ "closed": closed })),
            C::Bin { by, matter } => (by, Method::DELETE, in_matter(matter, ""), nothing),
            C::Unbin { by, matter } => (by, Method::POST, in_matter(matter, "/restore"), nothing),
            C::Switch { by, on } => (by, Method::PATCH, "/api/firm".to_owned(), json!({ "enabled": on })),
            C::Address { by, contact, to } => {
                let address = to.map(|to| world.addresses[to].clone());
                (by, Method::PATCH, format!("/api/contacts/{}", contacts[contact]), json!({ "email": address }))
            }
        };
        let staff = world.staff[by].clone();
        world.send_json(&staff, method, &path, &body).await.accepted()
    }
}
