//! What becomes of an upload: a document of the matter, seen by its uploader alone, and told of once.

use std::collections::BTreeSet;

use super::{News, entry, tell};
use crate::{
    decide::{Deed, Why},
    host::Host,
    limits,
    portal::{Visit, no},
    refuse::{self, Answer, Fault, Much, Named, Stop, settle},
    types::*,
};

/// The type that the Documents page shows.
const KIND: &str = "Document (Portal)";

/// `events.on-upload`: whole uploads of the contact who asks.
///
/// # Errors
/// As the contract says: whoever may not upload now is refused, and the host throws the uploads away.
pub fn on_upload<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    documents: &[DocumentId],
) -> Result<Vec<Problem>, Refusal> {
    settle(ctx, uploaded(host, ctx, matter, documents))
}

fn uploaded<H: Host>(host: &mut H, ctx: &CallContext, matter: &str, documents: &[DocumentId]) -> Answer<Vec<Problem>> {
    let Actor::Contact(uploader) = &ctx.actor else {
        return Err(Stop::Denied(Fault::WrongActor));
    };
    refuse::at_most(limits::DOCUMENTS, documents.len(), Much::Documents)?;
    let only = std::slice::from_ref(uploader);
    let known = match host.list_shared(matter, documents, Some(only)) {
        Ok(shares) => shares.into_iter().map(|share| share.document).collect(),
        // The portal is closed to them by now; the decision below says so.
        Err(HostError::NotFound(_)) => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    let mut named = BTreeSet::new();
    let fresh: Vec<DocumentId> =
        documents.iter().filter(|id| !known.contains(*id) && named.insert(*id)).cloned().collect();
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let visit = Visit::load(host, ctx.now, matter, uploader, false)?;
    match visit.may(Deed::Upload) {
        Ok(()) => {}
        // What was accepted once is never refused: of a report that names some of it again, the rest stays
        // a document of the matter, and nothing more.
        Err(_) if !known.is_empty() => return Ok(Vec::new()),
        Err(why) => return Err(no(why)),
    }
    let found = own(host, matter, uploader, &fresh)?;
    let owner = in_charge(host, &visit.matter)?;
    let changes: Vec<DocumentChange> = fresh
        .iter()
        .map(|id| DocumentChange {
            document: id.clone(),
            kind: Some(KIND.to_owned()),
            created_by: Some(owner.clone()),
            attributes: Vec::new(),
        })
        .collect();
    host.update_documents(matter, &changes)?;
    let shares: Vec<SharedDocument> = fresh
        .iter()
        .map(|id| SharedDocument {
            document: id.clone(),
            contact: uploader.clone(),
            state: ShareState::Live,
            since: ctx.now,
            seen: None,
            attributes: Vec::new(),
        })
        .collect();
    host.put_shared(matter, &shares)?;
    // Only the true uploader: whom the Documents page names as its creator did nothing.
    let entries: Vec<Entry> =
        fresh.iter().map(|id| entry(matter, "document.uploaded", Some(id.clone()), Some(uploader.clone()))).collect();
    host.append(&entries)?;
    if let Some(first) = fresh.first() {
        let key = format!("upload/{first}");
        let news = News { topic: Topic::Uploaded, documents: fresh.clone(), contact: uploader.clone() };
        tell(host, &visit.matter, news, &key)?;
    }
    let hints = already_sent(host, matter, uploader, &found)?;
    Ok(refuse::problems(ctx, &hints))
}

/// The documents, if each is there and the host says that this contact sent it.
fn own<H: Host>(host: &mut H, matter: &str, uploader: &str, ids: &[DocumentId]) -> Answer<Vec<Document>> {
    let mut faults = Vec::new();
    let mut own = Vec::with_capacity(ids.len());
    for (id, document) in ids.iter().zip(host.get_documents(matter, ids)?) {
        match document {
            Some(document) if matches!(&document.source, DocumentSource::Portal(by) if by == uploader) => {
                own.push(document)
            }
            Some(_) => faults.push(Fault::NotAnUpload { document: id.clone() }),
            None => faults.push(Fault::DocumentGone { document: id.clone() }),
        }
    }
    refuse::unless(faults)?;
    Ok(own)
}

/// Whom the Documents page shows as creator: the matter's owner, the firm's fallback where there is none who
/// is active, and rather an owner who has left than nobody.
fn in_charge<H: Host>(host: &mut H, matter: &Matter) -> Answer<UserId> {
    let candidates: Vec<UserId> = matter.owner.iter().chain(&matter.firm.fallback).cloned().collect();
    if candidates.is_empty() {
        return Err(no(Why::NobodyInCharge));
    }
    let members = host.get_users(&matter.id, &candidates)?;
    let active = members.into_iter().flatten().find(|member| member.user.active).map(|member| member.user.id);
    active.or_else(|| candidates.into_iter().next()).ok_or_else(|| no(Why::NobodyInCharge))
}

/// For each upload that has the same bytes as one they sent before, or were shown before: which one.
fn already_sent<H: Host>(host: &mut H, matter: &str, uploader: &str, uploads: &[Document]) -> Answer<Vec<Fault>> {
    let mut hints = Vec::new();
    for document in uploads.iter().take(limits::HINTS) {
        let filter = DocumentFilter {
            contacts: vec![uploader.to_owned()],
            lane: Lane::Uploaded,
            search: None,
            same_content_as: Some(document.id.clone()),
            sort: SortKey::CreatedAt,
            descending: false,
            attributes: Vec::new(),
        };
        let same = host.find_documents(matter, &filter, &Page { after: None, limit: 1 })?;
        let earlier = same
            .rows
            .into_iter()
            .map(|row| row.document)
            .find(|same| uploads.iter().all(|upload| upload.id != same.id));
        if let Some(earlier) = earlier {
            hints.push(Fault::AlreadySent {
                document: Named::new(&document.id, &document.name),
                earlier: Named::new(&earlier.id, &earlier.name),
                at: earlier.created_at,
            });
        }
    }
    Ok(hints)
}
