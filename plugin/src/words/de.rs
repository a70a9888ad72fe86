//! Deutsch.

use super::{Day, Words};
use crate::refuse::{Fault, Much, Named};

pub(crate) struct German;

fn documents(n: usize) -> String {
    if n == 1 { "1 Dokument".to_owned() } else { format!("{n} Dokumente") }
}

fn names(contacts: &[Named]) -> String {
    let shown: Vec<&str> = contacts.iter().take(5).map(|contact| contact.name.as_str()).collect();
    match contacts.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} und {more} weitere", shown.join(", ")),
    }
}

impl Words for German {
    fn locale(&self) -> &'static str {
        "de"
    }

    fn fault(&self, fault: &Fault) -> String {
        match fault {
            Fault::NoAddress(contact) => format!("{} hat keine brauchbare E-Mail-Adresse.", contact.name),
            Fault::SharedAddress { contact, other } => {
                format!("{} hat dieselbe E-Mail-Adresse wie {}. Geben Sie jedem eine eigene.", contact.name, other.name)
            }
            Fault::NoContacts => "Mit dieser Akte ist kein Kontakt verknüpft.".to_owned(),
            Fault::NotLinked { .. } => "Dieser Kontakt ist mit der Akte nicht mehr verknüpft.".to_owned(),
            Fault::NamedTwice { .. } => "Dieselbe Zeile wurde zweimal gesendet.".to_owned(),
            Fault::DownloadWithoutAccess(contact) => {
                format!("{} kann ohne Zugang zum Portal nichts herunterladen.", contact.name)
            }
            Fault::EndPassed(contact) => format!("Der Zugang von {} würde in der Vergangenheit enden.", contact.name),
            Fault::MatterEnded => "Die Akte wurde geschlossen, und jeder Zugang zu ihr ist beendet.".to_owned(),
            Fault::WithoutAccess { name, .. } => {
                format!("{} hat derzeit keinen Zugang zum Portal.", name.as_deref().unwrap_or("Dieser Kontakt"))
            }
            Fault::DocumentGone { .. } => "Dieses Dokument ist nicht mehr in der Akte.".to_owned(),
            Fault::CannotBeSeen { document, contacts } => format!(
                "Von „{}“ gibt es keine Vorschau, und diese Kontakte dürfen nicht herunterladen: {}. Sie würden nichts davon sehen.",
                document.name,
                names(contacts)
            ),
            Fault::NobodyHasAccess => "Kein Kontakt hat Zugang zum Portal. Geben Sie zuerst Zugang.".to_owned(),
            Fault::UserUnknown { .. } => "Dieser Benutzer ist nicht bekannt.".to_owned(),
            Fault::UserInactive(user) => format!("{} ist nicht aktiv und wird nicht benachrichtigt.", user.name),
            Fault::UserOutside(user) => format!("{} darf diese Akte nicht sehen und wird nicht benachrichtigt.", user.name),
            Fault::UserWithoutAddress(user) => {
                format!("{} hat keine brauchbare E-Mail-Adresse und bekommt keine Mail.", user.name)
            }
            Fault::LastRecipient => {
                "Jemand muss benachrichtigt werden. Fügen Sie zuerst einen anderen Benutzer hinzu, der erreichbar ist, und wählen Sie, wie.".to_owned()
            }
            Fault::StandIn(user) => {
                format!("Niemand auf dieser Liste kann benachrichtigt werden; an ihrer Stelle wird es {}.", user.name)
            }
            Fault::NobodyTold => "Von Uploads in dieser Akte kann niemand benachrichtigt werden.".to_owned(),
            Fault::NoShareRight => "Sie dürfen diese Akte sehen, aber nicht teilen.".to_owned(),
            Fault::FirmOff => "Die Kanzlei hat ihr Kundenportal abgeschaltet. Vorschau, Herunterladen und Hochladen sind derzeit nicht möglich.".to_owned(),
            Fault::SavedByAnother => "Jemand anderes hat diesen Abschnitt gespeichert, seit Sie ihn geöffnet haben. Sehen Sie nach, was gespeichert wurde, und speichern Sie erneut.".to_owned(),
            Fault::TooMany { what, limit, given } => {
                let what = match what {
                    Much::Pairs => "Paare aus Dokument und Kontakt",
                    Much::Documents => "Dokumente",
                    Much::Rows => "Zeilen",
                    Much::Contacts => "Kontakte",
                    Much::Users => "Benutzer",
                };
                format!("{given} {what} sind zu viele auf einmal; höchstens {limit} sind möglich.")
            }
            Fault::NoDownload => "Herunterladen ist hier nicht erlaubt.".to_owned(),
            Fault::ViewingAs => "Solange Sie als Kontakt hineinsehen, kann nichts heruntergeladen oder geändert werden.".to_owned(),
            Fault::MatterClosed => "Die Akte ist geschlossen. Dokumente können gelesen, aber nicht mehr gesendet werden.".to_owned(),
            Fault::NobodyInCharge => "Für diese Akte ist derzeit niemand zuständig, deshalb kann nichts gesendet werden. Bitte rufen Sie die Kanzlei an.".to_owned(),
            Fault::NotAnUpload { .. } => "Dieses Dokument haben nicht Sie hochgeladen.".to_owned(),
            Fault::AlreadySent { document, earlier, .. } => {
                format!("Den Inhalt von „{}“ haben Sie schon einmal gesendet, als „{}“.", document.name, earlier.name)
            }
            Fault::WrongActor => "Das haben nicht Sie zu melden.".to_owned(),
            Fault::NotAccepted => "Die Anfrage passt nicht zu dem, worauf sie sich bezieht; laden Sie die Liste neu.".to_owned(),
            Fault::TooMuch => "Das ist zu viel auf einmal.".to_owned(),
            Fault::NoAnswer => "Der Speicher antwortet nicht. Es wurde nichts geändert; versuchen Sie es noch einmal.".to_owned(),
            Fault::HostFailed => "Etwas ist schiefgegangen. Es wurde nichts geändert.".to_owned(),
        }
    }

    fn day(&self, Day { year, month, day }: Day) -> String {
        const MONTHS: [&str; 12] = [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ];
        let month = MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or_default();
        format!("{day}. {month} {year}")
    }

    fn greeting(&self, name: &str) -> String {
        format!("Guten Tag {name},")
    }

    fn subject_invited(&self, firm: &str) -> String {
        format!("{firm} lädt Sie in ihr Kundenportal ein")
    }

    fn subject_shared(&self, firm: &str, matter: Option<&str>) -> String {
        match matter {
            Some(matter) => format!("{firm}: neue Dokumente in {matter}"),
            None => self.subject_several(firm),
        }
    }

    fn subject_several(&self, firm: &str) -> String {
        format!("{firm}: etwas Neues für Sie")
    }

    fn invited(&self, firm: &str, matter: Option<&str>) -> String {
        match matter {
            Some(matter) => format!(
                "{firm} hat Ihnen im Kundenportal Zugang zur Akte „{matter}“ gegeben. Sie können dort lesen, was mit Ihnen geteilt wird, und Dokumente senden."
            ),
            None => format!("{firm} hat Ihnen Zugang zum Kundenportal gegeben."),
        }
    }

    fn waiting(&self, documents: u32) -> String {
        match documents {
            0 => "Noch wurde dort kein Dokument mit Ihnen geteilt.".to_owned(),
            1 => "1 Dokument liegt dort für Sie bereit.".to_owned(),
            n => format!("{n} Dokumente liegen dort für Sie bereit."),
        }
    }

    fn until(&self, day: &str) -> String {
        format!("Ihr Zugang endet am {day}.")
    }

    fn shared(&self, firm: &str, matter: Option<&str>, n: usize) -> String {
        match matter {
            Some(matter) => format!("{firm} hat in der Akte „{matter}“ {} mit Ihnen geteilt:", documents(n)),
            None => format!("Es gibt etwas Neues für Sie von {firm}."),
        }
    }

    fn sign_in(&self, address: &str) -> String {
        format!("Zum Anmelden geben Sie diese E-Mail-Adresse ein: {address}. Sie bekommen dann einen Code per Mail.")
    }

    fn to_portal(&self) -> &'static str {
        "Portal öffnen"
    }

    fn no_secret(&self) -> &'static str {
        "Der Link öffnet die Startseite des Portals und lässt von sich aus niemanden hinein."
    }

    fn subject_uploaded(&self, contact: &str, matter: &str) -> String {
        format!("{contact} hat Dokumente gesendet: {matter}")
    }

    fn uploaded(&self, contact: &str, matter: &str, n: usize) -> String {
        format!("{contact} hat {} zur Akte „{matter}“ gesendet:", documents(n))
    }

    fn subject_uploaded_discreet(&self) -> &'static str {
        "Ein Kunde hat etwas gesendet"
    }

    fn uploaded_discreet(&self) -> &'static str {
        "Ein Kunde hat etwas zu einer Ihrer Akten gesendet."
    }

    fn subject_address(&self, contact: &str) -> String {
        format!("Die E-Mail-Adresse von {contact}")
    }

    fn subject_address_discreet(&self) -> &'static str {
        "Die E-Mail-Adresse eines Kunden"
    }

    fn address_discreet(&self) -> &'static str {
        "Die E-Mail-Adresse eines Kunden in einer Ihrer Akten hat sich geändert. Bitte sehen Sie in den Abschnitt Zugang."
    }

    fn address_changed(&self, contact: &str, matter: &str) -> String {
        format!(
            "Die E-Mail-Adresse von {contact} hat sich geändert. Bitte laden Sie neu zur Akte „{matter}“ ein: Die Anmeldung geht ab jetzt nur mit der neuen Adresse, und dort ist das noch nicht bekannt."
        )
    }

    fn address_missing(&self, contact: &str, matter: &str) -> String {
        format!(
            "{contact} hat keine brauchbare E-Mail-Adresse mehr. Der Zugang zur Akte „{matter}“ ruht, bis es eine gibt."
        )
    }

    fn address_shared(&self, contact: &str, matter: &str) -> String {
        format!(
            "{contact} hat jetzt dieselbe E-Mail-Adresse wie ein anderer Kontakt der Kanzlei. Damit kann sich niemand anmelden, und der Zugang zur Akte „{matter}“ ruht, bis jeder eine eigene hat."
        )
    }

    fn subject_stand_in(&self) -> &'static str {
        "Es war niemand da, der benachrichtigt werden konnte"
    }

    fn stand_in(&self) -> &'static str {
        "In einer Akte, in der niemand benachrichtigt werden kann, ist etwas geschehen. Sie erfahren es an ihrer Stelle. Bitte sorgen Sie dafür, dass die Akte einen aktiven Eigentümer hat."
    }

    fn to_matter(&self) -> &'static str {
        "Akte öffnen"
    }

    fn somebody(&self) -> &'static str {
        "Ein Kunde"
    }

    fn more(&self, n: usize) -> String {
        format!("und {n} weitere")
    }
}
