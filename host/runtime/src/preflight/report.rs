//! What preflight found, and how it is told: one table that says what does not fit, and who has to move.

use std::fmt;

/// What preflight found. Its [`fmt::Display`] is the table that operators and plugin authors read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Versions of the contract that the component names.
    pub found: Vec<String>,
    /// The version that this host speaks.
    pub supported: &'static str,
    /// Of the component's bytes, in hex.
    pub sha256: String,
    /// Of the component, in bytes.
    pub size: usize,
    /// Every import of the component, and every export of the contract.
    pub items: Vec<Item>,
    /// Name and version, as the plugin says itself, if it got so far.
    pub description: Option<(String, String)>,
}

/// One thing that must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /** Whose it is to have. */
    pub side: Side,
    /// As the contract names it, `interface.function`; another interface by its whole name.
    pub name: String,
    /// Whether it fits.
    pub state: ItemState,
}

/// Whether the host lends an item, or the plugin has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the plugin asks of the host.
    Import,
    /// What the host asks of the plugin.
    Export,
}

/// How an item fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// It does.
    Fits,
    /// The plugin asks for what this host does not lend.
    NotGranted,
    /// It is of a version of the contract that this host does not speak.
    OtherVersion(String),
    /// The one side wants it, and the other has it not.
    Missing,
    /// It is there, in another shape.
    Mistyped(String),
    /// It broke off when it was tried.
    Broke(String),
}

impl Report {
    /// Whether the component may be loaded.
    pub fn passes(&self) -> bool {
        self.misfits().next().is_none()
    }

    /// The items that do not fit.
    pub fn misfits(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.state != ItemState::Fits)
    }
}

impl Item {
    /// Who has to move, and how.
    fn remedy(&self, supported: &str) -> String {
        match (&self.state, self.side) {
            (ItemState::Fits, _) => String::new(),
            (ItemState::NotGranted, _) => "plugin: do without it; no host of this contract lends it".into(),
            (ItemState::OtherVersion(found), _) if newer(found, supported) => {
                format!("host: speak {found}, or plugin: be built against {supported}")
            }
            (ItemState::OtherVersion(_), _) => format!("plugin: be built against {supported}"),
            (ItemState::Missing, Side::Import) => format!("plugin: {supported} has no such function"),
            (ItemState::Missing, Side::Export) => "plugin: export it".into(),
            (ItemState::Mistyped(_), _) => format!("plugin: be built against wit/ of {supported} as it was published"),
            (ItemState::Broke(_), _) => "plugin: must answer this without any import".into(),
        }
    }
}

/// Whether version `a` is newer than `b`; what is no version is not.
fn newer(a: &str, b: &str) -> bool {
    let parts = |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    parts(a) > parts(b)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = if self.found.is_empty() { "none".to_owned() } else { self.found.join(", ") };
        match &self.description {
            Some((name, version)) => writeln!(f, "plugin    {name} {version}")?,
            None => writeln!(f, "plugin    did not say who it is")?,
        }
        writeln!(f, "bytes     {}, SHA-256 {}", self.size, self.sha256)?;
        writeln!(f, "contract  client-connect:plugin, found {found}, this host speaks {}", self.supported)?;
        for side in [Side::Import, Side::Export] {
            let of = |item: &&Item| item.side == side;
            let fits = self.items.iter().filter(of).filter(|item| item.state == ItemState::Fits).count();
            writeln!(f, "{:<9} {fits} of {} fit", side.word(), self.items.iter().filter(of).count())?;
            for item in self.misfits().filter(of) {
                writeln!(f, "  {:<44} {}", item.name, item.state)?;
                writeln!(f, "  {:<44} → {}", "", item.remedy(self.supported))?;
            }
        }
        write!(f, "{}", if self.passes() { "passes" } else { "does not pass" })
    }
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Self::Import => "imports",
            Self::Export => "exports",
        }
    }
}

impl fmt::Display for ItemState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fits => write!(f, "fits"),
            Self::NotGranted => write!(f, "is not granted"),
            Self::OtherVersion(version) => write!(f, "is of version {version}"),
            Self::Missing => write!(f, "is missing"),
            Self::Mistyped(why) => write!(f, "has another shape: {why}"),
            Self::Broke(why) => write!(f, "broke off: {why}"),
        }
    }
}
