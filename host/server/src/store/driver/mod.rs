//! What the store's statements are run through: as much of `rusqlite` as they use, with its names, values and errors.
//! The statements are the same wherever the records are.

mod params;

use client_connect_runtime::backend::Mode;
pub use params::Params;
pub use rusqlite::{Error, OptionalExtension, Result, ToSql, named_params, params};
use rusqlite::{
    RowIndex,
    types::{FromSql, ValueRef},
};

/// A connection to the records.
#[derive(Debug)]
pub struct Connection {
    sqlite: rusqlite::Connection,
}

/// A statement that was prepared on a connection, which keeps it for the next time.
pub struct Statement<'c> {
    sqlite: rusqlite::CachedStatement<'c>,
}

/// What a statement has found, row by row.
pub struct Rows<'s> {
    sqlite: rusqlite::Rows<'s>,
}

/// One row of it.
pub struct Row<'r> {
    sqlite: &'r rusqlite::Row<'r>,
}

/// What a closure makes of each row.
pub struct Mapped<'s, F> {
    rows: Rows<'s>,
    map: F,
}

impl Connection {
    pub(super) fn of_sqlite(sqlite: rusqlite::Connection) -> Self {
        Self { sqlite }
    }

    /// The connection beneath.
    #[cfg(test)]
    pub(super) fn sqlite(&self) -> &rusqlite::Connection {
        &self.sqlite
    }

    /// Begins a transaction.
    pub(super) fn begin(&self, mode: Mode) -> Result<()> {
        self.sqlite.execute_batch(match mode {
            Mode::Read => "BEGIN",
            Mode::Write => "BEGIN IMMEDIATE",
        })
    }

    /// Ends the transaction, and keeps what was written in it.
    pub(super) fn commit(&self) -> Result<()> {
        self.sqlite.execute_batch("COMMIT")
    }

    /// Ends the transaction, if there is one, and keeps nothing of it. False: nobody knows what the connection is good for.
    pub(super) fn undo(&self) -> bool {
        self.sqlite.is_autocommit() || self.sqlite.execute_batch("ROLLBACK").is_ok()
    }

    /// A statement, prepared if it was not yet.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        Ok(Statement { sqlite: self.sqlite.prepare_cached(sql)? })
    }

    /// A statement that is not of every day.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        self.prepare_cached(sql)
    }

    /// Runs a statement once; answers how many rows it wrote.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }

    /// The first row that a statement finds.
    ///
    /// # Errors
    /// `QueryReturnedNoRows` without one; else whatever the database says.
    pub fn query_row<T>(&self, sql: &str, params: impl Params, map: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        self.prepare_cached(sql)?.query_row(params, map)
    }

    /// Several statements without parameters.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        self.sqlite.execute_batch(sql)
    }
}

impl Statement<'_> {
    /// Runs it; answers how many rows it wrote.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn execute(&mut self, params: impl Params) -> Result<usize> {
        self.sqlite.execute(params)
    }

    /// Runs it; answers the rows.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        Ok(Rows { sqlite: self.sqlite.query(params)? })
    }

    /// Runs it; answers what the closure makes of each row.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn query_map<T, F>(&mut self, params: impl Params, map: F) -> Result<Mapped<'_, F>>
    where
        F: FnMut(&Row<'_>) -> Result<T>,
    {
        Ok(Mapped { rows: self.query(params)?, map })
    }

    /// The first row that it finds.
    ///
    /// # Errors
    /// `QueryReturnedNoRows` without one; else whatever the database says.
    pub fn query_row<T>(&mut self, params: impl Params, map: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        match self.query(params)?.next()? {
            Some(row) => map(&row),
            None => Err(Error::QueryReturnedNoRows),
        }
    }

    /// Whether it finds a row.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn exists(&mut self, params: impl Params) -> Result<bool> {
        Ok(self.query(params)?.next()?.is_some())
    }

    /// The highest number of a parameter in it.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.sqlite.parameter_count()
    }

    /// How many columns its rows have.
    #[must_use]
    pub fn column_count(&self) -> usize {
        self.sqlite.column_count()
    }
}

impl Rows<'_> {
    /// The next row.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        Ok(self.sqlite.next()?.map(|sqlite| Row { sqlite }))
    }
}

impl<T, F> Iterator for Mapped<'_, F>
where
    F: FnMut(&Row<'_>) -> Result<T>,
{
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.rows.next() {
            Ok(row) => row.map(|row| (self.map)(&row)),
            Err(error) => Some(Err(error)),
        }
    }
}

impl Row<'_> {
    /// The value of a column.
    ///
    /// # Errors
    /// If there is no such column, or its value is of another kind.
    pub fn get<I: RowIndex, T: FromSql>(&self, column: I) -> Result<T> {
        self.sqlite.get(column)
    }

    /// The value of a column, as it stands there.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn get_ref<I: RowIndex>(&self, column: I) -> Result<ValueRef<'_>> {
        self.sqlite.get_ref(column)
    }
}
