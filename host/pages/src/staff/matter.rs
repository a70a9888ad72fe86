//! A matter's own settings: what it is called, whose it is, who may do what in it, and how it ends.

use askama::Template;

use super::{Frame, MatterHead, contacts::Named};

/// A user, and what they may do in the matter.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Whether they are still with the firm.
    pub active: bool,
    /// Whether the matter is theirs.
    pub owner: bool,
    /// May change the matter and its documents.
    pub can_edit: bool,
    /// May share.
    pub can_share: bool,
}

/// The settings of a matter.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/matter_settings.html")]
pub struct MatterSettings {
    /// Around it.
    pub frame: Frame,
    /// At its head.
    pub matter: MatterHead,
    /// Whether mails keep silent about it.
    pub discreet: bool,
    /// The id of its owner.
    pub owner: Option<String>,
    /// Whether the user decides whose it is, who is in it, and whether it is deleted.
    pub may_decide: bool,
    /// Who is in it.
    pub members: Vec<MemberRow>,
    /// Active users of the firm, who can own it.
    pub users: Vec<Named>,
    /// Those of them who are not in it.
    pub others: Vec<Named>,
    /// What becomes of access when it is closed, in a sentence.
    pub when_closed: String,
}
