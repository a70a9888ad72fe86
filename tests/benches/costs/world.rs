//! What is measured in: for each size a data folder of its own, as a server would have it, its records in a file or in a
//! database of PostgreSQL's, with one firm, one matter of so many documents and ten contacts. The first is shown 300 of each thousand documents, the second 250, some of
//! them the same, and the third 20.

use std::{path::Path, sync::Arc, time::Duration};

use client_connect::{
    blobs::Blobs,
    store::{
        self, Postgres, SqliteBackend, contacts, documents, firms,
        generate::{self, Plan},
        matters, users,
    },
};
use client_connect_runtime::{
    Backend, Limits, Runtime, Settings, SystemClock,
    backend::Mode,
    exports::{Export, access, sharing},
    types::{AccessChange, Actor, DocumentFilter, Lane, Page, Pair, SortKey},
};
use client_connect_tests::postgres::Server;

use crate::calls::caller;

/// The store that all of this is measured over.
pub(crate) type Store = SqliteBackend;

/// Everything that can go wrong while the stage is set.
pub(crate) type Setup<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The database's name in the data folder.
pub(crate) const DATABASE: &str = "client-connect.db";

/// Contacts of the matter.
const CONTACTS: usize = 10;

/// A word in one name of sixteen.
pub(crate) const COMMON: &str = "letter";
/// What only one name has, however many there are.
pub(crate) const RARE: &str = " 777.";

/// One size's data folder, open.
pub(crate) struct World {
    pub(crate) documents: usize,
    pub(crate) runtime: Runtime<Store>,
    pub(crate) matter: String,
    pub(crate) owner: String,
    /// Has access, may download, and is shown three documents of ten.
    pub(crate) contact: String,
    pub(crate) contact_email: String,
    pub(crate) contacts: Vec<String>,
    /// Shown to the first contact and to the second.
    pub(crate) shared: Vec<String>,
    /// Shown to neither.
    unshared: Vec<String>,
    folder: tempfile::TempDir,
    /// The address of its records, where they are not in a file.
    postgres: Option<String>,
}

impl World {
    /// Makes the folder and everything in it.
    pub(crate) fn new(documents: usize, cache: &Path) -> Setup<Self> {
        Self::make(documents, cache, None)
    }

    /// The same, with the records in a database of this server.
    pub(crate) fn over(server: &Server, documents: usize, cache: &Path) -> Setup<Self> {
        let world = Self::make(documents, cache, Some(server.database()))?;
        world.postgres().into_iter().for_each(|database| server.settle(database));
        Ok(world)
    }

    fn make(documents: usize, cache: &Path, postgres: Option<String>) -> Setup<Self> {
        let folder = tempfile::tempdir()?;
        let mut options = store::Options::new("http://127.0.0.1");
        // A statement that makes a large matter may take as long as it takes.
        options.postgres =
            postgres.as_deref().map(|url| Postgres::new(url, Duration::from_secs(3_600), None)).transpose()?;
        let backend = SqliteBackend::open(folder.path().join(DATABASE), options)?;
        let settings =
            Settings { limits: Limits::reference(), cache: Some(cache.to_owned()), clock: Arc::new(SystemClock) };
        let runtime = Runtime::new(backend, &settings, client_connect_embed::PLUGIN)?;
        let now = runtime.now();
        let firm = firms::Firm {
            id: store::new_id(),
            name: "Ashgrove".into(),
            enabled: true,
            fallback_user: None,
            sender: "portal@ashgrove.example".into(),
            mail_hold: 120,
            watermark: true,
            when_closed: "read-only".into(),
            attributes: Vec::new(),
        };
        let owner = users::User {
            id: store::new_id(),
            firm: firm.id.clone(),
            name: "Olivia Owner".into(),
            email: "olivia@ashgrove.example".into(),
            active: true,
            admin: false,
            locale: "en".into(),
            created_at: now,
        };
        let matter = matters::Matter {
            id: store::new_id(),
            firm: firm.id.clone(),
            name: "Estate of Hartley".into(),
            reference: "M-1".into(),
            owner: Some(owner.id.clone()),
            opened_at: now,
            closed_at: None,
            deleted_at: None,
            discreet: false,
            attributes: Vec::new(),
        };
        let people: Vec<contacts::Contact> = (0..CONTACTS)
            .map(|n| contacts::Contact {
                id: store::new_id(),
                firm: firm.id.clone(),
                name: format!("Contact {n}"),
                email: Some(format!("contact-{n}@customers.example")),
                locale: "en".into(),
                deleted_at: None,
                attributes: Vec::new(),
            })
            .collect();
        let tx = runtime.backend().begin(Mode::Write, now).map_err(said)?;
        firms::create(&tx, &firm).map_err(said)?;
        users::create(&tx, &owner, None).map_err(said)?;
        matters::create(&tx, &matter).map_err(said)?;
        for contact in &people {
            contacts::create(&tx, contact).map_err(said)?;
            contacts::link(&tx, &matter.id, &contact.id, "").map_err(said)?;
        }
        tx.commit()?;
        let contacts: Vec<String> = people.into_iter().map(|contact| contact.id).collect();
        let plan = Plan {
            matter: matter.id.clone(),
            documents: u32::try_from(documents)?,
            shares: contacts.iter().cloned().zip([300, 250, 20]).collect(),
            content: None,
            since: now - 1_000 * documents as u64,
        };
        generate::generate(runtime.backend(), &plan, now).map_err(said)?;
        let mut world = Self {
            documents,
            runtime,
            matter: matter.id,
            owner: owner.id,
            contact: contacts[0].clone(),
            contact_email: "contact-0@customers.example".into(),
            contacts,
            shared: Vec::new(),
            unshared: Vec::new(),
            folder,
            postgres,
        };
        world.open_portals()?;
        world.shared = world.first(Lane::AllOfThem);
        world.unshared = world.first(Lane::NoneOfThem);
        Ok(world)
    }

    /// Everybody gets in.
    fn open_portals(&self) -> Setup<()> {
        let open = |contact: &String| AccessChange {
            contact: contact.clone(),
            portal: true,
            can_download: true,
            until: None,
            attributes: Vec::new(),
        };
        let changes = self.contacts.iter().map(open).collect();
        let grant = access::Grant { matter: self.matter.clone(), revision: 0, changes };
        let user = caller(&Actor::User(self.owner.clone()));
        self.runtime.write(|unit| unit.call(&user, &grant))?;
        Ok(())
    }

    /// The first documents of a lane.
    fn first(&self, lane: Lane) -> Vec<String> {
        let page = Page { after: None, limit: 200 };
        let asked = sharing::Documents { matter: self.matter.clone(), filter: self.filter(lane), page };
        let found = self.read(&Actor::User(self.owner.clone()), &asked);
        found.rows.into_iter().map(|row| row.document.id).collect()
    }

    /// A document that is shown to neither of the first two.
    pub(crate) fn unshared(&self) -> &str {
        &self.unshared[0]
    }

    /// Where the database and the documents are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of the records, where they are not in the folder.
    pub(crate) fn postgres(&self) -> Option<&str> {
        self.postgres.as_deref()
    }

    /// Stores a document as an upload would, and shows it to the contact.
    pub(crate) async fn add(&self, bytes: Vec<u8>) -> Setup<String> {
        let (id, blob) = (store::new_id(), store::new_id());
        let mut writer = Blobs::folder(&self.folder().join("documents"))?.write(&blob);
        writer.push(bytes.into()).await?;
        let written = writer.finish().await?;
        let document = documents::New {
            id: id.clone(),
            matter: self.matter.clone(),
            name: format!("{} bytes.bin", written.size),
            kind: "Document".into(),
            content: documents::Content {
                blob,
                size: written.size,
                sha256: written.sha256,
                media_type: written.media_type.to_owned(),
            },
            created_by: Some(self.owner.clone()),
            uploader: None,
            source: None,
        };
        let now = self.runtime.now();
        let tx = self.runtime.backend().begin(Mode::Write, now).map_err(said)?;
        documents::create(&tx, &document, now).map_err(said)?;
        tx.commit()?;
        let share = vec![Pair { document: id.clone(), contact: self.contact.clone() }];
        let save = sharing::Save { matter: self.matter.clone(), revision: self.revision(), share, unshare: Vec::new() };
        let user = caller(&Actor::User(self.owner.clone()));
        self.runtime.write(|unit| unit.call(&user, &save))?;
        Ok(id)
    }

    /// One call that reads, in a transaction of its own.
    pub(crate) fn read<E: Export>(&self, actor: &Actor, export: &E) -> E::Answer {
        match self.runtime.read(|unit| unit.call(&caller(actor), export)) {
            Ok(answer) => answer,
            Err(failure) => panic!("{}: {failure}", E::NAME),
        }
    }

    /// All documents of a lane, seen from the first two contacts, by name.
    pub(crate) fn filter(&self, lane: Lane) -> DocumentFilter {
        DocumentFilter {
            contacts: self.contacts[..2].to_vec(),
            lane,
            search: None,
            same_content_as: None,
            sort: SortKey::Name,
            descending: false,
            attributes: Vec::new(),
        }
    }

    /// A Save that shares so many more documents with the first contact, or no longer; sent in turns.
    pub(crate) fn toggle(&self, revision: u32, share: bool, pairs: usize) -> sharing::Save {
        let pairs = self.unshared[..pairs].iter();
        let pairs = pairs.map(|document| Pair { document: document.clone(), contact: self.contact.clone() }).collect();
        let (share, unshare) = if share { (pairs, Vec::new()) } else { (Vec::new(), pairs) };
        sharing::Save { matter: self.matter.clone(), revision, share, unshare }
    }

    /// The Sharing section's, as it is now.
    pub(crate) fn revision(&self) -> u32 {
        self.read(&Actor::User(self.owner.clone()), &sharing::View { matter: self.matter.clone() }).revision
    }

    /// A Save that shares so many more documents with the first contact.
    pub(crate) fn save(&self, pairs: usize) -> sharing::Save {
        self.toggle(self.revision(), true, pairs)
    }
}

/// The store's and the runtime's errors as any other.
pub(crate) fn said(error: impl std::fmt::Debug) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{error:?}").into()
}
