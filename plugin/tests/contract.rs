//! The contract's promise: a published interface never changes under its version.
//!
//! `wit/frozen/<version>/` holds each version as it was published. Under the same version nothing but the
//! documentation may differ from it; within the same line (0.1.x) every component of an older version must
//! still fit, and every type must be the same to the letter: `wit_component::semver_check` proves the first,
//! and the text of the types the second, also for types that no function happens to use. The last tests
//! break the contract on purpose, so that this one is known to notice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use wit_component::WitPrinter;
use wit_parser::{PackageId, Resolve, SourceMap};

/// The files of one version of the package, by name.
type Sources = BTreeMap<String, String>;

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

fn read(folder: &Path) -> Sources {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn frozen() -> BTreeMap<String, Sources> {
    let versions = fs::read_dir(wit().join("frozen")).unwrap().map(|entry| entry.unwrap().path());
    versions.map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), read(&folder))).collect()
}

/// The version that every file of the package declares.
fn version(sources: &Sources) -> String {
    let declared: BTreeSet<&str> = sources
        .values()
        .filter_map(|text| text.lines().find_map(|line| line.strip_prefix("package client-connect:plugin@")))
        .collect();
    let [one] = declared.into_iter().collect::<Vec<_>>()[..] else { panic!("the files declare several versions") };
    one.trim_end_matches(';').to_owned()
}

/// Parses the package, under another version if two of the same must stand beside each other.
fn parse(resolve: &mut Resolve, sources: &Sources, under: &str) -> Result<PackageId, String> {
    let own = format!("package client-connect:plugin@{};", version(sources));
    let mut map = SourceMap::new();
    for (name, text) in sources {
        map.push_str(name, text.replace(&own, &format!("package client-connect:plugin@{under};")));
    }
    let group = map.parse().map_err(|(_, error)| error.to_string())?;
    resolve.push_group(group).map_err(|error| error.to_string())
}

/// Every interface and world, each as its items: the text of a type, a function, an import or an export,
/// without its documentation.
fn items(sources: &Sources) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut resolve = Resolve::default();
    let package = parse(&mut resolve, sources, "0.0.0")?;
    let mut printer = WitPrinter::default();
    printer.emit_docs(false);
    printer.print(&resolve, package, &[]).map_err(|error| error.to_string())?;
    let text = printer.output.to_string();
    let mut blocks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut block, mut item) = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("package")) {
        if let Some(inner) = line.strip_prefix("  ") {
            item.push_str(inner);
            item.push('\n');
            if !inner.starts_with(' ') && (inner.ends_with(';') || inner == "}") {
                blocks.get_mut(&block).unwrap().push(std::mem::take(&mut item));
            }
        } else if line != "}" {
            block = line.trim_end_matches(" {").to_owned();
            blocks.insert(block.clone(), Vec::new());
        }
    }
    Ok(blocks)
}

/// Whether what is in `current` may be published, after what was published as `old`.
fn may_follow(old: &Sources, current: &Sources) -> Result<(), String> {
    let (old_version, new_version) = (version(old), version(current));
    let (before, after) = (items(old)?, items(current)?);
    if old_version == new_version {
        return if before == after {
            Ok(())
        } else {
            Err(format!("{old_version} was published, and is not what it was"))
        };
    }
    let line = |version: &str| version.rsplit_once('.').unwrap().0.to_owned();
    if line(&old_version) != line(&new_version) {
        return Ok(());
    }
    for (block, was) in &before {
        let Some(is) = after.get(block) else { return Err(format!("{block} is gone")) };
        if let Some(gone) = was.iter().find(|item| !is.contains(item)) {
            return Err(format!("{block} has not this any more: {gone}"));
        }
    }
    let mut resolve = Resolve::default();
    let old_package = parse(&mut resolve, old, "0.0.1")?;
    let new_package = parse(&mut resolve, current, "0.0.2")?;
    let worlds: Vec<String> = resolve.packages[old_package].worlds.keys().cloned().collect();
    for world in worlds {
        let was = resolve.packages[old_package].worlds[&world];
        let Some(&is) = resolve.packages[new_package].worlds.get(&world) else {
            return Err(format!("the world {world} is gone"));
        };
        wit_component::semver_check(resolve.clone(), was, is)
            .map_err(|error| format!("a component for {world} of {old_version} does not fit any more: {error:#}"))?;
    }
    Ok(())
}

#[test]
fn what_was_published_is_not_changed() {
    let current = read(&wit());
    let published = frozen();
    assert!(published.contains_key("0.1.0"));
    for (folder, old) in &published {
        assert_eq!(&version(old), folder, "a frozen copy stands under its own version");
        may_follow(old, &current).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The contract with one text in the place of another, under a version.
fn changed(under: &str, from: &str, to: &str) -> Sources {
    let mut sources = read(&wit().join("frozen/0.1.0"));
    let hits: usize = sources.values().map(|text| text.matches(from).count()).sum();
    assert!(hits > 0, "{from} is not in the contract");
    for text in sources.values_mut() {
        *text =
            text.replace(from, to).replace("client-connect:plugin@0.1.0;", &format!("client-connect:plugin@{under};"));
    }
    sources
}

const MUTATIONS: &[(&str, &str, &str)] = &[
    (
        "a field more",
        "record shared-count { contact: contact-id, shared: u32,",
        "record shared-count { contact: contact-id, more: u32, shared: u32,",
    ),
    ("a field less", "record problem { code: string, message: string,", "record problem { code: string,"),
    ("another type of a field", "size: u64", "size: u32"),
    ("a case more", "    not-found,\n", "    not-found,\n    gone,\n"),
    ("an enum's case more", "enum sort-key { name,", "enum sort-key { size, name,"),
    ("cases in another order", "enum channel { email, in-app }", "enum channel { in-app, email }"),
    ("a renamed type", "granted-matter", "open-matter"),
    ("a renamed parameter", "get-matter: func(id: matter-id)", "get-matter: func(matter: matter-id)"),
    (
        "another result",
        "set-watchers: func(matter: matter-id, watchers: list<watcher>) -> result<_, host-error>",
        "set-watchers: func(matter: matter-id, watchers: list<watcher>) -> result<u32, host-error>",
    ),
    ("an import less", "  get-revision: func(matter: matter-id, section: section) -> result<u32, host-error>;\n", ""),
    ("an export less", "  export letters;\n", ""),
];

#[test]
fn every_breaking_change_is_noticed_under_the_same_version_and_under_the_next() {
    let old = read(&wit().join("frozen/0.1.0"));
    for (what, from, to) in MUTATIONS {
        for under in ["0.1.0", "0.1.1"] {
            let outcome = may_follow(&old, &changed(under, from, to));
            assert!(outcome.is_err(), "{what} went unnoticed under {under}");
        }
        assert_eq!(may_follow(&old, &changed("0.2.0", from, to)), Ok(()), "{what}: a new line may");
    }
}

#[test]
fn a_new_export_in_an_old_interface_is_noticed() {
    let old = read(&wit().join("frozen/0.1.0"));
    let describe = "  describe: func() -> description;\n";
    let more = format!("{describe}  describe-again: func() -> description;\n");
    let error = may_follow(&old, &changed("0.1.1", describe, &more)).unwrap_err();
    assert!(error.contains("does not fit any more"), "{error}");
}

#[test]
fn documentation_may_change_and_imports_and_worlds_may_be_added_under_a_new_version() {
    let old = read(&wit().join("frozen/0.1.0"));
    let words = changed("0.1.0", "/// Who asks.", "/// Whoever asks.");
    assert_eq!(may_follow(&old, &words), Ok(()));
    let append = "  append: func(entries: list<entry>) -> result<_, host-error>;\n";
    let more = format!("{append}  flush: func() -> result<_, host-error>;\n");
    assert_eq!(may_follow(&old, &changed("0.1.1", append, &more)), Ok(()), "a new imported function");
    assert!(may_follow(&old, &changed("0.1.0", append, &more)).is_err(), "but not under the same version");
    let world = "/// All that a host lends the plugin.\n";
    let beside = format!(
        "interface receipts {{ use types.{{matter-id}}; receipts-of: func(matter: matter-id); }}\n\
         world client-connect-with-receipts {{ include client-connect; export receipts; }}\n{world}"
    );
    assert_eq!(may_follow(&old, &changed("0.1.1", world, &beside)), Ok(()), "a new interface in a new world");
}
