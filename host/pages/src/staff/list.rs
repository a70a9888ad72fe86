//! What lists have in common: columns that sort, and the way to the next page.

/// A column by which a list can be sorted: its head is a link.
#[derive(Clone, Debug)]
pub struct Column {
    /// What its head says.
    pub name: &'static str,
    /// The list sorted by it; the other way round, if it is already.
    pub href: String,
    /// How the list is sorted by it now: `ascending`, `descending`, or not at all.
    pub order: Option<&'static str>,
}

impl Column {
    /// The arrow beside its name.
    #[must_use]
    pub fn arrow(&self) -> crate::show::Icon {
        crate::show::Icon(match self.order {
            Some("ascending") => "arrow-up",
            Some(_) => "arrow-down",
            None => "arrow-up-down",
        })
    }
}

/// Where the pages beside this one are.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// The first page, for who is on another one.
    pub first: Option<String>,
    /// The page after this one.
    pub next: Option<String>,
}
