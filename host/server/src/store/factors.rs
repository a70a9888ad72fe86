//! The second factor of staff: a sealed secret, the codes that are spent, and what stands in for a lost device.
//!
//! What was used once is used up in one statement: of any number of tries at once one succeeds. Nothing here opens
//! anything by itself; the secret is sealed and the recovery codes are hashed with a key that these records do not hold.

use client_connect_runtime::types::Timestamp;

use super::{
    SqliteTx,
    driver::{OptionalExtension, Result, params},
    sql,
};

/// A recovery code, hashed.
pub type CodeHash = [u8; 32];

/// A user's factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// Sealed.
    pub secret: Vec<u8>,
    /// When it was confirmed by a code, ms; none: it opens nothing yet, and nothing asks for it.
    pub since: Option<Timestamp>,
    /// The last time step whose code was taken.
    pub step: u64,
}

/// The user's factor, confirmed or not.
///
/// # Errors
/// As the database fails.
pub fn get(tx: &SqliteTx, user: &str) -> Result<Option<Factor>> {
    tx.conn()
        .prepare_cached("SELECT secret, since, step FROM factors WHERE user = ?1")?
        .query_row([user], |row| {
            let (since, step): (Option<i64>, i64) = (row.get(1)?, row.get(2)?);
            Ok(Factor { secret: row.get(0)?, since: since.map(sql::at), step: sql::at(step) })
        })
        .optional()
}

/// The user's factor, if codes of it are asked for.
///
/// # Errors
/// As the database fails.
pub fn confirmed(tx: &SqliteTx, user: &str) -> Result<Option<Factor>> {
    Ok(get(tx, user)?.filter(|factor| factor.since.is_some()))
}

/// Begins with a new secret, in the place of one that was begun. Answers false, and does nothing, where one is confirmed.
///
/// # Errors
/// As the database fails.
pub fn begin(tx: &SqliteTx, user: &str, secret: &[u8]) -> Result<bool> {
    let rows = tx
        .conn()
        .prepare_cached(
            "INSERT INTO factors (user, secret) VALUES (?1, ?2)
             ON CONFLICT (user) DO UPDATE SET secret = excluded.secret, step = 0 WHERE factors.since IS NULL",
        )?
        .execute(params![user, secret])?;
    Ok(rows == 1)
}

/// Confirms what was begun with the code of this step. Answers whether there was something to confirm.
///
/// # Errors
/// As the database fails.
pub fn confirm(tx: &SqliteTx, user: &str, step: u64, now: Timestamp) -> Result<bool> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE factors SET since = ?3, step = ?2 WHERE user = ?1 AND since IS NULL")?
        .execute(params![user, sql::ms(step), sql::ms(now)])?;
    Ok(rows == 1)
}

/// Uses up the code of this step, and with it those before. Answers whether it was still good.
///
/// # Errors
/// As the database fails.
pub fn spend(tx: &SqliteTx, user: &str, step: u64) -> Result<bool> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE factors SET step = ?2 WHERE user = ?1 AND since IS NOT NULL AND step < ?2")?
        .execute(params![user, sql::ms(step)])?;
    Ok(rows == 1)
}

/// Takes the factor away, with its recovery codes. Answers whether there was one that was confirmed.
///
/// # Errors
/// As the database fails.
pub fn remove(tx: &SqliteTx, user: &str) -> Result<bool> {
    let was = confirmed(tx, user)?.is_some();
    tx.conn().prepare_cached("DELETE FROM recovery_codes WHERE user = ?1")?.execute([user])?;
    tx.conn().prepare_cached("DELETE FROM factors WHERE user = ?1")?.execute([user])?;
    Ok(was)
}

/// Puts these recovery codes in the place of all before.
///
/// # Errors
/// As the database fails.
pub fn set_recovery(tx: &SqliteTx, user: &str, codes: &[CodeHash]) -> Result<()> {
    tx.conn().prepare_cached("DELETE FROM recovery_codes WHERE user = ?1")?.execute([user])?;
    let mut insert = tx.conn().prepare_cached("INSERT INTO recovery_codes (user, code) VALUES (?1, ?2)")?;
    for code in codes {
        insert.execute(params![user, code])?;
    }
    Ok(())
}

/// Uses up a recovery code. Answers whether it was one that was still good.
///
/// # Errors
/// As the database fails.
pub fn spend_recovery(tx: &SqliteTx, user: &str, code: &CodeHash, now: Timestamp) -> Result<bool> {
    let rows = tx
        .conn()
        .prepare_cached("UPDATE recovery_codes SET used_at = ?3 WHERE user = ?1 AND code = ?2 AND used_at IS NULL")?
        .execute(params![user, code, sql::ms(now)])?;
    Ok(rows == 1)
}

/// How many recovery codes are left.
///
/// # Errors
/// As the database fails.
pub fn recovery_left(tx: &SqliteTx, user: &str) -> Result<u32> {
    tx.conn()
        .prepare_cached("SELECT count(*) FROM recovery_codes WHERE user = ?1 AND used_at IS NULL")?
        .query_row([user], |row| row.get(0))
}

/// Whether everybody who works for the firm needs one.
///
/// # Errors
/// As the database fails.
pub fn required(tx: &SqliteTx, firm: &str) -> Result<bool> {
    tx.conn().prepare_cached("SELECT 1 FROM firms WHERE id = ?1 AND second_factor = 1")?.exists([firm])
}

/// Sets that.
///
/// # Errors
/// As the database fails.
pub fn require(tx: &SqliteTx, firm: &str, required: bool) -> Result<()> {
    tx.conn().prepare_cached("UPDATE firms SET second_factor = ?2 WHERE id = ?1")?.execute(params![firm, required])?;
    Ok(())
}
