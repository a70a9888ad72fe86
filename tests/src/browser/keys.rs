//! The keyboard, and where it is.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, id_of};

impl Browser {
    /// Presses a key, by its name or as a letter, with those held that are named before it: `Shift+Tab`.
    ///
    /// # Panics
    /// If there is no such key.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let keys: Vec<String> = keys.split('+').map(key).collect();
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
        let actions: Vec<Value> = down.chain(up).collect();
        self.ask(Method::POST, "/actions", json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    /// What the keyboard is at, as a screen reader would call it.
    #[track_caller]
    pub fn focused(&self) -> String {
        let element = self.ask(Method::GET, "/element/active", Value::Null);
        self.ask(Method::GET, &format!("/element/{}/computedlabel", id_of(&element)), Value::Null)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Goes on with Tab until what the keyboard is at is called this; the words may be a part of its name.
    ///
    /// # Panics
    /// If a hundred steps do not lead there.
    #[track_caller]
    pub fn tab_to(&self, name: &str) {
        for _ in 0..100 {
            if self.focused().contains(name) {
                return;
            }
            self.press("Tab");
        }
        panic!("{}: Tab does not lead to “{name}”\n{}", self.whose, self.text());
    }
}

/// A key as the protocol writes it.
fn key(name: &str) -> String {
    let code = match name {
        "Enter" => '\u{e007}',
        "Tab" => '\u{e004}',
        "Space" => ' ',
        "Escape" => '\u{e00c}',
        "Shift" => '\u{e008}',
        "Control" => '\u{e009}',
        "Up" => '\u{e013}',
        "Down" => '\u{e015}',
        "Backspace" => '\u{e003}',
        letter if letter.chars().count() == 1 => return letter.to_owned(),
        other => panic!("no key is called {other}"),
    };
    code.to_string()
}
