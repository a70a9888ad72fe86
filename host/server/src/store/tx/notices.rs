//! The outbox's notices, and the answers kept under idempotency keys.

use client_connect_runtime::{
    backend::{CallRecord, Remembered},
    types::{Channel, HostError, Notice, Recipient, Topic},
};

use crate::store::{
    SqliteTx,
    driver::{OptionalExtension, params},
    sql::{AttrsRef, Host, list, ms, not_found},
};

/// Notices by mail are due after the firm's hold; what the app shows is due at once.
pub(super) fn enqueue(tx: &SqliteTx, call: &CallRecord, notices: &[Notice]) -> Result<(), HostError> {
    for notice in notices {
        let (firm, hold): (String, i64) = tx
            .conn()
            .prepare_cached("SELECT f.id, f.mail_hold FROM matters m JOIN firms f ON f.id = m.firm WHERE m.id = ?1")
            .and_then(|mut found| found.query_row([&notice.matter], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .host()?
            .ok_or_else(|| not_found("a notice's matter"))?;
        let (kind, recipient) = match &notice.to {
            Recipient::Contact(id) => ("contact", id),
            Recipient::User(id) => ("user", id),
        };
        let (channel, hold) = match notice.channel {
            Channel::Email => ("email", hold.max(0).saturating_mul(1_000)),
            Channel::InApp => ("in-app", 0),
        };
        let (topic, other) = match &notice.topic {
            Topic::Invited => ("invited", false),
            Topic::Shared => ("shared", false),
            Topic::Uploaded => ("uploaded", false),
            Topic::Other(word) => (word.as_str(), true),
        };
        tx.conn()
            .prepare_cached(
                "INSERT INTO notices (firm, matter, recipient_kind, recipient, channel, topic, topic_other, documents, contact,
                                      key, attributes, call, created_at, due_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (matter, recipient_kind, recipient, channel, key) DO NOTHING",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    firm,
                    notice.matter,
                    kind,
                    recipient,
                    channel,
                    topic,
                    other,
                    list(&notice.documents),
                    notice.contact,
                    notice.key,
                    AttrsRef(&notice.attributes),
                    call.id,
                    ms(call.at),
                    ms(call.at).saturating_add(hold),
                ])
            })
            .host()?;
    }
    Ok(())
}

pub(super) fn remembered(tx: &SqliteTx, key: &str) -> Result<Option<Remembered>, HostError> {
    tx.conn()
        .prepare_cached("SELECT request, answer FROM idempotency WHERE key = ?1")
        .and_then(|mut found| {
            found.query_row([key], |row| Ok(Remembered { request: row.get(0)?, answer: row.get(1)? })).optional()
        })
        .host()
}

pub(super) fn remember(tx: &SqliteTx, key: &str, remembered: &Remembered) -> Result<(), HostError> {
    tx.conn()
        .prepare_cached("INSERT INTO idempotency (key, request, answer, at) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut insert| insert.execute((key, remembered.request, &remembered.answer, ms(tx.now()))))
        .host()
        .map(drop)
}
