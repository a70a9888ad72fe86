//! The words of a page of HTML, as letters come with them. Nothing in it is run, and nothing that it names is fetched.

use mail_parser::decoders::html::html_to_text;

/// The ends of these begin another line.
const BLOCKS: [&str; 16] = [
    "/div",
    "/tr",
    "/li",
    "/ul",
    "/ol",
    "/table",
    "/h1",
    "/h2",
    "/h3",
    "/h4",
    "/h5",
    "/h6",
    "/blockquote",
    "/title",
    "hr",
    "/section",
];

/// The words, in lines.
pub(super) fn text(html: &str) -> String {
    let mut prepared = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (before, tag) = rest.split_at(open);
        prepared.push_str(before);
        let name = tag.get(1..).unwrap_or_default();
        let begins = |block: &&str| {
            name.get(..block.len()).is_some_and(|start| start.eq_ignore_ascii_case(block))
                && !name[block.len()..].starts_with(|next: char| next.is_ascii_alphanumeric())
        };
        if BLOCKS.iter().any(|block| begins(&block)) {
            prepared.push_str("<br>");
        } else if name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("li")) && !begins(&"link") {
            prepared.push_str("<br>• ");
        } else if name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("td")) {
            prepared.push(' ');
        }
        prepared.push('<');
        rest = name;
    }
    prepared.push_str(rest);
    let words = html_to_text(&prepared);
    // Empty lines are seldom meant, and many never.
    let mut out = String::with_capacity(words.len());
    let mut empty = 0;
    for line in words.lines().map(str::trim) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_and_scripts_go() {
        let html = "<html><head><title>T</title><style>p{}</style></head><body><script>alert(1)</script>\
                    <p>Dear &amp; good</p><div>one</div><ul><li>two</li><li>three</li></ul><img src='http://x/y'></body>";
        assert_eq!(text(html), "Dear & good\none\n• two\n\n• three");
    }

    #[test]
    fn what_is_never_closed_ends() {
        for html in ["<", "<<<<", "<div", "a<b", "<li", "<é", "&", "&amp"] {
            let _ = text(html);
        }
    }
}
