//! Contacts: those of a matter, those of the firm, and one of them.

use askama::Template;

use super::{Frame, MatterHead, list::Pager};

/// A contact as lists show them.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// As it was typed in.
    pub email: String,
    /// Whether mails can reach that.
    pub reachable: bool,
    /// The language of their mails, as the records name it.
    pub locale: String,
    /// The firm's other contacts with the same address.
    pub same_address: Vec<Named>,
}

impl ContactRow {
    /// The language of their mails, in words where it has any here.
    #[must_use]
    pub fn language(&self) -> &str {
        LANGUAGES.iter().find(|(code, _)| *code == self.locale).map_or(&self.locale, |(_, name)| name)
    }
}

/// The languages to choose from for mails.
pub const LANGUAGES: &[(&str, &str)] = &[("en", "English"), ("de", "Deutsch")];

/// Somebody, and where they are found.
#[derive(Clone, Debug)]
pub struct Named {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
}

/// A contact who takes part in a matter.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Who.
    pub contact: ContactRow,
    /// As what.
    pub role: String,
    /// Whether the portal of this matter is open to them.
    pub has_access: bool,
    /// How many documents are shared with them here, their own uploads too.
    pub documents: u32,
}

/// The contacts of a matter.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/matter_contacts.html")]
pub struct MatterContacts {
    /// Around it.
    pub frame: Frame,
    /// At its head.
    pub matter: MatterHead,
    /// By name.
    pub rows: Vec<Linked>,
    /// The ids of all of them, for whom there is nothing to link.
    pub ids: String,
}

/// The firm's contacts, a page of them.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/contacts.html")]
pub struct Contacts {
    /// Around it.
    pub frame: Frame,
    /// What was looked for.
    pub search: String,
    /// By name.
    pub rows: Vec<ContactRow>,
    /// The pages beside it.
    pub pager: Pager,
}

/// A matter in which a contact takes part.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which.
    pub matter: Named,
    /// As what.
    pub role: String,
}

/// One contact.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/contact.html")]
pub struct Contact {
    /// Around it.
    pub frame: Frame,
    /// Who.
    pub contact: ContactRow,
    /// Of the matters that the user may see, those in which the contact takes part.
    pub parts: Vec<Part>,
    /// Whether there are others, which the user may not see.
    pub elsewhere: bool,
}
