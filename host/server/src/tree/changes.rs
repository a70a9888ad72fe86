//! One file of the tree at a time: what has come, was edited, moved or is gone becomes that of its document, in one
//! transaction with what the plugin says to it. What another host has done since the look is left as it is.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
};

use axum::{body::Body, http::HeaderMap};
use bytes::Bytes;
use client_connect_runtime::{
    Caller, Unit,
    exports::events,
    types::{Actor, HostError},
};
use tokio_stream::wrappers::ReceiverStream;

use super::{Tree, place::Mark};
use crate::{
    app::SharedApp,
    scan,
    store::{
        self, SqliteTx,
        audit::{self, By, Row},
        documents, matters,
        members::{self, Rights},
        tree::{self, File},
        users::User,
    },
    web::{
        Problem, blocking,
        bytes::receive::{self, Arrived},
    },
};

/// Bytes that are read at once.
pub(super) const PART: usize = 256 << 10;
/// The longest type of a document, in bytes.
const KIND: usize = 100;

/// What a look goes by.
#[derive(Debug)]
pub(super) struct Known {
    /// Files that are gone, and not yet somewhere else.
    pub(super) gone: BTreeMap<String, File>,
    /// Whose matters they become.
    pub(super) owner: User,
}

impl Known {
    /// Takes out what was moved to here: the same content, in the same matter if it can be.
    fn moved(&mut self, sha256: &str, matter: &str) -> Option<(String, File)> {
        let mut same = self.gone.iter().filter(|(_, file)| !file.deleted && file.sha256 == sha256);
        let first = same.clone().find(|(_, file)| file.matter == matter).or_else(|| same.next());
        let path = first.map(|(path, _)| path.clone())?;
        self.gone.remove_entry(&path)
    }
}

fn platform() -> Caller {
    Caller { actor: Actor::Host, locale: "en".into(), request: None, attributes: Vec::new() }
}

pub(super) fn row(unit: &Unit<'_, SqliteTx>, action: &str, matter: &str, path: &str) -> Row {
    Row::new(unit.now(), By::Host, action).matter(matter).detail("path", path)
}

/// The folder at the top, the folders in between as people read them, and the name. None for a file at the top itself:
/// it is of no matter.
fn parts(path: &str) -> Option<(&str, String, &str)> {
    let (folder, rest) = path.split_once('/')?;
    let (between, name) = rest.rsplit_once('/').unwrap_or(("", rest));
    let mut kind = if between.is_empty() { "Document".to_owned() } else { between.replace('/', " / ") };
    kind.truncate(kind.floor_char_boundary(KIND));
    Some((folder, kind, name))
}

/// Something new lies at this path: a document, or one that was moved, or one of this host's that was written out before
/// that could be noted.
pub(super) async fn came(
    app: &SharedApp,
    tree: &Tree,
    known: &mut Known,
    path: &str,
    mark: &Mark,
) -> Result<(), Problem> {
    let Some((folder, kind, name)) = parts(path) else {
        return Err(Problem::invalid("It lies in no folder, and so in no matter."));
    };
    let Some(matter) = matter_of(app, folder, &known.owner).await? else {
        return Err(Problem::invalid("Its matter was deleted here."));
    };
    let arrived = arrive(app, tree, path, name).await?;
    if let Some((from, file)) = known.moved(&arrived.written.sha256, &matter) {
        return moved(app, (from, file), matter, path, mark, kind).await;
    }
    refuse_malware(app, &matter, known, &arrived).await?;
    let (content, name, path, mark) = (arrived.content(), arrived.name.clone(), path.to_owned(), mark.clone());
    let owner = known.owner.clone();
    let stored = blocking(app, move |app| {
        app.runtime.write(|unit| {
            if tree::at(unit.tx(), &path)?.is_some() {
                return Ok(false);
            }
            if let Some(own) = tree::own_with(unit.tx(), &matter, &content.sha256)? {
                tree::put(unit.tx(), &path, &own, &mark)?;
                return Ok(false);
            }
            let now = unit.now();
            let new = documents::New {
                id: store::new_id(),
                matter: matter.clone(),
                name: name.clone(),
                kind: kind.clone(),
                content: content.clone(),
                created_by: Some(owner.id.clone()),
                uploader: None,
                source: Some("tree".to_owned()),
            };
            documents::create(unit.tx(), &new, now)?;
            tree::put(unit.tx(), &path, &new.id, &mark)?;
            let row = row(unit, "document.created", &matter, &path).document(&new.id);
            audit::append(unit.tx(), &owner.firm, &row)?;
            note_held(unit, &owner, &row, &new.id, &content.blob)?;
            Ok::<_, Problem>(true)
        })
    });
    if stored.await? {
        arrived.loose.keep();
    }
    Ok(())
}

/// A document has a new place: within its matter it stays what it is.
async fn moved(
    app: &SharedApp,
    (left, file): (String, File),
    to: String,
    path: &str,
    mark: &Mark,
    kind: String,
) -> Result<(), Problem> {
    let (path, mark) = (path.to_owned(), mark.clone());
    blocking(app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let File { document, matter: from, .. } = &file;
            if !is_still(unit.tx(), &left, &file)? || tree::at(unit.tx(), &path)?.is_some() {
                return Ok(());
            }
            let firm = matters::get(unit.tx(), from)?.ok_or_else(Problem::not_found)?.firm;
            if *from != to {
                documents::move_to(unit.tx(), from, &to, document, now)?;
                for place in [from, &to] {
                    let row = row(unit, "document.moved", place, &path).document(document);
                    let row = row.detail("from", from.as_str()).detail("to", to.as_str());
                    audit::append(unit.tx(), &firm, &row)?;
                }
                let event = events::OnDocumentDeleted { matter: from.clone(), documents: vec![document.clone()] };
                unit.call(&platform(), &event)?;
            }
            let name = path.rsplit('/').next().unwrap_or(&path);
            let name = documents::rename(unit.tx(), document, name, now)?;
            documents::set_kind(unit.tx(), document, &kind)?;
            let row = row(unit, "document.changed", &to, &path).document(document).detail("name", name);
            audit::append(unit.tx(), &firm, &row)?;
            tree::put(unit.tx(), &path, document, &mark)?;
            Ok(())
        })
    })
    .await
}

/// The file at this path has another content, or is only said to.
pub(super) async fn edited(
    app: &SharedApp,
    tree: &Tree,
    known: &Known,
    path: &str,
    mark: &Mark,
    file: &File,
) -> Result<(), Problem> {
    let (path, mark, file) = (path.to_owned(), mark.clone(), file.clone());
    let arrived = if file.deleted { None } else { Some(arrive(app, tree, &path, "content").await?) };
    let arrived = arrived.filter(|arrived| arrived.written.sha256 != file.sha256);
    if let Some(arrived) = &arrived {
        refuse_malware(app, &file.matter, known, arrived).await?;
    }
    let (content, owner) = (arrived.as_ref().map(Arrived::content), known.owner.clone());
    let stored = blocking(app, move |app| {
        app.runtime.write(|unit| {
            if !is_still(unit.tx(), &path, &file)? {
                return Ok(false);
            }
            tree::put(unit.tx(), &path, &file.document, &mark)?;
            let Some(content) = &content else { return Ok(false) };
            let now = unit.now();
            let version = documents::add_version(unit.tx(), &file.document, content, None, &owner.id, now)?;
            let row = row(unit, "document.edited", &file.matter, &path).document(&file.document);
            let row = row.detail("version", version);
            audit::append(unit.tx(), &owner.firm, &row)?;
            note_held(unit, &owner, &row, &file.document, &content.blob)?;
            Ok::<_, Problem>(true)
        })
    });
    if stored.await?
        && let Some(arrived) = arrived
    {
        arrived.loose.keep();
    }
    Ok(())
}

/// The file at this path is gone: so is its document, and every share of it.
pub(super) async fn gone(app: &SharedApp, path: String, file: File) -> Result<(), Problem> {
    let sha256 = file.sha256.clone();
    blocking(app, move |app| {
        app.runtime.write(|unit| {
            if !is_still(unit.tx(), &path, &file)? {
                return Ok(());
            }
            tree::forget(unit.tx(), &path)?;
            let (now, ids) = (unit.now(), vec![file.document.clone()]);
            let documents = documents::delete(unit.tx(), &file.matter, &ids, now)?;
            let matter = matters::get(unit.tx(), &file.matter)?;
            let (Some(matter), false) = (matter, documents.is_empty()) else { return Ok(()) };
            let row = row(unit, "document.deleted", &matter.id, &path).document(&file.document);
            audit::append(unit.tx(), &matter.firm, &row)?;
            let event = events::OnDocumentDeleted { matter: matter.id, documents };
            Ok::<_, Problem>(unit.call(&platform(), &event)?)
        })
    })
    .await?;
    app.previews.forget(&sha256);
    Ok(())
}

/// Whether a file is what it was when it was looked at.
fn is_still(tx: &SqliteTx, path: &str, file: &File) -> Result<bool, HostError> {
    Ok(tree::at(tx, path)?.is_some_and(|(document, mark)| document == file.document && mark == file.mark))
}

/// The matter that a folder is, made now if it is none yet; none if it was deleted here.
async fn matter_of(app: &SharedApp, folder: &str, owner: &User) -> Result<Option<String>, Problem> {
    let (folder, owner) = (folder.to_owned(), owner.clone());
    blocking(app, move |app| {
        let there = app.runtime.read(|unit| Ok::<_, Problem>(tree::matter_of(unit.tx(), &folder)?))?;
        if let Some(matter) = there {
            let found = app.runtime.read(|unit| Ok::<_, Problem>(matters::get(unit.tx(), &matter)?))?;
            return Ok(found.filter(|matter| matter.deleted_at.is_none()).map(|matter| matter.id));
        }
        app.runtime.write(|unit| {
            let matter = matters::Matter::new(&owner.firm, &folder, &owner.id, unit.now());
            matters::create(unit.tx(), &matter)?;
            let rights = Rights { user: owner.id.clone(), can_edit: true, can_share: true };
            members::set(unit.tx(), &matter.id, &rights)?;
            let row = row(unit, "matter.created", &matter.id, &folder).detail("owner", owner.id.as_str());
            audit::append(unit.tx(), &owner.firm, &row)?;
            tree::set_matter(unit.tx(), &folder, &matter.id)?;
            Ok(Some(matter.id))
        })
    })
    .await
}

/// Takes a file's bytes in, as an upload would be: bounded, hashed, its kind found out, durable.
async fn arrive(app: &SharedApp, tree: &Tree, path: &str, name: &str) -> Result<Arrived, Problem> {
    let (sender, receiver) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(4);
    let (place, path) = (tree.place.clone(), path.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut file = match place.read(&path) {
            Ok(file) => file,
            Err(error) => return sender.blocking_send(Err(error)).ok(),
        };
        loop {
            let mut part = Vec::with_capacity(PART);
            match (&mut file).take(PART as u64).read_to_end(&mut part) {
                Ok(0) => return Some(()),
                Ok(_) => sender.blocking_send(Ok(part.into())).ok()?,
                Err(error) => return sender.blocking_send(Err(error)).ok(),
            }
        }
    });
    let body = Body::from_stream(ReceiverStream::new(receiver));
    receive::raw(app, &HeaderMap::new(), body, Some(name)).await.map_err(|problem| match problem.code {
        // Its place may answer the next time.
        "upload-broken-off" | "timeout" => Problem::internal(HostError::Unavailable("the file cannot be read".into())),
        _ => problem,
    })
}

/// Has a file scanned. If something is found it is refused, and the owner of the tree's matters is told.
async fn refuse_malware(app: &SharedApp, matter: &str, known: &Known, arrived: &Arrived) -> Result<(), Problem> {
    let (blob, size, name) = (arrived.loose.id().to_owned(), arrived.written.size, arrived.name.clone());
    let found = scan::arrived(app, vec![scan::File { blob, size, name }]).await?;
    if found.is_empty() {
        return Ok(());
    }
    let problem = scan::refusal(&found);
    let (matter, owner) = (matter.to_owned(), known.owner.clone());
    blocking(app, move |app| {
        app.runtime.write(|unit| {
            let base = Row::new(unit.now(), By::Host, "upload.refused").matter(&matter);
            scan::tell_of_refusal(
                unit.tx(),
                &owner.firm,
                &base,
                "the tree of folders",
                std::slice::from_ref(&owner.id),
                &found,
            )
        })
    })
    .await?;
    Err(problem)
}

fn note_held(
    unit: &mut Unit<'_, SqliteTx>,
    owner: &User,
    base: &Row,
    document: &str,
    blob: &str,
) -> Result<(), Problem> {
    scan::note_held(unit.tx(), &owner.firm, base, document, blob, std::slice::from_ref(&owner.id)).map(drop)
}
