//! Finding things on a page, or in a part of it, and using them.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, id_of};

const FIND: &str = include_str!("find.js");

/// A part of the page: a row, a section, a dialog. It is found anew whenever it is used, so it may be drawn anew.
#[derive(Clone, Debug)]
pub struct Part<'b> {
    browser: &'b Browser,
    steps: Vec<(&'static str, String)>,
}

impl Browser {
    /// The whole page.
    pub fn page(&self) -> Part<'_> {
        Part { browser: self, steps: Vec::new() }
    }

    /// The row of a table or list with these words.
    pub fn row(&self, words: &str) -> Part<'_> {
        self.page().row(words)
    }

    /// The section, form, table or dialog with this title.
    pub fn part(&self, title: &str) -> Part<'_> {
        self.page().part(title)
    }

    /// Clicks what is called this: a button, a link, a tick-box.
    #[track_caller]
    pub fn click(&self, name: &str) {
        self.page().click(name);
    }

    /// Types into the field with this label; what was in it is gone.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        self.page().fill(label, text);
    }

    /// Waits until these words are on the page.
    #[track_caller]
    pub fn see(&self, words: &str) {
        self.page().see(words);
    }

    /// Waits until these words are not on the page.
    #[track_caller]
    pub fn see_no(&self, words: &str) {
        self.page().see_no(words);
    }

    /// Waits for a heading.
    #[track_caller]
    pub fn see_heading(&self, words: &str) {
        self.page().element("heading", words);
    }
}

impl<'b> Part<'b> {
    fn step(&self, kind: &'static str, text: &str) -> Self {
        let mut steps = self.steps.clone();
        steps.push((kind, text.to_owned()));
        Self { browser: self.browser, steps }
    }

    /// The row with these words, in it.
    pub fn row(&self, words: &str) -> Self {
        self.step("row", words)
    }

    /// The section with this title, in it.
    pub fn part(&self, title: &str) -> Self {
        self.step("part", title)
    }

    fn arguments(&self, all: bool) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(|(kind, text)| json!({ "kind": kind, "text": text })).collect();
        json!([steps, all])
    }

    fn look(&self) -> Option<Value> {
        let body = json!({ "script": FIND, "args": self.arguments(false) });
        self.browser.session.send(Method::POST, "/execute/sync", body).ok().filter(|found| !found.is_null())
    }

    /// What a script makes of the element, found and read in one, so that nothing is drawn anew in between; none if it is
    /// not there. `it` is the element, `more` what is given.
    fn read(&self, script: &str, more: &Value) -> Option<Value> {
        let script = format!(
            "const it = (function () {{ {FIND} }})(...arguments[0]); if (!it) return null; const more = arguments[1]; {script}"
        );
        let body = json!({ "script": script, "args": [self.arguments(false), more] });
        self.browser.session.send(Method::POST, "/execute/sync", body).ok().filter(|found| !found.is_null())
    }

    /// Waits for it.
    #[track_caller]
    fn await_read(&self, script: &str, more: Value) -> Value {
        self.browser.wait(&format!("{:?} {more}", self.steps), || self.read(&format!("return [{script}]"), &more))[0]
            .clone()
    }

    /// How many there are now.
    #[track_caller]
    pub fn count(&self) -> usize {
        self.browser.run(FIND, self.arguments(true)).as_array().map_or(0, Vec::len)
    }

    /// Whether it is there now.
    #[track_caller]
    pub fn is_there(&self) -> bool {
        self.count() > 0
    }

    /// Whether something is there now that could be clicked and is called this.
    #[track_caller]
    pub fn offers(&self, name: &str) -> bool {
        self.step("thing", name).is_there()
    }

    /// Waits until it is there, and for the element.
    #[track_caller]
    fn await_it(&self) -> Value {
        self.browser.wait(&format!("{:?}", self.steps), || self.look())
    }

    #[track_caller]
    fn element(&self, kind: &'static str, text: &str) -> Value {
        self.step(kind, text).await_it()
    }

    /// Does something with an element until it is neither gone, nor covered, nor still moving.
    #[track_caller]
    fn with(&self, kind: &'static str, text: &str, path: &str, body: Value) {
        let part = self.step(kind, text);
        let mut last = None;
        self.browser.wait(&format!("{:?} {path}", part.steps), || {
            let element = part.look()?;
            let path = format!("/element/{}/{path}", id_of(&element));
            match self.browser.session.send(Method::POST, &path, body.clone()) {
                Ok(_) => Some(()),
                Err(refused) => {
                    let why = format!("{}: {}", refused.error, refused.message);
                    if last.as_ref() != Some(&why) {
                        eprintln!("{:?}: {why}", part.steps);
                        last = Some(why);
                    }
                    None
                }
            }
        });
    }

    /// Clicks what is called this.
    #[track_caller]
    pub fn click(&self, name: &str) {
        self.with("thing", name, "click", json!({}));
    }

    /// Types into the field with this label; what was in it is gone.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        self.with("field", label, "clear", json!({}));
        self.with("field", label, "value", json!({ "text": text }));
    }

    /// Types on, in the field with this label.
    #[track_caller]
    pub fn type_on(&self, label: &str, text: &str) {
        self.with("field", label, "value", json!({ "text": text }));
    }

    /// Chooses files in the field for files, which a button may stand for.
    #[track_caller]
    pub fn choose_files(&self, files: &[&Path]) {
        let field = self.element("files", "");
        let names: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        let path = format!("/element/{}/value", id_of(&field));
        self.browser.ask(Method::POST, &path, json!({ "text": names.join("\n") }));
    }

    /// A property of the field with this label.
    #[track_caller]
    pub fn field(&self, label: &str, property: &str) -> Value {
        self.step("field", label).await_read("it[more]", json!(property))
    }

    /// A property of the thing that is called this: of a button, `disabled`.
    #[track_caller]
    pub fn thing(&self, name: &str, property: &str) -> Value {
        self.step("thing", name).await_read("it[more]", json!(property))
    }

    /// An attribute of the button that is called this.
    #[track_caller]
    pub fn attribute(&self, name: &str, attribute: &str) -> Value {
        self.step("thing", name).await_read("it.getAttribute(more)", json!(attribute))
    }

    /// Everything that can be read in it.
    #[track_caller]
    pub fn text(&self) -> String {
        if self.steps.is_empty() {
            return self.browser.text();
        }
        self.await_read("it.innerText.replace(/[\\u2066-\\u2069]/g, '').replace(/\\s+/g, ' ')", Value::Null)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// What can be read now in each of the elements in it that a selector finds.
    #[track_caller]
    pub fn texts(&self, selector: &str) -> Vec<String> {
        const TEXTS: &str = "return [...it.querySelectorAll(more)].filter((one) => one.checkVisibility()).map((one) => one.innerText.replace(/[\\u2066-\\u2069]/g, '').trim())";
        let texts = self.read(TEXTS, &json!(selector)).unwrap_or_default();
        texts.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }

    /// Reads without waiting; a page that is just leaving has no words.
    fn words_now(&self) -> Option<String> {
        if self.steps.is_empty() {
            return Some(self.browser.text());
        }
        self.read("return it.innerText.replace(/[\\u2066-\\u2069]/g, '').replace(/\\s+/g, ' ')", &Value::Null)?
            .as_str()
            .map(str::to_owned)
    }

    /// Waits until these words are in it.
    #[track_caller]
    pub fn see(&self, words: &str) {
        let what = format!("to see “{words}” in {:?}", self.steps);
        self.browser.wait(&what, || self.words_now().filter(|text| text.contains(words)).map(drop));
    }

    /// Waits until it is there and these words are not in it.
    #[track_caller]
    pub fn see_no(&self, words: &str) {
        let what = format!("to see no “{words}” in {:?}", self.steps);
        self.browser
            .wait(&what, || self.words_now().filter(|text| !text.is_empty() && !text.contains(words)).map(drop));
    }

    /// Waits until it is not there any more.
    #[track_caller]
    pub fn is_gone(&self) {
        self.browser.wait(&format!("{:?} goes", self.steps), || self.look().is_none().then_some(()));
    }
}
