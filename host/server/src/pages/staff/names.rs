//! Names of users and contacts, each looked up once for a page.

use std::collections::HashMap;

use crate::{
    store::{SqliteTx, contacts, users},
    web::Problem,
};

/// The names found so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    users: HashMap<String, Option<String>>,
    contacts: HashMap<String, Option<String>>,
}

impl Names {
    /// The user's name, if there is such a user.
    pub(super) fn user(&mut self, tx: &SqliteTx, id: &str) -> Result<Option<String>, Problem> {
        if let Some(known) = self.users.get(id) {
            return Ok(known.clone());
        }
        let name = users::get(tx, id)?.map(|user| user.name);
        self.users.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    /// The contact's name, if there is such a contact.
    pub(super) fn contact(&mut self, tx: &SqliteTx, id: &str) -> Result<Option<String>, Problem> {
        if let Some(known) = self.contacts.get(id) {
            return Ok(known.clone());
        }
        let name = contacts::get(tx, id)?.map(|contact| contact.name);
        self.contacts.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}
