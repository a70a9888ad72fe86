//! The floor on which a customer stands, read from the tables in the plainest SQL.

use client_connect_runtime::Clock as _;

use super::{
    model::{Document, Grant, Model},
    world::World,
};
use crate::store::driver::Row;

impl World {
    /// What the records say, read from the tables: the floor on which a customer stands, whatever the plugin decides.
    pub(super) fn recorded(&self, model: &mut Model) {
        model.now = self.clock.now();
        let at = |ids: &[String], id: &str| ids.iter().position(|known| known == id);
        self.read(|tx| {
            let rows = |query: &str, mut each: Box<dyn FnMut(&Row<'_>) + '_>| {
                let mut statement = tx.conn().prepare_cached(query).unwrap();
                let mut rows = statement.query([]).unwrap();
                while let Some(row) = rows.next().unwrap() {
                    each(&row);
                }
            };
            let text = |row: &Row<'_>, at: usize| row.get::<_, String>(at).unwrap();
            model.documents.clear();
            for id in &self.documents {
                let query = "SELECT matter, deleted_at IS NOT NULL, version FROM documents WHERE id = ?1";
                let row = tx.conn().prepare_cached(query).unwrap().query_row([id], |row| {
                    Ok(Document {
                        matter: at(&self.matters, &text(row, 0)).unwrap(),
                        deleted: row.get(1)?,
                        readers: None,
                        version: row.get::<_, u32>(2)? as usize,
                    })
                });
                model.documents.push(row.unwrap());
            }
            for (contact, id) in self.contacts.iter().enumerate() {
                let mut statement = tx.conn().prepare_cached("SELECT email FROM contacts WHERE id = ?1").unwrap();
                let email: Option<String> = statement.query_row([id], |row| row.get(0)).unwrap();
                model.contacts[contact].1 = email.map(|email| at(&self.addresses, &email).unwrap());
            }
            // Whose session stands is not the floor's: it may be anybody's.
            model.signed_in = (0..self.contacts.len()).collect();
            model.linked.clear();
            model.grants.clear();
            model.live.clear();
            for (matter, id) in self.matters.iter().enumerate() {
                let of_matter = |what: &str| format!("SELECT {what} WHERE matter = '{id}'");
                rows(
                    &of_matter("contact, '' FROM links"),
                    Box::new(|row| model.linked.extend([(matter, at(&self.contacts, &text(row, 0)).unwrap())])),
                );
                rows(
                    &of_matter("contact, portal, can_download, until FROM grants"),
                    Box::new(|row| {
                        let contact = at(&self.contacts, &text(row, 0)).unwrap();
                        let until = row.get::<_, Option<i64>>(3).unwrap().map(i64::cast_unsigned);
                        let grant = Grant { open: row.get(1).unwrap(), download: row.get(2).unwrap(), until };
                        model.grants.insert((matter, contact), grant);
                    }),
                );
                rows(
                    &of_matter("document, contact FROM (SELECT * FROM shares WHERE state = 'live') live"),
                    Box::new(|row| {
                        let document = at(&self.documents, &text(row, 0)).unwrap();
                        model.live.insert((matter, document, at(&self.contacts, &text(row, 1)).unwrap()));
                    }),
                );
                let query = "SELECT m.deleted_at IS NOT NULL, f.enabled, m.owner FROM matters m JOIN firms f ON f.id = m.firm WHERE m.id = ?1";
                let mut statement = tx.conn().prepare_cached(query).unwrap();
                let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, text(row, 2)));
                let (deleted, on, owner) = statement.query_row([id], read).unwrap();
                model.matters[matter].deleted = deleted;
                model.matters[matter].owner = at(&self.users, &owner).unwrap();
                let firm = model.matters[matter].firm;
                model.on[firm] = on;
            }
        });
    }
}
