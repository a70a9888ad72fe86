//! English.

use super::{Day, Words};
use crate::refuse::{Fault, Much, Named};

pub(crate) struct English;

fn documents(n: usize) -> String {
    if n == 1 { "1 document".to_owned() } else { format!("{n} documents") }
}

fn names(contacts: &[Named]) -> String {
    let shown: Vec<&str> = contacts.iter().take(5).map(|contact| contact.name.as_str()).collect();
    match contacts.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Words for English {
    fn locale(&self) -> &'static str {
        "en"
    }

    fn fault(&self, fault: &Fault) -> String {
        match fault {
            Fault::NoAddress(contact) => format!("{} has no usable e-mail address.", contact.name),
            Fault::SharedAddress { contact, other } => {
                format!(
                    "{} has the same e-mail address as {}. Give each an address of their own.",
                    contact.name, other.name
                )
            }
            Fault::NoContacts => "No contact is linked to this matter.".to_owned(),
            Fault::NotLinked { .. } => "This contact is not linked to the matter any more.".to_owned(),
            Fault::NamedTwice { .. } => "The same row was sent twice.".to_owned(),
            Fault::DownloadWithoutAccess(contact) => {
                format!("{} cannot download without access to the portal.", contact.name)
            }
            Fault::EndPassed(contact) => format!("The access of {} would end in the past.", contact.name),
            Fault::MatterEnded => "The matter was closed, and all access to it has ended.".to_owned(),
            Fault::WithoutAccess { name, .. } => {
                format!("{} has no access to the portal now.", name.as_deref().unwrap_or("This contact"))
            }
            Fault::DocumentGone { .. } => "This document is not in the matter any more.".to_owned(),
            Fault::CannotBeSeen { document, contacts } => format!(
                "“{}” has no preview, and these contacts may not download: {}. They would see nothing of it.",
                document.name,
                names(contacts)
            ),
            Fault::NobodyHasAccess => "No contact has access to the portal. Give access first.".to_owned(),
            Fault::UserUnknown { .. } => "This user is not known.".to_owned(),
            Fault::UserInactive(user) => format!("{} is not active and is not notified.", user.name),
            Fault::UserOutside(user) => format!("{} may not see this matter and is not notified.", user.name),
            Fault::UserWithoutAddress(user) => format!("{} has no usable e-mail address and gets no mail.", user.name),
            Fault::LastRecipient => {
                "Somebody must be notified. Add another user who can be, and choose how, before you take out the last."
                    .to_owned()
            }
            Fault::StandIn(user) => format!("Nobody on this list can be notified; {} is, in their place.", user.name),
            Fault::NobodyTold => "Nobody can be notified of uploads in this matter.".to_owned(),
            Fault::NoShareRight => "You may look at this matter, but not share it.".to_owned(),
            Fault::FirmOff => {
                "The firm has switched its customer portal off. Nothing can be previewed, downloaded or uploaded now."
                    .to_owned()
            }
            Fault::SavedByAnother => {
                "Somebody else has saved this section since you opened it. Look at what they saved, and save again."
                    .to_owned()
            }
            Fault::TooMany { what, limit, given } => {
                let what = match what {
                    Much::Pairs => "pairs of a document and a contact",
                    Much::Documents => "documents",
                    Much::Rows => "rows",
                    Much::Contacts => "contacts",
                    Much::Users => "users",
                };
                format!("{given} {what} are too many at once; {limit} are the most.")
            }
            Fault::NoDownload => "Downloading is not allowed here.".to_owned(),
            Fault::ViewingAs => "While you look as the contact, nothing can be downloaded or changed.".to_owned(),
            Fault::MatterClosed => "The matter is closed. Documents can be read, but not sent any more.".to_owned(),
            Fault::NobodyInCharge => {
                "Nobody looks after this matter now, so nothing can be sent. Please call the firm.".to_owned()
            }
            Fault::NotAnUpload { .. } => "This document was not uploaded by you.".to_owned(),
            Fault::AlreadySent { document, earlier, .. } => {
                format!("You have sent the content of “{}” before, as “{}”.", document.name, earlier.name)
            }
            Fault::WrongActor => "This is not for you to report.".to_owned(),
            Fault::NotAccepted => "The request does not fit what it refers to; reload the list.".to_owned(),
            Fault::TooMuch => "This is too much at once.".to_owned(),
            Fault::NoAnswer => "The storage does not answer. Nothing was changed; try again.".to_owned(),
            Fault::HostFailed => "Something went wrong. Nothing was changed.".to_owned(),
        }
    }

    fn day(&self, Day { year, month, day }: Day) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let month = MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or_default();
        format!("{day} {month} {year}")
    }

    fn greeting(&self, name: &str) -> String {
        format!("Dear {name},")
    }

    fn subject_invited(&self, firm: &str) -> String {
        format!("{firm} invites you to its customer portal")
    }

    fn subject_shared(&self, firm: &str, matter: Option<&str>) -> String {
        match matter {
            Some(matter) => format!("{firm}: new documents in {matter}"),
            None => self.subject_several(firm),
        }
    }

    fn subject_several(&self, firm: &str) -> String {
        format!("{firm}: something new for you")
    }

    fn invited(&self, firm: &str, matter: Option<&str>) -> String {
        match matter {
            Some(matter) => format!(
                "{firm} has given you access to the matter “{matter}” in its customer portal. You can read there what is shared with you, and send documents."
            ),
            None => format!("{firm} has given you access to its customer portal."),
        }
    }

    fn waiting(&self, documents: u32) -> String {
        match documents {
            0 => "No document has been shared with you there yet.".to_owned(),
            1 => "1 document is there for you.".to_owned(),
            n => format!("{n} documents are there for you."),
        }
    }

    fn until(&self, day: &str) -> String {
        format!("Your access ends on {day}.")
    }

    fn shared(&self, firm: &str, matter: Option<&str>, n: usize) -> String {
        match matter {
            Some(matter) => format!("{firm} has shared {} with you in the matter “{matter}”:", documents(n)),
            None => format!("There is something new for you from {firm}."),
        }
    }

    fn sign_in(&self, address: &str) -> String {
        format!("To sign in, enter this e-mail address: {address}. You will then be mailed a code.")
    }

    fn to_portal(&self) -> &'static str {
        "Open the portal"
    }

    fn no_secret(&self) -> &'static str {
        "The link opens the portal's front page and lets nobody in by itself."
    }

    fn subject_uploaded(&self, contact: &str, matter: &str) -> String {
        format!("{contact} has sent documents: {matter}")
    }

    fn uploaded(&self, contact: &str, matter: &str, n: usize) -> String {
        format!("{contact} has sent {} to the matter “{matter}”:", documents(n))
    }

    fn subject_uploaded_discreet(&self) -> &'static str {
        "A customer has sent something"
    }

    fn uploaded_discreet(&self) -> &'static str {
        "A customer has sent something to one of your matters."
    }

    fn subject_address(&self, contact: &str) -> String {
        format!("The e-mail address of {contact}")
    }

    fn subject_address_discreet(&self) -> &'static str {
        "The e-mail address of a customer"
    }

    fn address_discreet(&self) -> &'static str {
        "The e-mail address of a customer in one of your matters has changed. Please look at the Access section."
    }

    fn address_changed(&self, contact: &str, matter: &str) -> String {
        format!(
            "The e-mail address of {contact} has changed. Please invite them again to the matter “{matter}”: they sign in with the new address from now on, and do not know of it yet."
        )
    }

    fn address_missing(&self, contact: &str, matter: &str) -> String {
        format!(
            "{contact} has no usable e-mail address any more. Their access to the matter “{matter}” rests until they have one."
        )
    }

    fn address_shared(&self, contact: &str, matter: &str) -> String {
        format!(
            "{contact} now has the same e-mail address as another contact of the firm. Nobody can sign in with it, and their access to the matter “{matter}” rests until each has an address of their own."
        )
    }

    fn subject_stand_in(&self) -> &'static str {
        "Nobody was there to be notified"
    }

    fn stand_in(&self) -> &'static str {
        "Something has happened in a matter in which nobody can be notified. You are told in their place. Please see to it that the matter has an active owner."
    }

    fn to_matter(&self) -> &'static str {
        "Open the matter"
    }

    fn somebody(&self) -> &'static str {
        "A customer"
    }

    fn more(&self, n: usize) -> String {
        format!("and {n} more")
    }
}
