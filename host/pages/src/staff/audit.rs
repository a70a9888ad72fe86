//! The audit log of a matter and of the firm, in sentences.

use askama::Template;

use super::{Frame, MatterHead, contacts::Named, list::Pager};
use crate::show::When;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// An action, or the beginning of several with a dot at its end.
    pub action: String,
    /// By whom.
    pub user: String,
    /// About which contact: their name, where one is asked for.
    pub contact: Option<Named>,
    /// The first day, `2026-11-22`.
    pub since: String,
    /// The last day.
    pub until: String,
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words of the log's own.
    Words(String),
    /// What somebody is, or something is called.
    Name(String),
}

/// One thing that was done.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number in the firm's log.
    pub number: u64,
    /// When.
    pub when: When,
    /// Who.
    pub who: Part,
    /// As which contact they looked.
    pub viewing_as: Option<String>,
    /// What, in words.
    pub what: Vec<Part>,
    /// In which matter, if the log is the firm's; without an address for one that the reader may not see.
    pub matter: Option<(Option<String>, String)>,
    /// What else is known: what it is, and how it was.
    pub details: Vec<(String, String)>,
}

/// The log itself.
#[derive(Clone, Debug)]
pub struct Log {
    /// The page's address, without what is asked for.
    pub path: String,
    /// What is asked for.
    pub filter: Filter,
    /// By whom something can have been done: id and name.
    pub people: Vec<Named>,
    /// The newest first.
    pub entries: Vec<Entry>,
    /// The pages beside it.
    pub pager: Pager,
    /// The same as a table, and as lines of JSON.
    pub exports: [String; 2],
}

impl Log {
    /// The types to choose from: groups, each with all of it and its actions.
    #[must_use]
    pub fn types(&self) -> &'static [(&'static str, &'static str, &'static [&'static str])] {
        GROUPS
    }
}

/// The audit log of a matter.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/matter_audit.html")]
pub struct MatterAudit {
    /// Around it.
    pub frame: Frame,
    /// At its head.
    pub matter: MatterHead,
    /// The log.
    pub log: Log,
}

/// The audit log of the firm.
#[derive(Clone, Debug, Template)]
#[template(path = "staff/audit.html")]
pub struct Audit {
    /// Around it.
    pub frame: Frame,
    /// The log.
    pub log: Log,
}

/// Types by group: what the group is called, how its actions begin, and what follows.
const GROUPS: &[(&str, &str, &[&str])] = &[
    (
        "Documents",
        "document.",
        &[
            "created",
            "uploaded",
            "edited",
            "changed",
            "moved",
            "deleted",
            "restored",
            "purged",
            "shared",
            "unshared",
            "offer-declined",
            "lapsed",
            "viewed",
            "downloaded",
            "held",
            "scanned",
            "refused",
        ],
    ),
    ("Uploads", "upload.", &["refused"]),
    ("Access", "access.", &["granted", "changed", "revoked", "ended", "address-changed"]),
    ("Notifications", "watcher.", &["added", "changed", "removed"]),
    ("Portal", "portal.", &["viewed-as"]),
    ("Mails", "letter.", &["resent"]),
    ("Contacts", "contact.", &["created", "changed", "linked", "unlinked", "deleted"]),
    ("Matters", "matter.", &["created", "changed", "member-set", "member-removed", "deleted", "restored"]),
    ("Signing in", "sign-in.", &["done", "failed", "blocked", "linked", "refused", "ended", "password-changed"]),
    ("Second factors", "second-factor.", &["set", "ended", "removed", "failed", "recovery-used", "codes-renewed"]),
    ("Firm", "firm.", &["changed"]),
    ("Imports", "bulk.", &["imported"]),
    ("Records", "records.", &["restored"]),
    ("Plugin", "plugin.", &["set", "unset"]),
];

/// What an action is called where types are chosen.
#[must_use]
pub fn label(action: &str) -> &str {
    match action {
        "document.created" => "Uploaded by the firm",
        "document.uploaded" => "Sent by a contact",
        "document.edited" => "New version",
        "document.written-out" => "Written into the tree",
        "document.changed" => "Renamed or changed",
        "document.moved" => "Moved",
        "document.deleted" => "Deleted",
        "document.restored" => "Restored",
        "document.purged" => "Purged",
        "document.shared" => "Shared",
        "document.unshared" => "Sharing stopped",
        "document.offer-declined" => "Not shared again",
        "document.lapsed" => "Share ended with the document",
        "document.viewed" => "Looked at",
        "document.downloaded" => "Downloaded",
        "document.held" => "Held back for a scan",
        "document.scanned" => "Scanned later, and clean",
        "document.refused" => "Malware found later",
        "upload.refused" => "Malware refused",
        "access.granted" => "Given",
        "access.changed" => "Changed",
        "access.revoked" => "Taken away",
        "access.ended" => "Ended by unlinking",
        "access.address-changed" => "Address changed",
        "watcher.added" => "Added",
        "watcher.changed" => "Changed",
        "watcher.removed" => "Removed",
        "portal.viewed-as" => "Seen as a contact",
        "letter.resent" => "Sent again",
        "contact.created" => "Added",
        "contact.changed" => "Changed",
        "contact.linked" => "Linked",
        "contact.unlinked" => "Unlinked",
        "contact.deleted" => "Deleted",
        "matter.created" => "Opened",
        "matter.changed" => "Changed",
        "matter.member-set" => "Member added or changed",
        "matter.member-removed" => "Member removed",
        "matter.deleted" => "Deleted",
        "matter.restored" => "Restored",
        "sign-in.done" => "Signed in",
        "sign-in.failed" => "Failed",
        "sign-in.blocked" => "Blocked",
        "sign-in.linked" => "Identity linked",
        "sign-in.refused" => "Identity refused",
        "sign-in.ended" => "Signed out elsewhere",
        "sign-in.password-changed" => "Password changed",
        "second-factor.set" => "Set up",
        "second-factor.ended" => "Given up",
        "second-factor.removed" => "Taken away",
        "second-factor.failed" => "Wrong code",
        "second-factor.recovery-used" => "Recovery code used",
        "second-factor.codes-renewed" => "New recovery codes",
        "firm.changed" => "Settings changed",
        "bulk.imported" => "In bulk",
        "records.restored" => "Restored from a backup",
        "plugin.set" => "Set for all hosts",
        "plugin.unset" => "Left to each host",
        other => other,
    }
}

/// What was done, as the rest of a sentence that begins with who did it. In braces stands what has a name, or a detail.
/// None for an action that is not known here: it is then shown as it is.
///
/// `details` answers whether the row has such a detail.
#[must_use]
pub fn sentence(action: &str, details: impl Fn(&str) -> bool) -> Option<&'static str> {
    Some(match action {
        "document.created" => "uploaded {document}",
        "document.uploaded" => "sent {document} through the portal",
        "document.edited" => "stored version {version} of {document}",
        "document.written-out" => "wrote {document} into the tree of folders as {path}",
        "document.changed" if details("name") => "gave {document} this name",
        "document.changed" if details("kind") => "changed the type of {document} to {kind}",
        "document.changed" if details("readers") => "changed which colleagues may see {document}",
        "document.changed" => "changed {document}",
        "document.moved" => "moved {document} from {from} to {to}",
        "document.deleted" => "put {document} into the bin",
        "document.restored" => "took {document} out of the bin",
        "document.purged" => "removed {document} for good",
        "document.shared" => "shared {document} with {contact}",
        "document.unshared" => "stopped sharing {document} with {contact}",
        "document.offer-declined" => "decided not to share {document} with {contact} again",
        "document.lapsed" => "ended the share of {document} with {contact}, as the document left the matter",
        "document.viewed" if details("version") => "looked at version {version} of {document}",
        "document.viewed" => "looked at {document}",
        "document.downloaded" if details("version") => "downloaded version {version} of {document}",
        "document.downloaded" => "downloaded {document}",
        "document.held" => "held {document} back until it was scanned for malware",
        "document.scanned" => "found no malware in {document}, and gave it free",
        "document.refused" => "found malware in {document}, and removed its content",
        "upload.refused" => "sent a file with malware, which was refused",
        "access.granted" => "gave {contact} access",
        "access.changed" => "changed what {contact} may do in the portal",
        "access.revoked" => "took away the access of {contact}",
        "access.ended" => "ended the access of {contact}, who was taken out of the matter",
        "access.address-changed" => "noted that {contact} has another address, or shares it with somebody",
        "watcher.added" => "put {user} on the list of those who are told of uploads",
        "watcher.changed" => "changed how {user} is told of uploads",
        "watcher.removed" => "took {user} off the list of those who are told of uploads",
        "portal.viewed-as" => "looked at the portal as {contact} sees it",
        "letter.resent" => "had a mail sent again",
        "contact.created" => "added the contact {contact}",
        "contact.changed" => "changed the contact {contact}",
        "contact.linked" if details("role") => "linked {contact} to the matter",
        "contact.linked" => "linked {contact} to the matter",
        "contact.unlinked" => "took {contact} out of the matter",
        "contact.deleted" => "deleted the contact {contact}",
        "matter.created" => "opened the matter",
        "matter.changed" if details("owner") => "gave the matter to {owner}",
        "matter.changed" if details("closed") => "closed the matter, or opened it again",
        "matter.changed" => "changed the matter’s settings",
        "matter.member-set" => "decided what {user} may do in the matter",
        "matter.member-removed" => "took {user} out of the matter",
        "matter.deleted" => "deleted the matter",
        "matter.restored" => "restored the matter",
        "sign-in.done" => "signed in",
        "sign-in.failed" if details("user") => "failed to sign in as {user}",
        "sign-in.failed" => "failed to sign in as {contact}",
        "sign-in.blocked" => "was kept from signing in as {contact}, after too many wrong codes",
        "second-factor.set" => "set up a second factor",
        "second-factor.ended" => "gave up their second factor",
        "second-factor.removed" => "took away the second factor of {user}",
        "second-factor.failed" => "gave a wrong code as {user}",
        "second-factor.recovery-used" => "used a recovery code",
        "second-factor.codes-renewed" => "made new recovery codes",
        "sign-in.ended" => "ended sessions of {user}",
        "sign-in.password-changed" => "changed their password",
        "sign-in.linked" => "signed in by the firm’s identity provider for the first time",
        "sign-in.refused" => "came from the firm’s identity provider, and is nobody who works here",
        "firm.changed" => "changed the firm’s settings",
        "bulk.imported" => "took over {documents} documents",
        "records.restored" => "restored the records from a backup",
        "plugin.set" => "set another plugin for all hosts",
        "plugin.unset" => "left the plugin to the settings of each host",
        _ => return None,
    })
}

/// What a detail is called.
#[must_use]
pub fn detail(key: &str) -> String {
    match key {
        "can-download" => "May download",
        "could-download" => "Could download before",
        "until" => "Access ends",
        "was-until" => "Access ended before",
        "in-app" => "Told in the app",
        "email" => "Told by mail",
        "can-edit" => "May edit",
        "can-share" => "May share",
        "address-changed" => "Another address",
        "mail-hold" => "Seconds for which mails are held",
        "when-closed" => "When a matter is closed",
        "fallback-user" => "Stands in for an owner",
        "enabled" => "Client Connect is on",
        "kind" => "Type",
        "by" => "With",
        "sha256" => "Fingerprint (SHA-256)",
        "second-factor" => "Everybody needs a second factor",
        other => {
            let words = other.replace('-', " ");
            let mut letters = words.chars();
            return letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        }
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_to_choose_has_a_label_and_a_sentence() {
        let mut count = 0;
        for (_, family, actions) in GROUPS {
            assert!(family.ends_with('.'), "{family}");
            for action in *actions {
                let action = format!("{family}{action}");
                assert!(sentence(&action, |_| false).is_some(), "{action}");
                assert_ne!(label(&action), action);
                count += 1;
            }
        }
        assert!(count >= 40, "{count}");
    }

    #[test]
    fn details_have_words() {
        assert_eq!(detail("can-download"), "May download");
        assert_eq!(detail("what-ever"), "What ever");
        assert_eq!(detail(""), "");
    }
}
