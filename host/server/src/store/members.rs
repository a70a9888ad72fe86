//! Members: what the platform lets a user do in one matter. No row, and the matter does not exist for them.

use client_connect_runtime::types::HostError;

use super::{
    SqliteTx,
    driver::{self, OptionalExtension, Row},
    sql::Host,
    taken::Taken,
};

/// A user's rights in one matter; to have the row is the right to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whose they are.
    pub user: String,
    /// Documents: upload, rename, delete, restore.
    pub can_edit: bool,
    /// Client Connect's sections.
    pub can_share: bool,
}

fn rights(row: &Row<'_>) -> driver::Result<Rights> {
    Ok(Rights { user: row.get(0)?, can_edit: row.get(1)?, can_share: row.get(2)? })
}

/// Lets a user into a matter, or changes what they may do there.
///
/// # Errors
/// `not-found` unless both are there.
pub fn set(tx: &SqliteTx, matter: &str, rights: &Rights) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO members (matter, user, can_edit, can_share) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (matter, user) DO UPDATE SET can_edit = excluded.can_edit, can_share = excluded.can_share",
        )
        .and_then(|mut put| put.execute((matter, &rights.user, rights.can_edit, rights.can_share)))
        .host()?;
    if !rights.can_edit || !rights.can_share {
        tx.takes(left(matter, rights, true));
    }
    Ok(())
}

/// Takes a user out of a matter. Says whether they were in it.
///
/// # Errors
/// Only if the database fails.
pub fn remove(tx: &SqliteTx, matter: &str, user: &str) -> Result<bool, HostError> {
    tx.conn()
        .prepare_cached("DELETE FROM members WHERE matter = ?1 AND user = ?2")
        .and_then(|mut delete| delete.execute((matter, user)))
        .host()
        .map(|rows| {
            if rows > 0 {
                let none = Rights { user: user.to_owned(), can_edit: false, can_share: false };
                tx.takes(left(matter, &none, false));
            }
            rows > 0
        })
}

fn left(matter: &str, rights: &Rights, read: bool) -> Taken {
    Taken::Member {
        matter: matter.to_owned(),
        user: rights.user.clone(),
        read,
        can_edit: rights.can_edit,
        can_share: rights.can_share,
    }
}

/// The user's rights in a matter that is there; none where the matter does not exist for them.
///
/// # Errors
/// Only if the database fails.
pub fn get(tx: &SqliteTx, matter: &str, user: &str) -> Result<Option<Rights>, HostError> {
    tx.conn()
        .prepare_cached(
            "SELECT b.user, b.can_edit, b.can_share FROM members b JOIN matters m ON m.id = b.matter AND m.deleted_at IS NULL
             WHERE b.matter = ?1 AND b.user = ?2",
        )
        .and_then(|mut found| found.query_row((matter, user), rights).optional())
        .host()
}

/// All who may read the matter, by id.
///
/// # Errors
/// Only if the database fails.
pub fn list(tx: &SqliteTx, matter: &str) -> Result<Vec<Rights>, HostError> {
    tx.conn()
        .prepare_cached("SELECT user, can_edit, can_share FROM members WHERE matter = ?1 ORDER BY user")
        .and_then(|mut found| found.query_map([matter], rights)?.collect())
        .host()
}
