//! A tree of folders on another system, a file server for instance, as the platform whose documents are shared. Each folder
//! at its top is a matter, each file below it a document.
//!
//! What is there is looked at again and again, and never what is said to have happened: so it does not matter what was missed,
//! comes twice or in another order. A file counts when two looks in a row have seen it the same, and is gone when both have
//! missed it. What is moved is known by its content and keeps its shares within its matter; moved to another it loses them,
//! and so does what is deleted. A tree that cannot be read, or is empty all at once, changes nothing.
//!
//! Of several hosts on the same records one looks. What comes through the portal, or is uploaded here, is written into the
//! tree, and never over a file that is there.

mod changes;
mod dav;
mod folder;
mod out;
mod place;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    app::SharedApp,
    reach,
    store::{leases, names::email_key, tree, users},
    web::{Problem, blocking},
};
use changes::Known;
use place::{Mark, Place};

/// For how long at least the host that looks is the only one, ms.
const LEASE: u64 = 60_000;

/// Where a tree is, and whose.
#[derive(Debug)]
pub struct Settings {
    /// A folder, or the address of a WebDAV server.
    pub place: String,
    /// To sign in there.
    pub user: Option<(String, SecretString)>,
    /// The address of the user who owns the matters that it becomes.
    pub owner: String,
    /// How often to look.
    pub every: Duration,
}

/// The tree. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tree {
    place: Arc<dyn Place>,
    owner: String,
    every: Duration,
}

impl Tree {
    /// By these settings. Nothing is looked at yet.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub fn new(settings: Settings) -> Result<Self, &'static str> {
        let Settings { place, user, owner, every } = settings;
        let place: Arc<dyn Place> = if place.contains("://") {
            reach::safe(&place)?;
            let user = user.as_ref().map(|(user, password)| (user.as_str(), password.expose_secret()));
            Arc::new(dav::Dav::new(&place, user)?)
        } else {
            Arc::new(folder::Folder::new(Path::new(&place)))
        };
        Ok(Self { place, owner, every })
    }
}

/// What was seen the last time.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    files: Option<BTreeMap<String, Mark>>,
    /// Files that were refused for good, by the mark with which they were.
    refused: HashMap<String, Mark>,
}

impl Seen {
    fn is_refused(&self, path: &str, mark: &str) -> bool {
        self.refused.get(path).is_some_and(|refused| refused == mark)
    }
}

/// Whether this host is the one that looks, of several on the same records: for some looks from now on.
async fn is_ours(app: &SharedApp, tree: &Tree) -> Result<bool, Problem> {
    let every = u64::try_from(tree.every.as_millis()).unwrap_or(u64::MAX);
    blocking(app, move |app| {
        app.runtime.write(|unit| {
            let now = unit.now();
            let until = now.saturating_add(every.saturating_mul(3).max(LEASE));
            Ok::<_, Problem>(leases::claim(unit.tx(), "tree", &app.node, now, until)?)
        })
    })
    .await
}

/// Looks once. Answers whether anything was changed, here or there.
///
/// # Errors
/// If the tree or the store does not answer: what was done until then stays done, and the next look goes on.
pub(crate) async fn look(app: &SharedApp, seen: &mut Seen) -> Result<bool, Problem> {
    let Some(tree) = &app.tree else { return Ok(false) };
    if !is_ours(app, tree).await? {
        *seen = Seen::default();
        return Ok(false);
    }
    let place = tree.place.clone();
    let now = blocking(app, move |_| place.list().map_err(Problem::internal)).await?;
    let owner = tree.owner.clone();
    let (files, owner) = blocking(app, move |app| {
        app.runtime.read(|unit| {
            let key = email_key(&owner).unwrap_or_default();
            let owner = users::by_email_key(unit.tx(), &key)?.map(|(user, _)| user).filter(|user| user.active);
            Ok::<_, Problem>((tree::files(unit.tx())?, owner))
        })
    })
    .await?;
    let Some(owner) = owner else { return Err(Problem::internal("there is no user with the address in tree.owner")) };
    if now.is_empty() && !files.is_empty() {
        seen.files = None;
        return Err(Problem::internal("it is empty: it is taken for one that is not there"));
    }
    let Some(before) = seen.files.replace(now.clone()) else { return Ok(false) };
    let same = |path: &String, mark: &Mark| before.get(path) == Some(mark);
    let mut known = Known {
        gone: files
            .iter()
            .filter(|(path, _)| !now.contains_key(*path) && !before.contains_key(*path))
            .map(|(path, file)| (path.clone(), file.clone()))
            .collect(),
        owner,
    };
    let mut changed = false;
    for (path, mark) in now.iter().filter(|(path, mark)| same(path, mark)) {
        if seen.is_refused(path, mark) {
            continue;
        }
        let done = match files.get(path) {
            None => changes::came(app, tree, &mut known, path, mark).await,
            Some(file) if file.mark != *mark => changes::edited(app, tree, &known, path, mark, file).await,
            Some(_) => continue,
        };
        match done {
            Ok(()) => changed = true,
            // It will be the same the next time.
            Err(problem) if problem.status.is_client_error() => {
                tracing::warn!(path, code = problem.code, detail = %problem.detail, "a file of the tree is left out");
                seen.refused.insert(path.clone(), mark.clone());
            }
            Err(problem) => tracing::warn!(path, %problem, "a file of the tree is not taken yet"),
        }
    }
    for (path, file) in std::mem::take(&mut known.gone) {
        changes::gone(app, path, file).await?;
        changed = true;
    }
    seen.refused.retain(|path, _| now.contains_key(path));
    Ok(out::write_out(app, tree, &known).await? || changed)
}

/// Looks again and again, until it is dropped.
pub async fn keeper(app: SharedApp) {
    let Some(tree) = &app.tree else { return };
    let mut seen = Seen::default();
    loop {
        if let Err(problem) = look(&app, &mut seen).await {
            metrics::counter!("tree_failures_total").increment(1);
            tracing::warn!(%problem, "the tree of folders waits");
        }
        tokio::time::sleep(tree.every).await;
    }
}

#[cfg(test)]
mod tests;
