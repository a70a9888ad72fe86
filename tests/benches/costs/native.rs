//! The plugin's rules without a component: compiled into this program, over the same transactions of the same
//! store. What a call through the component costs more than this is the price of the boundary and of the floor.

use client_connect_plugin::{Host, types as guest};
use client_connect_runtime::{
    Tx,
    backend::{CallRecord, Effect, Viewer},
    types as host,
};

use crate::same::Same;

/// One call's imports, over one transaction.
pub(crate) struct Native<'t, T> {
    tx: &'t mut T,
    viewer: Viewer,
    call: CallRecord,
    effects: Vec<Effect>,
    entries: Vec<host::AuditEntry>,
}

type Answer<T> = Result<T, guest::HostError>;

impl<'t, T: Tx> Native<'t, T> {
    pub(crate) fn new(tx: &'t mut T, viewer: Viewer, call: CallRecord) -> Self {
        Self { tx, viewer, call, effects: Vec::new(), entries: Vec::new() }
    }

    /// Writes down what the call changed, as the runtime does at the end of each call.
    pub(crate) fn finish(self) -> Result<(), host::HostError> {
        if self.effects.is_empty() && self.entries.is_empty() {
            return Ok(());
        }
        self.tx.record(&self.call, &self.effects, &self.entries)
    }
}

/// What the store answers, in the plugin's types.
fn out<A: Same<B>, B>(answer: Result<A, host::HostError>) -> Answer<B> {
    answer.map(Same::same).map_err(Same::same)
}

/// What the plugin lends, in the store's types. The plugin keeps its own, so this one copies, as a component
/// would have to.
fn own<A: Clone + Same<B>, B>(lent: &[A]) -> Vec<B> {
    lent.iter().cloned().map(Same::same).collect()
}

impl<T: Tx> Host for Native<'_, T> {
    fn get_matter(&mut self, id: &str) -> Answer<guest::Matter> {
        match self.tx.matter(&self.viewer, &id.to_owned()) {
            Ok(Some(matter)) => Ok(matter.same()),
            Ok(None) => Err(guest::HostError::NotFound("no such matter".into())),
            Err(error) => Err(error.same()),
        }
    }
    fn get_users(&mut self, matter: &str, ids: &[String]) -> Answer<Vec<Option<guest::Member>>> {
        out(self.tx.members(&matter.to_owned(), ids))
    }
    fn list_contacts(&mut self, matter: &str, contacts: Option<&[String]>) -> Answer<Vec<guest::Contact>> {
        out(self.tx.contacts(&matter.to_owned(), contacts))
    }
    fn get_same_address(&mut self, contacts: &[String]) -> Answer<Vec<Vec<guest::Contact>>> {
        out(self.tx.same_address(contacts))
    }
    fn get_documents(&mut self, matter: &str, ids: &[String]) -> Answer<Vec<Option<guest::Document>>> {
        out(self.tx.documents(&self.viewer, &matter.to_owned(), ids))
    }
    fn find_documents(
        &mut self,
        matter: &str,
        filter: &guest::DocumentFilter,
        page: &guest::Page,
    ) -> Answer<guest::DocumentPage> {
        out(self.tx.find_documents(&self.viewer, &matter.to_owned(), &filter.clone().same(), &page.clone().same()))
    }
    fn update_documents(&mut self, matter: &str, changes: &[guest::DocumentChange]) -> Answer<()> {
        self.tx.update_documents(&matter.to_owned(), &own(changes)).map_err(Same::same)
    }
    fn list_grants(&mut self, matter: &str, contacts: Option<&[String]>) -> Answer<Vec<guest::AccessGrant>> {
        out(self.tx.grants(&matter.to_owned(), contacts))
    }
    fn put_grants(&mut self, matter: &str, grants: &[guest::AccessGrant]) -> Answer<()> {
        let grants: Vec<host::AccessGrant> = own(grants);
        self.tx.put_grants(&matter.to_owned(), &grants).map_err(Same::same)?;
        self.effects.extend(grants.into_iter().map(Effect::Grant));
        Ok(())
    }
    fn list_granted_matters(&mut self, contact: &str) -> Answer<Vec<guest::GrantedMatter>> {
        out(self.tx.granted_matters(&contact.to_owned()))
    }
    fn list_shared(
        &mut self,
        matter: &str,
        documents: &[String],
        contacts: Option<&[String]>,
    ) -> Answer<Vec<guest::SharedDocument>> {
        out(self.tx.shared(&matter.to_owned(), documents, contacts))
    }
    fn put_shared(&mut self, matter: &str, shared: &[guest::SharedDocument]) -> Answer<()> {
        let shared: Vec<host::SharedDocument> = own(shared);
        self.tx.put_shared(&matter.to_owned(), &shared).map_err(Same::same)?;
        self.effects.extend(shared.into_iter().map(Effect::Share));
        Ok(())
    }
    fn count_shared(&mut self, matter: &str, contacts: Option<&[String]>) -> Answer<Vec<guest::SharedCount>> {
        out(self.tx.count_shared(&matter.to_owned(), contacts))
    }
    fn forget_contacts(&mut self, matter: &str, contacts: &[String]) -> Answer<()> {
        self.tx.forget_contacts(&matter.to_owned(), contacts).map_err(Same::same)?;
        self.effects.extend(contacts.iter().cloned().map(Effect::Forgotten));
        Ok(())
    }
    fn list_watchers(&mut self, matter: &str) -> Answer<Vec<guest::Watcher>> {
        out(self.tx.watchers(&matter.to_owned()))
    }
    fn set_watchers(&mut self, matter: &str, watchers: &[guest::Watcher]) -> Answer<()> {
        let watchers: Vec<host::Watcher> = own(watchers);
        self.tx.set_watchers(&matter.to_owned(), &watchers).map_err(Same::same)?;
        self.effects.push(Effect::Watchers(watchers));
        Ok(())
    }
    fn get_revision(&mut self, matter: &str, section: guest::Section) -> Answer<u32> {
        out(self.tx.revision(&matter.to_owned(), section.same()))
    }
    fn raise_revision(&mut self, matter: &str, section: guest::Section, current: u32) -> Answer<u32> {
        out(self.tx.raise_revision(&matter.to_owned(), section.same(), current))
    }
    fn enqueue(&mut self, notices: &[guest::Notice]) -> Answer<()> {
        self.tx.enqueue(&self.call, &own(notices)).map_err(Same::same)
    }
    fn append(&mut self, entries: &[guest::Entry]) -> Answer<()> {
        self.entries.extend(own::<_, host::AuditEntry>(entries));
        Ok(())
    }
    fn log(&mut self, _level: guest::Level, _message: &str) {}
}
