//! The end of uploads that came in pieces: all of one go become documents together, in one transaction, with one receipt and
//! one notice.
//!
//! Whoever did not hear the answer asks again and hears the same: finished under no key of their own, the uploads
//! themselves are the key.

use std::collections::BTreeSet;

use axum::{http::StatusCode, response::Response};
use client_connect_runtime::types::Actor;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{
    Visitor,
    tus::{give_up_if_refused, looked_at_whole},
    upload::{Waiting, may_upload, store_all},
};
use crate::{
    app::SharedApp,
    store::{SqliteTx, uploads},
    web::{
        Asked, blocking,
        bytes::{
            pieces::{self, Turn},
            receive::MAX_FILES,
        },
        problem::{Fault, Problem},
    },
};

/// Uploads of which everything has come, to be made documents in one go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    /// Their ids, in the order in which the receipt is to name them.
    uploads: Vec<String>,
}

/// Makes documents of uploads: of all of them, or of none.
pub(super) async fn finish(
    app: &SharedApp,
    visitor: Visitor,
    matter: String,
    mut asked: Asked,
    body: Finish,
) -> Result<Response, Problem> {
    let ids = body.uploads;
    let distinct: BTreeSet<&String> = ids.iter().collect();
    if ids.is_empty() || ids.len() > MAX_FILES || distinct.len() != ids.len() {
        let message = format!("Name each upload once, and 1 to {MAX_FILES} of them.");
        return Err(Problem::field("uploads", "out-of-range", message));
    }
    let mut key = Sha256::new();
    distinct.iter().for_each(|id| key.update(format!("{} {id}", id.len())));
    let key = hex::encode(key.finalize());
    asked.also(key.as_bytes());
    asked.or_key(&["uploads-", &key].concat());
    let outcome = make(app, &visitor, &matter, asked, &ids).await;
    if outcome.is_err() {
        give_up_if_refused(app, &visitor, &matter, ids).await;
    }
    outcome
}

async fn make(
    app: &SharedApp,
    visitor: &Visitor,
    matter: &str,
    asked: Asked,
    ids: &[String],
) -> Result<Response, Problem> {
    let (asker, place, named) = (visitor.clone(), matter.to_owned(), ids.to_vec());
    let (caller, in_parts) = blocking(app, move |app| {
        app.runtime.read(|unit| {
            let caller = may_upload(app, unit, &asker, &place)?;
            let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let mut in_parts = Vec::new();
            for id in &named {
                let found = uploads::get(tx, &place, contact, id, now)?;
                in_parts.extend(found.filter(|one| one.received == one.length && one.whole.is_none()));
            }
            Ok((caller, in_parts))
        })
    })
    .await?;
    // Only where the host ended between the last byte and this: else they were joined when that came.
    for upload in in_parts {
        let turn = Turn::take(app, &upload.id).await;
        pieces::join(app, &upload).await?;
        drop(turn);
        looked_at_whole(app, visitor, matter, &upload.id).await?;
    }
    let (host, visitor, matter, ids) = (app.clone(), visitor.clone(), matter.to_owned(), ids.to_vec());
    asked
        .run(app, caller, StatusCode::CREATED, move |unit, caller| {
            let again = may_upload(&host, unit, &visitor, &matter)?;
            let Actor::Contact(contact) = &caller.actor else { return Err(Problem::not_found()) };
            if again.actor != caller.actor {
                return Err(Problem::not_found());
            }
            let now = unit.now();
            let tx: &SqliteTx = unit.tx();
            let (mut waiting, mut incomplete) = (Vec::with_capacity(ids.len()), Vec::new());
            for id in &ids {
                let upload = uploads::get(tx, &matter, contact, id, now)?.ok_or_else(Problem::not_found)?;
                match upload.whole {
                    Some(whole) => {
                        uploads::take(tx, id)?;
                        waiting.push(Waiting { blob: whole.blob, name: upload.name, written: whole.written });
                    }
                    None => incomplete.push(Fault {
                        code: "upload-incomplete".into(),
                        message: format!("Only {} of {} bytes have come.", upload.received, upload.length),
                        attributes: [("upload".to_owned(), id.clone())].into(),
                    }),
                }
            }
            if !incomplete.is_empty() {
                return Err(Problem { errors: incomplete, ..Problem::conflict("upload-incomplete", "") });
            }
            store_all(unit, caller, &matter, &waiting)
        })
        .await
}
