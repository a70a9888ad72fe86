//! The contract's records as JSON. Names are the contract's own; times are milliseconds since the Unix epoch, sizes
//! are bytes. Everything is moved out of the plugin's answer, nothing copied.

use std::{borrow::Cow, collections::BTreeMap};

use client_connect_runtime::types::{self as contract, DocumentSource, Lane, ShareState, SortKey};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{PartialSchema, ToSchema};

/// What the contract passes on by key: an object of strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub struct Attributes(pub contract::Attributes);

impl From<BTreeMap<String, String>> for Attributes {
    fn from(object: BTreeMap<String, String>) -> Self {
        Self(object.into_iter().collect())
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl PartialSchema for Attributes {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        BTreeMap::<String, String>::schema()
    }
}
impl ToSchema for Attributes {}

/// One page of a list. `next` is sent as `after` to get the page that follows; without it there is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins. There may be fewer rows than asked for, and still a `next`.
    pub next: Option<String>,
    /// How many there are in all, counted as far as counting is cheap.
    pub total: u32,
    /// Whether `total` is all; if not, there are more.
    pub exact: bool,
}

/// One page of a list that is not counted. `next` is sent as `after` to get the page that follows; without it there is
/// none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Listing<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins. There may be fewer rows than asked for, and still a `next`.
    pub next: Option<String>,
}

/// The most rows that a page holds.
pub const PAGE_MAX: u32 = 200;
/// The rows of a page where the request does not say.
pub const PAGE_USUAL: u32 = 50;

/// How many rows a request asks for.
///
/// # Errors
/// `too-large` for more rows than a page holds: they are refused, not cut.
pub fn limit(given: Option<u32>) -> Result<u32, super::Problem> {
    match given.unwrap_or(PAGE_USUAL) {
        limit @ 0..=PAGE_MAX => Ok(limit),
        _ => Err(super::Problem::field("limit", "too-large", "A page holds at most 200 rows.")),
    }
}

/// The page that a request asks for.
///
/// # Errors
/// As [`limit`].
pub fn page(after: Option<String>, given: Option<u32>) -> Result<contract::Page, super::Problem> {
    Ok(contract::Page { after, limit: limit(given)? })
}

/// A contact of the firm.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Contact {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// As stored; it need not be one that mails reach.
    pub email: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// What else the platform says of it.
    pub attributes: Attributes,
}

impl From<contract::Contact> for Contact {
    fn from(contact: contract::Contact) -> Self {
        let contract::Contact { id, name, email, locale, attributes } = contact;
        Self { id, name, email, locale, attributes: Attributes(attributes) }
    }
}

/// A user of the firm.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// Its id.
    pub id: String,
    /// As colleagues read it.
    pub name: String,
    /// As stored.
    pub email: Option<String>,
    /// Whether they are still with the firm.
    pub active: bool,
    /// BCP 47.
    pub locale: String,
}

impl From<contract::User> for User {
    fn from(user: contract::User) -> Self {
        let contract::User { id, name, email, active, locale, attributes: _ } = user;
        Self { id, name, email, active, locale }
    }
}

/// A document of a matter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// What the Documents page shows as type.
    pub kind: String,
    /// As sniffed when it came.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// 1 for the first content; each edit adds one.
    pub version: u32,
    /// Whether its pages can be shown.
    pub can_preview: bool,
    /// The user who stands for it.
    pub created_by: Option<String>,
    /// When it came.
    pub created_at: u64,
    /// The last change of content or name.
    pub activity_at: u64,
    /// `platform`, `portal`, or where else it came from.
    pub source: Cow<'static, str>,
    /// The contact who sent it through the portal.
    pub uploader: Option<String>,
    /// What else the platform says of it.
    pub attributes: Attributes,
}

impl From<contract::Document> for Document {
    fn from(document: contract::Document) -> Self {
        let (source, uploader) = match document.source {
            DocumentSource::Platform => (Cow::Borrowed("platform"), None),
            DocumentSource::Portal(contact) => (Cow::Borrowed("portal"), Some(contact)),
            DocumentSource::Other(name) => (Cow::Owned(name), None),
        };
        Self {
            id: document.id,
            name: document.name,
            kind: document.kind,
            media_type: document.media_type,
            size: document.size,
            version: document.version,
            can_preview: document.can_preview,
            created_by: document.created_by,
            created_at: document.created_at,
            activity_at: document.activity_at,
            source,
            uploader,
            attributes: Attributes(document.attributes),
        }
    }
}

/// A contact's access to one matter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Grant {
    /// Whose.
    pub contact: String,
    /// Whether the portal is open to them.
    pub portal: bool,
    /// Whether they may download.
    pub can_download: bool,
    /// When `portal` last changed.
    pub since: u64,
    /// When access ends by itself.
    pub until: Option<u64>,
    /// What else the plugin keeps with it.
    pub attributes: Attributes,
}

impl From<contract::AccessGrant> for Grant {
    fn from(grant: contract::AccessGrant) -> Self {
        let contract::AccessGrant { contact, portal, can_download, since, until, attributes } = grant;
        Self { contact, portal, can_download, since, until, attributes: Attributes(attributes) }
    }
}

/// The last that a contact was shown of a document, or took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// Which version.
    pub version: u32,
    /// When.
    pub at: u64,
    /// Whether they took it.
    pub downloaded: bool,
}

/// One document and one contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Share {
    /// With whom.
    pub contact: String,
    /// `live`, `unshared`, `lapsed`, or another word of the plugin's.
    pub state: Cow<'static, str>,
    /// When `state` last changed.
    pub since: u64,
    /// What they saw of it.
    pub seen: Option<Receipt>,
    /// What else the plugin keeps with it.
    pub attributes: Attributes,
}

impl From<contract::SharedDocument> for Share {
    fn from(share: contract::SharedDocument) -> Self {
        let state = match share.state {
            ShareState::Live => Cow::Borrowed("live"),
            ShareState::Unshared => Cow::Borrowed("unshared"),
            ShareState::Lapsed => Cow::Borrowed("lapsed"),
            ShareState::Other(word) => Cow::Owned(word),
        };
        let seen = share.seen.map(|seen| Receipt { version: seen.version, at: seen.at, downloaded: seen.downloaded });
        let attributes = Attributes(share.attributes);
        Self { contact: share.contact, state, since: share.since, seen, attributes }
    }
}

/// A document with its shares.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SharedRow {
    /// The document.
    pub document: Document,
    /// Its shares with the contacts that were asked for, or with all.
    pub shares: Vec<Share>,
    /// What else the plugin says of it.
    pub attributes: Attributes,
}

impl From<contract::DocumentPage> for Page<SharedRow> {
    fn from(page: contract::DocumentPage) -> Self {
        let row = |row: contract::DocumentRow| SharedRow {
            document: row.document.into(),
            shares: all(row.shares),
            attributes: Attributes(row.attributes),
        };
        Self { items: page.rows.into_iter().map(row).collect(), next: page.next, total: page.total, exact: page.exact }
    }
}

impl From<contract::DocumentPage> for Page<Document> {
    fn from(page: contract::DocumentPage) -> Self {
        let items = page.rows.into_iter().map(|row| row.document.into()).collect();
        Self { items, next: page.next, total: page.total, exact: page.exact }
    }
}

/// How many documents a contact sees.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Count {
    /// Who.
    pub contact: String,
    /// Shared with them by others.
    pub shared: u32,
    /// Their own uploads.
    pub uploaded: u32,
}

impl From<contract::SharedCount> for Count {
    fn from(count: contract::SharedCount) -> Self {
        Self { contact: count.contact, shared: count.shared, uploaded: count.uploaded }
    }
}

/// By what a list of documents is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// As people read names.
    #[default]
    Name,
    /// By the last change of content or name.
    ActivityAt,
    /// By when it came.
    CreatedAt,
}

impl From<Sort> for SortKey {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Name => Self::Name,
            Sort::ActivityAt => Self::ActivityAt,
            Sort::CreatedAt => Self::CreatedAt,
        }
    }
}

/// Which documents, seen from the contacts that are named, or where none is named from any contact at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneName {
    /// Every document of the matter.
    #[default]
    WholeMatter,
    /// Shared with at least one of them.
    AnyOfThem,
    /// Shared with each of them.
    AllOfThem,
    /// With some of them, but not all.
    SomeOfThem,
    /// With none of them.
    NoneOfThem,
    /// Sent by one of them.
    Uploaded,
    /// Back in the matter, with a share that lapsed.
    Lapsed,
}

impl From<LaneName> for Lane {
    fn from(lane: LaneName) -> Self {
        match lane {
            LaneName::WholeMatter => Self::WholeMatter,
            LaneName::AnyOfThem => Self::AnyOfThem,
            LaneName::AllOfThem => Self::AllOfThem,
            LaneName::SomeOfThem => Self::SomeOfThem,
            LaneName::NoneOfThem => Self::NoneOfThem,
            LaneName::Uploaded => Self::Uploaded,
            LaneName::Lapsed => Self::Lapsed,
        }
    }
}

/// Each of a list, as JSON has it.
pub(crate) fn all<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(U::from).collect()
}
