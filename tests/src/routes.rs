//! Every path that the host answers, read where it is written: those of the API in its description, the others in the
//! source. So a test over all of them forgets none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::person::Person;

/// Every path of the host, with the names of what goes into it in braces. `description` is that of the API.
///
/// # Panics
/// If the source is written in a way that is not read here.
pub fn routes(description: &serde_json::Value) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = description["paths"].as_object().expect("paths").keys().cloned().collect();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/server/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the source").map(|entry| entry.expect("an entry")) {
            let path = entry.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "tests") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let source = fs::read_to_string(&path).expect("a source");
                assert!(!source.contains(".nest("), "{}: a route below another is not read here", path.display());
                found.extend(source.split(".route(").skip(1).filter_map(|rest| {
                    let rest = rest.trim_start().strip_prefix('"')?;
                    rest.split_once('"').map(|(route, _)| route.to_owned())
                }));
            }
        }
    }
    // The metrics are on a listener of their own.
    assert!(found.remove("/metrics"), "the source was read");
    assert!(found.contains("/sign-in") && found.contains("/api/me"), "{found:?}");
    found
}

/// A path with these values in it.
///
/// # Panics
/// If there is none for a name: then the test has to be told.
pub fn filled(route: &str, values: &BTreeMap<&str, String>) -> String {
    let mut path = String::new();
    let mut rest = route;
    while let Some((before, name)) = rest.split_once('{') {
        let (name, after) = name.split_once('}').expect("a name in braces");
        let value = values.get(name).unwrap_or_else(|| panic!("what is {{{name}}} of {route}? Tell this test"));
        path.push_str(before);
        path.push_str(value);
        rest = after;
    }
    path + rest
}

/// The version in the addresses of assets.
///
/// # Panics
/// If no page names one.
pub async fn assets(person: &Person) -> String {
    let page = String::from_utf8(person.get("/sign-in").await.bytes).expect("a page");
    let after = page.split_once("/assets/").and_then(|(_, after)| after.split_once('/'));
    after.expect("an asset").0.to_owned()
}
