//! Pages that belong neither to staff nor to the portal.

use askama::Template;

use crate::show::When;

/// A page that says what went wrong, in a sentence that helps.
#[derive(Clone, Debug, Template)]
#[template(path = "problem.html")]
pub struct Problem {
    /// The answer's status.
    pub status: u16,
    /// A few words.
    pub title: String,
    /// One sentence.
    pub detail: String,
    /// Where to go on: an address and its name.
    pub onward: (String, String),
}

/// The page at `/`: the two doors.
#[derive(Clone, Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// Whether this is the demo, with its mailbox.
    pub demo: bool,
}

/// The demo's mailbox.
#[derive(Clone, Debug, Template)]
#[template(path = "mailbox.html")]
pub struct Mailbox {
    /// Its mails, the newest first.
    pub rows: Vec<MailRow>,
}

/// A mail in it.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// Its number.
    pub n: i64,
    /// When it came.
    pub at: When,
    /// The address that it went to.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
}

/// One mail of the demo's mailbox.
#[derive(Clone, Debug, Template)]
#[template(path = "mail.html")]
pub struct Mail {
    /// When, to whom, and about what.
    pub mail: MailRow,
    /// Its plain text.
    pub text: String,
    /// The whole of it, as it would go over SMTP.
    pub message: String,
}

impl Mail {
    /// Its text in pieces, each of which is an address to go to, or not.
    #[must_use]
    pub fn pieces(&self) -> Vec<(&str, bool)> {
        let mut pieces = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(start) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
            let (before, from) = rest.split_at(start);
            let length = from.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(from.len());
            // A sentence's end is not the address's.
            let address = from[..length].trim_end_matches(['.', ',', ';', ':', ')']);
            pieces.push((before, false));
            pieces.push((address, true));
            rest = &from[address.len()..];
        }
        pieces.push((rest, false));
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_in_a_mail_are_links_and_nothing_else_is() {
        let row =
            MailRow { n: 1, at: When(0), recipient: "ann@home.example".to_owned(), subject: "Hello <b>".to_owned() };
        let text = "See https://a.example/portal. Or <http://b.example>, not javascript:alert(1)".to_owned();
        let mail = Mail { mail: row, text, message: String::new() };
        let links: Vec<&str> = mail.pieces().into_iter().filter(|(_, link)| *link).map(|(text, _)| text).collect();
        assert_eq!(links, ["https://a.example/portal", "http://b.example"]);
        assert_eq!(mail.pieces().into_iter().map(|(text, _)| text).collect::<String>(), mail.text);
        let page = mail.render().expect("a page");
        assert!(page.contains("<a href=\"https://a.example/portal\" rel=\"noreferrer\">"), "{page}");
        assert!(page.contains("Hello &#60;b&#62;"), "{page}");
    }
}
