//! The mail to a customer whose document was refused after it had come, as malware was found in it.

use super::message::{Words, escape, one_line};

/// Its words, in the language of its reader where the host speaks it. It brings no link and nothing of what was found.
pub(super) fn words(name: Option<&str>, firm: &str, locale: &str) -> Words {
    let german = locale.split(['-', '_']).next() == Some("de");
    let what = match (name.map(|name| one_line(name, 200)), german) {
        (Some(name), true) => format!("Ihr Dokument „{name}“"),
        (Some(name), false) => format!("Your document “{name}”"),
        (None, true) => "Ein Dokument, das Sie gesendet haben,".to_owned(),
        (None, false) => "A document that you sent".to_owned(),
    };
    let (subject, said, then) = if german {
        (
            "Ein Dokument wurde abgelehnt",
            "wurde abgelehnt, denn es enthält Schadsoftware. Sein Inhalt wurde entfernt, und niemand hat ihn erhalten. Gesendet hatten Sie es an:",
            "Bitte lassen Sie Ihren Computer prüfen. Wenn das Dokument wichtig ist, rufen Sie an.",
        )
    } else {
        (
            "A document was refused",
            "was refused, as malware was found in it. Its content was removed, and nobody has got it. You had sent it to:",
            "Please have your computer checked. If the document matters, please call.",
        )
    };
    Words {
        subject: subject.to_owned(),
        text: format!("{what} {said}\n\n    {firm}\n\n{then}\n"),
        html: format!("<p>{} {said}</p>\n<p><strong>{}</strong></p>\n<p>{then}</p>\n", escape(&what), escape(firm)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_in_the_readers_language_and_names_no_document_of_a_discreet_matter() {
        let words_of = |name, locale| words(name, "Müller & <Söhne>", locale);
        let (english, german) =
            (words_of(Some("<b>deed</b>.pdf"), "en-GB"), words_of(Some("<b>deed</b>.pdf"), "de-AT"));
        assert!(english.text.contains("“<b>deed</b>.pdf” was refused") && english.text.contains("Müller & <Söhne>"));
        assert!(german.text.contains("„<b>deed</b>.pdf“ wurde abgelehnt"));
        for words in [&english, &german] {
            assert!(words.html.contains("&lt;b&gt;deed") && !words.html.contains("<b>"), "{}", words.html);
            assert!(!words.text.contains("http"));
        }
        assert!(!words_of(None, "en").text.contains("deed"));
    }
}
