//! The rows of the audit log in words: who did what, with the names of that time.

use client_connect_pages::{
    show::When,
    staff::audit::{self, Entry, Part},
};
use serde_json::Value;

use super::{names::Names, *};
use crate::store::audit::Entry as Row;

/// Says what rows mean, to one reader.
pub(super) struct Speaker<'t> {
    tx: &'t SqliteTx,
    reader: &'t str,
    /// The matter whose log it is; none: the firm's.
    matter: Option<&'t str>,
    names: Names,
}

impl<'t> Speaker<'t> {
    pub(super) fn new(tx: &'t SqliteTx, reader: &'t str, matter: Option<&'t str>) -> Self {
        Self { tx, reader, matter, names: Names::default() }
    }

    /// One row.
    pub(super) fn entry(&mut self, row: Row) -> Result<Entry, Problem> {
        let details = row.body.as_ref().and_then(|body| body["details"].as_object());
        let has = |key: &str| details.is_some_and(|details| details.contains_key(key));
        let what = match audit::sentence(&row.action, has) {
            Some(sentence) => self.parts(sentence, &row)?,
            None => vec![Part::Words(row.action.clone())],
        };
        let viewing_as = match &row.acting_for {
            Some(contact) => self.names.contact(self.tx, contact)?,
            None => None,
        };
        Ok(Entry {
            number: row.seq,
            when: When(row.at),
            who: who(&row),
            viewing_as,
            what,
            matter: self.place(&row)?,
            details: self.details(&row)?,
        })
    }

    /// A sentence with its names filled in.
    fn parts(&mut self, sentence: &str, row: &Row) -> Result<Vec<Part>, Problem> {
        let mut parts = Vec::new();
        for (index, piece) in sentence.split(['{', '}']).enumerate() {
            if index % 2 == 0 {
                if !piece.is_empty() {
                    parts.push(Part::Words(piece.to_owned()));
                }
            } else {
                parts.push(self.named(piece, row)?);
            }
        }
        Ok(parts)
    }

    /// What stands in braces.
    fn named(&mut self, key: &str, row: &Row) -> Result<Part, Problem> {
        let body = row.body.as_ref();
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        let detail = body.and_then(|body| text(&body["details"][key]));
        Ok(match key {
            "document" | "contact" => match body.and_then(|body| text(&body[key]["name"])) {
                Some(name) => Part::Name(name),
                None if key == "document" => Part::Words("a document".to_owned()),
                None => Part::Words("a contact".to_owned()),
            },
            "user" | "owner" => {
                let name = detail.map(|id| self.names.user(self.tx, &id)).transpose()?.flatten();
                name.map_or_else(|| Part::Words("nobody".to_owned()), Part::Name)
            }
            "from" | "to" => match detail {
                Some(id) if Some(id.as_str()) == self.matter => Part::Words("this matter".to_owned()),
                Some(id) => match self.visible_matter(&id)? {
                    Some(name) => Part::Name(name),
                    None => Part::Words("another matter".to_owned()),
                },
                None => Part::Words("another matter".to_owned()),
            },
            _ => detail.map_or_else(|| Part::Words("?".to_owned()), Part::Name),
        })
    }

    /// The name of a matter that the reader may see.
    fn visible_matter(&self, id: &str) -> Result<Option<String>, Problem> {
        if members::get(self.tx, id, self.reader)?.is_none() {
            return Ok(None);
        }
        Ok(matters::get(self.tx, id)?.map(|matter| matter.name))
    }

    /// In which matter it was, for the firm's log; with an address if the reader may go there.
    fn place(&self, row: &Row) -> Result<Option<(Option<String>, String)>, Problem> {
        let (None, Some(id)) = (self.matter, &row.matter) else { return Ok(None) };
        let Some(matter) = matters::get(self.tx, id)? else { return Ok(None) };
        let may_go = members::get(self.tx, id, self.reader)?.is_some();
        Ok(Some((may_go.then(|| format!("/matters/{id}/audit")), matter.name)))
    }

    /// All else that the row says.
    fn details(&mut self, row: &Row) -> Result<Vec<(String, String)>, Problem> {
        let mut list = vec![("Type".to_owned(), row.action.clone())];
        let mut say = |what: &str, how: Option<&str>| {
            if let Some(how) = how.filter(|how| !how.is_empty()) {
                list.push((what.to_owned(), how.to_owned()));
            }
        };
        if let Some(body) = &row.body {
            let document = &body["document"];
            say("Document", document["name"].as_str());
            say("Version", document["version"].as_u64().map(|version| version.to_string()).as_deref());
            say("Fingerprint (SHA-256)", document["sha256"].as_str());
            say("Contact", body["contact"]["name"].as_str());
            for (key, value) in body["details"].as_object().into_iter().flatten() {
                let how = match (key.as_str(), value) {
                    ("user" | "owner" | "fallback-user", Value::String(id)) => {
                        self.names.user(self.tx, id)?.unwrap_or_else(|| "nobody".to_owned())
                    }
                    ("from" | "to", _) => continue,
                    ("until" | "was-until", value) => moment(value),
                    (_, Value::Bool(true)) => "yes".to_owned(),
                    (_, Value::Bool(false)) => "no".to_owned(),
                    (_, Value::String(text)) => match text.as_str() {
                        "true" => "yes".to_owned(),
                        "false" => "no".to_owned(),
                        text => text.to_owned(),
                    },
                    (_, Value::Null) => "none".to_owned(),
                    (_, Value::Array(ids)) => {
                        let names = ids.iter().filter_map(Value::as_str).map(|id| self.names.user(self.tx, id));
                        names.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect::<Vec<_>>().join(", ")
                    }
                    (_, other) => other.to_string(),
                };
                say(&audit::detail(key), Some(&how));
            }
        } else {
            say("Names", Some("erased, or kept from you"));
        }
        say("Request", row.request.as_deref());
        say("Call", Some(&row.call));
        say("Plugin (SHA-256)", row.plugin.as_deref());
        say("Hash of this row", Some(&row.hash));
        Ok(list)
    }
}

/// Who did it.
fn who(row: &Row) -> Part {
    match (&row.actor_name, row.actor_kind.as_str()) {
        (Some(name), _) => Part::Name(name.clone()),
        (None, "host") => Part::Words("The platform".to_owned()),
        (None, "anonymous") => Part::Words("Somebody".to_owned()),
        (None, _) => Part::Words("Somebody who is gone".to_owned()),
    }
}

/// A time among the details, in UTC.
fn moment(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let at = text.parse().ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or(text, |at| at.strftime("%-d %b %Y, %H:%M UTC").to_string())
}
