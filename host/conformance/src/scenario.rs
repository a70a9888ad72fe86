//! The scenarios, as `fixtures/conformance` tells them: what is given, what is called, what must come of it.
//!
//! A scenario says what matters to it; whatever it leaves out is filled in here, so that a host only ever gets whole
//! records and whole arguments.

use serde_json::{Map, Value, json};

use crate::adapter::list;

/// The world that all scenarios begin in, and the time of their first call.
const WORLD: &str = include_str!("../../../fixtures/conformance/world.json");
const GROUPS: [&str; 8] = [
    include_str!("../../../fixtures/conformance/access.json"),
    include_str!("../../../fixtures/conformance/sharing.json"),
    include_str!("../../../fixtures/conformance/notifications.json"),
    include_str!("../../../fixtures/conformance/portal.json"),
    include_str!("../../../fixtures/conformance/events.json"),
    include_str!("../../../fixtures/conformance/letters.json"),
    include_str!("../../../fixtures/conformance/loading.json"),
    include_str!("../../../fixtures/conformance/host.json"),
];

/// The time of a scenario's first call, in milliseconds since the Unix epoch.
pub(crate) const NOW: u64 = 1_000 * 24 * 60 * 60 * 1_000;

/// Scenarios about one thing.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// For instance `access`.
    pub name: String,
    /// Whether it is told to the probe, a plugin that does as it is asked, to see what the host lets it do.
    pub probes: bool,
    /// In the order of the file.
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// The ids of its rules, and what it says.
    pub name: String,
    /// What it adds to the world.
    pub given: Value,
    /// In their order.
    pub steps: Vec<Value>,
}

/// All groups.
///
/// # Errors
/// If a file is no list of scenarios.
pub(crate) fn groups() -> Result<Vec<Group>, String> {
    GROUPS.iter().map(|file| group(file)).collect()
}

fn group(file: &str) -> Result<Group, String> {
    let json: Value = serde_json::from_str(file).map_err(|error| error.to_string())?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no name"));
    let scenario = |row: &Value| {
        Ok(Scenario { name: text(&row["name"])?, given: row["given"].clone(), steps: list(&row["steps"]).to_vec() })
    };
    let scenarios = list(&json["scenarios"]).iter().map(scenario).collect::<Result<_, String>>()?;
    Ok(Group { name: text(&json["group"])?, probes: json["probes"].as_bool().unwrap_or(false), scenarios })
}

/// The world of every scenario, in whole records.
///
/// # Errors
/// If its file is none.
pub(crate) fn world() -> Result<Value, String> {
    let world: Value = serde_json::from_str(WORLD).map_err(|error| error.to_string())?;
    Ok(whole(&world, &Value::Null))
}

/// What a row of each kind has where nothing is said of it.
fn usual(kind: &str, id: &str) -> Value {
    match kind {
        "firms" => json!({
            "name": "Ash & Oak", "enabled": true, "portal-url": "https://portal.example.org/", "fallback": null,
            "attributes": [],
        }),
        "users" => json!({
            "firm": "f", "name": format!("User {id}"), "email": format!("{id}@firm.example"), "active": true,
            "locale": "en", "attributes": [],
        }),
        "matters" => json!({
            "firm": "f", "name": id, "owner": null, "opened-at": 1_000, "closed-at": null, "discreet": false,
            "staff-url": format!("https://firm.example/matters/{id}"), "attributes": [], "deleted": false,
        }),
        "members" => json!({ "matter": "m", "can-share": false, "gone": false }),
        "contacts" => json!({
            "firm": "f", "name": format!("Contact {id}"), "email": format!("{id}@customer.example"), "locale": "en",
            "attributes": [],
        }),
        "links" => json!({ "matter": "m", "gone": false }),
        "documents" => json!({
            "matter": "m", "name": format!("Document {id}.pdf"), "kind": "Document", "media-type": "application/pdf",
            "size": 1_000, "version": 1, "can-preview": true, "created-by": null, "created-at": 1_000,
            "activity-at": 1_000, "source": "platform", "attributes": [], "content": id, "deleted": false,
            "readers": null,
        }),
        "grants" => json!({
            "matter": "m", "portal": true, "can-download": false, "since": 1_000, "until": null, "attributes": [],
        }),
        "shares" => json!({ "matter": "m", "state": "live", "since": 1_000, "seen": null, "attributes": [] }),
        "watchers" => json!({ "matter": "m", "in-app": true, "email": true, "attributes": [] }),
        "revisions" => json!({ "matter": "m" }),
        _ => json!({}),
    }
}

/// These rows in whole. A row that `known` has already is that row with what is said of it now.
pub(crate) fn whole(records: &Value, known: &Value) -> Value {
    let mut all = Map::new();
    for (kind, rows) in records.as_object().into_iter().flatten() {
        let rows = list(rows).iter().map(|row| {
            let before = list(&known[kind]).iter().find(|known| row["id"].is_string() && known["id"] == row["id"]);
            let base = before.cloned().unwrap_or_else(|| usual(kind, row["id"].as_str().unwrap_or_default()));
            over(&base, row)
        });
        all.insert(kind.clone(), rows.collect());
    }
    Value::Object(all)
}

/// What is known after these rows were put.
pub(crate) fn learn(known: &mut Value, rows: &Value) {
    for (kind, rows) in rows.as_object().into_iter().flatten() {
        for row in list(rows) {
            let Some(kinds) = known.as_object_mut() else { return };
            let Some(kept) = kinds.entry(kind.as_str()).or_insert_with(|| json!([])).as_array_mut() else { return };
            kept.retain(|kept| !row["id"].is_string() || kept["id"] != row["id"]);
            kept.push(row.clone());
        }
    }
}

/// An object with the fields of another over its own.
fn over(base: &Value, said: &Value) -> Value {
    let mut base = base.clone();
    if let (Some(base), Some(said)) = (base.as_object_mut(), said.as_object()) {
        base.extend(said.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    base
}

/// Whole arguments for an export.
pub(crate) fn arguments(export: &str, said: &Value, known: &Value) -> Value {
    let page = json!({ "after": null, "limit": 200 });
    let filter = json!({
        "contacts": [], "lane": "whole-matter", "search": null, "same-content-as": null, "sort": "name",
        "descending": false, "attributes": [],
    });
    let base = match export {
        "portal.matters" => json!({}),
        "letters.compose" => json!({ "notices": [] }),
        "access.grant" | "notifications.set-watchers" => json!({ "matter": "m", "revision": 0 }),
        "sharing.share" | "sharing.unshare" => json!({ "matter": "m", "revision": 0 }),
        "sharing.save" => json!({ "matter": "m", "revision": 0, "share": [], "unshare": [] }),
        "sharing.documents" => json!({ "matter": "m", "filter": filter, "page": page }),
        "portal.documents" => {
            json!({ "matter": "m", "search": null, "sort": "name", "descending": false, "page": page })
        }
        "portal.permit" => json!({ "matter": "m", "documents": [] }),
        _ => json!({ "matter": "m" }),
    };
    let mut args = over(&base, said);
    let change = json!({ "portal": true, "can-download": false, "until": null, "attributes": [] });
    let watcher = json!({ "in-app": false, "email": false, "attributes": [] });
    for (key, base) in [("changes", &change), ("watchers", &watcher)] {
        for row in args.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            *row = over(base, row);
        }
    }
    for seen in args.get_mut("seen").and_then(Value::as_array_mut).into_iter().flatten() {
        let receipt = json!({ "version": 1, "at": NOW, "downloaded": false, "attributes": [] });
        seen["receipt"] = over(&receipt, &seen["receipt"]);
    }
    if let Some(said) = args.get("before").cloned() {
        args["before"] = over(&matter(&args["matter"], known), &said);
    }
    for (key, base) in [("filter", &filter), ("page", &page)] {
        if let Some(said) = args.get(key).cloned() {
            args[key] = over(base, &said);
        }
    }
    args
}

/// A matter as the plugin reads it: with its firm in it.
fn matter(id: &Value, known: &Value) -> Value {
    let found = |kind: &str, id: &Value| list(&known[kind]).iter().find(|row| row["id"] == *id).cloned();
    let mut matter = found("matters", id).unwrap_or_default();
    let mut firm = found("firms", &matter["firm"]).unwrap_or_default();
    if let (Some(matter), Some(firm)) = (matter.as_object_mut(), firm.as_object_mut()) {
        firm.remove("id");
        matter.remove("deleted");
        matter.insert("firm".into(), Value::Object(firm.clone()));
    }
    matter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_a_name_of_its_own_and_expects_something() {
        let mut names = Vec::new();
        for group in groups().unwrap() {
            for scenario in group.scenarios {
                let expects = |step: &Value| {
                    ["answer", "refused", "broken", "came", "state", "unchanged", "spoil"]
                        .iter()
                        .any(|key| step.get(key).is_some())
                };
                assert!(scenario.steps.iter().any(expects), "{}", scenario.name);
                names.push(scenario.name);
            }
        }
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(all >= 50, "{all}");
    }
}
