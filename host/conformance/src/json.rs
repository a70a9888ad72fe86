//! The contract's values as JSON, shaped as the WIT names them: a record is an object with its names, an option is the
//! value or `null`, a variant is `{"case": payload}` or the case's name alone, an enum is its name.
//!
//! The shapes are written down here once, field by field: the compiler says so where the contract has another.

use client_connect_runtime::exports::{access, events, letters, notifications, portal, sharing};
use client_connect_runtime::types::*;
use serde_json::{Map, Value};

/// Why a JSON value is not the value that is wanted.
pub type Misshapen = String;

/// A value of the contract, from JSON and to it.
pub trait Json: Sized {
    /// The value as JSON.
    fn to(&self) -> Value;
    /// The value that this JSON is.
    ///
    /// # Errors
    /// With what is wrong, and where.
    fn read(json: &Value) -> Result<Self, Misshapen>;
}

fn wanted<A>(what: &str, got: &Value) -> Result<A, Misshapen> {
    Err(format!("{what} is wanted, and {got} was given"))
}

impl Json for String {
    fn to(&self) -> Value {
        Value::from(self.as_str())
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        json.as_str().map_or_else(|| wanted("a string", json), |text| Ok(text.to_owned()))
    }
}

impl Json for bool {
    fn to(&self) -> Value {
        Value::from(*self)
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        json.as_bool().map_or_else(|| wanted("true or false", json), Ok)
    }
}

impl Json for u64 {
    fn to(&self) -> Value {
        Value::from(*self)
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        json.as_u64().map_or_else(|| wanted("a number", json), Ok)
    }
}

impl Json for u32 {
    fn to(&self) -> Value {
        Value::from(*self)
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        json.as_u64().and_then(|n| Self::try_from(n).ok()).map_or_else(|| wanted("a number of 32 bits", json), Ok)
    }
}

impl Json for () {
    fn to(&self) -> Value {
        Value::Null
    }
    fn read(_: &Value) -> Result<Self, Misshapen> {
        Ok(())
    }
}

impl<A: Json> Json for Option<A> {
    fn to(&self) -> Value {
        self.as_ref().map_or(Value::Null, A::to)
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        if json.is_null() { Ok(None) } else { A::read(json).map(Some) }
    }
}

impl<A: Json> Json for Vec<A> {
    fn to(&self) -> Value {
        self.iter().map(A::to).collect()
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        let Some(list) = json.as_array() else { return wanted("a list", json) };
        list.iter().map(A::read).collect()
    }
}

impl<A: Json, B: Json> Json for (A, B) {
    fn to(&self) -> Value {
        Value::Array(vec![self.0.to(), self.1.to()])
    }
    fn read(json: &Value) -> Result<Self, Misshapen> {
        match json.as_array().map(Vec::as_slice) {
            Some([a, b]) => Ok((A::read(a)?, B::read(b)?)),
            _ => wanted("a pair", json),
        }
    }
}

/// `SomeCase` or `some_field`, as the WIT writes it.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(if c == '_' { '-' } else { c.to_ascii_lowercase() }.to_lowercase());
    }
    text
}

fn field<A: Json>(json: &Value, name: &str) -> Result<A, Misshapen> {
    let name = kebab(name);
    A::read(json.get(&name).unwrap_or(&Value::Null)).map_err(|error| format!("{name}: {error}"))
}

macro_rules! records {
    ($($record:ty { $($field:ident),* $(,)? })*) => {
        $(impl Json for $record {
            fn to(&self) -> Value {
                let Self { $($field),* } = self;
                let fields: Vec<(String, Value)> = vec![$((kebab(stringify!($field)), $field.to())),*];
                Value::Object(Map::from_iter(fields))
            }
            fn read(json: &Value) -> Result<Self, Misshapen> {
                if !json.is_object() {
                    return wanted(concat!("an object of ", stringify!($record)), json);
                }
                Ok(Self { $($field: field(json, stringify!($field))?),* })
            }
        })*
    };
}

macro_rules! variants {
    ($($variant:ident { $($bare:ident),* $(,)? ; $($case:ident),* $(,)? })*) => {
        $(impl Json for $variant {
            fn to(&self) -> Value {
                match self {
                    $(Self::$bare => kebab(stringify!($bare)).into(),)*
                    $(Self::$case(payload) => [(kebab(stringify!($case)), payload.to())].into_iter().collect(),)*
                }
            }
            fn read(json: &Value) -> Result<Self, Misshapen> {
                $(if json.as_str() == Some(&kebab(stringify!($bare))) {
                    return Ok(Self::$bare);
                })*
                $(if let Some(payload) = json.get(kebab(stringify!($case))) {
                    return Ok(Self::$case(Json::read(payload)?));
                })*
                wanted(concat!("a case of ", stringify!($variant)), json)
            }
        })*
    };
}

records! {
    ViewingAs { user, contact }
    Firm { name, enabled, portal_url, fallback, attributes }
    Matter { id, firm, name, owner, opened_at, closed_at, discreet, staff_url, attributes }
    Contact { id, name, email, locale, attributes }
    User { id, name, email, active, locale, attributes }
    Document {
        id, matter, name, kind, media_type, size, version, can_preview, created_by, created_at, activity_at, source,
        attributes
    }
    AccessGrant { contact, portal, can_download, since, until, attributes }
    Receipt { version, at, downloaded, attributes }
    SharedDocument { document, contact, state, since, seen, attributes }
    SharedCount { contact, shared, uploaded }
    Watcher { user, in_app, email, attributes }
    DocumentFilter { contacts, lane, search, same_content_as, sort, descending, attributes }
    Page { after, limit }
    DocumentRow { document, shares, attributes }
    DocumentPage { rows, next, total, exact }
    Problem { code, message, attributes }
    Notice { to, channel, matter, topic, documents, contact, key, attributes }
    AccessChange { contact, portal, can_download, until, attributes }
    AccessRow { contact, grant, shared, uploaded, obstacles, attributes }
    AccessSection { revision, rows, notes, attributes }
    Granted { revision, invited, revoked, changed, revived, warnings, attributes }
    SharingSection { revision, contacts, notes, attributes }
    Pair { document, contact }
    Saved { revision, shared, unshared, notified, warnings, attributes }
    WatcherRow { watcher, user, is_owner_by_default, obstacles, attributes }
    NotificationsSection { revision, rows, notes, attributes }
    MatterChoice { matter, firm, name, attributes }
    PortalMatter { matter, firm, name, owner, opened_at, can_download, can_upload, attributes }
    PortalDocument {
        document, name, media_type, size, version, created_at, activity_at, own_upload, can_preview, can_download, seen,
        attributes
    }
    PortalPage { rows, next, total, exact }
    SeenDocument { document, receipt }
    Letter { subject, text, html, attributes }

    access::View { matter }
    access::Grant { matter, revision, changes }
    sharing::View { matter }
    sharing::Documents { matter, filter, page }
    sharing::Share { matter, revision, contacts, documents }
    sharing::Unshare { matter, revision, contacts, documents }
    sharing::Save { matter, revision, share, unshare }
    notifications::View { matter }
    notifications::SetWatchers { matter, revision, watchers }
    portal::Matters {}
    portal::View { matter }
    portal::Documents { matter, search, sort, descending, page }
    portal::Permit { matter, verb, documents }
    events::OnUpload { matter, documents }
    events::OnDocumentDeleted { matter, documents }
    events::OnContactUnlinked { matter, contact }
    events::OnContactAddressChanged { matter, contact }
    events::OnMatterDeleted { matter }
    events::OnMatterChanged { matter, before }
    events::OnDocumentSeen { matter, seen }
    letters::Compose { notices }
}

variants! {
    Actor { Host; User, Contact, ViewingAs }
    DocumentSource { Platform; Portal, Other }
    ShareState { Live, Unshared, Lapsed; Other }
    Recipient { ; Contact, User }
    Topic { Invited, Shared, Uploaded; Other }
    Channel { Email, InApp; }
    Section { Access, Sharing, Notifications; }
    Lane { WholeMatter, AnyOfThem, AllOfThem, SomeOfThem, NoneOfThem, Uploaded, Lapsed; }
    SortKey { Name, ActivityAt, CreatedAt; }
    Verb { Preview, Download, Upload; }
    Refusal { NotFound; Invalid, Denied, Conflict, Unavailable, Other }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_named_as_the_contract_names_them() {
        let change =
            AccessChange { contact: "c".into(), portal: true, can_download: false, until: None, attributes: vec![] };
        let written = json!({"contact": "c", "portal": true, "can-download": false, "until": null, "attributes": []});
        assert_eq!(change.to(), written);
        assert_eq!(AccessChange::read(&written).unwrap().to(), written);
        let viewing = json!({"viewing-as": {"user": "u", "contact": "c"}});
        assert_eq!(Actor::read(&viewing).unwrap().to(), viewing);
        assert_eq!(Actor::read(&json!("host")).unwrap().to(), json!("host"));
        assert_eq!(Lane::read(&json!("some-of-them")).unwrap().to(), json!("some-of-them"));
    }

    #[test]
    fn what_is_not_of_the_shape_is_said_with_its_place() {
        let error = AccessChange::read(&json!({"contact": "c", "portal": 1})).unwrap_err();
        assert_eq!(error, "portal: true or false is wanted, and 1 was given");
        assert!(Actor::read(&json!({"nobody": "c"})).unwrap_err().contains("a case of Actor"));
    }
}
