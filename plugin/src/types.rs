//! The vocabulary: the contract's types under short names. Their documentation is in `wit/`.

use crate::contract::{client_connect::plugin as imported, exports::client_connect::plugin as exported};

pub use exported::about::Description;
pub use exported::access::{AccessChange, AccessRow, AccessSection, Granted};
pub use exported::events::SeenDocument;
pub use exported::letters::Letter;
pub use exported::notifications::{NotificationsSection, WatcherRow};
pub use exported::portal::{MatterChoice, PortalDocument, PortalMatter, PortalPage, Verb};
pub use exported::sharing::{Pair, Saved, SharingSection};
pub use imported::audit::Entry;
pub use imported::logging::Level;
pub use imported::mail::{Channel, Notice, Recipient, Topic};
pub use imported::storage::DocumentChange;
pub use imported::types::*;
