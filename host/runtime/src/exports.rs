//! What can be asked of a plugin: one small struct for each function that the contract exports.
//!
//! Each names its answer, whether it may write, and to which matters it binds the call. Whoever adds a function
//! to the contract adds a struct here, and nothing else in the runtime changes. The fields are the function's
//! parameters after the context, as `wit/plugin.wit` names and explains them.
#![allow(missing_docs, reason = "each struct is one function of the contract, and documented there")]

use wasmtime::{
    Store,
    component::{ComponentExportIndex, Instance},
};

use crate::{
    backend::Tx,
    call::Entry,
    floor::{Bound, Floor, Proven},
    imports::State,
    types::*,
};

/// The Access section.
pub mod access {
    use super::*;
    /// `access.view`
    #[derive(Clone, Debug)]
    pub struct View {
        pub matter: MatterId,
    }
    /// `access.grant`: the section's Save.
    #[derive(Clone, Debug)]
    pub struct Grant {
        pub matter: MatterId,
        pub revision: u32,
        pub changes: Vec<AccessChange>,
    }
}
/// The Sharing section.
pub mod sharing {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct View {
        pub matter: MatterId,
    }
    #[derive(Clone, Debug)]
    pub struct Documents {
        pub matter: MatterId,
        pub filter: DocumentFilter,
        pub page: Page,
    }
    #[derive(Clone, Debug)]
    pub struct Share {
        pub matter: MatterId,
        pub revision: u32,
        pub contacts: Vec<ContactId>,
        pub documents: Vec<DocumentId>,
    }
    #[derive(Clone, Debug)]
    pub struct Unshare {
        pub matter: MatterId,
        pub revision: u32,
        pub contacts: Vec<ContactId>,
        pub documents: Vec<DocumentId>,
    }
    #[derive(Clone, Debug)]
    pub struct Save {
        pub matter: MatterId,
        pub revision: u32,
        pub share: Vec<Pair>,
        pub unshare: Vec<Pair>,
    }
}
/// The Notifications section.
pub mod notifications {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct View {
        pub matter: MatterId,
    }
    #[derive(Clone, Debug)]
    pub struct SetWatchers {
        pub matter: MatterId,
        pub revision: u32,
        pub watchers: Vec<Watcher>,
    }
}
/// What a contact sees and may do.
pub mod portal {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct Matters;
    #[derive(Clone, Debug)]
    pub struct View {
        pub matter: MatterId,
    }
    #[derive(Clone, Debug)]
    pub struct Documents {
        pub matter: MatterId,
        pub search: Option<String>,
        pub sort: SortKey,
        pub descending: bool,
        pub page: Page,
    }
    #[derive(Clone, Debug)]
    pub struct Permit {
        pub matter: MatterId,
        pub verb: Verb,
        pub documents: Vec<DocumentId>,
    }
}
/// What the platform reports.
pub mod events {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct OnUpload {
        pub matter: MatterId,
        pub documents: Vec<DocumentId>,
    }
    #[derive(Clone, Debug)]
    pub struct OnDocumentDeleted {
        pub matter: MatterId,
        pub documents: Vec<DocumentId>,
    }
    #[derive(Clone, Debug)]
    pub struct OnContactUnlinked {
        pub matter: MatterId,
        pub contact: ContactId,
    }
    #[derive(Clone, Debug)]
    pub struct OnContactAddressChanged {
        pub matter: MatterId,
        pub contact: ContactId,
    }
    #[derive(Clone, Debug)]
    pub struct OnMatterDeleted {
        pub matter: MatterId,
    }
    #[derive(Clone, Debug)]
    pub struct OnMatterChanged {
        pub matter: MatterId,
        pub before: Matter,
    }
    #[derive(Clone, Debug)]
    pub struct OnDocumentSeen {
        pub matter: MatterId,
        pub seen: Vec<SeenDocument>,
    }
}
/// The words of the mails.
pub mod letters {
    use super::*;
    #[derive(Clone, Debug)]
    pub struct Compose {
        pub notices: Vec<Notice>,
    }
}

/// A function of the contract. Nothing outside of this crate implements it.
pub trait Export {
    /// What it answers if it is not refused.
    type Answer;
    /// `interface.function`, for logs, metrics and the audit.
    const NAME: &'static str;
    /// Whether it may write; if not, the floor refuses every write.
    const WRITES: bool;

    /// To which matters the call is bound, and what the host reports in it.
    #[doc(hidden)]
    fn bound(&self) -> Bound;
    /// Calls the function of an instance.
    #[doc(hidden)]
    fn invoke<T: Tx>(&self, entry: &mut Entry<'_, T>) -> wasmtime::Result<Result<Self::Answer, Refusal>>;
    /// Whether a component's function has the shape that the contract gives it.
    #[doc(hidden)]
    fn fits<T: Tx>(
        instance: &Instance,
        store: &mut Store<State<T>>,
        index: &ComponentExportIndex,
    ) -> wasmtime::Result<()>;
    /// Trims the answer to what the floor can prove.
    #[doc(hidden)]
    fn prove<T: Tx>(&self, _floor: &mut Floor<T>, answer: Self::Answer) -> Proven<Self::Answer> {
        Ok(Ok(answer))
    }
}

macro_rules! exports {
    ($($export:ty => $answer:ty, $name:literal, $writes:literal, |$this:ident| $bound:expr,
        ($($param:expr => $shape:ty),*) $(, |$floor:ident, $got:ident| $prove:expr)?;)*) => {
        $(impl Export for $export {
            type Answer = $answer;
            const NAME: &'static str = $name;
            const WRITES: bool = $writes;
            fn bound(&self) -> Bound {
                let $this = self;
                let _ = $this;
                $bound
            }
            fn invoke<T: Tx>(&self, entry: &mut Entry<'_, T>) -> wasmtime::Result<Result<$answer, Refusal>> {
                let $this = self;
                let _ = $this;
                let context = entry.context;
                entry.call::<(&CallContext, $($shape,)*), $answer>((context, $($param,)*))
            }
            fn fits<T: Tx>(instance: &Instance, store: &mut Store<State<T>>, index: &ComponentExportIndex) -> wasmtime::Result<()> {
                instance.get_typed_func::<(&CallContext, $($shape,)*), (Result<$answer, Refusal>,)>(store, index).map(drop)
            }
            $(fn prove<T: Tx>(&self, $floor: &mut Floor<T>, $got: $answer) -> Proven<$answer> {
                let $this = self;
                let _ = $this;
                $prove
            })?
        })*

        /// Every function that a plugin exports, beside `about.describe`, each with the check of its shape.
        pub(crate) fn all<T: Tx>() -> impl Iterator<Item = (&'static str, Fits<T>)> {
            [$(($name, <$export as Export>::fits::<T> as Fits<T>)),*].into_iter()
        }
    };
}

/// As [`Export::fits`].
pub(crate) type Fits<T> = fn(&Instance, &mut Store<State<T>>, &ComponentExportIndex) -> wasmtime::Result<()>;

exports! {
    access::View => AccessSection, "access.view", false, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId);
    access::Grant => Granted, "access.grant", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, e.revision => u32, &e.changes[..] => &[AccessChange]);
    sharing::View => SharingSection, "sharing.view", false, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId);
    sharing::Documents => DocumentPage, "sharing.documents", false, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, &e.filter => &DocumentFilter, &e.page => &Page);
    sharing::Share => Saved, "sharing.share", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, e.revision => u32, &e.contacts[..] => &[ContactId], &e.documents[..] => &[DocumentId]);
    sharing::Unshare => Saved, "sharing.unshare", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, e.revision => u32, &e.contacts[..] => &[ContactId], &e.documents[..] => &[DocumentId]);
    sharing::Save => Saved, "sharing.save", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, e.revision => u32, &e.share[..] => &[Pair], &e.unshare[..] => &[Pair]);
    notifications::View => NotificationsSection, "notifications.view", false, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId);
    notifications::SetWatchers => NotificationsSection, "notifications.set-watchers", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, e.revision => u32, &e.watchers[..] => &[Watcher]);
    portal::Matters => Vec<MatterChoice>, "portal.matters", false, |e| Bound::default(),
        (), |floor, got| floor.prove_matters(got);
    portal::View => PortalMatter, "portal.view", false, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId), |floor, got| floor.prove_portal(&e.matter, got);
    portal::Documents => PortalPage, "portal.documents", false, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, e.search.as_deref() => Option<&str>, e.sort => SortKey, e.descending => bool, &e.page => &Page),
        |floor, got| floor.prove_page(&e.matter, got);
    portal::Permit => Vec<Document>, "portal.permit", false, |e| Bound { keeps_documents: true, ..Bound::to(&e.matter) },
        (&e.matter => &MatterId, e.verb => Verb, &e.documents[..] => &[DocumentId]),
        |floor, got| floor.prove_permit(&e.matter, e.verb, &e.documents, got);
    events::OnUpload => Vec<Problem>, "events.on-upload", true,
        |e| Bound { reported: e.documents.clone(), uploads: true, ..Bound::to(&e.matter) },
        (&e.matter => &MatterId, &e.documents[..] => &[DocumentId]);
    events::OnDocumentDeleted => (), "events.on-document-deleted", true,
        |e| Bound { reported: e.documents.clone(), ..Bound::to(&e.matter) },
        (&e.matter => &MatterId, &e.documents[..] => &[DocumentId]);
    events::OnContactUnlinked => (), "events.on-contact-unlinked", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, &e.contact => &ContactId);
    events::OnContactAddressChanged => (), "events.on-contact-address-changed", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, &e.contact => &ContactId);
    events::OnMatterDeleted => (), "events.on-matter-deleted", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId);
    events::OnMatterChanged => (), "events.on-matter-changed", true, |e| Bound::to(&e.matter),
        (&e.matter => &MatterId, &e.before => &Matter);
    events::OnDocumentSeen => (), "events.on-document-seen", true,
        |e| Bound { reported: e.seen.iter().map(|seen| seen.document.clone()).collect(), ..Bound::to(&e.matter) },
        (&e.matter => &MatterId, &e.seen[..] => &[SeenDocument]);
    letters::Compose => Option<Letter>, "letters.compose", false, |e| Bound::among(&e.notices),
        (&e.notices[..] => &[Notice]);
}
