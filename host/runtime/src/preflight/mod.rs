//! Whether a component fits the contract, item by item. A load, a hot swap and the check of a file all ask this.
//!
//! The walk never stops at the first fault: each import that does not fit is found by linking it alone beside
//! stand-ins for all others, and each export by looking for its shape in an instance over such stand-ins.

mod report;

use std::{collections::HashMap, sync::Arc};

pub use report::{Item, ItemState, Report, Side};
use wasmtime::{
    Engine, Store,
    component::{
        Component, ComponentExportIndex, Instance, InstancePre, Linker,
        types::{ComponentExtern, ComponentItem},
    },
};

use crate::{
    backend::{CallRecord, Tx},
    call, exports,
    floor::{Bound, Floor},
    imports::{Meter, State},
    limits::Limits,
    plugin::{self, LoadError, Plugin, PluginInfo},
    types::{Actor, Description},
    wasi,
};

/// The version of the contract that this host speaks.
pub(crate) const API: &str = "0.1.0";
const PACKAGE: &str = "client-connect:plugin/";

/// What a plugin says of itself is for people; this much of it is kept.
const SAID: usize = 200;

pub(crate) fn run<T: Tx>(
    engine: &Engine,
    limits: &Limits,
    component: &Component,
    sha256: String,
    size: usize,
) -> Result<(Arc<Plugin<T>>, Report), LoadError> {
    let mut report = Report {
        found: versions(engine, component),
        supported: API,
        sha256: sha256.clone(),
        size,
        items: Vec::new(),
        description: None,
    };
    let linked = plugin::linker::<T>(engine).and_then(|linker| linker.instantiate_pre(component));
    let pre = look_at_imports(engine, component, linked, &mut report).map_err(LoadError::engine)?;
    let found = find_exports::<T>(component, &mut report);
    if let Some(pre) = &pre {
        let mut store = empty_store::<T>(engine, limits);
        match pre.instantiate(&mut store) {
            Ok(instance) => look_at_exports(&instance, &mut store, &found, &mut report),
            Err(error) => {
                report.items.push(Item {
                    side: Side::Export,
                    name: "a new instance".into(),
                    state: ItemState::Broke(chain(&error)),
                });
            }
        }
    }
    let (Some(pre), Some(said), true) = (pre, report.description.clone(), report.passes()) else {
        return Err(LoadError::Misfit(Box::new(report)));
    };
    let (name, version) = said;
    let info = PluginInfo { name, version, sha256, size };
    Ok((Arc::new(Plugin { info, pre, exports: found }), report))
}

/// The versions of the contract that a component names.
fn versions(engine: &Engine, component: &Component) -> Vec<String> {
    let ty = component.component_type();
    let mut found: Vec<String> = (ty.imports(engine).map(|(name, _)| name.to_owned()))
        .chain(ty.exports(engine).map(|(name, _)| name.to_owned()))
        .filter_map(|name| Some(name.strip_prefix(PACKAGE)?.split_once('@')?.1.to_owned()))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// One imported function: its interface by the component's own name for it, and its name.
type Function = (String, String);

/// Looks at each import, and answers what can be instantiated: the component over the real imports, or, if
/// these do not fit, over stand-ins, so that its exports can be looked at all the same.
fn look_at_imports<T: Tx>(
    engine: &Engine,
    component: &Component,
    linked: wasmtime::Result<InstancePre<State<T>>>,
    report: &mut Report,
) -> wasmtime::Result<Option<InstancePre<State<T>>>> {
    let mut functions: Vec<Function> = Vec::new();
    let mut foreign = Vec::new();
    let ty = component.component_type();
    for (interface, ComponentExtern { ty, .. }) in ty.imports(engine) {
        match (interface.strip_prefix(PACKAGE), ty) {
            (Some(_), ComponentItem::ComponentInstance(instance)) => {
                for (function, item) in instance.exports(engine) {
                    if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                        functions.push((interface.to_owned(), function.to_owned()));
                    }
                }
            }
            _ => foreign.push(interface.to_owned()),
        }
    }
    let fits = linked.is_ok();
    for (interface, function) in &functions {
        let state = match (fits, spoken(interface)) {
            (true, _) => ItemState::Fits,
            (false, Err(version)) => ItemState::OtherVersion(version),
            (false, Ok(())) => {
                let alone = stand_ins::<T>(engine, &functions, Some((interface, function)))?;
                match alone.instantiate_pre(component) {
                    // What else does not fit is found at its own turn: here it has a stand-in, or is foreign.
                    Ok(_) => ItemState::Fits,
                    Err(error) => judge(&error, interface, function),
                }
            }
        };
        report.items.push(Item { side: Side::Import, name: short(interface, function), state });
    }
    for interface in &foreign {
        let granted = wasi::GRANTED.contains(&interface.split('@').next().unwrap_or_default());
        let state = if fits || granted { ItemState::Fits } else { ItemState::NotGranted };
        report.items.push(Item { side: Side::Import, name: interface.clone(), state });
    }
    match linked {
        Ok(pre) => Ok(Some(pre)),
        Err(error) => {
            let standing = stand_ins::<T>(engine, &functions, None)?.instantiate_pre(component);
            if report.passes() {
                // Nothing was found, and still it does not link: what the linker says is all there is to say.
                let state = ItemState::Mistyped(chain(&error));
                report.items.push(Item { side: Side::Import, name: "the imports together".into(), state });
            }
            Ok(standing.ok())
        }
    }
}

/// A linker with stand-ins of any shape for all of these functions but one.
fn stand_ins<T: Tx>(
    engine: &Engine,
    functions: &[Function],
    but: Option<(&String, &String)>,
) -> wasmtime::Result<Linker<State<T>>> {
    let mut linker = plugin::linker::<T>(engine)?;
    linker.allow_shadowing(true);
    for (interface, function) in functions.iter().filter(|(a, b)| but != Some((a, b))) {
        let refuse = |_: wasmtime::StoreContextMut<'_, State<T>>, _: _, _: &[_], _: &mut [_]| {
            Err(wasmtime::format_err!("only a stand-in"))
        };
        linker.instance(interface)?.func_new(function, refuse)?;
    }
    Ok(linker)
}

/// What the linker's complaint says of this one function; complaints about others are not its fault.
fn judge(error: &wasmtime::Error, interface: &str, function: &str) -> ItemState {
    let text = chain(error);
    if !text.contains(interface) || !text.contains(&format!("`{function}`")) {
        return ItemState::Fits;
    }
    let cause = error.root_cause().to_string();
    if cause.contains("implementation is missing") { ItemState::Missing } else { ItemState::Mistyped(cause) }
}

/// Finds the contract's exports by name.
fn find_exports<T: Tx>(component: &Component, report: &mut Report) -> HashMap<&'static str, ComponentExportIndex> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut found = HashMap::new();
    let names = exports::all::<T>().map(|(name, _)| name).chain(["about.describe"]);
    for name in names {
        let (interface, function) = name.split_once('.').unwrap_or((name, ""));
        let index = component
            .get_export_index(None, format!("{PACKAGE}{interface}@{API}"))
            .and_then(|instance| component.get_export_index(Some(&instance), function));
        let state = match index {
            Some(index) => {
                found.insert(name, index);
                continue;
            }
            None => {
                let prefix = format!("{PACKAGE}{interface}@");
                let other = ty.exports(engine).find_map(|(export, _)| export.strip_prefix(&prefix).map(str::to_owned));
                match other.filter(|_| !has_interface(component, interface)) {
                    Some(version) => ItemState::OtherVersion(version),
                    None => ItemState::Missing,
                }
            }
        };
        report.items.push(Item { side: Side::Export, name: name.to_owned(), state });
    }
    found
}

fn has_interface(component: &Component, interface: &str) -> bool {
    component.get_export_index(None, format!("{PACKAGE}{interface}@{API}")).is_some()
}

/// Looks at the shape of each export, and asks the plugin who it is.
fn look_at_exports<T: Tx>(
    instance: &Instance,
    store: &mut Store<State<T>>,
    found: &HashMap<&'static str, ComponentExportIndex>,
    report: &mut Report,
) {
    for (name, fits) in exports::all::<T>() {
        let Some(index) = found.get(name) else { continue };
        let state = match fits(instance, store, index) {
            Ok(()) => ItemState::Fits,
            Err(error) => ItemState::Mistyped(error.root_cause().to_string()),
        };
        report.items.push(Item { side: Side::Export, name: name.to_owned(), state });
    }
    let Some(index) = found.get("about.describe") else { return };
    let state = match instance.get_typed_func::<(), (Description,)>(&mut *store, index) {
        Err(error) => ItemState::Mistyped(error.root_cause().to_string()),
        Ok(describe) => match describe.call(&mut *store, ()) {
            Ok((said,)) => {
                report.description = Some((printable(&said.name), printable(&said.version)));
                ItemState::Fits
            }
            Err(error) => ItemState::Broke(chain(&error)),
        },
    };
    report.items.push(Item { side: Side::Export, name: "about.describe".into(), state });
}

/// A store without a transaction: every import of storage answers `unavailable`.
fn empty_store<T: Tx>(engine: &Engine, limits: &Limits) -> Store<State<T>> {
    let record = CallRecord {
        id: String::new(),
        actor: Actor::Host,
        at: 0,
        export: "about.describe",
        matter: None,
        plugin: String::new(),
        request: None,
    };
    let floor = Floor::new(None, record, Bound::default(), false, limits);
    call::store(engine, limits, floor, Meter::new(limits), 0)
}

/// Whether this host speaks the version of an interface: patch releases of the same minor version are one.
fn spoken(interface: &str) -> Result<(), String> {
    let version = interface.split_once('@').map_or("", |(_, version)| version);
    let line = |version: &str| version.rsplit_once('.').map(|(line, _)| line.to_owned());
    if line(version) == line(API) { Ok(()) } else { Err(version.to_owned()) }
}

/// `interface.function`, without package and version.
fn short(interface: &str, function: &str) -> String {
    let interface = interface.strip_prefix(PACKAGE).unwrap_or(interface);
    format!("{}.{function}", interface.split('@').next().unwrap_or(interface))
}

/// One line: the complaint and its causes.
fn chain(error: &wasmtime::Error) -> String {
    format!("{error:#}").lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SAID).collect()
}
