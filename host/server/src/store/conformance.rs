//! This store, set up by a scenario of the conformance kit and looked at from outside: each in a database of its own.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use client_connect_conformance::{
    adapter::{World, list, shaped},
    json::Json,
};
use client_connect_runtime::{
    backend::{Backend, Mode},
    types::{Contact, Document, DocumentSource, Firm, HostError, Notice, Recipient, Timestamp, Topic, User},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{
    Options, Postgres, SqliteBackend, SqliteTx, contacts, documents,
    driver::{self, Row, params},
    firms, matters, members, pages,
    sql::{AttrsRef, Host, at, ms},
    users,
};

type Done = Result<(), HostError>;

/// Names the PostgreSQL server whose databases the scenarios work in: an address without a database's name, for somebody who may
/// make some.
pub const SERVER: &str = "CLIENT_CONNECT_TESTS_POSTGRES";

/// A store of its own, that is gone in the end.
#[derive(Clone, Debug)]
pub struct StoreWorld<const OVER_POSTGRES: bool> {
    store: SqliteBackend,
    _place: Arc<Place>,
}

/// In a folder.
pub type SqliteWorld = StoreWorld<false>;
/// In a database of the server that [`SERVER`] names.
pub type PostgresWorld = StoreWorld<true>;

#[derive(Debug)]
struct Place {
    folder: TempDir,
    /// The server's own database, and the name of the one that was made there.
    made: Option<(Postgres, String)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.made {
            let drop = ["DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"].concat();
            let dropped = server.connect().and_then(|owner| owner.execute_batch(&drop));
            if let Err(error) = dropped {
                tracing::warn!(%error, name, "a database of the scenarios is left");
            }
        }
    }
}

/// A fresh database, and its server's own.
fn database(name: &str) -> Result<(Postgres, Postgres), String> {
    let server = std::env::var(SERVER).map_err(|_| format!("{SERVER} names no PostgreSQL server"))?;
    let of = |database: &str| Postgres::new(&[&server, "/", database].concat(), Duration::from_secs(60), None);
    let own = of("postgres")?;
    let make = ["CREATE DATABASE ", name, " TEMPLATE template0"].concat();
    own.connect().and_then(|owner| owner.execute_batch(&make)).map_err(|error| error.to_string())?;
    Ok((of(name)?, own))
}

impl<const OVER_POSTGRES: bool> Backend for StoreWorld<OVER_POSTGRES> {
    type Tx = SqliteTx;
    fn begin(&self, mode: Mode, now: Timestamp) -> Result<SqliteTx, HostError> {
        self.store.begin(mode, now)
    }
}

fn said(error: HostError) -> String {
    format!("{error:?}")
}

impl<const OVER_POSTGRES: bool> World for StoreWorld<OVER_POSTGRES> {
    fn fresh() -> Result<Self, String> {
        static WORLDS: AtomicU32 = AtomicU32::new(0);
        let name = format!("client_connect_{}_{}", std::process::id(), WORLDS.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut place = Place { folder, made: None };
        let mut postgres = None;
        if OVER_POSTGRES {
            let (fresh, own) = database(&name)?;
            (postgres, place.made) = (Some(fresh), Some((own, name)));
        }
        let options = Options {
            previews: Arc::new(BTreeSet::from(["application/pdf".to_owned()])),
            postgres,
            ..Options::new("https://portal.example.org/")
        };
        let store =
            SqliteBackend::open(place.folder.path().join("records"), options).map_err(|error| error.to_string())?;
        Ok(Self { store, _place: Arc::new(place) })
    }

    fn put(tx: &mut SqliteTx, records: &Value) -> Result<(), HostError> {
        put(tx, records)
    }

    fn notices(&self) -> Result<Value, String> {
        let tx = self.store.begin_own(Mode::Read, 0).map_err(said)?;
        let query =
            "SELECT recipient_kind, recipient, channel, matter, topic, topic_other, documents, contact, key, attributes
                     FROM notices ORDER BY n";
        let mut found = tx.conn().prepare(query).host().map_err(said)?;
        let rows = found.query_map([], |row| Ok(notice(row)?.to())).host().map_err(said)?;
        rows.collect::<driver::Result<Vec<Value>>>().host().map(Value::from).map_err(said)
    }

    fn audit(&self) -> Result<Value, String> {
        let tx = self.store.begin_own(Mode::Read, 0).map_err(said)?;
        let query = "SELECT matter, action, document, contact, body, actor_kind, actor, acting_for, at, plugin
                     FROM audit WHERE plugin IS NOT NULL AND action <> 'call' ORDER BY firm, seq";
        let mut found = tx.conn().prepare(query).host().map_err(said)?;
        let rows = found.query_map([], entry).host().map_err(said)?;
        rows.collect::<driver::Result<Vec<Value>>>().host().map(Value::from).map_err(said)
    }
}

fn notice(row: &Row<'_>) -> driver::Result<Notice> {
    let (kind, id): (String, String) = (row.get(0)?, row.get(1)?);
    let (topic, other): (String, bool) = (row.get(4)?, row.get(5)?);
    let topic = match topic.as_str() {
        "invited" if !other => Topic::Invited,
        "shared" if !other => Topic::Shared,
        "uploaded" if !other => Topic::Uploaded,
        _ => Topic::Other(topic),
    };
    Ok(Notice {
        to: if kind == "contact" { Recipient::Contact(id) } else { Recipient::User(id) },
        channel: Json::read(&row.get::<_, String>(2)?.into()).map_err(unreadable)?,
        matter: row.get(3)?,
        topic,
        documents: serde_json::from_str(&row.get::<_, String>(6)?).map_err(unreadable)?,
        contact: row.get(7)?,
        key: row.get(8)?,
        attributes: row.get::<_, super::sql::Attrs>(9)?.0,
    })
}

fn unreadable(error: impl std::fmt::Display) -> driver::Error {
    driver::Error::InvalidParameterName(error.to_string())
}

/// What the plugin said of a call, with what the host knows by itself.
fn entry(row: &Row<'_>) -> driver::Result<Value> {
    let body: Value = serde_json::from_str(&row.get::<_, String>(4)?).map_err(unreadable)?;
    let details: Vec<Value> =
        body["details"].as_object().into_iter().flatten().map(|(key, value)| json!([key, value])).collect();
    let (kind, id, whom): (String, Option<String>, Option<String>) = (row.get(5)?, row.get(6)?, row.get(7)?);
    let actor = match kind.as_str() {
        "host" => json!("host"),
        "viewing-as" => json!({ "viewing-as": { "user": id, "contact": whom } }),
        kind => json!({ kind: id }),
    };
    Ok(json!({
        "matter": row.get::<_, Option<String>>(0)?, "action": row.get::<_, String>(1)?,
        "document": row.get::<_, Option<String>>(2)?, "contact": row.get::<_, Option<String>>(3)?,
        "details": details, "actor": actor, "at": at(row.get(8)?), "plugin": row.get::<_, String>(9)?,
    }))
}

fn is(row: &Value, key: &str) -> bool {
    row[key].as_bool().unwrap_or(false)
}

fn put(tx: &mut SqliteTx, records: &Value) -> Done {
    list(&records["firms"]).iter().try_for_each(|row| put_firm(tx, row))?;
    list(&records["users"]).iter().try_for_each(|row| put_user(tx, row))?;
    list(&records["matters"]).iter().try_for_each(|row| put_matter(tx, row))?;
    for row in list(&records["members"]) {
        let (matter, user): (String, String) = (shaped(&row["matter"])?, shaped(&row["user"])?);
        if is(row, "gone") {
            members::remove(tx, &matter, &user)?;
        } else {
            members::set(tx, &matter, &members::Rights { user, can_edit: true, can_share: is(row, "can-share") })?;
        }
    }
    list(&records["contacts"]).iter().try_for_each(|row| put_contact(tx, row))?;
    for row in list(&records["links"]) {
        let (matter, contact): (String, String) = (shaped(&row["matter"])?, shaped(&row["contact"])?);
        if is(row, "gone") {
            contacts::unlink(tx, &matter, &contact)?;
        } else {
            contacts::link(tx, &matter, &contact, "client")?;
        }
    }
    list(&records["documents"]).iter().try_for_each(|row| put_document(tx, row))
}

fn put_firm(tx: &SqliteTx, row: &Value) -> Done {
    let (id, given): (String, Firm) = (shaped(&row["id"])?, shaped(row)?);
    let mut attributes = given.attributes;
    // Two of them are settings of their own here.
    let mut taken = |key: &str| {
        let place = attributes.iter().position(|(known, _)| known == key);
        place.map(|place| attributes.remove(place).1)
    };
    let (hold, when_closed) = (taken("mail-hold"), taken("when-closed"));
    let firm = firms::Firm {
        id,
        name: given.name,
        enabled: given.enabled,
        fallback_user: given.fallback,
        sender: "portal@firm.example".into(),
        mail_hold: hold.and_then(|hold| hold.parse().ok()).unwrap_or(0),
        when_closed: when_closed.unwrap_or_else(|| "read-only".into()),
        watermark: false,
        attributes,
    };
    if firms::get(tx, &firm.id)?.is_some() { firms::update(tx, &firm) } else { firms::create(tx, &firm) }
}

fn put_user(tx: &SqliteTx, row: &Value) -> Done {
    let given: User = shaped(row)?;
    let user = users::User {
        firm: shaped(&row["firm"])?,
        email: given.email.ok_or_else(|| HostError::Invalid("a user of this host has an address".into()))?,
        id: given.id,
        name: given.name,
        active: given.active,
        admin: false,
        locale: given.locale,
        created_at: 1,
    };
    if users::get(tx, &user.id)?.is_some() { users::update(tx, &user) } else { users::create(tx, &user, None) }
}

fn put_matter(tx: &SqliteTx, row: &Value) -> Done {
    let matter = matters::Matter {
        id: shaped(&row["id"])?,
        firm: shaped(&row["firm"])?,
        name: shaped(&row["name"])?,
        reference: String::new(),
        owner: shaped(&row["owner"])?,
        opened_at: shaped(&row["opened-at"])?,
        closed_at: shaped(&row["closed-at"])?,
        deleted_at: None,
        discreet: shaped(&row["discreet"])?,
        attributes: shaped(&row["attributes"])?,
    };
    let known = matters::get(tx, &matter.id)?;
    if known.as_ref().is_some_and(|known| known.deleted_at.is_some()) {
        matters::restore(tx, &matter.id)?;
    }
    if known.is_some() { matters::update(tx, &matter) } else { matters::create(tx, &matter) }?;
    if is(row, "deleted") { matters::delete(tx, &matter.id, 1_000) } else { Ok(()) }
}

fn put_contact(tx: &SqliteTx, row: &Value) -> Done {
    let given: Contact = shaped(row)?;
    let contact = contacts::Contact {
        firm: shaped(&row["firm"])?,
        id: given.id,
        name: given.name,
        email: given.email,
        locale: given.locale,
        deleted_at: None,
        attributes: given.attributes,
    };
    if contacts::get(tx, &contact.id)?.is_some() {
        contacts::update(tx, &contact).map(drop)
    } else {
        contacts::create(tx, &contact)
    }
}

fn put_document(tx: &SqliteTx, row: &Value) -> Done {
    let given: Document = shaped(row)?;
    let (id, matter) = (given.id.as_str(), given.matter.as_str());
    let sha256 = hex::encode(Sha256::digest(row["content"].as_str().unwrap_or_default()));
    let ids = [id.to_owned()];
    match documents::matter_of(tx, id)? {
        None => {
            let (uploader, source) = match given.source {
                DocumentSource::Platform => (None, None),
                DocumentSource::Portal(contact) => (Some(contact), None),
                DocumentSource::Other(word) => (None, Some(word)),
            };
            let content = documents::Content {
                blob: ["blob-", id].concat(),
                size: given.size,
                sha256: sha256.clone(),
                media_type: given.media_type.clone(),
            };
            let new = documents::New {
                id: given.id.clone(),
                matter: given.matter.clone(),
                name: given.name.clone(),
                kind: given.kind.clone(),
                content,
                created_by: given.created_by.clone(),
                uploader,
                source,
            };
            documents::create(tx, &new, given.created_at)?;
        }
        Some(from) => {
            documents::restore(tx, &from, &ids)?;
            documents::rename(tx, id, &given.name, given.activity_at)?;
            if from != matter {
                documents::move_to(tx, &from, matter, id, given.activity_at)?;
            }
        }
    }
    tx.conn()
        .execute(
            "UPDATE documents SET version = ?2, media_type = ?3, size = ?4, sha256 = ?5, created_at = ?6, activity_at = ?7,
                                  kind = ?8, attributes = ?9 WHERE id = ?1",
            params![
                id,
                given.version,
                given.media_type,
                ms(given.size),
                sha256,
                ms(given.created_at),
                ms(given.activity_at),
                given.kind,
                AttrsRef(&given.attributes),
            ],
        )
        .host()?;
    pages::note(tx, id)?;
    let readers: Option<Vec<String>> = shaped(&row["readers"])?;
    documents::set_readers(tx, id, readers.as_deref())?;
    if is(row, "deleted") {
        documents::delete(tx, matter, &ids, 1_000)?;
    }
    Ok(())
}
