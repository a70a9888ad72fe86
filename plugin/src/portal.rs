//! What a contact sees, and what bytes they may have (OV4, OV5, SH16, SH23, SH30, CU2, CU5).
//!
//! [`documents`] and [`permit`] are asked more often than all else together: the first makes four calls of
//! the host, the second five, however many rows there are.

use crate::{
    attributes::pair,
    decide::{self, Deed, Facts, Why},
    host::Host,
    limits,
    refuse::{self, Answer, Fault, Much, Stop, settle},
    sharing::{at_most_rows, searched},
    types::*,
};

/// Whoever looks: the contact, or staff on their behalf.
fn visitor(ctx: &CallContext) -> Answer<(&ContactId, bool)> {
    match &ctx.actor {
        Actor::Contact(contact) => Ok((contact, false)),
        Actor::ViewingAs(viewing) => Ok((&viewing.contact, true)),
        Actor::User(_) | Actor::Host => Err(Stop::NotFound),
    }
}

pub(crate) fn no(why: Why) -> Stop {
    match why {
        Why::NotTheirs => Stop::NotFound,
        Why::FirmOff => Stop::Denied(Fault::FirmOff),
        Why::NoDownload => Stop::Denied(Fault::NoDownload),
        Why::MatterClosed => Stop::Denied(Fault::MatterClosed),
        Why::NobodyInCharge => Stop::Denied(Fault::NobodyInCharge),
        Why::ViewingAs => Stop::Denied(Fault::ViewingAs),
    }
}

/// A matter that somebody has entered.
pub(crate) struct Visit {
    pub(crate) matter: Matter,
    pub(crate) contact: Option<Contact>,
    pub(crate) grant: Option<AccessGrant>,
    viewing: bool,
    now: Timestamp,
}

impl Visit {
    /// What there is to decide from, of one contact in one matter.
    pub(crate) fn load<H: Host>(
        host: &mut H,
        now: Timestamp,
        matter: &str,
        contact: &ContactId,
        viewing: bool,
    ) -> Answer<Self> {
        let only = std::slice::from_ref(contact);
        let matter = host.get_matter(matter)?;
        let grant = host.list_grants(&matter.id, Some(only))?.into_iter().find(|grant| grant.contact == *contact);
        let linked = match grant {
            Some(_) => host.list_contacts(&matter.id, Some(only))?.into_iter().find(|linked| linked.id == *contact),
            None => None,
        };
        Ok(Self { matter, contact: linked, grant, viewing, now })
    }

    /// Whether they may.
    pub(crate) fn may(&self, deed: Deed) -> Result<(), Why> {
        let facts = Facts {
            matter: &self.matter,
            contact: self.contact.as_ref(),
            grant: self.grant.as_ref(),
            address_shared: false,
            viewing: self.viewing,
            now: self.now,
        };
        decide::decide(&facts, deed)
    }
}

/// The one way in: for a deed, in a matter.
fn enter<'c, H: Host>(host: &mut H, ctx: &'c CallContext, matter: &str, deed: Deed) -> Answer<(Visit, &'c ContactId)> {
    let (contact, viewing) = visitor(ctx)?;
    if let Actor::ViewingAs(ViewingAs { user, .. }) = &ctx.actor {
        let member = host.get_users(matter, std::slice::from_ref(user))?.pop().flatten();
        if !member.is_some_and(|member| member.user.active && member.can_view) {
            return Err(Stop::NotFound);
        }
    }
    let visit = Visit::load(host, ctx.now, matter, contact, viewing)?;
    visit.may(deed).map_err(no)?;
    Ok((visit, contact))
}

/// `portal.matters`: the matters to choose from. A contact who shares an address with another of the firm is
/// refused like an unknown one: nobody is taken for somebody else.
///
/// # Errors
/// As the contract says.
pub fn matters<H: Host>(host: &mut H, ctx: &CallContext) -> Result<Vec<MatterChoice>, Refusal> {
    settle(ctx, choose(host, ctx))
}

fn choose<H: Host>(host: &mut H, ctx: &CallContext) -> Answer<Vec<MatterChoice>> {
    let (contact, _) = visitor(ctx)?;
    if host.get_same_address(std::slice::from_ref(contact))?.iter().any(|others| !others.is_empty()) {
        return Err(Stop::NotFound);
    }
    let mut open = host.list_granted_matters(contact)?;
    open.retain(|granted| decide::is_open(&granted.grant, ctx.now) && !decide::has_ended(&granted.matter, ctx.now));
    if open.iter().any(|granted| !granted.matter.firm.enabled) {
        return Err(Stop::Denied(Fault::FirmOff));
    }
    let mut choices: Vec<MatterChoice> = open
        .into_iter()
        .map(|GrantedMatter { matter, .. }| MatterChoice {
            matter: matter.id,
            firm: matter.firm.name,
            name: matter.name,
            attributes: Vec::new(),
        })
        .collect();
    choices
        .sort_by_cached_key(|choice| (choice.firm.to_lowercase(), choice.name.to_lowercase(), choice.matter.clone()));
    Ok(choices)
}

/// `portal.view`: the details of the matter, and no more of it.
///
/// # Errors
/// As the contract says.
pub fn view<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Result<PortalMatter, Refusal> {
    settle(ctx, look(host, ctx, matter))
}

fn look<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Answer<PortalMatter> {
    let (visit, _) = enter(host, ctx, matter, Deed::Read)?;
    let (can_download, can_upload) = (visit.may(Deed::Download).is_ok(), visit.may(Deed::Upload).is_ok());
    let Visit { matter: found, grant, .. } = visit;
    let owner = match &found.owner {
        Some(owner) => {
            host.get_users(matter, std::slice::from_ref(owner))?.pop().flatten().map(|member| member.user.name)
        }
        None => None,
    };
    let mut attributes = Vec::new();
    if let Some(until) = grant.and_then(|grant| grant.until) {
        attributes.push(pair("until", until.to_string()));
    }
    if found.closed_at.is_some() {
        attributes.push(pair("closed", "true"));
    }
    Ok(PortalMatter {
        matter: found.id,
        firm: found.firm.name,
        name: found.name,
        owner,
        opened_at: found.opened_at,
        can_download,
        can_upload,
        attributes,
    })
}

/// `portal.documents`: a page of what the contact sees.
///
/// # Errors
/// As the contract says; a page that is too long is refused, not cut.
pub fn documents<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    search: Option<String>,
    sort: SortKey,
    descending: bool,
    page: &Page,
) -> Result<PortalPage, Refusal> {
    settle(ctx, list(host, ctx, matter, search, (sort, descending), page))
}

fn list<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    search: Option<String>,
    (sort, descending): (SortKey, bool),
    page: &Page,
) -> Answer<PortalPage> {
    at_most_rows(page)?;
    let (visit, contact) = enter(host, ctx, matter, Deed::Read)?;
    let can_download = visit.may(Deed::Download).is_ok();
    let filter = DocumentFilter {
        contacts: vec![contact.clone()],
        lane: Lane::AnyOfThem,
        search: searched(search),
        same_content_as: None,
        sort,
        descending,
        attributes: Vec::new(),
    };
    let found = host.find_documents(matter, &filter, page)?;
    let rows = found.rows.into_iter().filter_map(|row| row_of(row, contact, can_download)).collect();
    Ok(PortalPage { rows, next: found.next, total: found.total, exact: found.exact })
}

/// The row as the contact may read it; none if it is not theirs to see.
fn row_of(row: DocumentRow, contact: &str, can_download: bool) -> Option<PortalDocument> {
    let share = row.shares.into_iter().find(|share| share.contact == contact && decide::is_live(share))?;
    let document = row.document;
    Some(PortalDocument {
        own_upload: matches!(&document.source, DocumentSource::Portal(uploader) if uploader == contact),
        document: document.id,
        name: document.name,
        media_type: document.media_type,
        size: document.size,
        version: document.version,
        created_at: document.created_at,
        activity_at: document.activity_at,
        can_preview: document.can_preview,
        can_download,
        seen: share.seen.map(|receipt| receipt.version),
        attributes: Vec::new(),
    })
}

/// `portal.permit`: those of the documents whose bytes may move.
///
/// # Errors
/// As the contract says: a deed that is not allowed for any document is refused; documents that are not
/// there, or not theirs, are left out alike.
pub fn permit<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    verb: Verb,
    documents: &[DocumentId],
) -> Result<Vec<Document>, Refusal> {
    settle(ctx, allow(host, ctx, matter, verb, documents))
}

fn allow<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    verb: Verb,
    documents: &[DocumentId],
) -> Answer<Vec<Document>> {
    refuse::at_most(limits::DOCUMENTS, documents.len(), Much::Documents)?;
    let deed = match verb {
        Verb::Preview => Deed::Read,
        Verb::Download => Deed::Download,
        Verb::Upload => Deed::Upload,
    };
    let (_, contact) = enter(host, ctx, matter, deed)?;
    if documents.is_empty() || verb == Verb::Upload {
        return Ok(Vec::new());
    }
    let mut live: Vec<DocumentId> = host
        .list_shared(matter, documents, Some(std::slice::from_ref(contact)))?
        .into_iter()
        .filter(|share| share.contact == *contact && decide::is_live(share))
        .map(|share| share.document)
        .collect();
    if live.is_empty() {
        return Ok(Vec::new());
    }
    live.sort_unstable();
    let found = host.get_documents(matter, documents)?;
    Ok(found.into_iter().flatten().filter(|document| live.binary_search(&document.id).is_ok()).collect())
}
