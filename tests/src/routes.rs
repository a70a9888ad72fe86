//! Every path that the host answers, from the host's own table of policies: what does not stand there cannot be reached.
//! So a test over all of them forgets none.

use std::collections::{BTreeMap, BTreeSet};

use client_connect::web::policy::TABLE;

use crate::person::Person;

/// Every path of the host, with the names of what goes into it in braces.
pub fn routes() -> BTreeSet<String> {
    TABLE.iter().map(|(path, _)| (*path).to_owned()).collect()
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
