//! What axe-core, the usual checker of accessibility, finds on a page.
//!
//! It is under the MPL and therefore no part of the repository: it is fetched from its npm package into the target
//! folder (`.ci/test-tools`), and used by tests alone.

use std::{fs, path::PathBuf, sync::OnceLock};

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Browser, missing, target};

/// The version, and what its file must be.
const AXE: (&str, &str) = ("4.14.1", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c");
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

fn place() -> PathBuf {
    target().join(format!("axe-core-{}/package/axe.min.js", AXE.0))
}

/// The checker's source; none, once that was said aloud, if it was not fetched.
fn source() -> Option<&'static str> {
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| {
        let source = fs::read_to_string(place()).ok()?;
        let found = hex::encode(Sha256::digest(&source));
        assert_eq!(found, AXE.1, "{} is not axe-core {}", place().display(), AXE.0);
        Some(source)
    });
    if source.is_none() {
        missing("axe-core", ".ci/test-tools");
    }
    source.as_deref()
}

impl Browser {
    /// What axe finds on the page as it is now, each with its elements; nothing is good. None if there is no axe.
    ///
    /// # Panics
    /// If it does not run.
    #[track_caller]
    pub fn axe(&self) -> Option<Vec<String>> {
        self.axe_in("html")
    }

    /// The same of the part that a selector finds.
    ///
    /// # Panics
    /// If it does not run.
    #[track_caller]
    pub fn axe_in(&self, selector: &str) -> Option<Vec<String>> {
        let source = source()?;
        if self.run("return typeof window.axe", json!([])) == "undefined" {
            self.run(&format!("{source}; window.axe = axe;"), json!([]));
        }
        // What is still changing its colour is looked at when it has; what moves for ever is looked at as it moves.
        let script = "const [tags, selector, done] = arguments; \
                      const drawn = () => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))); \
                      const still = () => Promise.allSettled(document.getAnimations().filter((moving) => moving.effect.getTiming().iterations !== Infinity).map((moving) => moving.finished)); \
                      const look = () => axe.run(selector === 'html' ? document : selector, { runOnly: tags, resultTypes: ['violations'] }); \
                      drawn().then(still).then(look).then((found) => done(found.violations), (error) => done(String(error)))";
        let found = self.ask(Method::POST, "/execute/async", json!({ "script": script, "args": [TAGS, selector] }));
        let rules = found.as_array().unwrap_or_else(|| panic!("axe broke off: {found}"));
        Some(rules.iter().map(|rule| format!("{}: {}", rule["id"], nodes(&rule["nodes"]))).collect())
    }

    /// Waits for the page to come to rest as it is now, with what is open on it, and lets nothing be found on it.
    ///
    /// # Panics
    /// If something is found.
    #[track_caller]
    pub fn suits_everybody(&self) {
        self.is_quiet();
        let found = self.axe().unwrap_or_default();
        assert!(found.is_empty(), "{}\n{}", found.join("\n"), self.text());
    }
}

fn nodes(nodes: &Value) -> String {
    let nodes = nodes.as_array().map(Vec::as_slice).unwrap_or_default();
    let words = nodes.iter().map(|node| format!("\n    {} – {}", node["html"], node["failureSummary"]));
    words.collect()
}
