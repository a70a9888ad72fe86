//! The contract's types stand in the program twice: as the plugin's `wit-bindgen` made them, and as the
//! runtime's `wasmtime` did. Here one becomes the other, field by field, by moves: what a call would pay that had
//! no component in between.

use client_connect_plugin::types as guest;
use client_connect_runtime::types as host;

/// The same record, in the other crate's type.
pub(crate) trait Same<T> {
    /// Moves it over.
    fn same(self) -> T;
}

macro_rules! plain {
    ($($type:ty),*) => { $(impl Same<$type> for $type { fn same(self) -> $type { self } })* };
}
plain!(String, u32, u64, bool, (String, String));

impl<T: Same<U>, U> Same<Vec<U>> for Vec<T> {
    fn same(self) -> Vec<U> {
        self.into_iter().map(Same::same).collect()
    }
}

impl<T: Same<U>, U> Same<Option<U>> for Option<T> {
    fn same(self) -> Option<U> {
        self.map(Same::same)
    }
}

macro_rules! records {
    ($($name:ident { $($field:ident),* })*) => { $(
        impl Same<host::$name> for guest::$name {
            fn same(self) -> host::$name { host::$name { $($field: self.$field.same()),* } }
        }
        impl Same<guest::$name> for host::$name {
            fn same(self) -> guest::$name { guest::$name { $($field: self.$field.same()),* } }
        }
    )* };
}

macro_rules! variants {
    ($($name:ident { $($case:ident $(($held:ident))?),* })*) => { $(
        impl Same<host::$name> for guest::$name {
            fn same(self) -> host::$name { match self { $(Self::$case $(($held))? => host::$name::$case $(($held.same()))?),* } }
        }
        impl Same<guest::$name> for host::$name {
            fn same(self) -> guest::$name { match self { $(Self::$case $(($held))? => guest::$name::$case $(($held.same()))?),* } }
        }
    )* };
}

records! {
    AccessGrant { contact, portal, can_download, since, until, attributes }
    CallContext { actor, now, locale, attributes }
    Contact { id, name, email, locale, attributes }
    Document { id, matter, name, kind, media_type, size, version, can_preview, created_by, created_at, activity_at, source, attributes }
    DocumentChange { document, kind, created_by, attributes }
    DocumentFilter { contacts, lane, search, same_content_as, sort, descending, attributes }
    DocumentPage { rows, next, total, exact }
    DocumentRow { document, shares, attributes }
    Firm { name, enabled, portal_url, fallback, attributes }
    GrantedMatter { matter, grant }
    Matter { id, firm, name, owner, opened_at, closed_at, discreet, staff_url, attributes }
    Member { user, can_view, can_share, attributes }
    Notice { to, channel, matter, topic, documents, contact, key, attributes }
    Page { after, limit }
    Pair { document, contact }
    PortalDocument { document, name, media_type, size, version, created_at, activity_at, own_upload, can_preview, can_download, seen, attributes }
    PortalPage { rows, next, total, exact }
    Problem { code, message, attributes }
    Receipt { version, at, downloaded, attributes }
    Saved { revision, shared, unshared, notified, warnings, attributes }
    SharedCount { contact, shared, uploaded }
    SharedDocument { document, contact, state, since, seen, attributes }
    User { id, name, email, active, locale, attributes }
    ViewingAs { user, contact }
    Watcher { user, in_app, email, attributes }
}

variants! {
    Actor { User(id), Contact(id), ViewingAs(both), Host }
    Channel { Email, InApp }
    DocumentSource { Platform, Portal(contact), Other(name) }
    HostError { Invalid(why), NotFound(why), Conflict(why), Unavailable(why), LimitExceeded(why), Other(why) }
    Lane { WholeMatter, AnyOfThem, AllOfThem, SomeOfThem, NoneOfThem, Uploaded, Lapsed }
    Recipient { Contact(id), User(id) }
    Section { Access, Sharing, Notifications }
    ShareState { Live, Unshared, Lapsed, Other(name) }
    SortKey { Name, ActivityAt, CreatedAt }
    Topic { Invited, Shared, Uploaded, Other(name) }
    Verb { Preview, Download, Upload }
}

impl Same<host::AuditEntry> for guest::Entry {
    fn same(self) -> host::AuditEntry {
        host::AuditEntry {
            matter: self.matter,
            action: self.action,
            document: self.document,
            contact: self.contact,
            details: self.details,
        }
    }
}
