//! The outbox: notices that wait to be told, and the letters that tell them.
//!
//! A letter is `waiting` for its time, `sending` while somebody has it on lease, and then `sent`, `dropped` (nothing
//! of it was true any more) or `dead` (it could not be delivered). Whoever loses their lease loses their say: the
//! outcome of an attempt is written down only by the attempt that holds the letter.

use client_connect_runtime::types::{Channel, Notice, Recipient, Timestamp, Topic};

use super::{
    SqliteTx,
    driver::{OptionalExtension, Result, params},
    new_id, sql,
};

/// A letter that is being sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Its id.
    pub id: String,
    /// The firm's id.
    pub firm: String,
    /// Whom it is for.
    pub to: To,
    /// How it goes.
    pub channel: Channel,
    /// How often it has been tried, this time included.
    pub attempts: u32,
    /// When it was made, ms.
    pub created_at: Timestamp,
    /// Until when it is this attempt's, ms.
    pub lease_until: Timestamp,
}

/// Whom a letter is for.
#[derive(Clone, Debug, PartialEq)]
pub enum To {
    /// A contact or a user, who is told of notices.
    Person(Recipient),
    /// Somebody who wants to sign in: the browser's hash in hex. The letter brings a code.
    SignIn(String),
    /// The contact who sent a document, by its id. The letter says that malware was found in it.
    Sender(String),
    /// A user, who is told what became of their own way to sign in: in one word.
    Account {
        /** Who. */
        user: String,
        /** What. */
        what: String,
    },
}

/// Whether something waits that is due.
///
/// # Errors
/// As the database fails.
pub fn is_due(tx: &SqliteTx, now: Timestamp) -> Result<bool> {
    let now = sql::ms(now);
    Ok(tx
        .conn()
        .prepare_cached(
            "SELECT 1 FROM letters WHERE state IN ('waiting', 'sending') AND next_at <= ?1
             AND (state = 'waiting' OR lease_until <= ?1) LIMIT 1",
        )?
        .exists([now])?
        || tx
            .conn()
            .prepare_cached("SELECT 1 FROM notices WHERE letter IS NULL AND due_at <= ?1 LIMIT 1")?
            .exists([now])?)
}

/// Makes letters of what is due: one for each recipient and channel, with all that waits for them there, due or not.
/// What the app shows goes by matter, as a message there opens one. Answers how many letters it made.
///
/// # Errors
/// As the database fails.
pub fn gather(tx: &SqliteTx, now: Timestamp, most: u32) -> Result<usize> {
    let groups: Vec<(String, String, String, String, Option<String>)> = tx
        .conn()
        .prepare_cached(
            "SELECT DISTINCT firm, recipient_kind, recipient, channel, CASE WHEN channel = 'in-app' THEN matter END
             FROM notices WHERE letter IS NULL AND due_at <= ?1 LIMIT ?2",
        )?
        .query_map(params![sql::ms(now), most], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<Result<_>>()?;
    for (firm, kind, recipient, channel, matter) in &groups {
        let id = new_id();
        insert(tx, &id, firm, kind, recipient, channel, "notices", now)?;
        tx.conn()
            .prepare_cached(
                "UPDATE notices SET letter = ?1 WHERE letter IS NULL AND firm = ?2 AND recipient_kind = ?3
                 AND recipient = ?4 AND channel = ?5 AND (?6 IS NULL OR matter = ?6)",
            )?
            .execute(params![id, firm, kind, recipient, channel, matter])?;
    }
    Ok(groups.len())
}

/// Puts a letter with a sign-in code into the outbox, due at once; the code itself is made when it is sent.
///
/// # Errors
/// As the database fails.
pub fn put_code(tx: &SqliteTx, firm: &str, browser: &str, now: Timestamp) -> Result<()> {
    insert(tx, &new_id(), firm, "browser", browser, "email", "code", now)
}

/// Puts a letter into the outbox, due at once, that tells a user what became of their way to sign in.
///
/// # Errors
/// As the database fails.
pub fn put_account(tx: &SqliteTx, firm: &str, user: &str, what: &str, now: Timestamp) -> Result<()> {
    let id = new_id();
    insert(tx, &id, firm, "user", user, "email", "account", now)?;
    tx.conn().prepare_cached("UPDATE letters SET body = ?2 WHERE id = ?1")?.execute([&id, what])?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub(super) fn insert(
    tx: &SqliteTx,
    id: &str,
    firm: &str,
    kind: &str,
    recipient: &str,
    channel: &str,
    purpose: &str,
    now: Timestamp,
) -> Result<()> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO letters (id, firm, recipient_kind, recipient, channel, purpose, state, next_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?7)",
        )?
        .execute(params![id, firm, kind, recipient, channel, purpose, sql::ms(now)])?;
    Ok(())
}

/// Takes letters that are due on lease, codes first.
///
/// # Errors
/// As the database fails.
pub fn claim(tx: &SqliteTx, now: Timestamp, lease_until: Timestamp, most: u32) -> Result<Vec<Letter>> {
    tx.conn()
        .prepare_cached(
            "UPDATE letters SET state = 'sending', lease_until = ?2, attempts = attempts + 1
             WHERE id IN (SELECT id FROM letters
                 WHERE state IN ('waiting', 'sending') AND next_at <= ?1 AND (state = 'waiting' OR lease_until <= ?1)
                 ORDER BY purpose, next_at LIMIT ?3)
             RETURNING id, firm, recipient_kind, recipient, channel, attempts, created_at, lease_until,
                       CASE WHEN purpose = 'account' THEN coalesce(body, '') END",
        )?
        .query_map(params![sql::ms(now), sql::ms(lease_until), most], |row| {
            let (kind, recipient): (String, String) = (row.get(2)?, row.get(3)?);
            Ok(Letter {
                id: row.get(0)?,
                firm: row.get(1)?,
                to: match (kind.as_str(), row.get(8)?) {
                    ("user", Some(what)) => To::Account { user: recipient, what },
                    ("contact", _) => To::Person(Recipient::Contact(recipient)),
                    ("user", None) => To::Person(Recipient::User(recipient)),
                    ("sender", _) => To::Sender(recipient),
                    _ => To::SignIn(recipient),
                },
                channel: channel(&row.get::<_, String>(4)?),
                attempts: row.get(5)?,
                created_at: sql::at(row.get(6)?),
                lease_until: sql::at(row.get(7)?),
            })
        })?
        .collect()
}

fn channel(word: &str) -> Channel {
    if word == "in-app" { Channel::InApp } else { Channel::Email }
}

/// What a letter is to tell, in the order in which it happened.
///
/// # Errors
/// As the database fails.
pub fn notices(tx: &SqliteTx, letter: &str) -> Result<Vec<Notice>> {
    tx.conn()
        .prepare_cached(
            "SELECT recipient_kind, recipient, channel, matter, topic, topic_other, documents, contact, key, attributes
             FROM notices WHERE letter = ?1 ORDER BY n",
        )?
        .query_map([letter], |row| {
            let (kind, recipient): (String, String) = (row.get(0)?, row.get(1)?);
            let (topic, other): (String, bool) = (row.get(4)?, row.get(5)?);
            let documents: String = row.get(6)?;
            Ok(Notice {
                to: if kind == "contact" { Recipient::Contact(recipient) } else { Recipient::User(recipient) },
                channel: channel(&row.get::<_, String>(2)?),
                matter: row.get(3)?,
                topic: match topic.as_str() {
                    "invited" if !other => Topic::Invited,
                    "shared" if !other => Topic::Shared,
                    "uploaded" if !other => Topic::Uploaded,
                    _ => Topic::Other(topic),
                },
                documents: serde_json::from_str(&documents).map_err(|error| from_json(6, error))?,
                contact: row.get(7)?,
                key: row.get(8)?,
                attributes: row.get::<_, sql::Attrs>(9)?.0,
            })
        })?
        .collect()
}

fn from_json(column: usize, error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

/// A person's address and language, and the firm that writes to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// As stored; none where there is none, or the person is gone.
    pub email: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// The firm's name, as its customers read it.
    pub firm: String,
    /// The firm's address.
    pub sender: String,
}

/// How to reach a contact or a user; none where they are gone.
///
/// # Errors
/// As the database fails.
pub fn addressed(tx: &SqliteTx, to: &Recipient) -> Result<Option<Addressed>> {
    let (query, id) = match to {
        Recipient::Contact(id) => (
            "SELECT p.email, p.locale, f.name, f.sender FROM contacts p JOIN firms f ON f.id = p.firm
             WHERE p.id = ?1 AND p.deleted_at IS NULL",
            id,
        ),
        Recipient::User(id) => (
            "SELECT p.email, p.locale, f.name, f.sender FROM users p JOIN firms f ON f.id = p.firm WHERE p.id = ?1 AND p.active = 1",
            id,
        ),
    };
    tx.conn()
        .prepare_cached(query)?
        .query_row([id], |row| {
            Ok(Addressed { email: row.get(0)?, locale: row.get(1)?, firm: row.get(2)?, sender: row.get(3)? })
        })
        .optional()
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It left.
    Sent,
    /// Nothing of it was true any more.
    Dropped,
    /// It is to be tried again.
    Later {
        /** When, ms. */
        at: Timestamp,
        /** A reply code and a word. */
        said: String,
    },
    /// It could not be delivered.
    Dead {
        /** A reply code and a word. */
        said: String,
    },
}

/// Writes down how an attempt ended. Answers whether the letter was still this attempt's.
///
/// # Errors
/// As the database fails.
pub fn settle(
    tx: &SqliteTx,
    letter: &Letter,
    address: Option<&str>,
    subject: Option<&str>,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<bool> {
    let (state, next_at, said, sent_at) = match outcome {
        Outcome::Sent => ("sent", None, None, Some(sql::ms(now))),
        Outcome::Dropped => ("dropped", None, None, None),
        Outcome::Later { at, said } => ("waiting", Some(sql::ms(*at)), Some(said), None),
        Outcome::Dead { said } => ("dead", None, Some(said), None),
    };
    let changed = tx
        .conn()
        .prepare_cached(
            "UPDATE letters SET state = ?3, next_at = coalesce(?4, next_at), last_error = ?5, sent_at = ?6,
                 address = coalesce(?7, address), subject = coalesce(?8, subject), lease_until = NULL
             WHERE id = ?1 AND state = 'sending' AND lease_until = ?2",
        )?
        .execute(params![letter.id, sql::ms(letter.lease_until), state, next_at, said, sent_at, address, subject])?;
    Ok(changed == 1)
}

/// Whom to tell of a letter that could not be delivered: for each of its matters the owner, or who stands in for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concerned {
    /// A user's id.
    pub user: String,
    /// The matter's id.
    pub matter: String,
    /// The name of whom the letter was for.
    pub recipient: String,
}

/// The users to tell of a dead letter.
///
/// # Errors
/// As the database fails.
pub fn concerned(tx: &SqliteTx, letter: &str) -> Result<Vec<Concerned>> {
    tx.conn()
        .prepare_cached(
            "SELECT DISTINCT u.id, m.id, coalesce(c.name, r.name, '')
             FROM notices n
             JOIN matters m ON m.id = n.matter
             JOIN firms f ON f.id = m.firm
             JOIN users u ON u.id = coalesce((SELECT o.id FROM users o WHERE o.id = m.owner AND o.active = 1), f.fallback_user)
             LEFT JOIN contacts c ON n.recipient_kind = 'contact' AND c.id = n.recipient
             LEFT JOIN users r ON n.recipient_kind = 'user' AND r.id = n.recipient
             WHERE n.letter = ?1 ORDER BY m.id",
        )?
        .query_map([letter], |row| Ok(Concerned { user: row.get(0)?, matter: row.get(1)?, recipient: row.get(2)? }))?
        .collect()
}

/// How a notice to a contact of a matter fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The letter's id; none while the notice is held.
    pub letter: Option<String>,
    /// The contact's id.
    pub contact: String,
    /// `invited`, `shared`, or another word of the plugin's.
    pub topic: String,
    /// `held`, `waiting`, `sending`, `sent`, `dropped` or `dead`.
    pub state: String,
    /// How often it has been tried.
    pub attempts: u32,
    /// A reply code and a word, if the last attempt failed.
    pub said: Option<String>,
    /// When the notice came into being, ms.
    pub created_at: Timestamp,
    /// When it is due, ms.
    pub due_at: Timestamp,
    /// When its letter left, ms.
    pub sent_at: Option<Timestamp>,
}

/// How the last notice of each topic to each contact of a matter fares, by contact.
///
/// # Errors
/// As the database fails.
pub fn fates(tx: &SqliteTx, matter: &str) -> Result<Vec<Fate>> {
    tx.conn()
        .prepare_cached(
            "SELECT n.letter, n.recipient, n.topic, coalesce(l.state, 'held'), coalesce(l.attempts, 0), l.last_error,
                    n.created_at, n.due_at, l.sent_at
             FROM notices n LEFT JOIN letters l ON l.id = n.letter
             WHERE n.matter = ?1 AND n.recipient_kind = 'contact' AND n.n = (
                 SELECT max(o.n) FROM notices o
                 WHERE o.matter = n.matter AND o.recipient_kind = 'contact' AND o.recipient = n.recipient
                 AND o.channel = n.channel AND o.topic = n.topic)
             ORDER BY n.recipient, n.topic",
        )?
        .query_map([matter], |row| {
            Ok(Fate {
                letter: row.get(0)?,
                contact: row.get(1)?,
                topic: row.get(2)?,
                state: row.get(3)?,
                attempts: row.get(4)?,
                said: row.get(5)?,
                created_at: sql::at(row.get(6)?),
                due_at: sql::at(row.get(7)?),
                sent_at: row.get::<_, Option<i64>>(8)?.map(sql::at),
            })
        })?
        .collect()
}

/// Tries a dead letter of this matter once more, from the beginning. Answers whether there is such a dead letter.
///
/// # Errors
/// As the database fails.
pub fn resend(tx: &SqliteTx, matter: &str, letter: &str, now: Timestamp) -> Result<bool> {
    let changed = tx
        .conn()
        .prepare_cached(
            "UPDATE letters SET state = 'waiting', attempts = 0, next_at = ?3, created_at = ?3
             WHERE id = ?1 AND state = 'dead' AND EXISTS (SELECT 1 FROM notices n WHERE n.letter = letters.id AND n.matter = ?2)",
        )?
        .execute(params![letter, matter, sql::ms(now)])?;
    Ok(changed == 1)
}

/// Marks all that waits as told: for records that are filled from elsewhere, with a past that is over.
///
/// # Errors
/// As the database fails.
pub fn told_before(tx: &SqliteTx, now: Timestamp) -> Result<()> {
    while gather(tx, now.saturating_add(u64::from(u32::MAX)), u32::MAX)? > 0 {}
    tx.conn()
        .prepare_cached(
            "UPDATE letters SET state = 'sent', sent_at = due.at, created_at = due.at
             FROM (SELECT l.id, min(?1, coalesce((SELECT max(due_at) FROM notices WHERE letter = l.id), ?1)) AS at
                   FROM letters l WHERE l.state = 'waiting') AS due
             WHERE due.id = letters.id",
        )?
        .execute([sql::ms(now)])?;
    Ok(())
}

/// How many letters wait or are being sent, and how many are dead.
///
/// # Errors
/// As the database fails.
pub fn pending(tx: &SqliteTx) -> Result<(u32, u32)> {
    tx.conn()
        .prepare_cached("SELECT count(*) FILTER (WHERE state IN ('waiting', 'sending')), count(*) FILTER (WHERE state = 'dead') FROM letters")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Deletes letters with codes from before: what they were for is over.
///
/// # Errors
/// As the database fails.
pub fn sweep_codes(tx: &SqliteTx, before: Timestamp) -> Result<usize> {
    tx.conn()
        .prepare_cached("DELETE FROM letters WHERE purpose = 'code' AND created_at <= ?1")?
        .execute([sql::ms(before)])
}
