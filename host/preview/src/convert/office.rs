//! Office documents, by a component in a sandbox of its own.

use std::{io, path::PathBuf};

use super::Converter;
use crate::{
    Document, NoPreview,
    bindings::{Hint, office::Office},
    component::Component,
    opened::broken,
};

/// A component that exports the world `office`.
#[derive(Debug)]
pub struct OfficeComponent {
    component: Component,
}

/// What such a component is asked for: the kinds that office programs of today write.
const OFFICE: &[&str] = &[
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
];

impl OfficeComponent {
    /// The component in this file. Will be compiled when the first such document is looked at, into this folder for
    /// compiled components.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn new(component: PathBuf, limits: &crate::Limits, compiled: Option<PathBuf>) -> io::Result<Self> {
        Ok(Self { component: Component::in_file(component, limits.sandbox(), compiled)? })
    }
}

impl Converter for OfficeComponent {
    fn kinds(&self) -> Vec<String> {
        OFFICE.iter().map(|kind| (*kind).to_owned()).collect()
    }

    fn id(&self) -> &str {
        self.component.id()
    }

    fn prepare(&self) -> Result<(), NoPreview> {
        self.component.prepare()
    }

    fn convert(&self, document: &Document, bytes: &[u8]) -> Result<Vec<u8>, NoPreview> {
        let mut running = self.component.ready()?.start("preview.convert").map_err(broken)?;
        let hint = Hint { name: document.name.clone(), media_type: document.media_type.clone() };
        let made = running.call(|store, instance| {
            let office = Office::new(&mut *store, instance)?;
            office.client_connect_preview_converter().call_convert(&mut *store, bytes, &hint)
        });
        Ok(made.map_err(broken)??)
    }
}
