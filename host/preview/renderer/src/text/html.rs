//! The words of a page of HTML, in lines as its blocks are. Nothing in it is run, and nothing that it names is fetched.

use mail_parser::decoders::html::add_html_token;

/// What is inside of these is not read by anybody.
const SILENT: [&str; 7] = ["head", "script", "style", "template", "title", "noscript", "svg"];
/// These begin and end on lines of their own; those of the second list with space around.
const BLOCKS: [&str; 22] = [
    "address", "article", "aside", "br", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "header",
    "hr", "li", "main", "nav", "section", "table", "tr", "ul", "ol",
];
const SPACED: [&str; 10] = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "figure"];

#[derive(Default)]
struct Words {
    out: String,
    /// Whether a space is owed to the next word.
    space: bool,
    /// Lines that the next word begins after.
    lines: usize,
}

impl Words {
    fn push(&mut self, word: &str) {
        if !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', self.lines));
            if self.space && self.lines == 0 {
                self.out.push(' ');
            }
        }
        (self.space, self.lines) = (false, 0);
        self.out.push_str(word);
    }

    fn text(&mut self, text: &str) {
        let decoded = entities(text);
        if decoded.starts_with(char::is_whitespace) {
            self.space = true;
        }
        for word in decoded.split_whitespace() {
            self.push(word);
            self.space = true;
        }
        self.space = decoded.ends_with(char::is_whitespace) || (self.space && decoded.trim().is_empty());
    }
}

/// The words, in lines.
pub(super) fn text(html: &str) -> String {
    let mut words = Words::default();
    let mut rest = html;
    let mut silent: Option<&str> = None;
    while let Some(open) = rest.find('<') {
        let (before, from) = rest.split_at(open);
        if silent.is_none() {
            words.text(before);
        }
        if let Some(comment) = from.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let inner = &from[1..];
        let closing = inner.starts_with('/');
        let name = inner.trim_start_matches('/');
        let length = name.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name[..length].to_ascii_lowercase();
        if name.is_empty() && !inner.starts_with(['/', '!', '?']) {
            // A sign that is no tag.
            if silent.is_none() {
                words.push("<");
            }
            rest = inner;
            continue;
        }
        rest = inner.find('>').map_or("", |end| &inner[end + 1..]);
        match silent {
            Some(tag) if closing && tag == name => silent = None,
            Some(_) => continue,
            None if !closing => silent = SILENT.into_iter().find(|tag| *tag == name),
            None => {}
        }
        match name.as_str() {
            "br" => words.lines = (words.lines + 1).min(2),
            "td" | "th" if !closing => words.text("\u{2003}"),
            name if SPACED.contains(&name) => words.lines = 2,
            name if BLOCKS.contains(&name) => words.lines = words.lines.max(1),
            _ => {}
        }
        if name == "li" && !closing {
            words.push("•");
            words.space = true;
        }
    }
    if silent.is_none() {
        words.text(rest);
    }
    words.out
}

/// Letters that are written by their names become themselves; a space that must not break becomes a space.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match from.find(';').filter(|end| {
            (2..12).contains(end) && from[1..*end].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
        }) {
            Some(end) => {
                match &from[1..end] {
                    "amp" => out.push('&'),
                    "lt" => out.push('<'),
                    "gt" => out.push('>'),
                    "quot" => out.push('"'),
                    "nbsp" => out.push(' '),
                    _ => add_html_token(&mut out, from[..=end].as_bytes(), false),
                }
                rest = &from[end + 1..];
            }
            None => {
                out.push('&');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_and_scripts_go() {
        let html = "<html><head><title>T</title><style>p{}</style></head><body><script>alert(1)</script>\
                    <p>Dear &amp; <b>g</b>ood &uuml;&#223; &nope</p><div>one</div><ul><li>two</li>\n<li>three</li></ul>\
                    <table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</tr></table><img src='http://x/y'>1 < 2<!-- c --></body>";
        assert_eq!(text(html), "Dear & good üß &nope\n\none\n• two\n• three\na b\nc d\n1 < 2");
    }

    #[test]
    fn what_is_never_closed_ends() {
        for html in ["<", "<<<<", "<div", "a<b", "<li", "<é", "&", "&amp", "<!--", "<script>", "</", "&#x;", "<td>é"]
        {
            let _ = text(html);
        }
    }
}
