//! One document: what is known of it, who sees it, and all that it has been.

use client_connect_pages::{
    show::{Size, When},
    staff::documents::{Document, Version},
};

use super::{
    documents::{rows, seen},
    names::Names,
    *,
};
use crate::{
    store::{quarantine::Held, staff::readers, versions},
    web::{Path, staff::visible},
};

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path((matter, id)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let limit = Size(app.web.upload_limit);
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let document = visible(unit.tx(), &staff.user, &matter, &id)?;
        let now = unit.now();
        let tx: &SqliteTx = unit.tx();
        let mut names = Names::default();
        let seen = seen(tx, &head, std::slice::from_ref(&document), now)?;
        let only_for = match readers(tx, &id)? {
            Some(users) => {
                let named = users.iter().filter_map(|user| names.user(tx, user).transpose());
                Some(named.collect::<Result<Vec<_>, _>>()?)
            }
            None => None,
        };
        let row = rows(tx, vec![document], &seen)?.pop().ok_or_else(Problem::not_found)?;
        let sender = match &row.source {
            client_connect_pages::staff::documents::Source::Portal(name) => Some(name.clone()),
            _ => None,
        };
        let mut version = |version: versions::Version| {
            let by = version.created_by.as_deref().map(|user| names.user(tx, user)).transpose()?.flatten();
            Ok::<_, Problem>(Version {
                number: version.version,
                size: Size(version.size),
                created: When(version.created_at),
                created_by: by.or_else(|| sender.clone()),
                sha256: version.sha256,
                held: version.blob.err().map(|held| held == Held::Found),
            })
        };
        let versions = versions::list(tx, &id)?.into_iter().map(&mut version).collect::<Result<Vec<_>, _>>()?;
        let readers = seen.into_iter().map(|(_, name)| name).collect();
        Ok(Document { frame, matter: head, row, readers, only_for, versions, limit })
    };
    show(&app, asker, work).await
}
