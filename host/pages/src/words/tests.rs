use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use fluent_syntax::{ast, parser};

use super::*;

/// The messages of a language, each with its variables.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let read = parser::parse(source).unwrap_or_else(|(_, faults)| panic!("{faults:?}"));
    let mut found = BTreeMap::new();
    for entry in read.body {
        let ast::Entry::Message(message) = entry else { continue };
        let mut variables = BTreeSet::new();
        walk(message.value.as_ref().expect("a text"), &mut variables);
        assert!(found.insert(message.id.name.to_owned(), variables).is_none(), "{} is there twice", message.id.name);
    }
    found
}

fn walk(pattern: &ast::Pattern<&str>, into: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let ast::PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            ast::Expression::Inline(inline) => inline,
            ast::Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| walk(&variant.value, into));
                selector
            }
        };
        if let ast::InlineExpression::VariableReference { id } = inline {
            into.insert(id.name.to_owned());
        }
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() { files(&entry.path(), into) } else { into.push(entry.path()) }
    }
}

/// Every message that the portal's templates and handlers ask for.
fn used() -> BTreeMap<String, PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places = ["src/words.rs", "src/viewer.rs", "templates/viewer.html"].map(|place| root.join(place)).to_vec();
    for folder in ["templates/portal", "src/portal", "../server/src/pages/portal"] {
        files(&root.join(folder), &mut places);
    }
    let known = messages(LANGUAGES[0].messages);
    let mut used = BTreeMap::new();
    for place in places.into_iter().filter(|place| !place.to_string_lossy().contains("tests")) {
        let text = std::fs::read_to_string(&place).expect("text");
        for asked in [".say(\"", ".with(\"", ".with_two(\""] {
            for rest in text.split(asked).skip(1) {
                used.insert(rest.split('"').next().expect("an end").to_owned(), place.clone());
            }
        }
        // Messages that are chosen first and said later stand there as plain strings.
        for word in text.split('"').filter(|word| known.contains_key(*word)) {
            used.insert(word.to_owned(), place.clone());
        }
    }
    used
}

#[test]
fn every_language_has_the_same_messages_with_the_same_variables() {
    let english = messages(LANGUAGES[0].messages);
    for source in LANGUAGES {
        let own = messages(source.messages);
        for (message, variables) in &english {
            assert_eq!(own.get(message), Some(variables), "{message} in {}", source.tag);
        }
        assert_eq!(own.len(), english.len(), "{} has a message that English has not", source.tag);
    }
}

#[test]
fn no_page_asks_for_a_message_that_is_not_there_and_none_is_there_for_nobody() {
    let (there, used) = (messages(LANGUAGES[0].messages), used());
    for (message, place) in &used {
        assert!(there.contains_key(message), "{message}, asked for in {}", place.display());
    }
    for message in there.keys() {
        assert!(used.contains_key(message), "nobody asks for {message}");
    }
}

#[test]
fn a_language_is_found_by_its_tag_and_by_what_a_browser_accepts() {
    let german = Words::of("de-CH").expect("German");
    assert_eq!((german.tag(), german.name()), ("de", "Deutsch"));
    assert_eq!(Words::of("DE_at"), Some(german));
    assert_eq!(Words::of("x-klingon"), None);
    for (header, tag) in [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.8,de;q=0.9", "de"),
        ("fr,en;q=0.5,de;q=0.4", "en"),
        ("de;q=0,fr", "en"),
        ("de;q=nan", "en"),
        ("", "en"),
        (";;;,,,q=;", "en"),
    ] {
        assert_eq!(Words::accepted(header).tag(), tag, "{header}");
    }
}

#[test]
fn messages_take_numbers_and_names() {
    let (english, german) = (Words::default(), Words::of("de").expect("German"));
    assert_eq!(english.with_two("documents-count", "count", 1_u32, "number", "1"), "1 document");
    assert!(
        german.with_two("documents-count", "count", 1_204_u32, "number", german.number(1_204_u64)).contains("1.204")
    );
    // A name stands apart, whatever its direction.
    assert_eq!(english.with("account", "name", "عمر"), "Your account: \u{2068}عمر\u{2069}");
    assert_eq!(english.say("no such message"), "no such message");
}

#[test]
fn sizes_numbers_and_times_are_written_as_the_language_does() {
    let (english, german) = (Words::default(), Words::of("de").expect("German"));
    assert_eq!((english.size(3_400_u64), german.size(3_400_u64)), ("3.4\u{a0}kB".to_owned(), "3,4\u{a0}kB".to_owned()));
    assert_eq!(german.size(999_u64), "\u{2068}999\u{2069} Bytes");
    assert_eq!(
        (english.number(1_234_567_u64), german.number(1_234_567_u64)),
        ("1,234,567".to_owned(), "1.234.567".to_owned())
    );
    assert_eq!(
        german.when(1_700_000_000_000_u64).to_string(),
        "<time datetime=\"2023-11-14T22:13:20Z\">14.11.2023, 22:13 UTC</time>"
    );
    assert_eq!(
        english.day(1_700_000_000_000_u64).to_string(),
        "<time datetime=\"2023-11-14T22:13:20Z\" data-day>14 Nov 2023</time>"
    );
}
