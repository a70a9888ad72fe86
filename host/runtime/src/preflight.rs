//! Whether a component fits the contract, item by item, and if not, who has to move.

use std::{collections::HashMap, fmt, sync::Arc};

use wasmtime::{
    Engine,
    component::{Component, types::ComponentItem},
};

use crate::{
    backend::{CallRecord, Tx},
    call, exports,
    floor::{Bound, Floor},
    limits::Limits,
    plugin::{self, LoadError, Plugin, PluginInfo},
    types::{Actor, Attributes},
};

/// The version of the contract that this host speaks.
pub const API: &str = "0.1.0";
const PACKAGE: &str = "client-connect:plugin/";

/// What preflight found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Versions of the contract that the component names.
    pub found: Vec<String>,
    /// The version that this host speaks.
    pub supported: &'static str,
    /// Every function and interface that was looked at.
    pub items: Vec<Item>,
    /// What the plugin says of itself, if it got so far.
    pub description: Option<(String, String)>,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /** `import` or `export`. */
    pub kind: &'static str,
    /** As the component or the contract names it. */
    pub name: String,
    /** Whether it fits. */
    pub state: State,
}

/// How an item fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Fits,
    /// The plugin asks for what this host has not, or does not grant.
    NotGranted,
    /// The plugin has not what the contract wants of it.
    Missing,
    /// It is there, in another shape.
    Mistyped(String),
    /// It is of another version of the contract.
    OtherVersion,
    /// It broke off when it was tried.
    Broke(String),
}

impl Report {
    /// Whether the component may be loaded.
    pub fn passes(&self) -> bool {
        self.items.iter().all(|item| item.state == State::Fits)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            writeln!(f, "{} {} {:?}", item.kind, item.name, item.state)?;
        }
        Ok(())
    }
}

pub(crate) fn run<T: Tx>(
    engine: &Engine,
    limits: &Limits,
    component: &Component,
    sha256: String,
    size: usize,
) -> Result<(Arc<Plugin<T>>, Report), LoadError> {
    let mut report = Report { found: Vec::new(), supported: API, items: Vec::new(), description: None };
    let linker = plugin::linker::<T>(engine).map_err(LoadError::engine)?;
    let mut lookup = HashMap::new();
    for name in exports::NAMES.iter().chain(&["about.describe"]) {
        let (interface, function) = name.split_once('.').unwrap_or((name, ""));
        let found = component
            .get_export_index(None, &format!("{PACKAGE}{interface}@{API}"))
            .and_then(|instance| component.get_export(Some(&instance), function));
        let state = match found {
            Some((ComponentItem::ComponentFunc(_), index)) => {
                lookup.insert(*name, index);
                State::Fits
            }
            _ => State::Missing,
        };
        report.items.push(Item { kind: "export", name: (*name).to_owned(), state });
    }
    let pre = match linker.instantiate_pre(component) {
        Ok(pre) => pre,
        Err(error) => {
            report.items.push(Item { kind: "import", name: String::new(), state: State::Mistyped(format!("{error:#}")) });
            return Err(LoadError::Misfit(Box::new(report)));
        }
    };
    let info = PluginInfo { name: String::new(), version: String::new(), attributes: Vec::new(), sha256, size };
    let mut plugin = Plugin { info, pre, exports: lookup };
    match describe(engine, limits, &plugin) {
        Ok((name, version, attributes)) => {
            report.description = Some((name.clone(), version.clone()));
            plugin.info.name = name;
            plugin.info.version = version;
            plugin.info.attributes = attributes;
        }
        Err(error) => {
            report.items.push(Item { kind: "export", name: "about.describe".into(), state: State::Broke(error) });
        }
    }
    if report.passes() { Ok((Arc::new(plugin), report)) } else { Err(LoadError::Misfit(Box::new(report))) }
}

fn describe<T: Tx>(engine: &Engine, limits: &Limits, plugin: &Plugin<T>) -> Result<(String, String, Attributes), String> {
    let record = CallRecord {
        id: String::new(),
        actor: Actor::Host,
        at: 0,
        export: "about.describe",
        matter: None,
        plugin: String::new(),
        request: None,
    };
    let floor = Floor::<T>::new(None, record, Bound::default(), false, limits);
    let mut store = call::store(engine, limits, floor, 0);
    let mut tried = || {
        let instance = plugin.pre.instantiate(&mut store)?;
        let bindings = crate::types::bindings::ClientConnect::new(&mut store, &instance)?;
        bindings.client_connect_plugin_about().call_describe(&mut store)
    };
    tried().map(|said| (said.name, said.version, said.attributes)).map_err(|error| format!("{error:#}"))
}
