//! Mails that tell a user what became of their own way to sign in: whoever did not do it themselves learns of it.

use super::message::{Words, escape};

/// A second factor was set up.
pub const FACTOR_SET: &str = "factor-set";
/// They have taken it away themselves.
pub const FACTOR_ENDED: &str = "factor-ended";
/// Somebody else has taken it away.
pub const FACTOR_REMOVED: &str = "factor-removed";
/// A recovery code was used.
pub const RECOVERY_USED: &str = "recovery-used";
/// There are new recovery codes.
pub const RECOVERY_NEW: &str = "recovery-new";

/// An identity provider has signed them in for the first time.
pub const LINKED: &str = "linked";

/// Their password was changed.
pub const PASSWORD_CHANGED: &str = "password-changed";

/// The words for one of these, in the language of its reader where the host speaks it; none for another word.
pub fn words(what: &str, firm: &str, locale: &str) -> Option<Words> {
    let german = locale.split(['-', '_']).next() == Some("de");
    let (subject, said) = match (what, german) {
        (FACTOR_SET, false) => {
            ("A second factor was set up", "From now on, signing in takes your password and a code of your app.")
        }
        (FACTOR_SET, true) => (
            "Ein zweiter Faktor wurde eingerichtet",
            "Ab jetzt melden Sie sich mit Kennwort und einem Code Ihrer App an.",
        ),
        (FACTOR_ENDED, false) => {
            ("Your second factor was switched off", "From now on, your password alone signs you in.")
        }
        (FACTOR_ENDED, true) => {
            ("Ihr zweiter Faktor wurde abgeschaltet", "Ab jetzt genügt Ihr Kennwort, um sich anzumelden.")
        }
        (FACTOR_REMOVED, false) => (
            "Your second factor was taken away",
            "Whoever looks after your accounts has taken it away, and has signed you out everywhere. Set up a new one after you have signed in.",
        ),
        (FACTOR_REMOVED, true) => (
            "Ihr zweiter Faktor wurde entfernt",
            "Wer Ihre Zugänge verwaltet, hat ihn entfernt und Sie überall abgemeldet. Richten Sie nach der nächsten Anmeldung einen neuen ein.",
        ),
        (RECOVERY_USED, false) => (
            "A recovery code was used",
            "Somebody has signed in with your password and one of your recovery codes. That code is used up.",
        ),
        (RECOVERY_USED, true) => (
            "Ein Ersatzcode wurde verwendet",
            "Jemand hat sich mit Ihrem Kennwort und einem Ihrer Ersatzcodes angemeldet. Dieser Code ist verbraucht.",
        ),
        (RECOVERY_NEW, false) => ("You have new recovery codes", "Those from before do not work any more."),
        (RECOVERY_NEW, true) => ("Sie haben neue Ersatzcodes", "Die bisherigen gelten nicht mehr."),
        (LINKED, false) => (
            "Your firm’s identity provider signs you in",
            "It has signed you in for the first time, and can do so from now on.",
        ),
        (LINKED, true) => (
            "Der Identitätsdienst Ihrer Kanzlei meldet Sie an",
            "Er hat Sie zum ersten Mal angemeldet und kann das von jetzt an.",
        ),
        (PASSWORD_CHANGED, false) => {
            ("Your password was changed", "You are signed out in all browsers but the one in which it was changed.")
        }
        (PASSWORD_CHANGED, true) => (
            "Ihr Kennwort wurde geändert",
            "Sie sind überall abgemeldet, außer in dem Browser, in dem es geändert wurde.",
        ),
        _ => return None,
    };
    let (intro, not_you) = if german {
        (
            "Ihr Zugang bei",
            "Wenn Sie das nicht waren, sagen Sie es gleich Ihrer Verwaltung, und ändern Sie Ihr Kennwort.",
        )
    } else {
        ("Your account at", "If this was not you, tell your administrator at once, and have your password changed.")
    };
    Some(Words {
        subject: subject.to_owned(),
        text: format!("{intro} {firm}: {subject}.\n\n{said}\n\n{not_you}\n"),
        html: format!("<p>{intro} {}: {subject}.</p>\n<p>{said}</p>\n<p>{not_you}</p>\n", escape(firm)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_words_in_both_languages_and_names_no_secret() {
        for what in [FACTOR_SET, FACTOR_ENDED, FACTOR_REMOVED, RECOVERY_USED, RECOVERY_NEW, LINKED, PASSWORD_CHANGED] {
            let (en, de) = (words(what, "A & B", "en").unwrap(), words(what, "A & B", "de-CH").unwrap());
            assert_ne!(en.subject, de.subject);
            assert!(en.text.contains("A & B") && en.html.contains("A &amp; B"), "{en:?}");
        }
        assert_eq!(words("another", "A", "en"), None);
    }
}
