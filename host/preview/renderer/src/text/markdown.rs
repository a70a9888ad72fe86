//! Markdown, as its author sees it: headings, lists, quotations, code, tables. Pictures are named and not fetched.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    flow::{BODY, Flow, Paragraph},
    html, plain,
    shape::{Ink, Look, Span},
    table::{self, Table},
};
use crate::fonts::Style;

/// A list that is being set, and the number of its next item.
type List = Option<u64>;

#[derive(Default)]
struct Setting {
    spans: Vec<Span>,
    bold: u32,
    italic: u32,
    struck: u32,
    link: u32,
    heading: Option<HeadingLevel>,
    lists: Vec<List>,
    marker: Option<String>,
    quotes: u8,
    code: Option<String>,
    table: Option<Table>,
    html: Option<String>,
    image: u32,
}

/// Sets the text.
pub(super) fn lay_out(flow: &mut Flow, text: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut setting = Setting::default();
    for event in Parser::new_ext(text, options) {
        if flow.full() {
            return;
        }
        setting.event(flow, event);
    }
    setting.flush(flow, 0.0);
}

impl Setting {
    fn event(&mut self, flow: &mut Flow, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(flow, tag),
            Event::End(tag) => self.end(flow, tag),
            Event::Text(words) | Event::InlineMath(words) | Event::DisplayMath(words) => self.words(&words),
            Event::Code(words) => {
                let look = Look { style: Style::Mono, ..self.look() };
                self.spans.push((words.into_string(), look));
            }
            Event::Html(words) | Event::InlineHtml(words) => {
                if let Some(html) = &mut self.html {
                    html.push_str(&words);
                }
            }
            Event::FootnoteReference(name) => self.words(&format!("[{name}]")),
            Event::SoftBreak => self.words(" "),
            Event::HardBreak => self.flush(flow, 0.0),
            Event::Rule => flow.rule(),
            Event::TaskListMarker(done) => self.marker = Some(if done { "☑" } else { "☐" }.to_owned()),
        }
    }

    fn look(&self) -> Look {
        let style = if self.bold > 0 || self.heading.is_some() {
            Style::Bold
        } else if self.italic > 0 || self.image > 0 {
            Style::Italic
        } else {
            Style::Regular
        };
        let ink = if self.link > 0 {
            Ink::Link
        } else if self.image > 0 {
            Ink::Grey
        } else {
            Ink::Black
        };
        Look { style, ink, struck: self.struck > 0 }
    }

    fn words(&mut self, words: &str) {
        match &mut self.code {
            Some(code) => code.push_str(words),
            None => {
                let look = self.look();
                self.spans.push((words.to_owned(), look));
            }
        }
    }

    fn start(&mut self, flow: &mut Flow, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => self.heading = Some(level),
            Tag::BlockQuote(_) => self.quotes = self.quotes.saturating_add(1).min(8),
            Tag::CodeBlock(kind) => {
                self.flush(flow, 2.0);
                self.code = Some(String::new());
                let _: CodeBlockKind<'_> = kind;
            }
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::MetadataBlock(_) => self.code = Some(String::new()),
            Tag::List(first) => {
                self.flush(flow, 2.0);
                self.lists.push(first);
            }
            Tag::Item => {
                self.marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let own = *number;
                        *number = number.saturating_add(1);
                        Some(format!("{own}."))
                    }
                    _ => Some(if self.lists.len() % 2 == 1 { "•" } else { "–" }.to_owned()),
                };
            }
            Tag::FootnoteDefinition(name) => self.marker = Some(format!("[{name}]")),
            Tag::Table(_) => self.table = Some(Table::default()),
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.italic += 1,
            Tag::Strong => self.bold += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { .. } => self.link += 1,
            Tag::Image { .. } => {
                self.image += 1;
                self.words("[picture: ");
            }
            _ => {}
        }
    }

    fn end(&mut self, flow: &mut Flow, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(flow, if self.lists.is_empty() { 7.0 } else { 3.0 }),
            TagEnd::Heading(_) => {
                self.flush(flow, 5.0);
                self.heading = None;
            }
            TagEnd::BlockQuote(_) => {
                self.flush(flow, 4.0);
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.finish_code(flow),
            TagEnd::MetadataBlock(_) => self.code = None,
            TagEnd::HtmlBlock => {
                let words = html::text(&self.html.take().unwrap_or_default());
                plain::set(flow, &words, self.look(), None, self.indent());
            }
            TagEnd::List(_) => {
                self.flush(flow, 2.0);
                self.lists.pop();
                if self.lists.is_empty() {
                    flow.gap(5.0);
                }
            }
            TagEnd::Item => {
                self.flush(flow, 2.0);
                self.marker = None;
            }
            TagEnd::FootnoteDefinition => self.flush(flow, 4.0),
            TagEnd::TableCell => {
                let words: String = self.spans.drain(..).map(|(words, _)| words).collect();
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(words);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    flow.gap(2.0);
                    table::set(flow, &table, 9.5);
                    flow.gap(9.0);
                }
            }
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link => self.link = self.link.saturating_sub(1),
            TagEnd::Image => {
                self.words("]");
                self.image = self.image.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn indent(&self) -> f32 {
        f32::from(self.quotes) * 12.0 + self.lists.len() as f32 * 20.0
    }

    /// Sets what has come together, if anything has.
    fn flush(&mut self, flow: &mut Flow, after: f32) {
        if self.spans.is_empty() {
            return;
        }
        let size = match self.heading {
            Some(HeadingLevel::H1) => 19.0,
            Some(HeadingLevel::H2) => 15.0,
            Some(HeadingLevel::H3) => 12.5,
            Some(_) => 11.0,
            None => BODY,
        };
        flow.paragraph(&Paragraph {
            spans: std::mem::take(&mut self.spans),
            size: Some(size),
            indent: self.indent(),
            marker: self.marker.take(),
            before: if self.heading.is_some() { size * 0.8 } else { 0.0 },
            after,
            with_next: if self.heading.is_some() { 3 } else { 0 },
            bars: self.quotes,
            ground: false,
        });
    }

    fn finish_code(&mut self, flow: &mut Flow) {
        let code = self.code.take().unwrap_or_default();
        let look = Look { style: Style::Mono, ..Look::default() };
        for line in code.trim_end_matches('\n').split('\n') {
            flow.paragraph(&Paragraph {
                spans: vec![(plain::without_tabs(line, true), look)],
                size: Some(9.0),
                indent: self.indent() + 8.0,
                ground: true,
                ..Paragraph::default()
            });
        }
        flow.gap(8.0);
    }
}
