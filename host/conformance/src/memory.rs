//! The backend in memory, set up by a scenario.

use client_connect_runtime::{
    memory::{Memory, MemoryTx, Records},
    types::{Contact, Document, Firm, HostError, Matter, User},
};
use serde_json::{Value, json};

use crate::{
    adapter::{World, list, shaped},
    json::Json,
};

impl World for Memory {
    fn fresh() -> Result<Self, String> {
        Ok(Self::new())
    }

    fn put(tx: &mut MemoryTx, records: &Value) -> Result<(), HostError> {
        tx.edit(|kept| put(kept, records))?
    }

    fn notices(&self) -> Result<Value, String> {
        Ok(self.records().outbox().to())
    }

    fn audit(&self) -> Result<Value, String> {
        let records = self.records();
        let mut rows = Vec::new();
        for call in records.audit() {
            for entry in &call.entries {
                let mut details = entry.details.clone();
                details.sort();
                rows.push(json!({
                    "matter": entry.matter, "action": entry.action, "document": entry.document, "contact": entry.contact,
                    "details": details.to(), "actor": call.call.actor.to(), "at": call.call.at, "plugin": call.call.plugin,
                }));
            }
        }
        Ok(rows.into())
    }
}

fn text(row: &Value, key: &str) -> Result<String, HostError> {
    shaped(&row[key])
}

fn is(row: &Value, key: &str) -> bool {
    row[key].as_bool().unwrap_or(false)
}

fn put(kept: &mut Records, records: &Value) -> Result<(), HostError> {
    for row in list(&records["firms"]) {
        let (id, firm) = (text(row, "id")?, shaped::<Firm>(row)?);
        kept.firm(&id, &firm.name).with_firm(&id, |kept| *kept = firm);
    }
    for row in list(&records["users"]) {
        let user = shaped::<User>(row)?;
        kept.user(&text(row, "firm")?, &user.id.clone(), "").with_user(&user.id.clone(), |kept| *kept = user);
    }
    for row in list(&records["matters"]) {
        let (id, firm) = (text(row, "id")?, text(row, "firm")?);
        // The firm stands in the row by its id, and in the matter as it is then.
        let nobody = json!({ "name": "", "enabled": false, "portal-url": "", "attributes": [] });
        let mut whole = row.clone();
        whole["firm"] = nobody;
        let matter = shaped::<Matter>(&whole)?;
        kept.matter(&firm, &id, "", None)
            .with_matter(&id, |kept| *kept = matter)
            .delete_matter(&id, is(row, "deleted"));
    }
    for row in list(&records["members"]) {
        let (matter, user) = (text(row, "matter")?, text(row, "user")?);
        if is(row, "gone") {
            kept.remove_member(&matter, &user)
        } else {
            kept.member(&matter, &user, is(row, "can-share"))
        };
    }
    for row in list(&records["contacts"]) {
        let contact = shaped::<Contact>(row)?;
        kept.contact(&text(row, "firm")?, &contact.id.clone(), "", None)
            .with_contact(&contact.id.clone(), |kept| *kept = contact);
    }
    for row in list(&records["links"]) {
        let (matter, contact) = (text(row, "matter")?, text(row, "contact")?);
        if is(row, "gone") {
            kept.unlink(&matter, &contact)
        } else {
            kept.link(&matter, &contact)
        };
    }
    for row in list(&records["documents"]) {
        let (document, content) = (shaped::<Document>(row)?, text(row, "content")?);
        let readers: Option<Vec<String>> = shaped(&row["readers"])?;
        let deleted = is(row, "deleted");
        kept.document(&document.matter.clone(), &document.id.clone(), "").with_document(&document.id.clone(), |kept| {
            (kept.document, kept.content, kept.deleted) = (document, content, deleted);
            kept.readers = readers.map(|readers| readers.into_iter().collect());
        });
    }
    Ok(())
}
