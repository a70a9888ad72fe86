//! The one decision: whether a contact may do something in a matter now.
//!
//! Every route that shows a contact anything asks [`decide`], and so do the sections that tell staff who has
//! access, the events and the letters: what staff are shown is what the portal does.

use crate::{
    address, attributes,
    types::{AccessGrant, Contact, Matter, ShareState, SharedDocument, Timestamp},
};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// See the matter, its list and the pages of its documents.
    Read,
    /// Take the bytes of a document.
    Download,
    /// Send a document.
    Upload,
}

/// Why not. Only [`Why::NotTheirs`] may look like a matter that is not there; the others are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No access, or no more.
    NotTheirs,
    /// The firm has switched its portal off; what the contact has rests.
    FirmOff,
    /// Downloading was not allowed to this contact in this matter.
    NoDownload,
    /// The matter is closed, and takes nothing more.
    MatterClosed,
    /// The matter has neither an owner nor anybody who stands in: nobody would answer for an upload.
    NobodyInCharge,
    /// A member of staff who looks as the contact only looks.
    ViewingAs,
}

/// All that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// With its firm.
    pub matter: &'a Matter,
    /// As linked to the matter; none if they are not.
    pub contact: Option<&'a Contact>,
    /// The row, if there is one.
    pub grant: Option<&'a AccessGrant>,
    /// Whether another contact of the firm has the same address: then no one can sign in with it. The
    /// portal's own routes leave it `false`: the contact has signed in, when the address was theirs alone.
    pub address_shared: bool,
    /// Whether a member of staff looks on the contact's behalf.
    pub viewing: bool,
    /// The call's time.
    pub now: Timestamp,
}

/// Whether the contact may.
///
/// # Errors
/// Why they may not.
pub fn decide(facts: &Facts<'_>, deed: Deed) -> Result<(), Why> {
    let Facts { matter, contact, grant, address_shared, viewing, now } = *facts;
    let (Some(contact), Some(grant)) = (contact, grant) else {
        return Err(Why::NotTheirs);
    };
    if !is_open(grant, now)
        || address_shared
        || address::usable(contact.email.as_deref()).is_none()
        || has_ended(matter, now)
    {
        return Err(Why::NotTheirs);
    }
    if !matter.firm.enabled {
        return Err(Why::FirmOff);
    }
    match deed {
        Deed::Read => Ok(()),
        Deed::Download | Deed::Upload if viewing => Err(Why::ViewingAs),
        Deed::Download if grant.can_download => Ok(()),
        Deed::Download => Err(Why::NoDownload),
        Deed::Upload if matter.closed_at.is_some() && when_closed(matter) != WhenClosed::Keep => Err(Why::MatterClosed),
        Deed::Upload if matter.owner.is_none() && matter.firm.fallback.is_none() => Err(Why::NobodyInCharge),
        Deed::Upload => Ok(()),
    }
}

/// Whether the portal is open by this row: given, and not at its end.
#[must_use]
pub fn is_open(grant: &AccessGrant, now: Timestamp) -> bool {
    grant.portal && grant.until.is_none_or(|until| now < until)
}

/// Whether the contact sees the document, if they have access and it is there.
#[must_use]
pub fn is_live(share: &SharedDocument) -> bool {
    matches!(share.state, ShareState::Live)
}

/// What a firm wants for its closed matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenClosed {
    /// As if it were open.
    Keep,
    /// Everything can be read, and nothing more be sent.
    ReadOnly,
    /// The same, until so many days have passed.
    Days(u64),
}

/// From the firm's attribute `when-closed`; what is not understood is the careful `read-only`.
#[must_use]
pub fn when_closed(matter: &Matter) -> WhenClosed {
    match attributes::get(&matter.firm.attributes, "when-closed").map(str::trim) {
        Some("keep") => WhenClosed::Keep,
        Some(days) => days.parse().map_or(WhenClosed::ReadOnly, WhenClosed::Days),
        None => WhenClosed::ReadOnly,
    }
}

/// Whether all access to the matter has ended, as it was closed long enough ago.
#[must_use]
pub fn has_ended(matter: &Matter, now: Timestamp) -> bool {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    match (matter.closed_at, when_closed(matter)) {
        (Some(closed), WhenClosed::Days(days)) => now >= closed.saturating_add(days.saturating_mul(DAY)),
        _ => false,
    }
}
