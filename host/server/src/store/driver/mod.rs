//! What the store's statements are run through: as much of `rusqlite` as they use, with its names, values and errors,
//! over SQLite or PostgreSQL. The statements are the same for both; `translate` knows the few words that are not.

mod cell;
mod params;
mod postgres;
mod translate;

use std::{sync::Arc, time::Duration};

use client_connect_runtime::backend::Mode;
pub use params::Params;
use postgres::{Prepared, Session};
use rusqlite::types::ValueRef;
pub use rusqlite::{Error, OptionalExtension, Result, ToSql, named_params, params, types::FromSql};
use rustls::ClientConfig;

/// A connection to the records.
#[derive(Debug)]
pub struct Connection(Over);

#[derive(Debug)]
enum Over {
    Sqlite(Box<rusqlite::Connection>),
    Postgres(Box<Session>),
}

/// A statement that was prepared on a connection, which keeps it for the next time.
pub struct Statement<'c>(Made<'c>);

enum Made<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    Postgres(&'c Session, Arc<Prepared>),
}

/// What a statement has found, row by row.
pub struct Rows<'s>(Found<'s>);

enum Found<'s> {
    Sqlite(rusqlite::Rows<'s>),
    Postgres(Vec<tokio_postgres::Row>, usize),
}

/// One row of it.
pub struct Row<'r>(Here<'r>);

enum Here<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// What a closure makes of each row.
pub struct Mapped<'s, F> {
    rows: Rows<'s>,
    map: F,
}

impl Connection {
    pub(super) fn of_sqlite(sqlite: rusqlite::Connection) -> Self {
        Self(Over::Sqlite(Box::new(sqlite)))
    }

    /// A session of PostgreSQL's; `most` is how long a statement of it may take.
    pub(super) fn to_postgres(config: &tokio_postgres::Config, most: Duration, tls: &ClientConfig) -> Result<Self> {
        Session::open(config, most, tls).map(|session| Self(Over::Postgres(Box::new(session))))
    }

    /// SQLite's own connection, where it is one.
    pub(crate) fn sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.0 {
            Over::Sqlite(sqlite) => Some(sqlite),
            Over::Postgres(_) => None,
        }
    }

    /// Whether it is worth to begin anything on it.
    pub(super) fn lives(&self) -> bool {
        match &self.0 {
            Over::Sqlite(_) => true,
            Over::Postgres(session) => session.lives(),
        }
    }

    /// Begins a transaction.
    pub(super) fn begin(&self, mode: Mode) -> Result<()> {
        match (&self.0, mode) {
            (Over::Sqlite(sqlite), Mode::Read) => sqlite.execute_batch("BEGIN"),
            (Over::Sqlite(sqlite), Mode::Write) => sqlite.execute_batch("BEGIN IMMEDIATE"),
            (Over::Postgres(session), mode) => session.begin(mode),
        }
    }

    /// Ends the transaction, and keeps what was written in it.
    pub(super) fn commit(&self) -> Result<()> {
        match &self.0 {
            Over::Sqlite(sqlite) => sqlite.execute_batch("COMMIT"),
            Over::Postgres(session) => session.commit(),
        }
    }

    /// Ends the transaction, if there is one, and keeps nothing of it. False: nobody knows what the connection is good for.
    pub(super) fn undo(&self) -> bool {
        match &self.0 {
            Over::Sqlite(sqlite) => sqlite.is_autocommit() || sqlite.execute_batch("ROLLBACK").is_ok(),
            Over::Postgres(session) => session.undo(),
        }
    }

    /// A statement, prepared if it was not yet.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        Ok(Statement(match &self.0 {
            Over::Sqlite(sqlite) => Made::Sqlite(sqlite.prepare_cached(sql)?),
            Over::Postgres(session) => Made::Postgres(session, session.prepare(sql)?),
        }))
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

    /// Several statements without parameters, as the database itself reads them.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        match &self.0 {
            Over::Sqlite(sqlite) => sqlite.execute_batch(sql),
            Over::Postgres(session) => session.batch(sql),
        }
    }
}

impl Statement<'_> {
    /// Runs it; answers how many rows it wrote.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn execute(&mut self, params: impl Params) -> Result<usize> {
        match &mut self.0 {
            Made::Sqlite(statement) => statement.execute(params),
            Made::Postgres(session, prepared) => session.execute(prepared, params),
        }
    }

    /// Runs it; answers the rows.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        Ok(Rows(match &mut self.0 {
            Made::Sqlite(statement) => Found::Sqlite(statement.query(params)?),
            Made::Postgres(session, prepared) => Found::Postgres(session.query(prepared, params)?, 0),
        }))
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
        match &self.0 {
            Made::Sqlite(statement) => statement.parameter_count(),
            Made::Postgres(_, prepared) => prepared.parameters(),
        }
    }

    /// How many columns its rows have.
    #[must_use]
    pub fn column_count(&self) -> usize {
        match &self.0 {
            Made::Sqlite(statement) => statement.column_count(),
            Made::Postgres(_, prepared) => prepared.columns(),
        }
    }
}

impl Rows<'_> {
    /// The next row.
    ///
    /// # Errors
    /// Whatever the database says.
    #[expect(clippy::should_implement_trait, reason = "a row is borrowed from the rows")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        Ok(match &mut self.0 {
            Found::Sqlite(rows) => rows.next()?.map(|row| Row(Here::Sqlite(row))),
            Found::Postgres(rows, at) => {
                *at += 1;
                rows.get(*at - 1).map(|row| Row(Here::Postgres(row)))
            }
        })
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

/// A column by its place.
pub trait Column {
    /// The place, from 0.
    fn place(self) -> usize;
}

impl Column for usize {
    fn place(self) -> usize {
        self
    }
}

impl Row<'_> {
    /// The value of a column.
    ///
    /// # Errors
    /// If there is no such column, or its value is of another kind.
    pub fn get<C: Column, T: FromSql>(&self, column: C) -> Result<T> {
        match self.0 {
            Here::Sqlite(row) => row.get(column.place()),
            Here::Postgres(row) => cell::get(row, column.place()),
        }
    }

    /// The value of a column, as it stands there.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn get_ref<C: Column>(&self, column: C) -> Result<ValueRef<'_>> {
        match self.0 {
            Here::Sqlite(row) => row.get_ref(column.place()),
            Here::Postgres(row) => cell::value(row, column.place()),
        }
    }
}
