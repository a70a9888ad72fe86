//! What the hosts keep for themselves beside the records: a few values, each under its name.

use super::driver::{Connection, FromSql, OptionalExtension as _, Result, ToSql};

/// The value of this name.
pub(super) fn get<T: FromSql>(connection: &Connection, name: &str) -> Result<Option<T>> {
    let mut found = connection.prepare_cached("SELECT value FROM host WHERE key = ?1")?;
    found.query_row([name], |row| row.get(0)).optional()
}

/// Puts it in the place of the one before.
pub(super) fn set(connection: &Connection, name: &str, value: impl ToSql) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO host (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute((name, value))
        .map(drop)
}

/// The value of this name; `fresh` becomes it if there is none yet.
pub(super) fn get_or_put<const N: usize>(connection: &Connection, name: &str, fresh: &[u8; N]) -> Result<[u8; N]> {
    connection
        .prepare_cached("INSERT INTO host (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING")?
        .execute((name, fresh))?;
    Ok(get(connection, name)?.unwrap_or(*fresh))
}

/// Forgets the value of this name.
pub(super) fn remove(connection: &Connection, name: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM host WHERE key = ?1")?.execute([name]).map(drop)
}
