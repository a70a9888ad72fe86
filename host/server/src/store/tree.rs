//! Which documents are files of a tree on another system, and which matters its folders.

use std::collections::BTreeMap;

use client_connect_runtime::types::HostError;

use super::{
    SqliteTx,
    driver::{OptionalExtension, Row},
    sql::Host,
};

/// A file that is a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The document, deleted or not.
    pub document: String,
    /// The document's matter.
    pub matter: String,
    /// Of the content that was taken last.
    pub mark: String,
    /// Of the document's content now, in hex.
    pub sha256: String,
    /// Whether the document is in the bin.
    pub deleted: bool,
}

/// All files that are known, by their paths.
///
/// # Errors
/// Only if the database fails.
pub fn files(tx: &SqliteTx) -> Result<BTreeMap<String, File>, HostError> {
    let row = |row: &Row<'_>| {
        let (document, matter, mark, sha256) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        Ok((row.get(0)?, File { document, matter, mark, sha256, deleted: row.get(5)? }))
    };
    tx.conn()
        .prepare_cached(
            "SELECT t.path, t.document, d.matter, t.mark, d.sha256, d.deleted_at IS NOT NULL
             FROM tree_files t JOIN documents d ON d.id = t.document",
        )
        .and_then(|mut all| all.query_map([], row)?.collect())
        .host()
}

/// The document that the file at this path is, and the mark of the content that was taken last.
///
/// # Errors
/// Only if the database fails.
pub fn at(tx: &SqliteTx, path: &str) -> Result<Option<(String, String)>, HostError> {
    tx.conn()
        .prepare_cached("SELECT document, mark FROM tree_files WHERE path = ?1")
        .and_then(|mut found| found.query_row([path], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .host()
}

/// A document is this file from now on, with this mark; what was known of either is forgotten.
///
/// # Errors
/// Only if the database fails.
pub fn put(tx: &SqliteTx, path: &str, document: &str, mark: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM tree_files WHERE path = ?1 OR document = ?2")
        .and_then(|mut delete| delete.execute((path, document)))
        .host()?;
    tx.conn()
        .prepare_cached("INSERT INTO tree_files (path, document, mark) VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute((path, document, mark)))
        .host()
        .map(drop)
}

/// Forgets a file. The document stays.
///
/// # Errors
/// Only if the database fails.
pub fn forget(tx: &SqliteTx, path: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM tree_files WHERE path = ?1")
        .and_then(|mut delete| delete.execute([path]))
        .host()
        .map(drop)
}

/// The matter that a folder is; none if it is none yet. One that was deleted here is answered too.
///
/// # Errors
/// Only if the database fails.
pub fn matter_of(tx: &SqliteTx, folder: &str) -> Result<Option<String>, HostError> {
    tx.conn()
        .prepare_cached("SELECT matter FROM tree_folders WHERE folder = ?1")
        .and_then(|mut found| found.query_row([folder], |row| row.get(0)).optional())
        .host()
}

/// A folder is this matter from now on.
///
/// # Errors
/// `conflict` if either is something else already.
pub fn set_matter(tx: &SqliteTx, folder: &str, matter: &str) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("INSERT INTO tree_folders (folder, matter) VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute((folder, matter)))
        .host()
        .map(drop)
}

/// A document that the tree does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its id.
    pub document: String,
    /// Its version now.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// The folder of its matter.
    pub folder: String,
    /// Whether a contact sent it.
    pub sent: bool,
}

/// Documents in matters of the tree that are no files of it, the oldest first.
///
/// # Errors
/// Only if the database fails.
pub fn own(tx: &SqliteTx, limit: u32) -> Result<Vec<Own>, HostError> {
    let row = |row: &Row<'_>| {
        let (document, version, name) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Own { document, version, name, folder: row.get(3)?, sent: row.get(4)? })
    };
    tx.conn()
        .prepare_cached(
            "SELECT d.id, d.version, d.name, f.folder, d.uploader IS NOT NULL FROM tree_folders f JOIN documents d ON d.matter = f.matter
             WHERE d.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM tree_files t WHERE t.document = d.id)
             ORDER BY d.created_at, d.id LIMIT ?1",
        )
        .and_then(|mut found| found.query_map([limit], row)?.collect())
        .host()
}

/// Of a folder's matter, a document with this content that is no file of the tree.
///
/// # Errors
/// Only if the database fails.
pub fn own_with(tx: &SqliteTx, matter: &str, sha256: &str) -> Result<Option<String>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT d.id FROM documents d WHERE d.matter = ?1 AND d.sha256 = ?2 AND d.deleted_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM tree_files t WHERE t.document = d.id) ORDER BY d.id LIMIT 1",
        )
        .and_then(|mut found| found.query_row((matter, sha256), |row| row.get(0)).optional())
        .host()
}
