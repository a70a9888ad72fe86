//! Counters that hold across hosts and restarts: codes mailed, codes tried, passwords tried.
//!
//! A counter counts in windows of fixed length that start with the first thing counted. Addresses never stand here
//! but as keyed hashes.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{OptionalExtension, Result, params},
    sql,
};

/// So many in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, in one word; part of the counter's key.
    pub what: &'static str,
    /// How many are let through.
    pub most: u32,
    /// How long a window lasts, ms.
    pub window: Timestamp,
}

impl Limit {
    fn key(&self, whose: &str) -> String {
        format!("{}:{}:{whose}", self.what, self.window / 1000)
    }

    /// Until when no more is let through; none while there is room. Changes nothing.
    ///
    /// # Errors
    /// As the database fails.
    pub fn closed_until(&self, tx: &SqliteTx, whose: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        Ok(self
            .current(tx, &self.key(whose), now)?
            .filter(|(_, count)| *count >= self.most)
            .map(|(start, _)| start + self.window))
    }

    /// Counts one. Answers how many there are in this window now.
    ///
    /// # Errors
    /// As the database fails.
    pub fn count(&self, tx: &SqliteTx, whose: &str, now: Timestamp) -> Result<u32> {
        let key = self.key(whose);
        let (start, count) = self.current(tx, &key, now)?.unwrap_or((now, 0));
        // The window in which the last one let through fell closes for its whole length from then: five wrong tries
        // block for fifteen minutes after the fifth, not after the first.
        let start = if count + 1 == self.most { now } else { start };
        tx.conn().prepare_cached("DELETE FROM limits WHERE key = ?1")?.execute([&key])?;
        tx.conn().prepare_cached("INSERT INTO limits (key, window, count) VALUES (?1, ?2, ?3)")?.execute(params![
            key,
            sql::ms(start),
            count + 1
        ])?;
        Ok(count + 1)
    }

    /// Forgets what was counted.
    ///
    /// # Errors
    /// As the database fails.
    pub fn reset(&self, tx: &SqliteTx, whose: &str) -> Result<()> {
        tx.conn().prepare_cached("DELETE FROM limits WHERE key = ?1")?.execute([self.key(whose)])?;
        Ok(())
    }

    fn current(&self, tx: &SqliteTx, key: &str, now: Timestamp) -> Result<Option<(Timestamp, u32)>> {
        let since = now.saturating_sub(self.window);
        tx.conn()
            .prepare_cached(
                "SELECT window, count FROM limits WHERE key = ?1 AND window > ?2 ORDER BY window DESC LIMIT 1",
            )?
            .query_row(params![key, sql::ms(since)], |row| Ok((sql::at(row.get(0)?), row.get(1)?)))
            .optional()
    }
}

/// Deletes counters whose window is over in any case.
///
/// # Errors
/// As the database fails.
pub fn sweep(tx: &SqliteTx, before: Timestamp) -> Result<usize> {
    tx.conn().prepare_cached("DELETE FROM limits WHERE window <= ?1")?.execute([sql::ms(before)])
}
