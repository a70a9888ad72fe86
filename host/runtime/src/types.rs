//! The contract's types, as `wasmtime` generates them from `wit/`: the one vocabulary between the runtime,
//! its backends and whoever calls it.

#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated; the documentation is in wit/")]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "client-connect",
        imports: { default: trappable },
        additional_derives: [Clone, PartialEq],
    });
}

pub use bindings::client_connect::plugin::audit::Entry as AuditEntry;
pub use bindings::client_connect::plugin::mail::{Channel, Notice, Recipient, Topic};
pub use bindings::client_connect::plugin::storage::DocumentChange;
pub use bindings::client_connect::plugin::types::*;
pub use bindings::exports::client_connect::plugin::about::Description;
pub use bindings::exports::client_connect::plugin::access::{AccessChange, AccessRow, AccessSection, Granted};
pub use bindings::exports::client_connect::plugin::events::SeenDocument;
pub use bindings::exports::client_connect::plugin::letters::Letter;
pub use bindings::exports::client_connect::plugin::notifications::{NotificationsSection, WatcherRow};
pub use bindings::exports::client_connect::plugin::portal::{
    MatterChoice, PortalDocument, PortalMatter, PortalPage, Verb,
};
pub use bindings::exports::client_connect::plugin::sharing::{Pair, Saved, SharingSection};
